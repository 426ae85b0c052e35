//! Distribution lists: KIND:group and MEMBER of 4.0, and what other programs write for them in 3.0.

use crate::card::{Card, Content, Version};
use crate::fields::Field;
use crate::text;
use mapi_defs::EntryId;
use mapi_defs::names::{
    PID_LID_DISTRIBUTION_LIST_CHECKSUM, PID_LID_DISTRIBUTION_LIST_MEMBERS, PID_LID_DISTRIBUTION_LIST_NAME,
    PID_LID_DISTRIBUTION_LIST_ONE_OFF_MEMBERS,
};
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::PropValue;

/// A member of a list as a card names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Member {
    /// An address, with the name where the card says one.
    Address {
        /// The name, else empty.
        name: String,
        /// The address.
        address: String,
    },
    /// Another card, by its UID.
    Card(String),
}

/// The parameter that holds a member's name: the format has none.
const NAME: &str = "X-CN";
/// Members of a list, at most.
const MOST: usize = 10_000;

/// The members of a card that is a list.
pub fn members(card: &Card) -> Vec<Member> {
    let lines =
        card.lines.iter().filter(|line| matches!(&*line.name, "MEMBER" | "X-ADDRESSBOOKSERVER-MEMBER"));
    let member = |line: &crate::card::Line| {
        let text = line.text(card.version);
        let is =
            |scheme: &str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
        Some(match () {
            () if text.is_empty() => return None,
            () if is("mailto:") => Member::Address {
                name: line.param(NAME).unwrap_or_default().to_owned(),
                address: percent_decoded(&text["mailto:".len()..]),
            },
            () => Member::Card(text),
        })
    };
    lines.filter_map(member).take(MOST).collect()
}

/// Makes a card one of a list.
pub(crate) fn mark(card: &mut Card) {
    let is_v4 = card.version == Version::V4;
    card.push_text(if is_v4 { "KIND" } else { "X-ADDRESSBOOKSERVER-KIND" }, &[], "group");
}

/// Writes members into a card that is a list, behind those it has.
pub fn add_members(card: &mut Card, members: &[Member]) {
    let is_v4 = card.version == Version::V4;
    let line = if is_v4 { "MEMBER" } else { "X-ADDRESSBOOKSERVER-MEMBER" };
    for member in members {
        match member {
            Member::Card(uid) => card.push(line, &[], Content::Text(text::escaped(uid))),
            Member::Address { name, address } => {
                let params = [(NAME, name.as_str())];
                let params =
                    if name.is_empty() || name == address || name.contains(',') { &[][..] } else { &params };
                card.push(line, params, Content::Text(format!("mailto:{}", percent_encoded(address))));
            }
        }
    }
}

/// Puts members into a list (IPM.DistList) in place of those it has: each as an identifier that holds its address, and the sum by which
/// programs see whether the two lists of them agree.
///
/// # Source
/// `[MS-OXOCNTC]` 2.2.2.2.
pub fn set_members(object: &mut MessageObject, name: &str, members: &[OneOff]) {
    let ids: Vec<Vec<u8>> = members.iter().map(|member| member.entry_id().as_bytes().to_vec()).collect();
    let sum = ids.iter().fold(0_u32, |sum, id| crc(sum, id));
    let of_list = [
        PID_LID_DISTRIBUTION_LIST_NAME,
        PID_LID_DISTRIBUTION_LIST_CHECKSUM,
        PID_LID_DISTRIBUTION_LIST_MEMBERS,
        PID_LID_DISTRIBUTION_LIST_ONE_OFF_MEMBERS,
    ];
    object.properties.retain(|held| !of_list.into_iter().any(|name| Field::Named(name).is(held)));
    object.properties.push(Property::named(PID_LID_DISTRIBUTION_LIST_NAME.named(), name));
    object.properties.push(Property::named(PID_LID_DISTRIBUTION_LIST_CHECKSUM.named(), sum.cast_signed()));
    for list in [PID_LID_DISTRIBUTION_LIST_MEMBERS, PID_LID_DISTRIBUTION_LIST_ONE_OFF_MEMBERS] {
        object.properties.push(Property::named(list.named(), PropValue::MvBinary(ids.clone())));
    }
    object.properties.sort_by(Property::order);
}

/// The members of a list, and how many of them hold no address.
pub(crate) fn members_of(object: &MessageObject) -> (Vec<Member>, usize) {
    let of = |name| match Field::Named(name).value(object) {
        Some(PropValue::MvBinary(ids)) => ids.as_slice(),
        _ => &[],
    };
    let by_address = of(PID_LID_DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
    let ids = if by_address.is_empty() { of(PID_LID_DISTRIBUTION_LIST_MEMBERS) } else { by_address };
    let read = |id: &Vec<u8>| {
        let OneOff { name, address, .. } = OneOff::read(&EntryId::from_bytes(id.as_slice()))?;
        address.contains('@').then_some(Member::Address { name, address })
    };
    let members: Vec<Member> = ids.iter().filter_map(read).take(MOST).collect();
    let lost = ids.len() - members.len();
    (members, lost)
}

/// CRC-32 without the final complement, begun with the sum of what was before (`[MS-OXOCNTC]` 2.2.2.2.3).
fn crc(sum: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(sum, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 },
        )
    })
}

fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let pair = behind.get(..2).and_then(|pair| str::from_utf8(pair).ok());
        match pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(octet) => {
                octets.push(octet);
                rest = &behind[2..];
            }
            None => {
                octets.push(*first);
                rest = behind;
            }
        }
    }
    let decoded = String::from_utf8_lossy(&octets).into_owned();
    // An address that would end a line is the text that it was.
    if decoded.chars().any(char::is_control) { text.to_owned() } else { decoded }
}

fn percent_encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for letter in address.chars() {
        match letter {
            '%' | '?' | '&' | ',' | ';' | '\\' | '"' | '<' | '>' | ' ' => {
                out.push_str(&format!("%{:02X}", letter as u32));
            }
            letter => out.push(letter),
        }
    }
    out
}
