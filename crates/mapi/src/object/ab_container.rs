//! `AbContainer`: a container of an address book (IABContainer).

use super::{AnyObject, Object, Open, Table};
use mapi_defs::flags::TableFlags;
use mapi_defs::prop::PropTag;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Result};
use mapi_spi::address_book::{AbContainer as Provided, Resolution};
use mapi_spi::container::SearchCriteria;
use mapi_spi::prop::MapiProp;

/// An entry of an address book, by its properties.
pub type AbEntry = AnyObject;

/// A container of an address book.
#[derive(Clone, Debug)]
pub struct AbContainer {
    open: Open<dyn Provided>,
}

impl AbContainer {
    pub(crate) fn of(open: Open<dyn Provided>) -> Self {
        Self { open }
    }

    /// The table of the entries (GetContentsTable).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the address book's logon has ended; so for every method.
    #[track_caller]
    pub fn contents_table(&self, flags: TableFlags) -> Result<Table> {
        let table = self.open.live()?.contents_table(flags)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", "contents".into())))
    }

    /// Opens a property that is a table, such as PR_DETAILS_TABLE (OpenProperty with IID_IMAPITable).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_SUPPORT`: the container has no such table.
    #[track_caller]
    pub fn open_table(&self, tag: PropTag) -> Result<Table> {
        let table = self.open.live()?.open_table(tag)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", tag.to_string())))
    }

    /// Opens a search of the container (PR_SEARCH): its details table is the dialog that asks for what, the
    /// properties set on it are what was typed, its contents are what was found.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the container has no such dialog.
    #[track_caller]
    pub fn open_search(&self) -> Result<Self> {
        let search = self.open.live()?.open_search()?;
        Ok(Self { open: self.open.child(search, "IABContainer", "search".into()) })
    }

    /// What a search looks for (GetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_INITIALIZED`: nothing yet.
    /// - `MAPI_E_NO_SUPPORT`: the container is no search.
    pub fn search_criteria(&self) -> Result<SearchCriteria> {
        self.open.live()?.search_criteria()
    }

    /// Says what a search looks for (SetSearchCriteria).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the container is no search.
    pub fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        self.open.live()?.set_search_criteria(criteria)
    }

    /// Looks unresolved recipients up and fills in those it finds (ResolveNames).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the container does not resolve.
    pub fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        self.open.live()?.resolve_names(recipients, flags)
    }

    /// Creates an entry, of the kind that a template entry stands for; the empty identifier is a mail
    /// user (CreateEntry). It is there once it is saved.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the container is read-only.
    #[track_caller]
    pub fn create_entry(&self, template: &EntryId) -> Result<AbEntry> {
        let entry = self.open.live()?.create_entry(template, 0)?;
        Ok(AnyObject { open: self.open.child(entry, "IMailUser", "new".into()) })
    }

    /// Puts copies of entries into the container; into a list, as members (CopyEntries).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the container copies none.
    /// - `MAPI_E_INVALID_ENTRYID`, `MAPI_E_NOT_FOUND`: one of them is not there; nothing was copied.
    /// - `MAPI_E_TOO_BIG`: they would be too many.
    pub fn copy_entries(&self, ids: &[EntryId]) -> Result<()> {
        self.open.live()?.copy_entries(ids, 0)
    }

    /// Deletes entries (DeleteEntries).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the container is read-only.
    pub fn delete_entries(&self, ids: &[EntryId]) -> Result<()> {
        self.open.live()?.delete_entries(ids)
    }
}

impl Object for AbContainer {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}
