//! LOCAL through its public face: who it takes, what it answers, and that it delivers once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::flags::OpenFlags;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::prop::tags::{PR_EMAIL_ADDRESS, PR_SEARCH_KEY, PR_SMTP_ADDRESS, PR_STATUS_CODE};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Guid, Result};
use mapi_local::{ACCEPTS_FOREIGN, ADDRESSES, LocalTransport};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::Message;
use mapi_spi::msg_store::Delivered;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::{RecipientState, TransportNotify, XpLogon, XpProvider};
use mapi_spi::support::Support;
use std::any::Any;
use std::sync::{Arc, Mutex};

/// A profile section and a default store, as LOCAL sees them.
#[derive(Default)]
struct Host {
    section: PropList,
    /// The search keys that were delivered, each once, in order.
    delivered: Mutex<Vec<Vec<u8>>>,
    /// The answer to the next deliveries, in place of a delivery.
    refusal: Mutex<Option<ErrorCode>>,
    status: Mutex<Vec<i32>>,
    has_no_status_table: bool,
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
        if self.has_no_status_table {
            return Err(Error::new(ErrorCode::NO_SUPPORT, "modify_status_row", "no table"));
        }
        self.status.lock().unwrap().push(columns.long(PR_STATUS_CODE).unwrap());
        Ok(())
    }

    fn deliver(&self, _message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        if let Some(code) = *self.refusal.lock().unwrap() {
            return Err(Error::new(code, "MsgStore::deliver", "as ordered"));
        }
        let mut delivered = self.delivered.lock().unwrap();
        let is_new = !delivered.iter().any(|key| key == search_key);
        if is_new {
            delivered.push(search_key.to_vec());
        }
        Ok(Delivered { entry_id: EntryId::from_bytes(search_key), is_new })
    }
}

/// Properties and recipients, for sections and messages.
struct Draft {
    props: PropList,
    recipients: Vec<Recipient>,
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

fn message(key: &[u8], recipients: Vec<Recipient>) -> Draft {
    let mut props = PropList::new();
    props.set(PR_SEARCH_KEY, key.to_vec());
    Draft { props, recipients }
}

fn to(row_id: u32, address: &str) -> Recipient {
    let mut row = Recipient { row_id, ..Recipient::default() };
    row.props.set(Recipient::ADDRTYPE, "SMTP");
    row.props.set(Recipient::EMAIL_ADDRESS, address);
    row
}

fn logon(host: &Arc<Host>) -> Arc<dyn XpLogon> {
    LocalTransport.logon(host.clone(), TransportLogonIn::NONE).unwrap().0
}

fn rows(logon: &dyn XpLogon, message: &Draft) -> Vec<u32> {
    let outcomes = logon.submit_message(message, 1).unwrap();
    for outcome in &outcomes {
        assert_eq!(outcome.state, RecipientState::Local);
        assert_eq!(outcome.reply, "kept in the local Inbox: no mail account in this profile");
    }
    outcomes.into_iter().map(|outcome| outcome.row_id).collect()
}

#[test]
fn one_copy_is_kept_for_all_recipients_however_often_it_is_tried() {
    let host = Arc::new(Host::default());
    let logon = logon(&host);
    assert!(logon.address_types().unwrap().any);
    let message = message(b"key", vec![to(0, "ann@example.org"), to(7, "bob@example.com")]);
    assert_eq!(rows(&*logon, &message), [0, 7]);
    assert_eq!(rows(&*logon, &message), [0, 7]);
    assert_eq!(*host.delivered.lock().unwrap(), [b"key".to_vec()]);
}

#[test]
fn recipients_that_are_taken_and_the_originator_are_not_answered_for() {
    let host = Arc::new(Host::default());
    let (mut taken, mut originator) = (to(1, "a@example.org"), to(2, "b@example.org"));
    taken.props.set(Recipient::RESPONSIBILITY, true);
    originator.props.set(Recipient::TYPE, 0);
    let own = logon(&host);
    assert_eq!(rows(&*own, &message(b"key", vec![taken.clone(), originator, to(3, "")])), [3]);
    let error = own.submit_message(&message(b"other", vec![taken]), 1).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NOT_ME);
    assert_eq!(host.delivered.lock().unwrap().len(), 1, "nothing is delivered for nobody");
}

#[test]
fn without_foreign_addresses_only_the_own_ones_are_taken() {
    let mut host = Host::default();
    host.section.set(ACCEPTS_FOREIGN, false);
    host.section.set(ADDRESSES, PropValue::MvUnicode(vec!["ANN@example.org".into(), " ".into()]));
    host.section.set(PR_SMTP_ADDRESS, "ann.other@example.org");
    host.section.set(PR_EMAIL_ADDRESS, "ann-local");
    let host = Arc::new(host);
    let mut by_smtp = to(3, "cn=ann");
    by_smtp.props.set(Recipient::SMTP_ADDRESS, "Ann.Other@Example.org");
    let recipients =
        vec![to(0, "ann@example.ORG"), to(1, "bob@example.org"), to(2, "ann-local"), by_smtp, to(4, "")];
    assert_eq!(rows(&*logon(&host), &message(b"key", recipients)), [0, 2, 3]);
    let stranger = message(b"key", vec![to(0, "bob@example.org")]);
    assert_eq!(logon(&host).submit_message(&stranger, 1).unwrap_err().code(), ErrorCode::NOT_ME);
}

#[test]
fn a_store_without_room_delays_a_message_and_other_faults_are_told_as_they_are() {
    let host = Arc::new(Host::default());
    let (own, message) = (logon(&host), message(b"key", vec![to(0, "a@example.org")]));
    for (code, told) in [
        (ErrorCode::NOT_ENOUGH_DISK, ErrorCode::WAIT),
        (ErrorCode::BUSY, ErrorCode::WAIT),
        (ErrorCode::NO_SUPPORT, ErrorCode::NO_SUPPORT),
    ] {
        *host.refusal.lock().unwrap() = Some(code);
        assert_eq!(own.submit_message(&message, 1).unwrap_err().code(), told);
    }
    *host.refusal.lock().unwrap() = None;
    assert_eq!(rows(&*own, &message), [0]);
    let without_key = Draft { props: PropList::new(), recipients: vec![to(0, "a@example.org")] };
    assert_eq!(own.submit_message(&without_key, 1).unwrap_err().code(), ErrorCode::CORRUPT_DATA);
}

#[test]
fn the_status_row_follows_what_the_spooler_says() {
    let host = Arc::new(Host::default());
    let own = logon(&host);
    own.notify(TransportNotify::BeginOutbound).unwrap();
    own.flush_queues(2).unwrap();
    own.flush_queues(4).unwrap();
    own.notify(TransportNotify::EndOutboundFlush).unwrap();
    own.notify(TransportNotify::EndOutbound).unwrap();
    assert_eq!(own.notify(TransportNotify::BeginInbound).unwrap_err().code(), ErrorCode::NO_SUPPORT);
    own.logoff().unwrap();
    own.logoff().unwrap();
    assert_eq!(*host.status.lock().unwrap(), [0x1, 0x10_0001, 0x50_0001, 0x10_0001, 0x1, 0x2]);
    let ended = own.submit_message(&message(b"key", vec![to(0, "a")]), 1).unwrap_err();
    assert_eq!((ended.code(), host.delivered.lock().unwrap().len()), (ErrorCode::INVALID_OBJECT, 0));
}

#[test]
fn a_host_without_a_status_table_and_a_section_of_nonsense() {
    let bare = Arc::new(Host { has_no_status_table: true, ..Host::default() });
    assert_eq!(rows(&*logon(&bare), &message(b"key", vec![to(0, "a")])), [0]);
    let mut wrong = Host::default();
    wrong.section.set(ACCEPTS_FOREIGN, "no");
    let error = LocalTransport.logon(Arc::new(wrong), TransportLogonIn::NONE).err().unwrap();
    assert_eq!(error.code(), ErrorCode::UNCONFIGURED);
}
