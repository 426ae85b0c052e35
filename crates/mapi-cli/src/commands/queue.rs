//! `mapi queue list|show|flush|hold|release|cancel`: what waits to be sent. Looking does not send.

use super::ls::message_json;
use super::send::{conclude, duration, report, wait};
use crate::cli::{Global, Queue};
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail, refuse_when_read_only};
use crate::outgoing::outgoing;
use crate::output::Output;
use crate::place::entry_id;
use crate::waiting::Waiting;
use mapi::object::{Folder, MsgStore, Object};
use mapi_defs::flags::{MessageFlags, OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_CLIENT_SUBMIT_TIME, PR_DISPLAY_TO, PR_ENTRYID, PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, FileTime};
use serde_json::{Map, Value, json};
use std::time::Duration;

const COLUMNS: [PropTag; 6] =
    [PR_ENTRYID, PR_SUBJECT, PR_DISPLAY_TO, PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS];

/// Runs one of the verbs.
pub(crate) fn queue(verb: &Queue, global: &Global, output: Output) -> Outcome {
    if let Queue::Flush { wait } = verb {
        return flush(duration(wait)?, global, output);
    }
    if !matches!(verb, Queue::List | Queue::Show { .. }) {
        refuse_when_read_only(global)?;
    }
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    match verb {
        Queue::List | Queue::Flush { .. } => list(&store, output)?,
        Queue::Show { entry_id } => show(&store, entry_id, output)?,
        Queue::Hold { entry_ids } => hold(&store, entry_ids, true, output)?,
        Queue::Release { entry_ids } => hold(&store, entry_ids, false, output)?,
        Queue::Cancel { entry_id } => cancel(&store, entry_id, output)?,
    }
    drop(store);
    logged_on.end_with_a_line(output)
}

fn list(store: &MsgStore, output: Output) -> Outcome {
    let waiting = |row: Row| {
        let id = EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap_or_default());
        Ok((Waiting::of(store, &id)?, row))
    };
    let rows = queued(store)?.into_iter().map(waiting).collect::<Outcome<Vec<_>>>()?;
    if output.is_machine() {
        return output.document(&Value::Array(rows.iter().map(|(how, row)| to_json(how, row)).collect()));
    }
    let cells = |(how, row): &(Waiting, Row)| {
        let submitted =
            row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).map(crate::moment::for_people);
        vec![
            row.text(PR_SUBJECT).unwrap_or_default().to_owned(),
            row.text(PR_DISPLAY_TO).unwrap_or_default().to_owned(),
            submitted.unwrap_or_default(),
            row.long(PR_MESSAGE_SIZE).unwrap_or(0).to_string(),
            how.state.replace('_', " "),
            how.attempts.to_string(),
            how.next.map(crate::moment::for_people).unwrap_or_default(),
            how.reply.clone().unwrap_or_default(),
        ]
    };
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let head = ["subject", "to", "submitted", "bytes", "state", "tries", "next try", "last reply"];
    output.text(&listing(&head, &cells, "nothing waits"))
}

/// The rows of queued messages in the order of their submission, wherever they were submitted.
pub(crate) fn queued(store: &MsgStore) -> Outcome<Vec<Row>> {
    let root = store.ipm_subtree()?;
    let mut rows = Vec::new();
    for folder in root.walk()? {
        if folder.count > 0 {
            rows.extend(queued_in(&store.open_folder(&folder.entry_id, OpenFlags::NONE)?)?);
        }
    }
    let submitted =
        |row: &Row| row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).unwrap_or(FileTime(0));
    rows.sort_by_key(submitted);
    Ok(rows)
}

fn queued_in(folder: &Folder) -> Outcome<Vec<Row>> {
    let table = folder.contents_table(TableFlags::NONE)?;
    let mask = MessageFlags::SUBMIT.0;
    table.restrict(Some(Restriction::BitMask { nonzero: true, tag: PR_MESSAGE_FLAGS, mask }))?;
    Ok(table.query_all_rows(&COLUMNS)?)
}

fn to_json(how: &Waiting, row: &Row) -> Value {
    let mut json = message_json(row);
    let submitted =
        row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).and_then(crate::moment::file_time);
    if let Some(map) = json.as_object_mut() {
        map.insert("to".into(), json!(row.text(PR_DISPLAY_TO)));
        map.insert("submitted".into(), json!(submitted));
        how.put_into(map);
    }
    json
}

/// Sends what waits, and says what became of each message as `send` does.
fn flush(patience: Duration, global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    let logged_on = LoggedOn::new(global, Mail::Yes, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let rows = queued(&store)?;
    let ids: Vec<EntryId> =
        rows.iter().filter_map(|row| row.binary(PR_ENTRYID)).map(EntryId::from_bytes).collect();
    if !ids.is_empty() {
        wait(&logged_on, &store, &ids, patience, &logged_on.interrupt)?;
    }
    let ends = ids.iter().map(|id| outgoing(&store, id)).collect::<Outcome<Vec<_>>>()?;
    drop(store);
    let end = logged_on.end()?.to_json();
    report(&ends, &[], &end, output)?;
    conclude(&ends, &[])
}

/// Takes a message out of the queue.
fn cancel(store: &MsgStore, text: &str, output: Output) -> Outcome {
    let id = identifier(text)?;
    store.abort_submit(&id).map_err(|error| not_free(text, error))?;
    let subject = store.open_message(&id, OpenFlags::NONE)?.text(PR_SUBJECT)?;
    if output.is_machine() {
        return output.document(&json!({ "cancelled": { "entry_id": id.to_string(), "subject": subject } }));
    }
    let subject = subject.as_deref().unwrap_or("(no subject)");
    output.text(&format!("{subject}: taken back, as a draft in the folder it was sent from\n"))
}

/// Keeps messages from being sent, or lets them go: all of them or, at the first that cannot be, those before.
fn hold(store: &MsgStore, texts: &[String], hold: bool, output: Output) -> Outcome {
    let ids = texts.iter().map(|text| identifier(text)).collect::<Outcome<Vec<_>>>()?;
    for (id, text) in ids.iter().zip(texts) {
        store.hold(id, hold).map_err(|error| not_free(text, error))?;
    }
    let word = if hold { "held" } else { "released" };
    if output.is_machine() {
        return output.document(&json!({ word: ids.iter().map(EntryId::to_string).collect::<Vec<_>>() }));
    }
    output.text(&format!("{word}: {}\n", ids.len()))
}

fn not_free(text: &str, error: mapi_defs::Error) -> Failure {
    match error.code() {
        ErrorCode::NOT_IN_QUEUE => Failure::new(ErrorCode::NOT_FOUND, format!("{text}: it does not wait"))
            .with_hint("see what waits with `mapi queue list`"),
        ErrorCode::UNABLE_TO_ABORT => Failure::from(error).with_hint("it is being sent just now"),
        _ => Failure::from(error),
    }
}

fn identifier(text: &str) -> Outcome<EntryId> {
    let wrong = || Failure::usage(format!("{text:?} is no entry identifier; see `mapi queue list --json`"));
    entry_id(text).ok_or_else(wrong)
}

fn show(store: &MsgStore, text: &str, output: Output) -> Outcome {
    let id = identifier(text)?;
    let message = outgoing(store, &id)?;
    if !message.was_submitted {
        return Err(Failure::new(ErrorCode::NOT_FOUND, format!("{text}: this message was never submitted"))
            .with_hint("see what waits with `mapi queue list`"));
    }
    let how = Waiting::of(store, &id)?;
    if output.is_machine() {
        let mut json = message.to_json();
        if let (Some(map), Some(_)) = (json.as_object_mut(), store.queued(&id).ok().flatten()) {
            let mut queue = Map::new();
            how.put_into(&mut queue);
            map.insert("queue".into(), Value::Object(queue));
        }
        return output.document(&json);
    }
    if message.recipients.is_empty() {
        return Err(Failure::new(ErrorCode::NO_ACCESS, "the spooler is at work on it just now")
            .with_hint("look again in a moment"));
    }
    output.text(&format!(
        "{}: {}\n",
        message.subject.as_deref().unwrap_or("(no subject)"),
        message.state.word()
    ))?;
    let lines = message.recipients.iter().map(|end| {
        let reply = end.reply.as_deref().map_or_else(String::new, |reply| format!(" ({reply})"));
        format!("  {}: {}{reply}\n", end.address, end.state.word())
    });
    output.text(&lines.collect::<String>())
}
