//! Messages that a transport in a library is lent: one that it sends, and one that it fills.
//!
//! What goes out is for reading but for its recipients: a transport marks those it has taken charge of
//! (PR_RESPONSIBILITY), which is kept beside the message and is its answer. What comes in is filled as it is.

use crate::export::held::Context;
use crate::export::message::message;
use crate::interfaces::IMessage;
use crate::lent::Lent;
use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_ATTACH_FILENAME, PR_ATTACH_METHOD, PR_ATTACH_NUM, PR_ATTACH_SIZE, PR_DISPLAY_NAME,
    PR_EMAIL_ADDRESS, PR_ENTRYID, PR_RECIPIENT_TYPE, PR_RESPONSIBILITY, PR_ROWID, PR_SEARCH_KEY,
};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::SortOrder;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObjects};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::{MapiTable, TableData, TableRow};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// Makes the COM object of a message, which answers `MAPI_E_INVALID_OBJECT` once the gate is closed.
pub(crate) fn lent_message(object: Arc<dyn Message>, gate: &Arc<Gate>) -> IMessage {
    let book = Arc::new(OpenObjects::default());
    let handle = Handle::new(object, gate.clone(), &book, "IMessage", String::new());
    message(mapi::object::Message::new(handle), &Context::FREE)
}

/// A message on its way out, as a transport in a library has it.
pub(crate) struct Outgoing {
    message: Arc<Lent<dyn Message>>,
    recipients: Mutex<Vec<Recipient>>,
}

impl Outgoing {
    /// # Errors
    /// What the message answers.
    pub(crate) fn new(message: Arc<Lent<dyn Message>>) -> Result<Self> {
        let recipients = Mutex::new(message.recipients()?);
        Ok(Self { message, recipients })
    }

    /// The recipients as the transport has left them.
    pub(crate) fn rows(&self) -> Vec<Recipient> {
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl MapiProp for Outgoing {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.message.props(tags)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.message.prop_list()
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        self.message.open_stream(tag, flags)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.message.names(ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.message.ids(names, create)
    }

    /// A transport saves the message when it has marked recipients; they are its answer already.
    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.message.prop_list().map(drop)
    }
}

impl Message for Outgoing {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        Ok(self.rows())
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        const CALL: &str = "IMessage::ModifyRecipients";
        if how != ModifyRecipients::Modify {
            let why = "a transport marks the recipients of what it sends, and makes none";
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, why));
        }
        let mut held = self.recipients.lock().unwrap_or_else(PoisonError::into_inner);
        let place = |row: &Recipient| held.iter().position(|known| known.row_id == row.row_id);
        let places: Option<Vec<usize>> = rows.iter().map(place).collect();
        let places =
            places.ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, CALL, "no recipient has this PR_ROWID"))?;
        for (place, row) in places.into_iter().zip(rows) {
            held[place].props.merge(row.props);
        }
        Ok(())
    }

    fn recipient_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let columns = [
            PR_ROWID,
            PR_DISPLAY_NAME,
            PR_ADDRTYPE,
            PR_EMAIL_ADDRESS,
            PR_RECIPIENT_TYPE,
            PR_ENTRYID,
            PR_SEARCH_KEY,
            PR_RESPONSIBILITY,
        ];
        let rows = self.rows().into_iter().map(|recipient| {
            let mut row = recipient.props;
            row.set(PR_ROWID, recipient.row_id.cast_signed());
            row
        });
        table(PR_ROWID, &columns, rows.collect())
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        self.message.attachments()
    }

    fn attachment_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let columns = [PR_ATTACH_NUM, PR_ATTACH_METHOD, PR_ATTACH_SIZE, PR_ATTACH_FILENAME];
        let mut rows = Vec::new();
        for number in self.message.attachments()? {
            let attachment = self.message.open_attach(number, OpenFlags::NONE)?;
            let mut row: PropList = attachment.props(None)?.into_iter().collect();
            row.retain(|prop| !matches!(prop.value, mapi_defs::prop::PropValue::Error(_)));
            row.set(PR_ATTACH_NUM, number.cast_signed());
            rows.push(row);
        }
        table(PR_ATTACH_NUM, &columns, rows)
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        self.message.open_attach(number, flags)
    }
}

/// A table that stays as it is.
fn table(index: PropTag, columns: &[PropTag], rows: Vec<PropList>) -> Result<Arc<dyn MapiTable>> {
    let data = TableData::new(index, columns);
    data.modify_rows(rows.into_iter().map(TableRow::from).collect())?;
    Ok(Arc::new(data.view(SortOrder::default())?))
}
