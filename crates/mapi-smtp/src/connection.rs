//! `Connection`: one connection to a server, driven through `session` by blocking sockets.
//!
//! No thread and no runtime of its own: the caller's thread waits, at most as long as the stage may
//! take. What is sent is decided by [`Session`]; keeping connections is `pool.rs`'s.

use crate::address::Address;
use crate::deadlines::Deadlines;
use crate::dot::Content;
use crate::session::{Envelope, Fault, Login, Opening, Protocol, Security, Session, Stage, Step, Verdict};
use mapi_wire::{Interrupter, Wire, is_timeout};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How much is read at once, in octets.
const READ_BYTES: usize = 16 * 1024;
/// How long a server that stopped reading is listened to, for why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub struct Endpoint {
    /// The server.
    pub server: mapi_wire::Endpoint,
    /// Which dialogue it holds.
    pub protocol: Protocol,
    /// What EHLO names; `None` names the own IP address.
    pub hello: Option<String>,
    /// How long each stage may take.
    pub deadlines: Deadlines,
}

/// One message for one connection.
#[derive(Clone)]
pub struct Delivery {
    /// Who sends it to whom.
    pub envelope: Envelope,
    /// Its text.
    pub content: Content,
}

/// A connection on which messages can be sent, one after the other.
pub struct Connection {
    session: Session,
    /// `None` once the connection has ended.
    wire: Option<Wire>,
    endpoint: Endpoint,
    served: u32,
    last_used: Instant,
}

impl Connection {
    /// Connects, encrypts and logs on. `watch` is told of the socket as soon as there is one.
    pub(crate) fn open_watched(
        endpoint: &Endpoint,
        login: Option<Login>,
        watch: &dyn Fn(Interrupter) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let mut wire = endpoint.server.connect(endpoint.deadlines.connect)?;
        watch(wire.interrupter())?;
        let begun = Instant::now();
        let hello = match &endpoint.hello {
            Some(hello) => hello.clone(),
            None => own_literal(&mut wire),
        };
        let deadlines = endpoint.deadlines;
        if endpoint.server.security == Security::Implicit {
            let deadline = begun.checked_add(deadlines.greeting).unwrap_or(begun);
            wire = endpoint.server.encrypt(wire, deadline)?;
        }
        let (protocol, security) = (endpoint.protocol, endpoint.server.security);
        let opening = Opening { protocol, hello, security, login, deadlines };
        let now = Instant::now();
        let session = Session::new(opening, now);
        let endpoint = endpoint.clone();
        let mut this = Self { session, wire: Some(wire), endpoint, served: 0, last_used: now };
        this.drive(&mut |_| Ok(()));
        match this.session.fault() {
            Some(fault) => {
                tracing::debug!(host = %this.endpoint.server.host, port = this.endpoint.server.port, %fault, "no connection");
                Err(fault.clone())
            }
            None => {
                let (host, port) = (&this.endpoint.server.host, this.endpoint.server.port);
                tracing::debug!(%host, port, encrypted = this.session.is_encrypted(), "connected");
                Ok(this)
            }
        }
    }

    /// Connects, encrypts and logs on.
    ///
    /// # Errors
    /// Whatever kept it from being ready for a message.
    pub fn open(endpoint: &Endpoint, login: Option<Login>) -> Result<Self, Fault> {
        Self::open_watched(endpoint, login, &|_| Ok(()))
    }

    /// Sends a message. `confirm` is called once, right before the final dot, with the recipients whom
    /// the server would take; where it fails nothing is sent.
    ///
    /// Returns what became of each recipient, in the order of the envelope.
    pub fn send(
        &mut self,
        delivery: Delivery,
        confirm: &mut dyn FnMut(&[usize]) -> Result<(), Fault>,
    ) -> Vec<Verdict> {
        let now = Instant::now();
        let count = delivery.envelope.recipients.len();
        self.served = self.served.saturating_add(1);
        self.session.begin(delivery.envelope, delivery.content, now);
        self.drive(confirm);
        self.last_used = Instant::now();
        let lost = || vec![Verdict::Interrupted(Fault::Closed(Stage::Idle)); count];
        self.session.take_verdicts().unwrap_or_else(lost)
    }

    /// True where another message can be sent.
    pub fn is_ready(&mut self) -> bool {
        self.wire.is_some() && self.session.step() == Step::Ready
    }

    /// True where the server has neither ended the connection nor said anything meanwhile.
    pub fn is_alive(&mut self) -> bool {
        self.is_ready() && self.wire.as_mut().is_some_and(Wire::is_silent)
    }

    /// How many messages were begun.
    pub fn served(&self) -> u32 {
        self.served
    }

    /// When it was used last.
    pub fn last_used(&self) -> Instant {
        self.last_used
    }

    /// Ends the connection with QUIT, without waiting for the answer.
    pub fn quit(mut self) {
        let quits = self.is_ready();
        if let Some(mut wire) = self.wire.take() {
            let now = Instant::now();
            wire.set_deadline(now.checked_add(self.endpoint.deadlines.quit).unwrap_or(now));
            wire.end(if quits { b"QUIT\r\n" } else { b"" });
        }
    }

    pub(crate) fn interrupter(&mut self) -> Option<Interrupter> {
        self.wire.as_mut().map(Wire::interrupter)
    }

    /// Does what the session asks for until it is ready or over.
    fn drive(&mut self, confirm: &mut dyn FnMut(&[usize]) -> Result<(), Fault>) {
        loop {
            match self.session.step() {
                Step::Ready => return,
                Step::Closed => {
                    self.wire = None;
                    return;
                }
                Step::Write => self.write(),
                Step::Read => self.read(),
                Step::Handshake => self.encrypt(),
                #[cfg(feature = "seeded-fault-mark")]
                Step::Confirm(taken) => self.mark_late(&taken, confirm),
                #[cfg(not(feature = "seeded-fault-mark"))]
                Step::Confirm(taken) => match confirm(&taken) {
                    Ok(()) => self.session.send_dot(Instant::now()),
                    Err(fault) => self.session.lose(fault),
                },
            }
        }
    }

    /// Sends the dot, gives a kill time to come, and records the doubt when it is too late: the proof of the
    /// queue has to find this.
    #[cfg(feature = "seeded-fault-mark")]
    fn mark_late(&mut self, taken: &[usize], confirm: &mut dyn FnMut(&[usize]) -> Result<(), Fault>) {
        self.session.send_dot(Instant::now());
        while self.session.step() == Step::Write {
            self.write();
        }
        std::thread::park_timeout(std::time::Duration::from_millis(5));
        if let Err(fault) = confirm(taken) {
            self.session.lose(fault);
        }
    }

    fn write(&mut self) {
        let Some(wire) = &mut self.wire else { return self.session.disconnect() };
        wire.set_deadline(self.session.deadline());
        match wire.write_all(self.session.output()) {
            Ok(()) => self.session.written(Instant::now()),
            Err(error) if is_timeout(&error) => self.run_out(),
            Err(_) => self.hear_last_words(),
        }
    }

    fn read(&mut self) {
        let Some(wire) = &mut self.wire else { return self.session.disconnect() };
        wire.set_deadline(self.session.deadline());
        let mut buffer = [0; READ_BYTES];
        match wire.read(&mut buffer) {
            Ok(0) => self.session.disconnect(),
            Ok(count) => {
                self.session.receive(buffer.get(..count).unwrap_or_default(), Instant::now());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => self.run_out(),
            Err(error) => self.session.lose(read_fault(&error, &self.session)),
        }
    }

    /// A server that ended the connection amid the text may have said why.
    fn hear_last_words(&mut self) {
        let now = Instant::now();
        let limit = now.checked_add(LAST_WORDS).unwrap_or(now).min(self.session.deadline());
        let mut buffer = [0; READ_BYTES];
        if let Some(wire) = &mut self.wire {
            wire.set_deadline(limit);
            if let Ok(count) = wire.read(&mut buffer) {
                self.session.receive(buffer.get(..count).unwrap_or_default(), Instant::now());
            }
        }
        self.session.disconnect();
    }

    /// The socket waited as long as the session allows.
    fn run_out(&mut self) {
        self.session.expire(Instant::now().max(self.session.deadline()));
    }

    fn encrypt(&mut self) {
        let Some(wire) = self.wire.take() else { return self.session.disconnect() };
        match self.endpoint.server.encrypt(wire, self.session.deadline()) {
            Ok(wire) => {
                self.wire = Some(wire);
                self.session.encrypted(Instant::now());
            }
            Err(fault) => self.session.lose(fault.into()),
        }
    }
}

/// A record that is no TLS is a fault of its own; everything else is an end of the connection.
fn read_fault(error: &io::Error, session: &Session) -> Fault {
    match error.kind() {
        io::ErrorKind::InvalidData => Fault::Tls(error.to_string()),
        _ => session.closed_here(),
    }
}

/// The own address as EHLO wants it where there is no name (RFC 5321 4.1.3).
fn own_literal(wire: &mut Wire) -> String {
    match wire.local_address() {
        Ok(SocketAddr::V6(address)) => match address.ip().to_ipv4_mapped() {
            Some(mapped) => format!("[{mapped}]"),
            None => format!("[IPv6:{}]", address.ip()),
        },
        Ok(SocketAddr::V4(address)) => format!("[{}]", address.ip()),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

/// True for a text that EHLO may name.
pub(crate) fn is_hello_name(text: &str) -> bool {
    text.is_ascii() && Address::parse(&format!("x@{text}")).is_ok()
}
