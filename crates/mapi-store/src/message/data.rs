//! The state of an open message or attachment, and how it is read from the store.
//!
//! `image.rs` is the way back.

use crate::engine::Engine;
use crate::engine::pack::{Reader, unpack_recipients};
use crate::engine::record::{MessageRecord, RowRecord};
use crate::prop_set::PropSet;
use mapi_defs::prop::PropTag;
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message's contents.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageData {
    pub(crate) props: PropSet,
    pub(crate) recipients: Vec<Recipient>,
    /// PR_ROWID of the next recipient.
    pub(crate) next_row: u32,
    pub(crate) attachments: BTreeMap<u32, Slot>,
    /// PR_ATTACH_NUM of the next attachment.
    pub(crate) next_number: u32,
    /// Numbers of attachments in the store that go at the save.
    pub(crate) removed: Vec<u32>,
    /// PR_MESSAGE_FLAGS without what is computed.
    pub(crate) flags: u32,
    /// The bits of `flags` that were set here.
    pub(crate) flags_set: u32,
    /// PR_CREATION_TIME and PR_LAST_MODIFICATION_TIME that were set since the last save.
    pub(crate) times_set: Vec<u16>,
    /// The row in the store.
    pub(crate) row: Option<RowRecord>,
}

/// An attachment of a message.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// As it is in the store.
    Stored,
    /// Saved into the message, which is not saved yet.
    Pending(Arc<AttachData>),
}

/// An attachment's contents.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttachData {
    pub(crate) props: PropSet,
    pub(crate) embedded: Embedded,
    /// PR_ATTACH_SIZE in the store; 0 before the first save.
    pub(crate) size: u64,
}

/// An attachment's embedded message.
#[derive(Clone, Debug, Default)]
pub(crate) enum Embedded {
    /// There is none.
    #[default]
    None,
    /// As it is in the store.
    Stored(i64),
    /// Saved into the attachment.
    Pending {
        /// The row in the store that is changed; a new one where there is none.
        row: Option<i64>,
        data: Arc<MessageData>,
    },
}

impl MessageData {
    /// The contents of a record.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: the row is damaged.
    pub(crate) fn read(record: MessageRecord) -> Result<Self> {
        let mut data = Self::default();
        Reader::new(&record.row.props)?.unpack(&mut data.props)?;
        Reader::new(&record.rest)?.unpack(&mut data.props)?;
        data.recipients = unpack_recipients(&record.recipients)?;
        data.next_row = data.recipients.iter().map(|row| row.row_id.saturating_add(1)).max().unwrap_or(0);
        data.attachments = record.attachments.iter().map(|number| (*number, Slot::Stored)).collect();
        data.next_number = record.attachments.last().map_or(0, |number| number + 1);
        data.flags = record.row.flags;
        let mut row = record.row;
        // What was unpacked needs no second copy.
        row.props = Vec::new();
        data.row = Some(row);
        Ok(data)
    }

    /// The text of a property.
    pub(crate) fn text(&self, tag: PropTag) -> Option<&str> {
        self.props.small().text(tag)
    }

    /// An attachment's contents.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is no such attachment.
    pub(crate) fn attachment(&self, number: u32, engine: &dyn Engine) -> Result<Arc<AttachData>> {
        const CALL: &str = "Message::open_attach";
        let none = || Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no attachment {number}"));
        match self.attachments.get(&number).ok_or_else(none)? {
            Slot::Pending(data) => Ok(data.clone()),
            Slot::Stored => {
                let row = self.row.as_ref().ok_or_else(none)?;
                let (props, size, embedded) = engine.attachment(row.id, number)?.ok_or_else(|| {
                    Error::new(ErrorCode::OBJECT_CHANGED, CALL, "somebody else saved the message meanwhile")
                })?;
                let mut data = AttachData { size, ..AttachData::default() };
                Reader::new(&props)?.unpack(&mut data.props)?;
                data.embedded = if embedded == 0 { Embedded::None } else { Embedded::Stored(embedded) };
                Ok(Arc::new(data))
            }
        }
    }

    /// True for an associated message.
    pub(crate) fn is_associated(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.view.is_associated())
    }
}
