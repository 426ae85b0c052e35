//! `mapi watch [PATH]`: what happens in the store, by whichever program, as it happens; a line for each
//! event.

use super::send::duration;
use crate::cli::{Global, Watch};
use crate::failure::{Failure, Outcome};
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::{Output, stdout_failed};
use crate::place::{Place, find};
use mapi::object::{MsgStore, Object};
use mapi_defs::flags::OpenFlags;
use mapi_defs::notification::{EventMask, Notification, ObjectEvent};
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_SUBJECT};
use mapi_defs::{EntryId, ErrorCode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Everything that a store tells.
const EVENTS: EventMask = EventMask(0xFF);
/// Events that wait to be printed, at most; a store that tells faster sums up what was missed.
const WAITING: usize = 256;
/// How often signals and the reader are looked for.
const STEP: Duration = Duration::from_millis(50);

/// Watches the store, a folder or a message.
pub(crate) fn watch(options: &Watch, global: &Global, output: Output) -> Outcome {
    // Everything on standard output is a line, whichever of the two was asked for.
    let output = Output { json: false, jsonl: output.is_machine(), ..output };
    let timeout = options.timeout.as_deref().map(duration).transpose()?;
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let watched = watch_in(&logged_on, options, timeout, output);
    let ended = logged_on.end_with_a_line(output);
    match watched {
        Err(failure) if output.jsonl && !failure.is_stdout_closed => {
            output.line(&failure.to_json())?;
            Err(failure.already_reported())
        }
        Err(failure) => Err(failure),
        Ok(()) => ended,
    }
}

fn watch_in(logged_on: &LoggedOn, options: &Watch, timeout: Option<Duration>, output: Output) -> Outcome {
    let store = logged_on.store()?;
    let watched = Watched::find(&store, &options.path)?;
    let (tell, hear) = sync_channel(WAITING);
    let sink = move |events: &[Notification]| {
        for event in events {
            if tell.send(event.clone()).is_err() {
                // Nobody listens any more, and nobody misses it.
                return;
            }
        }
    };
    let advise = store.advise(&watched.advised, EVENTS, Arc::new(sink))?;
    if output.jsonl {
        output.line(&json!({ "event": "watching", "path": options.path }))?;
    } else {
        output.say(&format!("watching {}", options.path));
    }
    let printed = print_events(logged_on, &store, &watched, (options.count, timeout), &hear, output);
    // A sink that waits for room learns that there is nobody left.
    drop(hear);
    store.unadvise(advise)?;
    printed
}

/// Prints events until there were enough, it was long enough, or somebody asked to stop.
fn print_events(
    logged_on: &LoggedOn,
    store: &MsgStore,
    watched: &Watched,
    (count, timeout): (Option<u64>, Option<Duration>),
    hear: &Receiver<Notification>,
    output: Output,
) -> Outcome {
    let until = timeout.map(|timeout| Instant::now() + timeout);
    let mut printed = 0;
    while count != Some(printed) {
        logged_on.interrupt.check()?;
        check_reader()?;
        let left = until.map_or(STEP, |until| until.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return if count.is_none() { Ok(()) } else { Err(too_few(printed)) };
        }
        match hear.recv_timeout(left.min(STEP)) {
            Ok(event) if watched.concerns(&event) => {
                let line = to_json(store, &event);
                if output.jsonl {
                    output.line(&line)?
                } else {
                    output.text(&to_text(&line))?
                }
                printed += 1;
            }
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new(ErrorCode::END_OF_SESSION, "the store tells nothing any more"));
            }
        }
    }
    Ok(())
}

/// What is watched.
struct Watched {
    /// What is advised on; empty for the whole store.
    advised: EntryId,
    /// The folder whose events are shown; none for all that are told.
    folder: Option<EntryId>,
}

impl Watched {
    fn find(store: &MsgStore, path: &str) -> Outcome<Self> {
        if path.trim_matches('/').is_empty() {
            return Ok(Self { advised: EntryId::default(), folder: None });
        }
        Ok(match find(store, path)? {
            Place::Folder(_, id) => Self { advised: EntryId::default(), folder: Some(id) },
            Place::Message(id, _) => Self { advised: id, folder: None },
        })
    }

    /// True for what happens to the folder itself or to what lies in it, or lay in it.
    fn concerns(&self, event: &Notification) -> bool {
        let Some(folder) = &self.folder else { return true };
        match event {
            Notification::NewMail { parent_id, .. } => parent_id == folder,
            Notification::Object { object, .. } => {
                let old = object.old_parent_id.as_ref();
                // The store itself: what was missed may have been here.
                [&object.entry_id, &object.parent_id].contains(&folder)
                    || old == Some(folder)
                    || is_summary(object)
            }
            _ => true,
        }
    }
}

/// True for an event that stands for all that was missed: the store as a whole.
fn is_summary(object: &ObjectEvent) -> bool {
    const STORE: u32 = 1;
    object.object_type == STORE
}

fn to_json(store: &MsgStore, event: &Notification) -> Value {
    let hex = |id: &EntryId| (!id.is_empty()).then(|| id.to_string());
    match event {
        Notification::NewMail { entry_id, parent_id, message_class, .. } => json!({
            "event": "new_mail",
            "kind": "message",
            "entry_id": hex(entry_id),
            "parent_id": hex(parent_id),
            "subject": subject(store, entry_id),
            "class": message_class,
        }),
        Notification::Object { event, object } => {
            let mut line = json!({
                "event": word(*event),
                "kind": kind(object.object_type),
                "entry_id": hex(&object.entry_id),
                "parent_id": hex(&object.parent_id),
            });
            let is_gone = *event == EventMask::OBJECT_DELETED;
            if let Some(line) = line.as_object_mut() {
                if let Some(old) = &object.old_parent_id {
                    line.insert("old_parent_id".into(), json!(hex(old)));
                }
                match object.object_type {
                    5 if !is_gone => {
                        drop(line.insert("subject".into(), json!(subject(store, &object.entry_id))))
                    }
                    3 if !is_gone => drop(line.insert("name".into(), json!(name(store, &object.entry_id)))),
                    _ => {}
                }
            }
            line
        }
        Notification::CriticalError { code, message, .. } => json!({
            "event": "critical_error",
            "code": format!("0x{:08X}", code.as_u32()),
            "message": message,
        }),
        Notification::Table(_) => json!({ "event": "reload" }),
        Notification::Extended { event, .. } => json!({ "event": "extended", "number": event }),
    }
}

/// A line for a person.
fn to_text(line: &Value) -> String {
    let word = |member: &str| line[member].as_str().unwrap_or_default();
    let called = ["subject", "name", "message"].iter().find_map(|member| line[member].as_str());
    format!("{:<9} {:<8} {}\n", word("event"), word("kind"), called.unwrap_or(word("entry_id")))
}

fn subject(store: &MsgStore, id: &EntryId) -> Option<String> {
    store.open_message(id, OpenFlags::NONE).and_then(|message| message.text(PR_SUBJECT)).ok().flatten()
}

fn name(store: &MsgStore, id: &EntryId) -> Option<String> {
    store.open_folder(id, OpenFlags::NONE).and_then(|folder| folder.text(PR_DISPLAY_NAME)).ok().flatten()
}

fn word(event: EventMask) -> &'static str {
    match event {
        EventMask::OBJECT_CREATED => "created",
        EventMask::OBJECT_DELETED => "deleted",
        EventMask::OBJECT_MODIFIED => "modified",
        EventMask::OBJECT_MOVED => "moved",
        EventMask::OBJECT_COPIED => "copied",
        EventMask::SEARCH_COMPLETE => "search_complete",
        _ => "other",
    }
}

fn kind(object_type: u32) -> &'static str {
    match object_type {
        1 => "store",
        3 => "folder",
        5 => "message",
        _ => "object",
    }
}

/// A reader that has gone is noticed though nothing is written.
fn check_reader() -> Outcome {
    let stdout = io::stdout();
    let mut reader = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut reader, Some(&now)) {
        Ok(_) if reader[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => {
            Err(stdout_failed(&io::ErrorKind::BrokenPipe.into()))
        }
        _ => Ok(()),
    }
}

fn too_few(printed: u64) -> Failure {
    Failure::new(ErrorCode::TIMEOUT, format!("{printed} events came in time, and fewer than asked for"))
}
