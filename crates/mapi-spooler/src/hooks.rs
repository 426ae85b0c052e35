//! Who sees a message on its way: preprocessors before a transport has it, hooks after it went or came.
//!
//! In the order of registration. When they are called is the driver's; receiving calls [`Hooks::inbound`]
//! before a message is announced.

use crate::perform::guarded;
use mapi_defs::{ErrorCode, Result};
use mapi_spi::hook::{Preprocessor, SpoolerHook};
use mapi_spi::message::Message;
use std::sync::{Arc, Mutex, PoisonError};

/// Preprocessors and hooks of one spooler. Its locks are held for moments, never across a call.
#[derive(Default)]
pub(crate) struct Hooks {
    preprocessors: Mutex<Vec<Arc<dyn Preprocessor>>>,
    hooks: Mutex<Vec<Arc<dyn SpoolerHook>>>,
}

impl Hooks {
    pub(crate) fn add_preprocessor(&self, preprocessor: Arc<dyn Preprocessor>) {
        self.preprocessors.lock().unwrap_or_else(PoisonError::into_inner).push(preprocessor);
    }

    pub(crate) fn add_hook(&self, hook: Arc<dyn SpoolerHook>) {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    /// True where a message has to be seen by a preprocessor before it goes.
    pub(crate) fn has_preprocessors(&self) -> bool {
        !self.preprocessors.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// True where somebody looks at messages on their way.
    pub(crate) fn has_hooks(&self) -> bool {
        !self.hooks.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Has a message prepared. The first error keeps it in the queue.
    ///
    /// # Errors
    /// Those of the preprocessors.
    pub(crate) fn preprocess(&self, message: &dyn Message) -> Result<()> {
        let all = self.preprocessors.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter().try_for_each(|one| guarded("Preprocessor::preprocess", || one.preprocess(message)))
    }

    /// Takes back what preparing has added; the last one first, as it was put on.
    pub(crate) fn remove_info(&self, message: &dyn Message) {
        let all = self.preprocessors.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for one in all.iter().rev() {
            if let Err(error) = guarded("Preprocessor::remove_info", || one.remove_info(message)) {
                tracing::warn!(%error, "a preprocessor's traces stay on a sent message");
            }
        }
    }

    /// Shows a message that was sent. False where a hook swallowed it.
    pub(crate) fn outbound(&self, message: &dyn Message) -> bool {
        self.show("SpoolerHook::outbound", |hook| hook.outbound(message))
    }

    /// Shows a message that was received and is not announced yet. False where a hook swallowed it.
    pub(crate) fn inbound(&self, message: &dyn Message) -> bool {
        self.show("SpoolerHook::inbound", |hook| hook.inbound(message))
    }

    /// Calls hooks until one swallows the message; a hook that fails is passed by.
    fn show(&self, call: &'static str, show: impl Fn(&dyn SpoolerHook) -> Result<()>) -> bool {
        let all = self.hooks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for hook in all {
            match guarded(call, || show(&*hook)) {
                Err(error) if error.code() == ErrorCode::OBJECT_DELETED => return false,
                Err(error) if error.code() != ErrorCode::NO_SUPPORT => {
                    tracing::warn!(call, %error, "a hook failed over a message");
                }
                _ => {}
            }
        }
        true
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
