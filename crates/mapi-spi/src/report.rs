//! Reports: messages that say what became of another message.
//!
//! A report's class is that of the original within `Report.` and a word for the kind. Its recipients are those
//! it speaks of, each with a text. Here one is made; the spooler delivers those of what it sends
//! (StatusRecips). Reports that other systems send as mail are read by `mapi-mime`.

use crate::copy::copy_message;
use crate::message::{Message, ModifyRecipients};
use crate::spooler::recipient_outcome;
use mapi_defs::flags::SaveFlags;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::{ErrorCode, FileTime, Result};

/// What a report says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportKind {
    /// Recipients did not get the message (NDR).
    NonDelivery,
    /// Recipients got it (DR).
    Delivery,
    /// Somebody has read it (read report).
    Read,
    /// Somebody has done away with it unread (non-read report).
    NonRead,
}

impl ReportKind {
    /// The last part of the class.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::NonDelivery => "NDR",
            Self::Delivery => "DR",
            Self::Read => "IPNRN",
            Self::NonRead => "IPNNRN",
        }
    }

    /// What stands before the subject of the original.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::NonDelivery => "Undeliverable: ",
            Self::Delivery => "Delivered: ",
            Self::Read => "Read: ",
            Self::NonRead => "Not read: ",
        }
    }
}

/// The class of a report of a message of this class.
pub fn report_class(kind: ReportKind, original: &str) -> String {
    let class = if original.is_empty() { "IPM.Note" } else { original };
    format!("Report.{class}.{}", kind.suffix())
}

/// True for the class of a report; nobody is sent a report of one.
pub fn is_report(class: &str) -> bool {
    class.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("report."))
}

/// PR_NDR_REASON_CODE and PR_NDR_DIAG_CODE of a refusal.
pub const fn refusal(code: ErrorCode) -> (i32, i32) {
    /// MAPI_REASON_TRANSFER_FAILED.
    const FAILED: i32 = 0;
    /// MAPI_REASON_TRANSFER_IMPOSSIBLE.
    const IMPOSSIBLE: i32 = 1;
    /// MAPI_DIAG_NO_DIAGNOSTIC.
    const UNKNOWN: i32 = -1;
    /// MAPI_DIAG_OR_NAME_UNRECOGNIZED.
    const NO_SUCH_NAME: i32 = 0;
    /// MAPI_DIAG_MAXIMUM_TIME_EXPIRED.
    const TOO_LATE: i32 = 5;
    match code {
        ErrorCode::NO_RECIPIENTS => (IMPOSSIBLE, NO_SUCH_NAME),
        ErrorCode::TIMEOUT => (FAILED, TOO_LATE),
        _ => (FAILED, UNKNOWN),
    }
}

/// What of the original says the same of it in a report.
const ORIGINAL: [(PropTag, PropTag); 17] = [
    (PR_SUBJECT, PR_ORIGINAL_SUBJECT),
    (PR_CLIENT_SUBMIT_TIME, PR_ORIGINAL_SUBMIT_TIME),
    (PR_DISPLAY_TO, PR_ORIGINAL_DISPLAY_TO),
    (PR_DISPLAY_CC, PR_ORIGINAL_DISPLAY_CC),
    (PR_DISPLAY_BCC, PR_ORIGINAL_DISPLAY_BCC),
    (PR_SENDER_NAME, PR_ORIGINAL_SENDER_NAME),
    (PR_SENDER_ADDRTYPE, PR_ORIGINAL_SENDER_ADDRTYPE),
    (PR_SENDER_EMAIL_ADDRESS, PR_ORIGINAL_SENDER_EMAIL_ADDRESS),
    (PR_SENDER_ENTRYID, PR_ORIGINAL_SENDER_ENTRYID),
    (PR_SENDER_SEARCH_KEY, PR_ORIGINAL_SENDER_SEARCH_KEY),
    (PR_SENT_REPRESENTING_NAME, PR_ORIGINAL_SENT_REPRESENTING_NAME),
    (PR_SENT_REPRESENTING_ADDRTYPE, PR_ORIGINAL_SENT_REPRESENTING_ADDRTYPE),
    (PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_ORIGINAL_SENT_REPRESENTING_EMAIL_ADDRESS),
    (PR_SENT_REPRESENTING_ENTRYID, PR_ORIGINAL_SENT_REPRESENTING_ENTRYID),
    (PR_SEARCH_KEY, PR_PARENT_KEY),
    (PR_REPORT_TAG, PR_REPORT_TAG),
    (PR_INTERNET_MESSAGE_ID, PR_IN_REPLY_TO_ID),
];

/// What of the original belongs to its sending and not to what was submitted.
const OF_THE_JOURNEY: [PropTag; 5] =
    [PR_SENTMAIL_ENTRYID, PR_DELETE_AFTER_SUBMIT, PR_SUBMIT_FLAGS, PR_MESSAGE_FLAGS, PR_PREPROCESS];

/// What an attachment that is a message holds (PR_ATTACH_METHOD).
const EMBEDDED_MSG: i32 = crate::attachment::method::EMBEDDED_MSG;

/// Makes a report of an empty message, unsaved: of recipients of the original, given with what is to be said
/// of each in PR_REPORT_TEXT. A non-delivery report has the original attached as it was submitted.
///
/// # Errors
/// Those of reading the original and of writing the report.
pub fn fill_report(
    report: &dyn Message,
    original: &dyn Message,
    kind: ReportKind,
    rows: &[Recipient],
    now: FileTime,
) -> Result<()> {
    let subject = text(original, PR_SUBJECT)?;
    let mut props = of_original(original, kind, &subject, now)?;
    props.extend([
        Prop::new(PR_MESSAGE_DELIVERY_TIME, now),
        Prop::new(PR_SENDER_NAME, "OpenMAPI"),
        Prop::new(PR_SENT_REPRESENTING_NAME, "OpenMAPI"),
        Prop::new(PR_BODY, body(kind, &subject, rows)),
    ]);
    report.set_props(&props)?;
    let shown = rows.iter().map(|row| shown(row, now)).collect();
    report.modify_recipients(ModifyRecipients::ReplaceAll, shown)?;
    if kind == ReportKind::NonDelivery {
        attach(report, original, &subject)?;
    }
    Ok(())
}

/// Makes a read or non-read report of an empty message, unsaved, to go to somebody.
///
/// It is from whom the original came to, where that says so; else it is of the account that sends it.
///
/// # Errors
/// Those of reading the original and of writing the report.
pub fn fill_receipt(
    report: &dyn Message,
    original: &dyn Message,
    kind: ReportKind,
    to: Recipient,
    now: FileTime,
) -> Result<()> {
    let subject = text(original, PR_SUBJECT)?;
    let mut props = of_original(original, kind, &subject, now)?;
    let held = original.props(Some(&RECEIVER.map(|(from, _)| from)))?;
    let known = held.into_iter().zip(RECEIVER);
    let known = known.filter(|(prop, _)| !matches!(prop.value, PropValue::Error(_)));
    props.extend(known.map(|(prop, (_, to))| Prop::new(to, prop.value)));
    let what = if kind == ReportKind::Read { "was read" } else { "was done away with unread" };
    props.extend([
        Prop::new(PR_RECEIPT_TIME, now),
        Prop::new(PR_BODY, format!("Your message \"{subject}\" {what}.\r\n")),
    ]);
    report.set_props(&props)?;
    report.modify_recipients(ModifyRecipients::ReplaceAll, vec![to])
}

/// To whom a report of a message goes, where that is not its sender: for read reports PR_READ_RECEIPT_ENTRYID,
/// for all of them PR_REPORT_ENTRYID with PR_REPORT_NAME. It may have no more than an entry identifier.
///
/// # Errors
/// Those of reading the message.
pub fn report_target(original: &dyn Message, kind: ReportKind) -> Result<Option<Recipient>> {
    let named = [
        (PR_READ_RECEIPT_ENTRYID, PR_READ_RECEIPT_SEARCH_KEY, None),
        (PR_REPORT_ENTRYID, PR_REPORT_SEARCH_KEY, Some(PR_REPORT_NAME)),
    ];
    let is_of_reading = matches!(kind, ReportKind::Read | ReportKind::NonRead);
    for (id, key, name) in named.into_iter().skip(usize::from(!is_of_reading)) {
        let held = original.props(Some(&[id, key, name.unwrap_or(PR_REPORT_NAME)]))?;
        let value = |place: usize| held.get(place).map(|prop| &prop.value);
        let Some(id) = value(0).and_then(PropValue::as_binary).filter(|id| !id.is_empty()) else { continue };
        let mut row = Recipient::default();
        row.props.set(Recipient::TYPE, RecipientType::To.value());
        row.props.set(PR_ENTRYID, id.to_vec());
        if let Some(key) = value(1).and_then(PropValue::as_binary) {
            row.props.set(PR_SEARCH_KEY, key.to_vec());
        }
        if let Some(name) = name.and(value(2)).and_then(PropValue::as_text) {
            row.props.set(Recipient::DISPLAY_NAME, name);
        }
        return Ok(Some(row));
    }
    Ok(None)
}

/// The sender of a message as a recipient: who sent it, else for whom it was sent.
///
/// # Errors
/// Those of reading the message.
pub fn sender_of(original: &dyn Message) -> Result<Option<Recipient>> {
    for [id, kind, address, smtp, name] in SENDERS {
        let held = original.props(Some(&[id, kind, address, smtp, name]))?;
        let mut row = Recipient::default();
        row.props.set(Recipient::TYPE, RecipientType::To.value());
        let to = [PR_ENTRYID, Recipient::ADDRTYPE, Recipient::EMAIL_ADDRESS, Recipient::SMTP_ADDRESS];
        for (prop, tag) in held.into_iter().zip(to.into_iter().chain([Recipient::DISPLAY_NAME])) {
            if !matches!(prop.value, PropValue::Error(_)) {
                row.props.set(tag, prop.value);
            }
        }
        if row.address().is_some_and(|address| !address.is_empty()) || row.props.contains_id(PR_ENTRYID.id())
        {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// PR_SENDER and PR_SENT_REPRESENTING: identifier, address type, address, SMTP address, name.
const SENDERS: [[PropTag; 5]; 2] = [
    [PR_SENDER_ENTRYID, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS, PR_SENDER_SMTP_ADDRESS, PR_SENDER_NAME],
    [
        PR_SENT_REPRESENTING_ENTRYID,
        PR_SENT_REPRESENTING_ADDRTYPE,
        PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        PR_SENT_REPRESENTING_SMTP_ADDRESS,
        PR_SENT_REPRESENTING_NAME,
    ],
];

/// Who received the original, and what of the report says so.
const RECEIVER: [(PropTag, PropTag); 4] = [
    (PR_RCVD_REPRESENTING_ENTRYID, PR_SENT_REPRESENTING_ENTRYID),
    (PR_RCVD_REPRESENTING_ADDRTYPE, PR_SENT_REPRESENTING_ADDRTYPE),
    (PR_RCVD_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_EMAIL_ADDRESS),
    (PR_RCVD_REPRESENTING_NAME, PR_SENT_REPRESENTING_NAME),
];

/// What every report says of the original, and its own class and subject.
fn of_original(original: &dyn Message, kind: ReportKind, subject: &str, now: FileTime) -> Result<Vec<Prop>> {
    let asked: Vec<PropTag> = ORIGINAL.iter().map(|(from, _)| *from).collect();
    let held = original.props(Some(&asked))?;
    let known = held.into_iter().zip(ORIGINAL);
    let known = known.filter(|(prop, _)| !matches!(prop.value, PropValue::Error(_)));
    let mut props: Vec<Prop> = known.map(|(prop, (_, to))| Prop::new(to, prop.value)).collect();
    props.extend([
        Prop::new(PR_MESSAGE_CLASS, report_class(kind, &text(original, PR_MESSAGE_CLASS)?)),
        Prop::new(PR_SUBJECT, format!("{}{subject}", kind.prefix())),
        Prop::new(PR_REPORT_TIME, now),
    ]);
    Ok(props)
}

fn attach(report: &dyn Message, original: &dyn Message, subject: &str) -> Result<()> {
    let (_, attachment) = report.create_attach()?;
    attachment.set_props(&[
        Prop::new(PR_ATTACH_METHOD, EMBEDDED_MSG),
        Prop::new(PR_RENDERING_POSITION, -1),
        Prop::new(PR_DISPLAY_NAME, subject),
    ])?;
    let copy = attachment.open_message(true)?;
    copy_message(original, &*copy, &OF_THE_JOURNEY.map(|tag| tag.id()))?;
    let mut rows = copy.recipients()?;
    for row in &mut rows {
        forget_outcome(row);
        row.props.set(Recipient::RESPONSIBILITY, false);
    }
    if !rows.is_empty() {
        copy.modify_recipients(ModifyRecipients::Modify, rows)?;
    }
    copy.save_changes(SaveFlags::KEEP_OPEN_READONLY)?;
    attachment.save_changes(SaveFlags::KEEP_OPEN_READONLY)
}

/// A recipient as a report shows it. A blind copy is its sender's to know, who alone has the report.
fn shown(row: &Recipient, now: FileTime) -> Recipient {
    let mut row = row.clone();
    if row.props.text(PR_REPORT_TEXT).is_none() {
        let said = row.props.text(recipient_outcome::REPLY).unwrap_or_default().to_owned();
        row.props.set(PR_REPORT_TEXT, said);
    }
    let codes = (row.props.long(PR_NDR_REASON_CODE), row.props.long(PR_NDR_DIAG_CODE));
    forget_outcome(&mut row);
    if let (Some(reason), Some(diagnostic)) = codes {
        row.props.set(PR_NDR_REASON_CODE, reason);
        row.props.set(PR_NDR_DIAG_CODE, diagnostic);
    }
    row.props.set(Recipient::TYPE, RecipientType::To.value());
    row.props.set(PR_REPORT_TIME, now);
    row
}

/// Takes from a recipient what became of it.
pub fn forget_outcome(row: &mut Recipient) {
    for tag in [
        Recipient::RESPONSIBILITY,
        recipient_outcome::STATE,
        recipient_outcome::REPLY,
        recipient_outcome::ATTEMPTS,
        PR_NDR_REASON_CODE,
        PR_NDR_DIAG_CODE,
    ] {
        row.props.remove(tag.id());
    }
}

fn body(kind: ReportKind, subject: &str, rows: &[Recipient]) -> String {
    let what = match kind {
        ReportKind::Delivery => "was delivered to these recipients",
        _ => "did not reach some or all of its recipients",
    };
    let mut body = format!("Your message \"{subject}\" {what}:\r\n");
    for row in rows {
        let name = row.display_name().unwrap_or("(no name)");
        let text = row.props.text(PR_REPORT_TEXT).or_else(|| row.props.text(recipient_outcome::REPLY));
        body.push_str(&format!("\r\n{name}\r\n    {}\r\n", text.unwrap_or_default()));
    }
    body
}

fn text(message: &dyn Message, tag: PropTag) -> Result<String> {
    let held = message.props(Some(&[tag]))?;
    Ok(held.first().and_then(|prop| prop.value.as_text()).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_carry_the_class_of_the_original() {
        assert_eq!(report_class(ReportKind::NonDelivery, "IPM.Note"), "Report.IPM.Note.NDR");
        assert_eq!(report_class(ReportKind::Delivery, ""), "Report.IPM.Note.DR");
        assert!(is_report("REPORT.IPM.Note.NDR") && !is_report("IPM.Note") && !is_report("repo"));
        assert!(!is_report("repört.x"), "no letter is cut in two");
    }

    #[test]
    fn a_refusal_has_its_codes() {
        assert_eq!(refusal(ErrorCode::NO_RECIPIENTS), (1, 0));
        assert_eq!(refusal(ErrorCode::TIMEOUT), (0, 5));
        assert_eq!(refusal(ErrorCode::INVALID_PARAMETER), (0, -1));
    }
}
