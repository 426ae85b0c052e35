//! The names that MIME has for Windows code pages.
//!
//! Only those whose bytes can stand in a text part: ASCII octets mean ASCII characters. The code pages
//! themselves are in `mapi_rtf::codepage`.

/// Preferred MIME name by code page, ascending.
const NAMES: [(u32, &str); 45] = [
    (437, "ibm437"),
    (850, "ibm850"),
    (852, "ibm852"),
    (855, "ibm855"),
    (857, "ibm857"),
    (862, "ibm862"),
    (866, "ibm866"),
    (874, "windows-874"),
    (932, "shift_jis"),
    (936, "gb2312"),
    (949, "ks_c_5601-1987"),
    (950, "big5"),
    (1250, "windows-1250"),
    (1251, "windows-1251"),
    (1252, "windows-1252"),
    (1253, "windows-1253"),
    (1254, "windows-1254"),
    (1255, "windows-1255"),
    (1256, "windows-1256"),
    (1257, "windows-1257"),
    (1258, "windows-1258"),
    (20127, "us-ascii"),
    (20866, "koi8-r"),
    (21866, "koi8-u"),
    (28591, "iso-8859-1"),
    (28592, "iso-8859-2"),
    (28593, "iso-8859-3"),
    (28594, "iso-8859-4"),
    (28595, "iso-8859-5"),
    (28596, "iso-8859-6"),
    (28597, "iso-8859-7"),
    (28598, "iso-8859-8"),
    (28599, "iso-8859-9"),
    (28603, "iso-8859-13"),
    (28605, "iso-8859-15"),
    (38598, "iso-8859-8-i"),
    (50220, "iso-2022-jp"),
    (50221, "iso-2022-jp"),
    (50222, "iso-2022-jp"),
    (50225, "iso-2022-kr"),
    (51932, "euc-jp"),
    (51936, "euc-cn"),
    (51949, "euc-kr"),
    (54936, "gb18030"),
    (65001, "utf-8"),
];

/// Other names for code pages, in lower case.
const ALIASES: [(&str, u32); 15] = [
    ("ascii", 20127),
    ("big5-hkscs", 950),
    ("cp1252", 1252),
    ("gbk", 936),
    ("iso8859-1", 28591),
    ("ksc5601", 949),
    ("latin1", 28591),
    ("shift-jis", 932),
    ("sjis", 932),
    ("unicode", 65001),
    ("utf8", 65001),
    ("windows-31j", 932),
    ("windows-949", 949),
    ("x-sjis", 932),
    ("x-user-defined", 1252),
];

/// The name of a code page.
pub(crate) fn name_of(code_page: u32) -> Option<&'static str> {
    NAMES.iter().find(|(page, _)| *page == code_page).map(|(_, name)| *name)
}

/// The code page of a name, in any case.
pub(crate) fn code_page_of(name: &str) -> Option<u32> {
    let by_name = NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(page, _)| *page);
    by_name
        .or_else(|| ALIASES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, page)| *page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_go_both_ways() {
        assert!(NAMES.is_sorted_by_key(|(page, _)| *page));
        assert_eq!((name_of(1252), code_page_of("Windows-1252")), (Some("windows-1252"), Some(1252)));
        assert_eq!((name_of(1200), code_page_of("UTF8")), (None, Some(65001)));
        assert!(NAMES.iter().all(|(page, _)| mapi_rtf::codepage::is_known(*page)));
    }
}
