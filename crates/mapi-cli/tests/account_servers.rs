//! Accounts made by one command each against real servers: they are tried, mail is fetched from Dovecot, what is
//! sent Postfix delivers, and names are those of OpenLDAP's slapd.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER, message};
use mapi_testkit::mta::{Delivery, Mta};
use mapi_testkit::name_server::{Manner, NameServer, record};
use mapi_testkit::slapd::{self, Slapd};
use serde_json::Value;
use std::time::Duration;

fn absent(what: &str) {
    mapi_testkit::skipped(&format!("{what}: an account made by one command meets no real server"));
    assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
}

/// Adds an account over these servers, and what came of it with the exit code.
fn add(home: &Home, incoming: &str, outgoing: &str, more: &[&str], password: &str) -> (Value, i32) {
    let add = ["--json", "account", "add", "ann@example.org", "--user", USER, "--password", "--no-login"];
    let servers = ["--incoming", incoming, "--incoming-security", "tls", "--outgoing", outgoing];
    let plain = ["--outgoing-security", "plain"];
    let output = home.with_input(&[&add[..], &servers, &plain, more].concat(), format!("{password}\n"));
    (document(&output), output.status.code().unwrap())
}

#[test]
fn an_account_made_by_one_command_sends_and_fetches() {
    let Some(incoming) = Dovecot::start() else { return absent("Dovecot is not installed") };
    let Some(outgoing) = Mta::postfix(Delivery::Maildir) else {
        return absent("Postfix is not here, or this test is not root's");
    };
    let authorities = incoming.authorities();
    let trust = ["--authorities", authorities.to_str().unwrap()];
    for (protocol, port) in [("imap", incoming.imaps), ("pop3", incoming.pop3s)] {
        let home = Home::with_profile();
        let (fetch, send) = (format!("localhost:{port}"), format!("127.0.0.1:{}", outgoing.port));
        let more = [&trust[..], &["--protocol", protocol]].concat();
        // A wrong password, and an authority that nobody trusts, are told apart; nothing is kept of either.
        let (refused, exit) = add(&home, &fetch, &send, &more, "wrong");
        assert_eq!((exit, &refused["error"]["name"]), (77, &"MAPI_E_NO_ACCESS".into()), "{refused}");
        let (strange, exit) = add(&home, &fetch, &send, &["--protocol", protocol], PASSWORD);
        assert_eq!((exit, &strange["error"]["name"]), (1, &"MAPI_E_NETWORK_ERROR".into()), "{strange}");
        assert_eq!(home.ok(&["account", "list"]), Value::Array(Vec::new()));

        let (added, exit) = add(&home, &fetch, &send, &more, PASSWORD);
        assert_eq!(exit, 0, "{added}");
        assert_eq!(added["added"]["type"], protocol);
        let before = outgoing.delivered(0, Duration::ZERO).len();
        let sent = home.ok(&["send", "--to", "kim@example.com", "--subject", "Hello", "--body", "x"]);
        assert_eq!(sent["submitted"][0]["recipients"][0]["state"], "sent", "{sent}");
        let delivered = outgoing.delivered(before + 1, Duration::from_secs(60));
        assert_eq!(delivered.len(), before + 1, "{}", outgoing.said());

        incoming.deliver(port.into(), &message(1));
        let fetched = home.ok(&["fetch"]);
        assert!(fetched["received"].as_u64().unwrap() >= 1, "{fetched}");
        home.ok(&["account", "remove", "1"]);
        assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 3);
    }
}

/// One who reads his mail at Dovecot, and two lists, one of them in the other.
const LISTS: &str = "\
dn: uid=ann,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann Reader
sn: Reader
mail: ann@example.com

dn: cn=inner,dc=example,dc=org
objectClass: groupOfNames
cn: inner
member: uid=person2,dc=example,dc=org
member: uid=person3,dc=example,dc=org
member: cn=team,dc=example,dc=org

dn: cn=team,dc=example,dc=org
objectClass: groupOfNames
cn: team
member: uid=person1,dc=example,dc=org
member: uid=person2,dc=example,dc=org
member: cn=inner,dc=example,dc=org
";

/// A directory of the people whose mail Postfix takes.
fn people() -> Option<Slapd> {
    Slapd::start(&(slapd::people(20).replace("@example.org", "@example.com") + LISTS))
}

#[test]
fn names_and_lists_of_a_directory_are_mailed_through_postfix_each_person_once() {
    let Some(incoming) = Dovecot::start() else { return absent("Dovecot is not installed") };
    let Some(outgoing) = Mta::postfix_into("ann@example.com", &incoming.maildir()) else {
        return absent("Postfix is not here, or this test is not root's");
    };
    let Some(directory) = people() else { return };
    let home = Home::with_profile();
    let (fetch, send) = (format!("localhost:{}", incoming.imaps), format!("127.0.0.1:{}", outgoing.port));
    let trust = incoming.authorities();
    let (added, exit) = add(&home, &fetch, &send, &["--authorities", trust.to_str().unwrap()], PASSWORD);
    assert_eq!(exit, 0, "{added} {}", outgoing.said());
    let (place, trust) = (format!("localhost:{}", directory.port), directory.authorities());
    let ldap = ["account", "add", &place, "--type", "ldap", "--authorities", trust.to_str().unwrap()];
    assert_eq!(home.ok(&ldap)["added"]["categories"], serde_json::json!(["address_book"]));
    assert_eq!(home.ok(&["resolve", "person 7"])["address"], "person7@example.com");

    let patience = Duration::from_secs(60);
    let mail = |to: &[&str], subject: &str| {
        let to: Vec<&str> = to.iter().flat_map(|name| ["--to", name]).collect();
        let sent = home.ok(&[&["send"], &to[..], &["--subject", subject, "--body", "x"]].concat());
        let rows = sent["submitted"][0]["recipients"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["state"] == "sent"), "{sent}");
    };
    mail(&["person 7"], "To one");
    assert_eq!(outgoing.delivered_to(1, patience), ["person7@example.com"], "{}", outgoing.said());

    // What is for one who reads at Dovecot is fetched from there.
    mail(&["Ann Reader"], "From the directory");
    let until = std::time::Instant::now() + patience;
    while incoming.count() == 0 && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    let fetched = home.ok(&["fetch"]);
    assert_eq!(fetched["received"], 1, "{fetched} {}", outgoing.said());
    let rows = home.ok(&["--store", "ann@example.org", "ls", "/Inbox"]);
    assert_eq!(rows[0]["subject"], "From the directory", "{rows}");

    // A list of the directory, one of the address book with members of both, and both in one message.
    mail(&["team"], "To a list");
    let team = ["person1@example.com", "person2@example.com", "person3@example.com"];
    let all = outgoing.delivered_to(4, patience);
    assert_eq!(all, [&team[..], &["person7@example.com"]].concat(), "{}", outgoing.said());
    home.ok(&["contact", "add", "A friend", "friend@example.com"]);
    home.ok(&["contact", "add", "--list", "Friends", "A friend", "person 1 family1", "far@example.com"]);
    mail(&["Friends", "team"], "To both");
    let both = [&["far@example.com", "friend@example.com"], &team[..]].concat();
    let mut expected = [&all.iter().map(String::as_str).collect::<Vec<_>>()[..], &both].concat();
    expected.sort_unstable();
    assert_eq!(outgoing.delivered_to(9, patience), expected, "{}", outgoing.said());
    // Whoever would come a second time would have come by now: the queue is in order of submission.
    mail(&["person 8"], "The last");
    assert!(outgoing.delivered_to(10, patience).contains(&"person8@example.com".to_owned()));
    assert_eq!(outgoing.delivered(10, Duration::ZERO).len(), 10);
}

#[test]
fn a_server_that_knows_people_by_short_names_is_logged_on_to_by_one() {
    let short = "auth_username_chars = abcdefghijklmnopqrstuvwxyz\nauth_username_format = %Lu\n";
    let Some(incoming) = Dovecot::start_with(short) else { return absent("Dovecot is not installed") };
    let Some(outgoing) = Mta::postfix(Delivery::Maildir) else {
        return absent("Postfix is not here, or this test is not root's");
    };
    // The name of loopback is no name of the domain, so somebody has to say yes to it.
    let records = [record("_imaps._tcp.example.org", 0, 0, incoming.imaps, "localhost")];
    let names = NameServer::start(Manner::Answers, &records);
    let (home, send) = (Home::with_profile(), format!("127.0.0.1:{}", outgoing.port));
    let (trust, address) = (incoming.authorities(), names.address());
    let add = ["--json", "account", "add", "ann@example.org", "--name-server", &address, "--password"];
    let more = ["--outgoing", &send, "--outgoing-security", "plain", "--no-login", "--authorities"];
    let all = [&add[..], &more, &[trust.to_str().unwrap()]].concat();
    let refused = home.with_input(&all, format!("{PASSWORD}\n"));
    assert_eq!(refused.status.code(), Some(77), "{}", document(&refused));
    let wrong = home.with_input(&[&all[..], &["--accept-servers"]].concat(), "wrong\n");
    assert_eq!(document(&wrong)["error"]["name"], "MAPI_E_NO_ACCESS");
    let added =
        document(&home.with_input(&[&all[..], &["--accept-servers"]].concat(), format!("{PASSWORD}\n")));
    assert_eq!(added["added"]["incoming"]["user"], USER, "{added}");
    incoming.deliver(1, &message(1));
    assert_eq!(home.ok(&["fetch"])["received"], 1);
}

#[test]
fn a_directory_is_added_tried_changed_and_removed_by_one_command_each() {
    let Some(directory) = people() else { return };
    let home = Home::with_profile();
    let (place, trust) = (format!("localhost:{}", directory.port), directory.authorities());
    let trust = ["--authorities", trust.to_str().unwrap()];
    let add = |more: &[&str], password: &str| {
        let ldap = ["--json", "account", "add", &place, "--type", "ldap"];
        let output = home.with_input(&[&ldap[..], &trust, more].concat(), format!("{password}\n"));
        (document(&output), output.status.code().unwrap())
    };
    let fails = |more: &[&str], password: &str, exit: i32, name: &str| {
        let (answer, code) = add(more, password);
        assert_eq!((code, answer["error"]["name"].as_str()), (exit, Some(name)), "{answer}");
        answer["error"].clone()
    };
    let login = ["--user", slapd::ADMIN, "--password", "--base", slapd::BASE];
    let refused = fails(&login, "wrong", 77, "MAPI_E_NO_ACCESS");
    assert!(refused["message"].as_str().unwrap().contains("localhost"), "{refused}");
    fails(&["--base", "dc=nowhere"], "", 66, "MAPI_E_NOT_FOUND");
    fails(&["--incoming-security", "tls"], "", 1, "MAPI_E_NETWORK_ERROR");
    fails(&["--password"], "x", 2, "MAPI_E_INVALID_PARAMETER");
    fails(&["--outgoing", "x.example"], "", 2, "MAPI_E_INVALID_PARAMETER");
    let strange = ["account", "add", &place, "--type", "ldap"];
    let untrusted = home.fails(&strange, 1, "MAPI_E_NETWORK_ERROR");
    assert!(untrusted["message"].as_str().unwrap().contains("localhost"), "{untrusted}");
    assert_eq!(home.ok(&["account", "list"]), serde_json::json!([]), "nothing is kept of those");
    assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 3);

    let (added, code) = add(&[&login[..], &["--name", "Company"]].concat(), slapd::PASSWORD);
    assert_eq!(code, 0, "{added}");
    let account = &added["added"];
    assert_eq!((&account["type"], &account["name"]), (&"ldap".into(), &"Company".into()), "{account}");
    assert_eq!((&account["base"], &account["incoming"]["user"]), (&slapd::BASE.into(), &slapd::ADMIN.into()));
    assert_eq!(home.ok(&["resolve", "person 3"])["address"], "person3@example.com");
    // A change is tried first.
    home.fails(&["account", "set", "Company", "base=dc=nowhere"], 66, "MAPI_E_NOT_FOUND");
    home.ok(&["account", "set", "Company", "base=uid=ann,dc=example,dc=org"]);
    home.fails(&["resolve", "person 3"], 66, "MAPI_E_NOT_FOUND");
    home.ok(&["account", "remove", "Company"]);
    assert_eq!(home.ok(&["service", "list"]).as_array().unwrap().len(), 3);

    // What the domain names in the DNS; the name of loopback is none of the domain's.
    let records = [record("_ldap._tcp.example.org", 1, 0, directory.port, "localhost")];
    let names = NameServer::start(Manner::Answers, &records);
    let address = names.address();
    let found = ["account", "add", "ann@example.org", "--type", "ldap", "--name-server", &address];
    let found = [&found[..], &trust].concat();
    let foreign = home.fails(&found, 77, "MAPI_E_NO_ACCESS");
    assert!(foreign["message"].as_str().unwrap().contains("localhost"), "{foreign}");
    let added = home.ok(&[&found[..], &["--accept-servers"]].concat());
    assert_eq!(added["added"]["incoming"]["security"], "starttls");
    assert_eq!(home.ok(&["resolve", "ann reader"])["address"], "ann@example.com");
}
