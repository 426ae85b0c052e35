//! A card made of a contact, a list, or the entry of an address book.

use crate::addresses;
use crate::card::{Card, Content, Version};
use crate::date;
use crate::emails;
use crate::fields::{Field, TEXTS};
use crate::from_card::UID;
use crate::lists;
use crate::phones;
use crate::photo;
use mapi_defs::guids::{PS_PUBLIC_STRINGS, PSETID_ADDRESS};
use mapi_defs::lookup;
use mapi_defs::names::{
    PID_LID_DISTRIBUTION_LIST_NAME, PID_LID_FILE_UNDER, PID_LID_FILE_UNDER_ID, PID_LID_FILE_UNDER_LIST,
    PID_LID_HAS_PICTURE, PID_NAME_KEYWORDS,
};
use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::prop::tags::{
    PR_BIRTHDAY, PR_CHILDRENS_NAMES, PR_COMPANY_NAME, PR_DEPARTMENT_NAME, PR_DISPLAY_NAME,
    PR_DISPLAY_NAME_PREFIX, PR_GENDER, PR_GENERATION, PR_GIVEN_NAME, PR_MESSAGE_CLASS, PR_MIDDLE_NAME,
    PR_OBJECT_TYPE, PR_SENSITIVITY, PR_SUBJECT, PR_SURNAME, PR_USER_X509_CERTIFICATE, PR_WEDDING_ANNIVERSARY,
};
use mapi_defs::prop::{NamedProp, PropTag, PropValue};
use std::borrow::Cow;

/// MAPI_DISTLIST.
const DIST_LIST: i32 = 8;

/// What could not be carried over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// The line's name, or the property's.
    pub what: String,
    /// Why.
    pub reason: &'static str,
}

/// Makes a card of a contact, a list or an address book's entry, and says what it has that no card has.
/// Only what is of contacts is told: a message's times, sizes and identifiers are nobody's.
pub fn to_card(object: &MessageObject, version: Version) -> (Card, Vec<Lost>) {
    let mut card = Card::new(version.max(Version::V3));
    let mut lost = Vec::new();
    card.push_text("PRODID", &[], "-//OpenMAPI//EN");
    if let Some(uid) = text_named(object, UID) {
        card.push_text("UID", &[], uid);
    }
    let name = display_name(object);
    card.push_text("FN", &[], &name);
    if is_list(object) {
        let (members, without) = lists::members_of(object);
        if without > 0 {
            let what = "PidLidDistributionListMembers".to_owned();
            lost.push(Lost { what, reason: "a member has no address that mail goes to" });
        }
        if card.version == Version::V3 {
            card.push_parts("N", &[], &[name, "".into(), "".into(), "".into(), "".into()], ';');
        }
        lists::mark(&mut card);
        lists::add_members(&mut card, &members);
        texts(object, &mut card);
        return (card, lost);
    }
    names(object, &name, &mut card);
    texts(object, &mut card);
    let company =
        [PR_COMPANY_NAME, PR_DEPARTMENT_NAME].map(|tag| Field::Tag(tag).text(object).unwrap_or_default());
    card.push_parts(
        "ORG",
        &[],
        &company.map(Cow::Borrowed)[..if company[1].is_empty() { 1 } else { 2 }],
        ';',
    );
    emails::write(object, &mut card);
    phones::write(object, &mut card);
    addresses::write(object, &mut card);
    days(object, &mut card);
    several(object, &mut card);
    photo::write(object, &mut card);
    lost.extend(object.properties.iter().filter(|property| !is_carried(property)).filter_map(lost_one));
    if version == Version::V4 && sensitivity(object).is_some() {
        lost.push(Lost { what: "PR_SENSITIVITY".to_owned(), reason: "version 4.0 has no CLASS" });
    }
    for attachment in object.attachments.iter().filter(|attachment| !photo::is_photo(attachment)) {
        lost.push(Lost {
            what: format!("attachment {}", attachment.number),
            reason: "a card has no attachments",
        });
    }
    (card, lost)
}

fn is_list(object: &MessageObject) -> bool {
    let class = object.text(PR_MESSAGE_CLASS).unwrap_or_default().to_ascii_lowercase();
    class.starts_with("ipm.distlist")
        || class.is_empty() && find(&object.properties, PR_OBJECT_TYPE) == Some(&PropValue::Long(DIST_LIST))
}

fn text_named<'a>(object: &'a MessageObject, name: &str) -> Option<&'a str> {
    let name = NamedProp::text(PS_PUBLIC_STRINGS, name);
    let found = object.properties.iter().find(|property| property.named.as_ref() == Some(&name))?;
    found.value.as_text().filter(|text| !text.is_empty())
}

fn display_name(object: &MessageObject) -> Cow<'_, str> {
    let said =
        [Field::Tag(PR_DISPLAY_NAME), Field::Named(PID_LID_DISTRIBUTION_LIST_NAME), Field::Tag(PR_SUBJECT)];
    let said = said.into_iter().find_map(|field| field.text(object));
    let other = || Field::Tag(PR_COMPANY_NAME).text(object).map(Cow::Borrowed);
    let address = || emails::addresses(object).into_iter().next().map(Cow::Owned);
    // Every card has to have a name.
    said.map(Cow::Borrowed).or_else(other).or_else(address).unwrap_or(Cow::Borrowed("?"))
}

fn names(object: &MessageObject, name: &str, card: &mut Card) {
    let tags = [PR_SURNAME, PR_GIVEN_NAME, PR_MIDDLE_NAME, PR_DISPLAY_NAME_PREFIX, PR_GENERATION];
    let mut parts = tags.map(|tag| Field::Tag(tag).text(object).unwrap_or_default());
    // 3.0 has to have N.
    if card.version == Version::V3 && parts.iter().all(|part| part.is_empty()) {
        parts[1] = name;
    }
    card.push_parts("N", &[], &parts.map(Cow::Borrowed), ';');
}

fn texts(object: &MessageObject, card: &mut Card) {
    let mut done: Vec<Field> = Vec::new();
    for row in &TEXTS {
        // IMPP is in both versions, and what is of one program only is read.
        let is_own =
            matches!(row.name, "X-MS-IMADDRESS" | "HOBBY" | "X-MANAGER" | "X-ASSISTANT" | "X-SPOUSE");
        let is_foreign = matches!(row.name, "X-JABBER" | "X-SKYPE");
        let is_done = done.iter().any(|field| match (field, row.field) {
            (Field::Tag(one), Field::Tag(other)) => one.id() == other.id(),
            (Field::Named(one), Field::Named(other)) => one.named() == other.named(),
            _ => false,
        });
        if is_own || is_foreign || is_done {
            continue;
        }
        if let Some(text) = row.field.text(object) {
            let kind = row.kind.map(str::to_lowercase);
            let params: Vec<(&str, &str)> = kind.iter().map(|kind| ("TYPE", kind.as_str())).collect();
            card.push_text(row.name, &params, text);
            done.push(row.field);
        }
    }
}

fn days(object: &MessageObject, card: &mut Card) {
    let is_v4 = card.version == Version::V4;
    let anniversary = if is_v4 { "ANNIVERSARY" } else { "X-MS-ANNIVERSARY" };
    for (name, tag) in [("BDAY", PR_BIRTHDAY), (anniversary, PR_WEDDING_ANNIVERSARY)] {
        let time = find(&object.properties, tag).and_then(|value| value.as_time());
        if let Some(day) = time.and_then(|time| date::write(time, is_v4)) {
            card.push_text(name, &[], &day);
        }
    }
}

fn several(object: &MessageObject, card: &mut Card) {
    let is_v4 = card.version == Version::V4;
    let texts = |field: Field| match field.value(object) {
        Some(PropValue::MvUnicode(texts) | PropValue::MvString8(texts)) => texts.as_slice(),
        _ => &[],
    };
    let categories: Vec<Cow<'_, str>> =
        texts(Field::Named(PID_NAME_KEYWORDS)).iter().map(|text| Cow::Borrowed(text.as_str())).collect();
    card.push_parts("CATEGORIES", &[], &categories, ',');
    for child in texts(Field::Tag(PR_CHILDRENS_NAMES)) {
        card.push_text("X-MS-CHILD", &[], child);
    }
    if let Some(class) = sensitivity(object).filter(|_| !is_v4) {
        card.push_text("CLASS", &[], class);
    }
    if let Some(PropValue::I2(gender @ 1..=2)) = find(&object.properties, PR_GENDER) {
        let (letter, word) = if *gender == 1 { ("F", "Female") } else { ("M", "Male") };
        card.push_text(if is_v4 { "GENDER" } else { "X-GENDER" }, &[], if is_v4 { letter } else { word });
    }
    if let Some(PropValue::MvBinary(keys)) = find(&object.properties, PR_USER_X509_CERTIFICATE) {
        for key in keys.iter().filter(|key| !key.is_empty()) {
            let param = if is_v4 { ("MEDIATYPE", "application/pkix-cert") } else { ("TYPE", "X509") };
            card.push("KEY", &[param], Content::Binary(key.clone()));
        }
    }
}

fn sensitivity(object: &MessageObject) -> Option<&'static str> {
    match find(&object.properties, PR_SENSITIVITY).and_then(PropValue::as_long) {
        Some(1 | 2) => Some("PRIVATE"),
        Some(3) => Some("CONFIDENTIAL"),
        _ => None,
    }
}

/// The properties of contacts that no table names.
const OTHERS: [PropTag; 12] = [
    PR_SURNAME,
    PR_GIVEN_NAME,
    PR_MIDDLE_NAME,
    PR_DISPLAY_NAME_PREFIX,
    PR_GENERATION,
    PR_COMPANY_NAME,
    PR_DEPARTMENT_NAME,
    PR_BIRTHDAY,
    PR_WEDDING_ANNIVERSARY,
    PR_CHILDRENS_NAMES,
    PR_GENDER,
    PR_USER_X509_CERTIFICATE,
];

/// What follows from the rest, so that nothing is lost with it.
fn is_derived(property: &Property) -> bool {
    let names = [PID_LID_FILE_UNDER, PID_LID_FILE_UNDER_ID, PID_LID_FILE_UNDER_LIST, PID_LID_HAS_PICTURE];
    names.into_iter().any(|name| Field::Named(name).is(property))
}

fn is_carried(property: &Property) -> bool {
    TEXTS.iter().any(|row| row.field.is(property))
        || OTHERS.iter().any(|tag| Field::Tag(*tag).is(property))
        || property.named.is_none() && phones::holds(property.tag)
        || emails::holds(property)
        || addresses::holds(property)
        || is_derived(property)
}

/// A property that is a contact's own, as something that is lost; `None` where it is none, or says nothing.
fn lost_one(property: &Property) -> Option<Lost> {
    const CONTACT: std::ops::RangeInclusive<u16> = 0x3A00..=0x3A7F;
    let is_contacts = match &property.named {
        Some(name) => name.set == PSETID_ADDRESS,
        None => CONTACT.contains(&property.tag.id()),
    };
    let says_nothing = match &property.value {
        PropValue::Unicode(text) | PropValue::String8(text) => text.trim().is_empty(),
        PropValue::Boolean(truth) => !truth,
        // Flags, indexes and moments that stand for none are the program's that wrote them.
        _ => true,
    };
    if !is_contacts || says_nothing {
        return None;
    }
    let what = match &property.named {
        Some(name) => {
            lookup::named_property(name).map_or_else(|| name.to_string(), |row| row.name.to_owned())
        }
        None => lookup::tag_name(property.tag).map_or_else(|| property.tag.to_string(), str::to_owned),
    };
    Some(Lost { what, reason: "a card has no line for it" })
}
