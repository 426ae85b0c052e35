//! `Watch`: waits at the server for new mail (IDLE) on a connection and a thread of its own, and tells the
//! spooler of it. `Line`: the socket that a call is waiting at, so that another thread can end the wait.

use crate::fault::{Fault, Stage};
use crate::mailbox::Access;
use mapi_spi::support::{SpoolerNotify, Support};
use mapi_wire::Interrupter;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

const THREAD_NAME: &str = "mapi-idle";
/// The rest before another connection, doubled at each failure up to the longest.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// A server that answers IDLE sooner than this without news does not wait.
const SHORTEST_IDLE: Duration = Duration::from_secs(1);

/// The socket that somebody waits at.
#[derive(Default)]
pub(crate) struct Line(Mutex<Held>);

#[derive(Default)]
struct Held {
    socket: Option<Interrupter>,
    is_cut: bool,
}

impl Line {
    /// Somebody waits at this socket from now on.
    pub(crate) fn take(&self, socket: Interrupter) -> Result<(), Fault> {
        let mut held = self.lock();
        if held.is_cut {
            return Err(Fault::Stopped);
        }
        held.socket = Some(socket);
        Ok(())
    }

    /// Nobody waits there any more.
    pub(crate) fn let_go(&self) {
        self.lock().socket = None;
    }

    /// Ends the wait, and keeps others from beginning.
    pub(crate) fn cut(&self) {
        let mut held = self.lock();
        held.is_cut = true;
        if let Some(socket) = held.socket.take() {
            socket.interrupt();
        }
    }

    /// Others may begin again.
    pub(crate) fn mend(&self) {
        self.lock().is_cut = false;
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for new mail.
pub(crate) struct Watch {
    support: Arc<dyn Support>,
    access: Arc<Access>,
    line: Line,
    is_running: Mutex<bool>,
    ended: Condvar,
    this: Weak<Watch>,
}

impl Watch {
    pub(crate) fn new(support: Arc<dyn Support>, access: Arc<Access>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            support,
            access,
            line: Line::default(),
            is_running: Mutex::new(false),
            ended: Condvar::new(),
            this: this.clone(),
        })
    }

    /// Begins to wait, unless that has begun.
    pub(crate) fn begin(&self) {
        let Some(this) = self.this.upgrade() else { return };
        let mut is_running = self.running();
        if *is_running {
            return;
        }
        self.line.mend();
        // Ends by itself once its line is cut; nobody joins it, since it may be in a lookup of a name.
        let thread = thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || this.run());
        match thread {
            Ok(_) => *is_running = true,
            Err(error) => tracing::warn!(%error, "no thread to wait for mail: the mailbox is polled"),
        }
    }

    /// Ends the wait.
    pub(crate) fn end(&self) {
        self.line.cut();
        self.ended.notify_all();
    }

    fn run(&self) {
        let mut rest = REST;
        while !self.line.is_cut() {
            let begun = Instant::now();
            match self.wait_for_mail() {
                Ok(()) => rest = REST,
                Err(Fault::Stopped) => break,
                Err(fault) => {
                    tracing::debug!(host = %self.access.endpoint.host, %fault, "waiting for mail was interrupted");
                    if begun.elapsed() > LONGEST_REST {
                        rest = REST;
                    }
                }
            }
            let running = self.running();
            drop(self.ended.wait_timeout_while(running, rest, |_| !self.line.is_cut()));
            rest = rest.saturating_mul(2).min(LONGEST_REST);
        }
        *self.running() = false;
    }

    /// Stands in IDLE until the connection ends, and tells of all that came.
    fn wait_for_mail(&self) -> Result<(), Fault> {
        let mut connection = self.access.open_imap(&|socket| self.line.take(socket))?;
        if !connection.dialogue().can_idle() {
            return Err(Fault::Refused(Stage::Idle, "no IDLE".to_owned()));
        }
        // What came while nobody watched is found by looking.
        self.tell();
        loop {
            let begun = Instant::now();
            connection.dialogue().idle(begun);
            while connection.advance()? {}
            if connection.dialogue().take_news() {
                self.tell();
            } else if begun.elapsed() < SHORTEST_IDLE {
                return Err(Fault::Broken(Stage::Idle, "it does not wait"));
            }
        }
    }

    fn tell(&self) {
        if let Err(error) = self.support.spooler_notify(SpoolerNotify::NewMail) {
            tracing::debug!(%error, "nobody hears of new mail");
        }
    }

    fn running(&self) -> MutexGuard<'_, bool> {
        self.is_running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
