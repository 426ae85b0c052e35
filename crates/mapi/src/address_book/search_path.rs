//! Which containers a name is looked for in, and in which order (GetSearchPath, SetSearchPath); the container
//! for a user's own entries and the directory shown first (GetPAB, GetDefaultDir). The profile keeps them.

use super::{AddressBook, Books};
use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::tags::{
    PR_AB_DEFAULT_DIR, PR_AB_DEFAULT_PAB, PR_AB_SEARCH_PATH, PR_DEF_CREATE_MAILUSER, PR_ENTRYID,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use mapi_spi::address_book::AbContainer;
use std::sync::Arc;

/// The section of a profile that keeps what is said here.
const SECTION: Guid = Guid(*b"OpenMAPI-addrbk\0");
/// Containers of a search path, at most.
const MOST: usize = 256;

impl AddressBook {
    /// Returns the containers in which names are looked for, first to last: as they were set, else those of
    /// all address books (GetSearchPath).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    pub fn search_path(&self) -> Result<Vec<EntryId>> {
        let live = self.open.live()?;
        match self.kept_path(&live)? {
            Some(path) => Ok(path),
            None => Ok(live.containers()?.into_iter().map(|(id, _)| id).collect()),
        }
    }

    /// Sets the containers in which names are looked for, first to last; none stands for those of all address
    /// books (SetSearchPath).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: one is there twice, or there are too many.
    /// - `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_NOT_FOUND`: one is no container of the session.
    pub fn set_search_path(&self, path: &[EntryId]) -> Result<()> {
        const CALL: &str = "AddressBook::set_search_path";
        let live = self.open.live()?;
        let is_repeated = path.iter().enumerate().any(|(place, id)| path[..place].contains(id));
        if is_repeated || path.len() > MOST {
            let detail = "a container is there twice, or there are too many";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
        }
        path.iter().try_for_each(|id| live.container(id, CALL).map(drop))?;
        let ids = path.iter().map(|id| id.as_bytes().to_vec()).collect();
        self.keep(PR_AB_SEARCH_PATH, Some(PropValue::MvBinary(ids)).filter(|_| !path.is_empty()))
    }

    /// Returns the container for a user's own entries: the one that was set, else the first in which mail users
    /// can be made (GetPAB).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    pub fn pab(&self) -> Result<EntryId> {
        let live = self.open.live()?;
        let kept = self.kept_id(&live, PR_AB_DEFAULT_PAB)?;
        let can_hold = |container: &dyn AbContainer| {
            let made_by = container.props(Some(&[PR_DEF_CREATE_MAILUSER]))?;
            Ok(matches!(made_by.first().map(|prop| &prop.value), Some(PropValue::Binary(_))))
        };
        first(kept, &live, &can_hold, "AddressBook::pab")
    }

    /// Sets the container for a user's own entries (SetPAB).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_NOT_FOUND`: it is no container of the session.
    pub fn set_pab(&self, id: &EntryId) -> Result<()> {
        self.keep_id(PR_AB_DEFAULT_PAB, id, "AddressBook::set_pab")
    }

    /// Returns the directory that is shown first: the one that was set, else the first there is
    /// (GetDefaultDir).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    pub fn default_directory(&self) -> Result<EntryId> {
        let live = self.open.live()?;
        let kept = self.kept_id(&live, PR_AB_DEFAULT_DIR)?;
        first(kept, &live, &|_| Ok(true), "AddressBook::default_directory")
    }

    /// Sets the directory that is shown first (SetDefaultDir).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_NOT_FOUND`: it is no container of the session.
    pub fn set_default_directory(&self, id: &EntryId) -> Result<()> {
        self.keep_id(PR_AB_DEFAULT_DIR, id, "AddressBook::set_default_directory")
    }

    /// The containers in which names are looked for; those that the session does not have any more are left
    /// out.
    pub(super) fn searched(&self, books: &Books) -> Result<Vec<Result<Arc<dyn AbContainer>>>> {
        Ok(match self.kept_path(books)? {
            Some(path) => path.iter().map(|id| books.container(id, "AddressBook::resolve")).collect(),
            None => books.roots().collect(),
        })
    }

    fn kept_path(&self, books: &Books) -> Result<Option<Vec<EntryId>>> {
        let Some(PropValue::MvBinary(kept)) = self.kept(PR_AB_SEARCH_PATH)? else { return Ok(None) };
        let kept = kept.into_iter().map(EntryId::from_bytes);
        Ok(Some(kept.filter(|id| books.of(id, "AddressBook::search_path").is_ok()).collect()))
    }

    fn kept(&self, tag: PropTag) -> Result<Option<PropValue>> {
        let (core, _) = self.open.session()?;
        Ok(core.profile.look(|data| data.section(SECTION).value(tag).cloned()))
    }

    fn kept_id(&self, books: &Books, tag: PropTag) -> Result<Option<EntryId>> {
        let kept = self.kept(tag)?.and_then(|value| value.as_binary().map(EntryId::from_bytes));
        Ok(kept.filter(|id| books.container(id, "AddressBook").is_ok()))
    }

    fn keep_id(&self, tag: PropTag, id: &EntryId, call: &'static str) -> Result<()> {
        self.open.live()?.container(id, call)?;
        self.keep(tag, Some(PropValue::Binary(id.as_bytes().to_vec())))
    }

    fn keep(&self, tag: PropTag, value: Option<PropValue>) -> Result<()> {
        let (core, _) = self.open.session()?;
        core.profile.edit_section(SECTION, |data| {
            let section = data.sections.entry(SECTION).or_default();
            match &value {
                Some(value) => drop(section.set(tag, value.clone())),
                None => drop(section.remove(tag.id())),
            }
        })
    }
}

impl Books {
    /// A container of the session.
    pub(super) fn container(&self, id: &EntryId, call: &'static str) -> Result<Arc<dyn AbContainer>> {
        self.of(id, call)?.logon.get()?.open_container(id, OpenFlags::NONE)
    }

    /// The root containers of all logons.
    fn roots(&self) -> impl Iterator<Item = Result<Arc<dyn AbContainer>>> {
        self.logons
            .iter()
            .map(|known| known.logon.get()?.open_container(&EntryId::default(), OpenFlags::NONE))
    }

    /// The root containers, each with its identifier.
    fn containers(&self) -> Result<Vec<(EntryId, Arc<dyn AbContainer>)>> {
        let mut containers = Vec::new();
        for container in self.roots() {
            let container = container?;
            let id = container.props(Some(&[PR_ENTRYID]))?;
            if let Some(id) = id.first().and_then(|prop| prop.value.as_binary()) {
                containers.push((EntryId::from_bytes(id), container));
            }
        }
        Ok(containers)
    }
}

/// What was kept, else the first container that fits.
fn first(
    kept: Option<EntryId>,
    books: &Books,
    fits: &dyn Fn(&dyn AbContainer) -> Result<bool>,
    call: &'static str,
) -> Result<EntryId> {
    if let Some(kept) = kept {
        return Ok(kept);
    }
    for (id, container) in books.containers()? {
        if fits(&*container)? {
            return Ok(id);
        }
    }
    Err(Error::new(ErrorCode::NOT_FOUND, call, "the profile has no such container"))
}
