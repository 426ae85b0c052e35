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
    assert_eq!(decode(20424, b"\xFEa"), Some(Decoded { text: "\u{FFFD}/".into(), lossy: true }));
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
    both_ways(708, b"\x82 \xE5\xD1\xCD\xC8\xC7", "é مرحبا");
    both_ways(1141, b"\xC0\x9F\x4A", "ä€Ä");
    both_ways(1149, b"\x9F\x4A\xC0", "€Þþ");
    both_ways(10004, b"\xE5\xD1", "مر");
    both_ways(10005, b"\xF9\xEC\xE5\xED", "שלום");
    both_ways(10021, b"\xA1\xD2", "กา");
    both_ways(20106, b"{|}~", "äöüß");
    both_ways(20107, b"{|}", "äöå");
    both_ways(20108, b"{|}", "æøå");
    both_ways(20278, b"\xE0\x71", "É\\");
    both_ways(20290, b"\x81\x82", "ｱｲ");
    both_ways(21025, b"\x81", "a");
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
fn the_accents_of_teletex_make_one_character_with_their_letter() {
    both_ways(20261, b"caf\xC2e \xC8o\xCFs \xC1  \xA6\xA4", "café öš ` #$");
    both_ways(20261, b"\xE1\xE9\xFB\xC5\xF1\xEE", "ÆØßǣŊ");
    both_ways(20261, b"\\~\xFF", "\u{F8DD}\u{F8FD}\u{F8FF}");
    reads(20261, b"\xCC _", "__");
    let lost = |bytes: &[u8], text: &str| {
        assert_eq!(decode(20261, bytes), Some(Decoded { text: text.into(), lossy: true }));
    };
    lost(b"a\xC2", "a\u{FFFD}");
    lost(b"\xC2\n\xC9#", "\u{FFFD}\n\u{FFFD}\u{FFFD}");
    writes_lossy(20261, "“日”", b"\"?\"");
}

#[test]
fn johab_spells_syllables() {
    both_ways(1361, b"\xD0e\x8B\x69 abc \xD9\x31", "한글 abc \u{3000}");
    both_ways(1361, b"\x88A\x84a\x84D\xD0A", "ㄱㅏㄳㅎ");
    reads(1361, b"\x84B\x84]", "ㄱㅎ");
    both_ways(1361, b"\xE0\x31\xF9\xFE\xD81\xD8\xFE", "伽詰\u{E000}\u{E0BB}");
    both_ways(1361, b"\x80\xD4\xFF", "\u{80}\u{F8EC}\u{F8F6}");
    let lost = |bytes: &[u8], text: &str| {
        assert_eq!(decode(1361, bytes), Some(Decoded { text: text.into(), lossy: true }));
    };
    lost(b"\xD0\n\xD0", "\u{FFFD}\n\u{FFFD}");
    lost(b"\x84\x41\xDA\xA1", "\u{FFFD}A\u{FFFD}\u{FFFD}");
    writes_lossy(1361, "é\u{1F600}", b"e?");
}

#[test]
fn iso_6937_is_read_byte_by_byte_as_windows_has_it() {
    both_ways(20269, b"caf\xC2e \xAA\xE1\xFB\xBA \xA6\xA4", "caf´e “Æß” #$");
    reads(20269, b"#$^`~", "#$^`~");
    assert_eq!(encode(20269, "^`~").unwrap().bytes, b"\xC3\xC1\xC4");
    assert_eq!(decode(20269, b"\xC0\xE5"), Some(Decoded { text: "\u{FFFD}\u{FFFD}".into(), lossy: true }));
    writes_lossy(20269, "é日", b"e?");
}

/// The same bytes in each script: ka, sign i, virama, then what each has of its own.
#[test]
fn scripts_of_india_share_their_letters() {
    for (page, text) in [
        (57002, "कि्"),
        (57003, "কি্"),
        (57004, "கி்"),
        (57005, "కి్"),
        (57006, "কি্"),
        (57007, "କି୍"),
        (57008, "ಕಿ್"),
        (57009, "കി്"),
        (57010, "કિ્"),
        (57011, "ਕਿ੍"),
    ] {
        both_ways(page, b"\xB3\xDB\xE8", text);
        assert!(decode(page, b"\xD9\xFF").unwrap().lossy, "{page}");
        assert_eq!(decode(page, b"\xB3\xEF").unwrap().text.chars().last(), Some('\u{FFFD}'), "{page}");
        writes_lossy(page, "é日", b"e?");
    }
    both_ways(57002, b"\xC6\xCC\xD7\xE8\xC2\xE1 \xEA \xF1\xFA", "नमस्ते । ०९");
    both_ways(57002, b"\xB3\xE9\xA1\xE9\xEA\xE9\xF0\xB8\xF0\xBF", "\u{958}\u{950}\u{93D}\u{952}\u{970}");
    both_ways(57002, b"\xB3\xE8\xE8\xD7\xE8\xE9", "क्\u{200C}स्\u{200D}");
    both_ways(57004, b"a.0\xF2", "a.0௧");
    reads(57004, b"\xEA\xF1", ".0");
    both_ways(57007, b"\xA6\xE9\xAA\xE9\xBF\xE9", "\u{B0C}\u{B60}\u{B5C}");
    both_ways(57011, b"\xB4\xE9\xC0\xE9", "\u{A59}\u{A5C}");
}

#[test]
fn scripts_of_india_are_switched_in_the_middle_of_a_text() {
    both_ways(57002, b"\xB3\xEFD\xB3\xEFB", "कக");
    both_ways(57005, b"\xB3 \xEFB\xB3\xEA\xEFE", "క क।");
    reads(57006, b"\xB3\xEFK\xB3\xEF@\xB3\xEFA\xB3", "কਕকক");
    assert_eq!(
        decode(57002, b"\xEFz\xF0a"),
        Some(Decoded { text: "\u{FFFD}z\u{FFFD}a".into(), lossy: true })
    );
    assert_eq!(decode(57002, b"\xF0"), Some(Decoded { text: "\u{FFFD}".into(), lossy: true }));
    writes_lossy(57002, "\u{200D}", b"?");
}

#[test]
fn unknown_pages_are_refused() {
    for cp in [0, 1, 3, 709, 710, 57001, 57012, 99999, 65537] {
        assert_eq!((decode(cp, b"a"), encode(cp, "a"), is_known(cp)), (None, None, false), "{cp}");
    }
    assert!(is_known(1252));
}

#[test]
fn tables_exist_for_pages_of_one_byte_alone() {
    for cp in [37, 42, 437, 874, 1252, 1253, 10000, 20127, 20269, 28591] {
        let table = single_byte_table(cp).unwrap();
        for byte in 0..=255 {
            assert_eq!(
                table[usize::from(byte)].to_string(),
                decode(cp, &[byte]).unwrap().text,
                "{cp} {byte}"
            );
        }
    }
    for cp in [
        0, 932, 936, 949, 950, 1200, 1201, 12000, 20261, 20932, 50220, 50225, 52936, 54936, 57002, 65000,
        65001, 10001,
    ] {
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
const KNOWN: [u32; 73] = [
    37, 42, 437, 500, 708, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869,
    870, 874, 875, 932, 936, 949, 950, 1026, 1047, 1140, 1200, 1201, 1250, 1251, 1252, 1253, 1254, 1255,
    1256, 1257, 1258, 10000, 10006, 12000, 12001, 20127, 20866, 20932, 21866, 28591, 28592, 28599, 28605,
    50220, 50225, 50227, 52936, 54936, 65001, 1361, 20261, 20269, 57002, 57003, 57004, 57005, 57006, 57007,
    57008, 57009, 57010, 57011,
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
