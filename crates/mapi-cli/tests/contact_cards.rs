//! `mapi contact import` and `export`, and vCards among the files that are converted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::Home;
use serde_json::{Value, json};

/// Two people and a list of both and a third one.
const CARDS: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:l\r\nKIND:group\r\nFN:Team\r\n\
    MEMBER:urn:uuid:a\r\nMEMBER:mailto:bob@example.org\r\nMEMBER:mailto:far@example.net\r\nMEMBER:urn:uuid:none\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nUID:urn:uuid:a\r\nFN:Ann Smith\r\nN:Smith;Ann;;;\r\nEMAIL:ann@example.org\r\n\
    EMAIL:two@example.org\r\nTEL;TYPE=cell:+1 4\r\nTITLE:Engineer\r\nNOTE:two\\nlines\r\nCATEGORIES:Red,Blue\r\nBDAY:1980-05-17\r\n\
    ADR;TYPE=work:;;1 Elm Street;Boulder;CO;33041;USA\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nX-UNHEARD:1\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FCller;Bob\r\nEMAIL;INTERNET:bob@example.org\r\nEND:VCARD\r\n";

fn names(entries: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn changes(done: &Value) -> Vec<&str> {
    done["outputs"].as_array().unwrap().iter().map(|done| done["change"].as_str().unwrap()).collect()
}

#[test]
fn cards_become_people_and_lists_and_come_back() {
    let home = Home::with_profile();
    let file = home.write("people.vcf", CARDS);
    let done = home.ok(&["contact", "import", &file]);
    assert_eq!(changes(&done), ["added", "added", "added"]);
    let losses = |place: usize| -> Vec<&str> {
        let losses = done["outputs"][place]["losses"].as_array().unwrap();
        losses.iter().map(|loss| loss["name"].as_str().unwrap()).collect()
    };
    assert_eq!((losses(0), losses(1), losses(2)), (vec!["MEMBER"], vec!["X-UNHEARD"], vec![]));
    assert_eq!(done["session_end"]["left_open_count"], 0);
    let entries = home.ok(&["contact", "list"]);
    assert_eq!(names(&entries), ["Ann Smith", "Bob Müller", "Team"]);
    let people = home.ok(&["list", "expand", "Team"]);
    assert_eq!(names(&people), ["Ann Smith", "Bob Müller", "far@example.net"]);
    assert_eq!(home.ok(&["resolve", "smith"])["address"], "ann@example.org");

    let whole = home.ok(&["contact", "export"]);
    let text = whole["cards"].as_str().unwrap();
    for line in [
        "UID:urn:uuid:a\r\n",
        "TITLE:Engineer\r\n",
        "NOTE:two\\nlines\r\n",
        "CATEGORIES:Red,Blue\r\n",
        "BDAY:1980-05-17\r\n",
        "EMAIL;TYPE=internet,pref:ann@example.org\r\n",
        "EMAIL;TYPE=internet:two@example.org\r\n",
        "ADR;TYPE=work,pref:;;1 Elm Street;Boulder;CO;33041;USA\r\n",
        "PHOTO;TYPE=PNG;ENCODING=b:iVBORw0KGgo=\r\n",
        "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a\r\n",
        "X-ADDRESSBOOKSERVER-MEMBER:mailto:far@example.net\r\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(whole["outputs"].as_array().unwrap().iter().all(|done| done["losses"] == json!([])), "{whole}");

    // Another home takes the same from either version.
    for version in ["3.0", "4.0"] {
        let out = home.path(&format!("all-{version}.vcf"));
        home.ok(&["contact", "export", "--vcard", version, "-o", out.to_str().unwrap()]);
        let other = Home::with_profile();
        other.ok(&["contact", "import", out.to_str().unwrap()]);
        assert_eq!(names(&other.ok(&["list", "expand", "Team"])), names(&people), "{version}");
        let mine = home.ok(&["contact", "export", "Ann Smith"]);
        assert_eq!(other.ok(&["contact", "export", "Ann Smith"])["cards"], mine["cards"], "{version}");
    }
    home.fails(
        &["contact", "export", "-o", home.path("all-3.0.vcf").to_str().unwrap()],
        73,
        "MAPI_E_COLLISION",
    );
}

#[test]
fn a_card_that_is_there_changes_its_entry() {
    let home = Home::with_profile();
    home.ok(&["contact", "import", &home.write("a.vcf", CARDS)]);
    let changed = "BEGIN:VCARD\nVERSION:3.0\nUID:urn:uuid:a\nFN:Ann Berg\nEMAIL:berg@example.org\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:3.0\nFN:Bob Müller\nEMAIL:BOB@example.org\nTITLE:Cook\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:l\nKIND:group\nFN:Team\nMEMBER:urn:uuid:a\nEND:VCARD\n";
    let done = home.ok(&["contact", "import", &home.write("b.vcf", changed)]);
    assert_eq!(changes(&done), ["updated", "updated", "updated"]);
    assert_eq!(names(&home.ok(&["contact", "list"])), ["Ann Berg", "Bob Müller", "Team"]);
    assert_eq!(names(&home.ok(&["list", "expand", "Team"])), ["Ann Berg"]);
    let ann = home.ok(&["contact", "export", "Ann Berg"])["cards"].as_str().unwrap().to_owned();
    assert!(!ann.contains("TITLE") && !ann.contains("two@") && ann.contains("berg@example.org"), "{ann}");

    // An entry that came from no card has a UID that finds it again.
    home.ok(&["contact", "add", "Cid", "cid@example.org"]);
    let cid = home.ok(&["contact", "export", "Cid"])["cards"].as_str().unwrap().to_owned();
    let renamed = cid.replace("FN:Cid", "FN:Cid Jones");
    assert_eq!(changes(&home.ok(&["contact", "import", &home.write("c.vcf", renamed)])), ["updated"]);
    assert_eq!(home.ok(&["resolve", "cid@example.org"])["name"], "Cid Jones");
}

#[test]
fn cards_that_are_none_are_told_and_the_others_are_taken() {
    let home = Home::with_profile();
    let bad =
        "BEGIN:VCARD\nVERSION:3.0\nTITLE:x\nEND:VCARD\nBEGIN:VCARD\nFN:Ann\nEND:VCARD\nBEGIN:VCARD\nFN:Cut";
    let (done, code) = home.json(&["contact", "import", &home.write("bad.vcf", bad)]);
    assert_eq!((code, done["failed"].as_array().unwrap().len()), (65, 2), "{done}");
    assert_eq!(names(&home.ok(&["contact", "list"])), ["Ann"]);
    home.fails(&["contact", "import", &home.write("no.vcf", "nothing")], 65, "MAPI_E_CORRUPT_DATA");
    home.fails(&["contact", "import", home.path("missing.vcf").to_str().unwrap()], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["--read-only", "contact", "import", "x"], 77, "MAPI_E_NO_ACCESS");
    let sound = home.ok(&["check", &home.write("a.vcf", CARDS)]);
    assert_eq!((&sound["kind"], &sound["sound"]), (&json!("vcf"), &json!(true)));
    let (checked, code) = home.json(&["check", home.path("bad.vcf").to_str().unwrap()]);
    assert_eq!((code, checked["problems"].as_array().unwrap().len()), (65, 2), "{checked}");
}

#[test]
fn cards_are_converted_and_imported_as_messages() {
    let home = Home::with_profile();
    let file = home.write("people.vcf", CARDS);
    let out = home.path("out");
    let done = home.ok(&["convert", &file, "--to", "msg", "-o", &format!("{}/", out.display())]);
    assert_eq!(done["outputs"].as_array().unwrap().len(), 3);
    home.fails(
        &["convert", &file, "--to", "msg", "-o", home.path("one.msg").to_str().unwrap()],
        2,
        "MAPI_E_INVALID_PARAMETER",
    );
    let ann = done["outputs"][1]["path"].as_str().unwrap();
    let props = home.ok(&["props", ann]);
    assert_eq!(home::value(&props, "0x001A001F"), "IPM.Contact");
    let again = home.ok(&["convert", ann, "--to", "vcf", "-o", home.path("ann.vcf").to_str().unwrap()]);
    assert_eq!(again["outputs"][0]["losses"], json!([]));
    let text = std::fs::read_to_string(home.path("ann.vcf")).unwrap();
    assert!(
        text.contains("UID:urn:uuid:a")
            && text.contains("PHOTO;TYPE=PNG")
            && text.contains("CATEGORIES:Red,Blue"),
        "{text}"
    );
    let team = done["outputs"][0]["path"].as_str().unwrap();
    home.ok(&["convert", team, "--to", "vcf", "-o", home.path("team.vcf").to_str().unwrap()]);
    let text = std::fs::read_to_string(home.path("team.vcf")).unwrap();
    assert!(text.contains("mailto:ann@example.org") && text.contains("mailto:far@example.net"), "{text}");
    home.fails(&["convert", &home::sample("plain.msg"), "--to", "vcf", "-o", "-"], 66, "MAPI_E_NOT_FOUND");

    let done = home.ok(&["import", &file, "--to", "/Drafts"]);
    assert_eq!(done["outputs"].as_array().unwrap().len(), 3);
    let mut subjects = home.subjects("/Drafts");
    subjects.sort();
    assert_eq!(subjects, ["Ann Smith", "Bob Müller", "Team"]);
}

#[test]
fn details_are_drawn_page_by_page() {
    let home = Home::with_profile();
    home.ok(&["contact", "import", &home.write("people.vcf", CARDS)]);
    let ann = home.ok(&["contact", "show", "Ann Smith", "--details"]);
    let pages = ann["pages"].as_array().unwrap();
    let titles: Vec<&str> = pages.iter().map(|page| page["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["General", "Phone and address", "Notes"]);
    let controls = pages[0]["controls"].as_array().unwrap();
    let name = controls.iter().find(|control| control["name"] == "PR_DISPLAY_NAME").unwrap();
    assert_eq!((&name["value"], &name["editable"]), (&json!("Ann Smith"), &json!(false)));
    let team = home.ok(&["contact", "show", "Team", "--details"]);
    let list =
        team["pages"][0]["controls"].as_array().unwrap().iter().find(|one| one["kind"] == "list").unwrap();
    assert_eq!(names(&list["rows"]), ["Ann Smith", "Bob Müller", "far@example.net"]);
    let text = home::text(&home.run(&["contact", "show", "Ann Smith", "--details"]).stdout);
    assert!(text.contains("[General]") && text.contains("Title:         Engineer"), "{text}");
    let shown = home.ok(&["contact", "show", "Ann Smith"]);
    assert_eq!(home::value(&shown, "0x3A17001F"), "Engineer");
    home.fails(&["contact", "show", "Nobody"], 66, "MAPI_E_NOT_FOUND");
}
