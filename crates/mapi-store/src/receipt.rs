//! Read reports: which of them marking a message read sends (IMessage::SetReadFlag), and which it does not.
//!
//! What a report says and to whom it goes is MAPI's (ReadReceipt). Here is decided whether there is one, and the
//! report is queued in one step with the mark that it is owed no longer. A deletion never sends one.

use crate::engine::record::RowRecord;
use crate::engine::{Change, Marks};
use crate::entry_id::Kind;
use crate::logon::Logon;
use crate::message::{Home, StoreMessage, read_flags};
use crate::open::open_entry;
use crate::special_folders::Role;
use mapi_defs::flags::{MessageFlags, OpenFlags, ReadFlags, SaveFlags};
use mapi_defs::prop::{Prop, PropTag, PropValue, tags};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::report::ReportKind;
use mapi_spi::spooler::section::{NEVER, READ_REPORTS};
use std::sync::Arc;

/// The bits of a message that owes a read report, or a report that it was not read.
const OWED: u32 = MessageFlags::RN_PENDING.0 | MessageFlags::NRN_PENDING.0;
/// How the report came about (RFC 8098 3.2.6): somebody marked the message, or asked for the report itself.
const BY_MARKING: &str = "manual-action/MDN-sent-automatically";
const BY_ASKING: &str = "manual-action/MDN-sent-manually";
/// Whose mail a message is, by their addresses.
const SENDERS: [PropTag; 4] = [
    tags::PR_SENDER_EMAIL_ADDRESS,
    tags::PR_SENDER_SMTP_ADDRESS,
    tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    tags::PR_SENT_REPRESENTING_SMTP_ADDRESS,
];

/// True where a call with these flags may send a report of a message that owes one.
pub(crate) fn may_send(flags: ReadFlags) -> bool {
    let declines = ReadFlags::SUPPRESS_RECEIPT
        | ReadFlags::CLEAR
        | ReadFlags::CLEAR_RN_PENDING
        | ReadFlags::CLEAR_NRN_PENDING;
    !flags.intersects(declines)
}

/// Marks one message; answers the bits that were set and cleared.
///
/// # Errors
/// Those of `Message::set_read_flag`.
pub(crate) fn mark(
    logon: &Arc<Logon>,
    (id, folder): (i64, i64),
    flags: ReadFlags,
    call: &'static str,
) -> Result<(u32, u32)> {
    let (set, clear) = read_flags(flags, call)?;
    let engine = logon.engine(call)?;
    let gone = || Error::new(ErrorCode::OBJECT_DELETED, call, "somebody deleted the message meanwhile");
    let row = engine.rows_by_id(&[id])?.pop().ok_or_else(gone)?;
    if flags.contains(ReadFlags::SUPPRESS_RECEIPT | ReadFlags::GENERATE_RECEIPT_ONLY) {
        forget_request(logon, &row, call)?;
    }
    let is_asked_for = flags.contains(ReadFlags::GENERATE_RECEIPT_ONLY);
    let is_due = is_asked_for || row.flags & MessageFlags::READ.0 == 0;
    if may_send(flags) && is_due && row.flags & MessageFlags::RN_PENDING.0 != 0 {
        let marks = Marks { id, folder, set, clear: clear | OWED };
        if report(logon, &row, is_asked_for, marks, call)? {
            return Ok((set, clear | OWED));
        }
    }
    engine.commit(Change::Flags { ids: vec![id], folder, set, clear })?;
    Ok((set, clear))
}

/// Sends the report that a message owes, with the marks. False where it is left for later, and nothing is done.
fn report(
    logon: &Arc<Logon>,
    row: &RowRecord,
    is_asked_for: bool,
    marks: Marks,
    call: &'static str,
) -> Result<bool> {
    let engine = logon.engine(call)?;
    let Some(message) = opened(logon, row, OpenFlags::NONE, call)? else { return Ok(false) };
    if boolean(&*message, tags::PR_READ_RECEIPT_REQUESTED)? != Some(true) {
        return Ok(false);
    }
    if are_declined(logon)? {
        let Marks { id, folder, set, clear } = marks;
        engine.commit(Change::Flags { ids: vec![id], folder, set, clear })?;
        return Ok(true);
    }
    let outbox = engine.special(Role::Outbox as i64)?;
    let (folder, guard) =
        outbox.ok_or_else(|| Error::new(ErrorCode::CORRUPT_STORE, call, "the store has no Outbox"))?;
    let report = StoreMessage::create(logon.clone(), Home::Folder { folder, guard, associated: false });
    if let Err(error) = logon.support().read_receipt(&*message, ReportKind::Read, &*report) {
        tracing::info!(%error, "a read report is left for later");
        return Ok(false);
    }
    // A report to somebody else than the sender is what a hostile mail would like to have sent.
    if !is_asked_for && !goes_back(&*message, &report.recipients()?)? {
        tracing::info!("a read report would go to somebody else than the sender, and is left for later");
        return Ok(false);
    }
    let mode = if is_asked_for { BY_ASKING } else { BY_MARKING };
    report.set_props(&[
        Prop::new(tags::PR_DELETE_AFTER_SUBMIT, true),
        Prop::new(tags::PR_REPORT_DISPOSITION_MODE, mode),
    ])?;
    report.submit_with(marks)?;
    Ok(true)
}

/// True where the profile says that no read reports are sent from this store.
fn are_declined(logon: &Logon) -> Result<bool> {
    let section = logon.support().profile_section(None)?;
    let held = section.props(Some(&[READ_REPORTS]))?;
    Ok(held.first().and_then(|prop| prop.value.as_text()) == Some(NEVER))
}

/// True where everybody the report goes to is who the message came from.
fn goes_back(message: &dyn Message, to: &[Recipient]) -> Result<bool> {
    let senders = message.props(Some(&SENDERS))?;
    let is_sender = |row: &Recipient| {
        let address = row.address().unwrap_or_default().trim();
        let mut known = senders.iter().filter_map(|prop| prop.value.as_text());
        !address.is_empty() && known.any(|sender| sender.trim().eq_ignore_ascii_case(address))
    };
    Ok(to.iter().all(is_sender))
}

/// SUPPRESS_RECEIPT and GENERATE_RECEIPT_ONLY together: nobody asked for a report from here on.
fn forget_request(logon: &Arc<Logon>, row: &RowRecord, call: &'static str) -> Result<()> {
    let Some(message) = opened(logon, row, OpenFlags::MODIFY, call)? else { return Ok(()) };
    if boolean(&*message, tags::PR_READ_RECEIPT_REQUESTED)? != Some(true) {
        return Ok(());
    }
    message.set_props(&[Prop::new(tags::PR_READ_RECEIPT_REQUESTED, false)])?;
    message.save_changes(SaveFlags::NONE)
}

fn opened(
    logon: &Arc<Logon>,
    row: &RowRecord,
    flags: OpenFlags,
    call: &'static str,
) -> Result<Option<Arc<dyn Message>>> {
    let id = logon.entry_id(Kind::Message, row.id, row.guard);
    Ok(match open_entry(logon, &id, flags, call)? {
        Opened::Message(message) => Some(message),
        _ => None,
    })
}

fn boolean(message: &dyn Message, tag: PropTag) -> Result<Option<bool>> {
    let held = message.props(Some(&[tag]))?;
    Ok(held.first().map(|prop| &prop.value).and_then(PropValue::as_boolean))
}
