//! Lists of MAPI properties ([MS-OXTNEF] 2.1.3.4): tag, name where it is a named one, values.

use crate::PROPERTIES_MAX;
use crate::bytes::Bytes;
use crate::problem::{Problems, Reason};
use mapi_defs::object::Property;
use mapi_defs::prop::{NamedProp, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, FileTime, Guid};
use mapi_rtf::codepage::{Decoded, WINDOWS_1252, decode};
use std::collections::BTreeSet;

/// What PT_UNICODE is in.
const UTF_16: u32 = 1200;

/// A list that was read.
#[derive(Debug, Default)]
pub(crate) struct List<'a> {
    pub(crate) properties: Vec<Property>,
    /// PR_ATTACH_DATA_OBJ: the interface that it is, and its bytes.
    pub(crate) object: Option<(Guid, &'a [u8])>,
    /// Identifiers that were met: the first value of each counts.
    seen: BTreeSet<u16>,
}

/// What lists are read with.
pub(crate) struct Reading<'p> {
    pub(crate) code_page: u32,
    pub(crate) place: &'p str,
    pub(crate) problems: &'p mut Problems,
}

/// Reads a list from the front of `bytes`; false where nobody knows where it ends.
pub(crate) fn list<'a>(bytes: &mut Bytes<'a>, reading: &mut Reading<'_>) -> (List<'a>, bool) {
    let mut list = List::default();
    let Some(count) = bytes.len() else {
        reading.told(Reason::PropertiesBreakOff);
        return (list, false);
    };
    for _ in 0..count {
        if list.properties.len() >= PROPERTIES_MAX {
            reading.told(Reason::TooMany("properties"));
            return (list, false);
        }
        if let Err(reason) = property(bytes, &mut list, reading) {
            reading.told(reason);
            return (list, false);
        }
    }
    (list, true)
}

fn property<'a>(bytes: &mut Bytes<'a>, list: &mut List<'a>, reading: &mut Reading<'_>) -> Result<(), Reason> {
    const BROKEN: Reason = Reason::PropertiesBreakOff;
    let tag = PropTag(bytes.u32().ok_or(BROKEN)?);
    let named = if tag.id() >= PropTag::NAMED_FIRST { Some(name(bytes).ok_or(BROKEN)?) } else { None };
    if let Some(None) = named {
        reading.told(Reason::NameMissing(tag));
    }
    let (value, lossy) = value(bytes, tag, list, reading)?;
    let Some(value) = value else { return Ok(()) };
    let tag = tag.with_type(value.ptype());
    let is_new = tag.id() >= PropTag::NAMED_FIRST || list.seen.insert(tag.id());
    if is_new && named != Some(None) {
        list.properties.push(Property { tag, named: named.flatten(), value, lossy });
    }
    Ok(())
}

/// A property's name; the inner `None` where it is of no known kind or not text.
fn name(bytes: &mut Bytes<'_>) -> Option<Option<NamedProp>> {
    let set = Guid(bytes.array()?);
    Some(match bytes.u32()? {
        0 => Some(NamedProp::id(set, bytes.u32()?)),
        1 => {
            let len = bytes.len()?;
            let text = decode(UTF_16, bytes.take_padded(len)?).filter(|text| !text.lossy);
            text.map(|text| NamedProp::text(set, text.text.trim_end_matches('\0')))
        }
        _ => return None,
    })
}

type Valued = (Option<PropValue>, bool);

fn value<'a>(
    bytes: &mut Bytes<'a>,
    tag: PropTag,
    list: &mut List<'a>,
    reading: &mut Reading<'_>,
) -> Result<Valued, Reason> {
    const BROKEN: Reason = Reason::PropertiesBreakOff;
    let ptype = tag.ptype();
    if let Some(width) = fixed_width(ptype.single()) {
        if ptype.single() == ptype {
            let one = bytes.take_padded(width).ok_or(BROKEN)?;
            return Ok((fixed(ptype, one), false));
        }
        let count = bytes.len().ok_or(BROKEN)?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(bytes.take_padded(width).ok_or(BROKEN)?);
        }
        return Ok((many_fixed(ptype, &values), false));
    }
    let is_known =
        matches!(ptype.single(), PropType::STRING8 | PropType::UNICODE | PropType::BINARY | PropType::OBJECT);
    if !is_known {
        return Err(Reason::UnknownType(tag));
    }
    let count = bytes.len().ok_or(BROKEN)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let len = bytes.len().ok_or(BROKEN)?;
        parts.push(bytes.take_padded(len).ok_or(BROKEN)?);
    }
    if ptype == PropType::OBJECT {
        let mut object = Bytes(parts.first().copied().unwrap_or_default());
        list.object = object.array().map(|interface| (Guid(interface), object.0));
        return Ok((None, false));
    }
    Ok(variable(ptype, &parts, reading))
}

fn variable(ptype: PropType, parts: &[&[u8]], reading: &mut Reading<'_>) -> Valued {
    if ptype.single() == PropType::BINARY {
        let mut values = parts.iter().map(|part| part.to_vec());
        return match ptype == PropType::BINARY {
            true => (values.next_back().map(PropValue::Binary), false),
            false => (Some(PropValue::MvBinary(values.collect())), false),
        };
    }
    let page = if ptype.single() == PropType::UNICODE { UTF_16 } else { reading.code_page };
    let mut lossy = false;
    let mut texts: Vec<String> = Vec::new();
    for part in parts {
        let decoded = reading.text(page, part);
        lossy |= decoded.lossy;
        texts.push(decoded.text);
    }
    let value = match ptype {
        // Whatever its width was: the code page is that of the stream, which the message does not have.
        PropType::STRING8 | PropType::UNICODE => texts.pop().map(PropValue::Unicode),
        _ => Some(PropValue::MvUnicode(texts)),
    };
    (value, lossy)
}

impl Reading<'_> {
    pub(crate) fn told(&mut self, reason: Reason) {
        self.problems.add(self.place, reason);
    }

    /// Text without its terminator.
    pub(crate) fn text(&mut self, page: u32, bytes: &[u8]) -> Decoded {
        let decoded = decode(page, bytes).or_else(|| {
            self.told(Reason::UnknownCodePage(page));
            decode(WINDOWS_1252, bytes)
        });
        let mut decoded = decoded.unwrap_or(Decoded { text: String::new(), lossy: true });
        decoded.text.truncate(decoded.text.trim_end_matches('\0').len());
        decoded
    }
}

/// Bytes of one value of a type of fixed width, without what fills it up.
fn fixed_width(ptype: PropType) -> Option<usize> {
    Some(match ptype {
        PropType::I2 | PropType::BOOLEAN => 2,
        PropType::NULL | PropType::LONG | PropType::R4 | PropType::ERROR => 4,
        PropType::DOUBLE | PropType::CURRENCY | PropType::APPTIME | PropType::I8 | PropType::SYSTIME => 8,
        PropType::CLSID => 16,
        _ => return None,
    })
}

fn fixed(ptype: PropType, bytes: &[u8]) -> Option<PropValue> {
    let mut bytes = Bytes(bytes);
    Some(match ptype {
        PropType::I2 => PropValue::I2(bytes.u16()?.cast_signed()),
        PropType::BOOLEAN => PropValue::Boolean(bytes.u16()? != 0),
        PropType::LONG => PropValue::Long(bytes.u32()?.cast_signed()),
        PropType::R4 => PropValue::R4(f32::from_bits(bytes.u32()?)),
        PropType::ERROR => PropValue::Error(ErrorCode::from_u32(bytes.u32()?)?),
        PropType::DOUBLE => PropValue::Double(f64::from_bits(bytes.u64()?)),
        PropType::APPTIME => PropValue::AppTime(f64::from_bits(bytes.u64()?)),
        PropType::CURRENCY => PropValue::Currency(bytes.u64()?.cast_signed()),
        PropType::I8 => PropValue::I8(bytes.u64()?.cast_signed()),
        PropType::SYSTIME => PropValue::SysTime(FileTime(bytes.u64()?)),
        PropType::CLSID => PropValue::Clsid(Guid(bytes.array()?)),
        _ => return None,
    })
}

fn many_fixed(ptype: PropType, values: &[&[u8]]) -> Option<PropValue> {
    fn each<T>(values: &[&[u8]], one: impl Fn(&mut Bytes<'_>) -> Option<T>) -> Vec<T> {
        values.iter().filter_map(|value| one(&mut Bytes(value))).collect()
    }
    Some(match ptype {
        PropType::MV_I2 => PropValue::MvI2(each(values, |it| it.u16().map(u16::cast_signed))),
        PropType::MV_LONG => PropValue::MvLong(each(values, |it| it.u32().map(u32::cast_signed))),
        PropType::MV_R4 => PropValue::MvR4(each(values, |it| it.u32().map(f32::from_bits))),
        PropType::MV_DOUBLE => PropValue::MvDouble(each(values, |it| it.u64().map(f64::from_bits))),
        PropType::MV_APPTIME => PropValue::MvAppTime(each(values, |it| it.u64().map(f64::from_bits))),
        PropType::MV_CURRENCY => PropValue::MvCurrency(each(values, |it| it.u64().map(u64::cast_signed))),
        PropType::MV_I8 => PropValue::MvI8(each(values, |it| it.u64().map(u64::cast_signed))),
        PropType::MV_SYSTIME => PropValue::MvSysTime(each(values, |it| it.u64().map(FileTime))),
        PropType::MV_CLSID => PropValue::MvClsid(each(values, |it| it.array().map(Guid))),
        _ => return None,
    })
}
