//! Which transport a recipient is for (recipient assignment).
//!
//! First the UIDs of all transports in transport order against the recipient's entry identifier,
//! then the address types of all transports in transport order. A transport that leaves a recipient
//! passes it to the next match.

use crate::entry::Addressee;
use crate::ledger;
use mapi_defs::EntryId;
use mapi_defs::prop::tags::PR_ENTRYID;
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_spi::provider::transport::AddressTypes;

/// The longest part of an address type that is repeated in a text, in characters.
const SHOWN_TYPE_CHARS: usize = 40;

/// The recipients that are still to be served.
///
/// Those whose PR_RESPONSIBILITY is true are settled. A row of type MAPI_ORIG is the sender, not
/// somebody to send to.
pub fn addressees(recipients: &[Recipient]) -> Vec<Addressee> {
    let open = recipients.iter().filter(|row| !row.is_taken() && row.kind() != RecipientType::Originator);
    open.map(|row| Addressee {
        row_id: row.row_id,
        address_type: row.props.text(Recipient::ADDRTYPE).unwrap_or_default().trim().to_owned(),
        uid: row.props.binary(PR_ENTRYID).and_then(|id| EntryId::from_bytes(id).provider()),
        in_doubt: ledger::is_in_doubt(row),
    })
    .collect()
}

/// The transports that take a recipient, the first match first, each once.
///
/// A transport of which nothing is known (`None`) takes nobody.
pub fn candidates(addressee: &Addressee, transports: &[Option<AddressTypes>]) -> Vec<usize> {
    let known = || transports.iter().enumerate().filter_map(|(index, types)| Some((index, types.as_ref()?)));
    let by_uid = known().filter(|(_, types)| addressee.uid.is_some_and(|uid| types.uids.contains(&uid)));
    let by_type = known().filter(|(_, types)| takes_type(types, &addressee.address_type));
    let mut found = Vec::new();
    for (index, _) in by_uid.chain(by_type) {
        if !found.contains(&index) {
            found.push(index);
        }
    }
    found
}

/// Why nobody takes a recipient, to be kept as its reply.
pub fn unroutable(address_type: &str) -> String {
    if address_type.is_empty() {
        return "no transport takes a recipient without an address type".to_owned();
    }
    // The type may come out of a file: it is shown without what could change how a line looks.
    let shown: String =
        address_type.chars().filter(|letter| !letter.is_control()).take(SHOWN_TYPE_CHARS).collect();
    format!("no transport takes addresses of type {shown}")
}

/// An empty address type is taken only by a transport that takes any; an empty entry in a
/// transport's list means "none by type".
fn takes_type(types: &AddressTypes, address_type: &str) -> bool {
    let agrees = |own: &String| !own.is_empty() && own.to_lowercase() == address_type.to_lowercase();
    types.any || types.types.iter().any(agrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::Guid;
    use mapi_defs::recipient::SUBMITTED;

    fn takes(types: &[&str]) -> Option<AddressTypes> {
        let types = types.iter().map(|text| (*text).to_owned()).collect();
        Some(AddressTypes { types, ..AddressTypes::default() })
    }

    fn any() -> Option<AddressTypes> {
        Some(AddressTypes { any: true, ..AddressTypes::default() })
    }

    fn to(address_type: &str, uid: Option<Guid>) -> Addressee {
        Addressee { row_id: 0, address_type: address_type.to_owned(), uid, in_doubt: false }
    }

    #[test]
    fn types_match_without_case_in_transport_order() {
        let transports = [takes(&["FAX"]), takes(&["smtp", "X400"]), None, takes(&[""]), any()];
        assert_eq!(candidates(&to("SMTP", None), &transports), [1, 4]);
        assert_eq!(candidates(&to("fax", None), &transports), [0, 4]);
        assert_eq!(candidates(&to("", None), &transports), [4]);
        assert_eq!(candidates(&to("EX", None), &transports[..4]), [] as [usize; 0]);
    }

    #[test]
    fn a_known_identity_comes_before_every_type() {
        let owner = Some(AddressTypes { uids: vec![Guid::PS_MAPI], ..AddressTypes::default() });
        let transports = [takes(&["SMTP"]), any(), owner];
        assert_eq!(candidates(&to("SMTP", Some(Guid::PS_MAPI)), &transports), [2, 0, 1]);
        assert_eq!(candidates(&to("SMTP", Some(Guid::PS_PUBLIC_STRINGS)), &transports), [0, 1]);
    }

    #[test]
    fn the_taken_and_the_originator_are_not_asked_for() {
        let row = |row_id, kind: i32, taken: Option<bool>| {
            let mut row = Recipient { row_id, ..Recipient::default() };
            row.props.set(Recipient::TYPE, kind);
            row.props.set(Recipient::ADDRTYPE, " SMTP ");
            row.props.set(PR_ENTRYID, EntryId::new(Guid::PS_MAPI, b"x").as_bytes().to_vec());
            if let Some(taken) = taken {
                row.props.set(Recipient::RESPONSIBILITY, taken);
            }
            row
        };
        let rows = [
            row(1, 1, None),
            row(2, 2, Some(true)),
            row(3, 0, None),
            row(4, 3, Some(false)),
            row(5, (SUBMITTED | 1) as i32, Some(true)),
        ];
        let open = addressees(&rows);
        assert_eq!(open.iter().map(|one| one.row_id).collect::<Vec<_>>(), [1, 4]);
        assert_eq!((open[0].address_type.as_str(), open[0].uid), ("SMTP", Some(Guid::PS_MAPI)));
    }

    #[test]
    fn a_type_out_of_a_file_cannot_disturb_the_text() {
        assert_eq!(unroutable("X400"), "no transport takes addresses of type X400");
        assert!(unroutable("").contains("without an address type"));
        let text = unroutable(&format!("a\n\u{1b}[31m{}", "b".repeat(1000)));
        assert!(text.chars().count() < 80 && !text.contains(['\n', '\u{1b}']), "{text}");
    }
}
