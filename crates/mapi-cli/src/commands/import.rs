//! `mapi import FILE… --to PATH`: the messages of files and mailboxes as messages of the store.

use crate::batch::{exit_of, failed_json};
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::input::Inputs;
use crate::interrupt::Interrupt;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::mailbox::{Letter, Mailbox};
use crate::mime_file;
use crate::output::Output;
use crate::place::find_folder;
use crate::progress_bar::Bar;
use crate::vcard_file::is_vcard_file;
use mapi::object::{Folder, Message, Object};
use mapi_defs::flags::{ReadFlags, SaveFlags};
use mapi_defs::prop::tags::{PR_ENTRYID, PR_SUBJECT};
use mapi_defs::{EntryId, ErrorCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Imports files; one that cannot be read does not keep the others from being done.
pub(crate) fn import(files: &[PathBuf], to: &str, global: &Global, output: Output) -> Outcome {
    let interrupt = Interrupt::listen()?;
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::CreatesProfile, output)?;
    let store = logged_on.store()?;
    let folder = find_folder(&store, to)?;
    let inputs = Inputs::open();
    let bar = Bar::new(files.len(), "importing", output);
    let (mut outputs, mut failed) = (Vec::new(), Vec::new());
    for file in files {
        if interrupt.is_asked() {
            break;
        }
        let done = match Mailbox::open(file) {
            Ok(None) if is_vcard_file(file) => cards(file, &inputs, &folder, &mut outputs),
            Ok(None) => one(file, &inputs, &folder).map(|done| outputs.push(done)),
            Ok(Some(mailbox)) => all(file, mailbox, &folder, &interrupt, &mut outputs),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = done {
            failed.push((file.display().to_string(), failure));
        }
        bar.step();
    }
    bar.end();
    inputs.end();
    drop((folder, store));
    report(&outputs, &failed, &logged_on.end()?.to_json(), output)?;
    interrupt.check().map_err(Failure::already_reported)?;
    conclude(&failed, files.len())
}

fn one(file: &Path, inputs: &Inputs, folder: &Folder) -> Outcome<Value> {
    let target = folder.create_message()?;
    inputs.copy(file, &target, &[])?;
    saved(file, &target)
}

/// Imports the cards of a file as contacts and lists.
fn cards(file: &Path, inputs: &Inputs, folder: &Folder, outputs: &mut Vec<Value>) -> Outcome {
    for (contact, losses) in inputs.read_all(file)? {
        let target = folder.create_message()?;
        target
            .fill(&contact, &[])
            .map_err(|error| Failure::from(error).about(&file.display().to_string()))?;
        let mut done = saved(file, &target)?;
        if let (false, Some(map)) = (losses.is_empty(), done.as_object_mut()) {
            map.insert("losses".into(), losses.into());
        }
        outputs.push(done);
    }
    Ok(())
}

/// Imports what a mailbox holds; a message that cannot be read does not keep the others from being done.
fn all(
    file: &Path,
    mailbox: Mailbox,
    folder: &Folder,
    interrupt: &Interrupt,
    outputs: &mut Vec<Value>,
) -> Outcome {
    let (mut count, mut refused) = (0_usize, Vec::new());
    for letter in mailbox {
        if interrupt.is_asked() {
            break;
        }
        count += 1;
        match letter.and_then(|letter| place(file, &letter, folder)) {
            Ok(done) => outputs.push(done),
            Err(failure) => refused.push(failure),
        }
    }
    match refused.into_iter().next() {
        Some(first) => Err(first.about(&format!("{}, of {count} messages", file.display()))),
        None => Ok(()),
    }
}

fn place(file: &Path, letter: &Letter, folder: &Folder) -> Outcome<Value> {
    let message = mime_file::message(&letter.octets, file)?;
    let target = folder.create_message()?;
    let about = |error: mapi_defs::Error| Failure::from(error).about(&file.display().to_string());
    target.fill(&message, &[]).map_err(about)?;
    let done = saved(file, &target)?;
    if letter.is_read {
        target.set_read_flag(ReadFlags::SUPPRESS_RECEIPT).map_err(about)?;
    }
    Ok(done)
}

fn saved(file: &Path, target: &Message) -> Outcome<Value> {
    let about = |error: mapi_defs::Error| Failure::from(error).about(&file.display().to_string());
    target.save(SaveFlags::KEEP_OPEN_READONLY).map_err(about)?;
    let id = target.binary(PR_ENTRYID)?.map(EntryId::from_bytes).unwrap_or_default();
    Ok(json!({
        "input": file.display().to_string(),
        "entry_id": id.to_string(),
        "subject": target.text(PR_SUBJECT)?,
    }))
}

fn report(outputs: &[Value], failed: &[(String, Failure)], end: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        let mut document = json!({ "outputs": outputs, "session_end": end });
        if let (false, Some(map)) = (failed.is_empty(), document.as_object_mut()) {
            map.insert("failed".into(), failed_json(failed));
        }
        return output.document(&document);
    }
    failed.iter().for_each(|(_, failure)| output.failure(failure));
    output.text(&format!("imported {} messages\n", outputs.len()))?;
    output.session_end(end);
    Ok(())
}

fn conclude(failed: &[(String, Failure)], all: usize) -> Outcome {
    let Some((_, first)) = failed.first() else { return Ok(()) };
    let exit = exit_of(failed, first);
    let message = format!("{} of {all} files were not imported", failed.len());
    Err(Failure::new(ErrorCode::CORRUPT_DATA, message).with_exit(exit).already_reported())
}
