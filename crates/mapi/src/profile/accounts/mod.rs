//! Accounts as a profile keeps them: a root section that lists them, and a section for each.
//!
//! The root holds the next identifier, the sections of the accounts and an ordered list of accounts for
//! each category; it changes under the lock of the profiles alone. A section holds the account's PROP_*
//! values under their own identifiers, and its secrets sealed. Changes as a whole are `change.rs`, what is
//! made of services `sync.rs`, what is written down of them `kept.rs`, and whether servers would take them `trial.rs`; the objects that clients hold are `account/`.

mod change;
mod kept;
mod sync;
mod trial;

pub use change::NewAccount;
pub(super) use change::taken_mini_uids;
pub use kept::KeptAccount;
pub use trial::Trial;
pub(crate) use trial::try_account;

use super::ProfileData;
use super::access::ACCOUNTS;
use super::secure::SealedProp;
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::{CLSID_OLK_ADDRESS_BOOK, CLSID_OLK_MAIL, CLSID_OLK_STORE};
use mapi_defs::prop::tags::{
    PROP_ACCT_ID, PROP_ACCT_MINI_UID, PROP_ACCT_SEND_STAMP, PROP_ACCT_STAMP, PROP_SMTP_AUTH_METHOD,
    PROP_SMTP_USE_AUTH,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::collections::BTreeMap;

/// The layout of the root, for programs to come.
const VERSION: PropTag = PropTag::new(0x6600, PropType::LONG);
/// What the layout is now.
const THIS_VERSION: i32 = 1;
/// Of the root: the identifier of the next account; none is used twice.
const NEXT_ID: PropTag = PropTag::new(0x6601, PropType::LONG);
/// Of the root: the sections of the accounts.
const SECTIONS: PropTag = PropTag::new(0x6602, PropType::MV_BINARY);
/// Of the root: the identifiers of the accounts of each category, in order.
const ORDERS: [PropTag; 3] = [
    PropTag::new(0x6603, PropType::MV_LONG),
    PropTag::new(0x6604, PropType::MV_LONG),
    PropTag::new(0x6605, PropType::MV_LONG),
];
/// Of an account: its type.
const TYPE: PropTag = PropTag::new(0x6600, PropType::CLSID);
/// Of an account: its categories, a bit for each.
const CATEGORIES: PropTag = PropTag::new(0x6601, PropType::LONG);
/// Of an account: the services that are its own.
const SERVICES: PropTag = PropTag::new(0x6602, PropType::MV_BINARY);
/// Of an account: those among its services that only fetch; what they call their password is that of the
/// incoming server, whichever of the two they ask for.
const FETCHING: PropTag = PropTag::new(0x6603, PropType::MV_BINARY);
/// Identifiers of an account's section that say what the account is and are no property of it.
const OWN_IDS: std::ops::RangeInclusive<u16> = 0x6600..=0x660F;

/// The secure property that holds the password of the incoming server.
pub(crate) const INCOMING_PASSWORD: PropTag = PropTag::new(0x67F0, PropType::UNICODE);
/// The secure property that holds the password of the outgoing server.
pub(crate) const OUTGOING_PASSWORD: PropTag = PropTag::new(0x67F1, PropType::UNICODE);

/// What an account is good for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AccountCategory {
    /// It sends or receives mail (CLSID_OlkMail).
    Mail,
    /// It is an address book (CLSID_OlkAddressBook).
    AddressBook,
    /// It has a store (CLSID_OlkStore).
    Store,
}

impl AccountCategory {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Mail, Self::AddressBook, Self::Store];

    /// Its class identifier.
    pub const fn clsid(self) -> Guid {
        match self {
            Self::Mail => CLSID_OLK_MAIL,
            Self::AddressBook => CLSID_OLK_ADDRESS_BOOK,
            Self::Store => CLSID_OLK_STORE,
        }
    }

    /// The category of a class identifier.
    pub fn from_clsid(clsid: Guid) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.clsid() == clsid)
    }

    const fn bit(self) -> i32 {
        1 << self as i32
    }
}

/// One account as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AccountRecord {
    pub(crate) id: u32,
    pub(crate) section: MapiUid,
    pub(crate) account_type: Guid,
    pub(crate) categories: Vec<AccountCategory>,
    pub(crate) services: Vec<MapiUid>,
    /// Its properties; what says what the account is has been left out.
    pub(crate) props: PropList,
    /// Its secrets, still shut.
    pub(crate) sealed: Vec<SealedProp>,
}

/// The accounts of a profile.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) records: BTreeMap<u32, AccountRecord>,
    orders: [Vec<u32>; 3],
}

impl Accounts {
    /// The accounts of a category, in order.
    pub(crate) fn order(&self, category: AccountCategory) -> &[u32] {
        &self.orders[category as usize]
    }

    /// The account a service belongs to.
    pub(crate) fn of_service(&self, service: MapiUid) -> Option<&AccountRecord> {
        self.records.values().find(|record| record.services.contains(&service))
    }
}

impl ProfileData {
    /// The accounts. What is damaged is left out; orders name what is there and nothing else.
    pub(crate) fn accounts(&self) -> Accounts {
        let root = self.section(ACCOUNTS);
        let mut records = BTreeMap::new();
        for record in uids(&root, SECTIONS).into_iter().filter_map(|uid| self.account_of_section(uid)) {
            records.entry(record.id).or_insert(record);
        }
        let order = |category: AccountCategory| {
            let is_in = |id: &u32| {
                records.get(id).is_some_and(|record: &AccountRecord| record.categories.contains(&category))
            };
            let mut ids: Vec<u32> = Vec::new();
            let kept = longs(&root, ORDERS[category as usize]).into_iter();
            for id in kept.chain(records.keys().copied()).filter(is_in) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            ids
        };
        let orders = AccountCategory::ALL.map(order);
        Accounts { records, orders }
    }

    fn account_of_section(&self, section: MapiUid) -> Option<AccountRecord> {
        let mut props = self.sections.get(&section)?.clone();
        let id = props.long(PROP_ACCT_ID)?.cast_unsigned();
        let Some(PropValue::Clsid(account_type)) = props.value(TYPE).cloned() else { return None };
        let bits = props.long(CATEGORIES).unwrap_or(0);
        let categories = AccountCategory::ALL.into_iter().filter(|category| bits & category.bit() != 0);
        let (categories, services) = (categories.collect(), uids(&props, SERVICES));
        props.retain(|prop| !OWN_IDS.contains(&prop.tag.id()));
        let sealed = self.sealed.get(&section).cloned().unwrap_or_default();
        Some(AccountRecord { id, section, account_type, categories, services, props, sealed })
    }

    /// True for the root of accounts and the sections of accounts.
    pub(super) fn is_of_accounts(&self, section: MapiUid) -> bool {
        let is_listed = || uids(&self.section(ACCOUNTS), SECTIONS).contains(&section);
        section == ACCOUNTS || is_listed()
    }

    /// Where the secret is that a service asks for and that its account keeps.
    pub(super) fn account_secret(&self, service: MapiUid, id: u16) -> Option<(MapiUid, &SealedProp)> {
        // Most profiles have no account, and then nothing is looked through.
        self.sections.get(&ACCOUNTS)?;
        let section = self.accounts().of_service(service)?.section;
        let props = self.sections.get(&section)?;
        let incoming = || self.sealed_prop(section, INCOMING_PASSWORD.id());
        let found = if id != OUTGOING_PASSWORD.id() {
            self.sealed_prop(section, id)
        } else if uids(props, FETCHING).contains(&service) {
            incoming()
        } else {
            let own = self.sealed_prop(section, id);
            own.or_else(|| logs_on_as_incoming(props).then(incoming).flatten())
                .filter(|_| props.long(PROP_SMTP_USE_AUTH) != Some(0))
        };
        found.map(|prop| (section, prop))
    }

    /// Writes what an account is into its section, which is not listed yet.
    fn describe_account(
        &mut self,
        section: MapiUid,
        account_type: Guid,
        categories: &[AccountCategory],
        services: &[MapiUid],
    ) {
        let props = self.sections.entry(section).or_default();
        props.set(TYPE, PropValue::Clsid(account_type));
        props.set(CATEGORIES, categories.iter().fold(0, |bits, category| bits | category.bit()));
        set_uids(props, SERVICES, services.iter().copied());
    }

    /// Says of a service of an account that it only fetches.
    fn mark_fetching(&mut self, section: MapiUid, service: MapiUid) {
        let props = self.sections.entry(section).or_default();
        let fetching = uids(props, FETCHING);
        set_uids(props, FETCHING, fetching.into_iter().chain([service]));
    }

    /// Lists an account whose section is there, under an identifier that no other had.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: every identifier was used.
    fn list_account(&mut self, section: MapiUid) -> Result<u32> {
        let accounts = self.accounts();
        let root = self.sections.entry(ACCOUNTS).or_default();
        let highest = accounts.records.keys().next_back().copied().unwrap_or(0);
        let id = root.long(NEXT_ID).unwrap_or(1).cast_unsigned().max(highest.saturating_add(1)).max(1);
        let Some(next) = id.checked_add(1) else {
            let detail = "every identifier of accounts was used";
            return Err(Error::new(
                ErrorCode::NOT_ENOUGH_RESOURCES,
                "AccountManager::create_account",
                detail,
            ));
        };
        root.set(NEXT_ID, next.cast_signed());
        let props = self.sections.entry(section).or_default();
        props.set(PROP_ACCT_ID, id.cast_signed());
        let mini_uid = props.long(PROP_ACCT_MINI_UID).unwrap_or(0);
        let stamp = format!("{id:08X}\u{1}{mini_uid:08X}");
        for tag in [PROP_ACCT_STAMP, PROP_ACCT_SEND_STAMP] {
            props.set(tag, stamp.as_str());
        }
        if let Some(record) = self.account_of_section(section) {
            let mut accounts = accounts;
            for category in &record.categories {
                accounts.orders[*category as usize].push(id);
            }
            accounts.records.insert(id, record);
            self.write_root(&accounts);
        }
        Ok(id)
    }

    /// Takes an account out of the profile, and out of every order.
    fn unlist_account(&mut self, id: u32) {
        let mut accounts = self.accounts();
        let Some(record) = accounts.records.remove(&id) else { return };
        for order in &mut accounts.orders {
            order.retain(|known| *known != id);
        }
        self.sections.remove(&record.section);
        self.sealed.remove(&record.section);
        self.write_root(&accounts);
    }

    fn write_root(&mut self, accounts: &Accounts) {
        let root = self.sections.entry(ACCOUNTS).or_default();
        root.set(VERSION, THIS_VERSION);
        set_uids(root, SECTIONS, accounts.records.values().map(|record| record.section));
        for (tag, order) in ORDERS.into_iter().zip(&accounts.orders) {
            root.set(tag, PropValue::MvLong(order.iter().map(|id| id.cast_signed()).collect()));
        }
    }

    /// Makes the accounts of a copied profile its own: the services they belong to have other identities,
    /// and so have the accounts among all accounts of the user. Identifiers and stamps stay.
    pub(super) fn renew_accounts(&mut self, renewed: &BTreeMap<MapiUid, MapiUid>, taken: &[u32]) {
        let mut taken = taken.to_vec();
        for record in self.accounts().records.into_values() {
            let section = self.sections.entry(record.section).or_default();
            for tag in [SERVICES, FETCHING] {
                let own = uids(section, tag).into_iter();
                set_uids(section, tag, own.map(|uid| renewed.get(&uid).copied().unwrap_or(uid)));
            }
            let mini_uid = change::free_mini_uid(&mut taken);
            section.set(PROP_ACCT_MINI_UID, mini_uid.cast_signed());
        }
    }
}

/// True where the outgoing server knows the user as the incoming one does: SMTP_AUTH_SAME_AS_POP, which is 0,
/// and also where nothing is said.
fn logs_on_as_incoming(account: &PropList) -> bool {
    account.long(PROP_SMTP_AUTH_METHOD).unwrap_or(0) == 0
}

/// The properties of an account that come as a list, without what says what the account is.
fn account_props(props: Vec<Prop>) -> PropList {
    props.into_iter().filter(|prop| !OWN_IDS.contains(&prop.tag.id())).collect()
}

fn uids(section: &PropList, tag: PropTag) -> Vec<MapiUid> {
    let Some(PropValue::MvBinary(values)) = section.value(tag) else { return Vec::new() };
    values.iter().filter_map(|bytes| bytes.as_slice().try_into().ok().map(Guid)).collect()
}

fn set_uids(section: &mut PropList, tag: PropTag, uids: impl Iterator<Item = MapiUid>) {
    section.set(tag, PropValue::MvBinary(uids.map(|uid| uid.0.to_vec()).collect()));
}

fn longs(section: &PropList, tag: PropTag) -> Vec<u32> {
    let Some(PropValue::MvLong(values)) = section.value(tag) else { return Vec::new() };
    values.iter().map(|value| value.cast_unsigned()).collect()
}
