//! IStream over the bytes of a property, and the bytes of a stream that a program hands in.
//!
//! Inside, text is UTF-8; a stream of a PT_UNICODE property is UTF-16 to C programs, and one of PT_STRING8
//! is in the code page. Such a stream is converted whole, when it is opened and when it is committed.

use crate::abi::{FILETIME, STATSTG};
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{ISequentialStream_Impl, IStream, IStream_Impl};
use crate::marshal::block::buffer;
use crate::marshal::text::{decode8, encode8};
use crate::marshal::{In, Out, OutInterface, invalid};
use mapi_defs::prop::PropType;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::stream::PropStream;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows_core::{GUID, HRESULT, implement};

const SEEK_SET: u32 = 0;
const SEEK_CURRENT: u32 = 1;
const SEEK_END: u32 = 2;
const STATFLAG_NONAME: u32 = 1;
const STGTY_STREAM: u32 = 2;
const STGM_READWRITE: u32 = 2;
/// Bytes copied at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Makes a COM stream of a property's bytes; a text property is converted for C programs.
pub fn export_stream(stream: Arc<dyn PropStream>, ptype: PropType, writable: bool) -> IStream {
    let stream = match ptype {
        PropType::UNICODE | PropType::STRING8 => {
            Arc::new(Text { inner: stream, wide: ptype == PropType::UNICODE, state: Mutex::new(None) })
        }
        _ => stream,
    };
    Stream { stream, writable, position: Mutex::new(0), last: LastError::new() }.into()
}

#[implement(IStream)]
struct Stream {
    stream: Arc<dyn PropStream>,
    writable: bool,
    position: Mutex<u64>,
    last: LastError,
}

impl Guarded for Stream {
    fn life(&self) -> Option<&Gate> {
        // The object behind a stream asks by itself whether it lives.
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl Stream {
    fn position(&self) -> MutexGuard<'_, u64> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ISequentialStream_Impl for Stream_Impl {
    unsafe fn Read(&self, out: *mut c_void, count: u32, read: *mut u32) -> HRESULT {
        const CALL: &str = "ISequentialStream::Read";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let read = unsafe { Out::optional(read, CALL) }?;
            // SAFETY: the caller's room.
            let room = unsafe { room(out, count, CALL) }?;
            let mut position = self.position();
            let mut done = 0;
            while done < room.len() {
                let more = self.stream.read_at(*position, &mut room[done..])?;
                if more == 0 {
                    break;
                }
                done += more;
                *position += more as u64;
            }
            if let Some(read) = read {
                read.write(done as u32);
            }
            Ok(())
        })
    }

    unsafe fn Write(&self, bytes: *const c_void, count: u32, written: *mut u32) -> HRESULT {
        const CALL: &str = "ISequentialStream::Write";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter and bytes.
            let (written, bytes) = unsafe {
                (Out::optional(written, CALL)?, crate::marshal::prop::counted(bytes.cast(), count, CALL)?)
            };
            self.refuse_unless_writable(CALL)?;
            let mut position = self.position();
            let mut done = 0;
            while done < bytes.len() {
                let more = self.stream.write_at(*position, &bytes[done..])?;
                if more == 0 {
                    return Err(Error::new(ErrorCode::STG_WRITEFAULT, CALL, "the stream takes no more"));
                }
                done += more;
                *position += more as u64;
            }
            if let Some(written) = written {
                written.write(done as u32);
            }
            Ok(())
        })
    }
}

impl Stream {
    fn refuse_unless_writable(&self, call: &'static str) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(Error::new(ErrorCode::STG_ACCESSDENIED, call, "the stream is open for reading"))
    }
}

impl IStream_Impl for Stream_Impl {
    unsafe fn Seek(&self, by: i64, origin: u32, now: *mut u64) -> HRESULT {
        const CALL: &str = "IStream::Seek";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let now = unsafe { Out::optional(now, CALL) }?;
            let mut position = self.position();
            let from = match origin {
                // From the start the offset counts without sign.
                SEEK_SET => i128::from(by as u64),
                SEEK_CURRENT => i128::from(*position) + i128::from(by),
                SEEK_END => i128::from(self.stream.len()?) + i128::from(by),
                _ => return Err(Error::new(ErrorCode::STG_INVALIDFUNCTION, CALL, "the origin is none")),
            };
            let before = |_| Error::new(ErrorCode::STG_INVALIDFUNCTION, CALL, "before the first byte");
            *position = u64::try_from(from).map_err(before)?;
            if let Some(now) = now {
                now.write(*position);
            }
            Ok(())
        })
    }

    unsafe fn SetSize(&self, size: u64) -> HRESULT {
        const CALL: &str = "IStream::SetSize";
        slot(&self.this, CALL, || {
            self.refuse_unless_writable(CALL)?;
            self.stream.set_len(size)
        })
    }

    unsafe fn CopyTo(&self, target: In<IStream>, count: u64, read: *mut u64, written: *mut u64) -> HRESULT {
        const CALL: &str = "IStream::CopyTo";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's stream and out parameters.
            let (target, read, written) = unsafe {
                (target.required(CALL)?, Out::optional(read, CALL)?, Out::optional(written, CALL)?)
            };
            let mut piece = vec![0; PIECE_BYTES];
            let mut done = 0;
            while done < count {
                let most = usize::try_from(count - done).unwrap_or(usize::MAX).min(piece.len());
                // The position is not locked over the call out.
                let at = *self.position();
                let more = self.stream.read_at(at, &mut piece[..most])?;
                if more == 0 {
                    break;
                }
                write_all(target, &piece[..more], CALL)?;
                *self.position() = at + more as u64;
                done += more as u64;
            }
            read.into_iter().chain(written).for_each(|out| out.write(done));
            Ok(())
        })
    }

    unsafe fn Commit(&self, _flags: u32) -> HRESULT {
        const CALL: &str = "IStream::Commit";
        slot(&self.this, CALL, || if self.writable { self.stream.commit() } else { Ok(()) })
    }

    unsafe fn Revert(&self) -> HRESULT {
        const CALL: &str = "IStream::Revert";
        slot(&self.this, CALL, || unsupported::<()>(CALL, "what was written is not taken back"))
    }

    unsafe fn LockRegion(&self, _offset: u64, _count: u64, _kind: u32) -> HRESULT {
        const CALL: &str = "IStream::LockRegion";
        slot(&self.this, CALL, || unsupported::<()>(CALL, "regions are not locked"))
    }

    unsafe fn UnlockRegion(&self, _offset: u64, _count: u64, _kind: u32) -> HRESULT {
        const CALL: &str = "IStream::UnlockRegion";
        slot(&self.this, CALL, || unsupported::<()>(CALL, "regions are not locked"))
    }

    unsafe fn Stat(&self, out: *mut STATSTG, flags: u32) -> HRESULT {
        const CALL: &str = "IStream::Stat";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            let name = if flags & STATFLAG_NONAME != 0 { null_mut() } else { buffer(|w| w.put(&[0u16]))? };
            out.write(STATSTG {
                pwcsName: name,
                type_: STGTY_STREAM,
                cbSize: self.stream.len()?,
                mtime: FILETIME::default(),
                ctime: FILETIME::default(),
                atime: FILETIME::default(),
                grfMode: if self.writable { STGM_READWRITE } else { 0 },
                grfLocksSupported: 0,
                clsid: GUID::zeroed(),
                grfStateBits: 0,
                reserved: 0,
            });
            Ok(())
        })
    }

    unsafe fn Clone(&self, out: OutInterface<IStream>) -> HRESULT {
        const CALL: &str = "IStream::Clone";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            let copy = Stream {
                stream: self.stream.clone(),
                writable: self.writable,
                position: Mutex::new(*self.position()),
                last: LastError::new(),
            };
            out.give::<IStream>(copy.into());
            Ok(())
        })
    }
}

/// Reads a program's stream from where it stands to its end, at most `most` bytes.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: there are more.
/// - what the stream answers.
pub fn read_all(stream: &IStream, most: usize, call: &'static str) -> Result<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let mut read = 0;
        // SAFETY: a live stream, and room for as many bytes.
        let answer = unsafe { stream.Read(piece.as_mut_ptr().cast(), PIECE_BYTES as u32, &raw mut read) };
        refused(answer, call)?;
        let read = (read as usize).min(PIECE_BYTES);
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() + read > most {
            return Err(Error::new(ErrorCode::TOO_BIG, call, "the stream is longer than is read at once"));
        }
        bytes.extend_from_slice(&piece[..read]);
    }
}

/// Writes bytes to a program's stream where it stands.
///
/// # Errors
/// - what the stream answers; `STG_E_WRITEFAULT` where it takes nothing.
pub fn write_all(stream: &IStream, bytes: &[u8], call: &'static str) -> Result<()> {
    let mut left = bytes;
    while !left.is_empty() {
        let (most, mut written) = (left.len().min(PIECE_BYTES), 0);
        // SAFETY: a live stream, and as many bytes.
        let answer = unsafe { stream.Write(left.as_ptr().cast(), most as u32, &raw mut written) };
        refused(answer, call)?;
        if written == 0 {
            return Err(Error::new(ErrorCode::STG_WRITEFAULT, call, "the stream takes no more"));
        }
        left = &left[(written as usize).min(most)..];
    }
    Ok(())
}

/// The answer of a foreign object as a result.
pub(crate) fn refused(answer: HRESULT, call: &'static str) -> Result<()> {
    ErrorCode::from_u32(answer.0 as u32)
        .map_or(Ok(()), |code| Err(Error::new(code, call, "the object refused the call")))
}

/// # Safety
/// The pointer leads to room for as many bytes.
unsafe fn room<'a>(out: *mut c_void, count: u32, call: &'static str) -> Result<&'a mut [u8]> {
    if count == 0 {
        return Ok(&mut []);
    }
    if out.is_null() {
        return Err(invalid(call, "the room to read into is NULL"));
    }
    // SAFETY: not NULL, and the promise is the caller's own.
    Ok(unsafe { std::slice::from_raw_parts_mut(out.cast(), count as usize) })
}

fn unsupported<T>(call: &'static str, why: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::STG_UNIMPLEMENTEDFUNCTION, call, why))
}

/// A text property's bytes in C's form, over a stream of UTF-8.
struct Text {
    inner: Arc<dyn PropStream>,
    wide: bool,
    /// The whole text in C's form, once it was read.
    state: Mutex<Option<Vec<u8>>>,
}

impl Text {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = match &mut *state {
            Some(bytes) => bytes,
            none => none.insert(self.load()?),
        };
        work(bytes)
    }

    fn load(&self) -> Result<Vec<u8>> {
        let len = usize::try_from(self.inner.len()?).unwrap_or(usize::MAX);
        let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE_BYTES.min(len.max(1))]);
        while bytes.len() < len {
            let more = self.inner.read_at(bytes.len() as u64, &mut piece)?;
            if more == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..more]);
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(if self.wide { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { encode8(&text) })
    }
}

impl PropStream for Text {
    fn len(&self) -> Result<u64> {
        self.with(|bytes| Ok(bytes.len() as u64))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<usize> {
        self.with(|bytes| bytes.read_at(offset, out))
    }

    fn write_at(&self, offset: u64, new: &[u8]) -> Result<usize> {
        self.with(|bytes| {
            let too_big = |_| Error::new(ErrorCode::TOO_BIG, "IStream::Write", "beyond what memory holds");
            let start = usize::try_from(offset).map_err(too_big)?;
            if start > crate::marshal::MOST_BYTES {
                return Err(Error::new(ErrorCode::TOO_BIG, "IStream::Write", "beyond what a text may hold"));
            }
            let end = start + new.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(new);
            Ok(new.len())
        })
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.with(|bytes| {
            let len = usize::try_from(len).ok().filter(|len| *len <= crate::marshal::MOST_BYTES);
            let too_big = || Error::new(ErrorCode::TOO_BIG, "IStream::SetSize", "more than a text may hold");
            bytes.resize(len.ok_or_else(too_big)?, 0);
            Ok(())
        })
    }

    fn commit(&self) -> Result<()> {
        self.with(|bytes| {
            let text = if self.wide {
                let units: Vec<u16> =
                    bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
                String::from_utf16_lossy(&units)
            } else {
                decode8(bytes)
            };
            self.inner.set_len(text.len() as u64)?;
            let mut done = 0;
            while done < text.len() {
                let more = self.inner.write_at(done as u64, &text.as_bytes()[done..])?;
                if more == 0 {
                    return Err(Error::new(ErrorCode::STG_WRITEFAULT, "IStream::Commit", "nothing is taken"));
                }
                done += more;
            }
            self.inner.commit()
        })
    }
}
