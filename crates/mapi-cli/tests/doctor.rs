//! `mapi doctor`: what would fail, and why, before it does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, sample};
use serde_json::Value;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

impl Home {
    /// Writes a file in the home with this mode.
    fn plant(&self, name: &str, content: &str, mode: u32) {
        let path = self.write(&format!("home/{name}"), content);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What the doctor finds: whether it is well, what it is about, and its words.
    fn findings(&self, more: &[&str]) -> Vec<(bool, String, String)> {
        let output = self.run(&[&["--json", "doctor"], more].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let one = |finding: &Value| {
            let words = format!("{} | {}", word(finding, "detail"), word(finding, "advice"));
            (finding["well"] == true, word(finding, "what"), words)
        };
        let found: Vec<_> = answer["findings"].as_array().unwrap().iter().map(one).collect();
        let all_well = found.iter().all(|(well, ..)| *well);
        assert_eq!(output.status.code(), Some(if all_well { 0 } else { 1 }), "{answer}");
        assert_eq!(answer["well"], all_well);
        found
    }

    /// The one thing that is not well.
    fn ill(&self) -> (String, String) {
        let all = self.findings(&[]);
        let mut ill = all.iter().filter(|(well, ..)| !well);
        let (_, what, words) = ill.next().unwrap_or_else(|| panic!("all is well: {all:#?}")).clone();
        assert!(ill.next().is_none(), "{all:#?}");
        (what, words)
    }

    /// What it says of something that is well.
    fn well(&self, what: &str) -> Vec<String> {
        let found = self.findings(&[]).into_iter();
        assert!(found.clone().all(|(well, ..)| well), "{found:#?}");
        found.filter(|(_, about, _)| about == what).map(|(.., words)| words).collect()
    }
}

const ACCOUNT: [&str; 6] =
    ["service", "add", "SMTP", "host=mail.example.org", "address=ann@example.org", "user=ann"];

#[test]
fn a_profile_as_it_is_made_is_well_and_each_of_its_services_is_named() {
    let home = Home::with_profile();
    assert_eq!(home.well("service").len(), 3);
    assert_eq!(home.well("secrets"), ["none is kept | "]);
    assert!(home.findings(&["--read-only"]).iter().all(|(well, ..)| *well));
    let text = String::from_utf8(home.run(&["doctor"]).stdout).unwrap();
    assert!(text.lines().all(|line| line.starts_with("ok  ")), "{text}");
    assert!(text.contains("STORE (Personal Folders)"), "{text}");
}

#[test]
fn a_line_of_mapisvc_inf_that_makes_no_sense_is_named_and_a_warning_is_no_failure() {
    let home = Home::with_profile();
    home.plant("mapisvc.inf", "[Services]\nSTORE=Mail\n[STORE]\n66000102=abc\n", 0o600);
    let (what, words) = home.ill();
    assert!(what == "inf" && words.contains("mapisvc.inf: line 4: ") && words.contains("hex"), "{words}");
    home.plant("mapisvc.inf", "[Services]\nSTORE=Mail\n[STORE]\nPR_NO_SUCH=abc\n", 0o600);
    assert!(home.well("inf")[0].contains("warning"));
    home.plant("mapisvc.inf", "[Services]\n", 0o666);
    let (what, words) = home.ill();
    assert!(what == "inf" && words.contains("chmod go-w"), "{words}");
}

#[test]
fn a_library_that_is_missing_or_open_to_others_is_named_with_its_service() {
    let home = Home::with_profile();
    let inf = "[Services]\nACME=Acme\n[ACME]\nPR_SERVICE_DLL_NAME=acme.dll\nProviders=P\n[P]\n\
               PR_DISPLAY_NAME=P\nPR_PROVIDER_DISPLAY=P\nPR_PROVIDER_DLL_NAME=acme.dll\n\
               PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER\nPR_RESOURCE_FLAGS=00000000\n";
    home.plant("mapisvc.inf", inf, 0o600);
    let (what, words) = home.ill();
    assert!(what == "library" && words.contains("ACME") && words.contains("service uninstall"), "{words}");
    home.plant("providers/libacme.so", "library", 0o777);
    let (what, words) = home.ill();
    assert!(what == "library" && words.contains("nobody else may write"), "{words}");
    home.plant("providers/libacme.so", "library", 0o755);
    assert!(home.well("library")[0].contains("libacme.so"));
}

#[test]
fn a_service_that_is_not_configured_says_what_is_missing() {
    let home = Home::with_profile();
    home.ok(&["service", "add", "SMTP", "name=Work"]);
    let (what, words) = home.ill();
    assert!(what == "service" && words.contains("SMTP (Work)") && words.contains("UNCONFIGURED"), "{words}");
    assert!(words.contains("mapi service configure SMTP"), "{words}");
    home.ok(&["service", "configure", "Work", "host=mail.example.org", "address=ann@example.org"]);
    assert_eq!(home.well("service").len(), 4);
}

#[test]
fn a_program_or_file_that_a_setting_names_has_to_be_there() {
    let home = Home::with_profile();
    home.ok(&[&ACCOUNT[..], &["password.command=/no/such/program"]].concat());
    let (what, words) = home.ill();
    assert!(what == "service" && words.contains("/no/such/program"), "{words}");
    home.ok(&["service", "configure", "SMTP", "password.command=true"]);
    assert_eq!(home.well("service").len(), 4);
    home.ok(&["service", "configure", "SMTP", "authorities=/no/such.pem"]);
    assert!(home.ill().1.contains("authorities names /no/such.pem"));
}

#[test]
fn a_service_that_nobody_knows_any_more_is_named() {
    let home = Home::with_profile();
    for file in fs::read_dir(home.path("home/profiles")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.ends_with("default.json") {
            let text =
                fs::read_to_string(&file).unwrap().replace("\"name\": \"LOCAL\"", "\"name\": \"GONE\"");
            fs::write(&file, text).unwrap();
        }
    }
    let (what, words) = home.ill();
    assert!(what == "service" && words.contains("GONE") && words.contains("service remove"), "{words}");
}

#[test]
fn a_secret_whose_key_is_gone_is_named_without_its_value() {
    let home = Home::with_profile();
    home.ok(&ACCOUNT);
    let mut command = home.command(&["service", "configure", "SMTP", "password"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hunter2\n").unwrap();
    assert!(child.wait().unwrap().success());
    let secrets = home.well("secrets");
    assert!(secrets[0].starts_with("one is kept; the key is in"), "{secrets:?}");
    let exported = String::from_utf8(home.run(&["--json", "profile", "export"]).stdout).unwrap();
    assert!(
        exported.contains("service configure 'SMTP' password") || exported.contains(" password\""),
        "{exported}"
    );
    assert!(exported.contains("it is a secret") && !exported.contains("hunter2"), "{exported}");
    let keys = home.path("home/keys");
    assert!(keys.is_dir(), "the keys are apart from the profiles");
    fs::remove_dir_all(&keys).unwrap();
    let all = home.findings(&[]);
    let ill: Vec<_> = all.iter().filter(|(well, ..)| !well).collect();
    assert!(ill.iter().any(|(_, what, words)| what == "secrets" && words.contains("password")), "{all:#?}");
    assert!(!format!("{all:?}").contains("hunter2"));
}

#[test]
fn mail_that_waits_is_well_only_where_somebody_may_send_it() {
    let home = Home::with_profile();
    assert_eq!(home.run(&["send", "--leave", &sample("plain.msg")]).status.code(), Some(75));
    let (what, words) = home.ill();
    assert!(what == "queue" && words.contains("one message waits, and nothing is running"), "{words}");
    let mut lease = home.store_file().into_os_string();
    lease.push(".spooler");
    let lease = fs::File::options().create(true).append(true).open(lease).unwrap();
    lease.lock().unwrap();
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    if !locks.contains(&std::process::id().to_string()) {
        return mapi_testkit::skipped("the kernel does not list this lock");
    }
    assert!(home.well("queue")[0].contains(&format!("process {} may send", std::process::id())));
}

#[test]
fn a_store_that_a_newer_program_wrote_says_so() {
    // Where SQLite keeps the number of the schema.
    const USER_VERSION: u64 = 60;
    let home = Home::with_profile();
    let mut file = fs::File::options().write(true).open(home.store_file()).unwrap();
    file.seek(SeekFrom::Start(USER_VERSION)).unwrap();
    file.write_all(&99_u32.to_be_bytes()).unwrap();
    drop(file);
    let (what, words) = home.ill();
    assert!(what == "store" && words.contains("VERSION") && words.contains("update the program"), "{words}");
}

#[test]
fn a_profile_without_a_transport_says_so() {
    let home = Home::with_profile();
    home.ok(&["service", "remove", "LOCAL"]);
    let (what, words) = home.ill();
    assert!(what == "service" && words.contains("no service sends mail"), "{words}");
}
