//! ModifyRecipients.

use super::data::MessageData;
use mapi_defs::prop::Prop;
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::ModifyRecipients;

/// No message has more recipients.
const MOST: usize = 100_000;

/// Changes the recipients; either all of the rows are done or none.
pub(super) fn modify(data: &mut MessageData, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
    const CALL: &str = "Message::modify_recipients";
    let place = |data: &MessageData, row: u32| {
        data.recipients
            .iter()
            .position(|held| held.row_id == row)
            .ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no recipient {row}")))
    };
    let kept = if how == ModifyRecipients::ReplaceAll { 0 } else { data.recipients.len() };
    if matches!(how, ModifyRecipients::Add | ModifyRecipients::ReplaceAll) && kept + rows.len() > MOST {
        return Err(Error::new(ErrorCode::TOO_BIG, CALL, format!("more than {MOST} recipients")));
    }
    match how {
        ModifyRecipients::ReplaceAll => {
            data.recipients.clear();
            data.next_row = 0;
            add(data, rows);
        }
        ModifyRecipients::Add => add(data, rows),
        ModifyRecipients::Modify => {
            for row in &rows {
                place(data, row.row_id)?;
            }
            for row in rows {
                let index = place(data, row.row_id)?;
                data.recipients[index] = plain(row);
            }
        }
        ModifyRecipients::Remove => {
            for row in &rows {
                place(data, row.row_id)?;
            }
            data.recipients.retain(|held| !rows.iter().any(|row| row.row_id == held.row_id));
        }
    }
    Ok(())
}

fn add(data: &mut MessageData, rows: Vec<Recipient>) {
    for mut row in rows {
        row.row_id = data.next_row;
        data.next_row += 1;
        data.recipients.push(plain(row));
    }
}

/// The row as it is kept: text in Unicode, without its number, objects and nothings.
fn plain(row: Recipient) -> Recipient {
    let props = row.props.into_iter().filter(|prop| prop.tag.id() != 0x3000);
    let props = props.filter(|prop| !matches!(prop.value, mapi_defs::prop::PropValue::Object));
    let props = props.map(|prop| Prop::new(prop.tag, prop.value.into_unicode()));
    Recipient { row_id: row.row_id, props: props.collect() }
}
