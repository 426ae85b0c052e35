//! `mapi queue list|show`: what waits to be sent. Looking does not send.

use super::ls::message_json;
use crate::cli::{Global, Queue};
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::outgoing::outgoing;
use crate::output::Output;
use crate::place::entry_id;
use mapi::object::{Folder, MsgStore};
use mapi_defs::flags::{MessageFlags, OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_CLIENT_SUBMIT_TIME, PR_DISPLAY_TO, PR_ENTRYID, PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::restriction::Restriction;
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, FileTime};
use serde_json::{Value, json};

const COLUMNS: [PropTag; 6] =
    [PR_ENTRYID, PR_SUBJECT, PR_DISPLAY_TO, PR_CLIENT_SUBMIT_TIME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS];

/// Runs one of the verbs.
pub(crate) fn queue(verb: &Queue, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    match verb {
        Queue::List => list(&store, output)?,
        Queue::Show { entry_id } => show(&store, entry_id, output)?,
    }
    drop(store);
    logged_on.end_with_a_line(output)
}

fn list(store: &MsgStore, output: Output) -> Outcome {
    let rows = queued(store)?;
    if output.is_machine() {
        return output.document(&Value::Array(rows.iter().map(to_json).collect()));
    }
    let cells = |row: &Row| {
        let submitted =
            row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).map(crate::moment::for_people);
        vec![
            row.text(PR_SUBJECT).unwrap_or_default().to_owned(),
            row.text(PR_DISPLAY_TO).unwrap_or_default().to_owned(),
            submitted.unwrap_or_default(),
            row.long(PR_MESSAGE_SIZE).unwrap_or(0).to_string(),
        ]
    };
    let cells: Vec<_> = rows.iter().map(cells).collect();
    output.text(&listing(&["subject", "to", "submitted", "bytes"], &cells, "nothing waits"))
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

fn to_json(row: &Row) -> Value {
    let mut json = message_json(row);
    let submitted =
        row.value(PR_CLIENT_SUBMIT_TIME).and_then(PropValue::as_time).and_then(crate::moment::file_time);
    if let Some(map) = json.as_object_mut() {
        map.insert("to".into(), json!(row.text(PR_DISPLAY_TO)));
        map.insert("submitted".into(), json!(submitted));
    }
    json
}

fn show(store: &MsgStore, text: &str, output: Output) -> Outcome {
    let wrong = || Failure::usage(format!("{text:?} is no entry identifier; see `mapi queue list --json`"));
    let id: EntryId = entry_id(text).ok_or_else(wrong)?;
    let message = outgoing(store, &id)?;
    if !message.was_submitted {
        return Err(Failure::new(ErrorCode::NOT_FOUND, format!("{text}: this message was never submitted"))
            .with_hint("see what waits with `mapi queue list`"));
    }
    if output.is_machine() {
        return output.document(&message.to_json());
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
