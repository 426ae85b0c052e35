//! Property values, tags, problems and names, both ways.
//! Rows are in `row.rs`; copying C values to C values is in `copy.rs`.
#![allow(non_snake_case, reason = "values for members of C structures carry the members' names")]

use super::block::{Allocator, Writer, buffer};
use super::pointer::refuse_freed;
use super::text::{self, MAPI_UNICODE};
use super::{MOST_BYTES, array, invalid};
use crate::abi::{
    __UPV, CY, FILETIME, MAPINAMEID, MAPINAMEID_Kind, SAppTimeArray, SBinary, SBinaryArray, SCurrencyArray,
    SDateTimeArray, SDoubleArray, SGuidArray, SLPSTRArray, SLargeIntegerArray, SLongArray, SPropProblem,
    SPropProblemArray, SPropTagArray, SPropValue, SRealArray, SShortArray, SWStringArray,
};
use mapi_defs::prop::{Name, NamedProp, Prop, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{ErrorCode, FileTime, Guid, Result};
use std::ptr::{addr_of, null_mut};
use windows_core::GUID;

/// MNID_ID: the name is a number.
pub const MNID_ID: u32 = 0;
/// MNID_STRING: the name is a text.
pub const MNID_STRING: u32 = 1;

/// A GUID of C as one of ours.
pub fn guid(guid: &GUID) -> Guid {
    Guid::from_fields(guid.data1, guid.data2, guid.data3, guid.data4)
}

/// A GUID of ours as one of C.
pub fn c_guid(guid: Guid) -> GUID {
    let b = guid.0;
    GUID {
        data1: u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        data2: u16::from_le_bytes([b[4], b[5]]),
        data3: u16::from_le_bytes([b[6], b[7]]),
        data4: [b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]],
    }
}

/// Reads a tag array; NULL is `None`.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: misaligned, or claims too many tags.
///
/// # Safety
/// A pointer that is not NULL leads to a tag array with as many tags as it says.
pub unsafe fn tags(pointer: *const SPropTagArray, call: &'static str) -> Result<Option<Vec<PropTag>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    if !pointer.is_aligned() {
        return Err(invalid(call, "a tag array is misaligned"));
    }
    // SAFETY: the array goes on behind its first element, as the caller promises.
    let tags = unsafe { array(addr_of!((*pointer).aulPropTag).cast::<u32>(), (*pointer).cValues, call) }?;
    Ok(Some(tags.iter().map(|tag| PropTag(*tag)).collect()))
}

/// Makes a tag array in a buffer of its own.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub fn c_tags(tags: &[PropTag]) -> Result<*mut SPropTagArray> {
    buffer(|writer| put_tags(writer, tags))
}

/// Lays a tag array out.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`.
pub fn put_tags(writer: &mut Writer, tags: &[PropTag]) -> Result<*mut SPropTagArray> {
    let mut words = vec![tags.len() as u32];
    words.extend(tags.iter().map(|tag| tag.0));
    // A structure with one element at least, whose size C programs may copy.
    words.resize(words.len().max(2), 0);
    writer.put(&words).map(|place| place.cast())
}

/// Reads an array of property values.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an array or text cannot be used.
/// - `MAPI_E_INVALID_TYPE`: a tag's type is none.
///
/// # Safety
/// The pointer leads to `count` values, and each value to what its tag says.
pub unsafe fn props(pointer: *const SPropValue, count: u32, call: &'static str) -> Result<Vec<Prop>> {
    // SAFETY: the promise is the caller's own.
    let values = unsafe { array(pointer, count, call) }?;
    // SAFETY: as above, for each value.
    values.iter().map(|value| unsafe { prop(value, call) }).collect()
}

/// Reads one property value.
///
/// # Errors
/// As [`props`].
///
/// # Safety
/// The value leads to what its tag says.
pub unsafe fn prop(value: &SPropValue, call: &'static str) -> Result<Prop> {
    let tag = PropTag(value.ulPropTag);
    // SAFETY: the promise is the caller's own.
    Ok(Prop { tag, value: unsafe { prop_value(tag.ptype(), &value.Value, call) }? })
}

/// # Safety
/// The union holds a value of this type.
unsafe fn prop_value(ptype: PropType, value: &__UPV, call: &'static str) -> Result<PropValue> {
    if ptype.is_multi() {
        // SAFETY: the promise is the caller's own.
        return unsafe { many(ptype, value, call) };
    }
    // SAFETY: the caller promises that the union's member of this type counts, and what it leads to.
    Ok(unsafe {
        match ptype {
            PropType::NULL => PropValue::Null,
            PropType::I2 => PropValue::I2(value.i),
            PropType::LONG => PropValue::Long(value.l),
            PropType::R4 => PropValue::R4(value.flt),
            PropType::DOUBLE => PropValue::Double(value.dbl),
            PropType::CURRENCY => PropValue::Currency(value.cur.int64),
            PropType::APPTIME => PropValue::AppTime(value.at),
            PropType::ERROR => PropValue::Error(error_code(value.err)),
            // Only the low 16 bits of a truth are defined.
            PropType::BOOLEAN => PropValue::Boolean(value.b != 0),
            PropType::OBJECT => PropValue::Object,
            PropType::I8 => PropValue::I8(value.li),
            PropType::STRING8 => {
                let bytes =
                    text::bytes8(value.lpszA, call)?.ok_or_else(|| invalid(call, "a text is NULL"))?;
                PropValue::String8(text::decode8(bytes))
            }
            PropType::UNICODE => {
                let text = text::utf16(value.lpszW, call)?.ok_or_else(|| invalid(call, "a text is NULL"))?;
                PropValue::Unicode(text)
            }
            PropType::SYSTIME => PropValue::SysTime(FileTime(value.ft.ticks())),
            PropType::CLSID => {
                let guids = array(value.lpguid, 1, call)?;
                PropValue::Clsid(guid(&guids[0]))
            }
            PropType::BINARY => PropValue::Binary(bytes(&value.bin, call)?.to_vec()),
            _ => return Err(wrong_type(call)),
        }
    })
}

/// # Safety
/// The union holds values of this multi-valued type.
unsafe fn many(ptype: PropType, value: &__UPV, call: &'static str) -> Result<PropValue> {
    // SAFETY: the caller promises that the union's member of this type counts, and its elements.
    Ok(unsafe {
        match ptype {
            PropType::MV_I2 => PropValue::MvI2(array(value.MVi.lpi, value.MVi.cValues, call)?.to_vec()),
            PropType::MV_LONG => PropValue::MvLong(array(value.MVl.lpl, value.MVl.cValues, call)?.to_vec()),
            PropType::MV_R4 => PropValue::MvR4(array(value.MVflt.lpflt, value.MVflt.cValues, call)?.to_vec()),
            PropType::MV_DOUBLE => {
                PropValue::MvDouble(array(value.MVdbl.lpdbl, value.MVdbl.cValues, call)?.to_vec())
            }
            PropType::MV_CURRENCY => {
                let amounts = array(value.MVcur.lpcur, value.MVcur.cValues, call)?;
                PropValue::MvCurrency(amounts.iter().map(|amount| amount.int64).collect())
            }
            PropType::MV_APPTIME => {
                PropValue::MvAppTime(array(value.MVat.lpat, value.MVat.cValues, call)?.to_vec())
            }
            PropType::MV_I8 => PropValue::MvI8(array(value.MVli.lpli, value.MVli.cValues, call)?.to_vec()),
            PropType::MV_STRING8 => {
                let texts = array(value.MVszA.lppszA, value.MVszA.cValues, call)?;
                let read = |text: &*mut u8| match text::bytes8(*text, call)? {
                    Some(bytes) => Ok(text::decode8(bytes)),
                    None => Err(invalid(call, "a text is NULL")),
                };
                PropValue::MvString8(texts.iter().map(read).collect::<Result<_>>()?)
            }
            PropType::MV_UNICODE => {
                let texts = array(value.MVszW.lppszW, value.MVszW.cValues, call)?;
                let read = |text: &*mut u16| {
                    text::utf16(*text, call)?.ok_or_else(|| invalid(call, "a text is NULL"))
                };
                PropValue::MvUnicode(texts.iter().map(read).collect::<Result<_>>()?)
            }
            PropType::MV_SYSTIME => {
                let times = array(value.MVft.lpft, value.MVft.cValues, call)?;
                PropValue::MvSysTime(times.iter().map(|time| FileTime(time.ticks())).collect())
            }
            PropType::MV_CLSID => {
                let guids = array(value.MVguid.lpguid, value.MVguid.cValues, call)?;
                PropValue::MvClsid(guids.iter().map(guid).collect())
            }
            PropType::MV_BINARY => {
                let values = array(value.MVbin.lpbin, value.MVbin.cValues, call)?;
                let read = |value: &SBinary| Ok(bytes(value, call)?.to_vec());
                PropValue::MvBinary(values.iter().map(read).collect::<Result<_>>()?)
            }
            _ => return Err(wrong_type(call)),
        }
    })
}

/// The counted bytes of C, borrowed.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: NULL with a count, or more than [`MOST_BYTES`].
///
/// # Safety
/// The pointer leads to as many bytes as the count says, which live during `'a`.
pub unsafe fn bytes<'a>(binary: &SBinary, call: &'static str) -> Result<&'a [u8]> {
    // SAFETY: the promise is the caller's own.
    unsafe { counted(binary.lpb, binary.cb, call) }
}

/// Counted bytes of any kind, borrowed: entry identifiers, search keys, parameters.
///
/// # Errors
/// As [`bytes`].
///
/// # Safety
/// As [`bytes`].
pub unsafe fn counted<'a>(pointer: *const u8, count: u32, call: &'static str) -> Result<&'a [u8]> {
    let count = count as usize;
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() || count > MOST_BYTES {
        return Err(invalid(call, "counted bytes are NULL or claim too many"));
    }
    refuse_freed(pointer.cast(), call)?;
    // SAFETY: not NULL, bounded; the caller promises that the bytes are there.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// Makes an array of property values in one buffer; NULL for none.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`.
pub fn c_props(props: &[Prop]) -> Result<*mut SPropValue> {
    buffer(|writer| put_props(writer, props))
}

/// Lays an array of property values out, and behind it what they lead to.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`.
pub fn put_props(writer: &mut Writer, props: &[Prop]) -> Result<*mut SPropValue> {
    let place = writer.reserve::<SPropValue>(props.len())?;
    for (index, prop) in props.iter().enumerate() {
        let value = put_prop(writer, prop)?;
        // SAFETY: the room was reserved for as many values.
        unsafe { writer.set(place, index, value) };
    }
    Ok(place)
}

/// One property value whose payload is laid out.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`.
pub fn put_prop(writer: &mut Writer, prop: &Prop) -> Result<SPropValue> {
    let tag = prop.tag.with_type(prop.value.ptype());
    Ok(SPropValue { ulPropTag: tag.0, dwAlignPad: 0, Value: put_value(writer, &prop.value)? })
}

fn put_value(writer: &mut Writer, value: &PropValue) -> Result<__UPV> {
    use PropValue as V;
    // The members that are not written stay zero: C programs compare whole values.
    let mut union = __UPV { MVbin: SBinaryArray { cValues: 0, lpbin: null_mut() } };
    match value {
        V::Null | V::Object => {}
        V::I2(number) => union.i = *number,
        V::Long(number) => union.l = *number,
        V::R4(number) => union.flt = *number,
        V::Double(number) => union.dbl = *number,
        V::Currency(amount) => union.cur = CY { int64: *amount },
        V::AppTime(days) => union.at = *days,
        V::Error(code) => union.err = code.as_u32() as i32,
        V::Boolean(truth) => union.b = u16::from(*truth),
        V::I8(number) => union.li = *number,
        V::String8(text) => union.lpszA = writer.put_text8(text)?,
        V::Unicode(text) => union.lpszW = writer.put_text16(text)?,
        V::SysTime(time) => union.ft = FILETIME::from_ticks(time.0),
        V::Clsid(guid) => union.lpguid = writer.put(&[c_guid(*guid)])?,
        V::Binary(bytes) => union.bin = put_binary(writer, bytes)?,
        _ => put_many(writer, value, &mut union)?,
    }
    Ok(union)
}

fn put_many(writer: &mut Writer, value: &PropValue, union: &mut __UPV) -> Result<()> {
    use PropValue as V;
    match value {
        V::MvI2(v) => union.MVi = SShortArray { cValues: count(v), lpi: writer.put(v)? },
        V::MvLong(v) => union.MVl = SLongArray { cValues: count(v), lpl: writer.put(v)? },
        V::MvR4(v) => union.MVflt = SRealArray { cValues: count(v), lpflt: writer.put(v)? },
        V::MvDouble(v) => union.MVdbl = SDoubleArray { cValues: count(v), lpdbl: writer.put(v)? },
        V::MvCurrency(v) => {
            let amounts: Vec<CY> = v.iter().map(|amount| CY { int64: *amount }).collect();
            union.MVcur = SCurrencyArray { cValues: count(v), lpcur: writer.put(&amounts)? };
        }
        V::MvAppTime(v) => union.MVat = SAppTimeArray { cValues: count(v), lpat: writer.put(v)? },
        V::MvI8(v) => union.MVli = SLargeIntegerArray { cValues: count(v), lpli: writer.put(v)? },
        V::MvString8(v) => {
            let texts = put_each(writer, v, |writer, text| writer.put_text8(text))?;
            union.MVszA = SLPSTRArray { cValues: count(v), lppszA: texts };
        }
        V::MvUnicode(v) => {
            let texts = put_each(writer, v, |writer, text| writer.put_text16(text))?;
            union.MVszW = SWStringArray { cValues: count(v), lppszW: texts };
        }
        V::MvSysTime(v) => {
            let times: Vec<FILETIME> = v.iter().map(|time| FILETIME::from_ticks(time.0)).collect();
            union.MVft = SDateTimeArray { cValues: count(v), lpft: writer.put(&times)? };
        }
        V::MvClsid(v) => {
            let guids: Vec<GUID> = v.iter().map(|guid| c_guid(*guid)).collect();
            union.MVguid = SGuidArray { cValues: count(v), lpguid: writer.put(&guids)? };
        }
        V::MvBinary(v) => {
            let values = put_each(writer, v, |writer, bytes| put_binary(writer, bytes))?;
            union.MVbin = SBinaryArray { cValues: count(v), lpbin: values };
        }
        _ => {}
    }
    Ok(())
}

/// Lays out an array whose elements lead to payloads of their own.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`.
pub fn put_each<S, T>(
    writer: &mut Writer,
    sources: &[S],
    mut put: impl FnMut(&mut Writer, &S) -> Result<T>,
) -> Result<*mut T> {
    let place = writer.reserve::<T>(sources.len())?;
    for (index, source) in sources.iter().enumerate() {
        let value = put(writer, source)?;
        // SAFETY: the room was reserved for as many values.
        unsafe { writer.set(place, index, value) };
    }
    Ok(place)
}

/// Lays counted bytes out.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`.
pub fn put_binary(writer: &mut Writer, bytes: &[u8]) -> Result<SBinary> {
    Ok(SBinary { cb: count(bytes), lpb: writer.put(bytes)? })
}

/// Makes a problem array, or NULL where there are no problems.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`.
pub fn c_problems(allocator: Allocator, problems: &[PropProblem]) -> Result<*mut SPropProblemArray> {
    if problems.is_empty() {
        return Ok(null_mut());
    }
    allocator.buffer(|writer| {
        let head = writer.put(&[count(problems)])?;
        put_each(writer, problems, |_, problem| {
            Ok(SPropProblem {
                ulIndex: problem.index as u32,
                ulPropTag: problem.tag.0,
                scode: problem.code.as_u32() as i32,
            })
        })?;
        Ok(head.cast())
    })
}

/// Reads the name of a named property.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a part of it is NULL, or its kind is none.
///
/// # Safety
/// The pointer is NULL or leads to a name, whose set and text live.
pub unsafe fn name(pointer: *const MAPINAMEID, call: &'static str) -> Result<NamedProp> {
    // SAFETY: the promise is the caller's own.
    let (name, set) = unsafe {
        let name = array(pointer, 1, call)?[0];
        (name, guid(&array(name.lpguid, 1, call)?[0]))
    };
    match name.ulKind {
        // SAFETY: a number is in the member `lID`; the upper half of the union is undefined.
        MNID_ID => Ok(NamedProp::id(set, unsafe { name.Kind.lID } as u32)),
        MNID_STRING => {
            // SAFETY: a text is in the member `lpwstrName`.
            let text = unsafe { text::utf16(name.Kind.lpwstrName, call) }?;
            Ok(NamedProp::text(set, text.ok_or_else(|| invalid(call, "a name is NULL"))?))
        }
        _ => Err(invalid(call, "a name is neither a number nor a text")),
    }
}

/// Makes an array of pointers to names in one buffer; an identifier without a name is NULL.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`.
pub fn c_names(allocator: Allocator, names: &[Option<NamedProp>]) -> Result<*mut *mut MAPINAMEID> {
    allocator.buffer(|writer| {
        put_each(writer, names, |writer, name| match name {
            None => Ok(null_mut()),
            Some(name) => put_name(writer, name),
        })
    })
}

fn put_name(writer: &mut Writer, name: &NamedProp) -> Result<*mut MAPINAMEID> {
    let lpguid = writer.put(&[c_guid(name.set)])?;
    let mut kind = MAPINAMEID_Kind { lID_Reserved: 0 };
    let kind_of = match &name.name {
        Name::Id(id) => {
            kind.lID = *id as i32;
            MNID_ID
        }
        Name::Text(text) => {
            kind.lpwstrName = writer.put_text16(text)?;
            MNID_STRING
        }
    };
    writer.put(&[MAPINAMEID { lpguid, ulKind: kind_of, Kind: kind }])
}

/// A property with text in the width of the tag that asked for it, or of the call's flags where the tag
/// left the type open.
pub fn in_width(mut prop: Prop, asked: Option<PropTag>, flags: u32) -> Prop {
    set_width(&mut prop, asked, flags);
    prop
}

/// As [`in_width`], in its place.
pub fn set_width(prop: &mut Prop, asked: Option<PropTag>, flags: u32) {
    use PropValue as V;
    if matches!(prop.value, V::Unicode(_) | V::MvUnicode(_) | V::String8(_) | V::MvString8(_)) {
        let wide = match asked.map(|tag| tag.ptype()).filter(|ptype| *ptype != PropType::UNSPECIFIED) {
            Some(ptype) => ptype.single() != PropType::STRING8,
            None => flags & MAPI_UNICODE != 0,
        };
        prop.value = match std::mem::replace(&mut prop.value, V::Null) {
            V::Unicode(text) if !wide => V::String8(text),
            V::MvUnicode(texts) if !wide => V::MvString8(texts),
            value if wide => value.into_unicode(),
            value => value,
        };
    }
    prop.tag = prop.tag.with_type(prop.value.ptype());
}

/// As many bytes as an array of property values takes at most, or `None` where that takes as long to say as laying
/// it out does.
pub fn props_bound(props: &[Prop]) -> Option<usize> {
    use PropValue as V;
    let mut bytes = 0_usize;
    for prop in props {
        // Two more than a multiple of the unit for its alignment.
        let more = match &prop.value {
            V::Null | V::Object | V::I2(_) | V::Long(_) | V::R4(_) | V::Double(_) | V::Currency(_) => 0,
            V::AppTime(_) | V::Error(_) | V::Boolean(_) | V::I8(_) | V::SysTime(_) => 0,
            // A unit of UTF-16 has at least a byte of UTF-8.
            V::Unicode(text) => text.len().checked_mul(2)?.checked_add(4)?,
            V::String8(text) if text.is_ascii() => text.len().checked_add(2)?,
            V::Binary(bytes) => bytes.len(),
            V::Clsid(_) => 24,
            _ => return None,
        };
        bytes = bytes.checked_add(size_of::<SPropValue>())?.checked_add(more)?;
    }
    Some(bytes)
}

/// A number of C as an error code; a success where an error belongs counts as `MAPI_E_CALL_FAILED`.
fn error_code(number: i32) -> ErrorCode {
    ErrorCode::from_u32(number as u32).unwrap_or(ErrorCode::CALL_FAILED)
}

fn count<T>(values: &[T]) -> u32 {
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}

fn wrong_type(call: &'static str) -> mapi_defs::Error {
    mapi_defs::Error::new(ErrorCode::INVALID_TYPE, call, "the property's type is none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory;
    use mapi_defs::prop::tags::{PR_BODY, PR_SUBJECT};
    use proptest::prelude::*;

    fn there_and_back(props: &[Prop]) -> Vec<Prop> {
        let block = c_props(props).unwrap();
        // SAFETY: the block holds what was just laid out.
        let back = unsafe { super::props(block, props.len() as u32, "t") }.unwrap();
        assert!(memory::free(block.cast()), "one block");
        back
    }

    fn any_value() -> impl Strategy<Value = PropValue> {
        let text = "[^\u{0}]{0,20}";
        prop_oneof![
            Just(PropValue::Null),
            Just(PropValue::Object),
            any::<i16>().prop_map(PropValue::I2),
            any::<i32>().prop_map(PropValue::Long),
            any::<i64>().prop_map(PropValue::Currency),
            any::<bool>().prop_map(PropValue::Boolean),
            any::<i64>().prop_map(PropValue::I8),
            (-1e9..1e9).prop_map(PropValue::AppTime),
            any::<u64>().prop_map(|ticks| PropValue::SysTime(FileTime(ticks))),
            any::<[u8; 16]>().prop_map(|bytes| PropValue::Clsid(Guid(bytes))),
            any::<Vec<u8>>().prop_map(PropValue::Binary),
            text.prop_map(PropValue::Unicode),
            text.prop_map(PropValue::String8),
            any::<Vec<i16>>().prop_map(PropValue::MvI2),
            any::<Vec<i32>>().prop_map(PropValue::MvLong),
            any::<Vec<i64>>().prop_map(PropValue::MvI8),
            any::<Vec<i64>>().prop_map(PropValue::MvCurrency),
            any::<Vec<u64>>().prop_map(|v| PropValue::MvSysTime(v.into_iter().map(FileTime).collect())),
            any::<Vec<[u8; 16]>>().prop_map(|v| PropValue::MvClsid(v.into_iter().map(Guid).collect())),
            prop::collection::vec(any::<Vec<u8>>(), 0..4).prop_map(PropValue::MvBinary),
            prop::collection::vec(text, 0..4).prop_map(PropValue::MvUnicode),
            prop::collection::vec(text, 0..4).prop_map(PropValue::MvString8),
        ]
    }

    proptest! {
        #[test]
        fn values_survive_the_way_to_c_and_back(values in prop::collection::vec(any_value(), 0..8)) {
            let props: Vec<Prop> =
                values.into_iter().map(|value| Prop::new(PropTag(0x1234_0000), value)).collect();
            prop_assert_eq!(there_and_back(&props), props);
        }
    }

    #[test]
    fn counts_and_pointers_that_cannot_be_are_refused() {
        let mut value = SPropValue {
            ulPropTag: PropTag::new(1, PropType::BINARY).0,
            dwAlignPad: 0,
            Value: __UPV { bin: SBinary { cb: 5, lpb: null_mut() } },
        };
        let code = |value: &SPropValue| {
            // SAFETY: what cannot be read is refused before it is read.
            unsafe { prop(value, "t") }.unwrap_err().code()
        };
        assert_eq!(code(&value), ErrorCode::INVALID_PARAMETER);
        let mut byte = 0u8;
        value.Value.bin = SBinary { cb: u32::MAX, lpb: &raw mut byte };
        assert_eq!(code(&value), ErrorCode::INVALID_PARAMETER);
        value.ulPropTag = PR_BODY.0;
        value.Value.lpszW = null_mut();
        assert_eq!(code(&value), ErrorCode::INVALID_PARAMETER);
        value.ulPropTag = PropTag::new(1, PropType(0x00FD)).0;
        assert_eq!(code(&value), ErrorCode::INVALID_TYPE);
        value.ulPropTag = PropTag::new(1, PropType(0x10FD)).0;
        assert_eq!(code(&value), ErrorCode::INVALID_TYPE);
        let many = SPropTagArray { cValues: u32::MAX, aulPropTag: [0] };
        // SAFETY: the count is refused before an element is read.
        assert!(unsafe { tags(&raw const many, "t") }.is_err());
    }

    #[test]
    fn tags_and_names_survive_the_way_to_c_and_back() {
        let asked = [PR_SUBJECT, PR_BODY];
        let block = c_tags(&asked).unwrap();
        // SAFETY: the block holds what was just laid out.
        assert_eq!(unsafe { tags(block, "t") }.unwrap().as_deref(), Some(&asked[..]));
        memory::free(block.cast());

        let names = [
            Some(NamedProp::id(Guid::PS_MAPI, 7)),
            None,
            Some(NamedProp::text(Guid::PS_PUBLIC_STRINGS, "ä")),
        ];
        let block = c_names(Allocator::OURS, &names).unwrap();
        for (index, expected) in names.iter().enumerate() {
            // SAFETY: the block holds three pointers.
            let pointer = unsafe { *block.add(index) };
            // SAFETY: a name that is not NULL was just laid out.
            let read = unsafe { name(pointer, "t") };
            assert_eq!(read.ok(), *expected);
        }
        memory::free(block.cast());
    }
}
