//! `Referral`: another server that a server refers to, as an LDAP URL says it (RFC 4516). Whether anybody goes
//! there is the profile's; nobody logs on there, since the password is for the profile's own server alone.

use crate::connections::Access;
use crate::entry_id::MAX_NAME_BYTES;
use mapi_wire::{Endpoint, Security};

/// Another server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Referral {
    host: String,
    port: Option<u16>,
    is_tls: bool,
    /// The name below which it is to be asked; the same as here where there is none.
    pub(crate) base: Option<String>,
}

impl Referral {
    /// Reads a URL; `None` for one that is no place to ask.
    pub(crate) fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_tls = scheme.eq_ignore_ascii_case("ldaps");
        if !is_tls && !scheme.eq_ignore_ascii_case("ldap") {
            return None;
        }
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(numeric) => {
                let (host, port) = numeric.split_once(']')?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || ".-_:".contains(letter);
        if host.is_empty() || !host.chars().all(is_name) {
            return None;
        }
        let port = port.map(str::parse::<u16>).transpose().ok()?;
        let base = decode(path.split('?').next().unwrap_or_default())?;
        let base = (!base.is_empty()).then_some(base);
        Some(Self { host: host.to_ascii_lowercase(), port, is_tls, base })
    }

    /// How it is reached by whoever reaches the profile's own server so: never less encrypted, and as nobody.
    pub(crate) fn access(&self, own: &Access) -> Access {
        let security = match own.endpoint.security {
            _ if self.is_tls => Security::Implicit,
            Security::Implicit => Security::StartTls,
            other => other,
        };
        let port = self.port.unwrap_or(if self.is_tls { 636 } else { 389 });
        let endpoint = Endpoint { host: self.host.clone(), port, security, tls: own.endpoint.tls.clone() };
        Access { endpoint, user: None, deadlines: own.deadlines }
    }
}

/// Undoes `%` and two hex digits; `None` where that is no name.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let (digits, behind) = behind.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok().filter(|name| name.len() <= MAX_NAME_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_or_nobody_goes_there() {
        let read =
            |url: &str| Referral::read(url).map(|place| (place.host, place.port, place.is_tls, place.base));
        let base = |text: &str| Some(text.to_owned());
        let place = |host: &str, port, is_tls, base| Some((host.to_owned(), port, is_tls, base));
        assert_eq!(read("ldap://A.example/dc=a?cn?sub?(x=y)"), place("a.example", None, false, base("dc=a")));
        assert_eq!(read("LDAPS://a:1636"), place("a", Some(1636), true, None));
        assert_eq!(read("ldap://[::1]:389/cn=%C3%A4%2C"), place("::1", Some(389), false, base("cn=ä,")));
        let nowhere = [
            "http://a/",
            "ldapi://%2fsocket",
            "ldap:///dc=a",
            "ldap://a b/",
            "ldap://a:0x1/",
            "ldap://a:99999",
            "ldap://[::1",
            "ldap://a/%f",
            "ldap://a/%zz",
            "ldap://a/%ff",
            "ldap://me@a/",
            "a",
        ];
        for url in nowhere {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
