//! Changes of accounts: each made whole in one step, or not at all.
//!
//! An account and the services that are its own change together, over a draft: a service is asked without
//! anything being locked, and what it agreed to is put into the profile with the account.

use super::{AccountCategory, AccountRecord, account_props};
use crate::profile::draft::Draft;
use crate::profile::secure::Passing;
use crate::profile::{Profile, ProfileData, ProfileFolder, ProviderKind, entry, new_uid, services};
use crate::provider::AccountService;
use crate::provider::registry;
use mapi_defs::flags::ServiceFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::{
    CLSID_OLK_HOTMAIL_ACCOUNT, CLSID_OLK_IMAP4_ACCOUNT, CLSID_OLK_LDAP_ACCOUNT, CLSID_OLK_MAPI_ACCOUNT,
    CLSID_OLK_POP3_ACCOUNT,
};
use mapi_defs::prop::tags::{
    PROP_ACCT_ID, PROP_ACCT_IS_EXCH, PROP_ACCT_MINI_UID, PROP_ACCT_PREFERENCES_UID, PROP_ACCT_SEND_STAMP,
    PROP_ACCT_STAMP, PROP_SMTP_SERVER,
};
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::provider::service::ServiceContext;
use std::sync::Arc;

/// The service of an Exchange server.
const EXCHANGE: &str = "MSEMS";

/// An account to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NewAccount {
    /// Its type (CLSID_OlkIMAP4Account and its like).
    pub account_type: Guid,
    /// PROP_* properties, settings of the account's own (0x6610 and up), and its passwords as secure
    /// properties (0x67F0 of the incoming server, 0x67F1 of the outgoing one).
    pub props: PropList,
    /// The one service that is to be the account's, by name; else the type says which.
    pub service: Option<String>,
}

/// A service that an account is going to have.
pub(super) type Planned = (String, Option<Arc<dyn AccountService>>);

impl Profile {
    /// Makes an account with the services it needs. Returns its identifier.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no service here is for accounts of this type.
    /// - What a service answers; nothing is made then.
    pub(crate) fn create_account(&self, new: NewAccount) -> Result<u32> {
        let (plain, secure) = Passing(new.props.into_iter().collect()).parted();
        let mut props = account_props(plain);
        let planned = planned(new.account_type, new.service.as_deref(), &props)?;
        identify(&mut props, free_mini_uid(&mut taken_mini_uids(self.folder())?), &planned);
        let draft = Arc::new(Draft::of_profile(self)?);
        let section = new_uid();
        draft.change(|data| {
            data.sections.insert(section, props.clone());
            data.describe_account(section, new.account_type, &[], &[]);
            data.list_account(section).map(drop)
        })?;
        draft.seal(section, &secure)?;
        let mut made = Vec::new();
        let added = planned.iter().try_for_each(|service| {
            made.push(add_service(&draft, new.account_type, section, service, &props, &made)?);
            Ok(())
        });
        let abandoned = draft.look(Clone::clone)?;
        let saved =
            added.and_then(|()| draft.save_checked(self, |_| Ok(()), |data| data.list_account(section)));
        if saved.is_err() {
            abandoned.services.iter().filter(|row| made.contains(&row.uid)).for_each(|row| {
                entry::tell_of_deletion(&abandoned, row.uid);
            });
        }
        saved
    }

    /// Changes an account, and what its services say of it. Secure properties are among the properties;
    /// those of `removed` go. False where nothing is other than before.
    ///
    /// # Errors
    /// - `E_ACCT_NOT_FOUND`: there is no such account.
    /// - What a service answers; everything is then as before.
    pub(crate) fn change_account(&self, id: u32, props: PropList, removed: &[u16]) -> Result<bool> {
        let (plain, secure) = Passing(props.into_iter().collect()).parted();
        let plain = account_props(plain);
        let draft = Arc::new(Draft::of_profile(self)?);
        let record = draft.look(|data| known(data, id))??;
        let is_changed = plain.iter().any(|prop| record.props.prop(prop.tag) != Some(prop))
            || removed.iter().any(|id| record.props.contains_id(*id))
            || record.sealed.iter().any(|prop| removed.contains(&prop.tag.id()))
            || !secure.0.is_empty();
        if !is_changed {
            return Ok(false);
        }
        draft.change(|data| {
            let section = data.sections.entry(record.section).or_default();
            section.merge(plain);
            removed.iter().for_each(|id| drop(section.remove(*id)));
            removed.iter().for_each(|id| data.remove_sealed(record.section, *id));
            Ok(())
        })?;
        draft.seal(record.section, &secure)?;
        for service in &record.services {
            pass_on(&draft, record.section, *service, !secure.0.is_empty())?;
        }
        draft.save_checked(self, |data| known(data, id).map(drop), |_| Ok(()))?;
        Ok(true)
    }

    /// Removes an account with its services, which are told; mail stays.
    ///
    /// # Errors
    /// - `E_ACCT_NOT_FOUND`: there is no such account.
    pub(crate) fn delete_account(&self, id: u32) -> Result<()> {
        self.refresh()?;
        let data = self.snapshot();
        let told = known(&data, id)?.services;
        told.iter().filter(|uid| data.service(**uid).is_ok()).for_each(|uid| {
            entry::tell_of_deletion(&data, *uid);
        });
        self.change(|data| {
            for service in known(data, id)?.services {
                data.remove_service(service);
            }
            data.unlist_account(id);
            Ok(())
        })
    }

    /// Puts the accounts of a category into this order; the transports follow the order of mail accounts.
    ///
    /// # Errors
    /// - `E_ACCT_WRONG_SORT_ORDER`: these are more or fewer than there are.
    /// - `MAPI_E_INVALID_PARAMETER`: one of them is none of the category, or there twice.
    pub(crate) fn set_account_order(&self, category: AccountCategory, ids: &[u32]) -> Result<()> {
        self.change(|data| {
            let mut accounts = data.accounts();
            let known = accounts.order(category);
            check_order(ids, known)?;
            if known != ids {
                accounts.orders[category as usize] = ids.to_vec();
                data.write_root(&accounts);
            }
            if category == AccountCategory::Mail {
                data.order_transports_by_accounts();
            }
            Ok(())
        })
    }

    /// Says where mail of accounts is delivered to that say nothing of it yet: each account with the entry
    /// identifier of its store.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn set_delivery_stores(&self, stores: &[(u32, Prop)]) -> Result<()> {
        self.change(|data| {
            for (id, store) in stores {
                let Ok(record) = known(data, *id) else { continue };
                let section = data.sections.entry(record.section).or_default();
                if !section.contains_id(store.tag.id()) {
                    section.set(store.tag, store.value.clone());
                }
            }
            Ok(())
        })
    }
}

impl ProfileData {
    /// Lets transports that belong to accounts change places among themselves, so that they stand as the
    /// mail accounts do; all others stay where they are.
    fn order_transports_by_accounts(&mut self) {
        let accounts = self.accounts();
        let mail = accounts.order(AccountCategory::Mail);
        let rank = |provider: MapiUid| {
            let service = self.service_of(provider)?.uid;
            let account = accounts.of_service(service)?.id;
            mail.iter().position(|id| *id == account)
        };
        let all: Vec<MapiUid> = self.providers(ProviderKind::Transport).iter().map(|row| row.uid).collect();
        let mut of_accounts: Vec<(usize, MapiUid)> =
            all.iter().filter_map(|uid| rank(*uid).map(|rank| (rank, *uid))).collect();
        of_accounts.sort_by_key(|(rank, _)| *rank);
        let mut next = of_accounts.into_iter();
        let place = |uid: &MapiUid| match rank(*uid) {
            Some(_) => next.next().map_or(*uid, |(_, uid)| uid),
            None => *uid,
        };
        self.transport_order = all.iter().map(place).collect();
    }

    /// The categories of an account of this type with these services. An Exchange account never is an
    /// address book.
    pub(super) fn account_categories(
        &self,
        account_type: Guid,
        services: &[MapiUid],
    ) -> Vec<AccountCategory> {
        use AccountCategory as C;
        match account_type {
            CLSID_OLK_IMAP4_ACCOUNT | CLSID_OLK_HOTMAIL_ACCOUNT => return vec![C::Mail, C::Store],
            CLSID_OLK_POP3_ACCOUNT => return vec![C::Mail],
            CLSID_OLK_LDAP_ACCOUNT => return vec![C::AddressBook],
            _ => {}
        }
        let rows = self.services.iter().filter(|row| services.contains(&row.uid));
        let is_exchange = rows.clone().any(|row| row.name == EXCHANGE);
        let kinds: Vec<ProviderKind> =
            rows.flat_map(|row| row.providers.iter().map(|provider| provider.kind)).collect();
        let is_in = |category: &AccountCategory| match category {
            C::Mail => kinds.contains(&ProviderKind::Transport) || is_exchange,
            C::AddressBook => kinds.contains(&ProviderKind::AddressBook) && !is_exchange,
            C::Store => kinds.contains(&ProviderKind::Store),
        };
        AccountCategory::ALL.into_iter().filter(is_in).collect()
    }
}

/// Gives a new account what it is known by among all others of the user; its identifier comes last.
pub(super) fn identify(props: &mut PropList, mini_uid: u32, services: &[Planned]) {
    // What an account was known by elsewhere.
    for tag in [PROP_ACCT_ID, PROP_ACCT_STAMP, PROP_ACCT_SEND_STAMP] {
        props.remove(tag.id());
    }
    let is_exchange = services.iter().any(|(name, _)| name == EXCHANGE);
    props.set(PROP_ACCT_IS_EXCH, i32::from(is_exchange));
    props.set(PROP_ACCT_MINI_UID, mini_uid.cast_signed());
    props.set(PROP_ACCT_PREFERENCES_UID, new_uid().0.to_vec());
}

/// The services an account of a type has: the one named, else the one for the type, and one that sends
/// where that does not.
pub(super) fn planned(account_type: Guid, named: Option<&str>, props: &PropList) -> Result<Vec<Planned>> {
    if let Some(name) = named {
        let account = registry::service(name).ok().and_then(|known| known.account);
        return Ok(vec![(name.to_owned(), account)]);
    }
    let known: Vec<Planned> =
        registry::services().into_iter().map(|(name, known)| (name, known.account)).collect();
    let find = |wanted: &dyn Fn(&dyn AccountService) -> bool| {
        known.iter().find(|(_, account)| account.as_deref().is_some_and(wanted)).cloned()
    };
    let own = find(&|account| account.account_type() == Some(account_type));
    let own_sends =
        own.as_ref().and_then(|(_, account)| account.as_deref()).is_some_and(AccountService::sends);
    let is_sender = account_type == CLSID_OLK_MAPI_ACCOUNT;
    let mut planned: Vec<Planned> = own.into_iter().collect();
    if !own_sends && props.text(PROP_SMTP_SERVER).is_some() && (is_sender || !planned.is_empty()) {
        planned.extend(find(&|account| account.account_type().is_none() && account.sends()));
    }
    if planned.is_empty() {
        let detail = format!("no service here is for accounts of the type {account_type}");
        return Err(Error::new(ErrorCode::NOT_FOUND, "AccountManager::create_account", detail));
    }
    Ok(planned)
}

/// Adds a service to a draft, makes it the account's and configures it with what the account says.
fn add_service(
    draft: &Arc<Draft>,
    account_type: Guid,
    section: MapiUid,
    (name, account): &Planned,
    props: &PropList,
    made: &[MapiUid],
) -> Result<MapiUid> {
    let settings = account.as_ref().map(|account| account.service_props(props)).unwrap_or_default();
    let uid = services::add(draft, name, settings.clone(), ServiceFlags::NONE)?;
    let own: Vec<MapiUid> = made.iter().copied().chain([uid]).collect();
    draft.change(|data| {
        let categories = data.account_categories(account_type, &own);
        data.describe_account(section, account_type, &categories, &own);
        if account.as_ref().is_some_and(|account| account.account_type().is_some() && !account.sends()) {
            data.mark_fetching(section, uid);
        }
        Ok(())
    })?;
    if account.is_some() {
        let settings: Vec<Prop> = settings.into_iter().collect();
        entry::call(draft, uid, ServiceContext::Configure, ServiceFlags::NONE, &settings)?;
    }
    Ok(uid)
}

/// Tells a service of an account what the account now says, where that is other than what it has.
fn pass_on(draft: &Arc<Draft>, section: MapiUid, service: MapiUid, has_secrets: bool) -> Result<()> {
    let Some(name) = draft.look(|data| data.service(service).ok().map(|row| row.name.clone()))? else {
        return Ok(());
    };
    // Outside the draft's lock: a library may be loaded for this. One that is missing hears of it later.
    let catalogue = draft.look(|data| data.catalogue.clone())?;
    let Some(account) = catalogue.service(&name).ok().and_then(|known| known.account) else { return Ok(()) };
    let wanted = account.service_props(&draft.look(|data| data.section(section))?);
    let had = draft.look(|data| data.section(service))?;
    let gone: Vec<u16> = account.governed().iter().map(|tag| tag.id()).collect();
    let gone = gone.into_iter().filter(|id| had.contains_id(*id) && !wanted.contains_id(*id));
    let gone: Vec<u16> = gone.collect();
    let changed: Vec<Prop> = wanted.into_iter().filter(|prop| had.prop(prop.tag) != Some(prop)).collect();
    if changed.is_empty() && gone.is_empty() && !has_secrets {
        return Ok(());
    }
    draft.change(|data| {
        let section = data.sections.entry(service).or_default();
        gone.iter().for_each(|id| drop(section.remove(*id)));
        Ok(())
    })?;
    entry::call(draft, service, ServiceContext::Configure, ServiceFlags::NONE, &changed)?;
    draft.change(|data| {
        data.take_display_name(service);
        Ok(())
    })
}

fn check_order(ids: &[u32], known: &[u32]) -> Result<()> {
    const CALL: &str = "AccountManager::set_order";
    if ids.len() != known.len() {
        let detail = format!("{} accounts given, {} are there", ids.len(), known.len());
        return Err(Error::new(ErrorCode::E_ACCT_WRONG_SORT_ORDER, CALL, detail));
    }
    let is_wrong = |(place, id): (usize, &u32)| !known.contains(id) || ids[..place].contains(id);
    match ids.iter().enumerate().find(|(place, id)| is_wrong((*place, id))) {
        None => Ok(()),
        Some((_, id)) => {
            let detail = format!("account {id} is none of them, or there twice");
            Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail))
        }
    }
}

fn known(data: &ProfileData, id: u32) -> Result<AccountRecord> {
    data.accounts().records.remove(&id).ok_or_else(|| not_found(id))
}

fn not_found(id: u32) -> Error {
    Error::new(ErrorCode::E_ACCT_NOT_FOUND, "AccountManager", format!("there is no account {id}"))
}

/// The PROP_ACCT_MINI_UID of every account of the user, in whichever profile that can be read.
pub(in crate::profile) fn taken_mini_uids(folder: &ProfileFolder) -> Result<Vec<u32>> {
    let mut taken = Vec::new();
    for data in folder.readable()? {
        let uids = data
            .accounts()
            .records
            .into_values()
            .filter_map(|record| record.props.long(PROP_ACCT_MINI_UID).map(i32::cast_unsigned));
        taken.extend(uids);
    }
    Ok(taken)
}

/// A PROP_ACCT_MINI_UID that is neither 0 nor taken; it is taken then.
pub(super) fn free_mini_uid(taken: &mut Vec<u32>) -> u32 {
    loop {
        let [a, b, c, d, ..] = new_uid().0;
        let uid = u32::from_le_bytes([a, b, c, d]);
        if uid != 0 && !taken.contains(&uid) {
            taken.push(uid);
            return uid;
        }
    }
}
