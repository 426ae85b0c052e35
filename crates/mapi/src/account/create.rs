//! Making accounts and changing what the reference only lets one read: for programs that are what its
//! dialogs are.

use super::core::changed;
use super::manager::AccountManager;
use super::props::check_value;
use super::value::AccountValue;
use crate::profile::{self, NewAccount, Trial};
use crate::provider::registry;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::{ErrorCode, Guid, Result};

impl AccountManager {
    /// Makes an account, with the services it needs, in one step. Returns its identifier.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: a text holds a control character, or is too long.
    /// - `MAPI_E_NOT_FOUND`: no service here is for accounts of this type.
    /// - What a service answers; nothing is made then.
    ///
    /// # Differs
    /// The reference documents no way to make an account.
    pub fn create_account(&self, new: NewAccount) -> Result<u32> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::create_account")?;
            check_all(&new.props)?;
            let id = ready.profile.create_account(new)?;
            changed(&ready);
            Ok(id)
        })
    }

    /// Changes an account and what its services say of it, in one step: properties, settings and passwords
    /// as in [`NewAccount::props`]; those of `removed` go. What is staged stays so.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `E_ACCT_NOT_FOUND`: there is no such account.
    /// - `MAPI_E_INVALID_PARAMETER`: a text holds a control character, or is too long.
    /// - What a service answers; everything is then as before.
    ///
    /// # Differs
    /// In the reference servers and passwords are for its dialogs to change.
    pub fn configure_account(&self, id: u32, props: PropList, removed: &[PropTag]) -> Result<()> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::configure_account")?;
            check_all(&props)?;
            let removed: Vec<u16> = removed.iter().map(|tag| tag.id()).collect();
            ready.profile.change_account(id, props, &removed)?;
            changed(&ready);
            Ok(())
        })
    }
}

impl AccountManager {
    /// Tries whether the servers would take an account, without making it. Of each service it would have,
    /// what came of it.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: a text holds a control character, or is too long.
    /// - `MAPI_E_NOT_FOUND`: no service here is for accounts of this type.
    pub fn try_account(&self, new: &NewAccount) -> Result<Vec<Trial>> {
        self.answer(|core| {
            core.ready("AccountManager::try_account")?;
            check_all(&new.props)?;
            profile::try_account(new)
        })
    }

    /// Tries whether the servers would take an account as it would be with these changes.
    ///
    /// # Errors
    /// As [`AccountManager::configure_account`].
    pub fn try_change(&self, id: u32, props: &PropList, removed: &[PropTag]) -> Result<Vec<Trial>> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::try_change")?;
            check_all(props)?;
            let removed: Vec<u16> = removed.iter().map(|tag| tag.id()).collect();
            ready.profile.try_change(id, props, &removed)
        })
    }
}

/// The types of accounts that a service here has servers for; one that only sends is of the MAPI type and
/// not among them.
pub fn known_types() -> Vec<Guid> {
    let accounts = registry::services().into_iter().filter_map(|(_, known)| known.account);
    accounts.filter_map(|account| account.account_type()).collect()
}

fn check_all(props: &PropList) -> Result<()> {
    let values = props.iter().filter_map(|prop| AccountValue::of(&prop.value));
    values.into_iter().try_for_each(|value| check_value(&value)).map_err(|error| {
        mapi_defs::Error::new(ErrorCode::INVALID_PARAMETER, "AccountManager", error.detail().to_owned())
    })
}
