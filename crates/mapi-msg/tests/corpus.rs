//! Real files of many writers, against what is known of each of them.

mod files;

use mapi_defs::object::{MessageObject, find};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_BODY, PR_HTML, PR_MESSAGE_CLASS, PR_RTF_COMPRESSED, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, Result};
use mapi_msg::{MsgFile, ObjectLimits};
use serde_json::Value;
use sha1::{Digest, Sha1};
use std::path::Path;

#[test]
fn every_real_file_is_read_as_known_or_refused_with_a_reason() {
    let Some(folder) = files::corpus("msg") else { return };
    let lines = std::fs::read_to_string(folder.join("EXPECTED.jsonl")).unwrap();
    let (mut agreeing, mut refusable, mut wrong) = (0, 0, Vec::new());
    for line in lines.lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        let name = expected["file"].as_str().unwrap();
        let read = read(&folder.join(name));
        if expected["not_cfb"] == true {
            refusable += 1;
            let error = read.expect_err(name);
            assert_eq!(error.code(), ErrorCode::CORRUPT_DATA, "{name}");
            assert!(error.detail().contains("found "), "{name}: {error}");
        } else if expected["malformed"] == true {
            refusable += 1;
        } else {
            match read.map(|object| differences(&object, &expected)) {
                Ok(found) if found.is_empty() => agreeing += 1,
                Ok(found) => wrong.push(format!("{name}: {}", found.join("; "))),
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((agreeing, refusable), (211, 6));
}

#[test]
fn a_file_is_read_alike_from_memory_from_a_file_and_through_a_storage() {
    let Some(folder) = files::corpus("msg") else { return };
    let mut compared = 0;
    for path in files::messages(&folder) {
        let Ok(from_file) = read(&path) else { continue };
        let bytes = std::fs::read(&path).unwrap();
        let positioned = Positioned(bytes.clone());
        let whole = |file: MsgFile| file.message().unwrap().to_object(&ObjectLimits::default()).unwrap();
        let memory = whole(MsgFile::from_source(bytes).unwrap());
        let at_positions = whole(MsgFile::from_source(positioned).unwrap());
        let container = std::sync::Arc::new(mapi_msg::Container::open(&path).unwrap());
        let root = mapi_msg::container::ContainerStorage::root(container);
        let storage = whole(MsgFile::from_storage(std::sync::Arc::new(root)).unwrap());
        // Floating-point values may be NaN, so the written forms are compared.
        let written = format!("{from_file:?}");
        assert!(written == format!("{memory:?}"), "{path:?} from memory");
        assert!(written == format!("{at_positions:?}"), "{path:?} at positions");
        assert!(written == format!("{storage:?}"), "{path:?} through a storage");
        compared += 1;
    }
    assert!(compared >= 211, "{compared}");
}

/// Bytes that are only handed out by position, as those of a long file are.
struct Positioned(Vec<u8>);

impl mapi_msg::container::ReadAt for Positioned {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        // Short reads, as a medium may give them.
        let len = buf.len().min(700);
        mapi_msg::container::ReadAt::read_at(&self.0, offset, &mut buf[..len])
    }

    fn len(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

fn read(path: &Path) -> Result<MessageObject> {
    MsgFile::open(path)?.message()?.to_object(&ObjectLimits::default())
}

fn differences(object: &MessageObject, expected: &Value) -> Vec<String> {
    let mut hashes: Vec<String> = Vec::new();
    let mut embedded = 0;
    for attachment in &object.attachments {
        // What is known counts every object, an embedded message or an OLE storage.
        embedded += usize::from(attachment.message.is_some() || attachment.storage.is_some());
        if let Some(PropValue::Binary(bytes)) = attachment.property(PR_ATTACH_DATA_BIN) {
            hashes.push(Sha1::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    hashes.sort();
    let body = object.text(PR_BODY).unwrap_or_default();
    let any = |tag: PropTag| find(&object.properties, tag.with_type(PropType::UNSPECIFIED)).is_some();
    let found = [
        ("subject", Value::from(object.text(PR_SUBJECT).unwrap_or_default())),
        ("class", Value::from(object.text(PR_MESSAGE_CLASS).unwrap_or_default())),
        ("nrec", Value::from(object.recipients.len())),
        ("natt", Value::from(object.attachments.len())),
        ("att", Value::from(hashes)),
        ("emb", Value::from(embedded)),
        ("body", Value::from(!body.is_empty())),
        ("bodylen", Value::from(body.chars().count())),
        ("rtf", Value::from(any(PR_RTF_COMPRESSED))),
        ("html", Value::from(any(PR_HTML))),
    ];
    let differing = found.into_iter().filter(|(key, value)| expected[key] != *value);
    differing.map(|(key, value)| format!("{key} is {value}, known as {}", expected[key])).collect()
}
