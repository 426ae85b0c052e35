//! Sent messages whose folder is in another store than they were sent from (DoSentMail).
//!
//! The store that sent one deletes it once this has succeeded. Whatever ends the process between the two, the
//! next spooler does both again: the copy carries what delivery it is, and a store takes that once.

use super::{Core, spool};
use mapi_defs::flags::{MessageFlags, OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_CLIENT_SUBMIT_TIME, PR_ENTRYID, PR_LAST_MODIFICATION_TIME, PR_MESSAGE_FLAGS, PR_PREPROCESS,
    PR_SEARCH_KEY, PR_SUBMIT_FLAGS,
};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::restriction::{RelOp, Restriction};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::copy::copy_message;
use mapi_spi::folder::Folder;
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::spooler::DELIVERY_KEY;
use std::sync::Arc;

const CALL: &str = "Support::do_sent_mail";
/// What of a message belongs to its way out.
const OF_THE_JOURNEY: [PropTag; 3] = [PR_SUBMIT_FLAGS, PR_PREPROCESS, PR_LAST_MODIFICATION_TIME];

/// Puts a copy of a message that was sent into a folder of another store of the profile, once and durably.
///
/// # Errors
/// Those of [`mapi_spi::support::Support::do_sent_mail`].
pub(crate) fn do_sent_mail(core: &Arc<Core>, message: &dyn Message, folder: &EntryId) -> Result<()> {
    let missing = || {
        let detail = format!("no store of the profile has folder {}", folder.short());
        Error::new(ErrorCode::NOT_FOUND, CALL, detail)
    };
    let (store, home) = find(core, folder)?.ok_or_else(missing)?;
    let key = delivery_key(message)?;
    if is_there(&*store, &*home, message, &key)? {
        return Ok(());
    }
    let copy = home.create_message(false)?;
    copy_message(message, &*copy, &OF_THE_JOURNEY.map(|tag| tag.id()))?;
    let flags = long(message, PR_MESSAGE_FLAGS)?.cast_unsigned();
    let flags = flags & !(MessageFlags::SUBMIT.0 | MessageFlags::UNSENT.0) | MessageFlags::READ.0;
    copy.set_props(&[Prop::new(PR_MESSAGE_FLAGS, flags.cast_signed()), Prop::new(DELIVERY_KEY, key)])?;
    copy.save_changes(SaveFlags::NONE)
}

/// A folder, with its store.
type InStore = (Arc<dyn MsgStore>, Arc<dyn Folder>);

/// The folder, with its store by a logon of the spooler's.
fn find(core: &Arc<Core>, folder: &EntryId) -> Result<Option<InStore>> {
    for store in spool::stores_that_may_have(core, folder) {
        match store.open_entry(folder, OpenFlags::MODIFY) {
            Ok(Opened::Folder(home)) => return Ok(Some((store, home))),
            Err(error) if error.is_transient() => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

/// What tells this sending of this message from every other delivery.
fn delivery_key(message: &dyn Message) -> Result<Vec<u8>> {
    let mut key = b"sent ".to_vec();
    let id = value(message, PR_ENTRYID)?;
    key.extend_from_slice(id.as_ref().and_then(PropValue::as_binary).unwrap_or_default());
    let submitted = value(message, PR_CLIENT_SUBMIT_TIME)?;
    let submitted = submitted.as_ref().and_then(PropValue::as_time).map_or(0, |moment| moment.0);
    key.extend_from_slice(&submitted.to_be_bytes());
    Ok(key)
}

/// True where the copy was made before: the store's book of deliveries says so, or where it keeps none, the
/// folder itself.
fn is_there(store: &dyn MsgStore, home: &dyn Folder, message: &dyn Message, key: &[u8]) -> Result<bool> {
    match store.has_delivered(&[key.to_vec()]) {
        Ok(answer) => return Ok(answer.first() == Some(&true)),
        Err(error) if error.code() == ErrorCode::NO_SUPPORT => {}
        Err(error) => return Err(error),
    }
    let mut both = Vec::new();
    for tag in [PR_SEARCH_KEY, PR_CLIENT_SUBMIT_TIME] {
        let Some(value) = value(message, tag)? else { return Ok(false) };
        both.push(Restriction::Property { op: RelOp::Equal, tag, value });
    }
    let table = home.contents_table(TableFlags::NONE)?;
    table.restrict(Some(Restriction::And(both)))?;
    Ok(table.row_count()? > 0)
}

fn value(message: &dyn Message, tag: PropTag) -> Result<Option<PropValue>> {
    let held = message.props(Some(&[tag]))?.into_iter().next();
    Ok(held.map(|prop| prop.value).filter(|value| !matches!(value, PropValue::Error(_))))
}

fn long(message: &dyn Message, tag: PropTag) -> Result<i32> {
    Ok(value(message, tag)?.as_ref().and_then(PropValue::as_long).unwrap_or(0))
}
