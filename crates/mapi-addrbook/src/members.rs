//! Who is in a distribution list, as one property of the list's entry keeps it.
//!
//! A member is an entry identifier with the name, type and address it had when it came in: four values, as
//! `several.rs` puts them together. Members of this book are read again where they are asked for; of others
//! what was kept is all there is.

use crate::several;
use mapi_defs::EntryId;
use mapi_defs::prop::tags::{PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_SMTP_ADDRESS};
use mapi_defs::prop::{PropList, PropTag, PropType};

/// The property that holds them; an entry that has it is a list.
pub(crate) const MEMBERS: PropTag = PropTag::new(0x6680, PropType::BINARY);
/// Members of one list, at most.
pub(crate) const MOST: usize = 10_000;
/// Values of a member.
const VALUES: usize = 4;

/// One member.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Member {
    pub(crate) id: EntryId,
    pub(crate) name: String,
    pub(crate) address_type: String,
    pub(crate) address: String,
}

impl Member {
    /// Of an entry's properties.
    pub(crate) fn of(id: EntryId, props: &PropList) -> Self {
        let text = |tag| props.text(tag).unwrap_or_default().to_owned();
        let address =
            props.text(PR_SMTP_ADDRESS).or_else(|| props.text(PR_EMAIL_ADDRESS)).unwrap_or_default();
        let address_type = props.text(PR_ADDRTYPE).unwrap_or("SMTP").to_owned();
        Self { id, name: text(PR_DISPLAY_NAME), address_type, address: address.to_owned() }
    }

    /// What was kept of it.
    pub(crate) fn props(&self) -> PropList {
        let mut props = PropList::new();
        props.set(PR_ENTRYID, self.id.as_bytes().to_vec());
        props.set(PR_DISPLAY_NAME, if self.name.is_empty() { &self.address } else { &self.name }.as_str());
        props.set(PR_ADDRTYPE, self.address_type.as_str());
        props.set(PR_EMAIL_ADDRESS, self.address.as_str());
        if self.address_type.eq_ignore_ascii_case("SMTP") {
            props.set(PR_SMTP_ADDRESS, self.address.as_str());
        }
        props
    }
}

/// The members of a list's entry; what is damaged, and what comes after it, is left out.
pub(crate) fn read(list: &PropList) -> Vec<Member> {
    let mut values = several::read(list.binary(MEMBERS).unwrap_or_default());
    let next = || Some([values.next()?, values.next()?, values.next()?, values.next()?]);
    std::iter::from_fn(next).map_while(member).take(MOST).collect()
}

fn member(values: [&[u8]; VALUES]) -> Option<Member> {
    let text = |place: usize| str::from_utf8(values[place]).ok().map(str::to_owned);
    Some(Member {
        id: EntryId::from_bytes(values[0]),
        name: text(1)?,
        address_type: text(2)?,
        address: text(3)?,
    })
}

/// The property that holds these members.
pub(crate) fn write(members: &[Member]) -> Vec<u8> {
    several::write(members.iter().flat_map(|member| {
        let texts = [&member.name, &member.address_type, &member.address].map(|text| text.as_bytes());
        [member.id.as_bytes()].into_iter().chain(texts)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(bytes: Vec<u8>) -> PropList {
        let mut props = PropList::new();
        props.set(MEMBERS, bytes);
        props
    }

    #[test]
    fn members_are_read_as_they_were_written_and_damage_ends_them() {
        let member = |name: &str| Member {
            id: EntryId::from_bytes(name.as_bytes()),
            name: name.to_owned(),
            address_type: "SMTP".to_owned(),
            address: format!("{name}@example.org"),
        };
        let members = [member("Änn"), member("b"), Member::default()];
        let bytes = write(&members);
        assert_eq!(read(&list(bytes.clone())), members);
        for cut in 0..bytes.len() {
            let kept = read(&list(bytes[..cut].to_vec()));
            assert!(kept.len() < 3 && members.starts_with(&kept), "{cut}");
        }
        for hostile in
            [vec![0xFF; 64], vec![4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], vec![0xFF, 0xFF, 0xFF, 0x7F]]
        {
            assert!(read(&list(hostile)).is_empty());
        }
        assert_eq!(read(&list(vec![0; 16 * (MOST + 5)])).len(), MOST);
    }
}
