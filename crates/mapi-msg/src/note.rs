//! `Note`: what a reader met in a file and tolerated, repaired or left out, and why.
//!
//! Not an error: the object that carries notes was read. Errors are `mapi_defs::Error`.

use crate::limits::NOTES_MAX;
use mapi_defs::prop::PropTag;
use std::fmt;

/// One irregularity: where it was met and what was done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Where, such as `attachment 2/message/recipient 0`; empty for the container or the message.
    pub place: String,
    /// What was met.
    pub reason: Reason,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        self.reason.fmt(f)
    }
}

/// What was met. The first group concerns the container, the second the properties in it; what only a
/// check looks for comes last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// A number in the file's header that has one legal value had another and was ignored.
    HeaderField(&'static str),
    /// The allocation table covers more sectors than the file has; the rest was ignored.
    FatLongerThanFile,
    /// The allocation table covers fewer sectors than the file has, or a part of it is missing.
    FatShorterThanFile,
    /// Sectors that hold the allocation table are not marked as such in it.
    FatSectorsNotMarked,
    /// The last sector of the file is cut short.
    LastSectorCutShort,
    /// A chain of sectors of the directory or of the small-stream table breaks off early.
    ChainBreaksOff(&'static str),
    /// An empty stream, or a storage, names a first sector.
    StartWithoutData,
    /// The upper half of a 32-bit size was not zero and was ignored.
    SizeGarbage,
    /// A directory entry's name has an impossible length; it was read up to its end mark.
    NameLength,
    /// A directory entry's name has characters that no element's name may have.
    NameCharacters,
    /// A directory entry is of a kind that does not exist; it was left out.
    EntryKind,
    /// The elements of a storage are not in order.
    TreeUnsorted,
    /// A link in a storage's tree leads outside the directory; it was ignored.
    TreeLink,
    /// A stream claims more bytes than the file has; it ends where its sectors end.
    SizeBeyondFile,
    /// Streams share sectors: the later one was made unreadable.
    SharedSectors,
    /// Two elements of one storage have the same name; the first was taken.
    DuplicateElement,

    /// A property's type does not exist.
    UnknownType(PropTag),
    /// A property is listed twice, or with two types; the first was taken.
    DuplicateProperty(PropTag),
    /// A property is listed and its stream or storage is missing.
    MissingStream(PropTag),
    /// A stream holds a property that is not listed; it was read.
    UnlistedStream(PropTag),
    /// A value's bytes do not fit its type.
    BadValue(PropTag),
    /// A stream is shorter than the file says.
    Truncated(PropTag),
    /// A value could not be read from the container.
    Unreadable(PropTag),
    /// A property's identifier is in the named range and has no name; it was kept under its number.
    NameMissing(PropTag),
    /// An object lists more properties than [`PROPERTIES_MAX`](crate::limits::PROPERTIES_MAX).
    TooManyProperties,
    /// The property stream is missing or shorter than its header.
    NoPropertyStream,
    /// Bytes after the last whole entry of a property stream were ignored.
    TrailingBytes,
    /// The number of recipients or attachments differs from the header's count.
    CountDiffers(&'static str),
    /// An entry of the map of named properties was left out.
    BadName(u16),
    /// The map of named properties lists the same name twice.
    DuplicateName(u16),
    /// A code page is not known; text was read as windows-1252.
    UnknownCodePage(u32),

    /// The root storage does not say what kind of file this is.
    NoClassId,
    /// The map of named properties, or one of its three streams, is missing.
    NamesIncomplete,
    /// The map of named properties lists this name where nobody who looks it up finds it.
    NameNotFound(u16),
    /// Outlook wants a property that the object does not have.
    Required(PropTag),
    /// More recipients or attachments than Outlook opens.
    TooManyRows(&'static str),
    /// Some text of the object is PT_UNICODE and some PT_STRING8.
    TwoWidths,
    /// The compressed RTF cannot be read, or its check value is wrong.
    DamagedRtf,
}

impl Reason {
    /// True where a file written anew from what was read has everything that this one says.
    pub fn is_repairable(self) -> bool {
        !matches!(
            self,
            Self::ChainBreaksOff(_)
                | Self::EntryKind
                | Self::SizeBeyondFile
                | Self::SharedSectors
                | Self::DuplicateElement
                | Self::UnknownType(_)
                | Self::MissingStream(_)
                | Self::BadValue(_)
                | Self::Truncated(_)
                | Self::Unreadable(_)
                | Self::NameMissing(_)
                | Self::TooManyProperties
                | Self::BadName(_)
                | Self::UnknownCodePage(_)
                | Self::TooManyRows(_)
                | Self::DamagedRtf
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderField(field) => write!(f, "the header's {field} has an unexpected value, ignored"),
            Self::FatLongerThanFile => f.write_str("the allocation table is longer than the file"),
            Self::FatShorterThanFile => f.write_str("the allocation table does not cover the file"),
            Self::FatSectorsNotMarked => f.write_str("the allocation table does not mark its own sectors"),
            Self::LastSectorCutShort => f.write_str("the last sector is cut short"),
            Self::ChainBreaksOff(what) => write!(f, "the {what} breaks off early"),
            Self::StartWithoutData => f.write_str("an empty stream or a storage names a first sector"),
            Self::SizeGarbage => f.write_str("the upper half of a stream's size is not zero, ignored"),
            Self::NameLength => f.write_str("an element's name has an impossible length"),
            Self::NameCharacters => f.write_str("an element's name has illegal characters"),
            Self::EntryKind => f.write_str("a directory entry of unknown kind was left out"),
            Self::TreeUnsorted => f.write_str("the elements of a storage are not in order"),
            Self::TreeLink => f.write_str("a link leads outside the directory, ignored"),
            Self::SizeBeyondFile => f.write_str("a stream claims more bytes than there are"),
            Self::SharedSectors => f.write_str("streams share sectors, the later one cannot be read"),
            Self::DuplicateElement => f.write_str("two elements have the same name, the first was taken"),
            Self::UnknownType(tag) => write!(f, "property {tag} has an unknown type, left out"),
            Self::DuplicateProperty(tag) => write!(f, "property {tag} is listed twice, the first was taken"),
            Self::MissingStream(tag) => write!(f, "property {tag} has no stream, left out"),
            Self::UnlistedStream(tag) => write!(f, "property {tag} is not listed, read all the same"),
            Self::BadValue(tag) => {
                write!(f, "property {tag} has a value that does not fit its type, left out")
            }
            Self::Truncated(tag) => write!(f, "property {tag} is shorter than the file says"),
            Self::Unreadable(tag) => write!(f, "property {tag} cannot be read, left out"),
            Self::NameMissing(tag) => write!(f, "property {tag} has no name"),
            Self::TooManyProperties => f.write_str("too many properties, the rest was left out"),
            Self::NoPropertyStream => f.write_str("the property stream is missing or too short"),
            Self::TrailingBytes => f.write_str("bytes after the last property were ignored"),
            Self::CountDiffers(what) => write!(f, "the header counts the {what} differently"),
            Self::BadName(index) => write!(f, "name {index} of the named properties was left out"),
            Self::DuplicateName(index) => write!(f, "name {index} of the named properties stands twice"),
            Self::UnknownCodePage(page) => write!(f, "code page {page} is not known, windows-1252 was taken"),
            Self::NoClassId => f.write_str("the root storage has no class id"),
            Self::NamesIncomplete => f.write_str("the map of named properties is missing in part or whole"),
            Self::NameNotFound(index) => {
                write!(f, "name {index} of the named properties is not in its hash bucket")
            }
            Self::Required(tag) => write!(f, "property {tag} is missing"),
            Self::TooManyRows(table) => write!(f, "more {table} than the 2,048 that Outlook opens"),
            Self::TwoWidths => f.write_str("text of both widths in one object"),
            Self::DamagedRtf => f.write_str("the compressed RTF is damaged"),
        }
    }
}

/// Where something was met: an object of the message, or a row of one of its tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The message, empty for the file's own.
    pub(crate) message: &'a str,
    /// Which recipient or attachment.
    pub(crate) row: Option<(&'static str, u32)>,
}

impl Place<'_> {
    /// The file itself.
    pub(crate) const FILE: Self = Self { message: "", row: None };
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.message.is_empty() || self.row.is_none() { "" } else { "/" };
        write!(f, "{}{between}", self.message)?;
        match self.row {
            Some((table, number)) => write!(f, "{table} {number}"),
            None => Ok(()),
        }
    }
}

/// Notes being gathered: the first [`NOTES_MAX`], without repetition in a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    kept: Vec<Note>,
}

impl Notes {
    /// Adds a note about `place`.
    pub(crate) fn add(&mut self, place: Place<'_>, reason: Reason) {
        if self.kept.len() >= NOTES_MAX {
            return;
        }
        let note = Note { place: place.to_string(), reason };
        if self.kept.last() != Some(&note) {
            self.kept.push(note);
        }
    }

    /// Adds a note about the container itself.
    pub(crate) fn container(&mut self, reason: Reason) {
        self.add(Place::FILE, reason);
    }

    /// Adds what another one gathered.
    pub(crate) fn extend(&mut self, notes: &[Note]) {
        let room = NOTES_MAX.saturating_sub(self.kept.len());
        self.kept.extend(notes.iter().take(room).cloned());
    }

    /// Those gathered so far.
    pub(crate) fn as_slice(&self) -> &[Note] {
        &self.kept
    }

    /// Those gathered, for good.
    pub(crate) fn into_vec(self) -> Vec<Note> {
        self.kept
    }
}
