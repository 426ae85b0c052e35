//! Fills an open message from a plain tree.

use super::{ATTACH_DATA, EMBEDDED_DEPTH, ROW_ID, pump, too_deep};
use crate::message::{Message, ModifyRecipients};
use crate::prop::{MapiProp, SMALL_VALUE_BYTES};
use crate::storage::Storage;
use crate::stream::StreamCursor;
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::{NamedProp, Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::HashMap;

/// Writes a whole message into an open one, unsaved.
///
/// Properties whose identifier is in `exclude` are left out at the top level.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: embedded more than [`EMBEDDED_DEPTH`] deep.
/// - Whatever writing answers.
pub fn fill_message(object: &MessageObject, to: &dyn Message, exclude: &[u16]) -> Result<()> {
    fill_at_depth(object, to, exclude, 0)
}

fn fill_at_depth(object: &MessageObject, to: &dyn Message, exclude: &[u16], depth: usize) -> Result<()> {
    if depth > EMBEDDED_DEPTH {
        return Err(too_deep());
    }
    set_properties(&object.properties, to, exclude)?;
    let names = Names::of(to, object.recipients.iter().flatten())?;
    let row = |properties: &Vec<Property>| {
        let others = properties.iter().filter(|property| property.tag.id() != ROW_ID);
        Recipient { row_id: 0, props: others.filter_map(|property| names.prop(property)).collect() }
    };
    let rows: Vec<Recipient> = object.recipients.iter().map(row).collect();
    if !rows.is_empty() {
        to.modify_recipients(ModifyRecipients::Add, rows)?;
    }
    object.attachments.iter().try_for_each(|attachment| fill_attachment(attachment, to, depth))
}

fn fill_attachment(object: &AttachmentObject, to: &dyn Message, depth: usize) -> Result<()> {
    let (_, target) = to.create_attach()?;
    let has_object = object.message.is_some() || object.storage.is_some();
    set_properties(&object.properties, &*target, if has_object { &[ATTACH_DATA] } else { &[] })?;
    if let Some(embedded) = &object.message {
        let open = target.open_message(true)?;
        fill_at_depth(embedded, &*open, &[], depth + 1)?;
        open.save_changes(SaveFlags::KEEP_OPEN_READONLY)?;
    }
    if let Some(inner) = &object.storage {
        storage(inner, &*target.open_storage(true)?, 0)?;
    }
    target.save_changes(SaveFlags::KEEP_OPEN_READONLY)
}

fn set_properties(properties: &[Property], to: &dyn MapiProp, exclude: &[u16]) -> Result<()> {
    let names = Names::of(to, properties.iter())?;
    let wanted = properties
        .iter()
        .filter(|property| property.named.is_some() || !exclude.contains(&property.tag.id()));
    let (large, small): (Vec<_>, Vec<_>) =
        wanted.partition(|property| large_bytes(&property.value).is_some());
    let small: Vec<Prop> = small.into_iter().filter_map(|property| names.prop(property)).collect();
    to.set_props(&small)?;
    for property in large {
        let (Some(tag), Some(mut bytes)) = (names.tag(property), large_bytes(&property.value)) else {
            continue;
        };
        let stream = to.open_stream(tag.unicode(), StreamFlags::CREATE | StreamFlags::MODIFY)?;
        pump(&mut bytes, &mut StreamCursor::new(stream.clone()))?;
        stream.commit()?;
    }
    Ok(())
}

fn large_bytes(value: &PropValue) -> Option<&[u8]> {
    let bytes = match value {
        PropValue::Binary(bytes) => bytes.as_slice(),
        PropValue::String8(text) | PropValue::Unicode(text) => text.as_bytes(),
        _ => return None,
    };
    (bytes.len() > SMALL_VALUE_BYTES).then_some(bytes)
}

/// The identifiers that names have in the destination.
struct Names {
    ids: HashMap<NamedProp, u16>,
}

impl Names {
    fn of<'a>(to: &dyn MapiProp, properties: impl Iterator<Item = &'a Property>) -> Result<Self> {
        let mut names: Vec<NamedProp> = properties.filter_map(|property| property.named.clone()).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(Self { ids: HashMap::new() });
        }
        let ids = to.ids(&names, true)?;
        Ok(Self { ids: names.into_iter().zip(ids).filter_map(|(name, id)| Some((name, id?))).collect() })
    }

    fn tag(&self, property: &Property) -> Option<PropTag> {
        match &property.named {
            None if property.tag.is_named() => None,
            None => Some(property.tag),
            Some(name) => self.ids.get(name).map(|id| PropTag::new(*id, property.tag.ptype())),
        }
    }

    fn prop(&self, property: &Property) -> Option<Prop> {
        if matches!(property.value, PropValue::Error(_) | PropValue::Object) {
            return None;
        }
        Some(Prop { tag: self.tag(property)?, value: property.value.clone() })
    }
}

/// Writes a structured storage and commits it.
pub(super) fn storage(object: &StorageObject, to: &dyn Storage, depth: usize) -> Result<()> {
    if depth > EMBEDDED_DEPTH {
        return Err(Error::new(ErrorCode::TOO_BIG, "write_storage", "storages are nested too deep"));
    }
    to.set_class_id(object.class_id)?;
    for (name, bytes) in &object.streams {
        let stream = to.create_stream(name)?;
        pump(&mut bytes.as_slice(), &mut StreamCursor::new(stream.clone()))?;
        stream.commit()?;
    }
    for (name, inner) in &object.storages {
        storage(inner, &*to.create_storage(name)?, depth + 1)?;
    }
    to.commit()
}
