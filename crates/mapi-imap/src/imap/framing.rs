//! `Framing`: where one response of a server ends and the next begins, within bounds.
//!
//! A response is a line, and goes on behind each literal that a line of it announces. What it says is
//! `session.rs`'s; here it is only measured, so that the parser never meets more than it can hold.

use crate::dialogue::{MAX_LINE_BYTES, MAX_MESSAGE_BYTES};

/// The most literals of one response.
const MAX_LITERALS: usize = 16;
/// The deepest nesting of parentheses outside literals. What is asked for here has two.
const MAX_DEPTH: usize = 16;

/// What came and is not a whole response yet.
#[derive(Default)]
pub(super) struct Framing {
    bytes: Vec<u8>,
    /// Up to here the response is known to go on.
    scanned: usize,
    /// Octets of it that stand in literals.
    literal_bytes: usize,
    literals: usize,
}

/// Why what came is no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfit {
    /// It breaks the protocol, and how.
    Bad(&'static str),
    /// A message is too large.
    TooBig,
}

impl Framing {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// True where nothing came that was not taken.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes the next whole response, with its line end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Unfit> {
        loop {
            let rest = self.bytes.get(self.scanned..).unwrap_or_default();
            if self.scanned > self.bytes.len() {
                return Ok(None);
            }
            let Some(end) = memchr::memchr(b'\n', rest) else {
                let line = self.bytes.len().saturating_sub(self.literal_bytes);
                return if line > MAX_LINE_BYTES { Err(Unfit::Bad("a line is too long")) } else { Ok(None) };
            };
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if memchr::memchr(0, line).is_some() {
                return Err(Unfit::Bad("a line holds a NUL"));
            }
            self.scanned = self.scanned.saturating_add(end).saturating_add(1);
            if self.scanned.saturating_sub(self.literal_bytes) > MAX_LINE_BYTES {
                return Err(Unfit::Bad("a line is too long"));
            }
            match literal(line) {
                None => return self.take().map(Some),
                Some(size) => self.pass(size)?,
            }
        }
    }

    /// Passes over a literal that may not have come yet. Nothing is set aside for it.
    fn pass(&mut self, size: u64) -> Result<(), Unfit> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.literals = self.literals.saturating_add(1);
        self.literal_bytes = self.literal_bytes.saturating_add(size);
        if self.literal_bytes > MAX_MESSAGE_BYTES {
            return Err(Unfit::TooBig);
        }
        if self.literals > MAX_LITERALS {
            return Err(Unfit::Bad("too many literals"));
        }
        self.scanned = self.scanned.saturating_add(size);
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Unfit> {
        let rest = self.bytes.split_off(self.scanned);
        let response = std::mem::replace(&mut self.bytes, rest);
        let has_literals = self.literals > 0;
        (self.scanned, self.literal_bytes, self.literals) = (0, 0, 0);
        // A text may hold what it likes; parentheses are counted where they are few.
        if !has_literals && depth(&response) > MAX_DEPTH {
            return Err(Unfit::Bad("parentheses are nested too deep"));
        }
        let head = response.get(..response.len().min(256)).unwrap_or_default();
        if has_literals && depth(head) > MAX_DEPTH {
            return Err(Unfit::Bad("parentheses are nested too deep"));
        }
        Ok(response)
    }
}

/// The size of the literal that a line announces.
fn literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}")?;
    let open = memchr::memrchr(b'{', line)?;
    let digits = line.get(open.saturating_add(1)..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // A number that does not fit is a literal that is too large.
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

/// How deep parentheses are nested, quoted ones counted as well.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in bytes {
        match byte {
            b'(' => depth = depth.saturating_add(1),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = depth.max(deepest);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut framing = Framing::default();
        let mut found = Vec::new();
        for part in bytes.chunks(step) {
            framing.push(part);
            while let Some(response) = framing.next().unwrap() {
                found.push(response);
            }
        }
        assert!(framing.is_empty());
        found
    }

    #[test]
    fn responses_end_where_their_last_line_does() {
        let bytes = b"* 1 EXISTS\r\n* 1 FETCH (BODY[] {7}\r\na\r\n{9}\n UID 3)\r\na1 OK done\r\n+ go\n";
        let whole = frames(bytes, bytes.len());
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[1], b"* 1 FETCH (BODY[] {7}\r\na\r\n{9}\n UID 3)\r\n");
        for step in 1..12 {
            assert_eq!(frames(bytes, step), whole);
        }
    }

    #[test]
    fn what_has_no_bounds_is_refused() {
        let ends = |bytes: &[u8]| {
            let mut framing = Framing::default();
            framing.push(bytes);
            framing.next().unwrap_err()
        };
        assert!(matches!(ends(&[b'x'; MAX_LINE_BYTES + 1]), Unfit::Bad(_)));
        assert!(matches!(ends(&[&[b'x'; MAX_LINE_BYTES + 1][..], b"\r\n"].concat()), Unfit::Bad(_)));
        assert!(matches!(ends(b"* OK a\0b\r\n"), Unfit::Bad(_)));
        assert!(matches!(
            ends(&[b'(', b'('].repeat(9).iter().copied().chain(*b"\r\n").collect::<Vec<_>>()),
            Unfit::Bad(_)
        ));
        assert!(matches!(ends(&b"{0}\r\n".repeat(MAX_LITERALS + 1)), Unfit::Bad(_)));
        for size in ["999999999", "18446744073709551615", "99999999999999999999999999"] {
            assert_eq!(ends(format!("* 1 FETCH (BODY[] {{{size}}}\r\n").as_bytes()), Unfit::TooBig);
        }
    }
}
