//! `ScriptedTransport`: a transport that does with messages what a test has written down, and remembers
//! what it was asked.

use mapi_defs::flags::TransportLogonIn;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::copy::{fill_message, message_object};
use mapi_spi::hook::Preprocessor;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::status::StatusObject;
use mapi_spi::status_row::StatusRow;
use mapi_spi::support::{SpoolerNotify, Support};
use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// What becomes of one submitted message.
#[derive(Clone, PartialEq, Debug)]
pub enum Script {
    /// Every recipient that is the transport's has this outcome.
    All(RecipientState),
    /// The first recipient has the first outcome, and so on; those beyond the last are not mentioned.
    Each(Vec<RecipientState>),
    /// The call fails with this code.
    Fail(ErrorCode),
    /// The call hangs until the message is cancelled or the transport logs off, and then answers
    /// `MAPI_E_USER_CANCEL`.
    Hang,
}

/// One call that a transport was asked.
#[derive(Clone, PartialEq, Debug)]
pub enum XpCall {
    /// SubmitMessage of this message by this reference.
    Submit(MessageObject, u32),
    /// SubmitMessage with BEGIN_DEFERRED of the message with this identifier.
    SubmitDeferred(EntryId, u32),
    /// NOTIFY_ABORT_DEFERRED; true with NOTIFY_CANCEL_MESSAGE.
    AbortDeferred(EntryId, bool),
    /// TransportLogon; in a journal alone.
    Logon(TransportLogonIn),
    /// AddressTypes; in a journal alone.
    AddressTypes,
    /// The logon was let go; in a journal alone.
    Released,
    /// EndMessage.
    End(u32),
    /// TransportNotify.
    Notify(TransportNotify),
    /// Poll.
    Poll,
    /// StartMessage with this reference.
    Start(u32),
    /// Idle.
    Idle,
    /// FlushQueues with these flags.
    Flush(u32),
    /// TransportLogoff.
    Logoff,
    /// Shutdown.
    Shutdown,
}

/// What several transports were asked, each by its name, in one order.
pub type Journal = Arc<Mutex<Vec<(String, XpCall)>>>;

/// A transport provider whose outcomes are written down beforehand.
pub struct ScriptedTransport {
    name: String,
    types: AddressTypes,
    flags: TransportLogonFlags,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    script: VecDeque<Script>,
    incoming: VecDeque<MessageObject>,
    calls: Vec<XpCall>,
    cancelled: HashSet<u32>,
    hanging: usize,
    supports: Vec<Weak<dyn Support>>,
    journal: Option<(String, Journal)>,
    logoff: Option<ErrorCode>,
}

impl ScriptedTransport {
    /// A transport that takes these address types, and sends whatever it is given until a script says
    /// otherwise.
    pub fn new(name: &str, types: AddressTypes) -> Arc<Self> {
        let flags = TransportLogonFlags { idle: false, poll: true };
        Arc::new(Self { name: name.to_owned(), types, flags, shared: Arc::default() })
    }

    /// Writes down what becomes of the next message that nothing is written down for yet.
    pub fn then(&self, script: Script) {
        self.shared.lock().script.push_back(script);
    }

    /// Writes down from now on what it is asked into a journal that others write into, too.
    pub fn write_into(&self, journal: &Journal) {
        self.shared.lock().journal = Some((self.name.clone(), journal.clone()));
    }

    /// Registers a preprocessor by the logon.
    ///
    /// # Panics
    /// Where nobody is logged on, or the session takes none.
    pub fn preprocess(&self, preprocessor: Arc<dyn Preprocessor>) {
        let support = self.shared.lock().supports.iter().find_map(Weak::upgrade);
        let taken = support.map(|support| support.register_preprocessor(preprocessor));
        assert!(matches!(taken, Some(Ok(()))), "no preprocessor can be registered: {taken:?}");
    }

    /// Lets TransportLogoff answer this from now on.
    pub fn fail_logoff(&self, code: ErrorCode) {
        self.shared.lock().logoff = Some(code);
    }

    /// Tells the spooler something, as every logon.
    pub fn tell(&self, what: &SpoolerNotify) {
        let supports = self.shared.lock().supports.clone();
        for support in supports.iter().filter_map(Weak::upgrade) {
            // A session without a spooler has nobody to tell.
            support.spooler_notify(what.clone()).ok();
        }
    }

    /// Lets a message wait to be handed in, and tells the spooler so.
    pub fn receive(&self, message: MessageObject) {
        self.shared.lock().incoming.push_back(message);
        self.tell(&SpoolerNotify::NewMail);
    }

    /// What the transport was asked so far, oldest first.
    pub fn calls(&self) -> Vec<XpCall> {
        self.shared.lock().calls.clone()
    }

    /// Waits until a submitted message hangs.
    pub fn wait_until_hanging(&self) {
        let mut state = self.shared.lock();
        while state.hanging == 0 {
            state = self.shared.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, call: XpCall) {
        self.enter(call.clone());
        self.lock().calls.push(call);
    }

    /// Writes into the journal, where there is one.
    fn enter(&self, call: XpCall) {
        let journal = self.lock().journal.clone();
        if let Some((name, journal)) = journal {
            journal.lock().unwrap_or_else(PoisonError::into_inner).push((name, call));
        }
    }
}

impl XpProvider for ScriptedTransport {
    fn name(&self) -> &str {
        &self.name
    }

    fn logon(
        &self,
        support: Arc<dyn Support>,
        how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        self.shared.lock().supports.push(Arc::downgrade(&support));
        self.shared.enter(XpCall::Logon(how));
        let (types, shared) = (self.types.clone(), self.shared.clone());
        let status = StatusRow::new(support, self.name.as_str())?;
        let logon = ScriptedLogon { types, shared, status, ended: Mutex::new(false) };
        Ok((Arc::new(logon), self.flags))
    }

    fn shutdown(&self) -> Result<()> {
        self.shared.note(XpCall::Shutdown);
        Ok(())
    }
}

struct ScriptedLogon {
    types: AddressTypes,
    shared: Arc<Shared>,
    status: StatusRow,
    ended: Mutex<bool>,
}

impl ScriptedLogon {
    fn has_ended(&self) -> bool {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, call: &'static str) -> Result<()> {
        if self.has_ended() {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the transport has logged off"));
        }
        Ok(())
    }

    /// The recipients that nobody has taken yet and that are this transport's.
    fn own_rows(&self, message: &dyn Message) -> Result<Vec<u32>> {
        let is_own = |row: &Recipient| !row.is_taken() && takes(&self.types, row);
        Ok(message.recipients()?.iter().filter(|row| is_own(row)).map(|row| row.row_id).collect())
    }

    /// What is written down for the next message.
    fn answer(&self, rows: Vec<u32>, reference: u32) -> Result<Vec<RecipientOutcome>> {
        const CALL: &str = "XpLogon::submit_message";
        let script = self.shared.lock().script.pop_front();
        let states = match script.unwrap_or(Script::All(RecipientState::Sent)) {
            Script::All(state) => vec![state; rows.len()],
            Script::Each(states) => states,
            Script::Fail(code) => return Err(Error::new(code, CALL, "as written down")),
            Script::Hang => return Err(self.hang(reference)),
        };
        let outcome = |(row_id, state): (u32, RecipientState)| {
            let reply = reply_of(&state);
            RecipientOutcome { row_id, state, reply }
        };
        Ok(rows.into_iter().zip(states).map(outcome).collect())
    }

    fn hang(&self, reference: u32) -> Error {
        let mut state = self.shared.lock();
        state.hanging += 1;
        self.shared.moved.notify_all();
        while !state.cancelled.contains(&reference) && !self.has_ended() {
            state = self.shared.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.hanging -= 1;
        Error::new(ErrorCode::USER_CANCEL, "XpLogon::submit_message", "the message was cancelled")
    }
}

/// True where a transport with these types takes a recipient.
pub fn takes(types: &AddressTypes, row: &Recipient) -> bool {
    let uid = row.props.binary(PR_ENTRYID).and_then(|id| EntryId::from_bytes(id).provider());
    let kind = row.props.text(Recipient::ADDRTYPE).unwrap_or_default();
    types.any
        || uid.is_some_and(|uid| types.uids.contains(&uid))
        || types.types.iter().any(|taken| taken.eq_ignore_ascii_case(kind))
}

impl XpLogon for ScriptedLogon {
    fn address_types(&self) -> Result<AddressTypes> {
        self.check("XpLogon::address_types")?;
        self.shared.enter(XpCall::AddressTypes);
        Ok(self.types.clone())
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.check("XpLogon::notify")?;
        self.shared.note(XpCall::Notify(what));
        let mut state = self.shared.lock();
        if let TransportNotify::CancelMessage(reference) = what {
            state.cancelled.insert(reference);
            self.shared.moved.notify_all();
        }
        Ok(())
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        const CALL: &str = "XpLogon::submit_message";
        self.check(CALL)?;
        let rows = self.own_rows(message)?;
        if rows.is_empty() {
            return Err(Error::new(ErrorCode::NOT_ME, CALL, "no recipient is of this transport's types"));
        }
        self.shared.note(XpCall::Submit(message_object(message)?, reference));
        self.answer(rows, reference)
    }

    fn submit_deferred(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.check("XpLogon::submit_message")?;
        let id = message.props(Some(&[PR_ENTRYID]))?;
        let id = id.first().and_then(|id| id.value.as_binary()).unwrap_or_default();
        self.shared.note(XpCall::SubmitDeferred(EntryId::from_bytes(id), reference));
        self.answer(self.own_rows(message)?, reference)
    }

    fn abort_deferred(&self, id: &EntryId, is_cancelled: bool) -> Result<()> {
        self.check("XpLogon::abort_deferred")?;
        self.shared.note(XpCall::AbortDeferred(id.clone(), is_cancelled));
        Ok(())
    }

    fn end_message(&self, reference: u32) -> Result<()> {
        self.check("XpLogon::end_message")?;
        self.shared.note(XpCall::End(reference));
        Ok(())
    }

    fn poll(&self) -> Result<u32> {
        self.check("XpLogon::poll")?;
        self.shared.note(XpCall::Poll);
        Ok(u32::try_from(self.shared.lock().incoming.len()).unwrap_or(u32::MAX))
    }

    fn start_message(&self, message: &dyn Message, reference: &mut u32) -> Result<()> {
        const CALL: &str = "XpLogon::start_message";
        self.check(CALL)?;
        self.shared.note(XpCall::Start(*reference));
        let none = || Error::new(ErrorCode::NOT_FOUND, CALL, "no message waits");
        let incoming = self.shared.lock().incoming.pop_front().ok_or_else(none)?;
        fill_message(&incoming, message, &[])?;
        message.save_changes(mapi_defs::flags::SaveFlags::KEEP_OPEN_READWRITE)
    }

    fn idle(&self) -> Result<()> {
        self.check("XpLogon::idle")?;
        self.shared.note(XpCall::Idle);
        Ok(())
    }

    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        self.check("XpLogon::open_status_entry")?;
        Ok(Arc::new(ScriptedStatus))
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.check("XpLogon::flush_queues")?;
        self.shared.note(XpCall::Flush(flags));
        Ok(())
    }

    fn logoff(&self) -> Result<()> {
        let was_ended =
            std::mem::replace(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner), true);
        if !was_ended {
            self.shared.note(XpCall::Logoff);
            // Whoever ends need not be heard.
            self.status.end().ok();
        }
        // Under the lock, so that nobody is between looking and waiting.
        drop(self.shared.lock());
        self.shared.moved.notify_all();
        let refusal = self.shared.lock().logoff;
        refusal.map_or(Ok(()), |code| Err(Error::new(code, "XpLogon::logoff", "as written down")))
    }
}

impl Drop for ScriptedLogon {
    fn drop(&mut self) {
        self.shared.enter(XpCall::Released);
    }
}

/// The object behind a scripted transport's row, which takes every flush.
struct ScriptedStatus;

impl MapiProp for ScriptedStatus {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let missing = |tag: &PropTag| Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND));
        Ok(asked.unwrap_or_default().iter().map(missing).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(Vec::new())
    }
}

impl StatusObject for ScriptedStatus {
    fn flush_queues(&self, _flags: u32) -> Result<()> {
        Ok(())
    }
}

fn reply_of(state: &RecipientState) -> String {
    let reply = match state {
        RecipientState::Sent => "250 2.0.0 Ok",
        RecipientState::Local => "kept here",
        RecipientState::InDoubt => "nothing was heard",
        RecipientState::RetryAfter(_) => "451 4.3.0 Try again later",
        RecipientState::ResendNow => "once more",
        RecipientState::Deferred => "kept until it is asked for",
        RecipientState::Refused(_) => "550 5.1.1 No such user",
    };
    reply.to_owned()
}
