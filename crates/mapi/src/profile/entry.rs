//! Calls of a service's entry (MSGSERVICEENTRY), and what the entry is given: its own part of a draft
//! of the profile (IProviderAdmin).
//!
//! Nothing is locked while an entry runs. What is in the profile before it is called is
//! `service_data.rs`; who calls it when, `services.rs`, `admin.rs` and the session's logons.

use super::access::Caller;
use super::draft::Draft;
use super::section::{ProfileSection, Source};
use super::secure::Passing;
use super::{ProfileData, table};
use crate::provider::Registration;
use crate::session::unpanicked;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::Prop;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::{MessageService, ProviderAdmin, ServiceCall, ServiceContext};
use mapi_spi::table::MapiTable;
use std::path::PathBuf;
use std::sync::Arc;

/// The entry of a service; `None` where it has none in this process.
pub(super) fn entry_of(draft: &Draft, service: &str) -> Result<Option<Arc<dyn MessageService>>> {
    // A library may be loaded for this, so nothing is locked.
    let catalogue = draft.look(|data| data.catalogue.clone())?;
    Ok(catalogue.service(service)?.entry)
}

/// What is known of a service of a draft; nothing is locked, as a library may be loaded for this.
fn known(draft: &Draft, service: MapiUid) -> Result<Registration> {
    let (catalogue, name) =
        draft.look(|data| data.service(service).map(|row| (data.catalogue.clone(), row.name.clone())))??;
    catalogue.service(&name)
}

/// Calls the entry of a service of a draft; one that has none agrees to everything.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: the draft has no such service.
/// - `MAPI_E_NOT_INITIALIZED`: it is to be configured, and has no entry.
/// - What the entry answers.
pub(super) fn call(
    draft: &Arc<Draft>,
    service: MapiUid,
    context: ServiceContext,
    flags: ServiceFlags,
    props: &[Prop],
) -> Result<()> {
    let name = draft.look(|data| data.service(service).map(|row| row.name.clone()))??;
    let Some(entry) = entry_of(draft, &name)? else {
        if context == ServiceContext::Configure {
            let detail = format!("service \"{name}\" has no entry");
            return Err(Error::new(ErrorCode::NOT_INITIALIZED, "MsgServiceAdmin::configure_service", detail));
        }
        return Ok(());
    };
    let own = OwnPart { draft: draft.clone(), service };
    unpanicked(|| entry.service_entry(&ServiceCall { context, flags, props, providers: &own }))
}

/// Tells a service that it leaves a profile; its answer changes nothing.
pub(super) fn tell_of_deletion(data: &ProfileData, service: MapiUid) {
    let draft = Arc::new(Draft::of(data.clone()));
    let told = call(&draft, service, ServiceContext::Delete, ServiceFlags::NONE, &[]);
    drop(draft.end());
    if let Err(error) = told {
        tracing::debug!(%service, %error, "the service did not take part in its deletion");
    }
}

/// A service's part of a draft.
struct OwnPart {
    draft: Arc<Draft>,
    service: MapiUid,
}

impl ProviderAdmin for OwnPart {
    fn provider_table(&self) -> Result<Arc<dyn MapiTable>> {
        self.draft.look(|data| table::providers_of(data, self.service))?
    }

    fn create_provider(&self, name: &str, props: &[Prop], flags: ServiceFlags) -> Result<MapiUid> {
        check_flags(flags, "ProviderAdmin::create_provider")?;
        add_provider(&self.draft, self.service, name, props)
    }

    fn delete_provider(&self, uid: MapiUid) -> Result<()> {
        self.draft.change(|data| {
            if !data.service(self.service)?.providers.iter().any(|row| row.uid == uid) {
                return Err(no_provider(uid));
            }
            data.remove_provider(uid);
            Ok(())
        })
    }

    fn open_profile_section(&self, uid: Option<MapiUid>, flags: SectionFlags) -> Result<Arc<dyn MapiProp>> {
        let (source, uid) = (Source::Draft(self.draft.clone()), uid.unwrap_or(self.service));
        Ok(Arc::new(ProfileSection::open(source, uid, flags, Caller::Entry(self.service))?))
    }

    fn files_of_others(&self) -> Result<Vec<PathBuf>> {
        self.draft.look(|data| data.files_of_others(self.service))
    }
}

/// Adds a provider to a draft, with these properties laid over what is known of it.
pub(super) fn add_provider(draft: &Draft, service: MapiUid, name: &str, props: &[Prop]) -> Result<MapiUid> {
    let known = known(draft, service)?;
    let (plain, secure) = Passing(props.to_vec()).parted();
    let uid = draft.change(|data| data.add_provider(service, &known, name, &plain))?;
    draft.seal(uid, &secure)?;
    Ok(uid)
}

/// Refuses flags that no service knows.
pub(super) fn check_flags(flags: ServiceFlags, call: &'static str) -> Result<()> {
    if flags.has_unknown() {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, detail));
    }
    Ok(())
}

/// The answer where a service has no provider of this UID.
pub(super) fn no_provider(uid: MapiUid) -> Error {
    Error::new(ErrorCode::NOT_FOUND, "ProviderAdmin", format!("the service has no provider {uid}"))
}
