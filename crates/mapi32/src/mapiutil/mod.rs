//! The utility functions (MAPIUTIL.H), by what they are about.
//! Starting and stopping them, and buffers, are in `mapix.rs` and `memory.rs`.

mod compound;
mod copy;
mod display_table;
mod hex;
mod identifier;
mod ipm_subtree;
mod notify;
mod object;
mod property;
mod row;
mod text;
mod time;

pub use compound::*;
pub use copy::*;
pub use display_table::*;
pub use hex::*;
pub use identifier::*;
pub use ipm_subtree::*;
pub use notify::*;
pub use object::*;
pub use property::*;
pub use row::*;
pub use text::*;
pub use time::*;
