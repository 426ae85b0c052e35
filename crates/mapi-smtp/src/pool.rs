//! `Pool`: connections of one account that wait for their next message. Opening one is
//! `connection.rs`'s.

use crate::connection::Connection;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many connections wait at most.
const MOST: usize = 4;
/// How long one waits; servers drop clients that are silent for some minutes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many messages one serves; some servers count, and refuse the next.
const MESSAGES: u32 = 100;

/// Connections that wait.
#[derive(Default)]
pub struct Pool {
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// Takes the connection used last that is still alive.
    pub fn take(&self, now: Instant) -> Option<Connection> {
        loop {
            let mut connection = self.lock().pop()?;
            if !is_old(&connection, now) && connection.is_alive() {
                return Some(connection);
            }
            connection.quit();
        }
    }

    /// Keeps a connection for the next message where it is in order; ends it otherwise.
    pub fn put(&self, mut connection: Connection) {
        if !connection.is_ready() || connection.served() >= MESSAGES {
            return connection.quit();
        }
        let surplus = {
            let mut idle = self.lock();
            idle.push(connection);
            if idle.len() > MOST { Some(idle.remove(0)) } else { None }
        };
        if let Some(oldest) = surplus {
            oldest.quit();
        }
    }

    /// Ends the connections that have waited too long.
    pub fn prune(&self, now: Instant) {
        let (old, fresh) = self.drain().into_iter().partition(|connection| is_old(connection, now));
        let fresh: Vec<Connection> = fresh;
        self.lock().splice(0..0, fresh);
        for connection in Vec::from_iter(old) {
            connection.quit();
        }
    }

    /// Ends all of them.
    pub fn end(&self) {
        for connection in self.drain() {
            connection.quit();
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// True where none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn drain(&self) -> Vec<Connection> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_old(connection: &Connection, now: Instant) -> bool {
    now.saturating_duration_since(connection.last_used()) >= PATIENCE
}
