//! Whole bodies, written by hand after the manner of Outlook and other writers, against what they say.

use mapi_rtf::{Extracted, compress, decompress, extract};

#[track_caller]
fn check(rtf: &[u8], expect: Extracted) {
    assert_eq!(extract(rtf), Ok(expect.clone()));
    let unpacked = decompress(&compress(rtf)).expect("what was just compressed");
    assert_eq!((unpacked.rtf.as_slice(), unpacked.defects), (rtf, vec![]));
    assert_eq!(extract(&unpacked.rtf), Ok(expect));
}

#[test]
fn html_mail_gives_its_html() {
    let html = include_str!("fixtures/html_mail.html").trim_end().replace('\n', "\r\n");
    check(include_bytes!("fixtures/html_mail.rtf"), Extracted::Html { html, code_page: 1252 });
}

#[test]
fn japanese_mail_gives_its_html() {
    let html = "<p title=\"日本\">日本ソアソ日café</p>".to_owned();
    check(include_bytes!("fixtures/japanese_mail.rtf"), Extracted::Html { html, code_page: 932 });
}

#[test]
fn text_mail_gives_its_text() {
    let text = "Dear all,\r\n\r\n\tsee {attached} \\ file – it’s 5 €.\r\nBye\r\n";
    check(include_bytes!("fixtures/text_mail.rtf"), Extracted::Text(text.to_owned()));
}

#[test]
fn native_rtf_gives_its_text() {
    let text = "Title\r\nfirst\r\nsecond \r\na\tb\t\r\na link  日本€—end\r\n".to_owned();
    check(include_bytes!("fixtures/native.rtf"), Extracted::Native { text });
}
