//! `TransportHeaders`: the header of the message as an earlier transport received it
//! (PR_TRANSPORT_MESSAGE_HEADERS).
//!
//! It serves two ends: addresses that the message itself no longer has, and, on request, the fields that
//! nothing else carries. It never decides a field that a property decides.

use crate::address::internet_address;
use crate::fields::{Fields, is_field_name};
use mail_parser::{Address, MessageParser};
use std::cell::OnceCell;

/// The line that Exchange puts before the header.
const BANNER: &str = "Microsoft Mail Internet Headers";
/// Fields that belong to the old body or are not to be repeated, in lower case.
const NOT_REPEATED: [&str; 14] = [
    "bcc",
    "cc",
    "date",
    "disposition-notification-to",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "resent-bcc",
    "return-path",
    "sender",
    "subject",
    "to",
    "x-originator-bcc",
];

/// The header, parsed when first asked.
pub(crate) struct TransportHeaders<'a> {
    text: &'a str,
    people: OnceCell<Vec<(String, String)>>,
}

impl<'a> TransportHeaders<'a> {
    pub(crate) fn new(text: Option<&'a str>) -> Self {
        let text = text.unwrap_or_default().trim_start();
        let text = match text.split_once('\n') {
            Some((first, rest)) if first.starts_with(BANNER) => rest,
            _ => text,
        };
        Self { text, people: OnceCell::new() }
    }

    /// The address that somebody of this name had in From, Sender, To, Cc or Reply-To.
    pub(crate) fn address_of(&self, name: &str) -> Option<String> {
        let name = name.trim();
        if name.is_empty() || self.text.is_empty() {
            return None;
        }
        let people = self.people.get_or_init(|| people(self.text));
        let mut found = people.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, address) = found.next()?;
        // Two people of one name: neither is certain.
        found.all(|(_, other)| other.eq_ignore_ascii_case(address)).then(|| address.clone())
    }

    /// The fields that `written` lacks and that may be repeated, in their order.
    pub(crate) fn repeated(&self, written: &Fields) -> Fields {
        let mut repeated = Fields::default();
        for (name, value) in unfolded(self.text) {
            let lower = name.to_ascii_lowercase();
            let belongs_to_body = lower.starts_with("content-");
            if belongs_to_body || NOT_REPEATED.contains(&lower.as_str()) || written.has(name) {
                continue;
            }
            // The value is as it was on the wire: its encoded words are not to be encoded again.
            if repeated.structured(name, &value).is_err() {
                repeated.unknown(name, &value);
            }
        }
        repeated
    }
}

fn people(text: &str) -> Vec<(String, String)> {
    let Some(message) = MessageParser::default().parse_headers(text.as_bytes()) else { return Vec::new() };
    let fields = [message.from(), message.sender(), message.to(), message.cc(), message.reply_to()];
    let person = |address: &mail_parser::Addr<'_>| {
        let name = address.name.as_deref()?.trim().to_owned();
        Some((name, internet_address(address.address.as_deref()?)?))
    };
    fields.into_iter().flatten().flat_map(Address::iter).filter_map(person).collect()
}

/// Name and unfolded value of each field; lines that are no field are passed over.
fn unfolded(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let name = name.trim_end();
            if is_field_name(name) {
                fields.push((name, value.trim().to_owned()));
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Microsoft Mail Internet Headers Version 2.0\r\n\
        Received: from a.example\r\n\tby b.example; Fri, 20 Nov 2026 14:02:01 +0000\r\n\
        From: \"Lee, Ann\" <ann@example.org>\r\nTo: =?utf-8?Q?J=C3=B6rg?= <joerg@example.org>\r\n\
        BCC: eve@example.org\r\nno field here\r\nContent-Type: text/plain\r\nX-Spam: =?utf-8?Q?no?=\r\n";

    #[test]
    fn people_are_found_by_name() {
        let headers = TransportHeaders::new(Some(HEADER));
        assert_eq!(headers.address_of("lee, ann").as_deref(), Some("ann@example.org"));
        assert_eq!(headers.address_of("J\u{f6}rg").as_deref(), Some("joerg@example.org"));
        assert_eq!(headers.address_of("Eve"), None);
        let two = TransportHeaders::new(Some("From: Ann <a@example.org>\r\nTo: Ann <b@example.org>\r\n"));
        assert_eq!(two.address_of("Ann"), None);
        assert_eq!(TransportHeaders::new(None).address_of("Ann"), None);
    }

    #[test]
    fn only_harmless_fields_are_repeated() {
        let repeated = TransportHeaders::new(Some(HEADER)).repeated(&Fields::default());
        assert_eq!(
            str::from_utf8(repeated.as_bytes()).unwrap(),
            "Received: from a.example by b.example; Fri, 20 Nov 2026 14:02:01 +0000\r\n\
             X-Spam: =?utf-8?Q?no?=\r\n"
        );
    }
}
