//! Forms: messages on their way to a window of their own (PrepareForm, ShowForm).
//!
//! A token stands for one message that is going to be shown once. There is no form here, so showing
//! answers `MAPI_E_NO_SUPPORT`; the token is used up all the same. Tokens end with the session.

use super::{Session, lock};
use crate::object::Message;
use mapi_defs::flags::FormFlags;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;
use std::sync::Mutex;

/// Messages that may wait for their forms in one session.
const MOST: usize = 1_024;

/// Stands for a message that is going to be shown (ulMessageToken); never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FormToken(pub u64);

/// The messages that wait for their forms.
#[derive(Default)]
pub(super) struct Forms {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    messages: HashMap<u64, Message>,
}

impl Forms {
    /// Forgets every token. The messages are dropped by the caller's leave, outside the lock.
    pub(super) fn clear(&self) {
        let gone = std::mem::take(&mut lock(&self.waiting).messages);
        drop(gone);
    }
}

impl Session {
    /// Holds a message for [`Session::show_form`] and returns the token for it (PrepareForm). The
    /// caller's own handle may be dropped.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: too many messages wait to be shown.
    pub fn prepare_form(&self, message: &Message) -> Result<FormToken> {
        let core = self.core();
        let _pass = core.enter()?;
        let mut waiting = lock(&core.forms.waiting);
        if waiting.messages.len() >= MOST {
            let detail = format!("{MOST} messages wait for their forms");
            return Err(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Session::prepare_form", detail));
        }
        waiting.last += 1;
        let token = waiting.last;
        waiting.messages.insert(token, message.clone());
        Ok(FormToken(token))
    }

    /// Shows a message in a form (ShowForm). The token is used up and the message let go, whatever the
    /// answer is, unless the arguments are refused.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_INVALID_PARAMETER`: no message waits under this token.
    /// - `MAPI_E_NO_SUPPORT`: there is no form to show it in; always.
    pub fn show_form(&self, token: FormToken, flags: FormFlags) -> Result<()> {
        const CALL: &str = "Session::show_form";
        let core = self.core();
        let _pass = core.enter()?;
        if flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, detail));
        }
        let message = lock(&core.forms.waiting).messages.remove(&token.0);
        match message {
            Some(message) => {
                drop(message);
                Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "there is no form to show a message in"))
            }
            None => Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "no message waits under this token")),
        }
    }
}
