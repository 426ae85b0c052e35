//! `Connector` and `Link`: how a member finds the host of its shared session, and finds it again.
//!
//! A host that has died refuses at once, and whoever gets the lease of the next epoch serves from then
//! on. A host that is there but says nothing, because it was stopped, is passed over after
//! [`SILENCE`] in the same way. What is said then is `member.rs`, what the host does `host.rs`.

use super::host::Host;
use super::protocol::{Frame, Role};
use super::record::Record;
use super::wire::{Broken, Waker, Wire};
use rustix::fs::inotify;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// A host that answers nothing for this long is passed over.
pub(super) const SILENCE: Duration = Duration::from_millis(400);
/// Between two looks for a host.
const PAUSE: Duration = Duration::from_millis(5);

/// A connection to the host of an epoch, which has bidden this member welcome.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) wire: Wire,
    pub(super) epoch: u64,
    pub(super) closed_by: Option<String>,
}

/// Why there is no link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoLink {
    /// The session has been closed to joiners.
    Closed,
    /// There is no record of the session any more.
    Gone,
    /// The host speaks another version of the protocol.
    OtherVersion,
    /// The time is up.
    Late,
}

/// Finds the host of a session, or becomes it.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) record: Record,
    /// The host, where it is in this process.
    host: Option<Host>,
}

impl Connector {
    pub(super) fn new(record: Record) -> Self {
        Self { record, host: None }
    }

    /// Connects, becoming host where there is none that answers; gives up at `until` or once `is_over`.
    pub(super) fn connect(
        &mut self,
        role: &Role,
        until: Instant,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Link, NoLink> {
        let (mut known, mut since) = (None, Instant::now());
        loop {
            let epoch = self.record.epoch().ok_or(NoLink::Gone)?;
            if known != Some(epoch) {
                (known, since) = (Some(epoch), Instant::now());
            }
            match greet(&self.record, epoch, role, until.min(since + SILENCE)) {
                Greeting::Welcome(link) => {
                    // A host of this process that was passed over meanwhile.
                    drop(self.host.take_if(|host| host.epoch < epoch));
                    return Ok(link);
                }
                Greeting::Refused(why) => return Err(why),
                Greeting::Nobody => self.lead(epoch),
                Greeting::Silent if since.elapsed() >= SILENCE => self.lead(epoch),
                Greeting::Silent => {}
            }
            if Instant::now() >= until || is_over() {
                return Err(NoLink::Late);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Passes an epoch over: whoever gets the lease of the next one is its host.
    pub(super) fn lead(&mut self, passed_over: u64) {
        let Some(epoch) = passed_over.checked_add(1) else { return };
        let led = self
            .record
            .lead(epoch)
            .and_then(|lease| lease.map(|lease| Host::start(&self.record, epoch, lease)).transpose());
        match led {
            Ok(Some(host)) => self.host = Some(host),
            Ok(None) => {}
            Err(error) => tracing::debug!(session = self.record.id, %error, "the session cannot be hosted"),
        }
    }

    /// Hosts no more; the next member takes over.
    pub(super) fn resign(&mut self) {
        drop(self.host.take());
    }
}

/// What trying to connect came to.
enum Greeting {
    Welcome(Link),
    Refused(NoLink),
    /// There is no host of that epoch.
    Nobody,
    /// There may be one, and it has not answered.
    Silent,
}

fn greet(record: &Record, epoch: u64, role: &Role, until: Instant) -> Greeting {
    let socket = match record.socket(epoch) {
        Ok(socket) => socket,
        Err(_) => return Greeting::Silent,
    };
    let mut wire = match Wire::connect(socket.path()) {
        Ok(wire) => wire,
        // A name with nobody behind it: names appear after their hosts and outlive them.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Greeting::Nobody,
        Err(error) if error.kind() == io::ErrorKind::NotFound && record.is_leaderless(epoch) => {
            return Greeting::Nobody;
        }
        Err(_) => return Greeting::Silent,
    };
    if !wire.peer().is_ok_and(|peer| peer.is_own_user) || wire.send(&Frame::Hello(role.clone())).is_err() {
        return Greeting::Silent;
    }
    match wire.await_next(until) {
        Ok(Some(Frame::Welcome { epoch: of, closed_by, .. })) if of == epoch => {
            Greeting::Welcome(Link { wire, epoch, closed_by })
        }
        Ok(Some(Frame::Refused)) => Greeting::Refused(NoLink::Closed),
        Ok(Some(Frame::OtherVersion)) | Err(Broken::Fault(_)) => Greeting::Refused(NoLink::OtherVersion),
        _ => Greeting::Silent,
    }
}

/// Connects as somebody who is no member and never becomes host.
pub(super) fn observe(record: &Record, until: Instant) -> Option<Wire> {
    loop {
        let epoch = record.epoch()?;
        if let Greeting::Welcome(link) = greet(record, epoch, &Role::Observer, until) {
            return Some(link.wire);
        }
        if Instant::now() >= until {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Rings when something appears in a record: a newer host.
///
/// Where the system has no watch left, whoever waits looks by itself from time to time.
#[derive(Debug)]
pub(super) struct Doorbell {
    watch: Option<OwnedFd>,
    instead: Waker,
}

impl Doorbell {
    pub(super) fn new(record: &Record, instead: &Waker) -> Self {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags).and_then(|watch| {
            inotify::add_watch(&watch, record.folder(), inotify::WatchFlags::MOVED_TO)?;
            Ok(watch)
        });
        let watch = watch.inspect_err(|error| tracing::debug!(%error, "a record cannot be watched")).ok();
        Self { watch, instead: instead.clone() }
    }

    /// How long to wait at most before looking.
    pub(super) fn patience(&self) -> Option<Duration> {
        const LOOK: Duration = Duration::from_millis(200);
        self.watch.is_none().then_some(LOOK)
    }

    /// Takes notice.
    pub(super) fn clear(&self) {
        if let Some(watch) = &self.watch {
            // Whatever it says, the record itself is looked at.
            while rustix::io::read(watch, &mut [0; 4_096]).is_ok_and(|read| read > 0) {}
        }
    }
}

impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.watch.as_ref().map_or_else(|| self.instead.as_fd(), AsFd::as_fd)
    }
}
