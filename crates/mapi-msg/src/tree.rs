//! `Tree`: the storages and streams a message is read from, whoever keeps them.
//!
//! A compound file of our own reader, or a client's [`Storage`]. Elements are known by a number, so
//! that finding one again costs nothing; which of them make up a message is decided in `layout.rs`.

use crate::container::{Container, ContainerStorage, ContainerStream, Fault, Kind, ROOT};
use crate::limits::{CONTAINER_ENTRIES_MAX, STORAGE_DEPTH_MAX};
use crate::little_endian::{narrow, wide};
use crate::note::Note;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::{ElementKind, Storage};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// An element: its place in the directory.
pub(crate) type Node = u32;

/// Storages and streams, each with a number.
pub(crate) enum Tree {
    /// A compound file.
    Container(Arc<Container>),
    /// A storage of somebody else's, listed once.
    Foreign(Foreign),
}

impl Tree {
    /// The storage that everything else lies in.
    pub(crate) const ROOT: Node = ROOT;

    /// The elements of a storage.
    pub(crate) fn elements(&self, storage: Node) -> &[Node] {
        match self {
            Self::Container(container) => container.elements(storage),
            Self::Foreign(foreign) => foreign.node(storage).map_or(&[], |node| node.elements.as_slice()),
        }
    }

    /// Storage or stream.
    pub(crate) fn kind(&self, node: Node) -> Kind {
        match self {
            Self::Container(container) => container.kind(node),
            Self::Foreign(foreign) => foreign.node(node).map_or(Kind::Free, |node| node.kind),
        }
    }

    /// An element's name as UTF-16LE bytes.
    pub(crate) fn name(&self, node: Node) -> &[u8] {
        match self {
            Self::Container(container) => container.name(node),
            Self::Foreign(foreign) => foreign.node(node).map_or(&[], |node| node.name.as_slice()),
        }
    }

    /// Bytes that a stream claims to have.
    pub(crate) fn size(&self, node: Node) -> u64 {
        match self {
            Self::Container(container) => container.size(node),
            Self::Foreign(foreign) => foreign.node(node).map_or(0, |node| node.size),
        }
    }

    /// A stream's bytes, all of them.
    pub(crate) fn bytes(&self, node: Node) -> Result<Cow<'_, [u8]>, Fault> {
        match self {
            Self::Container(container) => container.bytes(node),
            Self::Foreign(foreign) => {
                let mut bytes = Vec::new();
                let stream = StreamCursor::new(foreign.open(node)?);
                stream.take(self.size(node)).read_to_end(&mut bytes).map_err(Fault::Io)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Opens a stream for reading piece by piece.
    pub(crate) fn stream(&self, node: Node) -> Result<ValueStream, Fault> {
        match self {
            Self::Container(container) => {
                let stream = ContainerStream::open(Arc::clone(container), node)?;
                Ok(ValueStream { len: stream.len(), source: Source::Container(stream) })
            }
            Self::Foreign(foreign) => {
                let stream = StreamCursor::new(foreign.open(node)?);
                Ok(ValueStream { len: self.size(node), source: Source::Foreign(stream) })
            }
        }
    }

    /// A storage as such, for what is kept in it unread.
    pub(crate) fn storage(&self, node: Node) -> Result<Arc<dyn Storage>> {
        match self {
            Self::Container(container) => Ok(Arc::new(ContainerStorage::at(Arc::clone(container), node))),
            Self::Foreign(foreign) => {
                let storage = foreign.node(node).and_then(|node| node.storage.clone());
                storage
                    .ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, "Attachment::storage", "no such storage"))
            }
        }
    }

    /// The storages of a client's, each with the names that lead to it in upper case, `/` between them.
    pub(crate) fn storages(&self) -> Vec<(String, Arc<dyn Storage>)> {
        let Self::Foreign(foreign) = self else { return Vec::new() };
        let mut paths: Vec<String> = Vec::with_capacity(foreign.nodes.len());
        let mut storages = Vec::new();
        for (index, node) in foreign.nodes.iter().enumerate() {
            // Parents come before what lies in them.
            let parent = paths.get(narrow(u64::from(node.parent))).cloned().unwrap_or_default();
            let path =
                if index == 0 { String::new() } else { format!("{parent}/{}", node.text.to_uppercase()) };
            if let Some(storage) = &node.storage {
                storages.push((path.clone(), Arc::clone(storage)));
            }
            paths.push(path);
        }
        storages
    }

    /// Bytes of everything together: what a reader may be expected to handle.
    pub(crate) fn total_bytes(&self) -> u64 {
        match self {
            Self::Container(container) => container.len(),
            Self::Foreign(foreign) => foreign.nodes.iter().map(|node| node.size).fold(0, u64::saturating_add),
        }
    }

    /// What was tolerated when the tree was opened.
    pub(crate) fn notes(&self) -> &[Note] {
        match self {
            Self::Container(container) => container.notes(),
            Self::Foreign(_) => &[],
        }
    }
}

/// A client's storage, listed down to its last stream.
pub(crate) struct Foreign {
    nodes: Vec<ForeignNode>,
}

struct ForeignNode {
    kind: Kind,
    text: String,
    name: Vec<u8>,
    size: u64,
    elements: Vec<Node>,
    parent: Node,
    storage: Option<Arc<dyn Storage>>,
    depth: u16,
}

impl Foreign {
    /// Lists a storage and the storages in it.
    ///
    /// # Errors
    /// What the storage answers; `MAPI_E_TOO_COMPLEX` beyond the limits.
    pub(crate) fn list(root: Arc<dyn Storage>) -> Result<Self> {
        let call = "MsgFile::from_storage";
        let too_complex = |detail| Error::new(ErrorCode::TOO_COMPLEX, call, detail);
        let mut nodes = vec![ForeignNode {
            kind: Kind::Storage,
            text: String::new(),
            name: Vec::new(),
            size: 0,
            elements: Vec::new(),
            parent: Tree::ROOT,
            storage: Some(root),
            depth: 0,
        }];
        let mut done = 0_usize;
        while let Some(node) = nodes.get(done) {
            let (storage, depth) = (node.storage.clone(), node.depth.saturating_add(1));
            let parent = u32::try_from(done).unwrap_or(u32::MAX);
            let elements = match &storage {
                Some(storage) => storage.elements()?,
                None => Vec::new(),
            };
            for element in elements {
                let inner = match (&storage, element.kind) {
                    (Some(storage), ElementKind::Storage) => Some(storage.open_storage(&element.name)?),
                    _ => None,
                };
                if nodes.len() >= CONTAINER_ENTRIES_MAX || depth > STORAGE_DEPTH_MAX {
                    return Err(too_complex("the storage has too many elements, or too deep ones"));
                }
                let index = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
                nodes.push(ForeignNode {
                    kind: if inner.is_some() { Kind::Storage } else { Kind::Stream },
                    name: element.name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    text: element.name,
                    size: element.len,
                    elements: Vec::new(),
                    parent,
                    storage: inner,
                    depth,
                });
                if let Some(node) = nodes.get_mut(done) {
                    node.elements.push(index);
                }
            }
            done = done.saturating_add(1);
        }
        Ok(Self { nodes })
    }

    fn node(&self, node: Node) -> Option<&ForeignNode> {
        self.nodes.get(narrow(u64::from(node)))
    }

    fn open(&self, node: Node) -> Result<Arc<dyn PropStream>, Fault> {
        let found = self.node(node);
        let parent = found.and_then(|found| self.node(found.parent)).and_then(|node| node.storage.as_ref());
        match (found, parent) {
            (Some(found), Some(parent)) => {
                parent.open_stream(&found.text).map_err(|error| Fault::Io(io::Error::other(error)))
            }
            _ => Err(Fault::Corrupt("no such stream")),
        }
    }
}

/// A property's bytes, read piece by piece; the whole value never has to be in memory.
///
/// The bytes are those of the file: text is UTF-16LE or in the message's code page.
pub struct ValueStream {
    source: Source,
    len: u64,
}

enum Source {
    Container(ContainerStream),
    Foreign(StreamCursor),
}

impl ValueStream {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True where there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Read for ValueStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Container(stream) => stream.read(buf),
            Source::Foreign(stream) => stream.read(buf),
        }
    }
}

impl Seek for ValueStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.source {
            Source::Container(stream) => stream.seek(to),
            Source::Foreign(stream) => stream.seek(to),
        }
    }
}

impl fmt::Debug for ValueStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueStream").field("len", &self.len).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(container) => container.fmt(f),
            Self::Foreign(foreign) => write!(f, "Storage({} elements)", wide(foreign.nodes.len())),
        }
    }
}
