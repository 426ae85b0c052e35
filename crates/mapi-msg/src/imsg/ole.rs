//! What an attachment holds as a structured storage: opened as a storage, or as the bytes of a compound file.
//!
//! Either way what is committed is the attachment's at once, and in the file with the next saves.

use super::attachment::StorageAttachment;
use super::places::copy_storage;
use super::props::gone;
use super::state::Object;
use super::stream::{Keep, PropertyStream};
use super::whole::lock;
use crate::container::Container;
use crate::docfile::SectorSize;
use crate::storage::{DocStorage, Folder};
use mapi_defs::prop::tags::PR_ATTACH_DATA_OBJ;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::{Storage, StorageMode};
use mapi_spi::stream::PropStream;
use std::sync::{Arc, Weak};

const CALL: &str = "IAttach::OpenProperty";

impl StorageAttachment {
    /// The storage; opened while it is open it is the same one.
    pub(super) fn ole_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        let _pass = self.life.enter()?;
        let open = lock(&self.live).storage.upgrade();
        if let Some(storage) = open {
            return Ok(Arc::new(storage));
        }
        let (folder, writable) = self.ole(create)?;
        let life = self.life.inner();
        let mode = if writable { StorageMode::ReadWrite } else { StorageMode::Read };
        let (keeper, mine) = (self.me.clone(), Arc::clone(&life));
        // The storage keeps its life, and with it the way by which an end finds it.
        let keep = move |folder: &Arc<Folder>| {
            let _pass = mine.enter()?;
            keep_folder(&keeper, folder, "IStorage::Commit")
        };
        let storage = DocStorage::handed(folder, mode, life.gate(), Box::new(keep));
        lock(&self.live).storage = storage.downgrade();
        Ok(Arc::new(storage))
    }

    /// The storage as a compound file; opened while it is open it is the same stream.
    pub(super) fn ole_docfile(&self, create: bool) -> Result<Arc<dyn PropStream>> {
        let _pass = self.life.enter()?;
        let open = lock(&self.live).docfile.upgrade();
        if let Some(stream) = open {
            return Ok(stream);
        }
        let (folder, writable) = self.ole(create)?;
        let bytes = DocStorage::reading(folder).to_bytes()?;
        let keeper = self.me.clone();
        let keep: Keep = Box::new(move |bytes| {
            let container = Container::from_source(bytes.to_vec())?;
            keep_folder(&keeper, &Folder::of_container(&Arc::new(container)), "IStream::Commit")
        });
        let stream = Arc::new(PropertyStream::new(&self.life, bytes, writable.then_some(keep)));
        lock(&self.live).docfile = Arc::downgrade(&stream);
        Ok(stream)
    }

    /// What the attachment holds as values, and whether it may be changed.
    fn ole(&self, create: bool) -> Result<(Arc<Folder>, bool)> {
        let (object, writable) = {
            let live = lock(&self.live);
            (live.state.object.clone(), live.writable)
        };
        if create && !writable {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the attachment is open for reading"));
        }
        let folder = match object {
            Object::Storage { folder, .. } => folder,
            Object::StorageInFile(node) => {
                let parts = self.shared.parts().ok_or_else(gone)?;
                let copy = DocStorage::in_memory(SectorSize::default());
                let to: Arc<dyn Storage> = Arc::new(copy.clone());
                copy_storage(&parts.tree.storage(node)?, &to)?;
                copy.commit()?;
                copy.kept()
            }
            Object::None | Object::Message(_) | Object::MessageInFile(..) if create => Arc::default(),
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment holds no storage")),
        };
        Ok((folder, writable))
    }
}

fn keep_folder(keeper: &Weak<StorageAttachment>, folder: &Arc<Folder>, call: &'static str) -> Result<()> {
    let keeper = keeper.upgrade().ok_or_else(gone)?;
    let object = Object::Storage { folder: Arc::clone(folder), stored: false };
    keeper.change(call, |live| {
        live.state.props.values.remove(&PR_ATTACH_DATA_OBJ.id());
        live.state.object = object;
    })
}
