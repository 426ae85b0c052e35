//! `Attachment`: what is attached to a message (IAttach).

use super::{Message, Object, Open, Stream};
use mapi_defs::Result;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::PropTag;
use mapi_spi::attachment::Attachment as Provided;
use mapi_spi::prop::MapiProp;

/// An attachment. Its save makes it part of the message, the message's save permanent.
#[derive(Clone, Debug)]
pub struct Attachment {
    open: Open<dyn Provided>,
}

impl Attachment {
    pub(crate) fn new(open: Open<dyn Provided>) -> Self {
        Self { open }
    }

    /// Opens the embedded message; `create` makes an empty one.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and `create` is not set.
    #[track_caller]
    pub fn open_message(&self, create: bool) -> Result<Message> {
        let message = self.open.live()?.open_message(create)?;
        Ok(Message::of(self.open.child(message, "IMessage", "embedded".into())))
    }

    /// Opens a property as a stream; the data of a file attached by value is PR_ATTACH_DATA_BIN.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and CREATE is not set.
    #[track_caller]
    pub fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Stream> {
        let stream = self.open.live()?.open_stream(tag, flags)?;
        Ok(Stream::new(self.open.child(stream, "IStream", tag.to_string())))
    }
}

impl Object for Attachment {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}
