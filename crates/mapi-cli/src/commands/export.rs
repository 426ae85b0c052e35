//! `mapi export PATH -o DIR`: messages of the store as files.

use crate::cli::{Format, Global};
use crate::failure::Outcome;
use crate::interrupt::Interrupt;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::place::{Place, find};
use crate::progress_bar::Bar;
use crate::rendering::render;
use crate::target::Folder;
use mapi::object::MsgStore;
use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::tags::PR_SUBJECT;
use mapi_defs::{EntryId, FileTime};
use serde_json::{Value, json};
use std::path::Path;

/// What to write, and how.
pub(crate) struct Export<'a> {
    /// A folder, a message or an entry identifier.
    pub(crate) path: &'a str,
    /// The folder the files go to.
    pub(crate) folder: &'a Path,
    /// The format.
    pub(crate) format: Format,
}

/// Writes messages into files.
pub(crate) fn export(what: &Export<'_>, global: &Global, output: Output) -> Outcome {
    let interrupt = Interrupt::listen()?;
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let store = logged_on.store()?;
    let ids = match find(&store, what.path)? {
        Place::Folder(folder, _) => folder.message_ids()?,
        Place::Message(id, _) => vec![id],
    };
    let mut target = Folder::create(what.folder, global.force)?;
    let bar = Bar::new(ids.len(), "exporting", output);
    let mut outputs = Vec::new();
    for id in &ids {
        interrupt.check()?;
        outputs.push(one(&store, id, what.format, logged_on.now(), &mut target)?);
        bar.step();
    }
    bar.end();
    drop(store);
    let end = logged_on.end()?.to_json();
    if output.is_machine() {
        return output.document(&json!({ "outputs": outputs, "session_end": end }));
    }
    let paths = outputs.iter().filter_map(|done| done["path"].as_str());
    output.text(&paths.map(|path| format!("{path}\n")).collect::<String>())?;
    output.session_end(&end);
    Ok(())
}

fn one(store: &MsgStore, id: &EntryId, format: Format, now: FileTime, target: &mut Folder) -> Outcome<Value> {
    let message = store.open_message(id, OpenFlags::NONE)?.object()?;
    let rendering = render(&message, format, now)?;
    let subject = message.text(PR_SUBJECT).unwrap_or_default();
    let name = format!("{}.{}", if subject.is_empty() { "message" } else { subject }, format.extension());
    let path = target.write(&name, "message", &mut rendering.bytes.as_slice())?;
    Ok(json!({
        "input": id.to_string(), "path": path.display().to_string(), "kind": format.extension(),
        "losses": rendering.losses,
    }))
}
