//! How names are spelled in Rust: constants out of canonical and header names, types, literals.

use crate::dictionary::GuidRow;

/// `PidLidAppointmentStartWhole` becomes `PID_LID_APPOINTMENT_START_WHOLE`.
pub(super) fn screaming(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let word_begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if word_begins {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

/// The constant of a GUID: interface names keep their words together, as `IID_IMAPIPROP`.
pub(super) fn guid_constant(row: &GuidRow) -> String {
    if row.kind == "interface" { row.name.to_ascii_uppercase() } else { screaming(&row.name) }
}

/// `PT_UNICODE` becomes `PropType::UNICODE`, `0x00FD` becomes `PropType(0x00FD)`.
pub(super) fn prop_type(name: &str) -> String {
    match name.strip_prefix("PT_") {
        Some(rest) => format!("PropType::{rest}"),
        None => format!("PropType({name})"),
    }
}

/// The `doc(alias)` lines that let a constant be found by its other names; the compiler refuses its own.
pub(super) fn doc_aliases<'a>(constant: &str, names: impl IntoIterator<Item = &'a String>) -> String {
    let others = names.into_iter().filter(|name| *name != constant);
    others.map(|name| format!("#[doc(alias = {name:?})]\n")).collect()
}

/// The Rust literal of a slice of texts.
pub(super) fn texts<S: AsRef<str>>(items: &[S]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("{:?}", item.as_ref())).collect();
    format!("&[{}]", quoted.join(", "))
}

/// The table from upper-case name to position, sorted for binary search; the first of equal names stays.
pub(super) fn index(table: &str, of: &str, names: Vec<(String, usize)>) -> String {
    let mut names: Vec<(String, usize)> =
        names.into_iter().map(|(name, position)| (name.to_ascii_uppercase(), position)).collect();
    names.sort();
    names.dedup_by(|later, earlier| later.0 == earlier.0);
    let mut out = format!("\n/// Upper-case names and their positions in `{of}`, sorted by name.\n");
    out += &format!("#[rustfmt::skip]\npub(crate) static {table}: [(&str, u16); {}] = [\n", names.len());
    for (name, position) in names {
        out += &format!("({name:?}, {position}),\n");
    }
    out += "];\n";
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_spelled_word_by_word() {
        assert_eq!(screaming("PidLidEmail1AddressType"), "PID_LID_EMAIL1_ADDRESS_TYPE");
        assert_eq!(screaming("PidTagImapCachedMsgsize"), "PID_TAG_IMAP_CACHED_MSGSIZE");
        assert_eq!(screaming("PidLidICalendarDayOfWeekMask"), "PID_LID_I_CALENDAR_DAY_OF_WEEK_MASK");
        assert_eq!(screaming("PSETID_PostRss"), "PSETID_POST_RSS");
    }

    #[test]
    fn the_first_of_equal_names_stays_in_an_index() {
        let text = index("T", "L", vec![("pr_b".into(), 7), ("PR_B".into(), 3), ("PR_A".into(), 9)]);
        assert!(text.contains("[(&str, u16); 2]"));
        assert!(text.contains("(\"PR_A\", 9),\n(\"PR_B\", 3),"));
    }
}
