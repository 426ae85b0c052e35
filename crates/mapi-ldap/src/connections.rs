//! `Connections`: the connections of a logon, and who is logged on there. One that was lost meanwhile is replaced
//! by another, once; whoever waits is interrupted by the end.

use crate::connection::Connection;
use crate::deadlines::Deadlines;
use crate::fault::Fault;
use mapi_defs::Result;
use mapi_wire::{Endpoint, Interrupter, User};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many connections wait at most.
const MOST_IDLE: usize = 2;

/// Where a directory is and who logs on there.
pub(crate) struct Access {
    pub(crate) endpoint: Endpoint,
    pub(crate) user: Option<User>,
    pub(crate) deadlines: Deadlines,
}

/// The connections of a logon.
#[derive(Default)]
pub(crate) struct Connections(Mutex<State>);

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    busy: BTreeMap<u64, Interrupter>,
    next: u64,
    has_ended: bool,
}

impl Connections {
    /// Works on a connection: one that waits, or a new one where none does or that one was lost.
    pub(crate) fn with<T>(
        &self,
        access: &Access,
        call: &'static str,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        self.work(access, work).map_err(|fault| fault.into_error(call))
    }

    fn work<T>(
        &self,
        access: &Access,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        while let Some(connection) = self.take()? {
            match self.run(connection, access, &work) {
                Err(fault) if fault.is_lost() => {}
                answer => return answer,
            }
        }
        let fresh = self.open(access)?;
        self.run(fresh, access, &work)
    }

    /// Works on a connection that nobody uses afterwards.
    pub(crate) fn once<T>(
        &self,
        access: &Access,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut connection = self.open(access)?;
        let busy = self.busy(&mut connection)?;
        connection.begin(access.deadlines.search);
        let answer = work(&mut connection);
        drop(busy);
        connection.unbind();
        answer
    }

    fn open(&self, access: &Access) -> Result<Connection, Fault> {
        let mut fresh = Connection::connect(&access.endpoint, access.deadlines.connect)?;
        let _busy = self.busy(&mut fresh)?;
        fresh.open(&access.endpoint, access.user.as_ref(), &access.deadlines)
    }

    /// Ends all of them; whoever waits for an answer gets an error.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        let idle = std::mem::take(&mut state.idle);
        state.busy.values().for_each(Interrupter::interrupt);
        drop(state);
        idle.into_iter().for_each(Connection::unbind);
    }

    /// The connection used last that is still alive.
    fn take(&self) -> Result<Option<Connection>, Fault> {
        loop {
            let mut state = self.lock();
            if state.has_ended {
                return Err(Fault::Ended);
            }
            let Some(mut connection) = state.idle.pop() else { return Ok(None) };
            drop(state);
            if connection.is_alive() {
                return Ok(Some(connection));
            }
        }
    }

    fn run<T>(
        &self,
        mut connection: Connection,
        access: &Access,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let busy = self.busy(&mut connection)?;
        connection.begin(access.deadlines.search);
        let answer = work(&mut connection);
        drop(busy);
        // After a refusal the dialogue goes on; after anything else that failed, nobody knows where it is.
        if matches!(answer, Ok(_) | Err(Fault::Refused(_))) {
            self.put(connection);
        }
        match answer {
            Err(_) if self.lock().has_ended => Err(Fault::Ended),
            answer => answer,
        }
    }

    fn put(&self, connection: Connection) {
        let mut state = self.lock();
        let surplus = if state.has_ended || state.idle.len() >= MOST_IDLE {
            Some(connection)
        } else {
            state.idle.push(connection);
            None
        };
        drop(state);
        if let Some(connection) = surplus {
            connection.unbind();
        }
    }

    fn busy(&self, connection: &mut Connection) -> Result<Busy<'_>, Fault> {
        let interrupter = connection.interrupter();
        let mut state = self.lock();
        if state.has_ended {
            return Err(Fault::Ended);
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.busy.insert(number, interrupter);
        Ok(Busy { connections: self, number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that somebody works on.
struct Busy<'connections> {
    connections: &'connections Connections,
    number: u64,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.connections.lock().busy.remove(&self.number);
    }
}
