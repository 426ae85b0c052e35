//! Finding: the messages of the folder where a kind of message arrives, one after the other, and the texts
//! that name them.

use crate::failure::{Code, Failure, Result};
use crate::session::{SessionHandle, extended};
use mapi::object::{Folder, Object, Table};
use mapi::{EntryId, Message, MsgStore, OpenFlags, Session, TableFlags};
use mapi_defs::flags::MessageFlags;
use mapi_defs::hex;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::{
    PR_ENTRYID, PR_MESSAGE_CLASS, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS, PR_RECORD_KEY,
};
use mapi_defs::restriction::{Fuzzy, Loose, RelOp, Restriction};
use mapi_defs::sort::{Direction, SortOrder};
use mapi_spi::table::Bookmark;

/// What MAPIFindNext is asked for.
#[derive(Clone, Copy, Default, Debug)]
pub struct FindFlags {
    /// MAPI_GUARANTEE_FIFO: in the order of their arrival, oldest first.
    pub in_order: bool,
    /// MAPI_UNREAD_ONLY.
    pub unread_only: bool,
}

/// How long a message's name may be, its NUL included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdWidth {
    /// 64 bytes.
    Short,
    /// MAPI_LONG_MSGID: 512 bytes.
    Long,
}

impl IdWidth {
    /// The bytes of the caller's buffer.
    pub fn bytes(self) -> usize {
        match self {
            Self::Short => 64,
            Self::Long => 512,
        }
    }
}

/// Finds the message behind another one, or the first (MAPIFindNext). Without a class it looks for mail
/// between people (IPM) in the Inbox, otherwise for messages of that class and those derived from it, where such
/// messages arrive.
///
/// # Errors
/// - `NoMessages`: there is none further on.
/// - `InvalidMessage`: no message has the seed's name.
/// - `InvalidSession`: no such session.
///
/// # Differs
/// A message that is gone is no seed. Messages are listed oldest first whether or not that is asked for.
///
/// # Source
/// MAPIFindNext.
pub fn find_next(
    handle: SessionHandle,
    class: &str,
    seed: &str,
    flags: FindFlags,
    width: IdWidth,
) -> Result<String> {
    let session = extended(handle)?;
    let store = session.open_default_store()?;
    let folder = folder_of(&store, class)?;
    let table = folder.contents_table(TableFlags::NONE)?;
    table.sort(SortOrder::by(PR_MESSAGE_DELIVERY_TIME, Direction::Ascending))?;
    table.set_columns(&[PR_ENTRYID, PR_RECORD_KEY, PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS])?;
    if !seed.is_empty() {
        seek_behind(&session, &table, seed)?;
    }
    match table.find_row(&wanted(class, flags), Bookmark::Current, false) {
        Err(error) if error.code() == mapi::ErrorCode::NOT_FOUND => {
            return Err(Failure::new(Code::NoMessages, "no further message"));
        }
        other => other?,
    }
    let row = table.query_rows(1)?.into_iter().next();
    let row = row.ok_or_else(|| Failure::new(Code::NoMessages, "no further message"))?;
    let tag = if width == IdWidth::Long { PR_ENTRYID } else { PR_RECORD_KEY };
    name(row.binary(tag).unwrap_or_default(), width)
}

/// The folder where messages of a class arrive.
pub(crate) fn folder_of(store: &MsgStore, class: &str) -> Result<Folder> {
    let class = if class.is_empty() { "IPM" } else { class };
    Ok(store.open_folder(&store.receive_folder(class)?.folder, OpenFlags::BEST_ACCESS)?)
}

fn wanted(class: &str, flags: FindFlags) -> Restriction {
    let class = if class.is_empty() { "IPM" } else { class };
    let loose = Loose { ignore_case: true, ..Loose::default() };
    let compared = |fuzzy, text: String| Restriction::Content {
        fuzzy,
        loose,
        tag: PR_MESSAGE_CLASS,
        value: PropValue::Unicode(text),
    };
    let mut all = vec![Restriction::Or(vec![
        compared(Fuzzy::FullString, class.to_owned()),
        compared(Fuzzy::Prefix, format!("{class}.")),
    ])];
    if flags.unread_only {
        let mask = MessageFlags::READ.0;
        all.push(Restriction::BitMask { nonzero: false, tag: PR_MESSAGE_FLAGS, mask });
    }
    Restriction::And(all)
}

fn seek_behind(session: &Session, table: &Table, seed: &str) -> Result<()> {
    let unknown = || no_message(seed);
    let key = open_named(session, seed)?.binary(PR_RECORD_KEY)?.ok_or_else(unknown)?;
    let value = PropValue::Binary(key);
    let here = Restriction::Property { op: RelOp::Equal, tag: PR_RECORD_KEY, value };
    table.find_row(&here, Bookmark::Beginning, false).map_err(|_| unknown())?;
    table.seek_row(Bookmark::Current, 1)?;
    Ok(())
}

/// The name of an open message that was saved.
pub(crate) fn name_of(message: &Message, width: IdWidth) -> Result<String> {
    let tag = if width == IdWidth::Long { PR_ENTRYID } else { PR_RECORD_KEY };
    name(&message.binary(tag)?.unwrap_or_default(), width)
}

/// The text that stands for an identifier; the long one is an entry identifier, the short one a record key.
fn name(bytes: &[u8], width: IdWidth) -> Result<String> {
    let name = hex::encode(bytes);
    if bytes.is_empty() || name.len() >= width.bytes() {
        return Err(Failure::new(
            Code::Failure,
            "the store's identifiers do not fit: ask for MAPI_LONG_MSGID",
        ));
    }
    Ok(name)
}

/// Opens the message of a name.
///
/// # Errors
/// - `InvalidMessage`: no message has this name.
pub(crate) fn open_named(session: &Session, name: &str) -> Result<Message> {
    let store = session.open_default_store()?;
    let id = entry_id(&store, name)?;
    let message = store.open_message(&id, OpenFlags::BEST_ACCESS);
    message.map_err(|error| Failure::from(error).with_code(Code::InvalidMessage))
}

/// The entry identifier of a name: itself, or that of the message with this record key where mail arrives.
pub(crate) fn entry_id(store: &MsgStore, name: &str) -> Result<EntryId> {
    let bytes = hex::decode(name).filter(|bytes| !bytes.is_empty()).ok_or_else(|| no_message(name))?;
    if name.len() >= IdWidth::Short.bytes() {
        return Ok(EntryId::from_bytes(bytes));
    }
    let here =
        Restriction::Property { op: RelOp::Equal, tag: PR_RECORD_KEY, value: PropValue::Binary(bytes) };
    for folder in receive_folders(store)? {
        let table = folder.contents_table(TableFlags::NONE)?;
        table.set_columns(&[PR_ENTRYID])?;
        if table.find_row(&here, Bookmark::Beginning, false).is_ok()
            && let Some(id) = table.query_rows(1)?.first().and_then(|row| row.binary(PR_ENTRYID))
        {
            return Ok(EntryId::from_bytes(id));
        }
    }
    Err(no_message(name))
}

fn receive_folders(store: &MsgStore) -> Result<Vec<Folder>> {
    let rows = store.receive_folder_table()?.query_all_rows(&[PR_ENTRYID])?;
    let mut ids: Vec<EntryId> =
        rows.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect();
    ids.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    ids.dedup();
    ids.iter().map(|id| Ok(store.open_folder(id, OpenFlags::NONE)?)).collect()
}

fn no_message(name: &str) -> Failure {
    Failure::new(Code::InvalidMessage, format!("no message is named {name:?}"))
}
