//! `ContainerStream`: a stream of a compound file, read piece by piece and never loaded whole.
//!
//! Where a stream's pieces lie is worked out in `mod.rs`; here they are read in order.

use super::directory::is_small;
use super::source::{ReadAt, read_full};
use super::storage::read_only;
use super::{Container, Fault};
use crate::little_endian::{narrow, wide};
use mapi_spi::stream::PropStream;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// A part of a stream that lies in the file in one piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    /// Where it begins in the stream.
    pub(super) at: u64,
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Bytes.
    pub(super) len: u64,
}

/// The stream that holds all small streams.
#[derive(Debug)]
pub(super) enum MiniStream {
    /// There are none.
    Empty,
    /// It lies in the file in one piece, and the file in memory.
    InSource(Piece),
    /// A copy.
    Whole(Vec<u8>),
    /// It is too large for a copy.
    Pieces(Vec<Piece>),
}

/// Reads a stream's bytes from `position` on into `buf`, as far as there are any.
pub(super) fn read_pieces(
    source: &dyn ReadAt,
    pieces: &[Piece],
    position: u64,
    buf: &mut [u8],
) -> io::Result<usize> {
    let mut done = 0_usize;
    let mut index = pieces.partition_point(|piece| piece.at.saturating_add(piece.len) <= position);
    while let (Some(piece), Some(rest)) = (pieces.get(index), buf.get_mut(done..)) {
        let skip = position.saturating_add(wide(done)).saturating_sub(piece.at);
        let wanted = narrow(piece.len.saturating_sub(skip)).min(rest.len());
        let Some(part) = rest.get_mut(..wanted).filter(|part| !part.is_empty()) else { break };
        let count = read_full(source, piece.offset.saturating_add(skip), part)?;
        done = done.saturating_add(count);
        if count < wanted {
            break;
        }
        index = index.saturating_add(1);
    }
    Ok(done)
}

/// A stream opened for reading; it keeps its container alive.
pub struct ContainerStream {
    container: Arc<Container>,
    content: Content,
    len: u64,
    position: u64,
}

enum Content {
    Small(Vec<u8>),
    Pieces(Vec<Piece>),
}

impl ContainerStream {
    /// Opens a stream by its place in the directory.
    pub(crate) fn open(container: Arc<Container>, index: u32) -> Result<Self, Fault> {
        let entry = container.directory.entry(index).copied();
        let Some(entry) = entry else { return Err(Fault::Corrupt("no such stream")) };
        if entry.shared {
            return Err(Fault::Corrupt("the stream shares its sectors with another one"));
        }
        let content = match is_small(entry.size) {
            true => Content::Small(container.bytes(index)?.into_owned()),
            false => Content::Pieces(container.pieces(entry.start, entry.size)),
        };
        let len = match &content {
            Content::Small(bytes) => wide(bytes.len()),
            Content::Pieces(pieces) => pieces.iter().map(|piece| piece.len).sum(),
        };
        Ok(Self { container, content, len, position: 0 })
    }

    /// Number of bytes that can be read; fewer than the file claims where the stream breaks off.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True where there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn read_from(&self, position: u64, buf: &mut [u8]) -> io::Result<usize> {
        match &self.content {
            Content::Small(bytes) => ReadAt::read_at(bytes, position, buf),
            Content::Pieces(pieces) => read_pieces(&self.container.source, pieces, position, buf),
        }
    }
}

impl PropStream for ContainerStream {
    fn len(&self) -> mapi_defs::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> mapi_defs::Result<usize> {
        self.read_from(offset, bytes).map_err(|error| Fault::Io(error).of("PropStream::read_at"))
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> mapi_defs::Result<usize> {
        read_only("PropStream::write_at")
    }

    fn set_len(&self, _len: u64) -> mapi_defs::Result<()> {
        read_only("PropStream::set_len")
    }

    fn commit(&self) -> mapi_defs::Result<()> {
        read_only("PropStream::commit")
    }
}

impl Read for ContainerStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.read_from(self.position, buf)?;
        self.position = self.position.saturating_add(wide(count));
        Ok(count)
    }
}

impl Seek for ContainerStream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl fmt::Debug for ContainerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerStream")
            .field("len", &self.len)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
