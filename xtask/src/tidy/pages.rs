//! Rules about names and texts: file names, decision pages, links, paths of a machine.

use super::{File, Finding};
use std::collections::{HashMap, HashSet};

/// No file and no folder is named after nothing in particular.
pub(super) fn names_say_what_is_inside(files: &[File]) -> Vec<Finding> {
    const NAMES: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "misc", "utilities", "shared"];
    let stem = |part: &str| part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    let vague =
        files.iter().filter(|file| file.path.split('/').any(|part| NAMES.contains(&stem(part).as_str())));
    vague.map(|file| Finding::new(file, 0, "is named after nothing in particular")).collect()
}

/// Decision pages are `NNNN-title.md`, and no number stands twice.
pub(super) fn decisions_are_numbered(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for file in files.iter().filter(|file| file.path.starts_with("docs/decisions/")) {
        let name = file.name();
        if name == "README.md" {
            continue;
        }
        let number = name.get(..4).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(number) = number.filter(|_| name[4..].starts_with('-') && name.ends_with(".md")) else {
            findings.push(Finding::new(file, 0, "is not named NNNN-title.md"));
            continue;
        };
        if let Some(first) = seen.insert(number, name) {
            findings.push(Finding::new(file, 0, format!("has the number of {first}")));
        }
    }
    findings
}

/// Relative links in Markdown lead to a tracked file or folder.
pub(super) fn links_lead_somewhere(files: &[File]) -> Vec<Finding> {
    let mut known: HashSet<&str> = HashSet::new();
    for file in files {
        known.insert(&file.path);
        known.extend(file.path.match_indices('/').map(|(at, _)| &file.path[..at]));
    }
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            let place = target.split(['#', '?']).next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:");
            if outside || place.is_empty() {
                continue;
            }
            let path = resolve(&file.path, place);
            if path.as_deref().is_none_or(|path| !path.is_empty() && !known.contains(path)) {
                findings.push(Finding::new(file, line, format!("the link {target:?} leads nowhere")));
            }
        }
    }
    findings
}

/// No path of a machine on which the project happens to be built.
pub(super) fn no_path_of_a_machine(files: &[File]) -> Vec<Finding> {
    // Spelled in two parts, so that this file may be searched too.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            let found = paths.iter().find(|path| begins_a_path(line, path));
            findings.extend(
                found.map(|path| Finding::new(file, number + 1, format!("a path of a machine: {path}"))),
            );
        }
    }
    findings
}

/// True where `path` stands in the line and is not the middle of a longer path or address.
fn begins_a_path(line: &str, path: &str) -> bool {
    let joined = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | '}' | ')');
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(joined))
}

/// Line and target of every link outside code: `[text](target)` and `[name]: target`.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let line = without_code(line);
        let inline = line.match_indices("](").filter_map(|(at, mark)| target(&line[at + mark.len()..]));
        let defined = line.trim_start().starts_with('[').then(|| line.split_once("]: ")).flatten();
        let defined = defined.and_then(|(_, rest)| rest.split_whitespace().next());
        found.extend(
            inline.chain(defined).map(|target| (number + 1, target.trim_matches(['<', '>']).to_owned())),
        );
    }
    found
}

/// The target up to its closing bracket, without a title.
fn target(rest: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let end = rest.char_indices().find_map(|(at, letter)| match letter {
        '(' => {
            depth += 1;
            None
        }
        ')' if depth == 0 => Some(at),
        ')' => {
            depth -= 1;
            None
        }
        _ => None,
    })?;
    rest[..end].split_whitespace().next()
}

/// The line with what stands between backticks taken out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// `place` seen from the folder of `from`; `None` where it leaves the repository.
fn resolve(from: &str, place: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if place.starts_with('/') {
        return None;
    }
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn names_without_a_meaning_are_found() {
        let files = [
            ("crates/mapi/src/util.rs", ""),
            ("crates/mapi/src/common/a.rs", ""),
            ("crates/mapi/src/commons.rs", ""),
        ];
        assert_eq!(check(names_say_what_is_inside, &files).len(), 2);
    }

    #[test]
    fn decisions_without_or_with_a_taken_number_are_found() {
        let files = [
            ("docs/decisions/0001-one.md", ""),
            ("docs/decisions/0001-two.md", ""),
            ("docs/decisions/three.md", ""),
            ("docs/decisions/ö004.md", ""),
            ("docs/decisions/README.md", ""),
        ];
        let found = check(decisions_are_numbered, &files);
        let names: Vec<&str> = found.iter().map(|(path, _)| &path[15..]).collect();
        assert_eq!(names, ["0001-two.md", "three.md", "ö004.md"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let page = "[a](b.md) [c](../README.md#top) [d](https://x/y) [e](#f) `[g](h)`\n\
                    [i](missing.md)\n```\n[j](k)\n```\n[l]: nowhere/m.md\n[n](../../out.md)\n[o](.) [p](q_(r).md \"s\")\n[t](/etc)\n";
        let files = [("docs/a.md", page), ("docs/b.md", ""), ("README.md", ""), ("docs/q_(r).md", "")];
        let lines: Vec<usize> =
            check(links_lead_somewhere, &files).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, [2, 6, 7, 9]);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let path = concat!("/wo", "rk/");
        let text = format!("a\nsee {path}x\nhttps://host{path}x\nnetwork/a\n\"{path}\"\n");
        let lines: Vec<usize> =
            check(no_path_of_a_machine, &[("a.txt", &text)]).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, [2, 5]);
    }
}
