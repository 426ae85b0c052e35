//! `InboxLogon`: one logon of the transport (IXPLogon): says what waits and hands it in, one message at a time.
//!
//! The dialogue is `mailbox.rs`'s, what becomes of a letter `mapi-mime`'s, waiting for mail `watch.rs`'s.

use crate::dialogue::MAX_MESSAGE_BYTES;
use crate::fault::Fault;
use crate::mailbox::{Access, Item, Letter, Mailbox};
use crate::watch::{Line, Watch};
use mapi_defs::flags::{FlushFlags, StatusCode};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_mime::{FromOptions, arrive};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, TransportNotify, XpLogon};
use mapi_spi::status_row::StatusRow;
use mapi_spi::support::Support;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How many keys the store is asked for at once.
const KEYS: usize = 1000;

const POLL: &str = "XpLogon::poll";
const START: &str = "XpLogon::start_message";

/// One logon of an account.
pub(crate) struct InboxLogon {
    support: Arc<dyn Support>,
    access: Arc<Access>,
    /// `None` while a call works with it.
    desk: Mutex<Option<Desk>>,
    line: Arc<Line>,
    watch: Arc<Watch>,
    status: StatusRow,
    ended: AtomicBool,
}

/// What is known of the mailbox.
#[derive(Default)]
struct Desk {
    mailbox: Option<Mailbox>,
    /// UIDVALIDITY, and the first UID that was not seen yet under it.
    seen: Option<(u32, u32)>,
    waiting: VecDeque<Item>,
    /// Asked for, and not come yet.
    asked: HashMap<u32, Item>,
    /// Too large to be fetched, and not told of yet.
    too_big: usize,
    /// What did not arrive though it was there, for as long as this logon lasts: others do not wait for it.
    set_aside: HashSet<Vec<u8>>,
}

impl InboxLogon {
    /// A logon that has told the status table of itself.
    pub(crate) fn new(support: Arc<dyn Support>, access: Access, name: String) -> Result<Self> {
        let (access, line) = (Arc::new(access), Arc::<Line>::default());
        let watch = Watch::new(support.clone(), access.clone());
        let desk = Mutex::new(Some(Desk::default()));
        let (status, ended) = (StatusRow::new(support.clone(), name)?, AtomicBool::new(false));
        Ok(Self { support, access, desk, line, watch, status, ended })
    }

    /// Works with the desk; nothing is locked meanwhile.
    fn with_desk<T>(&self, call: &'static str, work: impl FnOnce(&mut Desk) -> Result<T>) -> Result<T> {
        let taken = self.desk.lock().unwrap_or_else(PoisonError::into_inner).take();
        let busy = || Error::new(ErrorCode::BUSY, call, "mail is being fetched by another call");
        let mut desk = taken.ok_or_else(busy)?;
        let answer = work(&mut desk);
        if self.line.is_cut() {
            desk.hang_up();
        }
        *self.desk.lock().unwrap_or_else(PoisonError::into_inner) = Some(desk);
        answer
    }

    /// Looks for what is new, unless the rest of what was found before waits still.
    fn look(&self, desk: &mut Desk) -> Result<u32, Fault> {
        if desk.waiting.is_empty() && desk.asked.is_empty() {
            self.list(desk)?;
        }
        let count = desk.waiting.len().saturating_add(desk.asked.len()).saturating_add(desk.too_big);
        if count == 0 {
            self.hang_up(desk);
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn list(&self, desk: &mut Desk) -> Result<(), Fault> {
        // What was there at the login is what a POP3 server tells of; IMAP tells of more, but a fresh look at
        // the mailbox costs as little.
        desk.hang_up();
        let mut mailbox = self.access.open(&|socket| self.line.take(socket))?;
        let validity = mailbox.uid_validity();
        let from = match (desk.seen, validity) {
            (Some((held, next)), Some(now)) if held == now => next,
            (Some(_), Some(_)) => {
                tracing::warn!(host = %self.access.endpoint.host, "the mailbox was made anew: all of it is new");
                1
            }
            _ => 1,
        };
        let (items, next) = mailbox.list(&self.access, from)?;
        desk.mailbox = Some(mailbox);
        let mut known = Vec::with_capacity(items.len());
        for chunk in items.chunks(KEYS) {
            let keys: Vec<Vec<u8>> = chunk.iter().map(|item| item.key.clone()).collect();
            match self.support.has_delivered(&keys) {
                Ok(answers) => known.extend(answers),
                // The store will say so again, one message after the other.
                Err(error) => {
                    tracing::debug!(%error, "the store does not say what it has");
                    known.resize(known.len().saturating_add(chunk.len()), false);
                }
            }
        }
        let mut is_known = known.into_iter();
        for item in items {
            if is_known.next().unwrap_or(false) || desk.set_aside.contains(&item.key) {
                continue;
            }
            if item.size > MAX_MESSAGE_BYTES as u64 {
                desk.too_big = desk.too_big.saturating_add(1);
                desk.set_aside.insert(item.key);
                continue;
            }
            desk.waiting.push_back(item);
        }
        desk.seen = validity.map(|validity| (validity, next));
        Ok(())
    }

    /// The next letter, with its key.
    fn next(&self, desk: &mut Desk) -> Result<Option<(Letter, Item)>, Fault> {
        loop {
            if let Some(mailbox) = &mut desk.mailbox
                && !mailbox.is_at_rest()
            {
                match mailbox.next() {
                    Ok(None) => {}
                    Ok(Some(letter)) => {
                        // A letter that nobody asked for is none.
                        if let Some(item) = desk.asked.remove(&letter.number) {
                            return Ok(Some((letter, item)));
                        }
                        continue;
                    }
                    Err(fault) => {
                        desk.lose();
                        return Err(fault);
                    }
                }
            }
            // What was asked for and did not come is gone from the mailbox.
            desk.asked.clear();
            if desk.waiting.is_empty() {
                return Ok(None);
            }
            if desk.mailbox.is_none() {
                // Numbers of a POP3 server are of its dialogue alone: the list is made anew.
                desk.forget();
                return Err(Fault::Closed(crate::fault::Stage::Rest));
            }
            desk.ask();
        }
    }

    fn arrive(&self, letter: &Letter, item: &Item, message: &dyn Message) -> Result<()> {
        let mut options = FromOptions::new(self.support.now());
        options.delivered = letter.received;
        let key = Some(item.key.as_slice()).filter(|_| cfg!(not(feature = "seeded-fault")));
        arrive(&letter.text, &options, key, letter.is_read, message)
    }

    fn hang_up(&self, desk: &mut Desk) {
        if let Some(mut mailbox) = desk.mailbox.take() {
            let can_idle = mailbox.can_idle();
            mailbox.quit();
            if can_idle && self.status.code().contains(StatusCode::INBOUND_ENABLED) {
                self.watch.begin();
            }
        }
        self.line.let_go();
    }

    fn failed(&self, call: &'static str, fault: &Fault) -> Error {
        tracing::warn!(host = %self.access.endpoint.host, %fault, "mail was not fetched");
        self.status.fail(&fault.to_string());
        Error::new(fault.code(), call, format!("{}: {fault}", self.access.endpoint.host))
    }

    fn check_alive(&self, call: &'static str) -> Result<()> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the transport has logged off"));
        }
        Ok(())
    }

    /// Ends what is under way.
    fn stop(&self) {
        self.watch.end();
        self.line.cut();
    }
}

impl Desk {
    /// The connection is over: what did not come is to be asked for again, on another.
    fn lose(&mut self) {
        self.mailbox = None;
        self.forget();
    }

    fn forget(&mut self) {
        self.waiting.clear();
        self.asked.clear();
        self.seen = None;
    }

    fn hang_up(&mut self) {
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.quit();
        }
    }

    fn ask(&mut self) {
        let Some(mailbox) = &mut self.mailbox else { return };
        let count = mailbox.ask(&self.waiting);
        let asked = self.waiting.drain(..count.min(self.waiting.len()));
        self.asked.extend(asked.map(|item| (item.number, item)));
    }
}

impl XpLogon for InboxLogon {
    /// It takes nobody's mail.
    fn address_types(&self) -> Result<AddressTypes> {
        self.check_alive("XpLogon::address_types")?;
        Ok(AddressTypes::default())
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.check_alive("XpLogon::notify")?;
        match what {
            TransportNotify::BeginInbound => {
                self.line.mend();
                self.status.change(StatusCode::INBOUND_ENABLED, StatusCode::NONE)
            }
            TransportNotify::EndInbound => {
                self.stop();
                self.status.change(
                    StatusCode::NONE,
                    StatusCode::INBOUND_ENABLED | StatusCode::INBOUND_ACTIVE | StatusCode::INBOUND_FLUSH,
                )
            }
            TransportNotify::BeginInboundFlush => {
                self.status.change(StatusCode::INBOUND_FLUSH, StatusCode::NONE)
            }
            TransportNotify::EndInboundFlush => {
                self.status.change(StatusCode::NONE, StatusCode::INBOUND_FLUSH)
            }
            TransportNotify::CancelMessage(_) => {
                self.line.cut();
                self.line.mend();
                Ok(())
            }
            TransportNotify::BeginOutbound
            | TransportNotify::EndOutbound
            | TransportNotify::BeginOutboundFlush
            | TransportNotify::EndOutboundFlush => {
                Err(Error::new(ErrorCode::NO_SUPPORT, "XpLogon::notify", "this transport sends nothing"))
            }
        }
    }

    fn submit_message(&self, _message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        Err(Error::new(ErrorCode::NOT_ME, "XpLogon::submit_message", "this transport sends nothing"))
    }

    fn poll(&self) -> Result<u32> {
        self.check_alive(POLL)?;
        let looked = self.with_desk(POLL, |desk| {
            self.look(desk).map_err(|fault| {
                desk.lose();
                self.failed(POLL, &fault)
            })
        });
        let count = looked?;
        self.status.recover()?;
        match count {
            0 => self.status.change(StatusCode::NONE, StatusCode::INBOUND_ACTIVE)?,
            _ => self.status.change(StatusCode::INBOUND_ACTIVE, StatusCode::NONE)?,
        }
        Ok(count)
    }

    fn start_message(&self, message: &dyn Message, _reference: &mut u32) -> Result<()> {
        self.check_alive(START)?;
        self.with_desk(START, |desk| {
            let next = self.next(desk).map_err(|fault| self.failed(START, &fault))?;
            let Some((letter, item)) = next else {
                if std::mem::take(&mut desk.too_big) > 0 {
                    return Err(self.failed(START, &Fault::TooBig));
                }
                return Ok(());
            };
            self.arrive(&letter, &item, message).inspect_err(|error| {
                if !may_pass(error.code()) {
                    desk.set_aside.insert(item.key);
                }
                // It has not arrived, and is found again by a fresh list.
                desk.lose();
            })
        })
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.check_alive("XpLogon::flush_queues")?;
        match FlushFlags(flags).contains(FlushFlags::DOWNLOAD) {
            true => self.status.change(StatusCode::INBOUND_FLUSH, StatusCode::NONE),
            false => Ok(()),
        }
    }

    fn logoff(&self) -> Result<()> {
        if self.ended.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.stop();
        if let Some(desk) = &mut *self.desk.lock().unwrap_or_else(PoisonError::into_inner) {
            desk.mailbox = None;
        }
        self.status.end()
    }
}

/// True for troubles of the moment, which say nothing against the message.
fn may_pass(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NOT_ENOUGH_DISK
            | ErrorCode::DISK_ERROR
            | ErrorCode::BUSY
            | ErrorCode::TIMEOUT
            | ErrorCode::NETWORK_ERROR
            | ErrorCode::INVALID_OBJECT
            | ErrorCode::END_OF_SESSION
            | ErrorCode::USER_CANCEL
    )
}
