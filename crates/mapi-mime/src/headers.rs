//! The header fields of a message, each from its property, in the order they are written.
//!
//! People are in `originator.rs` and `recipients.rs`, the fields of other programs in
//! `internet_headers.rs`, identifiers in `message_id.rs`; how a field is written safely is in `fields.rs`.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1.3.

use crate::date::date_text;
use crate::fields::{Fields, LONGEST_WORD};
use crate::internet_headers::write_internet_headers;
use crate::loss::{Losses, Reason};
use crate::message_id;
use crate::originator::{write_from, write_receipts, write_reply_to};
use crate::recipients::write_recipients;
use crate::to_mime::Scope;
use encodify::base64;
use mapi_defs::lookup::KnownName;
use mapi_defs::names::PID_NAME_KEYWORDS;
use mapi_defs::prop::{PropTag, PropValue, tags};
use std::borrow::Cow;

/// Writes all fields of a message but those that describe its body.
pub(crate) fn message_fields(scope: &Scope<'_>, losses: &mut Losses) -> Fields {
    let mut fields = Fields::default();
    write_from(scope, &mut fields, losses);
    write_recipients(scope, &mut fields, losses);
    write_subject(scope, &mut fields, losses);
    write_date(scope, &mut fields);
    message_id::write_identifiers(scope, &mut fields, losses);
    write_reply_to(scope, &mut fields, losses);
    write_thread(scope, &mut fields, losses);
    write_grades(scope, &mut fields);
    write_receipts(scope, &mut fields, losses);
    write_moments(scope, &mut fields, losses);
    write_suppression(scope, &mut fields);
    write_text(scope, tags::PR_INTERNET_ORGANIZATION, "Organization", &mut fields, losses);
    write_keywords(scope, &mut fields, losses);
    write_lists(scope, &mut fields, losses);
    write_internet_headers(scope, &mut fields, losses);
    let mut fields = with_transport_headers(scope, fields, losses);
    fields.line("MIME-Version", "1.0");
    fields
}

fn write_subject(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let whole = scope.message.text(tags::PR_SUBJECT).map(without_prefix_length);
    let subject = whole.map(Cow::Borrowed).unwrap_or_else(|| {
        let part = |tag| scope.message.text(tag).unwrap_or_default();
        Cow::Owned([part(tags::PR_SUBJECT_PREFIX), part(tags::PR_NORMALIZED_SUBJECT)].concat())
    });
    if fields.text("Subject", &subject) {
        losses.note(&scope.place, tags::PR_SUBJECT, Reason::ControlCharacters);
    }
}

/// Store exports put U+0001 and the length of the prefix before the subject.
fn without_prefix_length(subject: &str) -> &str {
    match subject.strip_prefix('\u{1}') {
        Some(rest) => {
            let mut letters = rest.chars();
            letters.next();
            letters.as_str()
        }
        None => subject,
    }
}

fn write_date(scope: &Scope<'_>, fields: &mut Fields) {
    let time = |tag| scope.message.property(tag).and_then(PropValue::as_time).and_then(date_text);
    let date = time(tags::PR_CLIENT_SUBMIT_TIME)
        .or_else(|| time(tags::PR_MESSAGE_DELIVERY_TIME))
        .or_else(|| date_text(scope.options.now));
    if let Some(date) = date {
        fields.line("Date", &date);
    }
}

fn write_thread(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    write_text(scope, tags::PR_CONVERSATION_TOPIC, "Thread-Topic", fields, losses);
    let index = scope.message.property(tags::PR_CONVERSATION_INDEX).and_then(PropValue::as_binary);
    let index = index.filter(|index| !index.is_empty()).map(|index| base64::STANDARD.encode(index));
    match index {
        Some(index) if index.len() > LONGEST_WORD => {
            losses.note(&scope.place, tags::PR_CONVERSATION_INDEX, Reason::TooLong);
        }
        Some(index) => fields.tokens("Thread-Index", &[index.into()]),
        None => {}
    }
}

/// Importance, priority and sensitivity; the normal grade of each writes nothing.
fn write_grades(scope: &Scope<'_>, fields: &mut Fields) {
    // Many programs read X-Priority alone, others Importance alone.
    const GRADES: [(PropTag, i32, &str, &str); 9] = [
        (tags::PR_IMPORTANCE, 0, "Importance", "low"),
        (tags::PR_IMPORTANCE, 0, "X-Priority", "5"),
        (tags::PR_IMPORTANCE, 2, "Importance", "high"),
        (tags::PR_IMPORTANCE, 2, "X-Priority", "1"),
        (tags::PR_PRIORITY, -1, "Priority", "non-urgent"),
        (tags::PR_PRIORITY, 1, "Priority", "urgent"),
        (tags::PR_SENSITIVITY, 1, "Sensitivity", "Personal"),
        (tags::PR_SENSITIVITY, 2, "Sensitivity", "Private"),
        (tags::PR_SENSITIVITY, 3, "Sensitivity", "Company-Confidential"),
    ];
    for (tag, grade, name, value) in GRADES {
        if scope.message.property(tag).and_then(PropValue::as_long) == Some(grade) {
            fields.line(name, value);
        }
    }
}

fn write_moments(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    for (tag, name) in [
        (tags::PR_REPLY_TIME, "Reply-By"),
        (tags::PR_EXPIRY_TIME, "Expires"),
        (tags::PR_LATEST_DELIVERY_TIME, "Latest-Delivery-Time"),
    ] {
        let Some(value) = scope.message.property(tag) else { continue };
        match value.as_time().map(date_text) {
            Some(Some(date)) => fields.line(name, &date),
            // A moment that stands for none.
            Some(None) => {}
            None => losses.note(&scope.place, tag, Reason::Malformed),
        }
    }
}

/// Which answers of machines the sender does not want.
fn write_suppression(scope: &Scope<'_>, fields: &mut Fields) {
    const KINDS: [(i32, &str); 6] =
        [(1, "DR"), (2, "NDR"), (4, "RN"), (8, "NRN"), (16, "OOF"), (32, "AutoReply")];
    let bits =
        scope.message.property(tags::PR_AUTO_RESPONSE_SUPPRESS).and_then(PropValue::as_long).unwrap_or(0);
    let kinds: Vec<&str> = KINDS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, kind)| *kind).collect();
    match (bits, kinds.as_slice()) {
        (-1, _) => fields.line("X-Auto-Response-Suppress", "All"),
        (_, []) => {}
        (_, kinds) => fields.line("X-Auto-Response-Suppress", &kinds.join(", ")),
    }
}

fn write_text(scope: &Scope<'_>, tag: PropTag, name: &str, fields: &mut Fields, losses: &mut Losses) {
    if scope.message.text(tag).is_some_and(|text| fields.text(name, text)) {
        losses.note(&scope.place, tag, Reason::ControlCharacters);
    }
}

fn write_keywords(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    let is_keywords = |named: &_| KnownName::is(&PID_NAME_KEYWORDS, named);
    let Some(property) =
        scope.message.properties.iter().find(|held| held.named.as_ref().is_some_and(is_keywords))
    else {
        return;
    };
    let keywords = match &property.value {
        PropValue::MvUnicode(texts) | PropValue::MvString8(texts) => texts.join(", "),
        other => other.as_text().unwrap_or_default().to_owned(),
    };
    if fields.text("Keywords", &keywords) {
        losses.note_property(&scope.place, property, Reason::ControlCharacters);
    }
}

fn write_lists(scope: &Scope<'_>, fields: &mut Fields, losses: &mut Losses) {
    const LISTS: [(PropTag, &str); 3] = [
        (tags::PR_LIST_HELP, "List-Help"),
        (tags::PR_LIST_SUBSCRIBE, "List-Subscribe"),
        (tags::PR_LIST_UNSUBSCRIBE, "List-Unsubscribe"),
    ];
    for (tag, name) in LISTS {
        let value = scope.message.text(tag).filter(|text| !text.trim().is_empty());
        if let Some(Err(reason)) = value.map(|value| fields.structured(name, value)) {
            losses.note(&scope.place, tag, reason);
        }
    }
}

/// The fields with those of an earlier transport before them, where these were asked for.
fn with_transport_headers(scope: &Scope<'_>, fields: Fields, losses: &mut Losses) -> Fields {
    let held =
        scope.message.text(tags::PR_TRANSPORT_MESSAGE_HEADERS).is_some_and(|text| !text.trim().is_empty());
    if held && !scope.options.keep_transport_headers {
        losses.note(&scope.place, tags::PR_TRANSPORT_MESSAGE_HEADERS, Reason::TransportHeaders);
    }
    if !held || !scope.options.keep_transport_headers {
        return fields;
    }
    let mut all = scope.transport.repeated(&fields);
    all.append(fields);
    all
}
