//! `mapi contact`, `resolve` and `list expand` as a script sees them, and mail to whom they name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::Home;
use serde_json::{Value, json};

fn names(entries: &Value) -> Vec<String> {
    let names = entries.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A home with two people and two lists, of which one holds the other.
fn home() -> Home {
    let home = Home::with_profile();
    home.ok(&["contact", "add", "Ann Smith", "ann@example.org"]);
    home.ok(&["contact", "add", "Ann Berg", "berg@example.org"]);
    home.ok(&["contact", "add", "--list", "Team", "ann@example.org", "far@example.net"]);
    home.ok(&["contact", "add", "--list", "Everybody", "Team", "Ann Berg", "ann@example.org"]);
    home
}

#[test]
fn people_and_lists_are_added_listed_and_removed() {
    let home = home();
    let entries = home.ok(&["contact", "list"]);
    assert_eq!(names(&entries), ["Ann Berg", "Ann Smith", "Everybody", "Team"]);
    let kinds: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "list").count(), 2);
    home.ok(&["contact", "remove", "Ann Berg", "Team"]);
    assert_eq!(names(&home.ok(&["contact", "list"])), ["Ann Smith", "Everybody"]);
    assert_eq!(
        names(&home.ok(&["list", "expand", "Everybody"])),
        ["Ann Smith"],
        "who has gone is in no list"
    );
    home.fails(&["contact", "remove", "Ann Berg"], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["contact", "add", "X", "no address"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["contact", "add", "\u{1b}[2J", "x@example.org"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["contact", "add", "X", "a@example.org", "b@example.org"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["contact", "add", "--list", "New", "Nobody"], 66, "MAPI_E_NOT_FOUND");
    assert_eq!(names(&home.ok(&["contact", "list"])), ["Ann Smith", "Everybody"], "nothing is half made");
    home.fails(&["--read-only", "contact", "remove", "Ann Smith"], 77, "MAPI_E_NO_ACCESS");
}

#[test]
fn a_name_is_resolved_where_it_fits_one() {
    let home = home();
    let found = home.ok(&["resolve", "smi"]);
    assert_eq!((&found["name"], &found["address"]), (&json!("Ann Smith"), &json!("ann@example.org")));
    assert_eq!(home.ok(&["resolve", found["entry_id"].as_str().unwrap()])["name"], "Ann Smith");
    home.fails(&["resolve", "Ann"], 1, "MAPI_E_AMBIGUOUS_RECIP");
    home.fails(&["resolve", "Nobody"], 66, "MAPI_E_NOT_FOUND");
    assert_eq!(home.ok(&["resolve", "team"])["kind"], "list");
}

#[test]
fn a_list_is_taken_apart_each_person_once() {
    let home = home();
    let people = home.ok(&["list", "expand", "Everybody"]);
    assert_eq!(names(&people), ["Ann Berg", "Ann Smith", "far@example.net"]);
    home.fails(&["list", "expand", "smith"], 66, "MAPI_E_NOT_FOUND");
}

#[test]
fn mail_to_a_list_goes_to_its_people() {
    let home = home();
    let send = ["send", "--leave", "--to", "Everybody", "--subject", "Hello", "--body", "x"];
    let (sent, code) = home.json(&send);
    assert_eq!(code, 75, "{sent}");
    let rows = sent["submitted"][0]["recipients"].as_array().unwrap();
    let mut addresses: Vec<&str> = rows.iter().map(|row| row["address"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["ann@example.org", "berg@example.org", "far@example.net"]);
    home.fails(&["send", "--to", "Ann", "--subject", "s", "--body", "b"], 1, "MAPI_E_AMBIGUOUS_RECIP");
}
