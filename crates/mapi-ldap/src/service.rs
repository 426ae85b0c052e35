//! `LdapService`: configures a directory in a profile (MSGSERVICEENTRY). No server is asked.

use crate::settings::{PASSWORD, SettingFault, Settings};
use mapi_defs::Result;
use mapi_defs::flags::SectionFlags;
use mapi_defs::prop::tags::PR_DISPLAY_NAME;
use mapi_defs::prop::{Prop, PropType, PropValue};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use zeroize::Zeroize;

/// The service's name in profiles (PR_SERVICE_NAME).
pub const SERVICE_NAME: &str = "LDAP";

/// The message service of directories. A profile may hold several; each is one directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct LdapService;

impl MessageService for LdapService {
    /// A new directory may still lack what only a person knows; a configured one may not.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the server, or the password of a user, is missing.
    /// - `MAPI_E_INVALID_PARAMETER`: a setting is of the wrong type or makes no sense. No value of it is
    ///   repeated in the error.
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        use ServiceContext as C;
        const CALL: &str = "LdapService::service_entry";
        if matches!(call.context, C::Install | C::Uninstall | C::Delete | C::ProviderDelete) {
            return Ok(());
        }
        let mut props = call.configured()?;
        if !props.contains_id(PR_DISPLAY_NAME.id()) {
            props.set(PR_DISPLAY_NAME, crate::PROVIDER_NAME);
        }
        let kept = kept_password(call)?;
        let answer = match (call.context, Settings::check(props.iter().cloned().chain(kept))) {
            (C::Create | C::ProviderCreate, Err(SettingFault::Missing(..))) => Ok(()),
            (_, Err(fault)) => Err(fault.into_error(CALL)),
            (_, Ok(())) => call.save(&props),
        };
        if let Some(PropValue::Unicode(mut text) | PropValue::String8(mut text)) = props.remove(PASSWORD.id())
        {
            text.zeroize();
        }
        answer
    }
}

/// A password that was kept earlier is found only by its name. The section is not open any more when this
/// returns, so that it can be saved.
fn kept_password(call: &ServiceCall<'_>) -> Result<Vec<Prop>> {
    let section = call.providers.open_profile_section(None, SectionFlags::NONE)?;
    section.props(Some(&[PASSWORD.with_type(PropType::UNSPECIFIED)]))
}
