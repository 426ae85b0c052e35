//! A contact or a list made of a card.

use crate::addresses;
use crate::card::{Card, Line};
use crate::date;
use crate::emails;
use crate::fields::{IDLE, TEXTS};
use crate::lists::{self, Member};
use crate::phones;
use crate::photo::{self, photo as photo_of};
use crate::to_card::Lost;
use mapi_defs::guids::PS_PUBLIC_STRINGS;
use mapi_defs::names::{PID_LID_FILE_UNDER, PID_NAME_KEYWORDS};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::tags::{
    PR_BIRTHDAY, PR_CHILDRENS_NAMES, PR_COMPANY_NAME, PR_DEPARTMENT_NAME, PR_DISPLAY_NAME,
    PR_DISPLAY_NAME_PREFIX, PR_GENDER, PR_GENERATION, PR_GIVEN_NAME, PR_MESSAGE_CLASS, PR_MIDDLE_NAME,
    PR_SENSITIVITY, PR_SUBJECT, PR_SURNAME, PR_USER_X509_CERTIFICATE, PR_WEDDING_ANNIVERSARY,
};
use mapi_defs::prop::{NamedProp, PropValue};

/// The named text property, in PS_PUBLIC_STRINGS, that keeps a card's UID: the reference has none.
pub const UID: &str = "vCard UID";

/// Lines that have code of their own below.
const OWN: [&str; 22] = [
    "FN",
    "N",
    "ORG",
    "TEL",
    "X-MS-TEL",
    "EMAIL",
    "ADR",
    "LABEL",
    "BDAY",
    "ANNIVERSARY",
    "X-MS-ANNIVERSARY",
    "X-ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY",
    "CATEGORIES",
    "CLASS",
    "GENDER",
    "X-GENDER",
    "KEY",
    "PHOTO",
    "UID",
    "X-MS-CHILD",
    "MEMBER",
];

/// What a card became.
#[derive(Clone, PartialEq, Debug)]
pub struct Contact {
    /// A contact (IPM.Contact), or a list (IPM.DistList) with those members that the card names by address.
    pub object: MessageObject,
    /// What has no place in it.
    pub lost: Vec<Lost>,
    /// The members of a list that it names as cards, by their UID.
    pub members: Vec<String>,
}

/// Makes a contact of a card, or a list of one that is a list.
pub fn from_card(card: &Card) -> Contact {
    let mut contact = Contact { object: MessageObject::default(), lost: Vec::new(), members: Vec::new() };
    if card.unread > 0 {
        contact.lose("AGENT", "a line that is none, or a card within the card, is not read");
    }
    if let Some(uid) = card.uid() {
        contact.object.properties.push(Property::named(NamedProp::text(PS_PUBLIC_STRINGS, UID), uid));
    }
    if card.is_list() {
        contact.list(card)
    } else {
        contact.person(card)
    }
    contact.object.properties.sort_by(Property::order);
    contact
}

impl Contact {
    fn lose(&mut self, what: &str, reason: &'static str) {
        if !self.lost.iter().any(|lost| lost.what == what) {
            self.lost.push(Lost { what: what.to_owned(), reason });
        }
    }

    fn set(&mut self, property: Property) {
        self.object.properties.push(property);
    }

    fn list(&mut self, card: &Card) {
        let name = card.text("FN").unwrap_or_default();
        self.called(&name, "IPM.DistList");
        let mut by_address = Vec::new();
        for member in lists::members(card) {
            match member {
                Member::Card(uid) => self.members.push(uid),
                Member::Address { name, address } => {
                    let name = if name.is_empty() { &address } else { &name };
                    by_address.push(OneOff::new(name, "SMTP", &address));
                }
            }
        }
        lists::set_members(&mut self.object, &name, &by_address);
        self.texts(card);
        let known = ["FN", "N", "UID", "MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"];
        self.lose_unknown(card, &known);
    }

    fn called(&mut self, name: &str, class: &str) {
        self.set(Property::new(PR_MESSAGE_CLASS, class));
        self.set(Property::new(PR_DISPLAY_NAME, name));
        self.set(Property::new(PR_SUBJECT, name));
    }

    fn person(&mut self, card: &Card) {
        let name = self.names(card);
        self.texts(card);
        self.organisation(card);
        if emails::read(card, &name, &mut self.object) > 0 {
            self.lose("EMAIL", "a contact has three addresses of mail, and all of them hold an @");
        }
        if addresses::read(card, &mut self.object) > 0 {
            self.lose("ADR", "a contact has three addresses");
        }
        for line in card.lines.iter().filter(|line| phones::is_number(line)) {
            if !phones::read(line, card.version, &mut self.object) {
                self.lose("TEL", "every place for such a number is taken");
            }
        }
        self.days(card);
        self.several(card);
        self.octets(card);
        self.lose_unknown(card, &OWN);
    }

    /// N and FN; each is made of the other where it is missing.
    fn names(&mut self, card: &Card) -> String {
        let parts = card.all("N").next().map(|line| line.parts(card.version)).unwrap_or_default();
        let part = |place: usize| parts.get(place).map_or("", String::as_str);
        let order = [3, 1, 2, 0, 4].map(part);
        let of_parts = order.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
        let said = card.text("FN").or_else(|| Some(of_parts).filter(|name| !name.is_empty()));
        let other = || card.text("ORG").or_else(|| card.text("EMAIL")).or_else(|| card.text("NICKNAME"));
        let name = said.or_else(other).unwrap_or_default();
        self.called(&name, "IPM.Contact");
        let file_under = match (part(0), part(1)) {
            ("", _) | (_, "") => name.clone(),
            (last, first) => format!("{last}, {first}"),
        };
        self.set(Property::named(PID_LID_FILE_UNDER.named(), file_under));
        let tags = [PR_SURNAME, PR_GIVEN_NAME, PR_MIDDLE_NAME, PR_DISPLAY_NAME_PREFIX, PR_GENERATION];
        for (place, tag) in tags.into_iter().enumerate().filter(|(place, _)| !part(*place).is_empty()) {
            self.set(Property::new(tag, part(place).replace("\\,", ",")));
        }
        name
    }

    fn texts(&mut self, card: &Card) {
        for line in &card.lines {
            let text = line.text(card.version);
            let fits = |row: &&crate::fields::TextField| {
                row.name == line.name && row.kind.is_none_or(|kind| line.is_of_type(kind))
            };
            let mut rows = TEXTS.iter().filter(fits).peekable();
            if rows.peek().is_none() || text.is_empty() {
                continue;
            }
            match rows.find(|row| row.field.value(&self.object).is_none()) {
                Some(row) => self.set(row.field.property(text)),
                None if line.name == "NOTE" => self.more_notes(&text),
                None => self.lose(&line.name, "a contact has one of it"),
            }
        }
    }

    /// Several notes are one, with an empty line between them.
    fn more_notes(&mut self, text: &str) {
        let note =
            self.object.properties.iter_mut().find(|property| property.tag == mapi_defs::prop::tags::PR_BODY);
        if let Some(Property { value: PropValue::Unicode(note), .. }) = note {
            note.push_str("\n\n");
            note.push_str(text);
        }
    }

    fn organisation(&mut self, card: &Card) {
        for (place, line) in card.all("ORG").enumerate() {
            if place > 0 {
                self.lose("ORG", "a contact has one company");
                break;
            }
            let mut parts = line.parts(card.version).into_iter();
            let company = parts.next().filter(|company| !company.is_empty());
            let units: Vec<String> = parts.filter(|unit| !unit.is_empty()).collect();
            if let Some(company) = company {
                self.set(Property::new(PR_COMPANY_NAME, company));
            }
            if !units.is_empty() {
                self.set(Property::new(PR_DEPARTMENT_NAME, units.join("; ")));
            }
        }
    }

    fn days(&mut self, card: &Card) {
        let anniversaries = ["ANNIVERSARY", "X-MS-ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY"];
        for (names, tag) in [(&["BDAY"][..], PR_BIRTHDAY), (&anniversaries, PR_WEDDING_ANNIVERSARY)] {
            let Some((name, text)) = names.iter().find_map(|name| Some((name, card.text(name)?))) else {
                continue;
            };
            match date::read(&text) {
                Some(time) => self.set(Property::new(tag, time)),
                None => self.lose(name, "it is no day"),
            }
        }
    }

    fn several(&mut self, card: &Card) {
        let values = |name| -> Vec<String> {
            let mut values: Vec<String> = Vec::new();
            for value in card.all(name).flat_map(|line: &Line| line.values(card.version)) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            values
        };
        let categories = values("CATEGORIES");
        if !categories.is_empty() {
            self.set(Property::named(PID_NAME_KEYWORDS.named(), PropValue::MvUnicode(categories)));
        }
        let children: Vec<String> = card.all("X-MS-CHILD").map(|line| line.text(card.version)).collect();
        if !children.is_empty() {
            self.set(Property::new(PR_CHILDRENS_NAMES, PropValue::MvUnicode(children)));
        }
        if let Some(class) = card.text("CLASS") {
            let sensitivity = match class.to_ascii_uppercase().as_str() {
                "PRIVATE" => 2,
                "CONFIDENTIAL" => 3,
                _ => 0,
            };
            self.set(Property::new(PR_SENSITIVITY, sensitivity));
        }
        let gender = card.text("GENDER").or_else(|| card.text("X-GENDER"));
        match gender
            .as_deref()
            .and_then(|gender| gender.chars().next())
            .map(|letter| letter.to_ascii_uppercase())
        {
            None => {}
            Some('F') => self.set(Property::new(PR_GENDER, PropValue::I2(1))),
            Some('M') => self.set(Property::new(PR_GENDER, PropValue::I2(2))),
            Some(_) => self.lose("GENDER", "a contact knows female and male"),
        }
    }

    fn octets(&mut self, card: &Card) {
        for line in card.all("PHOTO") {
            match photo::bytes(line) {
                Some(bytes) if photo_of(&self.object).is_none() => photo::put(bytes, &mut self.object),
                _ => self.lose("PHOTO", "it is not in the card, or not the first"),
            }
        }
        let keys: Vec<Option<Vec<u8>>> = card.all("KEY").map(photo::bytes).collect();
        if keys.iter().any(Option::is_none) {
            self.lose("KEY", "it is not in the card");
        }
        let keys: Vec<Vec<u8>> = keys.into_iter().flatten().collect();
        if !keys.is_empty() {
            self.set(Property::new(PR_USER_X509_CERTIFICATE, PropValue::MvBinary(keys)));
        }
    }

    fn lose_unknown(&mut self, card: &Card, own: &[&str]) {
        let is_known = |name: &str| {
            own.contains(&name) || IDLE.contains(&name) || TEXTS.iter().any(|row| row.name == name)
        };
        for line in card.lines.iter().filter(|line| !is_known(&line.name)) {
            self.lose(&line.name, "a contact has no property for it");
        }
    }
}
