//! Telling sinks what happened, by whichever program: the store's changes are rows of the store.
//!
//! Each logon with a sink reads the changes it has not told yet, on a thread of its own or at the entry
//! of a call, whichever comes first. Nothing of the store is locked while a sink runs, so it may call
//! anything. The logon owns the thread, the logon's end stops it, and it is not waited for longer than a
//! sink runs.

use crate::engine::Engine;
use crate::engine::record::ChangeRecord;
use crate::entry_id::{Kind, ObjectId};
use crate::logon::Logon;
use mapi_defs::notification::{EventMask, Notification, ObjectEvent, TableEvent};
use mapi_defs::prop::tags;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::Duration;

/// How often other programs' changes are looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long a call waits for changes that another thread is telling.
const TELLING: Duration = Duration::from_millis(250);
/// Changes read at once.
const PAGE: usize = 256;
/// Sinks of one logon, at most.
const SINKS: usize = 4096;

/// What a sink listens to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    /// The whole store.
    Store,
    /// One object.
    Object(Kind, i64),
    /// The contents table of a folder.
    Contents(i64),
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
    wake: Arc<Wake>,
}

#[derive(Default)]
struct State {
    sinks: Vec<Listener>,
    next: u64,
    /// The number of the last change told.
    seen: i64,
    has_thread: bool,
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

/// Wakes the thread of a logon.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    is_up: Mutex<bool>,
    up: Condvar,
    is_over: AtomicBool,
}

impl Wake {
    /// Something happened.
    pub(crate) fn up(&self) {
        *self.is_up.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.up.notify_all();
    }

    /// Waits until something happened, or it is time to look. False once it is over.
    fn wait(&self) -> bool {
        let is_up = self.is_up.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.up.wait_timeout_while(is_up, LOOK, |is_up| !*is_up);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
        !self.is_over.load(Ordering::Acquire)
    }
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
        if !state.has_thread {
            self.start(logon)?;
            engine.wake_at_changes(Arc::downgrade(&self.wake));
            state.has_thread = true;
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
        // The sink may do anything when it is dropped.
        drop(state);
        drop(removed);
    }

    /// Ends the telling. A sink that is running is the last.
    pub(crate) fn end(&self) {
        let sinks = std::mem::take(&mut self.lock().sinks);
        self.count.store(0, Ordering::Release);
        self.wake.is_over.store(true, Ordering::Release);
        self.wake.up();
        drop(sinks);
    }

    /// Tells what has happened and was not told yet.
    pub(crate) fn tell(&self, logon: &Logon) {
        if self.count.load(Ordering::Acquire) == 0 || !self.begin() {
            return;
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
        *self.telling.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.told.notify_all();
    }

    /// Tells a notification that is no change to those who listen to the whole store.
    pub(crate) fn announce(&self, notification: &Notification) {
        let sinks = self.lock().sinks.clone();
        let wants =
            |held: &&Listener| held.subject == Subject::Store && held.mask.intersects(notification.event());
        for held in sinks.iter().filter(wants) {
            held.sink.on_notify(std::slice::from_ref(notification));
        }
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

    fn start(&self, logon: &Arc<Logon>) -> Result<()> {
        let (wake, logon) = (self.wake.clone(), Arc::downgrade(logon));
        let work = move || {
            while wake.wait() {
                let Some(logon) = Weak::upgrade(&logon) else { return };
                logon.tell();
            }
        };
        let started = std::thread::Builder::new().name("store-changes".into()).spawn(work);
        started.map(drop).map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MsgStore::advise", "no thread can be started")
                .with_source(error)
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    let events: Vec<Vec<Notification>> = changes.iter().map(|change| events(logon, engine, change)).collect();
    let mut all = Vec::new();
    for sink in sinks {
        let mut told: Vec<Notification> = Vec::new();
        for (change, events) in changes.iter().zip(&events).filter(|(change, _)| change.seq > sink.from) {
            if let Subject::Contents(folder) = sink.subject {
                let here = change.kind == Kind::Message as i64
                    && [change.folder, change.old_folder].contains(&folder);
                // Once is enough: the table is read again.
                if (here || fell_behind) && told.is_empty() && sink.mask.intersects(EventMask::TABLE_MODIFIED)
                {
                    told.push(Notification::Table(TableEvent::Reload));
                }
                continue;
            }
            let hears = match sink.subject {
                Subject::Object(kind, number) => (change.kind, change.object) == (kind as i64, number),
                _ => true,
            };
            told.extend(events.iter().filter(|event| hears && sink.mask.intersects(event.event())).cloned());
        }
        if !told.is_empty() {
            all.push((sink.clone(), told));
        }
    }
    all
}

/// The notifications of one change.
fn events(logon: &Logon, engine: &dyn Engine, change: &ChangeRecord) -> Vec<Notification> {
    let kind = match change.kind {
        3 => Kind::Folder,
        5 => Kind::Message,
        _ => Kind::Store,
    };
    let id = ObjectId { kind, number: change.object, guard: change.guard }.entry_id(logon.store_uid());
    let folder = |number: i64| {
        let guard = engine.folder(number).ok().flatten().map_or(0, |folder| folder.guard);
        if number == 0 { EntryId::default() } else { logon.entry_id(Kind::Folder, number, guard) }
    };
    let is_new_mail = change.event == EventMask::NEW_MAIL.0;
    let event = if is_new_mail { EventMask::OBJECT_CREATED } else { EventMask(change.event) };
    let moved = change.old_folder != 0;
    let object = ObjectEvent {
        object_type: kind as u32,
        entry_id: id.clone(),
        parent_id: folder(change.folder),
        old_id: moved.then(|| id.clone()),
        old_parent_id: moved.then(|| folder(change.old_folder)),
        tags: Vec::new(),
    };
    let mut told = Vec::new();
    if is_new_mail {
        let row = engine.rows_by_id(&[change.object]).ok().and_then(|mut rows| rows.pop());
        let props = row.as_ref().and_then(|row| {
            crate::contents::row_props(logon, row, &[tags::PR_MESSAGE_CLASS, tags::PR_MESSAGE_FLAGS]).ok()
        });
        let props = props.unwrap_or_default();
        told.push(Notification::NewMail {
            entry_id: id,
            parent_id: object.parent_id.clone(),
            message_class: props.text(tags::PR_MESSAGE_CLASS).unwrap_or("IPM.Note").to_owned(),
            message_flags: props.long(tags::PR_MESSAGE_FLAGS).unwrap_or(0) as u32,
        });
    }
    told.push(Notification::Object { event, object });
    told
}
