//! `Wire`: a connection that sends and receives frames and never waits.
//!
//! What the other side does not take stays here, up to a bound; beyond it the connection is given up.
//! The bytes are `protocol.rs`.

use super::protocol::{self, FRAME_LIMIT, Fault, Frame, HEAD};
use mapi_defs::{Error, ErrorCode, Result};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use rustix::net::{connect, send, socket_with};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that wait for the other side, at most.
const WAITING_BYTES: usize = 64 * 1024;

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: UnixStream,
    arrived: Vec<u8>,
    waiting: Vec<u8>,
    ended: bool,
}

impl Wire {
    /// Over a connection that was accepted.
    pub(super) fn over(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, arrived: Vec::new(), waiting: Vec::new(), ended: false })
    }

    /// Connects without waiting; a queue that is full refuses.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(path)?)?;
        Self::over(UnixStream::from(socket))
    }

    /// Who is at the other end, by the kernel's word: process and user.
    pub(super) fn peer(&self) -> io::Result<Peer> {
        peer(self.stream.as_fd())
    }

    /// Sends a frame, as much of it as the other side takes now.
    ///
    /// # Errors
    /// The other side has gone, or takes nothing for so long that too much waits.
    pub(super) fn send(&mut self, frame: &Frame) -> io::Result<()> {
        let bytes = protocol::encode(frame).ok_or(io::ErrorKind::InvalidInput)?;
        if self.waiting.len() + bytes.len() > WAITING_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.waiting.extend(bytes);
        self.flush()
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// The other side has gone.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            // Without the flag a peer that has gone would end the program by SIGPIPE.
            match send(&self.stream, &self.waiting, SendFlags::NOSIGNAL) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => drop(self.waiting.drain(..sent)),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What there is to wait for.
    pub(super) fn interest(&self) -> PollFlags {
        if self.waiting.is_empty() { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT }
    }

    /// Reads the next frame that has arrived whole; `None` where there is none yet.
    ///
    /// # Errors
    /// [`Broken::Ended`] once the other side has gone and everything it said was read, else what is
    /// wrong with its words.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Broken> {
        loop {
            if let Some(frame) = protocol::take(&mut self.arrived).map_err(Broken::Fault)? {
                return Ok(Some(frame));
            }
            if self.ended {
                return Err(Broken::Ended);
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    /// Reads what there is, at most about a frame; false where there is nothing now.
    fn read(&mut self) -> Result<bool, Broken> {
        let mut bytes = [0; HEAD + FRAME_LIMIT];
        match self.stream.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(read) => self.arrived.extend_from_slice(bytes.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Broken::Ended),
        }
        Ok(true)
    }

    /// Waits for the next frame, not beyond `until`; `None` where none came.
    ///
    /// # Errors
    /// As [`Wire::next`].
    pub(super) fn await_next(&mut self, until: Instant) -> Result<Option<Frame>, Broken> {
        loop {
            if let Some(frame) = self.next()? {
                return Ok(Some(frame));
            }
            self.flush().map_err(|_| Broken::Ended)?;
            let Some(left) = until.checked_duration_since(Instant::now()) else { return Ok(None) };
            let interest = self.interest();
            wait(&mut [PollFd::new(&self.stream, interest)], Some(left));
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Why nothing more comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// The other side has gone.
    Ended,
    /// It said something that is no frame.
    Fault(Fault),
}

/// A process at the other end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Peer {
    pub(super) pid: u32,
    pub(super) is_own_user: bool,
}

/// Who is at the other end (SO_PEERCRED).
fn peer(stream: BorrowedFd<'_>) -> io::Result<Peer> {
    let found = rustix::net::sockopt::socket_peercred(stream)?;
    let is_own_user = found.uid == rustix::process::geteuid();
    Ok(Peer { pid: found.pid.as_raw_nonzero().get().cast_unsigned(), is_own_user })
}

/// A connection of this user's, or none: whoever else connects is let go before a byte is read.
pub(super) fn accepted(stream: UnixStream) -> Option<(Wire, u32)> {
    let wire = Wire::over(stream).ok()?;
    match wire.peer() {
        Ok(peer) if peer.is_own_user => Some((wire, peer.pid)),
        _ => {
            tracing::warn!("another user connected to a shared session, and was let go");
            None
        }
    }
}

/// Waits until something can be read or sent, at most so long; a signal ends the wait as well.
pub(super) fn wait(on: &mut [PollFd<'_>], patience: Option<Duration>) {
    // A wait too long to be said is one without an end.
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    if let Err(error) = poll(on, patience.as_ref())
        && error != Errno::INTR
    {
        tracing::error!(%error, "poll failed");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Wakes a thread that waits in [`wait`], from elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Waker(Arc<OwnedFd>);

impl Waker {
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no descriptor is left.
    pub(super) fn new() -> Result<Self> {
        let made = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        made.map(|fd| Self(Arc::new(fd))).map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Session::logon", "no descriptor is left")
                .with_source(io::Error::from(error))
        })
    }

    /// Ends the wait, this one or the next.
    pub(super) fn wake(&self) {
        // A counter that is full wakes as well.
        rustix::io::write(&*self.0, &1_u64.to_ne_bytes()).ok();
    }

    /// Takes notice, so that the next wait is one.
    pub(super) fn clear(&self) {
        // Nothing to read: nobody has woken anybody.
        rustix::io::read(&*self.0, &mut [0; 8]).ok();
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
