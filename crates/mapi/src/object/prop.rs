//! `Object`: what every object with properties can do (IMAPIProp), in a client's words.

use super::{Open, Table};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::object::Property;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::handle::Handle;
use mapi_spi::prop::{MapiProp, SMALL_VALUE_BYTES};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::io::Read;

/// An object with properties.
///
/// Every method enters the object once and answers `MAPI_E_INVALID_OBJECT` once its logon has ended.
pub trait Object {
    /// Calls the object itself, within its gate.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object's logon has ended.
    /// - What `call` answers.
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R>;

    /// Returns properties as they are, or all of them: values that are missing or large are PT_ERROR
    /// in their place (GetProps).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`.
    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.with_props(|object| object.props(tags))
    }

    /// Returns all properties with their names, large values whole.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`, and what reading answers.
    fn properties(&self) -> Result<Vec<Property>> {
        self.with_props(|object| mapi_spi::copy::properties(object))
    }

    /// Returns one value, however large; `None` where the object has none.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`, and what reading answers.
    fn value(&self, tag: PropTag) -> Result<Option<PropValue>> {
        self.with_props(|object| value(object, tag))
    }

    /// Returns a text of either width, however large.
    ///
    /// # Errors
    /// As [`Object::value`].
    fn text(&self, tag: PropTag) -> Result<Option<String>> {
        let value = self.value(tag)?;
        Ok(value.as_ref().and_then(PropValue::as_text).map(str::to_owned))
    }

    /// Returns bytes, however many.
    ///
    /// # Errors
    /// As [`Object::value`].
    fn binary(&self, tag: PropTag) -> Result<Option<Vec<u8>>> {
        match self.value(tag)? {
            Some(PropValue::Binary(bytes)) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }

    /// Returns a 32-bit number.
    ///
    /// # Errors
    /// As [`Object::value`].
    fn long(&self, tag: PropTag) -> Result<Option<i32>> {
        Ok(self.value(tag)?.and_then(|value| value.as_long()))
    }

    /// Returns a truth.
    ///
    /// # Errors
    /// As [`Object::value`].
    fn boolean(&self, tag: PropTag) -> Result<Option<bool>> {
        Ok(self.value(tag)?.and_then(|value| value.as_boolean()))
    }

    /// Returns a moment.
    ///
    /// # Errors
    /// As [`Object::value`].
    fn time(&self, tag: PropTag) -> Result<Option<FileTime>> {
        Ok(self.value(tag)?.and_then(|value| value.as_time()))
    }

    /// Sets one property, however large its value.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading.
    /// - The reason for which this property cannot be set.
    fn set(&self, tag: PropTag, value: impl Into<PropValue>) -> Result<()> {
        let prop = Prop::new(tag, value);
        self.with_props(|object| set(object, prop))
    }

    /// Sets properties; the problems name those that could not be set (SetProps).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading.
    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.with_props(|object| object.set_props(props))
    }

    /// Deletes properties; the problems name those that could not be deleted (DeleteProps).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading.
    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.with_props(|object| object.delete_props(tags))
    }

    /// Returns the tags of all properties, ascending (GetPropList).
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`.
    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.with_props(|object| object.prop_list())
    }

    /// Returns the identifiers of names, and makes new ones where `create` is set (GetIDsFromNames).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the object has no named properties.
    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.with_props(|object| object.ids(names, create))
    }

    /// Returns the names behind identifiers (GetNamesFromIDs).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the object has no named properties.
    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.with_props(|object| object.names(ids))
    }

    /// Makes the changes permanent (SaveChanges).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading.
    /// - `MAPI_E_OBJECT_CHANGED`, `MAPI_E_OBJECT_DELETED`: somebody else was there meanwhile.
    fn save(&self, flags: SaveFlags) -> Result<()> {
        self.with_props(|object| object.save_changes(flags))
    }
}

fn value(object: &dyn MapiProp, tag: PropTag) -> Result<Option<PropValue>> {
    let Some(prop) = object.props(Some(&[tag]))?.into_iter().next() else { return Ok(None) };
    match prop.value {
        PropValue::Error(ErrorCode::NOT_FOUND) => Ok(None),
        PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY) => large_value(object, tag).map(Some),
        PropValue::Error(code) => {
            Err(Error::new(code, "Object::value", format!("property {tag} cannot be read")))
        }
        value => Ok(Some(value)),
    }
}

/// Reads a value that the object held back for its size.
fn large_value(object: &dyn MapiProp, tag: PropTag) -> Result<PropValue> {
    let held = object.prop_list()?.into_iter().find(|held| held.id() == tag.id());
    let ptype = match tag.ptype() {
        PropType::UNSPECIFIED => held.map_or(PropType::BINARY, PropTag::ptype),
        asked => asked,
    };
    let tag = tag.with_type(ptype.unicode());
    let bytes = all_bytes(object.open_stream(tag, StreamFlags::NONE)?)?;
    if tag.ptype() == PropType::BINARY {
        return Ok(PropValue::Binary(bytes));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(if ptype == PropType::STRING8 { PropValue::String8(text) } else { PropValue::Unicode(text) })
}

fn all_bytes(stream: std::sync::Arc<dyn PropStream>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).map_err(super::stream::failed)?;
    Ok(bytes)
}

fn set(object: &dyn MapiProp, prop: Prop) -> Result<()> {
    let large = match &prop.value {
        PropValue::Binary(bytes) => Some(bytes.as_slice()),
        PropValue::String8(text) | PropValue::Unicode(text) => Some(text.as_bytes()),
        _ => None,
    };
    if let Some(bytes) = large.filter(|bytes| bytes.len() > SMALL_VALUE_BYTES) {
        let stream = object.open_stream(prop.tag.unicode(), StreamFlags::CREATE | StreamFlags::MODIFY)?;
        let mut cursor = StreamCursor::new(stream.clone());
        std::io::Write::write_all(&mut cursor, bytes).map_err(super::stream::failed)?;
        return stream.commit();
    }
    match object.set_props(std::slice::from_ref(&prop))?.first() {
        None => Ok(()),
        Some(problem) => {
            Err(Error::new(problem.code, "Object::set", format!("property {} cannot be set", prop.tag)))
        }
    }
}

/// Any object with properties, such as one of an address book.
#[derive(Clone, Debug)]
pub struct AnyObject {
    pub(crate) open: Open<dyn MapiProp>,
}

impl AnyObject {
    /// An object behind a handle.
    pub fn new(handle: Handle<dyn MapiProp>) -> Self {
        Self { open: Open::free(handle) }
    }

    pub(crate) fn of(open: Open<dyn MapiProp>) -> Self {
        Self { open }
    }

    /// Opens a property that is a table, such as PR_DETAILS_TABLE: what a dialog shows of the object
    /// (OpenProperty with IID_IMAPITable). Its rows are read by [`mapi_spi::display`].
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_SUPPORT`: the object has no such table.
    #[track_caller]
    pub fn open_table(&self, tag: PropTag) -> Result<Table> {
        let table = self.open.live()?.open_table(tag)?;
        Ok(Table::new(self.open.child(table, "IMAPITable", tag.to_string())))
    }
}

impl Object for AnyObject {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}

/// A section of the session's profile.
pub type SessionSection = AnyObject;
