//! Which of the servers that a domain names in the DNS an account takes: mail servers by RFC 6186 and RFC 8314,
//! directories by RFC 2782. How they are asked for is `name_server.rs`.
//!
//! A server of another domain is never taken without a person's word: whoever forges an answer would get the
//! password (RFC 6186 section 6).

use crate::account_options::{Add, Protocol, Security};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::mail_servers::{Address, Server, Servers};
use crate::name_server::{NameServers, Service};
use crate::output::Output;
use mapi_defs::ErrorCode;
use std::io::{self, BufRead, IsTerminal, Read, Write};

/// Services that mail is fetched by, in the order in which they are taken.
const INCOMING: [(&str, Protocol, Security); 4] = [
    ("_imaps", Protocol::Imap, Security::Tls),
    ("_imap", Protocol::Imap, Security::Starttls),
    ("_pop3s", Protocol::Pop3, Security::Tls),
    ("_pop3", Protocol::Pop3, Security::Starttls),
];
/// Services that mail is handed to.
const OUTGOING: [(&str, Security); 2] =
    [("_submissions", Security::Tls), ("_submission", Security::Starttls)];
/// Services of directories.
const DIRECTORY: [(&str, Security); 2] = [("_ldaps", Security::Tls), ("_ldap", Security::Starttls)];
/// An answer is no longer than this many octets.
const ANSWER_BYTES: u64 = 64;

/// The mail servers that the domain of an address names, as far as they are asked for; none where it names
/// none, or where nobody is to be asked.
///
/// # Errors
/// - Usage: the name server that was named is no address.
/// - `MAPI_E_NO_ACCESS`: they are of another domain, and nobody has agreed to that.
pub(crate) fn mail_servers(options: &Add, address: Address<'_>, output: Output) -> Outcome<Servers> {
    let Some(names) = name_servers(options)? else { return Ok(Servers::default()) };
    let is_wanted = |protocol: Protocol| options.protocol.is_none_or(|wanted| wanted == protocol);
    let services: Vec<String> = INCOMING
        .iter()
        .map(|(service, ..)| *service)
        .chain(OUTGOING.iter().map(|(service, _)| *service))
        .map(|service| format!("{service}._tcp.{}", address.domain))
        .collect();
    let mut answers = asked(&names, address.domain, &services, output).into_iter();
    let incoming = INCOMING.into_iter().zip(answers.by_ref().take(INCOMING.len()));
    let incoming = best(incoming.filter(|((_, protocol, _), _)| is_wanted(*protocol)));
    let outgoing = best(OUTGOING.into_iter().zip(answers));
    let server = |service: Service, security| Server {
        host: service.host,
        port: Some(service.port),
        security,
        user: address.whole.to_owned(),
    };
    let incoming = incoming
        .filter(|_| options.incoming.is_none())
        .map(|((_, protocol, security), service)| (protocol, server(service, security)));
    let outgoing = outgoing
        .filter(|_| options.outgoing.is_none())
        .map(|((_, security), service)| server(service, security));
    let found: Vec<&Server> = incoming.iter().map(|(_, server)| server).chain(&outgoing).collect();
    agree(options, address.domain, &found, output)?;
    // Nobody says what the user is called there (RFC 6186 section 4).
    let other_user = Some(address.local.to_owned()).filter(|_| !found.is_empty());
    Ok(Servers { incoming, outgoing, advice: None, other_user })
}

/// The directory that a domain names.
///
/// # Errors
/// As [`mail_servers`].
pub(crate) fn directory(options: &Add, domain: &str, output: Output) -> Outcome<Option<Server>> {
    let Some(names) = name_servers(options)? else { return Ok(None) };
    let services: Vec<String> =
        DIRECTORY.iter().map(|(service, _)| format!("{service}._tcp.{domain}")).collect();
    let found = best(DIRECTORY.into_iter().zip(asked(&names, domain, &services, output)));
    let server = found.map(|((_, security), service)| Server {
        host: service.host,
        port: Some(service.port),
        security,
        user: String::new(),
    });
    agree(options, domain, &server.iter().collect::<Vec<_>>(), output)?;
    Ok(server)
}

fn name_servers(options: &Add) -> Outcome<Option<NameServers>> {
    match &options.name_server {
        _ if options.no_dns => Ok(None),
        Some(named) => NameServers::named(named).map(Some),
        None => Ok(Some(NameServers::of_system())),
    }
}

/// Asks for services; that nobody answers is said.
fn asked(
    names: &NameServers,
    domain: &str,
    services: &[String],
    output: Output,
) -> Vec<Option<Vec<Service>>> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
    let is_domain = domain.len() <= 200
        && domain.chars().all(is_name)
        && domain.split('.').all(|label| (1..=63).contains(&label.len()));
    if !is_domain {
        return vec![None; services.len()];
    }
    let answers = names.services(services);
    if answers.iter().all(Option::is_none) {
        output.say(&format!("no name server says anything of {domain}"));
    }
    answers
}

/// The server that comes first: by its priority, by the order of services, by its weight.
fn best<S>(services: impl Iterator<Item = (S, Option<Vec<Service>>)>) -> Option<(S, Service)> {
    let mut best: Option<(S, Service)> = None;
    for (service, servers) in services {
        let mut servers = servers.unwrap_or_default();
        servers.sort_by(|one, other| {
            let key = |service: &Service| (service.priority, std::cmp::Reverse(service.weight));
            key(one).cmp(&key(other)).then_with(|| one.host.cmp(&other.host))
        });
        if let Some(first) = servers.into_iter().next()
            && best.as_ref().is_none_or(|(_, known)| first.priority < known.priority)
        {
            best = Some((service, first));
        }
    }
    best
}

/// Lets servers pass that are of the domain itself, or that a person takes.
fn agree(options: &Add, domain: &str, servers: &[&Server], output: Output) -> Outcome {
    let foreign: Vec<String> = servers
        .iter()
        .filter(|server| !is_of(domain, &server.host))
        .map(|server| match server.port {
            Some(port) => format!("{}:{port}", server.host),
            None => server.host.clone(),
        })
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let what = format!("the DNS of {domain} names servers of another domain: {}", foreign.join(", "));
    if options.accept_servers {
        output.say(&what);
        return Ok(());
    }
    if io::stdin().is_terminal() && io::stderr().is_terminal() && !output.is_machine() {
        output.say(&what);
        return match is_agreed() {
            true => Ok(()),
            false => Err(Failure::new(ErrorCode::USER_CANCEL, "the servers were not taken")),
        };
    }
    let hint = "if they are your provider's, take them with --accept-servers; else name yours";
    Err(Failure::new(ErrorCode::NO_ACCESS, what).with_exit(Exit::NoAccess).with_hint(hint))
}

/// Asks the person at the terminal; only a yes is a yes.
fn is_agreed() -> bool {
    let asked = write!(io::stderr(), "They would be given your password. Take them? [y/N] ");
    let mut line = String::new();
    let read = asked
        .and_then(|()| io::stderr().flush())
        .and_then(|()| io::stdin().lock().take(ANSWER_BYTES).read_line(&mut line));
    read.is_ok() && matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// True for a host of this domain.
fn is_of(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.to_ascii_lowercase(), host.to_ascii_lowercase());
    host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(priority: u16, weight: u16, host: &str) -> Service {
        Service { priority, weight, port: 1, host: host.to_owned() }
    }

    #[test]
    fn the_lowest_priority_and_then_the_highest_weight_come_first() {
        let pick = |services: Vec<Option<Vec<Service>>>| {
            best((0..).zip(services)).map(|(place, service)| (place, service.host))
        };
        let name = |host: &str| host.to_owned();
        assert_eq!(pick(vec![None, Some(Vec::new())]), None);
        let many = vec![service(2, 9, "c"), service(1, 1, "b"), service(1, 5, "a")];
        assert_eq!(pick(vec![Some(many)]), Some((0, name("a"))));
        let both = vec![Some(vec![service(1, 0, "a")]), Some(vec![service(1, 9, "b")])];
        assert_eq!(pick(both), Some((0, name("a"))), "of equals the one that is encrypted at once");
        let other = vec![Some(vec![service(9, 0, "a")]), Some(vec![service(0, 0, "b")])];
        assert_eq!(pick(other), Some((1, name("b"))));
    }

    #[test]
    fn hosts_are_of_the_domain_or_foreign() {
        assert!(is_of("example.org", "mail.example.org") && is_of("Example.org", "EXAMPLE.ORG"));
        for foreign in ["badexample.org", "example.org.evil.net", "org", "example.com", ".org"] {
            assert!(!is_of("example.org", foreign), "{foreign}");
        }
    }
}
