//! The streams of a message on a storage: a value in memory, and a value that is read where it lies.
//!
//! What is written into a stream becomes the property's value at the stream's commit. A property that
//! is open as a stream is opened again as the same one.

use super::life::{LetGo, Life};
use super::whole::lock;
use crate::storage::{checked_len, overwrite, set_len};
use crate::tree::ValueStream;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

/// Takes the bytes of a stream at its commit.
pub(super) type Keep = Box<dyn Fn(&[u8]) -> Result<()> + Send + Sync>;

/// A value in memory.
pub(super) struct PropertyStream {
    life: Arc<Life>,
    bytes: Mutex<Vec<u8>>,
    keep: Option<Keep>,
}

impl PropertyStream {
    /// `keep` takes the bytes at a commit; without one the stream is for reading.
    pub(super) fn new(life: &Arc<Life>, bytes: Vec<u8>, keep: Option<Keep>) -> Self {
        Self { life: life.inner(), bytes: Mutex::new(bytes), keep }
    }

    fn keep(&self, call: &'static str) -> Result<&Keep> {
        let refused = || Error::new(ErrorCode::NO_ACCESS, call, "the stream is open for reading");
        self.keep.as_ref().ok_or_else(refused)
    }
}

impl PropStream for PropertyStream {
    fn len(&self) -> Result<u64> {
        let _pass = self.life.enter()?;
        PropStream::len(&*lock(&self.bytes))
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let _pass = self.life.enter()?;
        PropStream::read_at(&*lock(&self.bytes), offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        const CALL: &str = "IStream::Write";
        let _pass = self.life.enter()?;
        self.keep(CALL)?;
        overwrite(&mut lock(&self.bytes), offset, bytes, CALL)?;
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        const CALL: &str = "IStream::SetSize";
        let _pass = self.life.enter()?;
        self.keep(CALL)?;
        set_len(&mut lock(&self.bytes), checked_len(len, CALL)?, CALL)
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "IStream::Commit";
        let _pass = self.life.enter()?;
        let keep = self.keep(CALL)?;
        let bytes = lock(&self.bytes).clone();
        keep(&bytes)
    }
}

/// Bytes that are read where they lie.
pub(super) struct InFileStream {
    life: Arc<Life>,
    len: u64,
    bytes: Arc<Reading>,
}

struct Reading(Mutex<Option<ValueStream>>);

impl LetGo for Reading {
    fn let_go(&self) {
        drop(lock(&self.0).take());
    }
}

impl InFileStream {
    pub(super) fn new(life: &Arc<Life>, stream: ValueStream) -> Self {
        let (life, len) = (life.inner(), stream.len());
        let bytes = Arc::new(Reading(Mutex::new(Some(stream))));
        life.hold(&bytes);
        Self { life, len, bytes }
    }
}

impl PropStream for InFileStream {
    fn len(&self) -> Result<u64> {
        let _pass = self.life.enter()?;
        Ok(self.len)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        const CALL: &str = "IStream::Read";
        let _pass = self.life.enter()?;
        let mut held = lock(&self.bytes.0);
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, CALL, "the message has ended");
        let stream = held.as_mut().ok_or_else(ended)?;
        let read = stream.seek(SeekFrom::Start(offset)).and_then(|_| stream.read(bytes));
        read.map_err(|fault| {
            Error::new(ErrorCode::CORRUPT_DATA, CALL, "the value cannot be read").with_source(fault)
        })
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> Result<usize> {
        read_only("IStream::Write")
    }

    fn set_len(&self, _len: u64) -> Result<()> {
        read_only("IStream::SetSize")
    }

    fn commit(&self) -> Result<()> {
        read_only("IStream::Commit")
    }
}

fn read_only<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_ACCESS, call, "the stream is open for reading"))
}
