//! `Catalogue`: the services that a user's profiles can have, described in mapisvc.inf files or built in.
//!
//! It holds nothing: files are read when they are asked for, so that what comes to the computer is known
//! to the next session. What files say is `profile/inf/`, what programs register `registry.rs`, and how
//! libraries are found `library.rs`.

use super::library::{Library, LibraryFolders, loader};
use super::registry::{self, ProviderFactory, RegisteredProvider, Registration};
use crate::Home;
use crate::profile::ProviderKind;
use crate::profile::inf::{InfProvider, InfSearch, InfService, InfSet};
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE,
};
use mapi_defs::{Error, ErrorCode, Result};
use std::path::{Path, PathBuf};

/// Where services are looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalogue {
    /// Where files are; none knows what is registered alone.
    places: Option<(InfSearch, LibraryFolders)>,
}

/// A service that a profile can have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AvailableService {
    /// PR_SERVICE_NAME.
    pub name: String,
    /// PR_DISPLAY_NAME.
    pub display_name: String,
    /// The file that describes it; `None` for one that is built in and that no file mentions.
    pub file: Option<PathBuf>,
    /// The libraries it names.
    pub libraries: Vec<String>,
}

impl Catalogue {
    /// What a user has: the files and the libraries of a home and of the computer.
    pub fn of(home: &Home) -> Self {
        Self::at(InfSearch::of(home), LibraryFolders::of(home))
    }

    /// What these places have.
    pub fn at(files: InfSearch, libraries: LibraryFolders) -> Self {
        Self { places: Some((files, libraries)) }
    }

    /// What the files say, those that count first.
    pub fn files(&self) -> InfSet {
        self.places.as_ref().map(|(files, _)| files.read()).unwrap_or_default()
    }

    /// Every service there is, those that files describe first.
    pub fn services(&self) -> Vec<AvailableService> {
        let files = self.files();
        let described = files.services().into_iter().map(|found| AvailableService {
            name: found.service.name.clone(),
            display_name: found.service.display_name.clone(),
            file: Some(found.file.to_owned()),
            libraries: found.service.libraries().into_iter().map(str::to_owned).collect(),
        });
        let built_in = registry::services().into_iter().filter(|(name, _)| files.service(name).is_none());
        let built_in = built_in.map(|(name, known)| AvailableService {
            name,
            display_name: known.display_name().to_owned(),
            file: None,
            libraries: Vec::new(),
        });
        described.chain(built_in).collect()
    }

    /// The names of the services that a profile begins with, as files have them; empty where none says so.
    pub fn default_services(&self) -> Vec<String> {
        self.files().default_services().to_vec()
    }

    /// Checks that everything a service needs can be loaded, and loads it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: nobody knows the service, or there is no such library, or nothing in it.
    /// - `MAPI_E_NO_ACCESS`: others could have changed a library.
    /// - `MAPI_E_NO_SUPPORT`: this program loads no libraries.
    pub fn check(&self, name: &str) -> Result<()> {
        self.service(name).map(drop)
    }

    /// Everything that is known of a service, and its code.
    ///
    /// # Errors
    /// As [`Catalogue::check`].
    pub(crate) fn service(&self, name: &str) -> Result<Registration> {
        let Some((files, folders)) = &self.places else { return registry::service(name) };
        match files.read().service(name) {
            None => registry::service(name),
            Some(found) if found.service.libraries().is_empty() => {
                let built_in = registry::service(&found.service.name).or_else(|_| registry::service(name));
                built_in.map(|built_in| laid_over(found.service, &built_in)).map_err(|error| {
                    let detail = format!("{} names no library, and {}", found.file.display(), error.detail());
                    Error::new(error.code(), error.call(), detail)
                })
            }
            Some(found) => from_libraries(found.service, folders),
        }
    }
}

/// A built-in service with what a file says of it.
fn laid_over(service: &InfService, built_in: &Registration) -> Registration {
    let mut known = built_in.clone();
    known.props.merge(service.props.clone());
    known.props.set(PR_DISPLAY_NAME, service.display_name.as_str());
    if !service.providers.is_empty() {
        let own = |provider: &InfProvider| {
            let same_name = known.provider_named(&provider.name).map(|(_, own)| own);
            let same_kind = || known.providers.iter().find(|own| Some(own.kind()) == provider.kind());
            let own = same_name.or_else(same_kind)?;
            let mut props = own.props.clone();
            props.merge(provider.props.clone());
            props.set(PR_RESOURCE_TYPE, own.kind().resource_type());
            Some(RegisteredProvider { name: provider.name.clone(), props, factory: own.factory.clone() })
        };
        known.providers = service.providers.iter().filter_map(own).collect();
    }
    known.sections.extend(service.sections.iter().map(|section| (section.uid, section.props.clone())));
    known
}

/// A service whose code is in libraries.
pub(super) fn from_libraries(service: &InfService, folders: &LibraryFolders) -> Result<Registration> {
    let mut libraries = Libraries { folders, loaded: Vec::new() };
    let entry = match (service.library(), service.entry_name()) {
        (Some(library), Some(entry)) => libraries.load(library, Some(entry))?.entry,
        _ => None,
    };
    let mut providers = Vec::new();
    for provider in &service.providers {
        let Some(kind) = provider.kind() else {
            tracing::warn!(provider = provider.name, "a provider of this kind is not supported");
            continue;
        };
        let library = service.provider_library(provider).ok_or_else(|| {
            let detail = format!("provider \"{}\" has no library", provider.name);
            Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin", detail)
        })?;
        let factory = libraries.factory(library, kind)?;
        let mut props = provider.props.clone();
        for (tag, text) in [
            (PR_DISPLAY_NAME, provider.name.as_str()),
            (PR_PROVIDER_DISPLAY, service.display_name.as_str()),
            (PR_PROVIDER_DLL_NAME, library),
        ] {
            if !props.contains_id(tag.id()) {
                props.set(tag, text);
            }
        }
        props.set(PR_RESOURCE_FLAGS, provider.resource_flags());
        providers.push(RegisteredProvider { name: provider.name.clone(), props, factory });
    }
    let mut props = service.props.clone();
    props.set(PR_DISPLAY_NAME, service.display_name.as_str());
    let sections = service.sections.iter().map(|section| (section.uid, section.props.clone())).collect();
    Ok(Registration { props, providers, sections, entry, account: None })
}

/// The libraries of one service, each loaded once.
struct Libraries<'a> {
    folders: &'a LibraryFolders,
    loaded: Vec<(PathBuf, Library)>,
}

impl Libraries<'_> {
    fn load(&mut self, name: &str, entry_name: Option<&str>) -> Result<Library> {
        let file = self.folders.find(name)?;
        let path: &Path = file.path();
        if let Some((_, known)) = self.loaded.iter().find(|(known, _)| known == path)
            && entry_name.is_none()
        {
            return Ok(known.clone());
        }
        let library = loader()?.load(&file, entry_name)?;
        self.loaded.push((path.to_owned(), library.clone()));
        Ok(library)
    }

    fn factory(&mut self, name: &str, kind: ProviderKind) -> Result<ProviderFactory> {
        let library = self.load(name, None)?;
        library.providers.into_iter().find(|factory| factory.kind() == kind).ok_or_else(|| {
            let detail = format!("library \"{name}\" has no provider of the kind {}", kind.word());
            Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin", detail)
        })
    }
}
