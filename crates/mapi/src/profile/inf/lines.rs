//! The lines of a mapisvc.inf, and the sections they make, before anything is understood.
//!
//! Sections of the same name are one section, in either case. What the entries mean is `parse.rs`.

use super::{DIAGNOSTICS, Diagnostic, ENTRIES, LINE_BYTES, SECTIONS, Severity, folded};
use std::collections::HashMap;

/// What one line is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Line<'a> {
    /// Blank, or a comment.
    Nothing,
    /// `[name]`.
    Header(&'a str),
    /// `key=value`.
    Entry(&'a str, &'a str),
    /// Neither, and why.
    Bad(&'static str),
}

impl<'a> Line<'a> {
    /// Says what a line is, blanks at both its ends left aside.
    pub(super) fn of(text: &'a str) -> Self {
        if text.len() > LINE_BYTES {
            return Self::Bad("the line is too long");
        }
        let text = text.trim();
        if is_comment_or_blank(text) {
            return Self::Nothing;
        }
        let Some(rest) = text.strip_prefix('[') else {
            return match text.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => Self::Entry(key.trim(), value.trim()),
                _ => Self::Bad("the line is neither key=value nor a section's name"),
            };
        };
        match rest.split_once(']') {
            Some((name, after)) if is_comment_or_blank(after.trim()) && !name.trim().is_empty() => {
                Self::Header(name.trim())
            }
            Some(_) => Self::Bad("a section's name stands alone on its line, in brackets"),
            None => Self::Bad("the bracket of a section's name is not closed"),
        }
    }

    /// True for a line that begins with a bracket, whether or not it names a section.
    pub(super) fn ends_section(&self, text: &str) -> bool {
        matches!(self, Self::Header(_)) || text.trim_start().starts_with('[')
    }
}

fn is_comment_or_blank(text: &str) -> bool {
    text.is_empty() || text.starts_with([';', '#'])
}

/// What is wrong with a file, as far as it is worth telling.
#[derive(Default)]
pub(super) struct Report {
    pub(super) diagnostics: Vec<Diagnostic>,
    left_out: usize,
}

impl Report {
    pub(super) fn error(&mut self, line: usize, message: impl Into<String>) {
        self.add(line, Severity::Error, message.into());
    }

    pub(super) fn warning(&mut self, line: usize, message: impl Into<String>) {
        self.add(line, Severity::Warning, message.into());
    }

    fn add(&mut self, line: usize, severity: Severity, message: String) {
        if self.diagnostics.len() < DIAGNOSTICS {
            self.diagnostics.push(Diagnostic { line, severity, message });
        } else {
            self.left_out += 1;
        }
    }

    /// The diagnostics by line, and how many more there were.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.line);
        if self.left_out > 0 {
            let message = format!("{} more lines are wrong", self.left_out);
            self.diagnostics.push(Diagnostic { line: 0, severity: Severity::Error, message });
        }
        self.diagnostics
    }
}

/// One line `key=value`.
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
}

/// One section, with everything that stands under its name.
pub(super) struct Section {
    /// The line of its first header.
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
}

/// The sections of a file by their names.
#[derive(Default)]
pub(super) struct Sections {
    all: Vec<Section>,
    by_name: HashMap<String, usize>,
}

impl Sections {
    /// Parts a file's content into sections.
    pub(super) fn of(content: &[u8], report: &mut Report) -> Self {
        let mut sections = Self::default();
        // The section that the lines belong to; none before the first header and after a broken one.
        let mut current = None;
        let mut has_header = false;
        for (index, bytes) in lines(content).enumerate() {
            let number = index + 1;
            let text = String::from_utf8_lossy(bytes);
            if std::str::from_utf8(bytes).is_err() {
                report.warning(number, "the line is not UTF-8");
            }
            let line = Line::of(&text);
            if line.ends_section(&text) {
                current = None;
                has_header = true;
            }
            match line {
                Line::Nothing => {}
                Line::Bad(why) => report.error(number, why),
                Line::Header(name) => current = sections.place(name, number, report),
                Line::Entry(key, value) => match current {
                    Some(at) => sections.add(at, Entry::new(number, key, value), report),
                    None if has_header => {}
                    None => report.error(number, "the line stands before the first section"),
                },
            }
        }
        sections
    }

    /// The place of a section's name among all.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(&folded(name)).copied()
    }

    pub(super) fn at(&self, place: usize) -> Option<&Section> {
        self.all.get(place)
    }

    fn place(&mut self, name: &str, line: usize, report: &mut Report) -> Option<usize> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        if self.all.len() == SECTIONS {
            report.error(line, format!("there are more than {SECTIONS} sections"));
            return None;
        }
        self.by_name.insert(folded(name), self.all.len());
        self.all.push(Section { line, entries: Vec::new() });
        Some(self.all.len() - 1)
    }

    fn add(&mut self, at: usize, entry: Entry, report: &mut Report) {
        let Some(section) = self.all.get_mut(at) else { return };
        if section.entries.len() == ENTRIES {
            report.error(entry.line, format!("the section has more than {ENTRIES} entries"));
            return;
        }
        section.entries.push(entry);
    }
}

impl Entry {
    fn new(line: usize, key: &str, value: &str) -> Self {
        Self { line, key: key.to_owned(), value: value.to_owned() }
    }
}

/// The lines of a file without their ends and without the mark that some programs begin UTF-8 with.
pub(super) fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    content.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// The names of a list, parted at commas alone: names may have spaces inside.
pub(super) fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_header_an_entry_nothing_or_bad() {
        for (text, expected) in [
            ("", Line::Nothing),
            ("  ; note", Line::Nothing),
            ("# note", Line::Nothing),
            ("[Services]", Line::Header("Services")),
            ("  [ My Own ] ; note", Line::Header("My Own")),
            ("Providers = A, B ", Line::Entry("Providers", "A, B")),
            ("a=b=c", Line::Entry("a", "b=c")),
            ("a=", Line::Entry("a", "")),
        ] {
            assert_eq!(Line::of(text), expected, "{text:?}");
        }
        for bad in ["=b", "word", "[a", "[]", "[a] b"] {
            assert!(matches!(Line::of(bad), Line::Bad(_)), "{bad:?}");
        }
    }
}
