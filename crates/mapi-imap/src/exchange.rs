//! `Exchange`: what a dialogue of either protocol keeps while it goes on, and how it ends. What is said in which
//! phase is the protocols', each a [`Talk`].

use crate::dialogue::{Dialogue, Opening, Patience, Step};
use crate::fault::{Fault, Stage};
use mapi_wire::{Login, Redactor, Security};
use std::time::Instant;
use zeroize::{Zeroize, Zeroizing};

/// Where a dialogue is, in the words of its protocol.
pub trait Phase: Copy + Eq {
    /// The handshake is to be made.
    const HANDSHAKE: Self;
    /// A command may be given.
    const READY: Self;
    /// It is over.
    const CLOSED: Self;

    /// The same in the words of faults.
    fn stage(self) -> Stage;
}

/// What a dialogue keeps whatever its protocol.
pub struct Exchange<P> {
    pub(crate) opening: Opening,
    pub(crate) phase: P,
    pub(crate) is_encrypted: bool,
    pub(crate) output: Zeroizing<Vec<u8>>,
    /// What is said next in the login, the next one last.
    pub(crate) answers: Vec<Zeroizing<String>>,
    pub(crate) patience: Patience,
    redactor: Redactor,
    fault: Option<Fault>,
}

/// What follows once it is known what the server offers.
pub(crate) enum Turn {
    /// The connection is encrypted first.
    Encrypt,
    /// It is logged on.
    LogOn,
}

impl<P: Phase> Exchange<P> {
    pub(crate) fn new(opening: Opening, greeting: P, now: Instant) -> Self {
        let mut redactor = Redactor::default();
        if let Some(login) = &opening.login {
            login.hide(&mut redactor);
        }
        Self {
            is_encrypted: opening.security == Security::Implicit,
            patience: Patience::new(opening.deadlines, now),
            opening,
            phase: greeting,
            output: Zeroizing::new(Vec::new()),
            answers: Vec::new(),
            redactor,
            fault: None,
        }
    }

    /// A command begins.
    pub(crate) fn enter(&mut self, phase: P, now: Instant) {
        self.phase = phase;
        self.patience.begin(now);
    }

    /// Says these parts as one line, in a buffer exactly as large as needed, so that no copy of a secret is left
    /// behind by growing.
    pub(crate) fn say_line(&mut self, parts: &[&str]) {
        let size = parts.iter().fold(2, |size: usize, part| size.saturating_add(part.len()));
        self.output.zeroize();
        *self.output = Vec::with_capacity(size);
        parts.iter().for_each(|part| self.output.extend_from_slice(part.as_bytes()));
        self.output.extend_from_slice(b"\r\n");
    }

    /// Whether the connection is encrypted before anybody logs on.
    ///
    /// # Errors
    /// [`Fault::TlsNotOffered`]: it has to be, and cannot.
    pub(crate) fn turn(&self, can_encrypt: bool) -> Result<Turn, Fault> {
        match self.opening.security {
            _ if self.is_encrypted => Ok(Turn::LogOn),
            Security::StartTls | Security::Opportunistic if can_encrypt => Ok(Turn::Encrypt),
            Security::StartTls => Err(Fault::TlsNotOffered),
            _ => Ok(Turn::LogOn),
        }
    }

    /// Who logs on.
    ///
    /// # Errors
    /// [`Fault::NoMechanism`]: nobody. [`Fault::LoginNeedsTls`]: somebody would hear it.
    pub(crate) fn login(&self) -> Result<&Login, Fault> {
        match &self.opening.login {
            None => Err(Fault::NoMechanism),
            Some(_) if !self.is_encrypted => Err(Fault::LoginNeedsTls),
            Some(login) => Ok(login),
        }
    }

    /// What the secret is needed for is done; what hides it stays.
    pub(crate) fn logged_on(&mut self) {
        self.opening.login = None;
        self.answers.clear();
    }

    /// A server's text without what must not be shown.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.redactor.scrub(text.to_owned())
    }

    /// The server says no, with these words.
    pub(crate) fn refused(&mut self, text: &str) {
        self.fail(Fault::refused(self.phase.stage(), &self.shown(text)));
    }

    pub(crate) fn break_off(&mut self, how: &'static str) {
        self.fail(Fault::Broken(self.phase.stage(), how));
    }

    pub(crate) fn fail(&mut self, fault: Fault) {
        if self.phase != P::CLOSED {
            self.output.zeroize();
            self.logged_on();
            self.phase = P::CLOSED;
            self.fault = Some(fault);
        }
    }

    /// True where what comes can be heard.
    pub(crate) fn is_open(&self) -> bool {
        self.phase != P::CLOSED && self.phase != P::HANDSHAKE
    }

    fn step(&self) -> Step {
        match self.phase {
            phase if phase == P::CLOSED => Step::Closed,
            _ if !self.output.is_empty() => Step::Write,
            phase if phase == P::HANDSHAKE => Step::Handshake,
            phase if phase == P::READY => Step::Ready,
            _ => Step::Read,
        }
    }
}

/// What a protocol adds to an [`Exchange`], which makes a [`Dialogue`] of it.
pub trait Talk {
    /// Its phases.
    type Phase: Phase;
    /// What is said at the end of a connection that is in order.
    const FAREWELL: &'static [u8];

    /// What it keeps.
    fn exchange(&self) -> &Exchange<Self::Phase>;
    /// The same, to be changed.
    fn exchange_mut(&mut self) -> &mut Exchange<Self::Phase>;
    /// Is told what came.
    fn hear(&mut self, bytes: &[u8], now: Instant);
    /// Begins anew on an encrypted connection: what was said in the clear is not to be believed.
    fn begin_anew(&mut self, now: Instant);
    /// Is told that the connection is over.
    fn give_up(&mut self, fault: Fault) {
        self.exchange_mut().fail(fault);
    }
}

impl<T: Talk> Dialogue for T {
    fn step(&self) -> Step {
        self.exchange().step()
    }

    fn output(&self) -> &[u8] {
        &self.exchange().output
    }

    fn written(&mut self) {
        // It may have been a password.
        self.exchange_mut().output.zeroize();
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.hear(bytes, now);
    }

    fn encrypted(&mut self, now: Instant) {
        self.exchange_mut().is_encrypted = true;
        self.begin_anew(now);
    }

    fn lose(&mut self, fault: Fault) {
        self.give_up(fault);
    }

    fn deadline(&self) -> Instant {
        self.exchange().patience.end()
    }

    fn stage(&self) -> Stage {
        self.exchange().phase.stage()
    }

    fn fault(&self) -> Option<&Fault> {
        self.exchange().fault.as_ref()
    }

    fn farewell(&self) -> &'static [u8] {
        T::FAREWELL
    }
}
