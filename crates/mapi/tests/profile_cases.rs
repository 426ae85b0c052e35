//! Profiles as programs administer them: the cases A30-A36 and A52 of profiles, and those of a profile
//! in use.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use doubles::recorder::Recorder;
use mapi::{
    ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, NewService, Object, ProfAdmin, ProfileFlags, Result,
    SectionFlags, ServiceFlags, Session,
};
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::prop::tags::{
    PR_COMMENT, PR_DEFAULT_PROFILE, PR_DISPLAY_NAME, PR_PROFILE_NAME, PR_SEARCH_KEY, PR_SERVICE_NAME,
};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::ServiceContext;
use std::fs;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn home() -> (tempfile::TempDir, Home, Mapi, ProfAdmin) {
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let admin = ProfAdmin::new(&home).unwrap();
    (folder, home, mapi, admin)
}

fn names(admin: &ProfAdmin) -> Vec<String> {
    let rows = admin.profile_table().unwrap().query_all_rows(&[PR_DISPLAY_NAME]).unwrap();
    rows.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap().to_owned()).collect()
}

fn search_key(admin: &ProfAdmin, profile: &str) -> Vec<u8> {
    let services = admin.services(profile).unwrap();
    let section = services.open_profile_section(MUID_PROFILE_INSTANCE, SectionFlags::NONE).unwrap();
    let props = section.props(Some(&[PR_SEARCH_KEY, PR_PROFILE_NAME])).unwrap();
    assert_eq!(props[1].value.as_text(), Some(profile));
    props[0].value.as_binary().unwrap().to_vec()
}

#[test]
fn ap_30_a_second_profile_of_a_name_is_refused_without_a_trace() {
    let (_folder, home, _mapi, admin) = home();
    let service = Recorder::new();
    let new = [NewService::named(&service.name)];
    admin.create_profile("T", &new).unwrap();
    let files = || fs::read_dir(home.stores()).unwrap().count();
    let before = files();
    service.calls();
    let refused = admin.create_profile("T", &new).unwrap_err();
    assert_eq!(refused.code().as_u32(), 0x8007_0005);
    assert_eq!(code(admin.create_profile("t", &new)), ErrorCode::NO_ACCESS, "in either case");
    assert_eq!(names(&admin), ["T"]);
    assert!(service.calls().is_empty(), "no service was asked");
    assert_eq!(files(), before, "nothing is left");
}

#[test]
fn ap_31_the_profile_table_has_two_columns_and_never_changes() {
    let (_folder, _home, _mapi, admin) = home();
    admin.create_profile("One", &[]).unwrap();
    admin.create_profile("Two", &[]).unwrap();
    let table = admin.profile_table().unwrap();
    assert_eq!(table.columns().unwrap(), [PR_DEFAULT_PROFILE, PR_DISPLAY_NAME]);
    let (told, hear) = std::sync::mpsc::channel();
    let sink = move |_: &[mapi_defs::notification::Notification]| told.send(()).unwrap_or(());
    let mask = mapi_defs::notification::EventMask::TABLE_MODIFIED;
    let connection = table.advise(mask, std::sync::Arc::new(sink)).unwrap();
    admin.create_profile("Three", &[]).unwrap();
    assert_eq!(table.query_rows(10).unwrap().len(), 2);
    assert_eq!(table.row_count().unwrap(), 2);
    assert!(hear.try_recv().is_err(), "and tells nobody");
    table.unadvise(connection).unwrap();
    assert_eq!(names(&admin).len(), 3, "a new table has it");
}

#[test]
fn ap_32_one_profile_at_most_is_the_default() {
    let (_folder, home, _mapi, admin) = home();
    admin.create_profile("T1", &[]).unwrap();
    admin.create_profile("T2", &[]).unwrap();
    let default = || -> Vec<String> {
        let rows =
            admin.profile_table().unwrap().query_all_rows(&[PR_DEFAULT_PROFILE, PR_DISPLAY_NAME]).unwrap();
        let is_default =
            |row: &&mapi_defs::row::Row| row.value(PR_DEFAULT_PROFILE).unwrap().as_boolean().unwrap();
        rows.iter().filter(is_default).map(|row| row.text(PR_DISPLAY_NAME).unwrap().to_owned()).collect()
    };
    assert!(default().is_empty());
    for name in ["T1", "T2"] {
        admin.set_default_profile(Some(name)).unwrap();
        assert_eq!(default(), [name]);
        let session = Session::logon(LogonOptions::default_profile().home(&home).no_mail()).unwrap();
        assert_eq!(session.profile_name().unwrap(), name, "and it is what sessions begin with");
    }
    assert_eq!(code(admin.set_default_profile(Some("T3"))), ErrorCode::NOT_FOUND);
    assert_eq!(default(), ["T2"]);
    admin.delete_profile("T2").unwrap();
    assert!(default().is_empty(), "deleting it leaves none");
    admin.set_default_profile(Some("T1")).unwrap();
    admin.set_default_profile(None).unwrap();
    assert!(default().is_empty());
}

#[test]
fn ap_33_what_is_not_there_cannot_be_deleted() {
    let (_folder, _home, _mapi, admin) = home();
    let missing = admin.delete_profile("Missing").unwrap_err();
    assert_eq!(missing.code().as_u32(), 0x8004_010F);
    assert_eq!(code(admin.copy_profile("Missing", "X")), ErrorCode::NOT_FOUND);
    assert_eq!(code(admin.rename_profile("Missing", "X")), ErrorCode::NOT_FOUND);
    let service = Recorder::new();
    admin.create_profile("T", &[NewService::named(&service.name)]).unwrap();
    service.calls();
    admin.delete_profile("T").unwrap();
    assert_eq!(service.contexts(), [ServiceContext::Delete], "each service is told, once");
    assert!(names(&admin).is_empty());
    assert_eq!(code(admin.delete_profile("T")), ErrorCode::NOT_FOUND);
}

#[test]
fn ap_34_a_copy_has_the_same_services_and_an_identity_of_its_own() {
    let (_folder, _home, _mapi, admin) = home();
    let (one, two) = (Recorder::new(), Recorder::new());
    admin.create_profile("T1", &[NewService::named(&one.name), NewService::named(&two.name)]).unwrap();
    let original = admin.services("T1").unwrap();
    original
        .set_transport_order(&{
            let rows = original.services();
            [rows[1].providers[1].uid, rows[0].providers[1].uid]
        })
        .unwrap();
    one.calls();
    admin.copy_profile("T1", "T3").unwrap();
    assert!(one.calls().is_empty(), "no service is asked");
    let copy = admin.services("T3").unwrap();
    let service_names = |services: &mapi::MsgServiceAdmin| -> Vec<String> {
        let rows = services.service_table().unwrap().query_all_rows(&[PR_SERVICE_NAME]).unwrap();
        rows.iter().map(|row| row.text(PR_SERVICE_NAME).unwrap().to_owned()).collect()
    };
    assert_eq!(service_names(&copy), service_names(&original));
    assert_ne!(search_key(&admin, "T1"), search_key(&admin, "T3"));
    let uids = |services: &mapi::MsgServiceAdmin| -> Vec<_> {
        let rows = services.services().into_iter();
        rows.flat_map(|row| row.providers.into_iter().map(|one| one.uid).chain([row.uid])).collect()
    };
    let (old, new) = (uids(&original), uids(&copy));
    assert_eq!(old.len(), new.len());
    assert!(new.iter().all(|uid| !old.contains(uid)), "every section has a new identity");
    // Copies are deep: what happens to one happens to it alone.
    let section =
        copy.open_profile_section(new[0], SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS).unwrap();
    section.set_props(&[mapi_defs::prop::Prop::new(PR_COMMENT, "copy")]).unwrap();
    assert_eq!(original.section(old[0]).unwrap().text(PR_COMMENT), None);
    let kept = search_key(&admin, "T3");
    admin.rename_profile("T3", "T4").unwrap();
    assert_eq!(search_key(&admin, "T4"), kept, "a new name is no new identity");
}

#[test]
fn ap_35_a_profile_in_use_is_renamed_when_its_last_session_ends() {
    let world = World::new();
    let admin = ProfAdmin::new(&world.home).unwrap();
    let session = Session::logon(world.options().no_mail()).unwrap();
    admin.rename_profile("P", "U").unwrap();
    assert_eq!(names(&admin), ["P"]);
    assert_eq!(session.profile_name().unwrap(), "P");
    session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(names(&admin), ["U"]);
    admin.change_profile_password("U", "old", "new").unwrap();
    admin.change_profile_password("nobody", "", "").unwrap();
    Session::logon(LogonOptions::profile("U").home(&world.home).no_mail()).unwrap();
}

#[test]
fn ap_36_services_of_a_missing_profile_cannot_be_administered() {
    let (_folder, _home, _mapi, admin) = home();
    assert_eq!(admin.services("Missing").unwrap_err().code().as_u32(), 0x8004_0111);
}

#[test]
fn profiles_of_one_program_need_the_flag_and_are_in_no_list() {
    let (_folder, home, _mapi, admin) = home();
    let own = admin.with_flags(ProfileFlags::APP_PROFILE);
    own.create_profile("Own", &[]).unwrap();
    assert!(names(&admin).is_empty() && admin.profiles().unwrap().is_empty());
    for refused in
        [admin.delete_profile("Own"), admin.copy_profile("Own", "X"), admin.rename_profile("Own", "X")]
    {
        assert_eq!(code(refused), ErrorCode::NO_ACCESS);
    }
    assert_eq!(code(admin.create_profile("own", &[])), ErrorCode::NO_ACCESS);
    let not_the_default = admin.set_default_profile(Some("Own")).unwrap_err();
    assert_eq!(not_the_default.code().as_u32(), 0x8000_4005);
    Session::logon(LogonOptions::profile("Own").home(&home).no_mail()).unwrap();
    own.copy_profile("Own", "Copy").unwrap();
    assert_eq!(code(admin.delete_profile("Copy")), ErrorCode::NO_ACCESS, "a copy is one as well");
    own.rename_profile("Own", "Renamed").unwrap();
    own.delete_profile("Renamed").unwrap();
    own.delete_profile("Copy").unwrap();
    assert!(
        fs::read_dir(home.profiles())
            .unwrap()
            .all(|entry| { entry.unwrap().file_name().to_str().unwrap().starts_with('.') })
    );
    let unknown = admin.with_flags(ProfileFlags(0x40));
    assert_eq!(code(unknown.create_profile("X", &[])), ErrorCode::UNKNOWN_FLAGS);
    assert_eq!(code(unknown.delete_profile("X")), ErrorCode::UNKNOWN_FLAGS);
}

#[test]
fn ap_37_default_services_find_their_sections_filled() {
    let (_folder, home, _mapi, admin) = home();
    let (one, two) = (Recorder::new(), Recorder::new());
    let lines = |name: &str| format!("{name}=Recorder\n");
    let inf = format!(
        "[Services]\n{}{}[Default Services]\n{}{}",
        lines(&one.name),
        lines(&two.name),
        lines(&two.name),
        lines(&one.name)
    );
    fs::write(home.inf_file(), inf).unwrap();
    let admin = admin.with_flags(ProfileFlags::DEFAULT_SERVICES | ProfileFlags::DIALOG);
    admin.create_profile("T", &[]).unwrap();
    for recorder in [&one, &two] {
        let calls = recorder.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].context.value(), 2);
        assert_eq!(calls[0].flags, ServiceFlags::UI_ALLOWED, "MAPI_DIALOG is not MSG_SERVICE_UI_READ_ONLY");
        assert!(calls[0].props.is_empty());
        assert_eq!(calls[0].providers.len(), 3);
        for row in &calls[0].providers {
            let library = row.text(mapi_defs::prop::tags::PR_PROVIDER_DLL_NAME);
            assert!(library.is_some(), "a provider's section was filled before: {row:?}");
        }
    }
    let rows = admin.services("T").unwrap().service_table().unwrap();
    let rows = rows.query_all_rows(&[PR_SERVICE_NAME]).unwrap();
    let order: Vec<_> = rows.iter().filter_map(|row| row.text(PR_SERVICE_NAME)).collect();
    assert_eq!(order, [two.name.as_str(), one.name.as_str()], "in the order of the file");
    // Where one of them fails, nothing of the profile is left.
    one.fail(ServiceContext::Create, ErrorCode::USER_CANCEL, "no");
    assert_eq!(code(admin.create_profile("T2", &[])), ErrorCode::USER_CANCEL);
    assert_eq!(admin.last_error(ErrorCode::USER_CANCEL).unwrap().detail(), "no");
    assert_eq!(names(&admin), ["T"]);
    assert_eq!(fs::read_dir(home.stores()).unwrap().count(), 1);
}

#[test]
fn ap_52_every_profile_has_a_key_of_its_own() {
    let (_folder, _home, _mapi, admin) = home();
    admin.create_profile("One", &[]).unwrap();
    admin.create_profile("Two", &[]).unwrap();
    let keys = [search_key(&admin, "One"), search_key(&admin, "Two")];
    assert_ne!(keys[0], keys[1]);
    for key in keys {
        assert_eq!(key.len(), 16);
        assert_ne!(key, MUID_PROFILE_INSTANCE.0);
    }
    let services = admin.services("One").unwrap();
    for flags in [SectionFlags::MODIFY, SectionFlags::MODIFY | SectionFlags::FORCE_ACCESS] {
        assert_eq!(code(services.open_profile_section(MUID_PROFILE_INSTANCE, flags)), ErrorCode::NO_ACCESS);
    }
    // The name may be given again, to another profile.
    let old = search_key(&admin, "One");
    admin.delete_profile("One").unwrap();
    admin.create_profile("One", &[]).unwrap();
    assert_ne!(search_key(&admin, "One"), old);
}

#[test]
fn lc_78_a_profile_is_deleted_with_its_last_session() {
    let world = World::new();
    let admin = ProfAdmin::new(&world.home).unwrap();
    let first = Session::logon(world.options().no_mail()).unwrap();
    let second = Session::logon(world.options().no_mail()).unwrap();
    admin.delete_profile("P").unwrap();
    assert!(names(&admin).is_empty(), "what is marked is not listed");
    first.logoff(LogoffFlags::NONE).unwrap();
    assert!(world.home.profiles().join("p.json").exists());
    let store = second.open_default_store().unwrap();
    store.props(Some(&[PR_DISPLAY_NAME])).unwrap();
    assert_eq!(world.script.count("service Delete"), 0);
    second.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!(world.script.count("service Delete"), 1);
    assert!(!world.home.profiles().join("p.json").exists());
    assert_eq!(admin.delete_profile("P").unwrap_err().code().as_u32(), 0x8004_010F);
}

#[test]
fn lc_26_a_missing_section_is_made_for_writing_alone() {
    const MINE: mapi_defs::Guid = mapi_defs::Guid([0x26; 16]);
    let world = World::new();
    let session = Session::logon(world.options().no_mail()).unwrap();
    let missing = session.open_profile_section(MINE, SectionFlags::NONE).unwrap_err();
    assert_eq!(missing.code().as_u32(), 0x8004_010F);
    let section = session.open_profile_section(MINE, SectionFlags::MODIFY).unwrap();
    section.set(PR_COMMENT, "kept").unwrap();
    drop(section);
    let section = session.open_profile_section(MINE, SectionFlags::NONE).unwrap();
    assert_eq!(section.text(PR_COMMENT).unwrap().as_deref(), Some("kept"));
    assert_eq!(code(section.set(PR_COMMENT, "no")), ErrorCode::NO_ACCESS);
    assert_eq!(code(session.open_profile_section(MINE, SectionFlags(0x2))), ErrorCode::UNKNOWN_FLAGS);
}

#[test]
fn lc_30_what_is_administered_binds_the_next_session() {
    let world = World::new();
    let admin = ProfAdmin::new(&world.home).unwrap();
    let second = Recorder::new();
    let mine = admin.services("P").unwrap().create_service_ex(&second.name, None).unwrap();
    let provider = admin.services("P").unwrap().services()[1].providers[0].uid;
    let session = Session::logon(world.options().no_mail()).unwrap();
    let stores = || session.stores().unwrap();
    assert_eq!(stores().len(), 2);
    let services = session.admin_services().unwrap();
    services.delete_service(mine).unwrap();
    assert_eq!(stores().len(), 2, "the session still lists the store");
    let id = stores()[1].binary(mapi_defs::prop::tags::PR_ENTRYID).unwrap().to_vec();
    let id = mapi_defs::EntryId::from_bytes(id);
    session.open_msg_store(&id, mapi::MdbFlags::BEST_ACCESS).unwrap();
    assert!(second.script.log().iter().any(|call| call.starts_with("ms logon")), "and opens it");
    // What the session itself writes does not let in what others did.
    let section = session.open_profile_section(mapi_defs::Guid([0x30; 16]), SectionFlags::MODIFY).unwrap();
    section.set(PR_COMMENT, "kept").unwrap();
    assert_eq!(stores().len(), 2);
    session.open_msg_store(&id, mapi::MdbFlags::BEST_ACCESS).unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
    let next = Session::logon(world.options().no_mail()).unwrap();
    assert_eq!(next.stores().unwrap().len(), 1);
    let left = admin.services("P").unwrap();
    assert_eq!(left.services().len(), 1);
    for gone in [mine, provider] {
        assert_eq!(code(left.section(gone)), ErrorCode::NOT_FOUND, "nothing of it came back");
    }
}
