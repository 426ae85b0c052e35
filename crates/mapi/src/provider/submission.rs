//! What MAPI does with the recipients of a message that is being submitted (PrepareSubmit, ExpandRecips).
//!
//! Not the submit itself: that is the store's. Not who takes a recipient: that is the spooler's.

use mapi_defs::Result;
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_MESSAGE_FLAGS};
use mapi_defs::recipient::{Recipient, RecipientType, SUBMITTED};
use mapi_spi::message::{Message, ModifyRecipients};
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

/// Sees that nobody is served twice: a row that repeats another one goes; one that is shown elsewhere, as
/// in To and in Cc, stays to be shown and counts as taken.
pub(super) fn expand_recips(message: &dyn Message) -> Result<()> {
    let mut served: HashMap<Identity, HashSet<i32>> = HashMap::new();
    let (mut gone, mut shown) = (Vec::new(), Vec::new());
    for mut row in message.recipients()? {
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
