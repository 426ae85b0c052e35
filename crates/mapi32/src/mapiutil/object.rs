//! Property objects, tables and RTF streams made in memory.
//! The classes are in `mapi_com::export`.

use mapi_com::GUID;
use mapi_com::Interface;
use mapi_com::abi::{AllocateBuffer, AllocateMore, FreeBuffer, RTF_WCSINFO, RTF_WCSRETINFO, SPropTagArray};
use mapi_com::export::prop_data::prop_data;
use mapi_com::export::rtf_stream::{Body, read_body, read_rtf, write_rtf};
use mapi_com::export::table_data::table_data;
use mapi_com::guard::entry;
use mapi_com::interfaces::{IMAPIProp, IPropData, IStream, ITableData};
use mapi_com::marshal::block::Allocator;
use mapi_com::marshal::prop::tags;
use mapi_com::marshal::{In, Out, OutInterface, array, invalid};
use mapi_com::rtf_sync::synchronize;
use mapi_defs::flags::RtfSyncFlags;
use mapi_defs::prop::{PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};
use std::ffi::c_void;

const MAPI_MODIFY: u32 = 1;
const STORE_UNCOMPRESSED_RTF: u32 = 0x8000;
const MAPI_NATIVE_BODY: u32 = 0x0001_0000;
/// TBLTYPE_DYNAMIC, the last of three.
const LAST_TABLE_TYPE: u32 = 2;

/// Makes an empty property object; what it hands out is made by the caller's functions.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: the interface is neither NULL nor IID_IMAPIPropData.
/// - `MAPI_E_INVALID_PARAMETER`: a function or the out parameter is NULL.
///
/// # Source
/// CreateIProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateIProp(
    interface: *const GUID,
    allocate: AllocateBuffer,
    allocate_more: AllocateMore,
    free: FreeBuffer,
    _reserved: *mut c_void,
    object: OutInterface<IPropData>,
) -> i32 {
    const CALL: &str = "CreateIProp";
    entry(CALL, || {
        // SAFETY: the caller's functions and out parameter.
        let (allocator, out) =
            unsafe { (allocator(allocate, allocate_more, free, CALL)?, object.required(CALL)?) };
        // SAFETY: the caller's identifier.
        unsafe { default_or::<IPropData>(interface, CALL) }?;
        out.give(prop_data(allocator));
        Ok(())
    })
    .0
}

/// Makes an empty table data object, whose rows are told apart by one column.
///
/// # Errors
/// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: the interface is neither NULL nor IID_IMAPITableData.
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, the type of table is none, or the index column has
///   no type that a value can have.
///
/// # Source
/// CreateTable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateTable(
    interface: *const GUID,
    allocate: AllocateBuffer,
    allocate_more: AllocateMore,
    free: FreeBuffer,
    _reserved: *mut c_void,
    kind: u32,
    index: u32,
    columns: *const SPropTagArray,
    object: OutInterface<ITableData>,
) -> i32 {
    const CALL: &str = "CreateTable";
    entry(CALL, || {
        // SAFETY: the caller's functions, columns and out parameter.
        let (allocator, columns, out) = unsafe {
            let allocator = allocator(allocate, allocate_more, free, CALL)?;
            (allocator, tags(columns, CALL)?, object.required(CALL)?)
        };
        // SAFETY: the caller's identifier.
        unsafe { default_or::<ITableData>(interface, CALL) }?;
        let columns = columns.ok_or_else(|| invalid(CALL, "the columns are NULL"))?;
        let index = PropTag(index);
        let no_value = [PropType::UNSPECIFIED, PropType::NULL, PropType::ERROR, PropType::OBJECT];
        if kind > LAST_TABLE_TYPE || no_value.contains(&index.ptype()) || index.ptype().is_multi() {
            return Err(invalid(CALL, "the type of the table or of its index column is none"));
        }
        out.give(table_data(index, &columns, allocator));
        Ok(())
    })
    .0
}

/// Makes a stream of RTF over a stream of compressed RTF. With MAPI_MODIFY it takes RTF, which is
/// compressed (or, with STORE_UNCOMPRESSED_RTF, only wrapped) into the other when it is committed.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a stream or the out parameter is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_CORRUPT_DATA`: the stream is no compressed RTF.
///
/// # Differs
/// Reading may seek. What is read is decompressed when the stream is made.
///
/// # Source
/// WrapCompressedRTFStream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WrapCompressedRTFStream(
    compressed: In<IStream>,
    flags: u32,
    rtf: OutInterface<IStream>,
) -> i32 {
    const CALL: &str = "WrapCompressedRTFStream";
    entry(CALL, || {
        // SAFETY: the caller's stream and out parameter.
        let (compressed, out) = unsafe { (compressed.required(CALL)?, rtf.required(CALL)?) };
        known(flags, MAPI_MODIFY | STORE_UNCOMPRESSED_RTF, CALL)?;
        out.give(wrap(compressed, flags, CALL)?);
        Ok(())
    })
    .0
}

/// As WrapCompressedRTFStream; with MAPI_NATIVE_BODY the stream is the body that the RTF was made from, in
/// a code page of the caller's choice, and `answer` says of what kind it is.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, a size is wrong, or MAPI_NATIVE_BODY is combined with
///   MAPI_MODIFY.
/// - `MAPI_E_UNKNOWN_FLAGS`, `MAPI_E_CORRUPT_DATA`: as WrapCompressedRTFStream.
/// - `MAPI_E_UNKNOWN_CPID`: no such code page.
///
/// # Source
/// WrapCompressedRTFStreamEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WrapCompressedRTFStreamEx(
    compressed: In<IStream>,
    options: *const RTF_WCSINFO,
    stream: OutInterface<IStream>,
    answer: *mut RTF_WCSRETINFO,
) -> i32 {
    const CALL: &str = "WrapCompressedRTFStreamEx";
    entry(CALL, || {
        // SAFETY: the caller's stream, options and out parameters.
        let (compressed, options, out, answer) = unsafe {
            let options = array(options, 1, CALL)?[0];
            (compressed.required(CALL)?, options, stream.required(CALL)?, Out::optional(answer, CALL)?)
        };
        if options.size as usize != size_of::<RTF_WCSINFO>() {
            return Err(invalid(CALL, "the options have another size"));
        }
        known(options.ulFlags, MAPI_MODIFY | STORE_UNCOMPRESSED_RTF | MAPI_NATIVE_BODY, CALL)?;
        let native = options.ulFlags & MAPI_NATIVE_BODY != 0;
        if native && options.ulFlags & MAPI_MODIFY != 0 {
            return Err(invalid(CALL, "a native body is not written"));
        }
        let (stream, kind) = if native {
            let page = if options.ulOutCodePage == 0 { options.ulInCodePage } else { options.ulOutCodePage };
            let (stream, body) = read_body(compressed, page, CALL)?;
            let kind = match body {
                Body::Rtf => 1,
                Body::Html => 2,
                Body::Text => 4,
            };
            (stream, kind)
        } else {
            (wrap(compressed, options.ulFlags, CALL)?, 0)
        };
        if let Some(answer) = answer {
            let size = size_of::<RTF_WCSRETINFO>() as u32;
            answer.write(RTF_WCSRETINFO { size, ulStreamFlags: kind });
        }
        out.give(stream);
        Ok(())
    })
    .0
}

fn wrap(compressed: &IStream, flags: u32, call: &'static str) -> Result<IStream> {
    if flags & MAPI_MODIFY != 0 {
        return Ok(write_rtf(compressed.clone(), flags & STORE_UNCOMPRESSED_RTF != 0));
    }
    read_rtf(compressed, call)
}

fn known(flags: u32, allowed: u32, call: &'static str) -> Result<()> {
    if flags & !allowed == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag"))
}

/// # Safety
/// The functions do what MAPI's own do, for as long as the object lives.
unsafe fn allocator(
    allocate: AllocateBuffer,
    allocate_more: AllocateMore,
    free: FreeBuffer,
    call: &'static str,
) -> Result<Allocator> {
    // Everything handed out is one block, so the second function is never needed; it must be there.
    allocate_more.ok_or_else(|| invalid(call, "an allocator function is NULL"))?;
    // SAFETY: the promise is the caller's own.
    unsafe { Allocator::of_caller(allocate, free, call) }
}

/// # Safety
/// NULL, or an identifier.
unsafe fn default_or<I: Interface>(interface: *const GUID, call: &'static str) -> Result<()> {
    // SAFETY: the promise is the caller's own.
    if !interface.is_null() && unsafe { array(interface, 1, call)?[0] } != I::IID {
        return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, call, "the object has another interface"));
    }
    Ok(())
}

/// Makes the plain body of a message of its RTF, or the RTF of the plain body, or of the HTML where there is no
/// plain body, whichever changed; where both did the RTF counts. The caller saves the message where `updated`
/// says so.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_CORRUPT_DATA`: the RTF cannot be read.
/// - what the message answers.
///
/// # Source
/// RTFSync.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTFSync(message: In<IMAPIProp>, flags: u32, updated: *mut i32) -> i32 {
    const CALL: &str = "RTFSync";
    entry(CALL, || {
        // SAFETY: the caller's message and out parameter.
        let (message, updated) = unsafe { (message.required(CALL)?, Out::required(updated, CALL)?) };
        let done = synchronize(message, RtfSyncFlags(flags))?;
        updated.write(i32::from(done));
        Ok(())
    })
    .0
}
