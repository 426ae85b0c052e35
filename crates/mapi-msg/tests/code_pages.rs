//! 8-bit text of real files: what it says, checked by eye to be real language in the right script.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use mapi_defs::object::{MessageObject, find};
use mapi_defs::prop::tags::{
    PR_BODY, PR_DISPLAY_CC, PR_DISPLAY_NAME, PR_DISPLAY_TO, PR_HTML, PR_NORMALIZED_SUBJECT,
    PR_PARENT_DISPLAY, PR_RECEIVED_BY_NAME, PR_SENDER_NAME, PR_SENT_REPRESENTING_NAME, PR_SUBJECT,
    PR_SURNAME,
};
use mapi_defs::prop::{PropTag, PropType, PropValue};
use mapi_msg::{MsgFile, ObjectLimits};

/// File, what PT_STRING8 text is in, property, and what it begins with.
const KNOWN: [(&str, u32, PropTag, &str); 26] = [
    // Russian by its locale; the HTML in the same code page.
    ("591eb7aab7d3-ASCII_CP1251_LCID1049.msg", 1251, PR_SUBJECT, "Subject автоматически Subject"),
    ("591eb7aab7d3-ASCII_CP1251_LCID1049.msg", 1251, PR_BODY, "Body автоматически Body"),
    ("591eb7aab7d3-ASCII_CP1251_LCID1049.msg", 1251, PR_HTML, "<!DOCTYPE html><html><meta charset="),
    // Russian by its code page.
    (
        "837827391563-cyrillic_message.msg",
        1251,
        PR_SUBJECT,
        "Автоматический ответ подсистемы обмена данными ФГУП \"Почта России\".",
    ),
    (
        "837827391563-cyrillic_message.msg",
        1251,
        PR_BODY,
        "Ваше сообщение с темой \"FW: RTM\" было успешно получено",
    ),
    ("837827391563-cyrillic_message.msg", 1251, PR_DISPLAY_TO, "Свиридов Дмитрий Владимирович"),
    ("837827391563-cyrillic_message.msg", 1251, PR_DISPLAY_CC, "Свиридов Дмитрий Владимирович"),
    // German although the body's code page says UTF-8 or Russian.
    ("6e6a9b5ad004-HTMLBodyBinary_UTF-8.msg", 1252, PR_SUBJECT, "Subject öäü Subject"),
    ("fbab3d7d2ba9-HTMLBodyBinary_CP1251.msg", 1252, PR_SUBJECT, "Subject öäü Subject"),
    ("ddbbbdfa745c-ASCII_UTF-8_CP1252_LCID1031.msg", 1252, PR_SUBJECT, "Subject öäü Subject"),
    ("ddbbbdfa745c-ASCII_UTF-8_CP1252_LCID1031.msg", 1252, PR_BODY, "Body öäü Body"),
    ("da9c8731ac16-ASCII_UTF-8_CP1252_LCID1031_HTML.msg", 1252, PR_SUBJECT, "Subject öäü Subject"),
    ("da9c8731ac16-ASCII_UTF-8_CP1252_LCID1031_HTML.msg", 1252, PR_BODY, "Body öäü Body"),
    // HTML as PT_STRING8 is in the body's code page, here UTF-8, while its neighbours are in 1252.
    (
        "da9c8731ac16-ASCII_UTF-8_CP1252_LCID1031_HTML.msg",
        1252,
        PR_HTML,
        "<!DOCTYPE html><html><meta charset=\\\"utf-8\\\"><body>HTML öäü</body></html>",
    ),
    // Japanese by its locale; the body's code page is the e-mail one.
    ("79b82e21d032-contactAnsi.msg", 932, PR_SUBJECT, "コム ドット イグザンプル 殿"),
    ("79b82e21d032-contactAnsi.msg", 932, PR_DISPLAY_NAME, "Mr. イグザンプル ドット コム 殿"),
    ("79b82e21d032-contactAnsi.msg", 932, PR_NORMALIZED_SUBJECT, "コム ドット イグザンプル 殿"),
    // French, Spanish and Portuguese words in one subject.
    (
        "b496e842665f-EmailWithSpecialCharsInSubject.msg",
        1252,
        PR_SUBJECT,
        "Un sujet bien défini Àéroport mañana être ouïe électricité così próxima à Ô",
    ),
    // French without any word about its code page.
    ("ba546a434638-test-outlook.msg", 1252, PR_SENDER_NAME, "L'Équipe Microsoft Outlook Express"),
    ("ba546a434638-test-outlook.msg", 1252, PR_SENT_REPRESENTING_NAME, "L'Équipe Microsoft Outlook Express"),
    (
        "ba546a434638-test-outlook.msg",
        1252,
        PR_BODY,
        " \t \t \r\n \tLa réponse à vos attentes en matière de messagerie",
    ),
    // A message that calls itself windows-1252, saved on a Chinese system: a name, and "inbox".
    ("c598ef55f4c7-test.msg", 1252, PR_RECEIVED_BY_NAME, "桂 灵君"),
    ("c598ef55f4c7-test.msg", 1252, PR_PARENT_DISPLAY, "收件箱"),
    ("c598ef55f4c7-test.msg", 1252, PR_SUBJECT, "test"),
    // An address list cut short by a mail program: an apostrophe and a hard space.
    ("7c4ec5a5e1a3-_482_emailAddressList_is_required.msg", 1252, PR_DISPLAY_TO, "Boss Ramon; '\u{A0}"),
    ("79b82e21d032-contactAnsi.msg", 932, PR_SURNAME, "イグザンプル"),
];

#[test]
fn text_of_real_8_bit_files_is_real_language() {
    let Some(folder) = files::corpus("msg") else { return };
    let mut wrong = Vec::new();
    for (name, page, tag, expect) in KNOWN {
        let message = MsgFile::open(folder.join(name)).unwrap().message().unwrap();
        assert_eq!(message.code_page(), page, "{name}");
        let object = message.to_object(&ObjectLimits::default()).unwrap();
        let narrow = PropTag::new(tag.id(), PropType::STRING8);
        match find(&object.properties, narrow).and_then(PropValue::as_text) {
            Some(text) if text.starts_with(expect) => {}
            found => wrong.push(format!("{name} {tag}: {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_8_bit_text_of_a_real_file_has_a_character_that_could_not_be_read() {
    let Some(folder) = files::corpus("msg") else { return };
    let (mut texts, mut lossy) = (0, Vec::new());
    for path in files::messages(&folder) {
        let Ok(message) = MsgFile::open(&path).and_then(|file| file.message()) else { continue };
        let object = message.to_object(&ObjectLimits::default()).unwrap();
        texts += narrow_texts(&object, &mut |tag| lossy.push(format!("{} {tag}", path.display())));
    }
    assert!(texts >= 59, "{texts}");
    assert!(lossy.is_empty(), "{}", lossy.join("\n"));
}

/// Counts the PT_STRING8 properties that have an 8-bit character, and reports the lossy ones.
fn narrow_texts(object: &MessageObject, lossy: &mut dyn FnMut(PropTag)) -> usize {
    let rows = object.recipients.iter().chain([&object.properties]);
    let attachments = object.attachments.iter().map(|attachment| &attachment.properties);
    let mut count = 0;
    for property in rows.chain(attachments).flatten() {
        if let PropValue::String8(text) = &property.value {
            count += usize::from(!text.is_ascii());
            if property.lossy {
                lossy(property.tag);
            }
        }
    }
    let inner = object.attachments.iter().filter_map(|attachment| attachment.message.as_deref());
    count + inner.map(|message| narrow_texts(message, lossy)).sum::<usize>()
}
