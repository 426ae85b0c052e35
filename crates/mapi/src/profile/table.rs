//! The tables of a profile: its services and its providers, as they are when the table is made
//! (GetMsgServiceTable, GetProviderTable). None of them changes afterwards.

use super::{ProfileData, ProfileRow, ProviderKind, ServiceRow};
use crate::Table;
use crate::object::Open;
use mapi_defs::Result;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_DEFAULT_PROFILE, PR_DISPLAY_NAME, PR_INSTANCE_KEY, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME,
    PR_PROVIDER_ORDINAL, PR_PROVIDER_UID, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE, PR_SERVICE_DLL_NAME,
    PR_SERVICE_ENTRY_NAME, PR_SERVICE_NAME, PR_SERVICE_SUPPORT_FILES, PR_SERVICE_UID,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::sort::SortOrder;
use mapi_spi::gate::Gate;
use mapi_spi::handle::Handle;
use mapi_spi::table::{MapiTable, TableData, TableRow};
use std::sync::Arc;

/// The columns of the table of services.
const SERVICE_COLUMNS: [PropTag; 8] = [
    PR_DISPLAY_NAME,
    PR_INSTANCE_KEY,
    PR_RESOURCE_FLAGS,
    PR_SERVICE_DLL_NAME,
    PR_SERVICE_ENTRY_NAME,
    PR_SERVICE_NAME,
    PR_SERVICE_SUPPORT_FILES,
    PR_SERVICE_UID,
];
/// The columns of provider tables.
const PROVIDER_COLUMNS: [PropTag; 10] = [
    PR_INSTANCE_KEY,
    PR_DISPLAY_NAME,
    PR_PROVIDER_DISPLAY,
    PR_PROVIDER_DLL_NAME,
    PR_PROVIDER_ORDINAL,
    PR_PROVIDER_UID,
    PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE,
    PR_SERVICE_NAME,
    PR_SERVICE_UID,
];

/// The table of one service's providers, and of its further sections, which have no PR_RESOURCE_TYPE.
pub(super) fn providers_of(data: &ProfileData, service: MapiUid) -> Result<Arc<dyn MapiTable>> {
    let row = data.service(service)?;
    let own: Vec<MapiUid> = row.providers.iter().map(|provider| provider.uid).collect();
    let extra = data.extra_sections(service);
    let uids = own.iter().chain(&extra).copied();
    let rows = uids.enumerate().map(|(place, uid)| {
        let mut props = provider_row(data, service, uid, place);
        if extra.contains(&uid) {
            props.remove(PR_RESOURCE_TYPE.id());
        }
        props
    });
    still(PR_INSTANCE_KEY, &PROVIDER_COLUMNS, rows.collect())
}

/// The table of all providers: service by service, the transports among themselves in their order.
pub(super) fn providers(data: &ProfileData) -> Result<Arc<dyn MapiTable>> {
    let mut transports = data.providers(ProviderKind::Transport).into_iter();
    let all = data.services.iter().flat_map(|service| &service.providers);
    let ordered = all.filter_map(|row| match row.kind {
        // As many places as there are transports.
        ProviderKind::Transport => transports.next(),
        _ => Some(row),
    });
    let rows = ordered.enumerate().filter_map(|(place, row)| {
        let service = data.service_of(row.uid)?;
        Some(provider_row(data, service.uid, row.uid, place))
    });
    still(PR_INSTANCE_KEY, &PROVIDER_COLUMNS, rows.collect())
}

/// The table of services, in the order they were added.
pub(super) fn services(data: &ProfileData) -> Result<Arc<dyn MapiTable>> {
    let row = |service: &ServiceRow| {
        let section = data.shown(service.uid);
        let mut props: PropList =
            SERVICE_COLUMNS.iter().filter_map(|tag| section.prop(*tag).cloned()).collect();
        props.set(PR_INSTANCE_KEY, service.uid.0.to_vec());
        props.set(PR_DISPLAY_NAME, service.display_name.as_str());
        props
    };
    still(PR_INSTANCE_KEY, &SERVICE_COLUMNS, data.services.iter().map(row).collect())
}

/// The table of profiles.
pub(super) fn profiles(rows: Vec<ProfileRow>) -> Result<Arc<dyn MapiTable>> {
    let row = |row: ProfileRow| {
        let mut props = PropList::new();
        props.set(PR_DEFAULT_PROFILE, row.is_default);
        props.set(PR_DISPLAY_NAME, row.name);
        props
    };
    still(PR_DISPLAY_NAME, &[PR_DEFAULT_PROFILE, PR_DISPLAY_NAME], rows.into_iter().map(row).collect())
}

/// A table of no session.
pub(super) fn free(name: &str, table: Arc<dyn MapiTable>) -> Result<Table> {
    let handle = Handle::new(table, Arc::new(Gate::new(0)), &Arc::default(), "IMAPITable", name.to_owned());
    Ok(Table::new(Open::free(handle)))
}

fn provider_row(data: &ProfileData, service: MapiUid, uid: MapiUid, place: usize) -> PropList {
    let section = data.shown(uid);
    let mut props: PropList = PROVIDER_COLUMNS.iter().filter_map(|tag| section.prop(*tag).cloned()).collect();
    props.set(PR_INSTANCE_KEY, uid.0.to_vec());
    props.set(PR_PROVIDER_ORDINAL, i32::try_from(place).unwrap_or(i32::MAX));
    props.set(PR_PROVIDER_UID, uid.0.to_vec());
    props.set(PR_SERVICE_UID, service.0.to_vec());
    if let Ok(row) = data.service(service) {
        props.set(PR_SERVICE_NAME, row.name.as_str());
    }
    props
}

/// A table of these rows that never changes.
pub(super) fn still(index: PropTag, columns: &[PropTag], rows: Vec<PropList>) -> Result<Arc<dyn MapiTable>> {
    let data = TableData::new(index, columns);
    data.replace_rows(rows.into_iter().map(TableRow::from).collect())?;
    let view = data.view(SortOrder::default())?;
    view.set_columns(columns)?;
    Ok(Arc::new(view))
}
