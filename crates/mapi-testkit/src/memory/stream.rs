//! `BytesStream`: the stream of a value in memory; what is written is handed over by its commit.

use super::life::Life;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most bytes that a stream in memory takes, so that a write at a wild offset is refused.
const STREAM_BYTES: usize = 1 << 30;

type Keep = Box<dyn Fn(&[u8]) -> Result<()> + Send + Sync>;

pub(super) struct BytesStream {
    life: Arc<Life>,
    bytes: Mutex<Vec<u8>>,
    keep: Option<Keep>,
}

impl BytesStream {
    /// `keep` takes the bytes at a commit; without one the stream is for reading.
    pub(super) fn new(life: Arc<Life>, bytes: Vec<u8>, keep: Option<Keep>) -> Self {
        Self { life, bytes: Mutex::new(bytes), keep }
    }

    fn lock(&self, call: &'static str) -> Result<MutexGuard<'_, Vec<u8>>> {
        self.life.check(call)?;
        Ok(self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, call: &'static str) -> Result<&Keep> {
        let refused = || Error::new(ErrorCode::NO_ACCESS, call, "the stream is open for reading");
        self.keep.as_ref().ok_or_else(refused)
    }
}

impl PropStream for BytesStream {
    fn len(&self) -> Result<u64> {
        Ok(self.lock("PropStream::len")?.len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.lock("PropStream::read_at")?.read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        const CALL: &str = "PropStream::write_at";
        self.keep(CALL)?;
        let mut held = self.lock(CALL)?;
        let (start, end) = within(offset, bytes.len(), CALL)?;
        if held.len() < end {
            held.resize(end, 0);
        }
        held[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        const CALL: &str = "PropStream::set_len";
        self.keep(CALL)?;
        let (len, _) = within(len, 0, CALL)?;
        self.lock(CALL)?.resize(len, 0);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "PropStream::commit";
        let keep = self.keep(CALL)?;
        let bytes = self.lock(CALL)?.clone();
        keep(&bytes)
    }
}

fn within(offset: u64, count: usize, call: &'static str) -> Result<(usize, usize)> {
    let too_big = || Error::new(ErrorCode::TOO_BIG, call, format!("more than {STREAM_BYTES} bytes"));
    let start = usize::try_from(offset).map_err(|_| too_big())?;
    let end = start.checked_add(count).filter(|end| *end <= STREAM_BYTES).ok_or_else(too_big)?;
    Ok((start, end))
}
