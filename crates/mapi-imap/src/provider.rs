//! `InboxTransport`: the provider (IXPProvider). What it does with a mailbox is in `logon.rs`.

use crate::dialogue::Deadlines;
use crate::logon::InboxLogon;
use crate::mailbox::Access;
use crate::settings::{Protocol, Settings};
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::provider::transport::{TransportLogonFlags, XpLogon, XpProvider};
use mapi_spi::support::Support;
use std::sync::Arc;

/// The IMAP provider's name in messages and accounts, and the PR_DISPLAY_NAME of its status row.
pub const IMAP_PROVIDER_NAME: &str = "IMAP";
/// The POP3 provider's name.
pub const POP3_PROVIDER_NAME: &str = "POP3";

/// The transport that fetches mail. Each of its logons is one account.
#[derive(Clone, Copy, Debug)]
pub struct InboxTransport {
    protocol: Protocol,
    deadlines: Deadlines,
}

impl InboxTransport {
    /// The transport of a protocol.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, deadlines: Deadlines::default() }
    }

    /// The same with other deadlines.
    #[must_use]
    pub fn deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }
}

impl XpProvider for InboxTransport {
    fn name(&self) -> &str {
        match self.protocol {
            Protocol::Imap => IMAP_PROVIDER_NAME,
            Protocol::Pop3 => POP3_PROVIDER_NAME,
        }
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        Some(self)
    }

    /// No connection is made before mail is asked for.
    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        let settings = Settings::read(self.protocol, &*support.profile_section(None)?)?;
        let endpoint = settings.server.endpoint().map_err(|fault| {
            Error::new(ErrorCode::UNCONFIGURED, "InboxTransport::logon", fault.to_string())
        })?;
        let access = Access { settings, endpoint, deadlines: self.deadlines };
        let logon = InboxLogon::new(support, access, XpProvider::name(self).to_owned())?;
        Ok((Arc::new(logon), TransportLogonFlags { idle: false, poll: true }))
    }
}

/// Nothing is kept back that a fast shutdown would have to save.
impl ProviderShutdown for InboxTransport {
    fn query_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }

    /// A message has arrived or not; what has not is fetched the next time.
    fn do_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }
}
