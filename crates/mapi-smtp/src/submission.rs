//! `Submission`: a queued message made ready for the wire: who takes it, who sends it, and its text.
//! Sending it is `logon.rs`'s.

use crate::address::Address;
use crate::connection::Delivery;
use crate::dot::Content;
use crate::session::{Dsn, Envelope};
use crate::settings::Settings;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_mime::{Options, to_mime};
use mapi_spi::copy::message_object;
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{RecipientOutcome, RecipientState};
use mapi_spi::report::is_report;

/// The only address type that is taken.
pub(crate) const ADDRESS_TYPE: &str = "SMTP";

/// PR_SENT_REPRESENTING and PR_SENDER: type, address, SMTP address.
const SENDERS: [[PropTag; 3]; 2] = [
    [
        tags::PR_SENT_REPRESENTING_ADDRTYPE,
        tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::PR_SENT_REPRESENTING_SMTP_ADDRESS,
    ],
    [tags::PR_SENDER_ADDRTYPE, tags::PR_SENDER_EMAIL_ADDRESS, tags::PR_SENDER_SMTP_ADDRESS],
];
/// The longest ENVID in octets of the search key; the command allows 100 letters.
const MAX_KEY_BYTES: usize = 32;

/// A message that is ready.
pub(crate) struct Submission {
    /// PR_ROWID of each recipient of the envelope.
    pub(crate) rows: Vec<u32>,
    /// What is sent; `None` where nobody is left to send to.
    pub(crate) delivery: Option<Delivery>,
    /// Those who are refused before anything is sent.
    pub(crate) refused: Vec<RecipientOutcome>,
}

/// Makes a message ready.
///
/// # Errors
/// - `MAPI_E_NOT_ME`: no recipient is for this account.
/// - Whatever reading the message answers.
pub(crate) fn submission(message: &dyn Message, settings: &Settings, now: FileTime) -> Result<Submission> {
    const CALL: &str = "XpLogon::submit_message";
    let (rows, recipients, refused) = recipients(message)?;
    if rows.is_empty() && refused.is_empty() {
        return Err(Error::new(ErrorCode::NOT_ME, CALL, "no recipient has an SMTP address"));
    }
    let senders = senders(message)?;
    let own = senders.iter().find(|sender| settings.owns(sender));
    if own.is_none() && !senders.is_empty() && !settings.other_senders {
        return Err(Error::new(ErrorCode::NOT_ME, CALL, "the message is of another account"));
    }
    if rows.is_empty() {
        return Ok(Submission { rows, delivery: None, refused });
    }
    let sender = own.and_then(|own| Address::parse(own).ok()).unwrap_or_else(|| settings.address.clone());
    let mut object = message_object(message)?;
    if senders.is_empty() {
        name_sender(&mut object, &settings.address);
    }
    let content = match text(&object, settings, now) {
        Ok(content) => content,
        Err(error) => return Ok(refuse_all(rows, refused, &error)),
    };
    // Nobody is told what becomes of a report (RFC 3464 2, RFC 8098 3).
    let is_report = object.text(tags::PR_MESSAGE_CLASS).is_some_and(is_report);
    let sender = Some(sender).filter(|_| !is_report);
    let envelope = Envelope { sender, recipients, dsn: dsn(&object).filter(|_| !is_report) };
    Ok(Submission { rows, delivery: Some(Delivery { envelope, content }), refused })
}

type Recipients = (Vec<u32>, Vec<Address>, Vec<RecipientOutcome>);

/// The recipients that are still to be served, and those whose address can stand in no envelope.
fn recipients(message: &dyn Message) -> Result<Recipients> {
    let (mut rows, mut addresses, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for row in message.recipients()? {
        if row.is_taken() || row.kind() == RecipientType::Originator || !is_ours(&row) {
            continue;
        }
        match Address::parse(row.address().unwrap_or_default()) {
            Ok(address) => {
                rows.push(row.row_id);
                addresses.push(address);
            }
            Err(fault) => refused.push(RecipientOutcome {
                row_id: row.row_id,
                state: RecipientState::Refused(ErrorCode::INVALID_PARAMETER),
                reply: format!("not sent: {fault}"),
            }),
        }
    }
    Ok((rows, addresses, refused))
}

fn is_ours(row: &Recipient) -> bool {
    let address_type = row.props.text(Recipient::ADDRTYPE).unwrap_or_default().trim();
    address_type.eq_ignore_ascii_case(ADDRESS_TYPE)
}

/// The mail addresses that the message names as its own, the represented one first.
fn senders(message: &dyn Message) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for group in SENDERS {
        let values = message.props(Some(&group))?;
        let text = |index: usize| values.get(index).and_then(|prop| prop.value.as_text()).unwrap_or_default();
        let is_mail = text(0).trim().eq_ignore_ascii_case(ADDRESS_TYPE);
        let native = Some(text(1)).filter(|_| is_mail);
        found.extend([Some(text(2)), native].into_iter().flatten().map(|text| text.trim().to_owned()));
    }
    found.retain(|text| !text.is_empty());
    Ok(found)
}

/// A message that names nobody is of the account that sends it.
fn name_sender(object: &mut MessageObject, address: &Address) {
    for (tag, value) in [
        (tags::PR_SENDER_ADDRTYPE, ADDRESS_TYPE),
        (tags::PR_SENDER_EMAIL_ADDRESS, address.as_str()),
        (tags::PR_SENDER_SMTP_ADDRESS, address.as_str()),
    ] {
        object.properties.retain(|property| property.named.is_some() || property.tag.id() != tag.id());
        object.properties.push(Property::new(tag, value));
    }
    object.properties.sort_by(Property::order);
}

fn text(object: &MessageObject, settings: &Settings, now: FileTime) -> Result<Content> {
    let submitted = match object.property(tags::PR_CLIENT_SUBMIT_TIME) {
        Some(PropValue::SysTime(time)) => *time,
        _ => now,
    };
    let domain = settings.address.domain();
    let is_name = domain.is_ascii() && !domain.starts_with('[');
    let options = Options::new(submitted, if is_name { domain } else { "localhost" });
    let mime = to_mime(object, &options)?;
    tracing::debug!(bytes = mime.bytes.len(), losses = mime.losses.len(), "message made into MIME");
    let refuse = |fault| Error::new(ErrorCode::CORRUPT_DATA, "to_mime", format!("{fault}"));
    Content::new(mime.bytes).map_err(refuse)
}

fn dsn(object: &MessageObject) -> Option<Dsn> {
    let flag = |tag| object.property(tag).and_then(PropValue::as_boolean);
    let notify = match (
        flag(tags::PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED),
        flag(tags::PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED),
    ) {
        (Some(true), _) => "SUCCESS,FAILURE,DELAY",
        (_, Some(true)) => "FAILURE,DELAY",
        _ => return None,
    };
    let key = object.property(tags::PR_SEARCH_KEY).and_then(PropValue::as_binary).unwrap_or_default();
    let key = key.get(..MAX_KEY_BYTES.min(key.len())).unwrap_or_default();
    let digits: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
    let envelope_id = if digits.is_empty() { "0".to_owned() } else { digits };
    Some(Dsn { notify, envelope_id })
}

/// A message that cannot become mail never will.
fn refuse_all(rows: Vec<u32>, mut refused: Vec<RecipientOutcome>, error: &Error) -> Submission {
    refused.extend(rows.into_iter().map(|row_id| RecipientOutcome {
        row_id,
        state: RecipientState::Refused(error.code()),
        reply: format!("not sent: {}", error.detail()),
    }));
    Submission { rows: Vec::new(), delivery: None, refused }
}
