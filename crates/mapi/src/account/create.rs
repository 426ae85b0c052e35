//! Making accounts and changing what the reference only lets one read: for programs that are what its
//! dialogs are.

use super::core::changed;
use super::manager::AccountManager;
use super::props::check_value;
use super::value::AccountValue;
use crate::profile::NewAccount;
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::{ErrorCode, Result};

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

fn check_all(props: &PropList) -> Result<()> {
    let values = props.iter().filter_map(|prop| AccountValue::of(&prop.value));
    values.into_iter().try_for_each(|value| check_value(&value)).map_err(|error| {
        mapi_defs::Error::new(ErrorCode::INVALID_PARAMETER, "AccountManager", error.detail().to_owned())
    })
}
