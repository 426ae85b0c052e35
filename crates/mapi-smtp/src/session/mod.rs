//! `Session`: one SMTP or LMTP dialogue as a state machine. Bytes come in, commands go out, and time is an
//! argument; sockets, TLS and threads are `connection.rs`'s.
//!
//! The caller asks [`Session::step`] what is to be done, does it, and tells the session. Everything that
//! comes from the server is a stranger's: whatever does not fit ends the dialogue, and a message counts
//! as sent only where a reply to its final dot says so.
//!
//! # Source
//! RFC 5321, 2920 (PIPELINING), 3207 (STARTTLS), 3461 (DSN), 4954 (AUTH), 6152 (8BITMIME), 6531 (SMTPUTF8),
//! 1870 (SIZE), 2033 (LMTP).

mod fault;
mod login;
mod opening;
mod transaction;

pub use fault::{Fault, Lack, Stage, Verdict};
pub use mapi_wire::{Login, Mechanism, Security};
pub use opening::{Opening, Protocol, Step};
pub use transaction::{Dsn, Envelope};

use crate::capabilities::Capabilities;
use crate::dot::Content;
use crate::reply::{Reply, ReplyReader};
use login::{LoginStep, Turn, begin, handle_reply};
use mapi_wire::Redactor;
use std::time::{Duration, Instant};
use transaction::{Next, Transaction};
use zeroize::{Zeroize, Zeroizing};

/// How much of a text is written at once, in octets.
const BLOCK_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Hello,
    OldHello,
    StartTls,
    Handshake,
    Login(Turn),
    Ready,
    Commands,
    Text,
    Confirm,
    Finish,
    Closed,
}

/// One dialogue.
pub struct Session {
    opening: Opening,
    phase: Phase,
    is_encrypted: bool,
    offers: Capabilities,
    reader: ReplyReader,
    redactor: Redactor,
    output: Zeroizing<Vec<u8>>,
    /// An earlier message left the server amid a transaction.
    needs_reset: bool,
    transaction: Option<Transaction>,
    verdicts: Option<Vec<Verdict>>,
    fault: Option<Fault>,
    /// Of this stage.
    deadline: Instant,
    /// Of the opening or message as a whole.
    limit: Instant,
}

impl Session {
    /// A session on a connection that was made (and encrypted, where security is implicit) just now.
    pub fn new(opening: Opening, now: Instant) -> Self {
        let mut redactor = Redactor::default();
        if let Some(login) = &opening.login {
            login.hide(&mut redactor);
        }
        let deadlines = opening.deadlines;
        Self {
            is_encrypted: opening.security == Security::Implicit,
            opening,
            phase: Phase::Greeting,
            offers: Capabilities::default(),
            reader: ReplyReader::default(),
            redactor,
            output: Zeroizing::new(Vec::new()),
            needs_reset: false,
            transaction: None,
            verdicts: None,
            fault: None,
            deadline: after(now, deadlines.greeting),
            limit: after(now, deadlines.opening),
        }
    }

    /// What is to be done next.
    pub fn step(&mut self) -> Step {
        if self.phase == Phase::Text && self.output.is_empty() {
            let is_last =
                self.transaction.as_mut().is_none_or(|held| held.fill(BLOCK_BYTES, &mut self.output));
            if is_last {
                self.phase = Phase::Confirm;
            }
        }
        match self.phase {
            Phase::Closed => Step::Closed,
            // The last block waits for the record, and goes out with the dot.
            Phase::Confirm => {
                Step::Confirm(self.transaction.as_ref().map(Transaction::taken).unwrap_or_default())
            }
            _ if !self.output.is_empty() => Step::Write,
            Phase::Handshake => Step::Handshake,
            Phase::Ready => Step::Ready,
            _ => Step::Read,
        }
    }

    /// The bytes to write.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// Is told that the output was written.
    pub fn written(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Login(_)) {
            // It may have been a password.
            self.output.zeroize();
        }
        self.output.clear();
        if self.phase == Phase::Text {
            self.deadline = after(now, self.opening.deadlines.block);
        }
    }

    /// When the present stage ends.
    pub fn deadline(&self) -> Instant {
        self.deadline.min(self.limit)
    }

    /// What the server offered last.
    pub fn capabilities(&self) -> &Capabilities {
        &self.offers
    }

    /// True where the bytes are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Why the dialogue ended, where it did so before its time.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Takes what became of the recipients of the last message, in the order of its envelope.
    pub fn take_verdicts(&mut self) -> Option<Vec<Verdict>> {
        self.verdicts.take()
    }

    /// Is told that the handshake succeeded.
    pub fn encrypted(&mut self, now: Instant) {
        if self.phase == Phase::Handshake {
            self.is_encrypted = true;
            self.say_hello(now);
        }
    }

    /// Begins to send a message; to be called when the session is ready.
    pub fn begin(&mut self, envelope: Envelope, content: Content, now: Instant) {
        let count = envelope.recipients.len();
        if self.phase != Phase::Ready {
            let fault = self.fault.clone().unwrap_or(Fault::Closed(Stage::Idle));
            self.verdicts = Some(vec![Verdict::Interrupted(fault); count]);
            return;
        }
        let protocol = self.opening.protocol;
        let transaction = Transaction::new(protocol, envelope, content, &self.offers, self.needs_reset);
        if transaction.is_decided() {
            self.verdicts = Some(transaction.into_verdicts());
            return;
        }
        self.needs_reset = false;
        self.verdicts = None;
        self.transaction = Some(transaction);
        self.phase = Phase::Commands;
        self.limit = after(now, self.opening.deadlines.message);
        self.go_on(now);
    }

    /// Sends the final dot, with what is left of the text.
    pub fn send_dot(&mut self, now: Instant) {
        if self.phase != Phase::Confirm {
            return;
        }
        if !self.reader.is_at_start() {
            // Half a reply that came too early would become half of the reply to the dot.
            return self.fail(Fault::Unsolicited(Stage::Text));
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.send_dot(&mut self.output);
        }
        self.phase = Phase::Finish;
        self.deadline = after(now, self.opening.deadlines.finish);
    }

    /// Takes bytes from the server.
    pub fn receive(&mut self, mut bytes: &[u8], now: Instant) {
        while !bytes.is_empty() && self.phase != Phase::Closed {
            match self.phase {
                Phase::Handshake => return self.fail(Fault::BytesBehindStartTls),
                Phase::Text | Phase::Confirm | Phase::Ready => {}
                Phase::Commands if self.transaction.as_ref().is_some_and(Transaction::is_waiting) => {}
                _ if self.output.is_empty() && self.phase != Phase::Commands => {}
                _ => return self.fail(Fault::Unsolicited(self.stage())),
            }
            match self.reader.read(&mut bytes) {
                Err(fault) => return self.fail(Fault::NoReply(self.stage(), fault)),
                Ok(None) => break,
                Ok(Some(reply)) => {
                    if self.phase == Phase::Hello {
                        // Read first: a password may be a word that is offered.
                        self.offers = Capabilities::read(&reply);
                    }
                    let reply = reply.scrubbed(&self.redactor);
                    self.handle_reply(reply, now);
                }
            }
        }
        if self.phase == Phase::Commands {
            self.go_on(now);
        }
    }

    /// Is told the time; ends the dialogue where its deadline has passed.
    pub fn expire(&mut self, now: Instant) {
        if now >= self.deadline() {
            self.fail(Fault::Timeout(self.stage()));
        }
    }

    /// Is told that the connection is gone.
    pub fn disconnect(&mut self) {
        self.fail(Fault::Closed(self.stage()));
    }

    /// The fault of a connection that ends at this moment.
    pub(crate) fn closed_here(&self) -> Fault {
        Fault::Closed(self.stage())
    }

    /// Ends the dialogue for a reason of the caller's.
    pub fn lose(&mut self, fault: Fault) {
        self.fail(fault);
    }

    fn stage(&self) -> Stage {
        match self.phase {
            Phase::Greeting => Stage::Greeting,
            Phase::Hello | Phase::OldHello => Stage::Hello,
            Phase::StartTls | Phase::Handshake => Stage::StartTls,
            Phase::Login(_) => Stage::Login,
            Phase::Ready | Phase::Closed => Stage::Idle,
            Phase::Text | Phase::Confirm => Stage::Text,
            Phase::Finish => Stage::Finish,
            Phase::Commands => {
                let held = self.transaction.as_ref();
                held.map_or(Stage::Idle, |held| held.stage(&self.opening.deadlines).0)
            }
        }
    }

    fn handle_reply(&mut self, reply: Reply, now: Instant) {
        match self.phase {
            Phase::Greeting if reply.code == 220 => self.say_hello(now),
            Phase::Hello if reply.is_positive() => self.after_hello(now),
            // A server from before 1995: it offers nothing, which is enough only where nothing is needed.
            Phase::Hello
                if self.opening.protocol == Protocol::Smtp && matches!(reply.code, 500 | 501 | 502 | 504) =>
            {
                self.offers = Capabilities::default();
                let hello = format!("HELO {}\r\n", self.opening.hello);
                self.say(hello.as_bytes(), Phase::OldHello, now);
            }
            Phase::OldHello if reply.is_positive() => self.after_hello(now),
            Phase::StartTls if reply.code == 220 => self.phase = Phase::Handshake,
            Phase::StartTls if self.opening.security == Security::Opportunistic && says_no(&reply) => {
                self.log_on(now);
            }
            Phase::Login(turn) => {
                let step = self.opening.login.as_ref().map(|login| handle_reply(login, turn, &reply));
                self.handle_login(step.unwrap_or(LoginStep::LoggedOn), now);
            }
            Phase::Ready if reply.code == 421 => self.fail(Fault::Refused(Stage::Idle, reply)),
            Phase::Ready | Phase::Handshake | Phase::Closed => self.fail(Fault::Unsolicited(Stage::Idle)),
            Phase::Commands => self.in_transaction(|held| held.handle_reply(reply), true, now),
            Phase::Text | Phase::Confirm => self.in_transaction(|held| held.handle_early(reply), false, now),
            Phase::Finish => {
                // Another recipient's reply may take as long.
                self.deadline = after(now, self.opening.deadlines.finish);
                self.in_transaction(|held| held.handle_final(reply), false, now);
            }
            _ if says_no(&reply) => self.fail(Fault::Refused(self.stage(), reply)),
            _ => self.fail(Fault::Unexpected(self.stage(), reply)),
        }
    }

    fn after_hello(&mut self, now: Instant) {
        let wants_tls = matches!(self.opening.security, Security::StartTls | Security::Opportunistic);
        if self.is_encrypted || !wants_tls {
            return self.log_on(now);
        }
        if self.offers.starttls {
            return self.say(b"STARTTLS\r\n", Phase::StartTls, now);
        }
        match self.opening.security {
            Security::Opportunistic => self.log_on(now),
            _ => self.fail(Fault::TlsNotOffered),
        }
    }

    fn log_on(&mut self, now: Instant) {
        let step = match &self.opening.login {
            None => LoginStep::LoggedOn,
            Some(_) if !self.is_encrypted => LoginStep::Fail(Fault::LoginNeedsTls),
            Some(login) => begin(login, &self.offers),
        };
        self.handle_login(step, now);
    }

    fn handle_login(&mut self, step: LoginStep, now: Instant) {
        match step {
            LoginStep::Say(line, turn) => {
                self.output = line;
                self.phase = Phase::Login(turn);
                self.deadline = after(now, self.opening.deadlines.greeting);
            }
            LoginStep::LoggedOn => {
                // What the secret is needed for is done; what hides it stays.
                self.opening.login = None;
                self.phase = Phase::Ready;
            }
            LoginStep::Fail(fault) => self.fail(fault),
        }
    }

    fn say_hello(&mut self, now: Instant) {
        self.reader = ReplyReader::default();
        self.offers = Capabilities::default();
        let hello = format!("{} {}\r\n", self.opening.protocol.hello(), self.opening.hello);
        self.say(hello.as_bytes(), Phase::Hello, now);
    }

    fn say(&mut self, line: &[u8], phase: Phase, now: Instant) {
        self.output.extend_from_slice(line);
        self.phase = phase;
        self.deadline = after(now, self.opening.deadlines.greeting);
    }

    /// Writes what commands there are, and waits as long as the next reply may take.
    fn go_on(&mut self, now: Instant) {
        if let Some(transaction) = &mut self.transaction {
            transaction.write_commands(&self.offers, &mut self.output);
            self.deadline = after(now, transaction.stage(&self.opening.deadlines).1);
        }
    }

    fn in_transaction(&mut self, act: impl FnOnce(&mut Transaction) -> Next, resets: bool, now: Instant) {
        let Some(transaction) = &mut self.transaction else { return };
        match act(transaction) {
            Next::More => {}
            Next::Text => {
                self.phase = Phase::Text;
                self.deadline = after(now, self.opening.deadlines.block);
            }
            Next::Over(in_order) => {
                self.output.clear();
                self.phase = if in_order { Phase::Ready } else { Phase::Closed };
                self.needs_reset = resets;
                self.verdicts = self.transaction.take().map(Transaction::into_verdicts);
            }
            Next::Fail(fault) => self.fail(fault),
        }
    }

    fn fail(&mut self, fault: Fault) {
        if self.phase == Phase::Closed {
            return;
        }
        if let Some(mut transaction) = self.transaction.take() {
            transaction.interrupt(&fault);
            self.verdicts = Some(transaction.into_verdicts());
        }
        self.output.zeroize();
        self.phase = Phase::Closed;
        self.opening.login = None;
        self.fault = Some(fault);
    }
}

fn says_no(reply: &Reply) -> bool {
    reply.is_transient() || reply.is_permanent()
}

/// Deadlines too far away to be reckoned are an hour away.
fn after(now: Instant, patience: Duration) -> Instant {
    let hour = Duration::from_secs(60 * 60);
    now.checked_add(patience).or_else(|| now.checked_add(hour)).unwrap_or(now)
}
