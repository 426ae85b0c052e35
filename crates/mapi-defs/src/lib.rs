//! The values of MAPI as safe Rust: property tags and values, named properties, entry IDs,
//! restrictions, sort orders, rows, notifications, codes and GUIDs.
//!
//! Values only: nothing here reads a file, takes a lock, starts a thread or knows the time.
//! The contracts that pass these values around are in `mapi-spi`; their C layout is in `mapi-com`.
//!
//! ```
//! use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
//!
//! let subject = PropTag::new(0x0037, PropType::UNICODE);
//! let mut props = PropList::new();
//! props.set(subject, PropValue::Unicode("Lunch on Friday".into()));
//! assert_eq!(props.text(subject), Some("Lunch on Friday"));
//! assert_eq!(subject.to_string(), "0x0037001F");
//! ```
#![forbid(unsafe_code)]

pub mod code;
pub mod codes;
pub mod entry_id;
pub mod error;
pub mod flags;
pub mod guid;
pub mod guids;
pub mod hex;
pub mod lookup;
pub mod names;
pub mod notification;
pub mod object;
pub mod one_off;
pub mod prop;
pub mod recipient;
pub mod restriction;
pub mod row;
pub mod sort;
pub mod time;

pub use code::{ErrorCode, Warning};
pub use entry_id::EntryId;
pub use error::{Error, Result};
pub use guid::Guid;
pub use time::FileTime;
