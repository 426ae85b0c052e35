//! The personal address book provider.
#![forbid(unsafe_code)]
