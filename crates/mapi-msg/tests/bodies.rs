//! The bodies of a message: RTF made of text and HTML and the other way round, every code page of 8-bit text,
//! and S/MIME that stays byte for byte.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::ErrorCode;
use mapi_defs::flags::{RtfSyncFlags, SaveFlags};
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropType, PropValue};
use mapi_msg::{
    DocStorage, MsgFile, ObjectLimits, OnStorage, SectorSize, TextWidth, WriteOptions, open_on_storage,
    rtf_sync, write_message,
};
use mapi_rtf::{Extracted, compress, decompress, encapsulate_html, extract};
use mapi_spi::copy::fill_message;
use mapi_spi::prop::MapiProp;
use std::sync::Arc;
use storages::*;

fn rtf_of(message: &dyn MapiProp) -> Extracted {
    let PropValue::Binary(bytes) = value(message, PR_RTF_COMPRESSED) else { panic!("there is RTF") };
    extract(&decompress(&bytes).unwrap().rtf).unwrap()
}

#[test]
fn text_and_html_become_rtf_and_rtf_becomes_text() {
    let (_, message) = new_message();
    let (body, rtf) = (RtfSyncFlags::BODY_CHANGED, RtfSyncFlags::RTF_CHANGED);
    for nothing in [body, rtf, RtfSyncFlags::NONE] {
        assert!(!rtf_sync(&*message, nothing).unwrap());
    }
    assert_eq!(code(rtf_sync(&*message, RtfSyncFlags(8))), Some(ErrorCode::UNKNOWN_FLAGS));
    let html = "<p>Gr\u{fc}\u{df}e &amp; \u{43f}\u{440}</p>";
    set(&*message, PR_INTERNET_CPID, 1251);
    set(&*message, PR_HTML, mapi_rtf::codepage::encode(1251, "<p>\u{43f}\u{440}</p>").unwrap().bytes);
    assert!(rtf_sync(&*message, body).unwrap());
    let Extracted::Html { html: found, .. } = rtf_of(&*message) else { panic!("it was HTML") };
    assert_eq!(found, "<p>\u{43f}\u{440}</p>");
    let text = "one\r\ntwo \u{4f60}\u{597d}\r\n";
    set(&*message, PR_BODY, text);
    assert!(rtf_sync(&*message, body).unwrap());
    assert_eq!(rtf_of(&*message), Extracted::Text(text.into()));
    assert_eq!(value(&*message, PR_RTF_IN_SYNC), PropValue::Boolean(true));
    set(&*message, PR_RTF_COMPRESSED, compress(&encapsulate_html(html)));
    assert!(rtf_sync(&*message, rtf).unwrap());
    assert_eq!(self::text(&*message, PR_BODY).trim(), "Gr\u{fc}\u{df}e & \u{43f}\u{440}");
    let long = "a long line of text\r\n".repeat(5_000);
    set(&*message, PR_BODY, long.clone());
    rtf_sync(&*message, body).unwrap();
    set(&*message, PR_BODY, "x");
    rtf_sync(&*message, rtf).unwrap();
    assert_eq!(bytes(message.open_stream(PR_BODY, Default::default()).unwrap()), long.as_bytes());
    set(&*message, PR_RTF_COMPRESSED, b"no compressed RTF at all".to_vec());
    assert_eq!(code(rtf_sync(&*message, rtf)), Some(ErrorCode::CORRUPT_DATA));
}

/// A client leaves the text out, because the message says that it understands RTF.
#[test]
fn a_save_makes_the_text_of_new_rtf() {
    let (root, message) = new_message();
    set(&*message, PR_RTF_COMPRESSED, compress(&encapsulate_html("<p>Lunch?</p>")));
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(object(&root).text(PR_BODY).map(str::trim), Some("Lunch?"));
    // A text of the client's own stays, and so does a file's RTF without text.
    set(&*message, PR_BODY, "mine");
    set(&*message, PR_RTF_COMPRESSED, compress(&encapsulate_html("<p>other</p>")));
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(object(&root).text(PR_BODY), Some("mine"));
    set(&*message, PR_RTF_COMPRESSED, b"broken".to_vec());
    message.delete_props(&[PR_BODY]).unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(object(&root).text(PR_BODY), None);
}

/// What Outlook wrote as text beside its RTF is what is made of the RTF here, white space apart.
#[test]
fn the_text_made_of_real_rtf_is_the_one_beside_it() {
    let Some(folder) = files::corpus("msg") else { return };
    let (mut equal, mut all) = (0, 0);
    for message in real_messages(&folder) {
        let (Some(PropValue::Binary(rtf)), Some(body)) =
            (message.property(PR_RTF_COMPRESSED), message.text(PR_BODY))
        else {
            continue;
        };
        let in_sync = message.property(PR_RTF_IN_SYNC).and_then(PropValue::as_boolean) == Some(true);
        let Some(rtf) = decompress(rtf).ok().filter(|_| in_sync && !body.trim().is_empty()) else { continue };
        // Addresses of links stand in the text alone.
        let words = |text: &str| -> String {
            let plain = text.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
            plain.collect::<String>().chars().filter(|c| c.is_alphanumeric()).collect()
        };
        all += 1;
        equal += usize::from(words(&mapi_rtf::plain_text(&rtf.rtf).unwrap()) == words(body));
    }
    println!("figure: text of RTF equal to the text beside it = {equal} of {all}");
    assert!(all > 100 && equal * 10 >= all * 7, "{equal} of {all}");
}

fn real_messages(folder: &std::path::Path) -> Vec<MessageObject> {
    let read = |path: std::path::PathBuf| MsgFile::open(path)?.message()?.to_object(&ObjectLimits::default());
    files::messages(folder).into_iter().filter_map(|path| read(path).ok()).collect()
}

/// Every code page that 8-bit text may be in, UTF-7 included: written and read back.
#[test]
fn text_of_every_code_page_comes_back() {
    let mut pages = 0;
    // UTF-16 and UTF-32 are no code pages of 8-bit text: a file that states one is read as another. 42 is a
    // font's, without letters.
    let is_of_text = |page: &u32| !matches!(page, 42 | 1200 | 1201 | 12000 | 12001 | 21010);
    for page in (1..=65_001).filter(is_of_text).filter(|page| mapi_rtf::codepage::is_known(*page)) {
        // A text of one character that the page has beside ASCII, where it has one that comes back.
        let comes_back = |c: &char| {
            let encoded = mapi_rtf::codepage::encode(page, &c.to_string()).unwrap();
            !encoded.lossy && mapi_rtf::codepage::decode(page, &encoded.bytes).unwrap().text == c.to_string()
        };
        let candidates = "\u{e4}\u{42f}\u{3b1}\u{5d0}\u{627}\u{e01}\u{4f60}\u{3042}\u{ac00}\u{905}\u{2500}A";
        let character = candidates.chars().find(comes_back).unwrap_or_else(|| panic!("page {page}"));
        let text = format!("Subject {character}");
        let message = MessageObject {
            properties: vec![
                mapi_defs::object::Property::new(PR_SUBJECT, text.as_str()),
                mapi_defs::object::Property::new(PR_BODY, text.as_str()),
            ],
            ..MessageObject::default()
        };
        let options = WriteOptions { text: TextWidth::String8(page), ..WriteOptions::default() };
        let written = MsgFile::from_source(write_message(&message, &options).unwrap()).unwrap();
        let read = written.message().unwrap();
        let found = read.properties().value(PR_SUBJECT.with_type(PropType::STRING8));
        assert_eq!(found.and_then(PropValue::as_text), Some(text.as_str()), "page {page}");
        pages += 1;
    }
    println!("figure: code pages written and read back = {pages}");
    assert!(pages >= 134, "{pages}");
}

#[test]
fn s_mime_stays_byte_for_byte() {
    let Some(folder) = files::corpus("msg") else { return };
    let mut signed = 0;
    for original in real_messages(&folder) {
        let class = original.text(PR_MESSAGE_CLASS).unwrap_or_default().to_ascii_uppercase();
        if !class.starts_with("IPM.NOTE.SMIME") {
            continue;
        }
        let data = |message: &MessageObject| -> Vec<Option<PropValue>> {
            message.attachments.iter().map(|one| one.property(PR_ATTACH_DATA_BIN).cloned()).collect()
        };
        let root = DocStorage::in_memory(SectorSize::Bytes512);
        let message = open_on_storage(Arc::new(root.clone()), OnStorage::default()).unwrap();
        fill_message(&original, &*message, &[]).unwrap();
        message.save_changes(SaveFlags::NONE).unwrap();
        for copy in [
            object(&root),
            MsgFile::from_source(write_message(&original, &WriteOptions::default()).unwrap())
                .unwrap()
                .message()
                .unwrap()
                .to_object(&ObjectLimits::default())
                .unwrap(),
        ] {
            assert!(
                data(&copy) == data(&original)
                    && copy.text(PR_MESSAGE_CLASS) == original.text(PR_MESSAGE_CLASS)
            );
        }
        signed += 1;
    }
    println!("figure: S/MIME messages kept byte for byte = {signed}");
    assert!(signed >= 5, "{signed}");
}
