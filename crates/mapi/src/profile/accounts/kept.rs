//! Accounts as a profile keeps them, for who writes a profile down, and put back over services that are there
//! again. Making accounts with their services is `change.rs`.

use super::change::{free_mini_uid, identify, taken_mini_uids};
use super::{AccountCategory, NewAccount, account_props};
use crate::profile::draft::Draft;
use crate::profile::secure::{Opener, Passing};
use crate::profile::{MsgServiceAdmin, new_uid};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PROP_ACCT_DELIVERY_FOLDER, PROP_ACCT_DELIVERY_STORE, PROP_ACCT_ID, PROP_ACCT_IS_EXCH, PROP_ACCT_MINI_UID,
    PROP_ACCT_PREFERENCES_UID, PROP_ACCT_SEND_STAMP, PROP_ACCT_STAMP,
};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_vault::Secret;
use std::sync::Arc;

/// What an account is in its own profile alone.
const OF_ITS_PROFILE: [PropTag; 8] = [
    PROP_ACCT_ID,
    PROP_ACCT_MINI_UID,
    PROP_ACCT_STAMP,
    PROP_ACCT_SEND_STAMP,
    PROP_ACCT_PREFERENCES_UID,
    PROP_ACCT_IS_EXCH,
    PROP_ACCT_DELIVERY_STORE,
    PROP_ACCT_DELIVERY_FOLDER,
];

/// One account as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptAccount {
    /// PROP_ACCT_ID.
    pub id: u32,
    /// The section it is kept in, in which its secrets are sealed.
    pub section: MapiUid,
    /// Its type (CLSID_OlkIMAP4Account and its like).
    pub account_type: Guid,
    /// The services that are its own, by PR_SERVICE_UID.
    pub services: Vec<MapiUid>,
    /// PROP_* properties and settings of the account's own; no secrets, and not what it is in its own profile
    /// alone.
    pub props: PropList,
}

impl MsgServiceAdmin {
    /// The accounts, mail accounts first and in their order.
    pub fn accounts(&self) -> Vec<KeptAccount> {
        let accounts = self.profile.look(|data| data.accounts());
        let mail = accounts.order(AccountCategory::Mail).to_vec();
        let rest = accounts.records.keys().copied().filter(|id| !mail.contains(id));
        let ids: Vec<u32> = mail.iter().copied().chain(rest).collect();
        let kept = |id: &u32| {
            let record = accounts.records.get(id)?.clone();
            let mut props = record.props;
            props.retain(|prop| OF_ITS_PROFILE.iter().all(|own| own.id() != prop.tag.id()));
            let (id, section, account_type) = (record.id, record.section, record.account_type);
            Some(KeptAccount { id, section, account_type, services: record.services, props })
        };
        ids.iter().filter_map(kept).collect()
    }

    /// Makes an account of services that are there and say already what it says; none of them is asked. Secure
    /// properties among its properties are sealed. Returns its identifier.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: a service is not there.
    /// - `MAPI_E_COLLISION`: a service is another account's.
    /// - `MAPI_E_INVALID_PARAMETER`: it names no service, or a text holds a control character.
    /// - Why a secret cannot be sealed, and those of writing; nothing is made then.
    pub fn restore_account(&self, new: NewAccount, services: &[MapiUid]) -> Result<u32> {
        const CALL: &str = "MsgServiceAdmin::restore_account";
        let refused = |code, detail: &str| Err(Error::new(code, CALL, detail.to_owned()));
        let (plain, secure) = Passing(new.props.into_iter().collect()).parted();
        let is_bad = |value: &PropValue| value.as_text().is_some_and(|text| text.contains(char::is_control));
        if plain.iter().any(|prop| is_bad(&prop.value)) {
            return refused(ErrorCode::INVALID_PARAMETER, "a text holds a control character");
        }
        if services.is_empty() {
            return refused(ErrorCode::INVALID_PARAMETER, "the account has no service");
        }
        let mut props = account_props(plain);
        let draft = Arc::new(Draft::of_profile(&self.profile)?);
        let data = draft.look(Clone::clone)?;
        let mut planned = Vec::new();
        for uid in services {
            let row = data.service(*uid)?;
            if data.accounts().of_service(*uid).is_some() {
                return refused(ErrorCode::COLLISION, "the service is another account's");
            }
            // Nothing is locked: a library may be loaded for this.
            planned.push((
                row.name.clone(),
                data.catalogue.service(&row.name).ok().and_then(|known| known.account),
            ));
        }
        identify(&mut props, free_mini_uid(&mut taken_mini_uids(self.profile.folder())?), &planned);
        let section = new_uid();
        draft.change(|data| {
            let categories = data.account_categories(new.account_type, services);
            data.sections.insert(section, props);
            data.describe_account(section, new.account_type, &categories, services);
            for (uid, (_, account)) in services.iter().zip(&planned) {
                if account
                    .as_ref()
                    .is_some_and(|account| account.account_type().is_some() && !account.sends())
                {
                    data.mark_fetching(section, *uid);
                }
            }
            Ok(())
        })?;
        draft.seal(section, &secure)?;
        draft.save_checked(&self.profile, |_| Ok(()), |data| data.list_account(section))
    }

    /// Opens a secure property of a section, for who writes secrets down where the user asks for it.
    ///
    /// # Errors
    /// As [`MsgServiceAdmin::check_secure_prop`].
    pub fn secure_prop(&self, section: MapiUid, tag: PropTag) -> Result<Secret> {
        let (opener, held) =
            self.profile.look(|data| (Opener::of(data), data.sealed_prop(section, tag.id()).cloned()));
        let missing =
            || Error::new(ErrorCode::NOT_FOUND, "MsgServiceAdmin::secure_prop", format!("no {tag}"));
        Ok(match opener.open(section, &held.ok_or_else(missing)?)? {
            PropValue::Unicode(text) | PropValue::String8(text) => Secret::from(text),
            PropValue::Binary(bytes) => Secret::from(bytes),
            _ => Secret::from(Vec::new()),
        })
    }
}
