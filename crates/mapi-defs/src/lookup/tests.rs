//! What the dictionary answers, through its public face.

use super::*;
use crate::names::{PID_LID_APPOINTMENT_START_WHOLE, PID_NAME_KEYWORDS};
use crate::prop::tags::{PR_BODY_HTML, PR_HTML, PR_SUBJECT, PR_SUBJECT_A};
use crate::{guids, names};

fn names_found(query: &str) -> Vec<&'static str> {
    find(query)
        .into_iter()
        .map(|found| match found {
            Found::Property(property) => property.name,
            Found::Code(code) => code.name,
            Found::Guid(guid) => guid.name,
        })
        .collect()
}

#[test]
fn every_kind_of_question_is_answered() {
    for (query, expect) in [
        ("0x0037", &["PR_SUBJECT"][..]),
        ("0x0037001F", &["PR_SUBJECT"]),
        ("0x0037001e", &["PR_SUBJECT"]),
        ("pr_subject_w", &["PR_SUBJECT"]),
        ("PIDTAGSUBJECT", &["PR_SUBJECT"]),
        ("PR_SUBJECT_A", &["PR_SUBJECT"]),
        ("dispidApptStartWhole", &["PidLidAppointmentStartWhole"]),
        ("0x820D", &["PidLidAppointmentStartWhole"]),
        ("PidNameKeywords", &["PidNameKeywords"]),
        ("keywords", &["PidNameKeywords"]),
        ("0x80040111", &["MAPI_E_LOGON_FAILED"]),
        ("2147746065", &["MAPI_E_LOGON_FAILED"]),
        ("-2147221231", &["MAPI_E_LOGON_FAILED"]),
        ("mapi_e_logon_failed", &["MAPI_E_LOGON_FAILED"]),
        ("E_FAIL", &["MAPI_E_CALL_FAILED"]),
        ("0x00040380", &["MAPI_W_ERRORS_RETURNED"]),
        ("{00062008-0000-0000-C000-000000000046}", &["PSETID_Common"]),
        ("00020303-0000-0000-c000-000000000046", &["IID_IMAPIProp"]),
        ("psetid_common", &["PSETID_Common"]),
        ("PROP_ACCT_NAME", &["PROP_ACCT_NAME"]),
        (" PR_BODY ", &["PR_BODY"]),
        ("", &[]),
        ("0x", &[]),
        ("0xZZ", &[]),
        ("0x123456789", &[]),
        ("{00062008-0000-0000-C000-000000000047}", &[]),
        ("PR_NO_SUCH_THING", &[]),
    ] {
        assert_eq!(names_found(query), expect, "{query:?}");
    }
}

#[test]
fn a_tag_has_its_name_whatever_the_width() {
    for (tag, expect) in [
        (0x0037_001F, Some("PR_SUBJECT")),
        (0x0037_001E, Some("PR_SUBJECT")),
        (0x0037_000A, Some("PR_SUBJECT")),
        (0x0037_0000, Some("PR_SUBJECT")),
        (0x1013_0102, Some("PR_HTML")),
        (0x1013_001F, Some("PR_BODY_HTML")),
        (0x1013_001E, Some("PR_BODY_HTML")),
        (0x0FFF_0102, Some("PR_ENTRYID")),
        (0x3A08_001F, Some("PR_BUSINESS_TELEPHONE_NUMBER")),
        (0x1042_001F, Some("PR_IN_REPLY_TO")),
        (0x0002_0003, Some("PR_ALTERNATE_RECIPIENT_ALLOWED")),
        (0x8005_001F, None),
        (0xFFFF_001F, None),
        (0x6FFF_0003, None),
    ] {
        assert_eq!(tag_name(PropTag(tag)), expect, "{tag:08X}");
    }
    assert_eq!(address_book_tag_name(PropTag(0x800F_101F)), Some("PR_EMS_AB_PROXY_ADDRESSES"));
    assert_eq!(address_book_tag_name(PropTag(0x800F_301E)), Some("PR_EMS_AB_PROXY_ADDRESSES"));
}

#[test]
fn constants_have_the_values_of_the_headers() {
    assert_eq!((PR_SUBJECT.0, PR_SUBJECT_A.0), (0x0037_001F, 0x0037_001E));
    assert_eq!((PR_HTML.0, PR_BODY_HTML.0), (0x1013_0102, 0x1013_001F));
    assert_eq!(PID_LID_APPOINTMENT_START_WHOLE.named(), NamedProp::id(guids::PSETID_APPOINTMENT, 0x820D));
    assert_eq!(NamedProp::from(PID_NAME_KEYWORDS), NamedProp::text(Guid::PS_PUBLIC_STRINGS, "Keywords"));
    assert_eq!((guids::PS_MAPI, guids::PS_PUBLIC_STRINGS), (Guid::PS_MAPI, Guid::PS_PUBLIC_STRINGS));
    assert_eq!(guids::MAPI_ONE_OFF_UID.0[..4], [0x81, 0x2B, 0x1F, 0xA4]);
    assert_eq!(&guids::MSPST_UID_PROVIDER.0[..4], b"NITA");
}

#[test]
fn named_properties_are_found_by_what_they_are() {
    let found = named_property(&names::PID_LID_LOCATION.named()).unwrap();
    assert_eq!((found.name, found.ptype), ("PidLidLocation", PropType::UNICODE));
    assert_eq!(named_property(&NamedProp::id(guids::PSETID_NOTE, 0x820D)), None);
    assert_eq!(named_property(&NamedProp::text(guids::PS_PUBLIC_STRINGS, "keywords")), None);
}

/// Binary search needs it; the generator sorts, this test holds it to that.
#[test]
fn the_tables_are_sorted() {
    assert!(tags().is_sorted_by_key(Property::id));
    assert!(TAGS[tags().len()..].iter().all(|row| matches!(row.address, Address::Account(_))));
    assert!(CODES.is_sorted_by_key(|code| code.value));
    assert!(TAGS_BY_NAME.is_sorted_by(|a, b| a.0 < b.0));
    assert!(NAMES_BY_NAME.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn every_name_in_the_tables_leads_to_its_row() {
    for row in properties() {
        for name in row.canonical.iter().chain([&row.name]).chain(row.aliases) {
            let found = property(name).unwrap_or_else(|| panic!("{name} is not found"));
            // PR_TTYTDD_PHONE_NUMBER stands on two pages; both rows have the same tag.
            assert!(std::ptr::eq(found, row) || found.tag() == row.tag(), "{name}");
        }
    }
    for row in codes() {
        assert_eq!(code(row.name), Some(row));
        assert!(row.aliases.iter().all(|alias| code(alias) == Some(row)), "{}", row.name);
    }
    for row in guids() {
        assert_eq!((guid(row.name), guid_named(row.guid)), (Some(row), Some(row)));
    }
}

#[test]
fn codes_say_what_they_mean_and_what_to_do() {
    assert_eq!(ErrorCode::NOT_FOUND.name(), Some("MAPI_E_NOT_FOUND"));
    assert!(ErrorCode::LOGON_FAILED.hint().unwrap().contains("profile"));
    assert!(ErrorCode::CALL_FAILED.meaning().unwrap().ends_with('.'));
    assert_eq!(ErrorCode::from_u32(0x8765_4321).unwrap().meaning(), None);
    assert_eq!(ErrorCode::E_NOTIMPL.hint(), None);
    assert_eq!(Warning::ERRORS_RETURNED.name(), Some("MAPI_W_ERRORS_RETURNED"));
    // 1 is S_FALSE among HRESULTs and "the user cancelled" in Simple MAPI.
    let names: Vec<_> = code_values(1).iter().map(|code| code.name).collect();
    assert_eq!(names, ["S_FALSE", "MAPI_E_USER_ABORT"]);
}
