//! Rows and address lists, both ways, and their freeing (FreeProws, FreePadrlist).
//! A set of rows is no single buffer: the set is one, and each row's properties are another.
#![allow(non_snake_case, reason = "values for members of C structures carry the members' names")]

use super::block::Allocator;
use super::prop::{props, props_bound, put_props};
use super::{array, invalid};
use crate::abi::{ADRLIST, SRow, SRowSet};
use crate::host_memory::host;
use crate::memory;
use mapi_defs::prop::Prop;
use mapi_defs::{Error, ErrorCode, Result};
use std::mem::offset_of;
use std::ptr::{addr_of, addr_of_mut, null_mut};

// An address list is a set of rows by other names, so one code serves both.
const _: () = assert!(
    size_of::<ADRLIST>() == size_of::<SRowSet>()
        && offset_of!(ADRLIST, aEntries) == offset_of!(SRowSet, aRow)
);

/// Makes a set of rows; each row's properties are a buffer of their own.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`: nothing is left behind.
pub fn c_rows<'a>(
    allocator: Allocator,
    rows: impl ExactSizeIterator<Item = &'a [Prop]>,
) -> Result<*mut SRowSet> {
    let (count, bytes) = (rows.len(), offset_of!(SRowSet, aRow) + rows.len() * size_of::<SRow>());
    let too_many = |_| Error::new(ErrorCode::TOO_BIG, "SRowSet", "more rows than a set can count");
    let most = u32::try_from(count).map_err(too_many)?;
    let set: *mut SRowSet = allocator.allocate(bytes.max(size_of::<SRowSet>()))?.as_ptr().cast();
    // SAFETY: the buffer was just allocated for this head and `count` rows; nobody else knows it.
    unsafe {
        (*set).cRows = 0;
        let first = addr_of_mut!((*set).aRow).cast::<SRow>();
        first.write(SRow { ulAdrEntryPad: 0, cValues: 0, lpProps: null_mut() });
        for (index, row) in rows.enumerate().take(count) {
            match allocator.buffer_within(props_bound(row), |writer| put_props(writer, row)) {
                Ok(lpProps) => {
                    first.add(index).write(SRow { ulAdrEntryPad: 0, cValues: row.len() as u32, lpProps });
                    (*set).cRows = index as u32 + 1;
                }
                Err(error) => {
                    for made in 0..(*set).cRows as usize {
                        allocator.free((*first.add(made)).lpProps.cast());
                    }
                    allocator.free(set.cast());
                    return Err(error);
                }
            }
        }
        debug_assert_eq!((*set).cRows, most);
    }
    Ok(set)
}

/// Reads a set of rows or an address list; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a pointer or count cannot be used.
///
/// # Safety
/// A pointer that is not NULL leads to a set with as many rows as it says, and each row to its values.
pub unsafe fn rows(pointer: *const SRowSet, call: &'static str) -> Result<Option<Vec<Vec<Prop>>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    if !pointer.is_aligned() {
        return Err(invalid(call, "a row set is misaligned"));
    }
    // SAFETY: the array goes on behind its first element, as the caller promises.
    let rows = unsafe { array(addr_of!((*pointer).aRow).cast::<SRow>(), (*pointer).cRows, call) }?;
    // SAFETY: the promise is the caller's own.
    rows.iter().map(|row| unsafe { props(row.lpProps, row.cValues, call) }).collect::<Result<_>>().map(Some)
}

/// Frees a set of rows or an address list: each row's properties, then the set. NULL is nothing.
///
/// # Safety
/// A pointer that is not NULL leads to a set with as many rows as it says.
///
/// # Source
/// FreeProws, FreePadrlist.
pub unsafe fn free_rows(set: *mut SRowSet) {
    // A set that is no live buffer was freed before, or never was one: it is not read. A host's book is not
    // this library's, whose own sets are all there are.
    let of_host = || host().filter(|_| !set.is_null()).map(|_| usize::MAX);
    let Some(bytes) = memory::size_of_buffer(set.cast()).or_else(of_host) else { return };
    let most = bytes.saturating_sub(offset_of!(SRowSet, aRow)) / size_of::<SRow>();
    if bytes >= offset_of!(SRowSet, aRow) {
        // SAFETY: the buffer lives and holds the head; no row is read beyond its size.
        unsafe {
            let first = addr_of!((*set).aRow).cast::<SRow>();
            for index in 0..((*set).cRows as usize).min(most) {
                memory::free((*first.add(index)).lpProps.cast());
            }
        }
    }
    memory::free(set.cast());
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::tags::{PR_MESSAGE_SIZE, PR_SUBJECT};

    #[test]
    fn rows_survive_and_are_freed_whole() {
        let expected = vec![vec![Prop::new(PR_SUBJECT, "a"), Prop::new(PR_MESSAGE_SIZE, 1)], vec![]];
        let set = c_rows(Allocator::OURS, expected.iter().map(Vec::as_slice)).unwrap();
        // SAFETY: the set was just made.
        assert_eq!(unsafe { rows(set, "t") }.unwrap(), Some(expected));
        // SAFETY: as above.
        let first = unsafe { (*set).aRow[0].lpProps };
        assert!(memory::size_of_buffer(first.cast()).is_some());
        // SAFETY: the set lives; the second call finds no buffer and reads nothing.
        unsafe {
            free_rows(set);
            free_rows(set);
            free_rows(null_mut());
        }
        assert_eq!(memory::size_of_buffer(first.cast()), None);
        assert_eq!(memory::size_of_buffer(set.cast()), None);
    }

    #[test]
    fn a_set_that_claims_more_rows_than_it_has_is_freed_within_its_bounds() {
        let set = c_rows(Allocator::OURS, [].into_iter()).unwrap();
        // SAFETY: the set was just made; the claim is what is tested.
        unsafe {
            (*set).cRows = u32::MAX;
            free_rows(set);
        }
    }
}
