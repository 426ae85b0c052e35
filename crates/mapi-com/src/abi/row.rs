//! Rows, address lists and sort orders as C programs hold them (MAPIDEFS.H, EDKMDB.H).
//! Their safe form is `mapi_defs::row` and `mapi_defs::sort`.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::SPropValue;

/// A row of a table.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRow {
    pub ulAdrEntryPad: u32,
    pub cValues: u32,
    pub lpProps: *mut SPropValue,
}

/// Counted rows; each row's properties are a buffer of their own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRowSet {
    pub cRows: u32,
    pub aRow: [SRow; 1],
}

/// A recipient of an address list.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ADRENTRY {
    pub ulReserved1: u32,
    pub cValues: u32,
    pub rgPropVals: *mut SPropValue,
}

/// Counted recipients; each entry's properties are a buffer of their own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ADRLIST {
    pub cEntries: u32,
    pub aEntries: [ADRENTRY; 1],
}

/// One column of a sort order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SSortOrder {
    pub ulPropTag: u32,
    pub ulOrder: u32,
}

/// A sort order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SSortOrderSet {
    pub cSorts: u32,
    pub cCategories: u32,
    pub cExpanded: u32,
    pub aSort: [SSortOrder; 1],
}

/// A row to be added, changed or removed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ROWENTRY {
    pub ulRowFlags: u32,
    pub cValues: u32,
    pub rgPropVals: *mut SPropValue,
}

/// Counted row entries.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ROWLIST {
    pub cEntries: u32,
    pub aEntries: [ROWENTRY; 1],
}
