//! `rtf_sync`: the RTF, the HTML and the text of a message, each made of another (RTFSync).
//!
//! A message on a storage says that it understands RTF, so whoever copies into one may leave its text out;
//! the save makes it of the RTF (`imsg/save.rs`). The RTF itself is `mapi-rtf`'s.

use mapi_defs::flags::{RtfSyncFlags, StreamFlags};
use mapi_defs::prop::tags::{PR_BODY, PR_HTML, PR_INTERNET_CPID, PR_RTF_COMPRESSED, PR_RTF_IN_SYNC};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_rtf::codepage::{UTF_8, decode};
use mapi_rtf::{compress, decompress, encapsulate_html, encapsulate_text, plain_text};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::StreamCursor;
use std::io::{Read, Write};

const CALL: &str = "RTFSync";

/// The bodies of a message, whichever face it has; text is UTF-8 here.
pub trait SyncedBodies {
    /// The bytes of a body; `None` where there is none of this type.
    ///
    /// # Errors
    /// What the message answers.
    fn body(&self, tag: PropTag) -> Result<Option<Vec<u8>>>;

    /// PR_INTERNET_CPID, which HTML is in.
    ///
    /// # Errors
    /// What the message answers.
    fn code_page(&self) -> Result<Option<u32>>;

    /// Puts a body in, and PR_RTF_IN_SYNC.
    ///
    /// # Errors
    /// What the message answers.
    fn put(&self, tag: PropTag, bytes: Vec<u8>) -> Result<()>;
}

/// Makes the text of a message of its RTF, or its RTF of its text, whichever was changed; where there is no
/// text its HTML becomes the RTF. Where both were changed the RTF counts. True where the message was changed;
/// it is not saved.
///
/// A message without the body that was changed is left alone.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_CORRUPT_DATA`: the RTF cannot be read.
/// - What the message answers.
///
/// # Source
/// RTFSync.
pub fn rtf_sync(message: &dyn MapiProp, changed: RtfSyncFlags) -> Result<bool> {
    synchronize_bodies(&message, changed)
}

/// [`rtf_sync`] for a message of another face.
///
/// # Errors
/// As [`rtf_sync`].
pub fn synchronize_bodies(message: &dyn SyncedBodies, changed: RtfSyncFlags) -> Result<bool> {
    if changed.has_unknown() {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
    }
    let made = if changed.contains(RtfSyncFlags::RTF_CHANGED) {
        match message.body(PR_RTF_COMPRESSED)? {
            Some(bytes) if !bytes.is_empty() => Some((PR_BODY, text_of_rtf(&bytes)?.into_bytes())),
            _ => None,
        }
    } else if changed.contains(RtfSyncFlags::BODY_CHANGED) {
        rtf(message)?.map(|rtf| (PR_RTF_COMPRESSED, compress(&rtf)))
    } else {
        None
    };
    let Some((tag, bytes)) = made else { return Ok(false) };
    message.put(tag, bytes)?;
    Ok(true)
}

/// The text that compressed RTF shows.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: it cannot be read.
pub(crate) fn text_of_rtf(compressed: &[u8]) -> Result<String> {
    let corrupt =
        |fault| Error::new(ErrorCode::CORRUPT_DATA, CALL, "the RTF cannot be read").with_source(fault);
    plain_text(&decompress(compressed).map_err(corrupt)?.rtf).map_err(corrupt)
}

/// The RTF of the message's text, or of its HTML where it has no text.
fn rtf(message: &dyn SyncedBodies) -> Result<Option<Vec<u8>>> {
    let utf8 = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if let Some(text) = message.body(PR_BODY)? {
        return Ok(Some(encapsulate_text(&utf8(text))));
    }
    if let Some(html) = message.body(PR_HTML.with_type(PropType::UNICODE))? {
        return Ok(Some(encapsulate_html(&utf8(html))));
    }
    let Some(html) = message.body(PR_HTML)? else { return Ok(None) };
    let page = message.code_page()?.unwrap_or(UTF_8);
    let text = decode(page, &html).or_else(|| decode(UTF_8, &html)).map(|decoded| decoded.text);
    Ok(text.map(|text| encapsulate_html(&text)))
}

impl SyncedBodies for &dyn MapiProp {
    fn body(&self, tag: PropTag) -> Result<Option<Vec<u8>>> {
        let found = self.props(Some(&[tag]))?.into_iter().next().map(|prop| prop.value);
        match found {
            Some(PropValue::Binary(bytes)) if tag.ptype() == PropType::BINARY => Ok(Some(bytes)),
            Some(PropValue::Unicode(text) | PropValue::String8(text)) if tag.ptype() != PropType::BINARY => {
                Ok(Some(text.into_bytes()))
            }
            Some(PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY)) => {
                let mut bytes = Vec::new();
                let stream = self.open_stream(tag, StreamFlags::NONE)?;
                StreamCursor::new(stream).read_to_end(&mut bytes).map_err(failed)?;
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }

    fn code_page(&self) -> Result<Option<u32>> {
        let page = self.props(Some(&[PR_INTERNET_CPID]))?.first().and_then(|prop| prop.value.as_long());
        Ok(page.and_then(|page| u32::try_from(page).ok()))
    }

    fn put(&self, tag: PropTag, bytes: Vec<u8>) -> Result<()> {
        let stream = self.open_stream(tag, StreamFlags::CREATE | StreamFlags::MODIFY)?;
        let mut cursor = StreamCursor::new(std::sync::Arc::clone(&stream));
        cursor.write_all(&bytes).map_err(failed)?;
        stream.commit()?;
        self.set_props(&[Prop::new(PR_RTF_IN_SYNC, true)]).map(drop)
    }
}

fn failed(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(inner) => inner,
        Err(other) => {
            Error::new(ErrorCode::DISK_ERROR, CALL, "a body cannot be read or written").with_source(other)
        }
    }
}
