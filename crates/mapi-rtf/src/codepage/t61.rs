//! T.61, the code of Teletex (page 20261): an accent before its letter makes one character of two bytes.
//!
//! ISO 6937 (page 20269) is built alike, but Windows reads it byte by byte: it is one of `tables.rs`. The
//! values are those of the Unicode Consortium's record of Windows, checked against glibc iconv; bytes that
//! T.61 leaves free are private-use characters there.

use super::best_fit::best_fit;
use super::{Decoded, Encoded};

/// An accent, the letters it stands on, and the characters the two make.
#[rustfmt::skip]
const ACCENTED: [(u8, &[u8], &str); 14] = [
    (0xC1, b" AEIOUWYaeiouwy", "`ÀÈÌÒÙẀỲàèìòùẁỳ"),
    (0xC2, b" ACEGIKLMNOPRSUWYZacegiklmnoprsuwyz", "´ÁĆÉǴÍḰĹḾŃÓṔŔŚÚẂÝŹáćéǵíḱĺḿńóṕŕśúẃýź"),
    (0xC3, b" ACEGHIJOSUWYZaceghijosuwyz", "^ÂĈÊĜĤÎĴÔŜÛŴŶẐâĉêĝĥîĵôŝûŵŷẑ"),
    (0xC4, b" AEINOUVYaeinouvy", "~ÃẼĨÑÕŨṼỸãẽĩñõũṽỹ"),
    (0xC5, b" AEGIOUaegiou\xE1\xF1", "¯ĀĒḠĪŌŪāēḡīōūǢǣ"),
    (0xC6, b" AEGIOUaegiou", "˘ĂĔĞĬŎŬăĕğĭŏŭ"),
    (0xC7, b" BCDEFGHIMNPRSTWXYZbcdefghmnprstwxyz", "˙ḂĊḊĖḞĠḢİṀṄṖṘṠṪẆẊẎŻḃċḋėḟġḣṁṅṗṙṡṫẇẋẏż"),
    (0xC8, b" AEHIOUWXYaehiotuwxy", "¨ÄËḦÏÖÜẄẌŸäëḧïöẗüẅẍÿ"),
    (0xCA, b" AUauwy", "˚ÅŮåůẘẙ"),
    (0xCB, b" CDGHKLNRSTcdghklnrst", "¸ÇḐĢḨĶĻŅŖŞŢçḑģḩķļņŗşţ"),
    (0xCC, b" ", "_"),
    (0xCD, b" OUou", "˝ŐŰőű"),
    (0xCE, b" AEIOUaeiou", "˛ĄĘĮǪŲąęįǫų"),
    (0xCF, b" ACDEGIKLNORSTUZacdegijklnorstuz", "ˇǍČĎĚǦǏǨĽŇǑŘŠŤǓŽǎčďěǧǐǰǩľňǒřšťǔž"),
];

/// UTF-16 unit of each byte from 0xA0 up, U+FFFD for the accents.
#[rustfmt::skip]
const UPPER: [u16; 96] = [
    0xF8E1, 0x00A1, 0x00A2, 0x00A3, 0x0024, 0x00A5, 0x0023, 0x00A7, 0x00A4, 0xF8E2, 0xF8E3, 0x00AB, 0xF8E4, 0xF8E5, 0xF8E6, 0xF8E7,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00D7, 0x00B5, 0x00B6, 0x00B7, 0x00F7, 0xF8E8, 0xF8E9, 0x00BB, 0x00BC, 0x00BD, 0x00BE, 0x00BF,
    0xF8EB, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD,
    0xF8EC, 0xF8ED, 0xF8EE, 0xF8EF, 0xF8F0, 0xF8F1, 0xF8F2, 0xF8F3, 0xF8F4, 0xF8F5, 0xF8F6, 0xF8F7, 0xF8F8, 0xF8F9, 0xF8FA, 0xF8FB,
    0x2126, 0x00C6, 0x00D0, 0x00AA, 0x0126, 0xF8EA, 0x0132, 0x013F, 0x0141, 0x00D8, 0x0152, 0x00BA, 0x00DE, 0x0166, 0x014A, 0x0149,
    0x0138, 0x00E6, 0x0111, 0x00F0, 0x0127, 0x0131, 0x0133, 0x0140, 0x0142, 0x00F8, 0x0153, 0x00DF, 0x00FE, 0x0167, 0x014B, 0xF8FF,
];

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded { text: String::with_capacity(bytes.len()), lossy: false };
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        let pair = after.first().and_then(|&letter| accented(*byte, letter));
        // An accent on a letter that cannot have it is lost alone: the letter may be a line end.
        rest = if pair.is_some() { after.get(1..).unwrap_or_default() } else { after };
        let c = pair.or_else(|| single(*byte));
        decoded.lossy |= c.is_none();
        decoded.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    decoded
}

pub(super) fn encode(text: &str) -> Encoded {
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len()), lossy: false };
    for c in text.chars() {
        let [first, second] = bytes_of(c).unwrap_or_else(|| {
            encoded.lossy = true;
            best_fit(c).and_then(bytes_of).unwrap_or([b'?', 0])
        });
        encoded.bytes.push(first);
        if second != 0 {
            encoded.bytes.push(second);
        }
    }
    encoded
}

/// The bytes of a character; a zero second byte means one byte.
fn bytes_of(c: char) -> Option<[u8; 2]> {
    if let Some(byte) = (0..=u8::MAX).find(|&byte| single(byte) == Some(c)) {
        return Some([byte, 0]);
    }
    ACCENTED.iter().find_map(|(accent, letters, made)| {
        let at = made.chars().position(|one| one == c)?;
        Some([*accent, *letters.get(at)?])
    })
}

fn accented(accent: u8, letter: u8) -> Option<char> {
    let (_, letters, made) = ACCENTED.iter().find(|(known, ..)| *known == accent)?;
    made.chars().nth(letters.iter().position(|&known| known == letter)?)
}

fn single(byte: u8) -> Option<char> {
    let unit = match byte {
        0x23 | 0x24 => 0xFFFD,
        0x5C => 0xF8DD,
        0x5E => 0xF8DE,
        0x60 => 0xF8DF,
        0x7B => 0xF8E0,
        0x7D => 0xF8FC,
        0x7E => 0xF8FD,
        0x7F => 0xF8FE,
        0..0xA0 => u16::from(byte),
        0xA0.. => *UPPER.get(usize::from(byte.wrapping_sub(0xA0)))?,
    };
    char::from_u32(u32::from(unit)).filter(|&c| c != char::REPLACEMENT_CHARACTER)
}
