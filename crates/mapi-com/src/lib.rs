//! The boundary between C programs and the safe core: layout, memory, marshalling, COM objects.
//!
//! What each call means is in `mapi-spi` and `mapi`; the exported functions of `libmapi32.so` are in
//! `mapi32`. All unsafe code of the project is in these two crates.
//!
//! # Who owns what
//!
//! - A C program's arguments are borrowed for the call. Nothing of them is kept: values are copied
//!   inwards ([`marshal`]) before anything is done with them, counts are bounded, text ends within a bound.
//! - Everything handed out that is no interface is one block of [`memory`], which the caller frees with
//!   one `MAPIFreeBuffer`; row sets and address lists are one block for the list and one for each row.
//! - An out parameter is written once, at the end, and only by a call that succeeds.
//! - An interface handed out is one reference that the caller releases; an interface handed in is
//!   borrowed, and kept only by taking a reference of our own.
//! - A C++ exception must not leave a callback or a foreign object: it ends the process.
//!
//! # How a call passes the wall
//!
//! Every slot and every export is one [`guard::entry`] (or [`guard::slot`]): it catches panics, asks
//! whether the object still lives, turns errors into an HRESULT, keeps the last error, and writes one
//! trace event.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

#[cfg(not(panic = "unwind"))]
compile_error!("the wall between C and Rust catches panics: build with panic = \"unwind\"");
#[cfg(not(target_pointer_width = "64"))]
compile_error!("the layout of the C structures is settled for 64-bit systems only");

pub mod abi;
pub mod export;
pub mod guard;
mod host_memory;
pub mod identity;
pub mod import;
pub mod interfaces;
pub mod invalid;
mod lent;
pub mod load;
pub mod marshal;
pub mod memory;
pub mod rtf_sync;
pub mod verify;

pub use windows_core::{GUID, HRESULT, Interface};
