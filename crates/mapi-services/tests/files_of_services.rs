//! Services of one profile that name no file: each has one of its own, and keeps it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{
    EntryId, ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, MdbFlags, MsgServiceAdmin, NewService, Object,
    OpenFlags, ProfAdmin, SaveFlags, Session,
};
use mapi_defs::flags::SectionFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_SUBJECT};
use mapi_defs::prop::{Prop, PropList};
use mapi_services::{PAB, STORE};
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::section::FILE;
use std::path::{Path, PathBuf};

struct World {
    home: Home,
    admin: ProfAdmin,
    // Dropped before the folder.
    _mapi: Mapi,
    folder: tempfile::TempDir,
}

impl World {
    fn new(services: &[&str]) -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let admin = ProfAdmin::new(&home).unwrap();
        let services: Vec<NewService> = services.iter().map(|name| NewService::named(name)).collect();
        admin.create_profile("P", &services).unwrap();
        Self { home, admin, _mapi: mapi, folder }
    }

    fn services(&self, profile: &str) -> MsgServiceAdmin {
        self.admin.services(profile).unwrap()
    }

    fn uids(&self, profile: &str) -> Vec<MapiUid> {
        self.services(profile).services().iter().map(|row| row.uid).collect()
    }

    fn files(&self, profile: &str) -> Vec<PathBuf> {
        let services = self.services(profile);
        let file = |uid| services.section(uid).unwrap().text(FILE).unwrap().into();
        self.uids(profile).into_iter().map(file).collect()
    }

    fn names(&self, profile: &str) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        self.files(profile).iter().map(name).collect()
    }

    fn logon(&self, profile: &str) -> Session {
        Session::logon(LogonOptions::profile(profile).home(&self.home).no_mail()).unwrap()
    }
}

fn at(path: &Path) -> PropList {
    let mut props = PropList::new();
    props.set(FILE, path.to_str().unwrap());
    props
}

/// The subjects in the inbox of each store.
fn subjects(session: &Session) -> Vec<Vec<String>> {
    let rows = session.stores().unwrap();
    let store = |row: &mapi_defs::row::Row| {
        let id = EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap());
        let store = session.open_msg_store(&id, MdbFlags::NONE).unwrap();
        let ids = store.inbox().unwrap().message_ids().unwrap();
        let subject =
            |id| store.open_message(id, OpenFlags::NONE).unwrap().text(PR_SUBJECT).unwrap().unwrap();
        ids.iter().map(subject).collect()
    };
    rows.iter().map(store).collect()
}

fn put(session: &Session, store: usize, subject: &str) {
    let id = EntryId::from_bytes(session.stores().unwrap()[store].binary(PR_ENTRYID).unwrap());
    let store = session.open_msg_store(&id, MdbFlags::WRITE).unwrap();
    let message = store.inbox().unwrap().create_message().unwrap();
    message.set(PR_SUBJECT, subject).unwrap();
    message.save(SaveFlags::NONE).unwrap();
}

#[test]
fn two_stores_have_a_file_each_and_so_have_their_copies() {
    let world = World::new(&[STORE, STORE, PAB, PAB]);
    assert_eq!(world.names("P"), ["P.store", "P-2.store", "contacts.db", "contacts-2.db"]);
    let session = world.logon("P");
    put(&session, 0, "first");
    put(&session, 1, "second");
    let apart = [vec!["first".to_owned()], vec!["second".to_owned()]];
    assert_eq!(subjects(&session), apart);
    session.logoff(LogoffFlags::NONE).unwrap();

    let services = world.services("P");
    let mut renamed = PropList::new();
    renamed.set(PR_DISPLAY_NAME, "Archive");
    services.configure_service(world.uids("P")[1], renamed).unwrap();
    assert_eq!(world.names("P")[..2], ["P.store", "P-2.store"], "a file is chosen once");

    // A copy has the stores of its original; what comes to either afterwards is its own.
    world.admin.copy_profile("P", "P 2").unwrap();
    assert_eq!(world.files("P 2"), world.files("P"));
    let session = world.logon("P 2");
    assert_eq!(subjects(&session), apart);
    session.logoff(LogoffFlags::NONE).unwrap();
    world.services("P 2").create_service(STORE, PropList::new()).unwrap();
    world.services("P").create_service(STORE, PropList::new()).unwrap();
    assert_eq!(world.names("P 2")[4], "P-2-2.store", "its name's own file is that of its second store");
    assert_eq!(world.names("P")[4], "P-3.store");

    // A store that leaves is not taken over by the next one without a name.
    world.services("P").delete_service(world.uids("P")[1]).unwrap();
    world.services("P").create_service(STORE, PropList::new()).unwrap();
    assert_eq!(world.names("P")[4 - 1..], ["P-3.store", "P-4.store"]);
}

#[test]
fn the_file_of_another_service_is_refused_under_every_name() {
    let world = World::new(&[STORE, STORE, PAB]);
    let files = world.files("P");
    let link = world.folder.path().join("link.store");
    std::os::unix::fs::symlink(&files[0], &link).unwrap();
    let folder = files[0].parent().unwrap();
    let round = folder.join("..").join(folder.file_name().unwrap()).join("P.store");
    let uids = world.uids("P");
    for path in [&files[0], &link, &round, Path::new("P.store"), &files[2]].map(AsRef::<Path>::as_ref) {
        let created = world.services("P").create_service(STORE, at(path)).unwrap_err();
        assert_eq!(created.code(), ErrorCode::INVALID_PARAMETER, "{}", path.display());
        assert!(created.detail().contains("name another file"), "{created}");
        let configured = world.services("P").configure_service(uids[1], at(path)).unwrap_err();
        assert_eq!(configured.code(), ErrorCode::INVALID_PARAMETER, "{}", path.display());
    }
    let book = world.services("P").create_service(PAB, at(&files[2])).unwrap_err();
    assert_eq!(book.code(), ErrorCode::INVALID_PARAMETER);
    assert_eq!((world.uids("P"), world.files("P")), (uids.clone(), files.clone()), "nothing has changed");
    world.services("P").configure_service(uids[0], at(&files[0])).unwrap();
    let elsewhere = world.folder.path().join("elsewhere.store");
    world.services("P").configure_service(uids[1], at(&elsewhere)).unwrap();
    assert_eq!(world.files("P")[1], elsewhere);
    // Both of a new profile name it: no profile is made.
    let both = [(STORE, &elsewhere), (STORE, &elsewhere)]
        .map(|(name, path)| NewService { name: name.to_owned(), props: at(path) });
    assert_eq!(world.admin.create_profile("Q", &both).unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
    assert!(world.admin.profiles().unwrap().iter().all(|row| row.name != "Q"));
}

#[test]
fn services_that_shared_a_file_before_keep_it() {
    let world = World::new(&[STORE, STORE]);
    let (uids, files) = (world.uids("P"), world.files("P"));
    let services = world.services("P");
    let section =
        services.open_profile_section(uids[1], SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS).unwrap();
    section.set_props(&[Prop::new(FILE, files[0].to_str().unwrap())]).unwrap();
    drop(section);
    for uid in &uids {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, "Mail");
        services.configure_service(*uid, props).unwrap();
    }
    assert_eq!(world.files("P"), [&*files[0], &*files[0]]);
    services.create_service(STORE, PropList::new()).unwrap();
    assert_eq!(world.names("P")[2], "P-3.store");
}
