//! `StoreService`: the message service STORE, which gives a profile its store file (MSGSERVICEENTRY).

use mapi_defs::prop::{PropList, tags};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::provider::service::{MessageService, ServiceCall, ServiceContext};
use mapi_spi::spooler::section;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of a new store.
const DISPLAY_NAME: &str = "Personal Folders";
/// Characters of a profile's name that a file's name takes over; others become a dash.
const FILE_NAME_CHARS: usize = 64;

/// The service. It makes the store and never deletes one.
#[derive(Clone)]
pub struct StoreService {
    now: Arc<dyn Fn() -> FileTime + Send + Sync>,
}

impl StoreService {
    /// A service that is told the present moment by `now`.
    pub fn new(now: Arc<dyn Fn() -> FileTime + Send + Sync>) -> Self {
        Self { now }
    }
}

impl MessageService for StoreService {
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()> {
        match call.context {
            ServiceContext::Create | ServiceContext::Configure => {
                let mut props = call.configured()?;
                self.configure(call, &mut props)?;
                call.save(&props)
            }
            ServiceContext::Install
            | ServiceContext::Uninstall
            | ServiceContext::Delete
            | ServiceContext::ProviderCreate
            | ServiceContext::ProviderDelete => Ok(()),
        }
    }
}

impl StoreService {
    fn configure(&self, call: &ServiceCall<'_>, props: &mut PropList) -> Result<()> {
        let path = path_of(call, props)?;
        let name = props.text(tags::PR_DISPLAY_NAME).filter(|name| !name.is_empty()).unwrap_or(DISPLAY_NAME);
        crate::engine::sqlite::create_or_keep(&path, name, (self.now)())?;
        let text =
            path.into_os_string().into_string().map_err(|_| unconfigured("the file's path is not text"))?;
        props.set(section::FILE, text);
        if !props.contains_id(tags::PR_DISPLAY_NAME.id()) {
            props.set(tags::PR_DISPLAY_NAME, DISPLAY_NAME);
        }
        Ok(())
    }
}

/// The file that is named, or one below the data folder that no other service of the profile has.
fn path_of(call: &ServiceCall<'_>, props: &PropList) -> Result<PathBuf> {
    let named = props.text(section::FILE).filter(|file| !file.is_empty()).map(PathBuf::from);
    if let Some(path) = named.as_ref().filter(|path| path.is_absolute()) {
        return call.own_file(named.clone(), path);
    }
    let folder = data_folder(props)?;
    let profile = props.text(section::PROFILE_NAME).unwrap_or_default();
    call.own_file(named.map(|path| folder.join(path)), &folder.join(file_name(profile)))
}

fn data_folder(props: &PropList) -> Result<PathBuf> {
    let folder = props.text(section::DATA_FOLDER).filter(|folder| Path::new(folder).is_absolute());
    folder.map(PathBuf::from).ok_or_else(|| unconfigured("neither a file nor a data folder is named"))
}

/// A name for the store file of a profile: letters and digits stay, so that people recognise it.
fn file_name(profile: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = profile.chars().map(safe).take(FILE_NAME_CHARS).collect();
    if name.trim_matches('-').is_empty() { "mail.store".to_owned() } else { format!("{name}.store") }
}

fn unconfigured(detail: &'static str) -> Error {
    Error::new(ErrorCode::UNCONFIGURED, "MessageService::service_entry", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lead_nowhere_else() {
        assert_eq!(file_name("Work"), "Work.store");
        assert_eq!(file_name("../../etc/passwd"), "------etc-passwd.store");
        assert_eq!(file_name(""), "mail.store");
        assert_eq!(file_name("///"), "mail.store");
        assert_eq!(file_name(&"ä".repeat(300)).chars().count(), FILE_NAME_CHARS + ".store".len());
    }
}
