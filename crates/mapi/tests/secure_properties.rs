//! Secure properties of profile sections (0x67F0–0x67FF): who sees them, and where they are.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{ErrorCode, KeptBy, LogoffFlags, LogonOptions, MsgServiceAdmin, Object, ProfAdmin, Session};
use mapi_defs::Guid;
use mapi_defs::prop::tags::PR_COMMENT;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_spi::prop::MapiProp;
use std::fs;
use std::path::PathBuf;

const SECRET: &str = "correct horse 4711";
const PASSWORD: PropTag = PropTag::new(0x67F1, PropType::UNICODE);
const COMMAND: PropTag = PropTag::new(0x67E1, PropType::MV_UNICODE);
const OWN: Guid = Guid([7; 16]);

fn any(tag: PropTag) -> PropTag {
    tag.with_type(PropType::UNSPECIFIED)
}

fn services(world: &World, profile: &str) -> MsgServiceAdmin {
    ProfAdmin::new(&world.home).unwrap().services(profile).unwrap()
}

fn password(text: &str) -> PropList {
    let mut props = PropList::new();
    props.set(PASSWORD, text);
    props
}

/// Configures the one service of the profile "P" with a password.
fn keep(world: &World, text: &str) -> Guid {
    let services = services(world, "P");
    let uid = services.services()[0].uid;
    services.configure_service(uid, password(text)).unwrap();
    uid
}

fn profile_file(world: &World, name: &str) -> PathBuf {
    world.home.profiles().join(format!("{name}.json"))
}

fn value(section: &dyn MapiProp, tag: PropTag) -> PropValue {
    section.props(Some(&[tag])).unwrap().remove(0).value
}

/// What the transport of the service finds in its section, in a session of its own.
fn seen_by_the_provider(world: &World, profile: &str, tags: &[PropTag]) -> Vec<PropValue> {
    let session =
        Session::logon(LogonOptions::profile(profile).home(&world.home).spooler(world.spooler.clone()))
            .unwrap();
    let section = world.script.support("xp").profile_section(None).unwrap();
    assert!(section.props(None).unwrap().iter().all(|prop| prop.tag.id() != PASSWORD.id()));
    let values = tags.iter().map(|tag| value(&*section, *tag)).collect();
    drop(section);
    session.logoff(LogoffFlags::NONE).unwrap();
    world.script.forget_supports();
    values
}

fn text(text: &str) -> PropValue {
    PropValue::Unicode(text.to_owned())
}

const SHUT: PropValue = PropValue::Error(ErrorCode::NO_ACCESS);
const ABSENT: PropValue = PropValue::Error(ErrorCode::NOT_FOUND);

#[test]
fn ap_51_secure_properties_are_returned_only_by_name() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let section = session.open_profile_section(OWN, mapi::SectionFlags::MODIFY).unwrap();
    let narrow = PropTag::new(0x67F0, PropType::STRING8);
    let octets = PropTag::new(0x67FF, PropType::BINARY);
    let set = [
        Prop::new(narrow, PropValue::String8(SECRET.to_owned())),
        Prop::new(octets, vec![0, 255, 7]),
        Prop::new(PR_COMMENT, "seen"),
        Prop::new(PASSWORD, 4711),
    ];
    let problems = section.with_props(|section| section.set_props(&set)).unwrap();
    assert_eq!(problems.len(), 1, "a number is no secret: {problems:?}");
    assert_eq!((problems[0].index, problems[0].code), (3, ErrorCode::INVALID_TYPE));

    let all = section.props(None).unwrap();
    let list = section.with_props(|section| section.prop_list()).unwrap();
    for (tag, is_listed) in [(narrow, false), (octets, false), (PR_COMMENT, true)] {
        assert_eq!(all.iter().any(|prop| prop.tag.id() == tag.id()), is_listed, "{tag}");
        assert_eq!(list.iter().any(|held| held.id() == tag.id()), is_listed, "{tag}");
    }
    let asked = [
        narrow,
        narrow.unicode(),
        any(narrow),
        octets,
        any(octets),
        octets.with_type(PropType::LONG),
        PASSWORD,
    ];
    let values: Vec<_> = section.props(Some(&asked)).unwrap().into_iter().map(|prop| prop.value).collect();
    let narrow_text = PropValue::String8(SECRET.to_owned());
    let bytes = PropValue::Binary(vec![0, 255, 7]);
    assert_eq!(
        values,
        [narrow_text.clone(), text(SECRET), narrow_text, bytes.clone(), bytes, ABSENT, ABSENT]
    );

    let kept = fs::read_to_string(profile_file(&world, "p")).unwrap();
    assert!(kept.contains("67F0001E") && !kept.contains("horse"), "{kept}");
    section.with_props(|section| section.delete_props(&[narrow])).unwrap();
    assert_eq!(section.props(Some(&[narrow])).unwrap()[0].value, ABSENT);
    assert!(!fs::read_to_string(profile_file(&world, "p")).unwrap().contains("67F0001E"));
    drop(section);
    session.logoff(LogoffFlags::NONE).unwrap();
}

#[test]
fn a_provider_finds_the_password_of_its_service_until_the_key_is_gone() {
    let world = World::new();
    let uid = keep(&world, SECRET);
    let asked = [PASSWORD, any(PASSWORD), PASSWORD.with_type(PropType::STRING8), PR_COMMENT];
    let narrow = PropValue::String8(SECRET.to_owned());
    assert_eq!(
        seen_by_the_provider(&world, "P", &asked),
        [text(SECRET), text(SECRET), narrow, text("configured")]
    );
    let admin = services(&world, "P");
    assert_eq!(admin.secure_props(), [(uid, PASSWORD)]);
    admin.check_secure_prop(uid, PASSWORD).unwrap();
    assert!(!admin.section(uid).unwrap().contains_id(PASSWORD.id()), "listings do not have it");
    assert_eq!(world.home.vault().kept_by(), Some(KeptBy::File));

    let aside = world.home.keys().with_extension("aside");
    fs::rename(world.home.keys(), &aside).unwrap();
    assert_eq!(seen_by_the_provider(&world, "P", &asked), [SHUT, SHUT, SHUT, text("configured")]);
    assert_eq!(admin.check_secure_prop(uid, PASSWORD).unwrap_err().code(), ErrorCode::NO_ACCESS);
    fs::rename(&aside, world.home.keys()).unwrap();
    assert_eq!(seen_by_the_provider(&world, "P", &[PASSWORD]), [text(SECRET)]);
}

#[test]
fn a_command_says_what_is_not_kept() {
    let world = World::new();
    let admin = services(&world, "P");
    let uid = admin.services()[0].uid;
    let configure = |words: &[&str]| {
        let mut props = PropList::new();
        props.set(COMMAND, PropValue::MvUnicode(words.iter().map(|word| (*word).to_owned()).collect()));
        admin.configure_service(uid, props).unwrap();
        seen_by_the_provider(&world, "P", &[PASSWORD, any(PASSWORD)])
    };
    assert_eq!(
        configure(&["/bin/echo", "said; exit 1"]),
        [text("said; exit 1"), text("said; exit 1")],
        "no shell"
    );
    assert_eq!(configure(&["/bin/false"]), [SHUT, SHUT]);
    assert_eq!(configure(&["/nowhere/at/all"]), [SHUT, SHUT]);
    keep(&world, "kept");
    assert_eq!(seen_by_the_provider(&world, "P", &[PASSWORD]), [text("kept")]);
    let kept = fs::read_to_string(profile_file(&world, "p")).unwrap();
    assert!(!kept.contains("\"said"), "{kept}");
}

#[test]
fn a_copy_of_a_profile_has_its_secrets_sealed_for_itself() {
    let world = World::new();
    keep(&world, SECRET);
    let admin = ProfAdmin::new(&world.home).unwrap();
    admin.copy_profile("P", "Q").unwrap();
    admin.rename_profile("P", "R").unwrap();
    for profile in ["Q", "R"] {
        assert_eq!(seen_by_the_provider(&world, profile, &[PASSWORD]), [text(SECRET)], "{profile}");
    }
    let sealed = |name| -> serde_json::Value {
        let kept = fs::read(profile_file(&world, name)).unwrap();
        serde_json::from_slice::<serde_json::Value>(&kept).unwrap()["sealed"].clone()
    };
    let (copy, original) = (sealed("q"), sealed("r"));
    assert_eq!((copy.as_object().unwrap().len(), original.as_object().unwrap().len()), (1, 1));
    assert_ne!(copy, original);

    let services = services(&world, "Q");
    services.delete_service(services.services()[0].uid).unwrap();
    assert!(sealed("q").as_object().unwrap().is_empty(), "a secret goes with its service");

    fs::remove_dir_all(world.home.keys()).unwrap();
    assert_eq!(admin.copy_profile("R", "S").unwrap_err().code(), ErrorCode::NO_ACCESS);
    assert!(admin.profiles().unwrap().iter().all(|row| row.name != "S"));
}

#[test]
fn a_copy_of_a_service_has_its_password_sealed_for_itself() {
    let world = World::new();
    let original = keep(&world, SECRET);
    let admin = services(&world, "P");
    let copy = admin.copy_service(original, &admin).unwrap();
    assert_eq!(admin.secure_props().len(), 2);
    admin.check_secure_prop(copy, PASSWORD).unwrap();
    admin.delete_service(original).unwrap();
    assert_eq!(admin.secure_props(), [(copy, PASSWORD)]);
    assert_eq!(seen_by_the_provider(&world, "P", &[PASSWORD]), [text(SECRET)]);
}

#[test]
fn a_sealed_value_that_was_moved_or_changed_does_not_open() {
    let world = World::new();
    keep(&world, SECRET);
    ProfAdmin::new(&world.home).unwrap().copy_profile("P", "Q").unwrap();
    let read = |name| fs::read_to_string(profile_file(&world, name)).unwrap();
    let (original, copy) = (read("p"), read("q"));
    let value_of = |text: &str| {
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let props = document["sealed"].as_object().unwrap().values().next().unwrap().clone();
        props[0]["value"].as_str().unwrap().to_owned()
    };
    let (mine, others) = (value_of(&original), value_of(&copy));
    let last = if mine.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{last}", &mine[..mine.len() - 1]);
    for wrong in [others.as_str(), &changed, &mine[..mine.len() - 2], ""] {
        fs::write(profile_file(&world, "p"), original.replace(&mine, wrong)).unwrap();
        let corrupt = PropValue::Error(ErrorCode::CORRUPT_DATA);
        assert_eq!(seen_by_the_provider(&world, "P", &[PASSWORD]), [corrupt]);
    }
    let retagged = original.replace("0x67F1001F", "0x67F2001F");
    fs::write(profile_file(&world, "p"), retagged).unwrap();
    let asked = [PASSWORD, PropTag::new(0x67F2, PropType::UNICODE)];
    assert_eq!(
        seen_by_the_provider(&world, "P", &asked),
        [ABSENT, PropValue::Error(ErrorCode::CORRUPT_DATA)]
    );

    let mut without: serde_json::Value = serde_json::from_str(&original).unwrap();
    without.as_object_mut().unwrap().remove("sealed").unwrap();
    fs::write(profile_file(&world, "p"), without.to_string()).unwrap();
    assert_eq!(seen_by_the_provider(&world, "P", &[PASSWORD]), [ABSENT], "a profile without secrets");
    for broken in ["\"0x67F1001F\"", &format!("\"{mine}\"")] {
        fs::write(profile_file(&world, "p"), original.replace(broken, "\"x\"")).unwrap();
        let refused = ProfAdmin::new(&world.home).unwrap().services("P").unwrap_err();
        assert_eq!(refused.code(), ErrorCode::CORRUPT_DATA, "{broken}");
    }
}

#[test]
fn a_service_is_created_with_its_password_and_keeps_it_through_a_change() {
    let world = World::new();
    let admin = services(&world, "P");
    let uid = admin.create_service(&world.service, password(SECRET)).unwrap();
    let mut props = PropList::new();
    props.set(PR_COMMENT, "changed");
    admin.configure_service(uid, props).unwrap();
    assert_eq!(admin.secure_props(), [(uid, PASSWORD)]);
    admin.check_secure_prop(uid, PASSWORD).unwrap();

    // Where no key can be made nothing is kept, least of all in the clear.
    fs::remove_dir_all(world.home.keys()).unwrap();
    fs::write(world.home.keys(), "").unwrap();
    let before = fs::read(profile_file(&world, "p")).unwrap();
    let refused = admin.create_service(&world.service, password("another")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_ACCESS, "{refused}");
    let refused = admin.configure_service(uid, password("another")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_ACCESS, "{refused}");
    assert_eq!(fs::read(profile_file(&world, "p")).unwrap(), before);
    for text in [format!("{refused:?}"), String::from_utf8(before).unwrap()] {
        assert!(!text.contains("another") && !text.contains("horse"), "{text}");
    }
}
