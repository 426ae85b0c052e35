//! `PabService`: configures the personal address book in a profile (MSGSERVICEENTRY).

use mapi_defs::prop::tags::PR_DISPLAY_NAME;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use std::path::{Path, PathBuf};

/// The service's name in profiles (PR_SERVICE_NAME).
pub const SERVICE_NAME: &str = "PAB";
/// The file's name in the profile's folder, where nothing else is said.
const FILE_NAME: &str = "contacts.db";

/// The message service of the personal address book.
#[derive(Clone, Copy, Debug, Default)]
pub struct PabService;

impl MessageService for PabService {
    /// Names the file where nobody has; it is made at the first logon, and stays when the service
    /// leaves the profile.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the file that is named is another service's.
    /// - `MAPI_E_UNCONFIGURED`: neither a file nor a folder for it is named, or not absolutely.
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        use ServiceContext as C;
        match call.context {
            C::Create | C::Configure | C::ProviderCreate => {}
            C::Install | C::Uninstall | C::Delete | C::ProviderDelete => return Ok(()),
        }
        let mut props = call.configured()?;
        let named = props.text(FILE).filter(|file| !file.is_empty()).map(PathBuf::from);
        let first = match (&named, props.text(DATA_FOLDER)) {
            (Some(file), _) => file.clone(),
            (None, Some(folder)) => Path::new(folder).join(FILE_NAME),
            (None, None) => return Err(unconfigured("the address book has no file")),
        };
        if !first.is_absolute() {
            return Err(unconfigured("the address book's file is not named absolutely"));
        }
        let file = call.own_file(named, &first)?;
        props.set(FILE, file.to_string_lossy().into_owned());
        if !props.contains_id(PR_DISPLAY_NAME.id()) {
            props.set(PR_DISPLAY_NAME, crate::PROVIDER_NAME);
        }
        call.save(&props)
    }
}

fn unconfigured(detail: &'static str) -> Error {
    Error::new(ErrorCode::UNCONFIGURED, "PabService::service_entry", detail)
}
