//! Messages in files: OpenIMsgOnIStg, and the message sessions that end several at once (IMESSAGE.H).
//! What they do is `mapi-msg`'s; compound files are opened in `storage.rs`.

use mapi_com::Interface;
use mapi_com::abi::{
    AllocateBuffer, AllocateMore, FreeBuffer, MsgCallRelease, SPropAttrArray, SPropProblemArray,
    SPropTagArray,
};
use mapi_com::export::held::Context;
use mapi_com::export::message::{in_file, message};
use mapi_com::guard::{entry, value};
use mapi_com::import::storage::foreign_storage;
use mapi_com::interfaces::{IMAPISupport, IMessage, IStorage, IUnknown};
use mapi_com::marshal::block::{Allocator, buffer};
use mapi_com::marshal::prop::{c_problems, tags};
use mapi_com::marshal::{In, Out, OutInterface, array, invalid};
use mapi_com::verify::object::outer;
use mapi_defs::{Error, ErrorCode, Result, Warning};
use mapi_msg::{
    MsgSession, OnStorage, OnStorageFlags, PROPATTR_NOT_PRESENT, attributes_on_storage, map_storage_scode,
    open_on_storage, set_attributes_on_storage,
};
use mapi_spi::gate::Gate;
use mapi_spi::handle::{Handle, OpenObjects};
use mapi_spi::message::Message;
use std::collections::HashMap;
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::addr_of;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The message sessions of this process, by the number that stands for a pointer to them.
static SESSIONS: LazyLock<Mutex<HashMap<usize, Arc<MsgSession>>>> = LazyLock::new(Mutex::default);

fn sessions() -> MutexGuard<'static, HashMap<usize, Arc<MsgSession>>> {
    SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a message session.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the allocator or the out parameter is NULL.
/// - `MAPI_E_UNKNOWN_FLAGS`: a flag other than MAPI_UNICODE.
///
/// # Source
/// OpenIMsgSession.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenIMsgSession(malloc: *mut c_void, flags: u32, out: *mut *mut c_void) -> i32 {
    const CALL: &str = "OpenIMsgSession";
    /// Numbers look like aligned pointers, and lead nowhere.
    static NEXT: AtomicUsize = AtomicUsize::new(0x1000);
    entry(CALL, || {
        // SAFETY: the caller's out parameter.
        let out = unsafe { Out::required(out, CALL) }?;
        if malloc.is_null() {
            return Err(invalid(CALL, "the allocator is NULL"));
        }
        let session = Arc::new(MsgSession::open_with(OnStorageFlags(flags))?);
        let number = NEXT.fetch_add(0x10, Ordering::Relaxed);
        sessions().insert(number, session);
        out.write(number as *mut c_void);
        Ok(())
    })
    .0
}

/// Closes a message session with everything opened in it; NULL and a session that is closed are left alone.
///
/// # Source
/// CloseIMsgSession.
#[unsafe(no_mangle)]
pub extern "C" fn CloseIMsgSession(session: *mut c_void) {
    value("CloseIMsgSession", (), || {
        let session = sessions().remove(&(session as usize));
        if let Some(session) = session {
            let end = session.close();
            tracing::debug!(target: "mapi::call", ?end, "a message session is closed");
        }
        Ok(())
    });
}

/// Opens the message on a storage, or makes one on an empty storage; in a message session or in none. The
/// memory functions may be NULL where a support object has some.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a function, the storage or the out parameter is NULL, or the session is
///   none.
/// - Those of `mapi_msg::open_on_storage`.
///
/// # Source
/// OpenIMsgOnIStg.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OpenIMsgOnIStg(
    session: *mut c_void,
    allocate: AllocateBuffer,
    allocate_more: AllocateMore,
    free: FreeBuffer,
    _malloc: *mut c_void,
    support: In<IMAPISupport>,
    storage: In<IStorage>,
    release: MsgCallRelease,
    caller_data: u32,
    flags: u32,
    out: OutInterface<IMessage>,
) -> i32 {
    const CALL: &str = "OpenIMsgOnIStg";
    entry(CALL, || {
        // SAFETY: the caller's functions, storage and out parameter.
        let (allocator, storage, out) = unsafe {
            let functions = (allocate, allocate_more, free);
            let allocator = allocator_of(functions, support.as_ref(), CALL)?;
            (allocator, storage.required(CALL)?, out.required(CALL)?)
        };
        let session = match session as usize {
            0 => None,
            number => {
                let known = sessions().get(&number).cloned();
                Some(known.ok_or_else(|| invalid(CALL, "the message session is none"))?)
            }
        };
        let place: Arc<AtomicPtr<c_void>> = Arc::default();
        let with = OnStorage {
            flags: OnStorageFlags(flags),
            on_release: release.map(|release| {
                let place = place.clone();
                // SAFETY: whoever opened the message promised this function; the pointer is only a name.
                let told = move || unsafe { release(caller_data, outer(place.load(Ordering::Acquire))) };
                Box::new(told) as Box<dyn FnOnce() + Send>
            }),
            ..OnStorage::default()
        };
        let storage = foreign_storage(storage);
        let handle = match session {
            Some(session) => session.open_on_storage(storage, with)?,
            None => free_message(open_on_storage(storage, with)?),
        };
        let object = message(mapi::Message::new(handle), &Context::made_by(allocator));
        place.store(object.as_raw(), Ordering::Release);
        out.give(object);
        Ok(())
    })
    .0
}

/// The program's memory functions, those of its support object where it gave none itself.
///
/// # Safety
/// As [`Allocator::of_caller`]; the support object lives.
unsafe fn allocator_of(
    mut functions: (AllocateBuffer, AllocateMore, FreeBuffer),
    support: Option<&IMAPISupport>,
    call: &'static str,
) -> Result<Allocator> {
    if let ((None, None, None), Some(support)) = (&functions, support) {
        let (allocate, more, free) = (&raw mut functions.0, &raw mut functions.1, &raw mut functions.2);
        // SAFETY: the promise is the caller's own, and the places are ours.
        let answer = unsafe { support.GetMemAllocRoutines(allocate, more, free) };
        if let Some(code) = ErrorCode::from_u32(answer.0 as u32) {
            return Err(Error::new(code, call, "the support object has no memory functions"));
        }
    }
    functions.1.ok_or_else(|| invalid(call, "an allocator function is NULL"))?;
    // SAFETY: the promise is the caller's own.
    unsafe { Allocator::of_caller(functions.0, functions.2, call) }
}

/// A message of no session.
fn free_message(message: Arc<dyn Message>) -> Handle<dyn Message> {
    let book = Arc::new(OpenObjects::default());
    Handle::new(message, Arc::new(Gate::new(0)), &book, "IMessage", "message on a storage".to_owned())
}

/// The code of MAPI for what a storage answered.
///
/// # Source
/// MapStorageSCode.
#[unsafe(no_mangle)]
pub extern "C" fn MapStorageSCode(scode: i32) -> i32 {
    value("MapStorageSCode", scode, || {
        Ok(map_storage_scode(scode as u32).map_or(scode, |code| code.as_u32() as i32))
    })
}

/// Tells the attributes of properties of a message on a storage, or of an attachment of one.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, or the object is none of these.
/// - `MAPI_W_ERRORS_RETURNED`: the object does not have all of them.
///
/// # Source
/// GetAttribIMsgOnIStg.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAttribIMsgOnIStg(
    object: In<IUnknown>,
    asked: *const SPropTagArray,
    out: *mut *mut SPropAttrArray,
) -> i32 {
    const CALL: &str = "GetAttribIMsgOnIStg";
    entry(CALL, || {
        // SAFETY: the caller's object, tags and out parameter.
        let (object, asked, out) =
            unsafe { (object.required(CALL)?, tags(asked, CALL)?, Out::required(out, CALL)?) };
        let asked = asked.ok_or_else(|| invalid(CALL, "the tags are NULL"))?;
        let attributes = in_file(object, |object| attributes_on_storage(object, &asked))?;
        out.write(buffer(|writer| {
            let count = u32::try_from(attributes.len())
                .map_err(|_| Error::new(ErrorCode::TOO_BIG, CALL, "more attributes than are counted"))?;
            let place = writer.put(&[count])?;
            writer.put(&attributes)?;
            Ok(place.cast())
        })?);
        let missing = attributes.iter().any(|one| one & PROPATTR_NOT_PRESENT != 0);
        Ok(missing.then_some(Warning::ERRORS_RETURNED))
    })
    .0
}

/// Sets the attributes of properties of a message on a storage, or of an attachment of one.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL, the object is none of these, or there is not one
///   attribute for each tag.
/// - `MAPI_E_NO_ACCESS`: the object is open for reading.
///
/// # Source
/// SetAttribIMsgOnIStg.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetAttribIMsgOnIStg(
    object: In<IUnknown>,
    asked: *const SPropTagArray,
    attributes: *const SPropAttrArray,
    out: *mut *mut SPropProblemArray,
) -> i32 {
    const CALL: &str = "SetAttribIMsgOnIStg";
    entry(CALL, || {
        // SAFETY: the caller's object, tags, attributes and out parameter.
        let (object, asked, bits, out) = unsafe {
            let bits = attribute_array(attributes, CALL)?;
            (object.required(CALL)?, tags(asked, CALL)?, bits, Out::optional(out, CALL)?)
        };
        let asked = asked.ok_or_else(|| invalid(CALL, "the tags are NULL"))?;
        let problems = in_file(object, |object| set_attributes_on_storage(object, &asked, &bits))?;
        if let Some(out) = out {
            out.write(c_problems(Allocator::OURS, &problems)?);
        }
        Ok(())
    })
    .0
}

/// # Safety
/// NULL, or as many attributes as it says.
unsafe fn attribute_array(attributes: *const SPropAttrArray, call: &'static str) -> Result<Vec<u32>> {
    if attributes.is_null() || !attributes.is_aligned() {
        return Err(invalid(call, "the attributes are NULL or misaligned"));
    }
    const { assert!(offset_of!(SPropAttrArray, aPropAttr) == 4) };
    // SAFETY: the array goes on behind its first element, as the caller promises.
    let each =
        unsafe { array(addr_of!((*attributes).aPropAttr).cast::<u32>(), (*attributes).cValues, call) }?;
    Ok(each.to_vec())
}
