//! `Held`: the properties of one object in memory, some of which only say where in the file they are.
//!
//! What may be set and deleted is decided by each property's attribute bits. A copy is cheap: values
//! are shared until they are replaced.

use crate::codepage::Pages;
use crate::imessage::{in_width, is_streamed};
use crate::layout::Layout;
use crate::message::FileParts;
use crate::properties::Properties;
use crate::property_stream::{Entry, MANDATORY, WRITEABLE};
use crate::tree::Node;
use crate::write::complete::{Kind, attributes};
use mapi_defs::prop::tags::{PR_MESSAGE_ATTACHMENTS, PR_MESSAGE_RECIPIENTS};
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, Result};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The properties of one object.
#[derive(Clone, Default)]
pub(super) struct Held {
    pub(super) values: BTreeMap<u16, Value>,
}

/// One property.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) tag: PropTag,
    pub(super) attributes: u32,
    pub(super) content: Content,
    /// True where the object's storage has the value as it is here.
    pub(super) stored: bool,
    /// What the file says of the value's stream. It stays so as long as the stream does: other writers
    /// count terminators in their own way.
    pub(super) listed: Option<[u8; 8]>,
}

/// Where a value is.
#[derive(Clone)]
pub(super) enum Content {
    Here(Arc<PropValue>),
    /// In the file, in the storage `owner`.
    InFile(InFile),
}

/// A value that was not read.
#[derive(Clone, Copy)]
pub(super) struct InFile {
    pub(super) entry: Entry,
    pub(super) len: u64,
    pub(super) owner: Node,
    pub(super) pages: Pages,
}

impl InFile {
    /// Reads the value.
    pub(super) fn read(&self, parts: &FileParts) -> Result<PropValue> {
        let layout = Layout::of(&parts.tree, self.owner);
        Properties::read_entry(self.entry, &parts.tree, &layout, self.pages)
    }
}

impl Held {
    /// The properties that a reader found in a storage.
    pub(super) fn of_file(properties: &Properties, owner: Node, pages: Pages) -> Self {
        let value = |(entry, found): (Entry, Result<&PropValue, u64>)| {
            let content = match found {
                Ok(PropValue::Object) => return None,
                Ok(value) => Content::Here(Arc::new(value.clone())),
                Err(len) => Content::InFile(InFile { entry, len, owner, pages }),
            };
            let attributes = entry.attributes;
            let listed = Some(entry.value).filter(|value| *value != [0; 8]);
            Some((entry.tag.id(), Value { tag: entry.tag, attributes, content, stored: true, listed }))
        };
        Self { values: properties.each().filter_map(value).collect() }
    }

    /// The tags, ascending.
    pub(super) fn tags(&self) -> impl Iterator<Item = PropTag> + '_ {
        self.values.values().map(|value| value.tag)
    }

    /// The property of this tag; PT_UNSPECIFIED takes any type and text of one width that of the other.
    pub(super) fn find(&self, tag: PropTag) -> Option<&Value> {
        let asked = tag.ptype();
        let agrees =
            |value: &&Value| asked == PropType::UNSPECIFIED || asked.unicode() == value.tag.ptype().unicode();
        self.values.get(&tag.id()).filter(agrees)
    }

    /// A value that is here.
    pub(super) fn here(&self, tag: PropTag) -> Option<&PropValue> {
        match &self.find(tag)?.content {
            Content::Here(value) => Some(value),
            Content::InFile(_) => None,
        }
    }

    /// One property as it is returned; `None` where there is none.
    pub(super) fn prop(&self, tag: PropTag, parts: Option<&FileParts>) -> Option<Prop> {
        let error = |code| Prop { tag: tag.with_type(PropType::ERROR), value: PropValue::Error(code) };
        let value = self.find(tag)?;
        let too_large = |len: u64| is_streamed(value.tag) && len > SMALL_VALUE_BYTES as u64;
        Some(match (&value.content, parts) {
            (Content::Here(held), _) if too_large(crate::little_endian::wide(held.size_bytes())) => {
                error(ErrorCode::NOT_ENOUGH_MEMORY)
            }
            (Content::Here(held), _) => Prop::new(tag, in_width((**held).clone(), tag.ptype())),
            (Content::InFile(file), _) if too_large(file.len) => error(ErrorCode::NOT_ENOUGH_MEMORY),
            (Content::InFile(file), Some(parts)) => match file.read(parts) {
                Ok(read) => Prop::new(tag, in_width(read, tag.ptype())),
                Err(fault) => error(fault.code()),
            },
            (Content::InFile(_), None) => error(ErrorCode::CORRUPT_DATA),
        })
    }

    /// Why a client may not set this property.
    pub(super) fn refuses(&self, kind: Kind, tag: PropTag) -> Option<ErrorCode> {
        if matches!(tag.id(), 0 | 0xFFFF) {
            return Some(ErrorCode::INVALID_PARAMETER);
        }
        if tag.id() == PR_MESSAGE_RECIPIENTS.id() || tag.id() == PR_MESSAGE_ATTACHMENTS.id() {
            return Some(ErrorCode::COMPUTED);
        }
        let held = self.values.get(&tag.id()).map(|value| value.attributes);
        // Writers that leave the attributes 0 mean nothing by it.
        let bits = held.filter(|bits| *bits != 0).unwrap_or_else(|| attributes(kind, tag.id()));
        (bits & WRITEABLE == 0).then_some(ErrorCode::COMPUTED)
    }

    /// Why a client may not delete this property.
    pub(super) fn keeps(&self, kind: Kind, tag: PropTag) -> Option<ErrorCode> {
        let Some(value) = self.values.get(&tag.id()) else { return Some(ErrorCode::NOT_FOUND) };
        if value.attributes & MANDATORY != 0 {
            return Some(ErrorCode::NO_ACCESS);
        }
        self.refuses(kind, tag)
    }

    /// Sets a property, whoever may.
    pub(super) fn set(&mut self, kind: Kind, tag: PropTag, value: PropValue) {
        let tag = tag.with_type(value.ptype());
        let held = self.values.get(&tag.id()).map(|value| value.attributes);
        let attributes = held.unwrap_or_else(|| attributes(kind, tag.id()));
        let content = Content::Here(Arc::new(value));
        self.values.insert(tag.id(), Value { tag, attributes, content, stored: false, listed: None });
    }

    /// Every value is in the storage now.
    pub(super) fn mark_stored(&mut self) {
        self.values.values_mut().for_each(|value| value.stored = true);
    }

    /// True where there is text in a code page.
    pub(super) fn has_narrow_text(&self) -> bool {
        self.tags().any(|tag| tag.ptype().single() == PropType::STRING8)
    }

    /// Text in a code page has to be written again; what lies in the file is read.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: it cannot be read.
    pub(super) fn unstore_text(&mut self, parts: Option<&FileParts>) -> Result<()> {
        let narrow = |value: &&mut Value| value.tag.ptype().single() == PropType::STRING8;
        for value in self.values.values_mut().filter(narrow) {
            if let (Content::InFile(file), Some(parts)) = (&value.content, parts) {
                value.content = Content::Here(Arc::new(file.read(parts)?));
            }
            value.stored = false;
        }
        Ok(())
    }

    /// The attribute bits of a property, where it is here.
    pub(super) fn attributes(&self, tag: PropTag) -> Option<u32> {
        self.find(tag).map(|value| value.attributes)
    }

    /// The properties that are here, as a row has them.
    pub(super) fn list(&self, leave_out: &[PropTag]) -> PropList {
        let wanted =
            self.values.values().filter(|value| leave_out.iter().all(|tag| tag.id() != value.tag.id()));
        let here = wanted.filter_map(|value| match &value.content {
            Content::Here(held) => Some(Prop { tag: value.tag, value: (**held).clone() }),
            Content::InFile(_) => None,
        });
        here.collect()
    }
}

/// Text in the width of the object it is set on; anything else as it is.
pub(super) fn of_width(value: PropValue, unicode: bool) -> PropValue {
    let to = if unicode { value.ptype().unicode() } else { narrow(value.ptype()) };
    in_width(value, to)
}

fn narrow(ptype: PropType) -> PropType {
    match ptype {
        PropType::UNICODE => PropType::STRING8,
        PropType::MV_UNICODE => PropType::MV_STRING8,
        other => other,
    }
}
