//! MAPI's buffers: MAPIAllocateBuffer, MAPIAllocateMore, MAPIFreeBuffer, and the COM task allocator's
//! bookkeeping beside them.
//!
//! Which buffers live stands in a book beside the heap, not in a header inside it. So a pointer that a
//! caller got wrong — freed before, pointing into a buffer, from another allocator, from the stack — is
//! looked up, not read, and can do no damage: freeing it does nothing. The blocks come from the C heap
//! as they are, so a sanitizer sees every byte a client reads or writes beyond them.
//!
//! What the buffers hold is written in `marshal/`; the exported names are in `mapi32`.
//!
//! # What the reference leaves open
//! A size of 0 gives a pointer of its own. A buffer linked to a linked buffer is linked to its root.
//! Freeing a linked buffer by itself, or any pointer that is no buffer, does nothing and answers S_OK.

use crate::host_memory::host;
use crate::verify;
use mapi_defs::{Error, ErrorCode, Result};
use std::alloc::{Layout, alloc, dealloc};
use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Every buffer is aligned for anything a C program may put into it.
pub const ALIGN_BYTES: usize = 16;

/// Parts of the book, so that threads seldom wait for one another.
const SHARDS: usize = 16;

/// A new buffer of `bytes` bytes that is freed by itself; its content is undefined.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`: the heap has no such block.
///
/// # Source
/// MAPIAllocateBuffer.
pub fn allocate(bytes: usize) -> Result<NonNull<c_void>> {
    if let Some(host) = host() {
        return host.allocate(bytes);
    }
    enter(new_block(bytes)?, Block { bytes, role: Role::Root(Vec::new()) })
}

/// A new buffer that is freed together with `root`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `root` is no buffer.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`: the heap has no such block.
///
/// # Source
/// MAPIAllocateMore.
pub fn allocate_more(bytes: usize, root: *mut c_void) -> Result<NonNull<c_void>> {
    if let Some(host) = host() {
        return host.allocate_more(bytes, root);
    }
    let no_root =
        || Error::new(ErrorCode::INVALID_PARAMETER, "MAPIAllocateMore", "the object to link to is no buffer");
    let asked = root;
    let root = root_of(root).ok_or_else(|| {
        verify::block::refused(asked, "MAPIAllocateMore", "MAPI_E_INVALID_PARAMETER");
        no_root()
    })?;
    // Entered before it is linked: whoever frees the root finds every linked buffer in the book.
    let child = enter(new_block(bytes)?, Block { bytes, role: Role::Linked(root) })?;
    let linked = match shard(root).get_mut(&root) {
        Some(Block { role: Role::Root(children), .. }) => {
            children.push(child.as_ptr() as usize);
            true
        }
        _ => false,
    };
    if linked {
        return Ok(child);
    }
    // The root was freed by another thread in between.
    strike(child.as_ptr() as usize);
    Err(no_root())
}

/// Frees a buffer and everything linked to it; true where it was one that can be freed by itself.
///
/// # Source
/// MAPIFreeBuffer.
pub fn free(buffer: *mut c_void) -> bool {
    let freed = free_quietly(buffer);
    if !freed {
        verify::block::refused(buffer, "MAPIFreeBuffer", "S_OK");
    }
    freed
}

/// As [`free`], for a pointer that may be none of our buffers.
pub(crate) fn free_quietly(buffer: *mut c_void) -> bool {
    if let Some(host) = host() {
        host.free(buffer);
        return !buffer.is_null();
    }
    let address = buffer as usize;
    let mut book = shard(address);
    let Some(Block { role: Role::Root(_), .. }) = book.get(&address) else { return false };
    let root = book.remove(&address);
    drop(book);
    let Some(root) = root else { return false };
    if let Role::Root(children) = &root.role {
        children.iter().for_each(|child| strike(*child));
    }
    give_back(address, root.bytes);
    true
}

/// A new buffer with the content of `buffer`, which is freed; what was linked to it is linked to the
/// new one. A NULL `buffer` makes a new buffer.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: `buffer` is no buffer that can be freed by itself; it is untouched.
/// - `MAPI_E_NOT_ENOUGH_MEMORY`: the heap has no such block; `buffer` is untouched.
///
/// # Source
/// MAPIReallocateBuffer.
pub fn reallocate(buffer: *mut c_void, bytes: usize) -> Result<NonNull<c_void>> {
    if buffer.is_null() {
        return allocate(bytes);
    }
    let no_buffer = || Error::new(ErrorCode::INVALID_PARAMETER, "MAPIReallocateBuffer", "this is no buffer");
    let address = buffer as usize;
    if !matches!(shard(address).get(&address), Some(Block { role: Role::Root(_), .. })) {
        verify::block::refused(buffer, "MAPIReallocateBuffer", "MAPI_E_INVALID_PARAMETER");
        return Err(no_buffer());
    }
    let new = allocate(bytes)?;
    let Some(old) = shard(address).remove(&address) else {
        free(new.as_ptr());
        return Err(no_buffer());
    };
    // SAFETY: the old block was struck from the book by this call alone and holds `old.bytes` bytes,
    // the new one `bytes`; two live heap blocks do not overlap.
    unsafe { buffer.cast::<u8>().copy_to_nonoverlapping(new.as_ptr().cast(), old.bytes.min(bytes)) };
    give_back(address, old.bytes);
    if let Role::Root(children) = old.role {
        let root = new.as_ptr() as usize;
        for child in &children {
            if let Some(block) = shard(*child).get_mut(child) {
                block.role = Role::Linked(root);
            }
        }
        if let Some(block) = shard(root).get_mut(&root) {
            block.role = Role::Root(children);
        }
    }
    Ok(new)
}

/// The size a live buffer was asked for with, in bytes.
pub fn size_of_buffer(buffer: *const c_void) -> Option<usize> {
    shard(buffer as usize).get(&(buffer as usize)).map(|block| block.bytes)
}

/// What lives at this moment: buffers, linked ones included, and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Live {
    /// Buffers.
    pub buffers: usize,
    /// Bytes they were asked for with.
    pub bytes: usize,
}

/// Counts the live buffers.
pub fn live() -> Live {
    let mut live = Live::default();
    for index in 0..SHARDS {
        let book = lock(index);
        live.buffers += book.len();
        live.bytes += book.values().map(|block| block.bytes).sum::<usize>();
    }
    live
}

/// One live buffer.
struct Block {
    bytes: usize,
    role: Role,
}

impl Block {
    /// The root that it goes with, if it is none itself.
    const fn root(&self) -> Option<usize> {
        match self.role {
            Role::Root(_) => None,
            Role::Linked(root) => Some(root),
        }
    }
}

enum Role {
    /// Freed by itself, with the addresses of what is linked to it.
    Root(Vec<usize>),
    /// Freed with the root at this address.
    Linked(usize),
}

type Book = HashMap<usize, Block, BuildHasherDefault<AddressHasher>>;

static BOOKS: [Mutex<Book>; SHARDS] =
    [const { Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())) }; SHARDS];

/// Spreads addresses, which are multiples of 16; callers cannot choose them, so no seed is needed.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = spread(self.0 ^ address as u64);
    }
}

fn spread(address: u64) -> u64 {
    let product = (address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

fn shard(address: usize) -> MutexGuard<'static, Book> {
    // The top bits, which the map itself uses least.
    lock((spread(address as u64) >> 40) as usize % SHARDS)
}

fn lock(index: usize) -> MutexGuard<'static, Book> {
    BOOKS[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address of the root that a buffer is or is linked to.
fn root_of(buffer: *mut c_void) -> Option<usize> {
    let address = buffer as usize;
    match shard(address).get(&address)?.role {
        Role::Root(_) => Some(address),
        Role::Linked(root) => Some(root),
    }
}

fn enter(new: NonNull<c_void>, block: Block) -> Result<NonNull<c_void>> {
    let address = new.as_ptr() as usize;
    let mut book = shard(address);
    if book.try_reserve(1).is_err() {
        drop(book);
        to_heap(address, block.bytes);
        return Err(no_memory());
    }
    let (bytes, root) = (block.bytes, block.root());
    book.insert(address, block);
    drop(book);
    if verify::is_on() {
        // SAFETY: just made with so many bytes and the tail, and not handed out yet.
        unsafe { verify::block::made(address, bytes, root) };
    }
    Ok(new)
}

/// Takes a linked buffer out of the book and gives it back to the heap.
fn strike(address: usize) {
    let block = shard(address).remove(&address);
    if let Some(block) = block {
        give_back(address, block.bytes);
    }
}

fn new_block(bytes: usize) -> Result<NonNull<c_void>> {
    let layout = layout(bytes).ok_or_else(no_memory)?;
    // SAFETY: the layout has at least one byte.
    NonNull::new(unsafe { alloc(layout) }).map(NonNull::cast).ok_or_else(no_memory)
}

fn give_back(address: usize, bytes: usize) {
    if !verify::is_on() {
        return to_heap(address, bytes);
    }
    // SAFETY: struck from the book by the one call that gives it back.
    let expired = unsafe { verify::block::freed(address) };
    expired.into_iter().for_each(|(address, bytes)| to_heap(address, bytes));
}

fn to_heap(address: usize, bytes: usize) {
    let Some(layout) = layout(bytes) else { return };
    // SAFETY: the address came from `new_block` with this size and was struck from the book by the one
    // call that gives it back, so nobody gives it back twice.
    unsafe { dealloc(address as *mut u8, layout) };
}

/// One byte at least, so that a buffer of size 0 has an address of its own.
fn layout(bytes: usize) -> Option<Layout> {
    let tail = if verify::is_on() { verify::block::TAIL_BYTES } else { 0 };
    Layout::from_size_align(bytes.max(1).checked_add(tail)?, ALIGN_BYTES).ok()
}

fn no_memory() -> Error {
    Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "MAPIAllocateBuffer", "the heap has no block of this size")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a buffer, for writing.
    fn bytes_of<'a>(buffer: NonNull<c_void>) -> &'a mut [u8] {
        let len = size_of_buffer(buffer.as_ptr()).unwrap();
        // SAFETY: the buffer lives and nobody else knows it.
        unsafe { std::slice::from_raw_parts_mut(buffer.as_ptr().cast(), len) }
    }

    #[test]
    fn linked_buffers_go_with_their_root() {
        let root = allocate(64).unwrap();
        let more: Vec<_> = [32, 5_000, 0].map(|len| allocate_more(len, root.as_ptr()).unwrap()).into();
        let below = allocate_more(8, more[0].as_ptr()).unwrap();
        for buffer in more.iter().chain([&root, &below]) {
            assert_eq!(buffer.as_ptr() as usize % ALIGN_BYTES, 0);
            bytes_of(*buffer).fill(0xA5);
        }
        assert!(!free(more[0].as_ptr()), "a linked buffer is not freed by itself");
        bytes_of(more[0]).fill(0x5A);
        assert!(free(root.as_ptr()));
        for gone in more.iter().chain([&root, &below]) {
            assert_eq!(size_of_buffer(gone.as_ptr()), None);
        }
    }

    #[test]
    fn what_is_no_buffer_is_left_alone() {
        let mut outside = [0u8; 64];
        let root = allocate(64).unwrap();
        let interior = root.as_ptr().wrapping_byte_add(16);
        let shapes = [
            std::ptr::null_mut(),
            interior,
            root.as_ptr().wrapping_byte_add(1),
            outside.as_mut_ptr().cast(),
            usize::MAX as *mut c_void,
            8 as *mut c_void,
        ];
        for shape in shapes {
            assert!(!free(shape));
            let refused = allocate_more(8, shape).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::INVALID_PARAMETER);
        }
        assert_eq!(reallocate(interior, 8).unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
        assert!(free(root.as_ptr()) && !free(root.as_ptr()), "the second time is nothing");
        assert!(allocate_more(8, root.as_ptr()).is_err());
    }

    #[test]
    fn a_reallocated_buffer_keeps_its_bytes_and_what_is_linked() {
        let root = allocate(4).unwrap();
        bytes_of(root).copy_from_slice(b"abcd");
        let child = allocate_more(3, root.as_ptr()).unwrap();
        let bigger = reallocate(root.as_ptr(), 4_096).unwrap();
        assert_eq!(&bytes_of(bigger)[..4], b"abcd");
        let smaller = reallocate(bigger.as_ptr(), 2).unwrap();
        assert_eq!(bytes_of(smaller), b"ab");
        assert!(size_of_buffer(child.as_ptr()).is_some());
        assert!(free(smaller.as_ptr()));
        assert_eq!(size_of_buffer(child.as_ptr()), None);
        let new = reallocate(std::ptr::null_mut(), 5).unwrap();
        assert!(free(new.as_ptr()));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert_eq!(allocate(usize::MAX).unwrap_err().code(), ErrorCode::NOT_ENOUGH_MEMORY);
        assert_eq!(allocate(isize::MAX as usize).unwrap_err().code(), ErrorCode::NOT_ENOUGH_MEMORY);
    }
}
