//! Extracting: the files of a message, written where only its reader can read them.

use crate::attach::NOWHERE;
use crate::failure::{Code, Failure, Result};
use crate::message::{AttachedFile, FileKind};
use mapi::object::Object;
use mapi::{Attachment, Message, OpenFlags, StreamFlags};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_ATTACH_ENCODING, PR_ATTACH_FILENAME, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD,
    PR_ATTACH_TAG, PR_DISPLAY_NAME, PR_RENDERING_POSITION,
};
use mapi_files::file_name::{harmless, numbered};
use mapi_msg::{WriteOptions, write_message};
use mapi_spi::attachment::method;
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A name for what has none.
const NAMELESS: &str = "attachment";
/// The file of a message's text.
const BODY: &str = "message.txt";

/// Whether files are written to the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extraction {
    /// Only what they are called.
    NamesOnly,
    /// Each into a file of its own.
    Written,
}

/// The files of a message; `body`, where there is one, is the first of them.
pub(crate) fn files(message: &Message, how: Extraction, body: Option<&str>) -> Result<Vec<AttachedFile>> {
    let mut folder = Folder::default();
    let mut files = Vec::new();
    if let Some(text) = body {
        let path = folder.write(BODY, &mut text.as_bytes())?;
        files.push(AttachedFile { path, name: BODY.to_owned(), ..AttachedFile::default() });
    }
    for number in message.attachments()? {
        let attachment = message.open_attach(number, OpenFlags::NONE)?;
        let mut file = described(&attachment)?;
        if how == Extraction::Written {
            file.path = write(&mut folder, &attachment, &file.name)?;
        }
        files.push(file);
    }
    folder.keep();
    Ok(files)
}

fn described(attachment: &Attachment) -> Result<AttachedFile> {
    let mut name = String::new();
    for tag in [PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME, PR_DISPLAY_NAME] {
        if name.is_empty() {
            name = attachment.text(tag)?.unwrap_or_default();
        }
    }
    let position = attachment.long(PR_RENDERING_POSITION)?.unwrap_or(NOWHERE);
    let kind = attachment.binary(PR_ATTACH_TAG)?;
    let encoding = attachment.binary(PR_ATTACH_ENCODING)?.unwrap_or_default();
    Ok(AttachedFile {
        flags: 0,
        position: u32::try_from(position).ok(),
        path: PathBuf::new(),
        name: harmless(&name, NAMELESS),
        kind: kind.map(|tag| FileKind { tag, encoding }),
    })
}

/// Writes what an attachment holds; one that only refers to something holds nothing, and is followed nowhere.
fn write(folder: &mut Folder, attachment: &Attachment, name: &str) -> Result<PathBuf> {
    match attachment.long(PR_ATTACH_METHOD)?.unwrap_or(method::BY_VALUE) {
        method::EMBEDDED_MSG => {
            let embedded = attachment.open_message(false)?.object()?;
            let bytes = write_message(&embedded, &WriteOptions::default())?;
            folder.write(&format!("{name}.msg"), &mut bytes.as_slice())
        }
        method::BY_VALUE | method::OLE => {
            match attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE) {
                Ok(mut content) => folder.write(name, &mut content),
                Err(error) if error.code() == mapi::ErrorCode::NOT_FOUND => {
                    folder.write(name, &mut io::empty())
                }
                Err(error) => Err(error.into()),
            }
        }
        _ => Ok(PathBuf::new()),
    }
}

/// A new folder for its owner alone, made with the first file and removed with all of them unless it is kept.
#[derive(Default)]
struct Folder {
    made: Option<tempfile::TempDir>,
    taken: HashSet<String>,
}

impl Folder {
    fn write(&mut self, name: &str, content: &mut dyn Read) -> Result<PathBuf> {
        let name = self.free(name);
        let folder = match self.made.take() {
            Some(made) => made,
            None => tempfile::Builder::new().prefix("mapi-").tempdir().map_err(|error| failed(&error))?,
        };
        let path = self.made.insert(folder).path().join(name);
        copy(&path, content).map_err(|error| failed(&error))?;
        Ok(path)
    }

    /// A name that no file of the folder has yet.
    fn free(&mut self, name: &str) -> String {
        let wanted = harmless(name, NAMELESS);
        let mut chosen = wanted.clone();
        let mut number = 1;
        while !self.taken.insert(chosen.to_lowercase()) {
            number += 1;
            chosen = numbered(&wanted, number);
        }
        chosen
    }

    /// Leaves the folder and its files to who reads the message.
    fn keep(self) {
        if let Some(mut made) = self.made {
            made.disable_cleanup(true);
        }
    }
}

fn copy(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(content, &mut file).map(|_| ())
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(Code::AttachmentWriteFailure, error.to_string())
}
