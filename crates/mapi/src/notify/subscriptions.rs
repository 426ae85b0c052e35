//! `Subscriptions`: what one support object subscribed to, and the book of all subscribers of the process
//! (Subscribe, Unsubscribe, Notify).
//!
//! A sink is told later, by its session's threads, once the call that notified has left MAPI; or, for a
//! provider's own purposes, within Notify (NOTIFY_SYNC).

use super::{Advises, check_mask};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::gate::Gate;
use mapi_spi::support::Told;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What providers can notify.
const NOTIFIED: EventMask = EventMask(0x1FF | EventMask::EXTENDED.0);

/// Every subscriber of the process, in the order of their coming.
static SUBSCRIBERS: Mutex<Vec<Arc<Subscriber>>> = Mutex::new(Vec::new());
static NEXT_OWNER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// True while the thread tells sinks within Notify.
    static IS_WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// The subscriptions of one support object. They end with it.
pub(crate) struct Subscriptions {
    owner: u64,
    advises: Weak<Advises>,
}

struct Subscriber {
    owner: u64,
    connection: Connection,
    key: Vec<u8>,
    mask: EventMask,
    told: Told,
    /// The sink itself, or what hands on to its session's threads.
    sink: Arc<dyn AdviseSink>,
}

impl Subscriptions {
    pub(crate) fn new(advises: &Arc<Advises>) -> Self {
        let owner = NEXT_OWNER.fetch_add(1, Ordering::Relaxed);
        Self { owner, advises: Arc::downgrade(advises) }
    }

    /// Subscribe.
    pub(crate) fn subscribe(
        &self,
        key: &[u8],
        mask: EventMask,
        told: Told,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        const CALL: &str = "Support::subscribe";
        check_key(key, CALL)?;
        check_mask(mask, NOTIFIED, CALL)?;
        if told == Told::Within && sink.thread().is_some() {
            let detail = "a sink that is bound to a thread cannot be told within the call";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
        }
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, CALL, "the session has ended");
        let (connection, sink) = self
            .advises
            .upgrade()
            .ok_or_else(ended)?
            .advise_support(mask, sink.clone())
            .map(|(connection, later)| (connection, if told == Told::Later { later } else { sink }))?;
        let owner = self.owner;
        subscribers().push(Arc::new(Subscriber { owner, connection, key: key.to_vec(), mask, told, sink }));
        Ok(connection)
    }

    /// Unsubscribe.
    pub(crate) fn unsubscribe(&self, connection: Connection) -> Result<()> {
        let taken = {
            let mut all = subscribers();
            let is_it = |one: &Arc<Subscriber>| (one.owner, one.connection) == (self.owner, connection);
            all.iter().position(is_it).map(|index| all.remove(index))
        };
        if taken.is_none() {
            let detail = format!("there is no subscription {}", connection.0);
            return Err(Error::new(ErrorCode::NOT_FOUND, "Support::unsubscribe", detail));
        }
        // Where the session is ending it has let go of the sink already.
        drop(self.advises.upgrade().map(|advises| advises.unadvise(connection)));
        Ok(())
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        let gone: Vec<_> = subscribers().extract_if(.., |one| one.owner == self.owner).collect();
        let Some(advises) = self.advises.upgrade() else { return };
        for subscriber in gone {
            drop(advises.unadvise(subscriber.connection));
        }
    }
}

/// Notify: true where a sink told within the call kept others from being told.
pub(crate) fn notify(key: &[u8], notifications: &[Notification]) -> Result<bool> {
    const CALL: &str = "Support::notify";
    check_key(key, CALL)?;
    if notifications.iter().any(|one| one.event().0 == 0 || one.event().0 & !NOTIFIED.0 != 0) {
        let detail = "an event that providers do not notify";
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, detail));
    }
    let all: Vec<_> = subscribers().iter().filter(|one| one.key == key).cloned().collect();
    let (within, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.told == Told::Within);
    if !within.is_empty() && IS_WITHIN.get() {
        let detail = "called by a sink that is told within a call itself";
        return Err(Error::new(ErrorCode::BUSY, CALL, detail));
    }
    let mut cancelled = false;
    IS_WITHIN.set(!within.is_empty() || IS_WITHIN.get());
    let outer = Outer(!within.is_empty());
    for subscriber in &within {
        let asked = subscriber.asked(notifications);
        if !asked.is_empty() && subscriber.sink.on_sync_notify(&asked).is_break() {
            cancelled = true;
            break;
        }
    }
    drop(outer);
    if !cancelled {
        let asked: Vec<_> = later.into_iter().map(|one| (one.asked(notifications), one)).collect();
        Gate::when_left(move || {
            for (asked, subscriber) in asked.iter().filter(|(asked, _)| !asked.is_empty()) {
                subscriber.sink.on_notify(asked);
            }
        });
    }
    Ok(cancelled)
}

/// Ends the telling within a call, even where a sink panics.
struct Outer(bool);

impl Drop for Outer {
    fn drop(&mut self) {
        if self.0 {
            IS_WITHIN.set(false);
        }
    }
}

impl Subscriber {
    fn asked(&self, notifications: &[Notification]) -> Vec<Notification> {
        notifications.iter().filter(|one| self.mask.intersects(one.event())).cloned().collect()
    }
}

fn check_key(key: &[u8], call: &'static str) -> Result<()> {
    if key.is_empty() {
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, "the key is empty"));
    }
    Ok(())
}

fn subscribers() -> MutexGuard<'static, Vec<Arc<Subscriber>>> {
    SUBSCRIBERS.lock().unwrap_or_else(PoisonError::into_inner)
}
