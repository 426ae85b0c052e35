//! What can be so wrong with the bytes that nothing is answered.
//!
//! Lesser damage is not here: [`crate::Defect`] names what was wrong with compressed RTF that still gave
//! its text. Callers turn a fault into their own error code (for MAPI: `MAPI_E_CORRUPT_DATA`).

use std::fmt;

/// Why nothing could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The compressed form is shorter than its 16-byte header.
    TooShort {
        /// Bytes present.
        present: usize,
    },
    /// The header names neither of the two forms, `LZFu` and `MELA`.
    UnknownForm {
        /// The four bytes found, as a little-endian number.
        magic: u32,
    },
    /// The bytes do not begin as RTF does.
    NotRtf,
    /// Groups are nested deeper than [`crate::MAX_GROUP_DEPTH`].
    TooDeep,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TooShort { present } => {
                write!(f, "compressed RTF: {present} bytes present, the header alone has 16")
            }
            Fault::UnknownForm { magic } => {
                write!(f, "compressed RTF: the form is {magic:#010x}, neither LZFu nor MELA")
            }
            Fault::NotRtf => write!(f, "RTF: the first group does not begin with \\rtf"),
            Fault::TooDeep => write!(f, "RTF: groups nest deeper than {}", crate::MAX_GROUP_DEPTH),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_what_was_found() {
        assert_eq!(
            Fault::TooShort { present: 5 }.to_string(),
            "compressed RTF: 5 bytes present, the header alone has 16"
        );
        assert_eq!(
            Fault::UnknownForm { magic: 0x2A }.to_string(),
            "compressed RTF: the form is 0x0000002a, neither LZFu nor MELA"
        );
        assert_eq!(Fault::NotRtf.to_string(), "RTF: the first group does not begin with \\rtf");
        assert_eq!(Fault::TooDeep.to_string(), "RTF: groups nest deeper than 4096");
    }
}
