//! `Picture`: the accounts of a profile as a manager knows them, and what became of them since.

use super::notify::AccountEvent;
use crate::profile::{AccountCategory, AccountRecord, Accounts};
use mapi_files::FileStamp;
use std::collections::BTreeMap;

/// What a manager knows.
#[derive(Debug, Default)]
pub(super) struct Picture {
    /// The profile's file at that time.
    stamp: Option<FileStamp>,
    accounts: Accounts,
    /// Accounts that are gone and can be opened until everybody was told so.
    leaving: BTreeMap<u32, AccountRecord>,
}

/// What happened, to which account; 0 where it happened to no single one.
pub(super) type Happened = (AccountEvent, u32);

impl Picture {
    pub(super) fn new(stamp: Option<FileStamp>, accounts: Accounts) -> Self {
        Self { stamp, accounts, leaving: BTreeMap::new() }
    }

    /// True where the file is the one this is a picture of.
    pub(super) fn is_of(&self, stamp: Option<FileStamp>) -> bool {
        stamp.is_some() && self.stamp == stamp
    }

    pub(super) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// An account that is there, or that only just was.
    pub(super) fn record(&self, id: u32) -> Option<&AccountRecord> {
        self.accounts.records.get(&id).or_else(|| self.leaving.get(&id))
    }

    /// Forgets an account whose end everybody was told of.
    pub(super) fn forget(&mut self, id: u32) {
        self.leaving.remove(&id);
    }

    /// Takes what is there now, and says what happened.
    pub(super) fn renew(&mut self, stamp: Option<FileStamp>, now: Accounts) -> Vec<Happened> {
        let before = std::mem::replace(&mut self.accounts, now);
        self.stamp = stamp;
        let now = &self.accounts;
        let mut happened = Vec::new();
        for record in before.records.values().filter(|record| !now.records.contains_key(&record.id)) {
            happened
                .extend([AccountEvent::Predeleted, AccountEvent::Deleted].map(|event| (event, record.id)));
            self.leaving.insert(record.id, record.clone());
        }
        for record in now.records.values() {
            match before.records.get(&record.id) {
                None => happened.push((AccountEvent::Created, record.id)),
                Some(known) if known != record => happened.push((AccountEvent::Changed, record.id)),
                Some(_) => {}
            }
        }
        if AccountCategory::ALL.into_iter().any(|category| is_reordered(&before, now, category)) {
            happened.push((AccountEvent::OrderChanged, 0));
        }
        happened
    }
}

/// True where accounts that were and are in a category stand in another order.
fn is_reordered(before: &Accounts, now: &Accounts, category: AccountCategory) -> bool {
    let (before, now) = (before.order(category), now.order(category));
    let stayed = before.iter().filter(|id| now.contains(id));
    stayed.ne(now.iter().filter(|id| before.contains(id)))
}
