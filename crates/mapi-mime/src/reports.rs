//! MAPI's reports as multipart/report: the text for people, the part for programs, then the original. The reader
//! is `from_mime/reports.rs`.
//!
//! A report that came as mail still has its part for programs as a file, which is then written as it came.
//!
//! # Source
//! RFC 6522, RFC 3464 (delivery status), RFC 8098 (disposition).

use crate::address::{Known, Mailbox};
use crate::attachments::Parts;
use crate::body::Texts;
use crate::date::date_text;
use crate::encoding::Encoding;
use crate::entity::{Body, Entity, Kind};
use crate::fields::Fields;
use crate::originator::author;
use crate::to_mime::{Scope, shown};
use mapi_defs::object::{Property, find};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_defs::recipient::P1;
use std::borrow::Cow;

/// What a report says, by the last part of its class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Report {
    NotDelivered,
    Delivered,
    Read,
    NotRead,
}

impl Report {
    /// The report that a message is; `None` where it is none.
    pub(crate) fn of(scope: &Scope<'_>) -> Option<Self> {
        let class = scope.message.text(tags::PR_MESSAGE_CLASS)?.trim().to_ascii_uppercase();
        let (_, kind) = class.strip_prefix("REPORT.")?.rsplit_once('.')?;
        match kind {
            "NDR" => Some(Self::NotDelivered),
            "DR" => Some(Self::Delivered),
            "IPNRN" => Some(Self::Read),
            "IPNNRN" => Some(Self::NotRead),
            _ => None,
        }
    }

    /// The class as the reader gives it, which alone is carried.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::NotDelivered => "REPORT.IPM.NOTE.NDR",
            Self::Delivered => "REPORT.IPM.NOTE.DR",
            Self::Read => "REPORT.IPM.NOTE.IPNRN",
            Self::NotRead => "REPORT.IPM.NOTE.IPNNRN",
        }
    }

    /// True where it is about a delivery: then its recipients are those whom it is about.
    pub(crate) fn is_of_delivery(self) -> bool {
        matches!(self, Self::NotDelivered | Self::Delivered)
    }

    /// The media type of the part for programs.
    fn media_type(self) -> &'static str {
        match self.is_of_delivery() {
            true => "message/delivery-status",
            false => "message/disposition-notification",
        }
    }

    /// The type that may be encoded (RFC 6533), of a file that is a part for programs of such a report.
    pub(crate) fn status_type(self, media_type: &str) -> Option<&'static str> {
        let encoded = match self.is_of_delivery() {
            true => "message/global-delivery-status",
            false => "message/global-disposition-notification",
        };
        let known = [self.media_type(), encoded];
        known.iter().any(|known| media_type.trim().eq_ignore_ascii_case(known)).then_some(encoded)
    }

    /// Puts the parts together.
    pub(crate) fn entity<'a>(self, scope: &Scope<'a>, texts: Texts<'a>, parts: Parts<'a>) -> Entity<'a> {
        let Texts { plain, html } = texts;
        let Parts { related, mixed, status } = parts;
        let text = shown(plain, html, related, Vec::new());
        let status = status.unwrap_or_else(|| self.status(scope));
        let all = [text, status].into_iter().chain(mixed);
        let kind = if self.is_of_delivery() { Kind::DeliveryReport } else { Kind::DispositionReport };
        Entity::multipart(kind, all.collect())
    }

    /// The part for programs.
    fn status<'a>(self, scope: &Scope<'a>) -> Entity<'a> {
        let mut fields = Fields::default();
        fields.line("Content-Type", self.media_type());
        let octets = if self.is_of_delivery() { self.deliveries(scope) } else { self.disposition(scope) };
        Entity { fields, body: Body::Octets(Cow::Owned(octets), Encoding::SevenBit) }
    }

    /// A group about the message, then one about each recipient.
    fn deliveries(self, scope: &Scope<'_>) -> Vec<u8> {
        let mut whole = Fields::default();
        let server = format!("dns; {}", scope.options.domain);
        // A domain was checked with the options.
        whole.structured("Reporting-MTA", &server).ok();
        write_moment(scope.message.property(tags::PR_ORIGINAL_SUBMIT_TIME), "Arrival-Date", &mut whole);
        let mut octets = whole.as_bytes().to_vec();
        for row in scope.message.recipients.iter().filter(|row| !is_addressee(row)) {
            let Some(address) = mailbox(scope, row).address else { continue };
            let mut group = Fields::default();
            if write_recipient(&mut group, &address) {
                self.write_fate(row, &mut group);
                octets.extend_from_slice(b"\r\n");
                octets.extend_from_slice(group.as_bytes());
            }
        }
        octets
    }

    fn write_fate(self, row: &[Property], group: &mut Fields) {
        let is_failure = self == Self::NotDelivered;
        group.line("Action", if is_failure { "failed" } else { "delivered" });
        let diagnostic = find(row, tags::PR_NDR_DIAG_CODE).and_then(PropValue::as_long);
        group.line("Status", if is_failure { status_of(diagnostic) } else { "2.0.0" });
        let said = [tags::PR_SUPPLEMENTARY_INFO, tags::PR_REPORT_TEXT];
        let said = said.iter().find_map(|tag| find(row, *tag).and_then(PropValue::as_text));
        if let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) {
            // What cannot stand in it says nothing to programs anyway; people have the text.
            group.structured("Diagnostic-Code", &format!("smtp; {said}")).ok();
        }
        let [attempted, delivered] = [tags::PR_REPORT_TIME, tags::PR_DELIVER_TIME].map(|tag| find(row, tag));
        write_moment(delivered.filter(|_| !is_failure).or(attempted), "Last-Attempt-Date", group);
    }

    fn disposition(self, scope: &Scope<'_>) -> Vec<u8> {
        let mut fields = Fields::default();
        if let Some(address) = author(scope).and_then(|author| author.address) {
            write_recipient(&mut fields, &address);
        }
        if let Some(id) = scope.message.text(tags::PR_IN_REPLY_TO_ID) {
            fields.structured("Original-Message-ID", id).ok();
        }
        let mode = scope.message.text(tags::PR_REPORT_DISPOSITION_MODE);
        let mode = mode.filter(|mode| MODES.contains(mode)).unwrap_or(MODES[0]);
        let word = if self == Self::Read { "displayed" } else { "deleted" };
        fields.line("Disposition", &format!("{mode}; {word}"));
        fields.as_bytes().to_vec()
    }
}

/// How a disposition came about (RFC 8098 3.2.6); whatever else is held is none.
const MODES: [&str; 3] = [
    "manual-action/MDN-sent-automatically",
    "manual-action/MDN-sent-manually",
    "automatic-action/MDN-sent-automatically",
];

/// To whom a report goes: those it is addressed to alone, else the sender of the original.
pub(crate) fn addressees(scope: &Scope<'_>) -> Vec<Mailbox> {
    let own = scope.message.recipients.iter().filter(|row| is_addressee(row)).map(|row| mailbox(scope, row));
    let own: Vec<Mailbox> = own.filter(|mailbox| *mailbox != Mailbox::default()).collect();
    if !own.is_empty() {
        return own;
    }
    let text = |tag| scope.message.text(tag);
    let sender = Known {
        name: text(tags::PR_ORIGINAL_SENDER_NAME),
        address_type: text(tags::PR_ORIGINAL_SENDER_ADDRTYPE),
        address: text(tags::PR_ORIGINAL_SENDER_EMAIL_ADDRESS),
        entry_id: scope.message.property(tags::PR_ORIGINAL_SENDER_ENTRYID).and_then(PropValue::as_binary),
        ..Known::default()
    };
    if sender.is_empty() {
        return Vec::new();
    }
    let resolved = sender.resolve(&scope.transport, &scope.options.domain).mailbox;
    Some(resolved).filter(|mailbox| mailbox.address.is_some()).into_iter().collect()
}

/// True for whom a report is sent to; the others are those whom it is about.
fn is_addressee(row: &[Property]) -> bool {
    let kind = find(row, tags::PR_RECIPIENT_TYPE).and_then(PropValue::as_long).unwrap_or(1);
    kind.cast_unsigned() & P1 != 0
}

fn mailbox(scope: &Scope<'_>, row: &[Property]) -> Mailbox {
    let text = |tag: PropTag| find(row, tag).and_then(PropValue::as_text);
    let known = Known {
        name: text(tags::PR_DISPLAY_NAME),
        address_type: text(tags::PR_ADDRTYPE),
        address: text(tags::PR_EMAIL_ADDRESS),
        smtp: text(tags::PR_SMTP_ADDRESS),
        entry_id: find(row, tags::PR_ENTRYID).and_then(PropValue::as_binary),
        alias: None,
    };
    known.resolve(&scope.transport, &scope.options.domain).mailbox
}

/// False where the address can stand in no such field.
fn write_recipient(fields: &mut Fields, address: &str) -> bool {
    fields.structured("Final-Recipient", &format!("rfc822; {address}")).is_ok()
}

fn write_moment(value: Option<&PropValue>, name: &str, fields: &mut Fields) {
    if let Some(moment) = value.and_then(PropValue::as_time).and_then(date_text) {
        fields.line(name, &moment);
    }
}

/// The enhanced status code (RFC 3463) that the reader makes MAPI's diagnosis of.
fn status_of(diagnostic: Option<i32>) -> &'static str {
    match diagnostic {
        Some(0) => "5.1.1",
        Some(1) => "5.1.4",
        Some(3) => "5.4.6",
        Some(4) => "5.2.1",
        Some(5) => "4.4.7",
        Some(13) => "5.2.3",
        Some(29) => "5.7.1",
        Some(38) => "5.7.3",
        _ => "5.0.0",
    }
}
