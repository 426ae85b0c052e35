//! `Draft`: a profile as it will be if a service agrees to what is done with it.
//!
//! A service's entry (`entry.rs`) works on a draft. Where it succeeds, what it changed is put into
//! the profile in one step, on top of what others changed meanwhile; where it fails, nothing is.

use super::access::ACCOUNTS;
use super::secure::{Opener, Passing};
use super::{Profile, ProfileData};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A profile that is not in its file yet.
#[derive(Debug)]
pub(super) struct Draft {
    /// What the profile held before.
    base: ProfileData,
    /// What it holds now, until the draft has ended.
    now: Mutex<Option<ProfileData>>,
    /// Where the locks of its sections are; none of a profile that is not there yet.
    run: Option<PathBuf>,
}

impl Draft {
    /// A draft of this profile.
    pub(super) fn of(base: ProfileData) -> Self {
        let now = Mutex::new(Some(base.clone()));
        Self { base, now, run: None }
    }

    /// A draft of what a profile holds now.
    ///
    /// # Errors
    /// Those of reading the profile.
    pub(super) fn of_profile(profile: &Profile) -> Result<Self> {
        profile.refresh()?;
        let run = Some(profile.folder().run().to_owned());
        Ok(Self { run, ..Self::of(profile.snapshot()) })
    }

    /// The folder of the locks of its sections; `None` where nobody else can have them open.
    pub(super) fn run(&self) -> Option<&Path> {
        self.run.as_deref()
    }

    /// Looks at what the draft holds; `look` calls nobody.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the draft has ended.
    pub(super) fn look<T>(&self, look: impl FnOnce(&ProfileData) -> T) -> Result<T> {
        self.lock().as_ref().map(look).ok_or_else(ended)
    }

    /// Changes the draft, or leaves it as it was where `change` fails; `change` calls nobody.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the draft has ended.
    /// - Those of `change`.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut ProfileData) -> Result<T>) -> Result<T> {
        let mut now = self.lock();
        let mut data = now.clone().ok_or_else(ended)?;
        let answer = change(&mut data)?;
        *now = Some(data);
        Ok(answer)
    }

    /// Seals properties of a section of the draft.
    ///
    /// # Errors
    /// - Why one cannot be sealed; those before it are.
    pub(super) fn seal(&self, section: MapiUid, props: &Passing) -> Result<()> {
        let opener = self.look(Opener::of)?;
        for prop in &props.0 {
            let sealed = opener.seal(section, prop)?;
            self.change(|data| {
                data.put_sealed(section, sealed);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Ends the draft, whoever still holds it, and returns what it held.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: it has ended already.
    pub(super) fn end(&self) -> Result<ProfileData> {
        self.lock().take().ok_or_else(ended)
    }

    /// Ends the draft and puts what it changed into the profile's file.
    ///
    /// # Errors
    /// Those of writing; the profile is then as before.
    pub(super) fn save(&self, profile: &Profile) -> Result<()> {
        self.save_checked(profile, |_| Ok(()), |_| Ok(()))
    }

    /// As [`Draft::save`], where the profile is still as `check` wants it, and with what `finish` does to it
    /// afterwards in the same step; neither calls anybody.
    ///
    /// # Errors
    /// Those of `check`, of `finish` and of writing; the profile is then as before.
    pub(super) fn save_checked<T>(
        &self,
        profile: &Profile,
        check: impl FnOnce(&ProfileData) -> Result<()>,
        finish: impl FnOnce(&mut ProfileData) -> Result<T>,
    ) -> Result<T> {
        let now = self.end()?;
        profile.change(|data| {
            check(data)?;
            merge(data, &self.base, &now);
            finish(data)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<ProfileData>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does to a profile what was done between `base` and `now`.
pub(super) fn merge(data: &mut ProfileData, base: &ProfileData, now: &ProfileData) {
    for before in &base.services {
        if !now.services.iter().any(|row| row.uid == before.uid) {
            data.remove_service(before.uid);
        }
    }
    for row in &now.services {
        match base.services.iter().find(|before| before.uid == row.uid) {
            None => data.services.push(row.clone()),
            Some(before) if before == row => {}
            Some(_) => {
                // Where somebody removed the service meanwhile, it stays removed.
                if let Some(place) = data.services.iter_mut().find(|known| known.uid == row.uid) {
                    *place = row.clone();
                }
            }
        }
    }
    let touched = base.sealed.keys().chain(now.sealed.keys());
    for uid in touched.filter(|uid| base.sealed.get(uid) != now.sealed.get(uid)) {
        match now.sealed.get(uid) {
            Some(props) => drop(data.sealed.insert(*uid, props.clone())),
            None => drop(data.sealed.remove(uid)),
        }
    }
    if now.default_store != base.default_store {
        data.default_store = now.default_store;
    }
    if now.transport_order != base.transport_order {
        data.transport_order.clone_from(&now.transport_order);
    }
    if (now.deleted, &now.rename_to) != (base.deleted, &base.rename_to) {
        (data.deleted, data.rename_to) = (now.deleted, now.rename_to.clone());
    }
    for uid in base.sections.keys().filter(|uid| !now.sections.contains_key(uid)) {
        data.sections.remove(uid);
    }
    // What lists the accounts is never a draft's to change.
    for (uid, props) in now.sections.iter().filter(|(uid, _)| **uid != ACCOUNTS) {
        match base.sections.get(uid) {
            Some(before) if before == props => {}
            Some(before) => merge_section(data.sections.entry(*uid).or_default(), before, props),
            None => drop(data.sections.insert(*uid, props.clone())),
        }
    }
}

/// Does to a section what was done between `base` and `now`; what others did to other properties stays.
fn merge_section(section: &mut PropList, base: &PropList, now: &PropList) {
    for prop in base.iter().filter(|prop| !now.contains_id(prop.tag.id())) {
        section.remove(prop.tag.id());
    }
    for prop in now.iter().filter(|prop| base.prop(prop.tag) != Some(prop)) {
        section.set(prop.tag, prop.value.clone());
    }
}

fn ended() -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, "ProviderAdmin", "the service's entry has returned")
}
