//! Rules and read states as C programs hold them (EDKMDB.H).
//! Nothing here runs a rule.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::{SPropTagArray, SRestriction};

/// What a rule does. The union in its middle is carried as bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ACTION {
    pub acttype: u32,
    pub ulActionFlavor: u32,
    pub lpRes: *mut SRestriction,
    pub lpPropTagArray: *mut SPropTagArray,
    pub ulFlags: u32,
    pub dwAlignPad: u32,
    pub value: [u64; 4],
}

/// Counted actions.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ACTIONS {
    pub ulVersion: u32,
    pub cActions: u32,
    pub lpAction: *mut ACTION,
}

/// The read state of a message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct READSTATE {
    pub cbSourceKey: u32,
    pub pbSourceKey: *mut u8,
    pub ulFlags: u32,
}
