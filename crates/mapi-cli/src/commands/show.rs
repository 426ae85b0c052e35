//! `mapi show FILE`: headers, best body as text, attachments.

use crate::failure::Outcome;
use crate::input::Inputs;
use crate::moment;
use crate::output::Output;
use crate::readable::readable;
use mapi_defs::object::{AttachmentObject, MessageObject, find};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_ATTACH_FILENAME, PR_ATTACH_LONG_FILENAME, PR_CLIENT_SUBMIT_TIME, PR_DISPLAY_NAME,
    PR_EMAIL_ADDRESS, PR_MESSAGE_CLASS, PR_MESSAGE_DELIVERY_TIME, PR_RECIPIENT_TYPE, PR_SENDER_EMAIL_ADDRESS,
    PR_SENDER_NAME, PR_SENDER_SMTP_ADDRESS, PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_NAME,
    PR_SENT_REPRESENTING_SMTP_ADDRESS, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::RecipientType;
use serde_json::{Value, json};
use std::path::Path;

/// Shows a file.
pub(crate) fn show(file: &Path, output: Output) -> Outcome {
    let inputs = Inputs::open();
    print(&inputs.read(file)?.message, output)?;
    output.session_end(&inputs.end());
    Ok(())
}

/// Shows a message.
pub(crate) fn print(message: &MessageObject, output: Output) -> Outcome {
    if output.is_machine() { output.document(&to_json(message)) } else { output.text(&to_text(message)) }
}

fn to_json(message: &MessageObject) -> Value {
    let body = readable(message);
    json!({
        "class": message.text(PR_MESSAGE_CLASS),
        "subject": message.text(PR_SUBJECT),
        "from": sender(message),
        "to": names(message, RecipientType::To),
        "cc": names(message, RecipientType::Cc),
        "bcc": names(message, RecipientType::Bcc),
        "date": date(message).and_then(moment::file_time),
        "body": body.text,
        "html": body.html.is_some(),
        "attachments": message.attachments.iter().map(attachment_json).collect::<Vec<_>>(),
    })
}

fn attachment_json(attachment: &AttachmentObject) -> Value {
    json!({
        "number": attachment.number,
        "name": attachment_name(attachment),
        "message": attachment.message.is_some(),
        "size": attachment_bytes(attachment),
    })
}

fn to_text(message: &MessageObject) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("{name:<10}{}\n", one_line(&value)));
        }
    };
    line("From:", sender(message));
    line("To:", Some(names(message, RecipientType::To).join("; ")));
    line("Cc:", Some(names(message, RecipientType::Cc).join("; ")));
    line("Bcc:", Some(names(message, RecipientType::Bcc).join("; ")));
    line("Date:", date(message).map(moment::for_people));
    line("Subject:", message.text(PR_SUBJECT).map(str::to_owned));
    line("Class:", message.text(PR_MESSAGE_CLASS).filter(|class| *class != "IPM.Note").map(str::to_owned));
    for attachment in &message.attachments {
        let size = attachment_bytes(attachment).map_or_else(String::new, |bytes| format!(" ({bytes} bytes)"));
        line("Attached:", Some(format!("{}{size}", attachment_name(attachment))));
    }
    match readable(message).text {
        Some(body) => format!("{text}\n{}\n", body.replace("\r\n", "\n").trim_end()),
        None => text,
    }
}

/// A header value cannot bring a line of its own.
fn one_line(value: &str) -> String {
    value.split(['\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn sender(message: &MessageObject) -> Option<String> {
    let text = |tag: PropTag| message.text(tag).filter(|text| !text.is_empty());
    let name = text(PR_SENT_REPRESENTING_NAME).or_else(|| text(PR_SENDER_NAME));
    let address = text(PR_SENT_REPRESENTING_SMTP_ADDRESS)
        .or_else(|| text(PR_SENDER_SMTP_ADDRESS))
        .or_else(|| text(PR_SENT_REPRESENTING_EMAIL_ADDRESS))
        .or_else(|| text(PR_SENDER_EMAIL_ADDRESS));
    named(name, address)
}

fn names(message: &MessageObject, kind: RecipientType) -> Vec<String> {
    let is_kind = |row: &&Vec<_>| {
        let value =
            find(row, PR_RECIPIENT_TYPE).and_then(PropValue::as_long).unwrap_or(RecipientType::To.value());
        RecipientType::from_value(value) == kind
    };
    let name = |row: &Vec<_>| {
        let text = |tag: PropTag| find(row, tag).and_then(PropValue::as_text).filter(|text| !text.is_empty());
        named(text(PR_DISPLAY_NAME), text(PR_SMTP_ADDRESS).or_else(|| text(PR_EMAIL_ADDRESS)))
            .unwrap_or_default()
    };
    message.recipients.iter().filter(is_kind).map(name).collect()
}

fn named(name: Option<&str>, address: Option<&str>) -> Option<String> {
    match (name, address) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address).map(str::to_owned),
    }
}

fn date(message: &MessageObject) -> Option<mapi_defs::FileTime> {
    let time = |tag| message.property(tag).and_then(PropValue::as_time);
    time(PR_CLIENT_SUBMIT_TIME).or_else(|| time(PR_MESSAGE_DELIVERY_TIME))
}

fn attachment_name(attachment: &AttachmentObject) -> String {
    let text = |tag| attachment.property(tag).and_then(PropValue::as_text).filter(|text| !text.is_empty());
    let subject = attachment.message.as_ref().and_then(|message| message.text(PR_SUBJECT));
    let name =
        text(PR_ATTACH_LONG_FILENAME).or_else(|| text(PR_ATTACH_FILENAME)).or_else(|| text(PR_DISPLAY_NAME));
    name.or(subject).map_or_else(|| format!("attachment-{}", attachment.number), str::to_owned)
}

fn attachment_bytes(attachment: &AttachmentObject) -> Option<usize> {
    attachment.property(PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary).map(<[u8]>::len)
}
