//! `mapi ls [PATH]`: folders and messages.

use crate::cli::Global;
use crate::failure::Outcome;
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::moment;
use crate::output::Output;
use crate::place::{Place, find};
use mapi::object::{Folder, MsgStore, Object, Table};
use mapi_defs::EntryId;
use mapi_defs::flags::{MessageFlags, OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DISPLAY_NAME, PR_ENTRYID, PR_MESSAGE_DELIVERY_TIME,
    PR_MESSAGE_FLAGS, PR_MESSAGE_SIZE, PR_SENDER_NAME, PR_SENT_REPRESENTING_NAME, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_defs::sort::{Direction, SortOrder};
use serde_json::{Value, json};

const FOLDER_COLUMNS: [PropTag; 4] = [PR_ENTRYID, PR_DISPLAY_NAME, PR_CONTENT_COUNT, PR_CONTENT_UNREAD];
const MESSAGE_COLUMNS: [PropTag; 7] = [
    PR_ENTRYID,
    PR_SUBJECT,
    PR_SENT_REPRESENTING_NAME,
    PR_SENDER_NAME,
    PR_MESSAGE_DELIVERY_TIME,
    PR_MESSAGE_SIZE,
    PR_MESSAGE_FLAGS,
];
/// Rows asked of a table at once.
const PAGE_ROWS: i64 = 256;

/// Lists a folder, or one message.
pub(crate) fn ls(path: &str, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let mut rows = Vec::new();
    let mut take = |row: Value| {
        logged_on.interrupt.check()?;
        if output.jsonl {
            output.line(&row)
        } else {
            rows.push(row);
            Ok(())
        }
    };
    match find(&store, path)? {
        Place::Folder(folder, _) => list(&folder, &mut take)?,
        Place::Message(id, _) => take(one_message(&store, &id)?)?,
    }
    drop(store);
    if output.json {
        output.document(&Value::Array(rows))?;
    } else if !output.jsonl {
        output.text(&to_table(&rows))?;
    }
    logged_on.end_with_a_line(output)
}

fn list(folder: &Folder, take: &mut dyn FnMut(Value) -> Outcome) -> Outcome {
    let folders = folder.hierarchy_table(TableFlags::NONE)?;
    folders.set_columns(&FOLDER_COLUMNS)?;
    pages(&folders, &mut |row| take(folder_json(row)))?;
    let messages = folder.contents_table(TableFlags::NONE)?;
    messages.set_columns(&MESSAGE_COLUMNS)?;
    messages.sort(SortOrder::by(PR_MESSAGE_DELIVERY_TIME, Direction::Descending))?;
    pages(&messages, &mut |row| take(message_json(row)))
}

fn pages(table: &Table, take: &mut dyn FnMut(&Row) -> Outcome) -> Outcome {
    loop {
        let page = table.query_rows(PAGE_ROWS)?;
        if page.is_empty() {
            return Ok(());
        }
        page.iter().try_for_each(&mut *take)?;
    }
}

fn one_message(store: &MsgStore, id: &EntryId) -> Outcome<Value> {
    let props = store.open_message(id, OpenFlags::NONE)?.props(Some(&MESSAGE_COLUMNS))?;
    Ok(message_json(&Row { props }))
}

fn folder_json(row: &Row) -> Value {
    json!({
        "entry_id": entry_id(row),
        "kind": "folder",
        "name": row.text(PR_DISPLAY_NAME),
        "count": row.long(PR_CONTENT_COUNT),
        "unread": row.long(PR_CONTENT_UNREAD),
    })
}

/// A message as `ls` shows it.
pub(crate) fn message_json(row: &Row) -> Value {
    let from = row.text(PR_SENT_REPRESENTING_NAME).or_else(|| row.text(PR_SENDER_NAME));
    let received =
        row.value(PR_MESSAGE_DELIVERY_TIME).and_then(PropValue::as_time).and_then(moment::file_time);
    let flags = MessageFlags(row.long(PR_MESSAGE_FLAGS).unwrap_or(0).cast_unsigned());
    json!({
        "entry_id": entry_id(row),
        "kind": "message",
        "subject": row.text(PR_SUBJECT),
        "from": from,
        "received": received,
        "size": row.long(PR_MESSAGE_SIZE),
        "unread": !flags.contains(MessageFlags::READ),
    })
}

fn entry_id(row: &Row) -> Option<String> {
    row.binary(PR_ENTRYID).map(|bytes| EntryId::from_bytes(bytes).to_string())
}

fn to_table(rows: &[Value]) -> String {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let cells = |row: &Value| {
        if row["kind"] == "folder" {
            let unread = row["unread"]
                .as_i64()
                .filter(|unread| *unread > 0)
                .map_or_else(String::new, |unread| format!(", {unread} unread"));
            return vec![
                format!("{}/", word(&row["name"])),
                String::new(),
                String::new(),
                format!("{}{unread}", word(&row["count"])),
            ];
        }
        let mark = if row["unread"] == true { "* " } else { "" };
        let received = word(&row["received"]).chars().take(16).collect::<String>().replace('T', " ");
        vec![format!("{mark}{}", word(&row["subject"])), word(&row["from"]), received, word(&row["size"])]
    };
    listing(
        &["name", "from", "received (UTC)", "size"],
        &rows.iter().map(cells).collect::<Vec<_>>(),
        "nothing here",
    )
}
