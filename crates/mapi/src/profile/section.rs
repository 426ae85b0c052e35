//! `ProfileSection`: one section of a profile as an object with properties (IProfSect).
//!
//! Changes are in the profile's file when the call returns; saving does nothing. There are no named
//! properties and no streams, and PR_OBJECT_TYPE and PR_PROFILE_NAME cannot be changed.

use super::access::{self, Caller};
use super::draft::Draft;
use super::lock::SectionLock;
use super::secure::{self, Opener};
use super::{Profile, ProfileData, format};
use mapi_defs::flags::{SaveFlags, SectionFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::prop::tags::{PR_OBJECT_TYPE, PR_PROFILE_NAME, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use std::any::Any;
use std::sync::Arc;

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

    fn edit(&self, uid: MapiUid, edit: impl Fn(&mut ProfileData)) -> Result<()> {
        match self {
            Self::Profile(profile) => profile.edit_section(uid, edit),
            Self::Draft(draft) => draft.change(|data| {
                edit(data);
                Ok(())
            }),
        }
    }

    /// Takes the section, and what the profile's file holds of it now.
    fn hold(&self, uid: MapiUid, writing: bool) -> Result<Option<SectionLock>> {
        match self {
            Self::Profile(profile) => {
                let lock = SectionLock::take(profile.folder().run(), profile.instance(), uid, writing)?;
                profile.refresh_section(uid)?;
                Ok(Some(lock))
            }
            Self::Draft(draft) => match draft.run() {
                Some(run) => {
                    let profile = draft.look(|data| data.instance)?;
                    SectionLock::take(run, profile, uid, writing).map(Some)
                }
                None => Ok(None),
            },
        }
    }
}

/// One section of a profile. It is open to others again once it is dropped.
#[derive(Debug)]
pub struct ProfileSection {
    source: Source,
    uid: MapiUid,
    /// Laid over its service's section, as providers see their own.
    layered: bool,
    writable: bool,
    _lock: Option<SectionLock>,
}

impl ProfileSection {
    /// A provider's own section, laid over its service's; it writes its own.
    pub(crate) fn of_provider(profile: Arc<Profile>, uid: MapiUid) -> Self {
        // Open as long as the provider likes, so it keeps nobody out; each change is one step.
        Self { source: Source::Profile(profile), uid, layered: true, writable: true, _lock: None }
    }

    /// A section that a provider opens beside its own.
    ///
    /// # Errors
    /// Those of [`ProfileSection::of_profile`].
    pub(crate) fn for_provider(profile: Arc<Profile>, uid: MapiUid, flags: SectionFlags) -> Result<Self> {
        Self::open(Source::Profile(profile), uid, flags, Caller::Provider)
    }

    /// Any section of a profile, for a client. One that is missing is made where MODIFY is set.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - `MAPI_E_NO_ACCESS`: it belongs to a service and FORCE_ACCESS is not set, it is MAPI's own and
    ///   MODIFY is set, or somebody has it open in a way that excludes this one.
    pub(crate) fn of_profile(profile: Arc<Profile>, uid: MapiUid, flags: SectionFlags) -> Result<Self> {
        Self::open(Source::Profile(profile), uid, flags, Caller::Client)
    }

    pub(super) fn open(source: Source, uid: MapiUid, flags: SectionFlags, caller: Caller) -> Result<Self> {
        const CALL: &str = "OpenProfileSection";
        source.look(|data| access::check(data, uid, flags, caller, CALL))??;
        let writable = flags.contains(SectionFlags::MODIFY);
        if uid == MUID_PROFILE_INSTANCE {
            return Ok(Self { source, uid, layered: false, writable, _lock: None });
        }
        if let Source::Profile(profile) = &source {
            profile.refresh_section(uid)?;
        }
        let is_there = source.look(|data| data.sections.contains_key(&uid))?;
        if !is_there && !writable {
            return Err(Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no section {uid}")));
        }
        let lock = source.hold(uid, writable)?;
        if writable && !source.look(|data| data.sections.contains_key(&uid))? {
            source.edit(uid, |data| {
                data.sections.entry(uid).or_default();
            })?;
        }
        Ok(Self { source, uid, layered: false, writable, _lock: lock })
    }

    fn content(&self) -> Result<PropList> {
        self.source.look(|data| match self.layered {
            true => data.provider_section(self.uid),
            false => data.shown(self.uid),
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

    /// True for what this section's holder cannot change.
    fn is_fixed(&self, id: u16) -> bool {
        let fixed_for_providers = [PR_RESOURCE_FLAGS.id(), PR_PROVIDER_DLL_NAME.id()];
        is_computed(id) || self.layered && fixed_for_providers.contains(&id)
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
        let (mut fit, others) = sorted_out(props);
        problems.extend(others.into_iter().filter(|problem| !secure::is_secure(problem.tag.id())));
        for (index, prop) in props.iter().enumerate().filter(|(_, prop)| self.is_fixed(prop.tag.id())) {
            if fit.remove(prop.tag.id()).is_some() {
                problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::NO_ACCESS });
            }
        }
        problems.sort_by_key(|problem| problem.index);
        if !fit.is_empty() || !sealed.is_empty() {
            self.source.edit(self.uid, |data| {
                data.sections.entry(self.uid).or_default().merge(fit.clone());
                sealed.iter().for_each(|prop| data.put_sealed(self.uid, prop.clone()));
            })?;
        }
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.check_writable()?;
        let problem = |(index, tag): (usize, &PropTag)| {
            let code = if is_computed(tag.id()) { ErrorCode::COMPUTED } else { ErrorCode::NO_ACCESS };
            self.is_fixed(tag.id()).then_some(PropProblem { index, tag: *tag, code })
        };
        self.source.edit(self.uid, |data| {
            for id in tags.iter().map(|tag| tag.id()).filter(|id| !self.is_fixed(*id)) {
                data.sections.entry(self.uid).or_default().remove(id);
                data.remove_sealed(self.uid, id);
            }
        })?;
        Ok(tags.iter().enumerate().filter_map(problem).collect())
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        Ok(())
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
