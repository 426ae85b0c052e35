//! `PabEntry`: one person of the address book (IMailUser), or the entry of a list (`dist_list.rs`). Changes
//! are kept at its save.

use crate::entry_id::{self, Meaning};
use crate::members::{self, MEMBERS, Member};
use crate::provider::Book;
use crate::storage::{self, Entry};
use mapi_defs::flags::SaveFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DETAILS_TABLE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID,
    PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_RECORD_KEY, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::MailUser;
use mapi_spi::display::{self, Dialog};
use mapi_spi::prop::MapiProp;
use mapi_spi::table::{MapiTable, TableRow};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// MAPI_MAILUSER.
const OBJECT_TYPE: i32 = 6;
/// MAPI_DISTLIST.
const LIST_TYPE: i32 = 8;
/// DT_MAILUSER and DT_PRIVATE_DISTLIST.
const SHOWN_AS_USER: i32 = 0;
const SHOWN_AS_LIST: i32 = 5;
/// PR_ADDRTYPE of a list: nobody delivers to it.
const LIST_ADDRESS_TYPE: &str = "MAPIPDL";

/// PR_EMS_AB_THUMBNAIL_PHOTO, which means the same in every address book.
const THUMBNAIL_PHOTO: PropTag = PropTag::new(0x8C9E, PropType::BINARY);

/// One person.
pub(crate) struct PabEntry {
    book: Arc<Book>,
    writable: bool,
    state: Mutex<State>,
}

struct State {
    /// Number and version in the file; none before the first save.
    known: Option<(i64, i64)>,
    props: PropList,
}

impl PabEntry {
    /// A person who is not in the book yet.
    pub(crate) fn new(book: Arc<Book>) -> Self {
        Self { book, writable: true, state: Mutex::new(State { known: None, props: PropList::new() }) }
    }

    /// A list that is not in the book yet, of nobody.
    pub(crate) fn new_list(book: Arc<Book>) -> Self {
        let entry = Self::new(book);
        entry.state().props.set(MEMBERS, Vec::new());
        entry
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writable
    }

    /// The book it is in.
    pub(crate) fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Puts other members into a list; they are kept at its save.
    pub(crate) fn set_members(&self, members: &[Member]) -> Result<()> {
        self.check_writable()?;
        self.state().props.set(MEMBERS, members::write(members));
        Ok(())
    }

    pub(crate) fn open(book: Arc<Book>, entry: Entry, writable: bool) -> Self {
        let state = State { known: Some((entry.id, entry.version)), props: entry.props };
        Self { book, writable, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn content(&self) -> PropList {
        let state = self.state();
        whole(self.book.storage.uid(), state.known.map(|(id, _)| id), &state.props)
    }

    /// Whether an identifier means something here: those of names do once they were given.
    fn is_known(&self, tag: PropTag) -> Result<bool> {
        if !tag.is_named() || tag == THUMBNAIL_PHOTO {
            return Ok(true);
        }
        Ok(self.book.storage.names(&[tag.id()])?.iter().any(Option::is_some))
    }

    fn check_writable(&self) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::NO_ACCESS, "MailUser::set_props", "the entry is open for reading"))
    }
}

/// An entry's properties with those that the book computes.
pub(crate) fn whole(book: MapiUid, id: Option<i64>, own: &PropList) -> PropList {
    let mut props = own.clone();
    if own.contains_id(MEMBERS.id()) {
        let name = own.text(PR_DISPLAY_NAME).unwrap_or_default();
        props.set(PR_SEARCH_KEY, format!("{LIST_ADDRESS_TYPE}:{name}\0").to_uppercase().into_bytes());
        props.set(PR_ADDRTYPE, LIST_ADDRESS_TYPE);
        props.set(PR_OBJECT_TYPE, LIST_TYPE);
        props.set(PR_DISPLAY_TYPE, SHOWN_AS_LIST);
        set_identifiers(&mut props, id.map(|id| entry_id::make(book, Meaning::DistList(id))));
        return props;
    }
    let address =
        own.text(PR_SMTP_ADDRESS).or_else(|| own.text(PR_EMAIL_ADDRESS)).unwrap_or_default().to_owned();
    let kind = own.text(PR_ADDRTYPE).unwrap_or("SMTP").to_owned();
    if !address.is_empty() {
        props.set(PR_SEARCH_KEY, format!("{kind}:{address}\0").to_uppercase().into_bytes());
        props.set(PR_EMAIL_ADDRESS, address.as_str());
        if kind.eq_ignore_ascii_case("SMTP") {
            props.set(PR_SMTP_ADDRESS, address.as_str());
        }
    }
    if own.text(PR_DISPLAY_NAME).is_none_or(str::is_empty) {
        props.set(PR_DISPLAY_NAME, address);
    }
    props.set(PR_ADDRTYPE, kind);
    props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
    props.set(PR_DISPLAY_TYPE, SHOWN_AS_USER);
    set_identifiers(&mut props, id.map(|id| entry_id::make(book, Meaning::MailUser(id))));
    props
}

fn set_identifiers(props: &mut PropList, id: Option<EntryId>) {
    for tag in id.iter().flat_map(|_| [PR_ENTRYID, PR_RECORD_KEY, PR_INSTANCE_KEY]) {
        props.set(tag, id.as_ref().map(|id| id.as_bytes().to_vec()).unwrap_or_default());
    }
}

fn is_computed(tag: PropTag) -> bool {
    [PR_ENTRYID, PR_RECORD_KEY, PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_DISPLAY_TYPE, PR_SEARCH_KEY, MEMBERS]
        .iter()
        .any(|computed| computed.id() == tag.id())
}

/// The property asked for, or why it is not there, in the width asked for.
pub(crate) fn found(props: &PropList, tag: PropTag) -> Prop {
    match (tag.ptype(), props.value(tag).cloned()) {
        (_, None) => Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND)),
        (PropType::UNICODE, Some(PropValue::String8(text))) => Prop::new(tag, text),
        (PropType::STRING8, Some(PropValue::Unicode(text))) => Prop::new(tag, PropValue::String8(text)),
        (_, Some(value)) => Prop::new(tag, value),
    }
}

/// PR_DETAILS_TABLE.
pub(crate) fn details(tag: PropTag, dialog: &Dialog) -> Result<Arc<dyn MapiTable>> {
    if tag.id() == PR_DETAILS_TABLE.id() {
        return dialog.table();
    }
    Err(Error::new(ErrorCode::NOT_FOUND, "MapiProp::open_table", "the entry has no such table"))
}

impl MapiProp for PabEntry {
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

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.check_writable()?;
        let (mut problems, mut kept) = (Vec::new(), PropList::new());
        for (index, prop) in props.iter().enumerate() {
            let code = match () {
                () if is_computed(prop.tag) => ErrorCode::COMPUTED,
                () if !storage::keeps(&prop.value) => ErrorCode::INVALID_TYPE,
                () if !self.is_known(prop.tag)? => ErrorCode::UNEXPECTED_ID,
                () => {
                    kept.set(prop.tag, prop.value.clone());
                    continue;
                }
            };
            problems.push(PropProblem { index, tag: prop.tag, code });
        }
        self.state().props.merge(kept);
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.check_writable()?;
        let mut state = self.state();
        tags.iter().for_each(|tag| drop(state.props.remove(tag.id())));
        Ok(Vec::new())
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.check_writable()?;
        let mut state = self.state();
        let saved =
            self.book.storage.save(state.known, &state.props, flags.contains(SaveFlags::FORCE_SAVE))?;
        state.known = Some(saved);
        drop(state);
        // What others did meanwhile is read where the contents are asked for.
        self.book.table.modify_row(TableRow::from(self.content()))
    }

    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        details(tag, &display::mail_user(self.writable))
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.book.storage.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.book.storage.ids(names, create && self.writable)
    }
}

impl MailUser for PabEntry {}
