//! `Keeper`: what messages and attachments on a storage have in common as objects with properties.
//!
//! The functions here are the bodies of their `MapiProp` methods.

use super::held::{Content, Held, InFile, of_width};
use super::life::Life;
use super::stream::{InFileStream, Keep, PropertyStream};
use super::whole::{Shared, lock};
use crate::write::complete::Kind;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::tags::PR_ATTACH_DATA_OBJ;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::stream::PropStream;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

/// The streams that are open on an object, by property.
pub(super) type Streams = Mutex<BTreeMap<u16, Weak<dyn PropStream>>>;

/// An object that keeps properties.
pub(super) trait Keeper: Send + Sync + Sized + 'static {
    const KIND: Kind;

    fn me(&self) -> Weak<Self>;
    fn life(&self) -> &Arc<Life>;
    fn shared(&self) -> &Arc<Shared>;
    fn streams(&self) -> &Streams;

    /// Looks at what is kept.
    fn look<T>(&self, look: impl FnOnce(&Held) -> T) -> T;

    /// Changes what is kept; the second argument is true where text is PT_UNICODE.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the object is open for reading.
    fn edit<T>(&self, call: &'static str, edit: impl FnOnce(&mut Held, bool) -> T) -> Result<T>;

    /// What is answered for a property that nobody keeps.
    fn computed(&self, tag: PropTag) -> Option<PropValue>;

    /// True where PR_ATTACH_DATA_OBJ can be opened.
    fn has_object(&self) -> bool {
        false
    }

    /// Drops what PR_ATTACH_DATA_OBJ stands for, as bytes take its place or it is deleted.
    fn drop_object(&self) {}
}

pub(super) fn props<K: Keeper>(keeper: &K, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
    let _pass = keeper.life().enter()?;
    let all;
    let tags = match tags {
        Some(tags) => tags,
        None => {
            all = list(keeper);
            &all
        }
    };
    let parts = keeper.shared().parts();
    let found = |tag: &PropTag| {
        if tag.id() == PR_ATTACH_DATA_OBJ.id() && keeper.has_object() {
            let asked = matches!(tag.ptype(), PropType::UNSPECIFIED | PropType::OBJECT);
            return asked.then_some(Prop { tag: PR_ATTACH_DATA_OBJ, value: PropValue::Object });
        }
        // What lies in the file is read without the lock.
        let held = keeper.look(|held| {
            held.find(*tag).map(|value| Held { values: BTreeMap::from([(tag.id(), value.clone())]) })
        });
        match held {
            Some(held) => held.prop(*tag, parts.as_deref()),
            None if keeper.look(|held| held.values.contains_key(&tag.id())) => None,
            None => keeper.computed(*tag).map(|value| Prop::new(*tag, value)),
        }
    };
    let missing = |tag: &PropTag| Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND));
    Ok(tags.iter().map(|tag| found(tag).unwrap_or_else(|| missing(tag))).collect())
}

pub(super) fn prop_list<K: Keeper>(keeper: &K) -> Result<Vec<PropTag>> {
    let _pass = keeper.life().enter()?;
    Ok(list(keeper))
}

fn list<K: Keeper>(keeper: &K) -> Vec<PropTag> {
    let mut tags: Vec<PropTag> = keeper.look(|held| held.tags().collect());
    if keeper.has_object() {
        tags.retain(|tag| tag.id() != PR_ATTACH_DATA_OBJ.id());
        tags.push(PR_ATTACH_DATA_OBJ);
        tags.sort_unstable();
    }
    tags
}

pub(super) fn set_props<K: Keeper>(keeper: &K, props: &[Prop]) -> Result<Vec<PropProblem>> {
    let _pass = keeper.life().enter()?;
    let named = |tag: PropTag| !tag.is_named() || lock(&keeper.shared().names).name(tag.id()).is_some();
    let known: Vec<bool> = props.iter().map(|prop| named(prop.tag)).collect();
    let mut replaced = Vec::new();
    let problems = keeper.edit("IMAPIProp::SetProps", |held, unicode| {
        let mut problems = Vec::new();
        for ((index, prop), known) in props.iter().enumerate().zip(known) {
            let refusal = match prop.value {
                // An error is what GetProps answered: there is nothing to set.
                PropValue::Error(_) => continue,
                PropValue::Object | PropValue::Null => Some(ErrorCode::INVALID_TYPE),
                _ if !known => Some(ErrorCode::INVALID_PARAMETER),
                _ => held.refuses(K::KIND, prop.tag),
            };
            match refusal {
                Some(code) => problems.push(PropProblem { index, tag: prop.tag, code }),
                None => {
                    held.set(K::KIND, prop.tag, of_width(prop.value.clone(), unicode));
                    replaced.push(prop.tag.id());
                }
            }
        }
        problems
    })?;
    forget(keeper, &replaced);
    Ok(problems)
}

pub(super) fn delete_props<K: Keeper>(keeper: &K, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
    let _pass = keeper.life().enter()?;
    let has_object = keeper.has_object();
    let mut removed = Vec::new();
    let problems = keeper.edit("IMAPIProp::DeleteProps", |held, _| {
        let mut problems = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            let is_object = has_object && tag.id() == PR_ATTACH_DATA_OBJ.id();
            match held.keeps(K::KIND, *tag).filter(|_| !is_object) {
                Some(code) => problems.push(PropProblem { index, tag: *tag, code }),
                None => {
                    held.values.remove(&tag.id());
                    removed.push(tag.id());
                }
            }
        }
        problems
    })?;
    forget(keeper, &removed);
    Ok(problems)
}

/// Streams of values that were replaced or deleted are not opened again.
fn forget<K: Keeper>(keeper: &K, ids: &[u16]) {
    if ids.contains(&PR_ATTACH_DATA_OBJ.id()) {
        keeper.drop_object();
    }
    lock(keeper.streams()).retain(|id, _| !ids.contains(id));
}

pub(super) fn open_stream<K: Keeper>(
    keeper: &K,
    tag: PropTag,
    flags: StreamFlags,
) -> Result<Arc<dyn PropStream>> {
    const CALL: &str = "IMAPIProp::OpenProperty";
    let fail = |code, detail| Err(Error::new(code, CALL, detail));
    let _pass = keeper.life().enter()?;
    if flags.has_unknown() {
        return fail(ErrorCode::UNKNOWN_FLAGS, "an undefined flag");
    }
    match tag.ptype() {
        PropType::UNSPECIFIED => return fail(ErrorCode::INVALID_PARAMETER, "a tag without a type"),
        PropType::STRING8 | PropType::UNICODE | PropType::BINARY => {}
        _ => return fail(ErrorCode::INTERFACE_NOT_SUPPORTED, "values of this type have no stream"),
    }
    if let Some(open) = lock(keeper.streams()).get(&tag.id()).and_then(Weak::upgrade) {
        return Ok(open);
    }
    let writes = flags.intersects(StreamFlags::CREATE | StreamFlags::MODIFY);
    if writes && let Some(code) = keeper.edit(CALL, |held, _| held.refuses(K::KIND, tag))? {
        return fail(code, "the property is read-only");
    }
    let stream: Arc<dyn PropStream> = if flags.contains(StreamFlags::CREATE) {
        keep(keeper, tag, &[])?;
        Arc::new(PropertyStream::new(keeper.life(), Vec::new(), Some(keeping(keeper, tag))))
    } else {
        let found = keeper.look(|held| held.find(tag).map(|value| value.content.clone()));
        let Some(found) = found else { return fail(ErrorCode::NOT_FOUND, "there is no such property") };
        match found {
            Content::InFile(file) if !writes && tag.ptype() == PropType::BINARY => in_file(keeper, &file)?,
            found => {
                let bytes = bytes_of(whole(keeper, &found)?)?;
                Arc::new(PropertyStream::new(keeper.life(), bytes, writes.then(|| keeping(keeper, tag))))
            }
        }
    };
    lock(keeper.streams()).insert(tag.id(), Arc::downgrade(&stream));
    Ok(stream)
}

/// A value, read where it lies in the file.
fn whole<K: Keeper>(keeper: &K, content: &Content) -> Result<PropValue> {
    match (content, keeper.shared().parts()) {
        (Content::Here(value), _) => Ok((**value).clone()),
        (Content::InFile(file), Some(parts)) => file.read(&parts),
        (Content::InFile(_), None) => Err(gone()),
    }
}

fn in_file<K: Keeper>(keeper: &K, file: &InFile) -> Result<Arc<dyn PropStream>> {
    const CALL: &str = "IMAPIProp::OpenProperty";
    let parts = keeper.shared().parts().ok_or_else(gone)?;
    let node = crate::layout::Layout::of(&parts.tree, file.owner).stream(file.entry.tag);
    let missing = || Error::new(ErrorCode::CORRUPT_DATA, CALL, "the property's stream cannot be read");
    let stream = parts.tree.stream(node.ok_or_else(missing)?).map_err(|fault| fault.of(CALL))?;
    Ok(Arc::new(InFileStream::new(keeper.life(), stream)))
}

/// Takes the bytes of a stream for the property's value.
fn keep<K: Keeper>(keeper: &K, tag: PropTag, bytes: &[u8]) -> Result<()> {
    let value = match tag.ptype() {
        PropType::BINARY => PropValue::Binary(bytes.to_vec()),
        _ => PropValue::Unicode(String::from_utf8_lossy(bytes).into_owned()),
    };
    keeper.edit("IStream::Commit", |held, unicode| held.set(K::KIND, tag, of_width(value, unicode)))?;
    if tag.id() == PR_ATTACH_DATA_OBJ.id() {
        keeper.drop_object();
    }
    Ok(())
}

fn keeping<K: Keeper>(keeper: &K, tag: PropTag) -> Keep {
    let keeper = keeper.me();
    Box::new(move |bytes| keep(&*keeper.upgrade().ok_or_else(gone)?, tag, bytes))
}

fn bytes_of(value: PropValue) -> Result<Vec<u8>> {
    match value {
        PropValue::String8(text) | PropValue::Unicode(text) => Ok(text.into_bytes()),
        PropValue::Binary(bytes) => Ok(bytes),
        _ => Err(Error::new(ErrorCode::NOT_FOUND, "IMAPIProp::OpenProperty", "there is no such property")),
    }
}

pub(super) fn names<K: Keeper>(keeper: &K, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
    let _pass = keeper.life().enter()?;
    let names = lock(&keeper.shared().names);
    Ok(ids.iter().map(|id| names.name(*id).cloned()).collect())
}

pub(super) fn ids<K: Keeper>(keeper: &K, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
    let _pass = keeper.life().enter()?;
    let known: Vec<Option<u16>> = {
        let table = lock(&keeper.shared().names);
        names.iter().map(|name| table.id(name)).collect()
    };
    if !create || !known.contains(&None) {
        return Ok(known);
    }
    keeper.edit("IMAPIProp::GetIDsFromNames", |_, _| ())?;
    let mut table = lock(&keeper.shared().names);
    names.iter().map(|name| table.make(name).map(Some)).collect()
}

/// The object, or the message it lies in, has ended.
pub(super) fn gone() -> Error {
    Error::new(ErrorCode::INVALID_OBJECT, "IMessage", "the message has ended")
}
