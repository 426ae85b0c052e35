//! Logging on: which profile, which flags, what starts, and what a failing provider does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World, registration};
use mapi::provider::register;
use mapi::{
    AbContainer, Dialogs, ErrorCode, LogoffFlags, LogonFlags, LogonOptions, MdbFlags, NewService, Object,
    OpenFlags, ProfAdmin, Result, SectionFlags, Session,
};
use mapi_defs::prop::tags::{
    PR_COMMENT, PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_IDENTITY_ENTRYID, PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE, PR_STATUS_CODE, PR_SUBJECT,
};
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::{EntryId, FileTime, Guid};
use mapi_spi::support::SpoolerNotify;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

/// EXTENDED and NEW_SESSION.
const NEW: LogonFlags = LogonFlags(0x22);

fn by_flags(world: &World, flags: LogonFlags) -> Result<Session> {
    Session::logon(LogonOptions::flags(flags).home(&world.home).no_mail())
}

fn by_name(world: &World, name: &str, flags: LogonFlags) -> Result<Session> {
    Session::logon(LogonOptions::profile(name).with(flags).home(&world.home).no_mail())
}

#[test]
fn lc_09_a_session_is_of_the_profile_that_was_named() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let status = session.status().unwrap();
    let subsystem = status.iter().find(|row| row.long(PR_RESOURCE_TYPE) == Some(39)).unwrap();
    assert_eq!(subsystem.text(PR_DISPLAY_NAME), Some("P"));
    assert_eq!(session.profile_name().unwrap(), "P");
}

#[test]
fn lc_10_without_a_name_the_default_has_to_be_asked_for() {
    let world = World::new();
    let failed = ErrorCode::LOGON_FAILED;
    assert_eq!(code(by_flags(&world, NEW)), failed);
    assert_eq!(code(by_flags(&world, NEW | LogonFlags::EXPLICIT_PROFILE)), failed);
    assert_eq!(code(by_flags(&world, NEW | LogonFlags::UI)), failed, "nobody can be asked");
    for flags in [LogonFlags::NONE, LogonFlags::EXPLICIT_PROFILE, LogonFlags::NT_SERVICE | LogonFlags::UI] {
        let session = by_flags(&world, NEW | LogonFlags::USE_DEFAULT | flags).unwrap();
        assert_eq!(session.profile_name().unwrap(), "P");
    }
    ProfAdmin::new(&world.home).unwrap().set_default_profile(None).unwrap();
    assert_eq!(code(by_flags(&world, NEW | LogonFlags::USE_DEFAULT)), failed, "there is none");
}

#[test]
fn lc_11_an_unknown_profile_and_undefined_flags_are_refused() {
    let world = World::new();
    assert_eq!(code(by_name(&world, "NOPE", LogonFlags::NONE)), ErrorCode::LOGON_FAILED);
    assert_eq!(
        code(by_name(&world, "NOPE", LogonFlags::USE_DEFAULT)),
        ErrorCode::LOGON_FAILED,
        "a name wins"
    );
    assert_eq!(code(by_name(&world, "../P", LogonFlags::NONE)), ErrorCode::LOGON_FAILED);
    for undefined in [0x100, 0x80, 0x4000_0000] {
        assert_eq!(code(by_name(&world, "P", LogonFlags(undefined))), ErrorCode::UNKNOWN_FLAGS);
    }
    let mfc = LogonFlags::ALLOW_OTHERS | LogonFlags::UI | LogonFlags::EXPLICIT_PROFILE;
    by_name(&world, "P", mfc).unwrap();
    let hints = LogonFlags::APP_PROFILE
        | LogonFlags::BG_SESSION
        | LogonFlags::NT_SERVICE
        | LogonFlags::SERVICE_UI_ALWAYS
        | LogonFlags::UI
        | LogonFlags::PASSWORD_UI;
    assert_eq!(by_name(&world, "p", hints).unwrap().profile_name().unwrap(), "P", "case does not count");
}

#[test]
fn lc_16_a_name_has_at_most_64_characters() {
    let world = World::new();
    assert_eq!(code(by_name(&world, &"ä".repeat(65), LogonFlags::NONE)), ErrorCode::LOGON_FAILED);
    let longest = "ä".repeat(64);
    ProfAdmin::new(&world.home).unwrap().create_profile(&longest, &[]).unwrap();
    by_name(&world, &longest, LogonFlags::NONE).unwrap();
}

#[test]
fn profiles_have_no_password() {
    let world = World::new();
    let with = |password: &str| Session::logon(world.options().no_mail().password(password));
    with("").unwrap();
    assert_eq!(code(with("secret")), ErrorCode::LOGON_FAILED);
}

/// Chooses a profile, or gives up.
struct Person {
    chooses: Option<&'static str>,
    asked: std::sync::Mutex<Vec<Vec<String>>>,
}

impl Dialogs for Person {
    fn choose_profile(&self, names: &[String]) -> Result<String> {
        self.asked.lock().unwrap().push(names.to_vec());
        let gave_up = || mapi::Error::new(ErrorCode::USER_CANCEL, "test", "gave up");
        self.chooses.map(str::to_owned).ok_or_else(gave_up)
    }
}

#[test]
fn a_person_chooses_the_profile_where_the_flags_allow_it() {
    let world = World::new();
    let person = |chooses| Arc::new(Person { chooses, asked: std::sync::Mutex::default() });
    let logon = |flags: LogonFlags, person: &Arc<Person>| {
        let options = LogonOptions::flags(NEW | LogonFlags::NO_MAIL | flags).home(&world.home);
        Session::logon(options.dialogs(person.clone()))
    };
    let ann = person(Some("P"));
    for flags in [LogonFlags::NONE, LogonFlags::EXPLICIT_PROFILE, LogonFlags::UI | LogonFlags::NT_SERVICE] {
        assert_eq!(code(logon(flags, &ann)), ErrorCode::LOGON_FAILED);
    }
    logon(LogonFlags::UI | LogonFlags::USE_DEFAULT, &ann).unwrap();
    assert!(ann.asked.lock().unwrap().is_empty(), "nobody was asked");
    assert_eq!(logon(LogonFlags::UI, &ann).unwrap().profile_name().unwrap(), "P");
    assert_eq!(*ann.asked.lock().unwrap(), [["P"]]);
    assert_eq!(code(logon(LogonFlags::UI, &person(Some("NOPE")))), ErrorCode::LOGON_FAILED);
    assert_eq!(code(logon(LogonFlags::UI, &person(None))), ErrorCode::USER_CANCEL);
    ProfAdmin::new(&world.home).unwrap().set_default_profile(None).unwrap();
    logon(LogonFlags::UI | LogonFlags::USE_DEFAULT, &ann).unwrap();
    assert_eq!(ann.asked.lock().unwrap().len(), 2, "without a default a person is asked");
}

#[test]
fn lc_18_an_unconfigured_provider_is_configured_and_tried_once_more() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    world.script.fail("ms logon", ErrorCode::UNCONFIGURED);
    let _store = session.open_default_store().unwrap();
    assert_eq!(world.script.log()[..3], ["ms logon", "service Configure", "ms logon"]);
    let section = world.script.support("ms").profile_section(None).unwrap();
    let comment = section.props(Some(&[PR_COMMENT])).unwrap();
    assert_eq!(comment, [Prop::new(PR_COMMENT, "configured")], "what the service configured is kept");
    world.script.clear();
    for _ in 0..2 {
        world.script.fail("ab logon", ErrorCode::UNCONFIGURED);
    }
    assert!(session.open_address_book().unwrap().warning().unwrap().is_some());
    assert_eq!(world.script.log(), ["ab logon", "service Configure", "ab logon"], "once more, not twice");
}

#[test]
fn a_service_that_fails_is_not_called_again_and_the_session_lives() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    world.script.fail("ms logon", ErrorCode::FAILONEPROVIDER);
    assert_eq!(code(session.open_default_store()), ErrorCode::FAILONEPROVIDER);
    world.script.fail("ms logon", ErrorCode::CORRUPT_STORE);
    assert_eq!(code(session.open_default_store()), ErrorCode::CORRUPT_STORE);
    assert_eq!(code(session.open_default_store()), ErrorCode::CORRUPT_STORE);
    assert_eq!(world.script.count("ms logon"), 2, "after the failure nobody was called");
    assert!(session.open_address_book().unwrap().containers().unwrap().is_empty());
    assert_eq!(world.script.count("ab logon"), 0, "the service's other providers are not called either");
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_mail_session_lives_without_what_fails_at_its_start() {
    for failing in ["xp logon", "spooler ms logon", "spooler start"] {
        let world = World::new();
        world.script.fail(failing, ErrorCode::CALL_FAILED);
        let session = Session::logon(world.options()).unwrap();
        let status = session.status().unwrap();
        let spooler = status.iter().find(|row| row.long(PR_RESOURCE_TYPE) == Some(37)).unwrap();
        assert_eq!(spooler.long(PR_STATUS_CODE), Some(4), "{failing}");
        assert_eq!(code(session.queue()), ErrorCode::NO_SUPPORT, "{failing}");
        session.logoff(LogoffFlags::NONE).unwrap();
        let logons = world.script.count("xp logon") - usize::from(failing == "xp logon");
        assert_eq!(world.script.count("xp logoff"), logons, "{failing}");
        let logons = world.script.count("spooler ms logon") - usize::from(failing == "spooler ms logon");
        assert_eq!(world.script.count("spooler ms logoff"), logons, "{failing}");
    }
}

#[test]
fn the_spooler_is_given_the_default_store_the_transports_and_the_time() {
    struct Noon;
    impl mapi::Clock for Noon {
        fn now(&self) -> FileTime {
            FileTime(12)
        }
    }
    let world = World::new();
    let session = Session::logon(world.options().clock(Arc::new(Noon))).unwrap();
    let work = world.spooler.work();
    assert_eq!((work.now)(), FileTime(12));
    assert_eq!(session.now(), FileTime(12));
    assert_eq!(world.script.support("xp").now(), FileTime(12));
    assert_eq!(work.transports.iter().map(|transport| transport.name.as_str()).collect::<Vec<_>>(), ["XP"]);
    assert!(work.lease.starts_with(world.home.run()), "{:?}", work.lease);
}

#[test]
fn support_objects_wake_the_spooler_deliver_and_keep_settings() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let (ms, xp) = (world.script.support("ms"), world.script.support("xp"));
    ms.spooler_notify(SpoolerNotify::ReadyToSend).unwrap();
    assert_eq!(world.script.count("spooler wake"), 1);
    let message =
        world.spooler.work().store.open_entry(&RecordingStore::message_id(), OpenFlags::NONE).unwrap();
    let mapi_spi::container::Opened::Message(message) = message else { panic!("a message") };
    let delivered = xp.deliver(&*message, b"key").unwrap();
    assert_eq!(delivered.entry_id, RecordingStore::message_id());
    assert_eq!(world.script.count("spooler ms deliver"), 1, "through the spooler's own logon");
    assert_eq!(code(ms.deliver(&*message, b"key")), ErrorCode::NO_SUPPORT, "a store delivers nothing");
    assert_ne!(ms.new_uid(), ms.new_uid());

    let section = ms.profile_section(None).unwrap();
    assert!(section.set_props(&[Prop::new(PR_COMMENT, "mine")]).unwrap().is_empty());
    let other = xp.profile_section(None).unwrap().props(Some(&[PR_COMMENT])).unwrap();
    assert_ne!(other[0].value, "mine".into(), "a provider's own section is its own");
    let problems = section.set_props(&[Prop::new(mapi_defs::prop::PropTag(0x67F0_001F), "secret")]).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    let hidden = section.props(None).unwrap().iter().all(|prop| prop.tag.id() != 0x67F0);
    assert!(hidden, "a provider may keep a password, which no listing has");
    let mut columns = PropList::new();
    columns.set(PR_STATUS_CODE, 0x10_0001);
    xp.modify_status_row(columns).unwrap();
    let status = session.status().unwrap();
    let row = status.iter().find(|row| row.long(PR_RESOURCE_TYPE) == Some(36)).unwrap();
    assert_eq!(
        (row.long(PR_STATUS_CODE), row.text(PR_DISPLAY_NAME)),
        (Some(0x10_0001), Some("Test transport"))
    );
    drop(store);
}

#[test]
fn the_session_s_tables_are_live() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let status = session.status_table().unwrap();
    let rows = status.query_all_rows(&[PR_RESOURCE_TYPE, PR_STATUS_CODE]).unwrap();
    let mut kinds: Vec<_> = rows.iter().filter_map(|row| row.long(PR_RESOURCE_TYPE)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [34, 36, 37, 39]);
    let stores = session.msg_stores_table().unwrap();
    let name = |table: &mapi::Table| table.query_all_rows(&[PR_DISPLAY_NAME]).unwrap();
    assert_eq!(name(&stores)[0].text(PR_DISPLAY_NAME), Some("Test store"));
    let (told, hear) = std::sync::mpsc::channel();
    let sink = move |_: &[mapi_defs::notification::Notification]| told.send(()).unwrap_or(());
    status.advise(mapi_defs::notification::EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    let store = session.open_default_store().unwrap();
    hear.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(status.row_count().unwrap(), 5);
    assert_eq!(name(&stores)[0].text(PR_DISPLAY_NAME), Some("The store"));
    drop(store);
    assert_eq!(status.row_count().unwrap(), 4);
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.left_open_count, account.advises_cancelled), (2, 1));
    assert_eq!(code(status.row_count()), ErrorCode::INVALID_OBJECT);
}

#[test]
fn stores_are_listed_opened_by_their_row_and_shared() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let rows = session.stores().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].value(PR_DEFAULT_STORE).and_then(|value| value.as_boolean()), Some(true));
    let before = EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap());
    let first = session.open_msg_store(&before, OpenFlags::MODIFY).unwrap();
    // From now on the row shows what the store says of itself; the identifier of before still works.
    let rows = session.stores().unwrap();
    assert_eq!(rows[0].text(PR_DISPLAY_NAME), Some("The store"));
    let after = EntryId::from_bytes(rows[0].binary(PR_ENTRYID).unwrap());
    assert_ne!(before, after);
    let second = session.open_msg_store(&after, OpenFlags::MODIFY).unwrap();
    assert!(session.compare_entry_ids(&before, &after).unwrap());
    assert_eq!(world.script.count("ms logon"), 1, "one logon for both");
    let read_only = session.open_msg_store(&after, OpenFlags::NONE).unwrap();
    assert_eq!(world.script.count("ms logon"), 2, "another way of access is another logon");
    assert_eq!(
        code(session.open_msg_store(&EntryId::default(), OpenFlags::NONE)),
        ErrorCode::INVALID_PARAMETER
    );
    assert_eq!(code(session.open_msg_store(&after, MdbFlags(0x4000))), ErrorCode::UNKNOWN_FLAGS);
    let foreign = EntryId::new(Guid([1; 16]), b"");
    assert_eq!(code(session.open_msg_store(&foreign, OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    assert_eq!(code(session.open_entry(&foreign, OpenFlags::NONE)), ErrorCode::UNKNOWN_ENTRYID);
    assert_eq!(code(session.open_entry(&EntryId::default(), OpenFlags::NONE)), ErrorCode::INVALID_PARAMETER);
    let opened = session.open_entry(&RecordingStore::message_id(), OpenFlags::NONE).unwrap();
    let mapi::Opened::Message(message) = opened else { panic!("a message") };
    assert_eq!(message.text(PR_SUBJECT).unwrap().as_deref(), Some("a subject"));
    assert!(matches!(session.open_entry(&after, OpenFlags::MODIFY).unwrap(), mapi::Opened::MsgStore(_)));
    drop((first, second, read_only));
}

#[test]
fn two_threads_that_open_a_store_share_its_one_logon() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let (entered, go) = world.script.hold("ms logon");
    thread::scope(|scope| {
        let first = scope.spawn(|| session.open_default_store().unwrap());
        entered.recv().unwrap();
        let second = scope.spawn(|| session.open_default_store().unwrap());
        go.send(()).unwrap();
        let stores = (first.join().unwrap(), second.join().unwrap());
        assert_eq!(world.script.count("ms logon"), 1);
        drop(stores);
    });
}

#[test]
fn a_logon_that_does_not_return_does_not_hold_others_for_ever() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail().patience(Duration::from_millis(30))).unwrap();
    let (entered, go) = world.script.hold("ms logon");
    thread::scope(|scope| {
        let first = scope.spawn(|| session.open_default_store());
        entered.recv().unwrap();
        assert_eq!(code(session.open_default_store()), ErrorCode::TIMEOUT);
        go.send(()).unwrap();
        first.join().unwrap().unwrap();
    });
}

#[test]
fn identity_comes_from_the_status_rows() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    assert!(!session.query_identity().unwrap().is_known);
    let mut columns = PropList::new();
    columns.set(PR_IDENTITY_ENTRYID, vec![9_u8; 24]);
    columns.set(PR_RESOURCE_FLAGS, 0x4);
    world.script.support("xp").modify_status_row(columns).unwrap();
    let identity = session.query_identity().unwrap();
    assert!(identity.is_known);
    assert_eq!(identity.entry_id, EntryId::from_bytes([9; 24]));
}

#[test]
fn sections_of_services_are_theirs_and_a_program_has_its_own() {
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let services = session.admin_services().unwrap().services();
    for uid in [services[0].uid, services[0].providers[0].uid] {
        assert_eq!(code(session.open_profile_section(uid, SectionFlags::NONE)), ErrorCode::NO_ACCESS);
    }
    let mine = Guid([3; 16]);
    assert_eq!(code(session.open_profile_section(mine, SectionFlags::NONE)), ErrorCode::NOT_FOUND);
    let section = session.open_profile_section(mine, SectionFlags::MODIFY).unwrap();
    section.set(PR_COMMENT, "kept").unwrap();
    drop(section);
    session.logoff(LogoffFlags::NONE).unwrap();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let section = session.open_profile_section(mine, SectionFlags::NONE).unwrap();
    assert_eq!(section.text(PR_COMMENT).unwrap().as_deref(), Some("kept"));
    assert_eq!(code(section.set(PR_COMMENT, "x")), ErrorCode::NO_ACCESS);
    let instance = mapi_defs::guids::MUID_PROFILE_INSTANCE;
    let instance = session.open_profile_section(instance, SectionFlags::NONE).unwrap();
    assert_eq!(instance.binary(mapi_defs::prop::tags::PR_SEARCH_KEY).unwrap().unwrap().len(), 16);
}

#[test]
fn one_provider_object_serves_services_of_the_same_name() {
    let world = World::new();
    register("TWICE", registration(&world.script));
    let admin = ProfAdmin::new(&world.home).unwrap();
    admin.create_profile("Two", &[NewService::named("TWICE"), NewService::named("TWICE")]).unwrap();
    world.script.clear();
    let options = LogonOptions::profile("Two").home(&world.home).no_mail();
    let session = Session::logon(options).unwrap();
    let rows = session.stores().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| EntryId::from_bytes(row.binary(PR_ENTRYID).unwrap())).collect();
    let stores: Vec<_> = ids.iter().map(|id| session.open_msg_store(id, OpenFlags::NONE).unwrap()).collect();
    let containers: Vec<AbContainer> = session.open_address_book().unwrap().containers().unwrap();
    assert_eq!((stores.len(), containers.len()), (2, 2));
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((world.script.count("ms logoff"), world.script.count("ms shutdown")), (2, 1));
    assert_eq!((world.script.count("ab logoff"), world.script.count("ab shutdown")), (2, 1));
}
