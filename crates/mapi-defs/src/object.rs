//! `MessageObject`: a whole message as a plain tree of values, belonging to no store, file or session.
//!
//! Readers of files fill it, writers of files take it, and the faces show it. An open message of a
//! store is something else: `mapi_spi::message::Message`.

use crate::prop::{NamedProp, PropTag, PropType, PropValue};

/// A message with everything in it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MessageObject {
    /// The message's own properties, by [`Property::order`].
    pub properties: Vec<Property>,
    /// The rows of the recipient table, in the order of the file or store.
    pub recipients: Vec<Vec<Property>>,
    /// The attachments, in the order of their numbers.
    pub attachments: Vec<AttachmentObject>,
}

/// An attachment with everything in it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AttachmentObject {
    /// PR_ATTACH_NUM: unique within the message, gaps are normal.
    pub number: u32,
    /// The attachment's properties; by-value data is PR_ATTACH_DATA_BIN among them.
    pub properties: Vec<Property>,
    /// The embedded message (attach method 5).
    pub message: Option<Box<MessageObject>>,
    /// The OLE storage (attach method 6).
    pub storage: Option<StorageObject>,
}

/// A structured storage carried unread: an OLE object in an attachment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StorageObject {
    /// The class identifier of the storage.
    pub class_id: crate::Guid,
    /// Streams by name, in the order found.
    pub streams: Vec<(String, Vec<u8>)>,
    /// Storages by name, in the order found.
    pub storages: Vec<(String, Self)>,
}

/// One property that carries its name with it, so that it means the same everywhere.
#[derive(Clone, PartialEq, Debug)]
pub struct Property {
    /// The tag; of a named property only the type half means anything elsewhere.
    pub tag: PropTag,
    /// The name, where `tag` is in the named range.
    pub named: Option<NamedProp>,
    /// The value.
    pub value: PropValue,
    /// True where a character could not be read and became U+FFFD.
    pub lossy: bool,
}

impl Property {
    /// A plain property whose tag takes its type from the value.
    pub fn new(tag: PropTag, value: impl Into<PropValue>) -> Self {
        let value = value.into();
        Self { tag: tag.with_type(value.ptype()), named: None, value, lossy: false }
    }

    /// A named property; the identifier is 0x8000 until a store or file gives it one.
    pub fn named(named: NamedProp, value: impl Into<PropValue>) -> Self {
        let value = value.into();
        let tag = PropTag::new(PropTag::NAMED_FIRST, value.ptype());
        Self { tag, named: Some(named), value, lossy: false }
    }

    /// The order of properties everywhere: plain ones by tag, then named ones by set and name.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.named, &other.named) {
            (None, None) => self.tag.cmp(&other.tag),
            (None, Some(_)) => std::cmp::Ordering::Less,
            (Some(_), None) => std::cmp::Ordering::Greater,
            (Some(mine), Some(theirs)) => mine.cmp(theirs).then(self.tag.cmp(&other.tag)),
        }
    }
}

impl MessageObject {
    /// The message's property with this tag; see [`find`].
    pub fn property(&self, tag: PropTag) -> Option<&PropValue> {
        find(&self.properties, tag)
    }

    /// The message's text property with this tag.
    pub fn text(&self, tag: PropTag) -> Option<&str> {
        self.property(tag).and_then(PropValue::as_text)
    }
}

impl AttachmentObject {
    /// The attachment's property with this tag; see [`find`].
    pub fn property(&self, tag: PropTag) -> Option<&PropValue> {
        find(&self.properties, tag)
    }
}

/// The first property with this identifier whose type agrees.
///
/// PT_UNSPECIFIED agrees with any type, and text of one width with text of the other.
pub fn find(properties: &[Property], tag: PropTag) -> Option<&PropValue> {
    let agrees =
        |held: PropType| tag.ptype() == PropType::UNSPECIFIED || held.unicode() == tag.ptype().unicode();
    properties
        .iter()
        .find(|property| {
            property.named.is_none() && property.tag.id() == tag.id() && agrees(property.tag.ptype())
        })
        .map(|property| &property.value)
}
