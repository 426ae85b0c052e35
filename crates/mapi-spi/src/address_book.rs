//! `AbContainer`, `MailUser`, `DistList`: the objects of address books (IABContainer, IMailUser, IDistList).

use crate::container::Container;
use crate::no_support;
use crate::prop::MapiProp;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Result};
use std::sync::Arc;

/// What became of one name of a list (the flag list of ResolveNames).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Resolution {
    /// MAPI_UNRESOLVED: nobody of that name.
    Unresolved,
    /// MAPI_AMBIGUOUS: several.
    Ambiguous,
    /// MAPI_RESOLVED: this one.
    Resolved,
}

/// A container of an address book.
pub trait AbContainer: Container {
    /// Opens a search of the container (OpenProperty of PR_SEARCH with IID_IMAPIContainer); see
    /// [`SearchDialog`](crate::display::SearchDialog).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the container has no dialog for that.
    fn open_search(&self) -> Result<Arc<dyn AbContainer>> {
        no_support("AbContainer::open_search")
    }

    /// Looks unresolved recipients up and fills in those it finds (ResolveNames).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: use the contents table with PR_ANR.
    fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        let _ = (recipients, flags);
        no_support("AbContainer::resolve_names")
    }

    /// Creates an entry of the kind that a template entry stands for (CreateEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the container is read-only.
    fn create_entry(&self, template: &EntryId, flags: u32) -> Result<Arc<dyn MapiProp>> {
        let _ = (template, flags);
        no_support("AbContainer::create_entry")
    }

    /// Puts copies of entries into the container; into a list, as members (CopyEntries).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the container is read-only.
    /// - `MAPI_E_INVALID_ENTRYID`, `MAPI_E_NOT_FOUND`: one of them is not there; nothing was copied.
    /// - `MAPI_E_TOO_BIG`: they would be too many.
    fn copy_entries(&self, ids: &[EntryId], flags: u32) -> Result<()> {
        let _ = (ids, flags);
        no_support("AbContainer::copy_entries")
    }

    /// Deletes entries (DeleteEntries).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the container is read-only.
    fn delete_entries(&self, ids: &[EntryId]) -> Result<()> {
        let _ = ids;
        no_support("AbContainer::delete_entries")
    }
}

/// A person or mailbox.
pub trait MailUser: MapiProp {}

/// A list of recipients.
pub trait DistList: AbContainer {}
