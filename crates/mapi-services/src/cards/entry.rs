//! Where an entry of an address book keeps what a contact has elsewhere: its first address of mail is the
//! entry's, its note is PR_COMMENT, its photo a property.

use mapi_defs::guids::{PS_PUBLIC_STRINGS, PSETID_ADDRESS};
use mapi_defs::names;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_BODY, PR_COMMENT, PR_ENTRYID, PR_INSTANCE_KEY, PR_MESSAGE_CLASS, PR_OBJECT_TYPE,
    PR_RECORD_KEY, PR_SEARCH_KEY, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_defs::prop::{Name, NamedProp, PropTag, PropType};
use mapi_defs::{EntryId, hex};
use mapi_vcard::{PHOTO_IN_ENTRY, photo};

/// The members of a list of the personal address book.
const MEMBERS: PropTag = PropTag::new(0x6680, PropType::BINARY);
/// What begins the UID of an entry whose card never had one.
const MADE: &str = "openmapi-entry:";
/// The names of a contact's first address.
const FIRST: std::ops::RangeInclusive<u32> = 0x8080..=0x8085;
/// Those of the members of a list.
const OF_LISTS: [u32; 4] = [0x804C, 0x8053, 0x8054, 0x8055];

pub(super) fn uid_name() -> NamedProp {
    NamedProp::text(PS_PUBLIC_STRINGS, mapi_vcard::UID)
}

/// The UID that an entry's card had.
pub(super) fn uid(properties: &[Property]) -> Option<String> {
    let name = uid_name();
    let found = properties.iter().find(|property| property.named.as_ref() == Some(&name))?;
    found.value.as_text().filter(|uid| !uid.is_empty()).map(str::to_owned)
}

/// The UID of an entry that came from no card: it says which entry it is, so that its card finds it again.
pub(super) fn made_uid(id: &EntryId) -> String {
    format!("{MADE}{}", hex::encode(id.as_bytes()))
}

/// Whether a property stays when a card changes an entry.
pub(super) fn is_kept(tag: PropTag) -> bool {
    let computed = [PR_ENTRYID, PR_RECORD_KEY, PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_SEARCH_KEY, MEMBERS];
    computed.iter().any(|kept| kept.id() == tag.id())
}

/// What an entry keeps of a contact or a list.
pub(super) fn properties(contact: &MessageObject) -> Vec<Property> {
    let is_elsewhere = |named: &NamedProp| {
        let is_one = |id: &u32| FIRST.contains(id) || OF_LISTS.contains(id);
        named.set == PSETID_ADDRESS && matches!(&named.name, Name::Id(id) if is_one(id))
    };
    let mut properties: Vec<Property> = Vec::new();
    for property in &contact.properties {
        match &property.named {
            Some(name) if names::PID_LID_EMAIL1_EMAIL_ADDRESS.is(name) => {
                properties.push(Property::new(PR_SMTP_ADDRESS, property.value.clone()));
                properties.push(Property::new(PR_ADDRTYPE, "SMTP"));
            }
            Some(name) if is_elsewhere(name) => {}
            Some(name) if names::PID_LID_FILE_UNDER.is(name) || names::PID_LID_HAS_PICTURE.is(name) => {}
            None if [PR_MESSAGE_CLASS, PR_SUBJECT].contains(&property.tag) => {}
            None if property.tag == PR_BODY => {
                properties.push(Property::new(PR_COMMENT, property.value.clone()))
            }
            Some(name)
                if *name == uid_name()
                    && property.value.as_text().is_some_and(|uid| uid.starts_with(MADE)) => {}
            _ => properties.push(property.clone()),
        }
    }
    if let Some(photo) = photo(contact) {
        properties.push(Property { tag: PHOTO_IN_ENTRY, ..Property::new(PHOTO_IN_ENTRY, photo.to_vec()) });
    }
    properties
}

/// An entry as a contact or a list.
pub(super) fn contact(properties: Vec<Property>, id: &EntryId) -> MessageObject {
    let has_uid = uid(&properties).is_some();
    let mut contact = MessageObject { properties, ..MessageObject::default() };
    for property in &mut contact.properties {
        if property.named.is_none() && property.tag == PR_COMMENT {
            property.tag = PR_BODY;
        }
    }
    if !has_uid {
        contact.properties.push(Property::named(uid_name(), made_uid(id)));
    }
    contact
}
