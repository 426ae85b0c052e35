//! A flush of one transport alone: what goes by the others rests until it is over (FlushQueues with a target).

use super::Machine;
use crate::entry::EntryState;

impl Machine {
    /// Is told that nothing is to go but by this transport, or by any again. What was put by meanwhile is looked
    /// at then.
    pub fn handle_through(&mut self, transport: Option<usize>) {
        self.through = transport;
        for reference in std::mem::take(&mut self.put_by) {
            if let Some(entry) = self.entries.get_mut(&reference) {
                entry.state = EntryState::Queued;
                self.ready.insert(reference);
            }
        }
    }

    /// True where a transport is passed by at present.
    pub(super) fn is_passed_by(&self, transport: usize) -> bool {
        self.through.is_some_and(|only| only != transport)
    }

    /// True where a message waits for this transport, as far as is known without looking into each.
    pub fn waits_for(&self, transport: usize) -> bool {
        self.entries.values().any(|entry| entry.waits_for == Some(transport))
    }
}
