//! Services that mapisvc.inf describes: in profiles with their providers, from libraries or built in.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::library::write_library;
use doubles::{Script, registration};
use mapi::profile::ProviderKind;
use mapi::provider::{Catalogue, register};
use mapi::{
    EntryId, ErrorCode, Home, LogonOptions, Mapi, MdbFlags, MsgServiceAdmin, NewService, ProfAdmin, Result,
    Session,
};
use mapi_defs::Guid;
use mapi_defs::flags::ProfileFlags;
use mapi_defs::prop::tags::{PR_COMMENT, PR_DISPLAY_NAME, PR_ENTRYID, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE};
use mapi_defs::prop::{PropList, PropTag};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

struct World {
    folder: tempfile::TempDir,
    home: Home,
    _mapi: Mapi,
}

impl World {
    fn new(inf: &str) -> Self {
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let world = Self { folder, home, _mapi: mapi };
        world.write(inf);
        world
    }

    fn write(&self, inf: &str) {
        let path = self.home.inf_file();
        assert_eq!(path, self.folder.path().join("mapisvc.inf"));
        fs::write(&path, inf).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn library(&self, file: &str, has: &str) -> Arc<Script> {
        write_library(&self.home.providers().join(file), has)
    }

    fn profiles(&self) -> ProfAdmin {
        ProfAdmin::new(&self.home).unwrap()
    }

    fn services(&self) -> MsgServiceAdmin {
        let profiles = self.profiles();
        profiles.create_profile("T", &[]).unwrap();
        profiles.services("T").unwrap()
    }
}

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

const TWO_PROVIDERS: &str = "\
[Services]
Mine=My service
[Mine]
PR_SERVICE_DLL_NAME=mine.dll
PR_SERVICE_ENTRY_NAME=ServiceEntry
Providers=My Prov One, My Prov Two
Sections=Extra
66000003=07000000
[My Prov One]
PR_DISPLAY_NAME=One
PR_PROVIDER_DISPLAY=Mine
PR_PROVIDER_DLL_NAME=mine.dll
PR_RESOURCE_TYPE=MAPI_STORE_PROVIDER
PR_RESOURCE_FLAGS=STATUS_NO_DEFAULT_STORE
6601001E=first
[My Prov Two]
PR_DISPLAY_NAME=Two
PR_PROVIDER_DISPLAY=Mine
PR_PROVIDER_DLL_NAME=mine.dll
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
PR_RESOURCE_FLAGS=STATUS_XP_PREFER_LAST
6601001E=second
[Extra]
UID=000102030405060708090A0B0C0D0E0F
6602001E=extra
";

#[test]
fn ap_53_a_file_names_two_providers_and_the_service_gets_both_with_their_properties() {
    let world = World::new(TWO_PROVIDERS);
    let script = world.library("libmine.so", "entry store transport");
    let services = world.services();
    let uid = services.create_service("mine", PropList::new()).unwrap();
    let rows = services.services();
    let row = rows.iter().find(|row| row.uid == uid).unwrap();
    assert_eq!(row.display_name, "My service");
    assert_eq!(services.section(uid).unwrap().long(PropTag(0x6600_0003)), Some(7));
    let kinds: Vec<_> = row.providers.iter().map(|provider| provider.kind).collect();
    assert_eq!(kinds, [ProviderKind::Store, ProviderKind::Transport]);
    let expected = [("One", "first", 0x40, 33), ("Two", "second", 0x10, 36)];
    for (provider, (name, text, flags, resource)) in row.providers.iter().zip(expected) {
        let section = services.section(provider.uid).unwrap();
        assert_eq!(section.text(PR_DISPLAY_NAME), Some(name));
        assert_eq!(section.text(PropTag(0x6601_001E)), Some(text));
        assert_eq!(section.long(PR_RESOURCE_FLAGS), Some(flags));
        assert_eq!(section.long(PR_RESOURCE_TYPE), Some(resource));
    }
    let extra = Guid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!(services.section(extra).unwrap().text(PropTag(0x6602_001E)), Some("extra"));
    assert_eq!(script.count("entry 2 with 0 props and 2 providers"), 1);
    // And the library's code is what a session works with.
    let session = Session::logon(LogonOptions::profile("T").home(&world.home).no_mail()).unwrap();
    assert!(session.open_default_store().is_err(), "the store is flagged STATUS_NO_DEFAULT_STORE");
    let id = session.stores().unwrap()[0].binary(PR_ENTRYID).unwrap().to_vec();
    session.open_msg_store(&EntryId::from_bytes(id), MdbFlags::BEST_ACCESS).unwrap();
    assert_eq!(script.count("ms logon"), 1, "{:?}", script.log());
}

#[test]
fn ap_37_default_services_of_the_file_are_called_once_each_with_their_providers_there() {
    let inf = format!(
        "{}[Default Services]\nOther=\nMine=\n",
        TWO_PROVIDERS.replace("[Services]\n", "[Services]\nOther=Another\n")
            + "[Other]\nPR_SERVICE_DLL_NAME=other\nPR_SERVICE_ENTRY_NAME=ServiceEntry\nProviders=Book\n\
               [Book]\nPR_DISPLAY_NAME=B\nPR_PROVIDER_DISPLAY=B\nPR_PROVIDER_DLL_NAME=other\n\
               PR_RESOURCE_TYPE=MAPI_AB_PROVIDER\nPR_RESOURCE_FLAGS=00000000\n"
    );
    let world = World::new(&inf);
    let mine = world.library("mine.so", "entry store transport");
    let other = world.library("libother.so", "entry address_book");
    let defaults = Catalogue::of(&world.home).default_services();
    assert_eq!(defaults, ["Other", "Mine"], "in the file's order");
    world.profiles().with_flags(ProfileFlags::DEFAULT_SERVICES).create_profile("T", &[]).unwrap();
    let names: Vec<_> =
        world.profiles().services("T").unwrap().services().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["Other", "Mine"]);
    for (script, providers) in [(mine, 2), (other, 1)] {
        let entries: Vec<_> = script.log().into_iter().filter(|call| call.starts_with("entry")).collect();
        assert_eq!(entries, [format!("entry 2 with 0 props and {providers} providers")]);
    }
}

#[test]
fn a_default_service_that_fails_leaves_no_profile() {
    let world = World::new(TWO_PROVIDERS);
    let script = world.library("libmine.so", "entry store transport");
    script.fail("entry 2 with 0 props and 2 providers", ErrorCode::CALL_FAILED);
    let refused = world.profiles().create_profile("T", &[NewService::named("Mine")]);
    assert_eq!(code(refused), ErrorCode::CALL_FAILED);
    assert!(world.profiles().profiles().unwrap().is_empty());
}

#[test]
fn a_service_whose_library_is_missing_or_open_to_others_is_not_added() {
    let world = World::new(TWO_PROVIDERS);
    let services = world.services();
    let create = || services.create_service("Mine", PropList::new());
    assert_eq!(code(services.create_service("Nobody", PropList::new())), ErrorCode::NOT_FOUND);
    let missing = create().unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NOT_FOUND);
    assert!(missing.detail().contains("mine.dll"), "{missing}");
    world.library("libmine.so", "entry transport");
    let no_store = create().unwrap_err();
    assert_eq!(no_store.code(), ErrorCode::NOT_FOUND);
    assert!(no_store.detail().contains("store"), "{no_store}");
    let script = world.library("libmine.so", "entry store transport");
    let file = world.home.providers().join("libmine.so");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o757)).unwrap();
    assert_eq!(code(create()), ErrorCode::NO_ACCESS);
    assert!(script.log().is_empty(), "nothing of it was loaded: {:?}", script.log());
    assert!(services.services().is_empty());
    let names: Vec<PathBuf> =
        fs::read_dir(world.home.profiles()).unwrap().map(|one| one.unwrap().path()).collect();
    assert!(names.iter().all(|path| !path.to_string_lossy().contains(".new-")), "{names:?}");
}

#[test]
fn a_service_whose_library_has_gone_can_still_be_removed_and_says_so_where_it_is_configured() {
    let world = World::new(TWO_PROVIDERS);
    world.library("libmine.so", "entry store transport");
    let services = world.services();
    let uid = services.create_service("Mine", PropList::new()).unwrap();
    fs::remove_file(world.home.providers().join("libmine.so")).unwrap();
    let configured = services.configure_service(uid, PropList::new()).unwrap_err();
    assert_eq!(configured.code(), ErrorCode::NOT_FOUND);
    assert!(configured.detail().contains("mine.dll"), "{configured}");
    services.delete_service(uid).unwrap();
    assert!(services.services().is_empty());
}

#[test]
fn what_a_file_says_of_a_built_in_service_is_in_its_section() {
    let world = World::new(
        "[Services]\nWRITTEN=Shown\nNOWHERE=No code\n[WRITTEN]\nPR_COMMENT=from the file\n[NOWHERE]\nPR_COMMENT=x\n",
    );
    let script = Arc::new(Script::default());
    register("WRITTEN", registration(&script));
    let services = world.services();
    let uid = services.create_service("WRITTEN", PropList::new()).unwrap();
    let section = services.section(uid).unwrap();
    assert_eq!(
        (section.text(PR_COMMENT), section.text(PR_DISPLAY_NAME)),
        (Some("from the file"), Some("Shown"))
    );
    assert_eq!(services.services()[0].providers.len(), 3, "the providers are the built-in ones");
    assert_eq!(script.count("service Create"), 1);
    let refused = services.create_service("NOWHERE", PropList::new()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NOT_FOUND);
    assert!(refused.detail().contains("mapisvc.inf"), "{refused}");
    let known = Catalogue::of(&world.home).services();
    let written = known.iter().find(|known| known.name == "WRITTEN").unwrap();
    assert_eq!((written.display_name.as_str(), written.file.is_some()), ("Shown", true));
    assert_eq!(known.iter().filter(|known| known.name == "WRITTEN").count(), 1);
}
