//! When two distinguished names are the same. Without the directory's schema at hand this is by their letters,
//! without regard to case and to blanks around separators (RFC 4514).

use mapi_defs::prop::collation::fold_text;

/// The key of a name: equal keys are the same object.
pub(crate) fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let (mut is_escaped, mut is_behind_separator) = (false, false);
    for letter in name.trim().chars() {
        let is_separator = !is_escaped && matches!(letter, ',' | ';' | '=' | '+');
        if is_separator {
            key.truncate(key.trim_end_matches(' ').len());
            key.push(if letter == ';' { ',' } else { letter });
        } else if letter != ' ' || is_escaped || !is_behind_separator {
            key.push(letter);
        }
        is_behind_separator = is_separator || (is_behind_separator && letter == ' ');
        is_escaped = !is_escaped && letter == '\\';
    }
    fold_text(&key)
}

/// The name without the bit string that a value of Name And Optional UID may end with.
pub(crate) fn without_bits(value: &str) -> &str {
    match value.rsplit_once('#') {
        Some((name, bits)) if bits.starts_with('\'') && bits.ends_with("'B") => name,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_without_regard_to_case_and_blanks_around_separators() {
        let same = key("cn=ann smith,dc=example");
        for other in ["CN = Ann Smith, DC=Example", " cn=Ann Smith ;dc= example "] {
            assert_eq!(key(other), same, "{other}");
        }
        for other in ["cn=annsmith,dc=example", "cn=ann smith\\,dc=example", "cn=ann smith"] {
            assert_ne!(key(other), same, "{other}");
        }
        assert_eq!(key("cn=a\\, b"), "cn=a\\, b");
        assert_eq!(without_bits("cn=a#b#'0101'B"), "cn=a#b");
        assert_eq!(without_bits("cn=a#b"), "cn=a#b");
    }
}
