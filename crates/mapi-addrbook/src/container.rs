//! `PabContainer`: the one container of the address book (IABContainer).

use crate::dist_list::PabList;
use crate::entry_id::{self, Meaning};
use crate::mail_user::{PabEntry, found, whole};
use crate::provider::Book;
use crate::resolve::{Found, find};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DEF_CREATE_DL, PR_DEF_CREATE_MAILUSER, PR_DISPLAY_NAME, PR_DISPLAY_TYPE,
    PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_RECORD_KEY, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::{AbContainer, Resolution};
use mapi_spi::container::{Container, Opened};
use mapi_spi::display::SearchDialog;
use mapi_spi::prop::MapiProp;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;

/// MAPI_ABCONT.
const OBJECT_TYPE: i32 = 4;
/// What a recipient gets of the entry it was resolved to.
const RESOLVED: [PropTag; 8] = [
    PR_ENTRYID,
    PR_DISPLAY_NAME,
    PR_ADDRTYPE,
    PR_EMAIL_ADDRESS,
    PR_SMTP_ADDRESS,
    PR_SEARCH_KEY,
    PR_OBJECT_TYPE,
    PR_DISPLAY_TYPE,
];

/// The container.
pub(crate) struct PabContainer {
    pub(crate) book: Arc<Book>,
}

impl PabContainer {
    fn content(&self) -> PropList {
        let id = entry_id::make(self.book.storage.uid(), Meaning::Container).as_bytes().to_vec();
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, self.book.name.as_str());
        props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
        props.set(PR_ENTRYID, id.clone());
        props.set(PR_RECORD_KEY, id);
        for (tag, template) in
            [(PR_DEF_CREATE_MAILUSER, Meaning::MailUser(0)), (PR_DEF_CREATE_DL, Meaning::DistList(0))]
        {
            props.set(tag, entry_id::make(self.book.storage.uid(), template).as_bytes().to_vec());
        }
        props
    }
}

impl MapiProp for PabContainer {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let content = self.content();
        let Some(tags) = tags else { return Ok(content.into_iter().collect()) };
        Ok(tags.iter().map(|tag| found(&content, *tag)).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.content().tags().collect())
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.book.storage.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.book.storage.ids(names, create)
    }
}

impl Container for PabContainer {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        if flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "AbContainer::contents_table", detail));
        }
        self.book.refresh()?;
        let order = SortOrder::by(PR_DISPLAY_NAME, Direction::Ascending);
        Ok(Arc::new(self.book.table.view(order)?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.book.open_entry(id, flags)
    }
}

impl AbContainer for PabContainer {
    fn open_search(&self) -> Result<Arc<dyn AbContainer>> {
        Ok(Arc::new(SearchDialog::new(Arc::new(Self { book: self.book.clone() }))))
    }

    fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        if recipients.len() != flags.len() {
            let detail = format!("{} recipients and {} flags", recipients.len(), flags.len());
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "AbContainer::resolve_names", detail));
        }
        let uid = self.book.storage.uid();
        let entries = self.book.storage.entries()?;
        let entries: Vec<_> = entries.iter().map(|entry| whole(uid, Some(entry.id), &entry.props)).collect();
        for (recipient, flag) in recipients.iter_mut().zip(flags) {
            if *flag == Resolution::Resolved {
                continue;
            }
            let name = recipient.display_name().unwrap_or_default().to_owned();
            match find(&name, &entries) {
                Found::Nobody => {}
                Found::Several => *flag = Resolution::Ambiguous,
                Found::One(entry) => {
                    *flag = Resolution::Resolved;
                    let props = RESOLVED.iter().filter_map(|tag| entry.prop(*tag).cloned());
                    recipient.props.merge(props.collect());
                }
            }
        }
        Ok(())
    }

    /// The template of a list (PR_DEF_CREATE_DL), or a list, makes a list, every other a mail user.
    fn create_entry(&self, template: &EntryId, _flags: u32) -> Result<Arc<dyn MapiProp>> {
        let book = self.book.clone();
        match entry_id::read(book.storage.uid(), template) {
            Ok(Meaning::DistList(_)) => Ok(Arc::new(PabList::of(PabEntry::new_list(book)))),
            _ => Ok(Arc::new(PabEntry::new(book))),
        }
    }

    fn delete_entries(&self, ids: &[EntryId]) -> Result<()> {
        let uid = self.book.storage.uid();
        let number = |id: &EntryId| match entry_id::read(uid, id)? {
            Meaning::MailUser(number) | Meaning::DistList(number) => Ok(number),
            Meaning::Container => {
                Err(Error::new(ErrorCode::NO_ACCESS, "AbContainer::delete_entries", "the container stays"))
            }
        };
        let numbers = ids.iter().map(number).collect::<Result<Vec<_>>>()?;
        self.book.storage.delete(&numbers)?;
        self.book.refresh()
    }
}
