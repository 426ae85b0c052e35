//! Reading TNEF streams ([MS-OXTNEF]): the `winmail.dat` of mail from Outlook.
//!
//! [`read`] makes the plain message of a stream, with what is wrong with it; [`mended`] writes the stream
//! anew from the attributes that are whole. Making a stream of a message is nobody's yet.
//!
//! Every input is taken to be hostile: nothing panics, nothing is allocated by a claimed length, and messages
//! in messages are followed 64 deep.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")
)]

mod attributes;
mod bytes;
mod legacy;
mod message;
mod problem;
mod properties;

use attributes::{Attribute, Level, OEM_CODE_PAGE, Split, VERSION, split};
use mapi_defs::object::MessageObject;
use mapi_defs::{Error, ErrorCode, Result};

pub use problem::{Problem, Reason};

/// Messages embedded in messages; the stream's own message is at depth 0.
pub const NESTING_MAX: u32 = 64;
/// Properties of one object.
pub const PROPERTIES_MAX: usize = 65_535;
/// Recipients, or attachments, of one message.
pub const ROWS_MAX: usize = 100_000;
/// Problems that are told of one stream.
pub const PROBLEMS_MAX: usize = 1_000;
/// What every stream begins with.
pub const SIGNATURE: [u8; 4] = [0x78, 0x9F, 0x3E, 0x22];

/// A message that was read, and what is wrong with its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The message, as far as it could be read.
    pub message: MessageObject,
    /// What is wrong; nothing where the stream is sound.
    pub problems: Vec<Problem>,
}

/// Whether bytes begin as a TNEF stream does.
pub fn is_tnef(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Reads the message in a stream. All its text is PT_UNICODE, whatever width it had there.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the bytes are no TNEF stream, or not one attribute of it is whole.
///
/// # Source
/// OpenTnefStreamEx, ITnef::ExtractProps.
pub fn read(bytes: &[u8]) -> Result<Read> {
    let split = checked(bytes, "ITnef::ExtractProps")?;
    let mut problems = problem::Problems::default();
    let message = message::message(&split, "", 0, &mut problems);
    Ok(Read { message, problems: problems.into_vec() })
}

/// Writes the stream anew of its whole attributes: those of the message first, each with its right check value,
/// nothing after the last. What could not be read stays lost.
///
/// # Errors
/// As [`read`].
pub fn mended(bytes: &[u8]) -> Result<Vec<u8>> {
    let split = checked(bytes, "ITnef::Finish")?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend(SIGNATURE);
    out.extend(split.key.to_le_bytes());
    let is = |id: u32| split.attributes.iter().any(|attribute| attribute.is(id));
    if !is(VERSION) {
        attributes::write(&mut out, &Attribute { level: Level::Message, id: VERSION, data: &[0, 0, 1, 0] });
    }
    if !is(OEM_CODE_PAGE) {
        // Without one it is 437: that is said now.
        let data = &[0xB5, 1, 0, 0, 0, 0, 0, 0];
        attributes::write(&mut out, &Attribute { level: Level::Message, id: OEM_CODE_PAGE, data });
    }
    for level in [Level::Message, Level::Attachment] {
        let of_level = split.attributes.iter().filter(|attribute| attribute.level == level);
        let mut begun = level == Level::Message;
        for attribute in of_level {
            if !begun && !attribute.is(attributes::RENDERING) {
                attributes::write(&mut out, &attributes::PLAIN_RENDERING);
            }
            begun = true;
            attributes::write(&mut out, attribute);
        }
    }
    Ok(out)
}

fn checked<'a>(bytes: &'a [u8], call: &'static str) -> Result<Split<'a>> {
    let corrupt = |detail: &'static str| Error::new(ErrorCode::CORRUPT_DATA, call, detail);
    let split = split(bytes).ok_or_else(|| corrupt("the bytes are no TNEF stream"))?;
    if split.attributes.is_empty() {
        return Err(corrupt("the TNEF stream has not one whole attribute"));
    }
    Ok(split)
}
