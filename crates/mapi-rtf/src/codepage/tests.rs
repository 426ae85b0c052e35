//! What the code pages answer, with the values of Windows beside the input.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn reads(code_page: u32, bytes: &[u8], text: &str) {
    assert_eq!(decode(code_page, bytes), Some(Decoded { text: text.to_owned(), lossy: false }));
}

#[track_caller]
fn both_ways(code_page: u32, bytes: &[u8], text: &str) {
    reads(code_page, bytes, text);
    assert_eq!(encode(code_page, text), Some(Encoded { bytes: bytes.to_vec(), lossy: false }));
}

#[track_caller]
fn writes_lossy(code_page: u32, text: &str, bytes: &[u8]) {
    assert_eq!(encode(code_page, text), Some(Encoded { bytes: bytes.to_vec(), lossy: true }));
}

#[test]
fn windows_pages_read_and_write() {
    both_ways(1252, b"\x80uro \xE4\xF6\xFC \x81", "€uro äöü \u{81}");
    both_ways(1251, b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет");
    both_ways(1250, b"\x9A\xE8", "šč");
    both_ways(1253, b"\xE1\xE2\xE3", "αβγ");
    both_ways(1254, b"\xFD\xF0\xFE", "ığş");
    both_ways(1255, b"\xF9\xEC\xE5\xED", "שלום");
    both_ways(1256, b"\xE3\xD1", "مر");
    both_ways(1257, b"\xE0\xEE", "ąī");
    both_ways(874, b"\xA1\xD2", "กา");
}

#[test]
fn double_byte_pages_read_and_write() {
    both_ways(932, b"\x93\xFA\x96{", "日本");
    both_ways(936, b"\xC4\xE3\x80", "你€");
    both_ways(949, b"\xC7\xD1", "한");
    both_ways(950, b"\xA4\xA4", "中");
    both_ways(54936, b"\x81\x30\x81\x30", "\u{80}");
    both_ways(51932, b"\xC6\xFC", "日");
}

#[test]
fn windows_answers_where_the_web_standard_refuses() {
    both_ways(932, b"\xA0\xFD\xFE\xFF", "\u{F8F0}\u{F8F1}\u{F8F2}\u{F8F3}");
    both_ways(936, b"\xFF", "\u{F8F5}");
    both_ways(949, b"\x80\xFF", "\u{80}\u{F8F7}");
    both_ways(949, b"\xC9\xA1\xC9\xFE\xFE\xA1\xFE\xFE", "\u{E000}\u{E05D}\u{E05E}\u{E0BB}");
    both_ways(950, b"\x80\xFF", "\u{80}\u{F8F8}");
    both_ways(950, b"\xF9\xFE", "\u{2593}");
    both_ways(1253, b"\x81", "\u{81}");
}

#[test]
fn bytes_without_meaning_are_marked() {
    assert_eq!(decode(932, b"a\x81"), Some(Decoded { text: "a\u{FFFD}".into(), lossy: true }));
    assert_eq!(decode(65001, b"a\xFFb"), Some(Decoded { text: "a\u{FFFD}b".into(), lossy: true }));
    assert_eq!(decode(20127, b"a\xE4"), Some(Decoded { text: "a\u{FFFD}".into(), lossy: true }));
    assert_eq!(decode(1253, b"\xAA"), Some(Decoded { text: "\u{FFFD}".into(), lossy: true }));
    assert_eq!(decode(708, b"\xFFa"), Some(Decoded { text: "\u{FFFD}a".into(), lossy: true }));
    assert_eq!(decode(857, b"\xE7"), Some(Decoded { text: "\u{FFFD}".into(), lossy: true }));
}

#[test]
fn latin_pages_are_true_to_iso_8859() {
    both_ways(28591, b"\x80\x9F\xE9", "\u{80}\u{9F}é");
    both_ways(28599, b"\x80\xDD\xFE", "\u{80}İş");
    both_ways(28592, b"\xB1", "ą");
    both_ways(20127, b"plain", "plain");
}

#[test]
fn other_single_byte_pages_read_and_write() {
    both_ways(437, b"\x81\x9B", "ü¢");
    both_ways(850, b"\x84", "ä");
    both_ways(864, b"\xC7", "\u{FE8D}");
    both_ways(37, b"\xC8\x85\x93\x93\x96", "Hello");
    both_ways(500, b"\x4A", "[");
    both_ways(1140, b"\x9F", "€");
    both_ways(1047, b"\xAD", "[");
    both_ways(10029, b"\x84", "Ą");
    both_ways(10000, b"\x8A", "ä");
    both_ways(42, b"\x0A\xB7", "\n\u{F0B7}");
}

#[test]
fn unicode_pages_read_and_write() {
    both_ways(1200, b"A\0\x3D\xD8\x00\xDE", "A\u{1F600}");
    both_ways(1201, b"\0A\xD8\x3D\xDE\x00", "A\u{1F600}");
    both_ways(12000, b"A\0\0\0\x00\xF6\x01\0", "A\u{1F600}");
    both_ways(12001, b"\0\0\0A\0\x01\xF6\x00", "A\u{1F600}");
    both_ways(65001, "\u{FEFF}ä".as_bytes(), "\u{FEFF}ä");
    for cp in [1200, 1201] {
        assert_eq!(decode(cp, b"\xDC\xDC"), Some(Decoded { text: "\u{FFFD}".into(), lossy: true }));
        assert!(decode(cp, b"abc").unwrap().lossy);
    }
    assert!(decode(12000, b"\0\xD8\0\0A\0\0\0").unwrap().lossy);
    assert_eq!(decode(12000, b"\0\xD8\0\0\0"), Some(Decoded { text: "\u{FFFD}".into(), lossy: true }));
}

#[test]
fn utf_7_follows_the_rfc() {
    both_ways(65000, b"A+ImIDkQ.", "A\u{2262}\u{391}.");
    both_ways(65000, b"Hi Mom -+Jjo--+ACE-", "Hi Mom -\u{263A}-!");
    both_ways(65000, b"+ZeVnLIqe-", "\u{65E5}\u{672C}\u{8A9E}");
    both_ways(65000, b"1 +- 2", "1 + 2");
    both_ways(65000, b"+2D3eAA-", "\u{1F600}");
    reads(65000, b"Item 3 is +AKM-1.", "Item 3 is £1.");
    reads(65000, b"x+AKM!", "x£!");
    for broken in [&b"+"[..], b"+A", b"a+!", b"\xE4", b"+2D0-", b"+AKN-"] {
        assert!(decode(65000, broken).unwrap().lossy, "{broken:?}");
    }
}

#[test]
fn switching_pages_read_and_write() {
    both_ways(50220, b"a\x1B$BF|K\\\x1B(Bb", "a日本b");
    reads(50221, b"\x1B(I1\x1B(J1", "ｱ1");
    reads(50222, b"\x0E1\x0F1", "ｱ1");
    reads(50220, b"\x1B$(D0!\x1B(B", "丂");
    reads(50220, b"\xC6\xFCa", "日a");
    reads(50220, b"\x1B$@F|\x1B$AP;\x1B$(CGQ\x1B(Ja", "日谢한a");
    reads(50225, b"\xC7\xD1a\x1B$)A\x0E\x44\x63", "한a你");
    reads(50227, b"\xC4\xE3 \x1B$)C\x0EGQ", "你 한");
    reads(52936, b"\xC4\xE3~x~{Dc Dc~}", "你~x你 你");
    reads(50225, b"\x1B$)C\x0EGQ\x7FGQ\r\nGQ", "한\u{7F}한\r\nGQ");
    // As CPython writes them.
    both_ways(50220, b"\x1B$BF|K\\8l%F%9%H\x1B(B abc \x1B$B%+\x1B(B", "日本語テスト abc カ");
    both_ways(50225, b"\x1B$)C\x0EGQ19>n\x0F abc \x0EySm.\x0F", "한국어 abc 漢字");
    both_ways(52936, b"~{Dc:C~} abc ~~ ~{VPND~}", "你好 abc ~ 中文");
    reads(50222, b"\x1B$BF|K\\\x1B(I6E\x1B(B abc \x1B$(D0!\x1B(B", "日本ｶﾅ abc 丂");
    both_ways(50225, b"\x1B$)Ca\x0EGQ\x0Fb", "a한b");
    both_ways(50227, b"\x1B$)A\x0EDc\x0F", "你");
    both_ways(52936, b"a~~~{Dc~}b", "a~你b");
    reads(52936, b"a~\nb~{Dc\nc", "ab你\nc");
    assert!(decode(50225, b"\x0EG").unwrap().lossy);
    writes_lossy(52936, "ж\u{1F600}é", b"~{'X~}?~{(&~}".as_slice());
}

#[test]
fn missing_characters_become_similar_ones_or_a_question_mark() {
    writes_lossy(1251, "é “x” – …ф日", b"e \x93x\x94 \x96 \x85\xF4?");
    writes_lossy(20127, "“x” – Łódź １２３ №", b"\"x\" - Lodz 123 ?");
    writes_lossy(20127, "‘’‚‛′ “”„‟«» ‐‑‒–—―− •· … ‹› ⁄∕", b"''''' \"\"\"\"\"\" ------- ** . <> //");
    writes_lossy(20127, "a\u{A0}b\u{2003}c\u{202F}d\u{3000}e", b"a b c d e");
    writes_lossy(20127, "ÇĐÈĜĤÌĴĶŁÑÒŔŠŢÙŴÝŽª ×¹²³¦ƒ", b"CDEGHIJKLNORSTUWYZa x123|f");
    writes_lossy(37, "日", &[0x6F]);
    writes_lossy(28591, "€œ", b"??");
    // A C1 control is only there where the byte has no other character.
    writes_lossy(1252, "\u{80}\u{81}", b"?\x81");
    writes_lossy(1253, "\u{80}\u{88}", b"?\x88");
    both_ways(1257, b"\x81", "\u{81}");
}

#[test]
fn unknown_pages_are_refused() {
    for cp in [0, 1, 3, 57002, 99999, 65537] {
        assert_eq!((decode(cp, b"a"), encode(cp, "a"), is_known(cp)), (None, None, false), "{cp}");
    }
    assert!(is_known(1252));
}

#[test]
fn tables_exist_for_pages_of_one_byte_alone() {
    for cp in [37, 42, 437, 874, 1252, 1253, 10000, 20127, 28591] {
        let table = single_byte_table(cp).unwrap();
        for byte in 0..=255 {
            assert_eq!(
                table[usize::from(byte)].to_string(),
                decode(cp, &[byte]).unwrap().text,
                "{cp} {byte}"
            );
        }
    }
    for cp in
        [0, 932, 936, 949, 950, 1200, 1201, 12000, 20932, 50220, 50225, 52936, 54936, 65000, 65001, 10001]
    {
        assert_eq!(single_byte_table(cp), None, "{cp}");
    }
}

#[test]
fn lead_bytes_are_those_of_the_page() {
    for (cp, byte, expect) in [
        (932, 0x81, true),
        (932, 0xA1, false),
        (932, 0xE0, true),
        (932, 0xFD, false),
        (936, 0x80, false),
        (936, 0xFE, true),
        (20936, 0x81, false),
        (20936, 0xA1, true),
        (20949, 0xFE, true),
        (949, 0x81, true),
        (950, 0xFF, false),
        (20932, 0x8F, true),
        (51932, 0xA0, false),
        (51932, 0x8E, true),
        (10001, 0x9F, true),
        (1252, 0xE4, false),
    ] {
        assert_eq!(is_lead_byte(cp, byte), expect, "{cp} {byte:x}");
    }
}

#[test]
fn locales_answer_their_ansi_page() {
    for (locale, expect) in [
        (1033, 1252),
        (1031, 1252),
        (1041, 932),
        (2052, 936),
        (4100, 936),
        (1028, 950),
        (3076, 950),
        (0x7C04, 950),
        (1042, 949),
        (1049, 1251),
        (1054, 874),
        (1066, 1258),
        (1037, 1255),
        (1032, 1253),
        (1055, 1254),
        (1029, 1250),
        (1050, 1250),
        (2074, 1250),
        (3098, 1251),
        (1025, 1256),
        (1061, 1257),
        (1091, 1254),
        (2115, 1251),
        (1068, 1254),
        (2092, 1251),
        (1081, 1252),
        (0, 1252),
    ] {
        assert_eq!(ansi_code_page(locale), expect, "{locale}");
    }
}

/// Every number that some mail, file or font of ours may name.
const KNOWN: [u32; 60] = [
    37, 42, 437, 500, 708, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869,
    870, 874, 875, 932, 936, 949, 950, 1026, 1047, 1140, 1200, 1201, 1250, 1251, 1252, 1253, 1254, 1255,
    1256, 1257, 1258, 10000, 10006, 12000, 12001, 20127, 20866, 20932, 21866, 28591, 28592, 28599, 28605,
    50220, 50225, 50227, 52936, 54936, 65001,
];

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..KNOWN.len()) {
        prop_assert!(decode(KNOWN[at], &bytes).is_some());
        prop_assert!(decode(65000, &bytes).is_some());
    }

    #[test]
    fn text_written_without_loss_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..60), at in 0..KNOWN.len()) {
        let decoded = decode(KNOWN[at], &bytes).unwrap();
        let encoded = encode(KNOWN[at], &decoded.text).unwrap();
// ISO-2022-JP is written with full-width Katakana for half-width, as 50220 has it.
        if !encoded.lossy && KNOWN[at] != 50220 {
            prop_assert_eq!(decode(KNOWN[at], &encoded.bytes).unwrap().text, decoded.text);
        }
    }

    #[test]
    fn unicode_pages_keep_every_text(text in ".{0,80}") {
        for cp in [1200, 1201, 12000, 12001, 65000, 65001] {
            let encoded = encode(cp, &text).unwrap();
            prop_assert!(!encoded.lossy, "{}", cp);
            prop_assert_eq!(decode(cp, &encoded.bytes).unwrap(), Decoded { text: text.clone(), lossy: false }, "{}", cp);
        }
    }
}
