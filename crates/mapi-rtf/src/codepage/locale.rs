//! The ANSI code page that Windows pairs with a locale.

use super::WINDOWS_1252;

/// Answers the ANSI code page of a locale identifier such as `PR_MESSAGE_LOCALE_ID`; 1252 when in doubt.
///
/// Only the language word (the low 16 bits) counts. Languages that Windows gives no ANSI code page, such as
/// Hindi, answer 1252 too.
///
/// # Source
/// GetLocaleInfo with LOCALE_IDEFAULTANSICODEPAGE, Language Identifier Constants.
pub fn ansi_code_page(locale_id: u32) -> u32 {
    let primary = locale_id & 0x3FF;
    let sub = (locale_id >> 10) & 0x3F;
    match (primary, sub) {
        (0x04, 1 | 3 | 5) => 950,                      // Chinese: Taiwan, Hong Kong, Macao
        (0x04, 31) => 950,                             // Chinese, traditional, neutral
        (0x04, _) => 936,                              // Chinese: the mainland, Singapore
        (0x11, _) => 932,                              // Japanese
        (0x12, _) => 949,                              // Korean
        (0x1E, _) => 874,                              // Thai
        (0x2A, _) => 1258,                             // Vietnamese
        (0x0D, _) => 1255,                             // Hebrew
        (0x08, _) => 1253,                             // Greek
        (0x1F, _) => 1254,                             // Turkish
        (0x2C, 2) => 1251,                             // Azerbaijani in Cyrillic
        (0x2C, _) => 1254,                             // Azerbaijani in Latin
        (0x43, 2) => 1251,                             // Uzbek in Cyrillic
        (0x43, _) => 1254,                             // Uzbek in Latin
        (0x25..=0x27, _) => 1257,                      // Estonian, Latvian, Lithuanian
        (0x01 | 0x20 | 0x29 | 0x80 | 0x8C, _) => 1256, // Arabic, Urdu, Persian, Uyghur, Dari
        // Croatian, Bosnian and Serbian share one number: the scripts differ by sublanguage.
        (0x1A, 3 | 7 | 8 | 10 | 12 | 28 | 32) => 1251,
        (0x1A, _) => 1250,
        // Czech, Hungarian, Polish, Romanian, Slovak, Albanian, Slovenian, Turkmen
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1B | 0x1C | 0x24 | 0x42, _) => 1250,
        // Bulgarian, Russian, Ukrainian, Belarusian, Tajik, Macedonian, Kazakh, Kyrgyz, Tatar, Mongolian,
        // Bashkir, Sakha
        (0x02 | 0x19 | 0x22 | 0x23 | 0x28 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50 | 0x6D | 0x85, _) => 1251,
        _ => WINDOWS_1252,
    }
}
