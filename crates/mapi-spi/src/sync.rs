//! What the gate and the book are made of: the standard library's locks, counters and clock, under names of our own.
//!
//! The proof of schedules (`schedules` among the tests of the crate `mapi`) compiles `gate.rs`, `here.rs` and
//! `handle.rs` a second time with a scheduler's in their place.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64};
pub(crate) use std::sync::{Condvar, Mutex, PoisonError};
pub(crate) use std::thread_local;
pub(crate) use std::time::Instant;

/// Threads that have a place of their own at every gate, at most 64. Others share one.
pub(crate) const PLACES: usize = 16;
