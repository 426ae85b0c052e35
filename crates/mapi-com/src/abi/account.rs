//! Properties of accounts as C programs hold them (ACTMGMT.H).
//! Their meaning is in the `mapi` crate.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

/// Counted bytes of an account property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ACCT_BIN {
    pub cb: u32,
    pub pb: *mut u8,
}

/// The union of an account property; `dwType` says which member counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub union ACCT_VARIANT_Val {
    pub dw: u32,
    pub pwsz: *mut u16,
    pub bin: ACCT_BIN,
}

/// An account property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ACCT_VARIANT {
    pub dwType: u32,
    pub Val: ACCT_VARIANT_Val,
}
