//! The character to write when a code page lacks the one asked for.
//!
//! A short common list, not the per-page tables of Windows: typographic marks to their ASCII kin,
//! full-width forms to plain ones, accented Latin letters to the bare letter.

/// Accented letters, grouped by the bare letter they fall back to.
const LETTERS: [(char, &str); 44] = [
    ('A', "ÀÁÂÃÄÅĀĂĄǍ"),
    ('C', "ÇĆĈĊČ"),
    ('D', "ÐĎĐ"),
    ('E', "ÈÉÊËĒĔĖĘĚ"),
    ('G', "ĜĞĠĢǦ"),
    ('H', "ĤĦ"),
    ('I', "ÌÍÎÏĨĪĬĮİǏ"),
    ('J', "Ĵ"),
    ('K', "ĶǨ"),
    ('L', "ĹĻĽŁ"),
    ('N', "ÑŃŅŇ"),
    ('O', "ÒÓÔÕÖØŌŎŐƠǑ"),
    ('R', "ŔŖŘ"),
    ('S', "ŚŜŞŠȘ"),
    ('T', "ŢŤŦȚ"),
    ('U', "ÙÚÛÜŨŪŬŮŰŲƯǓ"),
    ('W', "Ŵ"),
    ('Y', "ÝŶŸ"),
    ('Z', "ŹŻŽ"),
    ('a', "àáâãäåāăąǎª"),
    ('c', "çćĉċč"),
    ('d', "ďđ"),
    ('e', "èéêëēĕėęě"),
    ('f', "ƒ"),
    ('g', "ĝğġģǧ"),
    ('h', "ĥħ"),
    ('i', "ìíîïĩīĭįıǐ"),
    ('j', "ĵǰ"),
    ('k', "ķǩ"),
    ('l', "ĺļľł"),
    ('n', "ñńņň"),
    ('o', "òóôõöøōŏőơǒº"),
    ('r', "ŕŗř"),
    ('s', "śŝşšș"),
    ('t', "ţťŧț"),
    ('u', "ùúûüũūŭůűųưǔ"),
    ('w', "ŵ"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
    ('x', "×"),
    ('1', "¹"),
    ('2', "²"),
    ('3', "³"),
    ('|', "¦"),
];

/// Answers the ASCII character nearest to one that a code page lacks.
pub(super) fn best_fit(c: char) -> Option<char> {
    Some(match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}' | '´' => '\'',
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{AD}' => '-',
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => ' ',
        '\u{2022}' | '·' => '*',
        '\u{2026}' => '.',
        '\u{2039}' => '<',
        '\u{203A}' => '>',
        '\u{2044}' | '\u{2215}' => '/',
        // Full-width forms stand in the order of ASCII.
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c).wrapping_sub(0xFEE0))?,
        _ => LETTERS.iter().find(|(_, accented)| accented.contains(c))?.0,
    })
}
