//! `PabList`: a distribution list of the address book (IDistList). It is an entry whose members are a
//! property of it (`members.rs`), so everything an entry can do is `mail_user.rs`'s.

use crate::entry_id::{self, Meaning};
use crate::mail_user::{PabEntry, details, whole};
use crate::members::{self, Member};
use crate::provider::{Book, COLUMNS};
use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_INSTANCE_KEY, PR_OBJECT_TYPE};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::{AbContainer, DistList};
use mapi_spi::container::{Container, Opened};
use mapi_spi::display;
use mapi_spi::prop::MapiProp;
use mapi_spi::table::{MapiTable, TableData, TableRow};
use std::any::Any;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// MAPI_MAILUSER.
const MAIL_USER: i32 = 6;

/// A list.
#[derive(Clone)]
pub(crate) struct PabList {
    entry: Arc<PabEntry>,
}

impl PabList {
    pub(crate) fn of(entry: PabEntry) -> Self {
        Self { entry: Arc::new(entry) }
    }

    fn members(&self) -> Vec<Member> {
        members::read(&self.entry.content())
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Member>) -> Result<()>) -> Result<()> {
        let mut members = self.members();
        change(&mut members)?;
        self.entry.set_members(&members)?;
        self.entry.save_changes(SaveFlags::NONE)
    }
}

/// A member as a recipient: of this book as it is now, else as it was kept; `None` for one that has gone.
pub(crate) fn recipient(book: &Book, member: &Member) -> Result<Option<Recipient>> {
    let uid = book.storage.uid();
    let mut props = match entry_id::read(uid, &member.id) {
        Ok(Meaning::MailUser(number) | Meaning::DistList(number)) => match book.storage.entry(number) {
            Ok(entry) => whole(uid, Some(number), &entry.props),
            Err(error) if error.code() == ErrorCode::NOT_FOUND => return Ok(None),
            Err(error) => return Err(error),
        },
        _ => member.props(),
    };
    if !props.contains_id(PR_OBJECT_TYPE.id()) {
        props.set(PR_OBJECT_TYPE, MAIL_USER);
    }
    props.remove(members::MEMBERS.id());
    Ok(Some(Recipient { row_id: 0, props }))
}

impl MapiProp for PabList {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.entry.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.entry.prop_list()
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.entry.set_props(props)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.entry.delete_props(tags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.entry.save_changes(flags)
    }

    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        details(tag, &display::dist_list(self.entry.is_writable()))
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.entry.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.entry.ids(names, create)
    }
}

impl Container for PabList {
    /// The members, as they are now.
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        if flags.has_unknown() {
            let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "DistList::contents_table", detail));
        }
        let mut rows = Vec::new();
        for (place, member) in self.members().iter().enumerate() {
            if let Some(Recipient { mut props, .. }) = recipient(self.entry.book(), member)? {
                props.set(PR_INSTANCE_KEY, place.to_le_bytes().to_vec());
                rows.push(TableRow::from(props));
            }
        }
        let table = TableData::new(PR_INSTANCE_KEY, &COLUMNS);
        table.replace_rows(rows)?;
        Ok(Arc::new(table.view(SortOrder::by(PR_DISPLAY_NAME, Direction::Ascending))?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        self.entry.book().open_entry(id, flags)
    }
}

impl AbContainer for PabList {
    /// Adds entries as members, all in one save: of this book with what is known of them, and those that hold
    /// an address themselves.
    fn copy_entries(&self, ids: &[EntryId], _flags: u32) -> Result<()> {
        let book = self.entry.book();
        let new = ids.iter().map(|id| {
            let props = match OneOff::read(id) {
                Some(OneOff { name, address_type, address, .. }) => {
                    return Ok(Member { id: id.clone(), name, address_type, address });
                }
                None => known(book, id)?,
            };
            Ok(Member::of(id.clone(), &props))
        });
        let new = new.collect::<Result<Vec<_>>>()?;
        self.change(|members| {
            let added: HashSet<EntryId> = new.iter().map(|member| member.id.clone()).collect();
            members.retain(|known| !added.contains(&known.id));
            check_count(members.len() + new.len())?;
            members.extend(new);
            Ok(())
        })
    }

    /// The member that is added once it is saved. An entry of this book brings what is known of it, of any
    /// other it is to be set: PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS.
    fn create_entry(&self, template: &EntryId, _flags: u32) -> Result<Arc<dyn MapiProp>> {
        let book = self.entry.book();
        let props = match entry_id::read(book.storage.uid(), template) {
            Err(_) if !template.is_empty() => {
                PropList::from_iter([Prop::new(PR_ENTRYID, template.as_bytes().to_vec())])
            }
            _ => known(book, template)?,
        };
        Ok(Arc::new(NewMember { list: self.clone(), id: template.clone(), props: Mutex::new(props) }))
    }

    fn delete_entries(&self, ids: &[EntryId]) -> Result<()> {
        self.change(|members| {
            members.retain(|member| !ids.contains(&member.id));
            Ok(())
        })
    }
}

impl DistList for PabList {}

/// An entry of the book that is to be a member.
fn known(book: &Book, id: &EntryId) -> Result<PropList> {
    const CALL: &str = "DistList::create_entry";
    let number = match entry_id::read(book.storage.uid(), id)? {
        _ if id.is_empty() => {
            return Err(Error::new(ErrorCode::INVALID_ENTRYID, CALL, "a member has an identifier"));
        }
        Meaning::Container => {
            return Err(Error::new(ErrorCode::INVALID_ENTRYID, CALL, "a container is in no list"));
        }
        Meaning::MailUser(number) | Meaning::DistList(number) => number,
    };
    let mut props = whole(book.storage.uid(), Some(number), &book.storage.entry(number)?.props);
    props.remove(members::MEMBERS.id());
    Ok(props)
}

fn check_count(count: usize) -> Result<()> {
    if count <= members::MOST {
        return Ok(());
    }
    let detail = format!("a list has at most {} members", members::MOST);
    Err(Error::new(ErrorCode::TOO_BIG, "DistList::create_entry", detail))
}

/// A member that is in the list once it is saved.
struct NewMember {
    list: PabList,
    id: EntryId,
    props: Mutex<PropList>,
}

impl NewMember {
    fn held(&self) -> PropList {
        self.props.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl MapiProp for NewMember {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let held = self.held();
        let Some(tags) = tags else { return Ok(held.into_iter().collect()) };
        Ok(tags.iter().map(|tag| crate::mail_user::found(&held, *tag)).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.held().tags().collect())
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut held = self.props.lock().unwrap_or_else(PoisonError::into_inner);
        props.iter().for_each(|prop| drop(held.set(prop.tag, prop.value.clone())));
        Ok(Vec::new())
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        let member = Member::of(self.id.clone(), &self.held());
        self.list.change(|members| {
            members.retain(|known| known.id != member.id);
            check_count(members.len() + 1)?;
            members.push(member);
            Ok(())
        })
    }
}
