//! Properties of messages, folders and the store: values of every type, large ones, problems.

use super::*;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::PropType;
use mapi_defs::{FileTime, Guid};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use mapi_spi::stream::{PropStream, StreamCursor};
use std::io::Read;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("set_properties_are_read_back", set_properties_are_read_back),
    ("missing_and_mistyped_properties_are_errors", missing_and_mistyped_properties_are_errors),
    ("text_is_returned_in_the_width_asked_for", text_is_returned_in_the_width_asked_for),
    ("computed_properties_are_problems", computed_properties_are_problems),
    ("deleted_properties_are_gone", deleted_properties_are_gone),
    ("large_values_are_streams", large_values_are_streams),
    ("streams_are_edited_in_place", streams_are_edited_in_place),
    ("streams_that_cannot_be_are_refused", streams_that_cannot_be_are_refused),
    ("a_property_has_one_type_at_a_time", a_property_has_one_type_at_a_time),
    ("folders_and_stores_keep_properties", folders_and_stores_keep_properties),
    ("objects_say_who_they_are", objects_say_who_they_are),
];

/// A property of the range for messages of a class, by number.
const fn own(number: u16, ptype: PropType) -> PropTag {
    PropTag::new(0x6800 + number, ptype)
}

fn one_of_every_type() -> Vec<Prop> {
    use PropValue as V;
    let values = [
        V::I2(-2),
        V::Long(i32::MIN),
        V::R4(1.5),
        V::Double(-0.25),
        V::Currency(123_456_789_012),
        V::AppTime(45_000.5),
        V::Boolean(true),
        V::I8(i64::MAX),
        V::String8("plain".into()),
        V::Unicode("Gr\u{fc}\u{df}e \u{1f980}".into()),
        V::SysTime(FileTime::from_unix_seconds(1_700_000_000)),
        V::Clsid(Guid::PS_PUBLIC_STRINGS),
        V::Binary(vec![0, 1, 255]),
        V::MvI2(vec![1, -1]),
        V::MvLong(vec![1, 2, 3]),
        V::MvR4(vec![0.5]),
        V::MvDouble(vec![0.5, -0.5]),
        V::MvCurrency(vec![1, 2]),
        V::MvAppTime(vec![1.0, 2.0]),
        V::MvI8(vec![i64::MIN, 0]),
        V::MvString8(vec!["a".into(), String::new()]),
        V::MvUnicode(vec!["\u{e4}".into(), "b".into()]),
        V::MvSysTime(vec![FileTime(0), FileTime::MAX]),
        V::MvClsid(vec![Guid::NULL, Guid::PS_MAPI]),
        V::MvBinary(vec![vec![], vec![1]]),
        V::Unicode(String::new()),
        V::Binary(Vec::new()),
        V::Boolean(false),
    ];
    let tag = |(number, value): (usize, &PropValue)| own(number as u16, value.ptype());
    values.iter().enumerate().map(|at| Prop::new(tag(at), at.1.clone())).collect()
}

/// Values of all types come back, before the save, after it and from another logon.
pub fn set_properties_are_read_back(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let props = one_of_every_type();
    let tags: Vec<PropTag> = props.iter().map(|prop| prop.tag).collect();
    let message = open.inbox().create_message(false).unwrap();
    assert_eq!(message.set_props(&props).unwrap(), []);
    assert_eq!(message.props(Some(&tags)).unwrap(), props, "before the save");
    save(&*message);
    let id = entry_id(&*message);
    assert_eq!(message.props(Some(&tags)).unwrap(), props, "after the save");
    drop((message, open));
    let open = fixture.open();
    let message = open.message(&id);
    assert_eq!(message.props(Some(&tags)).unwrap(), props, "from another logon");
    let all = message.props(None).unwrap();
    assert!(all.windows(2).all(|pair| pair[0].tag.id() < pair[1].tag.id()), "all in ascending order");
    let list = message.prop_list().unwrap();
    assert_eq!(list.len(), all.len(), "the list and the properties are the same");
    assert!(props.iter().all(|prop| list.iter().any(|tag| tag.id() == prop.tag.id())));
}

/// What is not there, or is there with another type, is PT_ERROR in its place.
pub fn missing_and_mistyped_properties_are_errors(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "x");
    let (missing, any) = (own(7, PropType::LONG), PR_SUBJECT.with_type(PropType::UNSPECIFIED));
    let props = message.props(Some(&[missing, any, PR_SUBJECT.with_type(PropType::LONG)])).unwrap();
    assert_eq!(props[0].tag, missing.with_type(PropType::ERROR));
    assert_eq!(props[0].value, PropValue::Error(ErrorCode::NOT_FOUND));
    assert_eq!(props[1].value.as_text(), Some("x"), "PT_UNSPECIFIED takes any type");
    assert_eq!(props[2].value, PropValue::Error(ErrorCode::NOT_FOUND), "another type");
}

/// PT_STRING8 and PT_UNICODE are one text in two widths.
pub fn text_is_returned_in_the_width_asked_for(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, "wide");
    set(&*message, PR_DISPLAY_NAME, PropValue::String8("narrow".into()));
    save(&*message);
    for (tag, content) in [(PR_SUBJECT, "wide"), (PR_DISPLAY_NAME, "narrow")] {
        assert_eq!(value(&*message, tag.with_type(PropType::STRING8)), PropValue::String8(content.into()));
        assert_eq!(value(&*message, tag.with_type(PropType::UNICODE)), PropValue::Unicode(content.into()));
    }
}

/// What the store computes cannot be set or deleted; the other properties of the call are.
pub fn computed_properties_are_problems(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let props =
        [Prop::new(PR_SUBJECT, "kept"), Prop::new(PR_ENTRYID, vec![1]), Prop::new(PR_HASATTACH, true)];
    let problems = message.set_props(&props).unwrap();
    assert_eq!(problems.iter().map(|problem| problem.index).collect::<Vec<_>>(), [1, 2]);
    assert!(problems.iter().all(|problem| problem.code == ErrorCode::COMPUTED), "{problems:?}");
    assert_eq!(text(&*message, PR_SUBJECT), "kept");
    save(&*message);
    let problems = message.delete_props(&[PR_ENTRYID, PR_SUBJECT]).unwrap();
    assert_eq!((problems.len(), problems[0].index, problems[0].code), (1, 0, ErrorCode::COMPUTED));
    assert_eq!(value(&*message, PR_SUBJECT), PropValue::Error(ErrorCode::NOT_FOUND));
    assert_ne!(binary(&*message, PR_ENTRYID), [1]);
}

/// A deleted property is gone after the save, and only then for others.
pub fn deleted_properties_are_gone(make: Make<'_>) {
    let open = make().open();
    let id = create_message(&*open.inbox(), "here");
    let message = open.message(&id);
    assert_eq!(message.delete_props(&[PR_SUBJECT]).unwrap(), []);
    assert_eq!(value(&*message, PR_SUBJECT), PropValue::Error(ErrorCode::NOT_FOUND));
    assert_eq!(text(&*open.message(&id), PR_SUBJECT), "here", "not saved yet");
    save(&*message);
    assert_eq!(value(&*open.message(&id), PR_SUBJECT), PropValue::Error(ErrorCode::NOT_FOUND));
}

fn read(stream: Arc<dyn PropStream>) -> Vec<u8> {
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Bytes that are not all alike.
fn many(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at % 251) as u8).collect()
}

/// Values above the limit are held back by `props` and read as streams, whichever way they came in.
pub fn large_values_are_streams(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let message = open.inbox().create_message(false).unwrap();
    let (bytes, body) = (many(200_000), "\u{e4}b".repeat(40_000));
    let data = own(1, PropType::BINARY);
    set(&*message, data, bytes.clone());
    set(&*message, own(2, PropType::BINARY), many(SMALL_VALUE_BYTES));
    let stream = message.open_stream(PR_BODY, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    for (at, part) in body.as_bytes().chunks(30_000).enumerate() {
        assert_eq!(stream.write_at(at as u64 * 30_000, part).unwrap(), part.len());
    }
    stream.commit().unwrap();
    save(&*message);
    let id = entry_id(&*message);
    drop((stream, message, open));
    let open = fixture.open();
    let message = open.message(&id);
    for tag in [PR_BODY, data] {
        let held_back = PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY);
        assert_eq!(value(&*message, tag), held_back, "{tag} is too large to be shown");
        assert!(message.prop_list().unwrap().contains(&tag), "{tag} is listed with its type");
    }
    assert_eq!(binary(&*message, own(2, PropType::BINARY)).len(), SMALL_VALUE_BYTES, "not above the limit");
    let stream = message.open_stream(PR_BODY, StreamFlags::NONE).unwrap();
    assert_eq!(stream.len().unwrap(), body.len() as u64, "text is UTF-8 in streams");
    assert!(read(stream) == body.as_bytes());
    assert!(read(message.open_stream(data, StreamFlags::NONE).unwrap()) == bytes);
    let size = long(&*message, PR_MESSAGE_SIZE);
    assert!(size >= (bytes.len() + body.len()) as i32, "PR_MESSAGE_SIZE {size} counts large values");
}

/// A stream is written at any place, cut and grown; CREATE empties, and reading needs no flag.
pub fn streams_are_edited_in_place(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let data = own(1, PropType::BINARY);
    set(&*message, data, b"0123456789".to_vec());
    save(&*message);
    let stream = message.open_stream(data, StreamFlags::MODIFY).unwrap();
    stream.write_at(8, b"abc").unwrap();
    stream.set_len(14).unwrap();
    assert_eq!(stream.len().unwrap(), 14);
    let mut bytes = [9; 20];
    assert_eq!(stream.read_at(9, &mut bytes).unwrap(), 5);
    assert_eq!(bytes[..5], *b"bc\0\0\0");
    assert_eq!(stream.read_at(100, &mut bytes).unwrap(), 0);
    stream.write_at(17, b"end").unwrap();
    assert_eq!(stream.read_at(10, &mut bytes).unwrap(), 10);
    assert_eq!(bytes[..10], *b"c\0\0\0\0\0\0end", "a gap is zero");
    stream.set_len(4).unwrap();
    stream.commit().unwrap();
    assert_eq!(binary(&*message, data), b"0123");
    let id = entry_id(&*message);
    assert_eq!(binary(&*open.message(&id), data), b"0123456789", "kept by the message's save");
    save(&*message);
    assert_eq!(binary(&*open.message(&id), data), b"0123");
    let emptied = message.open_stream(data, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    assert!(emptied.is_empty().unwrap());
    let reading = open.message(&id).open_stream(data, StreamFlags::NONE).unwrap();
    assert_eq!(code(reading.write_at(0, b"x")), ErrorCode::NO_ACCESS);
    assert_eq!(read(reading), b"0123");
}

/// Streams over nothing, over untyped tags and over numbers.
pub fn streams_that_cannot_be_are_refused(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    set(&*message, own(1, PropType::LONG), 7);
    let open_stream = |tag, flags| message.open_stream(tag, flags).map(|_| ());
    assert_eq!(code(open_stream(PR_BODY, StreamFlags::NONE)), ErrorCode::NOT_FOUND);
    let untyped = PR_BODY.with_type(PropType::UNSPECIFIED);
    assert_eq!(code(open_stream(untyped, StreamFlags::NONE)), ErrorCode::INVALID_PARAMETER);
    let number = own(1, PropType::LONG);
    assert_eq!(code(open_stream(number, StreamFlags::NONE)), ErrorCode::INTERFACE_NOT_SUPPORTED);
}

/// Setting a property with another type replaces it, and so does a small value a large one.
pub fn a_property_has_one_type_at_a_time(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let tag = |ptype| own(1, ptype);
    set(&*message, tag(PropType::BINARY), many(100_000));
    set(&*message, tag(PropType::LONG), 5);
    save(&*message);
    let again = open.message(&entry_id(&*message));
    assert_eq!(value(&*again, tag(PropType::UNSPECIFIED)), PropValue::Long(5));
    assert_eq!(value(&*again, tag(PropType::BINARY)), PropValue::Error(ErrorCode::NOT_FOUND));
    let listed = again.prop_list().unwrap().into_iter().filter(|held| held.id() == 0x6801);
    assert_eq!(listed.collect::<Vec<_>>(), [tag(PropType::LONG)]);
}

/// Folders and the store have properties of their own.
pub fn folders_and_stores_keep_properties(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let folder = open.new_folder("Bills");
    set(&*folder, PR_COMMENT, "paid ones");
    set(&*folder, own(1, PropType::BINARY), vec![1, 2]);
    save(&*folder);
    set(&*open.store, own(2, PropType::UNICODE), "mine");
    save(&*open.store);
    let problems = open.store.set_props(&[Prop::new(PR_STORE_SUPPORT_MASK, 0)]).unwrap();
    assert_eq!((problems.len(), problems[0].code), (1, ErrorCode::COMPUTED));
    let id = entry_id(&*folder);
    drop((folder, open));
    let open = fixture.open();
    let folder = open.folder(&id);
    assert_eq!(text(&*folder, PR_DISPLAY_NAME), "Bills");
    assert_eq!(text(&*folder, PR_COMMENT), "paid ones");
    assert_eq!(binary(&*folder, own(1, PropType::BINARY)), [1, 2]);
    assert_eq!(text(&*open.store, own(2, PropType::UNICODE)), "mine");
}

/// Identifiers, kinds and the way up are there without being set.
pub fn objects_say_who_they_are(make: Make<'_>) {
    let open = make().open();
    let folder = open.new_folder("Bills");
    let id = create_message(&*folder, "x");
    let message = open.message(&id);
    let uids = open.logon.uids();
    assert!(id.provider().is_some_and(|uid| uids.contains(&uid)), "the logon's own identifier");
    assert_eq!(long(&*open.store, PR_OBJECT_TYPE), 1);
    assert_eq!(long(&*folder, PR_OBJECT_TYPE), 3);
    assert_eq!(long(&*message, PR_OBJECT_TYPE), 5);
    assert_eq!(entry_id(&*message), id);
    let above = EntryId::from_bytes(binary(&*message, PR_PARENT_ENTRYID));
    assert!(open.store.compare_entry_ids(&above, &entry_id(&*folder)).unwrap());
    let store = binary(&*open.store, PR_STORE_ENTRYID);
    assert_eq!(binary(&*open.store, PR_ENTRYID), store);
    for object in [&*folder as &dyn MapiProp, &*message] {
        assert_eq!(binary(object, PR_STORE_ENTRYID), store);
        assert_eq!(binary(object, PR_STORE_RECORD_KEY), binary(&*open.store, PR_STORE_RECORD_KEY));
        assert!(!binary(object, PR_RECORD_KEY).is_empty());
    }
    assert!(!binary(&*message, PR_SEARCH_KEY).is_empty(), "a new message has a search key");
    assert_ne!(
        binary(&*message, PR_SEARCH_KEY),
        binary(&*open.message(&create_message(&*folder, "y")), PR_SEARCH_KEY)
    );
    let root = open.folder(&EntryId::default());
    let parts =
        [PR_IPM_SUBTREE_ENTRYID, PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_IPM_WASTEBASKET_ENTRYID];
    let ids: Vec<Vec<u8>> =
        parts.iter().map(|tag| entry_id(&*open.folder_by(*tag)).as_bytes().to_vec()).collect();
    assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "four folders");
    assert!(!ids.contains(&entry_id(&*root).as_bytes().to_vec()));
    assert_eq!(long(&*open.store, PR_VALID_FOLDER_MASK) & 0x1F, 0x1F, "all five are there");
    let garbage = EntryId::from_bytes(*b"not an identifier of anybody");
    assert_eq!(code(open.store.open_entry(&garbage, OpenFlags::NONE)), ErrorCode::INVALID_ENTRYID);
}
