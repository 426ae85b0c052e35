//! What tests of providers share: contract suites as plain functions, a store in memory that shows
//! how a store behaves, and doubles of MAPI's side.
//!
//! A suite panics where a provider breaks its contract. Nothing here is part of a product.
#![forbid(unsafe_code)]

pub mod clock;
mod corpus;
pub mod memory;
pub mod support;

pub use corpus::corpus;
