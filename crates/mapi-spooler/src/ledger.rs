//! What became of recipients, kept on the queued message itself.
//!
//! A settled recipient has PR_RESPONSIBILITY true, whatever its outcome: nobody is asked for it
//! again, not by the next spooler either. Its outcome stays readable on the row after the message
//! has left the queue. Who decides the outcome is `machine`.

use mapi_defs::Result;
use mapi_defs::flags::SaveFlags;
use mapi_defs::prop::tags::{PR_NDR_DIAG_CODE, PR_NDR_REASON_CODE};
use mapi_defs::recipient::Recipient;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::{RecipientOutcome, RecipientState};
use mapi_spi::report::refusal;
use mapi_spi::spooler::recipient_outcome;
use std::collections::BTreeMap;

/// The words of [`recipient_outcome::STATE`] that are read again.
const REFUSED: &str = "refused";
const IN_DOUBT: &str = "in_doubt";

/// Notes outcomes on the message, to be saved in one step. True where there were any.
///
/// # Errors
/// Those of changing the message.
pub(crate) fn note(message: &dyn Message, outcomes: &[RecipientOutcome]) -> Result<bool> {
    if outcomes.is_empty() {
        return Ok(false);
    }
    let by_row: BTreeMap<u32, &RecipientOutcome> =
        outcomes.iter().map(|outcome| (outcome.row_id, outcome)).collect();
    let mut rows = Vec::with_capacity(by_row.len());
    for mut row in message.recipients()? {
        if let Some(outcome) = by_row.get(&row.row_id) {
            row.props.set(Recipient::RESPONSIBILITY, is_settled(&outcome.state));
            row.props.set(recipient_outcome::STATE, word(&outcome.state));
            row.props.set(recipient_outcome::REPLY, outcome.reply.as_str());
            if let RecipientState::Refused(code) = outcome.state {
                let (reason, diagnostic) = refusal(code);
                row.props.set(PR_NDR_REASON_CODE, reason);
                row.props.set(PR_NDR_DIAG_CODE, diagnostic);
            }
            let attempts = row.props.long(recipient_outcome::ATTEMPTS).unwrap_or(0);
            row.props.set(recipient_outcome::ATTEMPTS, attempts.saturating_add(1));
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Ok(false);
    }
    message.modify_recipients(ModifyRecipients::Modify, rows)?;
    Ok(true)
}

/// Saves that a server may soon have the message for these recipients.
///
/// # Errors
/// Those of changing and saving the message.
pub(crate) fn mark_in_doubt(message: &dyn Message, row_ids: &[u32]) -> Result<()> {
    if cfg!(feature = "seeded-fault-doubt") {
        return Ok(());
    }
    let mut rows = message.recipients()?;
    rows.retain(|row| row_ids.contains(&row.row_id) && !row.is_taken());
    for row in &mut rows {
        row.props.set(recipient_outcome::STATE, IN_DOUBT);
        row.props.set(recipient_outcome::REPLY, "nothing was heard after the message was handed over");
    }
    if rows.is_empty() {
        return Ok(());
    }
    message.modify_recipients(ModifyRecipients::Modify, rows)?;
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
}

/// True where a server may have the message for an open recipient.
pub(crate) fn is_in_doubt(row: &Recipient) -> bool {
    !row.is_taken() && row.props.text(recipient_outcome::STATE) == Some(IN_DOUBT)
}

/// True where a settled recipient had been refused.
pub(crate) fn any_refused(recipients: &[Recipient]) -> bool {
    let is_refused =
        |row: &Recipient| row.is_taken() && row.props.text(recipient_outcome::STATE) == Some(REFUSED);
    recipients.iter().any(is_refused)
}

fn is_settled(state: &RecipientState) -> bool {
    matches!(state, RecipientState::Sent | RecipientState::Local | RecipientState::Refused(_))
}

fn word(state: &RecipientState) -> &'static str {
    match state {
        RecipientState::Sent => "sent",
        RecipientState::Local => "local",
        RecipientState::RetryAfter(_) | RecipientState::ResendNow | RecipientState::Deferred => "queued",
        RecipientState::InDoubt => IN_DOUBT,
        RecipientState::Refused(_) => REFUSED,
    }
}
