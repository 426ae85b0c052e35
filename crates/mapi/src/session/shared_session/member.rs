//! `Seat` and `Member`: a session's place in a shared session, and the thread that keeps it.
//!
//! The thread tells the session's sinks when another member asks all to log off, finds the next host
//! when one is gone, and leaves when the session ends. How a host is found is `client.rs`.

use super::super::Core;
use super::client::{Connector, Doorbell, Link, NoLink, SILENCE};
use super::protocol::{Frame, Role};
use super::record::{Lock, Record};
use super::wire::{Waker, wait};
use mapi_defs::notification::Notification;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use rustix::event::{PollFd, PollFlags};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// A search for the host is begun anew after this long.
const SEARCH: Duration = Duration::from_secs(2);

/// Who takes a seat.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) id: String,
    pub(super) no_mail: bool,
}

/// A place in a shared session; given up when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) who: Who,
    link: Option<Link>,
    pub(super) connector: Connector,
    lock: Option<Lock>,
}

impl Seat {
    /// Takes a place in a session that is there.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub(super) fn join(record: Record, who: &Who, until: Instant) -> Result<Self, NoLink> {
        let lock = record.enter(&who.id, who.no_mail).map_err(|_| NoLink::Gone)?;
        Self::take(record, lock, who, until)
    }

    /// Takes the place that a lock stands for.
    ///
    /// # Errors
    /// As [`Seat::join`].
    pub(super) fn take(record: Record, lock: Lock, who: &Who, until: Instant) -> Result<Self, NoLink> {
        let connector = Connector::new(record);
        let mut seat = Self { who: who.clone(), link: None, connector, lock: Some(lock) };
        let role = Role::Joiner { id: who.id.clone(), no_mail: who.no_mail };
        seat.link = Some(seat.connector.connect(&role, until, &|| false)?);
        Ok(seat)
    }
}

/// Whoever is last takes the record away.
impl Drop for Seat {
    fn drop(&mut self) {
        drop(self.link.take());
        self.connector.resign();
        drop(self.lock.take());
        self.connector.record.sweep();
    }
}

/// The thread of a member. Owned by its session; stopped and joined when that leaves.
#[derive(Debug)]
pub(super) struct Member {
    control: Arc<Control>,
    pub(super) record: Record,
    thread: Option<JoinHandle<()>>,
}

/// What the session wants of the thread.
#[derive(Debug)]
struct Control {
    wants: Mutex<Wants>,
    changed: Condvar,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Wants {
    leave: bool,
    close: bool,
    closed: bool,
}

impl Member {
    /// Begins to attend.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started.
    pub(super) fn start(seat: Seat, core: &Arc<Core>) -> Result<Self> {
        let waker = Waker::new()?;
        let control = Arc::new(Control { wants: Mutex::default(), changed: Condvar::new(), waker });
        let record = seat.connector.record.clone();
        let doorbell = Doorbell::new(&record, &control.waker);
        let core = Arc::downgrade(core);
        let attending =
            Attending { seat, doorbell, control: control.clone(), core, told: false, asked: None };
        let thread = Builder::new().name("mapi-shared".into()).spawn(move || attending.attend());
        let thread = thread.map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Session::logon", "no thread can be started")
                .with_source(error)
        })?;
        Ok(Self { control, record, thread: Some(thread) })
    }

    /// Closes the session to joiners and has every other member told; false where that could not be
    /// done within `patience`.
    pub(super) fn close(&self, patience: Duration) -> bool {
        let mut wants = self.control.wants();
        wants.close = true;
        self.control.waker.wake();
        let is_open = |wants: &mut Wants| !wants.closed;
        let waited = self.control.changed.wait_timeout_while(wants, patience, is_open);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.control.wants().leave = true;
        self.control.waker.wake();
        let Some(thread) = self.thread.take() else { return };
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("the thread of a shared session's member panicked");
        }
    }
}

impl Control {
    fn wants(&self) -> std::sync::MutexGuard<'_, Wants> {
        self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The inside of the thread.
struct Attending {
    seat: Seat,
    doorbell: Doorbell,
    control: Arc<Control>,
    core: Weak<Core>,
    /// Whether this member's sinks were told that they should log off: they are told once.
    told: bool,
    /// Since when the host was asked to close the session, and has not said that it did.
    asked: Option<Instant>,
}

/// Why there is nothing more to hear from this host.
enum Over {
    Lost,
    Left,
}

impl Attending {
    fn attend(mut self) {
        loop {
            if let Some(by) = self.seat.link.as_ref().and_then(|link| link.closed_by.clone()) {
                self.heed(&by);
            }
            while let Some(mut link) = self.seat.link.take() {
                match self.listen(&mut link) {
                    Ok(()) => self.seat.link = Some(link),
                    Err(Over::Lost) => {}
                    Err(Over::Left) => return,
                }
            }
            if !self.find_host() {
                return;
            }
        }
    }

    /// Waits until something is said or wanted, and heeds it.
    fn listen(&mut self, link: &mut Link) -> Result<(), Over> {
        let asked = self.asked.map(|since| (since + SILENCE).saturating_duration_since(Instant::now()));
        let patience = asked.into_iter().chain(self.doorbell.patience()).min();
        let mut on = [
            PollFd::new(&self.control.waker, PollFlags::IN),
            PollFd::new(&self.doorbell, PollFlags::IN),
            PollFd::new(&link.wire, link.wire.interest()),
        ];
        wait(&mut on, patience);
        self.control.waker.clear();
        self.doorbell.clear();
        self.do_as_wanted(link)?;
        link.wire.flush().map_err(|_| Over::Lost)?;
        while let Some(frame) = link.wire.next().map_err(|_| Over::Lost)? {
            self.answer(link, frame)?;
        }
        // A newer host is the one to talk to, whatever this one says.
        if self.seat.connector.record.epoch() == Some(link.epoch) { Ok(()) } else { Err(Over::Lost) }
    }

    fn do_as_wanted(&mut self, link: &mut Link) -> Result<(), Over> {
        let wants = self.control.wants();
        let (leave, close) = (wants.leave, wants.close && !wants.closed);
        drop(wants);
        if leave {
            return Err(Over::Left);
        }
        match self.asked {
            None if close => {
                self.asked = Some(Instant::now());
                link.wire.send(&Frame::Close).map_err(|_| Over::Lost)
            }
            Some(since) if since.elapsed() >= SILENCE => {
                self.seat.connector.lead(link.epoch);
                Err(Over::Lost)
            }
            _ => Ok(()),
        }
    }

    fn answer(&mut self, link: &mut Link, frame: Frame) -> Result<(), Over> {
        match frame {
            Frame::Closing { by } => self.heed(&by),
            Frame::Report => {
                let open = |core: Arc<Core>| {
                    let closed = core.book.closed();
                    core.book.opened().saturating_sub(closed)
                };
                let objects = self.core.upgrade().map_or(0, open);
                link.wire.send(&Frame::Open { objects }).map_err(|_| Over::Lost)?;
            }
            // Said by a host that has been passed over it may not have reached everybody.
            Frame::Closed if self.seat.connector.record.epoch() == Some(link.epoch) => {
                self.asked = None;
                self.control.wants().closed = true;
                self.control.changed.notify_all();
            }
            _ => return Err(Over::Lost),
        }
        Ok(())
    }

    /// Another member asks all to log off: every sink of the session itself is told, once.
    fn heed(&mut self, by: &str) {
        if by == self.seat.who.id || std::mem::replace(&mut self.told, true) {
            return;
        }
        let Some(core) = self.core.upgrade() else { return };
        tracing::info!(session = core.id, by, "another member of the shared session asks to log off");
        core.advises.tell_session(&Notification::CriticalError {
            entry_id: EntryId::default(),
            code: ErrorCode::END_OF_SESSION,
            message: "another member of the shared session asks all to log off".to_owned(),
        });
        core.advises.tell_session(&Notification::Extended { event: 0, parameters: Vec::new() });
    }

    /// Finds the next host; false where this member is to leave.
    fn find_host(&mut self) -> bool {
        self.asked = None;
        let who = &self.seat.who;
        let role = Role::Member { id: who.id.clone(), no_mail: who.no_mail };
        loop {
            let control = self.control.clone();
            let is_over = move || control.wants().leave;
            if is_over() {
                return false;
            }
            match self.seat.connector.connect(&role, Instant::now() + SEARCH, &is_over) {
                Ok(link) => {
                    tracing::debug!(
                        session = self.seat.connector.record.id,
                        epoch = link.epoch,
                        "has a host"
                    );
                    self.seat.link = Some(link);
                    return true;
                }
                Err(NoLink::Late) => {}
                Err(why) => {
                    tracing::warn!(
                        session = self.seat.connector.record.id,
                        ?why,
                        "alone in the shared session"
                    );
                    self.await_leave();
                    return false;
                }
            }
        }
    }

    /// The record is gone; the session itself goes on.
    fn await_leave(&self) {
        while !self.control.wants().leave {
            let mut wants = self.control.wants();
            // There is nobody to tell.
            wants.closed = wants.close;
            drop(wants);
            self.control.changed.notify_all();
            wait(&mut [PollFd::new(&self.control.waker, PollFlags::IN)], None);
            self.control.waker.clear();
        }
    }
}
