//! `Foreign`: an object with properties that a provider in a library handed out (IMAPIProp).
//! What each kind of object has beyond them is in the file of the kind.

use super::storage::foreign_stream;
use super::{Block, face, given, told};
use crate::interfaces::{IMAPIProp, IStream, IUnknown};
use crate::marshal::array;
use crate::marshal::block::Allocator;
use crate::marshal::prop::{c_names, c_props, c_tags, name, props, tags};
use crate::marshal::text::MAPI_UNICODE;
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::Interface;

const MAPI_CREATE: u32 = 2;
/// Most bytes of a text that is changed as a whole.
const MOST_TEXT_BYTES: u64 = 1 << 28;

/// An interface that begins with IMAPIProp.
pub(crate) trait PropFace: Interface + 'static {
    /// The properties.
    fn prop(&self) -> &IMAPIProp;
}

impl PropFace for IMAPIProp {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

/// A provider's object by the interface of its kind; a reference is held until the last owner lets go.
pub(crate) struct Foreign<I>(pub(crate) I);

// SAFETY: a provider's objects may be called from any thread (threading of MAPI), as the interface demands.
unsafe impl<I> Send for Foreign<I> {}
// SAFETY: as above.
unsafe impl<I> Sync for Foreign<I> {}

impl<I: PropFace> MapiProp for Foreign<I> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        const CALL: &str = "IMAPIProp::GetProps";
        if asked.is_some_and(<[PropTag]>::is_empty) {
            return Ok(Vec::new());
        }
        let wanted = Block(asked.map_or(Ok(null_mut()), c_tags)?);
        let (mut count, mut block, prop) = (0, Block::empty(), self.0.prop());
        // SAFETY: the object is held by `self`; tags and places are ours.
        let answer = unsafe { prop.GetProps(wanted.0, MAPI_UNICODE, &raw mut count, &raw mut block.0) };
        told(answer, CALL)?;
        // SAFETY: the object answered as many values.
        let found = unsafe { props(block.0, count, CALL) }?;
        if asked.is_some_and(|asked| asked.len() != found.len()) {
            let why = "the provider answered another number of properties than were asked for";
            return Err(Error::new(ErrorCode::CALL_FAILED, CALL, why));
        }
        Ok(found)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        const CALL: &str = "IMAPIProp::GetPropList";
        let mut list = Block::empty();
        // SAFETY: the object is held by `self`; the place is ours.
        told(unsafe { self.0.prop().GetPropList(MAPI_UNICODE, &raw mut list.0) }, CALL)?;
        // SAFETY: the object answered NULL or a tag array.
        let mut list = unsafe { tags(list.0, CALL) }?.unwrap_or_default();
        list.sort_unstable_by_key(|tag| tag.0);
        Ok(list)
    }

    fn set_props(&self, values: &[Prop]) -> Result<Vec<PropProblem>> {
        const CALL: &str = "IMAPIProp::SetProps";
        let (block, mut problems) = (Block(c_props(values)?), Block::empty());
        let count = values.len() as u32;
        // SAFETY: the object is held by `self`; values and place are ours.
        told(unsafe { self.0.prop().SetProps(count, block.0, &raw mut problems.0) }, CALL)?;
        // SAFETY: the object answered NULL or a problem array.
        unsafe { read_problems(problems.0, CALL) }
    }

    fn delete_props(&self, list: &[PropTag]) -> Result<Vec<PropProblem>> {
        const CALL: &str = "IMAPIProp::DeleteProps";
        let (block, mut problems) = (Block(c_tags(list)?), Block::empty());
        // SAFETY: the object is held by `self`; tags and place are ours.
        told(unsafe { self.0.prop().DeleteProps(block.0, &raw mut problems.0) }, CALL)?;
        // SAFETY: the object answered NULL or a problem array.
        unsafe { read_problems(problems.0, CALL) }
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let stream: IStream =
            face(&open_property::<IStream>(self.0.prop(), tag, flags.0)?, "IMAPIProp::OpenProperty")?;
        let stream = foreign_stream(&stream);
        match tag.ptype() {
            PropType::UNICODE => Ok(Arc::new(WideStream::open(stream)?)),
            _ => Ok(stream),
        }
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.prop().SaveChanges(flags.0) }, "IMAPIProp::SaveChanges")
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        const CALL: &str = "IMAPIProp::GetNamesFromIDs";
        let asked: Vec<PropTag> = ids.iter().map(|id| PropTag::new(*id, PropType::UNSPECIFIED)).collect();
        let (mut asked, mut count, mut names) = (Block(c_tags(&asked)?), 0, Block::empty());
        // SAFETY: the object is held by `self`; tags and places are ours.
        let answer = unsafe {
            let prop = self.0.prop();
            prop.GetNamesFromIDs(&raw mut asked.0, null_mut(), 0, &raw mut count, &raw mut names.0)
        };
        told(answer, CALL)?;
        // SAFETY: the object answered as many names, each NULL or a name.
        unsafe {
            let each = array(names.0, count, CALL)?;
            each.iter().map(|one| if one.is_null() { Ok(None) } else { name(*one, CALL).map(Some) }).collect()
        }
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        const CALL: &str = "IMAPIProp::GetIDsFromNames";
        let asked: Vec<Option<NamedProp>> = names.iter().cloned().map(Some).collect();
        let (block, mut list) = (Block(c_names(Allocator::OURS, &asked)?), Block::empty());
        let (count, flags) = (names.len() as u32, if create { MAPI_CREATE } else { 0 });
        // SAFETY: the object is held by `self`; names and place are ours.
        told(unsafe { self.0.prop().GetIDsFromNames(count, block.0, flags, &raw mut list.0) }, CALL)?;
        // SAFETY: the object answered NULL or a tag array.
        let list = unsafe { tags(list.0, CALL) }?.unwrap_or_default();
        Ok(list.iter().map(|tag| Some(tag.id()).filter(|_| tag.ptype() != PropType::ERROR)).collect())
    }
}

/// Opens a property as an object of an interface.
///
/// # Errors
/// What the provider answers.
pub(crate) fn open_property<I: Interface>(prop: &IMAPIProp, tag: PropTag, flags: u32) -> Result<IUnknown> {
    const CALL: &str = "IMAPIProp::OpenProperty";
    let (iid, mut found): (_, Option<IUnknown>) = (I::IID, None);
    // SAFETY: the object is borrowed; identifier and place are ours.
    told(unsafe { prop.OpenProperty(tag.0, &raw const iid, 0, flags, (&mut found).into()) }, CALL)?;
    given(found, CALL)
}

/// # Safety
/// NULL, or a problem array.
unsafe fn read_problems(
    pointer: *const crate::abi::SPropProblemArray,
    call: &'static str,
) -> Result<Vec<PropProblem>> {
    if pointer.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the promise is the caller's own.
    let each = unsafe {
        let count = array(pointer, 1, call)?[0].cProblem;
        array(std::ptr::addr_of!((*pointer).aProblem).cast::<crate::abi::SPropProblem>(), count, call)?
    };
    let problem = |one: &crate::abi::SPropProblem| PropProblem {
        index: one.ulIndex as usize,
        tag: PropTag(one.ulPropTag),
        code: ErrorCode::from_u32(one.scode as u32).unwrap_or(ErrorCode::CALL_FAILED),
    };
    Ok(each.iter().map(problem).collect())
}

/// A text that is a stream of UTF-16 at the provider, and of UTF-8 here; held whole, and handed on at its
/// commit.
struct WideStream {
    stream: Arc<dyn PropStream>,
    text: Mutex<Vec<u8>>,
}

impl WideStream {
    fn open(stream: Arc<dyn PropStream>) -> Result<Self> {
        const CALL: &str = "IStream::Read";
        let mut bytes = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            let read = stream.read_at(bytes.len() as u64, &mut piece)?;
            if read == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..read]);
            if bytes.len() as u64 > MOST_TEXT_BYTES {
                return Err(Error::new(ErrorCode::TOO_BIG, CALL, "the text is longer than one may be"));
            }
        }
        let units: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
        Ok(Self { stream, text: Mutex::new(String::from_utf16_lossy(&units).into_bytes()) })
    }

    fn text(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PropStream for WideStream {
    fn len(&self) -> Result<u64> {
        Ok(self.text().len() as u64)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        self.text().read_at(offset, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let end = offset.checked_add(bytes.len() as u64).filter(|end| *end <= MOST_TEXT_BYTES);
        let end = end.ok_or_else(|| Error::new(ErrorCode::TOO_BIG, "IStream::Write", "too long a text"))?;
        let mut text = self.text();
        if (text.len() as u64) < end {
            text.resize(end as usize, 0);
        }
        text[offset as usize..end as usize].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        if len > MOST_TEXT_BYTES {
            return Err(Error::new(ErrorCode::TOO_BIG, "IStream::SetSize", "too long a text"));
        }
        self.text().resize(len as usize, 0);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        let bytes: Vec<u8> =
            String::from_utf8_lossy(&self.text()).encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.stream.set_len(bytes.len() as u64)?;
        let mut written = 0;
        while written < bytes.len() {
            match self.stream.write_at(written as u64, &bytes[written..])? {
                0 => return Err(Error::new(ErrorCode::CALL_FAILED, "IStream::Write", "nothing was written")),
                some => written += some,
            }
        }
        self.stream.commit()
    }
}
