//! `mapi contact …`: people and lists of the address books.

use super::{contact_cards, contact_show};
use crate::addressee::{self, HEAD, cells, to_json};
use crate::cli::Global;
use crate::contact_options::Contact;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail, refuse_when_read_only};
use crate::mail_servers::Address;
use crate::output::Output;
use mapi::AddressBook;
use mapi::address_book::one_off;
use mapi::object::{AbContainer, Object};
use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DEF_CREATE_DL, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE,
    PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, ErrorCode};
use serde_json::{Value, json};

/// What is listed of an entry.
const COLUMNS: [PropTag; 6] =
    [PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS, PR_OBJECT_TYPE];

/// Runs one of the verbs.
pub(crate) fn contact(verb: &Contact, global: &Global, output: Output) -> Outcome {
    match verb {
        Contact::Import { files } => return contact_cards::import(files, global, output),
        Contact::Export { names, output: file, version } => {
            return contact_cards::export(names, file, *version, global, output);
        }
        Contact::Show { name, details } => return contact_show::show(name, *details, global, output),
        Contact::List => {}
        Contact::Add { .. } | Contact::Remove { .. } => refuse_when_read_only(global)?,
    }
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    match verb {
        Contact::List => list(&book, output)?,
        Contact::Add { name, addresses, list: false } => {
            let [address] = &addresses[..] else {
                return Err(
                    Failure::usage("a person has one address").with_hint("--list makes a list of several")
                );
            };
            add_person(&book, name, address, output)?;
        }
        Contact::Add { name, addresses, list: true } => add_list(&book, name, addresses, output)?,
        Contact::Remove { names } => remove(&book, names, output)?,
        Contact::Import { .. } | Contact::Export { .. } | Contact::Show { .. } => {}
    }
    drop(book);
    logged_on.end_with_a_line(output)
}

fn list(book: &AddressBook, output: Output) -> Outcome {
    let mut entries = Vec::new();
    for container in book.containers()? {
        // A directory that cannot be listed can still be asked for a name.
        let Ok(table) = container.contents_table(TableFlags::NONE) else { continue };
        for row in table.query_all_rows(&COLUMNS)? {
            let props: PropList = row.props.into_iter().collect();
            entries.push(to_json(&Recipient { row_id: 0, props }));
        }
    }
    if output.is_machine() {
        return output.document(&Value::Array(entries));
    }
    output.text(&listing(&HEAD, &entries.iter().map(cells).collect::<Vec<_>>(), "nobody"))
}

/// The container in which entries can be made.
fn own_container(book: &AddressBook) -> Outcome<AbContainer> {
    for container in book.containers()? {
        if container.binary(PR_DEF_CREATE_DL)?.is_some() {
            return Ok(container);
        }
    }
    let message = "the profile has no address book that can be written";
    Err(Failure::new(ErrorCode::NOT_FOUND, message).with_hint("`mapi service add PAB` adds one"))
}

fn checked<'a>(what: &str, text: &'a str) -> Outcome<&'a str> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Failure::usage(format!("{text:?} is no {what}")));
    }
    Ok(text)
}

fn add_person(book: &AddressBook, name: &str, address: &str, output: Output) -> Outcome {
    let (name, address) = (checked("name", name)?, Address::parse(address)?);
    let entry = own_container(book)?.create_entry(&EntryId::default())?;
    entry.set(PR_DISPLAY_NAME, name)?;
    entry.set(PR_SMTP_ADDRESS, address.whole)?;
    entry.save(SaveFlags::NONE)?;
    added(&entry.props(None)?.into_iter().collect(), output)
}

fn add_list(book: &AddressBook, name: &str, members: &[String], output: Output) -> Outcome {
    let name = checked("name", name)?;
    // Everybody is found before anything is made.
    let members = members.iter().map(|member| found_or_one_off(book, member)).collect::<Outcome<Vec<_>>>()?;
    let container = own_container(book)?;
    let template = container.binary(PR_DEF_CREATE_DL)?.map(EntryId::from_bytes).unwrap_or_default();
    let entry = container.create_entry(&template)?;
    entry.set(PR_DISPLAY_NAME, name)?;
    entry.save(SaveFlags::NONE)?;
    let props: PropList = entry.props(None)?.into_iter().collect();
    let list = Recipient { row_id: 0, props: props.clone() };
    let list = book.open_container(&addressee::id_of(&list), OpenFlags::MODIFY)?;
    for member in members {
        let new = list.create_entry(&addressee::id_of(&member))?;
        for tag in [PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS] {
            if let Some(text) = member.props.text(tag) {
                new.set(tag, text)?;
            }
        }
        new.save(SaveFlags::NONE)?;
    }
    added(&props, output)
}

/// An entry of the address books, or an address that is in none.
fn found_or_one_off(book: &AddressBook, member: &str) -> Outcome<Recipient> {
    match addressee::find(book, member) {
        Err(failure) if failure.code == ErrorCode::NOT_FOUND && member.contains('@') => {
            let address = Address::parse(member)?.whole;
            let mut props = PropList::new();
            props.set(PR_ENTRYID, one_off(address, "SMTP", address).as_bytes().to_vec());
            props.set(PR_DISPLAY_NAME, address);
            props.set(PR_ADDRTYPE, "SMTP");
            props.set(PR_EMAIL_ADDRESS, address);
            Ok(Recipient { row_id: 0, props })
        }
        found => found,
    }
}

fn added(props: &PropList, output: Output) -> Outcome {
    let entry = to_json(&Recipient { row_id: 0, props: props.clone() });
    if output.is_machine() {
        return output.document(&json!({ "added": entry }));
    }
    output.text(&format!("added {}\n", entry["name"].as_str().unwrap_or_default()))
}

fn remove(book: &AddressBook, names: &[String], output: Output) -> Outcome {
    let found = names.iter().map(|name| addressee::find(book, name)).collect::<Outcome<Vec<_>>>()?;
    let ids: Vec<EntryId> = found.iter().map(addressee::id_of).collect();
    own_container(book)?.delete_entries(&ids)?;
    if output.is_machine() {
        return output.document(&json!({ "removed": found.iter().map(to_json).collect::<Vec<_>>() }));
    }
    let said = found.iter().filter_map(Recipient::display_name).map(|name| format!("removed {name}\n"));
    output.text(&said.collect::<String>())
}
