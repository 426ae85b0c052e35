//! `MapiProp`: every object with properties (IMAPIProp).

use crate::no_support;
use crate::stream::PropStream;
use crate::table::MapiTable;
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag};
use mapi_defs::{Error, Result};
use std::any::Any;
use std::sync::Arc;

/// Values above this many bytes are not returned by [`MapiProp::props`]; they are opened as streams.
pub const SMALL_VALUE_BYTES: usize = 16 * 1024;

/// An object with properties.
///
/// # Source
/// IMAPIProp : IUnknown.
pub trait MapiProp: Send + Sync {
    /// The object itself, so that a provider can recognise its own.
    fn as_any(&self) -> &dyn Any;

    /// Returns the properties with these tags, in their order, or all of them in ascending order.
    ///
    /// A property that is missing is `PT_ERROR` with `MAPI_E_NOT_FOUND` in its place; a value of
    /// more than [`SMALL_VALUE_BYTES`] is `PT_ERROR` with `MAPI_E_NOT_ENOUGH_MEMORY`, and is read
    /// through [`MapiProp::open_stream`]. A tag of PT_UNSPECIFIED takes any type; a text property is
    /// returned in the width asked for.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object has ended.
    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>>;

    /// Returns the tags of all properties, in ascending order (GetPropList).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object has ended.
    fn prop_list(&self) -> Result<Vec<PropTag>>;

    /// Sets properties. The problems name those that could not be set; the others were.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading only.
    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let _ = props;
        no_support("MapiProp::set_props")
    }

    /// Deletes properties. The problems name those that could not be deleted.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading only.
    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let _ = tags;
        no_support("MapiProp::delete_props")
    }

    /// Opens a text or binary property as a stream of bytes (OpenProperty with IID_IStream).
    ///
    /// A PT_UNICODE property is a stream of UTF-8 here; the C boundary makes UTF-16 of it.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is no such property, and CREATE is not set.
    /// - `MAPI_E_INVALID_PARAMETER`: the tag is of PT_UNSPECIFIED.
    /// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: a property of this type has no stream.
    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let _ = (tag, flags);
        no_support("MapiProp::open_stream")
    }

    /// Opens a property that is a table, such as PR_DETAILS_TABLE (OpenProperty with IID_IMAPITable).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_SUPPORT`: the object has no such table.
    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        let _ = tag;
        no_support("MapiProp::open_table")
    }

    /// Makes the changes since the last save permanent (SaveChanges).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading only.
    /// - `MAPI_E_OBJECT_CHANGED`: somebody else saved it meanwhile; FORCE_SAVE overwrites.
    /// - `MAPI_E_OBJECT_DELETED`: somebody else deleted it meanwhile.
    ///
    /// A failing save leaves the object open and unchanged.
    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        let _ = flags;
        no_support("MapiProp::save_changes")
    }

    /// Returns the names that identifiers from 0x8000 up stand for (GetNamesFromIDs).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the object has no named properties.
    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        let _ = ids;
        no_support("MapiProp::names")
    }

    /// Returns the identifiers of names, and gives new names one where `create` is set (GetIDsFromNames).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no identifier is left.
    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        let _ = (names, create);
        no_support("MapiProp::ids")
    }

    /// Returns the error behind the last failing call on this object, if any is kept (GetLastError).
    fn last_error(&self) -> Option<Error> {
        None
    }
}
