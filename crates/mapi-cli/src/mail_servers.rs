//! Which servers a mail address has: what was named, else an autoconfig file (`autoconfig.rs`), else a table
//! of well-known providers, else what the domain names in the DNS (`service_records.rs`).

use crate::account_options::{Add, Protocol, Security};
use crate::autoconfig;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::service_records;
use mapi_defs::ErrorCode;

/// `data/mail-providers.tsv`.
const PROVIDERS: &str = include_str!("../../../data/mail-providers.tsv");

/// One server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    pub(crate) host: String,
    /// The usual one where it is not said.
    pub(crate) port: Option<u16>,
    pub(crate) security: Security,
    pub(crate) user: String,
}

/// The servers of an address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Servers {
    pub(crate) incoming: Option<(Protocol, Server)>,
    pub(crate) outgoing: Option<Server>,
    /// What a person has to know about them.
    pub(crate) advice: Option<String>,
    /// What the user may be called there, too, where nobody says it.
    pub(crate) other_user: Option<String>,
}

/// The two halves of a mail address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) whole: &'a str,
    pub(crate) local: &'a str,
    pub(crate) domain: &'a str,
}

impl<'a> Address<'a> {
    /// # Errors
    /// Usage: it is no mail address.
    pub(crate) fn parse(text: &'a str) -> Outcome<Self> {
        let wrong =
            |letter: char| letter.is_control() || letter.is_whitespace() || "<>\"(),;".contains(letter);
        match text.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !text.contains(wrong) => {
                Ok(Self { whole: text, local, domain })
            }
            _ => Err(Failure::usage(format!("{text:?} is no mail address"))),
        }
    }
}

/// The servers for a new account.
///
/// # Errors
/// - Usage: a server is not written as HOST or HOST:PORT.
/// - Those of reading the autoconfig file.
/// - `MAPI_E_NOT_FOUND`: nobody knows the outgoing server.
/// - `MAPI_E_NO_ACCESS`: the DNS names servers of another domain, and nobody has agreed to that.
pub(crate) fn find(options: &Add, output: Output) -> Outcome<Servers> {
    let address = Address::parse(&options.address)?;
    let mut servers = match &options.autoconfig {
        Some(file) => autoconfig::read(file, address)?,
        None => of_table(address),
    };
    let has_incoming = options.incoming.is_some() || options.protocol == Some(Protocol::None);
    let is_named = options.outgoing.is_some() && has_incoming;
    if servers == Servers::default() && !is_named {
        servers = service_records::mail_servers(options, address, output)?;
    }
    let user = options.user.as_deref();
    if let Some(named) = &options.incoming {
        let protocol = match options.protocol {
            None => servers.incoming.as_ref().map_or(Protocol::Imap, |(protocol, _)| *protocol),
            Some(protocol) => protocol,
        };
        let server = named_server(named, options.incoming_security, user.unwrap_or(address.whole))?;
        servers.incoming = Some((protocol, server));
    }
    if let Some(named) = &options.outgoing {
        let server = named_server(named, options.outgoing_security, user.unwrap_or(address.whole))?;
        servers.outgoing = Some(server);
    }
    match options.protocol {
        Some(Protocol::None) => servers.incoming = None,
        Some(wanted) if servers.incoming.as_ref().is_some_and(|(known, _)| *known != wanted) => {
            let hint = "name the server: --incoming HOST";
            return Err(unknown("the servers that are known speak another protocol").with_hint(hint));
        }
        _ => {}
    }
    let both = servers.incoming.iter_mut().map(|(_, server)| server).chain(&mut servers.outgoing);
    if let Some(user) = user {
        servers.other_user = None;
        both.for_each(|server| user.clone_into(&mut server.user));
    }
    if servers.outgoing.is_none() {
        let message = format!("nobody knows the mail servers of {}", address.domain);
        let hint = "name them: --outgoing HOST --incoming HOST, or give --autoconfig FILE";
        return Err(unknown(&message).with_hint(hint));
    }
    Ok(servers)
}

fn unknown(message: &str) -> Failure {
    Failure::new(ErrorCode::NOT_FOUND, message).with_exit(crate::exit::Exit::Unavailable)
}

/// A server as it is written on the command line.
///
/// # Errors
/// Usage: it is neither HOST nor HOST:PORT.
pub(crate) fn named_server(text: &str, security: Option<Security>, user: &str) -> Outcome<Server> {
    let bad = || Failure::usage(format!("{text:?} is neither HOST nor HOST:PORT"));
    let (host, port) = match text.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(bad)?))
        }
        _ => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_wrong = |letter: char| letter.is_control() || letter.is_whitespace() || "/@<>[]".contains(letter);
    if host.is_empty() || host.contains(is_wrong) {
        return Err(bad());
    }
    let usual = match port {
        Some(587 | 143 | 110 | 389) => Security::Starttls,
        Some(25) => Security::Opportunistic,
        _ => Security::Tls,
    };
    Ok(Server { host: host.to_owned(), port, security: security.unwrap_or(usual), user: user.to_owned() })
}

/// What the table says of an address; nothing where it does not know the domain.
fn of_table(address: Address<'_>) -> Servers {
    let rows = PROVIDERS.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| row(line, address)).next().unwrap_or_default()
}

fn row(line: &str, address: Address<'_>) -> Option<Servers> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [domains, protocol, host, port, security, out_host, out_port, out_security, user, advice] = cells[..]
    else {
        return None;
    };
    if !domains.split(',').any(|domain| domain.eq_ignore_ascii_case(address.domain)) {
        return None;
    }
    let user = if user == "local" { address.local } else { address.whole };
    let server = |host: &str, port: &str, security: &str| {
        let security = if security == "starttls" { Security::Starttls } else { Security::Tls };
        Server { host: host.to_owned(), port: port.parse().ok(), security, user: user.to_owned() }
    };
    let protocol = if protocol == "pop3" { Protocol::Pop3 } else { Protocol::Imap };
    Some(Servers {
        incoming: Some((protocol, server(host, port, security))),
        outgoing: Some(server(out_host, out_port, out_security)),
        advice: Some(advice.to_owned()).filter(|advice| !advice.is_empty()),
        other_user: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_names_two_servers() {
        for line in PROVIDERS.lines().filter(|line| !line.starts_with('#')) {
            let domain = line.split([',', '\t']).next().unwrap();
            let whole = format!("ann@{}", domain.to_uppercase());
            let servers = row(line, Address::parse(&whole).unwrap()).unwrap();
            for server in [&servers.incoming.unwrap().1, &servers.outgoing.unwrap()] {
                assert!(server.host.contains('.') && server.port.is_some(), "{line}");
                assert!(server.user == "ann" || server.user == whole, "{line}");
            }
        }
        assert_eq!(of_table(Address::parse("a@nowhere.example").unwrap()), Servers::default());
    }

    #[test]
    fn a_server_is_a_host_with_or_without_its_port() {
        let read =
            |text| named_server(text, None, "u").map(|server| (server.host, server.port, server.security));
        let name = |host: &str| host.to_owned();
        assert_eq!(read("a.example").unwrap(), (name("a.example"), None, Security::Tls));
        assert_eq!(read("a.example:587").unwrap(), (name("a.example"), Some(587), Security::Starttls));
        assert_eq!(read("[::1]:465").unwrap(), (name("::1"), Some(465), Security::Tls));
        assert_eq!(read("::1").unwrap().0, "::1");
        for bad in ["", ":465", "a:0", "a:65536", "a:x", "a b", "a/b", "u@a", "a\nb"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c", "a@b\u{1b}", "<a@b>"] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
