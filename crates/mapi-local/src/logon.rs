//! `LocalLogon`: one logon of the transport (IXPLogon): delivers a message once, whoever it is for.
//!
//! Not the copy itself: [`Support::deliver`] makes it in the default store, once for each search key.

use crate::provider::PROVIDER_NAME;
use crate::section::Settings;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{
    PR_DISPLAY_NAME, PR_RESOURCE_METHODS, PR_SEARCH_KEY, PR_STATUS_CODE, PR_STATUS_STRING,
};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportNotify, XpLogon,
};
use mapi_spi::support::Support;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// STATUS_AVAILABLE.
const AVAILABLE: i32 = 0x1;
/// STATUS_OFFLINE.
const OFFLINE: i32 = 0x2;
/// STATUS_OUTBOUND_ENABLED.
const OUTBOUND_ENABLED: i32 = 0x10_0000;
/// STATUS_OUTBOUND_FLUSH.
const OUTBOUND_FLUSH: i32 = 0x40_0000;
/// FLUSH_UPLOAD: what is outgoing.
const FLUSH_UPLOAD: u32 = 0x2;

/// What is recorded for every recipient LOCAL took.
const REPLY: &str = "kept in the local Inbox: no mail account in this profile";

/// One logon of the LOCAL transport.
pub(crate) struct LocalLogon {
    support: Arc<dyn Support>,
    settings: Settings,
    status: AtomicI32,
    ended: AtomicBool,
}

impl LocalLogon {
    /// A logon that has told the status table of itself.
    pub(crate) fn new(support: Arc<dyn Support>, settings: Settings) -> Result<Self> {
        let (status, ended) = (AtomicI32::new(AVAILABLE), AtomicBool::new(false));
        let logon = Self { support, settings, status, ended };
        logon.show_status(AVAILABLE)?;
        Ok(logon)
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

    fn change_status(&self, set: i32, clear: i32) -> Result<()> {
        let change = |held: i32| Some(held & !clear | set);
        // The closure always answers, so the update cannot fail; either way the old value comes back.
        let held = match self.status.fetch_update(Ordering::AcqRel, Ordering::Acquire, change) {
            Ok(held) | Err(held) => held,
        };
        self.show_status(held & !clear | set)
    }

    fn show_status(&self, code: i32) -> Result<()> {
        let mut columns = PropList::new();
        columns.set(PR_DISPLAY_NAME, PROVIDER_NAME);
        columns.set(PR_RESOURCE_METHODS, 0);
        columns.set(PR_STATUS_CODE, code);
        columns.set(PR_STATUS_STRING, if code & AVAILABLE != 0 { "Available" } else { "Offline" });
        match self.support.modify_status_row(columns) {
            Err(error) if error.code() != ErrorCode::NO_SUPPORT => Err(error),
            _ => Ok(()),
        }
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
            TransportNotify::BeginOutbound => self.change_status(OUTBOUND_ENABLED, 0),
            TransportNotify::EndOutbound => self.change_status(0, OUTBOUND_ENABLED | OUTBOUND_FLUSH),
            TransportNotify::BeginOutboundFlush => self.change_status(OUTBOUND_FLUSH, 0),
            TransportNotify::EndOutboundFlush => self.change_status(0, OUTBOUND_FLUSH),
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
        if flags & FLUSH_UPLOAD != 0 { self.change_status(OUTBOUND_FLUSH, 0) } else { Ok(()) }
    }

    fn logoff(&self) -> Result<()> {
        if self.ended.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.show_status(OFFLINE)
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
