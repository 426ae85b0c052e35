//! Row sets and address lists, and the tables they come from.
//! Making tables is in `table.rs`.

use super::property::succeeded;
use mapi_com::abi::{
    ADRLIST, AllocateBuffer, ColumnFilter, FreeBuffer, SPropTagArray, SRestriction, SRowSet, SSortOrderSet,
};
use mapi_com::guard::{entry, value};
use mapi_com::interfaces::IMAPITable;
use mapi_com::marshal::prop::{c_tags, tags};
use mapi_com::marshal::{In, Out, array, invalid, row};
use mapi_com::memory;
use mapi_defs::prop::PropTag;
use mapi_defs::{Error, ErrorCode, Result};
use std::mem::offset_of;
use std::ptr::{addr_of, null_mut};

/// BOOKMARK_BEGINNING.
const BEGINNING: usize = 0;
/// Rows asked for at a time.
const PAGE_ROWS: i32 = 256;

/// Frees a set of rows: each row's properties, then the set (FreeProws). NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeProws(rows: *mut SRowSet) {
    value("FreeProws", (), || {
        // SAFETY: the caller's row set.
        unsafe { row::free_rows(rows) };
        Ok(())
    });
}

/// Frees an address list: each entry's properties, then the list (FreePadrlist). NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreePadrlist(list: *mut ADRLIST) {
    value("FreePadrlist", (), || {
        // SAFETY: the caller's list, which has the layout of a row set.
        unsafe { row::free_rows(list.cast()) };
        Ok(())
    });
}

/// Reads all rows of a table, from the first.
///
/// NULL columns, restriction and sort order leave what the table has. More rows than `most` (0: no
/// limit) are refused.
///
/// # Errors
/// - `MAPI_E_TABLE_TOO_BIG`: the table has more rows than `most`.
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, or `most` is negative.
/// - what the table answers.
///
/// # Source
/// HrQueryAllRows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrQueryAllRows(
    table: In<IMAPITable>,
    columns: *mut SPropTagArray,
    restriction: *mut SRestriction,
    order: *mut SSortOrderSet,
    most: i32,
    rows: *mut *mut SRowSet,
) -> i32 {
    const CALL: &str = "HrQueryAllRows";
    entry(CALL, || {
        // SAFETY: the caller's table and out parameter.
        let (table, out) = unsafe { (table.required(CALL)?, Out::required(rows, CALL)?) };
        let most = usize::try_from(most).map_err(|_| invalid(CALL, "the limit is negative"))?;
        // SAFETY: the caller's arguments, handed on.
        unsafe {
            if !columns.is_null() {
                succeeded(table.SetColumns(columns, 0), CALL)?;
            }
            if !restriction.is_null() {
                succeeded(table.Restrict(restriction, 0), CALL)?;
            }
            if !order.is_null() {
                succeeded(table.SortTable(order, 0), CALL)?;
            }
            succeeded(table.SeekRow(BEGINNING, 0, null_mut()), CALL)?;
        }
        let mut gathered = Gathered(Vec::new());
        loop {
            let mut page = null_mut();
            // SAFETY: as above; the page is ours.
            succeeded(unsafe { table.QueryRows(PAGE_ROWS, 0, &raw mut page) }, CALL)?;
            let before = gathered.0.len();
            // SAFETY: the table answered a row set.
            unsafe { gathered.take(page) }?;
            if most != 0 && gathered.0.len() > most {
                return Err(Error::new(
                    ErrorCode::TABLE_TOO_BIG,
                    CALL,
                    "the table has more rows than allowed",
                ));
            }
            if gathered.0.len() == before {
                break;
            }
        }
        out.write(gathered.into_set()?);
        Ok(())
    })
    .0
}

/// Puts columns at the front of a table's columns (HrAddColumns).
///
/// # Errors
/// As [`HrAddColumnsEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrAddColumns(
    table: In<IMAPITable>,
    new: *const SPropTagArray,
    allocate: AllocateBuffer,
    free: FreeBuffer,
) -> i32 {
    // SAFETY: the caller's arguments, handed on.
    unsafe { HrAddColumnsEx(table, new, allocate, free, None) }
}

/// Puts columns at the front of a table's columns, after a filter has looked at those it has.
///
/// A filter may change tags, and takes a column out by making it PR_NULL. The allocator's two functions
/// are not needed here, but must be there.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the table or the columns are NULL.
/// - what the table answers.
///
/// # Source
/// HrAddColumnsEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrAddColumnsEx(
    table: In<IMAPITable>,
    new: *const SPropTagArray,
    _allocate: AllocateBuffer,
    _free: FreeBuffer,
    filter: ColumnFilter,
) -> i32 {
    const CALL: &str = "HrAddColumnsEx";
    entry(CALL, || {
        // SAFETY: the caller's table and columns.
        let (table, new) = unsafe { (table.required(CALL)?, tags(new, CALL)?) };
        let mut columns = new.ok_or_else(|| invalid(CALL, "the columns are NULL"))?;
        let mut old = null_mut();
        // SAFETY: as above; the old columns are ours to free.
        succeeded(unsafe { table.QueryColumns(0, &raw mut old) }, CALL)?;
        if let Some(filter) = filter {
            // SAFETY: the caller's function, called as its type says.
            unsafe { filter(old) };
        }
        // SAFETY: the table answered a tag array.
        let held = unsafe { tags(old, CALL) };
        memory::free(old.cast());
        let front: Vec<u16> = columns.iter().map(|tag| tag.id()).collect();
        let keeps = |tag: &PropTag| tag.id() != 0 && !front.contains(&tag.id());
        columns.extend(held?.unwrap_or_default().into_iter().filter(keeps));
        let columns = c_tags(&columns)?;
        // SAFETY: the columns were just made.
        let answer = unsafe { table.SetColumns(columns, 0) };
        memory::free(columns.cast());
        succeeded(answer, CALL)
    })
    .0
}

/// Rows taken out of their sets; freed if they go nowhere.
struct Gathered(Vec<mapi_com::abi::SRow>);

impl Gathered {
    /// Takes the rows of a set, and frees the set.
    ///
    /// # Safety
    /// The pointer is NULL or leads to a set with as many rows as it says.
    unsafe fn take(&mut self, set: *mut SRowSet) -> Result<()> {
        if set.is_null() {
            return Ok(());
        }
        // SAFETY: the promise is the caller's own.
        let rows = unsafe {
            array(addr_of!((*set).aRow).cast::<mapi_com::abi::SRow>(), (*set).cRows, "HrQueryAllRows")
        };
        self.0.extend_from_slice(rows?);
        memory::free(set.cast());
        Ok(())
    }

    /// One set of all the rows.
    fn into_set(mut self) -> Result<*mut SRowSet> {
        let count = u32::try_from(self.0.len()).map_err(|_| {
            Error::new(ErrorCode::TOO_BIG, "HrQueryAllRows", "more rows than a set can count")
        })?;
        let bytes = offset_of!(SRowSet, aRow) + self.0.len() * size_of::<mapi_com::abi::SRow>();
        let set: *mut SRowSet = memory::allocate(bytes.max(size_of::<SRowSet>()))?.as_ptr().cast();
        // SAFETY: the buffer was just made for this head and as many rows.
        unsafe {
            (*set).cRows = count;
            let first = std::ptr::addr_of_mut!((*set).aRow).cast::<mapi_com::abi::SRow>();
            first.copy_from(self.0.as_ptr(), self.0.len());
        }
        self.0.clear();
        Ok(set)
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        for row in &self.0 {
            memory::free(row.lpProps.cast());
        }
    }
}
