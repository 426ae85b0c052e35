//! Telling sinks what happened, by whichever program: the store's changes are rows of the store.
//!
//! Each logon with a sink reads the changes it has not told yet, on a thread of its own or at the entry
//! of a call, whichever comes first. The thread sleeps until it is woken (`bell.rs`) and looks for itself now
//! and then; it is there only while somebody listens. Nothing of the store is locked while a sink runs, so it
//! may call anything. The logon owns the thread, the logon's end stops it, and it is not waited for longer
//! than a sink runs. What is told of a change is `events.rs`.

mod bell;
mod events;

pub(crate) use bell::{Bells, Wake, folder_of};

use crate::engine::Engine;
use crate::engine::record::ChangeRecord;
use crate::entry_id::Kind;
use crate::logon::Logon;
use bell::{Bell, Rung};
use events::Reading;
use mapi_defs::notification::{EventMask, Notification, TableEvent};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::Duration;

/// How long a call waits for changes that another thread is telling.
const TELLING: Duration = Duration::from_millis(250);
/// Changes read at once.
const PAGE: usize = 256;
/// Sinks of one logon, at most.
const SINKS: usize = 4096;

/// What a sink listens to.
#[derive(Clone)]
pub(crate) enum Subject {
    /// The whole store.
    Store,
    /// One object.
    Object(Kind, i64),
    /// A table, for as long as somebody has it open.
    Table(Weak<dyn LiveTable>),
}

/// A table that tells of its rows.
pub(crate) trait LiveTable: Send + Sync {
    /// What became of its rows by changes, oldest first. Where changes are missing, `None`, the table has to
    /// be read again.
    fn events(&self, changes: Option<&[ChangeRecord]>) -> Vec<TableEvent>;
}

/// The sinks of one logon.
#[derive(Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    /// Number of sinks, so that calls without any cost nothing.
    count: AtomicUsize,
    /// The thread that is telling at this moment.
    telling: Mutex<Option<ThreadId>>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    sinks: Vec<Listener>,
    next: u64,
    /// The number of the last change told.
    seen: i64,
    /// Wakes the thread, while there is one.
    wake: Option<Arc<Wake>>,
}

#[derive(Clone)]
struct Listener {
    connection: Connection,
    subject: Subject,
    mask: EventMask,
    sink: Arc<dyn AdviseSink>,
    /// Changes up to here were before the sink's time.
    from: i64,
}

impl Changes {
    /// Adds a sink.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: too many sinks, or no thread can be started.
    pub(crate) fn advise(
        &self,
        logon: &Arc<Logon>,
        subject: Subject,
        mask: EventMask,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        const CALL: &str = "MsgStore::advise";
        let engine = logon.engine(CALL)?;
        let from = engine.last_change()?;
        let mut state = self.lock();
        if state.sinks.len() >= SINKS {
            return Err(Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, CALL, "the logon has too many sinks"));
        }
        if state.sinks.is_empty() {
            state.seen = from;
        }
        if state.wake.is_none() {
            state.wake = Some(start(logon, &*engine)?);
        }
        state.next += 1;
        let connection = Connection(state.next);
        state.sinks.push(Listener { connection, subject, mask, sink, from });
        self.count.store(state.sinks.len(), Ordering::Release);
        Ok(connection)
    }

    /// Removes a sink; one that is not there is none the worse.
    pub(crate) fn unadvise(&self, connection: Connection) {
        let mut state = self.lock();
        let index = state.sinks.iter().position(|held| held.connection == connection);
        let removed = index.map(|index| state.sinks.remove(index));
        self.count.store(state.sinks.len(), Ordering::Release);
        state.end_where_nobody_listens();
        // The sink may do anything when it is dropped.
        drop(state);
        drop(removed);
    }

    /// Ends the telling. A sink that is running is the last.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        let sinks = std::mem::take(&mut state.sinks);
        self.count.store(0, Ordering::Release);
        state.end_where_nobody_listens();
        drop(state);
        drop(sinks);
    }

    /// Tells what has happened and was not told yet. False where another thread takes long to tell.
    pub(crate) fn tell(&self, logon: &Logon) -> bool {
        if self.count.load(Ordering::Acquire) == 0 {
            return true;
        }
        if !self.begin() {
            return false;
        }
        while let Ok(engine) = logon.engine("AdviseSink::on_notify") {
            let (seen, sinks) = {
                let state = self.lock();
                (state.seen, state.sinks.clone())
            };
            let Ok(changes) = engine.changes_since(seen, PAGE) else { break };
            let Some(last) = changes.last() else { break };
            self.lock().seen = last.seq;
            let fell_behind = changes[0].seq > seen + 1;
            for (sink, notifications) in sorted(logon, &*engine, &changes, &sinks, fell_behind) {
                if self.lock().sinks.iter().any(|held| held.connection == sink.connection) {
                    sink.sink.on_notify(&notifications);
                }
            }
        }
        self.forget_closed_tables();
        *self.telling.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.told.notify_all();
        true
    }

    /// Takes the turn of telling. False for a sink that calls, and where another's turn takes long.
    fn begin(&self) -> bool {
        let me = std::thread::current().id();
        let telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        if *telling == Some(me) {
            return false;
        }
        let waited = self.told.wait_timeout_while(telling, TELLING, |telling| telling.is_some());
        let mut telling = waited.unwrap_or_else(PoisonError::into_inner).0;
        if telling.is_some() {
            return false;
        }
        *telling = Some(me);
        true
    }

    /// Sinks of tables that nobody has open any more are let go.
    fn forget_closed_tables(&self) {
        let is_closed =
            |held: &Listener| matches!(&held.subject, Subject::Table(table) if table.strong_count() == 0);
        let mut state = self.lock();
        if !state.sinks.iter().any(is_closed) {
            return;
        }
        let gone: Vec<Listener> = state.sinks.extract_if(.., |held| is_closed(held)).collect();
        self.count.store(state.sinks.len(), Ordering::Release);
        state.end_where_nobody_listens();
        drop(state);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end_where_nobody_listens(&mut self) {
        if self.sinks.is_empty()
            && let Some(wake) = self.wake.take()
        {
            wake.over();
        }
    }
}

/// Starts the thread of a logon.
fn start(logon: &Arc<Logon>, engine: &dyn Engine) -> Result<Arc<Wake>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MsgStore::advise", "no thread can be started")
            .with_source(error)
    };
    let bell = Bell::new(logon.bells_folder().as_deref()).map_err(failed)?;
    let wake = bell.wake().clone();
    // From here on nothing is missed: what happened before the first look is found by it.
    engine.wake_at_changes(Arc::downgrade(&wake));
    let watch = engine.watch();
    let of = Arc::downgrade(logon);
    let work = move || listen(&bell, watch, &of);
    std::thread::Builder::new().name("store-changes".into()).spawn(work).map_err(failed)?;
    Ok(wake)
}

/// Tells what happened whenever the bell rings, or the file has changed without a word.
fn listen(bell: &Bell, mut has_changed: Box<dyn FnMut() -> bool + Send>, logon: &Weak<Logon>) {
    let mut is_owed = true;
    loop {
        let Some(logon) = logon.upgrade() else { return };
        is_owed = is_owed && !logon.tell();
        drop(logon);
        match bell.wait() {
            Rung::Over => return,
            Rung::Changed => is_owed = true,
            Rung::Silence => is_owed |= has_changed(),
        }
    }
}

/// What each sink is told, for those that are told anything.
fn sorted(
    logon: &Logon,
    engine: &dyn Engine,
    changes: &[ChangeRecord],
    sinks: &[Listener],
    fell_behind: bool,
) -> Vec<(Listener, Vec<Notification>)> {
    let reading = Reading::new(logon, engine);
    let last = changes.last().map_or(0, |change| change.seq);
    let told: Vec<_> = changes.iter().map(|change| (change.seq, reading.of_change(change))).collect();
    let counters = reading.of_counters(changes);
    let mut tables: HashMap<usize, Vec<TableEvent>> = HashMap::new();
    let mut hear = |sink: &Listener| -> Vec<Notification> {
        let all = told.iter().filter(|(seq, _)| *seq > sink.from).flat_map(|(_, told)| told);
        let counters = counters.iter();
        match &sink.subject {
            Subject::Store if fell_behind => vec![reading.missed(Kind::Store, 1)],
            Subject::Object(kind, number) if fell_behind => vec![reading.missed(*kind, *number)],
            Subject::Store => {
                let all = all.map(|(_, _, event)| event);
                all.chain(counters.map(|(_, event)| event))
                    .filter(|event| sink.hears(event))
                    .cloned()
                    .collect()
            }
            Subject::Object(kind, number) => {
                let own = all.filter(|(of, object, _)| (of, object) == (kind, number)).map(|told| &told.2);
                let counted = counters.filter(|(folder, _)| (Kind::Folder, folder) == (*kind, number));
                own.chain(counted.map(|told| &told.1)).filter(|event| sink.hears(event)).cloned().collect()
            }
            Subject::Table(table) => {
                let Some(table) = table.upgrade() else { return Vec::new() };
                let known = Arc::as_ptr(&table).cast::<()>() as usize;
                let events =
                    tables.entry(known).or_insert_with(|| table.events((!fell_behind).then_some(changes)));
                events.iter().cloned().map(Notification::Table).collect()
            }
        }
    };
    let all = sinks.iter().filter(|sink| sink.from < last).map(|sink| (sink.clone(), hear(sink)));
    all.filter(|(_, told)| !told.is_empty()).collect()
}

impl Listener {
    fn hears(&self, event: &Notification) -> bool {
        self.mask.intersects(event.event())
    }
}
