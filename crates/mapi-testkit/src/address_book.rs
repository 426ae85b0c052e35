//! `ListedAddressBook`: an address book provider over a list of people, which remembers what it was
//! asked.

use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::collation::{compare_text, fold_text};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use mapi_spi::address_book::{AbContainer, Resolution};
use mapi_spi::container::{Container, Opened};
use mapi_spi::gate::Gate;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::support::Support;
use mapi_spi::table::{MapiTable, TableData, TableRow};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// PR_OBJECT_TYPE values.
const CONTAINER: i32 = 4;
const MAIL_USER: i32 = 6;
const DIST_LIST: i32 = 8;

/// One call that an address book was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AbCall {
    /// ResolveNames of these names.
    Resolve(Vec<String>),
    /// OpenEntry of this identifier, or of the root container.
    Open(EntryId),
    /// Members of this list.
    Expand(EntryId),
    /// Logoff.
    Logoff,
}

/// An address book provider over a list of people.
pub struct ListedAddressBook {
    book: Arc<Book>,
}

struct Book {
    uid: MapiUid,
    people: Vec<PropList>,
    /// Members of the lists, by the lists' identifiers.
    lists: Vec<(EntryId, Vec<Recipient>)>,
    calls: Mutex<Vec<AbCall>>,
}

impl ListedAddressBook {
    /// People by name and SMTP address, and lists by name with the places of their members among the
    /// people.
    pub fn new(people: &[(&str, &str)], lists: &[(&str, &[usize])]) -> Arc<Self> {
        let uid = Guid::from_fields(0x4C69_7374, 0x6564, 0x4142, *b"peoples.");
        let mut rows: Vec<PropList> = Vec::new();
        for (name, address) in people {
            let mut props = entry(uid, rows.len(), name, MAIL_USER);
            props.set(PR_ADDRTYPE, "SMTP");
            props.set(PR_EMAIL_ADDRESS, *address);
            props.set(PR_SMTP_ADDRESS, *address);
            rows.push(props);
        }
        let mut members = Vec::new();
        for (name, places) in lists {
            let props = entry(uid, rows.len(), name, DIST_LIST);
            let member = |place: &usize| Recipient { row_id: 0, props: rows[*place].clone() };
            let id = EntryId::from_bytes(props.binary(PR_ENTRYID).unwrap_or_default());
            members.push((id, places.iter().map(member).collect()));
            rows.push(props);
        }
        Arc::new(Self { book: Arc::new(Book { uid, people: rows, lists: members, calls: Mutex::default() }) })
    }

    /// What the address book was asked so far, oldest first.
    pub fn calls(&self) -> Vec<AbCall> {
        self.book.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The identifier of the person or list at this place.
    pub fn entry_id(&self, place: usize) -> EntryId {
        id_of(self.book.uid, place)
    }
}

impl Book {
    fn note(&self, call: AbCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    fn find(&self, id: &EntryId) -> Result<&PropList> {
        let is_it = |props: &&PropList| props.binary(PR_ENTRYID) == Some(id.as_bytes());
        let missing =
            || Error::new(ErrorCode::NOT_FOUND, "AbLogon::open_entry", "nobody has this identifier");
        self.people.iter().find(is_it).ok_or_else(missing)
    }

    /// Those of the name, or else those whose names begin with it.
    fn named(&self, name: &str) -> Vec<&PropList> {
        let name_of = |props: &PropList| props.text(PR_DISPLAY_NAME).unwrap_or_default().to_owned();
        let all = |is_it: &dyn Fn(&str) -> bool| -> Vec<&PropList> {
            self.people.iter().filter(|props| is_it(&name_of(props))).collect()
        };
        let exact = all(&|held| compare_text(held, name).is_eq());
        if !exact.is_empty() || name.is_empty() {
            return exact;
        }
        all(&|held| fold_text(held).starts_with(&fold_text(name)))
    }
}

impl AbProvider for ListedAddressBook {
    fn name(&self) -> &str {
        "LISTED"
    }

    fn logon(&self, _support: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>> {
        Ok(Arc::new(Logon { book: self.book.clone(), gate: Arc::new(Gate::new(0)) }))
    }
}

#[derive(Clone)]
struct Logon {
    book: Arc<Book>,
    gate: Arc<Gate>,
}

impl Logon {
    fn check(&self, call: &'static str) -> Result<()> {
        if self.gate.is_closed() {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the address book has logged off"));
        }
        Ok(())
    }

    fn open(&self, props: PropList) -> Arc<Entry> {
        Arc::new(Entry { logon: self.clone(), props })
    }

    fn root(&self) -> Arc<Entry> {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, "People");
        props.set(PR_OBJECT_TYPE, CONTAINER);
        props.set(PR_ENTRYID, EntryId::new(self.book.uid, b"root").as_bytes().to_vec());
        self.open(props)
    }
}

impl AbLogon for Logon {
    fn uids(&self) -> Vec<MapiUid> {
        vec![self.book.uid]
    }

    fn open_entry(&self, id: &EntryId, _flags: OpenFlags) -> Result<Opened> {
        self.check("AbLogon::open_entry")?;
        self.book.note(AbCall::Open(id.clone()));
        if id.is_empty() || *id == EntryId::new(self.book.uid, b"root") {
            return Ok(Opened::Object(self.root()));
        }
        Ok(Opened::Object(self.open(self.book.find(id)?.clone())))
    }

    fn open_container(&self, id: &EntryId, _flags: OpenFlags) -> Result<Arc<dyn AbContainer>> {
        const CALL: &str = "AbLogon::open_container";
        self.check(CALL)?;
        self.book.note(AbCall::Open(id.clone()));
        if id.is_empty() || *id == EntryId::new(self.book.uid, b"root") {
            return Ok(self.root());
        }
        Err(Error::new(ErrorCode::NOT_FOUND, CALL, "there is no such container"))
    }

    fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        const CALL: &str = "AbLogon::expand_list";
        self.check(CALL)?;
        self.book.note(AbCall::Expand(id.clone()));
        let list = self.book.lists.iter().find(|(list, _)| list == id);
        let missing = || Error::new(ErrorCode::NOT_FOUND, CALL, "there is no such list");
        list.map(|(_, members)| members.clone()).ok_or_else(missing)
    }

    fn logoff(&self) -> Result<()> {
        if self.gate.close() {
            self.book.note(AbCall::Logoff);
        }
        Ok(())
    }
}

/// The container, a person or a list.
struct Entry {
    logon: Logon,
    props: PropList,
}

impl MapiProp for Entry {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.logon.check("MapiProp::props")?;
        let one = |tag: &PropTag| {
            let missing = || Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND));
            self.props.prop(*tag).cloned().unwrap_or_else(missing)
        };
        Ok(match tags {
            Some(tags) => tags.iter().map(one).collect(),
            None => self.props.iter().cloned().collect(),
        })
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.logon.check("MapiProp::prop_list")?;
        Ok(self.props.tags().collect())
    }
}

impl Container for Entry {
    fn contents_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        self.logon.check("Container::contents_table")?;
        let table =
            TableData::new(PR_ENTRYID, &[PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ADDRTYPE, PR_OBJECT_TYPE]);
        table.modify_rows(self.logon.book.people.iter().cloned().map(TableRow::from).collect())?;
        let order = SortOrder::by(PR_DISPLAY_NAME, Direction::Ascending);
        Ok(Arc::new(table.view_behind(order, Some(self.logon.gate.clone()))?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        AbLogon::open_entry(&self.logon, id, flags)
    }
}

impl AbContainer for Entry {
    fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        self.logon.check("AbContainer::resolve_names")?;
        let names = recipients.iter().map(|row| row.display_name().unwrap_or_default().to_owned()).collect();
        self.logon.book.note(AbCall::Resolve(names));
        for (row, flag) in recipients.iter_mut().zip(flags) {
            if *flag == Resolution::Resolved {
                continue;
            }
            match self.logon.book.named(row.display_name().unwrap_or_default())[..] {
                [] => {}
                [only] => {
                    *flag = Resolution::Resolved;
                    row.props.merge(only.clone());
                }
                _ => *flag = Resolution::Ambiguous,
            }
        }
        Ok(())
    }
}

fn entry(uid: MapiUid, place: usize, name: &str, kind: i32) -> PropList {
    let mut props = PropList::new();
    props.set(PR_ENTRYID, id_of(uid, place).as_bytes().to_vec());
    props.set(PR_DISPLAY_NAME, name);
    props.set(PR_OBJECT_TYPE, kind);
    props
}

fn id_of(uid: MapiUid, place: usize) -> EntryId {
    EntryId::new(uid, &(place as u64).to_be_bytes())
}
