//! Copying, counting and relocating property values of C as they are (ScCountProps, ScCopyProps,
//! ScRelocProps): 8-bit text stays the bytes it was.
//! Values that cross to the safe core go through `prop.rs`.

use super::block::Writer;
use super::prop::put_each;
use super::{array, invalid, text};
use crate::abi::{SBinary, SPropValue};
use mapi_defs::prop::{PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};

/// Lays values out with everything they lead to.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a type is none that can be copied, or a pointer cannot be used.
/// - `MAPI_E_TOO_BIG`: the block is full.
///
/// # Safety
/// Each value leads to what its tag says.
pub unsafe fn put_c_props(
    writer: &mut Writer,
    values: &[SPropValue],
    call: &'static str,
) -> Result<*mut SPropValue> {
    // SAFETY: the promise is the caller's own.
    put_each(writer, values, |writer, value| unsafe { put_payload(writer, value, call) })
}

/// One value whose payload is laid out.
///
/// # Errors
/// As [`put_c_props`].
///
/// # Safety
/// The value leads to what its tag says.
pub unsafe fn put_payload(writer: &mut Writer, value: &SPropValue, call: &'static str) -> Result<SPropValue> {
    let mut copy = *value;
    let ptype = PropTag(value.ulPropTag).ptype();
    if is_in_place(ptype) {
        return Ok(copy);
    }
    let from = &value.Value;
    // SAFETY: the caller promises that the member of this type counts, and what it leads to. Each member
    // of the copy is written whole.
    unsafe {
        match ptype {
            PropType::STRING8 => copy.Value.lpszA = put_text(writer, from.lpszA, call)?,
            PropType::UNICODE => copy.Value.lpszW = put_text(writer, from.lpszW, call)?,
            PropType::CLSID => copy.Value.lpguid = writer.put(array(from.lpguid, 1, call)?)?,
            PropType::BINARY => copy.Value.bin = put_c_binary(writer, &from.bin, call)?,
            PropType::MV_STRING8 => {
                let texts = array(from.MVszA.lppszA, from.MVszA.cValues, call)?;
                copy.Value.MVszA.lppszA =
                    put_each(writer, texts, |writer, text| put_text(writer, *text, call))?;
            }
            PropType::MV_UNICODE => {
                let texts = array(from.MVszW.lppszW, from.MVszW.cValues, call)?;
                copy.Value.MVszW.lppszW =
                    put_each(writer, texts, |writer, text| put_text(writer, *text, call))?;
            }
            PropType::MV_BINARY => {
                let values = array(from.MVbin.lpbin, from.MVbin.cValues, call)?;
                copy.Value.MVbin.lpbin =
                    put_each(writer, values, |writer, value| put_c_binary(writer, value, call))?;
            }
            _ => {
                // Every other multi-valued type is a count and a pointer to plain elements.
                let plain = from.MVbin;
                let bytes = element_bytes(ptype).ok_or_else(|| unknown(call))?;
                copy.Value.MVbin.lpbin = match bytes {
                    2 => writer.put(array(plain.lpbin.cast::<u16>(), plain.cValues, call)?)?.cast(),
                    4 => writer.put(array(plain.lpbin.cast::<u32>(), plain.cValues, call)?)?.cast(),
                    8 if ptype == PropType::MV_SYSTIME => {
                        writer.put(array(plain.lpbin.cast::<[u32; 2]>(), plain.cValues, call)?)?.cast()
                    }
                    8 => writer.put(array(plain.lpbin.cast::<u64>(), plain.cValues, call)?)?.cast(),
                    _ => writer.put(array(plain.lpbin.cast::<[u32; 4]>(), plain.cValues, call)?)?.cast(),
                };
            }
        }
    }
    Ok(copy)
}

/// Moves the pointers of values that [`put_c_props`] laid out from one base to another, and returns
/// the bytes that the values take in all.
///
/// The values stand at the head of their block. Where that head is now says where what they lead to can
/// be read, whether the block was moved already or is about to be.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a type is none that can be copied, or a pointer cannot be used.
///
/// # Safety
/// The values were laid out by [`put_c_props`] at `old`; the whole block can be read and written where
/// `values` is now.
pub unsafe fn relocate(
    values: &mut [SPropValue],
    old: usize,
    new: usize,
    call: &'static str,
) -> Result<usize> {
    let here = values.as_ptr() as usize;
    let mut counted = Writer::counting();
    counted.reserve::<SPropValue>(values.len())?;
    for value in values {
        // SAFETY: the promise is the caller's own.
        unsafe { relocate_payload(value, &mut counted, Move { old, new, here }, call) }?;
    }
    Ok(counted.used())
}

/// Where a block was laid out, where its pointers shall lead, and where it can be read now.
#[derive(Clone, Copy)]
pub(super) struct Move {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) here: usize,
}

impl Move {
    pub(super) fn readable<T>(self, pointer: *mut T) -> *mut T {
        (pointer as usize).wrapping_sub(self.old).wrapping_add(self.here) as *mut T
    }

    pub(super) fn moved<T>(self, pointer: *mut T) -> *mut T {
        if pointer.is_null() {
            return pointer;
        }
        (pointer as usize).wrapping_sub(self.old).wrapping_add(self.new) as *mut T
    }
}

/// # Safety
/// As [`relocate`].
pub(super) unsafe fn relocate_payload(
    value: &mut SPropValue,
    counted: &mut Writer,
    by: Move,
    call: &'static str,
) -> Result<()> {
    let ptype = PropTag(value.ulPropTag).ptype();
    if is_in_place(ptype) {
        return Ok(());
    }
    // A copy whose pointers lead to where the payload can be read: copying it counts it.
    let mut readable = *value;
    // SAFETY: every type that is not in place has its first pointer in one of these two members; text and
    // GUIDs have it at the start of the union, counted values behind the count.
    unsafe {
        match ptype {
            PropType::STRING8 | PropType::UNICODE | PropType::CLSID => {
                readable.Value.lpv = by.readable(value.Value.lpv);
                value.Value.lpv = by.moved(value.Value.lpv);
            }
            _ => {
                readable.Value.bin.lpb = by.readable(value.Value.bin.lpb);
                value.Value.bin.lpb = by.moved(value.Value.bin.lpb);
            }
        }
        match ptype {
            PropType::MV_STRING8 | PropType::MV_UNICODE => {
                let many = readable.Value.MVszA;
                counted.reserve::<*mut u8>(many.cValues as usize)?;
                let texts: *mut *mut u8 = many.lppszA;
                for index in 0..array(texts, many.cValues, call)?.len() {
                    let text = texts.add(index);
                    let at = by.readable(*text);
                    *text = by.moved(*text);
                    if ptype == PropType::MV_STRING8 {
                        put_text(counted, at, call)?;
                    } else {
                        put_text(counted, at.cast::<u16>(), call)?;
                    }
                }
            }
            PropType::MV_BINARY => {
                let many = readable.Value.MVbin;
                counted.reserve::<SBinary>(many.cValues as usize)?;
                for index in 0..array(many.lpbin, many.cValues, call)?.len() {
                    let binary = many.lpbin.add(index);
                    counted.reserve::<u8>((*binary).cb as usize)?;
                    (*binary).lpb = by.moved((*binary).lpb);
                }
            }
            _ => {
                put_payload(counted, &readable, call)?;
            }
        }
    }
    Ok(())
}

/// # Safety
/// The pointer leads to a text that ends with a zero unit.
pub(super) unsafe fn put_text<U: Copy + Default + PartialEq>(
    writer: &mut Writer,
    pointer: *const U,
    call: &'static str,
) -> Result<*mut U> {
    // SAFETY: the promise is the caller's own.
    let units = unsafe { text::units(pointer, call) }?.ok_or_else(|| invalid(call, "a text is NULL"))?;
    // SAFETY: the terminator stands behind the units and was read already.
    writer.put(unsafe { std::slice::from_raw_parts(units.as_ptr(), units.len() + 1) })
}

/// # Safety
/// The bytes are there.
unsafe fn put_c_binary(writer: &mut Writer, binary: &SBinary, call: &'static str) -> Result<SBinary> {
    // SAFETY: the promise is the caller's own.
    Ok(SBinary { cb: binary.cb, lpb: writer.put(unsafe { super::prop::bytes(binary, call) }?)? })
}

/// True for types that can be copied.
pub fn is_known(ptype: PropType) -> bool {
    is_in_place(ptype)
        || element_bytes(ptype).is_some()
        || matches!(ptype.single(), PropType::STRING8 | PropType::UNICODE | PropType::BINARY)
        || ptype == PropType::CLSID
}

/// True for types whose value is in the union itself.
pub fn is_in_place(ptype: PropType) -> bool {
    matches!(
        ptype,
        PropType::UNSPECIFIED
            | PropType::NULL
            | PropType::I2
            | PropType::LONG
            | PropType::R4
            | PropType::DOUBLE
            | PropType::CURRENCY
            | PropType::APPTIME
            | PropType::ERROR
            | PropType::BOOLEAN
            | PropType::OBJECT
            | PropType::I8
            | PropType::SYSTIME
    )
}

/// Bytes of one element of a multi-valued type whose elements are plain.
fn element_bytes(ptype: PropType) -> Option<usize> {
    match ptype {
        PropType::MV_I2 => Some(2),
        PropType::MV_LONG | PropType::MV_R4 => Some(4),
        PropType::MV_DOUBLE
        | PropType::MV_CURRENCY
        | PropType::MV_APPTIME
        | PropType::MV_I8
        | PropType::MV_SYSTIME => Some(8),
        PropType::MV_CLSID => Some(16),
        _ => None,
    }
}

fn unknown(call: &'static str) -> Error {
    Error::new(ErrorCode::INVALID_PARAMETER, call, "the property's type is none that can be copied")
}

#[cfg(test)]
mod tests {
    use super::super::block::buffer;
    use super::super::prop::{c_props, props};
    use super::*;
    use crate::memory;
    use mapi_defs::prop::{Prop, PropValue};
    use mapi_defs::{FileTime, Guid};

    fn sample() -> Vec<Prop> {
        [
            PropValue::Long(7),
            PropValue::Unicode("Grüße".into()),
            PropValue::String8("plain".into()),
            PropValue::Binary(vec![1, 2, 3]),
            PropValue::Clsid(Guid::PS_MAPI),
            PropValue::MvI2(vec![1, -2, 3]),
            PropValue::MvR4(vec![1.5]),
            PropValue::MvSysTime(vec![FileTime(1), FileTime(2)]),
            PropValue::MvClsid(vec![Guid::PS_PUBLIC_STRINGS]),
            PropValue::MvUnicode(vec!["a".into(), String::new()]),
            PropValue::MvString8(vec!["b".into(), "cd".into()]),
            PropValue::MvBinary(vec![vec![], vec![9; 5]]),
        ]
        .into_iter()
        .map(|value| Prop::new(PropTag(0x1234_0000), value))
        .collect()
    }

    #[test]
    fn a_copied_block_is_moved_before_and_after_it_is_copied() {
        let expected = sample();
        let count = expected.len() as u32;
        let source = c_props(&expected).unwrap();
        // SAFETY: the block holds `count` values.
        let values = unsafe { array(source, count, "t") }.unwrap();
        // SAFETY: the values were just laid out.
        let copy = buffer(|writer| unsafe { put_c_props(writer, values, "t") }).unwrap();
        memory::free(source.cast());
        let bytes = memory::size_of_buffer(copy.cast()).unwrap();

        // Moved first, relocated second: the pointers still lead to the old place.
        let moved = memory::allocate(bytes).unwrap().cast::<SPropValue>();
        // SAFETY: both blocks have as many bytes.
        unsafe { moved.cast::<u8>().as_ptr().copy_from_nonoverlapping(copy.cast(), bytes) };
        let (old, new) = (copy as usize, moved.as_ptr() as usize);
        memory::free(copy.cast());
        // SAFETY: the moved block holds the values.
        let at_new = unsafe { std::slice::from_raw_parts_mut(moved.as_ptr(), count as usize) };
        // SAFETY: laid out at `old`, now at `new`.
        assert_eq!(unsafe { relocate(at_new, old, new, "t") }.unwrap(), bytes);
        // SAFETY: the pointers lead into the moved block.
        assert_eq!(unsafe { props(moved.as_ptr(), count, "t") }.unwrap(), expected);

        // Relocated to an offset of nowhere and back, as for writing it to a file.
        // SAFETY: laid out for `new`, and there.
        unsafe { relocate(at_new, new, 0x1000, "t") }.unwrap();
        // SAFETY: the pointers are for 0x1000, the block is where it was.
        unsafe { relocate(at_new, 0x1000, new, "t") }.unwrap();
        // SAFETY: the pointers lead into the moved block again.
        assert_eq!(unsafe { props(moved.as_ptr(), count, "t") }.unwrap(), expected);
        memory::free(moved.as_ptr().cast());
    }

    #[test]
    fn a_type_that_is_none_is_not_copied() {
        let mut value = SPropValue {
            ulPropTag: 0x1234_00FD,
            dwAlignPad: 0,
            Value: crate::abi::__UPV { bin: SBinary { cb: 0, lpb: std::ptr::null_mut() } },
        };
        // SAFETY: the type is refused before the union is read.
        let refused = unsafe { put_payload(&mut Writer::counting(), &value, "t") }.map(|_| ());
        assert_eq!(refused.unwrap_err().code(), ErrorCode::INVALID_PARAMETER);
        value.ulPropTag = 0x1234_10FD;
        // SAFETY: as above.
        assert!(unsafe { put_payload(&mut Writer::counting(), &value, "t") }.is_err());
    }
}
