//! `Medium`: where a root storage keeps what is committed: nowhere but memory, a file, a stream.
//!
//! A file is replaced as a whole: the new one is written beside it, flushed, and takes its name in one
//! step, so that whoever opens the name sees the old file or the new one and never a mixture.

use super::tree::{Body, Content, Folder};
use crate::container::ReadAt;
use crate::docfile::{DocFile, SectorSize};
use crate::little_endian::wide;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::{PropStream, StreamCursor};
use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CALL: &str = "IStorage::Commit";

/// Takes what an inner root commits: for a storage that is a property of something else.
pub(crate) type Keep = Box<dyn Fn(&Arc<Folder>) -> Result<()> + Send + Sync>;

/// Where a root keeps what is committed.
pub(super) enum Medium {
    Memory,
    File(PathBuf),
    /// A stream, from this offset on.
    Stream(Arc<dyn PropStream>, u64),
    Handed(Keep),
}

impl Medium {
    /// Keeps a tree.
    pub(super) fn keep(&self, root: &Arc<Folder>, sector: SectorSize) -> Result<()> {
        match self {
            Self::Memory => Ok(()),
            Self::Handed(keep) => keep(root),
            Self::File(path) => replace(path, &mut |out| write(root, sector, out)),
            Self::Stream(stream, offset) => {
                let mut bytes = Vec::new();
                write(root, sector, &mut bytes)?;
                let mut cursor = StreamCursor::new(Arc::clone(stream));
                let written = cursor.seek(SeekFrom::Start(*offset)).and_then(|_| cursor.write_all(&bytes));
                written.map_err(medium_error)?;
                stream.set_len(offset.saturating_add(wide(bytes.len())))?;
                stream.commit()
            }
        }
    }
}

/// Writes a tree as a compound file.
pub(super) fn write(root: &Folder, sector: SectorSize, out: &mut dyn Write) -> Result<()> {
    let mut file = DocFile::new(sector, root.class_id);
    let mut waiting = vec![(root, DocFile::ROOT)];
    while let Some((folder, place)) = waiting.pop() {
        for node in folder.elements.values() {
            match &node.body {
                Body::Storage(inner) => {
                    waiting.push((inner, file.add_storage(place, &node.name, inner.class_id)?));
                }
                Body::Stream(Content::Bytes(bytes)) => {
                    file.add_stream(place, &node.name, bytes.as_slice())?;
                }
                Body::Stream(Content::File(container, index)) => {
                    let bytes: Cow<'_, [u8]> = container.bytes(*index).map_err(|fault| fault.of(CALL))?;
                    file.add_stream(place, &node.name, bytes)?;
                }
            }
        }
    }
    file.write(out)
}

/// Puts a new file in the place of the one at `path`, in one step.
fn replace(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
    // A link stays a link: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let beside = beside(&target);
    let made =
        fill(&beside, &target, write).and_then(|()| fs::rename(&beside, &target).map_err(medium_error));
    if made.is_err() {
        // The first error is the one to tell; what is left behind is nobody's file.
        drop(fs::remove_file(&beside));
        return made;
    }
    flush_folder(&target).map_err(medium_error)
}

/// A name in the folder of `target` that no other commit takes.
fn beside(target: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    target.with_file_name(name)
}

fn fill(beside: &Path, target: &Path, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(beside).map_err(medium_error)?;
    if let Ok(held) = fs::metadata(target) {
        fs::set_permissions(beside, held.permissions()).map_err(medium_error)?;
    }
    let mut out = BufWriter::with_capacity(64 * 1024, file);
    write(&mut out)?;
    let file = out.into_inner().map_err(|error| medium_error(error.into_error()))?;
    file.sync_all().map_err(medium_error)
}

/// Makes the new name permanent.
fn flush_folder(target: &Path) -> io::Result<()> {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    if cfg!(unix) { File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all() } else { Ok(()) }
}

/// The MAPI error of what a medium answers.
pub(super) fn medium_error(error: io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::NotFound => ErrorCode::NOT_FOUND,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ErrorCode::NO_ACCESS,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ErrorCode::NOT_ENOUGH_DISK
        }
        ErrorKind::OutOfMemory => ErrorCode::NOT_ENOUGH_MEMORY,
        _ => ErrorCode::DISK_ERROR,
    };
    match error.downcast::<Error>() {
        Ok(inner) => inner,
        Err(other) => Error::new(code, CALL, "the medium of the storage failed").with_source(other),
    }
}

/// A stream from an offset on, as the medium of a container.
pub(super) struct FromStream {
    pub(super) stream: Arc<dyn PropStream>,
    pub(super) offset: u64,
}

impl ReadAt for FromStream {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.read_at(self.offset.saturating_add(offset), buf).map_err(io::Error::other)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.stream.len().map_err(io::Error::other)?.saturating_sub(self.offset))
    }
}
