//! What the command line parser answers by itself: help and version on stdout, and command lines that
//! make no sense. What verbs answer is in `commands/`.

use crate::cli::VERSION;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, stdout_failed, visible};
use clap::error::{ContextKind, ErrorKind};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// Help and version go to stdout with exit 0; a command line that makes no sense is exit 2. In JSON
/// where JSON was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let asks = |flag: &str| std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == flag);
    let output = Output { json: asks("--json"), jsonl: asks("--jsonl"), quiet: false };
    let told = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => answer(error, output),
        _ if output.is_machine() => Err(Failure::usage(message(error))),
        _ => {
            print_plainly_or_in_colour(error);
            return ExitCode::from(Exit::Usage.code());
        }
    };
    match told {
        Ok(()) => ExitCode::from(Exit::Done.code()),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}

fn answer(error: &clap::Error, output: Output) -> Outcome {
    if !output.is_machine() {
        return error.print().map_err(|error| stdout_failed(&error));
    }
    if error.kind() == ErrorKind::DisplayHelp {
        return output.document(&json!({ "help": error.to_string() }));
    }
    output.document(&version())
}

fn version() -> Value {
    let line = |head: &str| VERSION.lines().find_map(|line| line.strip_prefix(head)).unwrap_or_default();
    let schemas = line("schemas: ").split(", ").filter_map(|schema| schema.split_once(' '));
    let schemas = schemas.map(|(file, number)| (file.to_owned(), json!(number.parse::<u32>().ok())));
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "features": line("features: ").split(' ').collect::<Vec<_>>(),
        "schemas": schemas.collect::<Map<_, _>>(),
    })
}

/// The parser's colours, unless an argument brings control characters of its own.
fn print_plainly_or_in_colour(error: &clap::Error) {
    let text = error.to_string();
    if visible(&text) == text {
        // Nothing can be done where even stderr is gone.
        drop(error.print());
    } else {
        Output { json: false, jsonl: false, quiet: false }.say(text.trim_end());
    }
}

fn message(error: &clap::Error) -> String {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    ) {
        return "a verb is missing; see `mapi help`".to_owned();
    }
    if let (ErrorKind::MissingRequiredArgument, Some(missing)) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        return format!("missing: {missing}");
    }
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
