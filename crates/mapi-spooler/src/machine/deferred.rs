//! Messages that a transport keeps to itself until it asks for them (END_DONT_RESEND,
//! NOTIFY_SENTDEFERRED).
//!
//! That a message is deferred is of one spooler's life: the next one hands it over as any other.

use super::Machine;
use crate::entry::EntryState;
use mapi_defs::EntryId;

impl Machine {
    /// Is told that a transport wants a message which it has deferred. What it has not is ignored.
    pub fn handle_sent_deferred(&mut self, id: &EntryId, transport: usize) {
        let Some(reference) = self.references.get(id).copied() else { return };
        let Some(entry) = self.entries.get_mut(&reference) else { return };
        let is_open = self.active.contains_key(&reference);
        if !is_open && !entry.deferred.iter().any(|(_, keeper)| *keeper == transport) {
            return;
        }
        entry.recalled = Some(transport);
        if let EntryState::Waiting(moment) = entry.state {
            self.waiting.remove(&(moment, reference));
            entry.state = EntryState::Queued;
            self.ready.insert(reference);
        }
    }

    /// The deferred messages that were taken back since this was last asked, each with its transport.
    pub fn take_abandoned(&mut self) -> Vec<(EntryId, usize)> {
        std::mem::take(&mut self.abandoned)
    }

    /// The deferred messages, each with its transport.
    pub fn deferred(&self) -> Vec<(EntryId, usize)> {
        let of = |entry: &crate::entry::Entry| {
            let mut keepers: Vec<usize> = entry.deferred.iter().map(|(_, keeper)| *keeper).collect();
            keepers.dedup();
            keepers.into_iter().map(|keeper| (entry.id.clone(), keeper)).collect::<Vec<_>>()
        };
        self.entries.values().flat_map(|entry| of(entry)).collect()
    }
}
