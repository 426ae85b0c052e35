//! Telephone numbers: TEL with its types, and the property that each is kept in.

use crate::card::{Card, Line, Version};
use crate::fields::Field;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_ASSISTANT_TELEPHONE_NUMBER, PR_BUSINESS_FAX_NUMBER, PR_BUSINESS_TELEPHONE_NUMBER,
    PR_BUSINESS2_TELEPHONE_NUMBER, PR_CALLBACK_TELEPHONE_NUMBER, PR_CAR_TELEPHONE_NUMBER,
    PR_COMPANY_MAIN_PHONE_NUMBER, PR_HOME_FAX_NUMBER, PR_HOME_TELEPHONE_NUMBER, PR_HOME2_TELEPHONE_NUMBER,
    PR_ISDN_NUMBER, PR_MOBILE_TELEPHONE_NUMBER, PR_OTHER_TELEPHONE_NUMBER, PR_PAGER_TELEPHONE_NUMBER,
    PR_PRIMARY_FAX_NUMBER, PR_PRIMARY_TELEPHONE_NUMBER, PR_RADIO_TELEPHONE_NUMBER, PR_TELEX_NUMBER,
    PR_TTYTDD_PHONE_NUMBER,
};

/// A number: the types that a line has to have, and the property.
struct Number {
    name: &'static str,
    types: &'static [&'static str],
    tag: PropTag,
}

const fn tel(types: &'static [&'static str], tag: PropTag) -> Number {
    Number { name: "TEL", types, tag }
}

const fn own(types: &'static [&'static str], tag: PropTag) -> Number {
    Number { name: "X-MS-TEL", types, tag }
}

/// A line goes to the first row that fits and is free, so the rows with more types are first.
const NUMBERS: [Number; 19] = [
    tel(&["WORK", "FAX"], PR_BUSINESS_FAX_NUMBER),
    tel(&["HOME", "FAX"], PR_HOME_FAX_NUMBER),
    tel(&["FAX"], PR_PRIMARY_FAX_NUMBER),
    tel(&["CELL"], PR_MOBILE_TELEPHONE_NUMBER),
    tel(&["CAR"], PR_CAR_TELEPHONE_NUMBER),
    tel(&["PAGER"], PR_PAGER_TELEPHONE_NUMBER),
    tel(&["ISDN"], PR_ISDN_NUMBER),
    tel(&["TEXTPHONE"], PR_TTYTDD_PHONE_NUMBER),
    own(&["TTYTDD"], PR_TTYTDD_PHONE_NUMBER),
    own(&["ASSISTANT"], PR_ASSISTANT_TELEPHONE_NUMBER),
    own(&["CALLBACK"], PR_CALLBACK_TELEPHONE_NUMBER),
    own(&["COMPANY"], PR_COMPANY_MAIN_PHONE_NUMBER),
    own(&["RADIO"], PR_RADIO_TELEPHONE_NUMBER),
    own(&["TLX"], PR_TELEX_NUMBER),
    tel(&["WORK"], PR_BUSINESS_TELEPHONE_NUMBER),
    tel(&["WORK"], PR_BUSINESS2_TELEPHONE_NUMBER),
    tel(&["HOME"], PR_HOME_TELEPHONE_NUMBER),
    tel(&["HOME"], PR_HOME2_TELEPHONE_NUMBER),
    tel(&["PREF"], PR_PRIMARY_TELEPHONE_NUMBER),
];

/// Where a number goes that says nothing of itself, or whose places are taken.
const ANY: [PropTag; 2] = [PR_OTHER_TELEPHONE_NUMBER, PR_PRIMARY_TELEPHONE_NUMBER];

pub(crate) fn is_number(line: &Line) -> bool {
    matches!(line.name.as_str(), "TEL" | "X-MS-TEL") || line.name == "EMAIL" && line.is_of_type("TLX")
}

/// Puts a number into its place; false where every place is taken.
pub(crate) fn read(line: &Line, version: Version, object: &mut MessageObject) -> bool {
    let text = line.text(version);
    let number = text.strip_prefix("tel:").unwrap_or(&text);
    if number.is_empty() {
        return true;
    }
    let is_preferred = line.preference() < 100;
    let has = |kind: &&str| line.is_of_type(kind) || *kind == "PREF" && is_preferred;
    let fits = NUMBERS.iter().filter(|row| row.types.iter().all(has)).map(|row| row.tag);
    // A fax machine is nobody to be called.
    let any = ANY.into_iter().filter(|_| !line.is_of_type("FAX"));
    let mut places = fits.chain(any);
    match places.find(|tag| Field::Tag(*tag).value(object).is_none()) {
        Some(tag) => {
            object.properties.push(Field::Tag(tag).property(number));
            true
        }
        None => false,
    }
}

pub(crate) fn write(object: &MessageObject, card: &mut Card) {
    let number = |tag| Field::Tag(tag).text(object);
    for row in &NUMBERS {
        // 4.0 and 3.0 know the telephone of the deaf by different names.
        let is_for_other = match card.version {
            Version::V4 => row.types == ["TTYTDD"],
            _ => row.types == ["TEXTPHONE"],
        };
        let Some(number) = number(row.tag).filter(|_| !is_for_other) else { continue };
        if row.types == ["PREF"] && card.version == Version::V4 {
            card.push_text(row.name, &[("PREF", "1")], number);
            continue;
        }
        let types = row.types.join(",").to_lowercase();
        let is_voice = matches!(row.types, ["WORK"] | ["HOME"] | ["PREF"]);
        let types = if is_voice { format!("{types},voice") } else { types };
        card.push_text(row.name, &[("TYPE", &types)], number);
    }
    if let Some(number) = number(PR_OTHER_TELEPHONE_NUMBER) {
        card.push_text("TEL", &[("TYPE", "voice")], number);
    }
}

/// Whether a property is one of these.
pub(crate) fn holds(tag: PropTag) -> bool {
    NUMBERS.iter().map(|row| row.tag).chain(ANY).any(|known| known.id() == tag.id())
}
