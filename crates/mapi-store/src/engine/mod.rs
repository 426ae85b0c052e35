//! `Engine`: the whole contract between the store and what keeps it, in words of the store.
//!
//! Everything above is without SQL, everything below without MAPI objects. Reads answer what is
//! committed; every write is one [`Change`], done wholly or not at all, and durable when it returns.
//! The one engine so far is `sqlite/`.

pub(crate) mod pack;
pub(crate) mod record;
pub(crate) mod sqlite;

use crate::changes::Wake;
use mapi_defs::prop::NamedProp;
use mapi_defs::{FileTime, Result};
use mapi_spi::spooler::QueueNotes;
use pack::Packed;
use record::{
    ChangeRecord, Cursor, FolderRecord, Identity, Key, MessageRecord, QueueRecord, ReceiveRecord, RowRecord,
    View,
};
use std::path::PathBuf;
use std::sync::Weak;

/// What a store is kept by.
pub(crate) trait Engine: Send + Sync {
    /// Who the store is; the same for its whole life.
    fn identity(&self) -> &Identity;

    /// True where nothing can be written.
    fn is_read_only(&self) -> bool;

    /// The store's own name, change number and packed properties.
    fn store(&self) -> Result<(String, i64, Vec<u8>)>;

    /// A folder; soft-deleted ones too.
    fn folder(&self, id: i64) -> Result<Option<FolderRecord>>;

    /// The folders directly below a folder, in the order of their names.
    fn subfolders(&self, parent: i64, deleted: bool) -> Result<Vec<FolderRecord>>;

    /// The folder that plays a part (`special_folders.rs`).
    fn special(&self, role: i64) -> Result<Option<(i64, u32)>> {
        let found = self.specials()?.into_iter().find(|(plays, ..)| *plays == role);
        Ok(found.map(|(_, id, guard)| (id, guard)))
    }

    /// Every folder that plays a part: the part, the folder's number and its guard.
    fn specials(&self) -> Result<Vec<(i64, i64, u32)>>;

    /// A message, embedded ones too.
    fn message(&self, id: i64) -> Result<Option<MessageRecord>>;

    /// An attachment's packed properties, size and embedded message (0: none).
    fn attachment(&self, message: i64, number: u32) -> Result<Option<(Vec<u8>, u64, i64)>>;

    /// Reads a stream at a place.
    fn read_stream(&self, stream: i64, offset: u64, into: &mut [u8]) -> Result<usize>;

    /// The rows of a folder from a place, nearest first; fewer than `count` at the end only.
    fn rows(
        &self,
        folder: i64,
        view: View,
        from: &Cursor,
        backwards: bool,
        count: usize,
    ) -> Result<Vec<RowRecord>>;

    /// The keys alone, as [`Engine::rows`].
    fn keys(&self, folder: i64, view: View, from: &Cursor, backwards: bool, count: usize)
    -> Result<Vec<Key>>;

    /// Shows every row of a folder to `each` until it answers false.
    fn scan(&self, folder: i64, view: View, each: &mut dyn FnMut(RowRecord) -> Result<bool>) -> Result<()>;

    /// The rows with these numbers, in their order; those that are gone are left out.
    fn rows_by_id(&self, ids: &[i64]) -> Result<Vec<RowRecord>>;

    /// Number of rows before a place; of all rows where the place is the end.
    fn rank(&self, folder: i64, view: View, at: &Cursor) -> Result<u64>;

    /// The folder's number of changes so far; it moves with every change of its contents.
    fn folder_changed(&self, folder: i64) -> Result<i64>;

    /// The names of identifiers.
    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>>;

    /// The identifiers of names; new ones are made by [`Change::Name`].
    fn named_ids(&self, names: &[NamedProp]) -> Result<Vec<Option<u16>>>;

    /// Where classes are received.
    fn receive_folders(&self) -> Result<Vec<ReceiveRecord>>;

    /// The rows of the outgoing queue behind this one, in order of submission; messages that are held are not
    /// in it.
    fn queue_page(&self, after: i64, most: usize) -> Result<Vec<QueueRecord>>;

    /// Number of these rows up to this one.
    fn queue_rank(&self, up_to: i64) -> Result<u64>;

    /// The row with so many before it.
    fn queue_at(&self, before: u64) -> Result<Option<i64>>;

    /// The queue's row of one message.
    fn queued(&self, message: i64) -> Result<Option<QueueRecord>>;

    /// Whether deliveries with these keys were made before, in the order asked.
    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>>;

    /// What happened after a change, oldest first.
    fn changes_since(&self, seq: i64, most: usize) -> Result<Vec<ChangeRecord>>;

    /// The number of the newest change; 0 where nothing has happened yet.
    fn last_change(&self) -> Result<i64>;

    /// Has somebody woken after each change that this program makes.
    fn wake_at_changes(&self, wake: Weak<Wake>);

    /// The bells of other programs are in this folder; they are rung after each change from now on.
    fn ring_in(&self, folder: PathBuf);

    /// A question that answers whether anybody has changed the store since it was last asked.
    fn watch(&self) -> Box<dyn FnMut() -> bool + Send>;

    /// Does a change, durably.
    fn commit(&self, change: Change) -> Result<Done>;
}

/// One change of the store.
#[derive(Debug)]
pub(crate) enum Change {
    /// Saves the store's own properties.
    Store { name: String, expected: Option<i64>, props: Packed },
    /// Saves a folder's properties.
    Folder { id: i64, expected: Option<i64>, name: String, now: FileTime, props: Packed },
    /// Creates a folder, or finds the one of that name where `or_open` is set.
    NewFolder { parent: i64, kind: i64, name: String, or_open: bool, now: FileTime, props: Packed },
    /// Moves a folder below another, perhaps by another name.
    MoveFolder { id: i64, to: i64, name: String, now: FileTime },
    /// Copies a folder with its messages, and with the folders below where `deep` is set.
    CopyFolder { id: i64, to: i64, name: String, deep: bool, now: FileTime },
    /// Deletes a folder and everything in it.
    DeleteFolder { id: i64, parent: i64, hard: bool, now: FileTime, messages: bool, folders: bool },
    /// Saves a message.
    Message(Box<MessageChange>),
    /// Moves messages from one folder to another.
    MoveMessages { ids: Vec<i64>, from: i64, to: i64 },
    /// Copies messages into a folder.
    CopyMessages { ids: Vec<i64>, from: i64, to: i64, now: FileTime },
    /// Deletes messages of a folder.
    DeleteMessages { ids: Vec<i64>, from: i64, hard: bool },
    /// Brings soft-deleted messages back.
    RestoreMessages { ids: Vec<i64>, folder: i64 },
    /// Sets and clears bits of PR_MESSAGE_FLAGS.
    Flags { ids: Vec<i64>, folder: i64, set: u32, clear: u32 },
    /// Sets the bits of `mask` in PR_MSG_STATUS to those of `status`.
    Status { id: i64, status: u32, mask: u32 },
    /// Sets or forgets where a class is received.
    Receive { class: String, folder: Option<i64>, now: FileTime },
    /// Gives names identifiers.
    Name(Vec<NamedProp>),
    /// Saves the recipients of a message alone, where nothing else of it changed: what the spooler writes down.
    Recipients { id: i64, expected: Option<i64>, recipients: Vec<u8>, now: FileTime },
    /// Locks a queued message for a spooler logon, or unlocks it (epoch 0), where it still is what was opened. The
    /// one change that may be lost with the power: a message that nobody has locked is free.
    Lock { message: i64, epoch: i64, expected: Option<i64> },
    /// Several, in order, as one.
    All(Vec<Change>),
    /// Takes a new epoch for a spooler logon; the locks of earlier ones end.
    SpoolerEpoch,
    /// Unlocks a queued message and keeps what the next spooler has to know of it.
    Rest { message: i64, notes: QueueNotes },
    /// Takes a message out of the queue that is not locked, or by this lock alone; it can be changed again.
    Abort { message: i64, dead_lock: i64 },
    /// Keeps a queued message from being sent, or lets it go, where it is not locked or by this lock alone.
    Hold { message: i64, hold: bool, dead_lock: i64 },
    /// Tells of a message that it is new mail.
    Announce { message: i64 },
    /// Ends the sending of a message.
    Finish { message: i64, sent_folder: Option<i64>, delete: bool, now: FileTime },
}

/// What a change did.
#[derive(Debug)]
pub(crate) enum Done {
    /// It was done.
    Nothing,
    /// A folder, new or found.
    Folder { id: i64 },
    /// A message as it was saved.
    Message(Saved),
    /// For each message that was done the place in the list asked for, its number and guard.
    Messages(Vec<(usize, i64, u32)>),
    /// How many objects were to be done, and were.
    Count { asked: u64, done: u64 },
    /// Identifiers of names, in the order asked for.
    Names(Vec<Option<u16>>),
    /// The old PR_MSG_STATUS.
    Status(u32),
    /// The new epoch.
    Epoch(i64),
}

/// A message as it was saved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved {
    pub(crate) id: i64,
    pub(crate) guard: u32,
    pub(crate) change: i64,
    /// PR_MESSAGE_FLAGS.
    pub(crate) flags: u32,
    /// PR_MESSAGE_SIZE.
    pub(crate) size: u64,
    /// False for a delivery that was made before; only number and guard are true then.
    pub(crate) is_new: bool,
}

/// A message to be saved.
#[derive(Debug)]
pub(crate) struct MessageChange {
    /// Which message.
    pub(crate) target: Target,
    /// What it is to be.
    pub(crate) image: MessageImage,
    /// Puts it into the outgoing queue, with these PR_SUBMIT_FLAGS.
    pub(crate) submit: Option<u32>,
    /// Does nothing where this delivery was made before.
    pub(crate) once: Option<Once>,
    /// True where a locked message may be saved: the spooler saves it.
    pub(crate) by_spooler: bool,
    /// What is marked in the same step.
    pub(crate) marks: Option<Marks>,
}

/// Bits of PR_MESSAGE_FLAGS of a message, to be set and cleared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) id: i64,
    pub(crate) folder: i64,
    pub(crate) set: u32,
    pub(crate) clear: u32,
}

/// A delivery that is made once.
#[derive(Debug)]
pub(crate) struct Once {
    /// What tells it from others.
    pub(crate) key: Vec<u8>,
    /// True where the message is announced as new mail with the save itself; else somebody does so after it.
    pub(crate) is_announced: bool,
}

/// The message a save is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A new one.
    New { folder: i64, view: View },
    /// The one with this number, as long as its change number is this (`None`: whatever it is).
    Existing { id: i64, expected: Option<i64> },
}

/// A whole message in packed form.
#[derive(Debug, Default)]
pub(crate) struct MessageImage {
    /// The sort key.
    pub(crate) delivered: i64,
    /// PR_MESSAGE_FLAGS without what is computed.
    pub(crate) flags: u32,
    /// The bits of `flags` that an existing message takes over.
    pub(crate) flags_mask: u32,
    /// PR_MSG_STATUS of a new message; an existing one keeps its own.
    pub(crate) status: u32,
    /// Now.
    pub(crate) now: FileTime,
    /// Small properties.
    pub(crate) props: Packed,
    /// Recipients.
    pub(crate) recipients: Vec<u8>,
    /// The larger properties.
    pub(crate) rest: Packed,
    /// Attachments that were saved since the message was opened.
    pub(crate) attachments: Vec<(u32, AttachImage)>,
    /// Attachments that go.
    pub(crate) removed: Vec<u32>,
}

/// A whole attachment in packed form.
#[derive(Debug)]
pub(crate) struct AttachImage {
    /// Its properties.
    pub(crate) props: Packed,
    /// Its embedded message.
    pub(crate) embedded: EmbeddedImage,
}

/// What becomes of an attachment's embedded message.
#[derive(Debug)]
pub(crate) enum EmbeddedImage {
    /// There is none, and one that was there goes.
    None,
    /// The one that is there stays as it is.
    Keep,
    /// It is replaced.
    New(Box<MessageImage>),
    /// It is changed.
    Update(Box<MessageImage>),
}
