//! `SpoolerHook` and `Preprocessor`: programs that see a message before it goes or after it came.

use crate::message::Message;
use crate::no_support;
use mapi_defs::Result;

/// Sees messages on their way (ISpoolerHook).
pub trait SpoolerHook: Send + Sync {
    /// A message was received and is not announced yet.
    ///
    /// # Errors
    /// - `MAPI_E_OBJECT_DELETED`: the hook swallowed the message.
    fn inbound(&self, message: &dyn Message) -> Result<()> {
        let _ = message;
        no_support("SpoolerHook::inbound")
    }

    /// A message was sent and is about to be moved or deleted.
    ///
    /// # Errors
    /// - `MAPI_E_OBJECT_DELETED`: the hook swallowed the message.
    fn outbound(&self, message: &dyn Message) -> Result<()> {
        let _ = message;
        no_support("SpoolerHook::outbound")
    }
}

/// Prepares an outgoing message (PreprocessMessage, RemovePreprocessInfo).
pub trait Preprocessor: Send + Sync {
    /// Works on the message before it is handed to a transport.
    ///
    /// # Errors
    /// Any error keeps the message in the queue.
    fn preprocess(&self, message: &dyn Message) -> Result<()>;

    /// Takes back what [`Preprocessor::preprocess`] added, once the message has gone.
    ///
    /// # Errors
    /// Any error is logged; the message has gone.
    fn remove_info(&self, message: &dyn Message) -> Result<()> {
        let _ = message;
        Ok(())
    }
}
