//! `mapi receive` as a mail server meets it: a program that listens, and says where.

use super::Home;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

/// A listener, with the address that it says.
pub(crate) struct Listening {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) address: String,
}

impl Listening {
    /// Begins `mapi receive` with these arguments.
    pub(crate) fn start(home: &Home, arguments: &[&str]) -> Self {
        let all = [&["--jsonl", "receive"][..], arguments].concat();
        let mut child = home.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{line:?}: {said}")
        });
        let address = event["address"].as_str().unwrap().to_owned();
        Self { child, lines, address }
    }

    /// Waits for the end that its count brings.
    pub(crate) fn end(mut self) -> serde_json::Value {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(rest.lines().last().unwrap()).unwrap()
    }
}
