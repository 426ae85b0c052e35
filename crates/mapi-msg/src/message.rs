//! `MsgFile` and `Message`: a .msg file opened for reading, and a message in it.
//!
//! Opening a message reads its short properties; recipients, attachments, embedded messages and long
//! values are read when they are asked for. Nothing here writes: see `write/`. The whole message as
//! values is made in `object.rs`.

use crate::attachment::Attachment;
use crate::codepage::{Clues, Pages};
use crate::container::{Container, ReadAt};
use crate::layout::Layout;
use crate::limits::{ATTACHMENTS_MAX, RECIPIENTS_MAX};
use crate::little_endian::narrow;
use crate::named_map::NamedMap;
use crate::note::{Note, Notes, Place, Reason};
use crate::properties::{LargeValue, Properties, Reader, property_stream};
use crate::property_stream::{EMBEDDED_HEADER, TOP_HEADER, counts, entries};
use crate::recipient::Recipient;
use crate::tree::{Foreign, Node, Tree, ValueStream};
use mapi_defs::prop::tags::{
    PR_INTERNET_CPID, PR_MESSAGE_CODEPAGE, PR_MESSAGE_LOCALE_ID, PR_STORE_SUPPORT_MASK,
};
use mapi_defs::prop::{NamedProp, PropList, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::storage::Storage;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// STORE_UNICODE_OK: the strings of the object are PT_UNICODE.
pub(crate) const STORE_UNICODE_OK: i32 = 0x0004_0000;

/// A .msg or .oft file opened for reading.
#[derive(Clone, Debug)]
pub struct MsgFile {
    pub(crate) parts: Arc<FileParts>,
}

/// What all objects of one file share.
pub(crate) struct FileParts {
    pub(crate) tree: Tree,
    pub(crate) names: NamedMap,
    class_id: Guid,
    notes: Vec<Note>,
}

impl MsgFile {
    /// Opens the file at `path`. Files of up to 4 MiB are read into memory, of others only parts.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the file cannot be read.
    /// - `MAPI_E_CORRUPT_DATA`: not a compound file (the error says what was found), a compound file
    ///   that contradicts itself, or one that holds no message.
    /// - `MAPI_E_TOO_COMPLEX`: beyond the limits of a container.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_container(Container::open(path)?)
    }

    /// Opens a file that is in memory, or on any other medium.
    ///
    /// # Errors
    /// As [`MsgFile::open`].
    pub fn from_source(source: impl ReadAt + 'static) -> Result<Self> {
        Self::from_container(Container::from_source(source)?)
    }

    /// Opens a message in a storage that somebody else keeps.
    ///
    /// # Errors
    /// What the storage answers; `MAPI_E_CORRUPT_DATA` where it holds no message.
    pub fn from_storage(root: Arc<dyn Storage>) -> Result<Self> {
        let class_id = root.stat()?.class_id;
        Self::from_tree(Tree::Foreign(Foreign::list(root)?), class_id)
    }

    fn from_container(container: Container) -> Result<Self> {
        let class_id = container.class_id(Tree::ROOT);
        Self::from_tree(Tree::Container(Arc::new(container)), class_id)
    }

    fn from_tree(tree: Tree, class_id: Guid) -> Result<Self> {
        let mut notes = Notes::default();
        notes.extend(tree.notes());
        let layout = Layout::of(&tree, Tree::ROOT);
        if layout.is_empty() {
            let detail = "a compound file that holds no message";
            return Err(Error::new(ErrorCode::CORRUPT_DATA, "MsgFile::open", detail));
        }
        let names = layout.names.map(|storage| NamedMap::read(&tree, storage, &mut notes));
        let names = names.unwrap_or_default();
        Ok(Self { parts: Arc::new(FileParts { tree, names, class_id, notes: notes.into_vec() }) })
    }

    /// Reads the file's own message.
    ///
    /// # Errors
    /// `MAPI_E_TABLE_TOO_BIG`: more recipients or attachments than the limits allow.
    pub fn message(&self) -> Result<Message> {
        Message::open(Arc::clone(&self.parts), Tree::ROOT, &Outer::default())
    }

    /// The class id of the root storage: which kind of file this is.
    pub fn class_id(&self) -> Guid {
        self.parts.class_id
    }

    /// The name that a property identifier from 0x8000 on stands for in this file.
    pub fn named(&self, id: u16) -> Option<&NamedProp> {
        self.parts.names.name(id)
    }

    /// The property identifier that a name has in this file.
    pub fn named_id(&self, name: &NamedProp) -> Option<u16> {
        self.parts.names.id(name)
    }

    /// What was tolerated in the container and in the map of names.
    pub fn notes(&self) -> &[Note] {
        &self.parts.notes
    }
}

/// What an embedded message takes over from the message it lies in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    /// How many messages are around it.
    pub(crate) nesting: u32,
    /// The code page of the message around it.
    pub(crate) page: Option<u32>,
    /// Where it is.
    pub(crate) place: String,
}

/// A message in a file, opened for reading.
pub struct Message {
    pub(crate) parts: Arc<FileParts>,
    pub(crate) outer: Outer,
    pub(crate) pages: Pages,
    pub(crate) layout: Layout,
    pub(crate) properties: Properties,
    notes: Vec<Note>,
}

impl Message {
    pub(crate) fn open(parts: Arc<FileParts>, storage: Node, outer: &Outer) -> Result<Self> {
        let layout = Layout::of(&parts.tree, storage);
        if layout.recipients.len() > RECIPIENTS_MAX || layout.attachments.len() > ATTACHMENTS_MAX {
            let detail = "more than 100,000 recipients or attachments";
            return Err(Error::new(ErrorCode::TABLE_TOO_BIG, "MsgFile::message", detail));
        }
        let header = if storage == Tree::ROOT { TOP_HEADER } else { EMBEDDED_HEADER };
        let stream = property_stream(&parts.tree, &layout);
        let pages = Pages::of_message(clues(&stream, header), outer.page);
        let mut notes = Notes::default();
        let place = Place { message: &outer.place, row: None };
        if let Some(counts) = counts(&stream) {
            let tables = [
                (counts.recipients, layout.recipients.len(), "recipients"),
                (counts.attachments, layout.attachments.len(), "attachments"),
            ];
            for (_, _, table) in tables.into_iter().filter(|(said, are, _)| narrow(u64::from(*said)) != *are)
            {
                notes.add(place, Reason::CountDiffers(table));
            }
        }
        let mut reader = Reader { tree: &parts.tree, layout: &layout, pages, place, notes: &mut notes };
        let properties = Properties::read(&stream, header, &mut reader);
        note_missing_names(&properties, &parts.names, place, &mut notes);
        drop(stream);
        Ok(Self { outer: outer.clone(), pages, layout, properties, notes: notes.into_vec(), parts })
    }

    /// The properties that were read, identifiers from 0x8000 on being those of this file.
    ///
    /// Values of more than [`LARGE_VALUE_BYTES`](crate::limits::LARGE_VALUE_BYTES) are not among
    /// them: see [`Message::large_values`]. PT_STRING8 text was decoded and keeps its type.
    pub fn properties(&self) -> &PropList {
        &self.properties.list
    }

    /// The properties that are too long to be read along with the others, ascending.
    pub fn large_values(&self) -> &[LargeValue] {
        &self.properties.large
    }

    /// The properties in which a character could not be read and became U+FFFD, ascending.
    pub fn lossy(&self) -> &[PropTag] {
        &self.properties.lossy
    }

    /// The tags of all properties, long ones included, ascending by identifier.
    pub fn tags(&self) -> impl Iterator<Item = PropTag> + '_ {
        self.properties.tags()
    }

    /// The whole value of a property, however long.
    ///
    /// PT_UNSPECIFIED matches any type, and text of one width is found by the tag of the other.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: the message has no such property.
    /// - `MAPI_E_CORRUPT_DATA`: it cannot be read.
    pub fn value(&self, tag: PropTag) -> Result<Cow<'_, PropValue>> {
        self.properties.value(tag, &self.parts.tree, &self.layout)
    }

    /// Opens the bytes of a property for reading piece by piece, as the file has them.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such property, or one that has no stream of its own.
    /// - `MAPI_E_CORRUPT_DATA`: it cannot be read.
    pub fn stream(&self, tag: PropTag) -> Result<ValueStream> {
        self.properties.stream(tag, &self.parts.tree, &self.layout)
    }

    /// The attribute bits of a property (PROPATTR_*), as the file has them.
    pub fn attributes(&self, tag: PropTag) -> Option<u32> {
        self.properties.attributes(tag)
    }

    /// The name that a property identifier from 0x8000 on stands for in this file.
    pub fn named(&self, id: u16) -> Option<&NamedProp> {
        self.parts.names.name(id)
    }

    /// The code page that PT_STRING8 text was read in, unless it showed that it is in another one.
    pub fn code_page(&self) -> u32 {
        self.pages.text
    }

    /// True where the message says that its text is PT_UNICODE (PR_STORE_SUPPORT_MASK).
    pub fn is_unicode(&self) -> bool {
        self.properties.list.long(PR_STORE_SUPPORT_MASK).is_some_and(|mask| mask & STORE_UNICODE_OK != 0)
    }

    /// How many messages this one is embedded in.
    pub fn nesting(&self) -> u32 {
        self.outer.nesting
    }

    /// Number of recipients.
    pub fn recipient_count(&self) -> usize {
        self.layout.recipients.len()
    }

    /// Reads the recipients, in the order of their numbers.
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = Recipient> + '_ {
        self.layout.recipients.iter().map(|(number, node)| Recipient::open(self, *number, *node))
    }

    /// Number of attachments.
    pub fn attachment_count(&self) -> usize {
        self.layout.attachments.len()
    }

    /// Reads the attachments, in the order of their numbers; their data only when it is asked for.
    pub fn attachments(&self) -> impl ExactSizeIterator<Item = Attachment> + '_ {
        self.layout.attachments.iter().map(|(number, node)| Attachment::open(self, *number, *node))
    }

    /// Reads the attachment at a position, counted from 0.
    pub fn attachment(&self, position: usize) -> Option<Attachment> {
        let (number, node) = self.layout.attachments.get(position)?;
        Some(Attachment::open(self, *number, *node))
    }

    /// What was tolerated or left out in this message; recipients and attachments have their own.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("properties", &self.properties.list.len())
            .field("recipients", &self.layout.recipients.len())
            .field("attachments", &self.layout.attachments.len())
            .field("nesting", &self.outer.nesting)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FileParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileParts").field("tree", &self.tree).finish_non_exhaustive()
    }
}

/// What a message says about its code page, looked up before any text is read.
fn clues(stream: &[u8], header: usize) -> Clues {
    let mut clues = Clues::default();
    for entry in entries(stream, header) {
        let number = || crate::little_endian::u32_at(&entry.value, 0);
        match entry.tag {
            PR_MESSAGE_CODEPAGE => clues.message = clues.message.or_else(number),
            PR_MESSAGE_LOCALE_ID => clues.locale = clues.locale.or_else(number),
            PR_INTERNET_CPID => clues.internet = clues.internet.or_else(number),
            _ => {}
        }
    }
    clues
}

/// Notes the named properties whose name the file does not tell.
pub(crate) fn note_missing_names(
    properties: &Properties,
    names: &NamedMap,
    place: Place<'_>,
    notes: &mut Notes,
) {
    for tag in properties.tags().filter(|tag| tag.is_named() && names.name(tag.id()).is_none()) {
        notes.add(place, Reason::NameMissing(tag));
    }
}
