//! `Content` and `DotStuffer`: the text of a message as it stands between DATA and the final dot.
//!
//! A server must find the end of the text exactly where we put it, however it reads line ends: every
//! line ends in CRLF, no CR or LF stands alone, a dot at the start of a line is doubled, and a NUL is
//! refused. The final dot itself is sent by `session`.

use memchr::{memchr2, memchr2_iter};
use std::fmt;
use std::sync::Arc;

/// The text of one message; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Content {
    bytes: Arc<Vec<u8>>,
    wire_bytes: u64,
    is_eight_bit: bool,
    header_needs_utf8: bool,
}

/// Why a text cannot be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoldsNul;

impl fmt::Display for HoldsNul {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text holds a NUL, which no mail can carry")
    }
}

impl Content {
    /// Takes a text. Line ends may be any of CRLF, LF and CR; each is sent as CRLF.
    ///
    /// # Errors
    /// [`HoldsNul`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, HoldsNul> {
        if bytes.contains(&0) {
            return Err(HoldsNul);
        }
        let is_eight_bit = !bytes.is_ascii();
        let mut content =
            Self { wire_bytes: 0, is_eight_bit, header_needs_utf8: false, bytes: Arc::new(bytes) };
        if content.is_eight_bit {
            let blank = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n");
            let header =
                blank(&content.bytes).and_then(|end| content.bytes.get(..end)).unwrap_or(&content.bytes);
            content.header_needs_utf8 = !header.is_ascii();
        }
        content.wire_bytes = content.measured();
        Ok(content)
    }

    /// Octets of the text as sent, without the doubled dots: what SIZE declares.
    pub fn wire_bytes(&self) -> u64 {
        self.wire_bytes
    }

    /// True where it holds octets above 127.
    pub fn is_eight_bit(&self) -> bool {
        self.is_eight_bit
    }

    /// True where its header holds octets above 127.
    pub fn header_needs_utf8(&self) -> bool {
        self.header_needs_utf8
    }

    fn measured(&self) -> u64 {
        let mut ends = 0_u64;
        for place in memchr2_iter(b'\r', b'\n', &self.bytes) {
            let before = place.checked_sub(1).and_then(|before| self.bytes.get(before));
            let after = place.checked_add(1).and_then(|after| self.bytes.get(after));
            // A CR or LF alone grows by one octet; a CR at the very end is counted below.
            let is_alone = match self.bytes.get(place) {
                Some(b'\r') => after.is_some_and(|after| *after != b'\n'),
                _ => before != Some(&b'\r'),
            };
            ends = ends.saturating_add(u64::from(is_alone));
        }
        let open = match self.bytes.last() {
            None | Some(b'\n') => 0,
            Some(b'\r') => 1,
            Some(_) => 2,
        };
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX).saturating_add(ends).saturating_add(open)
    }
}

/// Gives out a [`Content`] in pieces, ready for the wire.
#[derive(Default)]
pub struct DotStuffer {
    position: usize,
    /// The last octet that was taken was a CR, and its CRLF is written.
    after_cr: bool,
    /// The line that has begun holds something.
    mid_line: bool,
}

impl DotStuffer {
    /// Adds about `room` octets to `out`. True once the whole text was given out, the end of its last
    /// line included.
    pub fn fill(&mut self, content: &Content, room: usize, out: &mut Vec<u8>) -> bool {
        let end = out.len().saturating_add(room);
        while out.len() < end {
            let Some(rest) = content.bytes.get(self.position..).filter(|rest| !rest.is_empty()) else {
                if self.mid_line {
                    self.end_line(out);
                }
                return true;
            };
            let room = end.saturating_sub(out.len()).min(rest.len());
            let stop = rest.get(..room).and_then(|run| memchr2(b'\r', b'\n', run)).unwrap_or(room);
            if stop > 0 {
                let run = rest.get(..stop).unwrap_or_default();
                if !self.mid_line && run.first() == Some(&b'.') {
                    out.push(b'.');
                }
                out.extend_from_slice(run);
                (self.mid_line, self.after_cr) = (true, false);
                self.position = self.position.saturating_add(stop);
                continue;
            }
            let is_lf = rest.first() == Some(&b'\n');
            self.position = self.position.saturating_add(1);
            // The LF of a CRLF whose end was written at the CR.
            if !(is_lf && self.after_cr) {
                self.end_line(out);
            }
            self.after_cr = !is_lf;
        }
        false
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.mid_line = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: [&[u8]; 7] = [b"\r", b"\n", b"\r\n", b".", b"..", b"\0", b"x"];

    fn wire(message: &[u8], room: usize) -> Result<Vec<u8>, HoldsNul> {
        let content = Content::new(message.to_vec())?;
        let (mut stuffer, mut out) = (DotStuffer::default(), Vec::new());
        while !stuffer.fill(&content, room, &mut out) {}
        let doubled = out.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b".")).count();
        assert_eq!(content.wire_bytes(), (out.len() - doubled) as u64, "{message:?}");
        out.extend_from_slice(b".\r\n");
        Ok(out)
    }

    /// What was meant: lines, whichever way they ended.
    fn lines(message: &[u8]) -> Vec<Vec<u8>> {
        let text = String::from_utf8(message.to_vec()).unwrap().replace("\r\n", "\n").replace('\r', "\n");
        let mut lines: Vec<Vec<u8>> = text.split('\n').map(|line| line.as_bytes().to_vec()).collect();
        if lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        lines
    }

    /// By lines that end in CRLF.
    fn server_by_lines(wire: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let (mut rest, mut found) = (wire, Vec::new());
        loop {
            let end = rest.windows(2).position(|two| two == b"\r\n").expect("an end");
            let (line, next) = (&rest[..end], &rest[end + 2..]);
            rest = next;
            match line {
                b"." => return (found, rest.len()),
                [b'.', line @ ..] => found.push(line.to_vec()),
                line => found.push(line.to_vec()),
            }
        }
    }

    /// By the sequence CRLF . CRLF, and the doubled dots afterwards.
    fn server_by_sequence(wire: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let framed = [b"\r\n", wire].concat();
        let end = framed.windows(5).position(|five| five == b"\r\n.\r\n").expect("an end");
        let text = &framed[..end];
        let mut found: Vec<Vec<u8>> = Vec::new();
        let text = String::from_utf8(text.to_vec()).unwrap();
        for line in text.split("\r\n").skip(1) {
            found.push(line.strip_prefix('.').unwrap_or(line).as_bytes().to_vec());
        }
        (found, framed.len() - end - 5)
    }

    /// By a machine over single octets that takes any of CR, LF and CRLF for a line end.
    fn server_by_octets(wire: &[u8]) -> (Vec<Vec<u8>>, usize) {
        let (mut found, mut line, mut index) = (Vec::new(), Vec::new(), 0);
        while index < wire.len() {
            match wire[index] {
                b'\r' | b'\n' => {
                    index += if wire[index..].starts_with(b"\r\n") { 2 } else { 1 };
                    if line == b"." {
                        return (found, wire.len() - index);
                    }
                    let text: Vec<u8> = std::mem::take(&mut line);
                    found.push(text.strip_prefix(b".").map_or(text.clone(), <[u8]>::to_vec));
                }
                byte => {
                    line.push(byte);
                    index += 1;
                }
            }
        }
        panic!("no end");
    }

    fn check(message: &[u8]) {
        if message.contains(&0) {
            assert!(Content::new(message.to_vec()).is_err());
            return;
        }
        let wire = wire(message, usize::MAX / 4).unwrap();
        for (index, byte) in wire.iter().enumerate() {
            match byte {
                b'\r' => assert_eq!(wire.get(index + 1), Some(&b'\n'), "{message:?}"),
                b'\n' => assert_eq!(wire.get(index.wrapping_sub(1)), Some(&b'\r'), "{message:?}"),
                _ => {}
            }
        }
        let expected = (lines(message), 0);
        assert_eq!(server_by_lines(&wire), expected, "{message:?}");
        assert_eq!(server_by_sequence(&wire), expected, "{message:?}");
        assert_eq!(server_by_octets(&wire), expected, "{message:?}");
    }

    /// M1: 960,800 messages; each means the same to three servers that read in different ways.
    #[test]
    fn no_message_ends_before_its_end() {
        let mut count = 0;
        for length in 0..=7_u32 {
            for number in 0..7_u32.pow(length) {
                let (mut message, mut rest) = (Vec::new(), number);
                for _ in 0..length {
                    message.extend_from_slice(ALPHABET[(rest % 7) as usize]);
                    rest /= 7;
                }
                check(&message);
                count += 1;
            }
        }
        assert_eq!(count, 960_800);
    }

    #[test]
    fn pieces_of_any_size_give_the_same_bytes() {
        let message = b".a\r\n..\n.\rb\r\n\r\n.\r\n...end".repeat(20);
        let whole = wire(&message, usize::MAX / 4).unwrap();
        for room in 1..60 {
            assert_eq!(wire(&message, room).unwrap(), whole, "{room}");
        }
    }

    #[test]
    fn octets_above_127_are_noticed_where_they_are() {
        let content = |text: &str| Content::new(text.as_bytes().to_vec()).unwrap();
        let body = content("Subject: a\r\n\r\nä");
        assert!(body.is_eight_bit() && !body.header_needs_utf8());
        assert!(content("Subject: ä\r\n\r\na").header_needs_utf8());
        assert!(!content("Subject: a\r\n\r\na").is_eight_bit());
    }
}
