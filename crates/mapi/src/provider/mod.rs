//! The providers at hand: `registry.rs` knows them by the name of their service, `support.rs` is
//! what MAPI does for each logon, `submission.rs` what it does with recipients at a submit. `library.rs` finds and checks libraries with more of
//! them, and `catalogue.rs` says which services there are, with the files that describe them;
//! `install.rs` puts one on the computer and takes it away; `account_service.rs` is how a service and an
//! account say the same.

pub mod account_service;
pub mod catalogue;
pub mod install;
pub mod library;
pub mod registry;
mod submission;
pub(crate) mod support;

pub use account_service::AccountService;
pub use catalogue::{AvailableService, Catalogue};
pub use install::{Installation, Installed, Uninstalled};
pub use library::{Library, LibraryFile, LibraryFolders, LibraryLoader, register_loader};
pub use registry::{ProviderFactory, Registration, register, register_spooler};
