//! Files that are read: one message session over all that a verb reads, and the messages in them.
//!
//! A file holds a .msg container, an Internet message, vCards or a TNEF stream (winmail.dat); what is in it
//! decides, not its name. Files that are read are never touched.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::mime_file;
use crate::tnef_file;
use crate::vcard_file;
use mapi_defs::ErrorCode;
use mapi_defs::object::MessageObject;
use mapi_msg::{Message, MsgFile, MsgSession, ObjectLimits};
use mapi_spi::handle::Handle;
use mapi_spi::message::Message as IMessage;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// The longest input that is taken into memory whole: 1 GiB.
const INPUT_MAX_BYTES: u64 = 1 << 30;

/// A message read from a file, with what was tolerated on the way.
pub(crate) struct Input {
    /// The message.
    pub(crate) message: MessageObject,
    /// What was left out or put right.
    pub(crate) notes: Vec<String>,
}

/// The files that one run of the command reads (a message session).
pub(crate) struct Inputs {
    session: MsgSession,
}

impl Inputs {
    /// Opens the message session.
    pub(crate) fn open() -> Self {
        Self { session: MsgSession::open() }
    }

    /// Opens the message in a file, or in standard input for `-`; an Internet message as a container in memory.
    pub(crate) fn message(&self, path: &Path) -> Outcome<Handle<dyn IMessage>> {
        let file = match open_file(path)? {
            Held::Container(file) => file,
            Held::Mime(octets) => container(&mime_file::message(&octets, path)?, path)?,
            Held::Cards(octets) => container(&vcard_file::contact(&octets, path)?, path)?,
            Held::Tnef(bytes) => container(&tnef_file::read(&bytes, path)?.message, path)?,
        };
        self.session.open_message(&file).map_err(|error| unreadable(path, error.into()))
    }

    /// Writes the message in a file into another one, unsaved; properties in `exclude` are left out.
    pub(crate) fn copy(&self, path: &Path, target: &mapi::object::Message, exclude: &[u16]) -> Outcome {
        let failed = |error: mapi_defs::Error| Failure::from(error).about(&path.display().to_string());
        match open_file(path)? {
            Held::Mime(octets) => target.fill(&mime_file::message(&octets, path)?, exclude).map_err(failed),
            Held::Cards(octets) => target.fill(&vcard_file::contact(&octets, path)?, exclude).map_err(failed),
            Held::Tnef(bytes) => {
                target.fill(&tnef_file::read(&bytes, path)?.message, exclude).map_err(failed)
            }
            Held::Container(file) => {
                let source =
                    self.session.open_message(&file).map_err(|error| unreadable(path, error.into()))?;
                mapi::object::Message::new(source).copy_to(target, exclude).map_err(failed)
            }
        }
    }

    /// Reads the message in a file whole, or in standard input for `-`.
    pub(crate) fn read(&self, path: &Path) -> Outcome<Input> {
        let file = match open_file(path)? {
            Held::Container(file) => file,
            Held::Mime(octets) => {
                return Ok(Input { message: mime_file::message(&octets, path)?, notes: Vec::new() });
            }
            Held::Cards(octets) => {
                return Ok(Input { message: vcard_file::contact(&octets, path)?, notes: Vec::new() });
            }
            Held::Tnef(bytes) => {
                let read = tnef_file::read(&bytes, path)?;
                let notes = read.problems.iter().map(ToString::to_string).collect();
                return Ok(Input { message: read.message, notes });
            }
        };
        let failed = |error: mapi_defs::Error| unreadable(path, error.into());
        let handle = self.session.open_message(&file).map_err(failed)?;
        let live = handle.live()?;
        let Some(open) = live.as_any().downcast_ref::<Message>() else {
            return Err(Failure::new(
                ErrorCode::CALL_FAILED,
                "the message session opened another kind of message",
            ));
        };
        let (message, mut notes) = open.to_object_with_notes(&ObjectLimits::default()).map_err(failed)?;
        notes.splice(0..0, file.notes().iter().cloned());
        Ok(Input { message, notes: notes.iter().map(ToString::to_string).collect() })
    }

    /// Reads the messages in a file: one, or the contacts of a file of vCards, each with what has no place in it.
    pub(crate) fn read_all(&self, path: &Path) -> Outcome<Vec<(MessageObject, Vec<Value>)>> {
        if path.as_os_str() == "-" || !vcard_file::is_vcard_file(path) {
            return Ok(vec![(self.read(path)?.message, Vec::new())]);
        }
        let contacts = vcard_file::contacts(&whole_file(path)?, path)?;
        let losses = |lost: Vec<mapi_vcard::Lost>| lost.iter().map(vcard_file::loss).collect();
        Ok(contacts.into_iter().map(|(contact, lost)| (contact, losses(lost))).collect())
    }

    /// Closes the message session and returns its `session_end`; no profile was open, so no queue.
    pub(crate) fn end(self) -> Value {
        let end = self.session.close();
        let left_open = end
            .left_open
            .iter()
            .map(|object| json!({ "kind": object.kind, "name": object.name, "where": object.place }));
        json!({
            "opened": end.opened,
            "closed": end.closed,
            "left_open_count": end.opened.saturating_sub(end.closed),
            "left_open": left_open.collect::<Vec<_>>(),
            "advises_cancelled": 0,
            "providers": [],
            "ms": (end.took.as_secs_f64() * 10_000.0).round() / 10.0,
        })
    }
}

/// What a file holds.
pub(crate) enum Held {
    /// A .msg file.
    Container(MsgFile),
    /// An Internet message.
    Mime(Vec<u8>),
    /// vCards.
    Cards(Vec<u8>),
    /// A TNEF stream.
    Tnef(Vec<u8>),
}

/// Opens a file, or standard input for `-`, as what it holds.
pub(crate) fn open_file(path: &Path) -> Outcome<Held> {
    let opened = if path.as_os_str() == "-" {
        let octets = standard_input()?;
        if mapi_vcard::is_vcard(&octets) {
            return Ok(Held::Cards(octets));
        }
        if mime_file::is_mime(&octets) {
            return Ok(Held::Mime(octets));
        }
        if mapi_tnef::is_tnef(&octets) {
            return Ok(Held::Tnef(octets));
        }
        MsgFile::from_source(octets)
    } else if vcard_file::is_vcard_file(path) {
        return whole_file(path).map(Held::Cards);
    } else if mime_file::is_mime_file(path) {
        return whole_file(path).map(Held::Mime);
    } else if mime_file::head(path).is_some_and(|head| mapi_tnef::is_tnef(&head)) {
        return whole_file(path).map(Held::Tnef);
    } else {
        MsgFile::open(path)
    };
    opened.map(Held::Container).map_err(|error| unreadable(path, error.into()))
}

/// The octets of a file, or of standard input for `-`.
pub(crate) fn octets(path: &Path) -> Outcome<Vec<u8>> {
    if path.as_os_str() == "-" { standard_input() } else { whole_file(path) }
}

fn whole_file(path: &Path) -> Outcome<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
    let mut octets = Vec::new();
    file.take(INPUT_MAX_BYTES + 1).read_to_end(&mut octets).map_err(|error| Failure::file(path, &error))?;
    if octets.len() as u64 > INPUT_MAX_BYTES {
        return Err(too_long(path));
    }
    Ok(octets)
}

fn too_long(path: &Path) -> Failure {
    let message = format!("{}: longer than 1 GiB", path.display());
    Failure::new(ErrorCode::TOO_BIG, message).with_exit(Exit::BadData)
}

/// A message as the container that it would be saved as.
fn container(message: &MessageObject, path: &Path) -> Outcome<MsgFile> {
    let written = mapi_msg::write_message(message, &mapi_msg::WriteOptions::default());
    written.and_then(MsgFile::from_source).map_err(|error| unreadable(path, error.into()))
}

fn standard_input() -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(INPUT_MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::file(Path::new("standard input"), &error))?;
    if bytes.len() as u64 > INPUT_MAX_BYTES {
        return Err(too_long(Path::new("standard input")));
    }
    Ok(bytes)
}

/// Whatever is wrong inside a file is bad data, whichever code says so.
pub(crate) fn unreadable(path: &Path, failure: Failure) -> Failure {
    let exit = match failure.code {
        ErrorCode::NOT_FOUND => Exit::NoInput,
        ErrorCode::NO_ACCESS => Exit::NoAccess,
        ErrorCode::DISK_ERROR => Exit::Failed,
        _ => Exit::BadData,
    };
    failure.about(&path.display().to_string()).with_exit(exit)
}
