//! Services and providers of a profile as programs administer them: the cases A38-A50, A54 and A55 of
//! profiles. What only files and libraries can show is `services_by_file.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::recorder::Recorder;
use mapi::profile::ProviderKind;
use mapi::provider::{ProviderFactory, register};
use mapi::{
    Error, ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, MsgServiceAdmin, NewService, Object, ProfAdmin,
    Result, SectionFlags, ServiceFlags, Session, Table,
};
use mapi_defs::Guid;
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_COMMENT, PR_DISPLAY_NAME, PR_ENTRYID, PR_IDENTITY_ENTRYID, PR_OBJECT_TYPE, PR_PROFILE_NAME,
    PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_PROVIDER_ORDINAL, PR_PROVIDER_UID, PR_RESOURCE_FLAGS,
    PR_RESOURCE_TYPE, PR_SERVICE_NAME, PR_SERVICE_UID,
};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropTag, PropValue};
use mapi_defs::row::Row;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::ServiceContext;
use std::sync::{Arc, Mutex};

const FORCED: SectionFlags = SectionFlags::FORCE_ACCESS;

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

/// A home with a profile "T" without services.
struct World {
    admin: ProfAdmin,
    home: Home,
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let admin = ProfAdmin::new(&home).unwrap();
        admin.create_profile("T", &[]).unwrap();
        Self { admin, home, _mapi: mapi, _folder: folder }
    }

    fn services(&self) -> MsgServiceAdmin {
        self.admin.services("T").unwrap()
    }

    fn session(&self) -> Session {
        Session::logon(LogonOptions::profile("T").home(&self.home).no_mail()).unwrap()
    }
}

fn rows(table: &Table, columns: &[PropTag]) -> Vec<Row> {
    table.query_all_rows(columns).unwrap()
}

fn uids(table: &Table, column: PropTag) -> Vec<MapiUid> {
    let uid = |row: &Row| Guid(row.binary(column).unwrap().try_into().unwrap());
    rows(table, &[column]).iter().map(uid).collect()
}

fn value(section: &dyn MapiProp, tag: PropTag) -> PropValue {
    section.props(Some(&[tag])).unwrap().remove(0).value
}

#[test]
fn ap_38_create_msg_service_ex_returns_the_uid_of_its_row() {
    let world = World::new();
    let service = Recorder::new();
    let services = world.services().with_flags(ServiceFlags::UI_ALLOWED | ServiceFlags::UNICODE);
    let uid = services.create_service_ex(&service.name, Some("ignored, as the service has a name")).unwrap();
    let calls = service.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].context.value(), calls[0].props.len()), (2, 0));
    assert_eq!(calls[0].flags, ServiceFlags::UI_ALLOWED | ServiceFlags::UNICODE, "flags pass unchanged");
    assert_eq!(calls[0].section.binary(PR_SERVICE_UID), Some(&uid.0[..]));
    assert_eq!(calls[0].providers.len(), 3, "the providers' sections were there");
    let all = [33, 36, 35].map(Some);
    let kinds: Vec<_> = calls[0].providers.iter().map(|row| row.long(PR_RESOURCE_TYPE)).collect();
    assert_eq!(kinds, all);
    let table = services.service_table().unwrap();
    assert_eq!(uids(&table, PR_SERVICE_UID), [uid]);
    assert_eq!(rows(&table, &[PR_DISPLAY_NAME])[0].text(PR_DISPLAY_NAME), Some("Test service"));
    assert_eq!(code(services.create_service_ex("NOT THERE", None)), ErrorCode::NOT_FOUND);
    assert_eq!(
        code(services.with_flags(ServiceFlags(0x40)).create_service_ex(&service.name, None)),
        ErrorCode::UNKNOWN_FLAGS
    );
    // What the entry refuses leaves nothing; what it cannot know yet is no refusal.
    service.fail(ServiceContext::Create, ErrorCode::USER_CANCEL, "no");
    assert_eq!(code(services.create_service_ex(&service.name, None)), ErrorCode::USER_CANCEL);
    assert_eq!(services.services().len(), 1);
    service.fail(ServiceContext::Create, ErrorCode::UNCONFIGURED, "later");
    services.create_service_ex(&service.name, None).unwrap();
    assert_eq!(services.services().len(), 2, "in the order of creation, the newest last");
}

#[test]
fn ap_39_a_single_copy_service_is_there_once() {
    const SINGLE_COPY: i32 = 0x2;
    let world = World::new();
    let service = Recorder::with(|known| known.prop(PR_RESOURCE_FLAGS, SINGLE_COPY));
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    service.calls();
    assert_eq!(code(services.create_service_ex(&service.name, None)), ErrorCode::NO_ACCESS);
    assert_eq!(code(services.copy_service(uid, &services)), ErrorCode::NO_ACCESS);
    assert!(service.calls().is_empty());
    assert_eq!(uids(&services.service_table().unwrap(), PR_SERVICE_UID), [uid]);
    world.admin.create_profile("Other", &[]).unwrap();
    let other = world.admin.services("Other").unwrap();
    services.copy_service(uid, &other).unwrap();
    assert_eq!(code(services.copy_service(uid, &other)), ErrorCode::NO_ACCESS);
}

#[test]
fn a_copied_service_has_the_same_settings_and_its_entry_is_not_called() {
    const EXTRA: MapiUid = Guid([0xE1; 16]);
    let extra = || [Prop::new(PR_COMMENT, "extra")].into_iter().collect::<PropList>();
    let world = World::new();
    let service = Recorder::with(|known| known.section(EXTRA, extra()));
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    let mut props = PropList::new();
    props.set(PR_COMMENT, "mine");
    services.configure_service(uid, props).unwrap();
    world.admin.create_profile("Other", &[]).unwrap();
    let other = world.admin.services("Other").unwrap();
    service.calls();
    let copy = services.copy_service(uid, &other).unwrap();
    assert!(service.calls().is_empty());
    assert_ne!(copy, uid);
    assert_eq!(other.section(copy).unwrap().text(PR_COMMENT), Some("mine"));
    assert_eq!(other.section(EXTRA).unwrap().text(PR_COMMENT), Some("extra"));
    let of = |services: &MsgServiceAdmin| uids(&services.provider_table().unwrap(), PR_PROVIDER_UID);
    assert_eq!(of(&other).len(), of(&services).len());
    assert!(of(&other).iter().all(|uid| !of(&services).contains(uid)));
    assert_eq!(code(services.copy_service(Guid([9; 16]), &other)), ErrorCode::NOT_FOUND);
    let twice = services.copy_service(uid, &services).unwrap();
    services.delete_service(uid).unwrap();
    assert_eq!(services.section(EXTRA).unwrap().text(PR_COMMENT), Some("extra"), "the other still has it");
    services.delete_service(twice).unwrap();
    assert_eq!(code(services.section(EXTRA)), ErrorCode::NOT_FOUND);
}

#[test]
fn ap_40_what_a_service_says_to_its_configuration_reaches_the_caller() {
    let world = World::new();
    let service = Recorder::new();
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    service.calls();
    let props: PropList =
        [Prop::new(PR_COMMENT, "one"), Prop::new(PropTag(0x6700_001F), "two")].into_iter().collect();
    service.fail(ServiceContext::Configure, ErrorCode::EXTENDED_ERROR, "the server has moved");
    let refused = services.configure_service(uid, props.clone()).unwrap_err();
    assert_eq!(refused.code().as_u32(), 0x8004_0119);
    let calls = service.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].context.value(), 3);
    assert_eq!(calls[0].props, props.iter().cloned().collect::<Vec<_>>());
    let said = services.last_error(refused.code()).unwrap();
    assert_eq!(said.detail(), "the server has moved");
    assert!(services.last_error(ErrorCode::NOT_FOUND).is_none(), "of another code nothing is known");
    assert_eq!(services.section(uid).unwrap().text(PR_COMMENT), None, "nothing was changed");

    assert_eq!(code(services.configure_service(Guid([9; 16]), PropList::new())), ErrorCode::NOT_FOUND);
    register("NO ENTRY", mapi::provider::Registration::new("Without"));
    let without = services.create_service_ex("NO ENTRY", None).unwrap();
    let refused = services.configure_service(without, props.clone()).unwrap_err();
    assert_eq!(refused.code().as_u32(), 0x8004_0605);

    service.on(ServiceContext::Configure, |call| {
        let section = call.providers.open_profile_section(None, SectionFlags::MODIFY)?;
        section.set_props(call.props)?;
        Err(Error::new(ErrorCode::USER_CANCEL, "Recorder", "after it has written"))
    });
    assert_eq!(code(services.configure_service(uid, props.clone())), ErrorCode::USER_CANCEL);
    assert_eq!(services.section(uid).unwrap().text(PR_COMMENT), None, "what failed has no effect");
    service.on(ServiceContext::Configure, |call| call.save(&call.configured()?));
    let read_only = services.with_flags(ServiceFlags::UI_READ_ONLY);
    service.calls();
    read_only.configure_service(uid, props).unwrap();
    assert_eq!(service.calls()[0].flags, ServiceFlags::UI_READ_ONLY);
    assert_eq!(world.services().section(uid).unwrap().text(PR_COMMENT), Some("one"), "it is in the file");
}

#[test]
fn ap_41_a_service_is_told_of_its_deletion_and_goes_whatever_it_says() {
    let world = World::new();
    let service = Recorder::new();
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    let providers = uids(&services.provider_table().unwrap(), PR_PROVIDER_UID);
    service.calls();
    service.fail(ServiceContext::Delete, ErrorCode::NO_SUPPORT, "no");
    services.delete_service(uid).unwrap();
    let calls = service.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].context.value(), 4);
    assert_eq!(calls[0].providers.len(), 3, "while its sections are still there");
    for gone in providers.into_iter().chain([uid]) {
        assert_eq!(code(services.open_profile_section(gone, FORCED)), ErrorCode::NOT_FOUND);
    }
    let unknown = services.delete_service(uid).unwrap_err();
    assert_eq!(unknown.code().as_u32(), 0x8004_010F);
    assert!(service.calls().is_empty());
}

#[test]
fn ap_42_the_end_of_a_session_calls_no_entry() {
    let world = World::new();
    let service = Recorder::new();
    world.services().create_service_ex(&service.name, None).unwrap();
    let session = world.session();
    session.open_default_store().unwrap();
    service.calls();
    session.logoff(LogoffFlags::NONE).unwrap();
    drop(session);
    let World { _mapi: mapi, .. } = world;
    drop(mapi);
    assert!(service.calls().is_empty(), "of no context");
}

#[test]
fn ap_43_the_order_of_transports_is_set_as_a_whole() {
    const XP_PREFER_LAST: i32 = 0x10;
    let world = World::new();
    let script = Arc::new(doubles::Script::default());
    let last = doubles::registration(&script);
    register("ONE THAT WANTS TO BE LAST", {
        let factory = ProviderFactory::transport(move || doubles::transport(&script));
        last.provider("Last", XP_PREFER_LAST, factory)
    });
    let services = world.services();
    services.create_service_ex("ONE THAT WANTS TO BE LAST", None).unwrap();
    let service = Recorder::new();
    services.create_service_ex(&service.name, None).unwrap();
    let transports = || -> Vec<MapiUid> {
        let table = services.provider_table().unwrap();
        let all = rows(&table, &[PR_PROVIDER_UID, PR_RESOURCE_TYPE, PR_PROVIDER_ORDINAL]);
        for (place, row) in all.iter().enumerate() {
            assert_eq!(row.long(PR_PROVIDER_ORDINAL), Some(i32::try_from(place).unwrap()));
        }
        let transports = all.iter().filter(|row| row.long(PR_RESOURCE_TYPE) == Some(36));
        transports.map(|row| Guid(row.binary(PR_PROVIDER_UID).unwrap().try_into().unwrap())).collect()
    };
    let added: Vec<MapiUid> = services
        .services()
        .iter()
        .flat_map(|row| row.providers.iter().filter(|one| one.kind == ProviderKind::Transport))
        .map(|row| row.uid)
        .collect();
    let natural = [added[0], added[2], added[1]];
    assert_eq!(transports(), natural, "as added, but for the one that wants to be last");
    let refused = services.set_transport_order(&natural[..2]).unwrap_err();
    assert_eq!(refused.code().as_u32(), 0x8004_010B);
    assert_eq!(transports(), natural);
    assert_eq!(code(services.set_transport_order(&[natural[0]; 3])), ErrorCode::INVALID_PARAMETER);
    let service_uid = services.services()[0].uid;
    assert_eq!(code(services.set_transport_order(&[service_uid, added[0], added[1]])), ErrorCode::NOT_FOUND);
    assert_eq!(transports(), natural);
    let wanted = [added[1], added[2], added[0]];
    services.set_transport_order(&wanted).unwrap();
    assert_eq!(transports(), wanted, "which beats what they prefer");
    services.create_service_ex(&service.name, None).unwrap();
    assert_eq!(transports()[..3], wanted, "and a new one comes behind them");
}

const PRIMARY: i32 = 0x4;
const NO_PRIMARY: i32 = 0x20;

/// The providers that the table flags as the primary identity.
fn primary(services: &MsgServiceAdmin) -> Vec<MapiUid> {
    let table = services.provider_table().unwrap();
    let all = rows(&table, &[PR_PROVIDER_UID, PR_RESOURCE_FLAGS]);
    let flagged = all.iter().filter(|row| row.long(PR_RESOURCE_FLAGS).unwrap() & PRIMARY != 0);
    flagged.map(|row| Guid(row.binary(PR_PROVIDER_UID).unwrap().try_into().unwrap())).collect()
}

#[test]
fn ap_44_one_provider_says_who_the_user_is() {
    let world = World::new();
    let book = |script: &Arc<doubles::Script>| {
        let script = script.clone();
        ProviderFactory::address_book(move || doubles::book(&script))
    };
    let offers = |name: &str, service_flags: i32| {
        let script = Arc::new(doubles::Script::default());
        let known = mapi::provider::Registration::new(name).prop(PR_RESOURCE_FLAGS, service_flags);
        register(
            name,
            known.provider("First", PRIMARY, book(&script)).provider("Second", PRIMARY, book(&script)),
        );
    };
    offers("OFFERS ONE", 0);
    offers("OFFERS TWO", 0);
    offers("CANNOT", NO_PRIMARY);
    let services = world.services();
    let make = |name: &str| services.create_service_ex(name, None).unwrap();
    let (cannot, one, two) = (make("CANNOT"), make("OFFERS ONE"), make("OFFERS TWO"));
    let of = |uid: MapiUid, place: usize| {
        services.services().into_iter().find(|row| row.uid == uid).unwrap().providers[place].uid
    };
    assert_eq!(primary(&services), [of(one, 0)], "the first that offers and may");
    let refused = services.set_primary_identity(Some(cannot)).unwrap_err();
    assert_eq!(refused.code().as_u32(), 0x8007_0005);
    assert_eq!(code(services.set_primary_identity(Some(Guid([9; 16])))), ErrorCode::NOT_FOUND);
    assert_eq!(primary(&services), [of(one, 0)]);
    services.set_primary_identity(Some(two)).unwrap();
    assert_eq!(primary(&services), [of(two, 0)]);
    services.set_primary_identity(Some(of(one, 1))).unwrap();
    assert_eq!(primary(&services), [of(one, 0)], "a provider stands for its service, and back is possible");
    services.set_primary_identity(Some(two)).unwrap();
    services.delete_service(two).unwrap();
    assert_eq!(primary(&services), [of(one, 0)], "the next that offers takes over");
    services.set_primary_identity(None).unwrap();
    assert!(primary(&services).is_empty());
    services.set_primary_identity(Some(one)).unwrap();
    assert_eq!(primary(&services), [of(one, 0)]);
}

#[test]
fn ap_45_no_service_is_renamed() {
    let world = World::new();
    let services = world.services();
    let uid = services.create_service_ex(&Recorder::new().name, None).unwrap();
    for uid in [uid, Guid([9; 16])] {
        assert_eq!(services.rename_service(uid, "new").unwrap_err().code().as_u32(), 0x8004_0102);
    }
}

#[test]
fn ap_46_a_further_section_is_a_row_without_a_kind() {
    const EXTRA: MapiUid = Guid([0xE2; 16]);
    let world = World::new();
    let extra: PropList = [Prop::new(PR_DISPLAY_NAME, "Extra")].into_iter().collect();
    let service = Recorder::with(|known| known.section(EXTRA, extra));
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    let table = services.admin_providers(uid).unwrap().provider_table().unwrap();
    let columns = table.columns().unwrap();
    assert_eq!(columns.len(), 10);
    let all = rows(&table, &columns);
    assert_eq!(all.len(), 4);
    for row in &all[..3] {
        assert!(row.long(PR_RESOURCE_TYPE).is_some() && row.long(PR_RESOURCE_FLAGS).is_some(), "{row:?}");
        for tag in [PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_PROVIDER_DLL_NAME, PR_SERVICE_NAME] {
            assert!(row.text(tag).is_some(), "{tag}: {row:?}");
        }
        assert_eq!(row.binary(PR_SERVICE_UID), Some(&uid.0[..]));
    }
    let kind = all[3].props.iter().find(|prop| prop.tag.id() == PR_RESOURCE_TYPE.id()).unwrap();
    assert!(matches!(kind.value, PropValue::Error(_)), "{kind:?}");
    assert_eq!(all[3].binary(PR_PROVIDER_UID), Some(&EXTRA.0[..]));
    assert_eq!(services.provider_table().unwrap().row_count().unwrap(), 3, "it is no provider");
    services.create_service_ex(&service.name, None).unwrap();
    assert_eq!(table.row_count().unwrap(), 4, "and the table never changes");
    assert_eq!(code(services.admin_providers(Guid([9; 16]))), ErrorCode::NOT_FOUND);
    let table = services.service_table().unwrap();
    assert_eq!(table.columns().unwrap().len(), 8);
}

#[test]
fn ap_47_a_provider_is_added_and_removed_with_the_service_asked_once() {
    let world = World::new();
    let service = Recorder::new();
    let services = world.services();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    let providers = services.with_flags(ServiceFlags::UI_ALLOWED).admin_providers(uid).unwrap();
    service.calls();
    let secret = PropTag(0x67F5_001F);
    let props = [Prop::new(PR_COMMENT, "mine"), Prop::new(secret, "sealed")];
    let added = providers.create_provider("test STORE", &props).unwrap();
    let calls = service.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].context.value(), calls[0].flags), (6, ServiceFlags::UI_ALLOWED));
    assert_eq!(calls[0].providers.len(), 4);
    assert_eq!(calls[0].providers[3].text(PR_PROVIDER_DLL_NAME), Some("recorder"), "it was filled before");
    assert!(uids(&providers.provider_table().unwrap(), PR_PROVIDER_UID).contains(&added));
    assert_eq!(services.section(added).unwrap().text(PR_COMMENT), Some("mine"));
    assert_eq!(services.secure_props(), [(added, secret)]);
    let copy = services.copy_service(uid, &services).unwrap();
    let copied = services.secure_props().into_iter().find(|(section, _)| *section != added).unwrap();
    services.check_secure_prop(copied.0, copied.1).unwrap();
    services.delete_service(copy).unwrap();
    assert_eq!(services.secure_props(), [(added, secret)], "a copy's secrets are its own");
    service.calls();
    assert_eq!(world.session().stores().unwrap().len(), 2, "a session opens it");

    // From within the entry nobody is asked again.
    let inner = Arc::new(Mutex::new(None));
    let kept = inner.clone();
    service.on(ServiceContext::ProviderCreate, move |call| {
        let uid = call.providers.create_provider("Test store", &[], ServiceFlags::NONE)?;
        *kept.lock().unwrap() = Some(uid);
        call.providers
            .open_profile_section(Some(uid), SectionFlags::MODIFY)?
            .set_props(&[Prop::new(PR_COMMENT, "inner")])?;
        Ok(())
    });
    providers.create_provider("Test store", &[]).unwrap();
    assert_eq!(service.contexts(), [ServiceContext::ProviderCreate]);
    let inner = inner.lock().unwrap().unwrap();
    assert_eq!(services.admin_providers(uid).unwrap().provider_table().unwrap().row_count().unwrap(), 6);
    assert_eq!(services.section(inner).unwrap().text(PR_COMMENT), Some("inner"));

    service.fail(ServiceContext::ProviderCreate, ErrorCode::NO_SUPPORT, "no more");
    assert_eq!(code(providers.create_provider("Test store", &[])), ErrorCode::NO_SUPPORT);
    assert_eq!(providers.last_error(ErrorCode::NO_SUPPORT).unwrap().detail(), "no more");
    assert_eq!(providers.provider_table().unwrap().row_count().unwrap(), 6, "it was undone");
    assert_eq!(code(providers.create_provider("none of this name", &[])), ErrorCode::NOT_FOUND);

    service.calls();
    service.fail(ServiceContext::ProviderDelete, ErrorCode::NO_SUPPORT, "it stays");
    assert_eq!(code(providers.delete_provider(added)), ErrorCode::NO_SUPPORT);
    service.on(ServiceContext::ProviderDelete, |_| Ok(()));
    providers.delete_provider(added).unwrap();
    assert_eq!(service.contexts(), [ServiceContext::ProviderDelete; 2]);
    assert_eq!(code(providers.delete_provider(added)), ErrorCode::NOT_FOUND);
    assert!(service.calls().is_empty());
    assert_eq!(code(services.section(added)), ErrorCode::NOT_FOUND);
}

#[test]
fn ap_48_a_section_is_made_for_writing_and_has_many_readers_or_one_writer() {
    const MINE: MapiUid = Guid([0x48; 16]);
    let world = World::new();
    let services = world.services();
    let uid = services.create_service_ex(&Recorder::new().name, None).unwrap();
    let providers = services.admin_providers(uid).unwrap();
    let missing = services.open_profile_section(MINE, SectionFlags::NONE).unwrap_err();
    assert_eq!(missing.code().as_u32(), 0x8004_010F);
    let open = |flags| providers.open_profile_section(Some(MINE), flags);
    assert_eq!(code(open(SectionFlags::NONE)), ErrorCode::NOT_FOUND);
    let writer = open(SectionFlags::MODIFY).unwrap();
    writer.set_props(&[Prop::new(PR_COMMENT, "kept")]).unwrap();
    for other in [SectionFlags::NONE, SectionFlags::MODIFY] {
        assert_eq!(code(services.open_profile_section(MINE, other)), ErrorCode::NO_ACCESS);
        assert_eq!(code(world.session().open_profile_section(MINE, other)), ErrorCode::NO_ACCESS);
    }
    drop(writer);
    let readers = [
        services.open_profile_section(MINE, SectionFlags::NONE).unwrap(),
        open(SectionFlags::DEFERRED_ERRORS).unwrap(),
    ];
    let session = world.session();
    let third = session.open_profile_section(MINE, SectionFlags::NONE).unwrap();
    assert_eq!(third.text(PR_COMMENT).unwrap().as_deref(), Some("kept"));
    assert_eq!(code(open(SectionFlags::MODIFY)), ErrorCode::NO_ACCESS, "a reader keeps writers out");
    assert_eq!(code(readers[0].set_props(&[Prop::new(PR_COMMENT, "no")])), ErrorCode::NO_ACCESS);
    drop((readers, third));
    open(SectionFlags::MODIFY).unwrap();
    assert_eq!(code(providers.open_profile_section(None, SectionFlags::NONE)), ErrorCode::INVALID_PARAMETER);
    assert_eq!(code(open(SectionFlags(0x2))), ErrorCode::UNKNOWN_FLAGS);
}

#[test]
fn ap_49_sections_of_services_and_providers_need_force_access() {
    const ACCOUNTS: MapiUid = Guid(*b"\x93\x75\xCF\xF0\x41\x31\x11\xD3\xB8\x8A\x00\x10\x4B\x2A\x66\x76");
    let world = World::new();
    let services = world.services();
    let service = Recorder::new();
    let uid = services.create_service_ex(&service.name, None).unwrap();
    let provider = uids(&services.provider_table().unwrap(), PR_PROVIDER_UID)[0];
    for owned in [provider, uid] {
        for flags in [SectionFlags::NONE, SectionFlags::MODIFY] {
            let refused = services.open_profile_section(owned, flags).unwrap_err();
            assert_eq!(refused.code().as_u32(), 0x8007_0005);
        }
        services.open_profile_section(owned, FORCED).unwrap();
        let section = services.open_profile_section(owned, FORCED | SectionFlags::MODIFY).unwrap();
        section.set_props(&[Prop::new(PR_COMMENT, "forced")]).unwrap();
        // Whoever configures the service meanwhile finds its section taken.
        if owned == uid {
            assert_eq!(code(services.configure_service(uid, PropList::new())), ErrorCode::NO_ACCESS);
        }
    }
    services.configure_service(uid, PropList::new()).unwrap();
    assert_eq!(code(services.open_profile_section(ACCOUNTS, SectionFlags::NONE)), ErrorCode::NO_ACCESS);
    assert_eq!(
        code(services.open_profile_section(ACCOUNTS, FORCED | SectionFlags::MODIFY)),
        ErrorCode::NO_ACCESS
    );
    assert_eq!(code(services.open_profile_section(ACCOUNTS, FORCED)), ErrorCode::NOT_FOUND);
    // A service's entry has its own and nobody else's.
    let other = services.create_service_ex(&Recorder::new().name, None).unwrap();
    service.on(ServiceContext::Configure, move |call| {
        call.providers.open_profile_section(Some(provider), SectionFlags::MODIFY)?;
        call.providers.open_profile_section(Some(other), SectionFlags::NONE).map(drop)
    });
    assert_eq!(code(services.configure_service(uid, PropList::new())), ErrorCode::NO_ACCESS);
}

#[test]
fn ap_50_a_section_has_no_named_properties_and_acts_at_once() {
    const MINE: MapiUid = Guid([0x50; 16]);
    let world = World::new();
    let services = world.services();
    let section = services.open_profile_section(MINE, SectionFlags::MODIFY).unwrap();
    let name = NamedProp::id(Guid([7; 16]), 1);
    assert_eq!(section.ids(&[name], true).unwrap_err().code().as_u32(), 0x8004_0102);
    assert_eq!(section.names(&[0x8000]).unwrap_err().code().as_u32(), 0x8004_0102);
    let set = [
        Prop::new(PropTag(0x8001_001F), "named"),
        Prop::new(PR_COMMENT, "kept"),
        Prop::new(PR_PROFILE_NAME, "x"),
    ];
    let problems = section.set_props(&set).unwrap();
    let said: Vec<_> = problems.iter().map(|problem| (problem.index, problem.code.as_u32())).collect();
    assert_eq!(said, [(0, 0x8004_0307), (2, ErrorCode::COMPUTED.as_u32())]);
    assert_eq!(value(&section, PR_OBJECT_TYPE), PropValue::Long(9));
    assert_eq!(value(&section, PR_PROFILE_NAME).as_text(), Some("T"));
    assert_eq!(world.services().section(MINE).unwrap().text(PR_COMMENT), Some("kept"), "without a save");
    section.save_changes(mapi::SaveFlags::NONE).unwrap();
    section.delete_props(&[PR_COMMENT]).unwrap();
    assert_eq!(world.services().section(MINE).unwrap().text(PR_COMMENT), None);
}

#[test]
fn a_provider_cannot_change_what_it_is() {
    let world = World::new();
    let service = Recorder::new();
    world.services().create_service_ex(&service.name, None).unwrap();
    let session = world.session();
    session.open_default_store().unwrap();
    let own = service.script.support("ms").profile_section(None).unwrap();
    let set = [
        Prop::new(PR_RESOURCE_FLAGS, 0x40),
        Prop::new(PR_PROVIDER_DLL_NAME, "x"),
        Prop::new(PR_COMMENT, "ok"),
    ];
    let problems = own.set_props(&set).unwrap();
    assert_eq!(problems.iter().map(|problem| problem.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(value(&*own, PR_PROVIDER_DLL_NAME).as_text(), Some("recorder"));
    assert_eq!(value(&*own, PR_RESOURCE_FLAGS), PropValue::Long(2));
    assert_eq!(own.delete_props(&[PR_RESOURCE_FLAGS]).unwrap().len(), 1);
}

#[test]
fn ap_54_a_session_without_an_identity_still_answers() {
    let world = World::new();
    world.services().create_service_ex(&Recorder::new().name, None).unwrap();
    let identity = world.session().query_identity().unwrap();
    assert!(!identity.is_known, "MAPI_W_NO_SERVICE, a success");
    assert!(!identity.entry_id.is_empty());
}

#[test]
fn ap_54_the_chosen_service_says_who_the_user_is() {
    let world = World::new();
    let services = world.services();
    let offers = |name: &str, id: u8| {
        let script = Arc::new(doubles::Script::default());
        let book = ProviderFactory::address_book(move || doubles::book(&script));
        let section = [Prop::new(PR_RESOURCE_FLAGS, PRIMARY), Prop::new(PR_IDENTITY_ENTRYID, vec![id; 24])];
        let known = mapi::provider::Registration::new(name);
        register(name, known.provider_with(name, section.into_iter().collect(), book));
        services.create_service_ex(name, None).unwrap()
    };
    let (_first, second) = (offers("SAYS ONE", 1), offers("SAYS TWO", 2));
    let identity = || {
        let session = world.session();
        let _book = session.open_address_book().unwrap();
        session.query_identity().unwrap()
    };
    assert_eq!((identity().entry_id.as_bytes(), identity().is_known), (&[1; 24][..], true));
    services.set_primary_identity(Some(second)).unwrap();
    assert_eq!(identity().entry_id.as_bytes(), [2; 24]);
}

#[test]
fn a_profile_has_one_default_store_or_none() {
    const DEFAULT_STORE: i32 = 0x2;
    const SERVICE_DEFAULT_STORE: i32 = 0x1;
    let world = World::new();
    let services = world.services();
    let made = [Recorder::new(), Recorder::new()]
        .map(|service| services.create_service_ex(&service.name, None).unwrap());
    let stores: Vec<MapiUid> = services.services().iter().map(|row| row.providers[0].uid).collect();
    let flagged = |table: Table, column: PropTag, bit: i32| -> Vec<MapiUid> {
        let all = rows(&table, &[column, PR_RESOURCE_FLAGS]);
        let with = all.iter().filter(|row| row.long(PR_RESOURCE_FLAGS).unwrap() & bit != 0);
        with.map(|row| Guid(row.binary(column).unwrap().try_into().unwrap())).collect()
    };
    let default = || {
        let provider = flagged(services.provider_table().unwrap(), PR_PROVIDER_UID, DEFAULT_STORE);
        let service = flagged(services.service_table().unwrap(), PR_SERVICE_UID, SERVICE_DEFAULT_STORE);
        (provider, service)
    };
    assert_eq!(default(), (vec![stores[0]], vec![made[0]]), "the first that may be it, though both may");
    services.set_default_store(Some(stores[1])).unwrap();
    assert_eq!(default(), (vec![stores[1]], vec![made[1]]));
    services.set_default_store(None).unwrap();
    assert_eq!(default(), (vec![], vec![]));
    assert_eq!(code(world.session().open_default_store()), ErrorCode::NOT_FOUND);
    assert_eq!(code(services.set_default_store(Some(made[0]))), ErrorCode::NOT_FOUND);
    const NO_DEFAULT_STORE: i32 = 0x40;
    let script = Arc::new(doubles::Script::default());
    let store = ProviderFactory::store(move || Arc::new(doubles::RecordingStore::new(&script)));
    register("NEVER", mapi::provider::Registration::new("Never").provider("Never", NO_DEFAULT_STORE, store));
    let never = services.create_service_ex("NEVER", None).unwrap();
    let refused = services.set_default_store(Some(services.services()[2].providers[0].uid));
    assert_eq!(code(refused), ErrorCode::NO_SUPPORT);
    services.delete_service(never).unwrap();
    services.set_default_store(Some(stores[0])).unwrap();
    world.session().open_default_store().unwrap();
    assert_eq!(default(), (vec![stores[0]], vec![made[0]]));
    services.delete_service(made[0]).unwrap();
    assert_eq!(default(), (vec![], vec![]), "nobody offers to be it after there was none");
    services.create_service_ex(&Recorder::new().name, None).unwrap();
    let newest = services.services()[1].clone();
    assert_eq!(
        default(),
        (vec![newest.providers[0].uid], vec![newest.uid]),
        "the next that offers takes over"
    );
}

#[test]
fn ap_55_what_stays_unconfigured_is_tried_once_more_and_spares_the_others() {
    let world = World::new();
    let (ill, healthy) = (Recorder::new(), Recorder::new());
    let services = world.services();
    for service in [&ill, &healthy] {
        services.create_service_ex(&service.name, None).unwrap();
        service.calls();
    }
    for _ in 0..3 {
        ill.script.fail("ms logon", ErrorCode::UNCONFIGURED);
    }
    let session = world.session();
    let ids: Vec<_> =
        session.stores().unwrap().iter().map(|row| row.binary(PR_ENTRYID).unwrap().to_vec()).collect();
    let open = |id: &Vec<u8>| {
        session.open_msg_store(&mapi::EntryId::from_bytes(id.clone()), mapi::MdbFlags::BEST_ACCESS)
    };
    assert_eq!(code(open(&ids[0])), ErrorCode::UNCONFIGURED);
    assert_eq!(ill.script.count("ms logon"), 2, "one retry");
    let calls = ill.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].context.value(), calls[0].props.len()), (3, 0));
    assert!(
        !calls[0].flags.intersects(ServiceFlags::UI_ALLOWED | ServiceFlags::UI_ALWAYS),
        "nobody is there"
    );
    open(&ids[1]).unwrap();
    assert_eq!(code(open(&ids[0])), ErrorCode::UNCONFIGURED);
    assert_eq!(ill.script.count("ms logon"), 2, "the service is disabled for this session");
    assert!(ill.calls().is_empty() && healthy.calls().is_empty());
    let next = world.session();
    let row = next.stores().unwrap()[0].binary(PR_ENTRYID).unwrap().to_vec();
    next.open_msg_store(&mapi::EntryId::from_bytes(row), mapi::MdbFlags::BEST_ACCESS).unwrap();
    assert_eq!(ill.contexts(), [ServiceContext::Configure], "the next session configures it, and it works");
}

#[test]
fn a_logon_shows_the_settings_of_services_where_a_person_is_there() {
    struct Person;
    impl mapi::Dialogs for Person {}
    let world = World::new();
    let (one, two) = (Recorder::new(), Recorder::new());
    for service in [&one, &two] {
        world.services().create_service_ex(&service.name, None).unwrap();
        service.calls();
    }
    let options = || {
        let options = LogonOptions::profile("T").home(&world.home).no_mail();
        options.with(mapi::LogonFlags::SERVICE_UI_ALWAYS)
    };
    Session::logon(options()).unwrap();
    assert!(one.calls().is_empty(), "nobody is there");
    one.fail(ServiceContext::Configure, ErrorCode::NO_SUPPORT, "no dialog");
    Session::logon(options().dialogs(Arc::new(Person))).unwrap();
    for service in [&one, &two] {
        let calls = service.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!((calls[0].context.value(), calls[0].flags), (3, ServiceFlags::UI_ALWAYS));
    }
    one.fail(ServiceContext::Configure, ErrorCode::USER_CANCEL, "no");
    assert_eq!(code(Session::logon(options().dialogs(Arc::new(Person)))), ErrorCode::USER_CANCEL);
    assert!(two.calls().is_empty());
    // A provider that is not configured at its logon may ask as well.
    one.on(ServiceContext::Configure, |_| Ok(()));
    one.script.fail("ms logon", ErrorCode::UNCONFIGURED);
    let options = LogonOptions::profile("T").home(&world.home).no_mail().dialogs(Arc::new(Person));
    Session::logon(options).unwrap().open_default_store().unwrap();
    assert!(
        one.calls().last().unwrap().flags.contains(ServiceFlags::UI_ALLOWED | ServiceFlags::LOGON_FAILED)
    );
}

#[test]
fn default_services_of_a_new_profile_come_before_those_named() {
    let world = World::new();
    let service = Recorder::new();
    let admin = world.admin.with_flags(mapi::ProfileFlags::DEFAULT_SERVICES);
    admin.create_profile("None", &[NewService::named(&service.name)]).unwrap();
    assert_eq!(admin.services("None").unwrap().services().len(), 1, "no file names any");
}
