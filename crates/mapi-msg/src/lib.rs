//! Reading and writing .msg files: IMessage on structured storage.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]

pub mod container;
pub mod limits;
mod little_endian;
mod note;

pub use container::Container;
pub use note::{Note, Reason};
