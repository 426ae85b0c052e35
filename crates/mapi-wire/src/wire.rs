//! `TimedStream` and `Wire`: a TCP connection that keeps an absolute deadline, and what is spoken over
//! it, in the clear or encrypted. The dialogue is its owner's.

use crate::tls::TlsStream;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A socket's timeout of zero would mean none.
const SHORTEST: Duration = Duration::from_millis(1);

/// A TCP connection whose every call ends at a deadline, however slowly the other side drips.
pub(crate) struct TimedStream {
    stream: Arc<TcpStream>,
    deadline: Instant,
    /// What the socket was told last; telling it again costs a call into the system.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl TimedStream {
    /// Connects, and sends small pieces at once (TCP_NODELAY).
    pub(crate) fn connect(address: &SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(address, patience.max(SHORTEST))?;
        stream.set_nodelay(true)?;
        let stream = Arc::new(stream);
        Ok(Self { stream, deadline: Instant::now(), read_timeout: None, write_timeout: None })
    }

    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    pub(crate) fn interrupter(&self) -> Interrupter {
        Interrupter(self.stream.clone())
    }

    /// True where the other side has neither ended the connection nor said anything.
    pub(crate) fn is_silent(&self) -> bool {
        let peeked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let is_silent = matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).is_ok() && is_silent
    }

    fn patience(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left.max(SHORTEST)) }
    }
}

/// True where a socket may wait as it was told: not beyond the deadline, and not much shorter.
fn serves(timeout: Option<Duration>, left: Duration) -> bool {
    timeout.is_some_and(|timeout| timeout <= left && timeout.saturating_mul(8) >= left)
}

/// True for an error that means that the deadline has come.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

impl Read for TimedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.patience()?;
            if !serves(self.read_timeout, left) {
                self.stream.set_read_timeout(Some(left))?;
                self.read_timeout = Some(left);
            }
            match (&*self.stream).read(buffer) {
                // Waited shorter than allowed: the rest is waited for now.
                Err(error) if is_timeout(&error) => self.read_timeout = None,
                answer => return answer,
            }
        }
    }
}

impl Write for TimedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let left = self.patience()?;
            if !serves(self.write_timeout, left) {
                self.stream.set_write_timeout(Some(left))?;
                self.write_timeout = Some(left);
            }
            match (&*self.stream).write(bytes) {
                Err(error) if is_timeout(&error) => self.write_timeout = None,
                answer => return answer,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends a connection from another thread.
#[derive(Clone)]
pub struct Interrupter(Arc<TcpStream>);

impl Interrupter {
    /// Ends it; whoever reads or writes there gets an error.
    pub fn interrupt(&self) {
        // A connection that has ended already cannot be ended; that is what was wanted.
        drop(self.0.shutdown(Shutdown::Both));
    }
}

/// What a dialogue is spoken over.
pub struct Wire(Stream);

pub(crate) enum Stream {
    Plain(TimedStream),
    Tls(Box<TlsStream>),
}

impl Wire {
    pub(crate) fn plain(stream: TimedStream) -> Self {
        Self(Stream::Plain(stream))
    }

    pub(crate) fn tls(stream: TlsStream) -> Self {
        Self(Stream::Tls(Box::new(stream)))
    }

    pub(crate) fn into_stream(self) -> Stream {
        self.0
    }

    fn timed(&mut self) -> &mut TimedStream {
        match &mut self.0 {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &mut stream.sock,
        }
    }

    /// Every call from now on ends at this moment.
    pub fn set_deadline(&mut self, deadline: Instant) {
        self.timed().set_deadline(deadline);
    }

    /// What another thread ends the connection by.
    pub fn interrupter(&mut self) -> Interrupter {
        self.timed().interrupter()
    }

    /// The own address.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn local_address(&mut self) -> io::Result<SocketAddr> {
        self.timed().local_address()
    }

    /// True where nothing was said that is not read yet, on the wire or behind its encryption.
    pub fn is_silent(&mut self) -> bool {
        match &mut self.0 {
            Stream::Plain(stream) => stream.is_silent(),
            Stream::Tls(stream) => {
                let state = stream.conn.process_new_packets();
                state.is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
                    && stream.sock.is_silent()
            }
        }
    }

    /// Reads what there is; 0 is the end.
    ///
    /// # Errors
    /// Those of the connection; see [`is_timeout`].
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of the connection; see [`is_timeout`].
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// Says farewell as far as the other side listens.
    pub fn end(&mut self, farewell: &[u8]) {
        drop(self.write_all(farewell));
        if let Stream::Tls(stream) = &mut self.0 {
            stream.conn.send_close_notify();
            drop(stream.flush());
        }
    }
}
