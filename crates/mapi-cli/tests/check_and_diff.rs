//! `mapi check` and `mapi diff`: what is wrong with a file, what can be repaired, and in what two differ.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document, sample, text};
use mapi_testkit::corpus;
use serde_json::{Value, json};
use std::fs;
use std::process::Output;

/// Where a sample's root storage says its class: the first directory entry lies in the header's sector.
fn class_id_at(bytes: &[u8]) -> usize {
    let sector = u32::from_le_bytes(bytes[48..52].try_into().unwrap()) as usize;
    (sector + 1) * 512 + 80
}

fn problems(answer: &Value) -> Vec<String> {
    let all = answer["problems"].as_array().unwrap();
    all.iter().map(|one| format!("{}|{}|{}", one["place"], one["problem"], one["repairable"])).collect()
}

/// True where a repaired file has whatever the other says; empty text is left out, as Outlook wants it.
fn is_kept(home: &Home, file: &str, repaired: &str) -> bool {
    let (answer, _) = home.json(&["diff", file, repaired]);
    let all = answer["differences"].as_array().unwrap();
    all.iter().all(|one| one["left"].is_null() || one["right"].is_null() && one["left"]["value"] == "")
}

#[test]
fn samples_are_sound() {
    let home = Home::new();
    for name in ["plain.msg", "welcome.msg", "appointment.msg", "cyrillic-8bit.msg"] {
        let answer = home.ok(&["check", &sample(name)]);
        assert_eq!((&answer["sound"], &answer["kind"]), (&json!(true), &json!("msg")), "{name}");
    }
    let eml = home.path("a.eml");
    home.ok(&["convert", &sample("welcome.msg"), "-o", eml.to_str().unwrap()]);
    assert_eq!(home.ok(&["check", eml.to_str().unwrap()])["kind"], "eml");
}

#[test]
fn what_is_wrong_is_told_and_repaired_into_a_new_file() {
    let home = Home::new();
    let mut bytes = fs::read(sample("welcome.msg")).unwrap();
    let at = class_id_at(&bytes);
    bytes[at..at + 16].fill(0);
    // The header counts two attachments; now it says five.
    let counts = [3_u32, 2, 3, 2].map(u32::to_le_bytes).concat();
    let header = memchr::memmem::find(&bytes, &counts).unwrap();
    bytes[header + 12] = 5;
    let file = home.write("bad.msg", &bytes);
    let (answer, exit) = home.json(&["check", &file]);
    assert_eq!((exit, &answer["sound"]), (65, &json!(false)));
    let all = problems(&answer);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|one| one.ends_with("|true")), "{all:?}");
    let repaired = home.path("good.msg");
    let repaired = repaired.to_str().unwrap();
    let answer = home.ok(&["check", &file, "--repair", "-o", repaired]);
    assert_eq!(answer["repaired"]["problems"], json!([]));
    assert_eq!(fs::read(&file).unwrap(), bytes, "a file that is read is never touched");
    assert_eq!(home.ok(&["check", repaired])["sound"], true);
    assert!(is_kept(&home, &file, repaired));
    // Nothing is overwritten unasked.
    home.fails(&["check", &file, "--repair", "-o", repaired], 73, "MAPI_E_COLLISION");
}

#[test]
fn what_cannot_be_read_or_repaired_is_bad_data() {
    let home = Home::new();
    let (answer, exit) = home.json(&["check", &home.write("x.msg", "no compound file")]);
    assert_eq!((exit, &answer["problems"][0]["repairable"]), (65, &json!(false)));
    let bad = home.write("x.eml", "From: a@b.example\nnothing\n\nx\0y\n");
    let (answer, exit) = home.json(&["check", &bad]);
    assert_eq!((exit, answer["kind"].as_str()), (65, Some("eml")));
    assert_eq!(answer["problems"].as_array().unwrap().len(), 3, "{answer}");
    let out = home.path("y.msg");
    home.fails(&["check", &bad, "--repair", "-o", out.to_str().unwrap()], 69, "MAPI_E_NO_SUPPORT");
    assert!(!out.exists());
    home.fails(&["check", home.path("none").to_str().unwrap()], 66, "MAPI_E_NOT_FOUND");
}

#[test]
fn real_files_are_sound_or_repaired_into_sound_ones() {
    let Some(folder) = corpus("msg") else { return };
    let home = Home::new();
    let repaired = home.path("repaired.msg");
    let repaired = repaired.to_str().unwrap();
    let (mut sound, mut mended) = (0, 0);
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        // One of ten: the first digit of the name is that of a hash.
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".msg") || !name.starts_with(['0', '6', '7']) {
            continue;
        }
        let file = path.to_str().unwrap();
        match home.json(&["check", file]) {
            (_, 0) => sound += 1,
            (answer, 65) if problems(&answer).iter().all(|one| one.ends_with("|true")) => {
                home.ok(&["--force", "check", file, "--repair", "-o", repaired]);
                assert!(is_kept(&home, file, repaired), "{name}");
                mended += 1;
            }
            (answer, exit) => {
                assert_eq!((exit, &answer["kind"]), (65, &json!("unknown")), "{name}: {answer}")
            }
        }
    }
    assert!(sound >= 20 && mended >= 4, "{sound} sound, {mended} mended");
}

#[test]
fn differences_are_told_by_place_and_name() {
    let home = Home::new();
    let (welcome, plain) = (sample("welcome.msg"), sample("plain.msg"));
    let equal = home.ok(&["diff", &welcome, &welcome]);
    assert_eq!((&equal["equal"], &equal["bodies"]["html"]), (&json!(true), &json!("equal")));
    let (answer, exit) = home.json(&["diff", &plain, &welcome]);
    assert_eq!((exit, &answer["equal"], &answer["bodies"]["text"]), (1, &json!(false), &json!("different")));
    let all = answer["differences"].as_array().unwrap();
    let at = |place: &str, what: &str| {
        all.iter().find(|one| one["where"] == place && one["what"] == what).unwrap_or(&Value::Null)
    };
    assert_eq!(at("attachment 1", "attachment")["right"], true);
    assert_eq!(at("recipient 2", "recipient")["left"], false);
    let subject = all.iter().find(|one| one["left"]["name"] == "PR_SUBJECT").unwrap();
    assert_eq!(
        (&subject["left"]["value"], &subject["right"]["value"]),
        (&json!("Plain"), &json!("Welcome to OpenMAPI"))
    );
    let named: Vec<&Value> = all.iter().filter(|one| one["right"]["named"]["set"].is_string()).collect();
    assert!(!named.is_empty(), "{answer}");
    let for_a_person: Output = home.run(&["diff", &plain, &welcome]);
    assert_eq!(for_a_person.status.code(), Some(1));
    assert!(text(&for_a_person.stdout).contains("PR_SUBJECT"), "{}", text(&for_a_person.stdout));
    home.fails(&["diff", &plain, home.path("none").to_str().unwrap()], 66, "MAPI_E_NOT_FOUND");
}

#[test]
fn entries_of_the_store_are_compared_with_files() {
    let home = Home::with_profile();
    let welcome = sample("welcome.msg");
    home.ok(&["import", &welcome]);
    let output =
        home.run(&["--json", "--profile", "Default", "diff", "/Inbox/Welcome to OpenMAPI", &welcome]);
    let answer = document(&output);
    assert_eq!(answer["bodies"], json!({ "text": "equal", "html": "equal" }), "{answer}");
    // The store adds what is its own, and changes nothing that the file says.
    for one in answer["differences"].as_array().unwrap() {
        let is_of_store = one["left"]["name"] == "PR_STORE_SUPPORT_MASK";
        assert!(one["right"].is_null() || is_of_store, "{one}");
    }
    let out = home.path("out");
    home.ok(&["export", "/Inbox", "--to", "msg", "-o", out.to_str().unwrap()]);
    let exported = fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
    let exported = exported.to_str().unwrap();
    assert_eq!(home.ok(&["check", exported])["sound"], true);
    let (answer, _) = home.json(&["diff", exported, &welcome]);
    let all = answer["differences"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|one| one["left"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["PR_SEARCH_KEY"], "what the store made, and nothing else: {answer}");
}

/// An attribute of a TNEF stream with its check value.
fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let len = u32::try_from(data.len()).unwrap();
    [&[level][..], &id.to_le_bytes(), &len.to_le_bytes(), data, &sum.to_le_bytes()].concat()
}

#[test]
fn winmail_dat_is_read_checked_and_mended() {
    let home = Home::new();
    let mut bytes = b"\x78\x9f\x3e\x22\x01\0".to_vec();
    bytes.extend(attribute(1, 0x0008_9006, &[0, 0, 1, 0]));
    bytes.extend(attribute(1, 0x0006_9007, &[0xE3, 4, 0, 0, 0, 0, 0, 0]));
    bytes.extend(attribute(1, 0x0001_8004, b"\xCF\xF0\xE8\xE2\xE5\xF2\0"));
    bytes.extend(attribute(2, 0x0006_9002, &[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]));
    bytes.extend(attribute(2, 0x0006_800F, b"the file"));
    bytes.extend(attribute(2, 0x0001_8010, b"../a.txt\0"));
    let sound = home.write("winmail.dat", &bytes);
    let answer = home.ok(&["check", &sound]);
    assert_eq!((&answer["sound"], &answer["kind"]), (&json!(true), &json!("tnef")));
    // A check value that is wrong, and a line end of the transport.
    let last = bytes.len() - 1;
    bytes[last] ^= 0x40;
    bytes.extend(b"\r\n");
    let bad = home.write("bad.dat", &bytes);
    let (answer, exit) = home.json(&["check", &bad]);
    let all = problems(&answer);
    assert_eq!((exit, all.len()), (65, 2), "{all:?}");
    assert!(all.iter().all(|one| one.ends_with("|true")), "{all:?}");
    let mended = home.path("good.dat");
    let mended = mended.to_str().unwrap();
    let answer = home.ok(&["check", &bad, "--repair", "-o", mended]);
    assert_eq!(answer["repaired"]["problems"], json!([]));
    assert_eq!(fs::read(mended).unwrap(), fs::read(&sound).unwrap());
    home.ok(&["diff", &bad, &sound]);
    // The message goes on as any other; a name leads nowhere.
    let msg = home.path("from.msg");
    home.ok(&["convert", &bad, "--to", "msg", "-o", msg.to_str().unwrap()]);
    let shown = home.ok(&["show", msg.to_str().unwrap()]);
    assert!(shown.to_string().contains("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"), "{shown}");
    assert_eq!(home.ok(&["check", msg.to_str().unwrap()])["kind"], "msg");
    let folder = home.path("out");
    home.ok(&["attachments", &bad, "-o", folder.to_str().unwrap()]);
    assert_eq!(fs::read(folder.join("a.txt")).unwrap(), b"the file");
    // What breaks off is lost, and a stream of nothing is none.
    let cut = home.write("cut.dat", &bytes[..60]);
    let (answer, exit) = home.json(&["check", &cut]);
    assert_eq!(exit, 65);
    assert!(problems(&answer).iter().any(|one| one.ends_with("|false")), "{answer}");
    let none = home.write("none.dat", b"\x78\x9f\x3e\x22\0\0");
    let (answer, exit) = home.json(&["check", &none]);
    assert_eq!((exit, &answer["kind"]), (65, &json!("tnef")));
}
