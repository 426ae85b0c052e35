//! IStorage over any storage of the safe core, and IEnumSTATSTG over its elements.
//! A program's own storage is `import/storage.rs`; the streams are `stream.rs`'s.

use super::own::{self, Own};
use super::stream::export_stream;
use crate::abi::{FILETIME, STATSTG};
use crate::guard::{Guarded, LastError, Nothing, slot};
use crate::import::storage::foreign_storage;
use crate::interfaces::{IEnumSTATSTG, IEnumSTATSTG_Impl, IStorage, IStorage_Impl, IStream, IUnknown};
use crate::marshal::block::buffer;
use crate::marshal::prop::{c_guid, guid};
use crate::marshal::text::utf16;
use crate::marshal::{In, Out, OutInterface, array, invalid};
use mapi_defs::prop::PropType;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::storage::{Element, ElementKind, Storage, StorageMode};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use windows_core::{GUID, HRESULT, implement};

const STGTY_STORAGE: u32 = 1;
const STGTY_STREAM: u32 = 2;
const STATFLAG_NONAME: u32 = 1;
const STGM_WRITE: u32 = 1;
const STGM_READWRITE: u32 = 2;
const STGM_CREATE: u32 = 0x1000;
const STGM_TRANSACTED: u32 = 0x1_0000;

/// Makes the COM object of a storage.
pub fn export_storage(storage: Arc<dyn Storage>) -> IStorage {
    own::export(Folder { storage, last: LastError::new() })
}

/// The storage behind a program's pointer, if it is one of ours.
pub(crate) fn known_storage(object: &IUnknown) -> Option<Arc<dyn Storage>> {
    own::known::<Folder>(object).map(|known| known.storage.clone())
}

#[implement(IStorage)]
struct Folder {
    storage: Arc<dyn Storage>,
    last: LastError,
}

impl Own for Folder {
    type Face = IStorage;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
        &VTABLE
    }
}

impl Guarded for Folder {
    fn life(&self) -> Option<&Gate> {
        // The storage asks by itself whether it lives.
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl Folder {
    fn is_writable(&self) -> Result<bool> {
        Ok(self.storage.stat()?.mode != StorageMode::Read)
    }

    /// Refuses to make what is there already, unless STGM_CREATE is set.
    fn room_for(&self, name: &str, mode: u32, call: &'static str) -> Result<()> {
        if mode & STGM_CREATE == 0
            && self.storage.elements()?.iter().any(|one| one.name.eq_ignore_ascii_case(name))
        {
            return Err(Error::new(
                ErrorCode::STG_FILEALREADYEXISTS,
                call,
                "an element of this name is there",
            ));
        }
        Ok(())
    }
}

/// # Safety
/// NULL, or a text.
unsafe fn name(pointer: *const u16, call: &'static str) -> Result<String> {
    // SAFETY: the promise is the caller's own.
    let name = unsafe { utf16(pointer, call) }?;
    name.filter(|name| !name.is_empty()).ok_or_else(|| invalid(call, "the name is NULL or empty"))
}

/// The code of a storage for one of MAPI.
fn missing(error: Error) -> Error {
    match error.code() {
        ErrorCode::NOT_FOUND => {
            Error::new(ErrorCode::STG_FILENOTFOUND, "IStorage", error.detail().to_owned())
        }
        ErrorCode::NO_ACCESS => {
            Error::new(ErrorCode::STG_ACCESSDENIED, "IStorage", error.detail().to_owned())
        }
        _ => error,
    }
}

impl IStorage_Impl for Folder_Impl {
    unsafe fn CreateStream(
        &self,
        pwcs: *const u16,
        mode: u32,
        _reserved1: u32,
        _reserved2: u32,
        out: OutInterface<IStream>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::CreateStream";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's name and out parameter.
            let (name, out) = unsafe { (name(pwcs, CALL)?, out.required(CALL)?) };
            self.room_for(&name, mode, CALL)?;
            let stream = self.storage.create_stream(&name).map_err(missing)?;
            out.give(export_stream(stream, PropType::BINARY, true));
            Ok(())
        })
    }

    unsafe fn OpenStream(
        &self,
        pwcs: *const u16,
        _reserved1: *mut c_void,
        mode: u32,
        _reserved2: u32,
        out: OutInterface<IStream>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::OpenStream";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's name and out parameter.
            let (name, out) = unsafe { (name(pwcs, CALL)?, out.required(CALL)?) };
            let stream = self.storage.open_stream(&name).map_err(missing)?;
            let writes = mode & (STGM_WRITE | STGM_READWRITE) != 0 && self.is_writable()?;
            out.give(export_stream(stream, PropType::BINARY, writes));
            Ok(())
        })
    }

    unsafe fn CreateStorage(
        &self,
        pwcs: *const u16,
        mode: u32,
        _reserved1: u32,
        _reserved2: u32,
        out: OutInterface<IStorage>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::CreateStorage";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's name and out parameter.
            let (name, out) = unsafe { (name(pwcs, CALL)?, out.required(CALL)?) };
            self.room_for(&name, mode, CALL)?;
            out.give(export_storage(self.storage.create_storage(&name).map_err(missing)?));
            Ok(())
        })
    }

    unsafe fn OpenStorage(
        &self,
        pwcs: *const u16,
        _priority: In<IStorage>,
        _mode: u32,
        _exclude: *mut *mut u16,
        _reserved: u32,
        out: OutInterface<IStorage>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::OpenStorage";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's name and out parameter.
            let (name, out) = unsafe { (name(pwcs, CALL)?, out.required(CALL)?) };
            out.give(export_storage(self.storage.open_storage(&name).map_err(missing)?));
            Ok(())
        })
    }

    unsafe fn CopyTo(
        &self,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_names: *mut *mut u16,
        target: In<IStorage>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::CopyTo";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and storage.
            let target = unsafe {
                array(exclude, exclude_count, CALL)?;
                target.required(CALL)?
            };
            if exclude_count != 0 || !exclude_names.is_null() {
                let detail = "nothing can be left out of a copy";
                return Err(Error::new(ErrorCode::E_NOTIMPL, CALL, detail));
            }
            copy(&*self.storage, &*foreign_storage(target), 0)
        })
    }

    unsafe fn MoveElementTo(
        &self,
        pwcs: *const u16,
        target: In<IStorage>,
        new_name: *const u16,
        _flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IStorage::MoveElementTo";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's names and storage.
            unsafe { (name(pwcs, CALL)?, target.required(CALL)?, name(new_name, CALL)?) };
            Err::<(), _>(Error::new(ErrorCode::E_NOTIMPL, CALL, "elements are copied as whole storages"))
        })
    }

    unsafe fn Commit(&self, _flags: u32) -> HRESULT {
        slot(&self.this, "IStorage::Commit", || self.storage.commit().map_err(missing))
    }

    unsafe fn Revert(&self) -> HRESULT {
        slot(&self.this, "IStorage::Revert", || self.storage.revert().map_err(missing))
    }

    unsafe fn EnumElements(
        &self,
        _reserved1: u32,
        _reserved2: *mut c_void,
        _reserved3: u32,
        out: OutInterface<IEnumSTATSTG>,
    ) -> HRESULT {
        const CALL: &str = "IStorage::EnumElements";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            let elements: Arc<[Element]> = self.storage.elements()?.into();
            let each = Elements { elements, next: AtomicUsize::new(0), last: LastError::new() };
            out.give(IEnumSTATSTG::from(each));
            Ok(())
        })
    }

    unsafe fn DestroyElement(&self, pwcs: *const u16) -> HRESULT {
        const CALL: &str = "IStorage::DestroyElement";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's name.
            let name = unsafe { name(pwcs, CALL) }?;
            self.storage.remove(&name).map_err(missing)
        })
    }

    unsafe fn RenameElement(&self, old: *const u16, new: *const u16) -> HRESULT {
        const CALL: &str = "IStorage::RenameElement";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's names.
            unsafe { (name(old, CALL)?, name(new, CALL)?) };
            Err::<(), _>(Error::new(ErrorCode::E_NOTIMPL, CALL, "elements keep their names"))
        })
    }

    unsafe fn SetElementTimes(
        &self,
        _name: *const u16,
        _created: *const FILETIME,
        _accessed: *const FILETIME,
        _modified: *const FILETIME,
    ) -> HRESULT {
        // The times of elements are told by nobody here, so there is nothing to set them for.
        slot(&self.this, "IStorage::SetElementTimes", || self.storage.stat().map(drop))
    }

    unsafe fn SetClass(&self, class: *const GUID) -> HRESULT {
        const CALL: &str = "IStorage::SetClass";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            let class = unsafe { array(class, 1, CALL) }?[0];
            self.storage.set_class_id(guid(&class)).map_err(missing)
        })
    }

    unsafe fn SetStateBits(&self, _bits: u32, _mask: u32) -> HRESULT {
        slot(&self.this, "IStorage::SetStateBits", || self.storage.stat().map(drop))
    }

    unsafe fn Stat(&self, out: *mut STATSTG, flags: u32) -> HRESULT {
        const CALL: &str = "IStorage::Stat";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            let stat = self.storage.stat()?;
            let access = match stat.mode {
                StorageMode::Read => 0,
                StorageMode::Write => STGM_WRITE,
                StorageMode::ReadWrite => STGM_READWRITE,
            };
            let transacted = if stat.transacted { STGM_TRANSACTED } else { 0 };
            let shown = if flags & STATFLAG_NONAME == 0 { Some(stat.name.as_str()) } else { None };
            out.write(STATSTG {
                pwcsName: shown.map_or(Ok(null_mut()), |name| buffer(|writer| writer.put_text16(name)))?,
                type_: STGTY_STORAGE,
                ctime: FILETIME::from_ticks(stat.created.0),
                mtime: FILETIME::from_ticks(stat.modified.0),
                grfMode: access | transacted,
                clsid: c_guid(stat.class_id),
                ..empty_stat()
            });
            Ok(())
        })
    }
}

const fn empty_stat() -> STATSTG {
    STATSTG {
        pwcsName: null_mut(),
        type_: 0,
        cbSize: 0,
        mtime: FILETIME::from_ticks(0),
        ctime: FILETIME::from_ticks(0),
        atime: FILETIME::from_ticks(0),
        grfMode: 0,
        grfLocksSupported: 0,
        clsid: GUID::zeroed(),
        grfStateBits: 0,
        reserved: 0,
    }
}

/// Copies everything in a storage into another.
fn copy(from: &dyn Storage, to: &dyn Storage, depth: usize) -> Result<()> {
    const DEEPEST: usize = 64;
    const PIECE_BYTES: usize = 64 * 1024;
    if depth > DEEPEST {
        return Err(Error::new(ErrorCode::TOO_COMPLEX, "IStorage::CopyTo", "storages are nested too deep"));
    }
    to.set_class_id(from.stat()?.class_id)?;
    for element in from.elements()? {
        if element.kind == ElementKind::Storage {
            copy(&*from.open_storage(&element.name)?, &*to.create_storage(&element.name)?, depth + 1)?;
            continue;
        }
        let (source, target) = (from.open_stream(&element.name)?, to.create_stream(&element.name)?);
        let (mut piece, mut at) = (vec![0; PIECE_BYTES], 0);
        loop {
            let read = source.read_at(at, &mut piece)?;
            if read == 0 {
                break;
            }
            let mut done = 0;
            while done < read {
                match target.write_at(at + done as u64, &piece[done..read])? {
                    0 => {
                        return Err(Error::new(
                            ErrorCode::DISK_ERROR,
                            "IStorage::CopyTo",
                            "nothing is written",
                        ));
                    }
                    some => done += some,
                }
            }
            at += read as u64;
        }
        target.commit()?;
    }
    Ok(())
}

#[implement(IEnumSTATSTG)]
struct Elements {
    elements: Arc<[Element]>,
    next: AtomicUsize,
    last: LastError,
}

impl Guarded for Elements {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl IEnumSTATSTG_Impl for Elements_Impl {
    unsafe fn Next(&self, count: u32, out: *mut STATSTG, fetched: *mut u32) -> HRESULT {
        const CALL: &str = "IEnumSTATSTG::Next";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let fetched = unsafe { Out::optional(fetched, CALL) }?;
            if out.is_null() || !out.is_aligned() {
                return Err(invalid(CALL, "the place for the elements is NULL or misaligned"));
            }
            let begin = self.next.load(Ordering::Acquire).min(self.elements.len());
            let told = &self.elements[begin..self.elements.len().min(begin + count as usize)];
            for (index, element) in told.iter().enumerate() {
                let stat = STATSTG {
                    pwcsName: buffer(|writer| writer.put_text16(&element.name))?,
                    type_: if element.kind == ElementKind::Stream { STGTY_STREAM } else { STGTY_STORAGE },
                    cbSize: element.len,
                    ..empty_stat()
                };
                // SAFETY: the caller promises room for as many as were asked for.
                unsafe { out.add(index).write(stat) };
            }
            self.next.store(begin + told.len(), Ordering::Release);
            fetched.into_iter().for_each(|fetched| fetched.write(told.len() as u32));
            Ok(Told(told.len() == count as usize))
        })
    }

    unsafe fn Skip(&self, count: u32) -> HRESULT {
        slot(&self.this, "IEnumSTATSTG::Skip", || {
            let begin = self.next.load(Ordering::Acquire);
            let end = begin.saturating_add(count as usize);
            self.next.store(end.min(self.elements.len()), Ordering::Release);
            Ok(Told(end <= self.elements.len()))
        })
    }

    unsafe fn Reset(&self) -> HRESULT {
        slot(&self.this, "IEnumSTATSTG::Reset", || {
            self.next.store(0, Ordering::Release);
            Ok(())
        })
    }

    unsafe fn Clone(&self, out: OutInterface<IEnumSTATSTG>) -> HRESULT {
        const CALL: &str = "IEnumSTATSTG::Clone";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            let next = AtomicUsize::new(self.next.load(Ordering::Acquire));
            let other = Elements { elements: self.elements.clone(), next, last: LastError::new() };
            out.give(IEnumSTATSTG::from(other));
            Ok(())
        })
    }
}

/// S_OK where all that was asked for was there, else S_FALSE.
struct Told(bool);

impl crate::guard::Answer for Told {
    fn number(self) -> u32 {
        if self.0 { 0 } else { Nothing.number() }
    }
}
