//! Linking: each service of `[Services]` with its section, its providers' and its extra ones.
//!
//! Links go one step and never further: a provider's or extra section lists nothing, whatever it says,
//! so sections that name each other make no circle. Lines and sections are `lines.rs`.

use super::constants::Owner;
use super::lines::{Entry, Report, Sections, names};
use super::value::{self, BadKey};
use super::{Inf, InfProvider, InfSection, InfService, LINKED_BYTES, NAMES, folded};
use mapi_defs::Guid;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE};
use mapi_defs::prop::{PropList, PropTag};
use std::collections::{HashMap, HashSet};

/// Names of sections that are no service's, as they are compared.
const RESERVED: [&str; 3] = ["services", "default services", "help file mappings"];
/// What a property takes in memory beside its value, roughly.
const PROP_BYTES: usize = 64;

/// Reads a file's content.
pub(super) fn parse(content: &[u8]) -> Inf {
    let mut report = Report::default();
    let sections = Sections::of(content, &mut report);
    let mut linker = Linker { sections: &sections, report, understood: HashMap::new(), linked_bytes: 0 };
    let services = linker.services();
    let default_services = linker.default_services();
    let help_files =
        linker.pairs("Help File Mappings").into_iter().map(|entry| (entry.key.clone(), entry.value.clone()));
    let help_files = help_files.collect();
    Inf { services, default_services, help_files, diagnostics: linker.report.finish() }
}

/// True for the name of a section that is no service's.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&folded(name).as_str())
}

/// What a section says.
#[derive(Clone, Default)]
struct Understood {
    props: PropList,
    /// The line and the value of the list of providers, and of the list of extra sections.
    providers: Option<(usize, String)>,
    extra: Option<(usize, String)>,
    uid: Option<Guid>,
}

struct Linker<'a> {
    sections: &'a Sections,
    report: Report,
    /// Each section once for each kind of owner, so that what is wrong with it is told once.
    understood: HashMap<(usize, Owner), Understood>,
    linked_bytes: usize,
}

impl<'a> Linker<'a> {
    fn services(&mut self) -> Vec<InfService> {
        let mut services: Vec<InfService> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for entry in self.pairs("Services") {
            if is_reserved(&entry.key) {
                self.report.error(entry.line, format!("[{}] is no service's section", entry.key));
                continue;
            }
            if !is_linkable(&entry.key) {
                self.report.error(entry.line, "a service's name has no comma and no bracket");
                continue;
            }
            let service = self.service(entry);
            // The last line for a name counts, at the place of the first.
            match places.get(&folded(&entry.key)) {
                Some(place) => services[*place] = service,
                None => {
                    places.insert(folded(&entry.key), services.len());
                    services.push(service);
                }
            }
        }
        services
    }

    fn service(&mut self, entry: &Entry) -> InfService {
        let name = entry.key.clone();
        let Some(place) = self.sections.find(&name) else {
            self.report.warning(entry.line, format!("there is no section [{name}]"));
            return InfService { display_name: shown_as(entry, None), name, ..InfService::default() };
        };
        let found = self.understand(place, Owner::Service);
        if !self.has_room(&found.props, entry.line) {
            return InfService { display_name: shown_as(entry, None), name, ..InfService::default() };
        }
        let providers = self.linked(&name, found.providers, Owner::Provider);
        let providers = providers.into_iter().map(|(name, found)| InfProvider { name, props: found.props });
        let providers: Vec<_> = providers.collect();
        let extra = self.linked(&name, found.extra, Owner::Extra);
        let sections = extra
            .into_iter()
            .filter_map(|(name, found)| Some(InfSection { name, uid: found.uid?, props: found.props }));
        let display_name = shown_as(entry, found.props.text(PR_DISPLAY_NAME));
        let sections = sections.collect();
        let service = InfService { display_name, name, props: found.props, providers, sections };
        if service.providers.is_empty() && !service.libraries().is_empty() {
            self.report.warning(entry.line, format!("[{}] has a library but no provider", service.name));
        }
        self.check_libraries(&service, entry.line);
        service
    }

    /// The sections that a list names.
    fn linked(
        &mut self,
        service: &str,
        list: Option<(usize, String)>,
        owner: Owner,
    ) -> Vec<(String, Understood)> {
        let Some((line, list)) = list else { return Vec::new() };
        let mut seen = HashSet::new();
        let mut linked = Vec::new();
        for name in names(&list) {
            if seen.len() == NAMES {
                self.report.error(line, format!("the list has more than {NAMES} names"));
                break;
            }
            if !seen.insert(folded(name)) {
                self.report.warning(line, format!("[{name}] is in the list twice"));
                continue;
            }
            if folded(name) == folded(service) || is_reserved(name) {
                self.report
                    .error(line, format!("[{service}] lists [{name}], which is no provider's section"));
                continue;
            }
            let Some(place) = self.sections.find(name) else {
                self.report.error(line, format!("there is no section [{name}]"));
                continue;
            };
            let found = self.understand(place, owner);
            if self.has_room(&found.props, line) {
                linked.push((name.to_owned(), found));
            }
        }
        linked
    }

    /// Reads a section's entries.
    fn understand(&mut self, place: usize, owner: Owner) -> Understood {
        if let Some(known) = self.understood.get(&(place, owner)) {
            return known.clone();
        }
        let mut found = Understood::default();
        let Some(section) = self.sections.at(place) else { return found };
        for entry in &section.entries {
            self.entry(entry, owner, &mut found);
        }
        if owner == Owner::Provider {
            self.check_provider(&found.props, section.line);
        }
        if owner == Owner::Extra && found.uid.is_none() {
            self.report.error(section.line, "an extra section needs UID= and 32 hex digits; it is left out");
        }
        self.understood.insert((place, owner), found.clone());
        found
    }

    fn entry(&mut self, entry: &Entry, owner: Owner, found: &mut Understood) {
        let list = (entry.line, entry.value.clone());
        match folded(&entry.key).as_str() {
            "providers" if owner == Owner::Service => found.providers = Some(list),
            "sections" if owner == Owner::Service => found.extra = Some(list),
            "providers" | "sections" => {
                self.report.error(entry.line, "only a service's section lists other sections");
            }
            // The function of a wizard, of which there is none here.
            "wizard_entry_name" if owner == Owner::Service => {}
            "uid" if owner == Owner::Extra => match value::uid(&entry.value) {
                Ok(uid) => found.uid = Some(uid),
                Err(why) => self.report.error(entry.line, why),
            },
            _ => self.prop(entry, owner, &mut found.props),
        }
    }

    fn prop(&mut self, entry: &Entry, owner: Owner, props: &mut PropList) {
        let tag = match value::key(&entry.key) {
            Ok(tag) => tag,
            Err(BadKey::Ignored(why)) => return self.report.warning(entry.line, why),
            Err(BadKey::Wrong(why)) => return self.report.error(entry.line, why),
        };
        match value::read(tag, &entry.value) {
            Ok(value) => {
                if let Some(name) =
                    value::misplaced(&entry.value, owner).filter(|_| value.as_long().is_some())
                {
                    let message = format!("{name} means something else in a section of this kind");
                    self.report.warning(entry.line, message);
                }
                props.set(tag, value);
            }
            Err(why) => self.report.error(entry.line, format!("{}: {why}", entry.key)),
        }
    }

    /// What every provider's section has to have, the library left aside: a service may share one.
    fn check_provider(&mut self, props: &PropList, line: usize) {
        let needed: [(PropTag, &str); 3] = [
            (PR_DISPLAY_NAME, "PR_DISPLAY_NAME"),
            (PR_PROVIDER_DISPLAY, "PR_PROVIDER_DISPLAY"),
            (PR_RESOURCE_FLAGS, "PR_RESOURCE_FLAGS"),
        ];
        for (tag, name) in needed {
            if !props.contains_id(tag.id()) {
                self.report.warning(line, format!("the provider's section has no {name}"));
            }
        }
        if !props.contains_id(PR_RESOURCE_TYPE.id()) {
            self.report.error(line, "the provider's section has no PR_RESOURCE_TYPE");
        } else if super::kind_of(props).is_none() {
            self.report.warning(line, "PR_RESOURCE_TYPE is neither a store, a transport nor an address book");
        }
    }

    /// A service that is not built in needs a library for each provider.
    fn check_libraries(&mut self, service: &InfService, line: usize) {
        if service.libraries().is_empty() {
            return;
        }
        for provider in &service.providers {
            if service.provider_library(provider).is_none() {
                let place = self.sections.find(&provider.name).and_then(|place| self.sections.at(place));
                let line = place.map_or(line, |section| section.line);
                self.report.error(line, format!("provider [{}] has no PR_PROVIDER_DLL_NAME", provider.name));
            }
        }
    }

    fn default_services(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let entries = self.pairs("Default Services").into_iter();
        entries.filter(|entry| seen.insert(folded(&entry.key))).map(|entry| entry.key.clone()).collect()
    }

    fn pairs(&self, name: &str) -> Vec<&'a Entry> {
        let section = self.sections.find(name).and_then(|place| self.sections.at(place));
        section.map(|section| section.entries.iter().collect()).unwrap_or_default()
    }

    /// Counts what a section adds to what is linked; false where that is too much.
    fn has_room(&mut self, props: &PropList, line: usize) -> bool {
        let bytes: usize = props.iter().map(|prop| prop.value.size_bytes() + PROP_BYTES).sum();
        if self.linked_bytes + bytes > LINKED_BYTES {
            self.report.error(line, format!("the services take more than {LINKED_BYTES} bytes together"));
            return false;
        }
        self.linked_bytes += bytes;
        true
    }
}

/// True for a name that a list and a header can hold.
pub(super) fn is_linkable(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && !name.contains([',', ']', '=', '\n', '\r', '\0'])
}

fn shown_as(entry: &Entry, own: Option<&str>) -> String {
    let names = [own.unwrap_or_default(), &entry.value, &entry.key];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}
