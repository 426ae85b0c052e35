//! `PropStream` over a property of an open object.
//!
//! Reading goes to the store piece by piece; writing goes to a staged copy that [`PropStream::commit`]
//! hands to the object and the object's save to the store.

use crate::logon::Logon;
use crate::prop_set::{Bytes, Held, Large, PropSet};
use crate::staged::Staged;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use mapi_spi::stream::PropStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An object whose properties have streams.
pub(crate) trait Owner: Send + Sync {
    /// Shows the properties, for a change where `write` is set.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the object has ended.
    /// - `MAPI_E_NO_ACCESS`: a change of an object that is open for reading only.
    fn with_props(&self, call: &'static str, write: bool, work: &mut dyn FnMut(&mut PropSet)) -> Result<()>;

    /// The object's logon.
    fn logon(&self) -> &Arc<Logon>;
}

/// Opens a stream over a property of `owner`.
///
/// # Errors
/// Those of `MapiProp::open_stream`.
pub(crate) fn open_stream(
    owner: Arc<dyn Owner>,
    tag: PropTag,
    flags: StreamFlags,
) -> Result<Arc<dyn PropStream>> {
    const CALL: &str = "MapiProp::open_stream";
    let refused = |code, detail: &'static str| Err(Error::new(code, CALL, detail));
    if flags.has_unknown() {
        return refused(ErrorCode::UNKNOWN_FLAGS, "an undefined flag is set");
    }
    let ptype = tag.ptype().unicode();
    match ptype {
        PropType::UNSPECIFIED => {
            return refused(ErrorCode::INVALID_PARAMETER, "a stream needs the property's type");
        }
        PropType::UNICODE | PropType::BINARY => {}
        _ => return refused(ErrorCode::INTERFACE_NOT_SUPPORTED, "a property of this type has no stream"),
    }
    let creates = flags.contains(StreamFlags::CREATE);
    let mut found = None;
    owner.with_props(CALL, creates || flags.contains(StreamFlags::MODIFY), &mut |props| {
        found = bytes_of(props, tag.id(), ptype);
    })?;
    let bytes = match found {
        _ if creates => Bytes::Staged(Arc::new(Staged::empty())),
        Some(bytes) => bytes,
        None => return refused(ErrorCode::NOT_FOUND, "there is no such text or binary property"),
    };
    let can_write = creates || flags.contains(StreamFlags::MODIFY);
    let stream = StoreStream { owner, tag: tag.with_type(ptype), can_write, bytes: Mutex::new(bytes) };
    if creates {
        // An empty value is there from now on, whether anything is written to it or not.
        stream.commit()?;
    }
    Ok(Arc::new(stream))
}

fn bytes_of(props: &PropSet, id: u16, ptype: PropType) -> Option<Bytes> {
    match props.held(id)? {
        Held::Large(large) => (large.ptype == ptype).then(|| large.bytes.clone()),
        Held::Small(prop) => match (&prop.value, ptype) {
            (PropValue::Unicode(text), PropType::UNICODE) => Some(staged(text.as_bytes())),
            (PropValue::Binary(bytes), PropType::BINARY) => Some(staged(bytes)),
            _ => None,
        },
    }
}

fn staged(bytes: &[u8]) -> Bytes {
    Bytes::Staged(Arc::new(Staged::from_vec(bytes.to_vec())))
}

/// A stream over one property.
struct StoreStream {
    owner: Arc<dyn Owner>,
    tag: PropTag,
    can_write: bool,
    bytes: Mutex<Bytes>,
}

impl StoreStream {
    fn lock(&self, call: &'static str) -> Result<MutexGuard<'_, Bytes>> {
        self.owner.with_props(call, false, &mut |_| {})?;
        Ok(self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the bytes; nobody else sees it before the commit.
    fn change(&self, call: &'static str, change: impl FnOnce(&mut Staged) -> Result<()>) -> Result<()> {
        if !self.can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the stream is open for reading"));
        }
        let mut bytes = self.lock(call)?;
        let own = match &mut *bytes {
            Bytes::Staged(staged) => match Arc::get_mut(staged) {
                Some(own) => return change(own),
                None => staged.copy()?,
            },
            Bytes::Stored { stream, len } => self.fetch(*stream, *len)?,
        };
        let mut own = own;
        change(&mut own)?;
        *bytes = Bytes::Staged(Arc::new(own));
        Ok(())
    }

    fn fetch(&self, stream: i64, len: u64) -> Result<Staged> {
        let engine = self.owner.logon().engine("PropStream::write_at")?;
        let (mut copy, mut buffer, mut offset) = (Staged::empty(), vec![0; 64 * 1024], 0);
        while offset < len {
            let count = engine.read_stream(stream, offset, &mut buffer)?;
            if count == 0 {
                return Err(removed());
            }
            copy.write_at(offset, &buffer[..count])?;
            offset += count as u64;
        }
        Ok(copy)
    }
}

impl PropStream for StoreStream {
    fn len(&self) -> Result<u64> {
        Ok(self.lock("PropStream::len")?.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let bytes = self.lock("PropStream::read_at")?.clone();
        match bytes {
            Bytes::Staged(staged) => staged.read_at(offset, into),
            Bytes::Stored { stream, len } => {
                let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
                let want = into.len().min(left);
                if want == 0 {
                    return Ok(0);
                }
                let engine = self.owner.logon().engine("PropStream::read_at")?;
                match engine.read_stream(stream, offset, &mut into[..want])? {
                    0 => Err(removed()),
                    count => Ok(count),
                }
            }
        }
    }

    fn write_at(&self, offset: u64, from: &[u8]) -> Result<usize> {
        self.change("PropStream::write_at", |staged| staged.write_at(offset, from))?;
        Ok(from.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.change("PropStream::set_len", |staged| staged.set_len(len))
    }

    fn commit(&self) -> Result<()> {
        const CALL: &str = "PropStream::commit";
        if !self.can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the stream is open for reading"));
        }
        let bytes = self.lock(CALL)?.clone();
        let small = bytes.staged_within(SMALL_VALUE_BYTES as u64)?;
        let value = match (small, self.tag.ptype()) {
            (Some(bytes), PropType::UNICODE) => {
                Some(PropValue::Unicode(String::from_utf8(bytes).map_err(|_| {
                    Error::new(ErrorCode::BAD_VALUE, CALL, "what was written to a text property is not UTF-8")
                })?))
            }
            (Some(bytes), _) => Some(PropValue::Binary(bytes)),
            (None, _) => None,
        };
        let mut put = Some((value, bytes));
        self.owner.with_props(CALL, true, &mut |props| match put.take() {
            Some((Some(value), _)) => props.put(Prop { tag: self.tag, value }),
            Some((None, bytes)) => {
                props.put_large(self.tag.id(), Large { ptype: self.tag.ptype(), bytes });
            }
            None => {}
        })
    }
}

fn removed() -> Error {
    let detail = "somebody else saved the object meanwhile and the value is gone";
    Error::new(ErrorCode::OBJECT_CHANGED, "PropStream::read_at", detail)
}
