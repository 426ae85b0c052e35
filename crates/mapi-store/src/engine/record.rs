//! What an engine answers: rows of the store in plain values.

use mapi_defs::FileTime;
use mapi_defs::guid::MapiUid;
use mapi_spi::spooler::QueueNotes;

/// Who a store is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// PR_RECORD_KEY.
    pub(crate) uid: MapiUid,
}

/// A folder.
#[derive(Clone, Debug)]
pub(crate) struct FolderRecord {
    pub(crate) id: i64,
    pub(crate) guard: u32,
    pub(crate) parent: i64,
    pub(crate) parent_guard: u32,
    /// PR_FOLDER_TYPE.
    pub(crate) kind: i64,
    pub(crate) name: String,
    pub(crate) deleted: bool,
    pub(crate) created: FileTime,
    pub(crate) modified: FileTime,
    pub(crate) change: i64,
    pub(crate) counts: Counts,
    /// True where there are folders below.
    pub(crate) has_subfolders: bool,
    pub(crate) props: Vec<u8>,
}

/// A folder's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: i64,
    pub(crate) unread: i64,
    pub(crate) assoc: i64,
    /// Bytes.
    pub(crate) size: i64,
}

/// Which messages of a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum View {
    /// Those everybody sees.
    Normal = 0,
    /// Associated ones.
    Associated = 1,
    /// Soft-deleted ones.
    Deleted = 2,
    /// Soft-deleted associated ones.
    DeletedAssociated = 3,
    /// A message within an attachment.
    Embedded = 4,
}

impl View {
    /// The view of a number in a row; `None` for a number that is none.
    pub(crate) const fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Normal,
            1 => Self::Associated,
            2 => Self::Deleted,
            3 => Self::DeletedAssociated,
            4 => Self::Embedded,
            _ => return None,
        })
    }

    /// True for associated messages.
    pub(crate) const fn is_associated(self) -> bool {
        matches!(self, Self::Associated | Self::DeletedAssociated)
    }

    /// True for soft-deleted messages.
    pub(crate) const fn is_deleted(self) -> bool {
        matches!(self, Self::Deleted | Self::DeletedAssociated)
    }
}

/// A message with everything but its attachments' contents.
#[derive(Clone, Debug)]
pub(crate) struct MessageRecord {
    pub(crate) row: RowRecord,
    pub(crate) recipients: Vec<u8>,
    pub(crate) rest: Vec<u8>,
    /// Numbers of the attachments, ascending.
    pub(crate) attachments: Vec<u32>,
}

/// A message as a row of a table.
#[derive(Clone, Debug)]
pub(crate) struct RowRecord {
    pub(crate) id: i64,
    pub(crate) guard: u32,
    /// The folder; of an embedded message the attachment.
    pub(crate) folder: i64,
    pub(crate) folder_guard: u32,
    pub(crate) view: View,
    pub(crate) delivered: i64,
    pub(crate) flags: u32,
    pub(crate) status: u32,
    pub(crate) size: u64,
    pub(crate) created: FileTime,
    pub(crate) modified: FileTime,
    pub(crate) change: i64,
    pub(crate) props: Vec<u8>,
}

/// The place of a message in its folder's order: delivery time, then number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) delivered: i64,
    pub(crate) id: i64,
}

/// A place between rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cursor {
    /// Before every row.
    Start,
    /// Before the row with this key, or where it would stand.
    Before(Key),
    /// Behind the row with this key, or where it would stand.
    After(Key),
    /// Behind every row.
    End,
}

/// Where a class is received.
#[derive(Clone, Debug)]
pub(crate) struct ReceiveRecord {
    /// The class as it was written; empty for the default.
    pub(crate) class: String,
    pub(crate) folder: i64,
    pub(crate) folder_guard: u32,
    pub(crate) modified: FileTime,
}

/// A row of the outgoing queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueRecord {
    pub(crate) seq: i64,
    pub(crate) message: i64,
    /// Epoch of the spooler logon that locked it; 0 where none did.
    pub(crate) lock: i64,
    pub(crate) submit_flags: u32,
    pub(crate) spooler_status: u32,
    pub(crate) notes: QueueNotes,
}

/// The bit of [`QueueRecord::submit_flags`] that keeps a message from being sent; no SUBMITFLAG value.
pub(crate) const HELD: u32 = 0x1000_0000;

/// The event of a record by which a message that was there already is told of as new mail: no fnev value.
pub(crate) const ANNOUNCED: u32 = 0x400;

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ChangeRecord {
    pub(crate) seq: i64,
    /// One `fnev*` bit.
    pub(crate) event: u32,
    /// PR_OBJECT_TYPE.
    pub(crate) kind: i64,
    pub(crate) object: i64,
    pub(crate) guard: u32,
    pub(crate) folder: i64,
    /// The folder before a move, else 0.
    pub(crate) old_folder: i64,
    /// Of a message: the view that it is seen in, before or after.
    pub(crate) view: i64,
    /// True where the folder's counters changed with it, after a move those of both.
    pub(crate) counted: bool,
}
