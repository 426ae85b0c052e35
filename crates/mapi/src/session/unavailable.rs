//! `Unavailable`: stands in for a transport that could not log on, so that its mail waits and says why.
//!
//! Without it the spooler would refuse, for good, what the transport would have sent: a password whose key
//! is not at hand is no reason to return somebody's mail.

use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, XpLogon};

/// A transport that takes whatever no other takes, and sends nothing.
pub(super) struct Unavailable {
    why: String,
}

impl Unavailable {
    /// For the transport of this name, which answered its logon so.
    pub(super) fn new(name: &str, error: &Error) -> Self {
        let why =
            if error.detail().is_empty() { error.code().to_string() } else { error.detail().to_owned() };
        Self { why: format!("{name} is not available: {why}") }
    }
}

impl XpLogon for Unavailable {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes { any: true, ..AddressTypes::default() })
    }

    fn submit_message(&self, _message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        Err(Error::new(ErrorCode::WAIT, "XpLogon::submit_message", self.why.clone()))
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}
