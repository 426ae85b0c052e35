//! The dialog of accounts (DisplayAccountList): a program that can draw one registers it.

use super::manager::AccountManager;
use crate::Session;
use crate::session::unpanicked;
use mapi_defs::flags::AccountUiFlags;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::sync::{Arc, PoisonError, RwLock};

/// Draws the dialogs of accounts. Called with nothing locked.
pub trait AccountDialogs: Send + Sync {
    /// Shows the accounts and lets a person change them, with a session where there is one.
    ///
    /// # Errors
    /// Any: what was done stays done.
    fn show_accounts(&self, manager: &AccountManager, session: Option<&Session>) -> Result<()>;

    /// Leads a person through a new account.
    ///
    /// # Errors
    /// Any.
    fn show_wizard(&self, manager: &AccountManager, session: Option<&Session>) -> Result<()>;
}

static DIALOGS: RwLock<Option<Arc<dyn AccountDialogs>>> = RwLock::new(None);

/// Makes the dialogs known that managers of this process show, in place of those known before.
pub fn register_dialogs(dialogs: Option<Arc<dyn AccountDialogs>>) {
    *DIALOGS.write().unwrap_or_else(PoisonError::into_inner) = dialogs;
}

impl AccountManager {
    /// Shows the dialog of accounts, or the wizard for a new one (DisplayAccountList).
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: the last three arguments are reserved, and one of them is there.
    /// - `E_ACCT_UI_BUSY`: nobody here draws dialogs.
    /// - `MAPI_E_CALL_FAILED`: the wizard failed.
    /// - `MAPI_E_USER_CANCEL`: the dialog did.
    pub fn display_account_list(
        &self,
        flags: AccountUiFlags,
        category_count: u32,
        categories: Option<&[Guid]>,
        account_type: Option<Guid>,
    ) -> Result<()> {
        const CALL: &str = "AccountManager::display_account_list";
        self.answer(|core| {
            let ready = core.ready(CALL)?;
            if category_count != 0 || categories.is_some() || account_type.is_some() {
                return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "a reserved argument is there"));
            }
            let Some(dialogs) = DIALOGS.read().unwrap_or_else(PoisonError::into_inner).clone() else {
                return Err(Error::new(ErrorCode::E_ACCT_UI_BUSY, CALL, "nobody here draws dialogs"));
            };
            let lender = core.lender(CALL)?;
            let is_wizard = flags.contains(AccountUiFlags::SHOW_ACCTWIZARD);
            let (shown, _) = lender.with_session(&ready.name, |session| {
                unpanicked(|| match is_wizard {
                    true => dialogs.show_wizard(self, session),
                    false => dialogs.show_accounts(self, session),
                })
            });
            let code = if is_wizard { ErrorCode::CALL_FAILED } else { ErrorCode::USER_CANCEL };
            shown.map_err(|error| Error::new(code, CALL, error.to_string()))
        })
    }
}
