//! `LocalTransport`: the provider (IXPProvider). What it does with a message is in `logon.rs`.

use crate::logon::LocalLogon;
use crate::section::Settings;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::prop::tags::PR_TRANSPORT_PROVIDERS;
use mapi_defs::{ErrorCode, Guid, Result};
use mapi_spi::provider::shutdown::ProviderShutdown;
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

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        Some(self)
    }

    fn logon(
        &self,
        support: Arc<dyn Support>,
        _how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        let settings = Settings::read(&*support.profile_section(None)?, is_alone(&*support)?)?;
        let logon = LocalLogon::new(support, settings)?;
        // It receives nothing by itself and has nothing to do in idle time.
        Ok((Arc::new(logon), TransportLogonFlags::default()))
    }
}

/// Nothing is kept back that a fast shutdown would have to save.
impl ProviderShutdown for LocalTransport {
    fn query_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }

    /// A delivery is one step of the store, done or not done.
    fn do_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// True where the profile has no other transport: mail to other people has nowhere else to go.
fn is_alone(support: &dyn Support) -> Result<bool> {
    let instance = match support.profile_section(Some(MUID_PROFILE_INSTANCE)) {
        // Whoever says nothing of other transports has none.
        Err(error) if error.code() == ErrorCode::NOT_FOUND => return Ok(true),
        other => other?,
    };
    let props = instance.props(Some(&[PR_TRANSPORT_PROVIDERS]))?;
    let uids = props.first().and_then(|prop| prop.value.as_binary()).unwrap_or_default();
    Ok(uids.len() <= size_of::<Guid>())
}
