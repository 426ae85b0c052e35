//! `mapi cat PATH|ENTRYID`, and `mapi props` of a store entry.

use super::{props, show};
use crate::cli::Global;
use crate::failure::Outcome;
use crate::logged_on::{FirstUse, LoggedOn, Mail};
use crate::output::Output;
use crate::place::open_message;

/// Shows a message of the store.
pub(crate) fn cat(path: &str, global: &Global, output: Output) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let message = open_message(&logged_on.store()?, path)?.object()?;
    show::print(&message, output)?;
    logged_on.end_with_a_line(output)
}

/// Prints every property of a message of the store.
pub(crate) fn props_of_entry(
    path: &str,
    max_bytes: Option<usize>,
    global: &Global,
    output: Output,
) -> Outcome {
    let logged_on = LoggedOn::new(global, Mail::No, FirstUse::NeedsProfile, output)?;
    let message = open_message(&logged_on.store()?, path)?.object()?;
    props::print(&message, max_bytes, output)?;
    logged_on.end_with_a_line(output)
}
