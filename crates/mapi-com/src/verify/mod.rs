//! Verify mode: a program's mistakes with objects and buffers are named instead of bringing it down.
//!
//! Switched on by the environment: `MAPI_VERIFY=1` reports, `MAPI_VERIFY=abort` reports and stops the process
//! at the first mistake, for a debugger. Reports go to standard error, or to the file that `MAPI_VERIFY_FILE`
//! names. Switched off, the mode costs one look at a number for each call.
//!
//! | what | where |
//! |---|---|
//! | interface pointers that stand in for the objects, and what is left of the released | `object.rs`, `stand_in.rs` |
//! | buffers: who made and freed them, and the freed ones kept apart | `block.rs` |
//! | where a call came from | `site.rs` |
//! | names of interfaces and methods | `name.rs` |
//! | how a mistake is told | `report.rs` |
//!
//! What calls and buffers mean is not decided here: nothing but a mistake is answered otherwise than without
//! the mode.

pub mod block;
mod name;
pub mod object;
mod report;
mod site;
mod stand_in;

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const REPORTS: u8 = 2;
const ABORTS: u8 = 3;

static MODE: AtomicU8 = AtomicU8::new(UNKNOWN);

thread_local! {
    static UNDER_WAY: Cell<&'static str> = const { Cell::new("") };
    /// What this thread's call has been told of already: some calls look twice at an argument.
    static TOLD: Cell<usize> = const { Cell::new(0) };
}

/// True where mistakes are looked for. The environment is asked once.
#[inline]
pub fn is_on() -> bool {
    mode() > OFF
}

#[inline]
fn mode() -> u8 {
    match MODE.load(Ordering::Relaxed) {
        UNKNOWN => ask(),
        mode => mode,
    }
}

#[cold]
fn ask() -> u8 {
    let mode = match std::env::var_os("MAPI_VERIFY") {
        None => OFF,
        Some(value) if value.is_empty() || value == "0" => OFF,
        Some(value) if value == "abort" => ABORTS,
        Some(_) => REPORTS,
    };
    MODE.store(mode, Ordering::Relaxed);
    mode
}

/// Remembers, in verify mode, which call this thread is in, until the answer is dropped.
#[inline]
pub(crate) fn enter(call: &'static str) -> Option<UnderWay> {
    is_on().then(|| {
        TOLD.set(0);
        UnderWay(UNDER_WAY.replace(call))
    })
}

/// Gives the call before back to its thread.
pub(crate) struct UnderWay(&'static str);

impl Drop for UnderWay {
    fn drop(&mut self) {
        // A thread that is ending has nothing to remember.
        UNDER_WAY.try_with(|call| call.set(self.0)).unwrap_or_default();
    }
}

/// True where this thread's call has not been told of this address yet; now it has.
fn is_news(address: usize) -> bool {
    TOLD.try_with(|told| told.replace(address) != address).unwrap_or(true)
}

/// The call that this thread is in; empty outside all calls.
fn under_way() -> &'static str {
    UNDER_WAY.try_with(Cell::get).unwrap_or_default()
}

/// Lists what a program has left at the end of its use of MAPI: objects that were never released, and
/// buffers that were never freed.
pub fn list_left_open() {
    if is_on() {
        object::list_left("MAPIUninitialize");
        block::list_left("MAPIUninitialize");
    }
}
