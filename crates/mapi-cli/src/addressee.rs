//! A name that somebody typed, and the entry of the address book it stands for.

use crate::failure::{Failure, Outcome};
use crate::place::entry_id;
use mapi::AddressBook;
use mapi::object::Object;
use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID, PR_OBJECT_TYPE};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, ErrorCode, hex};
use mapi_spi::address_book::Resolution;
use serde_json::{Value, json};

/// MAPI_DISTLIST.
const DIST_LIST: i32 = 8;

/// The entry of a name, an address or an entry identifier.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: there is none.
/// - `MAPI_E_AMBIGUOUS_RECIP`: there are several.
pub(crate) fn find(book: &AddressBook, name: &str) -> Outcome<Recipient> {
    if let Some(id) = entry_id(name) {
        let entry = book.open_entry(&id, OpenFlags::NONE)?;
        let props: PropList = entry.props(None)?.into_iter().collect();
        return Ok(Recipient { row_id: 0, props });
    }
    let mut recipients = [Recipient::default()];
    recipients[0].props.set(PR_DISPLAY_NAME, name);
    let found = book.resolve_partly(&mut recipients)?;
    let [recipient] = recipients;
    match found.flags[..] {
        [Resolution::Resolved] => Ok(recipient),
        [Resolution::Ambiguous] => {
            let message = format!("{name:?} fits several people of the address books");
            let failure = Failure::new(ErrorCode::AMBIGUOUS_RECIP, message);
            Err(failure.with_hint("write more of the name, or the address"))
        }
        _ => {
            // Who is in no address book that answered may be in one that did not.
            if let Some(error) = found.errors.into_iter().next() {
                return Err(error.into());
            }
            let failure =
                Failure::new(ErrorCode::NOT_FOUND, format!("nobody in the address books is {name:?}"));
            Err(failure.with_hint("see who is there with `mapi contact list`"))
        }
    }
}

/// The identifier of an entry.
pub(crate) fn id_of(recipient: &Recipient) -> EntryId {
    recipient.props.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default()
}

/// True for a distribution list.
pub(crate) fn is_list(recipient: &Recipient) -> bool {
    recipient.props.long(PR_OBJECT_TYPE) == Some(DIST_LIST)
}

/// An entry in JSON.
pub(crate) fn to_json(recipient: &Recipient) -> Value {
    json!({
        "entry_id": hex::encode(id_of(recipient).as_bytes()),
        "kind": if is_list(recipient) { "list" } else { "person" },
        "name": recipient.display_name(),
        "address_type": recipient.props.text(Recipient::ADDRTYPE),
        "address": recipient.address(),
    })
}

/// The cells of an entry in a listing.
pub(crate) fn cells(entry: &Value) -> Vec<String> {
    let cell = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    vec![cell("name"), cell("kind"), cell("address"), cell("entry_id")]
}

/// The head of a listing of entries.
pub(crate) const HEAD: [&str; 4] = ["name", "kind", "address", "entry id"];
