//! Passwords and tokens at the moment they are needed: kept ones, and those that a command writes.
//!
//! The command is started directly, without a shell; what it writes is read up to its first line end
//! and shown to nobody.

use crate::secret::Secret;
use crate::session::{Fault, Login};
use crate::settings::{Source, User};
use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The longest answer of a command, in octets.
const MAX_BYTES: u64 = 64 * 1024;

/// Fetches the secret of a user.
///
/// # Errors
/// [`Fault::NoSecret`]: the command cannot be started, fails, takes too long or writes nothing of use.
pub(crate) fn login(user: &User, patience: Duration) -> Result<Login, Fault> {
    let secret = match &user.source {
        Source::Kept(kept) => Secret::new(kept.expose().to_owned()),
        Source::Command(words) => ask(words, patience).map_err(Fault::NoSecret)?,
    };
    Ok(Login { user: user.name.clone(), secret, mechanism: user.mechanism })
}

fn ask(words: &[String], patience: Duration) -> Result<Secret, &'static str> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let mut command = Command::new(program);
    // What it complains of could hold the secret as well, so nobody reads that.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| "the command cannot be started")?;
    let answer = match child.stdout.take() {
        Some(output) => answer(output, patience),
        None => Err("the command has no output"),
    };
    let answer = answer.and_then(|answer| finished(&mut child).map(|()| answer));
    if answer.is_err() {
        // It may have ended by itself; either way it must not stay behind.
        drop(child.kill());
        drop(child.wait());
    }
    first_line(&answer?)
}

/// Reads to the end. The thread belongs to this call, ends when the output ends or is long enough, and
/// is not waited for where the command holds on to its output.
fn answer(output: ChildStdout, patience: Duration) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let read = move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(8 * 1024));
        let outcome = output.take(MAX_BYTES).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more where it took too long.
        drop(sender.send(outcome));
    };
    let thread = std::thread::Builder::new().name("smtp-secret".to_owned());
    thread.spawn(read).map_err(|_| "no thread can be started")?;
    match receiver.recv_timeout(patience) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err("the output of the command cannot be read"),
        Err(_) => Err("the command takes too long"),
    }
}

fn finished(child: &mut Child) -> Result<(), &'static str> {
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the command failed"),
        Err(_) => Err("the end of the command cannot be known"),
    }
}

fn first_line(bytes: &[u8]) -> Result<Secret, &'static str> {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| "the output of the command is not UTF-8")?;
    if text.is_empty() {
        return Err("the command wrote nothing");
    }
    if text.chars().any(char::is_control) {
        return Err("the output of the command holds a control character");
    }
    Ok(Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_shell(script: &str) -> Result<String, &'static str> {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        ask(&words, Duration::from_millis(300)).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_first_line_of_a_command_is_the_secret() {
        assert_eq!(ask_shell("printf 'se cret\\r\\nmore\\n'").unwrap(), "se cret");
        for (script, why) in [
            ("exit 3", "the command failed"),
            ("echo secret; exit 1", "the command failed"),
            ("true", "the command wrote nothing"),
            ("printf 'a\\001b'", "the output of the command holds a control character"),
            ("printf '\\377'", "the output of the command is not UTF-8"),
            ("exec sleep 5", "the command takes too long"),
        ] {
            assert_eq!(ask_shell(script).unwrap_err(), why, "{script}");
        }
        let missing = ask(&["/nowhere/at/all".to_owned()], Duration::from_secs(1));
        assert_eq!(missing.map(|_| ()).unwrap_err(), "the command cannot be started");
    }
}
