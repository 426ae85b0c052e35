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
mod stream;
mod table;

pub use ab_container::{AbContainer, AbEntry};
pub use attachment::Attachment;
pub use copy::copy_between;
pub use folder::{Folder, FolderEntry};
pub use message::Message;
pub use msg_store::{MsgStore, Opened};
pub use prop::{AnyObject, Object, SessionSection};
pub use stream::Stream;
pub use table::{Rows, Table};

use crate::session::{Core, StoreAnchor};
use mapi_defs::flags::OpenFlags;
use mapi_defs::{EntryId, Result};
use mapi_spi::container::Opened as Provided;
use mapi_spi::handle::{Handle, Live};
use std::fmt;
use std::sync::Arc;

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
        anchor.logon.store.open_entry(id, flags)?
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

/// An open object, and what keeps its store's logon alive.
pub(crate) struct Open<T: ?Sized> {
    // Dropped in this order: the object is closed before the last hold on its logon goes.
    handle: Handle<T>,
    anchor: Option<Arc<StoreAnchor>>,
}

impl<T: ?Sized> Open<T> {
    /// An object that belongs to no store, or whose store is held elsewhere.
    pub(crate) fn free(handle: Handle<T>) -> Self {
        Self { handle, anchor: None }
    }

    pub(crate) fn new(handle: Handle<T>, anchor: Arc<StoreAnchor>) -> Self {
        Self { handle, anchor: Some(anchor) }
    }

    /// Enters the object for one call.
    pub(crate) fn live(&self) -> Result<Live<'_, T>> {
        self.handle.live()
    }

    /// An object opened through this one.
    #[track_caller]
    pub(crate) fn child<U: ?Sized>(&self, object: Arc<U>, kind: &'static str, name: String) -> Open<U> {
        Open { handle: self.handle.child(object, kind, name), anchor: self.anchor.clone() }
    }

    pub(crate) fn anchor(&self) -> Option<&Arc<StoreAnchor>> {
        self.anchor.as_ref()
    }
}

impl<T: ?Sized> Clone for Open<T> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), anchor: self.anchor.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
