//! Which storages and streams make up a message ([MS-OXMSG] 2.2): elements told apart by their names.
//!
//! Names are looked at once per storage and compared without regard to case. Nothing is read here.

use crate::container::Kind;
use crate::little_endian::u16_at;
use crate::tree::{Node, Tree};
use mapi_defs::prop::PropTag;

/// The longest name of an element that belongs to a message.
const NAME_UNITS: usize = 31;

/// The name of a storage's property stream.
pub(crate) const PROPERTIES: &str = "__properties_version1.0";
/// The name of the storage that maps named properties.
pub(crate) const NAMES: &str = "__nameid_version1.0";
/// The start of the name of a recipient's storage; the number follows.
pub(crate) const RECIPIENT: &str = "__recip_version1.0_#";
/// The start of the name of an attachment's storage; the number follows.
pub(crate) const ATTACHMENT: &str = "__attach_version1.0_#";
/// The start of the name of a value's stream; the tag follows, and of many values the number of one.
pub(crate) const VALUE: &str = "__substg1.0_";

/// What an element of a message's storage is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Properties,
    Names,
    Recipient(u32),
    Attachment(u32),
    Value { tag: PropTag, index: Option<u32> },
}

/// One stream or storage that holds a value, or one of many values.
#[derive(Clone, Copy, Debug)]
struct Value {
    tag: PropTag,
    index: Option<u32>,
    node: Node,
    kind: Kind,
}

/// The elements of one storage by what they are for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The property stream.
    pub(crate) properties: Option<Node>,
    /// The map of named properties.
    pub(crate) names: Option<Node>,
    /// Recipients by number.
    pub(crate) recipients: Vec<(u32, Node)>,
    /// Attachments by number.
    pub(crate) attachments: Vec<(u32, Node)>,
    values: Vec<Value>,
}

impl Layout {
    /// Looks at the elements of a storage.
    pub(crate) fn of(tree: &Tree, storage: Node) -> Self {
        let elements = tree.elements(storage);
        let mut layout = Self { values: Vec::with_capacity(elements.len()), ..Self::default() };
        for node in elements {
            let kind = tree.kind(*node);
            match (role(tree.name(*node)), kind) {
                (Some(Role::Properties), Kind::Stream) => {
                    layout.properties.get_or_insert(*node);
                }
                (Some(Role::Names), Kind::Storage) => {
                    layout.names.get_or_insert(*node);
                }
                (Some(Role::Recipient(number)), Kind::Storage) => layout.recipients.push((number, *node)),
                (Some(Role::Attachment(number)), Kind::Storage) => layout.attachments.push((number, *node)),
                (Some(Role::Value { tag, index }), _) => {
                    layout.values.push(Value { tag, index, node: *node, kind });
                }
                _ => {}
            }
        }
        // The sorts are stable: of elements with the same name the first one stays first.
        layout.recipients.sort_by_key(|(number, _)| *number);
        layout.attachments.sort_by_key(|(number, _)| *number);
        layout.recipients.dedup_by_key(|(number, _)| *number);
        layout.attachments.dedup_by_key(|(number, _)| *number);
        layout.values.sort_by_key(|value| (value.tag, value.index));
        layout
    }

    /// True where nothing of a message is here.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_none() && self.values.is_empty()
    }

    /// The stream of a property's value, or of its many values' lengths.
    pub(crate) fn stream(&self, tag: PropTag) -> Option<Node> {
        self.first(tag).filter(|value| value.kind == Kind::Stream).map(|value| value.node)
    }

    /// The storage of a property's value.
    pub(crate) fn storage(&self, tag: PropTag) -> Option<Node> {
        self.first(tag).filter(|value| value.kind == Kind::Storage).map(|value| value.node)
    }

    /// The streams of a property's many values with their indexes, ascending.
    pub(crate) fn parts(&self, tag: PropTag) -> impl Iterator<Item = (u32, Node)> + '_ {
        let at = self.values.partition_point(|value| (value.tag, value.index) <= (tag, None));
        let rest = self.values.get(at..).unwrap_or_default().iter();
        let mine = rest.take_while(move |value| value.tag == tag).filter(|value| value.kind == Kind::Stream);
        mine.filter_map(|value| Some((value.index?, value.node)))
    }

    /// The tags that have a stream or storage, ascending.
    pub(crate) fn tags(&self) -> impl Iterator<Item = PropTag> + '_ {
        self.values.iter().filter(|value| value.index.is_none()).map(|value| value.tag)
    }

    fn first(&self, tag: PropTag) -> Option<&Value> {
        let at = self.values.partition_point(|value| value.tag < tag);
        self.values.get(at).filter(|value| value.tag == tag && value.index.is_none())
    }
}

/// What an element of this name is for.
fn role(name: &[u8]) -> Option<Role> {
    let mut plain = [0_u8; NAME_UNITS];
    let units = name.len() / 2;
    let plain = plain.get_mut(..units)?;
    for (byte, unit) in plain.iter_mut().zip(name.chunks_exact(2)) {
        *byte = u8::try_from(u16_at(unit, 0)?).ok()?;
    }
    if let Some(rest) = after(plain, VALUE) {
        let tag = PropTag(hexadecimal(rest.get(..8)?)?);
        return match rest.get(8..)? {
            [] => Some(Role::Value { tag, index: None }),
            [b'-', index @ ..] => Some(Role::Value { tag, index: Some(hexadecimal(index)?) }),
            _ => None,
        };
    }
    if let Some(number) = after(plain, RECIPIENT) {
        return hexadecimal(number).map(Role::Recipient);
    }
    if let Some(number) = after(plain, ATTACHMENT) {
        return hexadecimal(number).map(Role::Attachment);
    }
    match plain {
        name if name.eq_ignore_ascii_case(PROPERTIES.as_bytes()) => Some(Role::Properties),
        name if name.eq_ignore_ascii_case(NAMES.as_bytes()) => Some(Role::Names),
        _ => None,
    }
}

/// What follows `start` in a name.
fn after<'a>(name: &'a [u8], start: &str) -> Option<&'a [u8]> {
    let (head, rest) = name.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start.as_bytes()).then_some(rest)
}

/// A number of one to eight hexadecimal digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(number.checked_mul(16)? | digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Option<Role>) {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(role(&units), expect, "{name}");
    }

    #[test]
    fn elements_are_known_by_their_names() {
        let value = |tag, index| Some(Role::Value { tag: PropTag(tag), index });
        check("__substg1.0_0037001F", value(0x0037_001F, None));
        check("__SUBSTG1.0_0037001f", value(0x0037_001F, None));
        check("__substg1.0_8000101F-0000000A", value(0x8000_101F, Some(10)));
        check("__substg1.0_0037001", None);
        check("__substg1.0_0037001F0", None);
        check("__properties_version1.0", Some(Role::Properties));
        check("__nameid_version1.0", Some(Role::Names));
        check("__recip_version1.0_#0000001F", Some(Role::Recipient(31)));
        check("__attach_version1.0_#00000000", Some(Role::Attachment(0)));
        check("__attach_version1.0_#", None);
        check("\u{5}SummaryInformation", None);
        check("__substg1.0_0037001\u{419}", None);
    }
}
