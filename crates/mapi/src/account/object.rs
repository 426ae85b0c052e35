//! `Account`: one account as an object (IOlkAccount). What is set is staged with its manager, by the
//! account's identifier, until it is saved; every object of the same account and manager sees it.

use super::core::{Core, Ready, changed, lock};
use super::props::{self, SECURE_FLAG, check_set, check_value, well_formed};
use super::value::AccountValue;
use crate::profile::{AccountCategory, AccountRecord, Opener, SealedProp};
use mapi_defs::prop::tags::{PROP_INET_PASSWORD, PROP_SMTP_PASSWORD};
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_vault::Secret;
use std::fmt;
use std::sync::{Arc, Mutex};

/// What an account is (GetAccountInfo).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountInfo {
    /// Its type (CLSID_OlkIMAP4Account and its like).
    pub account_type: Guid,
    /// Its categories, at least one.
    pub categories: Vec<Guid>,
}

/// An account of a profile. It may outlive its manager: what it was then can still be read.
pub struct Account {
    core: Arc<Core>,
    id: u32,
    last: Mutex<AccountRecord>,
}

impl Account {
    pub(super) fn new(core: &Arc<Core>, record: AccountRecord) -> Self {
        Self { core: core.clone(), id: record.id, last: Mutex::new(record) }
    }

    /// PROP_ACCT_ID.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Returns the account's type and categories (GetAccountInfo).
    ///
    /// # Errors
    /// None; the result is the reference's.
    pub fn info(&self) -> Result<AccountInfo> {
        let record = self.record();
        let categories = record.categories.iter().map(|category| AccountCategory::clsid(*category)).collect();
        Ok(AccountInfo { account_type: record.account_type, categories })
    }

    /// Returns a property: what was set and not saved yet, else what is kept (GetProp). A password is there
    /// for a tag with SECURE_FLAG alone.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: it is no tag of PT_LONG, PT_UNICODE or PT_BINARY.
    /// - `E_ACCT_NOT_FOUND`: the account has no such property.
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_CORRUPT_DATA`: a password that does not open.
    pub fn prop(&self, tag: PropTag) -> Result<AccountValue> {
        self.keep(self.found(tag))
    }

    fn found(&self, tag: PropTag) -> Result<AccountValue> {
        const CALL: &str = "Account::prop";
        let ptype = well_formed(tag, CALL)?;
        let missing = || Error::new(ErrorCode::E_ACCT_NOT_FOUND, CALL, format!("the account has no {tag}"));
        let record = self.record();
        if tag.ptype().0 & SECURE_FLAG != 0 {
            return self.password(&record, tag).unwrap_or_else(|| Err(missing()));
        }
        let staged =
            self.core.ready(CALL).ok().and_then(|ready| {
                lock(&ready.staged).get(&self.id).and_then(|props| props.prop(tag).cloned())
            });
        let prop =
            staged.or_else(|| record.props.prop(tag).cloned()).filter(|prop| prop.tag.ptype() == ptype);
        prop.and_then(|prop| AccountValue::of(&prop.value)).ok_or_else(missing)
    }

    /// Stages a property (SetProp); [`Account::save_changes`] keeps it.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager has ended.
    /// - `E_OLK_PROP_READ_ONLY`: it can only be read.
    /// - `E_ACCT_NOT_FOUND`: the account is gone, or is of a type that does not keep this property.
    /// - `MAPI_E_INVALID_PARAMETER`: accounts have no such property, or not of this type, or the text holds
    ///   a control character.
    pub fn set_prop(&self, tag: PropTag, value: &AccountValue) -> Result<()> {
        self.keep(self.stage(tag, value))
    }

    fn stage(&self, tag: PropTag, value: &AccountValue) -> Result<()> {
        const CALL: &str = "Account::set_prop";
        let ready = self.core.ready(CALL)?;
        let record = ready.record(self.id, CALL)?;
        check_set(tag, value.ptype(), record.account_type)?;
        check_value(value)?;
        let value = value.to_prop_value().ok_or_else(|| {
            Error::new(ErrorCode::INVALID_PARAMETER, CALL, format!("{tag} holds no password"))
        })?;
        lock(&ready.staged).entry(self.id).or_default().set(tag, value);
        Ok(())
    }

    /// Keeps what was set on this account, through whichever object of its manager (SaveChanges). Flags are 0.
    ///
    /// # Errors
    /// - `E_OLK_NOT_INITIALIZED`: the manager has ended.
    /// - `MAPI_E_INVALID_PARAMETER`: a flag is set.
    /// - `E_ACCT_NOT_FOUND`: the account is gone.
    /// - What a service of the account answers, and those of writing; everything stays staged.
    pub fn save_changes(&self, flags: u32) -> Result<()> {
        self.keep(save(&self.core, self.id, flags))
    }

    /// Says more of the error of this code that the account or its manager answered last (GetLastError).
    pub fn last_error(&self, code: ErrorCode) -> Option<Error> {
        self.core.last_error.known(code)
    }

    /// The account as it is, or as it was when it could be seen last.
    fn record(&self) -> AccountRecord {
        let now = self.core.ready("Account").ok().and_then(|ready| ready.record(self.id, "Account").ok());
        let mut last = lock(&self.last);
        if let Some(record) = now {
            *last = record;
        }
        last.clone()
    }

    /// A password; `None` where it is none, or is not kept.
    fn password(&self, record: &AccountRecord, tag: PropTag) -> Option<Result<AccountValue>> {
        let secret = match tag {
            props::PROP_INET_PASSWORD => crate::profile::INCOMING_PASSWORD,
            props::PROP_SMTP_PASSWORD => crate::profile::OUTGOING_PASSWORD,
            _ => return None,
        };
        let kept: &SealedProp = record.sealed.iter().find(|prop| prop.tag.id() == secret.id())?;
        let ready = match self.core.ready("Account::prop") {
            Ok(ready) => ready,
            Err(error) => return Some(Err(error)),
        };
        let opener = ready.profile.look(Opener::of);
        // Nothing is locked while the key is fetched.
        Some(opener.open(record.section, kept).map(|value| AccountValue::Secret(into_secret(value))))
    }

    fn keep<T>(&self, answer: Result<T>) -> Result<T> {
        self.core.last_error.of(answer)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.id)
    }
}

/// Saves what is staged for an account.
pub(super) fn save(core: &Core, id: u32, flags: u32) -> Result<()> {
    const CALL: &str = "AccountManager::save_changes";
    let ready = core.ready(CALL)?;
    if flags != 0 {
        let detail = format!("flags {flags:#010x} are not defined");
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
    }
    let record = ready.record(id, CALL)?;
    let staged = lock(&ready.staged).get(&id).cloned().unwrap_or_default();
    if staged.iter().any(|prop| record.props.prop(prop.tag) != Some(prop)) {
        ready.profile.change_account(id, staged.clone(), &[])?;
    }
    unstage(&ready, id, &staged);
    changed(&ready);
    Ok(())
}

/// Forgets what was staged and is saved now, but not what was staged meanwhile.
fn unstage(ready: &Ready, id: u32, saved: &PropList) {
    let mut staged = lock(&ready.staged);
    if let Some(props) = staged.get_mut(&id) {
        props.retain(|prop| saved.prop(prop.tag) != Some(prop));
        if props.is_empty() {
            staged.remove(&id);
        }
    }
}

fn into_secret(value: PropValue) -> Secret {
    match value {
        PropValue::Unicode(text) | PropValue::String8(text) => Secret::from(text),
        PropValue::Binary(bytes) => Secret::from(bytes),
        _ => Secret::from(Vec::new()),
    }
}

const _: () = {
    // The tags of passwords differ from those of the dictionary in the bit of their type alone.
    assert!(props::PROP_INET_PASSWORD.id() == PROP_INET_PASSWORD.id());
    assert!(props::PROP_SMTP_PASSWORD.id() == PROP_SMTP_PASSWORD.id());
    assert!(PropType::UNICODE.0 | SECURE_FLAG == 0x801F);
};
