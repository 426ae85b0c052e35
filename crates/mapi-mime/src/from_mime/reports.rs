//! Delivery reports and receipts (multipart/report) as MAPI's reports: their class, the recipients that they are
//! about, and what became of each. The text, and the original as it came back, stay body and attachments.
//!
//! # Source
//! RFC 3464 (delivery status), RFC 8098 (disposition), RFC 6522; `[MS-OXCMAIL]` 2.2, `[MS-OXOMSG]` 2.2.2.
//!
//! # Differs
//! A report that tells of a delay alone stays a note: nothing has failed and nothing has arrived. The part for
//! programs stays a file beside the original, so that nothing is lost.

use crate::from_mime::described::Described;
use crate::from_mime::entities::Entities;
use crate::from_mime::fields::fields;
use crate::from_mime::limits::Budget;
use crate::from_mime::options::FromOptions;
use crate::from_mime::people::recipient;
use crate::from_mime::transfer::decoded;
use crate::from_mime::values::{self, Person};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags;
use mapi_defs::recipient::RecipientType;
use mapi_defs::{FileTime, Result};

/// MAPI_REASON_TRANSFER_FAILED.
const TRANSFER_FAILED: i32 = 0;
/// MAPI_DIAG_NO_DIAGNOSTIC.
const NO_DIAGNOSTIC: i32 = -1;
/// The longest text of a server that is kept for one recipient, in characters.
const SUPPLEMENT_CHARS: usize = 1024;

/// What a report says.
pub(crate) struct Report {
    kind: Kind,
    /// Whom it is about.
    fates: Vec<Fate>,
    /// The word of a disposition, and how it came about.
    disposition: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    NotDelivered,
    Delivered,
    Read,
    NotRead,
}

impl Kind {
    /// The class, of a report about a note.
    fn class(self) -> &'static str {
        match self {
            Self::NotDelivered => "Report.IPM.Note.NDR",
            Self::Delivered => "Report.IPM.Note.DR",
            Self::Read => "Report.IPM.Note.IPNRN",
            Self::NotRead => "Report.IPM.Note.IPNNRN",
        }
    }
}

/// What became of one recipient.
struct Fate {
    person: Person,
    /// Three numbers, such as 5.1.1.
    status: Option<(u8, u16, u16)>,
    said: String,
    moment: Option<FileTime>,
}

impl Report {
    /// The report that the message at `root` is; `None` where it is none, or says nothing.
    pub(crate) fn of(entities: &Entities<'_>, root: usize, options: &FromOptions) -> Option<Self> {
        let described = Described::read(entities.header(root), false);
        let entity = entities.get(root).filter(|_| described.is("multipart", "report"))?;
        entity.children.iter().find_map(|child| {
            let described = Described::read(entities.header(*child), false);
            let octets = || decoded(entities.body(*child), described.transfer());
            match described.media_type().as_str() {
                "message/delivery-status" | "message/global-delivery-status" => {
                    Self::of_deliveries(&octets(), options)
                }
                "message/disposition-notification" | "message/global-disposition-notification" => {
                    Self::of_disposition(&octets(), options)
                }
                _ => None,
            }
        })
    }

    fn of_deliveries(octets: &[u8], options: &FromOptions) -> Option<Self> {
        let mut groups = groups(octets).into_iter();
        let whole = Group::read(groups.next()?, options);
        let (mut failed, mut delivered) = (Vec::new(), Vec::new());
        // Some leave out the group about the message as a whole.
        let first = Some(whole).filter(|group| group.value("action").is_some());
        for group in first.into_iter().chain(groups.map(|group| Group::read(group, options))) {
            match group.value("action").map(str::to_ascii_lowercase).as_deref() {
                Some("failed") => failed.extend(group.fate()),
                Some("delivered" | "relayed" | "expanded") => delivered.extend(group.fate()),
                _ => {}
            }
        }
        let (kind, fates) = match (failed.is_empty(), delivered.is_empty()) {
            (false, _) => (Kind::NotDelivered, failed),
            (true, false) => (Kind::Delivered, delivered),
            (true, true) => return None,
        };
        Some(Self { kind, fates, disposition: None })
    }

    fn of_disposition(octets: &[u8], options: &FromOptions) -> Option<Self> {
        let group = Group::read(octets, options);
        let (mode, kind) = group.value("disposition")?.split_once(';')?;
        let word = kind.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
        let mode = mode.trim().to_owned();
        let kind = match word.as_str() {
            "displayed" => Kind::Read,
            "deleted" => Kind::NotRead,
            // Nobody has read it, and nobody has thrown it away.
            _ => return None,
        };
        Some(Self { kind, fates: group.fate().into_iter().collect(), disposition: Some((word, mode)) })
    }

    /// Makes the message that report.
    pub(crate) fn write(self, message: &mut MessageObject, budget: &mut Budget) -> Result<&'static str> {
        let sent = message.property(tags::PR_CLIENT_SUBMIT_TIME).cloned();
        let text = message.text(tags::PR_BODY).map(str::to_owned);
        let original = message.attachments.iter().find_map(|attachment| attachment.message.as_deref());
        let mut properties = original.map(of_original).unwrap_or_default();
        properties.extend(sent.map(|moment| Property::new(tags::PR_REPORT_TIME, moment)));
        if matches!(self.kind, Kind::NotDelivered | Kind::Delivered) {
            properties.extend(text.map(|text| Property::new(tags::PR_REPORT_TEXT, text)));
        }
        if let Some((word, mode)) = &self.disposition {
            properties.push(Property::new(tags::PR_REPORT_DISPOSITION, word.as_str()));
            properties.push(Property::new(tags::PR_REPORT_DISPOSITION_MODE, mode.as_str()));
            let moment = message.property(tags::PR_CLIENT_SUBMIT_TIME).cloned();
            properties.extend(moment.map(|moment| Property::new(tags::PR_RECEIPT_TIME, moment)));
        }
        budget.properties(&properties)?;
        let known: Vec<u16> = properties.iter().map(|property| property.tag.id()).collect();
        message.properties.retain(|held| held.named.is_some() || !known.contains(&held.tag.id()));
        message.properties.append(&mut properties);
        if !self.fates.is_empty() {
            let rows =
                self.fates.iter().enumerate().map(|(number, fate)| fate.row(self.kind, number, budget));
            message.recipients = rows.collect::<Result<_>>()?;
        }
        Ok(self.kind.class())
    }
}

/// What a report repeats of the original.
fn of_original(original: &MessageObject) -> Vec<Property> {
    let pairs = [
        (tags::PR_SUBJECT, tags::PR_ORIGINAL_SUBJECT),
        (tags::PR_CLIENT_SUBMIT_TIME, tags::PR_ORIGINAL_SUBMIT_TIME),
    ];
    pairs
        .into_iter()
        .filter_map(|(from, to)| original.property(from).map(|value| Property::new(to, value.clone())))
        .collect()
}

impl Fate {
    fn row(&self, kind: Kind, number: usize, budget: &mut Budget) -> Result<Vec<Property>> {
        let mut row = recipient(number, RecipientType::To, &self.person, budget)?;
        let mut own = Vec::new();
        if kind == Kind::NotDelivered {
            own.push(Property::new(tags::PR_NDR_REASON_CODE, TRANSFER_FAILED));
            own.push(Property::new(tags::PR_NDR_DIAG_CODE, self.status.map_or(NO_DIAGNOSTIC, diagnostic)));
        }
        if !self.said.is_empty() {
            own.push(Property::new(tags::PR_SUPPLEMENTARY_INFO, self.said.as_str()));
        }
        if let Some(moment) = self.moment {
            own.push(Property::new(tags::PR_REPORT_TIME, moment));
            if kind == Kind::Delivered {
                own.push(Property::new(tags::PR_DELIVER_TIME, moment));
            }
        }
        budget.properties(&own)?;
        row.append(&mut own);
        row.sort_by(Property::order);
        Ok(row)
    }
}

/// MAPI's diagnosis of an enhanced status code (RFC 3463).
fn diagnostic((_, subject, detail): (u8, u16, u16)) -> i32 {
    match (subject, detail) {
        // MAPI_DIAG_OR_NAME_UNRECOGNIZED.
        (1, 0..=3 | 6 | 10) => 0,
        // MAPI_DIAG_OR_NAME_AMBIGUOUS.
        (1, 4) => 1,
        // MAPI_DIAG_LOOP_DETECTED.
        (4, 6) => 3,
        // MAPI_DIAG_RECIPIENT_UNAVAILABLE.
        (2, 0..=2) => 4,
        // MAPI_DIAG_MAXIMUM_TIME_EXPIRED.
        (4, 7) => 5,
        // MAPI_DIAG_LENGTH_CONSTRAINT_VIOLATD.
        (2, 3) | (3, 4) => 13,
        // MAPI_DIAG_SUBMISSION_PROHIBITED.
        (7, 0..=2) => 29,
        // MAPI_DIAG_MAIL_REFUSED.
        (7, _) => 38,
        _ => NO_DIAGNOSTIC,
    }
}

/// The fields about one recipient, or about the message.
struct Group {
    /// Names in lower case.
    fields: Vec<(String, String)>,
}

impl Group {
    fn read(octets: &[u8], options: &FromOptions) -> Self {
        let of = |value: &[u8]| {
            let text = values::line(value, options.code_page);
            text.chars().take(SUPPLEMENT_CHARS).collect::<String>()
        };
        let fields = fields(octets).map(|field| (field.name.to_ascii_lowercase(), of(field.value))).collect();
        Self { fields }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// What became of the recipient that the group names; the address that the sender wrote, if it is known.
    fn fate(&self) -> Option<Fate> {
        let named = self.value("original-recipient").or_else(|| self.value("final-recipient"))?;
        let address = named.split_once(';').map_or(named, |(_, address)| address).trim();
        let address = address.trim_start_matches('<').trim_end_matches('>').to_owned();
        let person = Person { name: address.clone(), address };
        let status = self.value("status").and_then(status);
        let parts = ["remote-mta", "status", "diagnostic-code"].map(|name| self.value(name).map(bare));
        let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let moment = self.value("last-attempt-date").and_then(|date| values::moment(date.as_bytes()));
        Some(Fate { person, status, said, moment })
    }
}

/// Without the kind of name or code before it.
fn bare(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn status(text: &str) -> Option<(u8, u16, u16)> {
    let word = text.split_ascii_whitespace().next()?;
    let mut numbers = word.split('.');
    let class = numbers.next()?.parse().ok()?;
    Some((class, numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Groups of fields, parted by empty lines.
fn groups(octets: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut start, mut at) = (Vec::new(), 0_usize, 0_usize);
    for line in octets.split_inclusive(|byte| *byte == b'\n') {
        let end = at.saturating_add(line.len());
        if line.trim_ascii().is_empty() {
            found.extend(octets.get(start..at).filter(|group| !group.is_empty()));
            start = end;
        }
        at = end;
    }
    found.extend(octets.get(start..).filter(|group| !group.is_empty()));
    found
}
