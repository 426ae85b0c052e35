//! The objects a program holds: handles over what providers implement.
//!
//! Every method enters the gate of the object's logon once and answers `MAPI_E_INVALID_OBJECT` after
//! the session, or the store, has ended. Clones are the same object, and the last one dropped closes
//! it. What properties every object has is the trait [`Object`] (`prop.rs`).

mod ab_container;
mod attachment;
mod copy;
mod folder;
mod message;
mod msg_store;
mod prop;
mod status;
mod stream;
mod table;

pub use ab_container::{AbContainer, AbEntry};
pub use attachment::Attachment;
pub use copy::copy_between;
pub use folder::{Folder, FolderEntry};
pub use message::Message;
pub(crate) use msg_store::advise_in;
pub use msg_store::{MsgStore, Opened};
pub use prop::{AnyObject, Object, SessionSection};
pub use status::StatusObject;
pub use stream::Stream;
pub use table::{Rows, Table};

use crate::notify;
use crate::session::{Core, StoreAnchor};
use mapi_defs::flags::OpenFlags;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened as Provided;
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, Live};
use std::fmt;
use std::sync::{Arc, Weak};

/// Opens an object of a store by the store's logon, without a handle of the store.
#[track_caller]
pub(crate) fn opened_in(
    core: &Core,
    anchor: Arc<StoreAnchor>,
    id: &EntryId,
    flags: OpenFlags,
) -> Result<Opened> {
    let (gate, book) = (anchor.logon.gate.clone(), &core.book);
    let opened = {
        let _pass = gate.enter()?;
        anchor.logon.store.get()?.open_entry(id, flags)?
    };
    Ok(match opened {
        Provided::Folder(folder) => {
            let handle = Handle::new(folder, gate, book, "IMAPIFolder", id.short());
            Opened::Folder(Folder::of(Open::new(handle, anchor)))
        }
        Provided::Message(message) => {
            let handle = Handle::new(message, gate, book, "IMessage", id.short());
            Opened::Message(Message::of(Open::new(handle, anchor)))
        }
        Provided::Object(object) => {
            let handle = Handle::new(object, gate, book, "IMAPIProp", id.short());
            Opened::Object(AnyObject { open: Open::new(handle, anchor) })
        }
    })
}

/// An open object, and what it belongs to.
pub(crate) struct Open<T: ?Sized> {
    // Dropped in this order: the object is closed before the last hold on its logon goes.
    handle: Handle<T>,
    tie: Tie,
}

/// What an object belongs to; objects opened through it belong to the same.
#[derive(Clone)]
enum Tie {
    /// No session, such as a message in a file.
    Free,
    /// A session itself or an address book, whose logon ends with the session.
    Session(Weak<Core>, Arc<Gate>),
    /// A store, whose logon it keeps alive.
    Store(Arc<StoreAnchor>),
}

impl<T: ?Sized> Open<T> {
    /// An object of no session.
    pub(crate) fn free(handle: Handle<T>) -> Self {
        Self { handle, tie: Tie::Free }
    }

    /// An object behind a gate that closes with the session, but of no store.
    #[track_caller]
    pub(crate) fn of_session(
        core: &Arc<Core>,
        gate: &Arc<Gate>,
        object: Arc<T>,
        kind: &'static str,
        name: String,
    ) -> Self {
        let handle = Handle::new(object, gate.clone(), &core.book, kind, name);
        Self { handle, tie: Tie::Session(Arc::downgrade(core), gate.clone()) }
    }

    /// An object of a store.
    pub(crate) fn new(handle: Handle<T>, anchor: Arc<StoreAnchor>) -> Self {
        Self { handle, tie: Tie::Store(anchor) }
    }

    /// Enters the object for one call. Sinks that are bound to this thread are told before.
    pub(crate) fn live(&self) -> Result<Live<'_, T>> {
        notify::dispatch_at_entry();
        self.handle.live()
    }

    /// An object opened through this one.
    #[track_caller]
    pub(crate) fn child<U: ?Sized>(&self, object: Arc<U>, kind: &'static str, name: String) -> Open<U> {
        Open { handle: self.handle.child(object, kind, name), tie: self.tie.clone() }
    }

    /// True for an object of no session.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.tie, Tie::Free)
    }

    /// What keeps the logon of the object's store, where it is of one.
    pub(crate) fn anchor(&self) -> Option<&Arc<StoreAnchor>> {
        match &self.tie {
            Tie::Store(anchor) => Some(anchor),
            Tie::Free | Tie::Session(..) => None,
        }
    }

    /// The session that the object belongs to, and the gate it is behind.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: it belongs to none.
    /// - `MAPI_E_INVALID_OBJECT`: the session is gone.
    pub(crate) fn session(&self) -> Result<(Arc<Core>, Arc<Gate>)> {
        let (core, gate) = match &self.tie {
            Tie::Free => {
                return Err(Error::new(ErrorCode::NO_SUPPORT, "Advise", "the object belongs to no session"));
            }
            Tie::Session(core, gate) => (core.upgrade(), gate),
            Tie::Store(anchor) => (anchor.core(), &anchor.logon.gate),
        };
        let gone = || Error::new(ErrorCode::INVALID_OBJECT, "Advise", "the session has ended");
        Ok((core.ok_or_else(gone)?, gate.clone()))
    }
}

impl<T: ?Sized> Clone for Open<T> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), tie: self.tie.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
