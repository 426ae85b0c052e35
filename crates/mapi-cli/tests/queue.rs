//! `mapi queue` as a script sees it: how messages wait, what holds them, and what lets them go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::Home;
use serde_json::{Value, json};

fn submit(home: &Home, subject: &str) -> String {
    let to = ["send", "--to", "kim@example.org", "--body", "x", "--subject", subject, "--leave"];
    let (answer, exit) = home.json(&to);
    assert_eq!(exit, 75, "{answer}");
    answer["submitted"][0]["entry_id"].as_str().unwrap().to_owned()
}

fn states(home: &Home) -> Vec<(String, String)> {
    let rows = home.ok(&["queue", "list"]);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(row, "subject"), text(row, "state"))).collect()
}

#[test]
fn a_held_message_stays_whatever_is_sent_until_it_is_released() {
    let home = Home::with_profile();
    let (first, second) = (submit(&home, "first"), submit(&home, "second"));
    assert_eq!(home.ok(&["queue", "hold", &first]), json!({ "held": [first] }));
    let expect = [("first".to_owned(), "held".to_owned()), ("second".to_owned(), "waiting".to_owned())];
    assert_eq!(states(&home), expect);
    // A flush sends what may go, and says that the rest waits.
    let (flushed, exit) = home.json(&["queue", "flush", "--wait", "5s"]);
    assert_eq!(exit, 75, "{flushed}");
    assert_eq!(home.subjects("/Inbox"), ["second"]);
    assert_eq!(states(&home), expect[..1]);
    home.fails(&["queue", "hold", &second], 66, "MAPI_E_NOT_FOUND");
    let shown = home.ok(&["queue", "show", &first]);
    assert_eq!((&shown["queue"]["state"], &shown["queue"]["attempts"]), (&json!("held"), &json!(0)));
    assert_eq!(home.ok(&["queue", "release", &first]), json!({ "released": [first] }));
    home.ok(&["queue", "flush"]);
    assert_eq!(home.subjects("/Inbox").len(), 2);
    assert_eq!(states(&home), []);
    // It is no secret of a queue that is read only.
    home.fails(&["--read-only", "queue", "hold", &first], 77, "MAPI_E_NO_ACCESS");
}

#[test]
fn a_message_that_was_tried_says_when_again_and_why_not_yet() {
    let home = Home::with_profile();
    // A port that nobody listens on.
    home.ok(&[
        "service",
        "add",
        "SMTP",
        "address=me@example.org",
        "host=127.0.0.1",
        "port=1",
        "security=plain",
    ]);
    let id = submit(&home, "nobody there");
    home.json(&["queue", "flush", "--wait", "5s"]);
    let row = home.ok(&["queue", "list"])[0].clone();
    assert_eq!((row["entry_id"].as_str(), row["state"].as_str()), (Some(&*id), Some("waiting")));
    let reply = row["last_reply"].as_str().unwrap();
    assert!(reply.contains("cannot be reached"), "{row}");
    let doctor = home.json(&["doctor"]).0;
    let told = doctor["findings"].as_array().unwrap().iter().any(|one| {
        one.to_string().contains("nothing is running that may send") && one.to_string().contains("mapi spool")
    });
    assert!(told, "{doctor}");
}
