//! `InboxService`: configures an IMAP or POP3 account in a profile (MSGSERVICEENTRY). No server is asked.

use crate::settings::{PASSWORD, Protocol, SettingFault, Settings};
use mapi_defs::Result;
use mapi_defs::flags::SectionFlags;
use mapi_defs::prop::tags::PR_PROVIDER_UID;
use mapi_defs::prop::{Prop, PropType, PropValue};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::spooler::section::FILE;
use mapi_spi::table::query_all_rows;
use zeroize::Zeroize;

/// The name of the IMAP service in profiles (PR_SERVICE_NAME).
pub const IMAP_SERVICE_NAME: &str = "IMAP";
/// The name of the POP3 service in profiles.
pub const POP3_SERVICE_NAME: &str = "POP3";

/// How much of a UID is in the name of a file.
const FILE_NAME_BYTES: usize = 8;

/// The message service of accounts from which mail is fetched. A profile may hold several; each is one account.
///
/// Where its mail is kept, `store` configures in the same section: the service brings a store of its own.
pub struct InboxService<S> {
    protocol: Protocol,
    store: S,
}

impl<S> InboxService<S> {
    /// The service of a protocol, with the service that configures its store.
    pub fn new(protocol: Protocol, store: S) -> Self {
        Self { protocol, store }
    }
}

impl<S> InboxService<S> {
    /// A store file of the account's own: no other account of the profile has the UID of its provider.
    fn file_name(&self, call: &ServiceCall<'_>) -> Result<String> {
        let rows = query_all_rows(&*call.providers.provider_table()?, &[PR_PROVIDER_UID])?;
        let uid = rows.first().and_then(|row| row.binary(PR_PROVIDER_UID)).unwrap_or_default();
        let digits: String = uid.iter().take(FILE_NAME_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{}-{digits}.store", self.protocol.word()))
    }
}

impl<S: MessageService> MessageService for InboxService<S> {
    /// A new account may still lack what only a person knows; a configured one may not.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the server or something to log on with is missing.
    /// - `MAPI_E_INVALID_PARAMETER`: a setting is of the wrong type or makes no sense. No value of it is
    ///   repeated in the error.
    /// - Those of the store's service.
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        use ServiceContext as C;
        const CALL: &str = "InboxService::service_entry";
        if !matches!(call.context, C::Install | C::Uninstall | C::Delete | C::ProviderDelete) {
            let mut props = call.configured()?;
            if props.text(FILE).is_none_or(str::is_empty) {
                props.set(FILE, self.file_name(call)?);
            }
            let kept = kept_password(call)?;
            let answer =
                match (call.context, Settings::check(self.protocol, props.iter().cloned().chain(kept))) {
                    (C::Create | C::ProviderCreate, Err(SettingFault::Missing(..))) => call.save(&props),
                    (_, Err(fault)) => Err(fault.into_error(CALL)),
                    (_, Ok(())) => call.save(&props),
                };
            if let Some(PropValue::Unicode(mut text) | PropValue::String8(mut text)) =
                props.remove(PASSWORD.id())
            {
                text.zeroize();
            }
            answer?;
        }
        self.store.service_entry(call)
    }
}

/// A password that was kept earlier is found only by its name. The section is not open any more when this
/// returns, so that it can be saved.
fn kept_password(call: &ServiceCall<'_>) -> Result<Vec<Prop>> {
    let section = call.providers.open_profile_section(None, SectionFlags::NONE)?;
    section.props(Some(&[PASSWORD.with_type(PropType::UNSPECIFIED)]))
}
