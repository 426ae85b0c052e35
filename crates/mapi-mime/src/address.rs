//! `Mailbox`: a name and an Internet address that is safe in a header, out of the forms MAPI keeps.
//!
//! Real messages address people as `EX` with an X.500 name as often as by `SMTP`; the Internet address is
//! then in another property, in an entry ID or only in the headers of the transport. Whose mailbox is asked
//! for is decided in `originator.rs` and `recipients.rs`.

use crate::fields::LONGEST_WORD;
use crate::one_off::OneOff;
use crate::transport_headers::TransportHeaders;

/// Longest local part and domain, with room to spare over RFC 5321's 64 and 255.
const MAX_ADDRESS_BYTES: usize = 600;

/// A name with its address, as a header shows it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Mailbox {
    /// The display name; may be empty.
    pub(crate) name: String,
    /// An address in the syntax of RFC 5322; `None` writes the name alone.
    pub(crate) address: Option<String>,
}

/// What is known of somebody, in the order of trust.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    pub(crate) name: Option<&'a str>,
    /// PR_ADDRTYPE or its kin.
    pub(crate) address_type: Option<&'a str>,
    /// PR_EMAIL_ADDRESS or its kin.
    pub(crate) address: Option<&'a str>,
    /// PR_SMTP_ADDRESS or its kin.
    pub(crate) smtp: Option<&'a str>,
    /// The Internet address of the same entry, found elsewhere in the message.
    pub(crate) alias: Option<&'a str>,
    /// PR_ENTRYID or its kin.
    pub(crate) entry_id: Option<&'a [u8]>,
}

/// A mailbox, and whether its address had to be encapsulated.
pub(crate) struct Resolved {
    pub(crate) mailbox: Mailbox,
    pub(crate) encapsulated: bool,
}

impl Known<'_> {
    /// True where nothing at all is known.
    pub(crate) fn is_empty(&self) -> bool {
        let says = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
        !says(self.name)
            && !says(self.address)
            && !says(self.smtp)
            && self.entry_id.is_none_or(<[u8]>::is_empty)
    }

    /// Finds the Internet address, or encapsulates the one there is (`IMCEAEX-…@domain`).
    pub(crate) fn resolve(&self, headers: &TransportHeaders<'_>, domain: &str) -> Resolved {
        let one_off = self.entry_id.and_then(OneOff::read);
        let found = self.internet(one_off.as_ref()).or_else(|| headers.address_of(self.name?));
        let name = self.name.or_else(|| one_off.as_ref().map(|one_off| one_off.name.as_str()));
        let name = name.unwrap_or_default().trim().to_owned();
        let (address, encapsulated) = match found {
            Some(address) => (Some(address), false),
            None => {
                let encapsulated = self.encapsulate(one_off.as_ref(), domain);
                let is_some = encapsulated.is_some();
                (encapsulated, is_some)
            }
        };
        let repeats = address.as_ref().is_some_and(|address| address.eq_ignore_ascii_case(bare(&name)));
        let name = if repeats { String::new() } else { name };
        Resolved { mailbox: Mailbox { name, address }, encapsulated }
    }

    fn internet(&self, one_off: Option<&OneOff>) -> Option<String> {
        let own = self.address.filter(|_| !self.is_exchange());
        let of_entry_id = one_off.filter(|one_off| one_off.is_smtp()).map(|one_off| one_off.address.as_str());
        // A name in the form of an address is what senders without an address book give.
        [self.smtp, own, of_entry_id, self.alias, self.name].into_iter().flatten().find_map(internet_address)
    }

    fn is_exchange(&self) -> bool {
        self.address_type.is_some_and(|kind| kind.eq_ignore_ascii_case("EX"))
            || self.address.is_some_and(|address| address.starts_with('/'))
    }

    fn encapsulate(&self, one_off: Option<&OneOff>, domain: &str) -> Option<String> {
        let own = self.address.map(|address| (self.address_type.unwrap_or_default(), address));
        let of_entry_id = one_off.map(|one_off| (one_off.address_type.as_str(), one_off.address.as_str()));
        let said = |(_, address): &(&str, &str)| !address.trim().is_empty();
        let (kind, address) = own.filter(said).or(of_entry_id.filter(said))?;
        encapsulated(kind, address, domain)
    }
}

/// The address in the syntax of RFC 5322, where the text is one: ASCII, without anything that could end
/// it early or begin another.
pub(crate) fn internet_address(text: &str) -> Option<String> {
    let text = bare(text);
    let (local, domain) = text.rsplit_once('@')?;
    if text.len() > MAX_ADDRESS_BYTES || !is_domain(domain) {
        return None;
    }
    if is_dot_atom(local) {
        return Some(text.to_owned());
    }
    if is_quoted(local) {
        return Some(text.to_owned());
    }
    // Dots in places where RFC 5322 wants quotes are in use.
    let quotable = !local.is_empty() && local.bytes().all(|byte| is_atext(byte) || byte == b'.');
    quotable.then(|| format!("\"{local}\"@{domain}"))
}

/// The text without what programs put around addresses.
fn bare(text: &str) -> &str {
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0');
    let text = match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("SMTP:") => text.get(5..).unwrap_or_default().trim(),
        _ => text,
    };
    let inner = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    inner('<', '>').or_else(|| inner('\'', '\'')).unwrap_or(text).trim()
}

fn is_domain(domain: &str) -> bool {
    let literal = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    if let Some(literal) = literal {
        return literal.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte));
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    domain.split('.').all(is_label)
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_quoted(local: &str) -> bool {
    let inner = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| is_atext(byte) || b" .,:;()@[]".contains(&byte)))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// An address of another kind as the local part of an Internet address: letters, digits, `-` and `=` stay,
/// `/` becomes `_`, every other octet `+` and two hex digits. `None` where it would not fit on a line.
///
/// # Source
/// `[MS-OXCMAIL]` 2.1.3.1.2 (IMCEA encapsulation).
fn encapsulated(kind: &str, address: &str, domain: &str) -> Option<String> {
    let kind = kind.trim();
    let is_kind = (1..=16).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // What calls itself SMTP and is no Internet address is not to be unwrapped as one.
    let is_smtp = kind.eq_ignore_ascii_case("SMTP");
    let kind = if is_kind && !is_smtp { kind.to_ascii_uppercase() } else { "INVALID".to_owned() };
    let mut out = format!("IMCEA{kind}-");
    for byte in address.trim().bytes() {
        match byte {
            b'/' => out.push('_'),
            b'-' | b'=' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("+{byte:02X}")),
        }
    }
    out.push('@');
    out.push_str(domain);
    (out.len() <= LONGEST_WORD).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_in_a_header_is_an_internet_address() {
        for (text, expect) in [
            ("ann@example.org", Some("ann@example.org")),
            (" SMTP:<ann@example.org>\0", Some("ann@example.org")),
            ("'ann@example.org'", Some("ann@example.org")),
            ("smtp:ann@example.org", Some("ann@example.org")),
            ("<ann@[192.0.2.1]>", Some("ann@[192.0.2.1]")),
            ("a..b.@example.org", Some("\"a..b.\"@example.org")),
            ("\"a b\"@example.org", Some("\"a b\"@example.org")),
            ("a@b@example.org", None),
            ("a b@example.org", None),
            ("ann@example.org>", None),
            ("ann@example.org\r\nBcc: x@y", None),
            ("ann@example.org,eve@example.org", None),
            ("\"a\"b\"@example.org", None),
            ("j\u{f6}rg@example.org", None),
            ("/o=Org/cn=Ann", None),
            ("@example.org", None),
            ("ann@", None),
        ] {
            assert_eq!(internet_address(text).as_deref(), expect, "{text:?}");
        }
    }

    #[test]
    fn other_addresses_are_encapsulated() {
        assert_eq!(
            encapsulated("EX", "/o=Org/cn=Ann Lee", "example.org").as_deref(),
            Some("IMCEAEX-_o=Org_cn=Ann+20Lee@example.org")
        );
        assert_eq!(
            encapsulated("SMTP", "a b>\r\n", "example.org").as_deref(),
            Some("IMCEAINVALID-a+20b+3E@example.org")
        );
        assert_eq!(encapsulated("EX", &" x".repeat(500), "example.org"), None);
    }
}
