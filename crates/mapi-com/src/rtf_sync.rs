//! Keeping the plain and the RTF body of a message the same (RTFSync), through the message's own IMAPIProp.
//! The RTF itself is `mapi-rtf`'s; streams over it are `export/rtf_stream.rs`.

use crate::abi::{SPropProblemArray, SPropTagArray};
use crate::export::stream::{read_all, refused};
use crate::interfaces::{IMAPIProp, IStream};
use crate::marshal::prop::{c_props, props};
use crate::marshal::{MOST_BYTES, OutInterface};
use crate::memory;
use mapi_defs::prop::tags::{PR_BODY, PR_RTF_COMPRESSED, PR_RTF_IN_SYNC};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_rtf::{Extracted, compress, decompress, encapsulate_text, extract};
use std::ptr::null_mut;
use windows_core::{IUnknown, Interface};

const CALL: &str = "RTFSync";

/// Which body changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// The RTF: the plain text is made of it.
    Rtf,
    /// The plain text: the RTF is made of it.
    Body,
}

/// Makes the one body of the other; true where the message was changed.
///
/// A message without the body that changed is left alone.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the RTF cannot be read.
/// - what the message answers.
pub fn synchronize(message: &IMAPIProp, changed: Changed) -> Result<bool> {
    let corrupt =
        |fault| Error::new(ErrorCode::CORRUPT_DATA, CALL, "the RTF cannot be read").with_source(fault);
    let made = match changed {
        Changed::Rtf => match value(message, PR_RTF_COMPRESSED)? {
            Some(PropValue::Binary(bytes)) if !bytes.is_empty() => {
                let rtf = decompress(&bytes).map_err(corrupt)?.rtf;
                let text = match extract(&rtf).map_err(corrupt)? {
                    Extracted::Text(text) | Extracted::Native { text } => text,
                    // Made of HTML: the plain text is made where the HTML is.
                    _ => return Ok(false),
                };
                Prop::new(PR_BODY, text)
            }
            _ => return Ok(false),
        },
        Changed::Body => match value(message, PR_BODY)? {
            Some(PropValue::Unicode(text) | PropValue::String8(text)) => {
                Prop::new(PR_RTF_COMPRESSED, compress(&encapsulate_text(&text)))
            }
            _ => return Ok(false),
        },
    };
    set(message, &[made, Prop::new(PR_RTF_IN_SYNC, true)])?;
    Ok(true)
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
