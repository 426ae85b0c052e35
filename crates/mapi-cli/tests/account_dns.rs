//! `mapi account add` and what a domain names in the DNS: by a name server of the test's own, which answers, lies,
//! stalls or is silent. Nobody else is asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::Home;
use mapi_testkit::name_server::{Manner, NameServer, alias, record};
use serde_json::{Value, json};

/// What a provider says of example.org.
fn records() -> Vec<Vec<u8>> {
    vec![
        record("_imaps._tcp.example.org", 10, 1, 993, "late.example.org"),
        record("_imaps._tcp.example.org", 1, 1, 993, "light.example.org"),
        record("_imaps._tcp.example.org", 1, 5, 1993, "Mail.Example.org"),
        record("_imap._tcp.example.org", 0, 0, 143, ""),
        record("_pop3s._tcp.example.org", 2, 0, 995, "pop.example.org"),
        record("_submission._tcp.example.org", 5, 0, 587, "out.example.org"),
        record("_submissions._tcp.example.org", 5, 0, 465, "send.example.org"),
        record("_imaps._tcp.example.net", 0, 0, 993, "imap.provider.example"),
        record("_submission._tcp.example.net", 0, 0, 587, "smtp.provider.example"),
        alias("_imaps._tcp.example.com", "_imaps._tcp.hosted.example.com"),
        record("_imaps._tcp.hosted.example.com", 0, 0, 993, "mail.example.com"),
        record("_submissions._tcp.example.com", 0, 0, 465, "mail.example.com"),
    ]
}

/// The account that comes of an address, or the error.
fn added(home: &Home, names: &NameServer, address: &str, more: &[&str]) -> (Value, i32) {
    let place = names.address();
    let add = ["account", "add", address, "--name-server", &place, "--no-test"];
    home.json(&[&add[..], &["--password-command", "pass show mail"], more].concat())
}

fn server(account: &Value, way: &str) -> (String, u64, String) {
    let server = &account["added"][way];
    let text = |key: &str| server[key].as_str().unwrap_or_default().to_owned();
    (text("server"), server["port"].as_u64().unwrap_or(0), text("security"))
}

fn is(host: &str, port: u64, security: &str) -> (String, u64, String) {
    (host.to_owned(), port, security.to_owned())
}

#[test]
fn servers_are_those_that_the_domain_names() {
    let (home, names) = (Home::with_profile(), NameServer::start(Manner::Answers, &records()));
    let (account, code) = added(&home, &names, "ann@example.org", &[]);
    assert_eq!(code, 0, "{account}");
    assert_eq!(account["added"]["type"], "imap");
    assert_eq!(server(&account, "incoming"), is("mail.example.org", 1993, "tls"), "priority, then weight");
    assert_eq!(server(&account, "outgoing"), is("send.example.org", 465, "tls"), "encrypted at once");
    assert_eq!(account["added"]["incoming"]["user"], "ann@example.org");
    let (account, _) = added(&home, &names, "ben@example.org", &["--protocol", "pop3"]);
    assert_eq!(server(&account, "incoming"), is("pop.example.org", 995, "tls"));
    // What is named comes before what is found.
    let (account, _) = added(&home, &names, "cat@example.org", &["--outgoing", "own.example:587"]);
    assert_eq!(server(&account, "outgoing"), is("own.example", 587, "starttls"));
    assert_eq!(server(&account, "incoming"), is("mail.example.org", 1993, "tls"));
    let (account, code) = added(&home, &names, "dan@example.com", &[]);
    assert_eq!((code, server(&account, "incoming")), (0, is("mail.example.com", 993, "tls")), "by an alias");
}

#[test]
fn servers_of_another_domain_need_a_word() {
    let (home, names) = (Home::with_profile(), NameServer::start(Manner::Answers, &records()));
    let (refused, code) = added(&home, &names, "ann@example.net", &[]);
    assert_eq!((code, refused["error"]["name"].as_str()), (77, Some("MAPI_E_NO_ACCESS")), "{refused}");
    let told = refused["error"]["message"].as_str().unwrap();
    assert!(
        told.contains("imap.provider.example:993") && told.contains("smtp.provider.example:587"),
        "{told}"
    );
    assert!(refused["error"]["hint"].as_str().unwrap().contains("--accept-servers"));
    assert_eq!(home.ok(&["account", "list"]), json!([]));
    let (account, code) = added(&home, &names, "ann@example.net", &["--accept-servers"]);
    assert_eq!((code, server(&account, "incoming")), (0, is("imap.provider.example", 993, "tls")));
    assert_eq!(server(&account, "outgoing"), is("smtp.provider.example", 587, "starttls"));
    // A directory is no less a place for passwords.
    let records = [record("_ldap._tcp.example.net", 0, 0, 389, "ldap.provider.example")];
    let names = NameServer::start(Manner::Answers, &records);
    let place = names.address();
    let ldap = ["account", "add", "ann@example.net", "--type", "ldap", "--name-server", &place, "--no-test"];
    home.fails(&ldap, 77, "MAPI_E_NO_ACCESS");
    let account = home.ok(&[&ldap[..], &["--accept-servers"]].concat());
    assert_eq!(server(&account, "incoming"), is("ldap.provider.example", 389, "starttls"));
}

#[test]
fn nobody_is_asked_where_it_is_not_wanted_or_known() {
    let (home, names) = (Home::with_profile(), NameServer::start(Manner::Answers, &records()));
    let place = names.address();
    let add = |address: &str, more: &[&str]| {
        let add = ["account", "add", address, "--no-test", "--password-command", "pass"];
        home.json(&[&add[..], more].concat())
    };
    let (refused, code) = add("ann@example.org", &["--no-dns"]);
    assert_eq!((code, refused["error"]["name"].as_str()), (69, Some("MAPI_E_NOT_FOUND")));
    let ask = ["--name-server", &*place];
    // The table knows it; both servers are named; the domain is none.
    assert_eq!(add("ann@gmail.com", &ask).1, 0);
    let named = ["--incoming", "a.example", "--outgoing", "b.example"];
    assert_eq!(add("ann@example.org", &[&ask[..], &named].concat()).1, 0);
    for domain in ["a..b", "ex\u{e4}mple.org", "a_b.example", &"x".repeat(64), &"a.".repeat(150)] {
        assert_eq!(add(&format!("ann@{domain}"), &ask).1, 69, "{domain}");
    }
    assert_eq!(names.asked(), 0);
    assert_eq!(add("ann@example.org", &["--name-server", "ns.example"]).1, 2);
    // A domain that names nobody.
    let (refused, code) = add("ann@unknown.example", &ask);
    assert_eq!((code, refused["error"]["name"].as_str()), (69, Some("MAPI_E_NOT_FOUND")));
    assert!(names.asked() >= 6, "each service was asked for");
}

#[test]
fn name_servers_that_lie_stall_or_say_nothing_end() {
    for (manner, exit) in [
        (Manner::CutsShort, 0),
        (Manner::LiesFirst, 0),
        (Manner::IsSilent, 69),
        (Manner::Fails, 69),
        (Manner::Babbles, 69),
        (Manner::Stalls, 69),
    ] {
        let (home, names) = (Home::with_profile(), NameServer::start(manner, &records()));
        let (answer, code) = added(&home, &names, "ann@example.org", &[]);
        assert_eq!(code, exit, "{manner:?}: {answer}");
        if exit == 0 {
            assert_eq!(server(&answer, "incoming"), is("mail.example.org", 1993, "tls"), "{manner:?}");
        }
        assert!(names.asked() >= 6, "{manner:?}");
    }
    // Nobody is there at all.
    let gone = NameServer::start(Manner::Answers, &[]).address();
    let home = Home::with_profile();
    let add = ["account", "add", "ann@example.org", "--name-server", &gone, "--no-test"];
    home.fails(&add, 69, "MAPI_E_NOT_FOUND");
}
