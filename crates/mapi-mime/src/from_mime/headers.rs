//! The properties that the header of a message gives, field by field.
//!
//! The forms of people are in `people.rs`; fields about the body are read in `described.rs`.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.2.3.1 (addresses), 2.2.3.2 (other fields).

use crate::from_mime::fields::fields;
use crate::from_mime::limits::{Budget, MAX_NAMED_FIELDS, MAX_RECIPIENTS, too_big};
use crate::from_mime::options::FromOptions;
use crate::from_mime::people::{self, REPRESENTING, SENDER};
use crate::from_mime::values::{self, Person};
use encodify::base64;
use mapi_defs::names::PID_NAME_KEYWORDS;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::{NamedProp, PropTag, PropValue, tags};
use mapi_defs::recipient::RecipientType;
use mapi_defs::{Result, guids};
use std::collections::{BTreeMap, BTreeSet};

/// MSGFLAG_UNSENT.
const UNSENT: i32 = 8;
/// A prefix of a subject has at most so many letters.
const MAX_PREFIX_LETTERS: usize = 3;

/// Fields that count once, in lower case; the first of a name counts.
const SINGLE: [&str; 29] = [
    "date",
    "disposition-notification-to",
    "expires",
    "expiry-date",
    "from",
    "importance",
    "in-reply-to",
    "latest-delivery-time",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "message-id",
    "organization",
    "priority",
    "received",
    "references",
    "reply-by",
    "reply-to",
    "return-path",
    "return-receipt-to",
    "sender",
    "sensitivity",
    "subject",
    "thread-index",
    "thread-topic",
    "x-auto-response-suppress",
    "x-msmail-priority",
    "x-priority",
    "x-unsent",
];

/// Fields without `X-` that programs look for as named properties, in lower case.
const NAMED: [&str; 8] = [
    "accept-language",
    "auto-submitted",
    "content-class",
    "list-archive",
    "list-id",
    "list-owner",
    "list-post",
    "precedence",
];

/// The fields of one header that become properties.
#[derive(Default)]
struct Head<'x> {
    single: BTreeMap<&'static str, &'x [u8]>,
    recipients: Vec<(RecipientType, &'x [u8])>,
    keywords: Vec<&'x [u8]>,
    named: Vec<(String, &'x [u8])>,
    seen: BTreeSet<String>,
}

impl<'x> Head<'x> {
    fn read(header: &'x [u8]) -> Self {
        let mut head = Self::default();
        for field in fields(header) {
            head.take(field.name.to_ascii_lowercase(), field.value);
        }
        head
    }

    fn take(&mut self, name: String, value: &'x [u8]) {
        if value.trim_ascii().is_empty() {
            return;
        }
        match name.as_str() {
            "to" => self.recipients.push((RecipientType::To, value)),
            "cc" => self.recipients.push((RecipientType::Cc, value)),
            "bcc" => self.recipients.push((RecipientType::Bcc, value)),
            "keywords" => self.keywords.push(value),
            _ => {
                if let Some(known) = SINGLE.iter().find(|known| **known == name) {
                    self.single.entry(known).or_insert(value);
                } else if (name.starts_with("x-") || NAMED.contains(&name.as_str()))
                    && self.named.len() < MAX_NAMED_FIELDS
                    && self.seen.insert(name.clone())
                {
                    self.named.push((name, value));
                }
            }
        }
    }

    fn get(&self, name: &str) -> Option<&'x [u8]> {
        self.single.get(name).copied()
    }
}

/// Fills a message with what its header says.
pub(crate) fn read_header(
    header: &[u8],
    options: &FromOptions,
    message: &mut MessageObject,
    budget: &mut Budget,
) -> Result<()> {
    let head = Head::read(header);
    let reader = Reader { head: &head, options };
    let mut properties = Vec::new();
    reader.write_authors(&mut properties, budget)?;
    reader.write_subject(&mut properties);
    reader.write_moments(&mut properties);
    reader.write_identifiers(&mut properties);
    reader.write_grades(&mut properties);
    reader.write_receipts(&mut properties, budget)?;
    reader.write_texts(&mut properties);
    reader.write_named(&mut properties);
    let transport = values::octets_text(header, options.code_page).replace('\0', "");
    if !transport.is_empty() {
        properties.push(Property::new(tags::PR_TRANSPORT_MESSAGE_HEADERS, transport));
    }
    budget.properties(&properties)?;
    message.properties.extend(properties);
    message.recipients = reader.recipients(budget)?;
    Ok(())
}

struct Reader<'h, 'x> {
    head: &'h Head<'x>,
    options: &'h FromOptions,
}

impl Reader<'_, '_> {
    fn text(&self, name: &str) -> String {
        self.head.get(name).map(|value| values::text(value, self.options.code_page)).unwrap_or_default()
    }

    /// A value in lower case without its comment.
    fn word(&self, name: &str) -> String {
        let text = self.text(name).to_ascii_lowercase();
        text.split('(').next().unwrap_or_default().trim().to_owned()
    }

    fn people(&self, name: &str, budget: &Budget) -> Result<Vec<Person>> {
        let Some(value) = self.head.get(name) else { return Ok(Vec::new()) };
        budget.people(values::people_count(value))?;
        Ok(values::people(value, self.options.code_page))
    }

    /// The first of several authors counts; who is named by one field alone is both.
    fn write_authors(&self, properties: &mut Vec<Property>, budget: &Budget) -> Result<()> {
        let from = self.people("from", budget)?.into_iter().next();
        let sender = self.people("sender", budget)?.into_iter().next();
        if let Some(author) = from.as_ref().or(sender.as_ref()) {
            properties.extend(REPRESENTING.properties(author));
        }
        if let Some(sender) = sender.as_ref().or(from.as_ref()) {
            properties.extend(SENDER.properties(sender));
        }
        properties.extend(people::reply_to(&self.people("reply-to", budget)?));
        Ok(())
    }

    fn recipients(&self, budget: &mut Budget) -> Result<Vec<Vec<Property>>> {
        let mut rows = Vec::new();
        for (kind, value) in &self.head.recipients {
            budget.people(values::people_count(value))?;
            for person in values::people(value, self.options.code_page) {
                rows.push(people::recipient(rows.len(), *kind, &person, budget)?);
            }
            if rows.len() > MAX_RECIPIENTS {
                return Err(too_big(format!("more than {MAX_RECIPIENTS} recipients")));
            }
        }
        Ok(rows)
    }

    fn write_subject(&self, properties: &mut Vec<Property>) {
        let subject = self.text("subject");
        let (prefix, rest) = split_subject(&subject);
        let topic = self.text("thread-topic");
        let topic = if topic.is_empty() { rest } else { &topic };
        for (tag, text) in [
            (tags::PR_SUBJECT, subject.as_str()),
            (tags::PR_SUBJECT_PREFIX, prefix),
            (tags::PR_NORMALIZED_SUBJECT, rest),
            (tags::PR_CONVERSATION_TOPIC, topic),
        ] {
            push_text(properties, tag, text);
        }
        let index = self.text("thread-index");
        let index: String = index.chars().filter(|letter| !letter.is_whitespace()).collect();
        match base64::STANDARD.decode(&index) {
            Ok(index) if !index.is_empty() => {
                properties.push(Property::new(tags::PR_CONVERSATION_INDEX, index));
            }
            _ => {}
        }
    }

    fn write_moments(&self, properties: &mut Vec<Property>) {
        let moment = |name: &str| self.head.get(name).and_then(values::moment);
        let submitted = moment("date").unwrap_or(self.options.now);
        properties.push(Property::new(tags::PR_CLIENT_SUBMIT_TIME, submitted));
        // Each host puts its Received before the others, its moment last.
        let received = self.head.get("received").and_then(|value| value.rsplit(|byte| *byte == b';').next());
        let delivered = self.options.delivered.or_else(|| received.and_then(values::moment));
        for (tag, moment) in [
            (tags::PR_MESSAGE_DELIVERY_TIME, delivered),
            (tags::PR_REPLY_TIME, moment("reply-by")),
            (tags::PR_EXPIRY_TIME, moment("expires").or_else(|| moment("expiry-date"))),
            (tags::PR_LATEST_DELIVERY_TIME, moment("latest-delivery-time")),
        ] {
            properties.extend(moment.map(|moment| Property::new(tag, moment)));
        }
    }

    /// Identifiers keep their brackets.
    fn write_identifiers(&self, properties: &mut Vec<Property>) {
        for (tag, name) in [
            (tags::PR_INTERNET_MESSAGE_ID, "message-id"),
            (tags::PR_IN_REPLY_TO_ID, "in-reply-to"),
            (tags::PR_INTERNET_REFERENCES, "references"),
            (tags::PR_INTERNET_RETURN_PATH, "return-path"),
        ] {
            let value = self.head.get(name).map(|value| values::line(value, self.options.code_page));
            push_text(properties, tag, &value.unwrap_or_default());
        }
    }

    /// Importance counts before X-Priority, X-MSMail-Priority and Priority.
    fn write_grades(&self, properties: &mut Vec<Property>) {
        let priority = match self.word("priority").as_str() {
            "urgent" => Some(1),
            "non-urgent" => Some(-1),
            "normal" => Some(0),
            _ => None,
        };
        let named = |name: &str| match self.word(name).as_str() {
            "low" => Some(0),
            "normal" => Some(1),
            "high" => Some(2),
            _ => None,
        };
        let counted = match self.word("x-priority").bytes().next() {
            Some(b'1' | b'2') => Some(2),
            Some(b'3') => Some(1),
            Some(b'4' | b'5') => Some(0),
            _ => None,
        };
        let importance = named("importance")
            .or(counted)
            .or_else(|| named("x-msmail-priority"))
            .or_else(|| priority.map(|priority: i32| priority.saturating_add(1)));
        let sensitivity = match self.word("sensitivity").as_str() {
            "personal" => 1,
            "private" => 2,
            "company-confidential" => 3,
            _ => 0,
        };
        properties.extend([
            Property::new(tags::PR_IMPORTANCE, importance.unwrap_or(1)),
            Property::new(tags::PR_PRIORITY, priority.unwrap_or(0)),
            Property::new(tags::PR_SENSITIVITY, sensitivity),
            Property::new(tags::PR_MESSAGE_FLAGS, if self.word("x-unsent") == "1" { UNSENT } else { 0 }),
        ]);
    }

    fn write_receipts(&self, properties: &mut Vec<Property>, budget: &Budget) -> Result<()> {
        let asker = self
            .people("disposition-notification-to", budget)?
            .into_iter()
            .find(|asker| !asker.address.is_empty());
        properties.extend(asker.iter().flat_map(people::read_receipt));
        if !self.people("return-receipt-to", budget)?.is_empty() {
            properties.push(Property::new(tags::PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true));
        }
        const KINDS: [(&str, i32); 6] =
            [("dr", 1), ("ndr", 2), ("rn", 4), ("nrn", 8), ("oof", 16), ("autoreply", 32)];
        let suppressed = self.word("x-auto-response-suppress");
        let bit = |kind: &str| match kind.trim() {
            "all" => -1,
            kind => KINDS.iter().find(|(known, _)| *known == kind).map_or(0, |(_, bit)| *bit),
        };
        let bits = suppressed.split(',').map(bit).fold(0, |bits, bit| bits | bit);
        if bits != 0 {
            properties.push(Property::new(tags::PR_AUTO_RESPONSE_SUPPRESS, bits));
        }
        Ok(())
    }

    fn write_texts(&self, properties: &mut Vec<Property>) {
        push_text(properties, tags::PR_INTERNET_ORGANIZATION, &self.text("organization"));
        for (tag, name) in [
            (tags::PR_LIST_HELP, "list-help"),
            (tags::PR_LIST_SUBSCRIBE, "list-subscribe"),
            (tags::PR_LIST_UNSUBSCRIBE, "list-unsubscribe"),
        ] {
            let value = self.head.get(name).map(|value| values::line(value, self.options.code_page));
            push_text(properties, tag, &value.unwrap_or_default());
        }
    }

    /// Keywords, and the fields that have no property of their own.
    fn write_named(&self, properties: &mut Vec<Property>) {
        let keywords =
            self.head.keywords.iter().flat_map(|value| values::list(value, self.options.code_page));
        let keywords: Vec<String> = keywords.collect();
        if !keywords.is_empty() {
            properties.push(Property::named(PID_NAME_KEYWORDS.named(), PropValue::MvUnicode(keywords)));
        }
        for (name, value) in &self.head.named {
            let text = values::text(value, self.options.code_page);
            if !text.is_empty() {
                properties
                    .push(Property::named(NamedProp::text(guids::PS_INTERNET_HEADERS, name.as_str()), text));
            }
        }
    }
}

fn push_text(properties: &mut Vec<Property>, tag: PropTag, text: &str) {
    if !text.is_empty() {
        properties.push(Property::new(tag, text));
    }
}

/// The prefix of a subject (`Re: `), and the rest.
fn split_subject(subject: &str) -> (&str, &str) {
    let Some((letters, rest)) = subject.split_once(": ") else { return ("", subject) };
    let count = letters.chars().count();
    let is_prefix = (1..=MAX_PREFIX_LETTERS).contains(&count) && letters.chars().all(char::is_alphabetic);
    if is_prefix { subject.split_at(subject.len().saturating_sub(rest.len())) } else { ("", subject) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_three_letters_are_a_prefix() {
        for (subject, prefix) in [
            ("Re: x", "Re: "),
            ("\u{53c2}\u{7167}: x", "\u{53c2}\u{7167}: "),
            ("Note: x", ""),
            ("R2: x", ""),
            (": x", ""),
            ("Re:x", ""),
        ] {
            assert_eq!(split_subject(subject).0, prefix, "{subject}");
        }
    }
}
