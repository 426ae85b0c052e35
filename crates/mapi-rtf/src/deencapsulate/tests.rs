//! What comes out of small pieces of RTF, each written by hand for one rule.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn html(body: &str, expect: &str) {
    let rtf = format!(
        "{{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{{\\fonttbl{{\\f0\\fswiss Arial;}}\
         {{\\f1\\fcharset204 Arial Cyr;}}{{\\f2\\fcharset128 MS Gothic;}}{{\\f3\\fcharset2 Wingdings;}}\
         {{\\f4\\fcharset134 SimSun;}}}}{{\\colortbl;\\red1;}}\\uc1\\pard\\plain\\deftab360 {body}}}"
    );
    assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Html { html: expect.to_owned(), code_page: 1252 }));
}

#[track_caller]
fn text(body: &str, expect: &str) {
    let rtf = format!("{{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{{\\fonttbl{{\\f0 Arial;}}}}{body}}}");
    assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Text(expect.to_owned())));
}

#[track_caller]
fn native(body: &str, expect: &str) {
    let rtf = format!(
        "{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 Arial;}}{{\\f1\\fcharset204 A;}}{{\\f2\\fcharset2 Symbol;}}}}\
         {{\\*\\generator X;}}{{\\info{{\\title T}}}}{{\\stylesheet{{\\s0 Normal;}}}}{body}}}"
    );
    assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Native { text: expect.to_owned() }));
}

#[test]
fn the_three_kinds_are_told_apart() {
    for (rtf, expect) in [
        (&b"{\\rtf1\\ansi\\fromhtml1 x}"[..], Ok(Kind::Html)),
        (b"{\\rtf1\\fromhtml x}", Ok(Kind::Html)),
        (b"{\\rtf1\\fromhtml0 x}", Ok(Kind::Native)),
        (b"{\\rtf1\\ansi\\fromtext x}", Ok(Kind::Text)),
        (b"{\\rtf1\\ansi x\\fromtext}", Ok(Kind::Native)),
        (b"{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\i\\j\\fromtext}", Ok(Kind::Text)),
        (b"{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\i\\j\\k\\fromtext}", Ok(Kind::Native)),
        (b" \r\n{\\rtf1\\fromtext x}", Ok(Kind::Text)),
        (b"\xEF\xBB\xBF{\\rtf1}", Ok(Kind::Native)),
        (b"{\\rtx1}", Err(Fault::NotRtf)),
        (b"\\rtf1", Err(Fault::NotRtf)),
        (b"<html>", Err(Fault::NotRtf)),
        (b"{", Err(Fault::NotRtf)),
        (b"", Err(Fault::NotRtf)),
    ] {
        assert_eq!(kind(rtf), expect, "{}", String::from_utf8_lossy(rtf));
    }
}

#[test]
fn tags_and_text_come_out_in_order() {
    html(
        "{\\*\\htmltag19 <html>}{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Hi{\\*\\htmltag72 </p>}\\htmlrtf\\par}\\htmlrtf0\r\n",
        "<html><p>Hi</p>",
    );
}

#[test]
fn repeated_tags_of_mime_html_are_dropped() {
    html("{\\*\\mhtmltag84 <img src=\"x\">}{\\*\\htmltag84 <img src=\"cid:x\">}", "<img src=\"cid:x\">");
    html("{\\*\\mhtmltag84 a{\\b c}}d", "d");
}

#[test]
fn htmlrtf_is_restored_by_groups() {
    html("{\\htmlrtf x}y", "y");
    html("\\htmlrtf {x\\htmlrtf0 a}b\\htmlrtf0 c", "ac");
    html("\\htmlrtf1 x\\htmlrtf0 c", "c");
    html("{\\*\\htmltag84 \\htmlrtf x\\htmlrtf0 y}", "y");
}

#[test]
fn state_inside_htmlrtf_still_counts() {
    html("\\htmlrtf\\f1\\htmlrtf0 \\'cf", "П");
    html("\\htmlrtf{\\f1\\htmlrtf0 \\'cf\\htmlrtf}\\htmlrtf0 \\'e4", "Пä");
    html("\\htmlrtf\\uc0\\htmlrtf0 \\u1055x", "Пx");
    html("\\htmlrtf\\u1055?\\htmlrtf0 x", "x");
}

#[test]
fn escapes_are_in_the_font_outside_tags_and_in_the_document_inside() {
    html("\\f1 \\'cf{\\*\\htmltag84 <b title=\"\\'cf\">}\\'cf", "П<b title=\"Ï\">П");
    html("\\f1 \\'cf\\plain \\'cf", "ПÏ");
    html("\\f99 \\'e4", "ä");
}

#[test]
fn bytes_of_one_character_may_stand_apart() {
    html("\\f2 \\'93\\'fa\\'96{", "日\u{FFFD}");
    html("\\f2 \\'93\\'fa\\'96\\{x", "日本x");
    html("\\f2 \\'83A\\'83\r\n\\'42b", "アィb");
    html("\\f2 \\'83\\\\x", "ソx");
    html("\\f4 \\'c4\\'e3\\'ba\\'c3", "你好");
    html("\\f2 \\'93\\f0\\'e4", "\u{FFFD}ä");
    html("\\f2 \\'93\\par", "\u{FFFD}\r\n");
}

#[test]
fn unescaped_bytes_are_in_the_font_too() {
    let rtf = b"{\\rtf1\\ansi\\ansicpg1251\\fromhtml1 \xCF\xF0\\'e8a{\\*\\htmltag84 \xCF}}";
    assert_eq!(extract(rtf), Ok(Extracted::Html { html: "ПриaП".into(), code_page: 1251 }));
}

#[test]
fn unicode_replaces_its_fallback() {
    html("\\u1055?x", "Пx");
    html("\\u1055\\'3fx", "Пx");
    html("\\uc2\\u26085\\'93\\'fax", "日x");
    html("{\\uc0\\u1055 x}\\u1055?y", "ПxПy");
    html("\\u8217\\rquote x", "’x");
    html("\\u1055{x}", "Пx");
    html("{\\u1055}x", "Пx");
    html("\\uc3\\u1055 ab\\'63d", "Пd");
    html("\\uc1\\u1055\\bin3 {{{x", "Пx");
    html("\\u-3913?", "\u{F0B7}");
    html("\\uc-1\\u1055x", "Пx");
}

#[test]
fn surrogates_are_joined_and_halves_marked() {
    html("\\u-10179?\\u-8704?x", "\u{1F600}x");
    html("\\u55357?\\u56832?x", "\u{1F600}x");
    html("\\uc1\\u-10179?\\uc1\\u-8704?", "\u{1F600}");
    html("\\u128512?", "\u{1F600}");
    html("\\u-10179?x", "\u{FFFD}x");
    html("\\u-10179?\\u65?", "\u{FFFD}A");
    html("\\u-10179?\\'41", "\u{FFFD}A");
    html("\\u-8704?x", "\u{FFFD}x");
    html("\\u-10179?\\u-10179?\\u-8704?", "\u{FFFD}\u{1F600}");
}

#[test]
fn glyphs_of_symbol_fonts_keep_their_numbers() {
    html("\\f3 J\\'fc\\u-4009?", "JüW");
    html("\\f0 \\u-4009?", "\u{F057}");
}

#[test]
fn control_words_give_their_characters() {
    html("a\\par b\\line c\\tab d\\\r\ne\\\tf", "a\r\nb\r\nc\td\r\ne\tf");
    html("\\lquote\\rquote\\ldblquote\\rdblquote\\bullet\\endash\\emdash", "‘’“”•–—");
    html(
        "\\emspace\\enspace\\qmspace\\zwj\\zwnj\\ltrmark\\rtlmark",
        "\u{2003}\u{2002}\u{2005}\u{200D}\u{200C}\u{200E}\u{200F}",
    );
    html("\\{\\}\\\\a\\~b\\_c\\-d\\:e", "{}\\a&nbsp;b\u{AD}cde");
    html("{\\*\\htmltag241 \\par \\tab a\\{b\\}}", "\r\n\ta{b}");
    html("a\\page\\cell b", "ab");
}

#[test]
fn angle_brackets_outside_tags_stay_text() {
    html("1 < 2 > 0{\\*\\htmltag84 &lt;}\\'3c\\u60?\\f2 \\'83\\'93>", "1 &lt; 2 &gt; 0&lt;&lt;&lt;ン&gt;");
}

#[test]
fn groups_without_text_are_skipped() {
    html("{\\*\\unknown x{y}}{\\pict ff}{\\pntext *\\tab}a", "a");
    html("{\\*\\bkmkstart x}{\\field{\\*\\fldinst HYPERLINK}{\\fldrslt link}}", "link");
    html("{\\pict{\\*\\htmltag84 <i>}}", "<i>");
    html("{x\\*\\unknown y}", "xy");
    html("{x\\fonttbl y}", "xy");
}

#[test]
fn text_made_from_text_keeps_its_lines() {
    text("Hello\\par\r\n  two\\tab x\\line\\'e4\\u8364?", "Hello\r\n  two\tx\r\nä€");
    text("a\\~<b>\\_", "a\u{A0}<b>\u{AD}");
    text("{\\*\\htmltag84 <b>}a\\page", "a");
    text("\\htmlrtf x\\htmlrtf0 y", "y");
}

#[test]
fn native_rtf_gives_plain_text() {
    native("\\pard Hi {\\b bold}\\par\\f1 \\'cf\\~x", "Hi bold\r\nП\u{A0}x");
    native("a{\\v hidden}b\\v x\\v0 c\\v y\\plain d", "abcd");
    native("{\\header h}{\\footnote f}{\\pntext 1.\\tab}{\\listtext 2}a", "a");
    native("x\\cell y\\cell\\row z\\page\\sect", "x\ty\t\r\nz\r\n\r\n");
    native("x\\nestcell y\\nestrow z", "x\ty\r\nz");
    native("a{\\object\\objattph\\objemb{\\*\\objdata 00ff}{\\result shown}}b", "a shownb");
    native("{\\field{\\*\\fldinst X}{\\fldrslt {\\ul link}}}", "link");
    native("{\\upr{ansi}{\\*\\ud{\\u1055?}}}x", "Пx");
    native("\\f2 \\'b7 x", "· x");
}

#[test]
fn character_sets_of_the_whole_document_count() {
    for (head, expect) in
        [("mac", "ä"), ("pc", "è"), ("pca", "è"), ("ansi", "Š"), ("ansi\\ansicpg932", "\u{FFFD}")]
    {
        let rtf = format!("{{\\rtf1\\{head} \\'8a}}");
        assert_eq!(extract(rtf.as_bytes()), Ok(Extracted::Native { text: expect.into() }), "{head}");
    }
    let unknown = b"{\\rtf1\\ansi\\ansicpg12345 \\'8a}";
    assert_eq!(extract(unknown), Ok(Extracted::Native { text: "Š".into() }));
}

#[test]
fn the_default_font_counts_once_it_is_described() {
    let rtf = b"{\\rtf1\\ansi\\deff7{\\fonttbl\\f3\\fcharset0 A;\\f7\\fcharset204 B;}\\'cf\\f3\\'cf\\f\\'cf}";
    assert_eq!(extract(rtf), Ok(Extracted::Native { text: "ПÏП".into() }));
}

#[test]
fn what_follows_the_last_group_is_ignored() {
    native("a}b{c", "a");
    let rtf = b"{\\rtf1 a}\0\0\0";
    assert_eq!(extract(rtf), Ok(Extracted::Native { text: "a".into() }));
}

#[test]
fn unfinished_rtf_gives_what_is_there() {
    for (rtf, expect) in [
        (&b"{\\rtf1 a{b{c"[..], "abc"),
        (b"{\\rtf1 a\\'", "a"),
        (b"{\\rtf1 a\\'e", "ae"),
        (b"{\\rtf1 a\\", "a"),
        (b"{\\rtf1 a\\u1055", "aП"),
        (b"{\\rtf1 a\\bin2147483647 bcd", "a"),
        (b"{\\rtf1 a{\\*", "a"),
    ] {
        assert_eq!(extract(rtf), Ok(Extracted::Native { text: expect.into() }));
    }
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| [b"{\\rtf1 ".to_vec(), vec![b'{'; depth - 1], b"x".to_vec()].concat();
    assert_eq!(extract(&nested(MAX_GROUP_DEPTH)), Ok(Extracted::Native { text: "x".into() }));
    assert_eq!(extract(&nested(MAX_GROUP_DEPTH + 1)), Err(Fault::TooDeep));
    assert_eq!(extract(&nested(1_000_000)), Err(Fault::TooDeep));
}

#[test]
fn into_string_gives_whichever_there_is() {
    for rtf in [&b"{\\rtf1\\fromhtml1 x}"[..], b"{\\rtf1\\fromtext x}", b"{\\rtf1 x}"] {
        assert_eq!(extract(rtf).unwrap().into_string(), "x");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(rtf in proptest::collection::vec(any::<u8>(), 0..500)) {
        let whole = [b"{\\rtf1\\fromhtml1 ", rtf.as_slice()].concat();
        prop_assert!(extract(&whole).is_ok());
        let answered = extract(&rtf);
        prop_assert!(answered.is_ok() || answered == Err(Fault::NotRtf));
    }

    #[test]
    fn rtf_of_common_pieces_never_panics(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..80),
        head in proptest::sample::select(&["{\\rtf1\\fromhtml1", "{\\rtf1\\fromtext", "{\\rtf1\\ansicpg932"][..]),
    ) {
        let rtf = format!("{head}{}", pieces.concat());
        let length = rtf.len();
        let text = extract(rtf.as_bytes()).unwrap().into_string();
        prop_assert!(text.len() <= length * 4);
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "\\*",
    "\\htmltag64 ",
    "\\mhtmltag ",
    "\\htmlrtf ",
    "\\htmlrtf0 ",
    "<p>",
    "x",
    " ",
    "\\par",
    "\\'93",
    "\\'fa",
    "\\u-10179?",
    "\\u-8704?",
    "\\uc0 ",
    "\\uc3 ",
    "{\\fonttbl{\\f1\\fcharset128 A;}}",
    "\\f1 ",
    "\\f0 ",
    "\\bin3 ab}",
    "\\~",
    "\\\\",
    "\r\n",
    "\\plain",
    "\\v ",
    "\\upr",
    "\\ud",
    "\\pict",
    "\\fldrslt",
];
