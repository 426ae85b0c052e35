//! A queued message as one transport sees it: its own recipients are open, everybody else is taken.
//!
//! It is for reading only. So nothing that a transport does to it can reach the queue, and a stop
//! at any moment leaves on the message what was true before the attempt.

use mapi_defs::flags::{OpenFlags, StreamFlags};
use mapi_defs::prop::{NamedProp, Prop, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A message presented to a transport.
pub(crate) struct Presentation {
    message: Arc<dyn Message>,
    own: BTreeSet<u32>,
}

impl Presentation {
    /// Presents a message for the recipients with these PR_ROWIDs.
    pub(crate) fn new(message: Arc<dyn Message>, own: &[u32]) -> Self {
        Self { message, own: own.iter().copied().collect() }
    }
}

impl MapiProp for Presentation {
    fn as_any(&self) -> &dyn Any {
        self.message.as_any()
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.message.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.message.prop_list()
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        if flags.intersects(StreamFlags::CREATE | StreamFlags::MODIFY) {
            return Err(read_only("MapiProp::open_stream"));
        }
        self.message.open_stream(tag, flags)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.message.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.message.ids(names, create)
    }

    fn last_error(&self) -> Option<Error> {
        self.message.last_error()
    }

    fn set_props(&self, _props: &[Prop]) -> Result<Vec<mapi_defs::prop::PropProblem>> {
        Err(read_only("MapiProp::set_props"))
    }

    fn delete_props(&self, _tags: &[PropTag]) -> Result<Vec<mapi_defs::prop::PropProblem>> {
        Err(read_only("MapiProp::delete_props"))
    }

    fn save_changes(&self, _flags: mapi_defs::flags::SaveFlags) -> Result<()> {
        Err(read_only("MapiProp::save_changes"))
    }
}

impl Message for Presentation {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        let mut rows = self.message.recipients()?;
        for row in &mut rows {
            row.props.set(Recipient::RESPONSIBILITY, !self.own.contains(&row.row_id));
        }
        Ok(rows)
    }

    fn modify_recipients(&self, _how: ModifyRecipients, _rows: Vec<Recipient>) -> Result<()> {
        Err(read_only("Message::modify_recipients"))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        self.message.attachments()
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        if flags.contains(OpenFlags::MODIFY) {
            return Err(read_only("Message::open_attach"));
        }
        self.message.open_attach(number, flags.without(OpenFlags::BEST_ACCESS))
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        Err(read_only("Message::create_attach"))
    }

    fn delete_attach(&self, _number: u32) -> Result<()> {
        Err(read_only("Message::delete_attach"))
    }
}

fn read_only(call: &'static str) -> Error {
    Error::new(ErrorCode::NO_ACCESS, call, "a transport reads the message that it sends")
}
