//! Names close to a misspelled one.
//!
//! The measure is the number of letters to insert, delete or replace; a beginning of at least five
//! letters counts as close too. Not the exact search, which is in the folder's parent.

use super::{CODES, GUIDS, properties};

/// How many names are offered at most.
const OFFERED: usize = 5;

/// Longer questions are no misspelled names: the longest name has 58 letters.
const LONGEST: usize = 80;

/// Shorter beginnings fit too much.
const SHORTEST_BEGINNING: usize = 5;

/// At most five names close to `name`, the closest first.
pub(super) fn names(name: &str) -> Vec<&'static str> {
    let name = name.trim();
    if name.len() > LONGEST || !name.is_ascii() {
        return Vec::new();
    }
    let wanted = name.to_ascii_uppercase();
    let mut close: Vec<(usize, &'static str)> =
        known().filter_map(|known| Some((distance(wanted.as_bytes(), known)?, known))).collect();
    close.sort_unstable();
    close.dedup();
    close.truncate(OFFERED);
    close.into_iter().map(|(_, known)| known).collect()
}

/// Every name worth offering: the spellings with a width are left to their plain name.
fn known() -> impl Iterator<Item = &'static str> {
    let properties = properties().flat_map(|row| {
        let others =
            row.aliases.iter().copied().filter(|alias| !alias.ends_with("_A") && !alias.ends_with("_W"));
        row.canonical.into_iter().chain([row.name]).chain(others)
    });
    properties.chain(CODES.iter().map(|code| code.name)).chain(GUIDS.iter().map(|row| row.name))
}

/// How far `known` is from the upper-case `wanted`; `None` where it is not close.
fn distance(wanted: &[u8], known: &str) -> Option<usize> {
    let known = known.as_bytes();
    let allowed = (wanted.len() / 5).min(3);
    let begins = wanted.len() >= SHORTEST_BEGINNING
        && known.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
    let edits = if known.len().abs_diff(wanted.len()) <= allowed { edits(wanted, known) } else { usize::MAX };
    match (edits <= allowed, begins) {
        (true, _) => Some(edits),
        (false, true) => Some(allowed + known.len() - wanted.len()),
        (false, false) => None,
    }
}

/// The number of letters to insert, delete or replace, regardless of case.
fn edits(wanted: &[u8], known: &[u8]) -> usize {
    let mut row: [usize; LONGEST + 1] = std::array::from_fn(|at| at);
    for (above, letter) in known.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (at, other) in wanted.iter().enumerate() {
            let replaced = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[wanted.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits(b"", b""), 0);
        assert_eq!(edits(b"PR_BODY", b"pr_body"), 0);
        assert_eq!(edits(b"PR_BDOY", b"PR_BODY"), 2);
        assert_eq!(edits(b"PR_BOD", b"PR_BODY"), 1);
        assert_eq!(edits(b"", b"PR"), 2);
    }

    #[test]
    fn close_names_are_offered_and_others_are_not() {
        assert_eq!(names("PR_SUBJET"), ["PR_SUBJECT"]);
        assert_eq!(names("MAPI_E_NOTFOUND"), ["MAPI_E_NOT_FOUND"]);
        assert_eq!(names("PidTagSubjekt")[0], "PidTagSubject");
        assert_eq!(names("PSETID_Comon"), ["PSETID_Common"]);
        assert_eq!(names("PR_SUBJECT_PRE")[0], "PR_SUBJECT_PREFIX");
        for nothing in ["", "x", "hello world", "PR_ÄÖÜ", &"P".repeat(5000)] {
            assert!(names(nothing).is_empty(), "{nothing}");
        }
    }
}
