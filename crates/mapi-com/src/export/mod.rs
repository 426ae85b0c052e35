//! Rust objects as COM objects, one file a class.
//! The layout of their vtables is in `interfaces/`, the values they hand out in `marshal/`.

pub mod advise_sink;
pub mod malloc;
