//! Reports of what is sent from a store, delivered into it (StatusRecips). How one is made is
//! [`mapi_spi::report`]'s.
//!
//! A report is made before its message leaves the queue, once for each submit however often that is tried:
//! the store delivers it by a key that says of what it is.

use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{ErrorCode, FileTime, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::report::{ReportKind, fill_report, is_report};
use mapi_spi::spooler::recipient_outcome;

/// Reports what became of the recipients of a message that is about to leave the queue.
///
/// # Errors
/// Those of reading the message and of the store.
pub(crate) fn of_finished(store: &dyn MsgStore, message: &dyn Message, now: FileTime) -> Result<()> {
    let rows = message.recipients()?;
    let with = |word: &str| -> Vec<Recipient> {
        let is_so =
            |row: &&Recipient| row.is_taken() && row.props.text(recipient_outcome::STATE) == Some(word);
        rows.iter().filter(is_so).cloned().collect()
    };
    deliver(store, message, ReportKind::NonDelivery, &with("refused"), now)?;
    deliver(store, message, ReportKind::Delivery, &with("local"), now)
}

/// True where a report may be made of a message that is about to leave the queue.
///
/// # Errors
/// Those of reading the message.
pub(crate) fn is_due(message: &dyn Message) -> Result<bool> {
    let is_refused = |row: &Recipient| row.props.text(recipient_outcome::STATE) == Some("refused");
    if message.recipients()?.iter().any(is_refused) {
        return Ok(true);
    }
    let [is_asked] = values(message, [PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED])?;
    Ok(is_asked.as_ref().and_then(PropValue::as_boolean) == Some(true))
}

/// Reports what a transport says of recipients of a message: delivered are those with PR_DELIVER_TIME.
///
/// # Errors
/// Those of reading the message and of the store.
pub(crate) fn of_status(
    store: &dyn MsgStore,
    message: &dyn Message,
    rows: &[Recipient],
    now: FileTime,
) -> Result<()> {
    let (delivered, others): (Vec<Recipient>, Vec<Recipient>) =
        rows.iter().cloned().partition(|row| row.props.value(PR_DELIVER_TIME).is_some());
    deliver(store, message, ReportKind::NonDelivery, &others, now)?;
    deliver(store, message, ReportKind::Delivery, &delivered, now)
}

/// Delivers one report, where it is of somebody and wanted: a delivery report is asked for, a non-delivery
/// report is unless it is declined.
fn deliver(
    store: &dyn MsgStore,
    message: &dyn Message,
    kind: ReportKind,
    rows: &[Recipient],
    now: FileTime,
) -> Result<()> {
    let [class, failure, success, key, submitted] = values(
        message,
        [
            PR_MESSAGE_CLASS,
            PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
            PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
            PR_SEARCH_KEY,
            PR_CLIENT_SUBMIT_TIME,
        ],
    )?;
    let is_wanted = match kind {
        ReportKind::NonDelivery => failure.as_ref().and_then(PropValue::as_boolean) != Some(false),
        ReportKind::Delivery => success.as_ref().and_then(PropValue::as_boolean) == Some(true),
    };
    let class = class.as_ref().and_then(PropValue::as_text).unwrap_or_default();
    if rows.is_empty() || !is_wanted || is_report(class) {
        return Ok(());
    }
    let mut report_key = key.as_ref().and_then(PropValue::as_binary).unwrap_or_default().to_vec();
    let submitted = submitted.as_ref().and_then(PropValue::as_time).unwrap_or(FileTime(0));
    report_key.extend_from_slice(&submitted.0.to_be_bytes());
    report_key.extend_from_slice(kind.suffix().as_bytes());
    let home = match store.receive_folder("") {
        Ok(home) => home.folder,
        // What became of a recipient stays on its row; there is no Inbox to say more in.
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => return Ok(()),
        Err(error) => return Err(error),
    };
    let Opened::Folder(folder) = store.open_entry(&home, OpenFlags::MODIFY)? else { return Ok(()) };
    // Never saved itself: what is delivered is its copy.
    let draft = folder.create_message(false)?;
    fill_report(&*draft, message, kind, rows, now)?;
    store.deliver(&*draft, &report_key).map(drop)
}

fn values<const N: usize>(message: &dyn Message, tags: [PropTag; N]) -> Result<[Option<PropValue>; N]> {
    let mut held = message.props(Some(&tags))?.into_iter();
    Ok(tags.map(|_| held.next().map(|prop| prop.value).filter(|value| !matches!(value, PropValue::Error(_)))))
}
