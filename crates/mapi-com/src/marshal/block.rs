//! `Writer`: lays values out in one block of C memory, counting first and writing second.
//! What is laid out is decided in `prop.rs`, `notification.rs` and their neighbours.

use crate::abi::{AllocateBuffer, FreeBuffer};
use crate::marshal::text::encode8z;
use crate::memory;
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;
use std::ptr::NonNull;

/// Lays values out one behind the other, each aligned for its type.
///
/// The same code runs twice: over [`Writer::counting`], which only counts and answers NULL pointers, and
/// over [`Writer::over`] a block of the counted size.
#[derive(Debug)]
pub struct Writer {
    base: *mut u8,
    capacity: usize,
    used: usize,
}

impl Writer {
    /// A writer that counts and writes nothing.
    pub const fn counting() -> Self {
        Self { base: std::ptr::null_mut(), capacity: usize::MAX, used: 0 }
    }

    /// A writer over a block.
    ///
    /// # Safety
    /// The block has `capacity` bytes, which nobody else touches while the writer lives.
    pub const unsafe fn over(base: NonNull<u8>, capacity: usize) -> Self {
        Self { base: base.as_ptr(), capacity, used: 0 }
    }

    /// Bytes laid out so far.
    pub const fn used(&self) -> usize {
        self.used
    }

    /// Room for `count` values, not yet written; NULL while counting, and for no values.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_BIG`: the values do not fit the block, or no number counts their bytes.
    pub fn reserve<T>(&mut self, count: usize) -> Result<*mut T> {
        let too_big = || Error::new(ErrorCode::TOO_BIG, "Writer::reserve", "the values do not fit the block");
        // Counted from the base, so that both runs lay out alike; the base itself may be anywhere.
        let start = self.used.checked_next_multiple_of(align_of::<T>()).ok_or_else(too_big)?;
        let bytes = size_of::<T>().checked_mul(count).ok_or_else(too_big)?;
        let end = start.checked_add(bytes).filter(|end| *end <= self.capacity).ok_or_else(too_big)?;
        self.used = end;
        if self.base.is_null() || count == 0 {
            return Ok(std::ptr::null_mut());
        }
        // SAFETY: `start` is within the block.
        Ok(unsafe { self.base.add(start) }.cast())
    }

    /// Copies values in, and returns where they are; NULL while counting, and for no values.
    ///
    /// # Errors
    /// As [`Writer::reserve`].
    pub fn put<T: Copy>(&mut self, values: &[T]) -> Result<*mut T> {
        let place = self.reserve::<T>(values.len())?;
        if !place.is_null() {
            // SAFETY: the room was reserved for as many values; bytes are copied, so a base that a
            // caller aligned badly does no harm.
            unsafe { place.cast::<u8>().copy_from(values.as_ptr().cast(), size_of_val(values)) };
        }
        Ok(place)
    }

    /// Copies a text in as UTF-16 with its terminator; a NUL within ends it, as C sees it.
    ///
    /// # Errors
    /// As [`Writer::reserve`].
    pub fn put_text16(&mut self, text: &str) -> Result<*mut u16> {
        if let Some(ascii) = ascii_z(text) {
            let place = self.reserve::<u16>(ascii.len() + 1)?;
            if !place.is_null() {
                for (index, byte) in ascii.iter().enumerate() {
                    // SAFETY: the room was reserved for as many units; it may be unaligned where the base is.
                    unsafe { place.add(index).write_unaligned(u16::from(*byte)) };
                }
                // SAFETY: as above, for the terminator.
                unsafe { place.add(ascii.len()).write_unaligned(0) };
            }
            return Ok(place);
        }
        let units = || text.encode_utf16().take_while(|unit| *unit != 0).chain([0]);
        let place = self.reserve::<u16>(units().count())?;
        if !place.is_null() {
            for (index, unit) in units().enumerate() {
                // SAFETY: the room was reserved for as many units; it may be unaligned where the base is.
                unsafe { place.add(index).write_unaligned(unit) };
            }
        }
        Ok(place)
    }

    /// Copies a text in as 8-bit text of the process's code page with its terminator; a NUL within ends it.
    ///
    /// # Errors
    /// As [`Writer::reserve`].
    pub fn put_text8(&mut self, text: &str) -> Result<*mut u8> {
        let Some(ascii) = ascii_z(text) else { return self.put(&encode8z(text)) };
        let place = self.reserve::<u8>(ascii.len() + 1)?;
        if !place.is_null() {
            // SAFETY: the room was reserved for the bytes and the terminator.
            unsafe {
                place.copy_from(ascii.as_ptr(), ascii.len());
                place.add(ascii.len()).write(0);
            }
        }
        Ok(place)
    }

    /// Writes one value into reserved room; nothing while counting.
    ///
    /// # Safety
    /// `place` came from [`Writer::reserve`] of this writer for more than `index` values.
    pub unsafe fn set<T>(&mut self, place: *mut T, index: usize, value: T) {
        if !place.is_null() {
            // SAFETY: the caller promises reserved room; it may be unaligned where the base is.
            unsafe { place.add(index).write_unaligned(value) };
        }
    }
}

/// The bytes of a text up to a NUL within, where they mean the same in every code page and in UTF-16: most texts
/// are laid out without a copy between.
fn ascii_z(text: &str) -> Option<&[u8]> {
    if !text.is_ascii() {
        return None;
    }
    let bytes = text.as_bytes();
    // `contains` looks at words of bytes, and texts seldom have a NUL.
    if !bytes.contains(&0) {
        return Some(bytes);
    }
    bytes.split(|byte| *byte == 0).next()
}

/// The functions that make and free the buffers an object hands out: ours, or those of whoever made it.
#[derive(Clone, Copy, Debug)]
pub struct Allocator(Option<(AllocateBuffer, FreeBuffer)>);

impl Allocator {
    /// MAPIAllocateBuffer and MAPIFreeBuffer, without the way round through C.
    pub const OURS: Self = Self(None);

    /// A caller's functions.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: a function is NULL.
    ///
    /// # Safety
    /// The functions do what MAPIAllocateBuffer and MAPIFreeBuffer do, on any thread, for as long as
    /// the allocator is used.
    pub unsafe fn of_caller(allocate: AllocateBuffer, free: FreeBuffer, call: &'static str) -> Result<Self> {
        if allocate.is_none() || free.is_none() {
            return Err(super::invalid(call, "an allocator function is NULL"));
        }
        Ok(Self(Some((allocate, free))))
    }

    /// A buffer of this size.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_MEMORY`, or what the caller's function answers.
    pub fn allocate(&self, bytes: usize) -> Result<NonNull<c_void>> {
        let Some((Some(allocate), _)) = self.0 else { return memory::allocate(bytes) };
        let no_memory = || Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "ALLOCATEBUFFER", "there is no block");
        let size = u32::try_from(bytes).map_err(|_| no_memory())?;
        let mut block = std::ptr::null_mut();
        // SAFETY: whoever made this allocator promised a function that may be called so.
        let answer = unsafe { allocate(size, &raw mut block) };
        match ErrorCode::from_u32(answer as u32) {
            Some(code) => Err(Error::new(code, "ALLOCATEBUFFER", "the caller's allocator failed")),
            None => NonNull::new(block).ok_or_else(no_memory),
        }
    }

    /// Frees a buffer of this allocator.
    ///
    /// # Safety
    /// The block is NULL or was made by this allocator and not freed since.
    pub unsafe fn free(&self, block: *mut c_void) {
        match self.0 {
            // SAFETY: as in `allocate`; that the block is one of its own the caller promises.
            Some((_, Some(free))) => unsafe {
                free(block);
            },
            _ => {
                memory::free(block);
            }
        }
    }

    /// As [`Allocator::buffer`], in one run where it is known that the value takes at most `bound` bytes.
    ///
    /// # Errors
    /// As [`Allocator::buffer`].
    pub fn buffer_within<T>(
        &self,
        bound: Option<usize>,
        write: impl Fn(&mut Writer) -> Result<*mut T>,
    ) -> Result<*mut T> {
        let Some(bound) = bound else { return self.buffer(write) };
        let block = self.allocate(bound)?;
        // SAFETY: the block was just allocated with this size, and nobody else knows it.
        let mut writer = unsafe { Writer::over(block.cast(), bound) };
        write(&mut writer).map(|_| block.as_ptr().cast()).inspect_err(|_| {
            // SAFETY: the block was made above.
            unsafe { self.free(block.as_ptr()) };
        })
    }

    /// Lays a value out in a buffer of its own.
    ///
    /// `write` runs twice and must do the same both times; what it lays out first is what the buffer
    /// begins with.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`; those of `write`.
    pub fn buffer<T>(&self, write: impl Fn(&mut Writer) -> Result<*mut T>) -> Result<*mut T> {
        let mut counting = Writer::counting();
        write(&mut counting)?;
        let block = self.allocate(counting.used())?;
        // SAFETY: the block was just allocated with this size, and nobody else knows it.
        let mut writer = unsafe { Writer::over(block.cast(), counting.used()) };
        match write(&mut writer) {
            Ok(_) => Ok(block.as_ptr().cast()),
            Err(error) => {
                // SAFETY: the block was made above.
                unsafe { self.free(block.as_ptr()) };
                Err(error)
            }
        }
    }
}

/// As [`Allocator::buffer`], in one of our own buffers.
///
/// # Errors
/// As [`Allocator::buffer`].
pub fn buffer<T>(write: impl Fn(&mut Writer) -> Result<*mut T>) -> Result<*mut T> {
    Allocator::OURS.buffer(write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runs_lay_out_alike_and_nothing_runs_over() {
        let write = |writer: &mut Writer| {
            let first = writer.put(&[1u8, 2, 3])?;
            writer.put(&[7u64])?;
            writer.put::<u32>(&[])?;
            Ok(first)
        };
        let place = buffer(write).unwrap();
        assert_eq!(memory::size_of_buffer(place.cast()), Some(16));
        // SAFETY: the buffer has 16 bytes, and a u64 stands at offset 8.
        assert_eq!(unsafe { (*place, *place.add(2), *place.add(8).cast::<u64>()) }, (1, 3, 7));
        memory::free(place.cast());

        for text in ["", "plain", "with\0an end", "\u{e4}\u{20ac}"] {
            let both = |writer: &mut Writer| {
                let wide = writer.put_text16(text)?;
                writer.put_text8(text)?;
                Ok(wide)
            };
            let wide = buffer(both).unwrap();
            let visible = text.split('\0').next().unwrap();
            // SAFETY: the buffer begins with units that end with a zero unit.
            let (read, rest) = unsafe {
                let read = crate::marshal::text::utf16(wide, "test").unwrap().unwrap();
                (read, wide.add(visible.encode_utf16().count() + 1).cast::<u8>())
            };
            assert_eq!(read, visible);
            // SAFETY: behind them stand bytes that end with a zero byte.
            let narrow = unsafe { crate::marshal::text::bytes8(rest, "test") }.unwrap().unwrap();
            assert_eq!(narrow, encode8z(visible).strip_suffix(&[0]).unwrap());
            memory::free(wide.cast());
        }

        let mut small = [0u8; 4];
        // SAFETY: the array has four bytes.
        let mut writer = unsafe { Writer::over(NonNull::new(small.as_mut_ptr()).unwrap(), 4) };
        assert_eq!(writer.put(&[1u64]).unwrap_err().code(), ErrorCode::TOO_BIG);
        assert!(writer.put(&[1u32]).is_ok());
        assert!(Writer::counting().reserve::<u64>(usize::MAX).is_err());
    }
}
