//! The packed form of properties and recipients in the store's rows, drawn in docs/store-schema.md.
//!
//! Only bytes and values: which property goes into which row is `message/image.rs`, and where large
//! values lie is `stream.rs`. Reading trusts nothing; whatever is not whole is `MAPI_E_CORRUPT_DATA`.

mod value;

use crate::prop_set::{Bytes, Large, PropSet};
use crate::staged::Staged;
use mapi_defs::prop::{Prop, PropList, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use std::sync::Arc;

/// Bytes before the entries: number of properties, number of those that are streams.
const HEAD_BYTES: usize = 8;
/// Bytes of an entry: tag and place.
const ENTRY_BYTES: usize = 8;
/// Set in an entry's place where the value is the number of a stream and its length.
const IN_STREAM: u32 = 1 << 31;
/// Set in an entry's place where the value lies in another blob of the row; nothing follows here.
const ELSEWHERE: u32 = 1 << 30;
/// The bits of a place.
const PLACE: u32 = ELSEWHERE - 1;

/// A row is never larger, so that SQLite's limit of 1,000,000,000 bytes is not met.
const LARGEST_BYTES: usize = 512 * 1024 * 1024;

/// Properties in packed form, and what the writer has to fill in.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// The bytes; where a slot points, eight bytes wait for the number of the stream.
    pub(crate) bytes: Vec<u8>,
    /// The values that are streams.
    pub(crate) slots: Vec<Slot>,
}

/// A value that is a stream.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Where its number stands.
    pub(crate) offset: usize,
    /// What it holds.
    pub(crate) bytes: Bytes,
}

/// Packs small values and the streams; streams of at most `inline` bytes that are not in the store
/// yet go into the row.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: more than 512 MiB in one row.
pub(crate) fn pack<'a>(
    small: impl Iterator<Item = &'a Prop>,
    large: impl Iterator<Item = (u16, &'a Large)>,
    elsewhere: &[PropTag],
    inline: u64,
) -> Result<Packed> {
    let mut entries: Vec<(PropTag, Part<'a>)> =
        small.map(|prop| (prop.tag, Part::Value(&prop.value))).collect();
    for (id, large) in large {
        entries.push((PropTag::new(id, large.ptype), Part::Large(large)));
    }
    entries.extend(elsewhere.iter().map(|tag| (*tag, Part::Elsewhere)));
    entries.sort_by_key(|(tag, _)| *tag);
    let mut packed = Packed { bytes: vec![0; HEAD_BYTES + ENTRY_BYTES * entries.len()], slots: Vec::new() };
    for (index, (tag, part)) in entries.iter().enumerate() {
        let mut place = packed.bytes.len() as u32;
        match part {
            Part::Value(value) => value::put(&mut packed.bytes, value),
            Part::Elsewhere => place |= ELSEWHERE,
            Part::Large(large) => match large.bytes.staged_within(inline)? {
                Some(bytes) => value::put_bytes(&mut packed.bytes, &bytes),
                None => {
                    packed.slots.push(Slot { offset: packed.bytes.len(), bytes: large.bytes.clone() });
                    packed.bytes.extend_from_slice(&[0; 8]);
                    packed.bytes.extend_from_slice(&large.bytes.len().to_le_bytes());
                    place |= IN_STREAM;
                }
            },
        }
        if packed.bytes.len() >= LARGEST_BYTES {
            return Err(Error::new(ErrorCode::TOO_BIG, "pack", "the properties of one row exceed 512 MiB"));
        }
        let entry = HEAD_BYTES + ENTRY_BYTES * index;
        packed.bytes[entry..entry + 4].copy_from_slice(&tag.0.to_le_bytes());
        packed.bytes[entry + 4..entry + 8].copy_from_slice(&place.to_le_bytes());
    }
    packed.bytes[0..4].copy_from_slice(&(entries.len() as u32).to_le_bytes());
    packed.bytes[4..8].copy_from_slice(&(packed.slots.len() as u32).to_le_bytes());
    Ok(packed)
}

/// Packs a list of small values.
pub(crate) fn pack_list(list: &PropList) -> Result<Vec<u8>> {
    pack(list.iter(), std::iter::empty(), &[], 0).map(|packed| packed.bytes)
}

enum Part<'a> {
    Value(&'a PropValue),
    Large(&'a Large),
    Elsewhere,
}

/// What packed properties hold under an identifier.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// No such property here.
    Nothing,
    /// A value.
    Value(Prop),
    /// A stream of this many bytes.
    Stream(PropTag, u64),
    /// A value in another blob of the row.
    Elsewhere,
}

/// A reader over packed properties.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    count: usize,
    streams: usize,
}

impl<'a> Reader<'a> {
    /// A reader; no bytes at all are no properties.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: the entries do not fit into the bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Ok(Self { bytes, count: 0, streams: 0 });
        }
        let (count, streams) = (value::number(bytes, 0)? as usize, value::number(bytes, 4)? as usize);
        if count > (bytes.len() - HEAD_BYTES) / ENTRY_BYTES {
            return Err(value::corrupt());
        }
        Ok(Self { bytes, count, streams })
    }

    /// The tags, ascending.
    pub(crate) fn tags(self) -> impl Iterator<Item = PropTag> + 'a {
        (0..self.count).map(move |index| self.entry(index).0)
    }

    /// What is kept under this identifier, found by halving.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: the value is not whole.
    pub(crate) fn find(&self, id: u16) -> Result<Found> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = (low + high) / 2;
            let (tag, place) = self.entry(middle);
            match tag.id().cmp(&id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.found(tag, place),
            }
        }
        Ok(Found::Nothing)
    }

    fn found(&self, tag: PropTag, place: u32) -> Result<Found> {
        if place & ELSEWHERE != 0 {
            return Ok(Found::Elsewhere);
        }
        if place & IN_STREAM != 0 {
            let at = (place & PLACE) as usize;
            return Ok(Found::Stream(tag, value::wide(self.bytes, at + 8)?));
        }
        value::take(self.bytes, place as usize, tag.ptype()).map(|value| Found::Value(Prop { tag, value }))
    }

    /// The numbers of the streams.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: a reference is not whole.
    pub(crate) fn streams(&self) -> Result<Vec<i64>> {
        Ok(self.stream_places()?.into_iter().map(|(_, stream, _)| stream).collect())
    }

    /// Where the number of each stream stands, the number and its length in bytes.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: a reference is not whole.
    pub(crate) fn stream_places(&self) -> Result<Vec<(usize, i64, u64)>> {
        if self.streams == 0 {
            return Ok(Vec::new());
        }
        let places = (0..self.count).map(|index| self.entry(index).1).filter(|place| place & IN_STREAM != 0);
        let read = |place: u32| {
            let at = (place & PLACE) as usize;
            Ok((at, value::wide(self.bytes, at)? as i64, value::wide(self.bytes, at + 8)?))
        };
        places.map(read).collect()
    }

    /// Reads everything into a set.
    ///
    /// # Errors
    /// - `MAPI_E_CORRUPT_DATA`: something is not whole.
    pub(crate) fn unpack(&self, into: &mut PropSet) -> Result<()> {
        for index in 0..self.count {
            let (tag, place) = self.entry(index);
            if place & ELSEWHERE != 0 {
                continue;
            }
            if place & IN_STREAM == 0 && tag.ptype() == PropType::OBJECT {
                let bytes = Staged::from_vec(value::take_bytes(self.bytes, place as usize)?.to_vec());
                let bytes = Bytes::Staged(Arc::new(bytes));
                into.put_large(tag.id(), Large { ptype: tag.ptype(), bytes });
                continue;
            }
            if place & IN_STREAM == 0 {
                into.put(Prop { tag, value: value::take(self.bytes, place as usize, tag.ptype())? });
                continue;
            }
            let at = (place & PLACE) as usize;
            let (stream, len) = (value::wide(self.bytes, at)? as i64, value::wide(self.bytes, at + 8)?);
            into.put_large(tag.id(), Large { ptype: tag.ptype(), bytes: Bytes::Stored { stream, len } });
        }
        Ok(())
    }

    fn entry(&self, index: usize) -> (PropTag, u32) {
        let at = HEAD_BYTES + ENTRY_BYTES * index;
        // `new` has seen that the entries lie within the bytes.
        let number = |at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&self.bytes[at..at + 4]);
            u32::from_le_bytes(four)
        };
        (PropTag(number(at)), number(at + 4))
    }
}

/// Reads a list of small values.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: something is not whole.
pub(crate) fn unpack_list(bytes: &[u8]) -> Result<PropList> {
    let reader = Reader::new(bytes)?;
    let mut list = PropList::new();
    for index in 0..reader.count {
        let (tag, place) = reader.entry(index);
        list.set(tag, value::take(bytes, place as usize, tag.ptype())?);
    }
    Ok(list)
}

/// Packs recipients: their number, then for each PR_ROWID, length and packed properties.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: one row exceeds 512 MiB.
pub(crate) fn pack_recipients(rows: &[Recipient]) -> Result<Vec<u8>> {
    let mut bytes = (rows.len() as u32).to_le_bytes().to_vec();
    for row in rows {
        let props = pack_list(&row.props)?;
        bytes.extend_from_slice(&row.row_id.to_le_bytes());
        bytes.extend_from_slice(&(props.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&props);
    }
    Ok(bytes)
}

/// Reads recipients.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: something is not whole.
pub(crate) fn unpack_recipients(bytes: &[u8]) -> Result<Vec<Recipient>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let count = value::number(bytes, 0)?;
    let (mut rows, mut at) = (Vec::new(), 4);
    for _ in 0..count {
        let (row_id, len) = (value::number(bytes, at)?, value::number(bytes, at + 4)? as usize);
        let props = bytes.get(at + 8..at + 8 + len).ok_or_else(value::corrupt)?;
        rows.push(Recipient { row_id, props: unpack_list(props)? });
        at += 8 + len;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
