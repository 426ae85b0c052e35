//! `Notification`: what an advise sink is told (NOTIFICATION), and `EventMask`, what it asked for.

use crate::{EntryId, ErrorCode, prop::PropTag, row::Row};

/// Which events a sink asks for (fnev*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct EventMask(pub u32);

impl EventMask {
    /// fnevCriticalError.
    pub const CRITICAL_ERROR: Self = Self(0x0000_0001);
    /// fnevNewMail.
    pub const NEW_MAIL: Self = Self(0x0000_0002);
    /// fnevObjectCreated.
    pub const OBJECT_CREATED: Self = Self(0x0000_0004);
    /// fnevObjectDeleted.
    pub const OBJECT_DELETED: Self = Self(0x0000_0008);
    /// fnevObjectModified.
    pub const OBJECT_MODIFIED: Self = Self(0x0000_0010);
    /// fnevObjectMoved.
    pub const OBJECT_MOVED: Self = Self(0x0000_0020);
    /// fnevObjectCopied.
    pub const OBJECT_COPIED: Self = Self(0x0000_0040);
    /// fnevSearchComplete.
    pub const SEARCH_COMPLETE: Self = Self(0x0000_0080);
    /// fnevTableModified.
    pub const TABLE_MODIFIED: Self = Self(0x0000_0100);
    /// fnevStatusObjectModified.
    pub const STATUS_OBJECT_MODIFIED: Self = Self(0x0000_0200);
    /// fnevExtended.
    pub const EXTENDED: Self = Self(0x8000_0000);

    /// True where any bit of `other` is asked for.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl std::ops::BitOr for EventMask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One event.
#[derive(Clone, PartialEq, Debug)]
pub enum Notification {
    /// Something is so wrong that the session should end.
    CriticalError {
        /// The object concerned; empty for the session.
        entry_id: EntryId,
        /// The reason.
        code: ErrorCode,
        /// Words for a person.
        message: String,
    },
    /// A message arrived.
    NewMail {
        /// The message.
        entry_id: EntryId,
        /// Its folder.
        parent_id: EntryId,
        /// PR_MESSAGE_CLASS.
        message_class: String,
        /// PR_MESSAGE_FLAGS.
        message_flags: u32,
    },
    /// An object came, went, changed, moved or was copied; `event` says which.
    Object {
        /// Exactly one of the OBJECT_* events or SEARCH_COMPLETE.
        event: EventMask,
        /// What happened to it.
        object: ObjectEvent,
    },
    /// A table changed.
    Table(TableEvent),
    /// A provider's own event, or the session's logoff.
    Extended {
        /// The provider's number.
        event: u32,
        /// The provider's bytes.
        parameters: Vec<u8>,
    },
}

impl Notification {
    /// The mask bit of this event.
    pub fn event(&self) -> EventMask {
        match self {
            Self::CriticalError { .. } => EventMask::CRITICAL_ERROR,
            Self::NewMail { .. } => EventMask::NEW_MAIL,
            Self::Object { event, .. } => *event,
            Self::Table(_) => EventMask::TABLE_MODIFIED,
            Self::Extended { .. } => EventMask::EXTENDED,
        }
    }
}

/// The object of an object event (OBJECT_NOTIFICATION).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ObjectEvent {
    /// PR_OBJECT_TYPE of the object: 1 store, 3 folder, 5 message.
    pub object_type: u32,
    /// The object.
    pub entry_id: EntryId,
    /// Its parent.
    pub parent_id: EntryId,
    /// Where it was before a move, or what it was copied from.
    pub old_id: Option<EntryId>,
    /// The parent it had there.
    pub old_parent_id: Option<EntryId>,
    /// The properties that changed, where the provider says.
    pub tags: Vec<PropTag>,
}

/// What happened to a table (TABLE_NOTIFICATION).
#[derive(Clone, PartialEq, Debug)]
pub enum TableEvent {
    /// TABLE_RELOAD: read it again.
    Reload,
    /// TABLE_ROW_ADDED, with the row before it (`None`: it is the first).
    RowAdded {
        /// PR_INSTANCE_KEY of the row, whether or not it is among the columns.
        index: Vec<u8>,
        /// PR_INSTANCE_KEY of the row before.
        prior: Option<Vec<u8>>,
        /// The row in the table's columns.
        row: Row,
    },
    /// TABLE_ROW_DELETED.
    RowDeleted {
        /// PR_INSTANCE_KEY of the row.
        index: Vec<u8>,
    },
    /// TABLE_ROW_MODIFIED.
    RowModified {
        /// PR_INSTANCE_KEY of the row, whether or not it is among the columns.
        index: Vec<u8>,
        /// PR_INSTANCE_KEY of the row before.
        prior: Option<Vec<u8>>,
        /// The row in the table's columns.
        row: Row,
    },
}
