//! `Dialogue`: what a dialogue without sockets asks of whoever drives it, and what both protocols share: when it
//! is over at the latest, how long a line is, what is said before the mailbox opens.

use crate::fault::{Fault, Stage};
use mapi_wire::{Login, Security};
use std::time::{Duration, Instant};

/// The largest message that is fetched, in octets.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024 * 1024;
/// The longest line of a server outside a message, in octets.
pub(crate) const MAX_LINE_BYTES: usize = 64 * 1024;
/// The most messages of a mailbox.
pub(crate) const MAX_MESSAGES: usize = 4_000_000;

/// What is to be done next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Write [`Dialogue::output`], then call [`Dialogue::written`].
    Write,
    /// Read until [`Dialogue::deadline`], and call [`Dialogue::receive`].
    Read,
    /// Shake hands, then call [`Dialogue::encrypted`].
    Handshake,
    /// Nothing: a command may be given.
    Ready,
    /// Nothing more: the dialogue is over.
    Closed,
}

/// A dialogue as a state machine. Bytes come in, commands go out, and time is an argument.
pub trait Dialogue {
    /// What is to be done next.
    fn step(&self) -> Step;
    /// The bytes to write.
    fn output(&self) -> &[u8];
    /// Is told that the output was written.
    fn written(&mut self);
    /// Is told what came.
    fn receive(&mut self, bytes: &[u8], now: Instant);
    /// Is told that the connection is encrypted from here on.
    fn encrypted(&mut self, now: Instant);
    /// Is told that the connection is over.
    fn lose(&mut self, fault: Fault);
    /// When the present wait ends.
    fn deadline(&self) -> Instant;
    /// Where the dialogue is.
    fn stage(&self) -> Stage;
    /// Why it is over.
    fn fault(&self) -> Option<&Fault>;
    /// What is said at the end of a connection that is in order.
    fn farewell(&self) -> &'static [u8];
}

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// Until one address of the server answers.
    pub connect: Duration,
    /// Without a whole reply.
    pub reply: Duration,
    /// For one command with everything that it answers.
    pub command: Duration,
    /// For a command that names a password or token.
    pub secret: Duration,
    /// How long IDLE stands before it is said again (RFC 2177: less than 29 minutes).
    pub idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            reply: Duration::from_secs(120),
            command: Duration::from_secs(60 * 60),
            secret: Duration::from_secs(30),
            idle: Duration::from_secs(25 * 60),
        }
    }
}

/// What a dialogue needs to know before it begins.
pub struct Opening {
    /// When the connection is encrypted.
    pub security: Security,
    /// Who logs on.
    pub login: Option<Login>,
    /// How long things may take.
    pub deadlines: Deadlines,
}

/// The two ends of a wait: without progress, and of the command as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    deadlines: Deadlines,
    reply: Instant,
    command: Instant,
}

impl Patience {
    pub(crate) fn new(deadlines: Deadlines, now: Instant) -> Self {
        let mut this = Self { deadlines, reply: now, command: now };
        this.begin(now);
        this
    }

    /// A command begins.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.command = after(now, self.deadlines.command);
        self.progress(now);
    }

    /// IDLE begins.
    pub(crate) fn begin_idle(&mut self, now: Instant) {
        self.command = after(now, self.deadlines.idle);
        self.reply = self.command;
    }

    /// Something whole came.
    pub(crate) fn progress(&mut self, now: Instant) {
        self.reply = after(now, self.deadlines.reply);
    }

    pub(crate) fn end(&self) -> Instant {
        self.reply.min(self.command)
    }
}

/// Deadlines too far away to be reckoned are an hour away.
fn after(now: Instant, patience: Duration) -> Instant {
    let hour = Duration::from_secs(60 * 60);
    now.checked_add(patience).or_else(|| now.checked_add(hour)).unwrap_or(now)
}
