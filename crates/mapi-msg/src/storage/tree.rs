//! `Folder`: the elements of a storage as values, copied only where they are changed.
//!
//! A copy costs one reference, so every level of a transaction has its own. Who may change what, and
//! when it is kept, is `mod.rs`; the bytes of the file are made in `medium.rs`.

use crate::container::{Container, ContainerStream, Kind, ROOT, name_order};
use crate::little_endian::narrow;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::storage::{Element, ElementKind};
use mapi_spi::stream::PropStream;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

/// Units in the longest name.
const NAME_UNITS_MAX: usize = 31;

/// An element's name in the order of compound files: by length, then without regard to case. It is folded
/// once, so that to find one among thousands of names that begin alike is to compare bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key(Arc<[u8]>);

impl Key {
    /// A name to look for.
    pub(super) fn new(name: &str) -> Self {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Self(name_order(&units).into())
    }

    /// A name to give.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER`: empty, longer than 31 units, or with one of `/ \ : !`.
    pub(super) fn named(name: &str, call: &'static str) -> Result<Self> {
        if !is_possible(name.encode_utf16().count()) || name.contains(['/', '\\', ':', '!']) {
            let detail = "the name of an element is empty, too long or has forbidden characters";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, detail));
        }
        Ok(Self::new(name))
    }
}

/// Whether a name may have so many units.
fn is_possible(units: usize) -> bool {
    (1..=NAME_UNITS_MAX).contains(&units)
}

/// A storage's elements and what it says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folder {
    pub(super) class_id: Guid,
    pub(super) created: FileTime,
    pub(super) modified: FileTime,
    pub(super) elements: BTreeMap<Key, Node>,
}

/// One element. The number stays with it, so that another element of its name is not taken for it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) body: Body,
}

/// What an element is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Stream(Content),
    Storage(Arc<Folder>),
}

/// The bytes of a stream.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// In memory.
    Bytes(Arc<Vec<u8>>),
    /// Unchanged in the file it was read from.
    File(Arc<Container>, u32),
}

impl Node {
    /// An element that nobody has seen yet.
    pub(super) fn new(name: &str, body: Body) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { number: NEXT.fetch_add(1, Memory::Relaxed), name: name.into(), body }
    }

    pub(super) fn stream(&self) -> Option<&Content> {
        match &self.body {
            Body::Stream(content) => Some(content),
            Body::Storage(_) => None,
        }
    }

    pub(super) fn storage(&self) -> Option<&Arc<Folder>> {
        match &self.body {
            Body::Storage(folder) => Some(folder),
            Body::Stream(_) => None,
        }
    }
}

impl Content {
    /// Number of bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => crate::little_endian::wide(bytes.len()),
            Self::File(container, index) => container.size(*index),
        }
    }

    /// Something to read the bytes from, as they are now.
    pub(super) fn reader(&self, call: &'static str) -> Result<Arc<dyn PropStream>> {
        match self {
            Self::Bytes(bytes) => Ok(Arc::new(Shared(Arc::clone(bytes)))),
            Self::File(container, index) => {
                let stream = ContainerStream::open(Arc::clone(container), *index);
                Ok(Arc::new(stream.map_err(|fault| fault.of(call))?))
            }
        }
    }

    /// The bytes for changing them.
    pub(super) fn make_mut(&mut self, call: &'static str) -> Result<&mut Vec<u8>> {
        if let Self::File(container, index) = self {
            let bytes = container.bytes(*index).map_err(|fault| fault.of(call))?.into_owned();
            *self = Self::Bytes(Arc::new(bytes));
        }
        match self {
            Self::Bytes(bytes) => Ok(Arc::make_mut(bytes)),
            Self::File(..) => Err(Error::new(ErrorCode::CALL_FAILED, call, "the bytes were not loaded")),
        }
    }
}

impl Folder {
    /// The tree of a compound file; streams stay in the file.
    ///
    /// Elements whose name no compound file can have, empty or too long, are left out: nobody could
    /// open them, and they could not be written.
    pub(crate) fn of_container(container: &Arc<Container>) -> Arc<Self> {
        // A directory entry has one parent, so every storage is visited once: first the outer ones,
        // and put together from the inside out.
        let mut order = vec![ROOT];
        let mut done = 0_usize;
        while let Some(index) = order.get(done).copied() {
            let inner = container.elements(index).iter().copied();
            order.extend(inner.filter(|index| container.kind(*index) == Kind::Storage));
            done = done.saturating_add(1);
        }
        let mut made: BTreeMap<u32, Arc<Self>> = BTreeMap::new();
        for index in order.into_iter().rev() {
            let (created, modified) = container.times(index);
            let class_id = container.class_id(index);
            let mut folder = Self { class_id, created, modified, elements: BTreeMap::new() };
            for element in container.elements(index) {
                let body = match container.kind(*element) {
                    Kind::Storage => Body::Storage(made.remove(element).unwrap_or_default()),
                    Kind::Stream | Kind::Free => Body::Stream(Content::File(Arc::clone(container), *element)),
                };
                let name = container.name(*element);
                if !is_possible(name.len() / 2) {
                    continue;
                }
                let key = Key(name_order(name).into());
                let name = crate::container::text(container.name(*element));
                folder.elements.entry(key).or_insert_with(|| Node::new(&name, body));
            }
            made.insert(index, Arc::new(folder));
        }
        made.remove(&ROOT).unwrap_or_default()
    }

    /// The elements as they are listed.
    pub(super) fn list(&self) -> Vec<Element> {
        let element = |node: &Node| Element {
            name: node.name.to_string(),
            kind: match node.body {
                Body::Stream(_) => ElementKind::Stream,
                Body::Storage(_) => ElementKind::Storage,
            },
            len: node.stream().map_or(0, Content::len),
        };
        self.elements.values().map(element).collect()
    }

    /// The element of this name that has this number.
    pub(super) fn node(&self, key: &Key, number: u64) -> Option<&Node> {
        self.elements.get(key).filter(|node| node.number == number)
    }

    /// As [`Folder::node`], for changing it.
    pub(super) fn node_mut(&mut self, key: &Key, number: u64) -> Option<&mut Node> {
        self.elements.get_mut(key).filter(|node| node.number == number)
    }
}

/// Bytes that several hold.
struct Shared(Arc<Vec<u8>>);

impl PropStream for Shared {
    fn len(&self) -> Result<u64> {
        Ok(crate::little_endian::wide(self.0.len()))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let rest = self.0.get(narrow(offset)..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        if let (Some(to), Some(from)) = (bytes.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}
