//! `mapi send`: messages from files or from the command line, through a whole session.

use super::spool::hand_over;
use super::store::default_store;
use crate::addressee;
use crate::batch::{exit_of, failed_json};
use crate::cli::{Global, Send};
use crate::compose::{compose, is_composed};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::interrupt::Interrupt;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::outgoing::{Outgoing, State, outgoing};
use crate::output::Output;
use mapi::object::{Folder, Message, MsgStore, Object};
use mapi::{Clock, SystemClock};
use mapi_defs::flags::{FolderFlags, SaveFlags};
use mapi_defs::prop::tags::{
    PR_CLIENT_SUBMIT_TIME, PR_DELETE_AFTER_SUBMIT, PR_ENTRYID, PR_INTERNET_MESSAGE_ID,
    PR_IPM_SENTMAIL_ENTRYID, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS, PR_SEARCH_KEY, PR_SENTMAIL_ENTRYID,
    PR_SUBJECT, PR_SUBMIT_FLAGS,
};
use mapi_defs::{EntryId, ErrorCode, hex};
use serde_json::{Value, json};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait where the command line does not say.
const WAIT: Duration = Duration::from_secs(60);
/// How often a wait looks for signals.
const SLICE: Duration = Duration::from_millis(200);
/// The domain of a Message-ID, from the names reserved for such use.
const DOMAIN: &str = "openmapi.invalid";

/// What belongs to the journey of a message and not to the message; a new journey starts without.
const JOURNEY: [u16; 8] = [
    PR_SEARCH_KEY.id(),
    PR_ENTRYID.id(),
    PR_MESSAGE_FLAGS.id(),
    PR_SUBMIT_FLAGS.id(),
    PR_CLIENT_SUBMIT_TIME.id(),
    PR_MESSAGE_DELIVERY_TIME.id(),
    PR_SENTMAIL_ENTRYID.id(),
    PR_DELETE_AFTER_SUBMIT.id(),
];

/// Sends messages; one that cannot be read or submitted does not keep the others from being sent.
pub(crate) fn send(options: &Send, global: &Global, output: Output) -> Outcome {
    check(options)?;
    let patience = options.way.wait.as_deref().map_or(Ok(WAIT), duration)?;
    let interrupt = Interrupt::listen()?;
    // What stays in the queue is for the spooler of another session.
    let stays = options.way.leave || options.way.background;
    let mail = if stays { Mail::No } else { Mail::Yes };
    let mut logged_on = LoggedOn::new(global, mail, FirstUse::CreatesProfile, output)?;
    let attempt = submit_all(options, &logged_on, &interrupt, output)?;
    let (ends, account) = loop {
        let store = logged_on.store()?;
        if !stays {
            wait(&logged_on, &store, &attempt.submitted, patience, &interrupt)?;
        }
        let ends = attempt.submitted.iter().map(|id| outgoing(&store, id)).collect::<Outcome<Vec<_>>>()?;
        drop(store);
        match logged_on.end_if_confirmed()? {
            Ok(account) => break (ends, account),
            // Who wants the session to go on wants the mail to go.
            Err(still_there) => logged_on = still_there,
        }
    };
    if options.way.background && !ends.is_empty() {
        hand_over_and_say(global, output);
    }
    report(&ends, &attempt.failed, &account.to_json(), output)?;
    interrupt.check().map_err(Failure::already_reported)?;
    conclude(&ends, &attempt.failed).map_err(|failure| match failure.exit {
        Exit::Queued if options.way.background => failure.with_hint("see `mapi queue list`"),
        _ => failure,
    })
}

/// Hands the queue to the spooler that stays. Where nobody takes it the mail waits as it would anyway.
pub(super) fn hand_over_and_say(global: &Global, output: Output) {
    match default_store(global).and_then(|store| hand_over(global, &store)) {
        Ok(process) => output.say(&format!("process {process} sends it")),
        Err(failure) => {
            let hint = failure.hint.map_or_else(String::new, |hint| format!("; {hint}"));
            output.say(&format!("warning: the mail waits: {}{hint}", failure.message));
        }
    }
}

fn check(options: &Send) -> Outcome {
    match (options.files.is_empty(), is_composed(options)) {
        (true, false) => {
            Err(Failure::usage("nothing to send: name files, or write --to, --subject and --body"))
        }
        (false, true) => Err(Failure::usage("either files or a message of your own with --to, not both")),
        _ => Ok(()),
    }
}

/// What was submitted, and what was not.
#[derive(Default)]
struct Attempt {
    submitted: Vec<EntryId>,
    failed: Vec<(String, Failure)>,
}

fn submit_all(
    options: &Send,
    logged_on: &LoggedOn,
    interrupt: &Interrupt,
    output: Output,
) -> Outcome<Attempt> {
    let store = logged_on.store()?;
    let outbox = store.outbox()?;
    let sent_items = store.special_folder(PR_IPM_SENTMAIL_ENTRYID)?;
    let mut attempt = Attempt::default();
    if is_composed(options) {
        let draft = outbox.create_message()?;
        let look_up = |name: &str| {
            let book = logged_on.session.open_address_book()?;
            addressee::find(&book, name)
        };
        draft.fill(&compose(options, &look_up)?, &[])?;
        attempt.submitted.push(submit(draft, &outbox, &sent_items, output)?);
    }
    let inputs = Inputs::open();
    for file in &options.files {
        if interrupt.is_asked() {
            break;
        }
        let draft = from_file(file, &inputs, &outbox);
        let submitted = draft.and_then(|draft| {
            let submitted = submit(draft, &outbox, &sent_items, output);
            submitted.map_err(|failure| failure.about(&file.display().to_string()))
        });
        match submitted {
            Ok(id) => attempt.submitted.push(id),
            Err(failure) if failure.is_stdout_closed || options.files.len() == 1 => return Err(failure),
            Err(failure) => attempt.failed.push((file.display().to_string(), failure)),
        }
    }
    inputs.end();
    Ok(attempt)
}

/// A new message of the Outbox with everything that the file has.
fn from_file(file: &Path, inputs: &Inputs, outbox: &Folder) -> Outcome<Message> {
    let draft = outbox.create_message()?;
    inputs.copy(file, &draft, &JOURNEY)?;
    Ok(draft)
}

/// Submits a message and says so at once: from here on it is not lost, whatever happens.
pub(super) fn submit(
    draft: Message,
    outbox: &Folder,
    sent_items: &EntryId,
    output: Output,
) -> Outcome<EntryId> {
    draft.set(PR_SENTMAIL_ENTRYID, sent_items.as_bytes().to_vec())?;
    if draft.text(PR_INTERNET_MESSAGE_ID)?.is_none() {
        let key = draft.binary(PR_SEARCH_KEY)?.unwrap_or_default();
        draft.set(PR_INTERNET_MESSAGE_ID, format!("<{}@{DOMAIN}>", hex::encode(&key)))?;
    }
    let message_id = draft.text(PR_INTERNET_MESSAGE_ID)?;
    let subject = draft.text(PR_SUBJECT)?;
    // A message has its entry identifier from its first save on, and nothing can be asked of it once
    // it is submitted.
    draft.save(SaveFlags::KEEP_OPEN_READWRITE)?;
    let id = draft.binary(PR_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
    if let Err(error) = draft.submit() {
        drop(draft);
        outbox.delete_messages(&[id], FolderFlags::HARD_DELETE)?;
        return Err(error.into());
    }
    if output.jsonl {
        output.line(&json!({
            "event": "submitted", "entry_id": id.to_string(), "message_id": message_id, "subject": subject,
        }))?;
    }
    Ok(id)
}

/// Waits until every message has left the queue, or none of them is to be tried again in time; in slices,
/// so that a signal is heard.
pub(super) fn wait(
    logged_on: &LoggedOn,
    store: &MsgStore,
    ids: &[EntryId],
    patience: Duration,
    interrupt: &Interrupt,
) -> Outcome {
    let until = Instant::now() + patience;
    // Once: every flush is another attempt, and another login at a server that has refused the last.
    if logged_on.session.flush_queues(patience.min(SLICE))? {
        return Ok(());
    }
    loop {
        let states = ids.iter().map(|id| Ok(outgoing(store, id)?.state)).collect::<Outcome<Vec<_>>>()?;
        let left = until.saturating_duration_since(Instant::now());
        let is_over = left.is_zero() || interrupt.is_asked();
        if is_over || !states.contains(&State::Queued) || rest_longer(logged_on, ids, left)? {
            return Ok(());
        }
        thread::sleep(left.min(SLICE));
    }
}

/// True where this session's spooler lets every message rest for longer than this.
fn rest_longer(logged_on: &LoggedOn, ids: &[EntryId], left: Duration) -> Outcome<bool> {
    let until = SystemClock.now().plus(left);
    let waiting = logged_on.session.waiting()?;
    let rests = |id: &EntryId| {
        let known = waiting.iter().find(|(known, _)| known == id);
        known.is_some_and(|(_, next)| next.is_some_and(|next| next > until))
    };
    Ok(ids.iter().all(rests))
}

/// Prints what became of messages.
pub(super) fn report(
    ends: &[Outgoing],
    failed: &[(String, Failure)],
    end: &Value,
    output: Output,
) -> Outcome {
    let is_local =
        ends.iter().flat_map(|end| &end.recipients).any(|recipient| recipient.state == State::Local);
    if is_local {
        output.say(
            "advice: this profile has no mail account, so the mail stayed on this machine; see `mapi doctor`",
        );
    }
    if output.is_machine() {
        let submitted: Vec<_> = ends.iter().map(Outgoing::to_json).collect();
        let mut document = json!({ "submitted": submitted, "session_end": end });
        if let (false, Some(map)) = (failed.is_empty(), document.as_object_mut()) {
            map.insert("failed".into(), failed_json(failed));
        }
        return output.document(&document);
    }
    failed.iter().for_each(|(_, failure)| output.failure(failure));
    for message in ends {
        output.text(&format!(
            "{}: {}\n",
            message.subject.as_deref().unwrap_or("(no subject)"),
            message.state.word()
        ))?;
        for recipient in &message.recipients {
            let reply = recipient.reply.as_deref().map_or_else(String::new, |reply| format!(" ({reply})"));
            output.text(&format!("  {}: {}{reply}\n", recipient.address, recipient.state.word()))?;
        }
    }
    output.text(&format!("{}\n", crate::output::end_line(end)))
}

/// The exit for what became of messages.
pub(super) fn conclude(ends: &[Outgoing], failed: &[(String, Failure)]) -> Outcome {
    if let Some((_, first)) = failed.first() {
        let exit = exit_of(failed, first);
        let message =
            format!("{} of {} messages were not submitted", failed.len(), failed.len() + ends.len());
        return Err(Failure::new(first.code, message).with_exit(exit).already_reported());
    }
    let worst = ends.iter().map(|end| end.state).max().unwrap_or(State::Sent);
    match worst.exit() {
        Exit::Done => Ok(()),
        Exit::Queued => {
            let failure = Failure::new(ErrorCode::TIMEOUT, "queued, but not sent within the wait");
            Err(failure
                .with_exit(Exit::Queued)
                .with_hint("it is sent by the next session that stays long enough; see `mapi queue list`")
                .already_reported())
        }
        exit => Err(Failure::new(ErrorCode::CALL_FAILED, "a recipient was refused")
            .with_exit(exit)
            .already_reported()),
    }
}

/// `60s`, `5m`, `500ms`, or seconds.
pub(super) fn duration(text: &str) -> Outcome<Duration> {
    let wrong = || Failure::usage(format!("{text:?} is no time; write 60s, 5m or 500ms"));
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("5m").unwrap(), Duration::from_secs(300));
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        for bad in ["", "s", "5x", "-1s", "99999999999999999999h", "18446744073709551615h"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
