//! `Place`: what a path or an entry identifier on the command line stands for.
//!
//! A path such as `/Inbox/Project A` leads from the IPM subtree; its last part may be a message's
//! subject. An entry identifier is its hex.

use crate::failure::{Failure, Outcome};
use mapi::object::Object;
use mapi::object::{Folder, Message, MsgStore, Opened};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_PARENT_ENTRYID, PR_SUBJECT};
use mapi_defs::restriction::{RelOp, Restriction};
use mapi_defs::{EntryId, ErrorCode};

/// The fewest hex digits that are taken for an entry identifier: its flags and a UID.
const ENTRY_ID_DIGITS: usize = 2 * EntryId::HEADER_BYTES;
/// How many messages of one subject are told apart in an error.
const NAMED_MOST: i64 = 5;

/// What was found.
pub(crate) enum Place {
    /// A folder.
    Folder(Folder, EntryId),
    /// A message, with its folder.
    Message(EntryId, EntryId),
}

/// Finds what a path or an entry identifier stands for.
pub(crate) fn find(store: &MsgStore, text: &str) -> Outcome<Place> {
    if let Some(id) = entry_id(text) {
        return by_entry_id(store, id).map_err(|failure| failure.about(text));
    }
    match store.folder(text) {
        Ok(folder) => with_id(folder),
        Err(error) if error.code() == ErrorCode::NOT_FOUND => by_subject(store, text),
        Err(error) => Err(Failure::from(error).about(text)),
    }
}

/// Finds a folder.
pub(crate) fn find_folder(store: &MsgStore, text: &str) -> Outcome<Folder> {
    match find(store, text)? {
        Place::Folder(folder, _) => Ok(folder),
        Place::Message(..) => {
            Err(Failure::new(ErrorCode::NOT_FOUND, format!("{text}: a message, no folder")))
        }
    }
}

/// Opens a message.
pub(crate) fn open_message(store: &MsgStore, text: &str) -> Outcome<Message> {
    match find(store, text)? {
        Place::Message(id, _) => Ok(store.open_message(&id, OpenFlags::NONE)?),
        Place::Folder(..) => Err(Failure::new(ErrorCode::NOT_FOUND, format!("{text}: a folder, no message"))),
    }
}

/// The entry identifier that a text is the hex of.
pub(crate) fn entry_id(text: &str) -> Option<EntryId> {
    if text.len() < ENTRY_ID_DIGITS { None } else { EntryId::from_hex(text) }
}

/// Parts a path into its folder and its last name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').unwrap_or(("", path))
}

fn with_id(folder: Folder) -> Outcome<Place> {
    let id = folder.binary(PR_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
    Ok(Place::Folder(folder, id))
}

fn by_entry_id(store: &MsgStore, id: EntryId) -> Outcome<Place> {
    match store.open_entry(&id, OpenFlags::BEST_ACCESS)? {
        Opened::Folder(folder) => with_id(folder),
        Opened::Message(message) => {
            let parent = message.binary(PR_PARENT_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
            Ok(Place::Message(id, parent))
        }
        _ => Err(Failure::new(ErrorCode::NOT_FOUND, "neither a folder nor a message")),
    }
}

fn by_subject(store: &MsgStore, path: &str) -> Outcome<Place> {
    let (above, subject) = split(path);
    let missing = || Failure::new(ErrorCode::NOT_FOUND, format!("{path}: no such folder or message"));
    let folder = store.folder(above).map_err(|_| missing().with_hint("see what there is with `mapi ls`"))?;
    let table = folder.contents_table(TableFlags::NONE)?;
    let value = PropValue::from(subject);
    table.restrict(Some(Restriction::Property { op: RelOp::Equal, tag: PR_SUBJECT, value }))?;
    table.set_columns(&[PR_ENTRYID, PR_PARENT_ENTRYID])?;
    let rows = table.query_rows(NAMED_MOST)?;
    let ids: Vec<EntryId> =
        rows.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect();
    match ids.as_slice() {
        [] => Err(missing().with_hint("see what there is with `mapi ls`")),
        [id] => {
            let parent = rows[0].binary(PR_PARENT_ENTRYID).map(EntryId::from_bytes).unwrap_or_default();
            Ok(Place::Message(id.clone(), parent))
        }
        several => {
            let ids = several.iter().map(EntryId::to_string).collect::<Vec<_>>().join(" ");
            let failure = Failure::new(
                ErrorCode::AMBIGUOUS_RECIP,
                format!("{path}: several messages have this subject"),
            );
            Err(failure.with_hint(format!("name one by its entry identifier: {ids}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_parted_at_its_last_name() {
        assert_eq!(split("/Inbox/Project A"), ("/Inbox", "Project A"));
        assert_eq!(split("/Inbox/"), ("", "Inbox"));
        assert_eq!(split("Inbox"), ("", "Inbox"));
    }

    #[test]
    fn only_long_hex_is_an_entry_identifier() {
        assert!(entry_id("cafe").is_none());
        assert!(entry_id(&"0a".repeat(24)).is_some());
        assert!(entry_id(&"zz".repeat(24)).is_none());
    }
}
