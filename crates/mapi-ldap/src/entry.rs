//! The properties of an entry of the directory. Which attribute is which property is `schema.rs`.
//!
//! What a server writes is not believed: a text loses its controls, an address that cannot be one is left out,
//! an entry without a usable name in the directory is no entry.

use crate::entry_id::{self, MAX_NAME_BYTES, Meaning};
use crate::message::Entry;
use crate::schema::{CLASS, Schema};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_INSTANCE_KEY,
    PR_OBJECT_TYPE, PR_POSTAL_ADDRESS, PR_RECORD_KEY, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{PropList, PropTag};

/// MAPI_MAILUSER and MAPI_DISTLIST.
pub(crate) const MAIL_USER: i32 = 6;
pub(crate) const DIST_LIST: i32 = 8;
/// DT_MAILUSER and DT_DISTLIST.
const SHOWN_AS_USER: i32 = 0;
const SHOWN_AS_LIST: i32 = 1;
/// The longest text, in characters; longer ones are cut.
const MAX_TEXT: usize = 4000;
/// The longest address, in octets (RFC 5321 4.5.3.1: 64, `@`, 255).
const MAX_ADDRESS_BYTES: usize = 320;

/// The properties that every entry may have beside those of the schema.
pub(crate) const COMPUTED: [PropTag; 8] = [
    PR_EMAIL_ADDRESS,
    PR_ADDRTYPE,
    PR_ENTRYID,
    PR_INSTANCE_KEY,
    PR_RECORD_KEY,
    PR_SEARCH_KEY,
    PR_OBJECT_TYPE,
    PR_DISPLAY_TYPE,
];

impl Entry {
    /// The values of an attribute, whatever its options.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let is_it =
            move |held: &str| held.split(';').next().is_some_and(|base| base.eq_ignore_ascii_case(name));
        let attributes = self.attributes.iter().filter(move |(held, _)| is_it(held));
        attributes.flat_map(|(_, values)| values).map(Vec::as_slice)
    }

    /// The values of an attribute that are text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).filter_map(|value| str::from_utf8(value).ok()).filter(|text| !text.is_empty())
    }

    /// The first text among these attributes.
    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.texts(name).next())
    }

    /// True where the entry is a list.
    pub(crate) fn is_list(&self, schema: &Schema) -> bool {
        let is_list = |class: &str| schema.lists.iter().any(|list| list.eq_ignore_ascii_case(class));
        self.texts(CLASS).any(is_list)
    }
}

/// The properties of an entry; `None` where it has no usable name in the directory.
pub(crate) fn props(directory: MapiUid, schema: &Schema, entry: &Entry) -> Option<PropList> {
    if entry.name.is_empty() || entry.name.len() > MAX_NAME_BYTES {
        return None;
    }
    let mut props = PropList::new();
    for mapping in schema.mappings {
        let Some(text) = entry.first(mapping.attributes) else { continue };
        if mapping.tag == PR_SMTP_ADDRESS {
            continue;
        }
        let text = if mapping.tag == PR_POSTAL_ADDRESS { postal_address(text) } else { line(text) };
        if !text.is_empty() {
            props.set(mapping.tag, text);
        }
    }
    let is_list = entry.is_list(schema);
    let address = entry.texts(schema.address).find(|text| is_address(text));
    let (object, shown) = if is_list { (DIST_LIST, SHOWN_AS_LIST) } else { (MAIL_USER, SHOWN_AS_USER) };
    props.set(PR_OBJECT_TYPE, object);
    props.set(PR_DISPLAY_TYPE, shown);
    set_address(&mut props, address, is_list);
    if props.text(PR_DISPLAY_NAME).is_none() {
        props.set(PR_DISPLAY_NAME, line(address.unwrap_or(&entry.name)));
    }
    let name = entry.name.clone();
    let meaning = if is_list { Meaning::DistList(name) } else { Meaning::MailUser(name) };
    let id = entry_id::make(directory, &meaning).as_bytes().to_vec();
    props.set(PR_ENTRYID, id.clone());
    props.set(PR_RECORD_KEY, id.clone());
    props.set(PR_INSTANCE_KEY, id);
    Some(props)
}

/// The address with its type. A list without one is expanded before it is sent to (MAPIPDL).
fn set_address(props: &mut PropList, address: Option<&str>, is_list: bool) {
    let kind = if address.is_none() && is_list { "MAPIPDL" } else { "SMTP" };
    props.set(PR_ADDRTYPE, kind);
    if let Some(address) = address {
        props.set(PR_EMAIL_ADDRESS, address);
        props.set(PR_SMTP_ADDRESS, address);
        props.set(PR_SEARCH_KEY, format!("{kind}:{address}\0").to_uppercase().into_bytes());
    }
}

/// The properties of a member that is an address alone and no entry.
pub(crate) fn address_props(address: &str) -> PropList {
    let mut props = PropList::new();
    props.set(PR_DISPLAY_NAME, address);
    props.set(PR_OBJECT_TYPE, MAIL_USER);
    props.set(PR_DISPLAY_TYPE, SHOWN_AS_USER);
    set_address(&mut props, Some(address), false);
    props.set(PR_INSTANCE_KEY, format!("SMTP:{address}").to_uppercase().into_bytes());
    props
}

/// True for what can be a mail address: nothing in it ends a line, begins another address or hides.
pub(crate) fn is_address(text: &str) -> bool {
    let is_plain =
        |letter: char| !letter.is_control() && !letter.is_whitespace() && !"<>,;:\"()[]\\".contains(letter);
    let is_whole =
        |(local, host): (&str, &str)| !local.is_empty() && !host.is_empty() && !local.contains('@');
    text.len() <= MAX_ADDRESS_BYTES
        && text.chars().all(|letter| is_plain(letter) && !is_hidden(letter))
        && text.rsplit_once('@').is_some_and(is_whole)
}

/// A text as one line: controls are blanks, and what only changes how others look is gone.
fn line(text: &str) -> String {
    let shown = text.chars().filter(|letter| !is_hidden(*letter)).take(MAX_TEXT);
    let shown: String = shown.map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    shown.trim().to_owned()
}

/// Lines that are separated by `$` (RFC 4517 3.3.28).
fn postal_address(text: &str) -> String {
    let lines = text.split('$').map(|part| line(&part.replace("\\24", "$").replace("\\5C", "\\")));
    lines.collect::<Vec<_>>().join("\r\n")
}

/// Characters that turn the direction of others, or are nothing themselves.
fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ACTIVE_DIRECTORY, INET_ORG_PERSON};
    use mapi_defs::Guid;
    use mapi_defs::prop::tags::PR_COMPANY_NAME;

    fn entry(attributes: &[(&str, &str)]) -> Entry {
        let attribute = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![value.as_bytes().to_vec()]);
        Entry { name: "cn=x".to_owned(), attributes: attributes.iter().map(attribute).collect() }
    }

    #[test]
    fn what_a_server_writes_is_made_fit_to_be_shown() {
        let ann = entry(&[
            ("CN", "Ann"),
            ("displayName;lang-en", "Ann\r\nBcc: eve@example.org\u{202e}"),
            ("mail", "ann@example.org\r\nRCPT TO:<eve@example.org>"),
            ("postalAddress", "1 Main St$Town \\24"),
        ]);
        let props = props(Guid([1; 16]), &INET_ORG_PERSON, &ann).unwrap();
        assert_eq!(props.text(PR_DISPLAY_NAME), Some("Ann  Bcc: eve@example.org"));
        assert_eq!(props.text(PR_SMTP_ADDRESS), None);
        assert_eq!(props.text(PR_POSTAL_ADDRESS), Some("1 Main St\r\nTown $"));
        for bad in ["a", "@b", "a@", "a b@c", "<a@b>", "a@b,c@d", "a@b@c", "a@b\0", "a\u{200b}@b"] {
            assert!(!is_address(bad), "{bad:?}");
        }
        assert!(is_address("a.b+c=d@example.org") && is_address("ä@exämple.org"));
    }

    #[test]
    fn each_schema_has_its_own_words() {
        let both = entry(&[("o", "Org"), ("company", "Company"), ("objectClass", "GROUP")]);
        let shown = |schema| props(Guid([1; 16]), schema, &both).unwrap();
        let (inet, ad) = (shown(&INET_ORG_PERSON), shown(&ACTIVE_DIRECTORY));
        assert_eq!((inet.text(PR_COMPANY_NAME), inet.long(PR_OBJECT_TYPE)), (Some("Org"), Some(MAIL_USER)));
        assert_eq!((ad.text(PR_COMPANY_NAME), ad.long(PR_OBJECT_TYPE)), (Some("Company"), Some(DIST_LIST)));
        assert_eq!(ad.text(PR_ADDRTYPE), Some("MAPIPDL"));
        assert_eq!(ad.text(PR_DISPLAY_NAME), Some("cn=x"), "better than nothing");
    }

    #[test]
    fn an_entry_that_cannot_be_named_is_none() {
        let mut nobody = entry(&[("cn", "Nobody")]);
        nobody.name = String::new();
        assert!(props(Guid([1; 16]), &INET_ORG_PERSON, &nobody).is_none());
        nobody.name = "x".repeat(MAX_NAME_BYTES + 1);
        assert!(props(Guid([1; 16]), &INET_ORG_PERSON, &nobody).is_none());
    }
}
