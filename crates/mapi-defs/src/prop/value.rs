//! `PropValue`: one value, with one variant per property type (SPropValue's union).

use super::PropType;
use crate::{ErrorCode, FileTime, Guid};

/// A property's value. Its variant decides the property's type.
///
/// Text is UTF-8 here whatever its type was: `String8` says only that the property is of type
/// PT_STRING8 where it lives; the code page was applied where it was read.
#[derive(Clone, PartialEq, Debug)]
pub enum PropValue {
    /// PT_NULL: present without a value.
    Null,
    /// PT_I2.
    I2(i16),
    /// PT_LONG.
    Long(i32),
    /// PT_R4.
    R4(f32),
    /// PT_DOUBLE.
    Double(f64),
    /// PT_CURRENCY: ten-thousandths.
    Currency(i64),
    /// PT_APPTIME: days since 1899-12-30, without a zone.
    AppTime(f64),
    /// PT_ERROR: why the value is not here.
    Error(ErrorCode),
    /// PT_BOOLEAN.
    Boolean(bool),
    /// PT_OBJECT: the value is an object to be opened.
    Object,
    /// PT_I8.
    I8(i64),
    /// PT_STRING8.
    String8(String),
    /// PT_UNICODE.
    Unicode(String),
    /// PT_SYSTIME.
    SysTime(FileTime),
    /// PT_CLSID.
    Clsid(Guid),
    /// PT_BINARY.
    Binary(Vec<u8>),
    /// PT_MV_I2.
    MvI2(Vec<i16>),
    /// PT_MV_LONG.
    MvLong(Vec<i32>),
    /// PT_MV_R4.
    MvR4(Vec<f32>),
    /// PT_MV_DOUBLE.
    MvDouble(Vec<f64>),
    /// PT_MV_CURRENCY.
    MvCurrency(Vec<i64>),
    /// PT_MV_APPTIME.
    MvAppTime(Vec<f64>),
    /// PT_MV_I8.
    MvI8(Vec<i64>),
    /// PT_MV_STRING8.
    MvString8(Vec<String>),
    /// PT_MV_UNICODE.
    MvUnicode(Vec<String>),
    /// PT_MV_SYSTIME.
    MvSysTime(Vec<FileTime>),
    /// PT_MV_CLSID.
    MvClsid(Vec<Guid>),
    /// PT_MV_BINARY.
    MvBinary(Vec<Vec<u8>>),
}

impl PropValue {
    /// The type this value gives its property.
    pub fn ptype(&self) -> PropType {
        match self {
            Self::Null => PropType::NULL,
            Self::I2(_) => PropType::I2,
            Self::Long(_) => PropType::LONG,
            Self::R4(_) => PropType::R4,
            Self::Double(_) => PropType::DOUBLE,
            Self::Currency(_) => PropType::CURRENCY,
            Self::AppTime(_) => PropType::APPTIME,
            Self::Error(_) => PropType::ERROR,
            Self::Boolean(_) => PropType::BOOLEAN,
            Self::Object => PropType::OBJECT,
            Self::I8(_) => PropType::I8,
            Self::String8(_) => PropType::STRING8,
            Self::Unicode(_) => PropType::UNICODE,
            Self::SysTime(_) => PropType::SYSTIME,
            Self::Clsid(_) => PropType::CLSID,
            Self::Binary(_) => PropType::BINARY,
            Self::MvI2(_) => PropType::MV_I2,
            Self::MvLong(_) => PropType::MV_LONG,
            Self::MvR4(_) => PropType::MV_R4,
            Self::MvDouble(_) => PropType::MV_DOUBLE,
            Self::MvCurrency(_) => PropType::MV_CURRENCY,
            Self::MvAppTime(_) => PropType::MV_APPTIME,
            Self::MvI8(_) => PropType::MV_I8,
            Self::MvString8(_) => PropType::MV_STRING8,
            Self::MvUnicode(_) => PropType::MV_UNICODE,
            Self::MvSysTime(_) => PropType::MV_SYSTIME,
            Self::MvClsid(_) => PropType::MV_CLSID,
            Self::MvBinary(_) => PropType::MV_BINARY,
        }
    }

    /// The text of a single text value of either width.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String8(text) | Self::Unicode(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a PT_BINARY value.
    pub fn as_binary(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The number of a PT_LONG value.
    pub fn as_long(&self) -> Option<i32> {
        match self {
            Self::Long(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a PT_BOOLEAN value.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The moment of a PT_SYSTIME value.
    pub fn as_time(&self) -> Option<FileTime> {
        match self {
            Self::SysTime(time) => Some(*time),
            _ => None,
        }
    }

    /// The values of a multi-valued property one by one; a single value is its own and only one.
    pub fn singles(&self) -> Box<dyn Iterator<Item = Self> + '_> {
        match self {
            Self::MvI2(values) => Box::new(values.iter().copied().map(Self::I2)),
            Self::MvLong(values) => Box::new(values.iter().copied().map(Self::Long)),
            Self::MvR4(values) => Box::new(values.iter().copied().map(Self::R4)),
            Self::MvDouble(values) => Box::new(values.iter().copied().map(Self::Double)),
            Self::MvCurrency(values) => Box::new(values.iter().copied().map(Self::Currency)),
            Self::MvAppTime(values) => Box::new(values.iter().copied().map(Self::AppTime)),
            Self::MvI8(values) => Box::new(values.iter().copied().map(Self::I8)),
            Self::MvString8(values) => Box::new(values.iter().cloned().map(Self::String8)),
            Self::MvUnicode(values) => Box::new(values.iter().cloned().map(Self::Unicode)),
            Self::MvSysTime(values) => Box::new(values.iter().copied().map(Self::SysTime)),
            Self::MvClsid(values) => Box::new(values.iter().copied().map(Self::Clsid)),
            Self::MvBinary(values) => Box::new(values.iter().cloned().map(Self::Binary)),
            single => Box::new(std::iter::once(single.clone())),
        }
    }

    /// The multi-valued property of these values, which are all of the single type `of`; `None` where
    /// one is not, or where the type has no multi-valued form.
    pub fn many(of: PropType, values: Vec<Self>) -> Option<Self> {
        /// The inside of each value, as long as all are of one variant.
        macro_rules! insides {
            ($many:ident, $single:ident) => {
                values
                    .into_iter()
                    .map(|value| if let Self::$single(inside) = value { Some(inside) } else { None })
                    .collect::<Option<Vec<_>>>()
                    .map(Self::$many)
            };
        }
        match of {
            PropType::I2 => insides!(MvI2, I2),
            PropType::LONG => insides!(MvLong, Long),
            PropType::R4 => insides!(MvR4, R4),
            PropType::DOUBLE => insides!(MvDouble, Double),
            PropType::CURRENCY => insides!(MvCurrency, Currency),
            PropType::APPTIME => insides!(MvAppTime, AppTime),
            PropType::I8 => insides!(MvI8, I8),
            PropType::STRING8 => insides!(MvString8, String8),
            PropType::UNICODE => insides!(MvUnicode, Unicode),
            PropType::SYSTIME => insides!(MvSysTime, SysTime),
            PropType::CLSID => insides!(MvClsid, Clsid),
            PropType::BINARY => insides!(MvBinary, Binary),
            _ => None,
        }
    }

    /// The same value with 8-bit text made Unicode.
    #[must_use]
    pub fn into_unicode(self) -> Self {
        match self {
            Self::String8(text) => Self::Unicode(text),
            Self::MvString8(texts) => Self::MvUnicode(texts),
            other => other,
        }
    }

    /// Bytes the value takes in a PR_*_SIZE count: text counts its UTF-8 bytes, fixed types their width.
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Object => 0,
            Self::String8(text) | Self::Unicode(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::MvString8(texts) | Self::MvUnicode(texts) => texts.iter().map(String::len).sum(),
            Self::MvBinary(values) => values.iter().map(Vec::len).sum(),
            Self::MvI2(values) => values.len() * 2,
            Self::MvLong(values) => values.len() * 4,
            Self::MvR4(values) => values.len() * 4,
            Self::MvDouble(values) | Self::MvAppTime(values) => values.len() * 8,
            Self::MvCurrency(values) | Self::MvI8(values) => values.len() * 8,
            Self::MvSysTime(values) => values.len() * 8,
            Self::MvClsid(values) => values.len() * 16,
            single => single.ptype().fixed_bytes().unwrap_or(0),
        }
    }
}

impl From<&str> for PropValue {
    fn from(text: &str) -> Self {
        Self::Unicode(text.to_owned())
    }
}

impl From<String> for PropValue {
    fn from(text: String) -> Self {
        Self::Unicode(text)
    }
}

impl From<i32> for PropValue {
    fn from(number: i32) -> Self {
        Self::Long(number)
    }
}

impl From<bool> for PropValue {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<FileTime> for PropValue {
    fn from(time: FileTime) -> Self {
        Self::SysTime(time)
    }
}

impl From<Vec<u8>> for PropValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}
