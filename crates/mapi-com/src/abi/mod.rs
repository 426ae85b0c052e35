//! The C structures of MAPI: `repr(C)`, with the member names of the headers.
//! Nothing here interprets them; `marshal/` goes between them and the values of `mapi-defs`.

mod account;
mod call;
mod callback;
mod display;
mod entry;
mod exchange;
mod form;
pub mod layout;
mod notification;
mod prop;
mod restriction;
mod row;
mod simple;
mod trace;

pub use account::*;
pub use call::*;
pub use callback::*;
pub use display::*;
pub use entry::*;
pub use exchange::*;
pub use form::*;
pub use notification::*;
pub use prop::*;
pub use restriction::*;
pub use row::*;
pub use simple::*;
pub use trace::*;

pub use windows_core::GUID;

/// A moment: 100-ns ticks since 1601 UTC, in two halves.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[allow(non_snake_case, reason = "names are those of the C headers")]
pub struct FILETIME {
    /// The low 32 bits.
    pub dwLowDateTime: u32,
    /// The high 32 bits.
    pub dwHighDateTime: u32,
}

impl FILETIME {
    /// The two halves as one number of ticks.
    pub const fn ticks(self) -> u64 {
        (self.dwHighDateTime as u64) << 32 | self.dwLowDateTime as u64
    }

    /// One number of ticks as two halves.
    pub const fn from_ticks(ticks: u64) -> Self {
        Self { dwLowDateTime: ticks as u32, dwHighDateTime: (ticks >> 32) as u32 }
    }
}
