//! The font table: which code page each font's text is in.

use crate::codepage;
use std::collections::HashMap;

/// The code page of symbol fonts, whose bytes are glyph numbers.
pub(super) const SYMBOL: u32 = 42;

/// Fonts by number, as far as they name a code page.
#[derive(Debug, Default)]
pub(super) struct Fonts {
    code_pages: HashMap<i32, u32>,
    /// The font being described.
    current: i32,
}

impl Fonts {
    /// Obeys a control word inside the font table.
    pub(super) fn describe(&mut self, word: &[u8], value: Option<i32>) {
        let Some(value) = value else { return };
        match word {
            b"f" => self.current = value,
            b"fcharset" => {
                if let Some(code_page) = charset_code_page(value) {
                    self.code_pages.entry(self.current).or_insert(code_page);
                }
            }
            b"cpg" => {
                if let Some(code_page) = u32::try_from(value).ok().filter(|&it| codepage::is_known(it)) {
                    self.code_pages.insert(self.current, code_page);
                }
            }
            _ => {}
        }
    }

    /// Answers the code page of a font, if it names one.
    pub(super) fn code_page(&self, font: i32) -> Option<u32> {
        self.code_pages.get(&font).copied()
    }
}

/// The code page of a Windows character set number; 1 (default) has none.
///
/// # Source
/// `[MSFT-RTF]`, font table, `\fcharset`.
fn charset_code_page(charset: i32) -> Option<u32> {
    let code_page = match charset {
        0 => 1252,
        2 => SYMBOL,
        77 => 10000,
        78 => 10001,
        79 => 10003,
        80 => 10008,
        81 => 10002,
        85 => 10006,
        86 => 10081,
        88 => 10029,
        89 => 10007,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 | 181 => 1255,
        178..=180 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    };
    codepage::is_known(code_page).then_some(code_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_take_charset_and_code_page() {
        let mut fonts = Fonts::default();
        for (word, value) in [(&b"f"[..], 3), (b"fcharset", 204), (b"f", 4), (b"cpg", 932), (b"fcharset", 0)]
        {
            fonts.describe(word, Some(value));
        }
        fonts.describe(b"f", None);
        assert_eq!(
            (fonts.code_page(3), fonts.code_page(4), fonts.code_page(5)),
            (Some(1251), Some(932), None)
        );
        fonts.describe(b"f", Some(5));
        fonts.describe(b"cpg", Some(99999));
        fonts.describe(b"fcharset", Some(1));
        assert_eq!(fonts.code_page(5), None);
    }

    #[test]
    fn every_charset_has_a_known_code_page() {
        for (charset, code_page) in [
            (0, 1252),
            (2, 42),
            (77, 10000),
            (78, 10001),
            (79, 10003),
            (80, 10008),
            (81, 10002),
            (85, 10006),
            (86, 10081),
            (88, 10029),
            (89, 10007),
            (128, 932),
            (129, 949),
            (134, 936),
            (136, 950),
            (161, 1253),
            (162, 1254),
            (163, 1258),
            (177, 1255),
            (178, 1256),
            (186, 1257),
            (204, 1251),
            (222, 874),
            (238, 1250),
            (254, 437),
            (255, 850),
        ] {
            assert_eq!(charset_code_page(charset), Some(code_page), "{charset}");
        }
        assert_eq!(charset_code_page(1), None);
        assert_eq!(charset_code_page(-1), None);
    }
}
