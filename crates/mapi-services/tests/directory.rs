//! A profile with a directory beside its personal address book, through a session.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Object, OpenFlags, ProfAdmin, Session};
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{
    PR_BODY, PR_COMPANY_NAME, PR_DISPLAY_NAME, PR_ENTRYID, PR_OBJECT_TYPE, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::{EntryId, ErrorCode, Warning};
use mapi_ldap::settings::{AUTHORITIES, BASE, HOST, PASSWORD, PORT, SECURITY, USER};
use mapi_spi::address_book::Resolution;
use mapi_spi::message::ModifyRecipients;
use mapi_testkit::slapd::{self, Slapd};
use mapi_testkit::smtp_sink::{Letter, SmtpSink};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

const TEAM: &str = "\
dn: cn=team,dc=example,dc=org
objectClass: groupOfNames
cn: team
member: uid=person1,dc=example,dc=org
member: uid=person2,dc=example,dc=org
";

struct World {
    home: Home,
    // Dropped after the sessions of a test, before the folder.
    _mapi: Mapi,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home")).unwrap();
        mapi_services::default_profile(&home).unwrap();
        Self { home, _mapi: mapi, folder }
    }

    fn add(&self, service: &str, props: PropList) -> mapi::Result<mapi_defs::guid::MapiUid> {
        ProfAdmin::new(&self.home).unwrap().services("Default").unwrap().create_service(service, props)
    }

    fn add_directory(&self, server: &Slapd) {
        // Its own file of authorities goes with the server.
        let authorities = self.folder.path().join("authorities.pem");
        std::fs::copy(server.authorities(), &authorities).unwrap();
        let mut props = PropList::new();
        props.set(HOST, "localhost");
        props.set(PORT, i32::from(server.port));
        props.set(BASE, slapd::BASE);
        props.set(AUTHORITIES, authorities.to_str().unwrap());
        props.set(USER, slapd::ADMIN);
        props.set(PASSWORD, slapd::PASSWORD);
        self.add(mapi_services::LDAP, props).unwrap();
    }

    fn logon(&self) -> Session {
        Session::logon(LogonOptions::default_profile().home(&self.home)).unwrap()
    }
}

fn named(name: &str) -> Recipient {
    let mut recipient = Recipient::default();
    recipient.props.set(PR_DISPLAY_NAME, name);
    recipient
}

/// What the files of a folder hold.
fn bytes_below(folder: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => bytes_below(&path),
            false => std::fs::read(&path).unwrap_or_default(),
        })
        .collect()
}

#[test]
fn names_and_lists_of_the_directory_are_resolved_and_mailed() {
    let Some(server) = Slapd::start(&(slapd::people(30) + TEAM)) else { return };
    let world = World::new();
    world.add_directory(&server);
    let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
    let taken = letters.clone();
    let sink = SmtpSink::start(Arc::new(move |letter| taken.lock().unwrap().push(letter))).unwrap();
    let mut account = PropList::new();
    account.set(HOST, "127.0.0.1");
    account.set(PORT, i32::from(sink.port()));
    account.set(SECURITY, "plain");
    account.set(PR_SMTP_ADDRESS, "me@example.org");
    world.add(mapi_services::SMTP, account).unwrap();

    let session = world.logon();
    let book = session.open_address_book().unwrap();
    assert_eq!(book.warning().unwrap(), None);
    let personal = book.containers().unwrap().remove(0);
    let entry = personal.create_entry(&EntryId::default()).unwrap();
    entry.set(PR_DISPLAY_NAME, "A friend").unwrap();
    entry.set(PR_SMTP_ADDRESS, "friend@example.net").unwrap();
    entry.save(mapi::SaveFlags::NONE).unwrap();

    let mut recipients = ["friend", "person 7 family7", "Family", "nobody", "team"].map(named);
    let flags = book.resolve(&mut recipients).unwrap();
    use Resolution::{Ambiguous, Resolved, Unresolved};
    assert_eq!(flags, [Resolved, Resolved, Ambiguous, Unresolved, Resolved]);
    assert_eq!(recipients[0].address(), Some("friend@example.net"));
    assert_eq!(recipients[1].address(), Some("person7@example.org"));

    // What a resolved recipient names opens, by the address book and by the session.
    let id = EntryId::from_bytes(recipients[1].props.binary(PR_ENTRYID).unwrap());
    let person = book.open_entry(&id, OpenFlags::NONE).unwrap();
    assert_eq!(person.text(PR_COMPANY_NAME).unwrap().as_deref(), Some("Example"));
    let mapi::Opened::Object(person) = session.open_entry(&id, OpenFlags::NONE).unwrap() else { panic!() };
    assert_eq!(person.text(PR_SMTP_ADDRESS).unwrap().as_deref(), Some("person7@example.org"));
    let team = EntryId::from_bytes(recipients[4].props.binary(PR_ENTRYID).unwrap());
    let team = book.open_entry(&team, OpenFlags::NONE).unwrap();
    assert_eq!(team.long(PR_OBJECT_TYPE).unwrap(), Some(8));

    let store = session.open_default_store().unwrap();
    let message = store.compose().unwrap();
    message.set(PR_SUBJECT, "Hello").unwrap();
    message.set(PR_BODY, "A line of text.").unwrap();
    let mut rows = vec![recipients[1].clone(), recipients[4].clone()];
    for row in &mut rows {
        row.props.set(Recipient::TYPE, RecipientType::To.value());
    }
    message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
    message.submit().unwrap();
    assert!(session.flush_queues(PATIENCE).unwrap());
    let mut sent: Vec<String> =
        letters.lock().unwrap().iter().flat_map(|letter| letter.recipients.clone()).collect();
    sent.sort();
    let people = ["person1@example.org", "person2@example.org", "person7@example.org"];
    assert_eq!(sent, people, "a list of the directory is sent to whom it stands for");

    // A directory that cannot be asked any more keeps nobody from the books that can.
    drop(server);
    let mut recipients = ["friend", "person 8 family8"].map(named);
    let found = book.resolve_partly(&mut recipients).unwrap();
    assert_eq!((&found.flags[..], found.errors.len()), (&[Resolved, Unresolved][..], 1));
    assert_eq!(found.warning(), Some(Warning::ERRORS_RETURNED));
    assert_eq!(recipients[0].address(), Some("friend@example.net"));
    assert_eq!(book.resolve(&mut [named("friend")]).unwrap(), [Resolved]);
    drop((message, store, person, team, entry, personal, book));
    session.logoff(LogoffFlags::NONE).unwrap();
    let kept = bytes_below(world.folder.path());
    let password = slapd::PASSWORD.as_bytes();
    assert!(!kept.windows(password.len()).any(|part| part == password), "the password is sealed");
}

#[test]
fn a_directory_that_cannot_be_used_leaves_the_others_alone() {
    let Some(server) = Slapd::start("") else { return };
    let world = World::new();
    world.add_directory(&server);
    drop(server);
    let session = world.logon();
    let book = session.open_address_book().unwrap();
    assert_eq!(book.warning().unwrap(), Some(Warning::ERRORS_RETURNED));
    let said = session.last_error(Warning::ERRORS_RETURNED.as_u32()).unwrap().unwrap();
    assert!(format!("{said:?}").contains("cannot be reached"), "{said:?}");
    assert_eq!(book.containers().unwrap().len(), 1);
    assert_eq!(book.resolve(&mut [named("nobody")]).unwrap(), [Resolution::Unresolved]);
    drop(book);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_directory_is_configured_with_what_makes_sense() {
    let world = World::new();
    let with = |tag, value: &str| {
        let mut props = PropList::new();
        props.set(HOST, "localhost");
        props.set(tag, value);
        world.add(mapi_services::LDAP, props).map(drop).map_err(|error| error.code())
    };
    assert_eq!(with(BASE, slapd::BASE), Ok(()));
    assert_eq!(with(BASE, "example.org"), Err(ErrorCode::INVALID_PARAMETER));
    assert_eq!(with(SECURITY, "maybe"), Err(ErrorCode::INVALID_PARAMETER));
    assert_eq!(with(AUTHORITIES, "relative.pem"), Err(ErrorCode::INVALID_PARAMETER));
    assert_eq!(with(HOST, "ldap://localhost/"), Err(ErrorCode::INVALID_PARAMETER));
    for setting in mapi_services::settings("ldap") {
        assert_eq!(mapi_services::is_secret(setting.tag), setting.name == "password");
    }
}
