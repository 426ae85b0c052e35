//! What the dispatcher of events is made of: the standard library's locks, threads and clock, under names of our own.
//!
//! The proof of schedules (`tests/schedules`) compiles it a second time with a scheduler's in their place.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
pub(crate) use std::thread::{Builder, JoinHandle};
pub(crate) use std::thread_local;
pub(crate) use std::time::Instant;
