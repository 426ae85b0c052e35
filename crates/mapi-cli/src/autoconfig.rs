//! Autoconfig files: the XML (clientConfig) in which providers say which servers they have. The file is a
//! local one; anybody may have written it.

use crate::account_options::{Protocol, Security};
use crate::failure::{Failure, Outcome};
use crate::mail_servers::{Address, Server, Servers, named_server};
use mapi_defs::ErrorCode;
use roxmltree::{Document, Node, ParsingOptions};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file of more bytes is none.
const FILE_BYTES: u64 = 1024 * 1024;
/// Elements and texts, at most.
const NODES: u32 = 20_000;

/// The servers that a file names for an address.
///
/// # Errors
/// - Those of reading the file.
/// - `MAPI_E_CORRUPT_DATA`: it is no autoconfig file, or names no server that can be used.
pub(crate) fn read(file: &Path, address: Address<'_>) -> Outcome<Servers> {
    let mut text = String::new();
    let opened = File::open(file).map_err(|error| Failure::file(file, &error))?;
    opened.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => bad(file, "it is no text"),
        _ => Failure::file(file, &error),
    })?;
    if text.len() as u64 > FILE_BYTES {
        return Err(bad(file, "it is larger than autoconfig files are"));
    }
    servers(&text, address).map_err(|why| bad(file, &why))
}

fn bad(file: &Path, why: &str) -> Failure {
    Failure::new(ErrorCode::CORRUPT_DATA, format!("{}: {why}", file.display()))
}

fn servers(text: &str, address: Address<'_>) -> Result<Servers, String> {
    // A document type is refused, so nothing is expanded.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if !root.has_tag_name("clientConfig") {
        return Err("it is no autoconfig file".to_owned());
    }
    let provider = root.children().find(|node| node.has_tag_name("emailProvider"));
    let provider = provider.ok_or("it names no provider")?;
    let find = |element: &str, kind: &str| {
        let is_it = |node: &Node<'_, '_>| node.has_tag_name(element) && node.attribute("type") == Some(kind);
        provider.children().filter(is_it).find_map(|node| server(node, address))
    };
    let imap = find("incomingServer", "imap").map(|server| (Protocol::Imap, server));
    let incoming = imap.or_else(|| find("incomingServer", "pop3").map(|server| (Protocol::Pop3, server)));
    let outgoing = find("outgoingServer", "smtp");
    if incoming.is_none() && outgoing.is_none() {
        return Err("it names no server that can be used".to_owned());
    }
    // Those that providers write down are for CardDAV, which nobody here speaks.
    let has_book = provider.children().any(|node| node.has_tag_name("addressBook"));
    let advice =
        has_book.then(|| "the provider's address book is not taken: nobody here speaks CardDAV".to_owned());
    Ok(Servers { incoming, outgoing, advice, other_user: None })
}

/// A server; `None` for one that is not encrypted, or of which too little is said.
fn server(node: Node<'_, '_>, address: Address<'_>) -> Option<Server> {
    let child = |name: &str| node.children().find(|child| child.has_tag_name(name))?.text();
    let fill = |text: &str| {
        let text = text.trim().replace("%EMAILADDRESS%", address.whole);
        text.replace("%EMAILLOCALPART%", address.local).replace("%EMAILDOMAIN%", address.domain)
    };
    let security = match child("socketType")?.trim() {
        "SSL" => Security::Tls,
        "STARTTLS" => Security::Starttls,
        _ => return None,
    };
    let port = child("port")?.trim().parse::<u16>().ok().filter(|port| *port != 0)?;
    let user = child("username").map_or_else(|| address.whole.to_owned(), fill);
    if user.is_empty() || user.chars().any(char::is_control) {
        return None;
    }
    let server = named_server(&fill(child("hostname")?), Some(security), &user).ok()?;
    Some(Server { port: Some(port), ..server })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Servers, String> {
        servers(text, Address::parse("ann@example.org").unwrap())
    }

    fn file(servers: &str) -> String {
        format!("<clientConfig version='1.1'><emailProvider id='x'>{servers}</emailProvider></clientConfig>")
    }

    fn element(element: &str, kind: &str, host: &str, socket: &str) -> String {
        format!(
            "<{element} type='{kind}'><hostname>{host}</hostname><port>993</port>\
             <socketType>{socket}</socketType><username>%EMAILLOCALPART%</username></{element}>"
        )
    }

    #[test]
    fn encrypted_servers_are_taken_and_imap_before_pop3() {
        let text = file(
            &[
                element("incomingServer", "pop3", "pop.example", "SSL"),
                element("incomingServer", "imap", "clear.example", "plain"),
                element("incomingServer", "imap", "mail.%EMAILDOMAIN%", "SSL"),
                element("outgoingServer", "smtp", "out.example", "STARTTLS"),
            ]
            .concat(),
        );
        let servers = found(&text).unwrap();
        let (protocol, incoming) = servers.incoming.unwrap();
        assert_eq!((protocol, incoming.host.as_str()), (Protocol::Imap, "mail.example.org"));
        assert_eq!((incoming.user.as_str(), incoming.port), ("ann", Some(993)));
        assert_eq!(servers.outgoing.unwrap().security, Security::Starttls);
    }

    #[test]
    fn hostile_files_are_refused() {
        let clear = file(&element("outgoingServer", "smtp", "a.example", "plain"));
        let control = file(&element("outgoingServer", "smtp", "a&#10;b", "SSL"));
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><clientConfig>&a;</clientConfig>";
        let deep = "<a>".repeat(5_000);
        for bad in ["", "<", "<html/>", "<clientConfig/>", &clear, &control, bomb, &deep] {
            assert!(found(bad).is_err(), "{:?}", &bad[..bad.len().min(60)]);
        }
    }
}
