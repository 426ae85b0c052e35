//! `Reader`: the lines of a server, and what goes on until a line with a dot alone, within bounds.

use crate::dialogue::{MAX_LINE_BYTES, MAX_MESSAGE_BYTES};

/// One thing that a server said.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// `+OK` with its text.
    Ok(String),
    /// `-ERR` with its text.
    Err(String),
    /// `+ ` in a login.
    Question,
    /// A line of a list.
    Item(String),
    /// The end of a list, or a whole text without its dots.
    End(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Reply,
    List,
    Text,
}

/// What came and was not taken yet.
#[derive(Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    /// Octets at the front of `bytes` that were taken.
    taken: usize,
    mode: Mode,
    text: Vec<u8>,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == self.taken
    }

    /// Lines follow up to a dot.
    pub(super) fn expect_list(&mut self) {
        self.mode = Mode::List;
    }

    /// A text follows up to a dot.
    pub(super) fn expect_text(&mut self) {
        self.mode = Mode::Text;
        self.text = Vec::new();
    }

    /// Takes the next line. An error without a word is a text that is too large.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Option<&'static str>> {
        loop {
            let rest = self.bytes.get(self.taken..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return self.is_bounded(rest.len()).map(|()| None);
            };
            self.is_bounded(end)?;
            let line = rest.get(..end).unwrap_or_default();
            self.taken = self.taken.saturating_add(end).saturating_add(1);
            let bare = line.strip_suffix(b"\r").unwrap_or(line);
            match self.mode {
                Mode::Text if bare != b"." => {
                    let line = line.strip_prefix(b".").unwrap_or(line);
                    self.text.extend_from_slice(line);
                    self.text.push(b'\n');
                    if self.text.len() > MAX_MESSAGE_BYTES {
                        return Err(None);
                    }
                }
                Mode::Text | Mode::List if bare == b"." => {
                    self.mode = Mode::Reply;
                    return Ok(Some(Line::End(std::mem::take(&mut self.text))));
                }
                mode => return line_of(bare, mode == Mode::Reply).map(Some).map_err(Some),
            }
        }
    }

    /// Lines of a text may be as long as the text.
    fn is_bounded(&self, bytes: usize) -> Result<(), Option<&'static str>> {
        match self.mode {
            Mode::Text if bytes > MAX_MESSAGE_BYTES => Err(None),
            Mode::Reply | Mode::List if bytes > MAX_LINE_BYTES => Err(Some("a line is too long")),
            _ => Ok(()),
        }
    }
}

fn line_of(line: &[u8], is_reply: bool) -> Result<Line, &'static str> {
    if memchr::memchr(0, line).is_some() {
        return Err("a line holds a NUL");
    }
    let text = String::from_utf8_lossy(line);
    if !is_reply {
        return Ok(Line::Item(text.into_owned()));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
    match word.to_ascii_uppercase().as_str() {
        "+OK" => Ok(Line::Ok(rest.to_owned())),
        "-ERR" => Ok(Line::Err(rest.to_owned())),
        "+" => Ok(Line::Question),
        _ => Err("a line is no reply"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_and_without_its_dots_however_it_comes() {
        let bytes = b"+OK 5 octets\r\na\r\n..b\r\n...\r\n\r\n.c\n.\r\n-ERR no\r\n";
        for step in 1..bytes.len() {
            let mut reader = Reader::default();
            let mut said = Vec::new();
            for part in bytes.chunks(step) {
                reader.push(part);
                while let Some(line) = reader.next().unwrap() {
                    if matches!(line, Line::Ok(_)) {
                        reader.expect_text();
                    }
                    said.push(line);
                }
            }
            let text = b"a\r\n.b\r\n..\r\n\r\nc\n".to_vec();
            assert_eq!(said, [Line::Ok("5 octets".into()), Line::End(text), Line::Err("no".into())]);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn what_has_no_bounds_is_refused() {
        let ends = |bytes: &[u8]| {
            let mut reader = Reader::default();
            reader.push(bytes);
            reader.next().unwrap_err()
        };
        assert!(ends(&[b'x'; MAX_LINE_BYTES + 1]).is_some());
        assert!(ends(b"+OK \0\r\n").is_some());
        assert!(ends(b"220 hello\r\n").is_some());
    }
}
