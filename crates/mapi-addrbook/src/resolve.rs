//! How a name that somebody typed is found among the entries (ResolveNames).
//!
//! A name is an address or display name in full, in any case, or else the beginning of a display
//! name, of a word of it, or of an address. One entry in full comes before any that only begin so.

use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS};
use mapi_defs::prop::{PropList, PropTag};

/// What was found for a name.
#[derive(PartialEq, Debug)]
pub(crate) enum Found<'entries> {
    Nobody,
    One(&'entries PropList),
    Several,
}

/// Looks a name up among entries.
pub(crate) fn find<'entries>(name: &str, entries: &'entries [PropList]) -> Found<'entries> {
    let name = name.trim().to_lowercase();
    if name.is_empty() {
        return Found::Nobody;
    }
    let in_full: Vec<_> = entries.iter().filter(|entry| matches(entry, |text| text == name)).collect();
    if let [one] = in_full[..] {
        return Found::One(one);
    }
    let begins =
        |text: &str| text.starts_with(&name) || text.split_whitespace().any(|word| word.starts_with(&name));
    let beginning: Vec<_> = match in_full.is_empty() {
        true => entries.iter().filter(|entry| matches(entry, begins)).collect(),
        false => in_full,
    };
    match beginning[..] {
        [] => Found::Nobody,
        [one] => Found::One(one),
        _ => Found::Several,
    }
}

fn matches(entry: &PropList, fits: impl Fn(&str) -> bool) -> bool {
    const SEARCHED: [PropTag; 3] = [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS];
    SEARCHED.iter().filter_map(|tag| entry.text(*tag)).any(|text| fits(&text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, address: &str) -> PropList {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, name);
        props.set(PR_SMTP_ADDRESS, address);
        props
    }

    #[test]
    fn names_are_found_in_full_then_by_their_beginning() {
        let entries = [
            entry("Ann", "ann@example.org"),
            entry("Ann Smith", "smith@example.org"),
            entry("Ärnst Berg", "berg@example.net"),
            entry("Bob", "bob@example.org"),
            entry("bob", "other@example.org"),
        ];
        let one = |index: usize| Found::One(&entries[index]);
        for (name, expected) in [
            ("ann", one(0)),
            (" ANN SMITH ", one(1)),
            ("smi", one(1)),
            ("an", Found::Several),
            ("ärn", one(2)),
            ("berg@", one(2)),
            ("bob@example.org", one(3)),
            ("bob", Found::Several),
            ("mith", Found::Nobody),
            ("", Found::Nobody),
        ] {
            assert_eq!(find(name, &entries), expected, "{name}");
        }
    }
}
