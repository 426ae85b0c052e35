//! `Subscriptions`: who is told of events of the store.

use super::life::Life;
use mapi_defs::EntryId;
use mapi_defs::notification::{EventMask, Notification};
use mapi_spi::advise::{AdviseSink, Connection};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Subscriptions {
    held: Vec<Subscription>,
    next: u64,
}

struct Subscription {
    connection: Connection,
    /// Empty for the whole store.
    of: EntryId,
    mask: EventMask,
    sink: Arc<dyn AdviseSink>,
    life: Arc<Life>,
}

impl Subscriptions {
    pub(super) fn add(
        &mut self,
        of: EntryId,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
        life: Arc<Life>,
    ) -> Connection {
        self.next += 1;
        let connection = Connection(self.next);
        self.held.push(Subscription { connection, of, mask, sink, life });
        connection
    }

    /// Gives the sink back, so that it is dropped without the lock.
    pub(super) fn remove(&mut self, connection: Connection) -> Option<Arc<dyn AdviseSink>> {
        let at = self.held.iter().position(|held| held.connection == connection)?;
        Some(self.held.remove(at).sink)
    }

    /// The sinks that are told of an event of one object, which may be empty for the store.
    pub(super) fn sinks(&self, notification: &Notification, object: &EntryId) -> Vec<Arc<dyn AdviseSink>> {
        let wants = |held: &&Subscription| {
            held.mask.intersects(notification.event())
                && (held.of.is_empty() || held.of == *object)
                && held.life.check("AdviseSink").is_ok()
        };
        self.held.iter().filter(wants).map(|held| held.sink.clone()).collect()
    }
}
