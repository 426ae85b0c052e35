//! What tests of providers share: contract suites as plain functions, a store in memory that shows
//! how a store behaves, and doubles of MAPI's side.
//!
//! A provider proves itself by running the suites over itself, in a test of its own:
//!
//! ```
//! use mapi_testkit::memory::MemoryProvider;
//! use mapi_testkit::ms_provider::{Fixture, properties};
//!
//! properties::set_properties_are_read_back(&|| Fixture::new(MemoryProvider::new()));
//! ```
//!
//! A suite panics where a provider breaks its contract. Nothing here is part of a product.
#![forbid(unsafe_code)]

pub mod address_book;
#[cfg(feature = "servers")]
pub mod certificates;
pub mod clock;
mod corpus;
#[cfg(feature = "servers")]
pub mod dovecot;
pub mod memory;
pub mod ms_provider;
#[cfg(feature = "servers")]
pub mod mta;
pub mod name_server;
#[cfg(feature = "servers")]
pub mod reply_matrix;
pub mod service;
#[cfg(feature = "slapd")]
pub mod slapd;
#[cfg(feature = "servers")]
pub mod smtp_server;
pub mod smtp_sink;
pub mod support;
pub mod transport;
pub mod xp_provider;

pub use corpus::{corpus, skipped};
