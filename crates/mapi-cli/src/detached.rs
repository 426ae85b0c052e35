//! Starting this command again as a process that stays when the command has ended, and hearing from it that
//! it works.
//!
//! What the process does then is `keeping.rs` (a session) and `commands/spool.rs` (the spooler).

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use serde_json::Value;
use std::io;
use std::process::{Command, Stdio};

/// Starts the command with these arguments, which let it go its own way once it has answered; returns the
/// one document that it answers with.
///
/// A process that cannot begin says why in the same way; that is the failure here.
pub(crate) fn start_detached(global: &Global, arguments: &[&str]) -> Outcome<Value> {
    let mut command = again(global).map_err(failed)?;
    command.args(global.profile.iter().flat_map(|name| ["--profile", name])).arg("--json").args(arguments);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let answer = child.stdout.take().map(io::read_to_string).transpose().map_err(failed)?;
    let answer: Value = serde_json::from_str(answer.as_deref().unwrap_or_default()).unwrap_or_default();
    if answer.is_object() && answer["error"].is_null() {
        return Ok(answer);
    }
    child.wait().map_err(failed)?;
    Err(told_failure(&answer["error"]))
}

/// This command once more, in the same home.
pub(crate) fn again(global: &Global) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(home) = &global.home {
        command.arg("--home").arg(std::path::absolute(home)?);
    }
    command.args(global.quiet.then_some("--quiet"));
    Ok(command)
}

/// Leaves the terminal's session, so that the end of that is not the end of this process.
pub(crate) fn leave_terminal() -> Outcome {
    // A group leader cannot leave its session; a process that was just started is none.
    let left = rustix::process::setsid();
    left.map(drop).map_err(|error| Failure::new(ErrorCode::CALL_FAILED, format!("detaching: {error}")))
}

/// The failure that another process has told.
pub(crate) fn told_failure(error: &Value) -> Failure {
    let number = error["code"].as_str().and_then(|code| u32::from_str_radix(code.get(2..)?, 16).ok());
    let code = number.and_then(ErrorCode::from_u32).unwrap_or(ErrorCode::CALL_FAILED);
    let failure =
        Failure::new(code, error["message"].as_str().unwrap_or("the process that stays has ended at once"));
    match error["hint"].as_str() {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn failed(error: io::Error) -> Failure {
    Failure::new(ErrorCode::CALL_FAILED, format!("the process that stays cannot be started: {error}"))
}
