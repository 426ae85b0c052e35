//! `DocStorage`: a compound file that can be changed, with a transaction at every level.
//!
//! The whole directory is in memory; bytes that nobody changes stay in the file they came from. What is
//! changed in a storage is pending until that storage is committed, which hands it to the storage it
//! lies in; the commit of the root writes the file anew (`medium.rs`). For reading alone
//! `container::ContainerStorage` is lighter. Knows nothing of messages.

mod from_stream;
mod level;
mod medium;
mod stream;
mod tree;

pub use from_stream::storage_from_stream;
pub(crate) use medium::Keep;
pub(crate) use stream::{checked_len, overwrite, set_len};
pub(crate) use tree::Folder;

use crate::container::{Container, ReadAt};
use crate::docfile::SectorSize;
use crate::limits::STORAGE_DEPTH_MAX;
use level::{Core, Place, State, ended};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::gate::Gate;
use mapi_spi::storage::{Element, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use medium::{FromStream, Medium};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use stream::DocStream;
use tree::{Body, Content, Key, Node};

/// A storage of a compound file, for reading or for reading and writing with transactions.
///
/// Opening the same storage twice gives the same one: changes made through either are seen through
/// both. Reverting a storage, or removing it, ends what was opened in it (`MAPI_E_INVALID_OBJECT`).
#[derive(Clone, Debug)]
pub struct DocStorage {
    core: Arc<Core>,
}

/// A storage that this does not keep open.
#[derive(Default)]
pub(crate) struct WeakStorage(Weak<Core>);

impl WeakStorage {
    /// The storage, where somebody has it open.
    pub(crate) fn upgrade(&self) -> Option<DocStorage> {
        self.0.upgrade().map(|core| DocStorage { core })
    }
}

impl DocStorage {
    /// An empty storage in memory, for reading and writing.
    pub fn in_memory(sector: SectorSize) -> Self {
        Self::root(Medium::Memory, Arc::default(), StorageMode::ReadWrite, sector, None)
    }

    /// An empty storage for the file at `path`. The file appears, or is replaced, at the first commit.
    pub fn create_file(path: impl AsRef<Path>, sector: SectorSize) -> Self {
        let medium = Medium::File(path.as_ref().to_path_buf());
        Self::root(medium, Arc::default(), StorageMode::ReadWrite, sector, None)
    }

    /// Opens the compound file at `path`.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the file cannot be read.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_TOO_COMPLEX`: no compound file that can be read.
    pub fn open_file(path: impl AsRef<Path>, mode: StorageMode) -> Result<Self> {
        let container = Container::open(path.as_ref())?;
        Ok(Self::of_container(container, Medium::File(path.as_ref().to_path_buf()), mode))
    }

    /// Opens the compound file in these bytes; what is committed stays in memory.
    ///
    /// # Errors
    /// As [`DocStorage::open_file`].
    pub fn open_bytes(bytes: impl ReadAt + 'static, mode: StorageMode) -> Result<Self> {
        Ok(Self::of_container(Container::from_source(bytes)?, Medium::Memory, mode))
    }

    /// Makes a storage of a stream that holds one, or of an empty stream one that will; by the flags of
    /// HrIStorageFromStream it is [`storage_from_stream`].
    ///
    /// The storage begins at `offset`. With `create` whatever the stream holds from there on counts for
    /// nothing. The stream is written, cut to length and committed whenever the storage is.
    ///
    /// # Errors
    /// - What the stream answers.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_TOO_COMPLEX`: it holds no compound file that can be read.
    pub fn on_stream(
        stream: Arc<dyn PropStream>,
        offset: u64,
        mode: StorageMode,
        create: bool,
    ) -> Result<Self> {
        let medium = Medium::Stream(Arc::clone(&stream), offset);
        if create {
            return Ok(Self::root(medium, Arc::default(), mode, SectorSize::default(), None));
        }
        // What is being overwritten cannot be read from at the same time, so a copy is.
        let container = match mode {
            StorageMode::Read => Container::from_source(FromStream { stream, offset })?,
            StorageMode::Write | StorageMode::ReadWrite => {
                let len = checked_len(stream.len()?.saturating_sub(offset), "HrIStorageFromStream")?;
                let mut bytes = Vec::new();
                let source = FromStream { stream, offset };
                let mut buffer = vec![0; 64 * 1024];
                while bytes.len() < len {
                    let at = crate::little_endian::wide(bytes.len());
                    let count = source.read_at(at, &mut buffer).map_err(medium::medium_error)?;
                    match buffer.get(..count) {
                        Some(read @ [_, ..]) => bytes.extend_from_slice(read),
                        _ => break,
                    }
                }
                Container::from_source(bytes)?
            }
        };
        Ok(Self::of_container(container, medium, mode))
    }

    /// A root that hands what is committed to `keep`, and answers until `gate` is closed.
    pub(crate) fn handed(folder: Arc<Folder>, mode: StorageMode, gate: Arc<Gate>, keep: Keep) -> Self {
        Self::root(Medium::Handed(keep), folder, mode, SectorSize::default(), Some(gate))
    }

    /// A tree for reading.
    pub(crate) fn reading(folder: Arc<Folder>) -> Self {
        Self::root(Medium::Memory, folder, StorageMode::Read, SectorSize::default(), None)
    }

    /// The storage for whoever wants to know whether somebody has it open.
    pub(crate) fn downgrade(&self) -> WeakStorage {
        WeakStorage(Arc::downgrade(&self.core))
    }

    /// What was committed last.
    pub(crate) fn kept(&self) -> Arc<Folder> {
        Arc::clone(&self.core.lock().kept)
    }

    /// The compound file that the last commit made, or that was opened.
    ///
    /// # Errors
    /// `MAPI_E_TOO_BIG`: it would be longer than 2 GiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let kept = Arc::clone(&self.core.lock().kept);
        let mut bytes = Vec::new();
        medium::write(&kept, self.core.sector, &mut bytes)?;
        Ok(bytes)
    }

    fn of_container(container: Container, medium: Medium, mode: StorageMode) -> Self {
        let sector = container.sector();
        let folder = Folder::of_container(&Arc::new(container));
        Self::root(medium, folder, mode, sector, None)
    }

    fn root(
        medium: Medium,
        folder: Arc<Folder>,
        mode: StorageMode,
        sector: SectorSize,
        gate: Option<Arc<Gate>>,
    ) -> Self {
        let state = State::new(folder);
        let place = Place::Root(medium);
        Self { core: Arc::new(Core { place, mode, sector, depth: 0, gate, state: Mutex::new(state) }) }
    }

    /// Opens a storage in this one, the one that is open already where it is.
    fn inner(&self, key: Key, node: &Node, folder: &Arc<Folder>, state: &mut State) -> Self {
        if let Some(core) = state.open.get(&node.number).and_then(Weak::upgrade) {
            return Self { core };
        }
        let place = Place::Inside { parent: Arc::clone(&self.core), key, number: node.number };
        let core = Arc::new(Core {
            place,
            mode: self.core.mode,
            sector: self.core.sector,
            depth: self.core.depth.saturating_add(1),
            gate: self.core.gate.clone(),
            state: Mutex::new(State::new(Arc::clone(folder))),
        });
        state.note(node.number, &core);
        Self { core }
    }

    fn put(&self, name: &str, body: Body, call: &'static str) -> Result<(Key, Node, MutexGuard<'_, State>)> {
        self.core.check_write(call)?;
        let key = Key::named(name, call)?;
        let mut state = self.core.live(call)?;
        let node = Node::new(name, body);
        let replaced = Arc::make_mut(&mut state.pending).elements.insert(key.clone(), node.clone());
        state.end(replaced.as_ref());
        Ok((key, node, state))
    }

    fn stream(&self, key: Key, number: u64) -> Arc<dyn PropStream> {
        Arc::new(DocStream { core: Arc::clone(&self.core), key, number, reader: Mutex::new(None) })
    }
}

impl Storage for DocStorage {
    fn stat(&self) -> Result<StorageStat> {
        let state = self.core.live("IStorage::Stat")?;
        Ok(StorageStat {
            name: self.core.name(),
            class_id: state.pending.class_id,
            created: state.pending.created,
            modified: state.pending.modified,
            mode: self.core.mode,
            transacted: self.core.mode != StorageMode::Read,
        })
    }

    fn elements(&self) -> Result<Vec<Element>> {
        Ok(self.core.live("IStorage::EnumElements")?.pending.list())
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "IStorage::OpenStream";
        let key = Key::new(name);
        let number = {
            let state = self.core.live(CALL)?;
            let node = state.pending.elements.get(&key).filter(|node| node.stream().is_some());
            node.map(|node| node.number).ok_or_else(|| missing(CALL))?
        };
        Ok(self.stream(key, number))
    }

    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        let body = Body::Stream(Content::Bytes(Arc::default()));
        let (key, node, state) = self.put(name, body, "IStorage::CreateStream")?;
        drop(state);
        Ok(self.stream(key, node.number))
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "IStorage::OpenStorage";
        let key = Key::new(name);
        let mut state = self.core.live(CALL)?;
        let node = state.pending.elements.get(&key).cloned().ok_or_else(|| missing(CALL))?;
        let folder = node.storage().ok_or_else(|| missing(CALL))?;
        Ok(Arc::new(self.inner(key, &node, folder, &mut state)))
    }

    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "IStorage::CreateStorage";
        if self.core.depth >= STORAGE_DEPTH_MAX {
            return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, "storages are nested more than 512 deep"));
        }
        let folder = Arc::<Folder>::default();
        let (key, node, mut state) = self.put(name, Body::Storage(Arc::clone(&folder)), CALL)?;
        Ok(Arc::new(self.inner(key, &node, &folder, &mut state)))
    }

    fn remove(&self, name: &str) -> Result<()> {
        const CALL: &str = "IStorage::DestroyElement";
        self.core.check_write(CALL)?;
        let key = Key::new(name);
        let mut state = self.core.live(CALL)?;
        if !state.pending.elements.contains_key(&key) {
            return Err(missing(CALL));
        }
        let removed = Arc::make_mut(&mut state.pending).elements.remove(&key);
        state.end(removed.as_ref());
        Ok(())
    }

    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        const CALL: &str = "IStorage::SetClass";
        self.core.check_write(CALL)?;
        let mut state = self.core.live(CALL)?;
        Arc::make_mut(&mut state.pending).class_id = class_id;
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "IStorage::Commit";
        self.core.check_write(CALL)?;
        let pending = Arc::clone(&self.core.live(CALL)?.pending);
        match &self.core.place {
            Place::Root(medium) => {
                medium.keep(&pending, self.core.sector)?;
                self.core.lock().kept = pending;
                Ok(())
            }
            Place::Inside { parent, key, number } => {
                let mut state = parent.live(CALL)?;
                let folder = Arc::make_mut(&mut state.pending);
                let Some(node) = folder.node_mut(key, *number) else { return Err(ended(CALL)) };
                node.body = Body::Storage(pending);
                Ok(())
            }
        }
    }

    fn revert(&self) -> Result<()> {
        const CALL: &str = "IStorage::Revert";
        self.core.check_write(CALL)?;
        drop(self.core.live(CALL)?);
        let kept = match &self.core.place {
            Place::Root(_) => Arc::clone(&self.core.lock().kept),
            Place::Inside { parent, key, number } => {
                let state = parent.live(CALL)?;
                let node = state.pending.node(key, *number).and_then(Node::storage);
                Arc::clone(node.ok_or_else(|| ended(CALL))?)
            }
        };
        let mut state = self.core.lock();
        state.pending = kept;
        state.end_all();
        Ok(())
    }
}

fn missing(call: &'static str) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, "no such element in the storage")
}
