//! MAPI's side of the transport: a profile section, messages, and what the transport asked for.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "every test uses a part of it, and fails by panicking"
)]

use mapi_defs::flags::OpenFlags;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::prop::tags::{PR_BODY, PR_SEARCH_KEY, PR_SMTP_ADDRESS, PR_SUBJECT};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_smtp::SmtpTransport;
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::settings::{HELLO, HOST, PORT, SECURITY};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::{RecipientOutcome, RecipientState, XpLogon, XpProvider};
use mapi_spi::support::Support;
use std::any::Any;
use std::sync::{Arc, Mutex};

/// What MAPI does for the transport.
#[derive(Default)]
pub struct Host {
    pub section: PropList,
    /// The recipients of each mark that was recorded before a final dot.
    pub marks: Mutex<Vec<Vec<u32>>>,
    /// The answer to the next mark, in place of recording it.
    pub refusal: Mutex<Option<ErrorCode>>,
    pub status: Mutex<Vec<PropList>>,
    pub deadlines: Option<Deadlines>,
}

impl Support for Host {
    fn now(&self) -> FileTime {
        FileTime::from_unix_seconds(1_700_000_000)
    }

    fn new_uid(&self) -> Guid {
        Guid::NULL
    }

    fn profile_section(&self, _uid: Option<Guid>) -> Result<Arc<dyn MapiProp>> {
        Ok(Arc::new(Draft { props: self.section.clone(), recipients: Vec::new() }))
    }

    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        self.status.lock().unwrap().push(columns);
        Ok(())
    }

    fn in_doubt(&self, _message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        if let Some(code) = *self.refusal.lock().unwrap() {
            return Err(Error::new(code, "Support::in_doubt", "as ordered"));
        }
        self.marks.lock().unwrap().push(row_ids.to_vec());
        Ok(())
    }
}

impl Host {
    /// An account of ann@example.org at a server in the clear.
    pub fn plain(port: u16) -> Self {
        let mut host = Self::default();
        host.section.set(HOST, "127.0.0.1");
        host.section.set(PORT, i32::from(port));
        host.section.set(SECURITY, "plain");
        host.section.set(HELLO, "client.example.org");
        host.section.set(PR_SMTP_ADDRESS, "ann@example.org");
        host
    }

    pub fn logon(self: &Arc<Self>) -> Arc<dyn XpLogon> {
        let transport = SmtpTransport { deadlines: self.deadlines.unwrap_or_default() };
        transport.logon(self.clone(), TransportLogonIn::NONE).unwrap().0
    }
}

/// Properties and recipients, for sections and messages.
#[derive(Clone)]
pub struct Draft {
    pub props: PropList,
    pub recipients: Vec<Recipient>,
}

impl MapiProp for Draft {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let missing = |tag| Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND));
        let find = |tag: &PropTag| self.props.prop(*tag).cloned().unwrap_or_else(|| missing(*tag));
        Ok(tags.map_or_else(|| self.props.iter().cloned().collect(), |tags| tags.iter().map(find).collect()))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.props.tags().collect())
    }
}

impl Message for Draft {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        Ok(self.recipients.clone())
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        Ok(Vec::new())
    }

    fn open_attach(&self, _number: u32, _flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        Err(Error::new(ErrorCode::NOT_FOUND, "open_attach", "no attachment"))
    }
}

pub fn to(row_id: u32, address: &str) -> Recipient {
    let mut row = Recipient { row_id, ..Recipient::default() };
    row.props.set(Recipient::ADDRTYPE, "SMTP");
    row.props.set(Recipient::EMAIL_ADDRESS, address);
    row
}

pub fn message(addresses: &[&str]) -> Draft {
    let mut props = PropList::new();
    props.set(PR_SEARCH_KEY, b"0123456789abcdef".to_vec());
    props.set(PR_SUBJECT, "Lunch");
    props.set(PR_BODY, "At noon?\r\n.\r\nAnn");
    let recipients = addresses.iter().zip(0..).map(|(address, row_id)| to(row_id, address)).collect();
    Draft { props, recipients }
}

/// `sent`, `retry`, `in doubt` or `refused`, by recipient.
pub fn words(outcomes: &[RecipientOutcome]) -> Vec<&'static str> {
    let word = |outcome: &RecipientOutcome| match outcome.state {
        RecipientState::Sent => "sent",
        RecipientState::Local => "local",
        RecipientState::RetryAfter(_) => "retry",
        RecipientState::ResendNow | RecipientState::Deferred => panic!("SMTP keeps no message to itself"),
        RecipientState::InDoubt => "in doubt",
        RecipientState::Refused(_) => "refused",
    };
    outcomes.iter().map(word).collect()
}
