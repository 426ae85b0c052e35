//! `Container`: an own reader of compound files ([MS-CFB]), over positioned reads.
//!
//! It reads and never writes (the writer is `docfile.rs`), and knows nothing of messages. Opening a
//! container reads its tables and its directory and walks every tree once; a stream is read when it
//! is asked for: borrowed from memory where it lies there in one piece, copied where it is small,
//! and through [`ContainerStream`] where it is large.
//!
//! # What is tolerated
//! Real writers err. Each of these is read and answered with a [`Note`]:
//! - header: byte order, version or small-stream limit other than the one legal value;
//! - an allocation table that is longer than the file, whatever the padding holds, or shorter, or
//!   that does not mark its own sectors; the counts in the header are never relied upon;
//! - a last sector that is cut short; a stream that claims more bytes than the file has, or whose
//!   chain breaks off: it ends where its sectors end;
//! - an empty stream, or a storage, that names a first sector;
//! - garbage in the upper half of a stream's size where sizes are 32 bits wide;
//! - names of an impossible length (such as 70) or with illegal characters;
//! - trees in any shape: a list, unsorted, with links outside the directory, with entries of an
//!   unknown kind. Colours and balance are not looked at, so they leave no note;
//! - two elements of one name: the first is taken;
//! - streams that share sectors, once their sizes add up to more than the file: the later one
//!   answers an error, the rest is read.
//!
//! # What is refused
//! `MAPI_E_CORRUPT_DATA`: no compound file at all, sector sizes other than 512 and 4,096, a circle
//! in the directory or in the list of allocation sectors, no root. `MAPI_E_TOO_COMPLEX`: more than
//! [`CONTAINER_ENTRIES_MAX`] entries or storages deeper than
//! [`STORAGE_DEPTH_MAX`](crate::limits::STORAGE_DEPTH_MAX).

mod directory;
mod fat;
mod header;
mod sharing;
mod source;
mod storage;
mod stream;

pub use source::ReadAt;
pub use storage::ContainerStorage;
pub use stream::ContainerStream;

pub(crate) use directory::{Kind, name_order};
pub(crate) use header::{MINI_CUTOFF, SIGNATURE};
pub(crate) use storage::text;

use crate::docfile::SectorSize;
use crate::limits::{CONTAINER_ENTRIES_MAX, MINI_STREAM_WHOLE_BYTES};
use crate::little_endian::{narrow, u32_at, wide};
use crate::note::{Note, Notes, Reason};
use directory::{Directory, ENTRY_BYTES, is_small};
use fat::{Geometry, Runs};
use header::{HEADER_BYTES, Header, MINI_SHIFT};
use mapi_defs::{Error, ErrorCode, FileTime, Guid};
use source::read_full;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;
use stream::{MiniStream, Piece};

/// The root storage's place in the directory.
pub(crate) const ROOT: u32 = 0;

/// A compound file, opened for reading.
pub struct Container {
    source: Box<dyn ReadAt>,
    geometry: Geometry,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: MiniStream,
    directory: Directory,
    notes: Notes,
}

/// Why a container or a part of it could not be read; becomes a MAPI error at the crate's edge.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The file is something else.
    NotCompound(&'static str),
    /// The structure contradicts itself.
    Corrupt(&'static str),
    /// A limit is passed.
    TooComplex(&'static str),
    /// The medium failed.
    Io(io::Error),
}

impl Fault {
    /// The MAPI error of `call`.
    pub(crate) fn of(self, call: &'static str) -> Error {
        match self {
            Self::NotCompound(found) => {
                let detail = format!("not a compound file: found {found}");
                Error::new(ErrorCode::CORRUPT_DATA, call, detail)
            }
            Self::Corrupt(detail) => Error::new(ErrorCode::CORRUPT_DATA, call, detail),
            Self::TooComplex(detail) => Error::new(ErrorCode::TOO_COMPLEX, call, detail),
            Self::Io(error) => {
                let code = match error.kind() {
                    io::ErrorKind::NotFound => ErrorCode::NOT_FOUND,
                    io::ErrorKind::PermissionDenied => ErrorCode::NO_ACCESS,
                    io::ErrorKind::IsADirectory => ErrorCode::CORRUPT_DATA,
                    _ => ErrorCode::DISK_ERROR,
                };
                let detail = match error.kind() {
                    io::ErrorKind::IsADirectory => "not a compound file: found a folder",
                    _ => "the file cannot be read",
                };
                Error::new(code, call, detail).with_source(error)
            }
        }
    }
}

impl Container {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the file cannot be read.
    /// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_TOO_COMPLEX`: as the module's page says.
    pub fn open(path: impl AsRef<Path>) -> mapi_defs::Result<Self> {
        let call = "Container::open";
        let source = source::open(path.as_ref()).map_err(|error| Fault::Io(error).of(call))?;
        Self::read(source).map_err(|fault| fault.of(call))
    }

    /// Opens a compound file in memory, or on any other medium.
    ///
    /// # Errors
    /// As [`Container::open`].
    pub fn from_source(source: impl ReadAt + 'static) -> mapi_defs::Result<Self> {
        Self::read(Box::new(source)).map_err(|fault| fault.of("Container::from_source"))
    }

    /// What was tolerated while the container was opened.
    pub fn notes(&self) -> &[Note] {
        self.notes.as_slice()
    }

    /// Bytes in the file.
    pub fn len(&self) -> u64 {
        self.geometry.len
    }

    /// True where there are no bytes; such a file is refused when it is opened.
    pub fn is_empty(&self) -> bool {
        self.geometry.len == 0
    }

    /// Number of directory entries, free ones included: a measure of the work done in opening.
    pub fn entries(&self) -> usize {
        self.directory.len()
    }

    /// Which of the two sector sizes it has.
    pub(crate) fn sector(&self) -> SectorSize {
        if self.geometry.shift == 12 { SectorSize::Bytes4096 } else { SectorSize::Bytes512 }
    }

    pub(crate) fn read(source: Box<dyn ReadAt>) -> Result<Self, Fault> {
        let mut notes = Notes::default();
        let len = source.len().map_err(Fault::Io)?;
        let mut first = [0; HEADER_BYTES];
        let count = read_full(&source, 0, &mut first).map_err(Fault::Io)?;
        let header = Header::parse(first.get(..count).unwrap_or_default(), &mut notes)?;
        let geometry = Geometry::new(len, header.sector_shift);
        let sector_bytes = wide(geometry.sector_bytes());
        if !len.is_multiple_of(sector_bytes) {
            notes.container(Reason::LastSectorCutShort);
        }
        let fat = fat::load(&source, geometry, &header, &mut notes)?;
        let mut container = Self {
            source,
            geometry,
            fat,
            mini_fat: Vec::new(),
            mini_stream: MiniStream::Empty,
            directory: Directory::empty(),
            notes,
        };
        container.load_directory(&header)?;
        container.load_mini_stream(&header)?;
        container.refuse_shared_sectors();
        Ok(container)
    }

    /// Reads the directory's chain. Its length is nowhere stated: it ends with its mark.
    fn load_directory(&mut self, header: &Header) -> Result<(), Fault> {
        let all = u64::from(self.geometry.sectors);
        let mut runs = Runs::new(&self.fat, header.directory_start, all);
        let sectors: u64 = runs.by_ref().map(|run| u64::from(run.count)).sum();
        // Every sector of the file in one chain leaves none for the table: the chain is a circle.
        if runs.left == 0 {
            return Err(Fault::Corrupt("the chain of the directory runs in a circle"));
        }
        let size = sectors.saturating_mul(wide(self.geometry.sector_bytes()));
        if narrow(size) / ENTRY_BYTES > CONTAINER_ENTRIES_MAX {
            return Err(Fault::TooComplex("the container has more than 1,000,000 entries"));
        }
        let bytes = self.sector_chain(header.directory_start, size)?.into_owned();
        self.directory = Directory::parse(bytes, self.geometry, header.wide_sizes, &mut self.notes)?;
        Ok(())
    }

    /// Reads the small streams' table, and the stream that holds them all unless it is huge.
    fn load_mini_stream(&mut self, header: &Header) -> Result<(), Fault> {
        let Some(root) = self.directory.entry(ROOT).copied() else { return Ok(()) };
        let units = Geometry::units(root.size, MINI_SHIFT);
        if units == 0 {
            return Ok(());
        }
        let table = self.sector_chain(header.mini_fat_start, units.saturating_mul(4))?;
        let mini_fat: Vec<u32> =
            table.chunks_exact(4).map(|entry| u32_at(entry, 0).unwrap_or_default()).collect();
        if wide(mini_fat.len()) < units {
            self.notes.container(Reason::ChainBreaksOff("table of small streams"));
        }
        let pieces = self.pieces(root.start, root.size);
        let held: u64 = pieces.iter().map(|piece| piece.len).sum();
        if held < root.size {
            self.notes.container(Reason::ChainBreaksOff("stream of small streams"));
        }
        self.mini_stream = match pieces.as_slice() {
            [one] if self.source.as_bytes().is_some() => MiniStream::InSource(*one),
            _ if held <= MINI_STREAM_WHOLE_BYTES => MiniStream::Whole(self.copy(&pieces)?),
            _ => MiniStream::Pieces(pieces),
        };
        self.mini_fat = mini_fat;
        Ok(())
    }

    /// The elements of a storage, in the order of its tree.
    pub(crate) fn elements(&self, storage: u32) -> &[u32] {
        self.directory.elements(storage)
    }

    /// What an entry is.
    pub(crate) fn kind(&self, index: u32) -> Kind {
        self.directory.entry(index).map_or(Kind::Free, |entry| entry.kind)
    }

    /// Bytes that a stream claims to have, never more than the file has.
    pub(crate) fn size(&self, stream: u32) -> u64 {
        self.directory.entry(stream).map_or(0, |entry| entry.size)
    }

    /// An element's name as UTF-16LE bytes.
    pub(crate) fn name(&self, index: u32) -> &[u8] {
        self.directory.name(index)
    }

    /// A storage's class id.
    pub(crate) fn class_id(&self, storage: u32) -> Guid {
        self.directory.class_id(storage)
    }

    /// When a storage was made and last changed.
    pub(crate) fn times(&self, storage: u32) -> (FileTime, FileTime) {
        self.directory.times(storage)
    }

    /// The bytes of a stream, as far as the file has them; fewer than its size where it breaks off.
    pub(crate) fn bytes(&self, stream: u32) -> Result<Cow<'_, [u8]>, Fault> {
        let Some(entry) = self.directory.entry(stream) else { return Ok(Cow::Borrowed(&[])) };
        if entry.shared {
            return Err(Fault::Corrupt("the stream shares its sectors with another one"));
        }
        match is_small(entry.size) {
            true => self.mini_chain(entry.start, entry.size),
            false => self.sector_chain(entry.start, entry.size),
        }
    }

    /// The bytes of a chain of sectors: borrowed where they lie in memory in one piece.
    fn sector_chain(&self, start: u32, size: u64) -> Result<Cow<'_, [u8]>, Fault> {
        if let Some(bytes) = self.source.as_bytes() {
            let mut runs = Runs::new(&self.fat, start, Geometry::units(size, self.geometry.shift));
            let first = runs.next();
            if runs.left == 0
                && let Some(run) = first
            {
                let rest = bytes.get(narrow(self.geometry.offset(run.first))..).unwrap_or_default();
                return Ok(Cow::Borrowed(rest.get(..narrow(size)).unwrap_or(rest)));
            }
        }
        Ok(Cow::Owned(self.copy(&self.pieces(start, size))?))
    }

    /// The bytes of a chain of small sectors.
    fn mini_chain(&self, start: u32, size: u64) -> Result<Cow<'_, [u8]>, Fault> {
        let mut runs = Runs::new(&self.mini_fat, start, Geometry::units(size, MINI_SHIFT));
        let Some(first) = runs.next() else { return Ok(Cow::Borrowed(&[])) };
        let offset = |run: fat::Run| u64::from(run.first).saturating_mul(64);
        let small = match &self.mini_stream {
            MiniStream::Empty => &[],
            MiniStream::InSource(piece) => {
                let rest = self.source.as_bytes().unwrap_or_default();
                let rest = rest.get(narrow(piece.offset)..).unwrap_or_default();
                rest.get(..narrow(piece.len)).unwrap_or(rest)
            }
            MiniStream::Whole(bytes) => bytes.as_slice(),
            MiniStream::Pieces(pieces) => {
                return self.mini_chain_from_pieces(pieces, first, runs, size);
            }
        };
        let rest = small.get(narrow(offset(first))..).unwrap_or_default();
        if runs.left == 0 {
            return Ok(Cow::Borrowed(rest.get(..narrow(size)).unwrap_or(rest)));
        }
        let mut bytes = Vec::with_capacity(narrow(size));
        for run in std::iter::once(first).chain(runs) {
            let rest = small.get(narrow(offset(run))..).unwrap_or_default();
            let wanted = narrow(u64::from(run.count).saturating_mul(64));
            bytes.extend_from_slice(rest.get(..wanted).unwrap_or(rest));
        }
        bytes.truncate(narrow(size));
        Ok(Cow::Owned(bytes))
    }

    fn mini_chain_from_pieces(
        &self,
        pieces: &[Piece],
        first: fat::Run,
        rest: Runs<'_>,
        size: u64,
    ) -> Result<Cow<'_, [u8]>, Fault> {
        let mut bytes = Vec::with_capacity(narrow(size));
        for run in std::iter::once(first).chain(rest) {
            let mut buffer = vec![0; narrow(u64::from(run.count).saturating_mul(64))];
            let at = u64::from(run.first).saturating_mul(64);
            let count = stream::read_pieces(&self.source, pieces, at, &mut buffer).map_err(Fault::Io)?;
            bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
        bytes.truncate(narrow(size));
        Ok(Cow::Owned(bytes))
    }

    /// Where the bytes of a chain of sectors lie in the file.
    fn pieces(&self, start: u32, size: u64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0_u64;
        for run in Runs::new(&self.fat, start, Geometry::units(size, self.geometry.shift)) {
            let offset = self.geometry.offset(run.first);
            let held = u64::from(run.count).checked_shl(self.geometry.shift).unwrap_or(u64::MAX);
            let len = held.min(size.saturating_sub(at)).min(self.geometry.len.saturating_sub(offset));
            pieces.push(Piece { at, offset, len });
            at = at.saturating_add(len);
        }
        pieces
    }

    fn copy(&self, pieces: &[Piece]) -> Result<Vec<u8>, Fault> {
        // The pieces were cut to the file, and no chain has more sectors than the file.
        let len: u64 = pieces.iter().map(|piece| piece.len).fold(0, u64::saturating_add);
        let mut bytes = vec![0; narrow(len.min(self.geometry.len.saturating_mul(2)))];
        let count = stream::read_pieces(&self.source, pieces, 0, &mut bytes).map_err(Fault::Io)?;
        bytes.truncate(count);
        Ok(bytes)
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("bytes", &self.geometry.len)
            .field("entries", &self.directory.len())
            .field("notes", &self.notes.as_slice().len())
            .finish_non_exhaustive()
    }
}
