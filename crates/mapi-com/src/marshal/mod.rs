//! Between C structures and the values of `mapi-defs`, both ways.
//!
//! Inwards everything is copied before it is used: counts are bounded, pointers are checked for NULL and
//! alignment, text must end within a bound. That a pointer leads to as many elements as the caller said
//! is the caller's promise, the one thing that cannot be checked here. Outwards a value becomes one block
//! of `memory.rs`.

pub mod block;
pub mod copy;
pub mod notification;
pub(crate) mod notified;
mod pointer;
pub mod prop;
pub mod restriction;
pub mod row;
pub mod text;

pub use pointer::{In, Out, OutInterface, array, invalid};

/// Most elements that a counted argument may claim.
pub const MOST_ELEMENTS: usize = 1 << 20;
/// Most bytes that a counted binary argument may claim.
pub const MOST_BYTES: usize = 1 << 30;
