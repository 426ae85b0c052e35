//! Files of vCards: told by what is in them, whatever they are called.
//!
//! The conversion is `mapi_vcard`; what becomes of cards in the address book is `mapi_services::cards`.

use crate::failure::{Failure, Outcome};
use crate::input::unreadable;
use crate::mime_file;
use mapi_defs::object::MessageObject;
use mapi_defs::{Error, ErrorCode};
use mapi_services::cards::contact_among;
use mapi_vcard::{Card, Cards, Lost};
use serde_json::{Value, json};
use std::path::Path;

/// Whether a file begins as a vCard does; what cannot be opened does not.
pub(crate) fn is_vcard_file(path: &Path) -> bool {
    mime_file::head(path).is_some_and(|head| mapi_vcard::is_vcard(&head))
}

/// The cards of a file, and those that cannot be read.
pub(crate) fn cards(octets: &[u8]) -> (Vec<Card>, Vec<Error>) {
    let (mut cards, mut failed) = (Vec::new(), Vec::new());
    for card in Cards::new(octets) {
        match card {
            Ok(card) => cards.push(card),
            Err(error) => failed.push(error),
        }
    }
    (cards, failed)
}

/// The contacts and lists that the cards of a file are, each with what has no place in it.
///
/// # Errors
/// - A card cannot be read, or there is none.
pub(crate) fn contacts(octets: &[u8], path: &Path) -> Outcome<Vec<(MessageObject, Vec<Lost>)>> {
    let (cards, failed) = cards(octets);
    if let Some(error) = failed.into_iter().next() {
        return Err(unreadable(path, error.into()));
    }
    if cards.is_empty() {
        let error = Error::new(ErrorCode::CORRUPT_DATA, "Cards::next", "there is no card in it");
        return Err(unreadable(path, error.into()));
    }
    Ok(cards.iter().map(|card| contact_among(card, &cards)).collect())
}

/// The one contact or list of a file.
pub(crate) fn contact(octets: &[u8], path: &Path) -> Outcome<MessageObject> {
    let mut contacts = contacts(octets, path)?;
    if contacts.len() > 1 {
        let message = format!("{}: there are {} cards in it", path.display(), contacts.len());
        return Err(Failure::usage(message)
            .with_hint("`mapi convert` makes a file of each, `mapi contact import` takes them all"));
    }
    Ok(contacts.swap_remove(0).0)
}

/// What was lost, in the form of `--json`.
pub(crate) fn loss(lost: &Lost) -> Value {
    json!({ "property": null, "name": lost.what, "place": "card", "reason": lost.reason })
}
