//! `ProviderShutdown`: what a provider does when the process ends in a hurry (IMAPIProviderShutdown).
//!
//! A provider that implements it answers it from its `provider_shutdown`. After a fast shutdown nothing
//! of the provider is called any more: no logoff, no shutdown, and its objects are not dropped.

use mapi_defs::Result;

/// Fast shutdown of a provider. The order is: asked, told, done; each may come without the one before.
pub trait ProviderShutdown: Send + Sync {
    /// Answers whether the process may end in a hurry (QueryFastShutdown); changes nothing.
    ///
    /// # Errors
    /// Any error is an objection.
    fn query_fast_shutdown(&self) -> Result<()>;

    /// Is told that the process is about to end (NotifyProcessShutdown); time to put off what can wait.
    ///
    /// # Errors
    /// Any error is reported and changes nothing.
    fn notify_process_shutdown(&self) -> Result<()> {
        Ok(())
    }

    /// Saves what would be lost (DoFastShutdown). No other call follows.
    ///
    /// # Errors
    /// Any error is reported and changes nothing.
    fn do_fast_shutdown(&self) -> Result<()>;
}
