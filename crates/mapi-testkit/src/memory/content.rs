//! `Content`: everything that the store in memory keeps, as plain values behind one lock.
//!
//! Who may do what is decided in `store.rs`, `folder.rs` and `message.rs`; tables and events that
//! follow from a change are made in `effects.rs`.

use super::names::NameMap;
use super::subscriptions::Subscriptions;
use mapi_defs::guid::MapiUid;
use mapi_defs::object::StorageObject;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::*;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::spooler::QueueNotes;
use mapi_spi::table::TableData;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The number of a folder or message; both count together.
pub(super) type Id = u64;

/// The first folder.
pub(super) const ROOT: Id = 1;
/// PR_OBJECT_TYPE of a folder and of a message, and the kind byte of their entry identifiers.
pub(super) const FOLDER: u8 = 3;
pub(super) const MESSAGE: u8 = 5;
/// Seconds from 1601 of the moment a store is made: it has no clock yet.
const NO_TIME: FileTime = FileTime(0);

/// The store's property that leads to a folder, and its bit of PR_VALID_FOLDER_MASK.
type Way = (mapi_defs::prop::PropTag, i32);

/// The folders that every store has: parent, name, and the way to it.
const SPECIAL: [(Id, &str, Option<Way>); 9] = [
    (ROOT, "Top of Information Store", Some((PR_IPM_SUBTREE_ENTRYID, 0x1))),
    (2, "Inbox", None),
    (2, "Outbox", Some((PR_IPM_OUTBOX_ENTRYID, 0x4))),
    (2, "Sent Items", Some((PR_IPM_SENTMAIL_ENTRYID, 0x10))),
    (2, "Deleted Items", Some((PR_IPM_WASTEBASKET_ENTRYID, 0x8))),
    (2, "Drafts", None),
    (ROOT, "Views", Some((PR_VIEWS_ENTRYID, 0x20))),
    (ROOT, "Common Views", Some((PR_COMMON_VIEWS_ENTRYID, 0x40))),
    (ROOT, "Finder", Some((PR_FINDER_ENTRYID, 0x80))),
];
/// Where mail arrives in a new store, and the bit of PR_VALID_FOLDER_MASK that says it is there.
const INBOX: Id = 3;
const INBOX_VALID: i32 = 0x2;

pub(super) struct Content {
    pub(super) uid: MapiUid,
    pub(super) names: NameMap,
    pub(super) store_props: PropList,
    pub(super) folders: BTreeMap<Id, FolderData>,
    pub(super) messages: BTreeMap<Id, MessageData>,
    /// Message classes in lower case: the class as it was set, and its folder.
    pub(super) receive: BTreeMap<String, (String, Id)>,
    pub(super) receive_table: Arc<TableData>,
    /// Queued messages in the order of submission.
    pub(super) queue: Vec<Queued>,
    pub(super) queue_table: Arc<TableData>,
    /// Deliveries that were made, by search key.
    pub(super) delivered: HashMap<Vec<u8>, Id>,
    pub(super) subscriptions: Subscriptions,
    /// The logons so far; each spooler logon is an epoch of locks.
    pub(super) logons: u64,
    next: Id,
}

pub(super) struct FolderData {
    pub(super) parent: Option<Id>,
    pub(super) props: PropList,
    pub(super) messages: BTreeSet<Id>,
    pub(super) contents: Arc<TableData>,
    pub(super) associated: Arc<TableData>,
    pub(super) deleted: Arc<TableData>,
    pub(super) hierarchy: Arc<TableData>,
}

pub(super) struct MessageData {
    pub(super) folder: Id,
    pub(super) associated: bool,
    pub(super) soft_deleted: bool,
    pub(super) body: MessageBody,
    /// PR_MESSAGE_FLAGS without what is computed of it.
    pub(super) flags: u32,
    /// PR_MSG_STATUS.
    pub(super) status: u32,
    /// Moves at every save, so that two who save are seen.
    pub(super) version: u64,
    pub(super) created: FileTime,
    pub(super) modified: FileTime,
}

/// What is in a message, saved or being written, in a folder or in an attachment.
#[derive(Clone, Default)]
pub(super) struct MessageBody {
    pub(super) props: PropList,
    pub(super) recipients: Vec<Recipient>,
    pub(super) next_row: u32,
    pub(super) attachments: BTreeMap<u32, AttachmentBody>,
    pub(super) next_attachment: u32,
}

#[derive(Clone, Default)]
pub(super) struct AttachmentBody {
    pub(super) props: PropList,
    pub(super) object: AttachedObject,
}

#[derive(Clone, Default)]
pub(super) enum AttachedObject {
    #[default]
    None,
    Message(Box<MessageBody>),
    Storage(StorageObject),
}

pub(super) struct Queued {
    pub(super) message: Id,
    /// The spooler logon that is at work on it.
    pub(super) locked_by: Option<u64>,
    pub(super) submit_flags: u32,
    pub(super) notes: QueueNotes,
}

impl FolderData {
    pub(super) fn new(parent: Option<Id>, props: PropList) -> Self {
        let rows = [PR_ENTRYID, PR_SUBJECT, PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE];
        let folders = [PR_ENTRYID, PR_DISPLAY_NAME, PR_COMMENT, PR_CONTENT_COUNT, PR_CONTENT_UNREAD];
        Self {
            parent,
            props,
            messages: BTreeSet::new(),
            contents: TableData::new(PR_ENTRYID, &rows),
            associated: TableData::new(PR_ENTRYID, &rows),
            deleted: TableData::new(PR_ENTRYID, &rows),
            hierarchy: TableData::new(PR_ENTRYID, &folders),
        }
    }
}

impl Content {
    /// A new store with its special folders, whose rows are not in the tables yet.
    pub(super) fn new(uid: MapiUid) -> Self {
        let queue = [PR_ENTRYID, PR_CLIENT_SUBMIT_TIME, PR_SUBJECT, PR_SUBMIT_FLAGS, PR_MESSAGE_FLAGS];
        let mut content = Self {
            uid,
            names: NameMap::default(),
            store_props: PropList::new(),
            folders: BTreeMap::new(),
            messages: BTreeMap::new(),
            receive: BTreeMap::new(),
            receive_table: TableData::new(PR_MESSAGE_CLASS, &[PR_MESSAGE_CLASS, PR_ENTRYID, PR_RECORD_KEY]),
            queue: Vec::new(),
            queue_table: TableData::new(PR_ENTRYID, &queue),
            delivered: HashMap::new(),
            subscriptions: Subscriptions::default(),
            logons: 0,
            next: ROOT,
        };
        content.store_props.set(PR_DISPLAY_NAME, "Store in memory");
        content.make_special_folders();
        content
    }

    pub(super) fn new_id(&mut self) -> Id {
        let id = self.next;
        self.next += 1;
        id
    }

    pub(super) fn entry_id(&self, kind: u8, id: Id) -> EntryId {
        let mut body = vec![kind];
        body.extend_from_slice(&id.to_be_bytes());
        EntryId::new(self.uid, &body)
    }

    /// The store's own identifier.
    pub(super) fn store_entry_id(&self) -> EntryId {
        EntryId::new(self.uid, b"store")
    }

    /// Kind and number of an entry identifier; the empty one is the root folder.
    pub(super) fn parse_id(&self, id: &EntryId, call: &'static str) -> Result<(u8, Id)> {
        if id.is_empty() {
            return Ok((FOLDER, ROOT));
        }
        let foreign =
            || Error::new(ErrorCode::INVALID_ENTRYID, call, "the identifier is not one of this store");
        if id.provider() != Some(self.uid) {
            return Err(foreign());
        }
        match id.body() {
            [kind @ (FOLDER | MESSAGE), number @ ..] => {
                let number = number.try_into().map(Id::from_be_bytes).map_err(|_| foreign())?;
                Ok((*kind, number))
            }
            _ => Err(foreign()),
        }
    }

    pub(super) fn folder(&self, id: Id, call: &'static str) -> Result<&FolderData> {
        self.folders.get(&id).ok_or_else(|| gone(call))
    }

    pub(super) fn message(&self, id: Id, call: &'static str) -> Result<&MessageData> {
        self.messages.get(&id).ok_or_else(|| gone(call))
    }

    pub(super) fn message_mut(&mut self, id: Id, call: &'static str) -> Result<&mut MessageData> {
        self.messages.get_mut(&id).ok_or_else(|| gone(call))
    }

    pub(super) fn children(&self, parent: Id) -> Vec<Id> {
        let below = self.folders.iter().filter(|(_, folder)| folder.parent == Some(parent));
        below.map(|(id, _)| *id).collect()
    }

    /// The folder of that name directly below; names are told apart without regard to case.
    pub(super) fn child_named(&self, parent: Id, name: &str) -> Option<Id> {
        let is_it = |id: &Id| {
            let held = self.folders.get(id).and_then(|folder| folder.props.text(PR_DISPLAY_NAME));
            held.is_some_and(|held| mapi_defs::prop::collation::compare_text(held, name).is_eq())
        };
        self.children(parent).into_iter().find(is_it)
    }

    /// True where `id` is `above` or lies below it.
    pub(super) fn is_within(&self, id: Id, above: Id) -> bool {
        let mut at = Some(id);
        while let Some(here) = at {
            if here == above {
                return true;
            }
            at = self.folders.get(&here).and_then(|folder| folder.parent);
        }
        false
    }

    pub(super) fn queued(&self, message: Id) -> Option<&Queued> {
        self.queue.iter().find(|queued| queued.message == message)
    }

    /// True for the folders that every store has.
    pub(super) fn is_special(id: Id) -> bool {
        id <= SPECIAL.len() as Id + ROOT
    }

    fn make_special_folders(&mut self) {
        let mut mask = INBOX_VALID;
        let root = self.new_folder(None, "Root");
        debug_assert_eq!(root, ROOT, "the first number");
        for (parent, name, property) in SPECIAL {
            let id = self.new_folder(Some(parent), name);
            if let Some((tag, bit)) = property {
                mask |= bit;
                let entry_id = self.entry_id(FOLDER, id).as_bytes().to_vec();
                self.store_props.set(tag, entry_id);
            }
        }
        self.store_props.set(PR_VALID_FOLDER_MASK, mask);
        for class in ["", "IPM", "REPORT.IPM"] {
            self.receive.insert(class.to_lowercase(), (class.to_owned(), INBOX));
        }
        self.receive.insert("ipc".to_owned(), ("IPC".to_owned(), ROOT));
    }

    fn new_folder(&mut self, parent: Option<Id>, name: &str) -> Id {
        let id = self.new_id();
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, name);
        props.set(PR_COMMENT, "");
        props.set(PR_CREATION_TIME, NO_TIME);
        self.folders.insert(id, FolderData::new(parent, props));
        id
    }
}

pub(super) fn gone(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "there is no such object in the store")
}
