//! Simple MAPI: a message sent, found, read, saved or deleted by one call each.
//!
//! Every call works on a session of Extended MAPI and ends what it opened; errors are Simple MAPI's own
//! small numbers. The functions that C programs call are in `mapi32`, folder `mapi`.
//!
//! | call | file |
//! |---|---|
//! | MAPILogon, MAPILogoff, sessions for one call | `session.rs` |
//! | MAPISendMail, MAPISendDocuments | `send.rs`, its files `attach.rs`, its recipients `recipient.rs` |
//! | MAPISaveMail, MAPIDeleteMail | `save.rs` |
//! | MAPIFindNext, and what names a message | `find.rs` |
//! | MAPIReadMail | `read.rs`, its files `extract.rs` |
//! | MAPIResolveName | `recipient.rs` |
#![forbid(unsafe_code)]

mod attach;
mod extract;
mod failure;
mod find;
mod message;
mod read;
mod recipient;
mod save;
mod send;
mod session;

pub use failure::{Code, Failure, Result};
pub use find::{FindFlags, IdWidth, find_next};
pub use message::{AttachedFile, FileKind, MessageFlags, Party, SimpleMessage};
pub use read::{ReadFlags, read_mail};
pub use recipient::resolve_name;
pub use save::{delete_mail, save_mail};
pub use send::{send_documents, send_mail};
pub use session::{Logon, SessionHandle, extended, logoff, logon, with_session};
