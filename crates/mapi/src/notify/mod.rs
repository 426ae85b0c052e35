//! Advises: who listens to what (`advises.rs`), what waits for one sink (`listener.rs`), the threads that
//! tell sinks (`dispatcher.rs`), sinks that are told on a thread of their own choice (`this_thread.rs`), and
//! what providers notify through their support objects (`subscriptions.rs`).
//!
//! Sinks are called outside gates and locks, so they may call anything, Logoff included. A sink that does
//! not return holds up nobody: others are told by another thread, what waits for it is bounded, and the
//! end of the session names it.

mod advises;
mod dispatcher;
mod listener;
mod subscriptions;
mod this_thread;

pub(crate) use advises::{Advises, Undo};
pub(crate) use listener::CatchUp;
pub use listener::{WAITING_BYTES, WAITING_EVENTS};
pub(crate) use subscriptions::{Subscriptions, notify};
pub(crate) use this_thread::dispatch_at_entry;
pub use this_thread::{dispatch_notifications, this_thread_sink};

use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, Result};

/// What may be asked of an object: everything but what tables tell and what MAPI keeps to itself.
pub(crate) const OF_OBJECTS: EventMask = EventMask(0xFF | EventMask::EXTENDED.0);
/// What may be asked of an address book.
pub(crate) const OF_ADDRESS_BOOKS: EventMask = EventMask(0x7D | EventMask::TABLE_MODIFIED.0);

/// Refuses a mask that asks for nothing its source ever tells. Bits beyond are never told, and harmless.
pub(crate) fn check_mask(mask: EventMask, told: EventMask, call: &'static str) -> Result<()> {
    if mask.intersects(told) {
        return Ok(());
    }
    let detail = format!("event mask {:#010x} asks for nothing that is told here", mask.0);
    Err(Error::new(ErrorCode::INVALID_PARAMETER, call, detail))
}
