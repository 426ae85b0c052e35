//! `Holder`: what the objects of the store in memory have in common as objects with properties.
//!
//! The functions here are the bodies of their `MapiProp` methods.

use super::life::Life;
use super::stream::BytesStream;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use mapi_spi::stream::PropStream;
use std::sync::Arc;

/// An object that keeps properties.
pub(super) trait Holder: Send + Sync + 'static {
    /// The object's life.
    fn life(&self) -> &Arc<Life>;

    /// What is kept, and what is computed beside it.
    fn whole(&self) -> Result<PropList>;

    /// Refuses where the object is open for reading only.
    fn check_write(&self, call: &'static str) -> Result<()>;

    /// True where a property is computed and cannot be set.
    fn is_computed(&self, tag: PropTag) -> bool;

    /// Changes what is kept.
    fn edit(&self, edit: &mut dyn FnMut(&mut PropList)) -> Result<()>;
}

pub(super) fn props(holder: &dyn Holder, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
    holder.life().check("MapiProp::props")?;
    Ok(answer(&holder.whole()?, tags))
}

pub(super) fn prop_list(holder: &dyn Holder) -> Result<Vec<PropTag>> {
    holder.life().check("MapiProp::prop_list")?;
    Ok(holder.whole()?.tags().collect())
}

pub(super) fn set_props(holder: &dyn Holder, props: &[Prop]) -> Result<Vec<PropProblem>> {
    const CALL: &str = "MapiProp::set_props";
    holder.life().check(CALL)?;
    holder.check_write(CALL)?;
    let mut problems = Vec::new();
    holder.edit(&mut |held| {
        for (index, prop) in props.iter().enumerate() {
            match refusal(holder, prop) {
                Some(code) => problems.push(PropProblem { index, tag: prop.tag, code }),
                None => drop(held.set(prop.tag, prop.value.clone())),
            }
        }
    })?;
    Ok(problems)
}

pub(super) fn delete_props(holder: &dyn Holder, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
    const CALL: &str = "MapiProp::delete_props";
    holder.life().check(CALL)?;
    holder.check_write(CALL)?;
    let mut problems = Vec::new();
    holder.edit(&mut |held| {
        for (index, tag) in tags.iter().enumerate() {
            if holder.is_computed(*tag) {
                problems.push(PropProblem { index, tag: *tag, code: ErrorCode::COMPUTED });
            } else if held.remove(tag.id()).is_none() {
                problems.push(PropProblem { index, tag: *tag, code: ErrorCode::NOT_FOUND });
            }
        }
    })?;
    Ok(problems)
}

pub(super) fn open_stream<H: Holder>(
    holder: &Arc<H>,
    tag: PropTag,
    flags: StreamFlags,
) -> Result<Arc<dyn PropStream>> {
    const CALL: &str = "MapiProp::open_stream";
    let fail = |code, detail| Err(Error::new(code, CALL, detail));
    holder.life().check(CALL)?;
    if flags.has_unknown() {
        return fail(ErrorCode::UNKNOWN_FLAGS, "an undefined flag");
    }
    match tag.ptype() {
        PropType::UNSPECIFIED => return fail(ErrorCode::INVALID_PARAMETER, "the tag has no type"),
        PropType::STRING8 | PropType::UNICODE | PropType::BINARY => {}
        _ => return fail(ErrorCode::INTERFACE_NOT_SUPPORTED, "values of this type have no stream"),
    }
    let writes = flags.intersects(StreamFlags::MODIFY | StreamFlags::CREATE);
    if writes {
        holder.check_write(CALL)?;
        if holder.is_computed(tag) {
            return fail(ErrorCode::COMPUTED, "the store computes this property");
        }
    }
    let held = holder.whole()?.value(tag).and_then(bytes_of);
    let bytes = match held {
        _ if flags.contains(StreamFlags::CREATE) => {
            holder.edit(&mut |props| drop(props.set(tag, value_of(tag, Vec::new()))))?;
            Vec::new()
        }
        Some(bytes) => bytes,
        None => return fail(ErrorCode::NOT_FOUND, "there is no such property"),
    };
    let keeper = holder.clone();
    let keep = move |bytes: &[u8]| {
        keeper.check_write("PropStream::commit")?;
        keeper.edit(&mut |props| drop(props.set(tag, value_of(tag, bytes.to_vec()))))
    };
    Ok(Arc::new(BytesStream::new(holder.life().clone(), bytes, writes.then(|| Box::new(keep) as _))))
}

/// The properties asked for, in their order, or all of them.
pub(super) fn answer(held: &PropList, tags: Option<&[PropTag]>) -> Vec<Prop> {
    match tags {
        Some(tags) => tags.iter().map(|tag| one(held, *tag)).collect(),
        None => held.iter().map(|prop| shown(prop.tag, &prop.value)).collect(),
    }
}

fn one(held: &PropList, tag: PropTag) -> Prop {
    match held.prop(tag) {
        Some(prop) if tag.ptype() == PropType::UNSPECIFIED => shown(prop.tag, &prop.value),
        Some(prop) => shown(tag, &prop.value),
        None => Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND)),
    }
}

/// The value in the width asked for, or why it is not shown.
fn shown(tag: PropTag, value: &PropValue) -> Prop {
    if value.size_bytes() > SMALL_VALUE_BYTES {
        return Prop::new(tag, PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
    }
    let value = match (value, tag.ptype()) {
        (PropValue::Unicode(text), PropType::STRING8) => PropValue::String8(text.clone()),
        (PropValue::String8(text), PropType::UNICODE) => PropValue::Unicode(text.clone()),
        (PropValue::MvUnicode(texts), PropType::MV_STRING8) => PropValue::MvString8(texts.clone()),
        (PropValue::MvString8(texts), PropType::MV_UNICODE) => PropValue::MvUnicode(texts.clone()),
        (other, _) => other.clone(),
    };
    Prop::new(tag, value)
}

fn refusal(holder: &dyn Holder, prop: &Prop) -> Option<ErrorCode> {
    match prop.value {
        _ if holder.is_computed(prop.tag) => Some(ErrorCode::COMPUTED),
        PropValue::Error(_) | PropValue::Object | PropValue::Null => Some(ErrorCode::INVALID_TYPE),
        _ => None,
    }
}

fn bytes_of(value: &PropValue) -> Option<Vec<u8>> {
    match value {
        PropValue::String8(text) | PropValue::Unicode(text) => Some(text.clone().into_bytes()),
        PropValue::Binary(bytes) => Some(bytes.clone()),
        _ => None,
    }
}

fn value_of(tag: PropTag, bytes: Vec<u8>) -> PropValue {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match tag.ptype() {
        PropType::STRING8 => PropValue::String8(text(bytes)),
        PropType::UNICODE => PropValue::Unicode(text(bytes)),
        _ => PropValue::Binary(bytes),
    }
}
