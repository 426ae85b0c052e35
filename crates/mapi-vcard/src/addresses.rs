//! Where somebody lives and works: ADR and LABEL, three addresses, and which of them mail goes to.

use crate::card::{Card, Line, Version};
use crate::fields::Field;
use mapi_defs::names::{
    PID_LID_HOME_ADDRESS, PID_LID_OTHER_ADDRESS, PID_LID_POSTAL_ADDRESS_ID, PID_LID_WORK_ADDRESS,
    PID_LID_WORK_ADDRESS_CITY, PID_LID_WORK_ADDRESS_COUNTRY, PID_LID_WORK_ADDRESS_POST_OFFICE_BOX,
    PID_LID_WORK_ADDRESS_POSTAL_CODE, PID_LID_WORK_ADDRESS_STATE, PID_LID_WORK_ADDRESS_STREET,
};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags::{
    PR_COUNTRY, PR_HOME_ADDRESS_CITY, PR_HOME_ADDRESS_COUNTRY, PR_HOME_ADDRESS_POST_OFFICE_BOX,
    PR_HOME_ADDRESS_POSTAL_CODE, PR_HOME_ADDRESS_STATE_OR_PROVINCE, PR_HOME_ADDRESS_STREET, PR_LOCALITY,
    PR_OFFICE_LOCATION, PR_OTHER_ADDRESS_CITY, PR_OTHER_ADDRESS_COUNTRY, PR_OTHER_ADDRESS_POST_OFFICE_BOX,
    PR_OTHER_ADDRESS_POSTAL_CODE, PR_OTHER_ADDRESS_STATE_OR_PROVINCE, PR_OTHER_ADDRESS_STREET,
    PR_POST_OFFICE_BOX, PR_POSTAL_ADDRESS, PR_POSTAL_CODE, PR_STATE_OR_PROVINCE, PR_STREET_ADDRESS,
};
use std::borrow::Cow;

/// Post office box, street, city, state, postal code, country.
type Parts = [Field; 6];

/// One of the three addresses.
struct Place {
    kind: &'static str,
    /// PidLidPostalAddressId where mail goes there.
    number: i32,
    parts: Parts,
    whole: Field,
}

use Field::{Named, Tag};

const PLACES: [Place; 3] = [
    Place {
        kind: "HOME",
        number: 1,
        parts: [
            Tag(PR_HOME_ADDRESS_POST_OFFICE_BOX),
            Tag(PR_HOME_ADDRESS_STREET),
            Tag(PR_HOME_ADDRESS_CITY),
            Tag(PR_HOME_ADDRESS_STATE_OR_PROVINCE),
            Tag(PR_HOME_ADDRESS_POSTAL_CODE),
            Tag(PR_HOME_ADDRESS_COUNTRY),
        ],
        whole: Named(PID_LID_HOME_ADDRESS),
    },
    Place {
        kind: "WORK",
        number: 2,
        parts: [
            Named(PID_LID_WORK_ADDRESS_POST_OFFICE_BOX),
            Named(PID_LID_WORK_ADDRESS_STREET),
            Named(PID_LID_WORK_ADDRESS_CITY),
            Named(PID_LID_WORK_ADDRESS_STATE),
            Named(PID_LID_WORK_ADDRESS_POSTAL_CODE),
            Named(PID_LID_WORK_ADDRESS_COUNTRY),
        ],
        whole: Named(PID_LID_WORK_ADDRESS),
    },
    Place {
        kind: "POSTAL",
        number: 3,
        parts: [
            Tag(PR_OTHER_ADDRESS_POST_OFFICE_BOX),
            Tag(PR_OTHER_ADDRESS_STREET),
            Tag(PR_OTHER_ADDRESS_CITY),
            Tag(PR_OTHER_ADDRESS_STATE_OR_PROVINCE),
            Tag(PR_OTHER_ADDRESS_POSTAL_CODE),
            Tag(PR_OTHER_ADDRESS_COUNTRY),
        ],
        whole: Named(PID_LID_OTHER_ADDRESS),
    },
];

/// The address that mail goes to: of a mail user of a directory the only one.
const MAILING: Parts = [
    Tag(PR_POST_OFFICE_BOX),
    Tag(PR_STREET_ADDRESS),
    Tag(PR_LOCALITY),
    Tag(PR_STATE_OR_PROVINCE),
    Tag(PR_POSTAL_CODE),
    Tag(PR_COUNTRY),
];

/// Puts the addresses of a card into their places; returns how many found none.
pub(crate) fn read(card: &Card, object: &mut MessageObject) -> usize {
    let mut lost = 0;
    let mut mailing: Option<(u8, usize)> = None;
    for line in card.all("ADR") {
        let parts = line.parts(card.version);
        if parts.iter().all(String::is_empty) {
            continue;
        }
        let free = |place: &Place| place.parts.iter().all(|field| field.value(object).is_none());
        let Some(index) = wanted(line).find(|index| free(&PLACES[*index])) else {
            lost += 1;
            continue;
        };
        put(&PLACES[index], parts, label_of(line, card), object);
        if mailing.is_none_or(|(preference, _)| line.preference() < preference) {
            mailing = Some((line.preference(), index));
        }
    }
    if let Some((_, index)) = mailing {
        let place = &PLACES[index];
        object.properties.push(Property::named(PID_LID_POSTAL_ADDRESS_ID.named(), place.number));
        for (mail, part) in MAILING
            .into_iter()
            .chain([Tag(PR_POSTAL_ADDRESS)])
            .zip(place.parts.into_iter().chain([place.whole]))
        {
            if let Some(text) = part.text(object).map(str::to_owned) {
                object.properties.push(mail.property(text));
            }
        }
    }
    lost
}

/// The places that a line can go to, best first.
fn wanted(line: &Line) -> impl Iterator<Item = usize> {
    let named = PLACES.iter().position(|place| line.is_of_type(place.kind));
    [named.unwrap_or(2), 2].into_iter()
}

fn put(place: &Place, mut parts: Vec<String>, label: Option<String>, object: &mut MessageObject) {
    parts.resize(7, String::new());
    let extended = std::mem::take(&mut parts[1]);
    if place.kind == "WORK" && !extended.is_empty() {
        object.properties.push(Property::new(PR_OFFICE_LOCATION, extended));
    } else if !extended.is_empty() {
        let lines = [extended, std::mem::take(&mut parts[2])];
        parts[2] =
            lines.iter().filter(|line| !line.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n");
    }
    parts.remove(1);
    let whole = label.unwrap_or_else(|| formatted(&parts));
    for (field, text) in place.parts.into_iter().chain([place.whole]).zip(parts.into_iter().chain([whole])) {
        if !text.is_empty() {
            object.properties.push(field.property(text));
        }
    }
}

/// The address as it stands on a letter, where the card does not say.
fn formatted(parts: &[String]) -> String {
    let [post_office_box, street, city, state, code, country] = parts else { return String::new() };
    let town: Vec<&str> =
        [city, state, code].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let lines = [post_office_box.clone(), street.clone(), town.join(" "), country.clone()];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\r\n")
}

/// LABEL: of 4.0 a parameter, else a line of its own with the same types.
fn label_of(line: &Line, card: &Card) -> Option<String> {
    let of_line = line.param("LABEL").map(|label| label.replace("\\n", "\n"));
    let is_its = |label: &&Line| {
        let kinds = PLACES.iter().map(|place| place.kind);
        kinds.into_iter().all(|kind| label.is_of_type(kind) == line.is_of_type(kind))
    };
    let label = of_line.or_else(|| card.all("LABEL").find(is_its).map(|label| label.text(card.version)));
    label.filter(|label| !label.is_empty())
}

pub(crate) fn write(object: &MessageObject, card: &mut Card) {
    let preferred = Named(PID_LID_POSTAL_ADDRESS_ID).value(object).and_then(|value| value.as_long());
    let mut is_any = false;
    for place in &PLACES {
        let is_preferred = preferred == Some(place.number);
        is_any |= write_one(&place.parts, place.whole, place.kind, is_preferred, object, card);
    }
    if !is_any {
        write_one(&MAILING, Tag(PR_POSTAL_ADDRESS), "WORK", false, object, card);
    }
}

fn write_one(
    parts: &Parts,
    whole: Field,
    kind: &str,
    is_preferred: bool,
    object: &MessageObject,
    card: &mut Card,
) -> bool {
    let text = |field: Field| field.text(object).unwrap_or_default();
    let office = if kind == "WORK" { text(Tag(PR_OFFICE_LOCATION)) } else { "" };
    let [post_office_box, street, city, state, code, country] = parts.map(text);
    let all = [post_office_box, office, street, city, state, code, country].map(Cow::Borrowed);
    let is_v4 = card.version == Version::V4;
    let kind = kind.to_lowercase();
    // 4.0 has two kinds, and one that is neither says nothing.
    let kind = if is_v4 && kind == "postal" { None } else { Some(kind) };
    let label = text(whole);
    let own: Vec<String> = [post_office_box, street, city, state, code, country].map(str::to_owned).into();
    let has_label = !label.is_empty() && label != formatted(&own);
    let mut params: Vec<(&str, String)> = kind.iter().map(|kind| ("TYPE", kind.clone())).collect();
    if is_preferred && is_v4 {
        params.push(("PREF", "1".to_owned()));
    } else if let (true, Some((_, types))) = (is_preferred, params.first_mut()) {
        types.push_str(",pref");
    }
    let before = card.lines.len();
    let as_params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    card.push_parts("ADR", &as_params, &all, ';');
    let is_written = card.lines.len() > before;
    if is_v4
        && has_label
        && let Some(line) = card.lines.last_mut().filter(|_| is_written)
    {
        let values = vec![label.replace("\r\n", "\n")];
        line.params.push(crate::card::Param { name: "LABEL".to_owned(), values });
    } else if has_label && is_written {
        let types: Vec<(&str, &str)> = as_params.into_iter().filter(|(name, _)| *name == "TYPE").collect();
        card.push_text("LABEL", &types, label);
    }
    is_written
}

/// Whether a property is of an address.
pub(crate) fn holds(property: &Property) -> bool {
    let of_places = PLACES.iter().flat_map(|place| place.parts.into_iter().chain([place.whole]));
    let others = [Tag(PR_POSTAL_ADDRESS), Tag(PR_OFFICE_LOCATION), Named(PID_LID_POSTAL_ADDRESS_ID)];
    of_places.chain(MAILING).chain(others).any(|field| field.is(property))
}
