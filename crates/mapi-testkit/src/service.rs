//! Calls of a service's entry as MAPI makes them (MSGSERVICEENTRY), over one section in memory.
//!
//! It shows a service its own section alone; the providers of a service in a profile are `mapi`'s.

use crate::memory::section::Section;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::{MessageService, ProviderAdmin, ServiceCall, ServiceContext};
use mapi_spi::table::MapiTable;
use std::sync::Arc;

/// Calls a service's entry; its section is as before where the entry fails.
///
/// # Errors
/// What the service answers.
pub fn service_entry(
    service: &dyn MessageService,
    context: ServiceContext,
    section: &mut PropList,
) -> Result<()> {
    called(service, context, &[], section)
}

/// Configures a service with these properties; its section is as before where that fails.
///
/// # Errors
/// What the service answers.
pub fn configure(service: &dyn MessageService, props: &[Prop], section: &mut PropList) -> Result<()> {
    called(service, ServiceContext::Configure, props, section)
}

fn called(
    service: &dyn MessageService,
    context: ServiceContext,
    props: &[Prop],
    section: &mut PropList,
) -> Result<()> {
    let own = OwnSection(Arc::new(Section::new(section.clone())));
    service.service_entry(&ServiceCall { context, flags: ServiceFlags::NONE, props, providers: &own })?;
    *section = own.0.props(None)?.into_iter().collect();
    Ok(())
}

/// A service's part of a profile that has the service's own section and nothing else.
struct OwnSection(Arc<Section>);

impl ProviderAdmin for OwnSection {
    fn provider_table(&self) -> Result<Arc<dyn MapiTable>> {
        mapi_spi::no_support("ProviderAdmin::provider_table")
    }

    fn create_provider(&self, _name: &str, _props: &[Prop], _flags: ServiceFlags) -> Result<MapiUid> {
        mapi_spi::no_support("ProviderAdmin::create_provider")
    }

    fn delete_provider(&self, uid: MapiUid) -> Result<()> {
        Err(missing("ProviderAdmin::delete_provider", uid))
    }

    fn open_profile_section(&self, uid: Option<MapiUid>, _flags: SectionFlags) -> Result<Arc<dyn MapiProp>> {
        match uid {
            None => Ok(self.0.clone()),
            Some(uid) => Err(missing("ProviderAdmin::open_profile_section", uid)),
        }
    }
}

fn missing(call: &'static str, uid: MapiUid) -> Error {
    Error::new(ErrorCode::NOT_FOUND, call, format!("there is no {uid} here"))
}
