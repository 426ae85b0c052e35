//! One property's value out of the file's bytes, by type ([MS-OXMSG] 2.1, 2.4.2).
//!
//! Bytes come in, a `PropValue` comes out, or nothing where they do not fit the type. Where the
//! bytes are is worked out in `properties.rs`; how a value is written, in `write/value.rs`.

use crate::codepage::{Pages, decode_unicode};
use crate::little_endian::{array_at, u16_at, u32_at, u64_at};
use mapi_defs::prop::{PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, FileTime, Guid};
use mapi_rtf::codepage::Decoded;

/// A value, and what was lost on the way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Read {
    pub(crate) value: PropValue,
    /// A character could not be read and became U+FFFD.
    pub(crate) lossy: bool,
    /// The code page is not known and windows-1252 was taken.
    pub(crate) unknown_page: bool,
}

impl Read {
    fn whole(value: PropValue) -> Self {
        Self { value, lossy: false, unknown_page: false }
    }
}

/// How the bytes of a type are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keeping {
    /// In the entry itself.
    Inside,
    /// In a stream of their own.
    Stream,
    /// In a storage of their own.
    Storage,
    /// Many values of fixed width in one stream.
    Packed,
    /// A stream of lengths of this many bytes each, and one stream for each value.
    Parts(usize),
}

/// How a type is kept; `None` for types that do not exist.
pub(crate) fn keeping(ptype: PropType) -> Option<Keeping> {
    Some(match ptype {
        PropType::NULL
        | PropType::I2
        | PropType::LONG
        | PropType::R4
        | PropType::DOUBLE
        | PropType::CURRENCY
        | PropType::APPTIME
        | PropType::ERROR
        | PropType::BOOLEAN
        | PropType::I8
        | PropType::SYSTIME => Keeping::Inside,
        PropType::STRING8 | PropType::UNICODE | PropType::BINARY | PropType::CLSID => Keeping::Stream,
        PropType::OBJECT => Keeping::Storage,
        PropType::MV_I2
        | PropType::MV_LONG
        | PropType::MV_R4
        | PropType::MV_DOUBLE
        | PropType::MV_CURRENCY
        | PropType::MV_APPTIME
        | PropType::MV_I8
        | PropType::MV_SYSTIME
        | PropType::MV_CLSID => Keeping::Packed,
        PropType::MV_STRING8 | PropType::MV_UNICODE => Keeping::Parts(4),
        PropType::MV_BINARY => Keeping::Parts(8),
        _ => return None,
    })
}

/// The value of a type kept in the entry. What the type does not use of the eight bytes is garbage.
pub(crate) fn read_inside(ptype: PropType, bytes: [u8; 8]) -> Option<PropValue> {
    let low = u32_at(&bytes, 0)?;
    let all = u64::from_le_bytes(bytes);
    Some(match ptype {
        PropType::NULL => PropValue::Null,
        PropType::I2 => PropValue::I2(u16_at(&bytes, 0)?.cast_signed()),
        PropType::LONG => PropValue::Long(low.cast_signed()),
        PropType::R4 => PropValue::R4(f32::from_bits(low)),
        PropType::DOUBLE => PropValue::Double(f64::from_bits(all)),
        PropType::CURRENCY => PropValue::Currency(all.cast_signed()),
        PropType::APPTIME => PropValue::AppTime(f64::from_bits(all)),
        PropType::ERROR => PropValue::Error(ErrorCode::from_u32(low)?),
        PropType::BOOLEAN => PropValue::Boolean(u16_at(&bytes, 0)? != 0),
        PropType::I8 => PropValue::I8(all.cast_signed()),
        PropType::SYSTIME => PropValue::SysTime(FileTime(all)),
        _ => return None,
    })
}

/// A value kept in a stream of its own; of many values, one of them with the single type's tag.
pub(crate) fn read_stream(tag: PropTag, bytes: &[u8], pages: Pages) -> Option<Read> {
    Some(match tag.ptype() {
        PropType::BINARY => Read::whole(PropValue::Binary(bytes.to_vec())),
        PropType::CLSID => Read::whole(PropValue::Clsid(Guid(array_at(bytes, 0)?))),
        PropType::UNICODE => {
            let decoded = decode_unicode(bytes);
            Read { value: PropValue::Unicode(decoded.text), lossy: decoded.lossy, unknown_page: false }
        }
        PropType::STRING8 => {
            let (decoded, unknown_page) = string8(tag.id(), bytes, pages);
            Read { value: PropValue::String8(decoded.text), lossy: decoded.lossy, unknown_page }
        }
        _ => return None,
    })
}

fn string8(id: u16, bytes: &[u8], pages: Pages) -> (Decoded, bool) {
    match pages.decode(id, bytes) {
        Some(decoded) => (decoded, false),
        None => {
            let taken = Pages::WESTERN.decode(id, bytes);
            (taken.unwrap_or(Decoded { text: String::new(), lossy: true }), true)
        }
    }
}

/// Many values of fixed width; a piece of one at the end is left out.
pub(crate) fn read_packed(ptype: PropType, bytes: &[u8]) -> Option<PropValue> {
    let width = ptype.single().fixed_bytes()?;
    let values = bytes.chunks_exact(width);
    let word = |value: &[u8]| u64_at(value, 0).unwrap_or_default();
    let half = |value: &[u8]| u32_at(value, 0).unwrap_or_default();
    Some(match ptype {
        PropType::MV_I2 => {
            PropValue::MvI2(values.map(|value| u16_at(value, 0).unwrap_or_default().cast_signed()).collect())
        }
        PropType::MV_LONG => PropValue::MvLong(values.map(|value| half(value).cast_signed()).collect()),
        PropType::MV_R4 => PropValue::MvR4(values.map(|value| f32::from_bits(half(value))).collect()),
        PropType::MV_DOUBLE => PropValue::MvDouble(values.map(|value| f64::from_bits(word(value))).collect()),
        PropType::MV_CURRENCY => {
            PropValue::MvCurrency(values.map(|value| word(value).cast_signed()).collect())
        }
        PropType::MV_APPTIME => {
            PropValue::MvAppTime(values.map(|value| f64::from_bits(word(value))).collect())
        }
        PropType::MV_I8 => PropValue::MvI8(values.map(|value| word(value).cast_signed()).collect()),
        PropType::MV_SYSTIME => PropValue::MvSysTime(values.map(|value| FileTime(word(value))).collect()),
        PropType::MV_CLSID => {
            PropValue::MvClsid(values.map(|value| Guid(array_at(value, 0).unwrap_or_default())).collect())
        }
        _ => return None,
    })
}

/// Many values of which each was read by itself as the single type.
pub(crate) fn gather(ptype: PropType, parts: Vec<PropValue>) -> Option<PropValue> {
    let texts = |parts: Vec<PropValue>| {
        let text = |part| match part {
            PropValue::String8(text) | PropValue::Unicode(text) => text,
            _ => String::new(),
        };
        parts.into_iter().map(text).collect()
    };
    Some(match ptype {
        PropType::MV_STRING8 => PropValue::MvString8(texts(parts)),
        PropType::MV_UNICODE => PropValue::MvUnicode(texts(parts)),
        PropType::MV_BINARY => {
            let bytes = |part| match part {
                PropValue::Binary(bytes) => bytes,
                _ => Vec::new(),
            };
            PropValue::MvBinary(parts.into_iter().map(bytes).collect())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codepage::Clues;

    #[test]
    fn unused_bytes_of_an_entry_do_not_count() {
        let garbage = [1, 0, 0, 0, 0xCC, 0xCC, 0xCC, 0xCC];
        assert_eq!(read_inside(PropType::LONG, garbage), Some(PropValue::Long(1)));
        let garbage = [0, 0, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC];
        assert_eq!(read_inside(PropType::BOOLEAN, garbage), Some(PropValue::Boolean(false)));
        assert_eq!(read_inside(PropType::I2, [0xFF; 8]), Some(PropValue::I2(-1)));
        assert_eq!(read_inside(PropType::ERROR, [0; 8]), None);
        assert_eq!(read_inside(PropType::UNICODE, [0; 8]), None);
    }

    #[test]
    fn packed_values_are_read_whole() {
        assert_eq!(read_packed(PropType::MV_I2, &[1, 0, 2, 0, 9]), Some(PropValue::MvI2(vec![1, 2])));
        assert_eq!(read_packed(PropType::MV_CLSID, &[7; 20]), Some(PropValue::MvClsid(vec![Guid([7; 16])])));
        assert_eq!(read_packed(PropType::MV_UNICODE, &[]), None);
    }

    #[test]
    fn a_class_id_needs_its_sixteen_bytes() {
        assert_eq!(read_stream(PropTag(0x3013_0048), &[1; 15], Pages::WESTERN), None);
        assert_eq!(read_stream(PropTag(0x3701_000D), &[1; 15], Pages::WESTERN), None);
    }

    #[test]
    fn text_in_an_unknown_code_page_is_taken_for_1252() {
        let unknown = Pages::of_message(Clues { message: Some(4242), ..Clues::default() }, None);
        let read = read_stream(PropTag(0x0037_001E), b"\xE4", unknown).unwrap();
        assert_eq!(read, Read { value: PropValue::String8("ä".into()), lossy: false, unknown_page: true });
    }
}
