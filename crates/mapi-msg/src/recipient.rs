//! `Recipient`: one row of a message's recipient table, as a file has it.
//!
//! A row as MAPI's calls hand it around is `mapi_defs::recipient::Recipient`.

use crate::layout::Layout;
use crate::message::{Message, note_missing_names};
use crate::note::{Note, Notes, Place};
use crate::properties::{LargeValue, Properties, Reader, property_stream};
use crate::property_stream::ROW_HEADER;
use crate::tree::Node;
use mapi_defs::prop::{PropList, PropTag};

/// A recipient in a file, read.
#[derive(Clone, Debug)]
pub struct Recipient {
    number: u32,
    pub(crate) properties: Properties,
    pub(crate) layout: Layout,
    notes: Vec<Note>,
}

impl Recipient {
    pub(crate) fn open(message: &Message, number: u32, storage: Node) -> Self {
        let tree = &message.parts.tree;
        let layout = Layout::of(tree, storage);
        let place = Place { message: &message.outer.place, row: Some(("recipient", number)) };
        let mut notes = Notes::default();
        let stream = property_stream(tree, &layout);
        let mut reader = Reader { tree, layout: &layout, pages: message.pages, place, notes: &mut notes };
        let properties = Properties::read(&stream, ROW_HEADER, &mut reader);
        note_missing_names(&properties, &message.parts.names, place, &mut notes);
        Self { number, properties, layout, notes: notes.into_vec() }
    }

    /// The number in the storage's name; PR_ROWID usually repeats it.
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

    /// What was tolerated or left out.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
