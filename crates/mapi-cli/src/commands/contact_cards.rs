//! `mapi contact import` and `mapi contact export`: people and lists as vCards.

use crate::addressee;
use crate::batch::Batch;
use crate::cli::Global;
use crate::contact_options::CardVersion;
use crate::failure::{Failure, Outcome};
use crate::input::{octets, unreadable};
use crate::logged_on::{FirstUse, LoggedOn, Mail, refuse_when_read_only};
use crate::output::Output;
use crate::progress_bar::Bar;
use crate::target::{Folder, write_file};
use crate::vcard_file;
use mapi_defs::{EntryId, ErrorCode};
use mapi_files::file_name::harmless;
use mapi_services::cards::{CardBook, Imported};
use mapi_vcard::{Card, Lost, Version};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Puts the cards of files into the address book; one that cannot be read does not keep the others from it.
pub(crate) fn import(files: &[PathBuf], global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    let (mut batch, mut cards, mut bad) = (Batch::default(), Vec::new(), 0);
    for file in files {
        match read(file) {
            Ok((found, failed)) => {
                cards.extend(found.into_iter().map(|card| (file.display().to_string(), card)));
                for failure in failed {
                    bad += 1;
                    batch.take(&file.display().to_string(), Err(failure), output);
                }
            }
            Err(failure) if files.len() == 1 => return Err(failure),
            Err(failure) => {
                bad += 1;
                batch.take(&file.display().to_string(), Err(failure), output);
            }
        }
    }
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::CreatesProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    let mut card_book = own_book(&book)?;
    let bar = Bar::new(cards.len(), "importing", output);
    for (file, card) in &cards {
        if logged_on.interrupt.is_asked() || batch.is_hopeless() {
            break;
        }
        let done = card_book.import(card).map(|done| imported(file, card, &done));
        batch.take(file, done.map_err(|error| refused(file, card, error)), output);
        bar.step();
    }
    bar.end();
    let missing = card_book.finish()?;
    for done in &mut batch.outputs {
        let of = missing.iter().find(|(list, _)| done["entry_id"] == list.to_string());
        if let (Some((_, count)), Some(losses)) = (of, done["losses"].as_array_mut()) {
            let what =
                Lost { what: "MEMBER".to_owned(), reason: "a member's card is in no file and no book" };
            losses.extend(std::iter::repeat_n(vcard_file::loss(&what), *count));
        }
    }
    drop((card_book, book));
    let interrupt = logged_on.interrupt.clone();
    let end = logged_on.end()?.to_json();
    report_import(&batch, &end, output)?;
    batch.conclude(cards.len() + bad, "cards were not imported", &interrupt)
}

/// The cards of a file, and why others in it are none.
fn read(file: &Path) -> Outcome<(Vec<Card>, Vec<Failure>)> {
    let octets = octets(file)?;
    let (cards, failed) = vcard_file::cards(&octets);
    if cards.is_empty() && failed.is_empty() {
        let failure = Failure::new(ErrorCode::CORRUPT_DATA, "there is no vCard in it");
        return Err(unreadable(file, failure));
    }
    Ok((cards, failed.into_iter().map(|error| unreadable(file, error.into())).collect()))
}

fn own_book(book: &mapi::AddressBook) -> Outcome<CardBook> {
    CardBook::of_pab(book).map_err(|error| match error.code() {
        ErrorCode::NOT_FOUND => Failure::from(error).with_hint("`mapi service add PAB` adds an address book"),
        _ => error.into(),
    })
}

fn imported(file: &str, card: &Card, done: &Imported) -> Value {
    json!({
        "input": file,
        "entry_id": done.id.to_string(),
        "uid": card.uid(),
        "name": done.name,
        "kind": if done.is_list { "list" } else { "person" },
        "change": if done.is_new { "added" } else { "updated" },
        "losses": done.lost.iter().map(vcard_file::loss).collect::<Vec<_>>(),
    })
}

fn refused(file: &str, card: &Card, error: mapi_defs::Error) -> Failure {
    let about = card.text("FN").map_or_else(|| file.to_owned(), |name| format!("{file}: {name}"));
    let is_bad = error.code() == ErrorCode::INVALID_PARAMETER;
    let failure = Failure::from(error).about(&about);
    if is_bad { failure.with_exit(crate::exit::Exit::BadData) } else { failure }
}

fn report_import(batch: &Batch, end: &Value, output: Output) -> Outcome {
    if output.is_machine() {
        return output.document(&batch.document(end));
    }
    let count = |change: &str| batch.outputs.iter().filter(|done| done["change"] == change).count();
    for done in &batch.outputs {
        for loss in done["losses"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            output.say(&format!(
                "{}: {} is lost: {}",
                text(&done["name"]),
                text(&loss["name"]),
                text(&loss["reason"])
            ));
        }
    }
    output.text(&format!("{} added, {} updated\n", count("added"), count("updated")))?;
    output.session_end(end);
    Ok(())
}

/// Where cards go.
enum Target {
    Stdout,
    File(PathBuf),
    Folder(Folder),
}

/// Writes entries as cards.
pub(crate) fn export(
    names: &[String],
    file: &Path,
    version: CardVersion,
    global: &Global,
    output: Output,
) -> Outcome {
    let version = match version {
        CardVersion::V3 => Version::V3,
        CardVersion::V4 => Version::V4,
    };
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    let card_book = own_book(&book)?;
    let ids: Vec<EntryId> = match names {
        [] => card_book.entries()?,
        names => {
            let found = names.iter().map(|name| addressee::find(&book, name));
            found.map(|found| Ok(addressee::id_of(&found?))).collect::<Outcome<_>>()?
        }
    };
    let is_folder = file.is_dir() || file.as_os_str().as_encoded_bytes().ends_with(b"/");
    let mut target = match () {
        () if file.as_os_str() == "-" => Target::Stdout,
        () if is_folder => Target::Folder(Folder::create(file, global.force)?),
        () => Target::File(file.to_owned()),
    };
    let among: HashSet<EntryId> = ids.iter().cloned().collect();
    let bar = Bar::new(ids.len(), "exporting", output);
    let (mut batch, mut whole) = (Batch::default(), String::new());
    for id in &ids {
        if logged_on.interrupt.is_asked() || batch.is_hopeless() {
            break;
        }
        let done = card_book.export(id, &among, version).map_err(Failure::from);
        let done = done.and_then(|(card, lost)| write_one(id, &card, &lost, &mut target, &mut whole));
        batch.take(&id.to_string(), done, output);
        bar.step();
    }
    bar.end();
    drop((card_book, book));
    let interrupt = logged_on.interrupt.clone();
    let end = logged_on.end()?.to_json();
    if !interrupt.is_asked()
        && let Target::File(path) = &target
    {
        write_file(path, global.force, &mut whole.as_bytes())?;
    }
    if output.is_machine() {
        let mut document = batch.document(&end);
        if let (Target::Stdout, Some(map)) = (&target, document.as_object_mut()) {
            map.insert("cards".into(), whole.into());
        }
        output.document(&document)?;
    } else {
        if matches!(target, Target::Stdout) {
            output.content(whole.as_bytes())?;
        }
        output.session_end(&end);
    }
    batch.conclude(ids.len(), "entries were not exported", &interrupt)
}

fn write_one(
    id: &EntryId,
    card: &Card,
    lost: &[Lost],
    target: &mut Target,
    whole: &mut String,
) -> Outcome<Value> {
    let text = mapi_vcard::write(card);
    let name = card.text("FN").unwrap_or_default();
    let path = match target {
        Target::Folder(folder) => {
            let file = harmless(&format!("{name}.vcf"), "contact.vcf");
            Some(folder.write(&file, "contact.vcf", &mut text.as_bytes())?)
        }
        Target::File(path) => Some(path.clone()),
        Target::Stdout => None,
    };
    if !matches!(target, Target::Folder(_)) {
        whole.push_str(&text);
    }
    Ok(json!({
        "input": id.to_string(),
        "name": name,
        "path": path.map(|path| path.display().to_string()),
        "kind": "vcf",
        "losses": lost.iter().map(vcard_file::loss).collect::<Vec<_>>(),
    }))
}
