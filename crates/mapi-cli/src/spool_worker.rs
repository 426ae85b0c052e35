//! One profile's share of `mapi spool`: a process of its own that logs on, lets the session's spooler work,
//! and says in lines of JSON what becomes of mail.
//!
//! A provider that takes the process down takes nothing else with it: the process that starts this one again
//! is `commands/spool.rs`. Which message goes when is the spooler's.

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::keeping::{Interrupted, listen};
use crate::logged_on::{Ready, no_profile};
use crate::output::Output;
use mapi::{LogonOptions, Session};
use mapi_defs::flags::{LogoffFlags, LogonFlags, StoreLogoffFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::{EntryId, ErrorCode};
use mapi_spi::spooler::QueueState;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How often the figures of the queue are looked at, to be told where they changed.
const LOOK: Duration = Duration::from_millis(250);

/// What a message that is submitted by another program shows as.
const SUBMITS: EventMask = EventMask(EventMask::OBJECT_CREATED.0 | EventMask::OBJECT_MODIFIED.0);

/// Works until it is asked to end, or until the process that started it (its number is `parent`) is gone.
pub(crate) fn work(parent: u32, global: &Global, output: Output) -> Outcome {
    end_with(parent)?;
    let (wake, woken) = channel();
    // Nobody listens any more once the end has begun.
    let tell = move || wake.send(()).unwrap_or_default();
    let interrupted = Interrupted::listen(tell.clone())?;
    let ready = Ready::new(global)?;
    let name = global.profile.clone().ok_or_else(|| Failure::usage("a worker has one profile"))?;
    let session = log_on(&ready, &name, global)?;
    let told = listen(&session, tell.clone())?;
    // Kept open, so that the store is one that is in use, and opened before anything is told: the first use
    // of a store is written into the profile, whose changes start a worker again.
    let store = session.open_default_store().inspect_err(|error| tracing::warn!(%error, "no store"));
    if let Ok(store) = &store {
        let sink = move |_: &[Notification]| tell();
        store.advise(&EntryId::default(), SUBMITS, Arc::new(sink))?;
    }
    output.line(&json!({ "event": "logged_on", "profile": name, "pid": std::process::id() }))?;
    let watched =
        watch(&session, &name, &woken, output, || interrupted.is_set() || told.load(Ordering::Acquire));
    if let Ok(store) = store {
        // The message in process goes to its end.
        store.store_logoff(StoreLogoffFlags::ORDERLY)?;
    }
    let account = session.logoff(LogoffFlags::NONE)?;
    drop(session);
    drop(ready);
    watched?;
    output.line(&json!({ "event": "ended", "profile": name, "session_end": account.to_json() }))
}

/// Has the kernel ask this process to end when the one that started it is gone.
fn end_with(parent: u32) -> Outcome {
    let failed = |error| Failure::new(ErrorCode::CALL_FAILED, format!("the end of the parent: {error}"));
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(failed)?;
    let is_there = getppid().is_some_and(|pid| pid.as_raw_nonzero().get().cast_unsigned() == parent);
    if is_there { Ok(()) } else { Err(Failure::new(ErrorCode::USER_CANCEL, "the spooler has ended already")) }
}

/// The default profile's session is the one that others may join.
fn log_on(ready: &Ready, name: &str, global: &Global) -> Outcome<Session> {
    let is_default = ready.profiles()?.default_profile().ok().flatten().as_deref() == Some(name);
    let options = LogonOptions::profile(name).home(&ready.home);
    let options = if is_default { options.with(LogonFlags::ALLOW_OTHERS) } else { options };
    Session::logon(options).map_err(|error| no_profile(error, global))
}

/// Tells the figures of the queue whenever they change, until it is over.
fn watch(
    session: &Session,
    name: &str,
    woken: &Receiver<()>,
    output: Output,
    is_over: impl Fn() -> bool,
) -> Outcome {
    let mut known = QueueState::default();
    while !is_over() {
        match session.queue() {
            Ok(queue) if queue != known => {
                output.line(&figures(name, queue))?;
                known = queue;
            }
            // A profile without transports has no spooler, and nothing to tell.
            Ok(_) | Err(_) => {}
        }
        match woken.recv_timeout(LOOK) {
            Ok(()) => {
                while woken.try_recv().is_ok() {}
                // A profile without transports has nobody to tell.
                drop(session.look_at_queue());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

fn figures(name: &str, queue: QueueState) -> Value {
    json!({
        "event": "queue",
        "profile": name,
        "sent": queue.sent,
        "queued": queue.queued,
        "in_doubt": queue.in_doubt,
        "refused": queue.refused,
    })
}
