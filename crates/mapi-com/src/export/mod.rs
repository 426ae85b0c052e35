//! Rust objects as COM objects, one file a class or a family of methods.
//! The layout of their vtables is in `interfaces/`, the values they hand out in `marshal/`.

pub mod advise_sink;
pub mod container;
mod last_error;
pub mod malloc;
pub mod prop;
pub mod prop_data;
pub mod rtf_stream;
pub mod stream;
pub mod table;
pub mod table_data;
