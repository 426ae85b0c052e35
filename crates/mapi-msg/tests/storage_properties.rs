//! Messages on storages as objects with properties: values, names, streams, recipients, attributes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{ErrorCode, FileTime, Guid};
use mapi_msg::{
    PROPATTR_MANDATORY, PROPATTR_NOT_PRESENT, PROPATTR_READABLE, PROPATTR_WRITEABLE, attributes_on_storage,
    set_attributes_on_storage,
};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::StorageMode;
use storages::*;

const READWRITE: SaveFlags = SaveFlags::KEEP_OPEN_READWRITE;

fn own(number: u16, ptype: PropType) -> PropTag {
    PropTag::new(0x6800 + number, ptype)
}

#[test]
fn values_of_every_type_come_back() {
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
        V::Unicode("Gr\u{fc}\u{df}e \u{1f980}".into()),
        V::SysTime(FileTime::from_unix_seconds(1_700_000_000)),
        V::Clsid(Guid::PS_PUBLIC_STRINGS),
        V::Binary(vec![0, 1, 255]),
        V::Binary(Vec::new()),
        V::MvI2(vec![1, -1]),
        V::MvLong(vec![1, 2, 3]),
        V::MvR4(vec![0.5]),
        V::MvDouble(vec![0.5, -0.5]),
        V::MvCurrency(vec![1, 2]),
        V::MvAppTime(vec![1.0, 2.0]),
        V::MvI8(vec![i64::MIN, 0]),
        V::MvUnicode((0..12).map(|number| format!("value {number}")).collect()),
        V::MvSysTime(vec![FileTime(0), FileTime::MAX]),
        V::MvClsid(vec![Guid::NULL, Guid::PS_MAPI]),
        V::MvBinary(vec![vec![], vec![1]]),
    ];
    let props: Vec<Prop> = values
        .iter()
        .zip(0..)
        .map(|(value, number)| Prop::new(own(number, value.ptype()), value.clone()))
        .collect();
    let tags: Vec<PropTag> = props.iter().map(|prop| prop.tag).collect();
    let (root, message) = new_message();
    assert_eq!(message.set_props(&props).unwrap(), []);
    assert_eq!(message.props(Some(&tags)).unwrap(), props, "before the save");
    message.save_changes(READWRITE).unwrap();
    assert_eq!(message.props(Some(&tags)).unwrap(), props, "after the save");
    assert_eq!(again(&root).props(Some(&tags)).unwrap(), props, "from the file");
    // Fewer values than before: the streams of the others go.
    let fewer = Prop::new(own(20, PropType::MV_UNICODE), PropValue::MvUnicode(vec!["one".into()]));
    message.set_props(std::slice::from_ref(&fewer)).unwrap();
    message.save_changes(READWRITE).unwrap();
    assert_eq!(again(&root).props(Some(&[fewer.tag])).unwrap(), [fewer]);
    assert!(!names(&root).iter().any(|name| name.ends_with("-0000000B")));
}

#[test]
fn what_cannot_be_set_or_deleted_is_a_problem_and_the_rest_is_done() {
    let (_, message) = new_message();
    let props = [
        Prop::new(PR_SUBJECT, "set"),
        Prop::new(PR_DISPLAY_TO, "computed"),
        Prop::new(PR_NULL, 1),
        Prop::new(own(1, PropType::OBJECT), PropValue::Object),
        Prop::new(own(2, PropType::ERROR), PropValue::Error(ErrorCode::NOT_FOUND)),
        Prop::new(PropTag::new(0x8123, PropType::LONG), 1),
        Prop::new(PR_MESSAGE_RECIPIENTS, 1),
    ];
    let problems = message.set_props(&props).unwrap();
    let found: Vec<_> = problems.iter().map(|problem| (problem.index, problem.code)).collect();
    let expect = [
        (1, ErrorCode::COMPUTED),
        (2, ErrorCode::INVALID_PARAMETER),
        (3, ErrorCode::INVALID_TYPE),
        (5, ErrorCode::INVALID_PARAMETER),
        (6, ErrorCode::COMPUTED),
    ];
    assert_eq!(found, expect);
    assert_eq!(message.prop_list().unwrap(), [PR_SUBJECT]);
    let problems = message.delete_props(&[PR_BODY, PR_SUBJECT]).unwrap();
    assert_eq!(
        problems.iter().map(|one| (one.index, one.code)).collect::<Vec<_>>(),
        [(0, ErrorCode::NOT_FOUND)]
    );
    assert_eq!(message.prop_list().unwrap(), []);
}

#[test]
fn changes_and_deletions_reach_the_file_at_the_save() {
    let (root, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let before = object(&root);
    set(&*message, PR_SUBJECT, "RE: lunch");
    assert_eq!(message.delete_props(&[PR_BODY]).unwrap(), []);
    assert_eq!(object(&root), before);
    message.save_changes(READWRITE).unwrap();
    let after = object(&root);
    assert_eq!(
        (after.text(PR_SUBJECT), after.text(PR_NORMALIZED_SUBJECT)),
        (Some("RE: lunch"), Some("lunch"))
    );
    assert_eq!(after.property(PR_BODY), None);
    assert_eq!((&after.recipients, &after.attachments), (&before.recipients, &before.attachments));
    let others = |object: &mapi_defs::object::MessageObject| {
        let changed =
            [PR_SUBJECT, PR_SUBJECT_PREFIX, PR_NORMALIZED_SUBJECT, PR_BODY, PR_LAST_MODIFICATION_TIME];
        let mut list = object.properties.clone();
        list.retain(|one| one.named.is_some() || changed.iter().all(|tag| tag.id() != one.tag.id()));
        list
    };
    let kept = others(&before);
    assert!(kept.iter().all(|property| others(&after).contains(property)), "nothing else changed");
    set(&*message, PR_SUBJECT, "dinner");
    message.save_changes(READWRITE).unwrap();
    let after = object(&root);
    assert_eq!((after.text(PR_SUBJECT_PREFIX), after.text(PR_NORMALIZED_SUBJECT)), (None, Some("dinner")));
}

#[test]
fn names_are_appended_and_those_of_the_file_keep_their_identifiers() {
    let (root, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let old = file(&root).named(0x8000).cloned().unwrap();
    let set_of_mine = Guid([7; 16]);
    let new = [
        NamedProp::text(set_of_mine, "Colour"),
        NamedProp::id(set_of_mine, 0x8501),
        NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Keywords-of-mine"),
    ];
    assert_eq!(message.ids(&new, false).unwrap(), [None, None, None]);
    let ids: Vec<u16> = message.ids(&new, true).unwrap().into_iter().map(Option::unwrap).collect();
    assert_eq!(message.ids(&[new[1].clone(), old.clone()], true).unwrap(), [Some(ids[1]), Some(0x8000)]);
    set(&*message, PropTag::new(ids[0], PropType::UNICODE), "red");
    // An attachment uses the same map.
    let attachment = message.open_attach(0, OpenFlags::MODIFY).unwrap();
    set(&*attachment, PropTag::new(ids[1], PropType::LONG), 5);
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(READWRITE).unwrap();
    let read = file(&root);
    assert_eq!(read.named(0x8000), Some(&old));
    for (name, id) in new.iter().zip(&ids) {
        assert_eq!(read.named_id(name), Some(*id));
    }
    let written = object(&root);
    assert!(
        written
            .properties
            .iter()
            .any(|one| one.named.as_ref() == Some(&new[0]) && one.value == PropValue::Unicode("red".into()))
    );
    assert!(written.attachments[0].properties.iter().any(|one| one.named.as_ref() == Some(&new[1])));
    // The buckets are those that the writer of whole files makes for the same names in the same order.
    let buckets = |root: &mapi_msg::DocStorage| {
        let storage = mapi_spi::storage::Storage::open_storage(root, "__nameid_version1.0").unwrap();
        let all = names(&*storage);
        all.into_iter().map(|name| (bytes(storage.open_stream(&name).unwrap()), name)).collect::<Vec<_>>()
    };
    let count = (0x8000..0xFFFF_u16).take_while(|id| read.named(*id).is_some()).count();
    let (other, plain) = new_message();
    let all: Vec<NamedProp> = (0..count).map(|at| read.named(0x8000 + at as u16).cloned().unwrap()).collect();
    plain.ids(&all, true).unwrap();
    plain.save_changes(READWRITE).unwrap();
    assert_eq!(buckets(&root), buckets(&other));
}

#[test]
fn names_do_not_change_on_a_message_open_for_reading() {
    let (_, message) = sample("welcome.msg", StorageMode::Read);
    let name = NamedProp::text(Guid([7; 16]), "new");
    assert_eq!(message.ids(std::slice::from_ref(&name), false).unwrap(), [None]);
    assert_eq!(code(message.ids(&[name], true)), Some(ErrorCode::NO_ACCESS));
    assert_eq!(message.names(&[0xFFF0]).unwrap(), [None]);
}

#[test]
fn large_values_are_streams_that_are_kept_by_their_commit() {
    let (root, message) = new_message();
    let long: String = "Gr\u{fc}\u{df}e ".repeat(20_000);
    let stream = message.open_stream(PR_BODY, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    stream.write_at(0, long.as_bytes()).unwrap();
    assert_eq!(text(&*message, PR_BODY), "", "not committed yet");
    stream.commit().unwrap();
    assert_eq!(value(&*message, PR_BODY), PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
    let data: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let binary = own(1, PropType::BINARY);
    set(&*message, binary, data.clone());
    message.save_changes(READWRITE).unwrap();
    let again = again(&root);
    assert_eq!(bytes(again.open_stream(PR_BODY, StreamFlags::NONE).unwrap()), long.as_bytes());
    let in_file = again.open_stream(binary, StreamFlags::NONE).unwrap();
    assert_eq!(bytes(in_file.clone()), data);
    for refused in [code(in_file.write_at(0, b"x")), code(in_file.set_len(0)), code(in_file.commit())] {
        assert_eq!(refused, Some(ErrorCode::NO_ACCESS));
    }
    drop(in_file);
    // Edited in place, saved, and read where it lies now.
    let edit = again.open_stream(binary, StreamFlags::MODIFY).unwrap();
    edit.write_at(10, b"xyz").unwrap();
    edit.set_len(100_000).unwrap();
    edit.commit().unwrap();
    set(&*again, PR_SUBJECT, "edited");
    again.save_changes(READWRITE).unwrap();
    drop(edit);
    let mut expect = data[..100_000].to_vec();
    expect[10..13].copy_from_slice(b"xyz");
    assert_eq!(bytes(again.open_stream(binary, StreamFlags::NONE).unwrap()), expect);
    assert_eq!(bytes(again.open_stream(PR_BODY, StreamFlags::NONE).unwrap()), long.as_bytes());
}

#[test]
fn streams_that_cannot_be_are_refused() {
    let (_, message) = new_message();
    set(&*message, PR_IMPORTANCE, 1);
    let open = |tag, flags| code(message.open_stream(tag, flags));
    assert_eq!(
        open(PR_BODY.with_type(PropType::UNSPECIFIED), StreamFlags::NONE),
        Some(ErrorCode::INVALID_PARAMETER)
    );
    assert_eq!(open(PR_BODY, StreamFlags::NONE), Some(ErrorCode::NOT_FOUND));
    assert_eq!(open(PR_BODY, StreamFlags::MODIFY), Some(ErrorCode::NOT_FOUND));
    assert_eq!(open(PR_IMPORTANCE, StreamFlags::NONE), Some(ErrorCode::INTERFACE_NOT_SUPPORTED));
    assert_eq!(open(PR_ATTACH_DATA_OBJ, StreamFlags::NONE), Some(ErrorCode::INTERFACE_NOT_SUPPORTED));
    assert_eq!(open(PR_BODY, StreamFlags(0x40)), Some(ErrorCode::UNKNOWN_FLAGS));
    assert_eq!(open(PR_DISPLAY_TO, StreamFlags::CREATE | StreamFlags::MODIFY), Some(ErrorCode::COMPUTED));
}

#[test]
fn recipients_are_added_modified_removed_and_replaced() {
    let (root, message) = new_message();
    let rows = vec![recipient("Ann"), recipient("Bob"), recipient("Cleo")];
    let table = message.recipient_table(TableFlags::NONE).unwrap();
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    assert_eq!(table.row_count().unwrap(), 3);
    let mut changed = Recipient { row_id: 1, ..recipient("Bert") };
    changed.props.remove(PR_ADDRTYPE.id());
    message.modify_recipients(ModifyRecipients::Modify, vec![changed]).unwrap();
    let row = message.recipients().unwrap().remove(1);
    assert_eq!((row.display_name(), row.props.text(PR_ADDRTYPE)), (Some("Bert"), None), "the whole row");
    for how in [ModifyRecipients::Modify, ModifyRecipients::Remove] {
        let strangers =
            vec![Recipient { row_id: 0, ..recipient("A") }, Recipient { row_id: 9, ..recipient("B") }];
        assert_eq!(code(message.modify_recipients(how, strangers)), Some(ErrorCode::NOT_FOUND));
    }
    let mut null = recipient("Null");
    null.props.set(PR_COMMENT, PropValue::Null);
    assert_eq!(
        code(message.modify_recipients(ModifyRecipients::Add, vec![null])),
        Some(ErrorCode::INVALID_PARAMETER)
    );
    assert_eq!(message.recipients().unwrap().len(), 3, "nothing of those calls was done");
    message.modify_recipients(ModifyRecipients::Remove, vec![Recipient::default()]).unwrap();
    assert_eq!(text(&*message, PR_DISPLAY_TO), "Bert; Cleo");
    message.save_changes(READWRITE).unwrap();
    let read = again(&root);
    let ids: Vec<u32> = read.recipients().unwrap().iter().map(|row| row.row_id).collect();
    assert_eq!(ids, [1, 2], "a row keeps its number");
    let written = object(&root);
    assert_eq!(written.text(PR_DISPLAY_TO), Some("Bert; Cleo"));
    assert_eq!(file(&root).message().unwrap().recipient_count(), 2);
    read.modify_recipients(ModifyRecipients::ReplaceAll, vec![recipient("Eve")]).unwrap();
    assert_eq!(read.recipients().unwrap().len(), 1);
    message.modify_recipients(ModifyRecipients::ReplaceAll, Vec::new()).unwrap();
    message.save_changes(READWRITE).unwrap();
    assert_eq!(object(&root).recipients.len(), 0);
    assert!(!names(&root).iter().any(|name| name.starts_with("__recip")));
    assert_eq!(table.row_count().unwrap(), 0);
}

#[test]
fn attachments_of_every_method_come_back() {
    let (root, message) = new_message();
    let by_value = vec![7; 70_000];
    for (method, name) in
        [(1, "value"), (2, "reference"), (3, "resolve"), (4, "only"), (6, "ole"), (7, "web")]
    {
        let (_, attachment) = message.create_attach().unwrap();
        set(&*attachment, PR_ATTACH_METHOD, method);
        set(&*attachment, PR_ATTACH_LONG_PATHNAME, format!("/{name}"));
        match method {
            1 => set(&*attachment, PR_ATTACH_DATA_BIN, by_value.clone()),
            6 => {
                let storage = attachment.open_storage(true).unwrap();
                storage.set_class_id(Guid([3; 16])).unwrap();
                storage.create_stream("CONTENTS").unwrap().write_at(0, b"ole").unwrap();
                let inner = storage.create_storage("inner").unwrap();
                inner.create_stream("deep").unwrap().write_at(0, &[1; 5000]).unwrap();
                inner.commit().unwrap();
                storage.commit().unwrap();
            }
            _ => {}
        }
        attachment.save_changes(SaveFlags::NONE).unwrap();
    }
    message.save_changes(READWRITE).unwrap();
    let written = object(&root);
    assert_eq!(written.attachments.len(), 6);
    assert_eq!(
        written.attachments[0].property(PR_ATTACH_DATA_BIN),
        Some(&PropValue::Binary(by_value.clone()))
    );
    for reference in [1, 2, 3, 5] {
        assert_eq!(written.attachments[reference].property(PR_ATTACH_DATA_BIN), None);
    }
    let ole = written.attachments[4].storage.as_ref().unwrap();
    assert_eq!(
        (ole.class_id, ole.streams.as_slice()),
        (Guid([3; 16]), [("CONTENTS".into(), b"ole".to_vec())].as_slice())
    );
    assert_eq!(ole.storages[0].1.streams[0].1.len(), 5000);
    // The storage of a file is changed in place, and only by its own commit.
    let again = again(&root);
    let attachment = again.open_attach(4, OpenFlags::MODIFY).unwrap();
    assert!(attachment.prop_list().unwrap().contains(&PR_ATTACH_DATA_OBJ));
    assert_eq!(code(attachment.open_message(false)), Some(ErrorCode::NOT_FOUND));
    let storage = attachment.open_storage(false).unwrap();
    assert_eq!(names(&*storage), ["inner", "CONTENTS"]);
    storage.remove("inner").unwrap();
    storage.commit().unwrap();
    storage.create_stream("lost").unwrap();
    drop(storage);
    attachment.save_changes(READWRITE).unwrap();
    again.save_changes(READWRITE).unwrap();
    drop(attachment);
    let read = again.open_attach(4, OpenFlags::NONE).unwrap();
    assert_eq!(names(&*read.open_storage(false).unwrap()), ["CONTENTS"]);
    assert_eq!(code(read.open_storage(false).unwrap().create_stream("x")), Some(ErrorCode::NO_ACCESS));
    // Bytes take the place of the object.
    drop(read);
    let attachment = again.open_attach(4, OpenFlags::MODIFY).unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, b"bytes".to_vec());
    assert_eq!(code(attachment.open_storage(false)), Some(ErrorCode::NOT_FOUND));
    assert_eq!(attachment.prop_list().unwrap().iter().filter(|tag| tag.id() == 0x3701).count(), 1);
}

#[test]
fn attributes_are_those_that_the_file_has() {
    let (root, message) = new_message();
    let all = PROPATTR_READABLE | PROPATTR_WRITEABLE;
    set(&*message, PR_SUBJECT, "x");
    let tags = [PR_SUBJECT, PR_BODY, PR_DISPLAY_TO];
    let absent = PROPATTR_NOT_PRESENT;
    assert_eq!(attributes_on_storage(&*message, &tags).unwrap(), [all, absent, absent]);
    let problems = set_attributes_on_storage(&*message, &tags, &[PROPATTR_READABLE, all, 0x40]).unwrap();
    assert_eq!(
        problems.iter().map(|one| (one.index, one.code)).collect::<Vec<_>>(),
        [(1, ErrorCode::NOT_FOUND), (2, ErrorCode::NOT_FOUND)]
    );
    let problems = set_attributes_on_storage(&*message, &[PR_SUBJECT], &[PROPATTR_NOT_PRESENT]).unwrap();
    assert_eq!(problems[0].code, ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(set_attributes_on_storage(&*message, &tags, &[6])), Some(ErrorCode::INVALID_PARAMETER));
    // At once, before any save.
    let problems = message.set_props(&[Prop::new(PR_SUBJECT, "y")]).unwrap();
    assert_eq!(problems[0].code, ErrorCode::COMPUTED);
    message.save_changes(READWRITE).unwrap();
    let again = again(&root);
    assert_eq!(attributes_on_storage(&*again, &[PR_SUBJECT]).unwrap(), [PROPATTR_READABLE]);
    // The cycle by which a store changes what its clients may not.
    set_attributes_on_storage(&*again, &[PR_SUBJECT], &[all]).unwrap();
    set(&*again, PR_SUBJECT, "by the store");
    set_attributes_on_storage(&*again, &[PR_SUBJECT], &[PROPATTR_READABLE]).unwrap();
    assert_eq!(code(again.save_changes(READWRITE)), None);
    assert_eq!(text(&*again, PR_SUBJECT), "by the store");
}

#[test]
fn mandatory_properties_are_not_deleted() {
    let (root, message) = new_message();
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_METHOD, 1);
    let mandatory = PROPATTR_MANDATORY | PROPATTR_READABLE | PROPATTR_WRITEABLE;
    assert_eq!(attributes_on_storage(&*attachment, &[PR_ATTACH_METHOD]).unwrap(), [mandatory]);
    assert_eq!(attachment.delete_props(&[PR_ATTACH_METHOD]).unwrap()[0].code, ErrorCode::NO_ACCESS);
    set(&*attachment, PR_ATTACH_METHOD, 5);
    let embedded = attachment.open_message(true).unwrap();
    set(&*embedded, PR_SUBJECT, "inner");
    set_attributes_on_storage(&*embedded, &[PR_SUBJECT], &[mandatory]).unwrap();
    embedded.save_changes(SaveFlags::NONE).unwrap();
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    let again = again(&root);
    let attachment = again.open_attach(number, OpenFlags::NONE).unwrap();
    let tags = [PR_ATTACH_METHOD, PR_RENDERING_POSITION, PR_ATTACH_NUM, PR_RECORD_KEY, PR_OBJECT_TYPE];
    assert_eq!(attributes_on_storage(&*attachment, &tags).unwrap(), [7, 7, 2, 2, 2]);
    let embedded = attachment.open_message(false).unwrap();
    assert_eq!(attributes_on_storage(&*embedded, &[PR_SUBJECT, PR_STORE_SUPPORT_MASK]).unwrap(), [7, 2]);
    assert_eq!(code(set_attributes_on_storage(&*embedded, &[PR_SUBJECT], &[6])), Some(ErrorCode::NO_ACCESS));
    let reader = file(&root).message().unwrap();
    assert_eq!(code(attributes_on_storage(&reader, &[PR_SUBJECT])), Some(ErrorCode::INVALID_PARAMETER));
}
