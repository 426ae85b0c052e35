//! `PabProvider` and its logons (IABProvider, IABLogon).

use crate::container::PabContainer;
use crate::dist_list::{PabList, recipient};
use crate::entry_id::{self, Meaning};
use crate::mail_user::{PabEntry, whole};
use crate::members::{self, MEMBERS};
use crate::storage::Storage;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_INSTANCE_KEY, PR_OBJECT_TYPE,
    PR_RECORD_KEY, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::AbContainer;
use mapi_spi::container::Opened;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::provider::shutdown::ProviderShutdown;
use mapi_spi::spooler::section::FILE;
use mapi_spi::support::Support;
use mapi_spi::table::{TableData, TableRow};
use std::path::Path;
use std::sync::Arc;

/// The provider's name in messages and accounts.
pub const PROVIDER_NAME: &str = "Personal Address Book";

/// The columns of the contents table.
pub(crate) const COLUMNS: [PropTag; 9] = [
    PR_DISPLAY_NAME,
    PR_EMAIL_ADDRESS,
    PR_SMTP_ADDRESS,
    PR_ADDRTYPE,
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_RECORD_KEY,
    PR_SEARCH_KEY,
    PR_OBJECT_TYPE,
];

/// The personal address book provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct PabProvider;

impl AbProvider for PabProvider {
    fn name(&self) -> &str {
        PROVIDER_NAME
    }

    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        Some(self)
    }

    fn logon(&self, support: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>> {
        let section = support.profile_section(None)?.props(Some(&[FILE, PR_DISPLAY_NAME]))?;
        let text = |index: usize| section.get(index).and_then(|prop| prop.value.as_text());
        let file = text(0).filter(|file| !file.is_empty()).ok_or_else(|| {
            Error::new(ErrorCode::UNCONFIGURED, "AbProvider::logon", "the profile names no file")
        })?;
        let storage = Storage::open(Path::new(file), support.new_uid())?;
        let name = text(1).unwrap_or(PROVIDER_NAME).to_owned();
        let table = TableData::new(PR_INSTANCE_KEY, &COLUMNS);
        Ok(Arc::new(Logon { book: Arc::new(Book { storage, name, table }) }))
    }
}

/// Nothing is kept back that a fast shutdown would have to save.
impl ProviderShutdown for PabProvider {
    fn query_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }

    /// What was saved is in the file, and what was not is not the book's yet.
    fn do_fast_shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// An open address book.
pub(crate) struct Book {
    pub(crate) storage: Storage,
    pub(crate) name: String,
    pub(crate) table: Arc<TableData>,
}

impl Book {
    /// Brings the contents table up to the file, whoever changed that.
    pub(crate) fn refresh(&self) -> Result<()> {
        let uid = self.storage.uid();
        let entries = self.storage.entries()?;
        let row = |(id, props)| TableRow::from(whole(uid, Some(id), props));
        self.table.replace_rows(entries.iter().map(|entry| row((entry.id, &entry.props))).collect())
    }

    pub(crate) fn open_entry(self: &Arc<Self>, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        match entry_id::read(self.storage.uid(), id)? {
            Meaning::Container => Ok(Opened::Object(Arc::new(PabContainer { book: self.clone() }))),
            Meaning::MailUser(number) => {
                let writable = flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
                let entry = self.storage.entry(number)?;
                Ok(Opened::Object(Arc::new(PabEntry::open(self.clone(), entry, writable))))
            }
            Meaning::DistList(number) => Ok(Opened::Object(Arc::new(self.list(number, flags)?))),
        }
    }

    /// A list.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none of this number.
    fn list(self: &Arc<Self>, number: i64, flags: OpenFlags) -> Result<PabList> {
        let writable = flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
        let entry = self.storage.entry(number)?;
        if !entry.props.contains_id(MEMBERS.id()) {
            return Err(Error::new(ErrorCode::NOT_FOUND, "AddressBook::open_entry", "the entry is no list"));
        }
        Ok(PabList::of(PabEntry::open(self.clone(), entry, writable)))
    }
}

struct Logon {
    book: Arc<Book>,
}

impl AbLogon for Logon {
    fn uids(&self) -> Vec<MapiUid> {
        vec![self.book.storage.uid()]
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.book.open_entry(id, flags)
    }

    fn open_container(&self, id: &EntryId, flags: OpenFlags) -> Result<Arc<dyn AbContainer>> {
        match entry_id::read(self.book.storage.uid(), id)? {
            Meaning::Container => Ok(Arc::new(PabContainer { book: self.book.clone() })),
            Meaning::DistList(number) => Ok(Arc::new(self.book.list(number, flags)?)),
            Meaning::MailUser(_) => {
                Err(Error::new(ErrorCode::NOT_FOUND, "AbLogon::open_container", "the entry is no container"))
            }
        }
    }

    fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        let Meaning::DistList(number) = entry_id::read(self.book.storage.uid(), id)? else {
            return Err(Error::new(ErrorCode::NOT_FOUND, "AbLogon::expand_list", "the entry is no list"));
        };
        let members = members::read(&self.book.storage.entry(number)?.props);
        let found = members.iter().map(|member| recipient(&self.book, member));
        // Who has left the book is in the list no more.
        found.filter_map(Result::transpose).collect()
    }

    fn logoff(&self) -> Result<()> {
        self.book.storage.close()
    }
}
