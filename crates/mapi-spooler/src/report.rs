//! Reports of what is sent from a store, delivered into it (StatusRecips). How one is made is
//! [`mapi_spi::report`]'s.
//!
//! A report is made before its message leaves the queue, once for each submit however often that is tried:
//! the store delivers it by a key that says of what it is.

use mapi_defs::flags::{MessageFlags, OpenFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::{P1, Recipient, RecipientType, SUBMITTED};
use mapi_defs::{EntryId, ErrorCode, FileTime, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::report::{ReportKind, fill_report, is_report, report_target};
use mapi_spi::spooler::{DELIVERY_KEY, recipient_outcome};

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
        ReportKind::Delivery => success.as_ref().and_then(PropValue::as_boolean) == Some(true),
        _ => failure.as_ref().and_then(PropValue::as_boolean) != Some(false),
    };
    let class = class.as_ref().and_then(PropValue::as_text).unwrap_or_default();
    if rows.is_empty() || !is_wanted || is_report(class) {
        return Ok(());
    }
    let mut report_key = key.as_ref().and_then(PropValue::as_binary).unwrap_or_default().to_vec();
    let submitted = submitted.as_ref().and_then(PropValue::as_time).unwrap_or(FileTime(0));
    report_key.extend_from_slice(&submitted.0.to_be_bytes());
    report_key.extend_from_slice(kind.suffix().as_bytes());
    if let Some(to) = someone_else(message, kind)? {
        return send(store, message, kind, rows, (now, to, report_key));
    }
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

/// To whom a report goes in place of the sender (PR_REPORT_ENTRYID).
fn someone_else(message: &dyn Message, kind: ReportKind) -> Result<Option<Recipient>> {
    let Some(target) = report_target(message, kind)? else { return Ok(None) };
    let senders = values(
        message,
        [
            PR_SENDER_ENTRYID,
            PR_SENT_REPRESENTING_ENTRYID,
            PR_SENDER_SEARCH_KEY,
            PR_SENT_REPRESENTING_SEARCH_KEY,
        ],
    )?;
    let is_known = |known: &Option<PropValue>, tag: PropTag| {
        let known = known.as_ref().and_then(PropValue::as_binary);
        known.is_some() && known == target.props.binary(tag)
    };
    let is_sender = senders[..2].iter().any(|id| is_known(id, PR_ENTRYID))
        || senders[2..].iter().any(|key| is_known(key, PR_SEARCH_KEY));
    Ok(Some(target).filter(|_| !is_sender))
}

/// Sends one report, in place of delivering it: queued once for each submit of the original, and gone with the
/// sending. Those whom it is about are in it as people who are served already, as in a message that is sent again.
fn send(
    store: &dyn MsgStore,
    message: &dyn Message,
    kind: ReportKind,
    rows: &[Recipient],
    (now, mut to, key): (FileTime, Recipient, Vec<u8>),
) -> Result<()> {
    let outbox = store.props(Some(&[PR_IPM_OUTBOX_ENTRYID]))?;
    let home = match outbox.first().and_then(|outbox| outbox.value.as_binary()) {
        Some(outbox) => EntryId::from_bytes(outbox),
        None => store.receive_folder("")?.folder,
    };
    let Opened::Folder(folder) = store.open_entry(&home, OpenFlags::MODIFY)? else { return Ok(()) };
    let draft = folder.create_message(false)?;
    let of_one = MessageFlags::RESEND | MessageFlags::UNSENT | MessageFlags::READ;
    draft.set_props(&[Prop::new(PR_MESSAGE_FLAGS, of_one.0.cast_signed())])?;
    fill_report(&*draft, message, kind, rows, now)?;
    let mut about = draft.recipients()?;
    for row in &mut about {
        row.props.set(Recipient::TYPE, RecipientType::To.value() | SUBMITTED.cast_signed());
    }
    draft.modify_recipients(ModifyRecipients::Modify, about)?;
    to.props.set(Recipient::TYPE, RecipientType::To.value() | P1.cast_signed());
    draft.modify_recipients(ModifyRecipients::Add, vec![to])?;
    draft.set_props(&[Prop::new(PR_DELETE_AFTER_SUBMIT, true), Prop::new(DELIVERY_KEY, key)])?;
    draft.submit()
}

fn values<const N: usize>(message: &dyn Message, tags: [PropTag; N]) -> Result<[Option<PropValue>; N]> {
    let mut held = message.props(Some(&tags))?.into_iter();
    Ok(tags.map(|_| held.next().map(|prop| prop.value).filter(|value| !matches!(value, PropValue::Error(_)))))
}
