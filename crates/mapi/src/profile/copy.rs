//! Copies of profiles and of services: everything they have, under identities of their own
//! (CopyProfile, CopyMsgService). No service is asked.

use super::{ProfileData, ServiceRow, new_uid};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::PR_RESOURCE_FLAGS;
use mapi_defs::{Guid, Result};
use mapi_spi::spooler::section::DATA_FOLDER;
use std::collections::BTreeMap;

/// Gives a profile, its services and its providers new identities, and its accounts ones that none of
/// these is; returns the one in place of each old.
pub(super) fn renew(data: &mut ProfileData, mini_uids: &[u32]) -> BTreeMap<MapiUid, MapiUid> {
    data.instance = new_uid();
    let renewed: BTreeMap<MapiUid, MapiUid> = data.services.iter_mut().flat_map(renew_row).collect();
    let new = |uid: MapiUid| renewed.get(&uid).copied().unwrap_or(uid);
    data.transport_order.iter_mut().for_each(|uid| *uid = new(*uid));
    data.default_store = data.default_store.map(new);
    data.sections =
        std::mem::take(&mut data.sections).into_iter().map(|(uid, props)| (new(uid), props)).collect();
    data.renew_accounts(&renewed, mini_uids);
    renewed
}

/// Copies a service from one profile into another, or into the same. Returns the copy's UID, and where
/// each section is copied to. Secure properties are for the caller to seal again.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: no such service.
/// - `MAPI_E_NO_ACCESS`: the destination has one, and the service can be there once only.
pub(super) fn service(
    from: &ProfileData,
    uid: MapiUid,
    into: &mut ProfileData,
) -> Result<(MapiUid, BTreeMap<MapiUid, MapiUid>)> {
    let mut row = from.service(uid)?.clone();
    let flags = from.section(uid).long(PR_RESOURCE_FLAGS).unwrap_or(0);
    into.check_single_copy(&row.name, flags, "MsgServiceAdmin::copy_service")?;
    let mut copied: BTreeMap<MapiUid, MapiUid> = renew_row(&mut row).into_iter().collect();
    // These have the same identity in every profile, and are shared where they are there already.
    let extra = from.extra_sections(uid).into_iter();
    copied.extend(extra.filter(|uid| !into.sections.contains_key(uid)).map(|uid| (uid, uid)));
    for (old, new) in &copied {
        let mut section = from.section(*old);
        if section.contains_id(DATA_FOLDER.id()) {
            section.set(DATA_FOLDER, into.data_folder.to_string_lossy().into_owned());
        }
        into.sections.insert(*new, section);
    }
    let uid = row.uid;
    into.services.push(row);
    Ok((uid, copied))
}

/// Gives a service and its providers new identities; returns each old one with its new one.
fn renew_row(service: &mut ServiceRow) -> Vec<(Guid, Guid)> {
    let own = std::iter::once(&mut service.uid);
    let all = own.chain(service.providers.iter_mut().map(|provider| &mut provider.uid));
    let mut renewed = Vec::new();
    for uid in all {
        let new = new_uid();
        renewed.push((std::mem::replace(uid, new), new));
    }
    renewed
}
