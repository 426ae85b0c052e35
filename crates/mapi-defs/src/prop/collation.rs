//! Collation: the order of texts, and the keys that put them into it.
//!
//! MAPI leaves the order of texts to the provider. Here texts compare by code point after simple case
//! folding, in every table and restriction, so that any two providers order alike. Comparing whole
//! values is `compare.rs`.

use std::cmp::Ordering;

/// Compares two texts without regard to case, by code point.
pub fn compare_text(one: &str, other: &str) -> Ordering {
    one.chars().map(fold_case).cmp(other.chars().map(fold_case))
}

/// The key of a text: keys in the order of their bytes are texts in the order of [`compare_text`],
/// and equal keys are equal texts.
pub fn collation_key(text: &str) -> Vec<u8> {
    fold_text(text).into_bytes()
}

/// The text with every character folded by [`fold_case`].
pub fn fold_text(text: &str) -> String {
    text.chars().map(fold_case).collect()
}

/// One character without its case: the lower case of its upper case where both are one character.
///
/// Characters whose case takes several characters (sharp s, the capital I with a dot) stay as they
/// are, and so does the Turkish dotless i, which is no case of i.
pub fn fold_case(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    if character == '\u{131}' {
        return character;
    }
    let upper = only(character.to_uppercase()).unwrap_or(character);
    only(upper.to_lowercase()).unwrap_or(upper)
}

/// The text without accents and other non-spacing marks, for FL_IGNORENONSPACE.
///
/// Latin, Greek and Cyrillic letters lose their marks; in other scripts the marks that are
/// characters of their own are left out.
pub fn without_nonspacing(text: &str) -> String {
    text.chars().filter(|character| !is_nonspacing(*character)).map(base_letter).collect()
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

fn is_nonspacing(character: char) -> bool {
    matches!(
        character as u32,
        0x300..=0x36F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F
    )
}

fn base_letter(character: char) -> char {
    let code = character as u32;
    if code < BASES[0].0 {
        return character;
    }
    let row = BASES.partition_point(|(first, _)| *first <= code) - 1;
    let (first, bases) = BASES[row];
    bases.chars().nth((code - first) as usize).unwrap_or(character)
}

/// Letters in rows: the first code point of the row, and for it and its successors the letter that
/// is left when the canonical decomposition loses its marks (Unicode, NFD).
const BASES: [(u32, &str); 16] = [
    (0x00C0, "AAAAAAÆCEEEEIIIIÐNOOOOO×ØUUUUYÞßaaaaaaæceeeeiiiiðnooooo÷øuuuuyþy"),
    (0x0100, "AaAaAaCcCcCcCcDdĐđEeEeEeEeEeGgGgGgGgHhĦħIiIiIiIiIıĲĳJjKkĸLlLlLlĿ"),
    (0x0140, "ŀŁłNnNnNnŉŊŋOoOoOoŒœRrRrRrSsSsSsSsTtTtŦŧUuUuUuUuUuUuWwYyYZzZzZzſ"),
    (0x01A0, "OoƢƣƤƥƦƧƨƩƪƫƬƭƮUu"),
    (0x01CD, "AaIiOoUuUuUuUuUu"),
    (0x01DE, "AaAaÆæǤǥGgKkOoOoƷʒjǱǲǳGg"),
    (0x01F8, "NnAaÆæØøAaAaEeEeIiIiOoOoRrRrUuUuSsTt"),
    (0x021E, "HhȠȡȢȣȤȥAaEeOoOoOoOoYy"),
    (0x0386, "Α·ΕΗΙ΋Ο΍ΥΩιΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ΢ΣΤΥΦΧΨΩΙΥαεηιυαβγδεζηθικλμνξοπρςστυ"),
    (0x03C6, "φχψωιυουωϏ"),
    (0x0400, "ЕЕЂГЄЅІІЈЉЊЋКИУЏАБВГДЕЖЗИИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзииклмноп"),
    (0x0440, "рстуфхцчшщъыьэюяееђгєѕііјљњћкиуџ"),
    (0x1E00, "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm"),
    (0x1E40, "MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv"),
    (0x1E80, "WwWwWwWwWwXxXxYyZzZzZzhtwyẚſẜẝẞẟAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe"),
    (0x1EC0, "EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYyỺỻỼỽỾỿ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_twice_is_folding_once_for_every_character() {
        for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let folded = fold_case(character);
            assert_eq!(fold_case(folded), folded, "{character:?}");
        }
    }

    #[test]
    fn case_does_not_count_and_letters_do() {
        for (one, other) in [("STRASSE", "strasse"), ("ΟΔΟΣ", "οδος"), ("Été", "éTÉ"), ("Ж", "ж")]
        {
            assert_eq!(compare_text(one, other), Ordering::Equal, "{one} {other}");
            assert_eq!(collation_key(one), collation_key(other), "{one} {other}");
        }
        for (one, other) in [("a", "B"), ("Z", "ä"), ("", "a"), ("ab", "abc"), ("i", "ı"), ("ss", "ß")] {
            assert_eq!(compare_text(one, other), Ordering::Less, "{one} {other}");
            assert!(collation_key(one) < collation_key(other), "{one} {other}");
        }
    }

    #[test]
    fn marks_fall_off() {
        let pairs = [("Café", "Cafe"), ("e\u{301}", "e"), ("ờž", "oz"), ("άй", "αи"), ("øßש", "øßש")];
        for (text, bare) in pairs {
            assert_eq!(without_nonspacing(text), bare);
        }
    }
}
