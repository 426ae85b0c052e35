//! Services come to the computer with their library, and leave it only where they agree.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::Script;
use doubles::library::write_library;
use mapi::provider::{Catalogue, Installation};
use mapi::{ErrorCode, Home, LogonOptions, Mapi, NewService, ProfAdmin, Result, Session};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct World {
    folder: tempfile::TempDir,
    home: Home,
    _mapi: Mapi,
}

impl World {
    fn new() -> Self {
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home")).unwrap();
        Self { folder, home, _mapi: mapi }
    }

    fn installation(&self) -> Installation {
        Installation::of(&self.home)
    }

    /// A library with an INF beside it in a folder of its own.
    fn package(&self, inf: &str) -> (PathBuf, Arc<Script>) {
        let library = self.folder.path().join("package/libacme.so");
        let script = write_library(&library, "entry store transport");
        fs::write(self.folder.path().join("package/acme.inf"), inf).unwrap();
        (library, script)
    }

    /// The same in the user's folder of providers.
    fn placed(&self, name: &str, inf: &str) -> Arc<Script> {
        let script = write_library(&self.home.providers().join(format!("lib{name}.so")), "entry transport");
        fs::write(self.home.providers().join(format!("{name}.inf")), inf).unwrap();
        script
    }

    fn inf(&self) -> String {
        fs::read_to_string(self.home.inf_file()).unwrap_or_default()
    }

    fn names(&self) -> Vec<String> {
        let all = Catalogue::of(&self.home).services().into_iter();
        all.filter(|known| known.file.is_some()).map(|known| known.name).collect()
    }
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const ACME: &str = "\
[Services]
ACME=Acme mail
OTHER=Not of this library
[ACME]
PR_SERVICE_DLL_NAME=acme.dll
PR_SERVICE_ENTRY_NAME=ServiceEntry
PR_SERVICE_DELETE_FILES=acme, acme.txt, ../outside.txt, linked.txt, folder, gone.txt
Providers=Acme Store
[Acme Store]
PR_DISPLAY_NAME=Acme store
PR_PROVIDER_DISPLAY=Acme
PR_PROVIDER_DLL_NAME=acme.dll
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
PR_RESOURCE_FLAGS=00000000
[OTHER]
PR_SERVICE_DLL_NAME=elsewhere
";

#[test]
fn a_library_is_installed_by_its_own_description_called_once_and_can_be_in_a_profile() {
    let world = World::new();
    let (library, script) = world.package(ACME);
    let done = world.installation().install(text(&library)).unwrap();
    assert_eq!(done.services, ["ACME"]);
    assert_eq!(done.library, fs::canonicalize(&library).unwrap());
    assert_eq!(script.count("entry 1 with 0 props and 0 providers"), 1, "{:?}", script.log());
    assert_eq!(world.names(), ["ACME"]);
    assert!(
        world.inf().contains(&format!("PR_SERVICE_DLL_NAME={}", done.library.display())),
        "{}",
        world.inf()
    );
    let profiles = ProfAdmin::new(&world.home).unwrap();
    profiles.create_profile("T", &[NewService::named("ACME")]).unwrap();
    assert_eq!(script.count("entry 2 with 0 props and 1 providers"), 1);
    assert_eq!(code(world.installation().install(text(&library))), ErrorCode::COLLISION);
    let before = world.inf();
    assert_eq!(script.count("entry 1 with 0 props and 0 providers"), 1);
    assert_eq!(world.inf(), before);
}

#[test]
fn a_library_that_nothing_describes_is_one_service_with_what_is_in_it() {
    let world = World::new();
    write_library(&world.home.providers().join("libplain.so"), "entry store address_book");
    let done = world.installation().install("plain").unwrap();
    assert_eq!(done.services, ["plain"]);
    let inf = world.inf();
    assert!(inf.contains("Providers=plain store, plain address book"), "{inf}");
    assert!(inf.contains("PR_SERVICE_DLL_NAME=plain\n"), "a name is enough in the folder: {inf}");
    let profiles = ProfAdmin::new(&world.home).unwrap();
    profiles.create_profile("T", &[NewService::named("plain")]).unwrap();
    assert_eq!(profiles.services("T").unwrap().services()[0].providers.len(), 2);
    write_library(&world.home.providers().join("libempty.so"), "nothing");
    assert_eq!(code(world.installation().install("empty")), ErrorCode::NOT_FOUND);
    assert_eq!(world.inf(), inf);
}

#[test]
fn a_library_that_others_could_change_is_not_installed() {
    let world = World::new();
    let (library, script) = world.package(ACME);
    let folder = library.parent().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (path, bad, good) in
        [(library.as_path(), 0o775, 0o755), (folder, 0o777, 0o755), (&folder.join("acme.inf"), 0o666, 0o644)]
    {
        mode(path, bad);
        assert_eq!(
            code(world.installation().install(text(&library))),
            ErrorCode::NO_ACCESS,
            "{}",
            path.display()
        );
        mode(path, good);
    }
    assert!(script.log().is_empty(), "nothing was loaded: {:?}", script.log());
    for (missing, expected) in [
        ("nosuch", ErrorCode::NOT_FOUND),
        ("/no/such.so", ErrorCode::NOT_FOUND),
        (text(folder), ErrorCode::INVALID_PARAMETER),
    ] {
        assert_eq!(code(world.installation().install(missing)), expected, "{missing}");
    }
    assert!(!world.home.inf_file().exists());
}

#[test]
fn a_service_that_refuses_its_installation_is_not_installed() {
    let world = World::new();
    let (library, script) = world.package(ACME);
    script.fail("entry 1 with 0 props and 0 providers", ErrorCode::USER_CANCEL);
    assert_eq!(code(world.installation().install(text(&library))), ErrorCode::USER_CANCEL);
    assert!(world.names().is_empty(), "{}", world.inf());
    // One that does not take part in it is.
    script.fail("entry 1 with 0 props and 0 providers", ErrorCode::NO_SUPPORT);
    world.installation().install(text(&library)).unwrap();
    assert_eq!(world.names(), ["ACME"]);
}

#[test]
fn an_uninstallation_that_the_user_cancels_keeps_everything() {
    let world = World::new();
    let script = world.placed("acme", ACME);
    world.installation().install("acme").unwrap();
    let before = world.inf();
    for refusal in [ErrorCode::USER_CANCEL, ErrorCode::CALL_FAILED] {
        script.fail("entry 5 with 0 props and 0 providers", refusal);
        assert_eq!(code(world.installation().uninstall("ACME")), refusal);
        assert_eq!(world.inf(), before);
        assert!(world.home.providers().join("libacme.so").exists());
    }
}

#[test]
fn an_uninstallation_deletes_the_files_of_the_folder_and_nothing_outside_or_behind_a_link() {
    let world = World::new();
    let script = world.placed("acme", ACME);
    let providers = world.home.providers();
    fs::write(providers.join("acme.txt"), "its own").unwrap();
    let outside = [world.folder.path().join("home/outside.txt"), world.folder.path().join("target.txt")];
    outside.iter().for_each(|file| fs::write(file, "keep").unwrap());
    symlink(&outside[1], providers.join("linked.txt")).unwrap();
    fs::create_dir(providers.join("folder")).unwrap();
    world.installation().install("acme").unwrap();
    let gone = world.installation().uninstall("acme").unwrap();
    assert_eq!(script.count("entry 5 with 0 props and 0 providers"), 1);
    assert_eq!(gone.deleted, [providers.join("libacme.so"), providers.join("acme.txt")]);
    let kept: Vec<_> = gone.kept.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(kept, ["../outside.txt", "linked.txt", "folder", "gone.txt"]);
    assert_eq!(gone.unasked, None);
    assert!(gone.deleted.iter().all(|file| !file.exists()));
    assert!(outside.iter().all(|file| fs::read_to_string(file).unwrap() == "keep"));
    assert!(providers.join("folder").exists() && providers.join("linked.txt").symlink_metadata().is_ok());
    assert!(world.names().is_empty(), "{}", world.inf());
    assert_eq!(code(world.installation().uninstall("ACME")), ErrorCode::NOT_FOUND);
}

#[test]
fn a_folder_of_providers_that_is_a_link_loses_nothing() {
    let world = World::new();
    let script = world.placed("acme", ACME);
    world.installation().install("acme").unwrap();
    let real = world.folder.path().join("real");
    fs::rename(world.home.providers(), &real).unwrap();
    symlink(&real, world.home.providers()).unwrap();
    let gone = world.installation().uninstall("ACME").unwrap();
    assert_eq!(script.count("entry 5 with 0 props and 0 providers"), 1);
    assert!(gone.deleted.is_empty() && real.join("libacme.so").exists(), "{gone:?}");
}

#[test]
fn a_file_that_another_service_needs_stays() {
    let world = World::new();
    let inf = ACME.replace("OTHER=Not of this library", "OTHER=Also of it").replace("=elsewhere", "=acme");
    world.placed("acme", &inf);
    let done = world.installation().install("acme").unwrap();
    assert_eq!(done.services, ["ACME", "OTHER"]);
    let gone = world.installation().uninstall("ACME").unwrap();
    let why = &gone.kept.iter().find(|(file, _)| file == "acme").unwrap().1;
    assert!(why.contains("OTHER"), "{why}");
    assert!(world.home.providers().join("libacme.so").exists());
    assert_eq!(world.names(), ["OTHER"]);
}

#[test]
fn a_service_whose_library_has_gone_before_it_is_taken_out_unasked() {
    let world = World::new();
    let script = world.placed("acme", ACME);
    world.installation().install("acme").unwrap();
    script.clear();
    fs::remove_file(world.home.providers().join("libacme.so")).unwrap();
    let gone = world.installation().uninstall("ACME").unwrap();
    assert!(gone.unasked.unwrap().contains("acme.dll"));
    assert!(script.log().is_empty() && world.names().is_empty());
}

#[test]
fn ap_42_the_end_of_a_session_calls_no_entry_and_deletes_no_library() {
    let world = World::new();
    let (library, script) = world.package(ACME);
    world.installation().install(text(&library)).unwrap();
    let profiles = ProfAdmin::new(&world.home).unwrap();
    profiles.create_profile("T", &[NewService::named("ACME")]).unwrap();
    script.clear();
    let session = Session::logon(LogonOptions::profile("T").home(&world.home).no_mail()).unwrap();
    session.logoff(mapi::LogoffFlags::NONE).unwrap();
    drop(session);
    mapi::uninitialize();
    mapi::initialize(mapi::InitFlags::NONE).unwrap();
    let entries: Vec<_> = script.log().into_iter().filter(|call| call.starts_with("entry")).collect();
    assert!(entries.is_empty(), "{entries:?}");
    assert!(library.exists());
    profiles
        .services("T")
        .unwrap()
        .delete_service(profiles.services("T").unwrap().services()[0].uid)
        .unwrap();
    assert_eq!(script.count("entry 4 with 0 props and 1 providers"), 1);
    assert!(library.exists() && world.names() == ["ACME"], "leaving a profile is not leaving the computer");
}
