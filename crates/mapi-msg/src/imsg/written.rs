//! An object's properties as written into its storage: the streams of its values, and the property stream.
//!
//! Streams that hold what they should are left alone. Which objects are written is `save.rs`'s.

use super::held::{Content, Held, InFile};
use super::places::Place;
use crate::codepage::Pages;
use crate::layout::{PROPERTIES, VALUE};
use crate::property_stream::{Entry, write_entry};
use crate::write::complete::{self, Kind};
use crate::write::value::{self, Stored};
use crate::write::{TextWidth, value_name};
use mapi_defs::Result;
use mapi_defs::prop::PropType;
use mapi_defs::prop::tags::PR_ATTACH_DATA_OBJ;
use std::collections::BTreeSet;

/// An object's storage and how its properties are written.
pub(super) struct Target<'p> {
    pub(super) place: &'p Place,
    pub(super) header: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) pages: Pages,
    /// What stands for PR_ATTACH_DATA_OBJ: 1 a message, 4 a storage.
    pub(super) object: Option<u8>,
}

/// Writes an object's properties: the values that its storage lacks, and the property stream.
pub(super) fn properties(target: &Target<'_>, props: &Held) -> Result<()> {
    let mut kept = BTreeSet::new();
    let mut entries = Vec::new();
    if let Some(kind) = target.object {
        let tag = PR_ATTACH_DATA_OBJ;
        let attributes = complete::attributes(target.kind, tag.id());
        entries.push(Entry { tag, attributes, value: [0xFF, 0xFF, 0xFF, 0xFF, kind, 0, 0, 0] });
        kept.insert(value_name(tag).to_uppercase());
    }
    let mut written: Vec<(String, Vec<u8>)> = Vec::new();
    for held in props.values.values() {
        if target.object.is_some() && held.tag.id() == PR_ATTACH_DATA_OBJ.id() {
            continue;
        }
        let (tag, attributes) = (held.tag, held.attributes);
        match &held.content {
            Content::InFile(file) => {
                entries.push(Entry { tag, attributes, value: in_file_size(file) });
                kept.insert(value_name(tag).to_uppercase());
            }
            Content::Here(value) => {
                let Some((ptype, stored)) = value::store(tag.id(), value, TextWidth::Keep, target.pages)?
                else {
                    continue;
                };
                let tag = tag.with_type(ptype);
                let name = value_name(tag);
                if held.stored {
                    kept.insert(name.to_uppercase());
                }
                let is_inside = matches!(stored, Stored::Inside(_));
                let listed = held.listed.filter(|_| held.stored && !is_inside);
                let made = spread(stored, &name, (!held.stored).then_some(&mut written));
                entries.push(Entry { tag, attributes, value: listed.unwrap_or(made) });
            }
        }
    }
    remove_values(target.place, &kept)?;
    written.into_iter().try_for_each(|(name, bytes)| target.place.write(&name, &bytes))?;
    let mut stream = target.header.clone();
    entries.sort_by_key(|entry| entry.tag);
    entries.into_iter().for_each(|entry| write_entry(&mut stream, entry));
    target.place.write(PROPERTIES, &stream)
}

/// The eight bytes of a value in its entry; its streams go to `written` where somebody wants them.
fn spread(stored: Stored<'_>, name: &str, written: Option<&mut Vec<(String, Vec<u8>)>>) -> [u8; 8] {
    let mut none = Vec::new();
    let written = written.unwrap_or(&mut none);
    match stored {
        Stored::Inside(value) => value,
        Stored::Stream { bytes, terminator } => {
            let value = size(bytes.len().saturating_add(terminator));
            written.push((name.to_owned(), bytes.into_owned()));
            value
        }
        Stored::Parts { lengths, parts } => {
            let value = size(lengths.len());
            written.push((name.to_owned(), lengths));
            for (part, index) in parts.into_iter().zip(0_u32..) {
                written.push((format!("{name}-{index:08X}"), part.into_owned()));
            }
            value
        }
    }
}

fn size(len: usize) -> [u8; 8] {
    u64::from(u32::try_from(len).unwrap_or(u32::MAX)).to_le_bytes()
}

/// The entry of a value that stays where it is; a stream that was not listed gets its own length.
fn in_file_size(file: &InFile) -> [u8; 8] {
    if file.entry.value != [0; 8] {
        return file.entry.value;
    }
    let terminator = match file.entry.tag.ptype() {
        PropType::STRING8 => 1,
        PropType::UNICODE => 2,
        _ => 0,
    };
    size(crate::little_endian::narrow(file.len).saturating_add(terminator))
}

/// Removes the streams of values that are gone or about to be written anew.
fn remove_values(place: &Place, kept: &BTreeSet<String>) -> Result<()> {
    let start = VALUE.to_uppercase();
    for element in place.elements()? {
        let base = element.name.get(..start.len().saturating_add(8)).unwrap_or(&element.name);
        if base.starts_with(&start) && !kept.contains(base) {
            place.storage.remove(&element.name)?;
        }
    }
    Ok(())
}
