//! Compressed RTF, and the HTML or text inside it.
//!
//! This crate turns the bytes of `PR_RTF_COMPRESSED` into RTF and back, takes the HTML or the text out of
//! RTF, puts them in, converts between Windows code pages and Unicode, and chooses the body of a message
//! that is worth showing. It knows nothing of messages, properties or files: those live in `mapi-msg`.
//!
//! ```
//! use mapi_rtf::{Extracted, compress, decompress, encapsulate_html, extract};
//!
//! let stored = compress(&encapsulate_html("<p>Gr\u{fc}\u{df}e &amp; mehr</p>"));
//! let read = decompress(&stored)?;
//! assert!(read.defects.is_empty());
//! let Extracted::Html { html, .. } = extract(&read.rtf)? else { panic!("it was made from HTML") };
//! assert_eq!(html, "<p>Gr\u{fc}\u{df}e &amp; mehr</p>");
//! # Ok::<(), mapi_rtf::Fault>(())
//! ```
//!
//! Every input is taken to be hostile: nothing panics, nothing is allocated by a claimed length, and the
//! time is linear in the bytes present.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")
)]

pub mod body;
pub mod codepage;
mod deencapsulate;
mod encapsulate;
mod fault;
mod lzfu;
pub mod tokens;

pub use deencapsulate::{Extracted, Kind, MAX_GROUP_DEPTH, extract, kind, plain_text};
pub use encapsulate::{encapsulate_html, encapsulate_text};
pub use fault::Fault;
pub use lzfu::{Decompressed, Defect, checksum, compress, decompress, wrap_uncompressed};
