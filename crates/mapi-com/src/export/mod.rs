//! Rust objects as COM objects, one file a class or a family of methods.
//! The layout of their vtables is in `interfaces/`, the values they hand out in `marshal/`.

mod ab_container;
mod address_book;
pub mod advise_sink;
mod attachment;
pub mod container;
pub(crate) mod core_sink;
pub mod file_stream;
pub mod folder;
pub mod held;
mod last_error;
pub mod malloc;
pub mod message;
mod msg_service_admin;
mod msg_store;
pub(crate) mod opened;
mod own;
pub mod prof_admin;
mod prof_sect;
pub mod prop;
pub mod prop_data;
pub mod provider;
mod provider_admin;
pub mod rtf_stream;
pub mod session;
mod status;
pub mod storage;
pub mod stream;
pub mod table;
pub mod table_data;
