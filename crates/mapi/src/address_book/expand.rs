//! Distribution lists taken apart: who the people are that a list stands for, however lists are nested.

use super::{AddressBook, Books};
use crate::session::Core;
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SMTP_ADDRESS,
};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::message::{Message, ModifyRecipients};
use std::collections::HashSet;
use std::sync::Arc;

/// MAPI_DISTLIST.
const DIST_LIST: i32 = 8;
/// DT_PRIVATE_DISTLIST.
const PRIVATE_DIST_LIST: i32 = 5;
/// PR_ADDRTYPE of the lists of a personal address book.
const PERSONAL: &str = "MAPIPDL";
/// People that lists stand for, at most.
const MOST: usize = 20_000;
/// Lists that are looked into for one, at most.
const MOST_LISTS: usize = 2_000;
/// What a recipient keeps of the list it came from: how it is addressed.
const KEPT: [PropTag; 2] = [Recipient::TYPE, Recipient::RESPONSIBILITY];

impl AddressBook {
    /// The people a list stands for, each once; lists within it are taken apart as well, and one that holds
    /// itself is looked into once.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no address book of the session knows it.
    /// - `MAPI_E_NOT_FOUND`: it is no list, or not there.
    /// - `MAPI_E_TOO_BIG`: there are too many.
    pub fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        let live = self.open.live()?;
        people(&live, id, is_list)
    }
}

/// The people behind a list, in the order in which they are met; of lists within it those that `is_opened` says
/// are looked into, and the others are people as well.
fn people(books: &Books, id: &EntryId, is_opened: fn(&Recipient) -> bool) -> Result<Vec<Recipient>> {
    let too_big =
        || Error::new(ErrorCode::TOO_BIG, "AddressBook::expand_list", "the list has too many members");
    let (mut found, mut known, mut lists) = (Vec::new(), HashSet::new(), HashSet::from([id.clone()]));
    let mut waiting = vec![id.clone()];
    let mut is_first = true;
    while let Some(list) = waiting.pop() {
        let members = match members(books, &list) {
            // A list within the one that was asked for may have gone, or be nobody's here.
            Err(error) if !is_first => {
                tracing::info!(list = list.short(), %error, "a list within a list is left out");
                continue;
            }
            other => other?,
        };
        is_first = false;
        for member in members {
            let id = member.props.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default();
            if is_opened(&member) {
                if lists.insert(id.clone()) {
                    waiting.push(id);
                }
            } else if known.insert(key(&member, &id)) {
                found.push(member);
            }
        }
        if found.len() > MOST || lists.len() > MOST_LISTS {
            return Err(too_big());
        }
    }
    Ok(found)
}

fn members(books: &Books, id: &EntryId) -> Result<Vec<Recipient>> {
    books.of(id, "AddressBook::expand_list")?.logon.get()?.expand_list(id)
}

fn is_list(recipient: &Recipient) -> bool {
    recipient.props.long(PR_OBJECT_TYPE) == Some(DIST_LIST)
}

/// True for a list that nobody delivers to: one of a personal address book (MAPIPDL), or without an address. Mail
/// to every other goes to the list itself, whose server knows its members.
fn is_personal_list(recipient: &Recipient) -> bool {
    let text = |tag| recipient.props.text(tag).filter(|text| !text.is_empty());
    let has_address = text(PR_SMTP_ADDRESS).or_else(|| text(PR_EMAIL_ADDRESS)).is_some();
    let is_personal = recipient.props.long(PR_DISPLAY_TYPE) == Some(PRIVATE_DIST_LIST)
        || text(PR_ADDRTYPE).is_some_and(|kind| kind.eq_ignore_ascii_case(PERSONAL));
    is_list(recipient) && (is_personal || !has_address)
}

/// By what two members are one: type and address, else the identifier.
fn key(member: &Recipient, id: &EntryId) -> Vec<u8> {
    let address = member.props.text(PR_SMTP_ADDRESS).or_else(|| member.props.text(PR_EMAIL_ADDRESS));
    match address.filter(|address| !address.is_empty()) {
        Some(address) => {
            let kind = member.props.text(PR_ADDRTYPE).unwrap_or("SMTP");
            format!("{kind}:{address}").to_lowercase().into_bytes()
        }
        None => id.as_bytes().to_vec(),
    }
}

/// Puts the people of each personal list among a message's recipients into the list's place (ExpandRecips).
/// Every other recipient stays as it is, a list with an address of its own among them, and the address book is
/// asked only where there is a personal list.
///
/// # Errors
/// - As [`AddressBook::expand_list`].
pub(crate) fn expand_lists(core: &Arc<Core>, message: &dyn Message) -> Result<()> {
    let (mut gone, mut added) = (Vec::new(), Vec::new());
    for row in message.recipients()?.into_iter().filter(|row| is_personal_list(row) && !row.is_taken()) {
        let id = row.props.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default();
        let (logons, has_failures) = core.address_book_logons()?;
        for mut person in people(&Books { logons, has_failures }, &id, is_personal_list)? {
            let kept = KEPT.iter().filter_map(|tag| row.props.prop(*tag).cloned());
            person.props.merge(kept.collect());
            added.push(person);
        }
        gone.push(row);
    }
    if !gone.is_empty() {
        message.modify_recipients(ModifyRecipients::Remove, gone)?;
    }
    if !added.is_empty() {
        message.modify_recipients(ModifyRecipients::Add, added)?;
    }
    Ok(())
}
