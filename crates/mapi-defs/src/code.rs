//! `ErrorCode` and `Warning`: the numbers a MAPI call answers with (MAPICODE.H).
//!
//! Not the constants themselves: those are generated into `codes.rs` from `data/codes.tsv`.

use std::fmt;

/// A failing HRESULT: bit 31 is always set.
///
/// Any failing number fits, so a code that nobody has named keeps its value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(u32);

impl ErrorCode {
    /// Makes a code out of its number; a number without bit 31 is a success and gives `None`.
    pub const fn from_u32(number: u32) -> Option<Self> {
        if number & 0x8000_0000 != 0 { Some(Self(number)) } else { None }
    }

    /// A code known to fail, for the generated tables.
    pub(crate) const fn known(number: u32) -> Self {
        assert!(number & 0x8000_0000 != 0, "an error code has bit 31 set");
        Self(number)
    }

    /// Returns the number, as C programs see it.
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:08X})", self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A success that says something went less than perfectly (`MAPI_W_*`): bit 31 is clear.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Warning(u32);

impl Warning {
    /// A warning known to succeed, for the generated tables.
    pub(crate) const fn known(number: u32) -> Self {
        assert!(number & 0x8000_0000 == 0, "a warning has bit 31 clear");
        Self(number)
    }

    /// Returns the number, as C programs see it.
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:08X})", self.0),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_no_error_code() {
        assert_eq!(ErrorCode::from_u32(0), None);
        assert_eq!(ErrorCode::from_u32(0x0004_0380), None);
        assert_eq!(ErrorCode::from_u32(0x8004_010F), Some(ErrorCode::NOT_FOUND));
    }

    #[test]
    fn a_code_says_its_name_and_number() {
        assert_eq!(ErrorCode::NOT_FOUND.to_string(), "MAPI_E_NOT_FOUND (0x8004010F)");
        assert_eq!(Warning::ERRORS_RETURNED.to_string(), "MAPI_W_ERRORS_RETURNED (0x00040380)");
        assert_eq!(ErrorCode::from_u32(0x8765_4321).unwrap().to_string(), "0x87654321");
    }
}
