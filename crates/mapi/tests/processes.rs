//! Homes and profiles among processes: who makes them first, and what is left of who is killed.
//!
//! A file of its own: a process that is being started holds, for a moment, the locks of its parent.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::file_service::file_service;
use mapi::{ErrorCode, Home, LogonOptions, Mapi, ProfAdmin, SectionFlags, Session};
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::PR_COMMENT;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn home() -> (tempfile::TempDir, Home, Mapi) {
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    (folder, home, mapi)
}

fn names(admin: &ProfAdmin) -> Vec<String> {
    admin.profiles().unwrap().into_iter().map(|row| row.name).collect()
}

/// Runs this test program again with one test alone, told by the variable what to do.
fn again(test: &str, variable: &str, value: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(variable, value);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[test]
fn of_two_processes_one_makes_the_default_profile() {
    const RACE: &str = "OPENMAPI_TEST_RACE";
    if let Some(root) = std::env::var_os(RACE) {
        // This is one of the two: it waits for the word and reports what it found.
        let home = Home::at(Path::new(&root)).unwrap();
        let _mapi = Mapi::initialize().unwrap();
        let services = file_service();
        println!("\nready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        let (name, is_new) = ProfAdmin::new(&home).unwrap().create_default_profile(&services).unwrap();
        println!("\nresult {name} {is_new}");
        return;
    }
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let test = "of_two_processes_one_makes_the_default_profile";
        let mut children: Vec<_> =
            (0..2).map(|_| again(test, RACE, folder.path()).spawn().unwrap()).collect();
        let mut said: Vec<_> = children
            .iter_mut()
            .map(|child| BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap()))
            .collect();
        for lines in &mut said {
            lines.find(|line| line == "ready").unwrap();
        }
        for child in &mut children {
            drop(child.stdin.take());
        }
        let mut results: Vec<String> =
            said.iter_mut().map(|lines| lines.find(|line| line.starts_with("result")).unwrap()).collect();
        results.sort();
        assert_eq!(results, ["result Default false", "result Default true"]);
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
    }
}

#[test]
fn a_process_killed_while_it_writes_leaves_a_whole_profile() {
    const WRITE: &str = "OPENMAPI_TEST_WRITE";
    let services = file_service();
    if let Some(root) = std::env::var_os(WRITE) {
        // This is the one to be killed: it changes the profile for ever.
        let home = Home::at(Path::new(&root)).unwrap();
        let _mapi = Mapi::initialize().unwrap();
        let admin = ProfAdmin::new(&home).unwrap().services("P").unwrap();
        let uid = admin.services()[0].uid;
        for round in 0_u64.. {
            let mut props = PropList::new();
            props.set(PR_COMMENT, format!("{round}").repeat(5_000));
            admin.configure_service(uid, props).unwrap();
            println!("\nround {round}");
        }
        return;
    }
    let (_folder, home, _mapi) = home();
    let root = home.profiles().parent().unwrap().to_owned();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &services).unwrap();
    for kill in 1..15 {
        let mut child =
            again("a_process_killed_while_it_writes_leaves_a_whole_profile", WRITE, &root).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        assert!(lines.filter(|line| line.starts_with("round")).nth(kill).is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        let services = admin.services("P").unwrap();
        let section = services.section(services.services()[0].uid).unwrap();
        let text = section.text(PR_COMMENT).unwrap();
        let digits = text.len() / 5_000;
        assert_eq!(text, text[..digits].repeat(5_000), "of one write alone");
        assert_eq!(names(&admin), ["P"], "what was left over is not taken for a profile");
    }
}

#[test]
fn a_section_is_locked_between_processes_until_its_holder_is_gone() {
    const LOCK: &str = "OPENMAPI_TEST_LOCK";
    const MINE: mapi_defs::Guid = mapi_defs::Guid([0x4C; 16]);
    if let Some(root) = std::env::var_os(LOCK) {
        // This is the one to be killed: it writes a section for ever.
        let home = Home::at(Path::new(&root)).unwrap();
        let _mapi = Mapi::initialize().unwrap();
        let services = ProfAdmin::new(&home).unwrap().services("P").unwrap();
        let _section = services.open_profile_section(MINE, SectionFlags::MODIFY).unwrap();
        println!("\nready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        panic!("killed before");
    }
    let (_folder, home, _mapi) = home();
    let root = home.profiles().parent().unwrap().to_owned();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &[]).unwrap();
    let test = "a_section_is_locked_between_processes_until_its_holder_is_gone";
    let mut child = again(test, LOCK, &root).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    lines.find(|line| line == "ready").unwrap();
    let services = admin.services("P").unwrap();
    for flags in [SectionFlags::NONE, SectionFlags::MODIFY] {
        let refused = services.open_profile_section(MINE, flags).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NO_ACCESS);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    services.open_profile_section(MINE, SectionFlags::MODIFY).unwrap();
    admin.delete_profile("P").unwrap();
    let left: Vec<_> =
        std::fs::read_dir(home.run()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("sections-")), "{left:?}");
}

#[test]
fn what_a_killed_process_put_off_is_done_by_the_next() {
    const HOLD: &str = "OPENMAPI_TEST_HOLD";
    let services = file_service();
    if let Some(root) = std::env::var_os(HOLD) {
        // This is the one to be killed: it holds a session for ever.
        let home = Home::at(Path::new(&root)).unwrap();
        let _mapi = Mapi::initialize().unwrap();
        let _session = Session::logon(LogonOptions::profile("P").home(&home).no_mail()).unwrap();
        println!("\nready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        panic!("killed before");
    }
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &services).unwrap();
    let test = "what_a_killed_process_put_off_is_done_by_the_next";
    let mut child = again(test, HOLD, home.profiles().parent().unwrap()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    lines.find(|line| line == "ready").unwrap();
    admin.delete_profile("P").unwrap();
    ProfAdmin::new(&home).unwrap();
    assert!(home.profiles().join("p.json").exists(), "another process uses it");
    child.kill().unwrap();
    child.wait().unwrap();
    ProfAdmin::new(&home).unwrap();
    assert!(!home.profiles().join("p.json").exists());
}

#[test]
fn a_home_is_found_by_its_variable_or_by_the_base_directories() {
    const FIND: &str = "OPENMAPI_TEST_FIND";
    if std::env::var_os(FIND).is_some() {
        let found = Home::locate(None);
        let shown = found.map(|home| format!("{} {}", home.profiles().display(), home.stores().display()));
        println!("\nresult {}", shown.unwrap_or_else(|error| error.code().to_string()));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let found = |variables: &[(&str, String)]| {
        let mut child =
            again("a_home_is_found_by_its_variable_or_by_the_base_directories", FIND, folder.path());
        for name in
            ["MAPI_HOME", "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]
        {
            child.env_remove(name);
        }
        let output = child.envs(variables.iter().cloned()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find_map(|line| line.strip_prefix("result ")).unwrap().to_owned()
    };
    let path = |below: &str| format!("{root}/{below}");
    let home = ("HOME", path("user"));
    assert_eq!(
        found(&[("MAPI_HOME", path("one")), home.clone()]),
        format!("{root}/one/profiles {root}/one/stores")
    );
    let base = format!("{root}/user/.config/openmapi/profiles {root}/user/.local/share/openmapi/stores");
    assert_eq!(found(std::slice::from_ref(&home)), base);
    assert_eq!(
        found(&[home.clone(), ("XDG_CONFIG_HOME", "relative".into()), ("MAPI_HOME", "".into())]),
        base
    );
    let given = [home, ("XDG_CONFIG_HOME", path("c")), ("XDG_DATA_HOME", path("d"))];
    assert_eq!(found(&given), format!("{root}/c/openmapi/profiles {root}/d/openmapi/stores"));
    assert_eq!(found(&[]), ErrorCode::NOT_FOUND.to_string());
}
