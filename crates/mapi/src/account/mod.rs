//! Accounts of a profile, as programs manage them (IOlkAccountManager and what belongs to it).
//!
//! A program hands a manager a helper that says which profile it is and brings a session where one is
//! needed (`account_helper.rs`; `lending.rs` has two that are ready). The manager finds, orders, makes and deletes
//! accounts (`manager.rs`, `order.rs`, `create.rs`); an account's properties are staged by SetProp and saved
//! by SaveChanges (`object.rs`). Sinks are told of what changed, by whichever program (`notify.rs`,
//! `watch.rs`). How accounts are kept, and what becomes of their services, is `profile/accounts/`.
//!
//! ```text
//!  program ──▶ AccountManager ──▶ AccountHelper ──▶ Session
//! ```
//! Nothing points back, so nothing keeps itself alive: a session is the manager's for one operation, and
//! the helper's until HandsOffSession.

mod account_helper;
mod core;
mod create;
mod display;
mod enumerate;
mod init;
mod lease;
mod lending;
mod manager;
mod notify;
mod object;
mod order;
mod picture;
pub mod props;
mod value;
mod watch;

pub use account_helper::AccountHelper;
pub use create::known_types;
pub use display::{AccountDialogs, register_dialogs};
pub use enumerate::AccountEnum;
pub use lending::{LentSession, OwnSession};
pub use manager::AccountManager;
pub use notify::{AccountEvent, AccountNotify};
pub use object::{Account, AccountInfo};
pub use value::AccountValue;

pub use crate::profile::{AccountCategory, KeptAccount, NewAccount, Trial};
pub use mapi_defs::flags::{AccountInitFlags, AccountUiFlags};
