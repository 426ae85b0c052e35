//! Restrictions as C programs hold them (MAPIDEFS.H).
//! Their safe form is `mapi_defs::restriction`; `marshal/restriction.rs` goes between the two.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::SPropValue;

/// All of several conditions.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SAndRestriction {
    pub cRes: u32,
    pub lpRes: *mut SRestriction,
}

/// Any of several conditions.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SOrRestriction {
    pub cRes: u32,
    pub lpRes: *mut SRestriction,
}

/// Not a condition.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SNotRestriction {
    pub ulReserved: u32,
    pub lpRes: *mut SRestriction,
}

/// A text or bytes in a property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SContentRestriction {
    pub ulFuzzyLevel: u32,
    pub ulPropTag: u32,
    pub lpProp: *mut SPropValue,
}

/// Bits of a property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SBitMaskRestriction {
    pub relBMR: u32,
    pub ulPropTag: u32,
    pub ulMask: u32,
}

/// A property compared with a value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SPropertyRestriction {
    pub relop: u32,
    pub ulPropTag: u32,
    pub lpProp: *mut SPropValue,
}

/// Two properties compared.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SComparePropsRestriction {
    pub relop: u32,
    pub ulPropTag1: u32,
    pub ulPropTag2: u32,
}

/// The size of a property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SSizeRestriction {
    pub relop: u32,
    pub ulPropTag: u32,
    pub cb: u32,
}

/// A property that exists.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SExistRestriction {
    pub ulReserved1: u32,
    pub ulPropTag: u32,
    pub ulReserved2: u32,
}

/// A condition on recipients or attachments.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SSubRestriction {
    pub ulSubObject: u32,
    pub lpRes: *mut SRestriction,
}

/// A condition with properties attached to it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SCommentRestriction {
    pub cValues: u32,
    pub lpRes: *mut SRestriction,
    pub lpProp: *mut SPropValue,
}

/// A condition with properties attached to it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SAnnotationRestriction {
    pub cValues: u32,
    pub lpRes: *mut SRestriction,
    pub lpProp: *mut SPropValue,
}

/// A condition met by at most so many rows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SCountRestriction {
    pub ulCount: u32,
    pub lpRes: *mut SRestriction,
}

/// The union of a restriction; `rt` says which member counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub union SRestriction_res {
    pub resCompareProps: SComparePropsRestriction,
    pub resAnd: SAndRestriction,
    pub resOr: SOrRestriction,
    pub resNot: SNotRestriction,
    pub resContent: SContentRestriction,
    pub resProperty: SPropertyRestriction,
    pub resBitMask: SBitMaskRestriction,
    pub resSize: SSizeRestriction,
    pub resExist: SExistRestriction,
    pub resSub: SSubRestriction,
    pub resComment: SCommentRestriction,
    pub resAnnotation: SAnnotationRestriction,
    pub resCount: SCountRestriction,
}

/// A condition on rows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRestriction {
    pub rt: u32,
    pub res: SRestriction_res,
}
