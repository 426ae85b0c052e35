//! `Connection`: one connection to a server, driven through `session` by blocking sockets.
//!
//! No thread and no runtime of its own: the caller's thread waits, at most as long as the stage may
//! take. What is sent is decided by [`Session`]; keeping connections is `pool.rs`'s.

use crate::address::Address;
use crate::deadlines::Deadlines;
use crate::dot::Content;
use crate::session::{Envelope, Fault, Login, Opening, Security, Session, Stage, Step, Verdict};
use crate::tls::Tls;
use crate::wire::{Interrupter, TimedStream, Wire};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How much is read at once, in octets.
const READ_BYTES: usize = 16 * 1024;
/// How long a server that stopped reading is listened to, for why.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub struct Endpoint {
    /// A name or IP address; the certificate must be made out to it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When the connection is encrypted.
    pub security: Security,
    /// Which certificates are trusted; `None` where nothing is ever encrypted.
    pub tls: Option<Tls>,
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
        let mut stream = reach(endpoint)?;
        watch(stream.interrupter())?;
        let begun = Instant::now();
        let hello = match &endpoint.hello {
            Some(hello) => hello.clone(),
            None => own_literal(&stream),
        };
        let deadlines = endpoint.deadlines;
        let wire = match endpoint.security {
            Security::Implicit => {
                stream.set_deadline(begun.checked_add(deadlines.greeting).unwrap_or(begun));
                Wire::Tls(Box::new(tls(endpoint)?.connect(&endpoint.host, stream)?))
            }
            _ => Wire::Plain(stream),
        };
        let opening = Opening { hello, security: endpoint.security, login, deadlines };
        let now = Instant::now();
        let session = Session::new(opening, now);
        let endpoint = endpoint.clone();
        let mut this = Self { session, wire: Some(wire), endpoint, served: 0, last_used: now };
        this.drive(&mut |_| Ok(()));
        match this.session.fault() {
            Some(fault) => {
                tracing::debug!(host = %this.endpoint.host, port = this.endpoint.port, %fault, "no connection");
                Err(fault.clone())
            }
            None => {
                let (host, port) = (&this.endpoint.host, this.endpoint.port);
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
            wire.timed().set_deadline(now.checked_add(self.endpoint.deadlines.quit).unwrap_or(now));
            wire.end(if quits { b"QUIT\r\n" } else { b"" });
        }
    }

    pub(crate) fn interrupter(&mut self) -> Option<Interrupter> {
        self.wire.as_mut().map(|wire| wire.timed().interrupter())
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
                Step::Confirm(taken) => match confirm(&taken) {
                    Ok(()) => self.session.send_dot(Instant::now()),
                    Err(fault) => self.session.lose(fault),
                },
            }
        }
    }

    fn write(&mut self) {
        let Some(wire) = &mut self.wire else { return self.session.disconnect() };
        wire.timed().set_deadline(self.session.deadline());
        match wire.write_all(self.session.output()) {
            Ok(()) => self.session.written(Instant::now()),
            Err(error) if is_timeout(&error) => self.run_out(),
            Err(_) => self.hear_last_words(),
        }
    }

    fn read(&mut self) {
        let Some(wire) = &mut self.wire else { return self.session.disconnect() };
        wire.timed().set_deadline(self.session.deadline());
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
            wire.timed().set_deadline(limit);
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
        let stream = match self.wire.take() {
            Some(Wire::Plain(stream)) => stream,
            other => {
                self.wire = other;
                return self.session.disconnect();
            }
        };
        let mut stream = stream;
        stream.set_deadline(self.session.deadline());
        match tls(&self.endpoint).and_then(|tls| tls.connect(&self.endpoint.host, stream)) {
            Ok(stream) => {
                self.wire = Some(Wire::Tls(Box::new(stream)));
                self.session.encrypted(Instant::now());
            }
            Err(fault) => self.session.lose(fault),
        }
    }
}

fn tls(endpoint: &Endpoint) -> Result<&Tls, Fault> {
    endpoint.tls.as_ref().ok_or_else(|| Fault::Tls("no certificates are trusted".to_owned()))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// A record that is no TLS is a fault of its own; everything else is an end of the connection.
fn read_fault(error: &io::Error, session: &Session) -> Fault {
    match error.kind() {
        io::ErrorKind::InvalidData => Fault::Tls(error.to_string()),
        _ => session.closed_here(),
    }
}

/// Tries the addresses of the host, one after the other.
fn reach(endpoint: &Endpoint) -> Result<TimedStream, Fault> {
    let unreachable = |error: io::Error| Fault::Unreachable(error.to_string());
    let addresses: Vec<SocketAddr> =
        (endpoint.host.as_str(), endpoint.port).to_socket_addrs().map_err(unreachable)?.collect();
    let mut last = Fault::Unreachable("the host has no address".to_owned());
    for address in addresses {
        match TimedStream::connect(&address, endpoint.deadlines.connect) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = unreachable(error),
        }
    }
    Err(last)
}

/// The own address as EHLO wants it where there is no name (RFC 5321 4.1.3).
fn own_literal(stream: &TimedStream) -> String {
    match stream.local_address() {
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
