//! Mail addresses: EMAIL, and the three that a contact has, each as five properties.

use crate::card::{Card, Line, Version};
use crate::fields::Field;
use mapi_defs::lookup::KnownName;
use mapi_defs::names;
use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::tags::{PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS};

/// The properties of one address.
struct Place {
    display_name: KnownName,
    address_type: KnownName,
    address: KnownName,
    original_name: KnownName,
    entry_id: KnownName,
}

const PLACES: [Place; 3] = [
    Place {
        display_name: names::PID_LID_EMAIL1_DISPLAY_NAME,
        address_type: names::PID_LID_EMAIL1_ADDRESS_TYPE,
        address: names::PID_LID_EMAIL1_EMAIL_ADDRESS,
        original_name: names::PID_LID_EMAIL1_ORIGINAL_DISPLAY_NAME,
        entry_id: names::PID_LID_EMAIL1_ORIGINAL_ENTRY_ID,
    },
    Place {
        display_name: names::PID_LID_EMAIL2_DISPLAY_NAME,
        address_type: names::PID_LID_EMAIL2_ADDRESS_TYPE,
        address: names::PID_LID_EMAIL2_EMAIL_ADDRESS,
        original_name: names::PID_LID_EMAIL2_ORIGINAL_DISPLAY_NAME,
        entry_id: names::PID_LID_EMAIL2_ORIGINAL_ENTRY_ID,
    },
    Place {
        display_name: names::PID_LID_EMAIL3_DISPLAY_NAME,
        address_type: names::PID_LID_EMAIL3_ADDRESS_TYPE,
        address: names::PID_LID_EMAIL3_EMAIL_ADDRESS,
        original_name: names::PID_LID_EMAIL3_ORIGINAL_DISPLAY_NAME,
        entry_id: names::PID_LID_EMAIL3_ORIGINAL_ENTRY_ID,
    },
];

const SMTP: &str = "SMTP";

/// The address of a line; `None` where it is none that mail goes to.
fn address(line: &Line, version: Version) -> Option<String> {
    let text = line.text(version);
    let address =
        text.get(..7).filter(|head| head.eq_ignore_ascii_case("mailto:")).map_or(&*text, |_| &text[7..]);
    let is_address = address.contains('@') && !address.chars().any(char::is_control);
    is_address.then(|| address.to_owned())
}

/// Puts the addresses of a card into their places, the preferred one first; returns how many found none.
pub(crate) fn read(card: &Card, name: &str, object: &mut MessageObject) -> usize {
    let mut lines: Vec<&Line> = card.all("EMAIL").filter(|line| !line.is_of_type("TLX")).collect();
    lines.sort_by_key(|line| line.preference());
    let all = lines.iter().filter(|line| !line.text(card.version).is_empty()).count();
    let mut addresses: Vec<String> = Vec::new();
    for address in lines.iter().filter_map(|line| address(line, card.version)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let doubled = lines.iter().filter_map(|line| address(line, card.version)).count() - addresses.len();
    for (address, place) in addresses.iter().zip(&PLACES) {
        let id = OneOff::new(if name.is_empty() { address } else { name }, SMTP, address).entry_id();
        let shown = if name.is_empty() { address.clone() } else { format!("{name} ({address})") };
        object.properties.extend([
            Property::named(place.display_name.named(), shown),
            Property::named(place.address_type.named(), SMTP),
            Property::named(place.address.named(), address.as_str()),
            Property::named(place.original_name.named(), address.as_str()),
            Property::named(place.entry_id.named(), id.as_bytes().to_vec()),
        ]);
    }
    all - doubled - addresses.len().min(PLACES.len())
}

/// The addresses of a contact, first to last; of a mail user of a directory its only one.
pub(crate) fn addresses(object: &MessageObject) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let of_places = PLACES.iter().filter_map(|place| {
        let kind = Field::Named(place.address_type).text(object).unwrap_or(SMTP);
        let address = Field::Named(place.address).text(object);
        // An address within Exchange has the one that the world knows as its name.
        let outside = Field::Named(place.original_name).text(object);
        let address = if kind.eq_ignore_ascii_case(SMTP) { address } else { outside };
        address.filter(|address| address.contains('@')).map(str::to_owned)
    });
    found.extend(of_places);
    let text = |tag| {
        find(&object.properties, tag).and_then(|value| value.as_text()).filter(|text| text.contains('@'))
    };
    let is_smtp = find(&object.properties, PR_ADDRTYPE)
        .and_then(|value| value.as_text())
        .is_none_or(|kind| kind.eq_ignore_ascii_case(SMTP));
    let own = text(PR_SMTP_ADDRESS).or_else(|| text(PR_EMAIL_ADDRESS).filter(|_| is_smtp));
    if let Some(own) = own
        && !found.iter().any(|known| known.eq_ignore_ascii_case(own))
    {
        found.insert(0, own.to_owned());
    }
    found
}

pub(crate) fn write(object: &MessageObject, card: &mut Card) {
    let is_v4 = card.version == Version::V4;
    for (place, address) in addresses(object).iter().enumerate() {
        let params: &[(&str, &str)] = match (is_v4, place) {
            (true, 0) => &[("PREF", "1")],
            (true, _) => &[],
            (false, 0) => &[("TYPE", "internet,pref")],
            (false, _) => &[("TYPE", "internet")],
        };
        card.push_text("EMAIL", params, address);
    }
}

/// Whether a property is of one of the addresses, and what they say it says as well.
pub(crate) fn holds(property: &Property) -> bool {
    let of_places = PLACES.iter().flat_map(|place| {
        [place.display_name, place.address_type, place.address, place.original_name, place.entry_id]
    });
    of_places.map(Field::Named).any(|field| field.is(property))
        || [PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS, PR_DISPLAY_NAME]
            .iter()
            .any(|tag| Field::Tag(*tag).is(property))
}
