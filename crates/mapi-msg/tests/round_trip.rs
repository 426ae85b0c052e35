//! Messages written and read back: what real files hold, and what a caller makes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::{NamedProp, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, FileTime, Guid};
use mapi_msg::{MsgFile, ObjectLimits, SectorSize, TextWidth, WriteOptions, write_message};

/// Nothing added: what goes in is what comes out.
fn plain(text: TextWidth) -> WriteOptions {
    WriteOptions { text, complete: false, outlook_limits: false, ..WriteOptions::default() }
}

fn read(bytes: Vec<u8>) -> MessageObject {
    let file = MsgFile::from_source(bytes).unwrap();
    assert_eq!(file.notes(), []);
    let (object, notes) = file.message().unwrap().to_object_with_notes(&ObjectLimits::default()).unwrap();
    let unnamed = |note: &mapi_msg::Note| !matches!(note.reason, mapi_msg::Reason::NameMissing(_));
    assert_eq!(notes.into_iter().filter(unnamed).collect::<Vec<_>>(), []);
    object
}

/// The message as it comes back: without empty text, and with one identifier for every named one.
fn expected(object: &MessageObject) -> MessageObject {
    let mut object = object.clone();
    each_list(&mut object, &mut |list| {
        list.retain(|one| one.value.as_text() != Some(""));
        for property in list.iter_mut() {
            if property.tag.is_named() {
                property.tag = PropTag::new(0x8000, property.tag.ptype());
            }
            // A character that could not be read is written as the mark that stands for it.
            property.lossy = false;
        }
    });
    object
}

fn each_list(object: &mut MessageObject, look: &mut dyn FnMut(&mut Vec<Property>)) {
    look(&mut object.properties);
    object.recipients.iter_mut().for_each(&mut *look);
    for attachment in &mut object.attachments {
        look(&mut attachment.properties);
        if let Some(storage) = &mut attachment.storage {
            // The container decides the order of elements.
            storage.streams.sort();
        }
        if let Some(inner) = &mut attachment.message {
            each_list(inner, look);
        }
    }
}

fn assert_same(name: &str, found: &MessageObject, expect: &MessageObject) {
    let (found, expect) = (expected(found), expected(expect));
    if found == expect {
        return;
    }
    // Floating-point values may be NaN, so the written forms are compared, line by line.
    let (found, expect) = (format!("{found:#?}"), format!("{expect:#?}"));
    if let Some((line, other)) = found.lines().zip(expect.lines()).find(|(found, expect)| found != expect) {
        panic!("{name}: {line} instead of {other}");
    }
    assert_eq!(found.len(), expect.len(), "{name}");
}

#[test]
fn every_real_file_comes_back_as_it_was() {
    let Some(folder) = files::corpus("msg") else { return };
    let mut compared = 0;
    for path in files::messages(&folder) {
        let name = path.display().to_string();
        let Ok(object) = MsgFile::open(&path)
            .and_then(|file| file.message())
            .and_then(|message| message.to_object(&ObjectLimits::default()))
        else {
            continue;
        };
        let bytes = write_message(&object, &plain(TextWidth::Keep)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_same(&name, &read(bytes.clone()), &object);
        let again = write_message(&read(bytes.clone()), &plain(TextWidth::Keep)).unwrap();
        assert!(again == bytes, "{name}: a second writing differs");
        compared += 1;
    }
    println!("figure: files that come back equal = {compared}");
    assert!(compared >= 211, "{compared}");
}

#[test]
fn samples_come_back_as_they_were() {
    let samples = files::samples();
    assert!(samples.len() >= 4, "{samples:?}");
    for path in samples {
        let object =
            MsgFile::open(&path).unwrap().message().unwrap().to_object(&ObjectLimits::default()).unwrap();
        for sector in [SectorSize::Bytes512, SectorSize::Bytes4096] {
            let options = WriteOptions { sector, ..plain(TextWidth::Keep) };
            assert_same("sample", &read(write_message(&object, &options).unwrap()), &object);
        }
    }
}

fn one_of_each() -> MessageObject {
    let set = Guid([0x11; 16]);
    let values = [
        PropValue::Null,
        PropValue::I2(-2),
        PropValue::Long(-3),
        PropValue::R4(1.5),
        PropValue::Double(-2.25),
        PropValue::Currency(-12_345),
        PropValue::AppTime(45_000.25),
        PropValue::Error(ErrorCode::NOT_FOUND),
        PropValue::Boolean(true),
        PropValue::I8(i64::MIN),
        PropValue::String8("Käse".into()),
        PropValue::Unicode("Жук 𝄞".into()),
        PropValue::SysTime(FileTime(0x01D8_0000_0000_0000)),
        PropValue::Clsid(Guid([0xAB; 16])),
        PropValue::Binary(vec![0; 5000]),
        PropValue::Binary(Vec::new()),
        PropValue::MvI2(vec![1, -1]),
        PropValue::MvLong(vec![2, -2]),
        PropValue::MvR4(vec![0.5]),
        PropValue::MvDouble(vec![0.25, 4.0]),
        PropValue::MvCurrency(vec![5]),
        PropValue::MvAppTime(vec![6.0]),
        PropValue::MvI8(vec![7, i64::MAX]),
        PropValue::MvString8(vec!["a".into(), String::new(), "ß".into()]),
        PropValue::MvUnicode((0..20).map(|n| format!("Ω{n}")).collect()),
        PropValue::MvSysTime(vec![FileTime(8)]),
        PropValue::MvClsid(vec![Guid([1; 16]), Guid([2; 16])]),
        PropValue::MvBinary(vec![vec![1, 2, 3], Vec::new(), vec![9; 5000]]),
        PropValue::MvUnicode(Vec::new()),
    ];
    let mut properties: Vec<Property> = Vec::new();
    for (value, id) in values.into_iter().zip(0x6800_u16..) {
        let tag = PropTag::new(id, PropType::UNSPECIFIED);
        properties.push(Property::new(tag, value.clone()));
        let name = match id % 2 {
            0 => NamedProp::id(set, id.into()),
            _ => NamedProp::text(Guid::PS_PUBLIC_STRINGS, format!("Имя {id}")),
        };
        properties.push(Property::named(name, value));
    }
    properties.sort_by(Property::order);
    let storage = StorageObject {
        class_id: Guid([5; 16]),
        streams: vec![("\u{1}Ole10Native".into(), vec![1; 6000]), ("CONTENTS".into(), Vec::new())],
        storages: vec![(
            "inner".into(),
            StorageObject { class_id: Guid([6; 16]), ..StorageObject::default() },
        )],
    };
    let rows = vec![properties.clone(), Vec::new()];
    let inner =
        MessageObject { properties: properties.clone(), recipients: rows.clone(), attachments: Vec::new() };
    let attachments = vec![
        AttachmentObject { number: 0, properties: properties.clone(), message: None, storage: Some(storage) },
        AttachmentObject { number: 7, properties: Vec::new(), message: Some(Box::new(inner)), storage: None },
    ];
    MessageObject { properties, recipients: rows, attachments }
}

#[test]
fn every_type_comes_back_from_every_kind_of_object() {
    let object = one_of_each();
    for sector in [SectorSize::Bytes512, SectorSize::Bytes4096] {
        let options = WriteOptions { sector, ..plain(TextWidth::Keep) };
        let found = read(write_message(&object, &options).unwrap());
        assert_same("one of each", &found, &object);
        assert_eq!(found.attachments[1].number, 7);
    }
}

#[test]
fn text_is_made_wide_or_narrow_as_asked() {
    let subject = PropTag::new(0x0037, PropType::UNICODE);
    let object = MessageObject {
        properties: vec![Property::new(subject, "Привет"), Property::new(PropTag(0x1000_001F), "тело 漢")],
        ..MessageObject::default()
    };
    let narrow = read(write_message(&object, &plain(TextWidth::String8(1251))).unwrap());
    let tags: Vec<u32> = narrow.properties.iter().map(|one| one.tag.0).collect();
    assert_eq!(tags, [0x0037_001E, 0x1000_001E, 0x3FFD_0003]);
    assert_eq!(narrow.text(subject), Some("Привет"));
    assert_eq!(narrow.text(PropTag(0x1000_001F)), Some("тело ?"));
    let wide = read(write_message(&narrow, &plain(TextWidth::Unicode)).unwrap());
    assert_eq!(wide.properties[0], object.properties[0]);
    let error = write_message(&object, &plain(TextWidth::String8(4242))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UNKNOWN_CPID);
}

#[test]
fn limits_of_outlook_and_of_readers_are_kept() {
    let rows = |count| MessageObject { recipients: vec![Vec::new(); count], ..MessageObject::default() };
    let outlook = WriteOptions::default();
    assert!(write_message(&rows(2048), &outlook).is_ok());
    assert_eq!(write_message(&rows(2049), &outlook).unwrap_err().code(), ErrorCode::TABLE_TOO_BIG);
    assert_eq!(read(write_message(&rows(2049), &plain(TextWidth::Keep)).unwrap()).recipients.len(), 2049);
    let nested = |depth: usize| {
        (0..depth).fold(MessageObject::default(), |inner, _| MessageObject {
            attachments: vec![AttachmentObject {
                message: Some(Box::new(inner)),
                ..AttachmentObject::default()
            }],
            ..MessageObject::default()
        })
    };
    let mut innermost = &read(write_message(&nested(64), &plain(TextWidth::Keep)).unwrap());
    let mut depth = 0;
    while let Some(message) = innermost.attachments.first().and_then(|one| one.message.as_deref()) {
        (innermost, depth) = (message, depth + 1);
    }
    assert_eq!(depth, 64);
    let error = write_message(&nested(65), &plain(TextWidth::Keep)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TOO_COMPLEX);
}
