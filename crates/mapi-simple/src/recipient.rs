//! Recipients: a name, an address or an identifier made into a row of a recipient table, and back.

use crate::failure::{Code, Failure, Result};
use crate::message::Party;
use crate::session::{Logon, SessionHandle, with_session};
use mapi::address_book::one_off;
use mapi::object::Object;
use mapi::{AddressBook, EntryId, OpenFlags, Recipient, RecipientType, Session};
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_ROWID};
use mapi_spi::address_book::Resolution;

/// The address type where an address does not say.
const INTERNET: &str = "SMTP";

/// Finds the one entry of the address book that a name fits (MAPIResolveName).
///
/// # Errors
/// - `UnknownRecipient`: nobody, or no name.
/// - `AmbiguousRecipient`: several; nobody can be asked which.
/// - Those of [`with_session`].
///
/// # Source
/// MAPIResolveName.
pub fn resolve_name(handle: Option<SessionHandle>, options: &Logon, name: &str) -> Result<Party> {
    with_session(handle, options, |session| {
        let book = session.open_address_book()?;
        let mut party = party(&looked_up(&book, name)?);
        party.class = RecipientType::To;
        Ok(party)
    })
}

/// Rows of a recipient table for these parties; all of them, or none and why.
pub(crate) fn rows(session: &Session, parties: &[Party]) -> Result<Vec<Recipient>> {
    let book = session.open_address_book()?;
    parties
        .iter()
        .map(|party| {
            let mut row = row(&book, party)?;
            row.props.remove(PR_ROWID.id());
            row.props.set(Recipient::TYPE, party.class.value());
            Ok(row)
        })
        .collect()
}

fn row(book: &AddressBook, party: &Party) -> Result<Recipient> {
    if !party.entry_id.is_empty() {
        return entry(book, &EntryId::from_bytes(party.entry_id.clone()));
    }
    let Some((address_type, address)) = typed(&party.address) else { return looked_up(book, &party.name) };
    let name = if party.name.is_empty() { address } else { &party.name };
    entry(book, &one_off(name, address_type, address))
}

/// The type and the rest of an address; `None` where there is no address.
fn typed(address: &str) -> Option<(&str, &str)> {
    let address = address.trim();
    match address.split_once(':') {
        Some((kind, rest)) if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            (!rest.is_empty()).then_some((kind, rest))
        }
        _ => (!address.is_empty()).then_some((INTERNET, address)),
    }
}

fn entry(book: &AddressBook, id: &EntryId) -> Result<Recipient> {
    let unknown = |error: mapi::Error| Failure::from(error).with_code(Code::UnknownRecipient);
    let entry = book.open_entry(id, OpenFlags::NONE).map_err(unknown)?;
    Ok(Recipient { row_id: 0, props: entry.props(None)?.into_iter().collect() })
}

fn looked_up(book: &AddressBook, name: &str) -> Result<Recipient> {
    let unknown = || Failure::new(Code::UnknownRecipient, format!("nobody in the address books is {name:?}"));
    if name.trim().is_empty() {
        return Err(unknown());
    }
    let mut recipients = [Recipient::default()];
    recipients[0].props.set(PR_DISPLAY_NAME, name);
    let found = book.resolve(&mut recipients)?;
    let [mut recipient] = recipients;
    match found[..] {
        [Resolution::Resolved] => {
            book.prepare_recipients(std::slice::from_mut(&mut recipient), &[])?;
            Ok(recipient)
        }
        [Resolution::Ambiguous] => {
            let detail = format!("{name:?} fits several people of the address books: write the address");
            Err(Failure::new(Code::AmbiguousRecipient, detail))
        }
        // What is written like an address is one, whoever it belongs to.
        _ if is_address(name) => entry(book, &one_off(name, INTERNET, name)),
        _ => Err(unknown()),
    }
}

fn is_address(name: &str) -> bool {
    let has_both = name.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    has_both && !name.contains([' ', '\t', '<', '>', ',', ';'])
}

/// A row of a recipient table as Simple MAPI has it.
pub(crate) fn party(row: &Recipient) -> Party {
    Party {
        class: row.kind(),
        name: row.display_name().unwrap_or_default().to_owned(),
        address: address(row.props.text(Recipient::ADDRTYPE), row.address()),
        entry_id: row.props.binary(PR_ENTRYID).unwrap_or_default().to_vec(),
    }
}

/// `TYPE:address`; empty where there is no address.
pub(crate) fn address(kind: Option<&str>, address: Option<&str>) -> String {
    let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or(INTERNET);
    address
        .filter(|address| !address.is_empty())
        .map_or_else(String::new, |address| format!("{kind}:{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_its_type_or_is_of_the_internet() {
        assert_eq!(typed("SMTP:ann@example.org"), Some(("SMTP", "ann@example.org")));
        assert_eq!(typed(" ann@example.org "), Some(("SMTP", "ann@example.org")));
        assert_eq!(typed("EX:/o=a/cn=b"), Some(("EX", "/o=a/cn=b")));
        assert_eq!(typed("\"a:b\"@example.org"), Some(("SMTP", "\"a:b\"@example.org")));
        assert_eq!((typed(""), typed("SMTP:")), (None, None));
        assert!(is_address("ann@example.org") && !is_address("Ann <ann@example.org>") && !is_address("ann"));
    }
}
