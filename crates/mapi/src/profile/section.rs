//! `ProfileSection`: one section of a profile as an object with properties (IProfSect).
//!
//! Changes are in the profile's file when the call returns; saving does nothing. There are no named
//! properties and no streams, and PR_OBJECT_TYPE and PR_PROFILE_NAME cannot be changed.

use super::draft::Draft;
use super::secure::{self, Opener};
use super::{Profile, ProfileData, ProviderKind, format};
use mapi_defs::flags::SaveFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::prop::tags::{PR_OBJECT_TYPE, PR_PROFILE_NAME, PR_SEARCH_KEY, PR_TRANSPORT_PROVIDERS};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use std::any::Any;
use std::sync::Arc;

/// PR_OBJECT_TYPE of a section (MAPI_PROFSECT).
const PROFSECT: i32 = 9;

/// Where a section is kept.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// In a profile's file.
    Profile(Arc<Profile>),
    /// In a profile that is not in its file yet.
    Draft(Arc<Draft>),
}

impl Source {
    fn look<T>(&self, look: impl FnOnce(&ProfileData) -> T) -> Result<T> {
        match self {
            Self::Profile(profile) => Ok(profile.look(look)),
            Self::Draft(draft) => draft.look(look),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut ProfileData) -> Result<T>) -> Result<T> {
        match self {
            Self::Profile(profile) => profile.change(change),
            Self::Draft(draft) => draft.change(change),
        }
    }
}

/// One section of a profile.
#[derive(Debug)]
pub struct ProfileSection {
    source: Source,
    uid: MapiUid,
    layered: bool,
    writable: bool,
}

impl ProfileSection {
    /// A provider's own section, laid over its service's; it writes its own.
    pub(crate) fn of_provider(profile: Arc<Profile>, uid: MapiUid) -> Self {
        Self { source: Source::Profile(profile), uid, layered: true, writable: true }
    }

    /// Any section of a profile. One that is missing is made where `writable` is set.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: writing to MAPI's own section.
    pub(crate) fn of_profile(profile: Arc<Profile>, uid: MapiUid, writable: bool) -> Result<Self> {
        Self::open(Source::Profile(profile), uid, writable)
    }

    pub(super) fn open(source: Source, uid: MapiUid, writable: bool) -> Result<Self> {
        if uid == MUID_PROFILE_INSTANCE {
            if writable {
                return Err(read_only("the section belongs to MAPI"));
            }
            return Ok(Self { source, uid, layered: false, writable });
        }
        if !source.look(|data| data.sections.contains_key(&uid))? {
            if !writable {
                let detail = format!("there is no section {uid}");
                return Err(Error::new(ErrorCode::NOT_FOUND, "OpenProfileSection", detail));
            }
            source.change(|data| {
                data.sections.entry(uid).or_default();
                Ok(())
            })?;
        }
        Ok(Self { source, uid, layered: false, writable })
    }

    fn content(&self) -> Result<PropList> {
        self.source.look(|data| {
            let mut props = if self.layered { data.provider_section(self.uid) } else { PropList::new() };
            props.merge(data.shown(self.uid));
            props
        })
    }

    /// A secure property; nothing is locked while its key is fetched or its command runs.
    fn secure_prop(&self, tag: PropTag) -> Result<Prop> {
        let (kept, opener) =
            self.source.look(|data| (data.kept(self.uid, self.layered, tag.id()), Opener::of(data)))?;
        Ok(secure::found(&kept, &opener, tag))
    }

    fn check_writable(&self) -> Result<()> {
        if self.writable { Ok(()) } else { Err(read_only("the section is open for reading")) }
    }
}

impl MapiProp for ProfileSection {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let content = self.content()?;
        let Some(tags) = tags else { return Ok(content.into_iter().collect()) };
        let find = |tag: &PropTag| match secure::is_secure(tag.id()) {
            true => self.secure_prop(*tag),
            false => Ok(found(&content, *tag)),
        };
        tags.iter().map(find).collect()
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.content()?.tags().collect())
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.check_writable()?;
        let opener = self.source.look(Opener::of)?;
        let (mut sealed, mut problems) = (Vec::new(), Vec::new());
        for (index, prop) in props.iter().enumerate().filter(|(_, prop)| secure::is_secure(prop.tag.id())) {
            match opener.seal(self.uid, prop) {
                Ok(prop) => sealed.push(prop),
                Err(error) => {
                    tracing::warn!(section = %self.uid, tag = %prop.tag, %error, "a secret is not kept");
                    problems.push(PropProblem { index, tag: prop.tag, code: error.code() });
                }
            }
        }
        let (fit, others) = sorted_out(props);
        problems.extend(others.into_iter().filter(|problem| !secure::is_secure(problem.tag.id())));
        problems.sort_by_key(|problem| problem.index);
        if !fit.is_empty() || !sealed.is_empty() {
            self.source.change(|data| {
                data.sections.entry(self.uid).or_default().merge(fit);
                sealed.into_iter().for_each(|prop| data.put_sealed(self.uid, prop));
                Ok(())
            })?;
        }
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.check_writable()?;
        let problem = |(index, tag): (usize, &PropTag)| {
            let code = if is_computed(tag.id()) { Some(ErrorCode::COMPUTED) } else { None };
            code.map(|code| PropProblem { index, tag: *tag, code })
        };
        self.source.change(|data| {
            let section = data.sections.entry(self.uid).or_default();
            tags.iter().for_each(|tag| drop(section.remove(tag.id())));
            tags.iter().for_each(|tag| data.remove_sealed(self.uid, tag.id()));
            Ok(())
        })?;
        Ok(tags.iter().enumerate().filter_map(problem).collect())
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        Ok(())
    }
}

impl ProfileData {
    /// A section with what MAPI itself says in it.
    pub(super) fn shown(&self, uid: MapiUid) -> PropList {
        let mut props = self.section(uid);
        if uid == MUID_PROFILE_INSTANCE {
            props.set(PR_SEARCH_KEY, self.instance.0.to_vec());
            let transports = self.providers(ProviderKind::Transport);
            let uids: Vec<u8> = transports.iter().flat_map(|row| row.uid.0).collect();
            props.set(PR_TRANSPORT_PROVIDERS, uids);
        }
        props.set(PR_OBJECT_TYPE, PROFSECT);
        props.set(PR_PROFILE_NAME, self.name.as_str());
        props
    }

    /// The service that a section belongs to: as its own, its provider's, or one that came with it.
    pub(super) fn owner_of(&self, uid: MapiUid) -> Option<MapiUid> {
        let has = |row: &&super::ServiceRow| {
            row.uid == uid
                || row.providers.iter().any(|provider| provider.uid == uid)
                || self.extra_sections(row.uid).contains(&uid)
        };
        self.services.iter().find(has).map(|row| row.uid)
    }
}

/// The properties as a section keeps them, or why it cannot; what MAPI itself says is left out.
pub(super) fn kept(props: &[Prop], call: &'static str) -> Result<PropList> {
    let props: Vec<Prop> = props.iter().filter(|prop| !is_computed(prop.tag.id())).cloned().collect();
    let (fit, problems) = sorted_out(&props);
    match problems.first() {
        None => Ok(fit),
        Some(problem) => {
            let detail = format!("a section cannot keep property {}", problem.tag);
            Err(Error::new(problem.code, call, detail))
        }
    }
}

/// Parts what a section keeps from what it does not, and says why.
pub(super) fn sorted_out(props: &[Prop]) -> (PropList, Vec<PropProblem>) {
    let mut fit = PropList::new();
    let mut problems = Vec::new();
    for (index, prop) in props.iter().enumerate() {
        let id = prop.tag.id();
        let code = match id {
            _ if is_computed(id) => ErrorCode::COMPUTED,
            _ if id >= PropTag::NAMED_FIRST => ErrorCode::UNEXPECTED_ID,
            // A password is kept encrypted or not at all.
            _ if secure::is_secure(id) => ErrorCode::NO_SUPPORT,
            _ if !format::keeps(&prop.value) => ErrorCode::INVALID_TYPE,
            _ => {
                fit.set(prop.tag, prop.value.clone());
                continue;
            }
        };
        problems.push(PropProblem { index, tag: prop.tag, code });
    }
    (fit, problems)
}

fn is_computed(id: u16) -> bool {
    id == PR_OBJECT_TYPE.id() || id == PR_PROFILE_NAME.id()
}

/// The property asked for, or why it is not there, in the width asked for.
pub(crate) fn found(props: &PropList, tag: PropTag) -> Prop {
    match props.prop(tag) {
        Some(prop) => {
            let value = match (tag.ptype(), prop.value.clone()) {
                (PropType::UNICODE, PropValue::String8(text)) => PropValue::Unicode(text),
                (PropType::STRING8, PropValue::Unicode(text)) => PropValue::String8(text),
                (_, value) => value,
            };
            Prop::new(tag, value)
        }
        None => Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND)),
    }
}

fn read_only(detail: &'static str) -> Error {
    Error::new(ErrorCode::NO_ACCESS, "ProfileSection", detail)
}
