//! `CardBook`: the cards of a container of the address book, put in and taken out.
//!
//! What a line of a card is as a property is `mapi-vcard`'s; `entry.rs` says what an entry of an address
//! book has in other places than a contact.

mod entry;

use mapi::address_book::AddressBook;
use mapi::object::{AbContainer, AbEntry, Object};
use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::tags::{
    PR_DEF_CREATE_DL, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_vcard::{Card, Lost, Member, Version};
use std::collections::{HashMap, HashSet};

/// MAPI_DISTLIST.
const DIST_LIST: i32 = 8;

/// Cards of one container.
#[derive(Debug)]
pub struct CardBook {
    book: AddressBook,
    container: AbContainer,
    /// Entries by the UID of their card.
    by_uid: HashMap<String, EntryId>,
    /// Entries by name and address, in lower case.
    by_name: HashMap<(String, String), EntryId>,
    by_address: HashMap<String, EntryId>,
    /// Lists whose members are not in yet.
    waiting: Vec<(EntryId, Vec<Member>)>,
}

/// What a card became.
#[derive(Debug)]
pub struct Imported {
    /// The entry.
    pub id: EntryId,
    /// Its name.
    pub name: String,
    /// True for a list.
    pub is_list: bool,
    /// False where an entry that was there has changed.
    pub is_new: bool,
    /// What has no place in it.
    pub lost: Vec<Lost>,
}

impl CardBook {
    /// The cards of the container of the session's user (GetPAB).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none.
    /// - What the address book answers.
    pub fn of_pab(book: &AddressBook) -> Result<Self> {
        let container = book.open_container(&book.pab()?, OpenFlags::MODIFY)?;
        let mut cards = Self {
            book: book.clone(),
            container,
            by_uid: HashMap::new(),
            by_name: HashMap::new(),
            by_address: HashMap::new(),
            waiting: Vec::new(),
        };
        let tag = cards.uid_tag()?;
        for (id, row) in cards.rows()? {
            let uid = tag.and_then(|tag| row.text(tag));
            let address = row.text(PR_SMTP_ADDRESS).or_else(|| row.text(PR_EMAIL_ADDRESS));
            let name = row.text(PR_DISPLAY_NAME).unwrap_or_default();
            cards.remember(&id, uid, name, address.unwrap_or_default());
        }
        Ok(cards)
    }

    /// The entries of the container, by name.
    ///
    /// # Errors
    /// - What the container answers.
    pub fn entries(&self) -> Result<Vec<EntryId>> {
        Ok(self.rows()?.into_iter().map(|(id, _)| id).collect())
    }

    fn rows(&self) -> Result<Vec<(EntryId, Row)>> {
        let uid = self.uid_tag()?;
        let columns = [PR_ENTRYID, PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_EMAIL_ADDRESS].into_iter().chain(uid);
        let rows = self
            .container
            .contents_table(TableFlags::NONE)?
            .query_all_rows(&columns.collect::<Vec<PropTag>>())?;
        let id = |row: &Row| row.binary(PR_ENTRYID).map(EntryId::from_bytes);
        Ok(rows.into_iter().filter_map(|row| Some((id(&row)?, row))).collect())
    }

    fn uid_tag(&self) -> Result<Option<PropTag>> {
        let id = self.container.ids(&[entry::uid_name()], false)?.into_iter().next().flatten();
        Ok(id.map(|id| PropTag::new(id, PropType::UNICODE)))
    }

    fn remember(&mut self, id: &EntryId, uid: Option<&str>, name: &str, address: &str) {
        self.by_uid.insert(entry::made_uid(id), id.clone());
        let address = address.to_lowercase();
        match uid {
            Some(uid) => drop(self.by_uid.insert(uid.to_owned(), id.clone())),
            None => drop(self.by_name.insert((name.to_lowercase(), address.clone()), id.clone())),
        }
        if !address.is_empty() {
            self.by_address.entry(address).or_insert_with(|| id.clone());
        }
    }

    /// Puts a card in. One whose UID an entry has changes that entry; one without a UID changes the entry
    /// that has its name and its address. The members of lists come in with [`CardBook::finish`], as their
    /// cards may come later.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: the card has neither a name nor an address.
    /// - What the container answers; nothing of this card is kept then.
    pub fn import(&mut self, card: &Card) -> Result<Imported> {
        let contact = mapi_vcard::from_card(card);
        let is_list = card.is_list();
        let (properties, mut lost) = (entry::properties(&contact.object), contact.lost);
        let text =
            |tag| mapi_defs::object::find(&properties, tag).and_then(PropValue::as_text).unwrap_or_default();
        let (name, address) = (text(PR_DISPLAY_NAME).to_owned(), text(PR_SMTP_ADDRESS).to_owned());
        if name.is_empty() && address.is_empty() {
            let detail = "the card has neither a name nor an address";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "CardBook::import", detail));
        }
        let uid = card.uid();
        let known = match &uid {
            Some(uid) => self.by_uid.get(uid),
            None => self.by_name.get(&(name.to_lowercase(), address.to_lowercase())),
        };
        let known = known.cloned().map(|id| self.open(&id, is_list)).transpose()?.flatten();
        let is_new = known.is_none();
        let entry = match known {
            Some(entry) => entry,
            None => self.container.create_entry(&self.template(is_list)?)?,
        };
        lost.extend(fill(&entry, &properties)?);
        entry.save(SaveFlags::FORCE_SAVE)?;
        let id = EntryId::from_bytes(entry.binary(PR_ENTRYID)?.unwrap_or_default());
        self.remember(&id, uid.as_deref(), &name, &address);
        if is_list {
            self.waiting.push((id.clone(), mapi_vcard::members(card)));
        }
        Ok(Imported { id, name: if name.is_empty() { address } else { name }, is_list, is_new, lost })
    }

    /// An entry that is there, for being changed; `None` where it is of the other kind.
    fn open(&self, id: &EntryId, is_list: bool) -> Result<Option<AbEntry>> {
        let entry = self.book.open_entry(id, OpenFlags::MODIFY)?;
        let is_same = (entry.long(PR_OBJECT_TYPE)? == Some(DIST_LIST)) == is_list;
        Ok(is_same.then_some(entry))
    }

    fn template(&self, is_list: bool) -> Result<EntryId> {
        if !is_list {
            return Ok(EntryId::default());
        }
        let template = self.container.binary(PR_DEF_CREATE_DL)?;
        let missing =
            || Error::new(ErrorCode::NO_SUPPORT, "CardBook::import", "the address book has no lists");
        template.map(EntryId::from_bytes).ok_or_else(missing)
    }

    /// Puts the members of the lists in, of which there were cards, in place of those they had; returns by
    /// list how many were found nowhere.
    ///
    /// # Errors
    /// - What the container answers.
    pub fn finish(&mut self) -> Result<Vec<(EntryId, usize)>> {
        let mut missing = Vec::new();
        for (list, members) in std::mem::take(&mut self.waiting) {
            let mut taken = HashSet::from([list.clone()]);
            let found: Vec<Option<EntryId>> = members.iter().map(|member| self.found(member)).collect();
            let lost = found.iter().filter(|id| id.is_none()).count();
            let ids: Vec<EntryId> =
                found.into_iter().flatten().filter(|id| taken.insert(id.clone())).collect();
            let container = self.book.open_container(&list, OpenFlags::MODIFY)?;
            let held = container.contents_table(TableFlags::NONE)?.query_all_rows(&[PR_ENTRYID])?;
            let held: Vec<EntryId> =
                held.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect();
            container.delete_entries(&held)?;
            container.copy_entries(&ids)?;
            if lost > 0 {
                missing.push((list, lost));
            }
        }
        Ok(missing)
    }

    fn found(&self, member: &Member) -> Option<EntryId> {
        match member {
            Member::Card(uid) => self.by_uid.get(uid).cloned(),
            Member::Address { name, address } => {
                let known = self.by_address.get(&address.to_lowercase()).cloned();
                let name = if name.is_empty() { address } else { name };
                Some(known.unwrap_or_else(|| OneOff::new(name, "SMTP", address).entry_id()))
            }
        }
    }

    /// The cards of entries, which may be of any container of the session. Of a list, a member whose card is
    /// among them is named by its UID, every other by its address.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_NOT_FOUND`: there is no such entry.
    pub fn export(
        &self,
        id: &EntryId,
        among: &HashSet<EntryId>,
        version: Version,
    ) -> Result<(Card, Vec<Lost>)> {
        let entry = self.book.open_entry(id, OpenFlags::NONE)?;
        let is_list = entry.long(PR_OBJECT_TYPE)? == Some(DIST_LIST);
        let object = entry::contact(entry.properties()?, id);
        let (mut card, mut lost) = mapi_vcard::to_card(&object, version);
        if is_list {
            let (members, without) = self.members(id, among)?;
            mapi_vcard::add_members(&mut card, &members);
            if without > 0 {
                let reason = "a member has no address that mail goes to";
                lost.push(Lost { what: "MEMBER".to_owned(), reason });
            }
        }
        Ok((card, lost))
    }

    fn members(&self, list: &EntryId, among: &HashSet<EntryId>) -> Result<(Vec<Member>, usize)> {
        let columns = [PR_ENTRYID, PR_DISPLAY_NAME, PR_SMTP_ADDRESS, PR_EMAIL_ADDRESS];
        let table = self.book.open_container(list, OpenFlags::NONE)?.contents_table(TableFlags::NONE)?;
        let (mut members, mut without) = (Vec::new(), 0);
        for row in table.query_all_rows(&columns)? {
            let id = row.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default();
            let address = row.text(PR_SMTP_ADDRESS).or_else(|| row.text(PR_EMAIL_ADDRESS));
            let name = row.text(PR_DISPLAY_NAME).unwrap_or_default().to_owned();
            match address.filter(|address| address.contains('@')) {
                _ if among.contains(&id) => members.push(Member::Card(self.uid_of(&id)?)),
                Some(address) => members.push(Member::Address { name, address: address.to_owned() }),
                None => without += 1,
            }
        }
        Ok((members, without))
    }

    fn uid_of(&self, id: &EntryId) -> Result<String> {
        let properties = self.book.open_entry(id, OpenFlags::NONE)?.properties()?;
        Ok(entry::uid(&properties).unwrap_or_else(|| entry::made_uid(id)))
    }
}

/// Makes these the properties of an entry, and names those that it does not take.
fn fill(entry: &AbEntry, properties: &[Property]) -> Result<Vec<Lost>> {
    let names: Vec<_> = properties.iter().filter_map(|property| property.named.clone()).collect();
    let ids: HashMap<_, _> = names.iter().zip(entry.ids(&names, true)?).collect();
    let tag = |property: &Property| match &property.named {
        None => Some(property.tag),
        Some(name) => ids.get(name).copied().flatten().map(|id| PropTag::new(id, property.tag.ptype())),
    };
    let props: Vec<Prop> = properties
        .iter()
        .filter_map(|property| Some(Prop { tag: tag(property)?, value: property.value.clone() }))
        .collect();
    // What the card does not say any more goes; what the book computes stays by itself.
    let old: Vec<PropTag> = entry.prop_list()?;
    let gone: Vec<PropTag> = old.into_iter().filter(|old| !entry::is_kept(*old)).collect();
    entry.delete_props(&gone)?;
    let problems = entry.set_props(&props)?;
    let reason = "the address book does not keep it";
    Ok(problems
        .iter()
        .map(|problem| Lost {
            what: mapi_defs::lookup::tag_name(problem.tag)
                .map_or_else(|| problem.tag.to_string(), str::to_owned),
            reason,
        })
        .collect())
}

/// A contact or list in a file, made of a card among others of the same file: members that are named as cards
/// are those cards' addresses.
pub fn contact_among(card: &Card, cards: &[Card]) -> (MessageObject, Vec<Lost>) {
    let mut contact = mapi_vcard::from_card(card);
    if !card.is_list() {
        return (contact.object, contact.lost);
    }
    let by_uid: HashMap<String, &Card> = cards.iter().filter_map(|card| Some((card.uid()?, card))).collect();
    let one_off = |member: &Member| match member {
        Member::Address { name, address } => {
            Some(OneOff::new(if name.is_empty() { address } else { name }, "SMTP", address))
        }
        Member::Card(uid) => {
            let card = by_uid.get(uid)?;
            let address = card.text("EMAIL")?;
            Some(OneOff::new(&card.text("FN").unwrap_or_else(|| address.clone()), "SMTP", &address))
        }
    };
    let members = mapi_vcard::members(card);
    let found: Vec<OneOff> = members.iter().filter_map(one_off).collect();
    if found.len() < members.len() {
        let reason = "a member's card is not in the file, or has no address";
        contact.lost.push(Lost { what: "MEMBER".to_owned(), reason });
    }
    mapi_vcard::set_members(&mut contact.object, &card.text("FN").unwrap_or_default(), &found);
    (contact.object, contact.lost)
}
