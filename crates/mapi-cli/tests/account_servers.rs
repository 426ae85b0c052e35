//! An account made by one command against real servers: it is tried, it fetches from Dovecot, and what it
//! sends Postfix delivers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document};
use mapi_testkit::dovecot::{Dovecot, PASSWORD, USER, message};
use mapi_testkit::mta::{Delivery, Mta};
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
