//! Every interface of MAPI as windows-core declares it: slot by slot in the order of the C headers.
//! Only layout; what answers the calls is in `export/`. `tests/slots.rs` compares each slot with `data/slots.tsv`.

mod actmgmt;
mod documented;
mod edkmdb;
mod mapidefs;
mod mapiform;
mod mapihook;
mod mapispi;
mod mapiutil;
mod mapix;
mod objidl;
mod tnef;

pub use actmgmt::*;
pub use documented::*;
pub use edkmdb::*;
pub use mapidefs::*;
pub use mapiform::*;
pub use mapihook::*;
pub use mapispi::*;
pub use mapiutil::*;
pub use mapix::*;
pub use objidl::*;
pub use tnef::*;

pub use windows_core::IUnknown;
