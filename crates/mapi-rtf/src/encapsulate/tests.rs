//! What goes into RTF comes out of it again, and RTF readers see something sensible.

use super::*;
use crate::{Extracted, extract};
use proptest::prelude::*;

#[track_caller]
fn html_body(html: &str, expect: &str) {
    let rtf = String::from_utf8(encapsulate_html(html)).unwrap();
    assert_eq!(rtf.strip_prefix(HTML_HEAD).and_then(|it| it.strip_suffix("}")), Some(expect));
    assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Html { html: html.to_owned(), code_page: 1252 }));
}

#[track_caller]
fn text_body(text: &str, expect: &str) {
    let rtf = String::from_utf8(encapsulate_text(text)).unwrap();
    assert_eq!(rtf.strip_prefix(TEXT_HEAD).and_then(|it| it.strip_suffix("}")), Some(expect));
    assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Text(text.to_owned())));
}

#[test]
fn text_is_escaped_and_comes_back() {
    text_body("", "");
    text_body("Hello\r\n\tworld", "Hello\\par\r\n\\tab world");
    text_body("{a}\\<b>", "\\{a\\}\\\\<b>");
    text_body("ä\u{A0}€\u{1F600}", "\\'e4\\'a0\\u8364?\\u-10179?\\u-8704?");
    text_body("a\nb\rc\0\u{7F}\u{80}", "a\\'0ab\\'0dc\\'00\\'7f\\u128?");
}

#[test]
fn html_is_kept_in_tags_beside_rtf() {
    html_body("<p>Hi</p>", "{\\*\\htmltag64 <p>}Hi{\\*\\htmltag72 </p>}\\htmlrtf \\par\\htmlrtf0 ");
    html_body("a<br>b", "a{\\*\\htmltag116 <br>}\\htmlrtf \\line\\htmlrtf0 b");
    html_body("x&nbsp;y", "x{\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0\\htmlrtf0 y");
    html_body("1 < 2", "1 {\\*\\htmltag84 <}\\htmlrtf <\\htmlrtf0  2");
    html_body("a\r\nb", "a{\\*\\htmltag4 \\par\r\n}\\htmlrtf  \\htmlrtf0 b");
    html_body(
        "<pre>a\nb</pre>",
        "{\\*\\htmltag240 <pre>}a{\\*\\htmltag4 \\'0a}\\htmlrtf \\par\\htmlrtf0 b{\\*\\htmltag248 </pre>}\\htmlrtf \\par\\htmlrtf0 ",
    );
}

#[test]
fn what_stands_before_the_text_is_not_shown() {
    html_body(
        "<html> &nbsp;\n<head><style>p{}</style></head>",
        "{\\*\\htmltag19 <html>}{\\*\\htmltag1  }{\\*\\htmltag84 &nbsp;}{\\*\\htmltag4 \\'0a}{\\*\\htmltag34 <head>}\
         {\\*\\htmltag241 <style>}{\\*\\htmltag241 p\\{\\}}{\\*\\htmltag249 </style>}{\\*\\htmltag42 </head>}",
    );
    html_body("<html><p>\t", "{\\*\\htmltag19 <html>}{\\*\\htmltag64 <p>}\\tab ");
    html_body("<html>x y", "{\\*\\htmltag19 <html>}x y");
    html_body("<!-- c -->", "{\\*\\htmltag241 <!-- c -->}");
}

#[test]
fn formatting_reaches_rtf_readers() {
    for (html, rtf) in [
        ("<b>", "\\b"),
        ("</STRONG>", "\\b0"),
        ("<i>", "\\i"),
        ("</em>", "\\i0"),
        ("<u>", "\\ul"),
        ("</u>", "\\ulnone"),
        ("<li>", "\\bullet\\tab"),
        ("</td>", "\\tab"),
        ("</tr>", "\\par"),
        ("<span>", ""),
        ("<p>", ""),
    ] {
        let written = String::from_utf8(encapsulate_html(html)).unwrap();
        match rtf {
            "" => assert!(!written.contains("\\htmlrtf"), "{html}"),
            _ => assert!(written.ends_with(&format!("}}\\htmlrtf {rtf}\\htmlrtf0 }}")), "{written}"),
        }
    }
}

#[test]
fn numbers_say_what_a_tag_is() {
    for (name, closing, number) in [
        ("html", false, 19),
        ("HTML", true, 27),
        ("head", true, 42),
        ("meta", false, 161),
        ("style", false, 241),
        ("script", true, 249),
        ("body", false, 50),
        ("p", false, 64),
        ("a", true, 92),
        ("div", true, 104),
        ("br", false, 116),
        ("li", false, 128),
        ("span", true, 156),
        ("table", false, 240),
    ] {
        assert_eq!(tag_number(name, closing), number, "{name}");
    }
}

proptest! {
    #[test]
    fn extract_undoes_encapsulating_text(text in "\\PC*[\r\n\t\0-\u{9F}{}\\\\<>&\u{A0}-\u{FF}\u{1F600}]*\\PC*") {
        prop_assert_eq!(extract(&encapsulate_text(&text)).unwrap(), Extracted::Text(text));
    }

    #[test]
    fn extract_undoes_encapsulating_any_characters(text in proptest::collection::vec(any::<char>(), 0..60)) {
        let text: String = text.into_iter().collect();
        prop_assert_eq!(extract(&encapsulate_text(&text)).unwrap().into_string(), text.clone());
        prop_assert_eq!(extract(&encapsulate_html(&text)).unwrap().into_string(), text);
    }

    #[test]
    fn extract_undoes_encapsulating_html(pieces in proptest::collection::vec(proptest::sample::select(HTML), 0..40)) {
        let html = pieces.concat();
        prop_assert_eq!(extract(&encapsulate_html(&html)).unwrap().into_string(), html);
    }
}

const HTML: &[&str] = &[
    "<html>",
    "<head>",
    "</head>",
    "<body>",
    "<p>",
    "</p>",
    "<br/>",
    "<b",
    ">",
    "<",
    "&",
    ";",
    "nbsp",
    "&amp;",
    "&#8364;",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "\"",
    "'",
    "=",
    " ",
    "\r\n",
    "\n",
    "\r",
    "\t",
    "{",
    "}",
    "\\",
    "x",
    "é",
    "日",
    "\u{1F600}",
    "\\par",
    "<pre>",
    "</pre>",
    "\u{A0}",
    "<title>",
    "</",
];
