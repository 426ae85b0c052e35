//! The properties of people: sender and author, recipients, whom to answer, where receipts go.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.2.3.1, `[MS-OXCDATA]` 2.2.5.1 (one-off entry IDs).

use crate::from_mime::limits::Budget;
use crate::from_mime::values::Person;
use mapi_defs::guids::MAPI_ONE_OFF_UID;
use mapi_defs::object::Property;
use mapi_defs::prop::{PropTag, tags};
use mapi_defs::recipient::RecipientType;
use mapi_defs::{EntryId, Result};

/// The strings of an entry ID are UTF-16; no rich text is sent to the address.
const ONE_OFF_FLAGS: u16 = 0x9001;
/// MAPI_MAILUSER.
const MAIL_USER: i32 = 6;
/// DT_MAILUSER.
const DISPLAYED_AS_MAIL_USER: i32 = 0;
const SMTP: &str = "SMTP";

/// The properties that describe one person of the message itself.
pub(crate) struct Group {
    name: PropTag,
    address_type: PropTag,
    address: PropTag,
    smtp: PropTag,
    entry_id: PropTag,
    search_key: PropTag,
}

/// Who wrote the message (From).
pub(crate) const REPRESENTING: Group = Group {
    name: tags::PR_SENT_REPRESENTING_NAME,
    address_type: tags::PR_SENT_REPRESENTING_ADDRTYPE,
    address: tags::PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp: tags::PR_SENT_REPRESENTING_SMTP_ADDRESS,
    entry_id: tags::PR_SENT_REPRESENTING_ENTRYID,
    search_key: tags::PR_SENT_REPRESENTING_SEARCH_KEY,
};

/// Who sent it (Sender).
pub(crate) const SENDER: Group = Group {
    name: tags::PR_SENDER_NAME,
    address_type: tags::PR_SENDER_ADDRTYPE,
    address: tags::PR_SENDER_EMAIL_ADDRESS,
    smtp: tags::PR_SENDER_SMTP_ADDRESS,
    entry_id: tags::PR_SENDER_ENTRYID,
    search_key: tags::PR_SENDER_SEARCH_KEY,
};

impl Group {
    /// The properties of this person.
    pub(crate) fn properties(&self, person: &Person) -> Vec<Property> {
        let mut properties = vec![Property::new(self.name, person.name.as_str())];
        if !person.address.is_empty() {
            properties.extend([
                Property::new(self.address_type, SMTP),
                Property::new(self.address, person.address.as_str()),
                Property::new(self.smtp, person.address.as_str()),
                Property::new(self.entry_id, one_off(person)),
                Property::new(self.search_key, search_key(&person.address)),
            ]);
        }
        properties
    }
}

/// A row of the recipient table.
pub(crate) fn recipient(
    number: usize,
    kind: RecipientType,
    person: &Person,
    budget: &mut Budget,
) -> Result<Vec<Property>> {
    let mut row = vec![
        Property::new(tags::PR_ROWID, i32::try_from(number).unwrap_or(i32::MAX)),
        Property::new(tags::PR_RECIPIENT_TYPE, kind.value()),
        Property::new(tags::PR_DISPLAY_NAME, person.name.as_str()),
        Property::new(tags::PR_OBJECT_TYPE, MAIL_USER),
        Property::new(tags::PR_DISPLAY_TYPE, DISPLAYED_AS_MAIL_USER),
    ];
    if !person.address.is_empty() {
        row.extend([
            Property::new(tags::PR_ADDRTYPE, SMTP),
            Property::new(tags::PR_EMAIL_ADDRESS, person.address.as_str()),
            Property::new(tags::PR_SMTP_ADDRESS, person.address.as_str()),
            Property::new(tags::PR_ENTRYID, one_off(person)),
            Property::new(tags::PR_SEARCH_KEY, search_key(&person.address)),
        ]);
    }
    row.sort_by(Property::order);
    budget.properties(&row)?;
    Ok(row)
}

/// Whom to answer (Reply-To).
pub(crate) fn reply_to(people: &[Person]) -> Vec<Property> {
    let known: Vec<&Person> = people.iter().filter(|person| !person.address.is_empty()).collect();
    if known.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = known.iter().map(|person| person.name.as_str()).collect();
    vec![
        Property::new(tags::PR_REPLY_RECIPIENT_NAMES, names.join("; ")),
        Property::new(tags::PR_REPLY_RECIPIENT_ENTRIES, flat_entry_list(&known)),
    ]
}

/// Where the read receipt goes (Disposition-Notification-To).
pub(crate) fn read_receipt(person: &Person) -> Vec<Property> {
    vec![
        Property::new(tags::PR_READ_RECEIPT_REQUESTED, true),
        Property::new(tags::PR_READ_RECEIPT_ENTRYID, one_off(person)),
        Property::new(tags::PR_READ_RECEIPT_SEARCH_KEY, search_key(&person.address)),
    ]
}

/// FLATENTRYLIST: count, size, and each entry with its length, filled up to four octets.
fn flat_entry_list(people: &[&Person]) -> Vec<u8> {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
    let mut entries = Vec::new();
    for person in people {
        let entry = one_off(person);
        entries.extend_from_slice(&number(entry.len()));
        entries.extend_from_slice(&entry);
        entries.resize(entries.len().next_multiple_of(4), 0);
    }
    [&number(people.len())[..], &number(entries.len())[..], &entries].concat()
}

fn one_off(person: &Person) -> Vec<u8> {
    let mut body = vec![0, 0];
    body.extend_from_slice(&ONE_OFF_FLAGS.to_le_bytes());
    for text in [person.name.as_str(), SMTP, person.address.as_str()] {
        let units = text.encode_utf16().filter(|unit| *unit != 0).chain([0]);
        units.for_each(|unit| body.extend_from_slice(&unit.to_le_bytes()));
    }
    EntryId::new(MAPI_ONE_OFF_UID, &body).as_bytes().to_vec()
}

fn search_key(address: &str) -> Vec<u8> {
    format!("{SMTP}:{}\0", address.to_uppercase()).into_bytes()
}
