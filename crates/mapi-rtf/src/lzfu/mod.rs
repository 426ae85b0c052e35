//! Compressed RTF, both ways: the form `LZFu` and the uncompressed form `MELA`.
//!
//! Bytes in, bytes out: what the RTF says is read in `deencapsulate.rs`. The reader is lenient, since real
//! writers err in the header; what was wrong is told beside the result.
//!
//! # Source
//! `[MS-OXRTFCP]`: header 2.1.3.1, dictionary 2.1.2.1, CRC 2.1.3.2, compressing 3.1.

use crate::Fault;

/// The text that every dictionary begins with.
const PRESET: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\
\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

const HEADER_BYTES: usize = 16;
const WINDOW_BYTES: usize = 4096;
const SHORTEST_MATCH: usize = 2;
const LONGEST_MATCH: usize = 17;
/// Earlier places compared for each match; bounds the time on input made to have many.
const CANDIDATES: usize = 256;
/// "LZFu", little endian.
const LZFU: u32 = 0x7546_5A4C;
/// "MELA", little endian.
const MELA: u32 = 0x414C_454D;
/// Compressed bytes cannot grow by more than this factor: two bytes say at most 17.
const MOST_EXPANSION: usize = 9;
/// Writers of the uncompressed form often repeat the compressed size as the raw size: 12 too many.
const MELA_SURPLUS: usize = 12;

/// RTF out of its compressed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decompressed {
    /// The RTF, with any NULs its writer ended it with.
    pub rtf: Vec<u8>,
    /// What was wrong with the compressed form; empty when all was right.
    pub defects: Vec<Defect>,
}

/// Something wrong with the compressed form that did not keep the text from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// The header's check value is not that of the bytes.
    Checksum {
        /// Value in the header.
        stored: u32,
        /// Value of the bytes present.
        computed: u32,
    },
    /// The header's raw size is not the size of the RTF.
    RawSize {
        /// Size in the header, in bytes.
        stored: u32,
        /// Bytes of RTF found.
        found: usize,
    },
    /// The header's compressed size goes beyond the bytes present, or is smaller than the header.
    CompressedSize {
        /// Size in the header, in bytes, counted from behind itself.
        stored: u32,
        /// The size that the bytes present would have.
        present: usize,
    },
    /// The bytes end before the mark that ends the text.
    NoEndMark,
}

/// Turns the bytes of `PR_RTF_COMPRESSED` into RTF.
///
/// The sizes in the header are hints: memory is taken for what the bytes present can say, at most nine
/// times their number. Bytes behind the compressed size are ignored.
///
/// # Errors
/// - [`Fault::TooShort`]: fewer than 16 bytes.
/// - [`Fault::UnknownForm`]: neither `LZFu` nor `MELA`.
///
/// # Source
/// WrapCompressedRTFStream, `[MS-OXRTFCP]` 3.1.
pub fn decompress(bytes: &[u8]) -> Result<Decompressed, Fault> {
    let short = Fault::TooShort { present: bytes.len() };
    let (head, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(short)?;
    let [compressed_size, raw_size, magic, stored] = words(head);
    let mut defects = Vec::new();
    // The compressed size counts the twelve header bytes behind itself.
    let claimed = usize::try_from(compressed_size).unwrap_or(usize::MAX).checked_sub(12);
    if claimed.is_none_or(|length| length > rest.len()) {
        let present = rest.len().saturating_add(12);
        defects.push(Defect::CompressedSize { stored: compressed_size, present });
    }
    let body = claimed.and_then(|length| rest.get(..length)).unwrap_or(rest);
    let rtf = match magic {
        LZFU => {
            let computed = checksum(body);
            if computed != stored {
                defects.push(Defect::Checksum { stored, computed });
            }
            expand(body, raw_size, &mut defects)
        }
        MELA => plain(body, rest, raw_size, &mut defects),
        _ => return Err(Fault::UnknownForm { magic }),
    };
    Ok(Decompressed { rtf, defects })
}

/// Turns RTF into the bytes of `PR_RTF_COMPRESSED`, in the form `LZFu`.
///
/// The dictionary is searched as `[MS-OXRTFCP]` describes, so the examples of that specification come out
/// byte for byte. Sizes over 4 GiB do not fit the header and are written as 0xFFFFFFFF.
pub fn compress(rtf: &[u8]) -> Vec<u8> {
    let body = Compressor::new(rtf).run();
    let mut bytes = Vec::with_capacity(body.len().saturating_add(HEADER_BYTES));
    let compressed_size = u32::try_from(body.len().saturating_add(12)).unwrap_or(u32::MAX);
    for word in [compressed_size, u32::try_from(rtf.len()).unwrap_or(u32::MAX), LZFU, checksum(&body)] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(body);
    bytes
}

/// Wraps RTF in the form `MELA`, which is not compressed.
pub fn wrap_uncompressed(rtf: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rtf.len().saturating_add(HEADER_BYTES));
    let compressed_size = u32::try_from(rtf.len().saturating_add(12)).unwrap_or(u32::MAX);
    for word in [compressed_size, u32::try_from(rtf.len()).unwrap_or(u32::MAX), MELA, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(rtf);
    bytes
}

/// The check value of compressed RTF: reflected 0xEDB88320, beginning with 0 and not inverted at the end.
///
/// The named properties of `.msg` files are hashed with it too.
///
/// # Source
/// `[MS-OXRTFCP]` 2.1.3.2.
pub fn checksum(bytes: &[u8]) -> u32 {
    // The usual CRC-32 inverts before and after; inverting around it undoes both.
    let mut crc = crc32fast::Hasher::new_with_initial(u32::MAX);
    crc.update(bytes);
    !crc.finalize()
}

fn words(head: &[u8; HEADER_BYTES]) -> [u32; 4] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *head;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]].map(u32::from_le_bytes)
}

/// Takes the raw size, or what is present of it; except where it is the compressed size over again.
fn plain(body: &[u8], rest: &[u8], raw_size: u32, defects: &mut Vec<Defect>) -> Vec<u8> {
    let claimed = usize::try_from(raw_size).unwrap_or(usize::MAX);
    if claimed == body.len().saturating_add(MELA_SURPLUS) {
        return body.to_vec();
    }
    let rtf = rest.get(..claimed).unwrap_or(rest);
    if claimed != rtf.len() {
        defects.push(Defect::RawSize { stored: raw_size, found: rtf.len() });
    }
    rtf.to_vec()
}

/// Undoes the compression. The output begins with the preset text, so that every reference is a distance
/// back into the output itself.
fn expand(body: &[u8], raw_size: u32, defects: &mut Vec<Defect>) -> Vec<u8> {
    let most = body.len().saturating_mul(MOST_EXPANSION);
    let hint = usize::try_from(raw_size).unwrap_or(usize::MAX).min(most);
    let mut out = Vec::with_capacity(hint.saturating_add(PRESET.len()).saturating_add(LONGEST_MATCH));
    out.extend_from_slice(PRESET);
    if !expand_into(body, &mut out) {
        defects.push(Defect::NoEndMark);
    }
    out.drain(..PRESET.len());
    if u32::try_from(out.len()) != Ok(raw_size) {
        defects.push(Defect::RawSize { stored: raw_size, found: out.len() });
    }
    out
}

/// Appends the text and answers whether the end mark was met.
fn expand_into(body: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = body;
    while let Some((&control, after)) = rest.split_first() {
        rest = after;
        if control == 0
            && let Some((literals, after)) = rest.split_first_chunk::<8>()
        {
            out.extend_from_slice(literals);
            rest = after;
            continue;
        }
        for bit in 0..8 {
            if (control >> bit) & 1 == 0 {
                let Some((&literal, after)) = rest.split_first() else { return false };
                out.push(literal);
                rest = after;
            } else {
                let Some((&pair, after)) = rest.split_first_chunk::<2>() else { return false };
                rest = after;
                let reference = usize::from(u16::from_be_bytes(pair));
                let length = (reference & 15).saturating_add(SHORTEST_MATCH);
                let back = out.len().wrapping_sub(reference >> 4) % WINDOW_BYTES;
                if back == 0 {
                    return true;
                }
                repeat(out, back, length);
            }
        }
    }
    false
}

/// Appends `length` bytes found `back` bytes before the end; they may overlap what is being appended.
fn repeat(out: &mut Vec<u8>, back: usize, length: usize) {
    match out.len().checked_sub(back) {
        Some(from) if back >= length => out.extend_from_within(from..from.saturating_add(length)),
        Some(from) => {
            for at in from..from.saturating_add(length) {
                out.push(out.get(at).copied().unwrap_or(0));
            }
        }
        // The place was never written: the dictionary holds zeroes there.
        None => {
            for _ in 0..length {
                let at = out.len().checked_sub(back);
                out.push(at.and_then(|at| out.get(at)).copied().unwrap_or(0));
            }
        }
    }
}

/// No place in the text.
const NOWHERE: u32 = u32::MAX;

struct Compressor {
    /// Preset and RTF in one piece, so that positions in the window are positions here.
    text: Vec<u8>,
    /// The latest place of each pair of bytes.
    latest: Vec<u32>,
    /// For each place of the window, the place before it with the same pair.
    earlier: Vec<u32>,
    out: Vec<u8>,
    /// Where the control byte of the current run of eight stands, and how many are in it.
    control_at: usize,
    items: u32,
}

impl Compressor {
    fn new(rtf: &[u8]) -> Compressor {
        let mut text = Vec::with_capacity(rtf.len().saturating_add(PRESET.len()));
        text.extend_from_slice(PRESET);
        text.extend_from_slice(rtf);
        let out = Vec::with_capacity((rtf.len() / 2).saturating_add(16));
        let (latest, earlier) = (vec![NOWHERE; 1 << 16], vec![NOWHERE; WINDOW_BYTES]);
        Compressor { text, latest, earlier, out, control_at: 0, items: 8 }
    }

    fn run(mut self) -> Vec<u8> {
        for at in 0..PRESET.len().saturating_sub(1) {
            self.remember(at);
        }
        let mut at = PRESET.len();
        // A pair may reach into the text not yet written: the reader copies byte by byte.
        let mut known = at.saturating_sub(1);
        while at < self.text.len() {
            while known < at {
                self.remember(known);
                known = known.saturating_add(1);
            }
            let (from, length) = self.longest_match(at);
            if length >= SHORTEST_MATCH {
                self.put_reference(from, length);
                at = at.saturating_add(length);
            } else {
                let byte = self.text.get(at).copied().unwrap_or(0);
                self.put_literal(byte);
                at = at.saturating_add(1);
            }
        }
        // The end mark refers to the very place that would be written next.
        self.put_reference(at, SHORTEST_MATCH);
        self.out
    }

    fn pair(&self, at: usize) -> Option<usize> {
        let first = self.text.get(at)?;
        let second = self.text.get(at.saturating_add(1))?;
        Some(usize::from(u16::from_be_bytes([*first, *second])))
    }

    fn remember(&mut self, at: usize) {
        let Some(pair) = self.pair(at) else { return };
        let Some(latest) = self.latest.get_mut(pair) else { return };
        if let Some(earlier) = self.earlier.get_mut(at % WINDOW_BYTES) {
            *earlier = *latest;
        }
        // Positions over 4 GiB do not fit; such text is written without references to them.
        *latest = u32::try_from(at).unwrap_or(NOWHERE);
    }

    /// Finds the longest earlier text equal to that at `at`; among equals the oldest.
    fn longest_match(&self, at: usize) -> (usize, usize) {
        let mut best = (0, 0);
        let mut candidate = self.pair(at).and_then(|pair| self.latest.get(pair)).copied().unwrap_or(NOWHERE);
        for _ in 0..CANDIDATES {
            let Ok(from) = usize::try_from(candidate) else { break };
            // A place as far back as the window is long is the place about to be written.
            if candidate == NOWHERE || at.saturating_sub(from) >= WINDOW_BYTES {
                break;
            }
            let length = self.match_length(from, at);
            if length >= best.1 {
                best = (from, length);
            }
            if length == LONGEST_MATCH {
                break;
            }
            let earlier = self.earlier.get(from % WINDOW_BYTES).copied().unwrap_or(NOWHERE);
            // Older entries were overwritten: a later place ends the chain.
            if earlier == NOWHERE || earlier >= candidate {
                break;
            }
            candidate = earlier;
        }
        best
    }

    fn match_length(&self, from: usize, at: usize) -> usize {
        let ours = self.text.get(at..).unwrap_or_default().iter();
        let theirs = self.text.get(from..).unwrap_or_default().iter();
        ours.zip(theirs).take(LONGEST_MATCH).take_while(|(a, b)| a == b).count()
    }

    fn put_literal(&mut self, byte: u8) {
        self.begin_item();
        self.out.push(byte);
    }

    fn put_reference(&mut self, from: usize, length: usize) {
        self.begin_item();
        if let Some(control) = self.out.get_mut(self.control_at) {
            *control |= 1_u8.wrapping_shl(self.items.wrapping_sub(1));
        }
        let reference = ((from % WINDOW_BYTES) << 4) | length.saturating_sub(SHORTEST_MATCH);
        self.out.extend(u16::try_from(reference).unwrap_or_default().to_be_bytes());
    }

    fn begin_item(&mut self) {
        if self.items == 8 {
            self.control_at = self.out.len();
            self.out.push(0);
            self.items = 0;
        }
        self.items = self.items.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
