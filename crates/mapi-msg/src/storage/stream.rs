//! `DocStream`: a stream of a storage that can be changed.
//!
//! Streams have no transaction of their own: what is written is in the storage at once, and is kept or
//! dropped with it.

use super::level::Core;
use super::tree::{Content, Key, Node};
use crate::little_endian::narrow;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The longest stream: what a compound file of 512-byte sectors can hold.
const STREAM_BYTES_MAX: usize = 0x7FFF_FFFF;

/// Growing by less than this is no leap.
const LEAP_BYTES: usize = 1024 * 1024;

/// A stream of a storage.
pub(super) struct DocStream {
    pub(super) core: Arc<Core>,
    pub(super) key: Key,
    pub(super) number: u64,
    /// For reading unchanged bytes, opened once.
    pub(super) reader: Mutex<Option<(u32, Arc<dyn PropStream>)>>,
}

impl DocStream {
    fn with<T>(&self, call: &'static str, look: impl FnOnce(&Content) -> Result<T>) -> Result<T> {
        let state = self.core.live(call)?;
        match state.pending.node(&self.key, self.number).and_then(Node::stream) {
            Some(content) => look(content),
            None => Err(removed(call)),
        }
    }

    fn change<T>(&self, call: &'static str, change: impl FnOnce(&mut Vec<u8>) -> Result<T>) -> Result<T> {
        self.core.check_write(call)?;
        let mut state = self.core.live(call)?;
        let folder = Arc::make_mut(&mut state.pending);
        match folder.node_mut(&self.key, self.number).map(|node| &mut node.body) {
            Some(super::tree::Body::Stream(content)) => change(content.make_mut(call)?),
            _ => Err(removed(call)),
        }
    }

    /// A reader of bytes that lie in the file.
    fn file_reader(&self, content: &Content, call: &'static str) -> Result<Arc<dyn PropStream>> {
        let Content::File(_, index) = content else { return content.reader(call) };
        let mut held = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, reader)) = &*held
            && of == index
        {
            return Ok(Arc::clone(reader));
        }
        let reader = content.reader(call)?;
        *held = Some((*index, Arc::clone(&reader)));
        Ok(reader)
    }
}

impl PropStream for DocStream {
    fn len(&self) -> Result<u64> {
        self.with("IStream::Stat", |content| Ok(content.len()))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        const CALL: &str = "IStream::Read";
        // The bytes are read without the lock of the storage.
        let content = self.with(CALL, |content| Ok(content.clone()))?;
        self.file_reader(&content, CALL)?.read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        const CALL: &str = "IStream::Write";
        self.change(CALL, |held| {
            overwrite(held, offset, bytes, CALL)?;
            Ok(bytes.len())
        })
    }

    fn set_len(&self, len: u64) -> Result<()> {
        const CALL: &str = "IStream::SetSize";
        let len = checked_len(len, CALL)?;
        self.change(CALL, |held| set_len(held, len, CALL))
    }

    fn commit(&self) -> Result<()> {
        self.core.check_write("IStream::Commit")?;
        self.with("IStream::Commit", |_| Ok(()))
    }
}

impl fmt::Debug for DocStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocStream").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Writes into bytes at an offset, growing them where needed.
///
/// # Errors
/// `MAPI_E_TOO_BIG`: beyond 2 GiB.
pub(crate) fn overwrite(held: &mut Vec<u8>, offset: u64, bytes: &[u8], call: &'static str) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let end = checked_len(offset.saturating_add(crate::little_endian::wide(bytes.len())), call)?;
    if held.len() < end {
        set_len(held, end, call)?;
    }
    if let Some(place) = held.get_mut(narrow(offset)..end) {
        place.copy_from_slice(bytes);
    }
    Ok(())
}

/// Cuts bytes, or grows them with zeros. Whoever grows them at one leap gets fresh pages, which take no memory
/// before something is written to them.
///
/// # Errors
/// `MAPI_E_NOT_ENOUGH_MEMORY`: there is no room for so many.
pub(crate) fn set_len(held: &mut Vec<u8>, len: usize, call: &'static str) -> Result<()> {
    let full = |_| Error::new(ErrorCode::NOT_ENOUGH_MEMORY, call, "there is no memory for so long a stream");
    let is_leap = len > LEAP_BYTES && len / 2 > held.len();
    if !is_leap {
        held.try_reserve(len.saturating_sub(held.len())).map_err(full)?;
        held.resize(len, 0);
        return Ok(());
    }
    Vec::<u8>::new().try_reserve_exact(len).map_err(full)?;
    let mut grown = vec![0; len];
    if let Some(start) = grown.get_mut(..held.len()) {
        start.copy_from_slice(held);
    }
    *held = grown;
    Ok(())
}

/// A length that a stream may have.
pub(crate) fn checked_len(len: u64, call: &'static str) -> Result<usize> {
    let len = usize::try_from(len).ok().filter(|len| *len <= STREAM_BYTES_MAX);
    len.ok_or_else(|| Error::new(ErrorCode::TOO_BIG, call, "a stream has 2 GiB at most"))
}

fn removed(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, call, "the stream was removed from its storage")
}
