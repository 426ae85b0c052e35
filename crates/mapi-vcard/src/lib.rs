//! vCards: contacts and distribution lists as text, in the versions 2.1 (reading), 3.0 and 4.0.
//!
//! `read.rs` takes a file apart into cards and `line.rs` a card into lines, `write.rs` puts them back
//! together; these know nothing of MAPI. `from_card.rs` makes a contact (IPM.Contact) or a list
//! (IPM.DistList) of a card and `to_card.rs` a card of either, both by the tables of `fields.rs`,
//! `phones.rs` and `addresses.rs`. What goes into an address book is the same properties; whoever holds
//! the book puts them there.
//!
//! ```
//! let file = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Smith\r\nTEL;TYPE=cell:+1 555\r\nEND:VCARD\r\n";
//! let card = mapi_vcard::Cards::new(file).next().unwrap().unwrap();
//! let contact = mapi_vcard::from_card(&card);
//! assert!(contact.lost.is_empty());
//! let (card, lost) = mapi_vcard::to_card(&contact.object, mapi_vcard::Version::V4);
//! assert!(lost.is_empty());
//! assert!(mapi_vcard::write(&card).contains("FN:Ann Smith\r\n"));
//! ```
//!
//! # Source
//! RFC 2426, RFC 6350, vCard 2.1 (versit); which property is which: `[MS-OXVCARD]`, `[MS-OXOCNTC]`.
#![forbid(unsafe_code)]

mod addresses;
mod card;
mod date;
mod emails;
mod fields;
mod from_card;
mod line;
mod lists;
mod phones;
mod photo;
mod read;
mod text;
mod to_card;
mod write;

pub use card::{Card, Content, Line, Param, Version};
pub use from_card::{Contact, UID, from_card};
pub use lists::{Member, add_members, members, set_members};
pub use photo::{PHOTO_IN_ENTRY, photo};
pub use read::{Cards, MOST_CARD_BYTES, MOST_LINES, is_vcard};
pub use to_card::{Lost, to_card};
pub use write::write;
