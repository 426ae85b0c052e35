//! The command `mapi`.
#![forbid(unsafe_code)]
fn main() {}
