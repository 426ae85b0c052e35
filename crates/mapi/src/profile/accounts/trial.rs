//! Whether the servers of an account would take it, before it is made or changed. Nothing is kept.

use super::change::planned;
use super::{INCOMING_PASSWORD, NewAccount, OUTGOING_PASSWORD, account_props, logs_on_as_incoming};
use crate::profile::Profile;
use crate::profile::secure::{Opener, Passing};
use crate::session::unpanicked;
use mapi_defs::prop::tags::PROP_SMTP_USE_AUTH;
use mapi_defs::prop::{Prop, PropList, PropTag};
use mapi_defs::{Error, ErrorCode, Result};

/// What the server of one service of an account said.
#[derive(Debug)]
pub struct Trial {
    /// PR_SERVICE_NAME.
    pub service: String,
    /// True where the service hands mail to the server, and false where it fetches.
    pub sends: bool,
    /// What came of it; `MAPI_E_NO_SUPPORT` where the service cannot try.
    pub answer: Result<()>,
}

/// Tries each server of an account that is not there yet.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: no service here is for accounts of this type.
pub(crate) fn try_account(new: &NewAccount) -> Result<Vec<Trial>> {
    let (plain, secrets) = Passing(new.props.iter().cloned().collect()).parted();
    let props = account_props(plain);
    let mut trials = Vec::new();
    for (service, account) in planned(new.account_type, new.service.as_deref(), &props)? {
        let Some(account) = account else { continue };
        let is_fetching = account.account_type().is_some() && !account.sends();
        let mut section = account.service_props(&props);
        if let Some(secret) = password(&props, &secrets, is_fetching) {
            section.set(OUTGOING_PASSWORD, secret.value.clone());
        }
        let answer = unpanicked(|| account.try_logon(&section));
        // What is secret in it goes with it.
        drop(Passing(section.into_iter().collect()));
        trials.push(Trial { service, sends: account.sends(), answer });
    }
    Ok(trials)
}

impl Profile {
    /// Tries each server of an account as it would be with these changes.
    ///
    /// # Errors
    /// - `E_ACCT_NOT_FOUND`: there is no such account.
    /// - Why a password that is kept does not open.
    pub(crate) fn try_change(&self, id: u32, changes: &PropList, removed: &[u16]) -> Result<Vec<Trial>> {
        self.refresh()?;
        let (record, opener, service) = self.look(|data| {
            let record = data.accounts().records.remove(&id);
            let service = record.as_ref().and_then(|record| match &record.services[..] {
                [one] => data.service(*one).ok().map(|row| row.name.clone()),
                _ => None,
            });
            (record, Opener::of(data), service)
        });
        let record = record.ok_or_else(|| {
            Error::new(ErrorCode::E_ACCT_NOT_FOUND, "AccountManager", format!("there is no account {id}"))
        })?;
        let mut props = record.props;
        for sealed in &record.sealed {
            props.set(sealed.tag, opener.open(record.section, sealed)?);
        }
        props.merge(changes.clone());
        removed.iter().for_each(|id| drop(props.remove(*id)));
        let new = NewAccount { account_type: record.account_type, props, service };
        let answer = try_account(&new);
        drop(Passing(new.props.into_iter().collect()));
        answer
    }
}

/// The secret that a service would be given.
fn password<'a>(props: &PropList, secrets: &'a Passing, is_fetching: bool) -> Option<&'a Prop> {
    let find = |tag: PropTag| secrets.0.iter().find(|prop| prop.tag.id() == tag.id());
    match is_fetching {
        true => find(INCOMING_PASSWORD),
        false if props.long(PROP_SMTP_USE_AUTH) == Some(0) => None,
        false => {
            let as_incoming = || find(INCOMING_PASSWORD).filter(|_| logs_on_as_incoming(props));
            find(OUTGOING_PASSWORD).or_else(as_incoming)
        }
    }
}
