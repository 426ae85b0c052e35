//! The uncompressed side of a stream of compressed RTF (WrapCompressedRTFStream).
//! The form itself is `mapi-rtf`'s; the COM stream over the result is `stream.rs`.

use super::stream::{export_stream, read_all, refused, write_all};
use crate::interfaces::IStream;
use crate::marshal::MOST_BYTES;
use crate::marshal::text::encode_page;
use mapi_defs::prop::PropType;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_rtf::{Extracted, compress, decompress, extract, wrap_uncompressed};
use mapi_spi::stream::PropStream;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the native body of a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// RTF itself.
    Rtf,
    /// HTML that RTF carries.
    Html,
    /// Text that RTF carries.
    Text,
}

/// Makes a stream of the RTF in a stream of compressed RTF, for reading.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the stream is no compressed RTF.
/// - what the stream answers.
pub fn read_rtf(compressed: &IStream, call: &'static str) -> Result<IStream> {
    Ok(export_stream(Arc::new(rtf_of(compressed, call)?), PropType::BINARY, false))
}

/// Makes a stream of the body that the compressed RTF was made from, in a code page: HTML or text, or the
/// RTF itself where it was made from neither.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the stream is no compressed RTF, or the RTF cannot be read.
/// - `MAPI_E_UNKNOWN_CPID`: no such code page.
pub fn read_body(compressed: &IStream, code_page: u32, call: &'static str) -> Result<(IStream, Body)> {
    let rtf = rtf_of(compressed, call)?;
    let corrupt =
        |fault| Error::new(ErrorCode::CORRUPT_DATA, call, "the RTF cannot be read").with_source(fault);
    let encoded = |text: &str| {
        let unknown = || Error::new(ErrorCode::UNKNOWN_CPID, call, "no such code page");
        encode_page(code_page, text).map(|(bytes, _)| bytes).ok_or_else(unknown)
    };
    let (bytes, body) = match extract(&rtf).map_err(corrupt)? {
        Extracted::Html { html, .. } => (encoded(&html)?, Body::Html),
        Extracted::Text(text) => (encoded(&text)?, Body::Text),
        _ => (rtf, Body::Rtf),
    };
    Ok((export_stream(Arc::new(bytes), PropType::BINARY, false), body))
}

/// Makes a stream that takes RTF and, when it is committed, writes it compressed into the other.
pub fn write_rtf(compressed: IStream, plain: bool) -> IStream {
    let writer = Writer { compressed: Foreign(compressed), plain, rtf: Mutex::new(Vec::new()) };
    export_stream(Arc::new(writer), PropType::BINARY, true)
}

fn rtf_of(compressed: &IStream, call: &'static str) -> Result<Vec<u8>> {
    let bytes = read_all(compressed, MOST_BYTES, call)?;
    if bytes.is_empty() {
        return Ok(bytes);
    }
    let corrupt = |fault| {
        Error::new(ErrorCode::CORRUPT_DATA, call, "the stream is no compressed RTF").with_source(fault)
    };
    Ok(decompress(&bytes).map_err(corrupt)?.rtf)
}

/// RTF on its way into a stream of compressed RTF.
struct Writer {
    compressed: Foreign,
    plain: bool,
    rtf: Mutex<Vec<u8>>,
}

/// A program's stream.
struct Foreign(IStream);

// SAFETY: MAPI's objects may be used from any thread, one call at a time; the lock of the writer sees to
// the latter.
unsafe impl Send for Foreign {}
// SAFETY: as above.
unsafe impl Sync for Foreign {}

impl Writer {
    fn rtf(&self) -> MutexGuard<'_, Vec<u8>> {
        self.rtf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PropStream for Writer {
    fn len(&self) -> Result<u64> {
        Ok(self.rtf().len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.rtf().read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let too_big = || Error::new(ErrorCode::TOO_BIG, "IStream::Write", "beyond what a body may hold");
        let start = usize::try_from(offset).ok().filter(|start| *start <= MOST_BYTES).ok_or_else(too_big)?;
        let mut rtf = self.rtf();
        let end = start + bytes.len();
        if rtf.len() < end {
            rtf.resize(end, 0);
        }
        rtf[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let too_big = || Error::new(ErrorCode::TOO_BIG, "IStream::SetSize", "beyond what a body may hold");
        let len = usize::try_from(len).ok().filter(|len| *len <= MOST_BYTES).ok_or_else(too_big)?;
        self.rtf().resize(len, 0);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "IStream::Commit";
        // The bytes are copied out, so that no lock is held over the calls to the program's stream.
        let rtf = self.rtf().clone();
        let bytes = if self.plain { wrap_uncompressed(&rtf) } else { compress(&rtf) };
        let stream = &self.compressed.0;
        // SAFETY: a live stream of the program.
        unsafe {
            refused(stream.Seek(0, 0, null_mut()), CALL)?;
            refused(stream.SetSize(0), CALL)?;
        }
        write_all(stream, &bytes, CALL)
    }
}
