//! `Mailbox`: the messages of an mbox file or a Maildir, one after the other.
//!
//! Not the messages themselves: those are read by `mime_file.rs`. Files are never touched; the folders within
//! a Maildir are mailboxes of their own and are not followed.
//!
//! # Source
//! RFC 4155 (mbox), <https://cr.yp.to/proto/maildir.html>.

use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The longest message that is taken into memory: 1 GiB.
const MESSAGE_MAX_BYTES: usize = 1 << 30;
/// What begins each message of an mbox file.
const FROM_LINE: &[u8] = b"From ";

/// A mailbox that is being read.
pub(crate) enum Mailbox {
    /// One file with all messages.
    Mbox(Box<Mbox>),
    /// The files of a Maildir that are left, the last first.
    Maildir(Vec<PathBuf>),
}

/// A message of a mailbox.
pub(crate) struct Letter {
    /// The octets of the message.
    pub(crate) octets: Vec<u8>,
    /// Whether the mailbox says that it was read.
    pub(crate) is_read: bool,
}

impl Mailbox {
    /// Opens a mailbox; `None` where the path is none.
    pub(crate) fn open(path: &Path) -> Outcome<Option<Self>> {
        if path.join("cur").is_dir() || path.join("new").is_dir() {
            return maildir(path).map(|files| Some(Self::Maildir(files)));
        }
        let head = crate::mime_file::head(path).unwrap_or_default();
        if !path.is_file() || !head.starts_with(FROM_LINE) {
            return Ok(None);
        }
        let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        Ok(Some(Self::Mbox(Box::new(Mbox::new(path, Box::new(BufReader::new(file)))))))
    }
}

impl Iterator for Mailbox {
    type Item = Outcome<Letter>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Mbox(mbox) => mbox.next(),
            Self::Maildir(files) => files.pop().map(|path| letter_of(&path)),
        }
    }
}

/// The files of a Maildir in the order of their names, which begin with the time of delivery.
fn maildir(path: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["new", "cur"] {
        let folder = path.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))? {
            let entry = entry.map_err(|error| Failure::file(&folder, &error))?;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                files.push(entry.path());
            }
        }
    }
    files.sort_by(|a, b| b.file_name().cmp(&a.file_name()));
    Ok(files)
}

fn letter_of(path: &Path) -> Outcome<Letter> {
    let length = path.metadata().map_err(|error| Failure::file(path, &error))?.len();
    if length > MESSAGE_MAX_BYTES as u64 {
        return Err(too_long(path));
    }
    let octets = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_read = name.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S'));
    Ok(Letter { octets, is_read })
}

fn too_long(path: &Path) -> Failure {
    Failure::new(ErrorCode::TOO_BIG, format!("{}: a message longer than 1 GiB", path.display()))
}

/// An mbox file that is being read.
pub(crate) struct Mbox {
    path: PathBuf,
    lines: Box<dyn BufRead>,
    /// Whether the line that begins a message has been read.
    is_open: bool,
    has_ended: bool,
}

impl Mbox {
    fn new(path: &Path, lines: Box<dyn BufRead>) -> Self {
        Self { path: path.to_owned(), lines, is_open: false, has_ended: false }
    }

    fn next(&mut self) -> Option<Outcome<Letter>> {
        let (mut octets, mut line, mut behind_empty) = (Vec::new(), Vec::new(), true);
        while !self.has_ended {
            line.clear();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => self.has_ended = true,
                Ok(_) if behind_empty && line.starts_with(FROM_LINE) => {
                    if std::mem::replace(&mut self.is_open, true) {
                        return Some(Ok(letter(octets)));
                    }
                    behind_empty = false;
                }
                Ok(_) => {
                    behind_empty = line.trim_ascii().is_empty();
                    octets.extend_from_slice(unquoted(&line));
                }
                Err(error) => {
                    self.has_ended = true;
                    return Some(Err(Failure::file(&self.path, &error)));
                }
            }
            if octets.len() > MESSAGE_MAX_BYTES {
                self.has_ended = true;
                return Some(Err(too_long(&self.path)));
            }
        }
        std::mem::take(&mut self.is_open).then(|| Ok(letter(octets)))
    }
}

/// A line without the mark that keeps it from beginning a message.
fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|octet| **octet == b'>').count();
    if marks > 0 && line[marks..].starts_with(FROM_LINE) { &line[1..] } else { line }
}

/// The octets of a message without the empty line that parts it from the next.
fn letter(mut octets: Vec<u8>) -> Letter {
    for end in [&b"\r\n\r\n"[..], b"\n\n"] {
        if octets.ends_with(end) && octets.len() > end.len() {
            octets.truncate(octets.len() - end.len() / 2);
            break;
        }
    }
    let header = octets.split(|octet| *octet == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let status = |line: &[u8]| line.strip_prefix(b"Status:").is_some_and(|value| value.contains(&b'R'));
    let is_read = header.into_iter().any(status);
    Letter { octets, is_read }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_parted_by_from_lines_behind_empty_ones() {
        let text = "From a Fri\nSubject: 1\nStatus: RO\n\nFrom the first\n>From the second\n>>From the third\n\nFrom b Sat\nSubject: 2\n\nx\n\n";
        let mut mbox = Mbox::new(Path::new("x"), Box::new(text.as_bytes()));
        let first = mbox.next().unwrap().unwrap();
        // A line behind an empty one begins a message, whatever it says: writers quote it for that.
        assert_eq!((first.octets.as_slice(), first.is_read), (&b"Subject: 1\nStatus: RO\n"[..], true));
        let second = mbox.next().unwrap().unwrap();
        assert_eq!(second.octets, b"From the second\n>From the third\n");
        let third = mbox.next().unwrap().unwrap();
        assert_eq!((third.octets.as_slice(), third.is_read), (&b"Subject: 2\n\nx\n"[..], false));
        assert!(mbox.next().is_none() && mbox.next().is_none());
    }
}
