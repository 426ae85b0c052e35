//! `LocalTransport`: the provider (IXPProvider). What it does with a message is in `logon.rs`.

use crate::logon::LocalLogon;
use crate::section::Settings;
use mapi_defs::Result;
use mapi_spi::provider::transport::{TransportLogonFlags, XpLogon, XpProvider};
use mapi_spi::support::Support;
use std::sync::Arc;

/// The provider's name in messages and accounts, and the PR_DISPLAY_NAME of its status row.
pub const PROVIDER_NAME: &str = "Local delivery";

/// The transport that delivers into the profile's own Inbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalTransport;

impl XpProvider for LocalTransport {
    fn name(&self) -> &str {
        PROVIDER_NAME
    }

    fn logon(&self, support: Arc<dyn Support>) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        let settings = Settings::read(&*support.profile_section(None)?)?;
        let logon = LocalLogon::new(support, settings)?;
        // It receives nothing by itself and has nothing to do in idle time.
        Ok((Arc::new(logon), TransportLogonFlags::default()))
    }
}
