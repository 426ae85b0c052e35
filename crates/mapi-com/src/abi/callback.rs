//! The function pointers that C programs hand in (`surface-callbacks` of the headers).
//! `None` is a NULL pointer. An exception must not leave such a function: it ends the process.

use super::{ENTRYID, NOTIFICATION, SPropTagArray};
use std::ffi::c_void;

/// ALLOCATEBUFFER: a new block of so many bytes.
pub type AllocateBuffer = Option<unsafe extern "C-unwind" fn(bytes: u32, block: *mut *mut c_void) -> i32>;
/// ALLOCATEMORE: a new block that is freed with another.
pub type AllocateMore =
    Option<unsafe extern "C-unwind" fn(bytes: u32, root: *mut c_void, block: *mut *mut c_void) -> i32>;
/// FREEBUFFER: frees a block and what was linked to it.
pub type FreeBuffer = Option<unsafe extern "C-unwind" fn(block: *mut c_void) -> u32>;
/// NOTIFCALLBACK: told of events.
pub type NotifCallback = Option<
    unsafe extern "C-unwind" fn(context: *mut c_void, count: u32, notifications: *mut NOTIFICATION) -> i32,
>;
/// CALLERRELEASE: a view of table data goes.
pub type CallerRelease =
    Option<unsafe extern "C-unwind" fn(caller_data: usize, table_data: *mut c_void, view: *mut c_void)>;
/// LPFNBUTTON: a button of an address book dialog was pressed.
pub type ButtonCallback = Option<
    unsafe extern "C-unwind" fn(
        ui_param: usize,
        context: *mut c_void,
        entry_id_bytes: u32,
        selection: *mut ENTRYID,
        flags: u32,
    ) -> i32,
>;
/// DISMISSMODELESS: a modeless dialog was closed.
pub type DismissModeless = Option<unsafe extern "C-unwind" fn(ui_param: usize, context: *mut c_void)>;
/// ACCELERATEABSDI: a message of the host's window loop.
pub type AccelerateAbsdi = Option<unsafe extern "C-unwind" fn(ui_param: usize, message: *mut c_void) -> i32>;
/// FNIDLE: a piece of work for idle time.
pub type IdleRoutine = Option<unsafe extern "C-unwind" fn(context: *mut c_void) -> i32>;
/// The filter of HrAddColumnsEx: changes the columns before they are set.
pub type ColumnFilter = Option<unsafe extern "C-unwind" fn(columns: *mut SPropTagArray)>;
/// MSGCALLRELEASE: a message on a storage has ended.
pub type MsgCallRelease = Option<unsafe extern "C-unwind" fn(caller_data: u32, message: *mut c_void)>;
