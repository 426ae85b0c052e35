//! `mapi attachments FILE [-o DIR]`: what is attached, listed or saved.

use crate::failure::Outcome;
use crate::input::Inputs;
use crate::listing::listing;
use crate::output::Output;
use crate::target::Folder;
use mapi_defs::prop::tags::{
    PR_ATTACH_FILENAME, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD, PR_ATTACH_MIME_TAG, PR_DISPLAY_NAME,
    PR_SUBJECT,
};
use mapi_msg::{Attachment, Message};
use mapi_spi::attachment::method;
use mapi_spi::message::Message as IMessage;
use serde_json::{Value, json};
use std::path::Path;

/// One attachment as it is listed.
struct Row {
    number: u32,
    name: String,
    kind: &'static str,
    mime: Option<String>,
    bytes: Option<u64>,
    path: Option<String>,
    reason: Option<String>,
}

/// Lists the attachments of a file, and saves them where a folder is named.
pub(crate) fn attachments(file: &Path, folder: Option<&Path>, force: bool, output: Output) -> Outcome {
    let inputs = Inputs::open();
    let handle = inputs.message(file)?;
    let mut target = folder.map(|path| Folder::create(path, force)).transpose()?;
    let rows = rows(&*handle.live()?, &mut target)?;
    drop(handle);
    print(&rows, target.is_some(), output)?;
    output.session_end(&inputs.end());
    Ok(())
}

fn rows(message: &dyn IMessage, target: &mut Option<Folder>) -> Outcome<Vec<Row>> {
    let Some(message) = message.as_any().downcast_ref::<Message>() else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for attachment in message.attachments() {
        let mut row = describe(&attachment)?;
        if let Some(target) = target {
            save(&attachment, &mut row, target)?;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn print(rows: &[Row], saved: bool, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&json!(rows.iter().map(to_json).collect::<Vec<_>>()));
    }
    for row in rows {
        if let Some(reason) = &row.reason {
            output.say(&format!("{}: {reason}", row.name));
        }
    }
    output.text(&to_table(rows, saved))
}

fn describe(attachment: &Attachment) -> Outcome<Row> {
    let props = attachment.properties();
    let kind = match props.long(PR_ATTACH_METHOD) {
        _ if attachment.is_message() => "message",
        Some(method::OLE) => "ole",
        Some(method::BY_REFERENCE | method::BY_REF_RESOLVE | method::BY_REF_ONLY) => "reference",
        Some(method::BY_WEB_REFERENCE) => "web",
        _ => "file",
    };
    let bytes =
        if kind == "file" { attachment.data()?.map_or(Some(0), |data| Some(data.len())) } else { None };
    Ok(Row {
        number: attachment.number(),
        name: name_of(attachment)?,
        kind,
        mime: props.text(PR_ATTACH_MIME_TAG).map(str::to_owned),
        bytes,
        path: None,
        reason: None,
    })
}

/// The long name, else the short one, else the display name; an embedded message's subject.
fn name_of(attachment: &Attachment) -> Outcome<String> {
    let props = attachment.properties();
    let named = |tag| props.text(tag).filter(|name| !name.is_empty()).map(str::to_owned);
    if attachment.is_message() {
        let subject = attachment
            .message()?
            .and_then(|message| message.properties().text(PR_SUBJECT).map(str::to_owned));
        let name = subject.filter(|subject| !subject.is_empty()).or_else(|| named(PR_DISPLAY_NAME));
        return Ok(format!("{}.msg", name.unwrap_or_else(|| "message".to_owned())));
    }
    let name = named(PR_ATTACH_LONG_FILENAME)
        .or_else(|| named(PR_ATTACH_FILENAME))
        .or_else(|| named(PR_DISPLAY_NAME));
    Ok(name.unwrap_or_else(|| format!("attachment-{}", attachment.number())))
}

fn save(attachment: &Attachment, row: &mut Row, target: &mut Folder) -> Outcome {
    let fallback = format!("attachment-{}", row.number);
    let path = match row.kind {
        "file" => match attachment.data()? {
            Some(mut data) => target.write(&row.name, &fallback, &mut data)?,
            None => target.write(&row.name, &fallback, &mut std::io::empty())?,
        },
        "message" => {
            let Some(message) = attachment.message()? else {
                row.reason = Some("there is no message in it".into());
                return Ok(());
            };
            let object = message.to_object(&mapi_msg::ObjectLimits::default())?;
            let bytes = mapi_msg::write_message(&object, &mapi_msg::WriteOptions::default())?;
            target.write(&row.name, &fallback, &mut bytes.as_slice())?
        }
        "ole" => {
            row.reason = Some("an OLE object is kept by `convert --to msg`, it is no file of its own".into());
            return Ok(());
        }
        _ => {
            row.reason = Some("only a link is attached; links are never followed".into());
            return Ok(());
        }
    };
    row.path = Some(path.display().to_string());
    Ok(())
}

fn to_json(row: &Row) -> Value {
    json!({
        "number": row.number, "name": row.name, "kind": row.kind, "mime": row.mime, "size": row.bytes,
        "path": row.path, "reason": row.reason,
    })
}

fn to_table(rows: &[Row], saved: bool) -> String {
    let mut head = vec!["#", "name", "kind", "bytes"];
    head.extend(saved.then_some("saved as"));
    let cells = |row: &Row| {
        let bytes = row.bytes.map_or_else(String::new, |bytes| bytes.to_string());
        let mut cells = vec![row.number.to_string(), row.name.clone(), row.kind.to_owned(), bytes];
        cells.extend(saved.then(|| row.path.clone().unwrap_or_else(|| "-".to_owned())));
        cells
    };
    listing(&head, &rows.iter().map(cells).collect::<Vec<_>>(), "no attachments")
}
