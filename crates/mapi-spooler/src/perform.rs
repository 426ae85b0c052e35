//! Carries out the machine's actions: the only place that calls the store and the transports for a
//! message. It decides nothing and holds no lock while it calls.
//!
//! A provider that panics is a provider that failed: [`guarded`] makes an error of it.

use crate::entry::{Addressee, Reference};
use crate::hooks::Hooks;
use crate::presentation::Presentation;
use crate::signals::Signals;
use crate::{ledger, report, route};
use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_DELETE_AFTER_SUBMIT, PR_PREPROCESS, PR_SENTMAIL_ENTRYID};
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, TransportNotify};
use mapi_spi::spooler::{QueueNotes, SpoolerTransport};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// FLUSH_UPLOAD: what is outgoing.
const FLUSH_UPLOAD: u32 = 0x2;
/// As many messages may be in doubt when the process ends, whatever a transport says that it takes at once.
pub(crate) const MOST_AT_ONCE: usize = 8;

/// The store and the transports, with the messages in process. Several threads carry out actions, each of
/// another message.
pub(crate) struct Performer {
    store: Arc<dyn MsgStore>,
    transports: Vec<SpoolerTransport>,
    open: Mutex<BTreeMap<Reference, Open>>,
    /// The messages that transports have at the moment, for those on their side of the call.
    handed: Arc<Handed>,
    hooks: Arc<Hooks>,
    signals: Arc<Signals>,
}

/// A message in process.
#[derive(Clone, Default)]
struct Open {
    /// Opened and locked.
    message: Option<Arc<dyn Message>>,
    /// The transport that has it and is owed an EndMessage.
    owed: Option<usize>,
}

impl Performer {
    pub(crate) fn new(store: Arc<dyn MsgStore>, transports: Vec<SpoolerTransport>, shared: &Around) -> Self {
        let Around { handed, hooks, signals } = shared.clone();
        Self { store, transports, open: Mutex::default(), handed, hooks, signals }
    }

    /// How many messages each transport takes at once.
    pub(crate) fn limits(&self) -> Vec<usize> {
        let most = |transport: &SpoolerTransport| transport.logon.at_once().clamp(1, MOST_AT_ONCE);
        self.transports.iter().map(most).collect()
    }

    /// Opens and locks a message, and has it prepared where that is due; answers who is still to be
    /// served, and whether a recipient had been refused before.
    pub(crate) fn lock(
        &self,
        reference: Reference,
        id: &EntryId,
        preprocess: bool,
    ) -> Result<(Vec<Addressee>, bool)> {
        self.forget(reference);
        let store = &self.store;
        let mut message = guarded("MsgStore::set_lock_state", || {
            let message = open(&**store, id)?;
            store.set_lock_state(&*message, true)?;
            Ok(message)
        })?;
        // From here on there is a lock to be taken back, whatever comes.
        self.hold(reference, message.clone());
        if preprocess {
            message = self.preprocess(message, id)?;
            self.hold(reference, message.clone());
        }
        let recipients = guarded("Message::recipients", || message.recipients())?;
        Ok((route::addressees(&recipients), ledger::any_refused(&recipients)))
    }

    /// Has a message prepared and submits it once more, which ends SUBMITFLAG_PREPROCESS.
    fn preprocess(&self, message: Arc<dyn Message>, id: &EntryId) -> Result<Arc<dyn Message>> {
        self.hooks.preprocess(&*message)?;
        guarded("Message::submit", || {
            message.set_props(&[Prop::new(PR_PREPROCESS, true)])?;
            message.submit()
        })?;
        // Submitting has ended the object; the lock is the queue's and stays.
        guarded("MsgStore::open_entry", || open(&*self.store, id))
    }

    /// Hands a message in process to a transport.
    pub(crate) fn attempt(
        &self,
        reference: Reference,
        transport: usize,
        rows: &[u32],
        deferred: bool,
    ) -> Result<Vec<RecipientOutcome>> {
        self.end_message(reference);
        let message = self.current(reference)?;
        let presentation = Presentation::new(message.clone(), rows);
        self.handed.give(reference, (message, rows.to_vec()));
        let called = &self.transports[transport];
        let number = message_reference(reference);
        let answer = guarded("XpLogon::submit_message", || match deferred {
            true => called.logon.submit_deferred(&presentation, number),
            false => called.logon.submit_message(&presentation, number),
        });
        self.handed.take(reference);
        match &answer {
            Ok(_) => self.lock_open().entry(reference).or_default().owed = Some(transport),
            Err(error) => {
                tracing::warn!(transport = called.name, reference, %error, "a transport did not send");
            }
        }
        answer
    }

    /// Saves outcomes on a message in process.
    pub(crate) fn record(&self, reference: Reference, outcomes: &[RecipientOutcome]) -> Result<()> {
        let message = self.current(reference)?;
        guarded("Message::modify_recipients", || {
            if ledger::note(&*message, outcomes)? { save(&*message) } else { Ok(()) }
        })
    }

    /// Lets a message in process leave the queue, and what became of its last recipients with it. Where somebody
    /// is to be told of that, it is saved before.
    pub(crate) fn finish(
        &self,
        reference: Reference,
        id: &EntryId,
        outcomes: &[RecipientOutcome],
        now: FileTime,
    ) -> Result<()> {
        self.end_message(reference);
        let store = &self.store;
        let Some(message) = self.lock_open().get_mut(&reference).and_then(|open| open.message.take()) else {
            let message = guarded("MsgStore::open_entry", || open(&**store, id))?;
            return self.finish_open(message, id, outcomes, now);
        };
        self.finish_open(message, id, outcomes, now)?;
        self.forget(reference);
        Ok(())
    }

    fn finish_open(
        &self,
        message: Arc<dyn Message>,
        id: &EntryId,
        outcomes: &[RecipientOutcome],
        now: FileTime,
    ) -> Result<()> {
        guarded("Message::modify_recipients", || {
            let is_noted = ledger::note(&*message, outcomes)?;
            let is_told = self.hooks.has_hooks() || report::is_due(&*message)?;
            if is_noted && is_told { save(&*message) } else { Ok(()) }
        })?;
        guarded("MsgStore::deliver", || report::of_finished(&*self.store, &*message, now))?;
        guarded("SpoolerHook::outbound", || self.leave_hooks(&*message))?;
        guarded("MsgStore::finish_msg", || self.store.finish_msg(&*message, id))
    }

    /// What is done to a message once it has gone and before it leaves the queue.
    fn leave_hooks(&self, message: &dyn Message) -> Result<()> {
        let prepared = message.props(Some(&[PR_PREPROCESS]))?;
        let is_prepared = prepared.first().and_then(|prop| prop.value.as_boolean()) == Some(true);
        if is_prepared {
            self.hooks.remove_info(message);
            message.delete_props(&[PR_PREPROCESS])?;
        }
        if self.hooks.has_hooks() && !self.hooks.outbound(message) {
            message.delete_props(&[PR_SENTMAIL_ENTRYID])?;
            message.set_props(&[Prop::new(PR_DELETE_AFTER_SUBMIT, true)])?;
        }
        Ok(())
    }

    /// Unlocks a message in process and closes it. It is opened once more where it could not be opened before, or
    /// was on its way out.
    pub(crate) fn release(&self, reference: Reference, id: &EntryId, notes: &QueueNotes) -> Result<()> {
        self.end_message(reference);
        let store = &self.store;
        let message = self.lock_open().remove(&reference).and_then(|open| open.message);
        guarded("MsgStore::set_lock_state", || {
            let message = match message {
                Some(message) => message,
                None => open(&**store, id)?,
            };
            store.rest_msg(&*message, notes)
        })
    }

    /// Closes a message in process without a further call.
    pub(crate) fn forget(&self, reference: Reference) {
        let before = self.lock_open().remove(&reference);
        drop(before);
    }

    /// What each transport takes; `None` for one that cannot say.
    pub(crate) fn address_types(&self) -> Vec<Option<AddressTypes>> {
        let ask = |(place, transport): (usize, &SpoolerTransport)| {
            if self.signals.is_broken(place) {
                return None;
            }
            let answer = guarded("XpLogon::address_types", || transport.logon.address_types());
            note(&transport.name, "address types", answer)
        };
        self.transports.iter().enumerate().map(ask).collect()
    }

    /// Tells every transport something.
    pub(crate) fn notify(&self, what: TransportNotify) {
        for transport in self.able() {
            let answer = guarded("XpLogon::notify", || transport.logon.notify(what));
            note(&transport.name, "a notification", answer);
        }
    }

    /// Tells one transport something, or every one.
    pub(crate) fn notify_one(&self, place: Option<usize>, what: TransportNotify) {
        let Some(place) = place else { return self.notify(what) };
        let Some(transport) = self.transports.get(place).filter(|_| !self.signals.is_broken(place)) else {
            return;
        };
        note(&transport.name, "a notification", guarded("XpLogon::notify", || transport.logon.notify(what)));
    }

    /// Tells one transport, or every one, that everything outgoing is about to be sent.
    pub(crate) fn flush_queues(&self, place: Option<usize>) {
        let wanted = |(own, _): &(usize, &SpoolerTransport)| place.is_none_or(|place| place == *own);
        for (_, transport) in self.able_places().filter(wanted) {
            let answer = guarded("XpLogon::flush_queues", || transport.logon.flush_queues(FLUSH_UPLOAD));
            note(&transport.name, "a flush", answer);
        }
    }

    /// Lets the transports that asked for it do what can wait.
    pub(crate) fn idle(&self) {
        if !self.signals.may_disturb() {
            return;
        }
        for transport in self.able().filter(|transport| transport.flags.idle) {
            note(&transport.name, "idle work", guarded("XpLogon::idle", || transport.logon.idle()));
        }
    }

    /// Tells a transport that a message it keeps to itself is not to be asked for any more.
    pub(crate) fn abort_deferred(&self, id: &EntryId, transport: usize, is_cancelled: bool) {
        let Some(keeper) = self.transports.get(transport).filter(|_| !self.signals.is_broken(transport))
        else {
            return;
        };
        let answer = guarded("XpLogon::abort_deferred", || keeper.logon.abort_deferred(id, is_cancelled));
        note(&keeper.name, "the end of a deferral", answer);
    }

    /// The transports that may be called.
    fn able(&self) -> impl Iterator<Item = &SpoolerTransport> {
        self.able_places().map(|(_, transport)| transport)
    }

    fn able_places(&self) -> impl Iterator<Item = (usize, &SpoolerTransport)> {
        self.transports.iter().enumerate().filter(|(place, _)| !self.signals.is_broken(*place))
    }

    fn end_message(&self, reference: Reference) {
        let owed = self.lock_open().get_mut(&reference).and_then(|open| open.owed.take());
        if let Some(transport) = owed {
            let called = &self.transports[transport];
            let answer =
                guarded("XpLogon::end_message", || called.logon.end_message(message_reference(reference)));
            note(&called.name, "the end of a message", answer);
        }
    }

    fn hold(&self, reference: Reference, message: Arc<dyn Message>) {
        let before = self.lock_open().entry(reference).or_default().message.replace(message);
        drop(before);
    }

    fn current(&self, reference: Reference) -> Result<Arc<dyn Message>> {
        let message = self.lock_open().get(&reference).and_then(|open| open.message.clone());
        message
            .ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, "Spooler::attempt", "the message is not open"))
    }

    fn lock_open(&self) -> MutexGuard<'_, BTreeMap<Reference, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the driver shares with the session's threads, beside the machine.
#[derive(Clone, Default)]
pub(crate) struct Around {
    pub(crate) handed: Arc<Handed>,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) signals: Arc<Signals>,
}

/// Opens a queued message to be worked on.
fn open(store: &dyn MsgStore, id: &EntryId) -> Result<Arc<dyn Message>> {
    let flags = OpenFlags::MODIFY | OpenFlags::BEST_ACCESS;
    let Opened::Message(message) = store.open_entry(id, flags)? else {
        let detail = format!("entry {} of the queue is no message", id.short());
        return Err(Error::new(ErrorCode::CORRUPT_DATA, "MsgStore::open_entry", detail));
    };
    Ok(message)
}

/// The messages that transports have at the moment, each with the recipients that its transport was asked for.
#[derive(Default)]
pub(crate) struct Handed(Mutex<BTreeMap<Reference, Attempted>>);

/// A message, and the PR_ROWIDs that its transport was asked for.
type Attempted = (Arc<dyn Message>, Vec<u32>);

impl Handed {
    fn give(&self, reference: Reference, attempted: Attempted) {
        let before = self.lock().insert(reference, attempted);
        drop(before);
    }

    fn take(&self, reference: Reference) {
        let before = self.lock().remove(&reference);
        drop(before);
    }

    /// Saves that the fate of recipients of a message is open from here on.
    ///
    /// # Errors
    /// Those of saving the message; `MAPI_E_CALL_FAILED` where it is with no transport.
    pub(crate) fn mark_in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        const CALL: &str = "RunningSpooler::in_doubt";
        let (message, asked) = self
            .find(message)
            .ok_or_else(|| Error::new(ErrorCode::CALL_FAILED, CALL, "the message is with no transport"))?;
        let own: Vec<u32> = row_ids.iter().copied().filter(|row_id| asked.contains(row_id)).collect();
        guarded(CALL, || ledger::mark_in_doubt(&*message, &own))
    }

    /// The message that a transport means. One that has wrapped it in an object of its own means the only one.
    fn find(&self, message: &dyn Message) -> Option<Attempted> {
        let handed = self.lock();
        let is_same = |held: &&Attempted| std::ptr::addr_eq(held.0.as_any(), message.as_any());
        let only = || handed.values().next().filter(|_| handed.len() == 1);
        handed.values().find(is_same).or_else(only).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Reference, Attempted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Saves a message that stays open.
fn save(message: &dyn Message) -> Result<()> {
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
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

fn note<T>(transport: &str, what: &str, answer: Result<T>) -> Option<T> {
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
