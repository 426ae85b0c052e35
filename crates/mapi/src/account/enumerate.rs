//! `AccountEnum`: accounts one after the other, as they were when it was made (IOlkEnum).

use super::core::{Core, Ready};
use super::object::Account;
use crate::profile::{AccountCategory, AccountRecord};
use mapi_defs::{Guid, Result};
use std::fmt;
use std::sync::Arc;

/// A list of accounts with a place in it.
pub struct AccountEnum {
    core: Arc<Core>,
    records: Vec<AccountRecord>,
    place: usize,
}

impl AccountEnum {
    /// How many there are (GetCount).
    pub fn count(&self) -> usize {
        self.records.len()
    }

    /// Begins again (Reset).
    pub fn reset(&mut self) {
        self.place = 0;
    }

    /// The next account; `None` past the end, which is S_FALSE (GetNext).
    pub fn next_account(&mut self) -> Option<Account> {
        let record = self.records.get(self.place)?.clone();
        self.place += 1;
        Some(Account::new(&self.core, record))
    }

    /// Leaves out so many; false, which is S_FALSE, where there are fewer: it then stands at the end (Skip).
    pub fn skip_accounts(&mut self, count: u32) -> bool {
        let left = self.records.len() - self.place;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.place += count.min(left);
        count <= left
    }
}

/// What is left of the list.
impl IntoIterator for AccountEnum {
    type Item = Account;
    type IntoIter = std::vec::IntoIter<Account>;

    fn into_iter(mut self) -> Self::IntoIter {
        let left = self.records.split_off(self.place);
        left.into_iter().map(|record| Account::new(&self.core, record)).collect::<Vec<_>>().into_iter()
    }
}

impl fmt::Debug for AccountEnum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountEnum({} of {})", self.place, self.records.len())
    }
}

/// The accounts of a category and a type, or of every one: in the order of the category, else by their
/// identifiers. One that is not known has no account.
pub(super) fn accounts(
    core: &Arc<Core>,
    ready: &Ready,
    category: Option<Guid>,
    account_type: Option<Guid>,
) -> Result<AccountEnum> {
    let records = ready.look(|accounts| {
        let ids: Vec<u32> = match category.map(AccountCategory::from_clsid) {
            None => accounts.records.keys().copied().collect(),
            Some(None) => Vec::new(),
            Some(Some(category)) => accounts.order(category).to_vec(),
        };
        let is_wanted =
            |record: &&AccountRecord| account_type.is_none_or(|wanted| record.account_type == wanted);
        ids.iter().filter_map(|id| accounts.records.get(id)).filter(is_wanted).cloned().collect()
    })?;
    Ok(AccountEnum { core: core.clone(), records, place: 0 })
}
