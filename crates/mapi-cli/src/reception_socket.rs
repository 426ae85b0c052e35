//! `Listener` and `Peer`: a socket of this computer alone, at a loopback address or in a file for its owner, whose
//! waits end when somebody has enough. What is spoken there is `commands/receive.rs`'s.

use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a wait looks whether there is enough.
const LOOK: Duration = Duration::from_millis(100);
/// How long a server may say nothing (RFC 5321 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(300);

/// Where connections are made.
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// With its file, which goes with it.
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens at `ADDRESS:PORT` of this computer alone, or in a file where the text holds a slash.
    pub(crate) fn bind(place: &str) -> Outcome<Self> {
        if place.contains('/') {
            return Self::bind_file(Path::new(place));
        }
        let wrong = || Failure::usage(format!("{place:?} is neither ADDRESS:PORT nor the path of a socket"));
        let place = place.replacen("localhost:", "127.0.0.1:", 1);
        let address: SocketAddr = place.parse().map_err(|_| wrong())?;
        if !address.ip().is_loopback() {
            return Err(Failure::usage(format!("{address} can be reached from elsewhere")).with_hint(
                "mail from elsewhere belongs to a mail server, which hands it over here: use 127.0.0.1",
            ));
        }
        let listener = TcpListener::bind(address).map_err(|error| cannot(&place, &error))?;
        listener.set_nonblocking(true).map_err(|error| cannot(&place, &error))?;
        Ok(Self::Tcp(listener))
    }

    fn bind_file(path: &Path) -> Outcome<Self> {
        let name = path.display().to_string();
        // A socket that nobody listens at was left behind.
        let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
        if is_socket && UnixStream::connect(path).is_err() {
            fs::remove_file(path).map_err(|error| cannot(&name, &error))?;
        }
        // Nobody else connects, from the first moment on.
        let before = rustix::process::umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = bound.map_err(|error| cannot(&name, &error))?;
        listener.set_nonblocking(true).map_err(|error| cannot(&name, &error))?;
        Ok(Self::Unix(listener, path.to_owned()))
    }

    /// Where it listens.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|_| String::new(), |one| one.to_string())
            }
            Self::Unix(_, path) => path.display().to_string(),
        }
    }

    /// The next connection; `None` once there is enough.
    pub(crate) fn accept(&self, enough: &dyn Fn() -> bool) -> Option<Peer> {
        while !enough() {
            let fd = match self {
                Self::Tcp(listener) => listener.as_fd(),
                Self::Unix(listener, _) => listener.as_fd(),
            };
            if !is_ready(fd, PollFlags::IN) {
                continue;
            }
            // Another thread may have been quicker.
            let peer = match self {
                Self::Tcp(listener) => listener.accept().map(|(stream, _)| Peer::Tcp(stream)),
                Self::Unix(listener, _) => listener.accept().map(|(stream, _)| Peer::Unix(stream)),
            };
            if let Ok(peer) = peer.and_then(Peer::prepared) {
                return Some(peer);
            }
        }
        None
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Whoever listens there next removes it otherwise.
            drop(fs::remove_file(path));
        }
    }
}

/// A connection.
pub(crate) enum Peer {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Peer {
    fn prepared(self) -> io::Result<Self> {
        match &self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(SILENCE))?;
            }
            Self::Unix(stream) => {
                stream.set_nonblocking(false)?;
                stream.set_write_timeout(Some(SILENCE))?;
            }
        }
        Ok(self)
    }

    /// Reads what there is; 0 is the end, or that there is enough, or a silence that is too long.
    pub(crate) fn read(&mut self, buffer: &mut [u8], enough: &dyn Fn() -> bool) -> io::Result<usize> {
        let begun = Instant::now();
        loop {
            let fd = match &*self {
                Self::Tcp(stream) => stream.as_fd(),
                Self::Unix(stream) => stream.as_fd(),
            };
            if is_ready(fd, PollFlags::IN) {
                return match self {
                    Self::Tcp(stream) => stream.read(buffer),
                    Self::Unix(stream) => stream.read(buffer),
                };
            }
            if enough() || begun.elapsed() > SILENCE {
                return Ok(0);
            }
        }
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Unix(stream) => stream.write_all(bytes),
        }
    }
}

/// Waits a moment for something to happen there.
fn is_ready(fd: BorrowedFd<'_>, what: PollFlags) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, what)];
    let moment = Timespec { tv_sec: 0, tv_nsec: i64::from(LOOK.subsec_nanos()) };
    matches!(poll(&mut fds, Some(&moment)), Ok(count) if count > 0)
}

fn cannot(place: &str, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::AddrInUse | io::ErrorKind::AlreadyExists => ErrorCode::COLLISION,
        io::ErrorKind::PermissionDenied => ErrorCode::NO_ACCESS,
        _ => ErrorCode::CALL_FAILED,
    };
    Failure::new(code, format!("{place}: {error}"))
}
