//! Cards read, understood, and written again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::ErrorCode;
use mapi_defs::names::*;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::*;
use mapi_vcard::{
    Card, Cards, Contact, Content, MOST_LINES, Member, Version, from_card, is_vcard, members, photo, to_card,
    write,
};

fn one(file: impl AsRef<[u8]>) -> Card {
    let mut cards: Vec<_> = Cards::new(file.as_ref()).collect::<Result<_, _>>().unwrap();
    assert_eq!(cards.len(), 1);
    cards.remove(0)
}

fn card(version: &str, lines: &str) -> Card {
    one(format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{lines}\r\nEND:VCARD\r\n")
        .replace("\r\n", "\n")
        .replace('\n', "\r\n"))
}

fn contact(version: &str, lines: &str) -> Contact {
    from_card(&card(version, lines))
}

fn named(object: &MessageObject, name: mapi_defs::lookup::KnownName) -> Option<&PropValue> {
    let found =
        object.properties.iter().find(|property| property.named.as_ref().is_some_and(|named| name.is(named)));
    found.map(|property| &property.value)
}

fn lost(contact: &Contact) -> Vec<&str> {
    contact.lost.iter().map(|lost| lost.what.as_str()).collect()
}

/// Everything a card can hold, in 3.0.
const FULL: &str = "UID:urn:uuid:1\nFN:Dr. Ann B. Smith Jr.\nN:Smith;Ann;B.;Dr.;Jr.\nNICKNAME:Annie\n\
    ORG:Example\\, Inc.;Research\nTITLE:Engineer\nROLE:Physicist\nNOTE:two\\nlines\\; and\\, more\n\
    EMAIL;TYPE=internet:second@example.org\nEMAIL;TYPE=internet,pref:ann@example.org\n\
    TEL;TYPE=work,voice:+1 1\nTEL;TYPE=work:+1 2\nTEL;TYPE=home:+1 3\nTEL;TYPE=cell:+1 4\nTEL;TYPE=fax,work:+1 5\n\
    TEL:+1 6\nTEL;TYPE=pager:+1 7\nX-MS-TEL;TYPE=ASSISTANT:+1 8\n\
    ADR;TYPE=work,pref:;Room 1;1 Elm Street;Boulder;CO;33041;USA\nADR;TYPE=home:Box 7;;2 Oak Street;Graz;;8010;Austria\n\
    URL;TYPE=work:https://example.org/\nURL:https://example.net/\nBDAY:1980-05-17\nX-MS-ANNIVERSARY:2001-02-03\n\
    CATEGORIES:Friends,Red\\, blue\nCLASS:CONFIDENTIAL\nX-MS-SPOUSE:Bob\nX-MS-CHILD:Cid\nX-MS-CHILD:Dan\n\
    IMPP:xmpp:ann@example.org\nKEY;ENCODING=b;TYPE=X509:AQID\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\nPRODID:x\nREV:2020";

#[test]
fn a_card_becomes_a_contact() {
    let contact = contact("3.0", FULL);
    assert_eq!(lost(&contact), [""; 0]);
    let object = &contact.object;
    for (tag, expected) in [
        (PR_MESSAGE_CLASS, "IPM.Contact"),
        (PR_DISPLAY_NAME, "Dr. Ann B. Smith Jr."),
        (PR_SUBJECT, "Dr. Ann B. Smith Jr."),
        (PR_SURNAME, "Smith"),
        (PR_GIVEN_NAME, "Ann"),
        (PR_DISPLAY_NAME_PREFIX, "Dr."),
        (PR_COMPANY_NAME, "Example, Inc."),
        (PR_DEPARTMENT_NAME, "Research"),
        (PR_TITLE, "Engineer"),
        (PR_BODY, "two\nlines; and, more"),
        (PR_BUSINESS_TELEPHONE_NUMBER, "+1 1"),
        (PR_BUSINESS2_TELEPHONE_NUMBER, "+1 2"),
        (PR_HOME_TELEPHONE_NUMBER, "+1 3"),
        (PR_MOBILE_TELEPHONE_NUMBER, "+1 4"),
        (PR_BUSINESS_FAX_NUMBER, "+1 5"),
        (PR_OTHER_TELEPHONE_NUMBER, "+1 6"),
        (PR_ASSISTANT_TELEPHONE_NUMBER, "+1 8"),
        (PR_OFFICE_LOCATION, "Room 1"),
        (PR_STREET_ADDRESS, "1 Elm Street"),
        (PR_HOME_ADDRESS_POST_OFFICE_BOX, "Box 7"),
        (PR_BUSINESS_HOME_PAGE, "https://example.org/"),
    ] {
        assert_eq!(object.text(tag), Some(expected), "{tag}");
    }
    assert_eq!(object.property(PR_BIRTHDAY).unwrap().as_time().unwrap().unix_seconds(), 327_369_600);
    assert_eq!(named(object, PID_LID_WORK_ADDRESS_CITY).unwrap().as_text(), Some("Boulder"));
    let whole = "1 Elm Street\r\nBoulder CO 33041\r\nUSA";
    assert_eq!(named(object, PID_LID_WORK_ADDRESS).unwrap().as_text(), Some(whole));
    let categories = PropValue::MvUnicode(vec!["Friends".into(), "Red, blue".into()]);
    assert_eq!(named(object, PID_NAME_KEYWORDS), Some(&categories));
    let first = [
        (PID_LID_EMAIL1_EMAIL_ADDRESS, "ann@example.org"),
        (PID_LID_EMAIL1_ADDRESS_TYPE, "SMTP"),
        (PID_LID_EMAIL1_DISPLAY_NAME, "Dr. Ann B. Smith Jr. (ann@example.org)"),
        (PID_LID_EMAIL1_ORIGINAL_DISPLAY_NAME, "ann@example.org"),
        (PID_LID_EMAIL2_EMAIL_ADDRESS, "second@example.org"),
    ];
    for (name, expected) in first {
        assert_eq!(named(object, name).unwrap().as_text(), Some(expected));
    }
    let id = named(object, PID_LID_EMAIL1_ORIGINAL_ENTRY_ID).unwrap().as_binary().unwrap();
    let one_off = OneOff::read(&mapi_defs::EntryId::from_bytes(id)).unwrap();
    assert_eq!(
        (one_off.name.as_str(), one_off.address.as_str()),
        ("Dr. Ann B. Smith Jr.", "ann@example.org")
    );
    assert_eq!(photo(object), Some(&b"\x89PNG\r\n\x1a\n"[..]));
    assert_eq!(
        object.attachments[0].property(PR_ATTACH_LONG_FILENAME).unwrap().as_text(),
        Some("ContactPicture.png")
    );
}

#[test]
fn a_contact_comes_back_the_same_from_a_card_of_either_version() {
    let first = contact("3.0", FULL);
    for version in [Version::V3, Version::V4] {
        let (made, gone) = to_card(&first.object, version);
        let gone: Vec<&str> = gone.iter().map(|lost| lost.what.as_str()).collect();
        assert_eq!(gone, if version == Version::V4 { vec!["PR_SENSITIVITY"] } else { vec![] });
        let text = write(&made);
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
        let again = from_card(&one(&text));
        assert_eq!(lost(&again), [""; 0], "{text}");
        let kept = |object: &MessageObject| -> Vec<Property> {
            object.properties.iter().filter(|property| property.tag != PR_SENSITIVITY).cloned().collect()
        };
        assert_eq!(kept(&again.object), kept(&first.object), "{version:?} {text}");
        assert_eq!(again.object.attachments, first.object.attachments);
    }
}

#[test]
fn two_point_one_is_read_in_quoted_printable_and_its_character_sets() {
    let file = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg\r\n\
        FN;CHARSET=UTF-8;QUOTED-PRINTABLE:J=C3=B6rg M=C3=BC=\r\nller\r\nTEL;CELL;VOICE:+49 1\r\nTEL;WORK;FAX:+49 2\r\n\
        NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo=\r\n;three\r\nADR;HOME:;;C:\\new\\;x;Graz;;;\r\n\
        EMAIL;INTERNET:joerg@example.org\r\nPHOTO;TYPE=JPEG;ENCODING=BASE64:\r\n /9j/\r\n 4AAQ\r\n\r\n\
        AGENT:\r\nBEGIN:VCARD\r\nFN:Inner\r\nEND:VCARD\r\nTITLE:\xC4rztin\r\nEND:VCARD\r\n";
    let contact = from_card(&one(file));
    let text = |tag| contact.object.text(tag);
    assert_eq!(text(PR_DISPLAY_NAME), Some("Jörg Müller"));
    assert_eq!((text(PR_SURNAME), text(PR_GIVEN_NAME)), (Some("Müller"), Some("Jörg")));
    assert_eq!(
        (text(PR_MOBILE_TELEPHONE_NUMBER), text(PR_BUSINESS_FAX_NUMBER)),
        (Some("+49 1"), Some("+49 2"))
    );
    assert_eq!(text(PR_BODY), Some("one\ntwo;three"));
    assert_eq!(text(PR_HOME_ADDRESS_STREET), Some("C:\\new;x"));
    assert_eq!(text(PR_TITLE), Some("Ärztin"), "octets that are no UTF-8 are Western European");
    assert_eq!(photo(&contact.object), Some(&b"\xFF\xD8\xFF\xE0\x00\x10"[..]));
    assert_eq!(lost(&contact), ["AGENT"]);
    let wide: Vec<u8> =
        "\u{FEFF}BEGIN:VCARD\r\nFN:Ännchen\r\nEND:VCARD".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(is_vcard(&wide) && is_vcard(file) && !is_vcard(b"From: a@b"));
    assert_eq!(from_card(&one(wide)).object.text(PR_DISPLAY_NAME), Some("Ännchen"));
}

#[test]
fn four_point_zero_has_addresses_of_its_own_kind() {
    let contact = contact(
        "4.0",
        "FN:Ann\nTEL;VALUE=uri;TYPE=\"cell,voice\":tel:+1-5\nPHOTO:data:image/jpeg;base64,/9j/4AAQ\n\
         ADR;PREF=1;TYPE=home;LABEL=\"Ann^nHome^'s\":;;Street;;;;\nBDAY:--0517\nGENDER:F\nEMAIL;PREF=2:b@x.org\nEMAIL;PREF=1:a@x.org",
    );
    assert_eq!(lost(&contact), [""; 0]);
    let text = |tag| contact.object.text(tag);
    assert_eq!(text(PR_MOBILE_TELEPHONE_NUMBER), Some("+1-5"));
    assert_eq!(text(PR_POSTAL_ADDRESS), Some("Ann\nHome\"s"));
    assert_eq!(named(&contact.object, PID_LID_EMAIL1_EMAIL_ADDRESS).unwrap().as_text(), Some("a@x.org"));
    assert_eq!(contact.object.property(PR_GENDER), Some(&PropValue::I2(1)));
    assert!(photo(&contact.object).is_some());
    let again = write(&to_card(&contact.object, Version::V4).0);
    for line in [
        "BDAY:--0517",
        "GENDER:F",
        "TEL;TYPE=cell:+1-5",
        "PHOTO:data:image/jpeg;base64,/9j/4AAQ",
        "LABEL=Ann^nHome^'s",
    ] {
        assert!(again.contains(line), "{line}: {again}");
    }
}

#[test]
fn what_has_no_place_is_told() {
    let contact = contact(
        "3.0",
        "FN:Ann\nEMAIL:a@x\nEMAIL:b@x\nEMAIL:c@x\nEMAIL:d@x\nEMAIL:none\nGEO:1;2\nX-UNHEARD:1\nTEL;TYPE=cell:1\nTEL;TYPE=cell:2\n\
         TEL;TYPE=cell:3\nTEL;TYPE=cell:4\nPHOTO;VALUE=uri:https://example.org/p.png\nBDAY:in spring\nno line at all\nNICKNAME:A\nNICKNAME:B",
    );
    let mut gone = lost(&contact);
    gone.sort_unstable();
    assert_eq!(gone, ["AGENT", "BDAY", "EMAIL", "GEO", "NICKNAME", "PHOTO", "TEL", "X-UNHEARD"]);
    let mut object = contact.object.clone();
    object.properties.push(Property::new(PR_GOVERNMENT_ID_NUMBER, "7"));
    let (_, gone) = to_card(&object, Version::V3);
    assert_eq!(gone.iter().map(|lost| lost.what.as_str()).collect::<Vec<_>>(), ["PR_GOVERNMENT_ID_NUMBER"]);
}

#[test]
fn a_group_is_a_distribution_list() {
    let list = card(
        "4.0",
        "KIND:group\nFN:Team\nMEMBER;X-CN=Ann:mailto:ann@example.org\nMEMBER:mailto:b%25c@example.org\nMEMBER:urn:uuid:1",
    );
    let made = from_card(&list);
    assert_eq!(made.members, ["urn:uuid:1"]);
    assert_eq!(made.object.text(PR_MESSAGE_CLASS), Some("IPM.DistList"));
    for version in [Version::V3, Version::V4] {
        let (again, gone) = to_card(&made.object, version);
        assert!(gone.is_empty());
        let again = one(write(&again));
        let address =
            |name: &str, address: &str| Member::Address { name: name.into(), address: address.into() };
        assert!(again.is_list());
        assert_eq!(members(&again), [address("Ann", "ann@example.org"), address("", "b%c@example.org")]);
    }
}

#[test]
fn broken_cards_are_told_and_the_next_is_read() {
    let lines = "X:1\r\n".repeat(MOST_LINES + 2);
    let file = format!(
        "junk\r\nBEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\nBEGIN:VCARD\r\n{lines}END:VCARD\r\nbegin : vcard\r\nFN:Bob\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Cut"
    );
    let cards: Vec<_> = Cards::new(file.as_bytes()).collect();
    let said: Vec<_> = cards
        .iter()
        .map(|card| card.as_ref().map(|card| card.text("FN")).map_err(|error| error.code()))
        .collect();
    let name = |name: &str| Ok(Some(name.to_owned()));
    assert_eq!(said, [name("Ann"), Err(ErrorCode::TOO_BIG), name("Bob"), Err(ErrorCode::CORRUPT_DATA)]);
}

#[test]
fn hostile_files_take_time_by_their_length() {
    let deep = "BEGIN:VCARD\r\n".repeat(200_000) + &"END:VCARD\r\n".repeat(200_000);
    let long = format!("BEGIN:VCARD\r\nNOTE:{}\r\nEND:VCARD\r\n", "a\\;".repeat(2_000_000));
    let folded = format!("BEGIN:VCARD\r\nNOTE:a{}\r\nEND:VCARD\r\n", "\r\n b".repeat(1_000_000));
    let soft = format!(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE;QUOTED-PRINTABLE:{}\r\nEND:VCARD\r\n",
        "=41=\r\n".repeat(500_000)
    );
    let params = format!("BEGIN:VCARD\r\nTEL{}:1\r\nEND:VCARD\r\n", ";TYPE=\"a,b\"".repeat(200_000));
    let group = format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\n{}END:VCARD\r\n",
        "MEMBER:mailto:a@b\r\n".repeat(9_000)
    );
    // A loop within a loop would not come to its end.
    for (file, lines) in [(deep, 3), (long, 4), (folded, 4), (soft, 4), (params, 4), (group, 9_004)] {
        let card = one(&file);
        let (again, _) = to_card(&from_card(&card).object, Version::V3);
        assert_eq!(one(write(&again)).lines.len(), lines, "{}", &file[..60]);
    }
}

proptest::proptest! {
    #[test]
    fn no_octets_bring_it_down(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), places in proptest::collection::vec((0_usize..2000, proptest::prelude::any::<u8>()), 0..8)) {
        let mut file = format!("BEGIN:VCARD\r\nVERSION:4.0\r\n{FULL}\r\nEND:VCARD\r\n").replace('\n', "\r\n").into_bytes();
        for (place, octet) in places {
            let place = place % file.len();
            file[place] = octet;
        }
        file.extend_from_slice(b"BEGIN:VCARD\r\nNOTE:");
        file.extend_from_slice(&octets);
        file.extend_from_slice(b"\r\nEND:VCARD\r\n");
        for card in Cards::new(&file).flatten() {
            for version in [Version::V3, Version::V4] {
                let text = write(&to_card(&from_card(&card).object, version).0);
                let again = Cards::new(text.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
                proptest::prop_assert_eq!(again.len(), 1);
                proptest::prop_assert_eq!(again[0].unread, 0);
            }
        }
    }

    #[test]
    fn every_text_comes_back(text in "\\PC{0,120}") {
        let text = text.trim();
        let mut card = Card::new(Version::V4);
        let mut object = MessageObject::default();
        object.properties.push(Property::new(PR_DISPLAY_NAME, "x"));
        object.properties.push(Property::new(PR_BODY, text));
        object.properties.push(Property::new(PR_CHILDRENS_NAMES, PropValue::MvUnicode(vec![text.to_owned()])));
        let (made, _) = to_card(&object, Version::V4);
        card.lines.extend(made.lines);
        let again = from_card(&one(write(&card)));
        proptest::prop_assert_eq!(again.object.text(PR_BODY).unwrap_or_default(), text);
        proptest::prop_assert!(!card.lines.iter().any(|line| matches!(line.content, Content::Binary(_))));
    }
}
