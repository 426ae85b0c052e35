//! `Attachment`: one attachment of a message in a file; what it holds is read when asked for.
//!
//! By value there are bytes, by method 5 a message, by method 6 a storage that only its application
//! understands. Paths and links that attachments name are properties and are never followed.

use crate::codepage::Pages;
use crate::layout::Layout;
use crate::limits::NESTING_MAX;
use crate::message::{FileParts, Message, Outer, note_missing_names};
use crate::note::{Note, Notes, Place};
use crate::properties::{LargeValue, Properties, Reader, property_stream};
use crate::property_stream::ROW_HEADER;
use crate::tree::{Node, ValueStream};
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ, PR_ATTACH_METHOD};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::Storage;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// ATTACH_OLE: the data is a storage that belongs to an application.
pub(crate) const ATTACH_OLE: i32 = 6;

/// An attachment in a file, opened for reading.
pub struct Attachment {
    pub(crate) parts: Arc<FileParts>,
    pub(crate) outer: Outer,
    number: u32,
    pub(crate) layout: Layout,
    pub(crate) properties: Properties,
    notes: Vec<Note>,
}

impl Attachment {
    pub(crate) fn open(message: &Message, number: u32, storage: Node) -> Self {
        Self::open_in(&message.parts, &message.outer, message.pages, (number, storage))
    }

    /// Opens the attachment of this number and storage in a message of which only this much is at hand.
    pub(crate) fn open_in(
        parts: &Arc<FileParts>,
        around: &Outer,
        pages: Pages,
        (number, storage): (u32, Node),
    ) -> Self {
        let tree = &parts.tree;
        let layout = Layout::of(tree, storage);
        let place = Place { message: &around.place, row: Some(("attachment", number)) };
        let mut notes = Notes::default();
        let stream = property_stream(tree, &layout);
        let mut reader = Reader { tree, layout: &layout, pages, place, notes: &mut notes };
        let properties = Properties::read(&stream, ROW_HEADER, &mut reader);
        note_missing_names(&properties, &parts.names, place, &mut notes);
        let outer = Outer {
            nesting: around.nesting.saturating_add(1),
            page: Some(pages.text),
            place: format!("{place}/message"),
        };
        let parts = Arc::clone(parts);
        Self { parts, outer, number, properties, notes: notes.into_vec(), layout }
    }

    /// The number in the storage's name; PR_ATTACH_NUM usually repeats it.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The properties, as [`Message::properties`] gives those of a message.
    pub fn properties(&self) -> &PropList {
        &self.properties.list
    }

    /// The properties that are too long to be read along with the others, ascending.
    pub fn large_values(&self) -> &[LargeValue] {
        &self.properties.large
    }

    /// The properties in which a character could not be read, ascending.
    pub fn lossy(&self) -> &[PropTag] {
        &self.properties.lossy
    }

    /// The whole value of a property, however long; see [`Message::value`].
    ///
    /// # Errors
    /// As [`Message::value`].
    pub fn value(&self, tag: PropTag) -> Result<Cow<'_, PropValue>> {
        self.properties.value(tag, &self.parts.tree, &self.layout)
    }

    /// Opens the bytes of a property; see [`Message::stream`].
    ///
    /// # Errors
    /// As [`Message::stream`].
    pub fn stream(&self, tag: PropTag) -> Result<ValueStream> {
        self.properties.stream(tag, &self.parts.tree, &self.layout)
    }

    /// The attribute bits of a property (PROPATTR_*), as the file has them.
    pub fn attributes(&self, tag: PropTag) -> Option<u32> {
        self.properties.attributes(tag)
    }

    /// Opens the data of an attachment by value (PR_ATTACH_DATA_BIN); `None` where it has none.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: there is data and it cannot be read.
    pub fn data(&self) -> Result<Option<ValueStream>> {
        let node = self.layout.stream(PR_ATTACH_DATA_BIN);
        let open = |node| self.parts.tree.stream(node).map_err(|fault| fault.of("Attachment::data"));
        node.map(open).transpose()
    }

    /// True where the attachment holds a message.
    pub fn is_message(&self) -> bool {
        self.message_node().is_some()
    }

    /// Opens the embedded message; `None` where the attachment holds none.
    ///
    /// # Errors
    /// - `MAPI_E_TOO_COMPLEX`: embedded deeper than [`NESTING_MAX`].
    /// - `MAPI_E_TABLE_TOO_BIG`: more recipients or attachments than the limits allow.
    pub fn message(&self) -> Result<Option<Message>> {
        let Some(node) = self.message_node() else { return Ok(None) };
        if self.outer.nesting > NESTING_MAX {
            let detail = "messages are embedded more than 64 deep";
            return Err(Error::new(ErrorCode::TOO_COMPLEX, "Attachment::message", detail));
        }
        Message::open(Arc::clone(&self.parts), node, &self.outer).map(Some)
    }

    /// Opens the storage of an OLE object; `None` where the attachment holds none.
    ///
    /// # Errors
    /// What the storage answers.
    pub fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        match self.layout.storage(PR_ATTACH_DATA_OBJ) {
            Some(node) if !self.is_message() => self.parts.tree.storage(node).map(Some),
            _ => Ok(None),
        }
    }

    /// What was tolerated or left out.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// A storage is a message where it is laid out as one; the method is often missing or wrong.
    pub(crate) fn message_node(&self) -> Option<Node> {
        let node = self.layout.storage(PR_ATTACH_DATA_OBJ)?;
        if self.properties.list.long(PR_ATTACH_METHOD) == Some(ATTACH_OLE) {
            return None;
        }
        Layout::of(&self.parts.tree, node).properties.map(|_| node)
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("number", &self.number)
            .field("properties", &self.properties.list.len())
            .finish_non_exhaustive()
    }
}
