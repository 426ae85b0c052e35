//! Files that are read: one message session over all that a verb reads, and the messages in them.
//!
//! Files that are read are never touched.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use mapi_defs::object::MessageObject;
use mapi_msg::{Message, MsgFile, MsgSession, Note, ObjectLimits};
use mapi_spi::handle::Handle;
use mapi_spi::message::Message as IMessage;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// The longest standard input that is taken into memory: 1 GiB.
const STDIN_MAX_BYTES: u64 = 1 << 30;

/// A message read from a file, with what was tolerated on the way.
pub(crate) struct Input {
    /// The message.
    pub(crate) message: MessageObject,
    /// What was left out or put right.
    pub(crate) notes: Vec<Note>,
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

    /// Opens the message in a .msg file, or in standard input for `-`.
    pub(crate) fn message(&self, path: &Path) -> Outcome<Handle<dyn IMessage>> {
        let file = open_file(path)?;
        self.session.open_message(&file).map_err(|error| unreadable(path, error.into()))
    }

    /// Reads a .msg file whole, or standard input for `-`.
    pub(crate) fn read(&self, path: &Path) -> Outcome<Input> {
        let file = open_file(path)?;
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
        Ok(Input { message, notes })
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

fn open_file(path: &Path) -> Outcome<MsgFile> {
    let opened =
        if path.as_os_str() == "-" { MsgFile::from_source(standard_input()?) } else { MsgFile::open(path) };
    opened.map_err(|error| unreadable(path, error.into()))
}

fn standard_input() -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(STDIN_MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::file(Path::new("standard input"), &error))?;
    if bytes.len() as u64 > STDIN_MAX_BYTES {
        return Err(
            Failure::new(ErrorCode::TOO_BIG, "standard input: longer than 1 GiB").with_exit(Exit::BadData)
        );
    }
    Ok(bytes)
}

/// Whatever is wrong inside a file is bad data, whichever code says so.
fn unreadable(path: &Path, failure: Failure) -> Failure {
    let exit = match failure.code {
        ErrorCode::NOT_FOUND => Exit::NoInput,
        ErrorCode::NO_ACCESS => Exit::NoAccess,
        ErrorCode::DISK_ERROR => Exit::Failed,
        _ => Exit::BadData,
    };
    failure.about(&path.display().to_string()).with_exit(exit)
}
