//! One value as bytes: numbers little-endian, text and bytes behind their length, many values behind
//! their number. The list of values is the file above.

use mapi_defs::prop::{PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};

/// Appends a value.
pub(super) fn put(to: &mut Vec<u8>, value: &PropValue) {
    use PropValue as V;
    match value {
        V::Null | V::Object => {}
        V::I2(n) => to.extend_from_slice(&n.to_le_bytes()),
        V::Long(n) => to.extend_from_slice(&n.to_le_bytes()),
        V::R4(n) => to.extend_from_slice(&n.to_bits().to_le_bytes()),
        V::Double(n) | V::AppTime(n) => to.extend_from_slice(&n.to_bits().to_le_bytes()),
        V::Currency(n) | V::I8(n) => to.extend_from_slice(&n.to_le_bytes()),
        V::Error(code) => to.extend_from_slice(&code.as_u32().to_le_bytes()),
        V::Boolean(truth) => to.push(u8::from(*truth)),
        V::String8(text) | V::Unicode(text) => put_bytes(to, text.as_bytes()),
        V::SysTime(time) => to.extend_from_slice(&time.0.to_le_bytes()),
        V::Clsid(guid) => to.extend_from_slice(&guid.0),
        V::Binary(bytes) => put_bytes(to, bytes),
        V::MvI2(all) => many(to, all, |to, n| to.extend_from_slice(&n.to_le_bytes())),
        V::MvLong(all) => many(to, all, |to, n| to.extend_from_slice(&n.to_le_bytes())),
        V::MvR4(all) => many(to, all, |to, n| to.extend_from_slice(&n.to_bits().to_le_bytes())),
        V::MvDouble(all) | V::MvAppTime(all) => {
            many(to, all, |to, n| to.extend_from_slice(&n.to_bits().to_le_bytes()));
        }
        V::MvCurrency(all) | V::MvI8(all) => many(to, all, |to, n| to.extend_from_slice(&n.to_le_bytes())),
        V::MvString8(all) | V::MvUnicode(all) => many(to, all, |to, text| put_bytes(to, text.as_bytes())),
        V::MvSysTime(all) => many(to, all, |to, time| to.extend_from_slice(&time.0.to_le_bytes())),
        V::MvClsid(all) => many(to, all, |to, guid| to.extend_from_slice(&guid.0)),
        V::MvBinary(all) => many(to, all, |to, bytes| put_bytes(to, bytes)),
    }
}

/// Appends bytes behind their length.
pub(super) fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    to.extend_from_slice(bytes);
}

fn many<T>(to: &mut Vec<u8>, all: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    to.extend_from_slice(&(all.len() as u32).to_le_bytes());
    all.iter().for_each(|one| put(to, one));
}

/// Reads the value of a type.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: it is not whole, or of no known type.
pub(super) fn take(bytes: &[u8], at: usize, ptype: PropType) -> Result<PropValue> {
    let mut from = From { bytes, at };
    if ptype.is_multi() {
        return take_many(&mut from, ptype);
    }
    Ok(match ptype {
        PropType::NULL => PropValue::Null,
        PropType::OBJECT => PropValue::Object,
        PropType::I2 => PropValue::I2(i16::from_le_bytes(from.array()?)),
        PropType::LONG => PropValue::Long(i32::from_le_bytes(from.array()?)),
        PropType::R4 => PropValue::R4(from.r4()?),
        PropType::DOUBLE => PropValue::Double(from.double()?),
        PropType::APPTIME => PropValue::AppTime(from.double()?),
        PropType::CURRENCY => PropValue::Currency(i64::from_le_bytes(from.array()?)),
        PropType::I8 => PropValue::I8(i64::from_le_bytes(from.array()?)),
        PropType::ERROR => {
            let number = u32::from_le_bytes(from.array()?);
            PropValue::Error(ErrorCode::from_u32(number).ok_or_else(corrupt)?)
        }
        PropType::BOOLEAN => PropValue::Boolean(from.array::<1>()?[0] != 0),
        PropType::STRING8 => PropValue::String8(from.text()?),
        PropType::UNICODE => PropValue::Unicode(from.text()?),
        PropType::SYSTIME => PropValue::SysTime(from.time()?),
        PropType::CLSID => PropValue::Clsid(Guid(from.array()?)),
        PropType::BINARY => PropValue::Binary(from.bytes()?.to_vec()),
        _ => return Err(corrupt()),
    })
}

fn take_many(from: &mut From<'_>, ptype: PropType) -> Result<PropValue> {
    Ok(match ptype {
        PropType::MV_I2 => PropValue::MvI2(from.many(|from| Ok(i16::from_le_bytes(from.array()?)))?),
        PropType::MV_LONG => PropValue::MvLong(from.many(|from| Ok(i32::from_le_bytes(from.array()?)))?),
        PropType::MV_R4 => PropValue::MvR4(from.many(From::r4)?),
        PropType::MV_DOUBLE => PropValue::MvDouble(from.many(From::double)?),
        PropType::MV_APPTIME => PropValue::MvAppTime(from.many(From::double)?),
        PropType::MV_CURRENCY => {
            PropValue::MvCurrency(from.many(|from| Ok(i64::from_le_bytes(from.array()?)))?)
        }
        PropType::MV_I8 => PropValue::MvI8(from.many(|from| Ok(i64::from_le_bytes(from.array()?)))?),
        PropType::MV_STRING8 => PropValue::MvString8(from.many(From::text)?),
        PropType::MV_UNICODE => PropValue::MvUnicode(from.many(From::text)?),
        PropType::MV_SYSTIME => PropValue::MvSysTime(from.many(From::time)?),
        PropType::MV_CLSID => PropValue::MvClsid(from.many(|from| Ok(Guid(from.array()?)))?),
        PropType::MV_BINARY => PropValue::MvBinary(from.many(|from| Ok(from.bytes()?.to_vec()))?),
        _ => return Err(corrupt()),
    })
}

/// The bytes behind a length at a place.
pub(super) fn take_bytes(bytes: &[u8], at: usize) -> Result<&[u8]> {
    From { bytes, at }.bytes()
}

/// The 32-bit number at a place.
pub(super) fn number(bytes: &[u8], at: usize) -> Result<u32> {
    From { bytes, at }.array().map(u32::from_le_bytes)
}

/// The 64-bit number at a place.
pub(super) fn wide(bytes: &[u8], at: usize) -> Result<u64> {
    From { bytes, at }.array().map(u64::from_le_bytes)
}

/// What every reading of broken bytes answers.
pub(super) fn corrupt() -> Error {
    Error::new(ErrorCode::CORRUPT_DATA, "unpack", "the packed properties of a row are not whole")
}

/// Bytes and how far they are read.
struct From<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> From<'a> {
    fn slice(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(len).ok_or_else(corrupt)?;
        let slice = self.bytes.get(self.at..end).ok_or_else(corrupt)?;
        self.at = end;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.slice(N)?.try_into().map_err(|_| corrupt())
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let len = u32::from_le_bytes(self.array()?) as usize;
        self.slice(len)
    }

    fn text(&mut self) -> Result<String> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| corrupt())
    }

    fn r4(&mut self) -> Result<f32> {
        Ok(f32::from_bits(u32::from_le_bytes(self.array()?)))
    }

    fn double(&mut self) -> Result<f64> {
        Ok(f64::from_bits(u64::from_le_bytes(self.array()?)))
    }

    fn time(&mut self) -> Result<FileTime> {
        Ok(FileTime(u64::from_le_bytes(self.array()?)))
    }

    fn many<T>(&mut self, one: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        // The number is a claim: nothing is set aside for it, reading stops where the bytes end.
        let count = u32::from_le_bytes(self.array()?);
        (0..count).map(|_| one(self)).collect()
    }
}
