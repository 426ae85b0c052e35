//! `mapi session start|list|end`: sessions that stay when the command has ended, and that others join.
//!
//! The process that stays is `keeping.rs`.

use super::send::{duration, hand_over_and_say};
use crate::cli::{Global, QueueWay, Session as Verb};
use crate::detached::{leave_terminal, start_detached};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::keeping::keep;
use crate::listing::listing;
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::{Output, end_line};
use mapi::session::shared_session::{self, EndRequest, QueueEnd, SharedSession, shared_sessions};
use mapi::{Home, LogonOptions, Session};
use mapi_defs::ErrorCode;
use mapi_defs::flags::{LogoffFlags, LogonFlags};
use serde_json::{Value, json};
use std::time::Duration;

/// How long to wait for mail where the command line does not say.
const WAIT: Duration = Duration::from_secs(60);
/// How long the rest of an end may take.
const END: Duration = Duration::from_secs(60);

/// Runs one of the verbs.
pub(crate) fn session(verb: &Verb, global: &Global, output: Output) -> Outcome {
    match verb {
        Verb::Start { no_mail, foreground: false, .. } => start(*no_mail, global, output),
        Verb::Start { no_mail, detached, .. } => {
            refuse_when_read_only(global)?;
            if *detached {
                leave_terminal()?;
            }
            keep(*no_mail, *detached, global, output)
        }
        Verb::List => list(&locate(global)?, output),
        Verb::End { id, shared, way } => {
            let request = EndRequest { shared: *shared, queue: queue_end(way)? };
            end(id.as_deref(), request, global, output)
        }
    }
}

/// Without logging on, a home is found and nothing else.
fn locate(global: &Global) -> Outcome<Home> {
    Ok(Home::locate(global.home.as_deref())?)
}

fn queue_end(way: &QueueWay) -> Outcome<QueueEnd> {
    if way.background {
        return Ok(QueueEnd::Background);
    }
    if way.leave {
        return Ok(QueueEnd::Leave);
    }
    let patience = way.wait.as_deref().map_or(Ok(WAIT), duration)?;
    Ok(QueueEnd::Wait(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)))
}

/// Starts the process that stays, and says what it says.
fn start(no_mail: bool, global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    let mut arguments = vec!["session", "start", "--foreground", "--detached"];
    arguments.extend(no_mail.then_some("--no-mail"));
    let answer = start_detached(global, &arguments)?;
    if output.is_machine() {
        return output.document(&answer);
    }
    output.text(&format!("{}\n", answer["id"].as_str().unwrap_or_default()))
}

fn list(home: &Home, output: Output) -> Outcome {
    let sessions = shared_sessions(home);
    if output.is_machine() {
        return output.document(&sessions.iter().map(to_json).collect());
    }
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let rows = sessions.iter().map(|session| {
        vec![
            session.id.clone(),
            session.profile.clone(),
            session.pid.to_string(),
            session.members.to_string(),
            yes(session.is_open),
            session.open_objects.map_or_else(|| "?".to_owned(), |count| count.to_string()),
            yes(session.is_kept),
        ]
    });
    let head = ["session", "profile", "pid", "members", "shared", "open", "kept"];
    output.text(&listing(&head, &rows.collect::<Vec<_>>(), "no sessions"))
}

/// One row of `session list --json`: a member, of the shared session `shared_id`.
fn to_json(session: &SharedSession) -> Value {
    json!({
        "id": session.id,
        "shared_id": session.shared_id,
        "profile": session.profile,
        "pid": session.pid,
        "members": session.members,
        "shared": session.is_open,
        "open_objects": session.open_objects,
        "no_mail": session.no_mail,
        "kept": session.is_kept,
    })
}

fn end(id: Option<&str>, request: EndRequest, global: &Global, output: Output) -> Outcome {
    let ready = Ready::new(global)?;
    let sessions = shared_sessions(&ready.home);
    match choose(&sessions, id)? {
        Some(chosen) if chosen.is_kept => end_kept(&ready.home, chosen, request, global, output),
        Some(chosen) if request.shared && chosen.is_open => tell_all(&ready.home, output),
        None if request.shared && sessions.iter().any(|session| session.is_open) => {
            tell_all(&ready.home, output)
        }
        Some(chosen) => {
            let detail =
                format!("the session {} belongs to the process {} and ends with it", chosen.id, chosen.pid);
            Err(Failure::new(ErrorCode::NO_SUPPORT, detail)
                .with_hint("`mapi session end --shared` asks every member to log off"))
        }
        None => Err(Failure::new(ErrorCode::NOT_FOUND, "no session is kept by `mapi session start`")
            .with_hint("see `mapi session list`")),
    }
}

/// The session that is meant: the one named, else the only one that is kept.
fn choose<'a>(sessions: &'a [SharedSession], id: Option<&str>) -> Outcome<Option<&'a SharedSession>> {
    if let Some(id) = id {
        let missing = || {
            Failure::new(ErrorCode::NOT_FOUND, format!("there is no session {id:?}"))
                .with_hint("see `mapi session list`")
        };
        return sessions.iter().find(|session| session.id == id).map(Some).ok_or_else(missing);
    }
    let kept: Vec<&SharedSession> = sessions.iter().filter(|session| session.is_kept).collect();
    match kept[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => {
            let ids: Vec<&str> = kept.iter().map(|session| &*session.id).collect();
            Err(Failure::usage(format!("more than one session is kept: {}", ids.join(", ")))
                .with_hint("name the one to end"))
        }
    }
}

/// Has the process that keeps a session end it.
fn end_kept(
    home: &Home,
    SharedSession { id, profile, .. }: &SharedSession,
    request: EndRequest,
    global: &Global,
    output: Output,
) -> Outcome {
    let wait = match request.queue {
        QueueEnd::Wait(milliseconds) => Duration::from_millis(milliseconds),
        QueueEnd::Background | QueueEnd::Leave => Duration::ZERO,
    };
    let account = shared_session::end(home, id, request, wait.saturating_add(END))?;
    let account: Value = serde_json::from_str(&account)
        .map_err(|error| Failure::new(ErrorCode::CORRUPT_DATA, format!("the closing account: {error}")))?;
    if request.queue == QueueEnd::Background && account["queue"]["queued"].as_u64() > Some(0) {
        hand_over_and_say(&Global { profile: Some(profile.to_owned()), ..global.clone() }, output);
    }
    report(id, &account, output)?;
    if matches!(request.queue, QueueEnd::Wait(_)) && account["queue"]["queued"].as_u64() > Some(0) {
        return Err(Failure::new(ErrorCode::TIMEOUT, "ended, but mail was not sent within the wait")
            .with_exit(Exit::Queued)
            .with_hint("it is sent by the next session that stays long enough; see `mapi queue list`")
            .already_reported());
    }
    Ok(())
}

/// Asks every member of the shared session to log off, as a member for a moment.
fn tell_all(home: &Home, output: Output) -> Outcome {
    let options = LogonOptions::flags(LogonFlags::EXTENDED).no_mail().home(home);
    let session = Session::logon(options)?;
    let account = session.logoff(LogoffFlags::SHARED)?.to_json();
    report(session.id(), &account, output)
}

fn report(id: &str, account: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&json!({ "id": id, "session_end": account }));
    }
    output.text(&format!("{}\n", end_line(account)))
}
