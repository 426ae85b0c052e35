//! Carries out the machine's actions: the only place that calls the store and the transports for a
//! message. It decides nothing and holds no lock while it calls.
//!
//! A provider that panics is a provider that failed: [`guarded`] makes an error of it.

use crate::entry::{Addressee, Reference};
use crate::presentation::Presentation;
use crate::{ledger, route};
use mapi_defs::flags::OpenFlags;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, TransportNotify};
use mapi_spi::spooler::SpoolerTransport;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// FLUSH_UPLOAD: what is outgoing.
const FLUSH_UPLOAD: u32 = 0x2;

/// The store and the transports, with the message in process.
pub(crate) struct Performer {
    store: Arc<dyn MsgStore>,
    transports: Vec<SpoolerTransport>,
    /// The message in process, opened and locked.
    message: Option<Arc<dyn Message>>,
    /// The message that a transport has at the moment, for those on its side of the call.
    handed: Arc<Handed>,
    /// The transport that has the message in process and is owed an EndMessage.
    owed: Option<usize>,
}

impl Performer {
    pub(crate) fn new(
        store: Arc<dyn MsgStore>,
        transports: Vec<SpoolerTransport>,
        handed: Arc<Handed>,
    ) -> Self {
        Self { store, transports, message: None, handed, owed: None }
    }

    /// Opens and locks a message; answers who is still to be served, and whether a recipient had
    /// been refused before.
    pub(crate) fn lock(&mut self, id: &EntryId) -> Result<(Vec<Addressee>, bool)> {
        self.message = None;
        let store = &self.store;
        let (message, recipients) = guarded("MsgStore::set_lock_state", || {
            let flags = OpenFlags::MODIFY | OpenFlags::BEST_ACCESS;
            let Opened::Message(message) = store.open_entry(id, flags)? else {
                let detail = format!("entry {} of the queue is no message", id.short());
                return Err(Error::new(ErrorCode::CORRUPT_DATA, "MsgStore::open_entry", detail));
            };
            store.set_lock_state(&*message, true)?;
            let recipients = message.recipients();
            Ok((message, recipients))
        })?;
        // From here on there is a lock to be taken back, whatever comes.
        self.message = Some(message);
        let recipients = recipients?;
        Ok((route::addressees(&recipients), ledger::any_refused(&recipients)))
    }

    /// Hands the message in process to a transport.
    pub(crate) fn attempt(
        &mut self,
        reference: Reference,
        transport: usize,
        rows: &[u32],
    ) -> Result<Vec<RecipientOutcome>> {
        self.end_message(reference);
        let message = self.current()?;
        let presentation = Presentation::new(message.clone(), rows);
        self.handed.set(Some((message, rows.to_vec())));
        let called = &self.transports[transport];
        let answer = guarded("XpLogon::submit_message", || {
            called.logon.submit_message(&presentation, message_reference(reference))
        });
        self.handed.set(None);
        match &answer {
            Ok(_) => self.owed = Some(transport),
            Err(error) => {
                tracing::warn!(transport = called.name, reference, %error, "a transport did not send");
            }
        }
        answer
    }

    /// Saves outcomes on the message in process.
    pub(crate) fn record(&self, outcomes: &[RecipientOutcome]) -> Result<()> {
        let message = self.current()?;
        guarded("Message::modify_recipients", || ledger::record(&*message, outcomes))
    }

    /// Lets the message in process leave the queue; it is closed first, as the store wants it.
    pub(crate) fn finish(&mut self, reference: Reference, id: &EntryId) -> Result<()> {
        self.end_message(reference);
        let kept = self.message.take();
        drop(kept);
        let store = &self.store;
        guarded("MsgStore::finished_msg", || store.finished_msg(id))
    }

    /// Unlocks the message in process and closes it. There is none where it could not be opened, or
    /// where it was closed to be finished: then it is opened once more.
    pub(crate) fn release(&mut self, reference: Reference, id: &EntryId) -> Result<()> {
        self.end_message(reference);
        let store = &self.store;
        let message = self.message.take();
        guarded("MsgStore::set_lock_state", || {
            let message = match message {
                Some(message) => message,
                None => match store.open_entry(id, OpenFlags::MODIFY | OpenFlags::BEST_ACCESS)? {
                    Opened::Message(message) => message,
                    _ => return Ok(()),
                },
            };
            store.set_lock_state(&*message, false)
        })
    }

    /// Closes the message in process without a further call.
    pub(crate) fn forget(&mut self) {
        self.message = None;
        self.owed = None;
    }

    /// What each transport takes; `None` for one that cannot say.
    pub(crate) fn address_types(&self) -> Vec<Option<AddressTypes>> {
        let ask = |transport: &SpoolerTransport| {
            let answer = guarded("XpLogon::address_types", || transport.logon.address_types());
            report(&transport.name, "address types", answer)
        };
        self.transports.iter().map(ask).collect()
    }

    /// Tells every transport something.
    pub(crate) fn notify(&self, what: TransportNotify) {
        for transport in &self.transports {
            let answer = guarded("XpLogon::notify", || transport.logon.notify(what));
            report(&transport.name, "a notification", answer);
        }
    }

    /// Tells every transport that everything outgoing is about to be sent.
    pub(crate) fn flush_queues(&self) {
        for transport in &self.transports {
            let answer = guarded("XpLogon::flush_queues", || transport.logon.flush_queues(FLUSH_UPLOAD));
            report(&transport.name, "a flush", answer);
        }
    }

    /// Lets the transports that asked for it do what can wait.
    pub(crate) fn idle(&self) {
        for transport in self.transports.iter().filter(|transport| transport.flags.idle) {
            report(&transport.name, "idle work", guarded("XpLogon::idle", || transport.logon.idle()));
        }
    }

    fn end_message(&mut self, reference: Reference) {
        if let Some(transport) = self.owed.take() {
            let called = &self.transports[transport];
            let answer =
                guarded("XpLogon::end_message", || called.logon.end_message(message_reference(reference)));
            report(&called.name, "the end of a message", answer);
        }
    }

    fn current(&self) -> Result<Arc<dyn Message>> {
        self.message
            .clone()
            .ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, "Spooler::attempt", "no message is in process"))
    }
}

/// The message that a transport has at the moment, and the recipients that it was asked for.
#[derive(Default)]
pub(crate) struct Handed(Mutex<Option<Attempted>>);

/// A message, and the PR_ROWIDs that its transport was asked for.
type Attempted = (Arc<dyn Message>, Vec<u32>);

impl Handed {
    fn set(&self, handed: Option<Attempted>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), handed);
        drop(before);
    }

    /// Saves that the fate of recipients is open from here on.
    ///
    /// # Errors
    /// Those of saving the message; `MAPI_E_CALL_FAILED` where none is with a transport.
    pub(crate) fn mark_in_doubt(&self, row_ids: &[u32]) -> Result<()> {
        const CALL: &str = "RunningSpooler::in_doubt";
        let handed = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (message, asked) = handed
            .ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, CALL, "no message is with a transport"))?;
        let own: Vec<u32> = row_ids.iter().copied().filter(|row_id| asked.contains(row_id)).collect();
        guarded(CALL, || ledger::mark_in_doubt(&*message, &own))
    }
}

/// Calls a provider; a panic of it is an error.
///
/// # Errors
/// Those of the call; `MAPI_E_CALL_FAILED` where it panicked.
pub(crate) fn guarded<T>(call: &'static str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    // Whatever the provider left half-done is its own; of ours nothing is borrowed by the call.
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Error::new(ErrorCode::CALL_FAILED, call, "the provider panicked")))
}

fn report<T>(transport: &str, what: &str, answer: Result<T>) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(error) => {
            if error.code() != ErrorCode::NO_SUPPORT {
                tracing::warn!(transport, what, %error, "a transport failed");
            }
            None
        }
    }
}

/// The number by which a transport knows the message; it has 32 bits there.
pub(crate) fn message_reference(reference: Reference) -> u32 {
    reference as u32
}
