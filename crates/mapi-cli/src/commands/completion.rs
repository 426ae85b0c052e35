//! `mapi completion SHELL`.

use crate::cli::Cli;
use crate::failure::Outcome;
use crate::output::Output;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the completion script of a shell.
pub(crate) fn completion(shell: Shell, output: Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mapi", &mut script);
    output.bytes(&script)
}
