//! `Pool`: the connections of one account: a seat for each message under way, and those that wait for their next
//! message. Opening one is `connection.rs`'s.
//!
//! A server that refuses one more connection beside those that are open gets no more than these for a while: the
//! messages wait for a seat in place of being put off.

use crate::connection::Connection;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many connections there are at most.
pub(crate) const MOST: usize = 8;
/// How long one waits; servers drop clients that are silent for some minutes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many messages one serves; some servers count, and refuse the next.
const MESSAGES: u32 = 100;
/// How long a server that refused one more connection is not asked for one.
const MODESTY: Duration = Duration::from_secs(600);
/// How often who waits for a seat looks whether it still wants one.
const LOOK: Duration = Duration::from_millis(100);

/// The connections.
#[derive(Default)]
pub struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// Seats that are taken, and how many of them have a connection.
    taken: usize,
    open: usize,
    /// How many of them were refused one and wait for what the others hear.
    refused: usize,
    /// How many the server grants, and until when that is believed.
    granted: Option<(usize, Instant)>,
}

impl State {
    fn most(&self, now: Instant) -> usize {
        self.granted.filter(|(_, until)| now < *until).map_or(MOST, |(granted, _)| granted.max(1))
    }

    /// Connections that there are, at work or waiting.
    fn at_hand(&self) -> usize {
        self.open.saturating_add(self.idle.len())
    }
}

/// A message's place at a connection.
pub struct Seat<'a> {
    pool: &'a Pool,
    is_open: bool,
}

impl Pool {
    /// Takes a seat, with the connection used last that is still alive where there is one; waits while all are
    /// taken. `None` once `is_over` says that nobody wants it any more.
    pub fn take(&self, is_over: &dyn Fn() -> bool) -> Option<(Seat<'_>, Option<Connection>)> {
        let mut state = self.lock();
        while state.taken >= state.most(Instant::now()) {
            drop(state);
            if is_over() {
                return None;
            }
            let again = self.lock();
            if again.taken < again.most(Instant::now()) {
                state = again;
                break;
            }
            state = self.changed.wait_timeout(again, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.taken = state.taken.saturating_add(1);
        drop(state);
        let mut seat = Seat { pool: self, is_open: false };
        let connection = self.alive();
        if connection.is_some() {
            seat.opened();
        }
        Some((seat, connection))
    }

    /// Ends the connections that have waited too long.
    pub fn prune(&self, now: Instant) {
        let (old, fresh) = self.drain().into_iter().partition(|connection| is_old(connection, now));
        let fresh: Vec<Connection> = fresh;
        self.lock().idle.splice(0..0, fresh);
        for connection in Vec::from_iter(old) {
            connection.quit();
        }
    }

    /// Ends all that wait.
    pub fn end(&self) {
        for connection in self.drain() {
            connection.quit();
        }
    }

    fn alive(&self) -> Option<Connection> {
        let now = Instant::now();
        loop {
            let mut connection = self.lock().idle.pop()?;
            if !is_old(&connection, now) && connection.is_alive() {
                return Some(connection);
            }
            connection.quit();
        }
    }

    fn drain(&self) -> Vec<Connection> {
        std::mem::take(&mut self.lock().idle)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Is told that it has a connection.
    pub fn opened(&mut self) {
        if !std::mem::replace(&mut self.is_open, true) {
            let mut state = self.pool.lock();
            state.open = state.open.saturating_add(1);
            self.pool.changed.notify_all();
        }
    }

    /// Is told that the connection is gone.
    pub fn lost(&mut self) {
        if std::mem::take(&mut self.is_open) {
            let mut state = self.pool.lock();
            state.open = state.open.saturating_sub(1);
        }
    }

    /// Is told that no connection was granted. True where others have one, or get the one that they are about to
    /// open, so that it is worth waiting for that.
    pub fn refused(self) -> bool {
        let mut state = self.pool.lock();
        state.refused = state.refused.saturating_add(1);
        self.pool.changed.notify_all();
        while state.at_hand() == 0 && state.taken > state.refused {
            state = self.pool.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.refused = state.refused.saturating_sub(1);
        let open = state.at_hand();
        if open == 0 {
            return false;
        }
        let until = Instant::now().checked_add(MODESTY);
        state.granted = until.map(|until| (open, until));
        true
    }

    /// Leaves, and keeps the connection for the next message where it is in order; ends it otherwise.
    pub fn leave(self, mut connection: Connection) {
        if connection.is_ready() && connection.served() < MESSAGES {
            self.pool.lock().idle.push(connection);
        } else {
            connection.quit();
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.lost();
        let mut state = self.pool.lock();
        state.taken = state.taken.saturating_sub(1);
        self.pool.changed.notify_all();
    }
}

fn is_old(connection: &Connection, now: Instant) -> bool {
    now.saturating_duration_since(connection.last_used()) >= PATIENCE
}
