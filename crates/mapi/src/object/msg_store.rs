//! `MsgStore`: an open message store (IMsgStore), with its special folders by name.

use super::folder::first_binary;
use super::{AnyObject, Folder, Message, Object, Open, StatusObject, Table};
use crate::notify::{self, CatchUp};
use crate::session::{Core, StoreAnchor};
use mapi_defs::flags::{OpenFlags, StoreLogoffFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_IPM_DRAFTS_ENTRYID, PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID, PR_IPM_SUBTREE_ENTRYID,
    PR_IPM_WASTEBASKET_ENTRYID, PR_SENTMAIL_ENTRYID,
};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::Opened as ProvidedOpened;
use mapi_spi::gate::Gate;
use mapi_spi::handle::Handle;
use mapi_spi::msg_store::{MsgStore as Provided, ReceiveFolder};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::Queued;
use std::sync::Arc;

/// A message store. It is closed with the last handle of it and of what was opened through it.
#[derive(Clone, Debug)]
pub struct MsgStore {
    open: Open<dyn Provided>,
}

/// What an entry identifier led to.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A store of the profile.
    MsgStore(MsgStore),
    /// A folder.
    Folder(Folder),
    /// A message.
    Message(Message),
    /// The object behind a row of the status table.
    Status(StatusObject),
    /// An address book object or anything else with properties.
    Object(AnyObject),
}

impl MsgStore {
    #[track_caller]
    pub(crate) fn of_logon(core: &Arc<Core>, anchor: Arc<StoreAnchor>) -> Result<Self> {
        let logon = &anchor.logon;
        let (store, name) = (logon.store.get()?, logon.name.clone());
        let handle = Handle::new(store, logon.gate.clone(), &core.book, "IMsgStore", name);
        Ok(Self { open: Open::new(handle, anchor) })
    }

    /// Opens a folder, message or other object; an empty identifier is the root folder (OpenEntry).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the store has ended; so for every method.
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`: no such object.
    /// - `MAPI_E_NO_ACCESS`: MODIFY of what can only be read.
    #[track_caller]
    pub fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        let opened = self.open.live()?.open_entry(id, flags)?;
        Ok(opened_by(&self.open, opened, id))
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such object, or it is no folder.
    #[track_caller]
    pub fn open_folder(&self, id: &EntryId, flags: OpenFlags) -> Result<Folder> {
        match self.open_entry(id, flags)? {
            Opened::Folder(folder) => Ok(folder),
            _ => Err(another_kind(id, "folder")),
        }
    }

    /// Opens a message.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such object, or it is no message.
    #[track_caller]
    pub fn open_message(&self, id: &EntryId, flags: OpenFlags) -> Result<Message> {
        match self.open_entry(id, flags)? {
            Opened::Message(message) => Ok(message),
            _ => Err(another_kind(id, "message")),
        }
    }

    /// The root folder, which people do not see.
    ///
    /// # Errors
    /// As [`MsgStore::open_folder`].
    #[track_caller]
    pub fn root_folder(&self) -> Result<Folder> {
        self.open_folder(&EntryId::default(), OpenFlags::BEST_ACCESS)
    }

    /// The folder of all that people see.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the store has none; so for the folders below.
    #[track_caller]
    pub fn ipm_subtree(&self) -> Result<Folder> {
        let id = self.special_folder(PR_IPM_SUBTREE_ENTRYID)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The folder in which mail arrives.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_SUPPORT`: the store receives none.
    #[track_caller]
    pub fn inbox(&self) -> Result<Folder> {
        let id = self.receive_folder("")?.folder;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The folder of what is about to be sent.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`.
    #[track_caller]
    pub fn outbox(&self) -> Result<Folder> {
        let id = self.special_folder(PR_IPM_OUTBOX_ENTRYID)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The folder of what was sent.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`.
    #[track_caller]
    pub fn sent_items(&self) -> Result<Folder> {
        let id = self.special_folder(PR_IPM_SENTMAIL_ENTRYID)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The folder of what was deleted.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`.
    #[track_caller]
    pub fn deleted_items(&self) -> Result<Folder> {
        let id = self.special_folder(PR_IPM_WASTEBASKET_ENTRYID)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The folder of what is being written.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`.
    #[track_caller]
    pub fn drafts(&self) -> Result<Folder> {
        let id = self.drafts_id()?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// A new message in the Outbox that goes to Sent Items once it is sent. Without PR_SENTMAIL_ENTRYID
    /// a message stays where it was submitted.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the store has no such folders.
    /// - `MAPI_E_NO_ACCESS`: the store is open for reading.
    #[track_caller]
    pub fn compose(&self) -> Result<Message> {
        let sent = self.special_folder(PR_IPM_SENTMAIL_ENTRYID)?;
        let message = self.outbox()?.create_message()?;
        message.set(PR_SENTMAIL_ENTRYID, sent.as_bytes().to_vec())?;
        Ok(message)
    }

    /// The folder at a path such as `/Inbox/Project A`, from the IPM subtree.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    #[track_caller]
    pub fn folder(&self, path: &str) -> Result<Folder> {
        let mut id = self.special_folder(PR_IPM_SUBTREE_ENTRYID)?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            id = self.child_folder_id(&id, name)?;
        }
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The identifier of a special folder by the store's property for it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the store has none.
    pub fn special_folder(&self, tag: PropTag) -> Result<EntryId> {
        let live = self.open.live()?;
        let found = first_binary(&*live, tag)?;
        found.map(EntryId::from_bytes).ok_or_else(|| {
            Error::new(
                ErrorCode::NOT_FOUND,
                "MsgStore::special_folder",
                format!("the store has no folder {tag}"),
            )
        })
    }

    /// The Drafts folder is named by the store, else by the Inbox or the root folder.
    fn drafts_id(&self) -> Result<EntryId> {
        let live = self.open.live()?;
        if let Some(id) = first_binary(&*live, PR_IPM_DRAFTS_ENTRYID)? {
            return Ok(EntryId::from_bytes(id));
        }
        let inbox = live.receive_folder("").map(|found| found.folder).unwrap_or_default();
        for holder in [inbox, EntryId::default()] {
            if let ProvidedOpened::Folder(folder) = live.open_entry(&holder, OpenFlags::NONE)?
                && let Some(id) = first_binary(&*folder, PR_IPM_DRAFTS_ENTRYID)?
            {
                return Ok(EntryId::from_bytes(id));
            }
        }
        Err(Error::new(ErrorCode::NOT_FOUND, "MsgStore::drafts", "the store has no Drafts folder"))
    }

    fn child_folder_id(&self, parent: &EntryId, name: &str) -> Result<EntryId> {
        let live = self.open.live()?;
        match live.open_entry(parent, OpenFlags::NONE)? {
            ProvidedOpened::Folder(folder) => super::folder::child_id(&*folder, name),
            _ => Err(another_kind(parent, "folder")),
        }
    }

    /// Where messages of a class arrive; the empty class is the default (GetReceiveFolder).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: nothing is received into this store.
    pub fn receive_folder(&self, message_class: &str) -> Result<ReceiveFolder> {
        self.open.live()?.receive_folder(message_class)
    }

    /// Sets where messages of a class arrive, or forgets it (SetReceiveFolder).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the class is not one, or the default is to be forgotten.
    pub fn set_receive_folder(&self, message_class: &str, folder: Option<&EntryId>) -> Result<()> {
        self.open.live()?.set_receive_folder(message_class, folder)
    }

    /// The table of receive folders (GetReceiveFolderTable).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: nothing is received into this store.
    #[track_caller]
    pub fn receive_folder_table(&self) -> Result<Table> {
        let table = self.open.live()?.receive_folder_table()?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "receive folders".into())))
    }

    /// True where two identifiers are of the same object (CompareEntryIDs).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: neither is of this store.
    pub fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        self.open.live()?.compare_entry_ids(one, other)
    }

    /// Calls a sink, on the session's own threads, at events of an object, or of the store where the
    /// identifier is empty (Advise). A sink that falls behind is told, whatever its mask is, that the
    /// object was modified, in place of everything that it missed.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the mask asks for nothing that stores tell.
    /// - `MAPI_E_INVALID_ENTRYID`: the identifier is not of this store.
    /// - `MAPI_E_NO_SUPPORT`: the store does not notify.
    pub fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let live = self.open.live()?;
        let (core, gate) = self.open.session()?;
        advise_in(&core, &gate, live.object(), id, mask, sink)
    }

    /// Ends an advise (Unadvise). The sink is let go; a call of it that is running in another thread is not
    /// waited for.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such connection.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        drop(self.open.live()?);
        self.open.session()?.0.advises.unadvise(connection)
    }

    /// Takes a message out of the outgoing queue; it can be changed again (AbortSubmit).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued any more.
    /// - `MAPI_E_UNABLE_TO_ABORT`: the spooler is at work on it.
    pub fn abort_submit(&self, id: &EntryId) -> Result<()> {
        self.open.live()?.abort_submit(id)
    }

    /// Keeps a queued message from being sent until it is let go, durably; or lets it go, and with it one that
    /// the spooler has set aside.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_IN_QUEUE`: it is not queued any more.
    /// - `MAPI_E_UNABLE_TO_ABORT`: the spooler is at work on it.
    /// - `MAPI_E_NO_SUPPORT`: the store holds nothing back.
    pub fn hold(&self, id: &EntryId, hold: bool) -> Result<()> {
        self.open.live()?.hold(id, hold)
    }

    /// What the queue knows of a message; `None` where it is not queued.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the store does not tell.
    pub fn queued(&self, id: &EntryId) -> Result<Option<Queued>> {
        self.open.live()?.queued(id)
    }

    /// Ends the sending of a message (FinishedMsg).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: that is the spooler's to do.
    pub fn finished_msg(&self, id: &EntryId) -> Result<()> {
        self.open.live()?.finished_msg(id)
    }

    /// The table of the outgoing queue, oldest submission first (GetOutgoingQueue).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: only the spooler sees the queue of this store.
    #[track_caller]
    pub fn outgoing_queue(&self) -> Result<Table> {
        let table = self.open.live()?.outgoing_queue()?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "outgoing queue".into())))
    }

    /// Says how the use of the store is to end, when the last handle of it and of what was opened through
    /// it goes, or the session does; answers what is going on now (StoreLogoff). The last way counts, and
    /// none leaves it at [`ABORT`](StoreLogoffFlags::ABORT).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_INVALID_PARAMETER`: more than one way.
    pub fn store_logoff(&self, flags: StoreLogoffFlags) -> Result<StoreLogoffFlags> {
        let live = self.open.live()?;
        let way = flags.way("MsgStore::store_logoff")?;
        let answer = live.store_logoff(flags.0)?;
        if let Some(anchor) = self.open.anchor().filter(|_| way != StoreLogoffFlags::NONE) {
            anchor.logon.usage.set_pending(way);
        }
        Ok(StoreLogoffFlags(answer))
    }
}

/// Has a sink told of an object of a store, or of the whole store.
pub(crate) fn advise_in(
    core: &Core,
    gate: &Arc<Gate>,
    store: &Arc<dyn Provided>,
    id: &EntryId,
    mask: EventMask,
    sink: Arc<dyn AdviseSink>,
) -> Result<Connection> {
    notify::check_mask(mask, notify::OF_OBJECTS, "MsgStore::advise")?;
    let catch_up = CatchUp::Modified(id.clone());
    core.advises.advise_behind(gate.clone(), mask, catch_up, sink, |forward| {
        let connection = store.advise(id, mask, forward)?;
        let (store, gate) = (Arc::downgrade(store), gate.clone());
        Ok(Box::new(move || {
            let _pass = gate.enter()?;
            store.upgrade().map_or(Ok(()), |store| store.unadvise(connection))
        }))
    })
}

/// Wraps what a provider opened.
#[track_caller]
pub(super) fn opened_by<T: ?Sized>(parent: &Open<T>, opened: ProvidedOpened, id: &EntryId) -> Opened {
    match opened {
        ProvidedOpened::Folder(folder) => {
            Opened::Folder(Folder::of(parent.child(folder, "IMAPIFolder", id.short())))
        }
        ProvidedOpened::Message(message) => {
            Opened::Message(Message::of(parent.child(message, "IMessage", id.short())))
        }
        ProvidedOpened::Object(object) => {
            Opened::Object(AnyObject { open: parent.child(object, "IMAPIProp", id.short()) })
        }
    }
}

pub(super) fn another_kind(id: &EntryId, kind: &str) -> Error {
    let detail = format!("entry {} is no {kind}", id.short());
    Error::new(ErrorCode::NOT_FOUND, "MsgStore::open_entry", detail)
}

impl Object for MsgStore {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}
