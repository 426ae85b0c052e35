//! `ScriptedTransport`: a transport that does with messages what a test has written down, and remembers
//! what it was asked.

use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_RESOURCE_METHODS, PR_STATUS_CODE};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::copy::{fill_message, message_object};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::support::{SpoolerNotify, Support};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// STATUS_AVAILABLE and STATUS_OFFLINE.
const AVAILABLE: i32 = 1;
const OFFLINE: i32 = 2;

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

    /// Lets a message wait to be handed in, and tells the spooler so.
    pub fn receive(&self, message: MessageObject) {
        let supports = {
            let mut state = self.shared.lock();
            state.incoming.push_back(message);
            state.supports.clone()
        };
        for support in supports.iter().filter_map(Weak::upgrade) {
            // A session without a spooler has nobody to tell.
            support.spooler_notify(SpoolerNotify::NewMail).ok();
        }
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
        self.lock().calls.push(call);
    }
}

impl XpProvider for ScriptedTransport {
    fn name(&self) -> &str {
        &self.name
    }

    fn logon(&self, support: Arc<dyn Support>) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        self.shared.lock().supports.push(Arc::downgrade(&support));
        let (name, types, shared) = (self.name.clone(), self.types.clone(), self.shared.clone());
        let logon = ScriptedLogon { name, types, shared, support, ended: Mutex::new(false) };
        logon.show_status(AVAILABLE);
        Ok((Arc::new(logon), self.flags))
    }

    fn shutdown(&self) -> Result<()> {
        self.shared.note(XpCall::Shutdown);
        Ok(())
    }
}

struct ScriptedLogon {
    name: String,
    types: AddressTypes,
    shared: Arc<Shared>,
    support: Arc<dyn Support>,
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

    fn show_status(&self, status: i32) {
        let mut columns = PropList::new();
        columns.set(PR_DISPLAY_NAME, self.name.as_str());
        columns.set(PR_RESOURCE_METHODS, 0);
        columns.set(PR_STATUS_CODE, status);
        // A host without a status table has nobody to show it to.
        self.support.modify_status_row(columns).ok();
    }

    /// The recipients that nobody has taken yet and that are this transport's.
    fn own_rows(&self, message: &dyn Message) -> Result<Vec<u32>> {
        let is_own = |row: &Recipient| !row.is_taken() && takes(&self.types, row);
        Ok(message.recipients()?.iter().filter(|row| is_own(row)).map(|row| row.row_id).collect())
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
        Ok(self.types.clone())
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.check("XpLogon::notify")?;
        let mut state = self.shared.lock();
        state.calls.push(XpCall::Notify(what));
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
            self.show_status(OFFLINE);
        }
        // Under the lock, so that nobody is between looking and waiting.
        drop(self.shared.lock());
        self.shared.moved.notify_all();
        Ok(())
    }
}

fn reply_of(state: &RecipientState) -> String {
    let reply = match state {
        RecipientState::Sent => "250 2.0.0 Ok",
        RecipientState::Local => "kept here",
        RecipientState::InDoubt => "nothing was heard",
        RecipientState::RetryAfter(_) => "451 4.3.0 Try again later",
        RecipientState::Refused(_) => "550 5.1.1 No such user",
    };
    reply.to_owned()
}
