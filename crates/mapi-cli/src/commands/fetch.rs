//! `mapi fetch [ACCOUNT…]`: takes what waits at the mail servers into the stores of the accounts.

use super::send::duration;
use crate::cli::{Fetch, Global};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail, refuse_when_read_only};
use crate::output::Output;
use crate::progress_bar::Bar;
use mapi::{Inbox, Session};
use mapi_defs::ErrorCode;
use mapi_defs::guid::MapiUid;
use serde_json::{Value, json};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often it is looked how far fetching has come.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the verb.
pub(crate) fn fetch(options: &Fetch, global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    let patience = duration(&options.wait)?;
    let logged_on = LoggedOn::new(global, Mail::Yes, FirstUse::NeedsProfile, output)?;
    let wanted = wanted(&logged_on.session, &options.accounts)?;
    let is_done = run(&logged_on, &wanted, patience, output)?;
    let inboxes: Vec<Inbox> =
        logged_on.session.inboxes()?.into_iter().filter(|inbox| wanted.contains(&inbox.uid)).collect();
    let interrupted = logged_on.interrupt.check();
    let end = logged_on.end()?.to_json();
    report(&inboxes, &end, output)?;
    interrupted.map_err(Failure::already_reported)?;
    conclude(&inboxes, is_done)
}

/// The transports of the named accounts, or of all.
fn wanted(session: &Session, names: &[String]) -> Outcome<Vec<MapiUid>> {
    let none = || {
        Failure::new(ErrorCode::NO_SUPPORT, "the profile has no account to fetch mail from").with_hint(
            "`mapi service add IMAP host=HOST user=NAME password` adds one; \
             `mapi doctor` says what is wrong with one there is",
        )
    };
    let inboxes = match session.inboxes() {
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => return Err(none()),
        other => other?,
    };
    if names.is_empty() {
        return if inboxes.is_empty() {
            Err(none())
        } else {
            Ok(inboxes.iter().map(|one| one.uid).collect())
        };
    }
    let mut found = Vec::new();
    for name in names {
        let is_it = |one: &&Inbox| {
            one.account.eq_ignore_ascii_case(name) || one.service.to_string().eq_ignore_ascii_case(name)
        };
        let unknown = || {
            let known: Vec<&str> = inboxes.iter().map(|one| one.account.as_str()).collect();
            let hint = format!("there are: {}; `mapi doctor` says why one is missing", known.join(", "));
            Failure::new(ErrorCode::NOT_FOUND, format!("no account {name:?} to fetch mail from"))
                .with_hint(hint)
        };
        let before = found.len();
        found.extend(inboxes.iter().filter(is_it).map(|one| one.uid));
        if found.len() == before {
            return Err(unknown());
        }
    }
    Ok(found)
}

/// Fetches on a thread of its own, so that a signal is heard and progress shown.
fn run(logged_on: &LoggedOn, wanted: &[MapiUid], patience: Duration, output: Output) -> Outcome<bool> {
    let (session, uids) = (logged_on.session.clone(), wanted.to_vec());
    let (tell, hear) = channel();
    // Ended by the answer of `fetch`, at the latest when the session ends; joined nowhere, since a signal ends
    // the session first.
    thread::spawn(move || drop(tell.send(session.fetch(Some(&uids), patience))));
    let mut bar: Option<(Bar, u64)> = None;
    loop {
        match hear.recv_timeout(LOOK) {
            Ok(answer) => {
                bar.iter().for_each(|(bar, _)| bar.end());
                return Ok(answer?);
            }
            Err(RecvTimeoutError::Timeout) if !logged_on.interrupt.is_asked() => {}
            Err(_) => return Ok(false),
        }
        let inboxes = logged_on.session.inboxes()?;
        let received: u64 = inboxes.iter().map(|one| one.received).sum();
        let waiting: u64 = inboxes.iter().map(|one| one.waiting).sum();
        if bar.is_none() && waiting > 0 {
            let total = usize::try_from(received.saturating_add(waiting)).unwrap_or(usize::MAX);
            bar = Some((Bar::new(total, "fetching", output), 0));
        }
        if let Some((bar, shown)) = &mut bar {
            (*shown..received).for_each(|_| bar.step());
            *shown = received.max(*shown);
        }
    }
}

fn report(inboxes: &[Inbox], end: &Value, output: Output) -> Outcome {
    let received: u64 = inboxes.iter().map(|one| one.received).sum();
    if output.is_machine() {
        let accounts: Vec<Value> = inboxes.iter().map(to_json).collect();
        return output.document(&json!({ "accounts": accounts, "received": received, "session_end": end }));
    }
    let cells: Vec<Vec<String>> = inboxes
        .iter()
        .map(|one| {
            let fault = one.fault.as_ref().map_or_else(|| "-".to_owned(), |(_, text)| text.clone());
            vec![one.account.clone(), one.received.to_string(), one.waiting.to_string(), fault]
        })
        .collect();
    output.text(&listing(&["account", "received", "waiting", "trouble"], &cells, "nothing was fetched"))?;
    output.session_end(end);
    Ok(())
}

fn to_json(inbox: &Inbox) -> Value {
    let error = inbox.fault.as_ref().map(|(code, text)| {
        json!({ "code": format!("0x{:08X}", code.as_u32()), "name": code.name(), "message": text })
    });
    json!({
        "account": inbox.account,
        "service": inbox.service.to_string(),
        "own_store": inbox.store.is_some(),
        "received": inbox.received,
        "waiting": inbox.waiting,
        "error": error,
    })
}

fn conclude(inboxes: &[Inbox], is_done: bool) -> Outcome {
    let fault = inboxes.iter().find_map(|one| Some((one, one.fault.as_ref()?)));
    let failure = match fault {
        Some((one, (code, text))) => Failure::new(*code, format!("{}: {text}", one.account)),
        None if is_done => return Ok(()),
        None => Failure::new(ErrorCode::TIMEOUT, "mail is left at the server: the time is over")
            .with_exit(Exit::Queued)
            .with_hint("what is here stays here; `mapi fetch` again takes the rest"),
    };
    // The table or the document has named the accounts; the exit says the rest.
    Err(failure.already_reported())
}
