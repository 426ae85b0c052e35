//! `Address`: a mailbox as it stands in an envelope. What cannot stand between `<` and `>` without
//! meaning something else is refused here, before any of it reaches a wire.

use encodify::hex::XTEXT;
use std::fmt;

/// The longest path in octets (RFC 5321 4.5.3.1.3, less the brackets).
const MAX_BYTES: usize = 254;
/// The longest part before the `@`, in octets (RFC 5321 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// A mailbox that can stand in an envelope.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address(String);

/// Why a text is no address. The text itself is not repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AddressFault {
    /// It is empty.
    Empty,
    /// It holds a control character: CR, LF, NUL and the like.
    Control,
    /// It holds a space, a bracket or a character that ends an address.
    Delimiter,
    /// It has no local part, no `@` or no domain.
    Incomplete,
    /// It is longer than an envelope allows.
    TooLong,
}

impl fmt::Display for AddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the address is empty",
            Self::Control => "the address holds a control character",
            Self::Delimiter => "the address holds a space, a bracket or a quotation mark out of place",
            Self::Incomplete => "the address is not of the form name@domain",
            Self::TooLong => "the address is too long",
        })
    }
}

impl Address {
    /// Takes a mailbox `local@domain`, quoted local parts (`"a b"@domain`) included. Surrounding
    /// spaces and tabs are dropped; anything else that does not belong is refused.
    ///
    /// # Errors
    /// The first reason against the text.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        if text.chars().any(|letter| letter.is_control() || is_line_end(letter)) {
            return Err(AddressFault::Control);
        }
        if text.len() > MAX_BYTES {
            return Err(AddressFault::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::Incomplete)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressFault::Incomplete);
        }
        if local.len() > MAX_LOCAL_BYTES {
            return Err(AddressFault::TooLong);
        }
        if !is_local(local) || !is_domain(domain) {
            return Err(AddressFault::Delimiter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The mailbox without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// True where only a server with SMTPUTF8 can take it.
    pub fn needs_utf8(&self) -> bool {
        !self.0.is_ascii()
    }

    /// The mailbox in xtext (RFC 3461 4), as ORCPT wants it.
    pub(crate) fn xtext(&self) -> String {
        XTEXT.encode(&self.0)
    }
}

/// Line ends that are no controls for Unicode.
fn is_line_end(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

fn is_local(local: &str) -> bool {
    if let Some(inner) = local.strip_prefix('"') {
        let Some(inner) = inner.strip_suffix('"') else { return false };
        // Within quotation marks a backslash takes the next character; a mark alone would end it.
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => return false,
                '\\' if !letters.next().is_some_and(|next| next.is_ascii_graphic()) => return false,
                '<' | '>' => return false,
                _ => {}
            }
        }
        return true;
    }
    let is_atom = |letter: char| !letter.is_whitespace() && !"()<>[]:;,\\\"@".contains(letter);
    local.split('.').all(|atom| !atom.is_empty())
        && local.chars().all(|letter| letter == '.' || is_atom(letter))
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".:-".contains(&byte);
        return !literal.is_empty() && literal.bytes().all(fits);
    }
    let fits = |letter: char| letter.is_alphanumeric() || "-_".contains(letter) || !letter.is_ascii();
    domain
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|letter| fits(letter) && !letter.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_they_are() {
        for text in [
            "ann@example.org",
            " a.b+c=d/e@sub.example-1.org ",
            "\"a b\"@example.org",
            "\"a\\\"b@c\"@example.org",
            "x@[127.0.0.1]",
            "x@[IPv6:::1]",
            "jürgen@exämple.org",
        ] {
            assert_eq!(Address::parse(text).unwrap().as_str(), text.trim());
        }
        assert!(Address::parse("jürgen@example.org").unwrap().needs_utf8());
        assert_eq!(Address::parse("a+b@example.org").unwrap().xtext(), "a+2Bb@example.org");
    }

    #[test]
    fn nothing_that_could_mean_something_else_gets_through() {
        use AddressFault as F;
        for (text, fault) in [
            ("", F::Empty),
            (" \t", F::Empty),
            ("a@b\r\nRCPT TO:<c@d>", F::Control),
            ("a\n@b", F::Control),
            ("a@b\r", F::Control),
            ("a\0@b", F::Control),
            ("a\u{7f}@b", F::Control),
            ("a\u{85}@b", F::Control),
            ("a\u{2028}@b", F::Control),
            ("a b@c", F::Delimiter),
            ("a>@c", F::Delimiter),
            ("a@c> SIZE=1", F::Delimiter),
            ("a@c SIZE=1", F::Delimiter),
            ("<a@c>", F::Delimiter),
            ("@x:a@c", F::Delimiter),
            ("a,b@c", F::Delimiter),
            ("\"a>b\"@c", F::Delimiter),
            ("\"a\"b\"@c", F::Delimiter),
            ("\"a\\\"@c", F::Delimiter),
            ("\"@c", F::Delimiter),
            ("a..b@c", F::Delimiter),
            ("a@c..d", F::Delimiter),
            ("a@[1> x]", F::Delimiter),
            ("a@c\u{a0}d", F::Delimiter),
            ("a", F::Incomplete),
            ("@c", F::Incomplete),
            ("a@", F::Incomplete),
        ] {
            assert_eq!(Address::parse(text), Err(fault), "{text:?}");
        }
        assert_eq!(Address::parse(&format!("{}@c", "a".repeat(65))), Err(F::TooLong));
        assert_eq!(Address::parse(&format!("a@{}", "c".repeat(300))), Err(F::TooLong));
    }

    #[test]
    fn no_address_of_a_hostile_alphabet_breaks_out_of_its_brackets() {
        let alphabet = ['a', '@', '"', '\\', '<', '>', ' ', '\r', '\n', '\0', '.', '[', ']'];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            texts = texts
                .iter()
                .flat_map(|text| alphabet.iter().map(move |letter| format!("{text}{letter}")))
                .collect();
            for text in &texts {
                if let Ok(address) = Address::parse(text) {
                    assert!(!address.as_str().contains(['<', '>', '\r', '\n', '\0']), "{text:?}");
                    let outside: String = address.as_str().split('"').step_by(2).collect();
                    assert!(!outside.contains(' '), "{text:?}");
                }
            }
        }
    }
}
