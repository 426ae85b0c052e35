//! The MAPI subsystem and its safe client API: profiles, sessions, objects, and the orderly end.
//!
//! A program registers the services it wants (`mapi_services::register()`), initialises MAPI, logs
//! on with a profile, works with stores, folders and messages, and logs off. The account of the
//! logoff says what was left open, what the queue holds, and how each provider took its leave.
//!
//! ```no_run
//! use mapi::{LogoffFlags, LogonOptions, Mapi, Object, OpenFlags, RecipientType, Session};
//! use mapi_defs::prop::tags::{PR_BODY, PR_SUBJECT};
//!
//! # fn main() -> mapi::Result<()> {
//! let _mapi = Mapi::initialize()?;
//! let session = Session::logon(LogonOptions::default_profile())?;
//! let store = session.open_default_store()?;
//!
//! // Read: the subjects in the Inbox.
//! for id in store.inbox()?.message_ids()? {
//!     let message = store.open_message(&id, OpenFlags::NONE)?;
//!     println!("{}", message.text(PR_SUBJECT)?.unwrap_or_default());
//! }
//!
//! // Send.
//! let message = store.compose()?;
//! message.set(PR_SUBJECT, "Hello")?;
//! message.set(PR_BODY, "How are you?")?;
//! message.add_recipient(RecipientType::To, "Ann", "ann@example.org")?;
//! message.submit()?;
//!
//! // Whatever is still open answers MAPI_E_INVALID_OBJECT from here on.
//! let account = session.logoff(LogoffFlags::NONE)?;
//! eprintln!("{account}");
//! # Ok(())
//! # }
//! ```
//!
//! Where things are: `initialize.rs` begins and ends the use of MAPI in a process, `profile/` is
//! what a user has, `session/` what a program is logged on to, `object/` what it holds, `notify/`
//! who is told of events, `account/` the accounts of a profile, `provider/` who serves it all. What a provider implements is `mapi_spi`.
#![forbid(unsafe_code)]

pub mod account;
pub mod address_book;
pub mod clock;
pub mod dialogs;
pub mod home;
pub mod initialize;
pub mod notify;
pub mod object;
pub mod profile;
pub mod provider;
pub mod session;
mod sync;
mod trust;

pub use account::AccountManager;
pub use address_book::AddressBook;
pub use clock::{Clock, SystemClock};
pub use dialogs::Dialogs;
pub use home::Home;
pub use initialize::{
    InitFlags, Mapi, deinit_mapi_util, init_mapi_util, initialize, uninitialize, utility_users,
};
pub use object::{
    AbContainer, Attachment, Folder, Message, MsgStore, Object, Opened, StatusObject, Stream, Table,
};
pub use profile::{MsgServiceAdmin, NewService, ProfAdmin, ProviderAdmin};
pub use session::{Account, Inbox, LogonOptions, Session, StoreRole};

pub use mapi_defs::flags::{
    FlushFlags, FolderFlags, FormFlags, LogoffFlags, LogonFlags, MdbFlags, OpenFlags, ProfileFlags,
    ReadFlags, SaveFlags, SectionFlags, ServiceFlags, StoreLogoffFlags, StreamFlags, TableFlags,
    ValidateFlags,
};
pub use mapi_defs::recipient::{Recipient, RecipientType};
pub use mapi_defs::{EntryId, Error, ErrorCode, Result};
pub use mapi_vault::{KeptBy, Secret, Vault};
