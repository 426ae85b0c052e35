//! Reading whatever bytes there are, in every way, and counting the work.
#![allow(dead_code, reason = "every test binary takes a part of this module")]

use mapi_defs::{Error, Result};
use mapi_msg::container::ReadAt;
use mapi_msg::{Message, MsgFile, ObjectLimits};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// The stack that any file has to be read on.
const STACK_BYTES: usize = 256 * 1024;
/// Bytes read from the medium for each byte of the file, at most.
const WORK_FACTOR: u64 = 50;
/// Bytes read from the medium in any case, at most.
const WORK_BASE_BYTES: u64 = 1024 * 1024;

/// What came of reading.
#[derive(Debug)]
pub(crate) enum Outcome {
    Refused(Error),
    Read { entries: usize, notes: usize },
}

/// Does `work` in a thread with a small stack; a panic there is one here.
pub(crate) fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(work).expect("a thread");
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Reads everything in a file, from memory and from a medium whose reads are counted.
pub(crate) fn read_everything(bytes: &[u8]) -> Outcome {
    let shared: Arc<[u8]> = bytes.into();
    let work = Arc::new(AtomicU64::new(0));
    let medium = Counted { bytes: Arc::clone(&shared), work: Arc::clone(&work) };
    let counted = MsgFile::from_source(medium).and_then(|file| read_message(&file));
    let (done, allowed) = (work.load(Ordering::Relaxed), bytes.len() as u64 * WORK_FACTOR + WORK_BASE_BYTES);
    assert!(done <= allowed, "{done} bytes were read of a file of {}", bytes.len());
    let in_memory = MsgFile::from_source(Arc::clone(&shared)).and_then(|file| read_message(&file));
    match (counted, in_memory) {
        (Ok(notes), Ok(also)) => {
            assert_eq!(notes, also);
            let entries = mapi_msg::Container::from_source(shared).map_or(0, |container| container.entries());
            Outcome::Read { entries, notes }
        }
        (Err(error), Err(also)) => {
            assert_eq!(error.code(), also.code());
            Outcome::Refused(error)
        }
        (counted, in_memory) => panic!("memory and medium disagree: {counted:?}, {in_memory:?}"),
    }
}

/// Reads a message as values, and its large values as streams; says how many notes there were.
fn read_message(file: &MsgFile) -> Result<usize> {
    let message = file.message()?;
    read_streams(&message);
    let (object, notes) = message.to_object_with_notes(&ObjectLimits::default())?;
    drop(object);
    Ok(notes.len() + file.notes().len())
}

fn read_streams(message: &Message) {
    let mut buffer = [0; 4096];
    for large in message.large_values() {
        if let Ok(mut stream) = message.stream(large.tag) {
            while matches!(stream.read(&mut buffer), Ok(1..)) {}
        }
    }
    for attachment in message.attachments() {
        if let Ok(Some(mut stream)) = attachment.data() {
            while matches!(stream.read(&mut buffer), Ok(1..)) {}
        }
    }
}

/// Bytes whose reads are counted.
struct Counted {
    bytes: Arc<[u8]>,
    work: Arc<AtomicU64>,
}

impl ReadAt for Counted {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read_at(offset, buf)?;
        self.work.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn len(&self) -> std::io::Result<u64> {
        ReadAt::len(&*self.bytes)
    }
}
