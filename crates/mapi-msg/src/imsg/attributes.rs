//! Attributes of properties on a storage (GetAttribIMsgOnIStg, SetAttribIMsgOnIStg).
//!
//! They are how a store on such messages makes properties read-only. They are kept with the property
//! and not copied with it.

use super::attachment::StorageAttachment;
use super::message::StorageMessage;
use super::props::Keeper;
use mapi_defs::prop::{PropProblem, PropTag};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;

/// PROPATTR_MANDATORY: the property cannot be deleted.
pub const PROPATTR_MANDATORY: u32 = crate::property_stream::MANDATORY;
/// PROPATTR_READABLE: the property can be read.
pub const PROPATTR_READABLE: u32 = crate::property_stream::READABLE;
/// PROPATTR_WRITEABLE: the property can be set and deleted.
pub const PROPATTR_WRITEABLE: u32 = crate::property_stream::WRITEABLE;
/// PROPATTR_NOT_PRESENT: there is no such property; only an answer, never kept.
pub const PROPATTR_NOT_PRESENT: u32 = 8;

/// Returns the attributes of properties, in the order of their tags; [`PROPATTR_NOT_PRESENT`] where the
/// object has no such property, which the C face tells with `MAPI_W_ERRORS_RETURNED`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: no message on a storage, and no attachment of one.
/// - `MAPI_E_INVALID_OBJECT`: the message has ended.
///
/// # Source
/// GetAttribIMsgOnIStg.
pub fn attributes_on_storage(object: &dyn MapiProp, tags: &[PropTag]) -> Result<Vec<u32>> {
    match own(object, "GetAttribIMsgOnIStg")? {
        Own::Message(message) => read(message, tags),
        Own::Attachment(attachment) => read(attachment, tags),
    }
}

/// Sets the attributes of properties that the object has, at once; they are kept at its save.
///
/// The problems name the tags that the object does not have, and attributes that do not exist.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: as [`attributes_on_storage`], or not one attribute for each tag.
/// - `MAPI_E_NO_ACCESS`: the object is open for reading.
/// - `MAPI_E_INVALID_OBJECT`: the message has ended.
///
/// # Source
/// SetAttribIMsgOnIStg.
pub fn set_attributes_on_storage(
    object: &dyn MapiProp,
    tags: &[PropTag],
    attributes: &[u32],
) -> Result<Vec<PropProblem>> {
    const CALL: &str = "SetAttribIMsgOnIStg";
    if tags.len() != attributes.len() {
        let detail = "not as many attributes as tags";
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
    }
    match own(object, CALL)? {
        Own::Message(message) => write(message, tags, attributes),
        Own::Attachment(attachment) => write(attachment, tags, attributes),
    }
}

enum Own<'a> {
    Message(&'a StorageMessage),
    Attachment(&'a StorageAttachment),
}

fn own<'a>(object: &'a dyn MapiProp, call: &'static str) -> Result<Own<'a>> {
    let any = object.as_any();
    let message = any.downcast_ref().map(Own::Message);
    message.or_else(|| any.downcast_ref().map(Own::Attachment)).ok_or_else(|| {
        Error::new(ErrorCode::INVALID_PARAMETER, call, "the object is not of a message on a storage")
    })
}

fn read<K: Keeper>(keeper: &K, tags: &[PropTag]) -> Result<Vec<u32>> {
    let _pass = keeper.life().enter()?;
    let attributes = |held: &super::held::Held| {
        tags.iter().map(|tag| held.attributes(*tag).unwrap_or(PROPATTR_NOT_PRESENT)).collect()
    };
    Ok(keeper.look(attributes))
}

fn write<K: Keeper>(keeper: &K, tags: &[PropTag], attributes: &[u32]) -> Result<Vec<PropProblem>> {
    const ALL: u32 = PROPATTR_MANDATORY | PROPATTR_READABLE | PROPATTR_WRITEABLE;
    let _pass = keeper.life().enter()?;
    keeper.edit("SetAttribIMsgOnIStg", |held, _| {
        let mut problems = Vec::new();
        for ((index, tag), bits) in tags.iter().enumerate().zip(attributes) {
            let is_there = held.find(*tag).is_some();
            match held.values.get_mut(&tag.id()).filter(|_| is_there) {
                None => problems.push(PropProblem { index, tag: *tag, code: ErrorCode::NOT_FOUND }),
                Some(_) if bits & !ALL != 0 => {
                    problems.push(PropProblem { index, tag: *tag, code: ErrorCode::INVALID_PARAMETER });
                }
                Some(value) => value.attributes = *bits,
            }
        }
        problems
    })
}
