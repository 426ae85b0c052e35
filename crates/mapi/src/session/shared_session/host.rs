//! `Host`: the thread that knows who is in a shared session, for one epoch of it.
//!
//! It runs in the process of one member, which holds the epoch's lease (`record.rs`). It tells the
//! others that a member asked all to log off, and answers who is there. It never waits for anybody: a
//! member that takes nothing is let go when too much waits for it. A host that was passed over, because
//! it was stopped, notices the newer epoch before it acts and serves nobody any more.

use super::protocol::{Fault, Frame, MemberRow, Role};
use super::record::{Lock, Record, SocketPath};
use super::wire::{Broken, Waker, Wire, accepted, wait};
use rustix::event::{PollFd, PollFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::net::UnixListener;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Connections at most; who comes while there are so many is let go.
const MOST_PEERS: usize = 1_024;
/// Frames that a peer says in one go, at most.
const MOST_FRAMES: usize = 256;
/// Within this long whoever connects says who it is.
const GREETING: Duration = Duration::from_secs(1);
/// Within this long members say how many objects they have open.
const REPORT: Duration = Duration::from_millis(250);

/// A host at work. Owned by the member's connector; stopped and joined when it is dropped.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) epoch: u64,
    stop: Waker,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Serves an epoch under its lease.
    pub(super) fn start(record: &Record, epoch: u64, lease: Lock) -> io::Result<Self> {
        let socket = record.socket(epoch)?;
        let listener = socket.listen()?;
        let stop = Waker::new().map_err(io::Error::other)?;
        record.forget_before(epoch);
        let serving = Serving {
            record: record.clone(),
            epoch,
            _lease: lease,
            listener,
            socket,
            stop: stop.clone(),
            peers: Vec::new(),
            inquiries: Vec::new(),
            last: 0,
        };
        let thread = Builder::new().name("mapi-host".into()).spawn(move || serving.serve())?;
        tracing::debug!(session = record.id, epoch, "hosts the shared session");
        Ok(Self { epoch, stop, thread: Some(thread) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.wake();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the host of a shared session panicked");
        }
    }
}

/// The inside of the thread.
struct Serving {
    record: Record,
    epoch: u64,
    _lease: Lock,
    listener: UnixListener,
    socket: SocketPath,
    stop: Waker,
    peers: Vec<Peer>,
    inquiries: Vec<Inquiry>,
    last: u64,
}

/// Whoever is connected.
struct Peer {
    number: u64,
    wire: Wire,
    pid: u32,
    is: Standing,
}

/// What a peer is.
enum Standing {
    /// It has not said yet.
    Stranger {
        until: Instant,
    },
    Member {
        id: String,
        no_mail: bool,
    },
    Observer,
}

/// Somebody waits to hear who is there.
struct Inquiry {
    observer: u64,
    until: Instant,
    /// The members by their connections.
    rows: BTreeMap<u64, MemberRow>,
    /// Those that have not answered.
    awaited: BTreeSet<u64>,
}

/// Serving is over.
struct PassedOver;

impl Serving {
    fn serve(mut self) {
        loop {
            let ready = self.await_something();
            if ready.is_stopped {
                break;
            }
            if ready.is_somebody_new {
                self.accept();
            }
            if ready.peers.into_iter().try_for_each(|number| self.hear(number)).is_err() {
                tracing::debug!(session = self.record.id, epoch = self.epoch, "a newer host has taken over");
                break;
            }
            self.expire();
        }
        self.socket.remove();
    }

    fn await_something(&self) -> Ready {
        let deadlines = self.inquiries.iter().map(|inquiry| inquiry.until);
        let greetings = self.peers.iter().filter_map(|peer| match peer.is {
            Standing::Stranger { until } => Some(until),
            _ => None,
        });
        let patience =
            deadlines.chain(greetings).min().map(|until| until.saturating_duration_since(Instant::now()));
        let mut on = vec![PollFd::new(&self.stop, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
        on.extend(self.peers.iter().map(|peer| PollFd::new(&peer.wire, peer.wire.interest())));
        wait(&mut on, patience);
        let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let peers = self.peers.iter().zip(on.iter().skip(2));
        Ready {
            is_stopped: on.first().is_some_and(is_ready),
            is_somebody_new: on.get(1).is_some_and(is_ready),
            peers: peers.filter(|(_, fd)| is_ready(fd)).map(|(peer, _)| peer.number).collect(),
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let Some((wire, pid)) = accepted(stream).filter(|_| self.peers.len() < MOST_PEERS) else {
                continue;
            };
            self.last += 1;
            let is = Standing::Stranger { until: Instant::now() + GREETING };
            self.peers.push(Peer { number: self.last, wire, pid, is });
        }
    }

    /// Reads what a peer says and sends what waits for it.
    fn hear(&mut self, number: u64) -> Result<(), PassedOver> {
        for _ in 0..MOST_FRAMES {
            let Some(peer) = self.peer(number) else { return Ok(()) };
            let heard = match peer.wire.flush() {
                Ok(()) => peer.wire.next(),
                Err(_) => Err(Broken::Ended),
            };
            match heard {
                Ok(Some(frame)) => self.answer(number, frame)?,
                Ok(None) => return Ok(()),
                Err(broken) => {
                    if broken == Broken::Fault(Fault::Version) {
                        self.tell(number, &Frame::OtherVersion);
                    }
                    self.let_go(number);
                    return Ok(());
                }
            }
        }
        tracing::warn!(session = self.record.id, "a peer talks without an end, and is let go");
        self.let_go(number);
        Ok(())
    }

    fn answer(&mut self, number: u64, frame: Frame) -> Result<(), PassedOver> {
        let waits = self.waits(number);
        let Some(peer) = self.peer(number) else { return Ok(()) };
        match (&peer.is, frame) {
            (Standing::Stranger { .. }, Frame::Hello(role)) => self.greet(number, role)?,
            (Standing::Member { id, .. }, Frame::Close) => {
                let by = id.clone();
                self.close(number, &by)?;
            }
            (Standing::Member { .. }, Frame::Open { objects }) => self.reported(number, objects),
            (Standing::Observer, Frame::List) if !waits => self.inquire(number),
            // Nothing that this one may say.
            _ => self.let_go(number),
        }
        Ok(())
    }

    fn greet(&mut self, number: u64, role: Role) -> Result<(), PassedOver> {
        self.check_epoch()?;
        let closed_by = self.record.closed_by();
        let is = match role {
            Role::Joiner { .. } if closed_by.is_some() => {
                self.tell(number, &Frame::Refused);
                self.let_go(number);
                return Ok(());
            }
            Role::Joiner { id, no_mail } | Role::Member { id, no_mail } => {
                // Its earlier connection may still seem to be there.
                self.peers
                    .retain(|peer| !matches!(&peer.is, Standing::Member { id: known, .. } if *known == id));
                Standing::Member { id, no_mail }
            }
            Role::Observer => Standing::Observer,
        };
        let welcome = Frame::Welcome { profile: self.record.profile.clone(), epoch: self.epoch, closed_by };
        if let Some(peer) = self.peer(number) {
            peer.is = is;
        }
        self.tell(number, &welcome);
        Ok(())
    }

    /// Closes the session to joiners and tells every other member.
    fn close(&mut self, number: u64, by: &str) -> Result<(), PassedOver> {
        self.check_epoch()?;
        if let Err(error) = self.record.close(by) {
            tracing::error!(session = self.record.id, %error, "the session cannot be closed to joiners");
        }
        // Who was first to close it is the one that all are told of.
        let by = self.record.closed_by().unwrap_or_else(|| by.to_owned());
        let others = self.members().map(|(peer, _)| peer).filter(|peer| *peer != number);
        for other in others.collect::<Vec<_>>() {
            self.tell(other, &Frame::Closing { by: by.clone() });
        }
        self.tell(number, &Frame::Closed);
        Ok(())
    }

    /// Asks every member how many objects it has open; the observer hears within [`REPORT`].
    fn inquire(&mut self, observer: u64) {
        let rows: BTreeMap<u64, MemberRow> = self.members().collect();
        let awaited: BTreeSet<u64> = rows.keys().copied().collect();
        let asked = awaited.clone();
        self.inquiries.push(Inquiry { observer, until: Instant::now() + REPORT, rows, awaited });
        for number in asked {
            self.tell(number, &Frame::Report);
        }
    }

    fn waits(&self, observer: u64) -> bool {
        self.inquiries.iter().any(|inquiry| inquiry.observer == observer)
    }

    fn reported(&mut self, number: u64, objects: u64) {
        for inquiry in &mut self.inquiries {
            if inquiry.awaited.remove(&number)
                && let Some(row) = inquiry.rows.get_mut(&number)
            {
                row.objects = Some(objects);
            }
        }
    }

    /// Answers inquiries that are complete or late, and lets go who has not said who it is.
    fn expire(&mut self) {
        let now = Instant::now();
        let is_due = |inquiry: &mut Inquiry| inquiry.awaited.is_empty() || inquiry.until <= now;
        for inquiry in self.inquiries.extract_if(.., is_due).collect::<Vec<_>>() {
            for row in inquiry.rows.into_values() {
                self.tell(inquiry.observer, &Frame::Member(row));
            }
            self.tell(inquiry.observer, &Frame::Listed);
        }
        self.peers.retain(|peer| !matches!(peer.is, Standing::Stranger { until } if until <= now));
    }

    fn members(&self) -> impl Iterator<Item = (u64, MemberRow)> {
        self.peers.iter().filter_map(|peer| match &peer.is {
            Standing::Member { id, no_mail } => {
                let row = MemberRow { id: id.clone(), pid: peer.pid, no_mail: *no_mail, objects: None };
                Some((peer.number, row))
            }
            _ => None,
        })
    }

    fn tell(&mut self, number: u64, frame: &Frame) {
        let Some(peer) = self.peer(number) else { return };
        if let Err(error) = peer.wire.send(frame) {
            tracing::debug!(session = self.record.id, %error, "a peer takes nothing");
            self.let_go(number);
        }
    }

    /// Ends a connection. A member whose process has ended is out of the record with that.
    fn let_go(&mut self, number: u64) {
        if cfg!(feature = "seeded-fault-host") {
            return;
        }
        for peer in self.peers.extract_if(.., |peer| peer.number == number) {
            if let Standing::Member { id, .. } = &peer.is {
                self.record.forget(id);
            }
        }
        self.inquiries.retain_mut(|inquiry| {
            inquiry.awaited.remove(&number);
            inquiry.observer != number
        });
    }

    /// The fence: a host that was stopped and passed over does nothing any more.
    fn check_epoch(&self) -> Result<(), PassedOver> {
        if self.record.epoch() == Some(self.epoch) { Ok(()) } else { Err(PassedOver) }
    }

    fn peer(&mut self, number: u64) -> Option<&mut Peer> {
        self.peers.iter_mut().find(|peer| peer.number == number)
    }
}

/// What a wait ended with.
struct Ready {
    is_stopped: bool,
    is_somebody_new: bool,
    peers: Vec<u64>,
}
