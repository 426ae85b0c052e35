//! Makes a plain tree of an open message.

use super::{EMBEDDED_DEPTH, ROW_ID, is_absent, is_held_back, too_deep};
use crate::message::Message;
use crate::prop::MapiProp;
use crate::storage::{ElementKind, Storage};
use crate::stream::StreamCursor;
use mapi_defs::flags::{OpenFlags, StreamFlags};
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;
use std::io::Read;

/// Reads a message with everything in it into memory.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: embedded more than [`EMBEDDED_DEPTH`] deep.
/// - Whatever reading answers.
pub fn message_object(message: &dyn Message) -> Result<MessageObject> {
    message_at_depth(message, 0)
}

fn message_at_depth(message: &dyn Message, depth: usize) -> Result<MessageObject> {
    if depth > EMBEDDED_DEPTH {
        return Err(too_deep());
    }
    let mut object = MessageObject { properties: properties(message)?, ..MessageObject::default() };
    for row in message.recipients()? {
        let names = names_of(message, row.props.tags())?;
        let row_id = Property::new(PropTag::new(ROW_ID, PropType::LONG), row.row_id.cast_signed());
        let mut row: Vec<Property> = row.props.into_iter().map(|prop| property(prop, &names)).collect();
        row.push(row_id);
        row.sort_by(Property::order);
        object.recipients.push(row);
    }
    for number in message.attachments()? {
        object.attachments.push(attachment(message, number, depth)?);
    }
    Ok(object)
}

fn attachment(message: &dyn Message, number: u32, depth: usize) -> Result<AttachmentObject> {
    let open = message.open_attach(number, OpenFlags::NONE)?;
    let mut object =
        AttachmentObject { number, properties: properties(&*open)?, ..AttachmentObject::default() };
    match open.open_message(false) {
        Ok(embedded) => object.message = Some(Box::new(message_at_depth(&*embedded, depth + 1)?)),
        Err(error) if is_absent(&error) => match open.open_storage(false) {
            Ok(inner) => object.storage = Some(storage(&*inner, 0)?),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error),
    }
    Ok(object)
}

/// Reads all properties of an object, large values included, each with its name.
///
/// # Errors
/// - Whatever reading answers.
pub fn properties(object: &dyn MapiProp) -> Result<Vec<Property>> {
    let types: HashMap<u16, PropType> =
        object.prop_list()?.into_iter().map(|tag| (tag.id(), tag.ptype())).collect();
    let mut props = object.props(None)?;
    for prop in &mut props {
        if let (true, Some(ptype)) = (is_held_back(&prop.value), types.get(&prop.tag.id())) {
            *prop = whole(object, prop.tag.with_type(*ptype))?;
        }
    }
    // What PT_OBJECT stands for is opened, and stands beside the properties.
    props.retain(|prop| prop.value != PropValue::Object);
    let names = names_of(object, props.iter().map(|prop| prop.tag))?;
    let mut properties: Vec<Property> = props.into_iter().map(|prop| property(prop, &names)).collect();
    properties.sort_by(Property::order);
    Ok(properties)
}

fn whole(object: &dyn MapiProp, tag: PropTag) -> Result<Prop> {
    let stream = object.open_stream(tag, StreamFlags::NONE)?;
    let mut bytes = Vec::new();
    StreamCursor::new(stream).read_to_end(&mut bytes).map_err(super::stream_failed)?;
    let text = |bytes| {
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    };
    let value = match tag.ptype() {
        PropType::STRING8 => PropValue::String8(text(bytes)),
        PropType::UNICODE => PropValue::Unicode(text(bytes)),
        PropType::BINARY => PropValue::Binary(bytes),
        _ => {
            return Err(Error::new(
                ErrorCode::UNEXPECTED_TYPE,
                "properties",
                "a large value that is neither text nor bytes",
            ));
        }
    };
    Ok(Prop { tag, value })
}

fn names_of(object: &dyn MapiProp, tags: impl Iterator<Item = PropTag>) -> Result<HashMap<u16, NamedProp>> {
    let ids: Vec<u16> = tags.filter(|tag| tag.is_named()).map(PropTag::id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names = object.names(&ids)?;
    Ok(ids.into_iter().zip(names).filter_map(|(id, name)| Some((id, name?))).collect())
}

fn property(prop: Prop, names: &HashMap<u16, NamedProp>) -> Property {
    Property { tag: prop.tag, named: names.get(&prop.tag.id()).cloned(), value: prop.value, lossy: false }
}

/// Reads a structured storage into memory.
pub(super) fn storage(from: &dyn Storage, depth: usize) -> Result<StorageObject> {
    if depth > EMBEDDED_DEPTH {
        return Err(Error::new(ErrorCode::TOO_BIG, "read_storage", "storages are nested too deep"));
    }
    let mut object = StorageObject { class_id: from.stat()?.class_id, ..StorageObject::default() };
    for element in from.elements()? {
        if element.kind == ElementKind::Storage {
            let inner = from.open_storage(&element.name)?;
            object.storages.push((element.name, storage(&*inner, depth + 1)?));
        } else {
            let mut bytes = Vec::new();
            let stream = from.open_stream(&element.name)?;
            StreamCursor::new(stream).read_to_end(&mut bytes).map_err(super::stream_failed)?;
            object.streams.push((element.name, bytes));
        }
    }
    Ok(object)
}
