//! A whole message of a file as a plain tree of values (`mapi_defs::object::MessageObject`).
//!
//! Everything is read, long values included, within limits; messages in messages are walked with a
//! stack of our own. Reading a part alone is `message.rs`'s.

use crate::attachment::Attachment;
use crate::layout::Layout;
use crate::limits::STORAGE_DEPTH_MAX;
use crate::little_endian::wide;
use crate::message::Message;
use crate::named_map::NamedMap;
use crate::note::{Note, Notes, Place, Reason};
use crate::properties::Properties;
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::tags::PR_ATTACH_DATA_OBJ;
use mapi_defs::prop::{Name, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::{ElementKind, Storage};
use mapi_spi::stream::StreamCursor;
use std::io::Read;
use std::ops::Deref;
use std::sync::Arc;

/// What a value costs beside its own bytes.
const VALUE_OVERHEAD_BYTES: u64 = 64;
/// How much more memory than the file has a message may take by default.
const MEMORY_FACTOR: u64 = 16;
/// What a message may take in any case.
const MEMORY_BASE_BYTES: u64 = 16 * 1024 * 1024;

/// How much a whole message may take in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ObjectLimits {
    /// Bytes of values and names together; by default 16 times the file and 16 MiB.
    pub bytes: Option<u64>,
}

impl Message {
    /// Reads everything in the message: properties, recipients, attachments, embedded messages.
    ///
    /// PT_OBJECT properties are not among the properties: what they stand for is. Properties of
    /// the named range whose name the file does not tell keep their number and have no name.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: messages are embedded deeper than
    ///   [`NESTING_MAX`](crate::limits::NESTING_MAX).
    /// - `MAPI_E_TABLE_TOO_BIG`: more recipients or attachments than the limits allow.
    /// - `MAPI_E_NOT_ENOUGH_MEMORY`: the message needs more than `limits` grants.
    pub fn to_object(&self, limits: &ObjectLimits) -> Result<MessageObject> {
        Ok(self.to_object_with_notes(limits)?.0)
    }

    /// As [`Message::to_object`], with what was tolerated or left out on the way.
    ///
    /// # Errors
    /// As [`Message::to_object`].
    pub fn to_object_with_notes(&self, limits: &ObjectLimits) -> Result<(MessageObject, Vec<Note>)> {
        let default = self.parts.tree.total_bytes().saturating_mul(MEMORY_FACTOR);
        let left = limits.bytes.unwrap_or(default.saturating_add(MEMORY_BASE_BYTES));
        let mut gathering = Gathering { left, notes: Notes::default() };
        let mut open = vec![gathering.begin(Held::Outermost(self))?];
        loop {
            let Some(top) = open.last_mut() else { return Err(ended()) };
            if let Some(mut attachment) = top.message.attachment(top.done) {
                top.done = top.done.saturating_add(1);
                let inner = attachment.message()?;
                let object = gathering.attachment(&mut attachment, &top.message)?;
                top.object.attachments.push(object);
                if let Some(inner) = inner {
                    open.push(gathering.begin(Held::Embedded(Box::new(inner)))?);
                }
                continue;
            }
            let Some(finished) = open.pop() else { return Err(ended()) };
            match open.last_mut().and_then(|outer| outer.object.attachments.last_mut()) {
                Some(attachment) => attachment.message = Some(Box::new(finished.object)),
                None => return Ok((finished.object, gathering.notes.into_vec())),
            }
        }
    }
}

/// The stack is empty before its first message was finished, which the loop excludes.
fn ended() -> Error {
    Error::new(ErrorCode::CALL_FAILED, "Message::to_object", "the walk ended early")
}

/// A message being read.
struct Open<'a> {
    message: Held<'a>,
    object: MessageObject,
    /// Attachments read so far.
    done: usize,
}

/// The message that was asked for, or one found in it.
enum Held<'a> {
    Outermost(&'a Message),
    Embedded(Box<Message>),
}

impl Held<'_> {
    /// The properties: those of a message that nobody else has are not needed twice.
    fn take_properties(&mut self) -> Properties {
        match self {
            Self::Outermost(message) => message.properties.clone(),
            Self::Embedded(message) => std::mem::take(&mut message.properties),
        }
    }
}

impl Deref for Held<'_> {
    type Target = Message;

    fn deref(&self) -> &Message {
        match self {
            Self::Outermost(message) => message,
            Self::Embedded(message) => message,
        }
    }
}

/// What one reading has left and has noted.
struct Gathering {
    left: u64,
    notes: Notes,
}

impl Gathering {
    /// Reads a message without its attachments.
    fn begin<'a>(&mut self, mut message: Held<'a>) -> Result<Open<'a>> {
        self.notes.extend(message.notes());
        let own = message.take_properties();
        let row = |row| Place { message: &message.outer.place, row };
        let properties = self.properties(own, &message.layout, &message, row(None))?;
        let mut recipients = Vec::new();
        for recipient in message.recipients() {
            self.notes.extend(recipient.notes());
            let place = row(Some(("recipient", recipient.number())));
            recipients.push(self.properties(recipient.properties, &recipient.layout, &message, place)?);
        }
        let object = MessageObject { properties, recipients, attachments: Vec::new() };
        Ok(Open { message, object, done: 0 })
    }

    /// Reads an attachment without the message in it.
    fn attachment(&mut self, attachment: &mut Attachment, message: &Message) -> Result<AttachmentObject> {
        self.notes.extend(attachment.notes());
        let row = Some(("attachment", attachment.number()));
        let place = Place { message: &message.outer.place, row };
        let storage = match attachment.storage()? {
            Some(storage) => Some(self.storage(storage, place)?),
            None => None,
        };
        let own = std::mem::take(&mut attachment.properties);
        let properties = self.properties(own, &attachment.layout, message, place)?;
        Ok(AttachmentObject { number: attachment.number(), properties, message: None, storage })
    }

    /// Takes all properties of an object that belongs to `message`, in their order.
    fn properties(
        &mut self,
        mut properties: Properties,
        layout: &Layout,
        message: &Message,
        place: Place<'_>,
    ) -> Result<Vec<Property>> {
        let mut all = Vec::with_capacity(properties.list.len().saturating_add(properties.large.len()));
        let list = std::mem::take(&mut properties.list);
        let lossy = |tag| properties.lossy.binary_search(&tag).is_ok();
        let read = list.into_iter().map(|prop| (prop.tag, prop.value, lossy(prop.tag)));
        for (tag, value, lossy) in read.filter(|(_, value, _)| *value != PropValue::Object) {
            all.push(self.property(tag, value, lossy, &message.parts.names)?);
        }
        for large in &properties.large {
            // Before it is read: the whole value has to fit.
            self.spend(large.len)?;
            match properties.read_value(large.tag, &message.parts.tree, layout) {
                Ok((value, lossy)) => {
                    all.push(self.property(large.tag, value.into_owned(), lossy, &message.parts.names)?);
                }
                Err(_) => self.notes.add(place, Reason::Unreadable(large.tag)),
            }
        }
        all.sort_by(Property::order);
        Ok(all)
    }

    fn property(
        &mut self,
        tag: PropTag,
        value: PropValue,
        lossy: bool,
        names: &NamedMap,
    ) -> Result<Property> {
        let named = if tag.is_named() { names.name(tag.id()).cloned() } else { None };
        let name_bytes = match named.as_ref().map(|named| &named.name) {
            Some(Name::Text(text)) => text.len(),
            _ => 0,
        };
        self.spend(wide(value.size_bytes().saturating_add(name_bytes)))?;
        Ok(Property { tag, named, value, lossy })
    }

    /// Reads a storage with everything in it; its elements are names and bytes to us.
    fn storage(&mut self, root: Arc<dyn Storage>, place: Place<'_>) -> Result<StorageObject> {
        let mut open = vec![OpenStorage::new(String::new(), root)?];
        loop {
            let depth = open.len();
            let Some(top) = open.last_mut() else { return Err(ended()) };
            let Some(element) = top.waiting.pop() else {
                let Some(finished) = open.pop() else { return Err(ended()) };
                match open.last_mut() {
                    Some(outer) => outer.object.storages.push((finished.name, finished.object)),
                    None => return Ok(finished.object),
                }
                continue;
            };
            self.spend(0)?;
            match element.kind {
                ElementKind::Stream => {
                    self.spend(element.len)?;
                    let mut bytes = Vec::new();
                    if let Ok(stream) = top.storage.open_stream(&element.name) {
                        let stream = StreamCursor::new(stream).take(element.len);
                        read_to_end(stream, &mut bytes)?;
                    } else {
                        self.notes.add(place, Reason::Truncated(PR_ATTACH_DATA_OBJ));
                    }
                    top.object.streams.push((element.name, bytes));
                }
                ElementKind::Storage if depth > usize::from(STORAGE_DEPTH_MAX) => {
                    let detail = "storages are nested more than 512 deep";
                    return Err(Error::new(ErrorCode::TOO_COMPLEX, "Message::to_object", detail));
                }
                ElementKind::Storage => {
                    let inner = top.storage.open_storage(&element.name)?;
                    open.push(OpenStorage::new(element.name, inner)?);
                }
            }
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<()> {
        let cost = bytes.saturating_add(VALUE_OVERHEAD_BYTES);
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let detail = "the message needs more memory than was granted";
                Err(Error::new(ErrorCode::NOT_ENOUGH_MEMORY, "Message::to_object", detail))
            }
        }
    }
}

/// A storage being read.
struct OpenStorage {
    name: String,
    storage: Arc<dyn Storage>,
    /// Elements still to be read, the next one last.
    waiting: Vec<mapi_spi::storage::Element>,
    object: StorageObject,
}

impl OpenStorage {
    fn new(name: String, storage: Arc<dyn Storage>) -> Result<Self> {
        let class_id = storage.stat()?.class_id;
        let mut waiting = storage.elements()?;
        waiting.reverse();
        let object = StorageObject { class_id, ..StorageObject::default() };
        Ok(Self { name, storage, waiting, object })
    }
}

fn read_to_end(mut stream: impl Read, bytes: &mut Vec<u8>) -> Result<()> {
    stream.read_to_end(bytes).map(|_| ()).map_err(|error| {
        let detail = "a stream of an attachment cannot be read";
        Error::new(ErrorCode::DISK_ERROR, "Message::to_object", detail).with_source(error)
    })
}
