//! `Connection`: one connection to a server, driven through its dialogue by a blocking socket.
//!
//! No thread of its own: the caller's waits, at most as long as the dialogue allows.

use crate::dialogue::{Dialogue, Step};
use crate::fault::Fault;
use mapi_wire::{Endpoint, Interrupter, Security, Wire, is_timeout};
use std::io;
use std::time::{Duration, Instant};

/// How much is read at once, in octets.
const READ_BYTES: usize = 32 * 1024;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection on which a dialogue is spoken.
pub struct Connection<D> {
    dialogue: D,
    /// `None` once the connection has ended.
    wire: Option<Wire>,
    endpoint: Endpoint,
    buffer: Vec<u8>,
}

impl<D: Dialogue> Connection<D> {
    /// Connects and speaks until the dialogue is ready. `watch` is told of the socket as soon as there is one.
    ///
    /// # Errors
    /// Whatever kept it from being ready.
    pub fn open(
        endpoint: &Endpoint,
        connect: Duration,
        dialogue: impl FnOnce(Instant) -> D,
        watch: &dyn Fn(Interrupter) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let mut wire = endpoint.connect(connect)?;
        watch(wire.interrupter())?;
        let dialogue = dialogue(Instant::now());
        if endpoint.security == Security::Implicit {
            wire = endpoint.encrypt(wire, dialogue.deadline())?;
        }
        let endpoint = endpoint.clone();
        let mut this = Self { dialogue, wire: Some(wire), endpoint, buffer: vec![0; READ_BYTES] };
        while this.advance()? {}
        tracing::debug!(host = %this.endpoint.host, port = this.endpoint.port, "connected");
        Ok(this)
    }

    /// The dialogue, to give it a command and to take what came.
    pub fn dialogue(&mut self) -> &mut D {
        &mut self.dialogue
    }

    /// Does the next thing the dialogue asks for. False where it asks for nothing.
    ///
    /// # Errors
    /// Why the dialogue is over.
    pub fn advance(&mut self) -> Result<bool, Fault> {
        match self.dialogue.step() {
            Step::Ready => return Ok(false),
            Step::Closed => {
                self.wire = None;
                let stage = self.dialogue.stage();
                return Err(self.dialogue.fault().cloned().unwrap_or(Fault::Closed(stage)));
            }
            Step::Write => self.write(),
            Step::Read => self.read(),
            Step::Handshake => self.encrypt(),
        }
        Ok(true)
    }

    /// Ends the connection, without waiting for an answer.
    pub fn quit(mut self) {
        let is_in_order = self.dialogue.step() == Step::Ready;
        if let Some(mut wire) = self.wire.take() {
            let now = Instant::now();
            wire.set_deadline(now.checked_add(FAREWELL).unwrap_or(now));
            wire.end(if is_in_order { self.dialogue.farewell() } else { b"" });
        }
    }

    fn write(&mut self) {
        let stage = self.dialogue.stage();
        let Some(wire) = &mut self.wire else { return self.dialogue.lose(Fault::Closed(stage)) };
        wire.set_deadline(self.dialogue.deadline());
        match wire.write_all(self.dialogue.output()) {
            Ok(()) => self.dialogue.written(),
            Err(error) => self.lose(&error),
        }
    }

    fn read(&mut self) {
        let stage = self.dialogue.stage();
        let Some(wire) = &mut self.wire else { return self.dialogue.lose(Fault::Closed(stage)) };
        wire.set_deadline(self.dialogue.deadline());
        match wire.read(&mut self.buffer) {
            Ok(0) => self.dialogue.lose(Fault::Closed(stage)),
            Ok(count) => {
                self.dialogue.receive(self.buffer.get(..count).unwrap_or_default(), Instant::now());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.lose(&error),
        }
    }

    fn lose(&mut self, error: &io::Error) {
        let stage = self.dialogue.stage();
        self.dialogue.lose(match error.kind() {
            _ if is_timeout(error) => Fault::Timeout(stage),
            io::ErrorKind::InvalidData => Fault::Wire(mapi_wire::Fault::Tls(error.to_string())),
            _ => Fault::Closed(stage),
        });
    }

    fn encrypt(&mut self) {
        let stage = self.dialogue.stage();
        let Some(wire) = self.wire.take() else { return self.dialogue.lose(Fault::Closed(stage)) };
        match self.endpoint.encrypt(wire, self.dialogue.deadline()) {
            Ok(wire) => {
                self.wire = Some(wire);
                self.dialogue.encrypted(Instant::now());
            }
            Err(fault) => self.dialogue.lose(fault.into()),
        }
    }
}
