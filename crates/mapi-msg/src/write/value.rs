//! One property's value as bytes of a file, by type ([MS-OXMSG] 2.1, 2.4.2).
//!
//! The other direction is `property_value.rs`. Unused bytes are zero, text has no terminator except
//! as one of many values, and empty text is not written at all.

use super::{CALL, TextWidth};
use crate::codepage::Pages;
use mapi_defs::prop::{PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;

/// A value as kept in a file.
pub(crate) enum Stored<'a> {
    /// In the entry itself.
    Inside([u8; 8]),
    /// In a stream; the stated size counts `terminator` bytes more.
    Stream { bytes: Cow<'a, [u8]>, terminator: usize },
    /// Many values with a stream each, and the stream of their lengths.
    Parts { lengths: Vec<u8>, parts: Vec<Cow<'a, [u8]>> },
}

impl Stored<'_> {
    /// The same, not borrowing from the value any more.
    pub(crate) fn into_owned(self) -> Stored<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Inside(value) => Stored::Inside(value),
            Self::Stream { bytes, terminator } => Stored::Stream { bytes: owned(bytes), terminator },
            Self::Parts { lengths, parts } => {
                Stored::Parts { lengths, parts: parts.into_iter().map(owned).collect() }
            }
        }
    }
}

/// A value and the type it is written as; `None` for what is not written.
///
/// # Errors
/// `MAPI_E_UNKNOWN_CPID`: the code page of 8-bit text is not known.
pub(crate) fn store<'a>(
    id: u16,
    value: &'a PropValue,
    width: TextWidth,
    pages: Pages,
) -> Result<Option<(PropType, Stored<'a>)>> {
    let ptype = written_type(value.ptype(), width);
    let text = Text { id, unicode: ptype.single() == PropType::UNICODE, pages };
    let stored = match value {
        PropValue::Object => return Ok(None),
        PropValue::String8(one) | PropValue::Unicode(one) if one.is_empty() => return Ok(None),
        PropValue::String8(one) | PropValue::Unicode(one) => {
            Stored::Stream { bytes: Cow::Owned(text.bytes(one)?), terminator: text.terminator() }
        }
        PropValue::Binary(bytes) => Stored::Stream { bytes: Cow::Borrowed(bytes), terminator: 0 },
        PropValue::Clsid(guid) => Stored::Stream { bytes: Cow::Owned(guid.0.to_vec()), terminator: 0 },
        PropValue::MvString8(many) | PropValue::MvUnicode(many) => text.parts(many)?,
        PropValue::MvBinary(many) => binary_parts(many),
        single_or_packed => match inside(single_or_packed) {
            Some(value) => Stored::Inside(value),
            None => Stored::Stream { bytes: Cow::Owned(packed(single_or_packed)), terminator: 0 },
        },
    };
    Ok(Some((ptype, stored)))
}

/// The type that a value of this type is written as.
fn written_type(ptype: PropType, width: TextWidth) -> PropType {
    match (width, ptype) {
        (TextWidth::Unicode, ptype) => ptype.unicode(),
        (TextWidth::String8(_), PropType::UNICODE) => PropType::STRING8,
        (TextWidth::String8(_), PropType::MV_UNICODE) => PropType::MV_STRING8,
        (_, ptype) => ptype,
    }
}

/// How text is written.
struct Text {
    id: u16,
    unicode: bool,
    pages: Pages,
}

impl Text {
    fn bytes(&self, text: &str) -> Result<Vec<u8>> {
        if self.unicode {
            return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        }
        let encoded = self.pages.encode(self.id, text);
        let unknown = || {
            let detail = format!("code page {} is not known", self.pages.text);
            Error::new(ErrorCode::UNKNOWN_CPID, CALL, detail)
        };
        Ok(encoded.ok_or_else(unknown)?.bytes)
    }

    /// Bytes of the terminator.
    fn terminator(&self) -> usize {
        if self.unicode { 2 } else { 1 }
    }

    /// Many texts; each ends with its terminator, and its length counts it.
    fn parts(&self, many: &[String]) -> Result<Stored<'static>> {
        let (mut lengths, mut parts) = (Vec::new(), Vec::new());
        for one in many {
            let mut bytes = self.bytes(one)?;
            bytes.resize(bytes.len().saturating_add(self.terminator()), 0);
            lengths.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            parts.push(Cow::Owned(bytes));
        }
        Ok(Stored::Parts { lengths, parts })
    }
}

fn binary_parts(many: &[Vec<u8>]) -> Stored<'_> {
    let mut lengths = Vec::new();
    for one in many {
        lengths.extend_from_slice(&u32::try_from(one.len()).unwrap_or(u32::MAX).to_le_bytes());
        lengths.extend_from_slice(&[0; 4]);
    }
    Stored::Parts { lengths, parts: many.iter().map(|one| Cow::Borrowed(one.as_slice())).collect() }
}

/// The eight bytes of a value that is kept in its entry.
fn inside(value: &PropValue) -> Option<[u8; 8]> {
    let low = |number: u32| u64::from(number).to_le_bytes();
    Some(match value {
        PropValue::Null => [0; 8],
        PropValue::I2(number) => low(u32::from(number.cast_unsigned())),
        PropValue::Long(number) => low(number.cast_unsigned()),
        PropValue::R4(number) => low(number.to_bits()),
        PropValue::Double(number) | PropValue::AppTime(number) => number.to_bits().to_le_bytes(),
        PropValue::Currency(number) | PropValue::I8(number) => number.to_le_bytes(),
        PropValue::Error(code) => low(code.as_u32()),
        PropValue::Boolean(truth) => low(u32::from(*truth)),
        PropValue::SysTime(time) => time.0.to_le_bytes(),
        _ => return None,
    })
}

/// Many values of fixed width, one after the other.
fn packed(value: &PropValue) -> Vec<u8> {
    match value {
        PropValue::MvI2(many) => many.iter().flat_map(|one| one.to_le_bytes()).collect(),
        PropValue::MvLong(many) => many.iter().flat_map(|one| one.to_le_bytes()).collect(),
        PropValue::MvR4(many) => many.iter().flat_map(|one| one.to_le_bytes()).collect(),
        PropValue::MvDouble(many) | PropValue::MvAppTime(many) => {
            many.iter().flat_map(|one| one.to_le_bytes()).collect()
        }
        PropValue::MvCurrency(many) | PropValue::MvI8(many) => {
            many.iter().flat_map(|one| one.to_le_bytes()).collect()
        }
        PropValue::MvSysTime(many) => many.iter().flat_map(|one| one.0.to_le_bytes()).collect(),
        PropValue::MvClsid(many) => many.iter().flat_map(|one| one.0).collect(),
        _ => Vec::new(),
    }
}
