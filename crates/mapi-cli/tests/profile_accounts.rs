//! `profile export` and `import` of accounts: without passwords, and with them in a file of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, document, text};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const SECRETS: [&str; 3] = ["first-hunter2", "second-hunter2", "third-hunter2"];

/// A home with a mail account, one that only sends, a directory, and a service with a password of its own.
fn home() -> Home {
    let home = Home::with_profile();
    let add = |address: &str, more: &[&str], password: &str| {
        let add = ["--json", "account", "add", address, "--no-test", "--password"];
        let output = home.with_input(&[&add[..], more].concat(), format!("{password}\n"));
        assert!(output.status.success(), "{}", document(&output));
    };
    let servers = ["--incoming", "in.example:993", "--outgoing", "out.example:587"];
    add(
        "ann@example.org",
        &[&servers[..], &["--name", "Work", "--display-name", "Ann"]].concat(),
        SECRETS[0],
    );
    add(
        "ben@example.org",
        &["--protocol", "none", "--outgoing", "out.example", "--name", "Sends"],
        SECRETS[1],
    );
    add(
        "ldap.example",
        &["--type", "ldap", "--user", "cn=me", "--base", "dc=x", "--name", "Book"],
        SECRETS[2],
    );
    home.ok(&["account", "order", "Sends"]);
    home
}

fn accounts(home: &Home) -> Value {
    let mut rows = home.ok(&["account", "list"]);
    for row in rows.as_array_mut().unwrap() {
        // What an account is in its own profile alone.
        for own in ["id", "stamp"] {
            row.as_object_mut().unwrap().remove(own);
        }
    }
    rows
}

#[test]
fn accounts_are_written_down_without_secrets_and_made_again_elsewhere() {
    let (home, other) = (home(), Home::new());
    let file = home.path("profile.json").to_str().unwrap().to_owned();
    let done = home.ok(&["profile", "export", "-o", &file]);
    let left: Vec<&Value> =
        done["left_out"].as_array().unwrap().iter().filter(|one| one["why"] == "it is a secret").collect();
    let whose: Vec<&str> = left.iter().filter_map(|one| one["account"].as_str()).collect();
    assert_eq!(whose, ["Sends", "Work", "Book"], "{done}");
    let written = fs::read_to_string(&file).unwrap();
    assert!(SECRETS.iter().all(|secret| !written.contains(secret)));

    let made = other.ok(&["profile", "import", &file]);
    assert_eq!(made["missing"].as_array().unwrap().len(), 3, "{made}");
    assert_eq!(
        made["missing"][1]["set_again"],
        "mapi --profile 'Default' account set 'Work' --no-test password"
    );
    other.ok(&["profile", "default", "Default"]);
    assert_eq!(accounts(&home), accounts(&other));
    assert_eq!(home.ok(&["account", "list"])[0]["name"], "Sends", "in their order");
    let again = other.ok(&["profile", "export"]);
    let mut was: Value = serde_json::from_str(&written).unwrap();
    was.as_object_mut().unwrap().remove("left_out");
    let mut is = again;
    is.as_object_mut().unwrap().remove("left_out");
    assert_eq!(was, is, "what is made of a document is written down the same");
    // What is said to be missing is set as it is said, and the account goes with its services.
    let set = ["--json", "account", "set", "Work", "--no-test", "password"];
    assert!(other.with_input(&set, format!("{}\n", SECRETS[0])).status.success());
    other.ok(&["account", "remove", "Work"]);
    assert_eq!(other.ok(&["service", "list"]).as_array().unwrap().len(), 5);
}

#[test]
fn passwords_go_into_a_file_of_their_own_for_its_owner_alone() {
    let (home, other) = (home(), Home::new());
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let (file, secret) = (path("profile.json"), path("secret.json"));
    home.ok(&["profile", "export", "-o", &file, "--passwords", &secret]);
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    let written = fs::read_to_string(&secret).unwrap();
    assert!(SECRETS.iter().all(|word| written.contains(word)));
    assert!(SECRETS.iter().all(|word| !fs::read_to_string(&file).unwrap().contains(word)));
    // Nothing that is there is ever written to.
    home.fails(&["--force", "profile", "export", "--passwords", &secret], 73, "MAPI_E_COLLISION");

    let import = |passwords: &str| other.json(&["profile", "import", &file, "--passwords", passwords]);
    let refuse = |passwords: &str, exit: i32| {
        let (answer, code) = import(passwords);
        assert_eq!(code, exit, "{passwords}: {answer}");
        assert!(SECRETS.iter().all(|word| !answer.to_string().contains(word)));
        assert_eq!(other.ok(&["profile", "list"]), json!([]));
    };
    let bad = |name: &str, content: &str| {
        let bad = home.write(name, content);
        fs::set_permissions(&bad, fs::Permissions::from_mode(0o600)).unwrap();
        bad
    };
    refuse(&bad("a.json", "{"), 65);
    refuse(&bad("b.json", "{}"), 65);
    refuse(&bad("c.json", &written.replace("\"account\"", "\"nobody\"")), 65);
    refuse(&bad("d.json", &written.replace("0x67F", "0x660")), 65);
    refuse(&bad("e.json", &written.replace("\"account\": 0", "\"service\": 99")), 65);
    refuse(&bad("f.json", &" ".repeat(2 << 20)), 65);
    refuse(&path("nowhere.json"), 66);
    symlink(&secret, path("link.json")).unwrap();
    refuse(&path("link.json"), 77);
    refuse(home.folder().to_str().unwrap(), 77);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    refuse(&secret, 77);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let (made, code) = import(&secret);
    assert_eq!((code, &made["missing"]), (0, &json!([])), "{made}");

    // They are the same: written down again, and sealed, not in the clear.
    other.ok(&["profile", "default", "Default"]);
    let again = other.path("again.json").to_str().unwrap().to_owned();
    other.ok(&["profile", "export", "--passwords", &again]);
    assert_eq!(written, fs::read_to_string(&again).unwrap());
    let kept = fs::read_dir(other.path("home/profiles")).unwrap();
    for file in kept.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let content = text(&fs::read(&file).unwrap());
        assert!(SECRETS.iter().all(|word| !content.contains(word)), "{}", file.display());
    }
}

#[test]
fn accounts_that_make_no_sense_or_want_too_much_make_nothing() {
    let good = home().ok(&["profile", "export"]);
    let other = Home::new();
    let refuse = |change: &dyn Fn(&mut Value), exit: i32| {
        let mut document = good.clone();
        change(&mut document["accounts"]);
        let file = other.write("profile.json", document.to_string());
        let (answer, code) = other.json(&["profile", "import", &file]);
        assert_eq!(code, exit, "{answer}");
        assert_eq!(other.ok(&["profile", "list"]), json!([]), "{answer}");
    };
    let add = |accounts: &mut Value, prop: Value| {
        accounts[0]["properties"].as_array_mut().unwrap().push(prop);
    };
    refuse(&|accounts| *accounts = json!({}), 65);
    refuse(&|accounts| *accounts = json!(vec![accounts[0].clone(); 300]), 65);
    refuse(&|accounts| accounts[0]["type"] = json!("exchange"), 65);
    refuse(&|accounts| accounts[0]["services"] = json!([]), 65);
    refuse(&|accounts| accounts[0]["services"] = json!([99]), 65);
    refuse(&|accounts| accounts[0]["services"] = json!([3, 3]), 65);
    refuse(&|accounts| accounts[0]["services"] = accounts[1]["services"].clone(), 65);
    refuse(&|accounts| accounts[0]["properties"] = Value::Null, 65);
    refuse(&|accounts| add(accounts, json!({"tag": "0x67F0001F", "value": "hunter2"})), 65);
    refuse(&|accounts| add(accounts, json!({"tag": "0x8001001F", "value": "x"})), 65);
    refuse(&|accounts| add(accounts, json!({"tag": "0x0002001F", "value": "a\u{1b}b"})), 2);
    refuse(&|accounts| add(accounts, json!({"tag": "0x67E0101F", "value": ["/bin/sh"]})), 77);
    refuse(&|accounts| add(accounts, json!({"tag": "0x6610001F", "value": "/etc/passwd"})), 77);
    // A document of before has none, and is a profile.
    let mut old = good;
    old.as_object_mut().unwrap().remove("accounts");
    let file = other.write("profile.json", old.to_string());
    other.ok(&["profile", "import", &file]);
    other.ok(&["profile", "default", "Default"]);
    assert_eq!(other.ok(&["account", "list"]), json!([]));
}
