//! What MAPI does with the recipients of a message that is being submitted (PrepareSubmit, ExpandRecips).
//!
//! Not the submit itself: that is the store's. Not who takes a recipient: that is the spooler's.

use crate::address_book::one_off;
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS};
use mapi_defs::recipient::{Recipient, RecipientType, SUBMITTED};
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::report::{ReportKind, fill_receipt, is_report, report_target, sender_of};
use std::collections::{HashMap, HashSet};

/// Marks who of a message that is sent again has it already.
///
/// Whoever is marked MAPI_SUBMITTED loses the mark and is taken (PR_RESPONSIBILITY); the others are still
/// to be served, a MAPI_P1 row without being shown in what is sent. A message without MSGFLAG_RESEND is
/// left alone.
pub(super) fn prepare_submit(message: &dyn Message) -> Result<()> {
    let flags = message.props(Some(&[PR_MESSAGE_FLAGS]))?;
    let flags = flags.first().and_then(|flags| flags.value.as_long()).unwrap_or(0);
    if !MessageFlags(flags.cast_unsigned()).contains(MessageFlags::RESEND) {
        return Ok(());
    }
    let mut rows = message.recipients()?;
    for row in &mut rows {
        let kind = row.props.long(Recipient::TYPE).unwrap_or(RecipientType::To.value()).cast_unsigned();
        row.props.set(Recipient::TYPE, (kind & !SUBMITTED).cast_signed());
        row.props.set(Recipient::RESPONSIBILITY, kind & SUBMITTED != 0);
    }
    message.modify_recipients(ModifyRecipients::Modify, rows)
}

/// Makes a read or non-read report, and says to whom it goes: who is named for it, else the sender.
pub(super) fn read_receipt(
    message: &dyn Message,
    kind: ReportKind,
    report: &dyn Message,
    now: FileTime,
) -> Result<()> {
    const CALL: &str = "Support::read_receipt";
    let refused = |code, detail| Err(Error::new(code, CALL, detail));
    if !matches!(kind, ReportKind::Read | ReportKind::NonRead) {
        return refused(ErrorCode::INVALID_PARAMETER, "the kind of report is that of a delivery");
    }
    let class = message.props(Some(&[PR_MESSAGE_CLASS]))?;
    if class.first().and_then(|class| class.value.as_text()).is_some_and(is_report) {
        return refused(ErrorCode::INVALID_PARAMETER, "nobody is sent a report of a report");
    }
    let named = match report_target(message, kind)? {
        Some(named) => Some(named),
        None => sender_of(message)?,
    };
    let Some(mut to) = named else {
        return refused(ErrorCode::NOT_FOUND, "the message names nobody to whom a report could go");
    };
    one_off::name_address(&mut to);
    fill_receipt(report, message, kind, to, now)
}

/// Gives those who are named by a one-off identifier alone its address, and sees that nobody is served twice: a
/// row that repeats another one goes; one that is shown elsewhere, as
/// in To and in Cc, stays to be shown and counts as taken.
pub(super) fn expand_recips(message: &dyn Message) -> Result<()> {
    let mut served: HashMap<Identity, HashSet<i32>> = HashMap::new();
    let (mut gone, mut shown) = (Vec::new(), Vec::new());
    for mut row in message.recipients()? {
        let is_named_now = one_off::name_address(&mut row);
        if is_named_now {
            shown.push(row.clone());
        }
        let Some(identity) = identity(&row).filter(|_| !row.is_taken()) else { continue };
        let kind = row.props.long(Recipient::TYPE).unwrap_or(RecipientType::To.value());
        let kinds = served.entry(identity).or_default();
        let is_first = kinds.is_empty();
        match kinds.insert(kind) {
            true if is_first => {}
            true => {
                row.props.set(Recipient::RESPONSIBILITY, true);
                shown.push(row);
            }
            false => gone.push(row),
        }
    }
    if !shown.is_empty() {
        message.modify_recipients(ModifyRecipients::Modify, shown)?;
    }
    if !gone.is_empty() {
        message.modify_recipients(ModifyRecipients::Remove, gone)?;
    }
    Ok(())
}

/// By what two rows are of one recipient: address type and address, else the entry identifier.
type Identity = (String, Vec<u8>);

fn identity(row: &Recipient) -> Option<Identity> {
    if row.kind() == RecipientType::Originator {
        return None;
    }
    let kind = row.props.text(Recipient::ADDRTYPE).unwrap_or_default().trim().to_uppercase();
    // What is left of the last @ of an Internet address is the receiver's, case and all.
    let address = row.address().map(str::trim).filter(|address| !address.is_empty());
    let address = address.map(|address| match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()).into_bytes(),
        None => address.as_bytes().to_vec(),
    });
    let id = || row.props.binary(PR_ENTRYID).filter(|id| !id.is_empty()).map(<[u8]>::to_vec);
    address.or_else(id).map(|bytes| (kind, bytes))
}
