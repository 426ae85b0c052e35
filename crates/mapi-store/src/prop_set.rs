//! `PropSet`: the properties of one open object, small values and large ones.
//!
//! One property per identifier. Text is Unicode from here on. What a store computes for itself is not
//! in here but in `computed.rs`; how the set lies in a row is `engine/pack.rs`.

use crate::engine::Engine;
use crate::staged::Staged;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Properties of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct PropSet {
    small: PropList,
    large: BTreeMap<u16, Large>,
}

/// A value that is read as a stream.
#[derive(Clone, Debug)]
pub(crate) struct Large {
    /// PT_UNICODE or PT_BINARY, and PT_OBJECT for an OLE storage.
    pub(crate) ptype: PropType,
    /// Where the bytes are.
    pub(crate) bytes: Bytes,
}

impl Large {
    /// What stands for the value in a list.
    pub(crate) fn shown(&self) -> PropValue {
        if self.ptype == PropType::OBJECT {
            return PropValue::Object;
        }
        PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY)
    }
}

/// Where the bytes of a large value are.
#[derive(Clone, Debug)]
pub(crate) enum Bytes {
    /// In the store.
    Stored {
        /// The stream's number.
        stream: i64,
        /// Its length in bytes.
        len: u64,
    },
    /// Not saved yet.
    Staged(Arc<Staged>),
}

impl Bytes {
    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Stored { len, .. } => *len,
            Self::Staged(staged) => staged.len(),
        }
    }

    /// All the bytes; the caller knows that they are to be in memory.
    ///
    /// # Errors
    /// - `MAPI_E_OBJECT_CHANGED`: somebody else saved the object meanwhile and the value is gone.
    pub(crate) fn read_all(&self, engine: &dyn Engine) -> Result<Vec<u8>> {
        let (stream, len) = match self {
            Self::Staged(staged) => return staged.to_vec(),
            Self::Stored { stream, len } => (*stream, *len),
        };
        let (mut all, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
        while (all.len() as u64) < len {
            match engine.read_stream(stream, all.len() as u64, &mut piece)? {
                0 => {
                    let detail = "somebody else saved the object meanwhile and the value is gone";
                    return Err(Error::new(ErrorCode::OBJECT_CHANGED, "MapiProp", detail));
                }
                count => all.extend_from_slice(&piece[..count]),
            }
        }
        Ok(all)
    }

    /// The bytes themselves where they are not in the store and at most `limit`.
    pub(crate) fn staged_within(&self, limit: u64) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Staged(staged) if staged.len() <= limit => staged.to_vec().map(Some),
            _ => Ok(None),
        }
    }
}

/// What a set holds under an identifier.
pub(crate) enum Held<'a> {
    /// A small value.
    Small(&'a Prop),
    /// A large one.
    Large(&'a Large),
}

impl PropSet {
    /// Sets a property; a text or binary value above [`SMALL_VALUE_BYTES`] becomes a large one.
    pub(crate) fn put(&mut self, prop: Prop) {
        let (id, value) = (prop.tag.id(), prop.value.into_unicode());
        let ptype = value.ptype();
        let bytes = match value {
            PropValue::Unicode(text) if text.len() > SMALL_VALUE_BYTES => text.into_bytes(),
            PropValue::Binary(bytes) if bytes.len() > SMALL_VALUE_BYTES => bytes,
            small => {
                self.large.remove(&id);
                self.small.set(prop.tag, small);
                return;
            }
        };
        self.put_large(id, Large { ptype, bytes: Bytes::Staged(Arc::new(Staged::from_vec(bytes))) });
    }

    /// Sets a large property.
    pub(crate) fn put_large(&mut self, id: u16, large: Large) {
        self.small.remove(id);
        self.large.insert(id, large);
    }

    /// Removes a property; true where there was one.
    pub(crate) fn remove(&mut self, id: u16) -> bool {
        self.small.remove(id).is_some() | self.large.remove(&id).is_some()
    }

    /// What is held under an identifier.
    pub(crate) fn held(&self, id: u16) -> Option<Held<'_>> {
        match self.large.get(&id) {
            Some(large) => Some(Held::Large(large)),
            None => self.small.prop(PropTag::new(id, PropType::UNSPECIFIED)).map(Held::Small),
        }
    }

    /// True where a property with this identifier is held.
    pub(crate) fn contains(&self, id: u16) -> bool {
        self.small.contains_id(id) || self.large.contains_key(&id)
    }

    /// The small values.
    pub(crate) fn small(&self) -> &PropList {
        &self.small
    }

    /// The large values by identifier.
    pub(crate) fn large(&self) -> impl Iterator<Item = (u16, &Large)> {
        self.large.iter().map(|(id, large)| (*id, large))
    }

    /// The tags of everything.
    pub(crate) fn tags(&self) -> Vec<PropTag> {
        let large = self.large.iter().map(|(id, large)| PropTag::new(*id, large.ptype));
        self.small.tags().chain(large).collect()
    }

    /// Everything, large values as PT_ERROR.
    pub(crate) fn list(&self) -> PropList {
        let mut list = self.small.clone();
        for (id, large) in &self.large {
            list.set(PropTag::new(*id, large.ptype), large.shown());
        }
        list
    }

    /// Bytes of all values.
    pub(crate) fn size_bytes(&self) -> u64 {
        let small: usize = self.small.iter().map(|prop| prop.value.size_bytes()).sum();
        small as u64 + self.large.values().map(|large| large.bytes.len()).sum::<u64>()
    }
}
