//! `Output`: data on stdout, everything else on stderr; JSON where asked, and never a raw control
//! character from a mail on a terminal.

use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// True once the one document of `--json` went to stdout.
static HAS_DOCUMENT: AtomicBool = AtomicBool::new(false);

/// How the command talks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// `--json`: exactly one document on stdout.
    pub(crate) json: bool,
    /// `--jsonl`: one object a line on stdout.
    pub(crate) jsonl: bool,
    /// `--quiet`: no messages, warnings or progress.
    pub(crate) quiet: bool,
}

impl Output {
    /// True where stdout is for programs.
    pub(crate) const fn is_machine(self) -> bool {
        self.json || self.jsonl
    }

    /// True where a person watches stderr and progress may be drawn.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Writes the one JSON document.
    pub(crate) fn document(self, value: &Value) -> Outcome {
        let text =
            if self.jsonl { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
        let text = text.map_err(|error| Failure::new(ErrorCode::CALL_FAILED, error.to_string()))?;
        HAS_DOCUMENT.store(!self.jsonl, Ordering::Relaxed);
        self.data(&format!("{}\n", escaped(text)))
    }

    /// Writes one object of `--jsonl`.
    pub(crate) fn line(self, value: &Value) -> Outcome {
        self.data(&format!("{}\n", escaped(value.to_string())))
    }

    /// Writes data for a person: control characters made visible where a terminal would obey them.
    pub(crate) fn text(self, text: &str) -> Outcome {
        if io::stdout().is_terminal() { self.data(&visible(text)) } else { self.data(text) }
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Outcome {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| stdout_failed(&error))
    }

    /// Writes a file's content: as it is, but to a terminal only text, and made visible.
    pub(crate) fn content(self, bytes: &[u8]) -> Outcome {
        if !io::stdout().is_terminal() {
            return self.bytes(bytes);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text),
            Err(_) => Err(Failure::usage("this is no text, and standard output is a terminal")
                .with_hint("name a file with -o, or send standard output into one")),
        }
    }

    fn data(self, text: &str) -> Outcome {
        self.bytes(text.as_bytes())
    }

    /// Says something on stderr, unless `--quiet`.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet {
            print_error(text);
        }
    }

    /// Says on stderr, in one line, how a session ended: in JSON where JSON was asked for.
    pub(crate) fn session_end(self, end: &Value) {
        let line = if self.is_machine() { json!({ "session_end": end }).to_string() } else { end_line(end) };
        self.say(&line);
    }

    /// Reports why the command fails: JSON on stdout where asked, and words on stderr otherwise or where
    /// stdout takes nothing.
    pub(crate) fn failure(self, failure: &Failure) {
        if failure.is_stdout_closed {
            return;
        }
        // What fails after the one document, such as the end of the session, is told in words.
        let has_document = HAS_DOCUMENT.load(Ordering::Relaxed);
        if self.is_machine()
            && (failure.is_reported || !has_document && self.document(&failure.to_json()).is_ok())
        {
            return;
        }
        print_error(&format!("mapi: {}", failure.message));
        if let Some(hint) = &failure.hint {
            print_error(&format!("hint: {hint}"));
        }
    }
}

/// A closing account in one line for a person.
pub(crate) fn end_line(end: &Value) -> String {
    let left = match end["left_open_count"].as_u64() {
        Some(0) | None => "nothing left open".to_owned(),
        Some(count) => format!("{count} left open"),
    };
    let queue = |name: &str| {
        end["queue"][name]
            .as_u64()
            .map_or_else(String::new, |count| format!(", {count} {}", name.replace('_', " ")))
    };
    let queue: String = ["sent", "queued", "in_doubt", "refused"].iter().map(|name| queue(name)).collect();
    format!(
        "session ended: {} opened, {} closed, {left}{queue}, {} ms",
        end["opened"], end["closed"], end["ms"]
    )
}

fn print_error(text: &str) {
    // Nothing can be done where even stderr is gone.
    drop(writeln!(io::stderr().lock(), "{}", visible(text)));
}

/// A reader that has gone (`| head`) has what it wanted: that is told by the exit code alone.
pub(crate) fn stdout_failed(error: &io::Error) -> Failure {
    let mut failure = Failure::new(ErrorCode::DISK_ERROR, format!("standard output: {error}"));
    failure.is_stdout_closed = error.kind() == io::ErrorKind::BrokenPipe;
    failure
}

/// JSON in which everything that could steer a terminal is an escape sequence of JSON.
///
/// The serializer escapes what lies below U+0020; the rest occurs inside strings alone.
fn escaped(json: String) -> String {
    let steers = |c: char| visible_char(c) != c && !c.is_ascii_whitespace();
    if !json.contains(steers) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if steers(c) {
            text.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            text.push(c);
        }
    }
    text
}

/// Replaces control characters, except line feed and tab, by their pictures (U+2400 block).
///
/// Escape sequences, 8-bit controls and direction overrides of a mail must not steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(visible_char).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\u{7F}' => '\u{2421}',
        c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}'),
        '\u{80}'..='\u{9F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal_raw() {
        assert_eq!(
            visible("a\x1b[31mb\r\nc\td\x7f\u{9b}\u{202e}"),
            "a\u{241b}[31mb\nc\td\u{2421}\u{fffd}\u{fffd}"
        );
    }
}
