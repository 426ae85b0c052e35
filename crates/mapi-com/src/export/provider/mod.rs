//! What a provider in a library is given: its support object, messages that are lent to it, the
//! administration of its service; and, for providers in Rust, their own objects as COM objects.

pub mod admin;
pub mod init;
pub mod message;
pub mod service_support;
pub mod support;
pub mod transport;

use super::held::Context;
use super::opened::asked;
use super::prof_sect::{prof_sect, shared_section};
use super::prop::tag_in_width;
use super::table::export_table;
use crate::abi::MAPIUID;
use crate::interfaces::{IMAPITable, IUnknown};
use crate::marshal::array;
use crate::marshal::block::Allocator;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::PropTag;
use mapi_defs::{Guid, Result};
use mapi_spi::gate::Gate;
use mapi_spi::prop::MapiProp;
use mapi_spi::table::MapiTable;
use std::sync::Arc;
use windows_core::GUID;

/// Exports a table that a provider or MAPI made. Text columns are 8 bits wide unless MAPI_UNICODE is set.
///
/// # Errors
/// What the table answers.
pub(crate) fn provided_table(
    table: Arc<dyn MapiTable>,
    gate: Option<Arc<Gate>>,
    flags: u32,
) -> Result<IMAPITable> {
    let columns = table.columns()?;
    let in_width: Vec<PropTag> = columns.iter().map(|tag| tag_in_width(*tag, flags)).collect();
    if in_width != *columns {
        table.set_columns(&in_width)?;
    }
    Ok(export_table(table, gate, Allocator::OURS))
}

/// Exports a section of a profile by the interface asked for, behind a gate.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: it has no such interface.
fn section(
    section: Arc<dyn MapiProp>,
    gate: &Arc<Gate>,
    iid: Option<GUID>,
    call: &'static str,
) -> Result<IUnknown> {
    asked(prof_sect(shared_section(section, gate), &Context::FREE).into(), iid, call)
}

/// Reads a UID; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: misaligned.
///
/// # Safety
/// NULL, or a UID.
unsafe fn optional_uid(uid: *const MAPIUID, call: &'static str) -> Result<Option<MapiUid>> {
    if uid.is_null() {
        return Ok(None);
    }
    // SAFETY: the promise is the caller's own.
    Ok(Some(Guid(unsafe { array(uid, 1, call) }?[0].ab)))
}
