//! Display tables and address dialogs as C programs hold them (MAPIDEFS.H, MAPIUTIL.H).
//! The functions that read them are in `display_table.rs`.
#![allow(
    missing_docs,
    non_snake_case,
    non_camel_case_types,
    reason = "names are those of the C headers, whose reference describes each member"
)]

use super::{AccelerateAbsdi, DismissModeless, ENTRYID, SRestriction};
use std::ffi::c_void;

/// A label.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLLABEL {
    pub ulbLpszLabelName: u32,
    pub ulFlags: u32,
}

/// An edit control.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLEDIT {
    pub ulbLpszCharsAllowed: u32,
    pub ulFlags: u32,
    pub ulNumCharsAllowed: u32,
    pub ulPropTag: u32,
}

/// A list box.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLLBX {
    pub ulFlags: u32,
    pub ulPRSetProperty: u32,
    pub ulPRTableName: u32,
}

/// A combo box.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLCOMBOBOX {
    pub ulbLpszCharsAllowed: u32,
    pub ulFlags: u32,
    pub ulNumCharsAllowed: u32,
    pub ulPRPropertyName: u32,
    pub ulPRTableName: u32,
}

/// A drop-down list.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLDDLBX {
    pub ulFlags: u32,
    pub ulPRDisplayProperty: u32,
    pub ulPRSetProperty: u32,
    pub ulPRTableName: u32,
}

/// A check box.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLCHECKBOX {
    pub ulbLpszLabel: u32,
    pub ulFlags: u32,
    pub ulPRPropertyName: u32,
}

/// A group box.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLGROUPBOX {
    pub ulbLpszLabel: u32,
    pub ulFlags: u32,
}

/// A button.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLBUTTON {
    pub ulbLpszLabel: u32,
    pub ulFlags: u32,
    pub ulPRControl: u32,
}

/// A page.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLPAGE {
    pub ulbLpszLabel: u32,
    pub ulFlags: u32,
    pub ulbLpszComponent: u32,
    pub ulContext: u32,
}

/// A radio button.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLRADIOBUTTON {
    pub ulbLpszLabel: u32,
    pub ulFlags: u32,
    pub ulcButtons: u32,
    pub ulPropTag: u32,
    pub lReturnValue: i32,
}

/// A list box over a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLMVLISTBOX {
    pub ulFlags: u32,
    pub ulMVPropTag: u32,
}

/// A drop-down list over a multi-valued property.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTBLMVDDLBX {
    pub ulFlags: u32,
    pub ulMVPropTag: u32,
}

/// The union of a control; `ulCtlType` says which member counts.
#[repr(C)]
#[derive(Clone, Copy)]
pub union DTCTL_ctl {
    pub lpv: *mut c_void,
    pub lplabel: *mut DTBLLABEL,
    pub lpedit: *mut DTBLEDIT,
    pub lplbx: *mut DTBLLBX,
    pub lpcombobox: *mut DTBLCOMBOBOX,
    pub lpddlbx: *mut DTBLDDLBX,
    pub lpcheckbox: *mut DTBLCHECKBOX,
    pub lpgroupbox: *mut DTBLGROUPBOX,
    pub lpbutton: *mut DTBLBUTTON,
    pub lpradiobutton: *mut DTBLRADIOBUTTON,
    pub lpmvlbx: *mut DTBLMVLISTBOX,
    pub lpmvddlbx: *mut DTBLMVDDLBX,
    pub lppage: *mut DTBLPAGE,
}

/// A control, as BuildDisplayTable takes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTCTL {
    pub ulCtlType: u32,
    pub ulCtlFlags: u32,
    pub lpbNotif: *mut u8,
    pub cbNotif: u32,
    pub lpszFilter: *mut c_void,
    pub ulItemID: u32,
    pub ctl: DTCTL_ctl,
}

/// A dialog template by name or number.
#[repr(C)]
#[derive(Clone, Copy)]
pub union DTPAGE_resource {
    pub lpszComponent: *mut c_void,
    pub ulItemID: u32,
}

/// A page, as BuildDisplayTable takes it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DTPAGE {
    pub cctl: u32,
    pub lpszResourceName: *mut c_void,
    pub resource: DTPAGE_resource,
    pub lpctl: *mut DTCTL,
}

/// What IAddrBook::Address shows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ADRPARM {
    pub cbABContEntryID: u32,
    pub lpABContEntryID: *mut ENTRYID,
    pub ulFlags: u32,
    pub lpReserved: *mut c_void,
    pub ulHelpContext: u32,
    pub lpszHelpFileName: *mut c_void,
    pub lpfnABSDI: AccelerateAbsdi,
    pub lpfnDismiss: DismissModeless,
    pub lpvDismissContext: *mut c_void,
    pub lpszCaption: *mut c_void,
    pub lpszNewEntryTitle: *mut c_void,
    pub lpszDestWellsTitle: *mut c_void,
    pub cDestFields: u32,
    pub nDestFieldFocus: u32,
    pub lppszDestTitles: *mut *mut c_void,
    pub lpulDestComps: *mut u32,
    pub lpContRestriction: *mut SRestriction,
    pub lpHierRestriction: *mut SRestriction,
}
