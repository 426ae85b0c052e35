//! Finding properties, codes and GUIDs by name or number: the dictionary behind `mapi lookup` and
//! behind the names in JSON and error texts.
//!
//! Pure functions over static tables; nothing is built at run time. Not the tables: those are
//! generated into `prop/tags.rs`, `names.rs`, `codes.rs` and `guids.rs` from `data/*.tsv`.
//!
//! ```
//! use mapi_defs::lookup::{self, Found};
//!
//! let found = lookup::find("pidtagsubject");
//! assert!(matches!(found[..], [Found::Property(property)] if property.name == "PR_SUBJECT"));
//! assert_eq!(lookup::suggest("PR_SUBJET"), ["PR_SUBJECT"]);
//! ```

mod near;

use crate::codes::CODES;
use crate::guids::GUIDS;
use crate::names::{NAMES, NAMES_BY_NAME};
use crate::prop::tags::{TAGS, TAGS_BY_NAME};
use crate::prop::{Name, NamedProp, PropTag, PropType};
use crate::{ErrorCode, Guid, Warning};

/// The bit of a type that asks a table for one row per value of a multi-valued column (MV_INSTANCE).
const MV_INSTANCE: u16 = 0x2000;

/// What the reference and the headers say of a property.
#[derive(Debug, PartialEq)]
pub struct Property {
    /// The name shown: the header's (`PR_SUBJECT`) for tags, the canonical one for named properties.
    pub name: &'static str,
    /// The canonical name (`PidTagSubject`), where the reference has a page.
    pub canonical: Option<&'static str>,
    /// Further names in headers and on pages.
    pub aliases: &'static [&'static str],
    /// How the property is addressed.
    pub address: Address,
    /// The type; text is `PT_UNICODE` unless the headers declare 8-bit alone.
    pub ptype: PropType,
    /// What the property is about, in a word or two; empty where the reference does not say.
    pub area: &'static str,
    /// Page of the reference and header, parted by semicolons.
    pub source: &'static str,
}

impl Property {
    /// The whole tag; named properties have none until a store or file has given them one.
    pub const fn tag(&self) -> Option<PropTag> {
        match self.address {
            Address::Tag(id) => Some(PropTag::new(id, self.ptype)),
            _ => None,
        }
    }

    fn id(&self) -> Option<u16> {
        self.tag().map(PropTag::id)
    }
}

/// How a property is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// By a fixed identifier.
    Tag(u16),
    /// By a property set and a number or text.
    Named(KnownName),
    /// By an identifier of the Account Management API, which has its own number space.
    Account(u16),
    /// By an identifier that no public source gives.
    Unknown,
}

/// A well-known named property, such as [`PID_LID_LOCATION`](crate::names::PID_LID_LOCATION).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// The property set.
    pub set: Guid,
    /// What the property is called in the set.
    pub key: Key,
    /// The type its values have.
    pub ptype: PropType,
}

impl KnownName {
    /// True for the name that stores and files know this property by.
    pub fn is(&self, name: &NamedProp) -> bool {
        let same = match (&self.key, &name.name) {
            (Key::Id(id), Name::Id(other)) => id == other,
            (Key::Text(text), Name::Text(other)) => text == other,
            _ => false,
        };
        same && self.set == name.set
    }

    /// The name as stores and files take it.
    pub fn named(&self) -> NamedProp {
        match self.key {
            Key::Id(id) => NamedProp::id(self.set, id),
            Key::Text(text) => NamedProp::text(self.set, text),
        }
    }
}

impl From<KnownName> for NamedProp {
    fn from(known: KnownName) -> Self {
        known.named()
    }
}

/// What a property is called within its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A number (LID).
    Id(u32),
    /// A text.
    Text(&'static str),
}

/// What a call may answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The usual name, such as `MAPI_E_CALL_FAILED`.
    pub name: &'static str,
    /// Other names of the same number, such as `E_FAIL`.
    pub aliases: &'static [&'static str],
    /// The number.
    pub value: u32,
    /// The family of numbers it belongs to.
    pub kind: CodeKind,
    /// One sentence.
    pub meaning: &'static str,
    /// What to do next; empty where nothing general can be said.
    pub hint: &'static str,
    /// Header or page.
    pub source: &'static str,
}

/// The family of numbers a code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A plain success, such as `S_FALSE`.
    Success,
    /// A success that says something ([`Warning`]).
    Warning,
    /// A failure ([`ErrorCode`]).
    Error,
    /// A number of Simple MAPI, which is no HRESULT.
    Simple,
}

/// A GUID that has a name.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownGuid {
    /// The name in headers or on pages.
    pub name: &'static str,
    /// The GUID.
    pub guid: Guid,
    /// `property set`, `interface`, `class`, `provider`, `profile section` or `folder`.
    pub kind: &'static str,
    /// A few words, or empty.
    pub note: &'static str,
    /// Header or page.
    pub source: &'static str,
}

/// An answer of [`find`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found {
    /// A property.
    Property(&'static Property),
    /// A code.
    Code(&'static Code),
    /// A GUID.
    Guid(&'static KnownGuid),
}

/// Finds whatever a text stands for: a name in any case, a tag (`0x0037001F`), an identifier or LID
/// (`0x0037`, `0x820D`), a code (`0x80040111`, or decimal as some programs print it), or a GUID.
///
/// Of several answers the most usual comes first. Eight hex digits are a code where one has that
/// value, otherwise a tag. Nothing found is an empty list; [`suggest`] then offers names.
pub fn find(query: &str) -> Vec<Found> {
    let query = query.trim();
    if let Some(guid) = Guid::parse(query) {
        return guid_named(guid).map(Found::Guid).into_iter().collect();
    }
    if let Some(digits) = query.strip_prefix("0x").or_else(|| query.strip_prefix("0X")) {
        return match u32::from_str_radix(digits, 16) {
            Ok(number) if digits.len() <= 4 => by_id(number as u16),
            Ok(number) => by_long_number(number),
            Err(_) => Vec::new(),
        };
    }
    if let Some(number) = query.parse().ok().or_else(|| query.parse::<i32>().ok().map(i32::cast_unsigned)) {
        return code_values(number).iter().map(Found::Code).collect();
    }
    let property = property(query).map(Found::Property);
    property
        .or_else(|| code(query).map(Found::Code))
        .or_else(|| guid(query).map(Found::Guid))
        .into_iter()
        .collect()
}

/// The property of that name: header, canonical or other, in any case.
pub fn property(name: &str) -> Option<&'static Property> {
    let at = |index: &[(&str, u16)]| {
        let found = index
            .binary_search_by(|(known, _)| known.bytes().cmp(name.bytes().map(|b| b.to_ascii_uppercase())));
        found.ok().map(|position| usize::from(index[position].1))
    };
    at(&TAGS_BY_NAME).and_then(|at| TAGS.get(at)).or_else(|| at(&NAMES_BY_NAME).and_then(|at| NAMES.get(at)))
}

/// All properties with that fixed identifier, the most usual first.
pub fn properties_of_id(id: u16) -> &'static [Property] {
    let tags = tags();
    let first = tags.partition_point(|row| row.id() < Some(id));
    let after = tags.partition_point(|row| row.id() <= Some(id));
    &tags[first..after]
}

/// The well-known named property of that name within its set.
pub fn named_property(name: &NamedProp) -> Option<&'static Property> {
    NAMES.iter().find(|row| matches!(row.address, Address::Named(known) if known.is(name)))
}

/// The name of a tag, whatever the width of its text: 0x0037001F and 0x0037001E are `PR_SUBJECT`.
///
/// Where several names share an identifier, the one whose type fits is taken, and among those the
/// first of this order: MAPITags.h, MAPIAux.h, the pages of the reference, the other headers. If no
/// type fits (`PT_UNSPECIFIED`, `PT_ERROR`, a store's own choice), the first name stands for all.
/// Identifiers of the named range (0x8000–0xFFFE) have no name of their own: `None`; those of the
/// address book are answered by [`address_book_tag_name`].
pub fn tag_name(tag: PropTag) -> Option<&'static str> {
    if tag.is_named() { None } else { best_name(tag) }
}

/// The same for objects of an Exchange address book, where the range from 0x8000 is fixed.
pub fn address_book_tag_name(tag: PropTag) -> Option<&'static str> {
    best_name(tag)
}

/// The code of that name, in any case, of HRESULTs before Simple MAPI.
pub fn code(name: &str) -> Option<&'static Code> {
    let is = |code: &&Code| code.name.eq_ignore_ascii_case(name);
    let is_alias = |code: &&Code| code.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
    CODES.iter().find(is).or_else(|| CODES.iter().find(is_alias))
}

/// All codes of that value: one, or two where Simple MAPI uses the number too.
pub fn code_values(value: u32) -> &'static [Code] {
    let first = CODES.partition_point(|code| code.value < value);
    let after = CODES.partition_point(|code| code.value <= value);
    &CODES[first..after]
}

/// The GUID of that name, in any case.
pub fn guid(name: &str) -> Option<&'static KnownGuid> {
    GUIDS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// The name of a GUID.
pub fn guid_named(guid: Guid) -> Option<&'static KnownGuid> {
    GUIDS.iter().find(|row| row.guid == guid)
}

/// At most five names close to `name`, the closest first; none where nothing is close.
pub fn suggest(name: &str) -> Vec<&'static str> {
    near::names(name)
}

/// Every property: tags by identifier, account properties, named properties.
pub fn properties() -> impl Iterator<Item = &'static Property> {
    TAGS.iter().chain(&NAMES)
}

/// Every code, by value.
pub fn codes() -> &'static [Code] {
    &CODES
}

/// Every GUID with a name.
pub fn guids() -> &'static [KnownGuid] {
    &GUIDS
}

impl ErrorCode {
    /// The name, such as `MAPI_E_NOT_FOUND`.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|code| code.name)
    }

    /// One sentence saying what the code means.
    pub fn meaning(self) -> Option<&'static str> {
        self.entry().map(|code| code.meaning)
    }

    /// What to do next, where something general can be said.
    pub fn hint(self) -> Option<&'static str> {
        self.entry().map(|code| code.hint).filter(|hint| !hint.is_empty())
    }

    fn entry(self) -> Option<&'static Code> {
        code_values(self.as_u32()).iter().find(|code| code.kind == CodeKind::Error)
    }
}

impl Warning {
    /// The name, such as `MAPI_W_ERRORS_RETURNED`.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|code| code.name)
    }

    /// One sentence saying what the code means.
    pub fn meaning(self) -> Option<&'static str> {
        self.entry().map(|code| code.meaning)
    }

    fn entry(self) -> Option<&'static Code> {
        code_values(self.as_u32()).iter().find(|code| code.kind == CodeKind::Warning)
    }
}

/// The part of the table that is sorted by identifier: without the account properties at its end.
fn tags() -> &'static [Property] {
    let end = TAGS.partition_point(|row| !matches!(row.address, Address::Account(_)));
    &TAGS[..end]
}

fn by_id(id: u16) -> Vec<Found> {
    let lids = NAMES.iter().filter(|row| {
        matches!(row.address, Address::Named(KnownName { key: Key::Id(lid), .. }) if lid == u32::from(id))
    });
    properties_of_id(id).iter().chain(lids).map(Found::Property).collect()
}

fn by_long_number(number: u32) -> Vec<Found> {
    let codes: Vec<Found> = code_values(number).iter().map(Found::Code).collect();
    if !codes.is_empty() {
        return codes;
    }
    let tag = PropTag(number);
    let mut found: Vec<&Property> = properties_of_id(tag.id()).iter().collect();
    found.sort_by_key(|row| !fits(row, tag));
    found.into_iter().map(Found::Property).collect()
}

fn best_name(tag: PropTag) -> Option<&'static str> {
    let rows = properties_of_id(tag.id());
    rows.iter().find(|row| fits(row, tag)).or_else(|| rows.first()).map(|row| row.name)
}

/// True where the types are the same but for the width of text and for MV_INSTANCE.
fn fits(row: &Property, tag: PropTag) -> bool {
    row.ptype.unicode() == PropType(tag.ptype().0 & !MV_INSTANCE).unicode()
}

#[cfg(test)]
mod tests;
