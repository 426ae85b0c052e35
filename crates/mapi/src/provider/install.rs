//! `Installation`: services come to a user of this computer with their library, and leave it again
//! (MSG_SERVICE_INSTALL, MSG_SERVICE_UNINSTALL).
//!
//! No profile is touched, and no session does any of this: the end of a session never deletes a file.
//! What is written is the home's mapisvc.inf (`profile/inf/edit.rs`); what belongs to the computer is
//! its administrator's.

use super::catalogue::{self, Catalogue};
use super::library::{Library, LibraryFile, LibraryFolders, file_names, loader, plain_name};
use super::registry::Registration;
use crate::Home;
use crate::profile::inf::{Inf, InfFile, InfProvider, InfService, is_same_name};
use crate::session::unpanicked;
use mapi_defs::flags::{SectionFlags, ServiceFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE,
    PR_SERVICE_DLL_NAME, PR_SERVICE_ENTRY_NAME,
};
use mapi_defs::prop::{Prop, PropList, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::{ProviderAdmin, ServiceCall, ServiceContext};
use mapi_spi::table::MapiTable;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat, unlinkat};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The entry's name where a library says nothing of itself.
const ENTRY_NAME: &str = "ServiceEntry";
/// The name of the file that describes a library's services, beside it, where it has no other.
const INF_NAME: &str = "mapisvc.inf";

/// Puts services on this computer for one user, and takes them away.
#[derive(Clone, Debug)]
pub struct Installation {
    file: InfFile,
    catalogue: Catalogue,
    libraries: LibraryFolders,
    providers: PathBuf,
}

/// What was installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// The names of the services, which profiles can have from now on.
    pub services: Vec<String>,
    /// The library, without links.
    pub library: PathBuf,
    /// The mapisvc.inf that describes them now.
    pub file: PathBuf,
}

/// What was uninstalled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uninstalled {
    /// Files that are gone.
    pub deleted: Vec<PathBuf>,
    /// Files that were to go and stay, and why.
    pub kept: Vec<(String, String)>,
    /// Why the service was not asked, where its library is gone.
    pub unasked: Option<String>,
}

impl Installation {
    /// For the user of a home.
    pub fn of(home: &Home) -> Self {
        Self {
            file: InfFile::at(&home.inf_file()),
            catalogue: Catalogue::of(home),
            libraries: LibraryFolders::of(home),
            providers: home.providers(),
        }
    }

    /// Installs the services of a library, named by its path or by its name in the folder of providers.
    ///
    /// They are described by the mapisvc.inf beside the library, or by a file of the library's name with
    /// the ending `inf`; without either, the library is one service with what is in it. Every library
    /// they name is checked and loaded, then they are written down, then each is called.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is no such library, or no service in it.
    /// - `MAPI_E_NO_ACCESS`: others than root and the user could have changed a library or the file beside it.
    /// - `MAPI_E_NO_SUPPORT`: this program loads no libraries. Nothing was written.
    /// - `MAPI_E_COLLISION`: a service or section of that name is installed. Nothing was written.
    /// - What a service answers, unless it does not take part (`MAPI_E_NO_SUPPORT`) or wants to be
    ///   configured first (`MAPI_E_UNCONFIGURED`); the services are then taken out again.
    pub fn install(&self, library: &str) -> Result<Installed> {
        let found = match library.contains('/') {
            true => LibraryFile::open(&std::path::absolute(library).map_err(|error| {
                mapi_files::disk_error("Installation::install", Path::new(library), error)
            })?)?,
            false => self.libraries.find(library)?,
        };
        // Before anything is read: without a loader nothing can come of it.
        loader()?;
        let services = self.described(&found)?;
        let mut known = Vec::new();
        for service in &services {
            self.check_is_new(&service.name)?;
            known.push((service.name.clone(), catalogue::from_libraries(service, &self.libraries)?));
        }
        let mut written = Vec::new();
        let outcome = services.iter().try_for_each(|service| {
            self.file.add_service(service)?;
            written.push(service.name.clone());
            Ok(())
        });
        let called = outcome.and_then(|()| known.iter().try_for_each(|(name, known)| installs(name, known)));
        if let Err(error) = called {
            for name in &written {
                if let Err(error) = self.file.remove_service(name) {
                    tracing::warn!(%error, "a service that is not installed is still described");
                }
            }
            return Err(error);
        }
        let services = known.into_iter().map(|(name, _)| name).collect();
        Ok(Installed { services, library: found.path().to_owned(), file: self.file.path().to_owned() })
    }

    /// Uninstalls a service: it is asked, then its files go, then its description.
    ///
    /// Of the files it names (PR_SERVICE_DELETE_FILES) those go that lie in the user's folder of
    /// providers themselves and that no other service needs.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such service is installed.
    /// - `MAPI_E_NO_ACCESS`: it is the computer's, or built in.
    /// - `MAPI_E_NO_SUPPORT`: this program loads no libraries, so the service cannot be asked.
    /// - `MAPI_E_USER_CANCEL` or whatever else the service answers but `MAPI_E_NO_SUPPORT`: it stays.
    pub fn uninstall(&self, name: &str) -> Result<Uninstalled> {
        let own = self.file.read()?;
        let service = own.service(name).ok_or_else(|| self.not_ours(name))?;
        let unasked = match service.entry_name() {
            None => None,
            Some(_) => self.uninstalls(service)?,
        };
        let mut gone = Uninstalled { unasked, ..Uninstalled::default() };
        for file in service.delete_files() {
            match self.delete(file, service, &own) {
                Ok(path) => gone.deleted.push(path),
                Err(why) => gone.kept.push((file.to_owned(), why)),
            }
        }
        self.file.remove_service(name)?;
        Ok(gone)
    }

    /// The services of a library, with libraries named so that they are found again.
    fn described(&self, library: &LibraryFile) -> Result<Vec<InfService>> {
        let folder = library.path().parent().unwrap_or(Path::new("/"));
        let libraries = self.libraries.first(folder);
        let Some((path, inf)) = beside(library.path())? else {
            return Ok(vec![self.named(undescribed(library)?, &libraries)?]);
        };
        let is_of_it = |service: &&InfService| {
            let mut names = service.libraries().into_iter();
            names.any(|name| libraries.find(name).is_ok_and(|found| found.path() == library.path()))
        };
        let services: Vec<&InfService> = inf.services.iter().filter(is_of_it).collect();
        if services.is_empty() {
            let detail = format!("{} describes no service of {}", path.display(), library.path().display());
            return Err(Error::new(ErrorCode::NOT_FOUND, "Installation::install", detail));
        }
        services.into_iter().map(|service| self.named(service.clone(), &libraries)).collect()
    }

    /// The same service with absolute names for libraries that are not in a folder of providers.
    fn named(&self, mut service: InfService, libraries: &LibraryFolders) -> Result<InfService> {
        let rename = |props: &mut PropList, tag| -> Result<()> {
            let Some(name) = props.text(tag).filter(|name| !name.is_empty()).map(str::to_owned) else {
                return Ok(());
            };
            let found = libraries.find(&name)?;
            let is_known = found.path().parent().is_some_and(|folder| self.libraries.contains(folder));
            if !is_known {
                let path = found.path().to_str().ok_or_else(|| {
                    Error::new(
                        ErrorCode::BAD_VALUE,
                        "Installation::install",
                        "the library's path is not UTF-8",
                    )
                })?;
                props.set(tag, path);
            }
            Ok(())
        };
        rename(&mut service.props, PR_SERVICE_DLL_NAME)?;
        rename(&mut service.props, PR_PROVIDER_DLL_NAME)?;
        for provider in &mut service.providers {
            rename(&mut provider.props, PR_PROVIDER_DLL_NAME)?;
        }
        Ok(service)
    }

    fn check_is_new(&self, name: &str) -> Result<()> {
        let known = self.catalogue.services().into_iter().find(|known| is_same_name(&known.name, name));
        match known.map(|known| known.file) {
            None => Ok(()),
            Some(Some(file)) => Err(collision(format!("{} describes \"{name}\" already", file.display()))),
            Some(None) => Err(collision(format!("the service \"{name}\" is built in"))),
        }
    }

    fn not_ours(&self, name: &str) -> Error {
        const CALL: &str = "Installation::uninstall";
        let known = self.catalogue.services().into_iter().find(|known| is_same_name(&known.name, name));
        match known.map(|known| known.file) {
            None => Error::new(ErrorCode::NOT_FOUND, CALL, format!("no service \"{name}\" is installed")),
            Some(None) => {
                Error::new(ErrorCode::NO_ACCESS, CALL, format!("the service \"{name}\" is built in"))
            }
            Some(Some(file)) => {
                let detail = format!("{} describes it, which is not the user's own", file.display());
                Error::new(ErrorCode::NO_ACCESS, CALL, detail)
            }
        }
    }

    /// Asks a service whether it goes; `Some` where its library has gone before it.
    fn uninstalls(&self, service: &InfService) -> Result<Option<String>> {
        let name = service.library().unwrap_or_default();
        let file = match self.libraries.find(name) {
            Err(error) if error.code() == ErrorCode::NOT_FOUND => return Ok(Some(error.detail().to_owned())),
            found => found?,
        };
        let Some(entry) = loader()?.load(&file, service.entry_name())?.entry else { return Ok(None) };
        match call(&*entry, ServiceContext::Uninstall) {
            Err(error) if error.code() != ErrorCode::NO_SUPPORT => Err(error),
            _ => Ok(None),
        }
    }

    /// Deletes a plain file of the folder of providers; nothing elsewhere, and nothing behind a link.
    fn delete(&self, name: &str, service: &InfService, own: &Inf) -> Result<PathBuf, String> {
        let plain = Path::new(name).file_name().is_some_and(|last| last == name);
        if !plain {
            return Err("it is not in the folder of providers".to_owned());
        }
        let folder = openat(
            rustix::fs::CWD,
            &self.providers,
            OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        );
        let folder = folder.map_err(|error| format!("{}: {error}", self.providers.display()))?;
        let names = [name.to_owned()].into_iter().chain(file_names(name));
        let mut there =
            names.filter_map(|name| Some((statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?, name)));
        let Some((found, file)) = there.next() else { return Err("there is no such file".to_owned()) };
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err("it is no plain file".to_owned());
        }
        let path = self.providers.join(&file);
        let mut others = own.services.iter().filter(|other| !is_same_name(&other.name, &service.name));
        if let Some(other) = others.find(|other| self.needs(other, &path)) {
            return Err(format!("the service {} needs it", other.name));
        }
        unlinkat(&folder, &file, AtFlags::empty()).map_err(|error| error.to_string())?;
        Ok(path)
    }

    fn needs(&self, service: &InfService, file: &Path) -> bool {
        let own = std::fs::canonicalize(file).ok();
        let is_it = |name: &str| {
            let is_named = file.file_name().is_some_and(|known| known == name);
            is_named || self.libraries.find(name).is_ok_and(|found| Some(found.path()) == own.as_deref())
        };
        let files = service.delete_files().into_iter().chain(service.support_files());
        service.libraries().into_iter().chain(files).any(is_it)
    }
}

/// The file that describes a library's services, and what it says.
fn beside(library: &Path) -> Result<Option<(PathBuf, Inf)>> {
    let mut names = vec![library.with_extension("inf")];
    names.extend(plain_name(library).map(|name| library.with_file_name(format!("{name}.inf"))));
    names.push(library.with_file_name(INF_NAME));
    for path in names {
        if path.symlink_metadata().is_ok() {
            let inf = InfFile::at(&path).read()?;
            return Ok(Some((path, inf)));
        }
    }
    Ok(None)
}

/// A library that nothing describes, as one service with everything that is in it.
fn undescribed(file: &LibraryFile) -> Result<InfService> {
    let name = plain_name(file.path()).ok_or_else(|| {
        Error::new(ErrorCode::BAD_VALUE, "Installation::install", "the library's path is not UTF-8")
    })?;
    let loader = loader()?;
    let library = match loader.load(file, Some(ENTRY_NAME)) {
        Err(error) if error.code() == ErrorCode::NOT_FOUND => loader.load(file, None)?,
        loaded => loaded?,
    };
    if library.entry.is_none() && library.providers.is_empty() {
        let detail = format!("{} has neither a service nor a provider", file.path().display());
        return Err(Error::new(ErrorCode::NOT_FOUND, "Installation::install", detail));
    }
    Ok(InfService {
        name: name.to_owned(),
        display_name: name.to_owned(),
        props: service_props(name, &library),
        providers: library.providers.iter().map(|factory| provider(name, factory.kind())).collect(),
        sections: Vec::new(),
    })
}

fn service_props(name: &str, library: &Library) -> PropList {
    let mut props = PropList::new();
    props.set(PR_DISPLAY_NAME, name);
    props.set(PR_SERVICE_DLL_NAME, name);
    if library.entry.is_some() {
        props.set(PR_SERVICE_ENTRY_NAME, PropValue::String8(ENTRY_NAME.to_owned()));
    }
    props
}

fn provider(service: &str, kind: crate::profile::ProviderKind) -> InfProvider {
    let name = format!("{service} {}", kind.word().replace('_', " "));
    let mut props = PropList::new();
    props.set(PR_DISPLAY_NAME, name.as_str());
    props.set(PR_PROVIDER_DISPLAY, service);
    props.set(PR_PROVIDER_DLL_NAME, service);
    props.set(PR_RESOURCE_TYPE, kind.resource_type());
    props.set(PR_RESOURCE_FLAGS, 0);
    InfProvider { name, props }
}

/// Tells a service that it has come to this computer.
fn installs(name: &str, known: &Registration) -> Result<()> {
    let Some(entry) = &known.entry else { return Ok(()) };
    match call(&**entry, ServiceContext::Install) {
        Err(error) if [ErrorCode::NO_SUPPORT, ErrorCode::UNCONFIGURED].contains(&error.code()) => {
            tracing::debug!(service = name, %error, "the service does not take part in its installation");
            Ok(())
        }
        answer => answer,
    }
}

fn call(entry: &dyn mapi_spi::provider::service::MessageService, context: ServiceContext) -> Result<()> {
    let call = ServiceCall { context, flags: ServiceFlags::NONE, props: &[], providers: &NoProfile };
    unpanicked(|| entry.service_entry(&call))
}

fn collision(detail: String) -> Error {
    Error::new(ErrorCode::COLLISION, "Installation::install", detail)
}

/// What a service is given where it is in no profile.
struct NoProfile;

impl ProviderAdmin for NoProfile {
    fn provider_table(&self) -> Result<Arc<dyn MapiTable>> {
        mapi_spi::no_support("ProviderAdmin::provider_table")
    }

    fn create_provider(&self, _name: &str, _props: &[Prop], _flags: ServiceFlags) -> Result<MapiUid> {
        mapi_spi::no_support("ProviderAdmin::create_provider")
    }

    fn delete_provider(&self, _uid: MapiUid) -> Result<()> {
        mapi_spi::no_support("ProviderAdmin::delete_provider")
    }

    fn open_profile_section(&self, _uid: Option<MapiUid>, _flags: SectionFlags) -> Result<Arc<dyn MapiProp>> {
        mapi_spi::no_support("ProviderAdmin::open_profile_section")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_program_without_a_loader_writes_nothing_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        fs::create_dir(home.providers()).unwrap();
        fs::write(home.providers().join("libx.so"), "library").unwrap();
        let installation = Installation::of(&home);
        let refused = installation.install("x").unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NO_SUPPORT);
        assert!(!home.inf_file().exists());
        let inf = "[Services]\nX=x\n[X]\nPR_SERVICE_DLL_NAME=x\nPR_SERVICE_ENTRY_NAME=ServiceEntry\n\
                   PR_SERVICE_DELETE_FILES=x\n";
        fs::write(home.inf_file(), inf).unwrap();
        assert_eq!(installation.uninstall("x").unwrap_err().code(), ErrorCode::NO_SUPPORT);
        assert_eq!(fs::read_to_string(home.inf_file()).unwrap(), inf);
        assert!(home.providers().join("libx.so").exists());
        assert_eq!(Catalogue::of(&home).check("X").unwrap_err().code(), ErrorCode::NO_SUPPORT);
    }
}
