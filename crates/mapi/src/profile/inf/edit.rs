//! `InfFile`: a user's own mapisvc.inf, into which services are put and from which they are taken.
//!
//! Lines that are not the service's stay as they are, byte for byte, comments among them. The file is
//! replaced in one step; one who reads it meanwhile finds the old or the new one.

use super::constants::Owner;
use super::lines::{Line, names};
use super::parse::{is_linkable, is_reserved};
use super::{FILE_BYTES, Inf, InfService, folded, search, value};
use crate::profile::storage::change_lock;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_files::{PrivateFolder, disk_error};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// The file beside it by which changes are serialised.
const LOCK: &str = ".mapisvc.lock";
/// Sections whose lines are `service=text`.
const LISTS: [&str; 3] = ["services", "default services", "help file mappings"];

/// A mapisvc.inf that can be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InfFile {
    path: PathBuf,
}

impl InfFile {
    /// The file of this name; it need not be there yet.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says; nothing where there is none.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: it cannot be read, or others can write to it.
    pub fn read(&self) -> Result<Inf> {
        Ok(Inf::parse(&self.content()?))
    }

    /// Puts a service, its providers and its extra sections into the file.
    ///
    /// # Errors
    /// - `MAPI_E_COLLISION`: the file has a service or section of one of these names; it is unchanged.
    /// - `MAPI_E_BAD_VALUE`: a name or value cannot be written so that it is read again as it is.
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`, `MAPI_E_DISK_ERROR`: it cannot be replaced.
    pub fn add_service(&self, service: &InfService) -> Result<()> {
        let added = written(service)?;
        self.change(|text| {
            check_is_new(text, service)?;
            text.add_to_list("Services", &added.listed);
            text.append(&added.sections);
            Ok(true)
        })
        .map(drop)
    }

    /// Takes a service out of the file, with its sections unless another service lists them; false where
    /// the file does not know it.
    ///
    /// # Errors
    /// As [`InfFile::add_service`].
    pub fn remove_service(&self, name: &str) -> Result<bool> {
        self.change(|text| {
            let goes = text.sections_of(name);
            Ok(text.remove(name, &goes))
        })
    }

    /// Changes the file's lines and replaces it where `change` says that something changed.
    fn change(&self, change: impl FnOnce(&mut Text) -> Result<bool>) -> Result<bool> {
        let name = self.path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::new(ErrorCode::BAD_VALUE, "InfFile", format!("{} names no file", self.path.display()))
        })?;
        let folder = PrivateFolder::open(self.path.parent().unwrap_or(Path::new(".")))?;
        let _lock = change_lock(&folder, LOCK)?;
        let mut text = Text::of(&self.content()?);
        let has_changed = change(&mut text)?;
        if has_changed {
            let content = text.content();
            if content.len() as u64 > FILE_BYTES {
                let detail = format!("{} would be larger than {FILE_BYTES} bytes", self.path.display());
                return Err(Error::new(ErrorCode::BAD_VALUE, "InfFile", detail));
            }
            folder.write_aside(&content)?.replace(name)?;
        }
        Ok(has_changed)
    }

    fn content(&self) -> Result<Vec<u8>> {
        match search::content(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other.map_err(|error| disk_error("InfFile", &self.path, error)),
        }
    }
}

fn check_is_new(text: &Text, service: &InfService) -> Result<()> {
    let taken = text.headers();
    let providers = service.providers.iter().map(|provider| provider.name.as_str());
    let extra = service.sections.iter().map(|section| section.name.as_str());
    let is_listed = Inf::parse(&text.content()).service(&service.name).is_some();
    let names = std::iter::once(service.name.as_str()).chain(providers).chain(extra);
    let mut known = names.filter(|name| taken.contains(&folded(name)));
    match known.next().or(is_listed.then_some(service.name.as_str())) {
        Some(name) => {
            let detail = format!("the file has [{name}] already");
            Err(Error::new(ErrorCode::COLLISION, "InfFile::add_service", detail))
        }
        None => Ok(()),
    }
}

/// A service as the lines of a file.
struct Written {
    listed: String,
    sections: Vec<String>,
}

fn written(service: &InfService) -> Result<Written> {
    let providers: Vec<&str> = service.providers.iter().map(|provider| provider.name.as_str()).collect();
    let extra: Vec<&str> = service.sections.iter().map(|section| section.name.as_str()).collect();
    let mut all = [service.name.as_str()].into_iter().chain(providers.clone()).chain(extra.clone());
    let mut seen = HashSet::new();
    if let Some(bad) = all.find(|name| !is_name(name) || !seen.insert(folded(name))) {
        return Err(unfit(format!("\"{bad}\" cannot be the name of a section here")));
    }
    let listed = format!("{}={}", service.name, service.display_name);
    if !is_one_line(&listed) || service.display_name.trim() != service.display_name {
        return Err(unfit("the display name is no single line".into()));
    }
    let mut lines = vec![String::new(), format!("[{}]", service.name)];
    if !providers.is_empty() {
        lines.push(format!("Providers={}", providers.join(", ")));
    }
    if !extra.is_empty() {
        lines.push(format!("Sections={}", extra.join(", ")));
    }
    props_into(&mut lines, &service.props, Owner::Service)?;
    for provider in &service.providers {
        lines.extend([String::new(), format!("[{}]", provider.name)]);
        props_into(&mut lines, &provider.props, Owner::Provider)?;
    }
    for section in &service.sections {
        let uid = format!("UID={}", value::write_uid(section.uid));
        lines.extend([String::new(), format!("[{}]", section.name), uid]);
        props_into(&mut lines, &section.props, Owner::Extra)?;
    }
    if lines.iter().any(|line| !is_one_line(line)) {
        return Err(unfit("a line would be too long".into()));
    }
    Ok(Written { listed, sections: lines })
}

fn props_into(lines: &mut Vec<String>, props: &PropList, owner: Owner) -> Result<()> {
    for prop in props.iter() {
        let line = value::write(prop, owner);
        let line = line.ok_or_else(|| unfit(format!("property {} cannot be written", prop.tag)))?;
        lines.push(line);
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    is_linkable(name) && !is_reserved(name) && !name.starts_with([';', '#', '['])
}

fn is_one_line(line: &str) -> bool {
    line.len() <= super::LINE_BYTES && !line.contains(['\n', '\r', '\0'])
}

fn unfit(detail: String) -> Error {
    Error::new(ErrorCode::BAD_VALUE, "InfFile::add_service", detail)
}

/// A file's lines with their ends, so that what is not touched stays as it is.
struct Text {
    lines: Vec<Vec<u8>>,
}

impl Text {
    fn of(content: &[u8]) -> Self {
        Self { lines: content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() }
    }

    fn content(&self) -> Vec<u8> {
        self.lines.concat()
    }

    /// The names of all sections, as they are compared.
    fn headers(&self) -> HashSet<String> {
        let mut headers = HashSet::new();
        self.walk(|_, section, line| {
            if let Line::Header(_) = line {
                headers.extend(section.map(str::to_owned));
            }
        });
        headers
    }

    /// The sections that go with a service: its own, and those that no other service lists.
    fn sections_of(&self, service: &str) -> HashSet<String> {
        let services = self.keys_of("services");
        let mut own = HashSet::from([folded(service)]);
        let mut others: HashSet<String> = services;
        others.remove(&folded(service));
        let mut listed_by_others = HashSet::new();
        self.walk(|_, section, line| {
            let (Some(section), Line::Entry(key, list)) = (section, line) else { return };
            if !["providers", "sections"].contains(&folded(key).as_str()) {
                return;
            }
            if section == folded(service) {
                own.extend(names(list).map(folded));
            } else if others.contains(section) {
                listed_by_others.extend(names(list).map(folded));
            }
        });
        own.retain(|name| !listed_by_others.contains(name) && !others.contains(name) && !is_reserved(name));
        own
    }

    fn keys_of(&self, list: &str) -> HashSet<String> {
        let mut keys = HashSet::new();
        self.walk(|_, section, line| {
            if let (Some(section), Line::Entry(key, _)) = (section, line)
                && section == list
            {
                keys.insert(folded(key));
            }
        });
        keys
    }

    /// Removes a service's lines from the lists, and whole sections but for their comments.
    fn remove(&mut self, service: &str, sections: &HashSet<String>) -> bool {
        let mut gone = HashSet::new();
        self.walk(|index, section, line| {
            let Some(section) = section else { return };
            let goes = match line {
                Line::Header(_) => sections.contains(section),
                Line::Entry(key, _) if LISTS.contains(&section) => folded(key) == folded(service),
                Line::Entry(..) | Line::Bad(_) => sections.contains(section),
                Line::Nothing => false,
            };
            if goes {
                gone.insert(index);
            }
        });
        let mut index = 0..;
        self.lines.retain(|_| index.next().is_none_or(|index| !gone.contains(&index)));
        !gone.is_empty()
    }

    /// Puts a line behind the last entry of a list, which is made at the file's end where it is missing.
    fn add_to_list(&mut self, list: &str, entry: &str) {
        let mut place = None;
        self.walk(|index, section, line| {
            let is_here = section == Some(folded(list).as_str());
            if is_here && matches!(line, Line::Header(_) | Line::Entry(..)) {
                place = Some(index + 1);
            }
        });
        match place {
            Some(place) => {
                self.end_last_line();
                self.lines.insert(place, format!("{entry}\n").into_bytes());
            }
            None => self.append(&[format!("[{list}]"), entry.to_owned()]),
        }
    }

    fn append(&mut self, lines: &[String]) {
        self.end_last_line();
        self.lines.extend(lines.iter().map(|line| format!("{line}\n").into_bytes()));
    }

    fn end_last_line(&mut self) {
        if let Some(last) = self.lines.last_mut()
            && !last.ends_with(b"\n")
        {
            last.push(b'\n');
        }
    }

    /// Shows each line with its number from 0 and the section it is in, as that is compared.
    fn walk(&self, mut show: impl FnMut(usize, Option<&str>, Line<'_>)) {
        let mut current: Option<String> = None;
        for (index, bytes) in self.lines.iter().enumerate() {
            let bytes = match index {
                0 => bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes),
                _ => bytes,
            };
            let text = String::from_utf8_lossy(bytes);
            let line = Line::of(&text);
            if line.ends_section(&text) {
                current = None;
            }
            if let Line::Header(name) = line {
                current = Some(folded(name));
            }
            show(index, current.as_deref(), line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{InfProvider, InfSection};
    use super::*;
    use mapi_defs::Guid;
    use mapi_defs::prop::tags::{
        PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE,
        PR_SERVICE_DLL_NAME,
    };

    fn service(name: &str) -> InfService {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, format!("{name} shown"));
        props.set(PR_SERVICE_DLL_NAME, "my");
        props.set(PR_RESOURCE_FLAGS, 0x22);
        let mut provider = PropList::new();
        provider.set(PR_DISPLAY_NAME, "Store = 1");
        provider.set(PR_PROVIDER_DISPLAY, "Store; one");
        provider.set(PR_PROVIDER_DLL_NAME, "my");
        provider.set(PR_RESOURCE_TYPE, 33);
        provider.set(PR_RESOURCE_FLAGS, 0);
        let provider = |name: String| InfProvider { name, props: provider.clone() };
        let extra = InfSection { name: format!("{name} Extra"), uid: Guid([7; 16]), props: PropList::new() };
        InfService {
            name: name.into(),
            display_name: format!("{name} shown"),
            props,
            providers: vec![provider(format!("{name} Prov One")), provider(format!("{name} Prov Two"))],
            sections: vec![extra],
        }
    }

    fn file(content: &[u8]) -> (tempfile::TempDir, InfFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapisvc.inf");
        if !content.is_empty() {
            std::fs::write(&path, content).unwrap();
        }
        (folder, InfFile::at(&path))
    }

    fn content(file: &InfFile) -> String {
        String::from_utf8_lossy(&std::fs::read(&file.path).unwrap()).into_owned()
    }

    #[test]
    fn what_is_added_is_read_again_and_what_is_removed_leaves_the_rest_as_it_was() {
        let before = "\u{FEFF}; mine\r\n[services]\r\nOld=Old one\r\n\r\n# keep\r\n[Old]\r\n\
                      PR_DISPLAY_NAME=Old\r\nnonsense";
        for before in ["", before] {
            let (_folder, file) = file(before.as_bytes());
            let new = service("New");
            file.add_service(&new).unwrap();
            let read = file.read().unwrap();
            assert_eq!(read.service("new"), Some(&new), "{}", content(&file));
            assert_eq!(read.service("Old").is_some(), !before.is_empty());
            assert!(file.remove_service("NEW").unwrap());
            let rest: String = content(&file).lines().filter(|line| !line.is_empty()).collect();
            let kept: String = before.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(rest.trim_start_matches("[Services]"), kept);
            assert!(!file.remove_service("New").unwrap());
        }
    }

    #[test]
    fn a_name_that_is_taken_changes_nothing() {
        let (_folder, file) = file(b"[Services]\nA=a\n[A]\n[New Prov One]\nUID=1\n");
        let before = content(&file);
        for taken in ["a", "New"] {
            assert_eq!(
                file.add_service(&service(taken)).unwrap_err().code(),
                ErrorCode::COLLISION,
                "{taken}"
            );
        }
        assert_eq!(content(&file), before);
    }

    #[test]
    fn names_and_values_that_no_file_can_hold_are_refused() {
        let (_folder, file) = file(b"");
        for bad in ["", "a,b", "a]b", "a=b", " a", "Services", ";a", "[a", "two\nlines"] {
            let refused = file.add_service(&service(bad)).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::BAD_VALUE, "{bad:?}");
        }
        let mut twice = service("A");
        twice.providers[1].name = twice.providers[0].name.clone();
        let mut injected = service("A");
        injected.props.set(PR_DISPLAY_NAME, "x\n[Services]\nB=evil");
        let mut shown = service("A");
        shown.display_name = "x\nB=evil".into();
        for bad in [twice, injected, shown] {
            assert_eq!(file.add_service(&bad).unwrap_err().code(), ErrorCode::BAD_VALUE);
        }
        assert!(!file.path.exists());
    }

    #[test]
    fn sections_that_another_service_lists_stay() {
        let shared = b"[Services]\nA=a\nB=b\n[Default Services]\nA=a\nB=b\n[Help File Mappings]\nA=a.hlp\n\
                       [A]\nProviders=P, Q, B, Services\n; note\n[B]\nProviders=P\n[P]\n[Q]\n66000003=01000000\n";
        let (_folder, file) = file(shared);
        assert!(file.remove_service("a").unwrap());
        let left =
            "[Services]\nB=b\n[Default Services]\nB=b\n[Help File Mappings]\n; note\n[B]\nProviders=P\n[P]\n";
        assert_eq!(content(&file), left);
    }

    #[test]
    fn many_who_change_the_file_at_once_all_find_their_services_in_it() {
        let (_folder, file) = file(b"; note\n");
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (file, start) = (&file, &start);
                scope.spawn(move || {
                    start.wait();
                    for round in 0..4 {
                        file.add_service(&service(&format!("S{thread}-{round}"))).unwrap();
                    }
                    assert!(file.remove_service(&format!("S{thread}-0")).unwrap());
                });
            }
        });
        let inf = file.read().unwrap();
        assert_eq!((inf.services.len(), inf.diagnostics.len()), (24, 0), "{}", content(&file));
        assert!(content(&file).starts_with("; note\n"));
    }

    #[test]
    fn a_file_that_others_can_write_is_not_changed() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, file) = file(b"[Services]\n");
        std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(file.add_service(&service("A")).unwrap_err().code(), ErrorCode::NO_ACCESS);
    }
}
