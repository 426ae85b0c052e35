//! `LocalService`: configures LOCAL in a profile (MSGSERVICEENTRY). Nothing is needed of a person.

use crate::section::{ACCEPTS_FOREIGN, ADDRESSES};
use mapi_defs::prop::{PropList, PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};

/// The service's name in profiles (PR_SERVICE_NAME).
pub const SERVICE_NAME: &str = "LOCAL";

/// The message service of the LOCAL transport.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalService;

impl MessageService for LocalService {
    /// Whether addresses of other people are accepted is left to the profile's other services, unless the
    /// section says so.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: [`ACCEPTS_FOREIGN`] or [`ADDRESSES`] is of the wrong type.
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        use ServiceContext as C;
        match call.context {
            C::Create | C::Configure | C::ProviderCreate => {}
            C::Install | C::Uninstall | C::Delete | C::ProviderDelete => return Ok(()),
        }
        let props = call.configured()?;
        check_type(&props, ACCEPTS_FOREIGN)?;
        check_type(&props, ADDRESSES)?;
        call.save(&props)
    }
}

fn check_type(props: &PropList, tag: PropTag) -> Result<()> {
    if !props.contains_id(tag.id()) || props.prop(tag).is_some() {
        return Ok(());
    }
    let held = props.prop(tag.with_type(PropType::UNSPECIFIED)).map_or(tag, |prop| prop.tag);
    let detail = format!("the section needs {tag}, not {held}");
    Err(Error::new(ErrorCode::INVALID_PARAMETER, "LocalService::service_entry", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_testkit::service::service_entry;

    #[test]
    fn a_service_accepts_foreign_addresses_as_it_is_told() {
        let mut props = PropList::new();
        service_entry(&LocalService, ServiceContext::Create, &mut props).unwrap();
        assert_eq!(props.boolean(ACCEPTS_FOREIGN), None);
        props.set(ACCEPTS_FOREIGN, false);
        service_entry(&LocalService, ServiceContext::Configure, &mut props).unwrap();
        assert_eq!(props.boolean(ACCEPTS_FOREIGN), Some(false));
    }

    #[test]
    fn a_setting_of_the_wrong_type_is_refused_and_kept_out() {
        let mut props = PropList::new();
        props.set(ACCEPTS_FOREIGN, "yes");
        let error = service_entry(&LocalService, ServiceContext::Configure, &mut props).unwrap_err();
        assert_eq!(error.code(), ErrorCode::INVALID_PARAMETER);
        assert!(!error.detail().contains("yes"), "{error}");
        assert_eq!(props.boolean(ACCEPTS_FOREIGN), None);
    }

    #[test]
    fn leaving_a_profile_changes_no_section() {
        for context in [ServiceContext::Install, ServiceContext::Delete, ServiceContext::ProviderDelete] {
            let mut props = PropList::new();
            service_entry(&LocalService, context, &mut props).unwrap();
            assert!(props.is_empty());
        }
    }
}
