//! `AccountManager`: the accounts of one profile (IOlkAccountManager). Orders are `order.rs`, making
//! accounts `create.rs`, dialogs `display.rs`.

use super::account_helper::AccountHelper;
use super::core::{Core, changed, lock};
use super::enumerate::{self, AccountEnum};
use super::init;
use super::notify::AccountNotify;
use super::object::{self, Account};
use super::value::AccountValue;
use super::watch::Watch;
use crate::Home;
use crate::profile::{AccountCategory, AccountRecord};
use mapi_defs::flags::AccountInitFlags;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{PROP_ACCT_ID, PROP_ACCT_IS_EXCH};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::fmt;
use std::sync::Arc;

/// Manages the accounts of a profile. Clones are the same manager, and the last one dropped ends it.
///
/// Before [`AccountManager::init`] and after the end every call answers `E_OLK_NOT_INITIALIZED`, whatever
/// its arguments are.
#[derive(Clone)]
pub struct AccountManager {
    held: Arc<Held>,
}

/// What the clones of a manager share; its accounts do not.
struct Held {
    core: Arc<Core>,
}

impl AccountManager {
    /// Makes a manager for profiles of a home; which one, its helper says.
    pub fn new(home: &Home) -> Self {
        Self { held: Arc::new(Held { core: Arc::new(Core::new(home)) }) }
    }

    /// Begins (Init). The helper is the manager's until that ends; of its session the manager keeps nothing.
    ///
    /// Services and accounts are brought together first, and accounts with their stores, unless the flags
    /// say otherwise. That goes on without a session where the helper brings none; [`AccountManager::last_error`]
    /// says why.
    ///
    /// # Errors
    /// - `E_OLK_ALREADY_INITIALIZED`: it has begun before; this helper is not touched.
    /// - `MAPI_E_INVALID_PARAMETER`: there is no helper, or it names no profile.
    /// - What the helper answers to [`AccountHelper::identity`].
    /// - `E_OLK_REGISTRY`: the profile is missing, or cannot be read or written.
    ///
    /// After an error the manager can be initialised again.
    ///
    /// # Source
    /// IOlkAccountManager::Init.
    pub fn init(&self, helper: Option<Arc<dyn AccountHelper>>, flags: AccountInitFlags) -> Result<()> {
        self.answer(|core| match helper {
            Some(helper) => init::init(core, helper, flags),
            None => {
                Err(Error::new(ErrorCode::INVALID_PARAMETER, "AccountManager::init", "there is no helper"))
            }
        })
    }

    /// Finds an account by its identifier, or the first mail account that is, or is not, one of an Exchange
    /// server (FindAccount).
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `E_OLK_PARAM_NOT_SUPPORTED`: it is neither PROP_ACCT_ID nor PROP_ACCT_IS_EXCH.
    /// - `MAPI_E_INVALID_PARAMETER`: the value is no number.
    /// - `E_ACCT_NOT_FOUND`: there is none.
    pub fn find_account(&self, tag: PropTag, value: &AccountValue) -> Result<Account> {
        const CALL: &str = "AccountManager::find_account";
        self.answer(|core| {
            let ready = core.ready(CALL)?;
            if tag != PROP_ACCT_ID && tag != PROP_ACCT_IS_EXCH {
                let detail = format!("accounts are not found by {tag}");
                return Err(Error::new(ErrorCode::E_OLK_PARAM_NOT_SUPPORTED, CALL, detail));
            }
            let number = value.as_long().ok_or_else(|| {
                Error::new(ErrorCode::INVALID_PARAMETER, CALL, format!("{tag} is a number"))
            })?;
            if tag == PROP_ACCT_ID {
                return Ok(Account::new(core, ready.record(number, CALL)?));
            }
            let is_wanted = |record: &&AccountRecord| {
                (record.props.long(PROP_ACCT_IS_EXCH).unwrap_or(0) != 0) == (number != 0)
            };
            let found = ready.look(|accounts| {
                let mail =
                    accounts.order(AccountCategory::Mail).iter().filter_map(|id| accounts.records.get(id));
                mail.chain(accounts.records.values()).find(is_wanted).cloned()
            })?;
            let none = || Error::new(ErrorCode::E_ACCT_NOT_FOUND, CALL, "there is no such account");
            Ok(Account::new(core, found.ok_or_else(none)?))
        })
    }

    /// Lists the accounts of a category and of a type, or of all where one is left out (EnumerateAccounts).
    /// The list does not change. Flags are 0 and not looked at.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    pub fn enumerate_accounts(
        &self,
        category: Option<Guid>,
        account_type: Option<Guid>,
        _flags: u32,
    ) -> Result<AccountEnum> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::enumerate_accounts")?;
            enumerate::accounts(core, &ready, category, account_type)
        })
    }

    /// Deletes an account with its services, at once; mail stays (DeleteAccount).
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `E_ACCT_NOT_FOUND`: there is no such account.
    pub fn delete_account(&self, id: u32) -> Result<()> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::delete_account")?;
            ready.profile.delete_account(id)?;
            lock(&ready.staged).remove(&id);
            changed(&ready);
            Ok(())
        })
    }

    /// Keeps what was set on an account (SaveChanges); the same as [`Account::save_changes`].
    ///
    /// # Errors
    /// As there.
    pub fn save_changes(&self, id: u32, flags: u32) -> Result<()> {
        self.answer(|core| object::save(core, id, flags))
    }

    /// Calls a sink at every change of accounts, by whichever program (Advise). The answer is never 0.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: there are too many sinks, or changes of other programs cannot be
    ///   waited for.
    pub fn advise(&self, sink: Arc<dyn AccountNotify>) -> Result<u32> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::advise")?;
            ready.look_for_changes()?;
            let mut watch = lock(&ready.watch);
            if ready.hears_others && watch.is_none() {
                let weak = Arc::downgrade(&ready);
                let look = move || {
                    if let Some(Err(error)) = weak.upgrade().map(|ready| ready.look_for_changes()) {
                        tracing::debug!(%error, "a manager of accounts does not see its profile");
                    }
                };
                *watch = Some(Watch::start(ready.profile.folder().path(), look)?);
            }
            drop(watch);
            ready.sinks.add(sink)
        })
    }

    /// Ends an advise (Unadvise). A call of the sink that is running in another thread is not waited for.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager is not initialised.
    /// - `MAPI_E_INVALID_PARAMETER`: there is none of this cookie.
    pub fn unadvise(&self, cookie: u32) -> Result<()> {
        self.answer(|core| {
            let ready = core.ready("AccountManager::unadvise")?;
            if !ready.sinks.remove(cookie)? {
                drop(lock(&ready.watch).take());
            }
            Ok(())
        })
    }

    /// Says more of the error of this code that the manager or one of its accounts answered last
    /// (GetLastError); after an [`AccountManager::init`] that did without a session, why it had none.
    pub fn last_error(&self, code: ErrorCode) -> Option<Error> {
        self.core().last_error.known(code)
    }

    /// Ends the manager now, whoever else holds it: sinks are let go, the session is handed off where one was
    /// brought, the helper is let go. Calls of the helper that come back meanwhile find it ended. Doing it
    /// again does nothing.
    pub fn end(&self) {
        self.core().end();
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.held.core
    }

    /// Keeps what a call answers, for [`AccountManager::last_error`].
    pub(super) fn answer<T>(&self, call: impl FnOnce(&Arc<Core>) -> Result<T>) -> Result<T> {
        self.core().last_error.of(call(self.core()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.core.end();
    }
}

impl fmt::Debug for AccountManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountManager")
    }
}
