//! The recipient table and the attachment table of a message on a storage, and the changes of the former.

use super::held::{Held, of_width};
use super::state::{AttachmentState, MessageState, Slot};
use crate::message::FileParts;
use crate::write::complete::Kind;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::support::Support;
use mapi_spi::table::{TableData, TableRow};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entry identifiers that last in place of those that end with the session; where nobody knows one, or
/// nobody can be asked, they stay as given.
pub(super) fn make_lasting(rows: &mut [Recipient], support: &dyn Support) {
    for row in rows {
        let given = row.props.binary(PR_ENTRYID).map(EntryId::from_bytes);
        let Some(given) = given.filter(EntryId::is_short_term) else { continue };
        if let Ok(lasting) = support.long_term_entry_id(&given) {
            row.props.set(PR_ENTRYID, lasting.as_bytes().to_vec());
        }
    }
}

/// Changes the recipients of a message, all of them or none.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a property of PT_NULL.
/// - `MAPI_E_NOT_FOUND`: MODIFY or REMOVE of a row that is not there.
pub(super) fn modify(state: &mut MessageState, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
    const CALL: &str = "IMessage::ModifyRecipients";
    if rows.iter().flat_map(|row| &row.props).any(|prop| prop.value == PropValue::Null) {
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "a property of PT_NULL"));
    }
    if matches!(how, ModifyRecipients::Modify | ModifyRecipients::Remove)
        && let Some(row) = rows.iter().find(|row| !state.recipients.contains_key(&row.row_id))
    {
        let detail = format!("there is no recipient {}", row.row_id);
        return Err(Error::new(ErrorCode::NOT_FOUND, CALL, detail));
    }
    state.recipients_stored = false;
    if how == ModifyRecipients::ReplaceAll {
        state.recipients.clear();
    }
    for row in rows {
        match how {
            ModifyRecipients::Remove => drop(state.recipients.remove(&row.row_id)),
            ModifyRecipients::Modify => {
                state.recipients.insert(row.row_id, held(row, state.unicode));
            }
            ModifyRecipients::ReplaceAll | ModifyRecipients::Add => {
                let number = state.next_recipient;
                state.next_recipient = number.saturating_add(1);
                state.recipients.insert(number, held(row, state.unicode));
            }
        }
    }
    Ok(())
}

fn held(row: Recipient, unicode: bool) -> Held {
    let mut held = Held::default();
    for prop in row.props {
        // An error is what a table answered: there is nothing to set.
        if prop.tag.id() != PR_ROWID.id() && !matches!(prop.value, PropValue::Error(_) | PropValue::Object) {
            held.set(Kind::Recipient, prop.tag, of_width(prop.value, unicode));
        }
    }
    held
}

pub(super) fn recipient_table() -> Arc<TableData> {
    let columns = [
        PR_ROWID,
        PR_DISPLAY_NAME,
        PR_ADDRTYPE,
        PR_EMAIL_ADDRESS,
        PR_RECIPIENT_TYPE,
        PR_ENTRYID,
        PR_SEARCH_KEY,
    ];
    TableData::new(PR_ROWID, &columns)
}

pub(super) fn recipient_rows(state: &MessageState) -> Vec<TableRow> {
    let row = |(number, held): (&u32, &Held)| {
        let mut row = held.list(&[]);
        row.set(PR_ROWID, number.cast_signed());
        row.into()
    };
    state.recipients.iter().map(row).collect()
}

pub(super) fn attachment_table() -> Arc<TableData> {
    let columns = [
        PR_ATTACH_NUM,
        PR_ATTACH_METHOD,
        PR_RENDERING_POSITION,
        PR_ATTACH_SIZE,
        PR_ATTACH_FILENAME,
        PR_ATTACH_LONG_FILENAME,
        PR_DISPLAY_NAME,
    ];
    TableData::new(PR_ATTACH_NUM, &columns)
}

/// The rows of attachments that were saved; what they hold is no column.
pub(super) fn attachment_rows(
    state: &MessageState,
    saved: &BTreeMap<u32, Slot>,
    parts: Option<&Arc<FileParts>>,
) -> Vec<TableRow> {
    const LEFT_OUT: [PropTag; 1] = [PR_ATTACH_DATA_BIN];
    let row = |(number, slot): (&u32, &Slot)| {
        let mut row = match (slot, parts) {
            (Slot::Held(held), _) => held.props.list(&LEFT_OUT),
            (Slot::InFile(node), Some(parts)) => {
                AttachmentState::read(parts, state, *number, *node).props.list(&LEFT_OUT)
            }
            (Slot::InFile(_), None) => return None,
        };
        row.set(PR_ATTACH_NUM, number.cast_signed());
        Some(row.into())
    };
    saved.iter().filter_map(row).collect()
}
