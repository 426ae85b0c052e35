//! `TerminalDialogs`: MAPI's questions, put to the person at the terminal.
//!
//! There are two: which profile, where none is named and none is the default, and whether to end the session
//! while mail waits. Nothing is asked where standard input or standard error is no terminal, or where a
//! program reads the answers of the command.

use crate::interrupt::Interrupt;
use crate::output::Output;
use mapi::Dialogs;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::spooler::QueueState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, BufRead, IsTerminal, Read, Write};

/// An answer is no longer than this many bytes.
const ANSWER_BYTES: u64 = 4_096;
/// How long a signal waits to be heard while a question stands.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Asks on the terminal.
pub(crate) struct TerminalDialogs {
    interrupt: Interrupt,
}

impl TerminalDialogs {
    /// The dialogs, where somebody is there to ask.
    pub(crate) fn new(interrupt: &Interrupt, output: Output) -> Option<Self> {
        let is_there = io::stdin().is_terminal() && io::stderr().is_terminal();
        (is_there && !output.is_machine() && !output.quiet).then(|| Self { interrupt: interrupt.clone() })
    }

    /// The line that is typed; `None` where a signal or the end of the input came first.
    fn ask(&self, question: &str) -> Option<String> {
        write!(io::stderr(), "{question} ").and_then(|()| io::stderr().flush()).ok()?;
        let stdin = io::stdin();
        loop {
            if self.interrupt.is_asked() {
                return None;
            }
            let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => break,
                Err(_) => return None,
            }
        }
        let mut line = String::new();
        let read = stdin.lock().take(ANSWER_BYTES).read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }
}

impl Dialogs for TerminalDialogs {
    fn choose_profile(&self, names: &[String]) -> Result<String> {
        if names.is_empty() {
            return Err(Error::new(
                ErrorCode::LOGON_FAILED,
                "Dialogs::choose_profile",
                "there is no profile",
            ));
        }
        let list: String = (1..).zip(names).map(|(number, name)| format!("{number:>4}  {name}\n")).collect();
        let answer = self.ask(&format!("{list}Which profile? (number or name, nothing to give up)"));
        chosen(names, answer.as_deref().unwrap_or_default())
    }

    fn confirm_logoff(&self, queue: &QueueState) -> bool {
        if queue.queued == 0 {
            return true;
        }
        let count = queue.queued;
        let question =
            format!("{count} waiting in the queue; they go with the next session. End this one? [Y/n]");
        is_yes(self.ask(&question).as_deref().unwrap_or_default())
    }
}

/// The profile of an answer: its number in the list, or its name.
fn chosen(names: &[String], answer: &str) -> Result<String> {
    const CALL: &str = "Dialogs::choose_profile";
    if answer.is_empty() {
        return Err(Error::new(ErrorCode::USER_CANCEL, CALL, "no profile was chosen"));
    }
    if let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(answer)) {
        return Ok(name.clone());
    }
    let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|index| names.get(index)).cloned().ok_or_else(|| {
        Error::new(ErrorCode::LOGON_FAILED, CALL, format!("{answer:?} is no profile of the list"))
    })
}

/// Whatever does not say no.
fn is_yes(answer: &str) -> bool {
    !matches!(answer.to_lowercase().as_str(), "n" | "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_chosen_by_its_number_or_its_name() {
        let names = ["Default".to_owned(), "2".to_owned(), "Work".to_owned()];
        let code = |answer| chosen(&names, answer).map_err(|error| error.code());
        assert_eq!(code("1"), Ok("Default".to_owned()));
        assert_eq!(code("3"), Ok("Work".to_owned()));
        assert_eq!(code("work"), Ok("Work".to_owned()));
        assert_eq!(code("2"), Ok("2".to_owned()), "a name wins");
        for wrong in ["0", "4", "-1", "Nope", "99999999999999999999"] {
            assert_eq!(code(wrong), Err(ErrorCode::LOGON_FAILED), "{wrong}");
        }
        assert_eq!(code(""), Err(ErrorCode::USER_CANCEL));
    }

    #[test]
    fn only_a_no_is_a_no() {
        assert!(["", "y", "Yes", "whatever"].iter().all(|answer| is_yes(answer)));
        assert!(["n", "No", "NO"].iter().all(|answer| !is_yes(answer)));
    }
}
