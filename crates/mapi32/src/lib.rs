//! `libmapi32.so`: the exported functions of MAPI, one file for each header.
//!
//! Each function checks its arguments and passes them on; what they mean is in `mapi-com` (memory,
//! marshalling, COM objects) and in the safe crates behind it. Every export stands in `exports.map`, and
//! the headers in `include/` declare it for C and C++.
//!
//! | header | file |
//! |---|---|
//! | `mapix.h` | `mapix.rs`; buffers `memory.rs` |
//! | `mapiutil.h` | `mapiutil/` |
//! | `mapi.h` (Simple MAPI) | `mapi/` |
//! | `mapival.h` | `mapival.rs` |
//! | `mapinls.h` | `mapinls.rs` |
//! | `imessage.h` | `imessage.rs` |
//! | COM's own names | `ole.rs`; compound files and streams on files `storage.rs` |
//! | what is refused | `refused.rs`, generated |
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![allow(non_snake_case, reason = "exports carry the names of the C headers")]
#![allow(
    clippy::missing_safety_doc,
    reason = "every function takes C pointers under the one promise of its header: NULL where documented, otherwise what the parameter's type says"
)]

mod imessage;
mod mapi;
mod mapinls;
mod mapiutil;
mod mapival;
mod mapix;
mod memory;
mod ole;
mod refused;
mod storage;

pub use self::mapi::*;
pub use imessage::*;
pub use mapinls::*;
pub use mapiutil::*;
pub use mapival::*;
pub use mapix::*;
pub use memory::*;
pub use ole::*;
pub use refused::*;
pub use storage::*;
