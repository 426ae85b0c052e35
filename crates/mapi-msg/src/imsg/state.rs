//! `MessageState` and `AttachmentState`: a message as values, and how it is read from its storage.
//!
//! A state in another one is shared: whoever changes it makes a copy first. So a save of an attachment
//! hands its state to the message by one reference, and nobody sees it half changed.

use super::held::Held;
use crate::attachment::Attachment;
use crate::codepage::{Clues, Pages};
use crate::message::{FileParts, Message, Outer, STORE_UNICODE_OK};
use crate::storage::Folder;
use crate::tree::{Node, Tree};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_OBJ, PR_INTERNET_CPID, PR_MESSAGE_CODEPAGE, PR_MESSAGE_LOCALE_ID, PR_STORE_SUPPORT_MASK,
};
use mapi_defs::prop::{PropType, PropValue};
use mapi_defs::{ErrorCode, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message as values.
#[derive(Clone)]
pub(super) struct MessageState {
    pub(super) props: Held,
    pub(super) recipients: BTreeMap<u32, Held>,
    /// True where the storage has these recipients.
    pub(super) recipients_stored: bool,
    pub(super) attachments: BTreeMap<u32, Slot>,
    pub(super) next_recipient: u32,
    pub(super) next_attachment: u32,
    /// True where text is kept as PT_UNICODE.
    pub(super) unicode: bool,
    pub(super) pages: Pages,
    pub(super) outer: Outer,
    /// True where the storage it will be in is to be made anew.
    pub(super) fresh: bool,
    pub(super) dirty: bool,
}

/// An attachment of a message.
#[derive(Clone)]
pub(super) enum Slot {
    /// Nobody has changed it.
    InFile(Node),
    Held(Arc<AttachmentState>),
}

/// An attachment as values.
#[derive(Clone, Default)]
pub(super) struct AttachmentState {
    pub(super) props: Held,
    pub(super) object: Object,
    pub(super) dirty: bool,
}

/// What PR_ATTACH_DATA_OBJ is.
#[derive(Clone, Default)]
pub(super) enum Object {
    #[default]
    None,
    MessageInFile(Node, Outer),
    StorageInFile(Node),
    Message(Arc<MessageState>),
    Storage {
        folder: Arc<Folder>,
        stored: bool,
    },
}

impl Object {
    pub(super) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}

impl MessageState {
    /// A message without anything.
    pub(super) fn new(unicode: bool, outer: Outer) -> Self {
        Self {
            props: Held::default(),
            recipients: BTreeMap::new(),
            recipients_stored: true,
            attachments: BTreeMap::new(),
            next_recipient: 0,
            next_attachment: 0,
            unicode,
            pages: Pages::of_message(Clues::default(), outer.page),
            outer,
            fresh: true,
            dirty: true,
        }
    }

    /// The message in a storage of a file: its short values and its recipients.
    ///
    /// # Errors
    /// As [`Message::open`](crate::Message).
    pub(super) fn read(parts: &Arc<FileParts>, node: Node, outer: &Outer) -> Result<Self> {
        let message = Message::open(Arc::clone(parts), node, outer)?;
        let mut recipients = BTreeMap::new();
        for (number, node) in &message.layout.recipients {
            let row = crate::recipient::Recipient::open(&message, *number, *node);
            let mut held = Held::of_file(&row.properties, *node, message.pages);
            fetch(&mut held, parts);
            recipients.insert(*number, held);
        }
        let attachments: BTreeMap<u32, Slot> =
            message.layout.attachments.iter().map(|(number, node)| (*number, Slot::InFile(*node))).collect();
        let next = |last: Option<&u32>| last.map_or(0, |last| last.saturating_add(1));
        let props = Held::of_file(&message.properties, node, message.pages);
        Ok(Self {
            next_recipient: next(recipients.keys().next_back()),
            next_attachment: next(attachments.keys().next_back()),
            recipients,
            recipients_stored: true,
            attachments,
            unicode: is_unicode(&props),
            props,
            pages: message.pages,
            outer: outer.clone(),
            fresh: false,
            dirty: false,
        })
    }

    /// The code pages that a reader of the message finds once it is written.
    pub(super) fn written_pages(&self) -> Pages {
        let number = |tag| self.props.here(tag).and_then(PropValue::as_long).map(i32::cast_unsigned);
        let clues = Clues {
            message: number(PR_MESSAGE_CODEPAGE),
            locale: number(PR_MESSAGE_LOCALE_ID),
            internet: number(PR_INTERNET_CPID),
        };
        Pages::of_message(clues, self.outer.page)
    }

    /// Everything is in the storage now.
    pub(super) fn mark_stored(&mut self) {
        self.props.mark_stored();
        self.recipients.values_mut().for_each(Held::mark_stored);
        self.recipients_stored = true;
        self.fresh = false;
        self.dirty = false;
        for slot in self.attachments.values_mut() {
            if let Slot::Held(attachment) = slot
                && attachment.dirty
            {
                Arc::make_mut(attachment).mark_stored();
            }
        }
    }
}

impl AttachmentState {
    /// The attachment in a storage of a file.
    pub(super) fn read(parts: &Arc<FileParts>, message: &MessageState, number: u32, node: Node) -> Self {
        let read = Attachment::open_in(parts, &message.outer, message.pages, (number, node));
        let object = match (read.message_node(), read.layout.storage(PR_ATTACH_DATA_OBJ)) {
            (Some(inner), _) => Object::MessageInFile(inner, read.outer.clone()),
            (None, Some(storage)) => Object::StorageInFile(storage),
            (None, None) => Object::None,
        };
        let props = Held::of_file(&read.properties, node, message.pages);
        Self { props, object, dirty: false }
    }

    fn mark_stored(&mut self) {
        self.props.mark_stored();
        self.dirty = false;
        match &mut self.object {
            Object::Message(message) if message.dirty || message.fresh => {
                Arc::make_mut(message).mark_stored()
            }
            Object::Storage { stored, .. } => *stored = true,
            _ => {}
        }
    }
}

/// The message that a file's root holds, where it holds one.
pub(super) fn holds_message(parts: &FileParts) -> bool {
    !crate::layout::Layout::of(&parts.tree, Tree::ROOT).is_empty()
}

/// A row has to be whole: its long values are read as well.
fn fetch(row: &mut Held, parts: &FileParts) {
    for value in row.values.values_mut() {
        if let super::held::Content::InFile(file) = &value.content {
            let read = file.read(parts).unwrap_or(PropValue::Error(ErrorCode::CORRUPT_DATA));
            value.content = super::held::Content::Here(Arc::new(read));
        }
    }
    row.values.retain(|_, value| match &value.content {
        super::held::Content::Here(held) => !matches!(**held, PropValue::Error(_)),
        super::held::Content::InFile(_) => true,
    });
}

/// What the support mask says; where there is none, what the text there is says.
fn is_unicode(props: &Held) -> bool {
    match props.here(PR_STORE_SUPPORT_MASK).and_then(PropValue::as_long) {
        Some(mask) => mask & STORE_UNICODE_OK != 0,
        None => props.tags().any(|tag| tag.ptype().single() == PropType::UNICODE),
    }
}
