//! `mapi export PATH -o DIR`: messages of the store as files.

use crate::batch::Batch;
use crate::cli::{Format, Global};
use crate::failure::Outcome;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::place::{Place, find};
use crate::progress_bar::Bar;
use crate::rendering::render;
use crate::target::Folder;
use mapi::object::MsgStore;
use mapi_defs::flags::OpenFlags;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::*;
use mapi_defs::{EntryId, FileTime};
use serde_json::{Value, json};
use std::path::Path;

/// What a message has from the store it lies in; in a file there is none.
const OF_STORE: [PropTag; 13] = [
    PR_ACCESS,
    PR_ACCESS_LEVEL,
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_MAPPING_SIGNATURE,
    PR_MESSAGE_SIZE,
    PR_MSG_STATUS,
    PR_OBJECT_TYPE,
    PR_PARENT_ENTRYID,
    PR_RECORD_KEY,
    PR_STORE_ENTRYID,
    PR_STORE_RECORD_KEY,
    PR_STORE_SUPPORT_MASK,
];

/// What to write, and how.
pub(crate) struct Export<'a> {
    /// A folder, a message or an entry identifier.
    pub(crate) path: &'a str,
    /// The folder the files go to.
    pub(crate) folder: &'a Path,
    /// The format.
    pub(crate) format: Format,
}

/// Writes messages into files; one that cannot be written does not keep the others from being.
pub(crate) fn export(what: &Export<'_>, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let (ids, is_one) = match find(&store, what.path)? {
        Place::Folder(folder, _) => (folder.message_ids()?, false),
        Place::Message(id, _) => (vec![id], true),
    };
    let mut target = Folder::create(what.folder, global.force)?;
    let bar = Bar::new(ids.len(), "exporting", output);
    let mut batch = Batch::default();
    for id in &ids {
        if logged_on.interrupt.is_asked() || batch.is_hopeless() {
            break;
        }
        match one(&store, id, what.format, logged_on.now(), &mut target) {
            Err(failure) if is_one => return Err(failure),
            done => batch.take(&id.to_string(), done, output),
        }
        bar.step();
    }
    bar.end();
    drop(store);
    let interrupt = logged_on.interrupt.clone();
    let end = logged_on.end()?.to_json();
    report(&batch, &end, output)?;
    batch.conclude(ids.len(), "messages were not exported", &interrupt)
}

fn report(batch: &Batch, end: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&batch.document(end));
    }
    let paths = batch.outputs.iter().filter_map(|done| done["path"].as_str());
    output.text(&paths.map(|path| format!("{path}\n")).collect::<String>())?;
    output.session_end(end);
    Ok(())
}

fn one(store: &MsgStore, id: &EntryId, format: Format, now: FileTime, target: &mut Folder) -> Outcome<Value> {
    let mut message = store.open_message(id, OpenFlags::NONE)?.object()?;
    if format == Format::Msg {
        leave_store(&mut message);
    }
    let subject = message.text(PR_SUBJECT).unwrap_or_default();
    let rendering = render(&message, format, now).map_err(|failure| failure.about(subject))?;
    let name = format!("{}.{}", if subject.is_empty() { "message" } else { subject }, format.extension());
    let path = target.write(&name, "message", &mut rendering.bytes.as_slice())?;
    Ok(json!({
        "input": id.to_string(), "path": path.display().to_string(), "kind": format.extension(),
        "losses": rendering.losses,
    }))
}

/// Takes out of a message, and of those in it, what the store alone can say.
fn leave_store(message: &mut MessageObject) {
    let mut waiting = vec![message];
    while let Some(message) = waiting.pop() {
        message.properties.retain(|one| OF_STORE.iter().all(|tag| tag.id() != one.tag.id()));
        waiting.extend(message.attachments.iter_mut().filter_map(|one| one.message.as_deref_mut()));
    }
}
