//! Services and accounts brought together: a service that no account has gets one, and an account whose
//! services have all gone goes as well.

use super::change::{free_mini_uid, identify, taken_mini_uids};
use crate::profile::{Profile, ProfileData, new_uid};
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::CLSID_OLK_MAPI_ACCOUNT;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::PROP_ACCT_NAME;
use mapi_defs::{Guid, Result};

/// An account to be made for a service that is there.
struct Mirror {
    service: MapiUid,
    account_type: Guid,
    props: PropList,
}

impl Profile {
    /// Makes accounts of services that have none, and removes accounts whose services have gone. The file
    /// is written where there is anything to do.
    ///
    /// # Errors
    /// Those of reading and writing the profile.
    pub(crate) fn synchronize_accounts(&self) -> Result<()> {
        self.refresh()?;
        let data = self.snapshot();
        let mirrors = mirrors(&data, &mut taken_mini_uids(self.folder())?);
        if mirrors.is_empty() && bereft(&data).is_empty() {
            return Ok(());
        }
        self.change(|data| {
            for id in bereft(data) {
                data.unlist_account(id);
            }
            for mirror in mirrors {
                let is_open = data.accounts().of_service(mirror.service).is_none();
                if is_open && data.service(mirror.service).is_ok() {
                    let (section, services) = (new_uid(), [mirror.service]);
                    let categories = data.account_categories(mirror.account_type, &services);
                    data.sections.insert(section, mirror.props);
                    data.describe_account(section, mirror.account_type, &categories, &services);
                    data.list_account(section)?;
                }
            }
            Ok(())
        })
    }
}

/// The accounts that services of a profile lack. Nothing is locked: a library may be loaded for this.
fn mirrors(data: &ProfileData, taken: &mut Vec<u32>) -> Vec<Mirror> {
    let accounts = data.accounts();
    let lacking = data.services.iter().filter(|row| accounts.of_service(row.uid).is_none());
    let mirror = |row: &crate::profile::ServiceRow| {
        let account = data.catalogue.service(&row.name).ok().and_then(|known| known.account);
        let section = data.section(row.uid);
        let mut props = account.as_ref().map(|account| account.account_props(&section)).unwrap_or_default();
        if !props.contains_id(PROP_ACCT_NAME.id()) {
            props.set(PROP_ACCT_NAME, row.display_name.as_str());
        }
        identify(&mut props, free_mini_uid(taken), &[(row.name.clone(), None)]);
        let account_type = account.and_then(|account| account.account_type());
        Mirror { service: row.uid, account_type: account_type.unwrap_or(CLSID_OLK_MAPI_ACCOUNT), props }
    };
    lacking.map(mirror).collect()
}

/// The accounts that had services and have none any more.
fn bereft(data: &ProfileData) -> Vec<u32> {
    let accounts = data.accounts().records.into_values();
    let is_gone = |uid: &MapiUid| data.service(*uid).is_err();
    let bereft = accounts.filter(|record| !record.services.is_empty() && record.services.iter().all(is_gone));
    bereft.map(|record| record.id).collect()
}
