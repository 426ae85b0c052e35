//! The message store provider, on SQLite.
#![forbid(unsafe_code)]
