//! `Places`: the storages of one message that are open for writing.
//!
//! A client's storage may refuse to open the same one twice, so each is opened once and kept. Bytes go
//! in here and nothing is decided; what is written is `save/`'s.

use crate::little_endian::wide;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::storage::{Element, ElementKind, Storage};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

const CALL: &str = "IMAPIProp::SaveChanges";

/// The open storages by the names that lead to them.
pub(super) struct Places {
    open: BTreeMap<String, Arc<dyn Storage>>,
}

/// One storage and its way.
#[derive(Clone)]
pub(super) struct Place {
    path: String,
    pub(super) storage: Arc<dyn Storage>,
}

impl Places {
    /// The storages that a reader has opened, the root at least.
    pub(super) fn new(root: &Arc<dyn Storage>, opened: Vec<(String, Arc<dyn Storage>)>) -> Self {
        let mut open: BTreeMap<String, Arc<dyn Storage>> = opened.into_iter().collect();
        open.insert(String::new(), Arc::clone(root));
        Self { open }
    }

    /// The root.
    ///
    /// # Errors
    /// None in practice: the root is always open.
    pub(super) fn root(&self) -> Result<Place> {
        let storage = self.open.get("").cloned();
        let storage = storage.ok_or_else(|| Error::new(ErrorCode::INVALID_OBJECT, CALL, "no storage"))?;
        Ok(Place { path: String::new(), storage })
    }

    /// The storage of this name, made where there is none.
    ///
    /// # Errors
    /// What the storage answers.
    pub(super) fn enter(&mut self, parent: &Place, name: &str) -> Result<Place> {
        let path = path(parent, name);
        if let Some(storage) = self.open.get(&path) {
            return Ok(Place { path, storage: Arc::clone(storage) });
        }
        let storage = match parent.storage.open_storage(name) {
            Ok(storage) => storage,
            Err(error) if error.code() == ErrorCode::NOT_FOUND => parent.storage.create_storage(name)?,
            Err(error) => return Err(error),
        };
        self.open.insert(path.clone(), Arc::clone(&storage));
        Ok(Place { path, storage })
    }

    /// An empty storage of this name, whatever was there.
    ///
    /// # Errors
    /// What the storage answers.
    pub(super) fn make(&mut self, parent: &Place, name: &str) -> Result<Place> {
        self.remove(parent, name)?;
        self.enter(parent, name)
    }

    /// Removes an element, if it is there.
    ///
    /// # Errors
    /// What the storage answers.
    pub(super) fn remove(&mut self, parent: &Place, name: &str) -> Result<()> {
        let path = path(parent, name);
        // Nobody may hold what is removed, or what lies in it.
        let is_gone = |open: &&String| {
            open.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let near = self.open.range(path.clone()..).map(|(open, _)| open);
        let gone: Vec<String> =
            near.take_while(|open| open.starts_with(&path)).filter(is_gone).cloned().collect();
        for open in gone {
            self.open.remove(&open);
        }
        match parent.storage.remove(name) {
            Err(error) if error.code() != ErrorCode::NOT_FOUND => Err(error),
            _ => Ok(()),
        }
    }
}

fn path(parent: &Place, name: &str) -> String {
    format!("{}/{}", parent.path, name.to_uppercase())
}

impl Place {
    /// The elements, their names in upper case.
    ///
    /// # Errors
    /// What the storage answers.
    pub(super) fn elements(&self) -> Result<Vec<Element>> {
        let mut elements = self.storage.elements()?;
        elements.iter_mut().for_each(|element| element.name = element.name.to_uppercase());
        Ok(elements)
    }

    /// Puts these bytes into a stream.
    ///
    /// # Errors
    /// What the storage answers; `MAPI_E_DISK_ERROR` where a stream takes nothing more.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let stream = self.storage.create_stream(name)?;
        write_all(&*stream, bytes)?;
        stream.commit()
    }

    /// The bytes of a stream, none where there is no such stream.
    ///
    /// # Errors
    /// What the storage answers.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let stream = match self.storage.open_stream(name) {
            Ok(stream) => stream,
            Err(error) if error.code() == ErrorCode::NOT_FOUND => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        read_all(stream)
    }
}

fn write_all(stream: &dyn PropStream, bytes: &[u8]) -> Result<()> {
    let mut done = 0_usize;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match stream.write_at(wide(done), rest)? {
            0 => return Err(Error::new(ErrorCode::DISK_ERROR, CALL, "a stream takes no more bytes")),
            count => done = done.saturating_add(count),
        }
    }
    Ok(())
}

/// All bytes of a stream.
///
/// # Errors
/// What the stream answers.
pub(super) fn read_all(stream: Arc<dyn PropStream>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = StreamCursor::new(stream).read_to_end(&mut bytes);
    match read.map_err(|error| error.downcast::<Error>()) {
        Ok(_) => Ok(bytes),
        Err(Ok(inner)) => Err(inner),
        Err(Err(other)) => {
            Err(Error::new(ErrorCode::DISK_ERROR, CALL, "a stream cannot be read").with_source(other))
        }
    }
}

/// Copies a storage with everything in it into an empty one, and commits every level of the copy but
/// the outermost.
///
/// # Errors
/// What either storage answers; `MAPI_E_TOO_COMPLEX`: nested deeper than
/// [`STORAGE_DEPTH_MAX`](crate::limits::STORAGE_DEPTH_MAX).
pub(super) fn copy_storage(from: &Arc<dyn Storage>, to: &Arc<dyn Storage>) -> Result<()> {
    let depth_max = usize::from(crate::limits::STORAGE_DEPTH_MAX);
    let mut made: Vec<Arc<dyn Storage>> = Vec::new();
    let mut waiting = vec![(Arc::clone(from), Arc::clone(to), 0_usize)];
    while let Some((from, to, depth)) = waiting.pop() {
        if depth > depth_max {
            return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, "storages are nested more than 512 deep"));
        }
        let class_id = from.stat()?.class_id;
        if class_id != Guid::NULL {
            to.set_class_id(class_id)?;
        }
        for element in from.elements()? {
            match element.kind {
                ElementKind::Stream => {
                    let stream = to.create_stream(&element.name)?;
                    write_all(&*stream, &read_all(from.open_stream(&element.name)?)?)?;
                    stream.commit()?;
                }
                ElementKind::Storage => {
                    let inner = to.create_storage(&element.name)?;
                    waiting.push((
                        from.open_storage(&element.name)?,
                        Arc::clone(&inner),
                        depth.saturating_add(1),
                    ));
                    made.push(inner);
                }
            }
        }
    }
    // The inner ones come later, and each hands itself to the one around it.
    made.iter().rev().try_for_each(|storage| storage.commit())
}
