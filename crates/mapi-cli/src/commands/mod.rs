//! The verbs, one file each.

mod account;
mod account_change;
mod account_directory;
mod arrange;
mod attachments;
mod cat;
mod check;
mod completion;
mod contact;
mod contact_cards;
mod contact_show;
mod convert;
mod diff;
mod doctor;
mod doctor_services;
mod export;
mod fetch;
mod help;
mod import;
mod install;
mod lookup;
mod ls;
mod profile;
mod props;
mod queue;
mod receive;
mod resolve;
mod send;
mod sendmail;
mod service;
mod session;
mod show;
mod spool;
mod spool_unit;
mod store;
mod watch;

use crate::cli::{Cli, Global, Verb};
use crate::failure::Outcome;
use crate::output::Output;
use crate::place::entry_id;
use export::Export;
use mapi::{Clock, SystemClock};
use mapi_defs::flags::FolderFlags;
use std::path::Path;

/// Runs one verb.
pub(crate) fn run(cli: Cli, output: Output) -> Outcome {
    let global = &cli.global;
    match cli.verb {
        Verb::Convert(options) => convert::convert(&options, SystemClock.now(), global.force, output),
        Verb::Show { file } => show::show(&file, output),
        Verb::Props { file, max_bytes } => props(&file, max_bytes, global, output),
        Verb::Diff(options) => diff::diff(&options, global, output),
        Verb::Check(options) => check::check(&options, global.force, output),
        Verb::Attachments { file, output: folder } => {
            attachments::attachments(&file, folder.as_deref(), global.force, output)
        }
        Verb::Lookup { query } => lookup::lookup(&query, output),
        Verb::Profile(verb) => profile::profile(&verb, global, output),
        Verb::Account(verb) => account::account(&verb, global, output),
        Verb::Contact(verb) => contact::contact(&verb, global, output),
        Verb::Resolve { name } => resolve::resolve(&name, global, output),
        Verb::List(verb) => resolve::list(&verb, global, output),
        Verb::Service(verb) => service::service(&verb, global, output),
        Verb::Doctor => doctor::doctor(global, output),
        Verb::Store(verb) => store::store(&verb, global, output),
        Verb::Ls { path } => ls::ls(&path, global, output),
        Verb::Cat { path } => cat::cat(&path, global, output),
        Verb::Mkdir { path, parents } => arrange::mkdir(&path, parents, global, output),
        Verb::Mv(transfer) => arrange::transfer(&transfer, FolderFlags::MOVE, global, output),
        Verb::Cp(transfer) => arrange::transfer(&transfer, FolderFlags::NONE, global, output),
        Verb::Rm { paths, recursive, hard } => arrange::rm(&paths, recursive, hard, global, output),
        Verb::Import { files, to } => import::import(&files, &to, global, output),
        Verb::Export { path, output: folder, to } => {
            export::export(&Export { path: &path, folder: &folder, format: to }, global, output)
        }
        Verb::Send(options) => send::send(&options, global, output),
        Verb::Sendmail { arguments } => sendmail::sendmail(&arguments, global, output),
        Verb::Watch(options) => watch::watch(&options, global, output),
        Verb::Fetch(options) => fetch::fetch(&options, global, output),
        Verb::Receive(options) => receive::receive(&options, global, output),
        Verb::Queue(verb) => queue::queue(&verb, global, output),
        Verb::Session(verb) => session::session(&verb, global, output),
        Verb::Spool(options) => spool::spool(&options, global, output),
        Verb::Completion { shell } => completion::completion(shell, output),
        Verb::Help { topic, code } => help::help(topic.as_deref(), code.as_deref(), output),
    }
}

fn props(file: &Path, max_bytes: Option<usize>, global: &Global, output: Output) -> Outcome {
    if is_in_store(file, global) {
        return cat::props_of_entry(&file.to_string_lossy(), max_bytes, global, output);
    }
    props::props(file, max_bytes, output)
}

/// A name is a file's where there is one, else it may stand for something in the store.
fn is_in_store(file: &Path, global: &Global) -> bool {
    let names_a_place = global.profile.is_some() || global.store.is_some();
    let may_be = entry_id(&file.to_string_lossy()).is_some() || names_a_place;
    may_be && !file.exists() && file.as_os_str() != "-"
}
