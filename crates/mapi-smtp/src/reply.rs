//! `Reply`: what a server answers to one command, and `ReplyReader`, which makes replies of bytes.
//!
//! The bytes are a stranger's: lines, replies and what is shown of them are bounded, and a reply is
//! either wholly in order or a [`ReplyFault`]. What a reply means is decided in `session` and `outcome.rs`.

use mapi_wire::Redactor;
use std::fmt;

/// The longest line of a reply, in octets; RFC 5321 4.5.3.1.5 asks for 512.
pub const MAX_LINE_BYTES: usize = 8 * 1024;
/// The longest reply of all its lines, in octets.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;
/// What is kept of a reply for people to read, in characters.
const SHOWN_CHARS: usize = 500;

/// One reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The three digits, 200 to 599.
    pub code: u16,
    /// The texts of its lines, without code and line end.
    pub lines: Vec<String>,
}

impl Reply {
    /// True for 2xx: done.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// True for 3xx: go on.
    pub fn is_intermediate(&self) -> bool {
        (300..400).contains(&self.code)
    }

    /// True for 4xx: not now.
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// True for 5xx: never.
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The enhanced status code (RFC 3463) where the reply begins with one that fits its class.
    pub fn enhanced(&self) -> Option<(u16, u16, u16)> {
        let word = self.lines.first()?.split_ascii_whitespace().next()?;
        let mut parts = word.split('.').map(|part| {
            let fits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| fits)
        });
        let found = (parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && Some(found.0) == self.code.checked_div(100)).then_some(found)
    }

    /// Code and enhanced code alone, for where the text may hold a secret.
    pub fn codes(&self) -> String {
        match self.enhanced() {
            Some((class, subject, detail)) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }

    /// The reply without the secrets that it repeats.
    #[must_use]
    pub(crate) fn scrubbed(mut self, redactor: &Redactor) -> Self {
        self.lines = self.lines.into_iter().map(|line| redactor.scrub(line)).collect();
        self
    }
}

/// One line for people: controls are shown as spaces, and a long text is cut.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let words = self.lines.iter().filter(|line| !line.is_empty());
        let mut left = SHOWN_CHARS;
        for line in words {
            let shown: String = line.chars().take(left).map(printable).collect();
            left = left.saturating_sub(shown.chars().count());
            if !shown.is_empty() {
                write!(f, " {shown}")?;
            }
        }
        Ok(())
    }
}

/// Controls, and letters that change how a line is read, are not repeated.
fn printable(letter: char) -> char {
    let turns = matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || turns { ' ' } else { letter }
}

/// Why bytes are no reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReplyFault {
    /// A line longer than [`MAX_LINE_BYTES`].
    LineTooLong,
    /// A reply longer than [`MAX_REPLY_BYTES`].
    TooLong,
    /// A NUL.
    Nul,
    /// A CR that no LF follows, or an LF alone.
    LineEnd,
    /// A line that does not begin with three digits and a space or hyphen.
    Malformed,
    /// Lines of one reply with different codes.
    CodesDiffer,
}

impl fmt::Display for ReplyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineTooLong => "a line of the reply is too long",
            Self::TooLong => "the reply is too long",
            Self::Nul => "the reply holds a NUL",
            Self::LineEnd => "a line of the reply does not end in CR and LF",
            Self::Malformed => "the reply does not begin with a code",
            Self::CodesDiffer => "the lines of the reply have different codes",
        })
    }
}

/// Makes replies of bytes, however they arrive.
#[derive(Default)]
pub struct ReplyReader {
    line: Vec<u8>,
    /// The lines of the reply that has begun.
    begun: Option<Reply>,
    reply_bytes: usize,
}

impl ReplyReader {
    /// True where no byte of a further reply has come.
    pub fn is_at_start(&self) -> bool {
        self.line.is_empty() && self.begun.is_none()
    }

    /// Takes bytes up to the end of one reply; returns it, and moves `bytes` to what follows.
    ///
    /// # Errors
    /// The first way in which the bytes are no reply; after it the reader is of no more use.
    pub fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<Reply>, ReplyFault> {
        while !bytes.is_empty() {
            let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end.saturating_add(1));
            if taken > room {
                return Err(ReplyFault::LineTooLong);
            }
            let Some((head, rest)) = bytes.split_at_checked(taken) else { return Ok(None) };
            if head.contains(&0) {
                return Err(ReplyFault::Nul);
            }
            self.reply_bytes = self.reply_bytes.saturating_add(taken);
            if self.reply_bytes > MAX_REPLY_BYTES {
                return Err(ReplyFault::TooLong);
            }
            self.line.extend_from_slice(head);
            *bytes = rest;
            if end.is_some()
                && let Some(reply) = self.end_line()?
            {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    fn end_line(&mut self) -> Result<Option<Reply>, ReplyFault> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r\n").ok_or(ReplyFault::LineEnd)?;
        if line.contains(&b'\r') {
            return Err(ReplyFault::LineEnd);
        }
        let (code, is_last, text) = parts(line).ok_or(ReplyFault::Malformed)?;
        let reply = self.begun.get_or_insert(Reply { code, lines: Vec::new() });
        if reply.code != code {
            return Err(ReplyFault::CodesDiffer);
        }
        reply.lines.push(String::from_utf8_lossy(text).into_owned());
        if !is_last {
            return Ok(None);
        }
        self.reply_bytes = 0;
        Ok(self.begun.take())
    }
}

fn parts(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let is_code = digits.iter().all(u8::is_ascii_digit);
    let code: u16 = std::str::from_utf8(digits).ok().filter(|_| is_code)?.parse().ok()?;
    let (is_last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return None,
    };
    (200..600).contains(&code).then_some((code, is_last, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(mut bytes: &[u8]) -> Result<Option<Reply>, ReplyFault> {
        ReplyReader::default().read(&mut bytes)
    }

    #[test]
    fn a_reply_is_read_whole_from_any_pieces() {
        let wire = b"250-one\r\n250-\r\n250 2.1.5 three\r\n220 next\r\n";
        for cut in 0..wire.len() {
            let (mut reader, mut found) = (ReplyReader::default(), Vec::new());
            for mut piece in [&wire[..cut], &wire[cut..]] {
                while let Some(reply) = reader.read(&mut piece).unwrap() {
                    found.push(reply);
                }
            }
            assert!(reader.is_at_start());
            assert_eq!(found.iter().map(|reply| reply.code).collect::<Vec<_>>(), [250, 220]);
            assert_eq!(found[0].lines, ["one", "", "2.1.5 three"]);
        }
    }

    #[test]
    fn what_is_no_reply_is_refused_by_its_kind() {
        let endless = b"250-x\r\n".repeat(MAX_REPLY_BYTES / 7 + 1);
        let huge = [b"250 ".to_vec(), vec![b'a'; 1 << 20]].concat();
        for (bytes, fault) in [
            (&b"250 a\0b\r\n"[..], ReplyFault::Nul),
            (b"250 ok\n", ReplyFault::LineEnd),
            (b"250 o\rk\r\n", ReplyFault::LineEnd),
            (b"HTTP/1.1 200 OK\r\n", ReplyFault::Malformed),
            (b"250_ok\r\n", ReplyFault::Malformed),
            (b"199 ok\r\n", ReplyFault::Malformed),
            (b"600 ok\r\n", ReplyFault::Malformed),
            (b"\r\n", ReplyFault::Malformed),
            (b"250-a\r\n550 b\r\n", ReplyFault::CodesDiffer),
            (&endless, ReplyFault::TooLong),
            (&huge, ReplyFault::LineTooLong),
        ] {
            assert_eq!(read(bytes), Err(fault), "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
        }
        assert_eq!(read(b"250 ok"), Ok(None));
    }

    #[test]
    fn the_enhanced_code_must_fit_the_class() {
        let reply = |code, text: &str| Reply { code, lines: vec![text.to_owned()] };
        assert_eq!(reply(550, "5.1.1 no such user").enhanced(), Some((5, 1, 1)));
        assert_eq!(reply(550, "2.1.1 no").enhanced(), None);
        assert_eq!(reply(550, "5.1.1.1 no").enhanced(), None);
        assert_eq!(reply(550, "5.+1.1 no").enhanced(), None);
        assert_eq!(reply(550, "5.1.1 secret").codes(), "550 5.1.1");
        assert_eq!(reply(550, "a\u{1b}[2Jb\u{202E}c").to_string(), "550 a [2Jb c");
        assert_eq!(reply(550, &"x".repeat(9000)).to_string().len(), 504);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail_or_grow(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let (mut reader, mut rest) = (ReplyReader::default(), &bytes[..]);
            while let Ok(Some(reply)) = reader.read(&mut rest) {
                prop_assert!((200..600).contains(&reply.code));
            }
        }
    }
}
