//! Finding, comparing and measuring property values, and reading one property of an object.
//! Copying values is in `copy.rs`.

use mapi_com::abi::{MAPINAMEID, SPropProblemArray, SPropTagArray, SPropValue};
use mapi_com::guard::{entry, value};
use mapi_com::interfaces::IMAPIProp;
use mapi_com::marshal::block::Writer;
use mapi_com::marshal::copy::put_payload;
use mapi_com::marshal::prop::{name, prop};
use mapi_com::marshal::restriction::{fuzzy, loose, relation};
use mapi_com::marshal::{In, Out, array, invalid};
use mapi_com::{HRESULT, memory};
use mapi_defs::prop::compare::{compare, contains, holds};
use mapi_defs::prop::{PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};
use std::cmp::Ordering;
use std::ptr::null_mut;

/// The value with this tag, or NULL; a tag of PT_UNSPECIFIED finds any type (PpropFindProp).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PpropFindProp(values: *mut SPropValue, count: u32, tag: u32) -> *mut SPropValue {
    let tag = PropTag(tag);
    let meant =
        |found: PropTag| found == tag || tag.ptype() == PropType::UNSPECIFIED && found.id() == tag.id();
    // SAFETY: the caller's values.
    unsafe { find("PpropFindProp", values, count, meant) }
}

/// The value with this tag's identifier, whatever its type, or NULL.
///
/// # Differs
/// The page calls it the same as PpropFindProp; programs written for it look at the type themselves, so
/// that they meet a PT_ERROR in the property's place.
///
/// # Source
/// LpValFindProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LpValFindProp(tag: u32, count: u32, values: *mut SPropValue) -> *mut SPropValue {
    // SAFETY: the caller's values.
    unsafe { find("LpValFindProp", values, count, |found| found.id() == PropTag(tag).id()) }
}

/// TRUE where the two values stand in the relation (FPropCompareProp). Values of different types stand
/// in none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FPropCompareProp(
    one: *const SPropValue,
    relop: u32,
    other: *const SPropValue,
) -> i32 {
    const CALL: &str = "FPropCompareProp";
    let compared = value(CALL, false, || {
        // SAFETY: the caller's values.
        let (one, other) = unsafe { (read(one, CALL)?, read(other, CALL)?) };
        Ok(holds(relation(relop, CALL)?, &one.value, &other.value))
    });
    i32::from(compared)
}

/// Less than 0, 0 or more than 0, as the first value is less than, equal to or greater than the second
/// (LPropCompareProp). Values that cannot be compared are in the order of their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LPropCompareProp(one: *const SPropValue, other: *const SPropValue) -> i32 {
    const CALL: &str = "LPropCompareProp";
    let order = value(CALL, Ordering::Equal, || {
        // SAFETY: the caller's values.
        let (one, other) = unsafe { (read(one, CALL)?, read(other, CALL)?) };
        Ok(compare(&one.value, &other.value).unwrap_or_else(|| one.tag.ptype().cmp(&other.tag.ptype())))
    });
    order as i32
}

/// TRUE where the first value contains the second, as the fuzzy level says (FPropContainsProp).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FPropContainsProp(
    whole: *const SPropValue,
    part: *const SPropValue,
    level: u32,
) -> i32 {
    const CALL: &str = "FPropContainsProp";
    let contained = value(CALL, false, || {
        // SAFETY: the caller's values.
        let (whole, part) = unsafe { (read(whole, CALL)?, read(part, CALL)?) };
        let fuzzy = fuzzy(level).ok_or_else(|| invalid(CALL, "a fuzzy level is none"))?;
        let same = whole.tag.ptype() == part.tag.ptype();
        Ok(same && contains(&whole.value, &part.value, fuzzy, loose(level)))
    });
    i32::from(contained)
}

/// TRUE where two names of named properties are the same: set, kind, and number or text (FEqualNames).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FEqualNames(one: *const MAPINAMEID, other: *const MAPINAMEID) -> i32 {
    const CALL: &str = "FEqualNames";
    // SAFETY: the caller's names.
    let equal = value(CALL, false, || Ok(unsafe { name(one, CALL)? == name(other, CALL)? }));
    i32::from(equal)
}

/// Bytes of a value beside its SPropValue for what it leads to, or of its number (UlPropSize); 0 for a
/// value that cannot be measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UlPropSize(value_of: *const SPropValue) -> u32 {
    const CALL: &str = "UlPropSize";
    value(CALL, 0, || {
        // SAFETY: the caller's value.
        let value = unsafe { &array(value_of, 1, CALL)?[0] };
        if let Some(bytes) = PropTag(value.ulPropTag).ptype().fixed_bytes() {
            return Ok(bytes as u32);
        }
        let mut writer = Writer::counting();
        // SAFETY: as above.
        unsafe { put_payload(&mut writer, value, CALL) }?;
        Ok(u32::try_from(writer.used()).unwrap_or(u32::MAX))
    })
}

/// TRUE where the object has the property (FPropExists). A tag of PT_UNSPECIFIED finds any type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FPropExists(object: In<IMAPIProp>, tag: u32) -> i32 {
    const CALL: &str = "FPropExists";
    let exists = value(CALL, false, || {
        // SAFETY: the caller's object.
        let object = unsafe { object.required(CALL) }?;
        let mut list = null_mut();
        // SAFETY: as above; the list is ours to free.
        succeeded(unsafe { object.GetPropList(0, &raw mut list) }, CALL)?;
        // SAFETY: the object answered a tag array.
        let tags = unsafe { mapi_com::marshal::prop::tags(list, CALL) };
        memory::free(list.cast());
        let tag = PropTag(tag);
        let agrees = |held: &PropTag| {
            let any = tag.ptype() == PropType::UNSPECIFIED;
            held.id() == tag.id() && (any || held.ptype().unicode() == tag.ptype().unicode())
        };
        Ok(tags?.unwrap_or_default().iter().any(agrees))
    });
    i32::from(exists)
}

/// Reads one property of an object into a buffer.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: the object has no such property; or the error in its place.
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
///
/// # Source
/// HrGetOneProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrGetOneProp(object: In<IMAPIProp>, tag: u32, found: *mut *mut SPropValue) -> i32 {
    const CALL: &str = "HrGetOneProp";
    entry(CALL, || {
        // SAFETY: the caller's object and out parameter.
        let (object, out) = unsafe { (object.required(CALL)?, Out::required(found, CALL)?) };
        let mut tags = SPropTagArray { cValues: 1, aulPropTag: [tag] };
        let (mut count, mut values) = (0, null_mut());
        // SAFETY: as above; the values are ours to free.
        succeeded(unsafe { object.GetProps(&raw mut tags, 0, &raw mut count, &raw mut values) }, CALL)?;
        // SAFETY: the object answered `count` values.
        let first = unsafe { array(values, count, CALL) }.ok().and_then(<[SPropValue]>::first);
        let none = || Error::new(ErrorCode::NOT_FOUND, CALL, "the object answered no value");
        let error = match first {
            None => Some(none()),
            Some(value) if PropTag(value.ulPropTag).ptype() == PropType::ERROR => {
                // SAFETY: the type says that an error is there.
                let code = ErrorCode::from_u32(unsafe { value.Value.err } as u32);
                Some(
                    code.map_or_else(none, |code| Error::new(code, CALL, "an error is in the value's place")),
                )
            }
            Some(_) => None,
        };
        match error {
            None => {
                out.write(values);
                Ok(())
            }
            Some(error) => {
                memory::free(values.cast());
                Err(error)
            }
        }
    })
    .0
}

/// Sets one property of an object.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an argument is NULL.
/// - what the object answers, the problem with this property included.
///
/// # Source
/// HrSetOneProp.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrSetOneProp(object: In<IMAPIProp>, property: *mut SPropValue) -> i32 {
    const CALL: &str = "HrSetOneProp";
    entry(CALL, || {
        // SAFETY: the caller's object and value.
        let object = unsafe {
            array(property, 1, CALL)?;
            object.required(CALL)?
        };
        let mut problems: *mut SPropProblemArray = null_mut();
        // SAFETY: as above; the problems are ours to free.
        succeeded(unsafe { object.SetProps(1, property, &raw mut problems) }, CALL)?;
        if problems.is_null() {
            return Ok(());
        }
        // SAFETY: the object answered a problem array, which has one element at least where it counts one.
        let code = unsafe { if (*problems).cProblem > 0 { (*problems).aProblem[0].scode } else { 0 } };
        memory::free(problems.cast());
        ErrorCode::from_u32(code as u32)
            .map_or(Ok(()), |code| Err(Error::new(code, CALL, "the property could not be set")))
    })
    .0
}

/// The answer of an object as a result.
pub(super) fn succeeded(answer: HRESULT, call: &'static str) -> Result<()> {
    ErrorCode::from_u32(answer.0 as u32)
        .map_or(Ok(()), |code| Err(Error::new(code, call, "the object refused the call")))
}

/// # Safety
/// The pointer leads to a value.
unsafe fn read(pointer: *const SPropValue, call: &'static str) -> Result<mapi_defs::prop::Prop> {
    // SAFETY: the promise is the caller's own.
    unsafe { prop(&array(pointer, 1, call)?[0], call) }
}

/// # Safety
/// The pointer leads to `count` values.
unsafe fn find(
    call: &'static str,
    values: *mut SPropValue,
    count: u32,
    meant: impl Fn(PropTag) -> bool,
) -> *mut SPropValue {
    value(call, null_mut(), || {
        // SAFETY: the promise is the caller's own.
        let all = unsafe { array(values, count, call) }?;
        let at = all.iter().position(|value| meant(PropTag(value.ulPropTag)));
        Ok(at.map_or(null_mut(), |at| values.wrapping_add(at)))
    })
}
