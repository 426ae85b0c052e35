//! `Problem`: what a reader met in a stream and tolerated or left out.

use crate::PROBLEMS_MAX;
use mapi_defs::prop::PropTag;
use std::fmt;

/// One irregularity, and where it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, such as `attachment 2/message`; empty for the stream and its message.
    pub place: String,
    /// What was met.
    pub reason: Reason,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.place.is_empty() { "" } else { ": " };
        write!(f, "{}{between}{}", self.place, self.reason)
    }
}

/// What was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The check value of an attribute is wrong.
    CheckValue(u32),
    /// An attribute is longer than what is left of the stream; it and all that followed is lost.
    CutShort(u32),
    /// What stands in an attribute's place is of no known level; the rest was not read.
    UnknownLevel(u8),
    /// Bytes after the last attribute.
    BytesAfterEnd(usize),
    /// The stream does not say its version, or another than 1.0.
    Version,
    /// The stream does not say its code page; 437 was taken.
    NoCodePage,
    /// A code page is not known; text was read as windows-1252.
    UnknownCodePage(u32),
    /// An attribute of the message stands after those of attachments.
    OutOfOrder(u32),
    /// An attribute of an attachment stands before the one that begins attachments.
    NoRendering,
    /// A value's bytes do not fit its attribute.
    BadAttribute(u32),
    /// A list of properties breaks off; those before the break were read.
    PropertiesBreakOff,
    /// A property is of a type that does not exist; it and those after it are lost.
    UnknownType(PropTag),
    /// A property of the named range has no name.
    NameMissing(PropTag),
    /// More properties, recipients or attachments than are read.
    TooMany(&'static str),
    /// An embedded message is no TNEF stream, or nested too deep.
    Embedded,
    /// The compressed RTF cannot be read, or its check value is wrong.
    DamagedRtf,
}

impl Reason {
    /// True where a stream written anew says everything that this one does.
    pub fn is_repairable(self) -> bool {
        matches!(
            self,
            Self::CheckValue(_)
                | Self::BytesAfterEnd(_)
                | Self::Version
                | Self::NoCodePage
                | Self::OutOfOrder(_)
                | Self::NoRendering
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckValue(id) => write!(f, "the check value of attribute {id:08X} is wrong"),
            Self::CutShort(id) => write!(f, "attribute {id:08X} is cut short, it and what followed is lost"),
            Self::UnknownLevel(level) => {
                write!(f, "an attribute of unknown level {level}, the rest was not read")
            }
            Self::BytesAfterEnd(count) => write!(f, "{count} bytes after the last attribute, ignored"),
            Self::Version => f.write_str("the stream's version is missing or not 1.0"),
            Self::NoCodePage => f.write_str("the stream does not say its code page, 437 was taken"),
            Self::UnknownCodePage(page) => write!(f, "code page {page} is not known, windows-1252 was taken"),
            Self::OutOfOrder(id) => {
                write!(f, "attribute {id:08X} of the message stands after those of attachments")
            }
            Self::NoRendering => f.write_str("an attachment without attAttachRenddata, read all the same"),
            Self::BadAttribute(id) => write!(f, "attribute {id:08X} does not fit its type, left out"),
            Self::PropertiesBreakOff => f.write_str("a list of properties breaks off, the rest is lost"),
            Self::UnknownType(tag) => {
                write!(f, "property {tag} has an unknown type, it and the rest is lost")
            }
            Self::NameMissing(tag) => write!(f, "property {tag} has a name that cannot be read"),
            Self::TooMany(what) => write!(f, "too many {what}, the rest was left out"),
            Self::Embedded => f.write_str("the embedded message cannot be read, kept as its bytes"),
            Self::DamagedRtf => f.write_str("the compressed RTF is damaged"),
        }
    }
}

/// Problems being gathered, up to [`PROBLEMS_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, place: &str, reason: Reason) {
        let problem = Problem { place: place.to_owned(), reason };
        if self.0.len() < PROBLEMS_MAX && self.0.last() != Some(&problem) {
            self.0.push(problem);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}
