//! Which line of a card is which property, for texts that are one value.

use mapi_defs::lookup::KnownName;
use mapi_defs::names::{
    PID_LID_FREE_BUSY_LOCATION, PID_LID_HTML, PID_LID_INSTANT_MESSAGING_ADDRESS, PID_LID_YOMI_COMPANY_NAME,
    PID_LID_YOMI_FIRST_NAME, PID_LID_YOMI_LAST_NAME,
};
use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::prop::tags::{
    PR_ASSISTANT, PR_BODY, PR_BUSINESS_HOME_PAGE, PR_HOBBIES, PR_LANGUAGE, PR_MANAGER_NAME, PR_NICKNAME,
    PR_PERSONAL_HOME_PAGE, PR_PROFESSION, PR_SPOUSE_NAME, PR_TITLE,
};
use mapi_defs::prop::{PropTag, PropValue};

/// A property by its tag or its name.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    Tag(PropTag),
    Named(KnownName),
}

impl Field {
    pub(crate) fn property(self, value: impl Into<PropValue>) -> Property {
        match self {
            Self::Tag(tag) => Property::new(tag, value),
            Self::Named(name) => Property::named(name.named(), value),
        }
    }

    pub(crate) fn value(self, object: &MessageObject) -> Option<&PropValue> {
        match self {
            Self::Tag(tag) => find(&object.properties, tag),
            Self::Named(name) => {
                let is_it =
                    |property: &&Property| property.named.as_ref().is_some_and(|named| name.is(named));
                object.properties.iter().find(is_it).map(|property| &property.value)
            }
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(self, object: &MessageObject) -> Option<&str> {
        self.value(object).and_then(PropValue::as_text).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(crate) fn is(self, property: &Property) -> bool {
        match self {
            Self::Tag(tag) => property.named.is_none() && property.tag.id() == tag.id(),
            Self::Named(name) => property.named.as_ref().is_some_and(|named| name.is(named)),
        }
    }
}

/// A text of a card.
pub(crate) struct TextField {
    /// The line's name.
    pub(crate) name: &'static str,
    /// Its TYPE, where that decides.
    pub(crate) kind: Option<&'static str>,
    /// Where it goes.
    pub(crate) field: Field,
}

const fn text(name: &'static str, kind: Option<&'static str>, field: Field) -> TextField {
    TextField { name, kind, field }
}

/// The texts. Where a name is there twice, the first one is written and each is read; a line goes to the
/// first row that fits.
pub(crate) const TEXTS: [TextField; 24] = [
    text("NICKNAME", None, Field::Tag(PR_NICKNAME)),
    text("TITLE", None, Field::Tag(PR_TITLE)),
    text("ROLE", None, Field::Tag(PR_PROFESSION)),
    text("NOTE", None, Field::Tag(PR_BODY)),
    text("URL", Some("HOME"), Field::Tag(PR_PERSONAL_HOME_PAGE)),
    text("URL", Some("WORK"), Field::Tag(PR_BUSINESS_HOME_PAGE)),
    text("URL", None, Field::Named(PID_LID_HTML)),
    text("LANG", None, Field::Tag(PR_LANGUAGE)),
    text("FBURL", None, Field::Named(PID_LID_FREE_BUSY_LOCATION)),
    text("X-MS-ASSISTANT", None, Field::Tag(PR_ASSISTANT)),
    text("X-MS-MANAGER", None, Field::Tag(PR_MANAGER_NAME)),
    text("X-MANAGER", None, Field::Tag(PR_MANAGER_NAME)),
    text("X-ASSISTANT", None, Field::Tag(PR_ASSISTANT)),
    text("X-MS-SPOUSE", None, Field::Tag(PR_SPOUSE_NAME)),
    text("X-SPOUSE", None, Field::Tag(PR_SPOUSE_NAME)),
    text("X-MS-INTERESTS", None, Field::Tag(PR_HOBBIES)),
    text("HOBBY", None, Field::Tag(PR_HOBBIES)),
    text("X-MS-IMADDRESS", None, Field::Named(PID_LID_INSTANT_MESSAGING_ADDRESS)),
    text("IMPP", None, Field::Named(PID_LID_INSTANT_MESSAGING_ADDRESS)),
    text("X-JABBER", None, Field::Named(PID_LID_INSTANT_MESSAGING_ADDRESS)),
    text("X-SKYPE", None, Field::Named(PID_LID_INSTANT_MESSAGING_ADDRESS)),
    text("X-PHONETIC-FIRST-NAME", None, Field::Named(PID_LID_YOMI_FIRST_NAME)),
    text("X-PHONETIC-LAST-NAME", None, Field::Named(PID_LID_YOMI_LAST_NAME)),
    text("X-PHONETIC-ORG", None, Field::Named(PID_LID_YOMI_COMPANY_NAME)),
];

/// Lines that say nothing of whom the card is of.
pub(crate) const IDLE: [&str; 11] = [
    "PRODID",
    "REV",
    "PROFILE",
    "NAME",
    "SOURCE",
    "MAILER",
    "KIND",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ABLABEL",
    "X-ABUID",
    "CLIENTPIDMAP",
];
