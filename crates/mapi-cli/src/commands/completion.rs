//! `mapi completion SHELL`.

use crate::cli::Cli;
use crate::failure::Outcome;
use crate::output::Output;
use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

/// Prints the completion script of a shell.
pub(crate) fn completion(shell: Shell, output: Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mapi", &mut script);
    if output.is_machine() {
        let script = String::from_utf8_lossy(&script);
        return output.document(&json!({ "shell": shell.to_string(), "script": script }));
    }
    output.bytes(&script)
}
