//! `Inf`: which message services a computer or a user has, as mapisvc.inf files say it.
//!
//! Reading is pure and forgiving: what cannot be used is left out and told as a [`Diagnostic`], and the
//! rest is kept. `lines.rs` parts a file into sections, `parse.rs` links services with their providers,
//! `value.rs` is how values are written, `search.rs` where the files are, and `edit.rs` puts a service
//! into a file or takes it out. What a service does once it is in a profile is `../services.rs`.

mod constants;
mod edit;
mod lines;
mod parse;
mod search;
#[cfg(test)]
mod tests;
mod value;

pub use edit::InfFile;
pub use search::{FoundService, InfSearch, InfSet};

use super::ProviderKind;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE, PR_SERVICE_DELETE_FILES, PR_SERVICE_DLL_NAME,
    PR_SERVICE_ENTRY_NAME, PR_SERVICE_SUPPORT_FILES,
};
use mapi_defs::prop::{PropList, PropTag};
use std::fmt;

/// A file of more bytes is not read.
pub const FILE_BYTES: u64 = 1024 * 1024;
/// A line of more bytes is left out.
pub const LINE_BYTES: usize = 8 * 1024;
/// Sections that one file may have.
pub const SECTIONS: usize = 1024;
/// Entries that one section may have, merged sections counted together.
pub const ENTRIES: usize = 1024;
/// Names that one list (`Providers`, `Sections`) may have. Lists do not nest: a provider has none.
pub const NAMES: usize = 64;
/// Bytes that the linked services of one file may take together. Many services may name one section.
pub const LINKED_BYTES: usize = 16 * 1024 * 1024;
/// Diagnostics that one file is worth.
pub const DIAGNOSTICS: usize = 200;

/// What one mapisvc.inf says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inf {
    /// The services of `[Services]`, in the file's order.
    pub services: Vec<InfService>,
    /// Names of the services of `[Default Services]`, in the file's order.
    pub default_services: Vec<String>,
    /// The service and its help file of each line of `[Help File Mappings]`.
    pub help_files: Vec<(String, String)>,
    /// What could not be used, and what looks wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Inf {
    /// Reads a file's content. Nothing in it makes this fail; see [`Inf::diagnostics`].
    pub fn parse(content: &[u8]) -> Self {
        parse::parse(content)
    }

    /// The service of this name, in either case.
    pub fn service(&self, name: &str) -> Option<&InfService> {
        self.services.iter().find(|service| is_same_name(&service.name, name))
    }
}

/// One message service and what belongs to it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct InfService {
    /// PR_SERVICE_NAME: the left side in `[Services]`, and the name of the service's section.
    pub name: String,
    /// PR_DISPLAY_NAME of the section, else the right side in `[Services]`.
    pub display_name: String,
    /// The properties of the service's section.
    pub props: PropList,
    /// The providers, in the order in which they are listed.
    pub providers: Vec<InfProvider>,
    /// Extra sections (PR_SERVICE_EXTRA_UIDS).
    pub sections: Vec<InfSection>,
}

impl InfService {
    /// The library that has the service's entry point (PR_SERVICE_DLL_NAME).
    pub fn library(&self) -> Option<&str> {
        self.props.text(PR_SERVICE_DLL_NAME).filter(|name| !name.is_empty())
    }

    /// The name of the entry point in that library (PR_SERVICE_ENTRY_NAME).
    pub fn entry_name(&self) -> Option<&str> {
        self.props.text(PR_SERVICE_ENTRY_NAME).filter(|name| !name.is_empty())
    }

    /// The library of one of its providers: its own, else the one that all of them share.
    pub fn provider_library<'a>(&'a self, provider: &'a InfProvider) -> Option<&'a str> {
        let own = provider.props.text(PR_PROVIDER_DLL_NAME);
        own.or_else(|| self.props.text(PR_PROVIDER_DLL_NAME)).filter(|name| !name.is_empty())
    }

    /// Every library the service needs, each once, its own first; none for a service that is built in.
    pub fn libraries(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let providers = self.providers.iter().filter_map(|provider| self.provider_library(provider));
        for name in self.library().into_iter().chain(providers) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The files that go with the service when it is uninstalled (PR_SERVICE_DELETE_FILES).
    pub fn delete_files(&self) -> Vec<&str> {
        self.files(PR_SERVICE_DELETE_FILES)
    }

    /// The files that came with the service (PR_SERVICE_SUPPORT_FILES).
    pub fn support_files(&self) -> Vec<&str> {
        self.files(PR_SERVICE_SUPPORT_FILES)
    }

    fn files(&self, tag: PropTag) -> Vec<&str> {
        use mapi_defs::prop::PropValue::{MvString8, MvUnicode, String8, Unicode};
        match self.props.value(tag) {
            Some(MvUnicode(files) | MvString8(files)) => files.iter().map(String::as_str).collect(),
            Some(Unicode(file) | String8(file)) => vec![file],
            _ => Vec::new(),
        }
    }
}

/// One provider of a service.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct InfProvider {
    /// The name of its section.
    pub name: String,
    /// The properties of its section.
    pub props: PropList,
}

impl InfProvider {
    /// What kind of provider it is (PR_RESOURCE_TYPE); `None` where that is missing or no provider.
    pub fn kind(&self) -> Option<ProviderKind> {
        kind_of(&self.props)
    }

    /// PR_RESOURCE_FLAGS (STATUS_*), 0 where there are none.
    pub fn resource_flags(&self) -> i32 {
        self.props.long(PR_RESOURCE_FLAGS).unwrap_or(0)
    }
}

/// An extra section of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct InfSection {
    /// The name of the section.
    pub name: String,
    /// Its identity in every profile.
    pub uid: MapiUid,
    /// Its properties.
    pub props: PropList,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// It looks wrong; whatever was understood is used.
    Warning,
    /// An entry was left out.
    Error,
}

/// Something in a file that was left out or looks wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in words.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}: {}", self.message),
        }
    }
}

/// The kind of provider that a section describes.
fn kind_of(props: &PropList) -> Option<ProviderKind> {
    let resource = props.long(PR_RESOURCE_TYPE)?;
    let kinds = [ProviderKind::Store, ProviderKind::Transport, ProviderKind::AddressBook];
    kinds.into_iter().find(|kind| kind.resource_type() == resource)
}

/// True for names that mapisvc.inf does not tell apart.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// A name as it is compared.
fn folded(name: &str) -> String {
    name.to_lowercase()
}
