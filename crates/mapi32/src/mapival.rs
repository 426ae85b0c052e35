//! Checks of arguments (MAPIVAL.H): TRUE says that something is bad.
//! They read what they check as any call would; a wild pointer is as deadly here as there.

use mapi_com::abi::{
    MAPINAMEID, SBinaryArray, SPropTagArray, SPropValue, SRestriction, SRow, SRowSet, SSortOrderSet,
};
use mapi_com::guard::value;
use mapi_com::marshal::copy::is_known;
use mapi_com::marshal::prop::{bytes, name, prop, props, tags};
use mapi_com::marshal::restriction::{restriction, sort_order};
use mapi_com::marshal::{array, invalid, row, text};
use mapi_defs::Result;
use mapi_defs::prop::{PropTag, PropType};

/// The bit of a column's type that asks for one row per value (MV_INSTANCE).
const MV_INSTANCE: u16 = 0x2000;

/// TRUE for a tag whose type is none (FBadPropTag).
#[unsafe(no_mangle)]
pub extern "C" fn FBadPropTag(tag: u32) -> u32 {
    let ptype = PropTag(tag).ptype();
    u32::from(!is_known(PropType(ptype.0 & !MV_INSTANCE)))
}

/// TRUE for a property value that cannot be used (FBadProp).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadProp(property: *const SPropValue) -> u32 {
    // SAFETY: the caller's value.
    bad("FBadProp", || unsafe { prop(&array(property, 1, "FBadProp")?[0], "FBadProp") }.map(drop))
}

/// TRUE for a column set that cannot be used: NULL, or with a tag of no type or of PT_ERROR
/// (FBadColumnSet).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadColumnSet(columns: *const SPropTagArray) -> u32 {
    const CALL: &str = "FBadColumnSet";
    bad(CALL, || {
        // SAFETY: the caller's columns.
        let columns = unsafe { tags(columns, CALL) }?.ok_or_else(|| invalid(CALL, "the columns are NULL"))?;
        let odd = |tag: &PropTag| tag.ptype() == PropType::ERROR || FBadPropTag(tag.0) != 0;
        if columns.iter().any(odd) { Err(invalid(CALL, "a column is none")) } else { Ok(()) }
    })
}

/// TRUE for a row that cannot be used (FBadRow).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRow(row: *const SRow) -> u32 {
    const CALL: &str = "FBadRow";
    // SAFETY: the caller's row.
    bad(CALL, || unsafe {
        let row = &array(row, 1, CALL)?[0];
        props(row.lpProps, row.cValues, CALL).map(drop)
    })
}

/// TRUE for a row set that cannot be used (FBadRowSet).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRowSet(rows: *const SRowSet) -> i32 {
    const CALL: &str = "FBadRowSet";
    // SAFETY: the caller's rows.
    let found =
        bad(CALL, || unsafe { row::rows(rows, CALL) }?.map(drop).ok_or_else(|| invalid(CALL, "NULL")));
    found as i32
}

/// TRUE for a restriction that cannot be used (FBadRestriction).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRestriction(condition: *const SRestriction) -> u32 {
    const CALL: &str = "FBadRestriction";
    // SAFETY: the caller's restriction.
    bad(CALL, || unsafe { restriction(condition, CALL) }?.map(drop).ok_or_else(|| invalid(CALL, "NULL")))
}

/// TRUE for a sort order that cannot be used (FBadSortOrderSet).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadSortOrderSet(order: *const SSortOrderSet) -> u32 {
    const CALL: &str = "FBadSortOrderSet";
    // SAFETY: the caller's sort order.
    bad(CALL, || unsafe { sort_order(order, CALL) }?.map(drop).ok_or_else(|| invalid(CALL, "NULL")))
}

/// TRUE for a list of entry identifiers that cannot be used (FBadEntryList).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadEntryList(list: *const SBinaryArray) -> i32 {
    const CALL: &str = "FBadEntryList";
    // SAFETY: the caller's list.
    let found = bad(CALL, || unsafe {
        let list = &array(list, 1, CALL)?[0];
        array(list.lpbin, list.cValues, CALL)?.iter().try_for_each(|id| bytes(id, CALL).map(drop))
    });
    found as i32
}

/// TRUE for names that cannot be used (FBadRglpNameID).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRglpNameID(names: *const *const MAPINAMEID, count: u32) -> i32 {
    const CALL: &str = "FBadRglpNameID";
    // SAFETY: the caller's names.
    let found = bad(CALL, || unsafe {
        array(names, count, CALL)?.iter().try_for_each(|one| name(*one, CALL).map(drop))
    });
    found as i32
}

/// TRUE for 8-bit texts that cannot be used (FBadRglpszA).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRglpszA(texts: *const *const u8, count: u32) -> i32 {
    // SAFETY: the caller's texts.
    unsafe { bad_texts("FBadRglpszA", texts, count) }
}

/// TRUE for 16-bit texts that cannot be used (FBadRglpszW).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FBadRglpszW(texts: *const *const u16, count: u32) -> i32 {
    // SAFETY: the caller's texts.
    unsafe { bad_texts("FBadRglpszW", texts, count) }
}

/// # Safety
/// The pointer leads to `count` texts.
unsafe fn bad_texts<U: Copy + Default + PartialEq>(
    call: &'static str,
    texts: *const *const U,
    count: u32,
) -> i32 {
    // SAFETY: the promise is the caller's own.
    let found = bad(call, || unsafe {
        array(texts, count, call)?.iter().try_for_each(|one| {
            text::units(*one, call)?.map(drop).ok_or_else(|| invalid(call, "a text is NULL"))
        })
    });
    found as i32
}

fn bad(call: &'static str, check: impl FnOnce() -> Result<()>) -> u32 {
    u32::from(value(call, true, || check().map(|()| false)))
}
