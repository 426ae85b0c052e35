//! A program's message as RTFSync reads and writes it, through its IMAPIProp. What is made of what is
//! `mapi_msg::rtf_sync`'s; streams over RTF are `export/rtf_stream.rs`.

use crate::abi::{SPropProblemArray, SPropTagArray};
use crate::export::stream::{read_all, refused};
use crate::interfaces::{IMAPIProp, IStream};
use crate::marshal::prop::{c_props, props};
use crate::marshal::{MOST_BYTES, OutInterface};
use crate::memory;
use mapi_defs::flags::RtfSyncFlags;
use mapi_defs::prop::tags::{PR_INTERNET_CPID, PR_RTF_IN_SYNC};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_msg::{SyncedBodies, synchronize_bodies};
use std::ptr::null_mut;
use windows_core::{IUnknown, Interface};

const CALL: &str = "RTFSync";

/// Makes the one body of the other; true where the message was changed.
///
/// # Errors
/// As [`mapi_msg::rtf_sync`].
pub fn synchronize(message: &IMAPIProp, changed: RtfSyncFlags) -> Result<bool> {
    synchronize_bodies(&Program(message), changed)
}

/// A message of the program's.
struct Program<'a>(&'a IMAPIProp);

impl SyncedBodies for Program<'_> {
    fn body(&self, tag: PropTag) -> Result<Option<Vec<u8>>> {
        Ok(match value(self.0, tag)? {
            Some(PropValue::Binary(bytes)) if tag.ptype() == PropType::BINARY => Some(bytes),
            Some(PropValue::Unicode(text) | PropValue::String8(text)) if tag.ptype() != PropType::BINARY => {
                Some(text.into_bytes())
            }
            _ => None,
        })
    }

    fn code_page(&self) -> Result<Option<u32>> {
        let page = value(self.0, PR_INTERNET_CPID)?.as_ref().and_then(PropValue::as_long);
        Ok(page.and_then(|page| u32::try_from(page).ok()))
    }

    fn put(&self, tag: PropTag, bytes: Vec<u8>) -> Result<()> {
        let made = match tag.ptype() {
            PropType::BINARY => Prop::new(tag, bytes),
            _ => Prop::new(tag, String::from_utf8_lossy(&bytes).into_owned()),
        };
        set(self.0, &[made, Prop::new(PR_RTF_IN_SYNC, true)])
    }
}

/// A property of a program's object, through a stream where it is too large to be read at once.
fn value(message: &IMAPIProp, tag: PropTag) -> Result<Option<PropValue>> {
    let mut tags = SPropTagArray { cValues: 1, aulPropTag: [tag.0] };
    let (mut count, mut values) = (0, null_mut());
    // SAFETY: a live object and arguments of ours; the values are ours to free.
    let read = unsafe {
        refused(message.GetProps(&raw mut tags, 0, &raw mut count, &raw mut values), CALL)?;
        props(values, count, CALL)
    };
    memory::free(values.cast());
    match read?.into_iter().next().map(|prop| prop.value) {
        Some(PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY)) => streamed(message, tag).map(Some),
        Some(PropValue::Error(_)) | None => Ok(None),
        value => Ok(value),
    }
}

fn streamed(message: &IMAPIProp, tag: PropTag) -> Result<PropValue> {
    let mut stream: Option<IUnknown> = None;
    let out: OutInterface<IUnknown> = (&mut stream).into();
    let iid = IStream::IID;
    // SAFETY: a live object and arguments of ours.
    refused(unsafe { message.OpenProperty(tag.0, &raw const iid, 0, 0, out) }, CALL)?;
    let none = || Error::new(ErrorCode::CALL_FAILED, CALL, "the property opens as no stream");
    let stream: IStream = stream.ok_or_else(none)?.cast().map_err(|_| none())?;
    let bytes = read_all(&stream, MOST_BYTES, CALL)?;
    if tag.ptype() != PropType::UNICODE {
        return Ok(PropValue::Binary(bytes));
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    Ok(PropValue::Unicode(String::from_utf16_lossy(&units)))
}

fn set(message: &IMAPIProp, new: &[Prop]) -> Result<()> {
    let values = c_props(new)?;
    let mut problems: *mut SPropProblemArray = null_mut();
    // SAFETY: a live object and arguments of ours; the problems are ours to free.
    let (answer, problem) = unsafe {
        let answer = message.SetProps(new.len() as u32, values, &raw mut problems);
        let told = !problems.is_null() && (*problems).cProblem > 0;
        (answer, told.then(|| (*problems).aProblem[0]))
    };
    memory::free(values.cast());
    memory::free(problems.cast());
    refused(answer, CALL)?;
    // That the two are the same is good to know, but not every object keeps it.
    let body = problem.filter(|problem| problem.ulIndex == 0);
    match body.and_then(|problem| ErrorCode::from_u32(problem.scode as u32)) {
        Some(code) => Err(Error::new(code, CALL, "the body could not be set")),
        None => Ok(()),
    }
}
