//! Compound files as storages (OBJBASE.H), a storage in a stream, and files as streams (MAPIUTIL.H).
//! The objects are in `mapi_com::export::storage`, what they do in `mapi-msg`.

use mapi_com::GUID;
use mapi_com::abi::{AllocateBuffer, FreeBuffer};
use mapi_com::export::file_stream::FileStream;
use mapi_com::export::storage::export_storage;
use mapi_com::export::stream::export_stream;
use mapi_com::guard::entry;
use mapi_com::import::storage::foreign_stream;
use mapi_com::interfaces::{IStorage, IStream, IUnknown};
use mapi_com::marshal::text::{bytes8, decode8, utf16};
use mapi_com::marshal::{In, OutInterface, array, invalid};
use mapi_com::{HRESULT, Interface};
use mapi_defs::flags::StreamStorageFlags;
use mapi_defs::prop::PropType;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_msg::{DocStorage, SectorSize, storage_from_stream};
use mapi_spi::storage::{Storage, StorageMode};
use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::Arc;

const STGM_WRITE: u32 = 1;
const STGM_READWRITE: u32 = 2;
const STGM_CREATE: u32 = 0x1000;
const STGM_FAILIFTHERE: u32 = 0;
const STGFMT_STORAGE: u32 = 0;
const STGFMT_ANY: u32 = 4;
const STGFMT_DOCFILE: u32 = 5;
const STG_E_FILENOTFOUND: ErrorCode = ErrorCode::STG_FILENOTFOUND;

/// # Safety
/// NULL, or a text.
unsafe fn path16(name: *const u16, call: &'static str) -> Result<PathBuf> {
    // SAFETY: the promise is the caller's own.
    let name = unsafe { utf16(name, call) }?;
    name.filter(|name| !name.is_empty()).map(PathBuf::from).ok_or_else(|| invalid(call, "there is no name"))
}

fn of_file(error: Error, call: &'static str) -> Error {
    let code = match error.code() {
        ErrorCode::NOT_FOUND => STG_E_FILENOTFOUND,
        ErrorCode::NO_ACCESS => ErrorCode::STG_ACCESSDENIED,
        ErrorCode::CORRUPT_DATA => ErrorCode::STG_INVALIDHEADER,
        other => other,
    };
    Error::new(code, call, error.detail().to_owned())
}

fn opened(path: PathBuf, mode: u32, call: &'static str) -> Result<IStorage> {
    let writes = mode & (STGM_WRITE | STGM_READWRITE) != 0;
    let how = if writes { StorageMode::ReadWrite } else { StorageMode::Read };
    let storage = DocStorage::open_file(path, how).map_err(|error| of_file(error, call))?;
    Ok(export_storage(Arc::new(storage)))
}

fn created(path: PathBuf, mode: u32, call: &'static str) -> Result<IStorage> {
    if mode & STGM_CREATE == STGM_FAILIFTHERE && path.exists() {
        return Err(Error::new(ErrorCode::STG_FILEALREADYEXISTS, call, "the file is there already"));
    }
    let storage = DocStorage::create_file(path, SectorSize::default());
    // The file is there from the start, as programs look for it.
    storage.commit().map_err(|error| of_file(error, call))?;
    Ok(export_storage(Arc::new(storage)))
}

/// Makes a compound file. It is transacted whatever the mode says.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the name or the out parameter is NULL.
/// - STG_E_FILEALREADYEXISTS: the file is there, and STGM_CREATE is not set.
///
/// # Differs
/// A name must be given: nothing is made in the folder of temporary files.
///
/// # Source
/// StgCreateDocfile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StgCreateDocfile(
    name: *const u16,
    mode: u32,
    _reserved: u32,
    out: OutInterface<IStorage>,
) -> i32 {
    const CALL: &str = "StgCreateDocfile";
    entry(CALL, || {
        // SAFETY: the caller's name and out parameter.
        let (path, out) = unsafe { (path16(name, CALL)?, out.required(CALL)?) };
        out.give(created(path, mode, CALL)?);
        Ok(())
    })
    .0
}

/// As StgCreateDocfile, for the formats STGFMT_STORAGE and STGFMT_DOCFILE.
///
/// # Errors
/// - As StgCreateDocfile; `MAPI_E_INVALID_PARAMETER`: another format or interface.
///
/// # Source
/// StgCreateStorageEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StgCreateStorageEx(
    name: *const u16,
    mode: u32,
    format: u32,
    _attributes: u32,
    _options: *mut c_void,
    _reserved: *mut c_void,
    iid: *const GUID,
    out: OutInterface<IStorage>,
) -> i32 {
    const CALL: &str = "StgCreateStorageEx";
    entry(CALL, || {
        // SAFETY: the caller's name, identifier and out parameter.
        let (path, out) = unsafe {
            storage_asked(iid, format, CALL)?;
            (path16(name, CALL)?, out.required(CALL)?)
        };
        out.give(created(path, mode, CALL)?);
        Ok(())
    })
    .0
}

/// Opens a compound file.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the name or the out parameter is NULL.
/// - STG_E_FILENOTFOUND, STG_E_ACCESSDENIED, STG_E_INVALIDHEADER: the file cannot be opened.
///
/// # Source
/// StgOpenStorage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StgOpenStorage(
    name: *const u16,
    _priority: In<IStorage>,
    mode: u32,
    _exclude: *mut *mut u16,
    _reserved: u32,
    out: OutInterface<IStorage>,
) -> i32 {
    const CALL: &str = "StgOpenStorage";
    entry(CALL, || {
        // SAFETY: the caller's name and out parameter.
        let (path, out) = unsafe { (path16(name, CALL)?, out.required(CALL)?) };
        out.give(opened(path, mode, CALL)?);
        Ok(())
    })
    .0
}

/// As StgOpenStorage, for the formats STGFMT_STORAGE, STGFMT_DOCFILE and STGFMT_ANY.
///
/// # Errors
/// - As StgOpenStorage; `MAPI_E_INVALID_PARAMETER`: another format or interface.
///
/// # Source
/// StgOpenStorageEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StgOpenStorageEx(
    name: *const u16,
    mode: u32,
    format: u32,
    _attributes: u32,
    _options: *mut c_void,
    _reserved: *mut c_void,
    iid: *const GUID,
    out: OutInterface<IStorage>,
) -> i32 {
    const CALL: &str = "StgOpenStorageEx";
    entry(CALL, || {
        // SAFETY: the caller's name, identifier and out parameter.
        let (path, out) = unsafe {
            storage_asked(iid, format, CALL)?;
            (path16(name, CALL)?, out.required(CALL)?)
        };
        out.give(opened(path, mode, CALL)?);
        Ok(())
    })
    .0
}

/// # Safety
/// NULL, or an identifier.
unsafe fn storage_asked(iid: *const GUID, format: u32, call: &'static str) -> Result<()> {
    // SAFETY: the promise is the caller's own.
    let iid = unsafe { array(iid, 1, call) }?[0];
    if iid != IStorage::IID || ![STGFMT_STORAGE, STGFMT_ANY, STGFMT_DOCFILE].contains(&format) {
        return Err(invalid(call, "only compound files are opened, as storages"));
    }
    Ok(())
}

/// S_OK where a file is a compound file, S_FALSE where it is none.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the name is NULL.
/// - STG_E_FILENOTFOUND: there is no such file.
///
/// # Source
/// StgIsStorageFile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn StgIsStorageFile(name: *const u16) -> i32 {
    const CALL: &str = "StgIsStorageFile";
    const S_FALSE: i32 = 1;
    let mut is_one = true;
    let answer: HRESULT = entry(CALL, || {
        // SAFETY: the caller's name.
        let path = unsafe { path16(name, CALL) }?;
        match DocStorage::open_file(path, StorageMode::Read) {
            Ok(_) => Ok(()),
            Err(error) if error.code() == ErrorCode::CORRUPT_DATA => {
                is_one = false;
                Ok(())
            }
            Err(error) => Err(of_file(error, CALL)),
        }
    });
    if answer.is_ok() && !is_one { S_FALSE } else { answer.0 }
}

/// Writes the class of a storage.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL; also what the storage answers.
///
/// # Source
/// WriteClassStg.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WriteClassStg(storage: In<IStorage>, class: *const GUID) -> i32 {
    const CALL: &str = "WriteClassStg";
    entry(CALL, || {
        // SAFETY: the caller's storage and identifier.
        let (storage, class) = unsafe { (storage.required(CALL)?, array(class, 1, CALL)?[0]) };
        mapi_com::import::storage::foreign_storage(storage)
            .set_class_id(mapi_com::marshal::prop::guid(&class))
    })
    .0
}

/// Reads the class of a storage.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL; also what the storage answers.
///
/// # Source
/// ReadClassStg.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReadClassStg(storage: In<IStorage>, class: *mut GUID) -> i32 {
    const CALL: &str = "ReadClassStg";
    entry(CALL, || {
        // SAFETY: the caller's storage and out parameter.
        let (storage, out) =
            unsafe { (storage.required(CALL)?, mapi_com::marshal::Out::required(class, CALL)?) };
        let stat = mapi_com::import::storage::foreign_storage(storage).stat()?;
        out.write(mapi_com::marshal::prop::c_guid(stat.class_id));
        Ok(())
    })
    .0
}

/// Makes a storage of a stream that holds one.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the stream or the out parameter is NULL.
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: the object is no stream; storages over ILockBytes are not made.
/// - `MAPI_E_UNKNOWN_FLAGS`, `MAPI_E_CORRUPT_DATA`: as `mapi_msg::storage_from_stream`.
///
/// # Source
/// HrIStorageFromStream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrIStorageFromStream(
    stream: In<IUnknown>,
    iid: *const GUID,
    flags: u32,
    out: OutInterface<IStorage>,
) -> i32 {
    const CALL: &str = "HrIStorageFromStream";
    const SEEK_CURRENT: u32 = 1;
    entry(CALL, || {
        // SAFETY: the caller's object, identifier and out parameter.
        let (stream, iid, out) = unsafe {
            let iid = if iid.is_null() { IStream::IID } else { array(iid, 1, CALL)?[0] };
            (stream.required(CALL)?, iid, out.required(CALL)?)
        };
        let none = || Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, "only streams hold storages here");
        let stream: IStream =
            if iid == IStream::IID { stream.cast().map_err(|_| none())? } else { return Err(none()) };
        let mut position = 0;
        // SAFETY: a live stream, and a place of ours.
        if unsafe { stream.Seek(0, SEEK_CURRENT, &raw mut position) }.is_err() {
            position = 0;
        }
        let storage = storage_from_stream(foreign_stream(&stream), StreamStorageFlags(flags), position)?;
        out.give(export_storage(Arc::new(storage)));
        Ok(())
    })
    .0
}

const SOF_UNIQUEFILENAME: u32 = 0x8000_0000;
const STGM_DELETEONRELEASE: u32 = 0x0400_0000;
const STGM_KNOWN: u32 = 0x3 | 0x70 | STGM_CREATE | STGM_DELETEONRELEASE;

/// Opens a file as a stream.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a function, the name or the out parameter is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_NOT_FOUND`, `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR`: the file cannot be opened.
///
/// # Source
/// OpenStreamOnFile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenStreamOnFile(
    allocate: AllocateBuffer,
    free: FreeBuffer,
    flags: u32,
    name: *const u8,
    prefix: *const u8,
    out: OutInterface<IStream>,
) -> i32 {
    const CALL: &str = "OpenStreamOnFile";
    entry(CALL, || {
        // SAFETY: the caller's texts and out parameter.
        let (name, prefix, out) = unsafe {
            let (name, prefix) = (bytes8(name, CALL)?.map(decode8), bytes8(prefix, CALL)?.map(decode8));
            (name, prefix, out.required(CALL)?)
        };
        out.give(file_stream((allocate, free), flags, name, prefix, CALL)?);
        Ok(())
    })
    .0
}

/// As OpenStreamOnFile, with the names in UTF-16.
///
/// # Errors
/// As OpenStreamOnFile.
///
/// # Source
/// OpenStreamOnFileW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenStreamOnFileW(
    allocate: AllocateBuffer,
    free: FreeBuffer,
    flags: u32,
    name: *const u16,
    prefix: *const u16,
    out: OutInterface<IStream>,
) -> i32 {
    const CALL: &str = "OpenStreamOnFileW";
    entry(CALL, || {
        // SAFETY: the caller's texts and out parameter.
        let (name, prefix, out) = unsafe { (utf16(name, CALL)?, utf16(prefix, CALL)?, out.required(CALL)?) };
        out.give(file_stream((allocate, free), flags, name, prefix, CALL)?);
        Ok(())
    })
    .0
}

fn file_stream(
    (allocate, free): (AllocateBuffer, FreeBuffer),
    flags: u32,
    name: Option<String>,
    prefix: Option<String>,
    call: &'static str,
) -> Result<IStream> {
    if allocate.is_none() || free.is_none() {
        return Err(invalid(call, "an allocator function is NULL"));
    }
    if flags & !(STGM_KNOWN | SOF_UNIQUEFILENAME) != 0 {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag"));
    }
    let unique = flags & SOF_UNIQUEFILENAME != 0;
    let path = match name {
        Some(name) if !unique => PathBuf::from(name),
        None if !unique => return Err(invalid(call, "there is no name")),
        folder => {
            let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
            let begin: String = prefix.unwrap_or_else(|| "SOF".to_owned()).chars().take(3).collect();
            folder.join(format!("{begin}{}.tmp", uuid::Uuid::new_v4().simple()))
        }
    };
    let writes = flags & (STGM_WRITE | STGM_READWRITE) != 0;
    let creates = unique || flags & STGM_CREATE != 0;
    let stream = FileStream::open(&path, writes || unique, creates, flags & STGM_DELETEONRELEASE != 0)?;
    Ok(export_stream(Arc::new(stream), PropType::BINARY, writes || unique))
}
