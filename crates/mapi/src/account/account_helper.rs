//! `AccountHelper`: what a program hands to a manager, which says whose accounts they are and brings a
//! session (IOlkAccountHelper). Two that are ready are in `lending.rs`.

use mapi_defs::{Error, ErrorCode, Result};
use std::any::Any;
use std::sync::Arc;

/// What an account manager asks of the program that uses it.
///
/// It is called with no lock held and may call anything of MAPI. A manager bears with a helper that lies:
/// no answer of it does more than what the page of the call allows.
pub trait AccountHelper: Send + Sync {
    /// Answers `E_NOTIMPL` (Placeholder1). No manager calls it.
    ///
    /// # Errors
    /// - `E_NOTIMPL`, always.
    fn placeholder1(&self) -> Result<()> {
        not_implemented("AccountHelper::placeholder1")
    }

    /// Writes the profile's name with a terminating zero into `name`, in UTF-16 units; `length` becomes the
    /// units written, the zero among them (GetIdentity).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_MEMORY` (E_OUTOFMEMORY): the name does not fit; `length` is what it needs, and
    ///   nothing was written.
    fn identity(&self, name: &mut [u16], length: &mut u32) -> Result<()>;

    /// Brings the session of the profile, a [`Session`](crate::Session) (GetMapiSession). The helper keeps
    /// hold of what it brings until [`AccountHelper::hands_off_session`]; the manager does not.
    ///
    /// # Errors
    /// - `E_NOTIMPL`: there is none.
    fn mapi_session(&self) -> Result<Option<Arc<dyn Any + Send + Sync>>>;

    /// Lets go of the session that [`AccountHelper::mapi_session`] brought (HandsOffSession): a helper that
    /// made it releases it.
    ///
    /// # Errors
    /// - `E_NOTIMPL`: the helper did not make the session. Nothing else is an answer.
    ///
    /// # Source
    /// IOlkAccountHelper::HandsOffSession.
    fn hands_off_session(&self) -> Result<()>;
}

/// The answer of what a helper does not do.
pub(super) fn not_implemented<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::E_NOTIMPL, call, "this helper does not do it"))
}
