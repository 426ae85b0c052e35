//! Keys and values of an entry: `PR_DISPLAY_NAME=text`, `66040003=03000000`.
//!
//! A key is a property's name or its tag in eight hex digits, identifier first. Whole numbers are
//! constants joined by `|`, or the bytes of the number in hex as they lie in memory, the lowest first.
//! Reading and writing are each other's reverse. The constants are in `constants.rs`.

use super::constants::{self, Owner};
use super::lines::names;
use mapi_defs::lookup;
use mapi_defs::prop::tags::{PR_PROVIDER_UID, PR_SERVICE_NAME, PR_SERVICE_UID};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{FileTime, Guid, hex};

/// Secure properties: a file that everybody may read holds none.
const SECURE: std::ops::RangeInclusive<u16> = 0x67F0..=0x67FF;
/// Hex digits of a tag.
const TAG_DIGITS: usize = 8;
/// Hex digits of an identity.
const UID_DIGITS: usize = 32;

/// Why a key is of no use.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum BadKey {
    /// A property nobody knows, or one that MAPI makes itself.
    Ignored(String),
    /// No key at all.
    Wrong(String),
}

/// The property that a key stands for.
pub(super) fn key(text: &str) -> Result<PropTag, BadKey> {
    let tag = if text.len() == TAG_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u32::from_str_radix(text, 16).map(PropTag).map_err(|_| BadKey::Wrong(format!("{text} is no tag")))?
    } else if text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("PR_")) {
        let known = lookup::property(text).and_then(lookup::Property::tag);
        known.ok_or_else(|| BadKey::Ignored(format!("{text} is a property nobody knows")))?
    } else {
        return Err(BadKey::Wrong(format!("{text} is neither a property's name nor eight hex digits")));
    };
    match tag.id() {
        id if [PR_SERVICE_UID.id(), PR_PROVIDER_UID.id(), PR_SERVICE_NAME.id()].contains(&id) => {
            Err(BadKey::Ignored(format!("{text} is made with each profile and ignored here")))
        }
        id if SECURE.contains(&id) => {
            Err(BadKey::Wrong(format!("{text} is a secure property, which has no place in a file")))
        }
        id if id >= PropTag::NAMED_FIRST => {
            Err(BadKey::Wrong(format!("{text} is a named property, which profiles do not keep")))
        }
        _ => Ok(tag),
    }
}

/// Constants that belong into sections of another kind than `owner`'s.
pub(super) fn misplaced(text: &str, owner: Owner) -> Option<&'static str> {
    let found = text.split('|').filter_map(|name| constants::constant(name.trim()));
    let mut wrong = found.filter(|constant| constant.owner != owner && owner != Owner::Extra);
    wrong.next().map(|constant| constant.name)
}

/// Reads a value of a property of this type.
pub(super) fn read(tag: PropTag, text: &str) -> Result<PropValue, String> {
    Ok(match tag.ptype() {
        PropType::STRING8 => PropValue::String8(text.to_owned()),
        PropType::UNICODE => PropValue::Unicode(text.to_owned()),
        PropType::MV_STRING8 => PropValue::MvString8(names(text).map(str::to_owned).collect()),
        PropType::MV_UNICODE => PropValue::MvUnicode(names(text).map(str::to_owned).collect()),
        PropType::LONG => PropValue::Long(long(text)?),
        PropType::I2 => PropValue::I2(i16::from_le_bytes(digits(text)?)),
        PropType::I8 => PropValue::I8(i64::from_le_bytes(digits(text)?)),
        PropType::SYSTIME => PropValue::SysTime(FileTime(u64::from_le_bytes(digits(text)?))),
        PropType::CLSID => PropValue::Clsid(Guid(digits(text)?)),
        PropType::BOOLEAN => PropValue::Boolean(truth(text)?),
        PropType::BINARY => PropValue::Binary(bytes(text)?),
        PropType::MV_LONG => PropValue::MvLong(names(text).map(long).collect::<Result<_, _>>()?),
        PropType::MV_BINARY => PropValue::MvBinary(names(text).map(bytes).collect::<Result<_, _>>()?),
        other => return Err(format!("profiles keep no property of type {other}")),
    })
}

/// Reads an identity of 32 hex digits.
pub(super) fn uid(text: &str) -> Result<Guid, String> {
    if text.len() != UID_DIGITS {
        return Err(format!("an identity has {UID_DIGITS} hex digits, not {}", text.chars().count()));
    }
    digits(text).map(Guid)
}

/// Writes a property as `key=value`; `None` where it cannot be read again as it is.
pub(super) fn write(prop: &Prop, owner: Owner) -> Option<String> {
    let by_name = lookup::tag_name(prop.tag).filter(|name| key(name) == Ok(prop.tag));
    let key = by_name.map_or_else(|| format!("{:08X}", prop.tag.0), str::to_owned);
    let value = match &prop.value {
        PropValue::String8(text) | PropValue::Unicode(text) => text.clone(),
        PropValue::MvString8(texts) | PropValue::MvUnicode(texts) => texts.join(", "),
        PropValue::Long(number) => constants::in_words(prop.tag, *number, owner)
            .unwrap_or_else(|| hex::encode(&number.to_le_bytes())),
        PropValue::I2(number) => hex::encode(&number.to_le_bytes()),
        PropValue::I8(number) => hex::encode(&number.to_le_bytes()),
        PropValue::SysTime(time) => hex::encode(&time.0.to_le_bytes()),
        PropValue::Clsid(guid) => hex::encode(&guid.0),
        PropValue::Boolean(truth) => hex::encode(&[u8::from(*truth), 0]),
        PropValue::Binary(bytes) => hex::encode(bytes),
        PropValue::MvLong(numbers) => {
            numbers.iter().map(|number| hex::encode(&number.to_le_bytes())).collect::<Vec<_>>().join(", ")
        }
        PropValue::MvBinary(values) => {
            values.iter().map(|value| hex::encode(value)).collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    };
    let line = format!("{key}={value}");
    let is_one_line = !value.contains(['\n', '\r', '\0']) && value.trim() == value;
    let fits = is_one_line && line.len() <= super::LINE_BYTES;
    (fits && read(prop.tag, &value).as_ref() == Ok(&prop.value)).then_some(line)
}

/// Writes an identity.
pub(super) fn write_uid(uid: Guid) -> String {
    hex::encode(&uid.0)
}

fn long(text: &str) -> Result<i32, String> {
    let mut number = 0;
    for part in text.split('|').map(str::trim) {
        number |= match constants::constant(part) {
            Some(constant) => constant.value,
            None => digits(part)
                .map(i32::from_le_bytes)
                .map_err(|_| format!("{} is neither a constant nor eight hex digits", shown(part)))?,
        };
    }
    Ok(number)
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        _ if text.eq_ignore_ascii_case("TRUE") => Ok(true),
        _ if text.eq_ignore_ascii_case("FALSE") => Ok(false),
        _ => digits(text).map(|bytes| u16::from_le_bytes(bytes) != 0),
    }
}

/// Exactly `N` bytes of hex.
fn digits<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let found = bytes(text)?;
    <[u8; N]>::try_from(found).map_err(|_| format!("{} is not {} hex digits", shown(text), N * 2))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).ok_or_else(|| format!("{} is not pairs of hex digits", shown(text)))
}

/// The beginning of a value, for a message.
fn shown(text: &str) -> String {
    const CHARACTERS: usize = 40;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_RESOURCE_FLAGS, PR_SERVICE_ENTRY_NAME};

    #[test]
    fn a_key_is_a_name_or_the_tag_identifier_first() {
        assert_eq!(key("pr_display_name"), Ok(PR_DISPLAY_NAME));
        assert_eq!(key("660A0003"), Ok(PropTag(0x660A_0003)));
        assert_eq!(key("PR_SERVICE_ENTRY_NAME"), Ok(PR_SERVICE_ENTRY_NAME));
        assert!(matches!(key("PR_NO_SUCH"), Err(BadKey::Ignored(_))));
        assert!(matches!(key("PR_SERVICE_UID"), Err(BadKey::Ignored(_))));
        for wrong in ["660A000", "660A00031", "XYZ", "67F0001E", "80010003", "660g0003", "é", "PR"] {
            assert!(matches!(key(wrong), Err(BadKey::Wrong(_))), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_constants_or_its_bytes_lowest_first() {
        let read = |text| read(PR_RESOURCE_FLAGS, text);
        assert_eq!(read("03000000"), Ok(PropValue::Long(3)));
        assert_eq!(read("00040000"), Ok(PropValue::Long(0x400)));
        let words = read("service_single_copy | SERVICE_NO_PRIMARY_IDENTITY");
        assert_eq!(words, Ok(PropValue::Long(0x22)));
        for bad in ["", "3", "0300000", "NO_SUCH", "03000000|", "zz000000"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_identity_with_a_digit_missing_is_refused() {
        assert!(uid("13DB0C8AA05101A9BB000AA002FC45A").is_err());
        let global = uid("13DBB0C8AA05101A9BB000AA002FC45A").unwrap();
        assert_eq!(global.to_string(), "{C8B0DB13-05AA-1A10-9BB0-00AA002FC45A}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (number, value) in [
            PropValue::I2(-2),
            PropValue::Long(-7),
            PropValue::Boolean(true),
            PropValue::I8(i64::MIN),
            PropValue::String8("a = b; c".into()),
            PropValue::Unicode("ünï [x]".into()),
            PropValue::SysTime(FileTime(u64::MAX)),
            PropValue::Clsid(Guid([7; 16])),
            PropValue::Binary(vec![0, 255]),
            PropValue::Binary(Vec::new()),
            PropValue::MvLong(vec![1, -1]),
            PropValue::MvUnicode(vec!["a b".into(), "c".into()]),
            PropValue::MvBinary(vec![vec![1], vec![2, 3]]),
        ]
        .into_iter()
        .enumerate()
        {
            let prop = Prop::new(PropTag::new(0x6600 + number as u16, PropType::UNSPECIFIED), value);
            let line = write(&prop, Owner::Extra).unwrap();
            let (name, text) = line.split_once('=').unwrap();
            assert_eq!((key(name), read(prop.tag, text)), (Ok(prop.tag), Ok(prop.value)), "{line}");
        }
        for unfit in ["two\nlines", " led by a blank", "nul\0"] {
            assert_eq!(write(&Prop::new(PR_DISPLAY_NAME, unfit), Owner::Service), None, "{unfit:?}");
        }
        let commas = PropValue::MvUnicode(vec!["a,b".into()]);
        assert_eq!(write(&Prop::new(PropTag(0x6600_101F), commas), Owner::Extra), None);
        assert_eq!(write(&Prop::new(PropTag(0x6600_0005), PropValue::Double(1.0)), Owner::Extra), None);
    }
}
