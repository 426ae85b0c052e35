//! The arrival of one message: created, filled by a transport, shown to the hooks, announced.
//!
//! When that is done is `round.rs`'s.

use crate::hooks::Hooks;
use crate::perform::guarded;
use mapi_defs::flags::{FolderFlags, MessageFlags, OpenFlags};
use mapi_defs::notification::Notification;
use mapi_defs::prop::tags::{PR_ENTRYID, PR_MESSAGE_CLASS, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_FLAGS};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::container::Opened;
use mapi_spi::folder::Folder;
use mapi_spi::message::Message;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::progress::NoProgress;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::transport::XpLogon;
use std::sync::Arc;

const CALL: &str = "XpLogon::start_message";

/// What came of asking a transport for a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrival {
    /// A message arrived.
    Arrived,
    /// The transport saved nothing: it has none, or one that had arrived before.
    Nothing,
}

/// Has a transport fill a new message in the receive folder.
///
/// # Errors
/// Those of the transport, and of a store that cannot take a message now; the message is discarded.
pub(super) fn receive(
    store: &dyn MsgStore,
    from: &dyn XpLogon,
    hooks: &Hooks,
    now: FileTime,
) -> Result<Arrival> {
    let home = guarded("MsgStore::receive_folder", || store.receive_folder(""))?.folder;
    let folder = guarded("MsgStore::open_entry", || open_folder(store, &home))?;
    let Some(id) = fill(&*folder, from, now)? else { return Ok(Arrival::Nothing) };
    // A message that is not to be found was not saved.
    let opened = guarded("MsgStore::open_entry", || store.open_entry(&id, OpenFlags::BEST_ACCESS));
    let Ok(Opened::Message(message)) = opened else { return Ok(Arrival::Nothing) };
    // From here on the message has arrived, whatever becomes of what is done for it.
    if !hooks.inbound(&*message) {
        drop(message);
        let delete = || folder.delete_messages(&[id], FolderFlags::HARD_DELETE, &NoProgress).map(drop);
        note(guarded("Folder::delete_messages", delete), "a swallowed message stays");
        return Ok(Arrival::Arrived);
    }
    let announced = announce(store, (&home, &*folder), id, message);
    note(announced, "new mail is not announced");
    Ok(Arrival::Arrived)
}

/// The identifier of what the transport saved. The message itself is closed when this returns.
fn fill(folder: &dyn Folder, from: &dyn XpLogon, now: FileTime) -> Result<Option<EntryId>> {
    let message = guarded("Folder::create_message", || folder.create_message(false))?;
    guarded("MapiProp::set_props", || {
        // Somebody else's message, not yet read, that arrives now unless the transport knows better.
        message.set_props(&[
            Prop::new(PR_MESSAGE_FLAGS, MessageFlags::UNMODIFIED.0 as i32),
            Prop::new(PR_MESSAGE_DELIVERY_TIME, now),
        ])
    })?;
    let mut reference = 1;
    guarded(CALL, || from.start_message(&*message, &mut reference))?;
    let saved = guarded("MapiProp::props", || value(&*message, PR_ENTRYID))?;
    Ok(saved.as_ref().and_then(PropValue::as_binary).map(EntryId::from_bytes).filter(|id| !id.is_empty()))
}

/// Moves the message to where its class is received, and tells of it.
fn announce(
    store: &dyn MsgStore,
    (home, folder): (&EntryId, &dyn Folder),
    id: EntryId,
    message: Arc<dyn Message>,
) -> Result<()> {
    let class = value(&*message, PR_MESSAGE_CLASS)?.and_then(|class| class.as_text().map(str::to_owned));
    let message_class = class.unwrap_or_else(|| "IPM.Note".to_owned());
    let flags = value(&*message, PR_MESSAGE_FLAGS)?.and_then(|flags| flags.as_long()).unwrap_or_default();
    drop(message);
    let own = guarded("MsgStore::receive_folder", || store.receive_folder(&message_class))?.folder;
    let is_home = guarded("MsgStore::compare_entry_ids", || store.compare_entry_ids(home, &own))?;
    let entry_id = if is_home { id } else { moved(store, folder, id, &own)? };
    let parent_id = own;
    let event = Notification::NewMail { entry_id, parent_id, message_class, message_flags: flags as u32 };
    guarded("MsgStore::notify_new_mail", || store.notify_new_mail(&event))
}

fn moved(store: &dyn MsgStore, folder: &dyn Folder, id: EntryId, to: &EntryId) -> Result<EntryId> {
    let (_, mut ids) = guarded("Folder::copy_messages", || {
        let to = open_folder(store, to)?;
        folder.copy_messages(&[id], &*to, FolderFlags::MOVE, &NoProgress)
    })?;
    ids.pop().ok_or_else(|| Error::new(ErrorCode::NOT_FOUND, CALL, "the message is gone"))
}

fn open_folder(store: &dyn MsgStore, id: &EntryId) -> Result<Arc<dyn Folder>> {
    match store.open_entry(id, OpenFlags::MODIFY)? {
        Opened::Folder(folder) => Ok(folder),
        _ => Err(Error::new(ErrorCode::CORRUPT_STORE, CALL, "the receive folder is no folder")),
    }
}

fn value(object: &dyn MapiProp, tag: PropTag) -> Result<Option<PropValue>> {
    let answer = object.props(Some(&[tag]))?.into_iter().next().map(|prop| prop.value);
    Ok(answer.filter(|value| !matches!(value, PropValue::Error(_))))
}

fn note(answer: Result<()>, what: &str) {
    if let Err(error) = answer {
        tracing::warn!(%error, "{what}");
    }
}
