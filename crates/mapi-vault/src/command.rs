//! A secret that a program says when it is needed: the way that keeps nothing here.
//!
//! The program is started directly, without a shell, with this process's environment. Its output up to the
//! first line end is the secret; time and output are bounded, and what it complains of is read by nobody.

use crate::Secret;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use zeroize::{Zeroize, Zeroizing};

/// The longest output, in octets.
const MAX_BYTES: usize = 64 * 1024;
/// How often it is looked whether a program that has closed its output has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Runs a program with its arguments and takes the first line of its output.
///
/// # Errors
/// Why there is no secret, in words that hold neither the output nor the arguments: the program cannot be
/// started, fails, writes nothing of use or too much, or has not ended within `patience`. It is then
/// killed.
pub fn ask(words: &[String], patience: Duration) -> Result<Secret, &'static str> {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let deadline = Instant::now().checked_add(patience).ok_or("the command has no deadline")?;
    let mut command = Command::new(program);
    // What it complains of could hold the secret as well.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| "the command cannot be started")?;
    let answer = match child.stdout.take() {
        Some(output) => read(output, deadline),
        None => Err("the command has no output"),
    };
    let answer = answer.and_then(|answer| finished(&mut child, deadline).map(|()| answer));
    if answer.is_err() {
        // It may have ended by itself; either way it must not stay behind.
        drop(child.kill());
        drop(child.wait());
    }
    first_line(answer?)
}

/// Reads to the end of the output.
fn read(mut output: ChildStdout, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    // One octet more than may come, so that the buffer never moves and too much is seen.
    let mut bytes = Zeroizing::new(vec![0; MAX_BYTES.saturating_add(1)]);
    let mut length = 0;
    loop {
        if !is_ready(&output, deadline)? {
            return Err("the command takes too long");
        }
        let rest = bytes.get_mut(length..).filter(|rest| !rest.is_empty());
        match output.read(rest.ok_or("the command wrote too much")?) {
            Ok(0) => break,
            // No more than the rest was read.
            Ok(count) => length = length.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err("the output of the command cannot be read"),
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// True once there is something to read or the output has ended; false where the deadline comes first.
fn is_ready(output: &ChildStdout, deadline: Instant) -> Result<bool, &'static str> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(|_| "the command has no deadline")?;
        match poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err("the output of the command cannot be read"),
        }
    }
}

fn finished(child: &mut Child, deadline: Instant) -> Result<(), &'static str> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err("the command failed"),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK_AGAIN),
            Ok(None) => return Err("the command takes too long"),
            Err(_) => return Err("the end of the command cannot be known"),
        }
    }
}

fn first_line(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret, &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let line = bytes.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| "the output of the command is not UTF-8")?;
    if text.is_empty() {
        return Err("the command wrote nothing");
    }
    if text.chars().any(char::is_control) {
        return Err("the output of the command holds a control character");
    }
    let secret = Secret::from(line);
    bytes.zeroize();
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_shell(script: &str) -> Result<String, &'static str> {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        ask(&words, Duration::from_millis(300)).map(|secret| secret.expose_text().unwrap().to_owned())
    }

    #[test]
    fn the_first_line_of_a_command_is_the_secret() {
        assert_eq!(ask_shell("printf 'se cret\\r\\nmore\\n'").unwrap(), "se cret");
        assert_eq!(ask_shell("printf last").unwrap(), "last");
        for (script, why) in [
            ("exit 3", "the command failed"),
            ("echo secret; exit 1", "the command failed"),
            ("true", "the command wrote nothing"),
            ("printf 'a\\001b'", "the output of the command holds a control character"),
            ("printf '\\377'", "the output of the command is not UTF-8"),
            ("exec head -c 70000 /dev/zero", "the command wrote too much"),
            ("exec sleep 5", "the command takes too long"),
            ("echo secret; exec sleep 5 >&-", "the command takes too long"),
        ] {
            assert_eq!(ask_shell(script).unwrap_err(), why, "{script}");
        }
        let missing = ask(&["/nowhere/at/all".to_owned()], Duration::from_secs(1));
        assert_eq!(missing.map(drop).unwrap_err(), "the command cannot be started");
        assert_eq!(ask(&[], Duration::from_secs(1)).map(drop).unwrap_err(), "the command is empty");
    }

    #[test]
    fn a_command_inherits_the_environment_and_no_input() {
        assert_eq!(ask_shell("printf %s \"${PATH:+there}\"").unwrap(), "there");
        assert_eq!(ask_shell("cat; printf end").unwrap(), "end");
    }
}
