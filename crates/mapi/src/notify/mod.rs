//! Advises: who listens to what (`registry.rs`), and the thread that tells them (`dispatcher.rs`).
//!
//! Sinks are called outside gates and locks, so they may call anything, Logoff included.

mod dispatcher;
mod registry;

pub(crate) use registry::Advises;
