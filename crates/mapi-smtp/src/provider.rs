//! `SmtpTransport`: the provider (IXPProvider). What it does with a message is in `logon.rs`.

use crate::connection::Endpoint;
use crate::deadlines::Deadlines;
use crate::logon::SmtpLogon;
use crate::settings::Settings;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::transport::{TransportLogonFlags, XpLogon, XpProvider};
use mapi_spi::support::Support;
use std::sync::Arc;

/// The provider's name in messages and accounts, and the PR_DISPLAY_NAME of its status row.
pub const PROVIDER_NAME: &str = "SMTP";

/// The transport that sends by SMTP. Each of its logons is one account.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmtpTransport {
    /// How long each stage of a dialogue may take.
    pub deadlines: Deadlines,
}

impl XpProvider for SmtpTransport {
    fn name(&self) -> &str {
        PROVIDER_NAME
    }

    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        let settings = Settings::read(&*support.profile_section(None)?)?;
        let server = settings.server.endpoint().map_err(|fault| {
            Error::new(ErrorCode::UNCONFIGURED, "SmtpTransport::logon", fault.to_string())
        })?;
        let (protocol, hello) = (settings.protocol, settings.hello.clone());
        let endpoint = Endpoint { server, protocol, hello, deadlines: self.deadlines };
        let logon = SmtpLogon::new(support, settings, endpoint)?;
        // In idle time it ends connections that waited too long; it receives nothing by itself.
        Ok((Arc::new(logon), TransportLogonFlags { idle: true, poll: false }))
    }
}
