//! Profiles: made whole or not at all, by one of many, and read only where they can be trusted.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::file_service::file_service;
use doubles::{Script, World, registration};
use mapi::profile::ProfileRow;
use mapi::provider::register;
use mapi::{ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, NewService, ProfAdmin, Result, Session};
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_COMMENT, PR_SERVICE_UID};
use mapi_spi::spooler::section::FILE;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::Barrier;
use std::thread;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn names(admin: &ProfAdmin) -> Vec<String> {
    admin.profiles().unwrap().into_iter().map(|row| row.name).collect()
}

fn home() -> (tempfile::TempDir, Home, Mapi) {
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    (folder, home, mapi)
}

#[test]
fn of_eight_threads_one_makes_the_default_profile_and_all_use_it() {
    let (_folder, home, _mapi) = home();
    let services = file_service();
    for round in 0..20 {
        let home = Home::at(&home.stores().join(format!("round{round}"))).unwrap();
        let start = Barrier::new(8);
        let made = thread::scope(|scope| {
            let race = || {
                let admin = ProfAdmin::new(&home).unwrap();
                start.wait();
                admin.create_default_profile(&services).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(made.iter().all(|(name, _)| name == "Default"));
        assert_eq!(made.iter().filter(|(_, is_new)| *is_new).count(), 1);
        let admin = ProfAdmin::new(&home).unwrap();
        let expected = [ProfileRow { name: "Default".into(), is_default: true }];
        assert_eq!(admin.profiles().unwrap(), expected);
        assert_eq!(fs::read_dir(home.stores()).unwrap().count(), 1, "losers leave no folder behind");
        let file = admin.services("Default").unwrap().services()[0].uid;
        let file = admin.services("Default").unwrap().section(file).unwrap();
        assert!(Path::new(file.text(FILE).unwrap()).exists(), "and take nothing of the winner's");
    }
}

#[test]
fn what_is_not_a_profile_of_this_program_is_refused_and_left_alone() {
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &file_service()).unwrap();
    let file = home.profiles().join("p.json");
    let whole = fs::read_to_string(&file).unwrap();
    let newer = whole.replace("\"version\": 2", "\"version\": 3");
    let cases = [
        (whole[..whole.len() / 2].to_owned(), ErrorCode::CORRUPT_DATA),
        (String::new(), ErrorCode::CORRUPT_DATA),
        ("{\"format\": \"something else\"}".to_owned(), ErrorCode::CORRUPT_DATA),
        ("[".repeat(100_000), ErrorCode::CORRUPT_DATA),
        (newer, ErrorCode::VERSION),
    ];
    for (content, expected) in cases {
        fs::write(&file, &content).unwrap();
        assert_eq!(code(Session::logon(LogonOptions::profile("P").home(&home))), expected);
        assert_eq!(code(admin.services("P")), expected);
        assert_eq!(code(admin.copy_profile("P", "Q")), expected);
        assert_eq!(code(admin.rename_profile("P", "Q")), expected);
        assert_eq!(fs::read_to_string(&file).unwrap(), content, "never rewritten");
        assert_eq!(names(&admin), ["p"]);
    }
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
    let link = code(Session::logon(LogonOptions::profile("P").home(&home)));
    assert!([ErrorCode::DISK_ERROR, ErrorCode::NO_ACCESS].contains(&link), "{link}");
}

#[test]
fn files_are_for_their_owner_alone() {
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_default_profile(&file_service()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    for entry in fs::read_dir(home.profiles()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    for entry in fs::read_dir(home.stores()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o700);
    }
}

#[test]
fn profiles_are_listed_copied_renamed_and_deleted() {
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    assert!(admin.profiles().unwrap().is_empty());
    admin.create_profile("Work", &file_service()).unwrap();
    assert_eq!(code(admin.create_profile("WORK", &[])), ErrorCode::NO_ACCESS);
    assert_eq!(code(admin.create_profile("a/b", &[])), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(admin.create_profile(&"x".repeat(65), &[])), ErrorCode::STRING_TOO_LONG);
    assert_eq!(code(admin.create_profile("X", &[NewService::named("NONE")])), ErrorCode::NOT_FOUND);
    assert_eq!(code(admin.services("Nobody")), ErrorCode::LOGON_FAILED);
    admin.set_default_profile(Some("work")).unwrap();
    assert_eq!(code(admin.set_default_profile(Some("Nobody"))), ErrorCode::NOT_FOUND);

    admin.copy_profile("Work", "Büro").unwrap();
    assert_eq!(code(admin.copy_profile("Work", "büro")), ErrorCode::NO_ACCESS);
    let (work, copy) = (admin.services("Work").unwrap(), admin.services("Büro").unwrap());
    let (one, other) = (work.services(), copy.services());
    assert_ne!(one[0].uid, other[0].uid, "identities of its own");
    let section = copy.section(other[0].uid).unwrap();
    assert_eq!(section.binary(PR_SERVICE_UID), Some(other[0].uid.0.as_slice()));
    assert_eq!(section.text(FILE), work.section(one[0].uid).unwrap().text(FILE), "and the same files");

    admin.rename_profile("work", "Werk").unwrap();
    assert_eq!(code(admin.rename_profile("Werk", "BÜRO")), ErrorCode::NO_ACCESS);
    assert_eq!(code(admin.rename_profile("Work", "X")), ErrorCode::NOT_FOUND);
    admin.rename_profile("Werk", "WERK").unwrap();
    assert_eq!(names(&admin), ["Büro", "WERK"]);
    assert_eq!(admin.default_profile().unwrap().as_deref(), Some("WERK"), "the default keeps its part");

    admin.delete_profile("werk").unwrap();
    assert_eq!(names(&admin), ["Büro"]);
    assert_eq!(admin.default_profile().unwrap(), None);
    assert_eq!(code(admin.delete_profile("werk")), ErrorCode::NOT_FOUND);
}

#[test]
fn a_profile_whose_service_fails_is_not_made() {
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    let mut services = file_service();
    let mut failing = services[0].clone();
    failing.props.set(PR_COMMENT, "fail");
    services.push(failing);
    assert_eq!(code(admin.create_profile("P", &services)), ErrorCode::CALL_FAILED);
    assert!(admin.profiles().unwrap().is_empty());
    assert_eq!(fs::read_dir(home.stores()).unwrap().count(), 0, "nor any of its files left");
}

#[test]
fn a_profile_in_use_is_deleted_or_renamed_with_its_last_session() {
    let world = World::new();
    let admin = ProfAdmin::new(&world.home).unwrap();
    let first = Session::logon(world.options().no_mail()).unwrap();
    let second = Session::logon(world.options().no_mail()).unwrap();
    admin.rename_profile("P", "Later").unwrap();
    assert_eq!(names(&admin), ["P"]);
    first.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(names(&admin), ["P"]);
    second.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(names(&admin), ["Later"]);
    assert_eq!(admin.default_profile().unwrap().as_deref(), Some("Later"));

    let options = || LogonOptions::profile("Later").home(&world.home).no_mail();
    let session = Session::logon(options()).unwrap();
    admin.delete_profile("Later").unwrap();
    assert!(admin.profiles().unwrap().is_empty(), "not listed any more");
    assert_eq!(code(admin.delete_profile("Later")), ErrorCode::NOT_FOUND);
    assert_eq!(code(Session::logon(options())), ErrorCode::LOGON_FAILED);
    session.open_default_store().unwrap();
    assert_eq!(world.script.count("service Delete"), 0);
    drop(session);
    assert_eq!(world.script.count("service Delete"), 1);
    assert!(!world.home.profiles().join("later.json").exists());
}

#[test]
fn services_are_added_configured_ordered_and_removed() {
    let (_folder, home, _mapi) = home();
    let script = Arc::new(Script::default());
    register("ADMIN", registration(&script));
    let profiles = ProfAdmin::new(&home).unwrap();
    profiles.create_profile("P", &[]).unwrap();
    let admin = profiles.services("P").unwrap();
    let one = admin.create_service("ADMIN", PropList::new()).unwrap();
    let two = admin.create_service("ADMIN", PropList::new()).unwrap();
    assert_eq!(code(admin.create_service("NONE", PropList::new())), ErrorCode::NOT_FOUND);
    script.fail("service Create", ErrorCode::NO_SUPPORT);
    assert_eq!(code(admin.create_service("ADMIN", PropList::new())), ErrorCode::NO_SUPPORT);
    let rows = admin.services();
    assert_eq!(rows.iter().map(|row| row.uid).collect::<Vec<_>>(), [one, two]);
    assert_eq!(rows[0].display_name, "Test service");

    let transports: Vec<_> = rows.iter().map(|row| row.providers[1].uid).collect();
    let backwards = [transports[1], transports[0]];
    admin.set_transport_order(&backwards).unwrap();
    assert_eq!(code(admin.set_transport_order(&backwards[..1])), ErrorCode::BUSY);
    assert_eq!(code(admin.set_transport_order(&[transports[0]; 2])), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(admin.set_transport_order(&[one, two])), ErrorCode::NOT_FOUND);
    admin.set_default_store(Some(rows[1].providers[0].uid)).unwrap();
    assert_eq!(code(admin.set_default_store(Some(transports[0]))), ErrorCode::NOT_FOUND);

    let mut props = PropList::new();
    props.set(PR_COMMENT, "mine");
    admin.configure_service(one, props.clone()).unwrap();
    let configured = profiles.services("P").unwrap().section(one).unwrap();
    assert_eq!(configured.text(PR_COMMENT), Some("configured"), "the service has the last word");
    let provider = profiles.services("P").unwrap().section(rows[0].providers[0].uid).unwrap();
    assert_eq!(provider.text(PR_COMMENT), Some("configured"), "and its providers see it");
    props.set(mapi_defs::prop::PropTag(0x67F0_001F), "secret");
    admin.configure_service(one, props).unwrap();
    assert!(!admin.section(one).unwrap().contains_id(0x67F0), "a listing has no secret");

    script.fail("service Delete", ErrorCode::NO_SUPPORT);
    admin.delete_service(two).unwrap();
    assert_eq!(code(admin.delete_service(two)), ErrorCode::NOT_FOUND);
    assert_eq!(code(admin.section(two)), ErrorCode::NOT_FOUND);
    let left = profiles.services("P").unwrap().services();
    assert_eq!(left.iter().map(|row| row.uid).collect::<Vec<_>>(), [one]);
    admin.set_transport_order(&transports[..1]).unwrap();
}

#[test]
fn of_two_that_configure_one_service_each_keeps_what_it_set() {
    let (_folder, home, _mapi) = home();
    let admin = ProfAdmin::new(&home).unwrap();
    admin.create_profile("P", &file_service()).unwrap();
    let (one, other) = (admin.services("P").unwrap(), admin.services("P").unwrap());
    let uid = one.services()[0].uid;
    let [mut first, mut second] = [PropList::new(), PropList::new()];
    first.set(PR_COMMENT, "one");
    second.set(mapi_defs::prop::tags::PR_BODY, "other");
    one.configure_service(uid, first).unwrap();
    // This one has not seen what the first has set.
    other.configure_service(uid, second).unwrap();
    let section = admin.services("P").unwrap().section(uid).unwrap();
    assert_eq!(section.text(PR_COMMENT), Some("one"));
    assert_eq!(section.text(mapi_defs::prop::tags::PR_BODY), Some("other"));
}
