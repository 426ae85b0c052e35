//! MAPI messages as MIME and MIME as MAPI messages: what transports send and receive, and what an export to
//! `.eml` writes and an import reads.
//!
//! [`to_mime`] turns the plain tree of a message ([`MessageObject`](mapi_defs::object::MessageObject)) into
//! the bytes of an Internet message, and lists everything that the bytes do not carry. An open message is
//! made into such a tree by `mapi_spi::copy::message_object`; files are read by `mapi-msg`; the SMTP
//! dialogue, with its envelope and its dots, belongs to the transports.
//!
//! The bytes are 7-bit clean, every line ends in CRLF, no line of a header is longer than 998 octets, and
//! no value of a property can begin a header field of its own. The same message with the same options
//! gives the same bytes.
//!
//! ```
//! use mapi_defs::FileTime;
//! use mapi_defs::object::{MessageObject, Property};
//! use mapi_defs::prop::tags;
//! use mapi_mime::{Options, to_mime};
//!
//! let mut message = MessageObject::default();
//! message.properties.push(Property::new(tags::PR_SUBJECT, "Lunch on Friday"));
//! message.properties.push(Property::new(tags::PR_BODY, "At noon?"));
//! let options = Options::new(FileTime::from_unix_seconds(1_600_000_000), "example.org");
//! let mime = to_mime(&message, &options)?;
//! let text = String::from_utf8_lossy(&mime.bytes);
//! assert!(text.contains("Subject: Lunch on Friday\r\n") && text.ends_with("At noon?\r\n"));
//! assert!(mime.losses.is_empty());
//! # Ok::<(), mapi_defs::Error>(())
//! ```
//!
//! [`from_mime`] makes such a tree of an Internet message, whatever its bytes are: what costs too much is refused.
//!
//! ```
//! use mapi_defs::FileTime;
//! use mapi_defs::prop::tags;
//! use mapi_mime::{FromOptions, from_mime};
//!
//! let options = FromOptions::new(FileTime::from_unix_seconds(1_600_000_000));
//! let message = from_mime(b"From: ann@example.org\r\nSubject: Lunch\r\n\r\nAt noon?\r\n", &options)?;
//! assert_eq!(message.text(tags::PR_SUBJECT), Some("Lunch"));
//! assert_eq!(message.text(tags::PR_SENDER_EMAIL_ADDRESS), Some("ann@example.org"));
//! # Ok::<(), mapi_defs::Error>(())
//! ```
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1 (generating) and 2.2 (reading), RFC 5322, 2045–2047, 2231, 2183, 2387, 2392.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")
)]

mod address;
mod aliases;
mod arriving;
mod attachments;
mod body;
mod carried;
mod charset;
mod date;
mod encoding;
mod entity;
mod fields;
mod from_mime;
mod headers;
mod internet_headers;
mod loss;
mod media_type;
mod message_id;
mod one_off;
mod options;
mod originator;
mod recipients;
mod related;
mod reports;
mod smime;
mod to_mime;
mod transport_headers;

pub use arriving::arrive;
pub use from_mime::{FromOptions, from_mime};
pub use loss::{Loss, Place, Reason, Step};
pub use options::Options;
pub use to_mime::{Mime, to_mime, write_mime};
