//! Internet addresses of people in an Exchange organisation, out of properties that name the same entry.
//!
//! A message that never left its organisation names its sender by an X.500 name alone. The account it was
//! sent with, or whoever created it last, is often the same entry with its Internet address beside it.
//! Only the same entry counts: that it is probably the same person does not.

use crate::address::{Known, internet_address};
use crate::one_off::OneOff;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropTag, PropType, PropValue, tags};

/// An entry ID, and the Internet address of the same entry.
const PAIRS: [(PropTag, PropTag); 2] = [
    (tags::PR_CREATOR_ENTRYID, PropTag::new(0x5D0A, PropType::UNICODE)),
    (tags::PR_LAST_MODIFIER_ENTRYID, PropTag::new(0x5D0B, PropType::UNICODE)),
];

/// The account a message was sent with: number, X.500 name and Internet address, parted by U+0001.
const ACCOUNTS: [PropTag; 2] =
    [PropTag::new(0x0E28, PropType::UNICODE), PropTag::new(0x0E29, PropType::UNICODE)];
const PARTED_BY: char = '\u{1}';

/// The Internet address that the message gives for this entry elsewhere.
pub(crate) fn alias<'a>(message: &'a MessageObject, known: &Known<'_>) -> Option<&'a str> {
    let name = x500_name(known)?;
    by_entry_id(message, &name).or_else(|| by_account(message, &name))
}

fn x500_name(known: &Known<'_>) -> Option<String> {
    let own = known.address.filter(|address| address.starts_with('/')).map(str::to_owned);
    own.or_else(|| of_entry_id(known.entry_id?))
}

fn of_entry_id(entry_id: &[u8]) -> Option<String> {
    OneOff::read(entry_id).map(|read| read.address).filter(|address| address.starts_with('/'))
}

fn by_entry_id<'a>(message: &'a MessageObject, name: &str) -> Option<&'a str> {
    PAIRS.into_iter().find_map(|(entry_id, address)| {
        let held = message.property(entry_id).and_then(PropValue::as_binary).and_then(of_entry_id)?;
        let address = message.text(address).filter(|address| internet_address(address).is_some())?;
        held.eq_ignore_ascii_case(name).then_some(address)
    })
}

fn by_account<'a>(message: &'a MessageObject, name: &str) -> Option<&'a str> {
    ACCOUNTS.into_iter().find_map(|tag| {
        let (head, address) = message.text(tag)?.rsplit_once(PARTED_BY)?;
        // The name of the server may stand before the X.500 name.
        let held = head.rsplit(PARTED_BY).next()?;
        let held = held.get(held.find('/')?..)?;
        (held.eq_ignore_ascii_case(name) && internet_address(address).is_some()).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::object::Property;

    #[test]
    fn only_the_same_entry_lends_its_address() {
        let account = "00000002\u{1}SERVER/o=Org/cn=ann\u{1}ann@example.org";
        let message = MessageObject {
            properties: vec![Property::new(PropTag(0x0E28_001F), account)],
            ..MessageObject::default()
        };
        let of = |address| alias(&message, &Known { address: Some(address), ..Known::default() });
        assert_eq!(of("/O=ORG/CN=ANN"), Some("ann@example.org"));
        assert_eq!(of("/O=ORG/CN=BOB"), None);
        assert_eq!(of("ann@example.com"), None);
        let mut entry_id = vec![0; 4];
        entry_id.extend_from_slice(b"\xDC\xA7\x40\xC8\xC0\x42\x10\x1A\xB4\xB9\x08\x00\x2B\x2F\xE1\x82");
        entry_id.extend_from_slice(b"\x01\0\0\0\0\0\0\0/o=Org/cn=bob\0");
        let message = MessageObject {
            properties: vec![
                Property::new(tags::PR_LAST_MODIFIER_ENTRYID, entry_id.clone()),
                Property::new(PropTag(0x5D0B_001F), "bob@example.org"),
            ],
            ..MessageObject::default()
        };
        let known = Known { entry_id: Some(&entry_id), ..Known::default() };
        assert_eq!(alias(&message, &known), Some("bob@example.org"));
    }
}
