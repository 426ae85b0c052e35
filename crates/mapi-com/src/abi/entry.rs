//! Entry identifiers, UIDs and other counted bytes as C programs hold them (MAPIDEFS.H).
//! Lists of entry identifiers are `SBinaryArray`, in `prop.rs`.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

/// An entry identifier: flag bytes, then the provider's bytes. Alignment 1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ENTRYID {
    pub abFlags: [u8; 4],
    pub ab: [u8; 1],
}

/// A provider's or section's identity. Alignment 1, unlike a GUID.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MAPIUID {
    pub ab: [u8; 16],
}

/// An entry identifier with its length, in a property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FLATENTRY {
    pub cb: u32,
    pub abEntry: [u8; 1],
}

/// Many of them, each padded to four bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FLATENTRYLIST {
    pub cEntries: u32,
    pub cbEntries: u32,
    pub abEntries: [u8; 1],
}

/// A message transfer system identifier.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MTSID {
    pub cb: u32,
    pub ab: [u8; 1],
}

/// Many of them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FLATMTSIDLIST {
    pub cMTSIDs: u32,
    pub cbMTSIDs: u32,
    pub abMTSIDs: [u8; 1],
}

/// The key of a subscription.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NOTIFKEY {
    pub cb: u32,
    pub ab: [u8; 1],
}

/// Counted flags of ResolveNames.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FlagList {
    pub cFlags: u32,
    pub ulFlag: [u32; 1],
}
