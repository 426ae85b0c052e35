//! What ModifyRecipients makes of a list of recipients.

use super::content::MessageBody;
use mapi_defs::prop::tags::PR_ROWID;
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::ModifyRecipients;

pub(super) fn modify(
    body: &mut MessageBody,
    how: ModifyRecipients,
    rows: Vec<Recipient>,
    call: &'static str,
) -> Result<()> {
    let known = |row: &Recipient| body.recipients.iter().any(|held| held.row_id == row.row_id);
    let changes = matches!(how, ModifyRecipients::Modify | ModifyRecipients::Remove);
    if changes && let Some(stranger) = rows.iter().find(|row| !known(row)) {
        let detail = format!("there is no recipient row {}", stranger.row_id);
        return Err(Error::new(ErrorCode::NOT_FOUND, call, detail));
    }
    match how {
        ModifyRecipients::ReplaceAll => {
            body.recipients.clear();
            add(body, rows);
        }
        ModifyRecipients::Add => add(body, rows),
        ModifyRecipients::Modify => {
            for row in rows {
                body.recipients.retain(|held| held.row_id != row.row_id);
                body.recipients.push(row);
            }
            body.recipients.sort_by_key(|row| row.row_id);
        }
        ModifyRecipients::Remove => {
            body.recipients.retain(|held| rows.iter().all(|row| row.row_id != held.row_id));
        }
    }
    Ok(())
}

fn add(body: &mut MessageBody, rows: Vec<Recipient>) {
    for mut row in rows {
        row.row_id = body.next_row;
        row.props.remove(PR_ROWID.id());
        body.next_row += 1;
        body.recipients.push(row);
    }
}
