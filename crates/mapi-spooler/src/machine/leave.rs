//! Whether the store is the spooler's to work on, and the message in process that is to be given up.
//!
//! A store whose last client has gone is left alone, until it has a client again, something is
//! submitted to it, or a flush is asked for: [`Machine::handle_use`].

use super::Machine;
use crate::entry::{EntryState, Reference};

/// The spooler's hold on the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Leave {
    /// The store is worked on.
    #[default]
    No,
    /// What is ready to go goes, then the store is left.
    WhenDone,
    /// Nothing is begun.
    Left,
}

/// An attempt that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The message's number.
    pub reference: Reference,
    /// The transport's place in transport order.
    pub transport: usize,
}

impl Machine {
    /// Is told to leave the store: nothing is begun from now on.
    pub fn handle_leave(&mut self) {
        self.leave = Leave::Left;
    }

    /// Is told to leave the store once nothing in it can be sent at the moment.
    pub fn handle_leave_when_done(&mut self) {
        self.leave = Leave::WhenDone;
    }

    /// Is told that the store is in use.
    pub fn handle_use(&mut self) {
        self.leave = Leave::No;
    }

    /// Is told to give up what is in process, which stays in the queue; answers the attempts that the
    /// transports are to be asked to cancel.
    pub fn handle_cancel(&mut self) -> Vec<Attempt> {
        self.active.values_mut().for_each(|active| active.work.cancel());
        let attempt = |reference: &Reference| match self.entries.get(reference)?.state {
            EntryState::Attempting { transport } => Some(Attempt { reference: *reference, transport }),
            _ => None,
        };
        self.active.keys().filter_map(attempt).collect()
    }

    /// True where the store was left.
    pub fn has_left(&self) -> bool {
        self.leave == Leave::Left && self.active.is_empty()
    }
}
