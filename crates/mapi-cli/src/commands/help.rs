//! `mapi help [VERB]` and `mapi help error CODE`.

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use clap::CommandFactory;
use mapi_defs::ErrorCode;
use mapi_defs::lookup::{self, Code, Found};
use serde_json::json;

/// Explains the command, a verb or a code.
pub(crate) fn help(topic: Option<&str>, code: Option<&str>, output: Output) -> Outcome {
    match (topic, code) {
        (Some("error"), Some(code)) => error(code, output),
        (Some("error"), None) => {
            Err(Failure::usage("which error? for example: mapi help error MAPI_E_NOT_FOUND"))
        }
        (Some(verb), _) => verb_help(verb, output),
        (None, _) => print(&Cli::command().render_long_help().to_string(), output),
    }
}

fn print(help: &str, output: Output) -> Outcome {
    if output.is_machine() { output.document(&json!({ "help": help })) } else { output.text(help) }
}

fn verb_help(verb: &str, output: Output) -> Outcome {
    let mut command = Cli::command();
    match command.find_subcommand_mut(verb) {
        Some(found) => {
            print(&found.clone().bin_name(format!("mapi {verb}")).render_long_help().to_string(), output)
        }
        None => Err(Failure::usage(format!("there is no verb {verb:?}; see `mapi help`"))),
    }
}

fn error(query: &str, output: Output) -> Outcome {
    let codes: Vec<&Code> = lookup::find(query)
        .into_iter()
        .filter_map(|found| if let Found::Code(code) = found { Some(code) } else { None })
        .collect();
    if codes.is_empty() {
        let near = lookup::suggest(query).join(", ");
        let failure = Failure::new(ErrorCode::NOT_FOUND, format!("no code is called {query:?}"))
            .with_exit(Exit::NoInput);
        return Err(if near.is_empty() {
            failure
        } else {
            failure.with_hint(format!("did you mean {near}?"))
        });
    }
    if output.is_machine() {
        return output.document(&json!(codes.iter().map(|code| code_json(code)).collect::<Vec<_>>()));
    }
    output.text(&codes.iter().map(|code| code_text(code)).collect::<Vec<_>>().join("\n"))
}

/// The JSON form of a code.
pub(crate) fn code_json(code: &Code) -> serde_json::Value {
    json!({
        "code": format!("0x{:08X}", code.value),
        "name": code.name,
        "aliases": code.aliases,
        "meaning": code.meaning,
        "hint": code.hint,
        "source": code.source,
    })
}

/// The words for a code.
pub(crate) fn code_text(code: &Code) -> String {
    let mut text = format!("{} = 0x{:08X}\n  {}\n", code.name, code.value, code.meaning);
    if !code.hint.is_empty() {
        text.push_str(&format!("  What to do: {}\n", code.hint));
    }
    if !code.aliases.is_empty() {
        text.push_str(&format!("  Also called: {}\n", code.aliases.join(", ")));
    }
    text.push_str(&format!("  Source: {}\n", code.source));
    text
}
