//! The order of accounts, one for each category (GetOrder, SetOrder). The first mail account is the default.

use super::core::changed;
use super::manager::AccountManager;
use crate::profile::AccountCategory;
use mapi_defs::{Error, ErrorCode, Guid, Result};

impl AccountManager {
    /// Returns the identifiers of the accounts of a category, in order (GetOrder).
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: it is no category.
    pub fn order(&self, category: Guid) -> Result<Vec<u32>> {
        const CALL: &str = "AccountManager::order";
        self.answer(|core| {
            let ready = core.ready(CALL)?;
            let category = known(category, CALL)?;
            ready.look(|accounts| accounts.order(category).to_vec())
        })
    }

    /// Puts the address books or stores into another order (SetOrder). That of mail accounts is
    /// [`AccountManager::set_mail_order`]'s.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: it is neither of the two categories; or an account is none of it, or
    ///   there twice.
    /// - `E_ACCT_WRONG_SORT_ORDER`: there are more or fewer accounts of the category.
    pub fn set_order(&self, category: Guid, ids: &[u32]) -> Result<()> {
        const CALL: &str = "AccountManager::set_order";
        self.answer(|core| {
            core.ready(CALL)?;
            match known(category, CALL)? {
                AccountCategory::Mail => {
                    let detail = "the order of mail accounts is not set by this call";
                    Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail))
                }
                category => self.reorder(category, ids),
            }
        })
    }

    /// Puts the mail accounts into another order: the first is the default, and transports are offered
    /// mail in it.
    ///
    /// # Errors
    /// As [`AccountManager::set_order`].
    ///
    /// # Differs
    /// The reference has no call for it; its dialogs do it.
    pub fn set_mail_order(&self, ids: &[u32]) -> Result<()> {
        self.answer(|_| self.reorder(AccountCategory::Mail, ids))
    }

    fn reorder(&self, category: AccountCategory, ids: &[u32]) -> Result<()> {
        let ready = self.core().ready("AccountManager::set_order")?;
        ready.profile.set_account_order(category, ids)?;
        changed(&ready);
        Ok(())
    }
}

fn known(category: Guid, call: &'static str) -> Result<AccountCategory> {
    AccountCategory::from_clsid(category)
        .ok_or_else(|| Error::new(ErrorCode::INVALID_PARAMETER, call, format!("{category} is no category")))
}
