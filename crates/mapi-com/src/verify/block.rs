//! Buffers in verify mode: who made and who freed them; the freed ones are kept apart for a while, filled with
//! a pattern, so that whoever frees, reads or writes them again is named.
//! The buffers themselves are `memory.rs`'s.

use super::report;
use super::site::Site;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes behind a buffer that nobody may write.
pub(crate) const TAIL_BYTES: usize = 16;
/// Freed buffers that are kept, in bytes.
const MOST_KEPT_BYTES: usize = 64 << 20;
/// Lines of a list of what was left.
const MOST_LISTED: usize = 100;

const NEW: u8 = 0xCD;
const TAIL: u8 = 0xFD;
const FREED: u8 = 0xDD;

/// A freed buffer that has been kept long enough: its address and size, to be given back to the heap.
pub(crate) type Expired = (usize, usize);

struct Block {
    bytes: usize,
    /// The buffer that it is freed with; itself where it is freed alone.
    root: usize,
    made: Site,
    freed: Option<Site>,
}

#[derive(Default)]
struct Book {
    live: BTreeMap<usize, Block>,
    freed: BTreeMap<usize, Block>,
    /// The freed ones, oldest first.
    order: VecDeque<usize>,
    kept_bytes: usize,
}

static BOOK: Mutex<Book> =
    Mutex::new(Book { live: BTreeMap::new(), freed: BTreeMap::new(), order: VecDeque::new(), kept_bytes: 0 });

fn book() -> MutexGuard<'static, Book> {
    BOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters a new buffer of `bytes` bytes and [`TAIL_BYTES`] more, and fills both.
///
/// # Safety
/// The block has that many bytes and is nobody else's.
pub(crate) unsafe fn made(address: usize, bytes: usize, root: Option<usize>) {
    // SAFETY: the promise is the caller's own.
    unsafe {
        (address as *mut u8).write_bytes(NEW, bytes);
        ((address + bytes) as *mut u8).write_bytes(TAIL, TAIL_BYTES);
    }
    let made = Site::here();
    book().live.insert(address, Block { bytes, root: root.unwrap_or(address), made, freed: None });
}

/// Keeps a freed buffer apart, and answers those that have been kept long enough.
///
/// # Safety
/// The block was entered by [`made`] and has been struck from the heap's book by this call alone.
pub(crate) unsafe fn freed(address: usize) -> Vec<Expired> {
    let site = Site::here();
    let mut book = book();
    let Some(mut block) = book.live.remove(&address) else { return Vec::new() };
    // SAFETY: the block is still whole, and freed by this call alone.
    let overrun = unsafe { !is_filled(address + block.bytes, TAIL_BYTES, TAIL) };
    // SAFETY: as above; nobody may look at it any longer.
    unsafe { (address as *mut u8).write_bytes(FREED, block.bytes) };
    block.freed = Some(site);
    let told = overrun.then(|| block.lines());
    book.kept_bytes += block.bytes + TAIL_BYTES;
    book.order.push_back(address);
    book.freed.insert(address, block);
    let (expired, written) = book.expire();
    drop(book);
    if let Some(lines) = told {
        report::mistake("a buffer was written beyond its end", &lines, "nothing: it was freed");
    }
    for lines in written {
        report::mistake(
            "a buffer was written after it was freed",
            &lines,
            "nothing: its bytes were kept apart",
        );
    }
    expired
}

/// Tells of a pointer that was to be freed, grown or linked to and is no buffer that this can be done with.
pub(crate) fn refused(pointer: *const c_void, call: &'static str, answered: &str) {
    if !super::is_on() || pointer.is_null() {
        return;
    }
    let address = pointer as usize;
    let book = book();
    let (what, lines) = if let Some(block) = book.freed.get(&address) {
        ("of a buffer that was freed before".to_owned(), block.lines())
    } else if let Some(block) = book.live.get(&address) {
        let mut lines = block.lines();
        lines.extend(
            book.live.get(&block.root).map(|root| format!("linked to the one made by {}", root.made)),
        );
        ("of a buffer that is linked to another and goes with it".to_owned(), lines)
    } else if let Some((at, block)) = holding(&book.live, address).or_else(|| holding(&book.freed, address)) {
        (format!("of a pointer {} bytes into a buffer", address - at), block.lines())
    } else {
        ("of a pointer that is no buffer of MAPI".to_owned(), Vec::new())
    };
    drop(book);
    let mut lines = lines;
    lines.push(format!("done by {}", Site::here().named(call)));
    report::mistake(&format!("{call} {what}"), &lines, answered);
}

/// True, and told, where an argument lies in a freed buffer.
pub(crate) fn is_freed(pointer: *const c_void, call: &'static str) -> bool {
    if !super::is_on() || pointer.is_null() {
        return false;
    }
    let book = book();
    let found = holding(&book.freed, pointer as usize);
    let Some(mut lines) = found.map(|(_, block)| block.lines()) else { return false };
    drop(book);
    lines.push(format!("done by {}", Site::here().named(call)));
    report::mistake(
        &format!("{call} was given a pointer into a buffer that was freed"),
        &lines,
        "MAPI_E_INVALID_PARAMETER",
    );
    true
}

/// Lists the buffers that nobody freed, and looks through the freed ones for late writes.
pub(super) fn list_left(call: &str) {
    let book = book();
    // By who made them: a loop that forgets one forgets many.
    let mut lines: Vec<String> = Vec::new();
    let roots = book.live.iter().filter(|(address, block)| **address == block.root);
    for (_, block) in roots.clone().take(MOST_LISTED) {
        lines.push(format!("{} bytes, made by {}", block.bytes, block.made));
    }
    let (left, all) = (roots.count(), book.live.len());
    let written: Vec<Vec<String>> = book
        .freed
        .iter()
        .filter(|(at, block)| block.is_written(**at))
        .map(|(_, block)| block.lines())
        .collect();
    drop(book);
    if left > 0 {
        report::note(
            &format!("{left} buffers not freed at {call}, {all} with what is linked to them"),
            &lines,
        );
    }
    for lines in written {
        report::mistake(
            "a buffer was written after it was freed",
            &lines,
            "nothing: its bytes were kept apart",
        );
    }
}

impl Book {
    /// Takes out the oldest until few enough are kept; what was written since is told of each.
    fn expire(&mut self) -> (Vec<Expired>, Vec<Vec<String>>) {
        let (mut expired, mut written) = (Vec::new(), Vec::new());
        while self.kept_bytes > MOST_KEPT_BYTES {
            let Some(address) = self.order.pop_front() else { break };
            let Some(block) = self.freed.remove(&address) else { continue };
            self.kept_bytes -= block.bytes + TAIL_BYTES;
            if block.is_written(address) {
                written.push(block.lines());
            }
            expired.push((address, block.bytes));
        }
        (expired, written)
    }
}

impl Block {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{} bytes, made by {}", self.bytes, self.made)];
        lines.extend(self.freed.map(|freed| format!("freed by {freed}")));
        lines
    }

    fn is_written(&self, address: usize) -> bool {
        // SAFETY: a freed buffer in the book is still held by it.
        unsafe { !is_filled(address, self.bytes, FREED) }
    }
}

/// The buffer that an address lies in, with its own address.
fn holding(blocks: &BTreeMap<usize, Block>, address: usize) -> Option<(usize, &Block)> {
    let (at, block) = blocks.range(..=address).next_back()?;
    (address < at + block.bytes.max(1)).then_some((*at, block))
}

/// # Safety
/// There are as many bytes.
unsafe fn is_filled(address: usize, bytes: usize, with: u8) -> bool {
    // SAFETY: the promise is the caller's own.
    unsafe { std::slice::from_raw_parts(address as *const u8, bytes) }.iter().all(|byte| *byte == with)
}
