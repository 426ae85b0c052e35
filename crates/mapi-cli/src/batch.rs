//! `Batch`: what a verb did with several inputs, and which of them failed. One that fails does not keep
//! the others from being done.
//!
//! Which exit one failure leads to is in `exit.rs`.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::output::Output;
use mapi_defs::ErrorCode;
use serde_json::{Value, json};

/// What was done, and what failed.
#[derive(Default)]
pub(crate) struct Batch {
    /// What was done, in the form of `--json`.
    pub(crate) outputs: Vec<Value>,
    failed: Vec<(String, Failure)>,
}

impl Batch {
    /// Takes what became of one input, and tells a person at once why it failed.
    pub(crate) fn take(&mut self, input: &str, done: Outcome<Value>, output: Output) {
        match done {
            Ok(value) => self.outputs.push(value),
            Err(failure) => {
                if !output.is_machine() {
                    output.failure(&failure);
                }
                self.failed.push((input.to_owned(), failure));
            }
        }
    }

    /// True where going on makes no sense: the disk is full, or nobody reads the output.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.failed.last().is_some_and(|(_, failure)| {
            failure.code == ErrorCode::NOT_ENOUGH_DISK || failure.is_stdout_closed
        })
    }

    /// The one document of `--json`.
    pub(crate) fn document(&self, end: &Value) -> Value {
        let mut document = json!({ "outputs": self.outputs });
        if let Some(map) = document.as_object_mut() {
            if !self.failed.is_empty() {
                map.insert("failed".into(), failed_json(&self.failed));
            }
            map.insert("session_end".into(), end.clone());
        }
        document
    }

    /// Fails where the batch was interrupted or an input failed; the document has said the rest.
    ///
    /// `all` is the number of inputs, `undone` says for a person what did not happen to them.
    pub(crate) fn conclude(&self, all: usize, undone: &str, interrupt: &Interrupt) -> Outcome {
        let done = self.outputs.len();
        if interrupt.is_asked() && done + self.failed.len() < all {
            let message = format!("interrupted: {done} of {all} were done");
            return Err(Failure::new(ErrorCode::USER_CANCEL, message).already_reported());
        }
        let Some((_, first)) = self.failed.first() else { return Ok(()) };
        let exit = exit_of(&self.failed, first);
        let message = format!("{} of {all} {undone}", all - done);
        Err(Failure::new(first.code, message).with_exit(exit).without_hint().already_reported())
    }
}

/// The inputs that failed, each with its error, as every answer over several inputs lists them.
pub(crate) fn failed_json(failed: &[(String, Failure)]) -> Value {
    failed
        .iter()
        .map(|(input, failure)| json!({ "input": input, "error": failure.to_json()["error"] }))
        .collect()
}

/// Bad data decides over whatever else went wrong; otherwise the first failure does.
pub(crate) fn exit_of(failed: &[(String, Failure)], first: &Failure) -> Exit {
    let is_bad_data = failed.iter().any(|(_, failure)| failure.exit == Exit::BadData);
    if is_bad_data { Exit::BadData } else { first.exit }
}
