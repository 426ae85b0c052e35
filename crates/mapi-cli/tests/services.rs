//! `mapi service` and what `mapi profile` writes down and makes again, through the command itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, text};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The names of the services in the profile.
fn names(home: &Home) -> Vec<String> {
    let rows = home.ok(&["service", "list"]);
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

const ACCOUNT: [&str; 5] = [
    "host=mail.example.org",
    "address=ann@example.org",
    "user=ann",
    "password.command=/bin/echo x",
    "port=465",
];

#[test]
fn services_are_added_configured_shown_and_removed() {
    let home = Home::with_profile();
    assert_eq!(names(&home), ["STORE", "LOCAL", "PAB"]);
    let added = home.ok(&[&["service", "add", "SMTP", "name=Work"], &ACCOUNT[..]].concat());
    assert_eq!(added["added"]["display_name"], "Work");
    assert_eq!(added["added"]["providers"][0]["kind"], "transport");
    let uid = added["added"]["uid"].as_str().unwrap();
    home.ok(&["service", "configure", "smtp", "security=starttls", "port=587"]);
    let shown = home.ok(&["service", "configure", uid]);
    let value = |tag: &str| {
        let props = shown["properties"].as_array().unwrap();
        props.iter().find(|prop| prop["tag"] == tag).map(|prop| prop["value"].clone())
    };
    assert_eq!(value("0x67910003"), Some(json!(587)));
    assert_eq!(value("0x67E1101F"), Some(json!(["/bin/echo", "x"])));
    let table = text(&home.run(&["service", "configure", "Work"]).stdout);
    assert!(table.contains("security") && table.contains("starttls"), "{table}");
    home.ok(&["service", "remove", "Work"]);
    assert_eq!(names(&home), ["STORE", "LOCAL", "PAB"]);
}

#[test]
fn two_services_of_one_name_are_told_apart_by_uid() {
    let home = Home::with_profile();
    for name in ["One", "Two"] {
        home.ok(&["service", "add", "SMTP", &format!("name={name}"), ACCOUNT[0], ACCOUNT[1]]);
    }
    let refused = home.fails(&["service", "remove", "SMTP"], 2, "MAPI_E_INVALID_PARAMETER");
    let hint = refused["hint"].as_str().unwrap();
    let uid = hint.split(['{', '}']).nth(1).unwrap();
    home.ok(&["service", "remove", &format!("{{{uid}}}")]);
    assert_eq!(names(&home).iter().filter(|name| *name == "SMTP").count(), 1);
}

#[test]
fn what_is_not_there_ends_with_the_exit_that_says_what() {
    let home = Home::new();
    home.fails(&["service", "list"], 66, "MAPI_E_NOT_FOUND");
    let home = Home::with_profile();
    home.fails(&["--profile", "Nobody", "service", "list"], 66, "MAPI_E_LOGON_FAILED");
    home.fails(&["service", "add", "NOSUCH"], 69, "MAPI_E_NOT_FOUND");
    home.fails(&["service", "remove", "NOSUCH"], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["service", "configure", "NOSUCH", "name=x"], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["service", "configure", "SMTP"], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["service", "configure", "STORE", "nosuch=x"], 2, "MAPI_E_INVALID_PARAMETER");
    home.fails(&["service", "configure", "STORE", "PR_RESOURCE_FLAGS=x"], 2, "MAPI_E_INVALID_PARAMETER");
    home.ok(&["service", "add", "SMTP", "name=Empty"]);
    home.fails(&["service", "configure", "SMTP", "port=587"], 69, "MAPI_E_UNCONFIGURED");
    home.fails(&["--read-only", "service", "remove", "SMTP"], 77, "MAPI_E_NO_ACCESS");
    assert!(names(&home).contains(&"SMTP".to_owned()));
}

#[test]
fn a_secret_is_refused_as_an_argument_and_never_shown() {
    let home = Home::with_profile();
    home.ok(&[&["service", "add", "SMTP"], &ACCOUNT[..]].concat());
    for secret in ["password=hunter2", "0x67F1001F=hunter2"] {
        let output = home.run(&["service", "configure", "SMTP", secret]);
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr) + &text(&output.stdout);
        assert!(told.contains("command line") && !told.contains("hunter2"), "{told}");
    }
    let without = home.with_input(&["service", "configure", "SMTP", "password"], "");
    assert_eq!(without.status.code(), Some(2), "{}", text(&without.stderr));
    // Whatever becomes of the secret, nothing prints it.
    let given = home.with_input(&["service", "configure", "SMTP", "password"], "hunter2\n");
    let all = text(&given.stdout)
        + &text(&given.stderr)
        + &text(&home.run(&["service", "configure", "SMTP"]).stdout)
        + &text(&home.run(&["--json", "service", "configure", "SMTP"]).stdout)
        + &text(&home.run(&["profile", "export"]).stdout);
    assert!(!all.contains("hunter2"), "{all}");
    for file in fs::read_dir(home.path("home/profiles")).unwrap().map(|entry| entry.unwrap().path()) {
        let kept = fs::read(&file).unwrap();
        assert!(!kept.windows(7).any(|part| part == b"hunter2"), "{} has it in the clear", file.display());
    }
}

#[test]
fn transports_are_put_in_order() {
    let home = Home::with_profile();
    home.ok(&["service", "add", "SMTP", "name=One", ACCOUNT[0], ACCOUNT[1]]);
    home.ok(&["service", "add", "SMTP", "name=Two", ACCOUNT[0], ACCOUNT[1]]);
    let order = |arguments: &[&str]| -> Vec<String> {
        let rows = home.ok(&[&["service", "order"], arguments].concat());
        let uid = |row: &Value| row["service_uid"].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(uid).collect()
    };
    let before = order(&[]);
    assert_eq!(before.len(), 3);
    let last = before[2].clone();
    let after = order(&[&last]);
    assert_eq!(after[0], last);
    assert_eq!(after[1..], before[..2]);
    assert_eq!(order(&[]), after);
    home.fails(&["service", "order", "STORE"], 66, "MAPI_E_NOT_FOUND");
    home.fails(&["service", "order", "LOCAL", "LOCAL"], 2, "MAPI_E_INVALID_PARAMETER");
}

const INF: &str = "\
[Services]
STORE=Work mail
LIBRARY=From a library
[Default Services]
STORE=
PAB=
[STORE]
PR_COMMENT=from the file
[LIBRARY]
PR_SERVICE_DLL_NAME=nothere
PR_SERVICE_ENTRY_NAME=ServiceEntry
Providers=P
[P]
PR_DISPLAY_NAME=P
PR_PROVIDER_DISPLAY=P
PR_PROVIDER_DLL_NAME=nothere
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
PR_RESOURCE_FLAGS=00000000
66000102=abc
";

#[test]
fn mapisvc_inf_says_which_services_there_are_and_which_a_profile_begins_with() {
    let home = Home::new();
    home.write("home/mapisvc.inf", INF);
    let known = home.ok(&["service", "list", "--available"]);
    let row = |name: &str| known.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    assert_eq!(row("STORE")["display_name"], "Work mail");
    assert_eq!(row("LIBRARY")["libraries"], json!(["nothere"]));
    assert_eq!(row("SMTP")["file"], Value::Null);
    assert!(row("SMTP")["settings"].as_array().unwrap().iter().any(|one| one["name"] == "password.command"));
    let output = home.run(&["service", "list", "--available"]);
    assert!(text(&output.stderr).contains("line 19") && text(&output.stderr).contains("hex"), "{output:?}");
    home.ok(&["profile", "create", "Default"]);
    home.ok(&["profile", "default", "Default"]);
    assert_eq!(names(&home), ["STORE", "PAB"]);
    let store = home.ok(&["service", "configure", "Work mail"]);
    assert!(store["properties"].to_string().contains("from the file"), "{store}");
    // The library is not there, and nothing of it comes into the profile.
    let refused = home.fails(&["service", "add", "LIBRARY"], 69, "MAPI_E_NOT_FOUND");
    assert!(refused["message"].as_str().unwrap().contains("nothere"), "{refused}");
    assert_eq!(names(&home), ["STORE", "PAB"]);
}

#[test]
fn of_what_is_no_library_nothing_is_installed_or_uninstalled() {
    let home = Home::with_profile();
    let library = home.write("home/providers/libacme.so", "library");
    let refused = home.fails(&["service", "install", &library], 1, "MAPI_E_CALL_FAILED");
    assert!(refused["message"].as_str().unwrap().contains("libacme.so"), "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("ldd"), "{refused}");
    assert!(!home.path("home/mapisvc.inf").exists());
    fs::set_permissions(&library, fs::Permissions::from_mode(0o666)).unwrap();
    home.fails(&["service", "install", "acme"], 77, "MAPI_E_NO_ACCESS");
    home.fails(&["service", "install", "/no/such.so"], 66, "MAPI_E_NOT_FOUND");
    fs::set_permissions(&library, fs::Permissions::from_mode(0o644)).unwrap();
    let inf = "[Services]\nACME=a\n[ACME]\nPR_SERVICE_DLL_NAME=acme\nPR_SERVICE_ENTRY_NAME=ServiceEntry\n";
    home.write("home/mapisvc.inf", inf);
    home.fails(&["service", "uninstall", "ACME"], 1, "MAPI_E_CALL_FAILED");
    home.fails(&["service", "uninstall", "STORE"], 77, "MAPI_E_NO_ACCESS");
    home.fails(&["service", "uninstall", "NOSUCH"], 66, "MAPI_E_NOT_FOUND");
    assert_eq!(fs::read_to_string(home.path("home/mapisvc.inf")).unwrap(), inf);
    // With the library gone there is nobody to ask.
    fs::remove_file(&library).unwrap();
    let gone = home.ok(&["service", "uninstall", "acme"]);
    assert!(gone["unasked"].as_str().unwrap().contains("acme"), "{gone}");
    assert!(!fs::read_to_string(home.path("home/mapisvc.inf")).unwrap().contains("ACME"));
}

#[test]
fn a_profile_is_written_down_without_secrets_and_made_again_elsewhere() {
    let home = Home::with_profile();
    home.ok(&[&["service", "add", "SMTP", "name=It's mine"], &ACCOUNT[..]].concat());
    home.ok(&["service", "order", "It's mine"]);
    let file = home.path("profile.json");
    let done = home.ok(&["profile", "export", "Default", "-o", file.to_str().unwrap()]);
    assert!(done["left_out"].to_string().contains("own folder"), "{done}");
    home.fails(&["profile", "export", "-o", file.to_str().unwrap()], 73, "MAPI_E_COLLISION");
    assert_eq!(home.ok(&["profile", "export"])["name"], "Default");
    let other = Home::new();
    let import = |more: &[&str]| {
        let arguments = [&["profile", "import", file.to_str().unwrap()], more].concat();
        (other.json(&arguments), arguments.len())
    };
    // The document names a program that would be run.
    let ((refused, code), _) = import(&[]);
    assert_eq!((code, refused["error"]["name"].as_str()), (77, Some("MAPI_E_NO_ACCESS")), "{refused}");
    assert!(refused["error"]["hint"].as_str().unwrap().contains("--trust"));
    assert_eq!(other.ok(&["profile", "list"]), json!([]));
    let ((made, code), _) = import(&["--trust", "--name", "Copy"]);
    assert_eq!((code, &made["imported"]), (0, &json!("Copy")), "{made}");
    other.ok(&["profile", "default", "Copy"]);
    assert_eq!(names(&other), ["STORE", "LOCAL", "PAB", "SMTP"]);
    assert_eq!(other.ok(&["service", "order"])[0]["service"], "SMTP");
    let strip = |mut document: Value| {
        document.as_object_mut().unwrap().remove("name");
        document
    };
    let (was, is) = (home.ok(&["profile", "export"]), other.ok(&["profile", "export"]));
    assert_eq!(strip(was), strip(is), "what is made of a document is written down the same");
    let ((taken, code), _) = import(&["--trust", "--name", "copy"]);
    assert_eq!(code, 73, "{taken}");
    other.ok(&["profile", "create", "Second"]);
    for arguments in
        [["create", "copy"].as_slice(), &["copy", "Second", "COPY"], &["rename", "Second", "Copy"]]
    {
        other.fails(&[&["profile"], arguments].concat(), 73, "MAPI_E_NO_ACCESS");
    }
}

#[test]
fn a_document_that_is_none_or_wants_too_much_makes_nothing() {
    let home = Home::with_profile();
    let good = home.ok(&["profile", "export"]);
    let other = Home::new();
    let refuse = |change: &dyn Fn(&mut Value), exit: i32| {
        let mut document = good.clone();
        change(&mut document);
        let file = other.write("profile.json", document.to_string());
        let (answer, code) = other.json(&["profile", "import", &file]);
        assert_eq!(code, exit, "{answer}");
        assert_eq!(other.ok(&["profile", "list"]), json!([]), "{answer}");
    };
    let add = |document: &mut Value, prop: Value| {
        document["services"][0]["properties"].as_array_mut().unwrap().push(prop);
    };
    refuse(&|document| document["format"] = json!("x"), 65);
    refuse(&|document| document["version"] = json!(2), 65);
    refuse(&|document| document["version"] = Value::Null, 65);
    refuse(&|document| document["services"] = json!({}), 65);
    refuse(&|document| document["services"][0]["properties"] = Value::Null, 65);
    refuse(&|document| document["services"][0]["providers"] = json!([]), 65);
    refuse(&|document| document["services"] = json!(vec![document["services"][0].clone(); 257]), 65);
    refuse(&|document| document["services"][1]["name"] = json!("NOSUCH"), 69);
    refuse(&|document| document["transport_order"] = json!([[0, 9]]), 65);
    refuse(&|document| document["default_store"] = json!([1, 0]), 66);
    refuse(&|document| document["name"] = json!("../evil"), 2);
    refuse(&|document| document["name"] = json!("x".repeat(65)), 2);
    refuse(&|document| add(document, json!({"tag": "0x67F1001F", "value": "hunter2"})), 65);
    refuse(&|document| add(document, json!({"tag": "0x3D0A001F", "value": "/tmp/evil.so"})), 65);
    refuse(&|document| add(document, json!({"tag": "0x8001001F", "value": "x"})), 65);
    refuse(&|document| add(document, json!({"tag": "0x66000003", "value": "x"})), 65);
    refuse(&|document| add(document, json!({"tag": "0x6783001F", "value": "/etc/passwd"})), 77);
    refuse(&|document| add(document, json!({"tag": "0x67E1101F", "value": ["/bin/sh"]})), 77);
    let whole = good.to_string();
    for end in (0..whole.len()).step_by(97) {
        if let Some(cut) = whole.get(..end) {
            let file = other.write("cut.json", cut);
            assert_eq!(other.json(&["profile", "import", &file]).1, 65, "cut at {end}");
        }
    }
    let deep = "[".repeat(100_000);
    let file = other.write("deep.json", &deep);
    assert_eq!(other.json(&["profile", "import", &file]).1, 65);
    assert_eq!(other.ok(&["profile", "list"]), json!([]));
    assert_eq!(fs::read_dir(other.path("home/stores")).unwrap().count(), 0, "no folder is left behind");
}

#[test]
fn a_documents_commands_are_never_shown_as_advice() {
    let home = Home::with_profile();
    let mut document = home.ok(&["profile", "export"]);
    document["left_out"] = json!([
        {"place": 0, "tag": "0x67F1001F", "service": "x", "setting": "y", "set_again": "rm -rf /"},
        {"place": 99, "tag": "0x67F1001F", "set_again": "rm -rf /"},
    ]);
    let other = Home::new();
    let file = other.write("profile.json", document.to_string());
    let output = other.run(&["profile", "import", &file]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    assert!(!told.contains("rm -rf"), "{told}");
    assert!(
        told.contains("mapi --profile 'Default' service configure 'Personal Folders' 67F1001F"),
        "{told}"
    );
}

#[test]
fn the_verbs_are_in_the_completions() {
    let home = Home::new();
    let script = text(&home.run(&["completion", "bash"]).stdout);
    for words in ["install", "uninstall", "configure", "--available", "--trust", "export"] {
        assert!(script.contains(words), "{words}");
    }
}
