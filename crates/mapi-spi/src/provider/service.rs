//! `MessageService`: what configures a group of providers in a profile (MSGSERVICEENTRY), and
//! `ProviderAdmin`: what it is given to do so (IProviderAdmin).
//!
//! What of a service MAPI itself puts into the profile, from MAPISVC.INF or from the service's
//! registration, is there before the service is called. Who calls it when is `mapi`'s `profile`.

use crate::prop::MapiProp;
use crate::spooler::section;
use crate::table::MapiTable;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropProblem};
use mapi_defs::{Error, ErrorCode, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a service is called (MSG_SERVICE_*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ServiceContext {
    /// MSG_SERVICE_INSTALL (1): the service came to this machine. No profile is touched.
    Install,
    /// MSG_SERVICE_CREATE (2): the service is being added to a profile; its sections are filled.
    Create,
    /// MSG_SERVICE_CONFIGURE (3): somebody configures it, or a provider's logon found it unconfigured.
    Configure,
    /// MSG_SERVICE_DELETE (4): the service leaves a profile; its sections are still there. What it
    /// answers changes nothing.
    Delete,
    /// MSG_SERVICE_UNINSTALL (5): the service leaves this machine; `MAPI_E_USER_CANCEL` keeps it.
    Uninstall,
    /// MSG_SERVICE_PROVIDER_CREATE (6): a provider is being added; its section is filled.
    ProviderCreate,
    /// MSG_SERVICE_PROVIDER_DELETE (7): a provider leaves the service; its section is still there.
    ProviderDelete,
}

impl ServiceContext {
    /// The MSG_SERVICE_* value.
    pub const fn value(self) -> u32 {
        match self {
            Self::Install => 1,
            Self::Create => 2,
            Self::Configure => 3,
            Self::Delete => 4,
            Self::Uninstall => 5,
            Self::ProviderCreate => 6,
            Self::ProviderDelete => 7,
        }
    }
}

/// One call of a service's entry: why, how, and with what at hand.
#[derive(Clone, Copy)]
pub struct ServiceCall<'call> {
    /// Why.
    pub context: ServiceContext,
    /// What the service may show; a service that must ask and may not answers `MAPI_E_UNCONFIGURED`.
    pub flags: ServiceFlags,
    /// What to configure with: only with [`ServiceContext::Configure`], empty otherwise.
    pub props: &'call [Prop],
    /// The service's part of the profile. It ends with the call; what was changed through it takes
    /// effect where the entry succeeds, and not at all where it fails.
    pub providers: &'call dyn ProviderAdmin,
}

impl ServiceCall<'_> {
    /// The service's own section with what is configured laid over it.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: somebody has the section open for writing.
    pub fn configured(&self) -> Result<PropList> {
        let section = self.providers.open_profile_section(None, SectionFlags::NONE)?;
        let mut props: PropList = section.props(None)?.into_iter().collect();
        props.merge(self.props.iter().cloned().collect());
        Ok(props)
    }

    /// A file that no other service of the profile has: the one that is named, or else `first`, or the first
    /// one of those called like it with a number from 2 on that is not there yet: a copy of the profile may
    /// have it. A file that the service has had already stays its own, whoever else has it.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: what is configured now names the file of another service.
    pub fn own_file(&self, named: Option<PathBuf>, first: &Path) -> Result<PathBuf> {
        let is_new = self.context == ServiceContext::Create
            || self.props.iter().any(|prop| prop.tag.id() == section::FILE.id());
        if let (Some(path), false) = (&named, is_new) {
            return Ok(path.clone());
        }
        let taken: Vec<PathBuf> =
            self.providers.files_of_others()?.iter().map(|path| resolved(path)).collect();
        let is_taken = |path: &Path| taken.contains(&resolved(path));
        match named {
            Some(path) if is_taken(&path) => Err(shared(&path)),
            Some(path) => Ok(path),
            None if !is_taken(first) => Ok(first.to_owned()),
            None => {
                numbered(first).find(|path| !path.exists() && !is_taken(path)).ok_or_else(|| shared(first))
            }
        }
    }

    /// Puts what of these properties is new or changed into the service's own section.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: somebody has the section open.
    /// - Why a property cannot be kept.
    pub fn save(&self, props: &PropList) -> Result<()> {
        let section = self.providers.open_profile_section(None, SectionFlags::MODIFY)?;
        let known: PropList = section.props(None)?.into_iter().collect();
        let changed = props.iter().filter(|prop| known.value(prop.tag) != Some(&prop.value));
        let changed: Vec<Prop> = changed.cloned().collect();
        match section.set_props(&changed)?.first() {
            None => Ok(()),
            Some(problem) => Err(unkept(problem)),
        }
    }
}

/// What is called like `a.b`: `a-2.b`, `a-3.b` and so on.
fn numbered(first: &Path) -> impl Iterator<Item = PathBuf> {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (part(first.file_stem()), part(first.extension()));
    (2_u32..).map(move |number| first.with_file_name(format!("{stem}-{number}.{extension}")))
}

/// The path without links and dots as far as it is there, so that two names of one file are equal.
fn resolved(path: &Path) -> PathBuf {
    let parent = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(parent).unwrap_or_else(|| path.to_owned())
}

fn shared(path: &Path) -> Error {
    let detail =
        format!("{} is the file of another service of the profile: name another file", path.display());
    Error::new(ErrorCode::INVALID_PARAMETER, "MessageService::service_entry", detail)
}

fn unkept(problem: &PropProblem) -> Error {
    let detail = format!("the section cannot keep property {}", problem.tag);
    Error::new(problem.code, "MessageService::service_entry", detail)
}

/// A message service.
pub trait MessageService: Send + Sync {
    /// Does what a context asks for with the service's sections of the profile.
    ///
    /// It is called with no lock held and may call anything of MAPI. `create_provider` and
    /// `delete_provider` of `call.providers` do not call it again.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing that only a person knows.
    /// - `MAPI_E_USER_CANCEL`: a person did not want to go on.
    /// - `MAPI_E_NO_SUPPORT`: the service does not take part in this context.
    ///
    /// Whoever administers the service gets the answer unchanged, and its text from GetLastError.
    fn service_entry(&self, call: &ServiceCall<'_>) -> Result<()>;
}

/// A service's part of a profile: its providers and sections (IProviderAdmin).
///
/// # Source
/// IProviderAdmin : IUnknown.
pub trait ProviderAdmin: Send + Sync {
    /// A table of the service's providers, and of its other sections, whose PR_RESOURCE_TYPE is an
    /// error (GetProviderTable). It never changes.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the entry it was given to has returned.
    fn provider_table(&self) -> Result<Arc<dyn MapiTable>>;

    /// Adds the service's provider of this name, with these properties laid over what is known of it
    /// (CreateProvider). Returns its PR_PROVIDER_UID.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the service has no provider of this name.
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    fn create_provider(&self, name: &str, props: &[Prop], flags: ServiceFlags) -> Result<MapiUid>;

    /// Removes a provider with its section (DeleteProvider).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the service has no such provider.
    fn delete_provider(&self, uid: MapiUid) -> Result<()>;

    /// Opens a section, the service's own where `uid` is `None` (OpenProfileSection). One that is
    /// missing is made where MODIFY is set.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: it belongs to somebody else, or is open in a way that excludes this one.
    fn open_profile_section(&self, uid: Option<MapiUid>, flags: SectionFlags) -> Result<Arc<dyn MapiProp>>;

    /// The files that the profile's other services have in their sections; none outside a profile. It has no
    /// counterpart in IProviderAdmin: a service cannot see the sections of others, and two of them must not
    /// have one file.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the entry it was given to has returned.
    fn files_of_others(&self) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}
