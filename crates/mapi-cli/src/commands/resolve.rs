//! `mapi resolve NAME` and `mapi list expand NAME`: what a name stands for.

use crate::addressee::{self, HEAD, cells, find, to_json};
use crate::cli::Global;
use crate::contact_options::List;
use crate::failure::{Failure, Outcome};
use crate::listing::listing;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use mapi_defs::ErrorCode;
use serde_json::Value;

/// Says whom a name stands for.
pub(crate) fn resolve(name: &str, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    let mut recipients = [find(&book, name)?];
    book.prepare_recipients(&mut recipients, &[])?;
    drop(book);
    let entry = to_json(&recipients[0]);
    if output.is_machine() {
        output.document(&entry)?;
    } else {
        output.text(&listing(&HEAD, &[cells(&entry)], "nobody"))?;
    }
    logged_on.end_with_a_line(output)
}

/// Runs one of the verbs of `list`.
pub(crate) fn list(verb: &List, global: &Global, output: Output) -> Outcome {
    let List::Expand { name } = verb;
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let book = logged_on.session.open_address_book()?;
    let found = find(&book, name)?;
    if !addressee::is_list(&found) {
        let message = format!("{} is a person and no list", found.display_name().unwrap_or(name));
        return Err(Failure::new(ErrorCode::NOT_FOUND, message));
    }
    let people: Vec<Value> = book.expand_list(&addressee::id_of(&found))?.iter().map(to_json).collect();
    drop(book);
    if output.is_machine() {
        output.document(&Value::Array(people))?;
    } else {
        output.text(&listing(&HEAD, &people.iter().map(cells).collect::<Vec<_>>(), "nobody is in it"))?;
    }
    logged_on.end_with_a_line(output)
}
