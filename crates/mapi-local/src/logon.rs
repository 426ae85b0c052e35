//! `LocalLogon`: one logon of the transport (IXPLogon): delivers a message once, whoever it is for.
//!
//! Not the copy itself: [`Support::deliver`] makes it in the default store, once for each search key.

use crate::provider::PROVIDER_NAME;
use crate::section::Settings;
use mapi_defs::flags::{FlushFlags, StatusCode};
use mapi_defs::prop::tags::PR_SEARCH_KEY;
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportNotify, XpLogon,
};
use mapi_spi::status_row::StatusRow;
use mapi_spi::support::Support;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is recorded for every recipient LOCAL took.
const REPLY: &str = "kept in the local Inbox: no mail account in this profile";

/// One logon of the LOCAL transport.
pub(crate) struct LocalLogon {
    support: Arc<dyn Support>,
    settings: Settings,
    status: StatusRow,
    ended: AtomicBool,
}

impl LocalLogon {
    /// A logon that has told the status table of itself.
    pub(crate) fn new(support: Arc<dyn Support>, settings: Settings) -> Result<Self> {
        let (status, ended) = (StatusRow::new(support.clone(), PROVIDER_NAME)?, AtomicBool::new(false));
        Ok(Self { support, settings, status, ended })
    }

    /// The rows that are still to be served and that this transport takes.
    fn own_rows(&self, message: &dyn Message) -> Result<Vec<u32>> {
        let is_own = |recipient: &Recipient| {
            !recipient.is_taken()
                && recipient.kind() != RecipientType::Originator
                && self.settings.takes(recipient)
        };
        Ok(message.recipients()?.iter().filter(|row| is_own(row)).map(|row| row.row_id).collect())
    }

    fn check_alive(&self, call: &'static str) -> Result<()> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the transport has logged off"));
        }
        Ok(())
    }
}

impl XpLogon for LocalLogon {
    fn address_types(&self) -> Result<AddressTypes> {
        self.check_alive("XpLogon::address_types")?;
        // An own address may be of any type, so all types are asked for and others' are passed on.
        Ok(AddressTypes { any: true, ..AddressTypes::default() })
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.check_alive("XpLogon::notify")?;
        match what {
            TransportNotify::BeginOutbound => {
                self.status.change(StatusCode::OUTBOUND_ENABLED, StatusCode::NONE)
            }
            TransportNotify::EndOutbound => self
                .status
                .change(StatusCode::NONE, StatusCode::OUTBOUND_ENABLED | StatusCode::OUTBOUND_FLUSH),
            TransportNotify::BeginOutboundFlush => {
                self.status.change(StatusCode::OUTBOUND_FLUSH, StatusCode::NONE)
            }
            TransportNotify::EndOutboundFlush => {
                self.status.change(StatusCode::NONE, StatusCode::OUTBOUND_FLUSH)
            }
            // A delivery is one durable step: there is no moment at which it could be cancelled.
            TransportNotify::CancelMessage(_) => Ok(()),
            TransportNotify::BeginInbound
            | TransportNotify::EndInbound
            | TransportNotify::BeginInboundFlush
            | TransportNotify::EndInboundFlush => {
                let detail = "LOCAL receives nothing by itself";
                Err(Error::new(ErrorCode::NO_SUPPORT, "XpLogon::notify", detail))
            }
        }
    }

    fn submit_message(&self, message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        const CALL: &str = "XpLogon::submit_message";
        self.check_alive(CALL)?;
        let rows = self.own_rows(message)?;
        if rows.is_empty() {
            return Err(Error::new(ErrorCode::NOT_ME, CALL, "no recipient is of the local identity"));
        }
        let key = message.props(Some(&[PR_SEARCH_KEY]))?;
        let Some(key) = key.first().and_then(|prop| prop.value.as_binary()).filter(|key| !key.is_empty())
        else {
            return Err(Error::new(ErrorCode::CORRUPT_DATA, CALL, "the message has no search key"));
        };
        self.support.deliver(message, key).map_err(later_where_it_may_help)?;
        let kept =
            |row_id| RecipientOutcome { row_id, state: RecipientState::Local, reply: REPLY.to_owned() };
        Ok(rows.into_iter().map(kept).collect())
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.check_alive("XpLogon::flush_queues")?;
        match FlushFlags(flags).contains(FlushFlags::UPLOAD) {
            true => self.status.change(StatusCode::OUTBOUND_FLUSH, StatusCode::NONE),
            false => Ok(()),
        }
    }

    fn logoff(&self) -> Result<()> {
        if self.ended.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.status.end()
    }
}

/// A store that is busy or has no room says nothing against the message: it is to be tried later.
fn later_where_it_may_help(error: Error) -> Error {
    let helps = matches!(
        error.code(),
        ErrorCode::NOT_ENOUGH_DISK
            | ErrorCode::NOT_ENOUGH_MEMORY
            | ErrorCode::NOT_ENOUGH_RESOURCES
            | ErrorCode::DISK_ERROR
            | ErrorCode::BUSY
            | ErrorCode::TIMEOUT
            | ErrorCode::NETWORK_ERROR
    );
    if helps {
        let detail = format!("the store cannot take the copy now: {}", error.code());
        return Error::new(ErrorCode::WAIT, "XpLogon::submit_message", detail).with_source(error);
    }
    error
}
