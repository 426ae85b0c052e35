//! `AccountValue`: the value of an account's property (ACCT_VARIANT).

use mapi_defs::prop::{PropType, PropValue};
use mapi_vault::Secret;
use std::fmt;

/// A value of an account's property.
pub enum AccountValue {
    /// PT_LONG.
    Long(u32),
    /// PT_UNICODE.
    Unicode(String),
    /// PT_BINARY.
    Binary(Vec<u8>),
    /// A password: PT_UNICODE as well, but overwritten when it goes and never printed.
    Secret(Secret),
}

impl AccountValue {
    /// The number, where it is one.
    pub fn as_long(&self) -> Option<u32> {
        match self {
            Self::Long(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, where it is one; a password among them.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Unicode(text) => Some(text),
            Self::Secret(secret) => secret.expose_text(),
            _ => None,
        }
    }

    /// The octets, where they are some.
    pub fn as_binary(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Its type: PT_LONG, PT_UNICODE or PT_BINARY (`dwType`).
    pub fn ptype(&self) -> PropType {
        match self {
            Self::Long(_) => PropType::LONG,
            Self::Unicode(_) | Self::Secret(_) => PropType::UNICODE,
            Self::Binary(_) => PropType::BINARY,
        }
    }

    pub(super) fn of(value: &PropValue) -> Option<Self> {
        match value {
            PropValue::Long(number) => Some(Self::Long(number.cast_unsigned())),
            PropValue::Unicode(text) | PropValue::String8(text) => Some(Self::Unicode(text.clone())),
            PropValue::Binary(bytes) => Some(Self::Binary(bytes.clone())),
            _ => None,
        }
    }

    pub(super) fn to_prop_value(&self) -> Option<PropValue> {
        match self {
            Self::Long(number) => Some(PropValue::Long(number.cast_signed())),
            Self::Unicode(text) => Some(PropValue::Unicode(text.clone())),
            Self::Binary(bytes) => Some(PropValue::Binary(bytes.clone())),
            // Passwords are read-only, and never kept beside one another's properties.
            Self::Secret(_) => None,
        }
    }
}

impl fmt::Debug for AccountValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long(number) => write!(f, "Long({number:#x})"),
            Self::Unicode(text) => write!(f, "Unicode({text:?})"),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
            Self::Secret(_) => f.write_str("Secret"),
        }
    }
}
