//! The command `mapi`: files, stores and mail from a terminal or a script.
//!
//! It is a face over the safe library: nothing here knows a format or a protocol. `cli.rs` is the
//! command line, `commands/` one file for each verb, `output.rs` how results are printed.
#![forbid(unsafe_code)]

mod account_options;
mod addressee;
mod autoconfig;
mod batch;
mod cli;
mod commands;
mod compose;
mod contact_options;
mod detached;
mod dialogs;
mod difference;
mod exit;
mod failure;
mod finding;
mod input;
mod interrupt;
mod keeping;
mod listing;
mod logged_on;
mod mail_servers;
mod mailbox;
mod mime_check;
mod mime_file;
mod moment;
mod name_server;
mod outgoing;
mod output;
mod place;
mod profile_accounts;
mod profile_document;
mod profile_passwords;
mod progress_bar;
mod property_json;
mod property_read;
mod readable;
mod reception_socket;
mod rendering;
mod sender;
mod sendmail_arguments;
mod service_manager;
mod service_records;
mod setting;
mod spool_worker;
mod target;
mod tnef_file;
mod usage;
mod vcard_file;
mod waiting;

use clap::Parser;
use cli::Cli;
use exit::Exit;
use output::Output;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        Err(error) => return usage::usage(&error),
    };
    log_to_stderr();
    keep_memory_private();
    let output = Output { json: cli.global.json, jsonl: cli.global.jsonl, quiet: cli.global.quiet };
    match commands::run(cli, output) {
        Ok(()) => ExitCode::from(Exit::Done.code()),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}

/// The command line; under the name sendmail, that of this verb.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let name = arguments.first().map(Path::new).and_then(Path::file_name);
    if name.is_some_and(|name| name == "sendmail") {
        arguments.splice(1..1, ["sendmail".into(), "--".into()]);
    }
    arguments
}

/// Passwords pass through this process: no core file is written of it, and no other process of this user
/// reads its memory or its environment, root's excepted.
fn keep_memory_private() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::debug!(%error, "the process stays readable for its user's other processes");
    }
}

/// `MAPI_LOG=debug` writes what happens on stderr; without it nothing is logged.
fn log_to_stderr() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("MAPI_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
    }
}
