//! A storage of a C program (IStorage), and a stream of one (IStream), behind the safe traits.
//! One of our own is taken for what it is.

use crate::abi::STATSTG;
use crate::export::storage::known_storage;
use crate::interfaces::{IEnumSTATSTG, IStorage, IStream};
use crate::marshal::In;
use crate::marshal::prop::{c_guid, guid};
use crate::marshal::text::{encode16, utf16};
use crate::memory;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::storage::{Element, ElementKind, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::HRESULT;

const STGM_WRITE: u32 = 1;
const STGM_READWRITE: u32 = 2;
const STGM_ACCESS: u32 = 3;
const STGM_SHARE_EXCLUSIVE: u32 = 0x10;
const STGM_CREATE: u32 = 0x1000;
const STGM_TRANSACTED: u32 = 0x1_0000;
const STGTY_STREAM: u32 = 2;
const STATFLAG_NONAME: u32 = 1;
const SEEK_SET: u32 = 0;
/// Elements that a storage may have.
const MOST_ELEMENTS: usize = 1 << 20;

/// Puts a program's storage behind the safe trait; a reference is held until the last owner lets go.
pub fn foreign_storage(storage: &IStorage) -> Arc<dyn Storage> {
    known_storage(storage).unwrap_or_else(|| Arc::new(ForeignStorage(storage.clone())))
}

/// Puts a program's stream behind the safe trait.
pub fn foreign_stream(stream: &IStream) -> Arc<dyn PropStream> {
    Arc::new(ForeignStream(Mutex::new(stream.clone())))
}

/// What a storage or stream answered, as an error of MAPI.
fn told(answer: HRESULT, call: &'static str) -> Result<()> {
    match mapi_msg::map_storage_scode(answer.0 as u32) {
        None => Ok(()),
        Some(code) => {
            Err(Error::new(code, call, format!("the program's object answered {:#010x}", answer.0)))
        }
    }
}

fn name16(name: &str) -> Vec<u16> {
    let mut units = encode16(name);
    if units.last() != Some(&0) {
        units.push(0);
    }
    units
}

struct ForeignStorage(IStorage);

// SAFETY: whoever hands a storage to MAPI lets it be used from any thread, as the reference demands of the
// objects of clients.
unsafe impl Send for ForeignStorage {}
// SAFETY: as above.
unsafe impl Sync for ForeignStorage {}

impl ForeignStorage {
    fn c_stat(&self) -> Result<(STATSTG, String)> {
        const CALL: &str = "IStorage::Stat";
        let mut stat = MaybeUninit::<STATSTG>::zeroed();
        // SAFETY: the object is held by `self`; the place is ours, and zeroed, which every member can be.
        let stat = unsafe {
            told(self.0.Stat(stat.as_mut_ptr(), 0), CALL)?;
            stat.assume_init()
        };
        Ok((stat, taken_name(stat.pwcsName)?))
    }

    fn mode(&self) -> Result<u32> {
        Ok(self.c_stat()?.0.grfMode & STGM_ACCESS | STGM_SHARE_EXCLUSIVE)
    }
}

/// Reads a name that a storage allocated, and frees it.
fn taken_name(name: *mut u16) -> Result<String> {
    // SAFETY: a storage answers NULL or a name that ends with a zero unit.
    let text = unsafe { utf16(name, "STATSTG") };
    memory::free(name.cast());
    Ok(text?.unwrap_or_default())
}

impl Storage for ForeignStorage {
    fn stat(&self) -> Result<StorageStat> {
        let (stat, name) = self.c_stat()?;
        Ok(StorageStat {
            name,
            class_id: guid(&stat.clsid),
            created: FileTime(stat.ctime.ticks()),
            modified: FileTime(stat.mtime.ticks()),
            mode: match stat.grfMode & STGM_ACCESS {
                STGM_WRITE => StorageMode::Write,
                STGM_READWRITE => StorageMode::ReadWrite,
                _ => StorageMode::Read,
            },
            transacted: stat.grfMode & STGM_TRANSACTED != 0,
        })
    }

    fn elements(&self) -> Result<Vec<Element>> {
        const CALL: &str = "IStorage::EnumElements";
        let mut each: Option<IEnumSTATSTG> = None;
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.EnumElements(0, null_mut(), 0, (&mut each).into()) }, CALL)?;
        let none = || Error::new(ErrorCode::CALL_FAILED, CALL, "the storage answered no enumerator");
        let each = each.ok_or_else(none)?;
        let mut found = Vec::new();
        while found.len() < MOST_ELEMENTS {
            let (mut stat, mut fetched) = (MaybeUninit::<STATSTG>::zeroed(), 0);
            // SAFETY: the places are ours, for one element.
            let answer = unsafe { each.Next(1, stat.as_mut_ptr(), &raw mut fetched) };
            told(answer, CALL)?;
            if answer.0 != 0 || fetched == 0 {
                return Ok(found);
            }
            // SAFETY: written by the call, and zeroed before.
            let stat = unsafe { stat.assume_init() };
            let is_stream = stat.type_ == STGTY_STREAM;
            let kind = if is_stream { ElementKind::Stream } else { ElementKind::Storage };
            let name = taken_name(stat.pwcsName)?;
            found.push(Element { name, kind, len: if is_stream { stat.cbSize } else { 0 } });
        }
        Err(Error::new(ErrorCode::TOO_BIG, CALL, "the storage tells elements without end"))
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "IStorage::OpenStream";
        let (units, mode) = (name16(name), self.mode()?);
        let mut stream: Option<IStream> = None;
        // SAFETY: the object is held by `self`; name and place are ours.
        told(unsafe { self.0.OpenStream(units.as_ptr(), null_mut(), mode, 0, (&mut stream).into()) }, CALL)?;
        stream.map(|stream| foreign_stream(&stream)).ok_or_else(|| nothing(CALL))
    }

    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        const CALL: &str = "IStorage::CreateStream";
        let (units, mode) = (name16(name), STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE);
        let mut stream: Option<IStream> = None;
        // SAFETY: as in `open_stream`.
        told(unsafe { self.0.CreateStream(units.as_ptr(), mode, 0, 0, (&mut stream).into()) }, CALL)?;
        stream.map(|stream| foreign_stream(&stream)).ok_or_else(|| nothing(CALL))
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "IStorage::OpenStorage";
        let (units, mode) = (name16(name), self.mode()?);
        let mut storage: Option<IStorage> = None;
        // SAFETY: as in `open_stream`.
        let answer = unsafe {
            self.0.OpenStorage(units.as_ptr(), In::null(), mode, null_mut(), 0, (&mut storage).into())
        };
        told(answer, CALL)?;
        storage.map(|storage| foreign_storage(&storage)).ok_or_else(|| nothing(CALL))
    }

    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "IStorage::CreateStorage";
        let (units, mode) = (name16(name), STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE);
        let mut storage: Option<IStorage> = None;
        // SAFETY: as in `open_stream`.
        told(unsafe { self.0.CreateStorage(units.as_ptr(), mode, 0, 0, (&mut storage).into()) }, CALL)?;
        storage.map(|storage| foreign_storage(&storage)).ok_or_else(|| nothing(CALL))
    }

    fn remove(&self, name: &str) -> Result<()> {
        let units = name16(name);
        // SAFETY: as in `open_stream`.
        told(unsafe { self.0.DestroyElement(units.as_ptr()) }, "IStorage::DestroyElement")
    }

    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        let class = c_guid(class_id);
        // SAFETY: as in `open_stream`.
        told(unsafe { self.0.SetClass(&raw const class) }, "IStorage::SetClass")
    }

    fn commit(&self) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.Commit(0) }, "IStorage::Commit")
    }

    fn revert(&self) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.Revert() }, "IStorage::Revert")
    }
}

fn nothing(call: &'static str) -> Error {
    Error::new(ErrorCode::CALL_FAILED, call, "the storage answered success and no object")
}

/// A stream has one position, so a call holds it from the seek to the read or write; the lock is known to
/// nobody else, and the stream calls nobody.
struct ForeignStream(Mutex<IStream>);

// SAFETY: as for storages; the lock keeps calls apart.
unsafe impl Send for ForeignStream {}
// SAFETY: as above.
unsafe impl Sync for ForeignStream {}

impl ForeignStream {
    fn at(&self, offset: u64) -> Result<std::sync::MutexGuard<'_, IStream>> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = i64::try_from(offset)
            .map_err(|_| Error::new(ErrorCode::TOO_BIG, "IStream::Seek", "an offset beyond all streams"))?;
        // SAFETY: the object is held by `self`.
        told(unsafe { stream.Seek(offset, SEEK_SET, null_mut()) }, "IStream::Seek")?;
        Ok(stream)
    }
}

impl PropStream for ForeignStream {
    fn len(&self) -> Result<u64> {
        let mut stat = MaybeUninit::<STATSTG>::zeroed();
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the object is held by `self`; the place is ours, and zeroed, which every member can be.
        unsafe {
            told(stream.Stat(stat.as_mut_ptr(), STATFLAG_NONAME), "IStream::Stat")?;
            Ok(stat.assume_init().cbSize)
        }
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let most = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let stream = self.at(offset)?;
        let mut read = 0;
        // SAFETY: the object is held by `self`; there is room for as many bytes.
        told(unsafe { stream.Read(bytes.as_mut_ptr().cast(), most, &raw mut read) }, "IStream::Read")?;
        // What it claims beyond what was asked for is no byte of ours.
        Ok(read.min(most) as usize)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let most = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let stream = self.at(offset)?;
        let mut written = 0;
        // SAFETY: the object is held by `self`; there are as many bytes.
        told(unsafe { stream.Write(bytes.as_ptr().cast(), most, &raw mut written) }, "IStream::Write")?;
        Ok(written.min(most) as usize)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the object is held by `self`.
        told(unsafe { stream.SetSize(len) }, "IStream::SetSize")
    }

    fn commit(&self) -> Result<()> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the object is held by `self`.
        told(unsafe { stream.Commit(0) }, "IStream::Commit")
    }
}
