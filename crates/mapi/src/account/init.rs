//! How a manager begins (Init): who the user is, services and accounts brought together, accounts and their
//! stores.

use super::account_helper::AccountHelper;
use super::core::{Core, Ready, registry};
use super::lease::Lender;
use crate::profile::{Profile, ProfileFolder, ProviderKind};
use crate::{Home, Session};
use mapi_defs::flags::AccountInitFlags as Flags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_INSTANCE_KEY, PROP_ACCT_DELIVERY_STORE};
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::Arc;

/// Begins; a manager that could not is as new, and the helper is let go with everything it was owed.
pub(super) fn init(core: &Core, helper: Arc<dyn AccountHelper>, flags: Flags) -> Result<()> {
    // A helper that is not wanted is not touched.
    core.begin()?;
    let lender = Arc::new(Lender::new(helper));
    let begun = begun(core, &lender, flags).and_then(|ready| {
        let ended = || Error::new(ErrorCode::E_OLK_NOT_INITIALIZED, "AccountManager::init", "it has ended");
        core.begun(Some((Arc::new(ready), lender.clone()))).then_some(()).ok_or_else(ended)
    });
    if begun.is_err() {
        lender.hand_off();
        drop(lender);
        core.begun(None);
    }
    begun
}

fn begun(core: &Core, lender: &Lender, flags: Flags) -> Result<Ready> {
    if flags.has_unknown() {
        tracing::debug!(flags = flags.0, "an account manager was given flags that nobody defined");
    }
    let name = lender.profile_name()?;
    let profile = opened(&core.home, &name)?;
    let synchronizes = !flags.contains(Flags::NOSYNCH_MAPI_ACCTS);
    let checks_stores = !flags.contains(Flags::NO_STORES_CHECK);
    if synchronizes || checks_stores {
        let (done, warning) = lender.with_session(&name, |session| {
            if synchronizes {
                profile.synchronize_accounts()?;
            }
            match session.filter(|_| checks_stores) {
                Some(session) => check_stores(&profile, session),
                None => Ok(()),
            }
        });
        if let Some(warning) = warning {
            // Not the answer of this call, but what GetLastError says of its code.
            drop(core.last_error.of::<()>(Err(warning)));
        }
        done.map_err(|error| registry(&error))?;
    }
    Ok(Ready::new(name, profile, !flags.contains(Flags::NO_NOTIFICATIONS)))
}

fn opened(home: &Home, name: &str) -> Result<Profile> {
    let profile = Profile::open(ProfileFolder::of(home), name).map_err(|error| registry(&error))?;
    if profile.look(|data| data.deleted) {
        let detail = format!("profile \"{name}\" is deleted");
        return Err(Error::new(ErrorCode::E_OLK_REGISTRY, "AccountManager::init", detail));
    }
    Ok(profile)
}

/// Says of accounts that have a store of their own, and do not know it yet, where their mail goes.
fn check_stores(profile: &Profile, session: &Session) -> Result<()> {
    let of_accounts = profile.look(|data| {
        let accounts = data.accounts().records.into_values();
        let lacking = accounts.filter(|record| !record.props.contains_id(PROP_ACCT_DELIVERY_STORE.id()));
        let store = |record: &crate::profile::AccountRecord| -> Option<(u32, MapiUid)> {
            let own = |uid: &MapiUid| {
                let service = data.services.iter().find(|row| row.uid == *uid)?;
                service.providers.iter().find(|row| row.kind == ProviderKind::Store).map(|row| row.uid)
            };
            Some((record.id, record.services.iter().find_map(own)?))
        };
        lacking.filter_map(|record| store(&record)).collect::<Vec<_>>()
    });
    if of_accounts.is_empty() {
        return Ok(());
    }
    let rows = session.stores()?;
    let known = |(id, provider): &(u32, MapiUid)| {
        let is_it = |row: &&mapi_defs::row::Row| {
            row.value(PR_INSTANCE_KEY).and_then(|key| key.as_binary()) == Some(&provider.0[..])
        };
        let entry_id = rows.iter().find(is_it)?.value(PR_ENTRYID)?.clone();
        Some((*id, Prop::new(PROP_ACCT_DELIVERY_STORE, entry_id)))
    };
    let stores: Vec<(u32, Prop)> = of_accounts.iter().filter_map(known).collect();
    match stores.is_empty() {
        true => Ok(()),
        false => profile.set_delivery_stores(&stores),
    }
}
