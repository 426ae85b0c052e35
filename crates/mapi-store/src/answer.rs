//! How objects of the store answer `props`, `set_props` and named properties, the same for all.

use crate::engine::{Change, Done};
use crate::logon::Logon;
use crate::prop_set::{Held, PropSet};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};

/// A property in the width and type asked for, or PT_ERROR.
pub(crate) fn pick(asked: PropTag, found: Option<Prop>) -> Prop {
    let error = |code| Prop { tag: asked.with_type(PropType::ERROR), value: PropValue::Error(code) };
    let Some(prop) = found else { return error(ErrorCode::NOT_FOUND) };
    let held = prop.value.ptype();
    if asked.ptype() == PropType::UNSPECIFIED || asked.ptype() == held {
        return Prop { tag: asked.with_type(held), value: prop.value };
    }
    if let PropValue::Error(code) = prop.value {
        return error(code);
    }
    if asked.ptype().unicode() == held.unicode() {
        let value = narrow(prop.value);
        return Prop { tag: asked, value };
    }
    error(ErrorCode::NOT_FOUND)
}

/// What a set answers for an identifier.
pub(crate) fn held(set: &PropSet, id: u16) -> Option<Prop> {
    match set.held(id)? {
        Held::Small(prop) => Some(prop.clone()),
        Held::Large(large) => Some(Prop { tag: PropTag::new(id, large.ptype), value: large.shown() }),
    }
}

/// What a set answers for a tag, the type compared first, large values included.
pub(crate) fn held_as(set: &PropSet, asked: PropTag) -> Option<Prop> {
    let prop = held(set, asked.id())?;
    let agrees =
        asked.ptype() == PropType::UNSPECIFIED || asked.ptype().unicode() == prop.tag.ptype().unicode();
    if matches!(prop.value, PropValue::Error(_)) && prop.tag.ptype() != PropType::ERROR && !agrees {
        return None;
    }
    Some(prop)
}

/// Computed properties laid over those of a set, ascending.
pub(crate) fn all(set: &PropSet, computed: PropList) -> Vec<Prop> {
    let mut list = set.list();
    list.merge(computed);
    list.into_iter().collect()
}

/// The tags of a set and of computed properties, ascending.
pub(crate) fn tags(set: &PropSet, computed: &PropList) -> Vec<PropTag> {
    let mut tags: Vec<PropTag> =
        set.tags().into_iter().filter(|tag| !computed.contains_id(tag.id())).chain(computed.tags()).collect();
    tags.sort_unstable();
    tags
}

/// Sets properties that are not computed; text becomes Unicode. True where anything was set.
pub(crate) fn set(
    set: &mut PropSet,
    props: &[Prop],
    is_computed: impl Fn(u16) -> bool,
    problems: &mut Vec<PropProblem>,
) -> bool {
    let mut any = false;
    for (index, prop) in props.iter().enumerate() {
        match refusal(prop, &is_computed) {
            Some(code) => problems.push(PropProblem { index, tag: prop.tag, code }),
            None => {
                set.put(prop.clone());
                any = true;
            }
        }
    }
    any
}

/// Deletes properties that are not computed. True where anything was deleted.
pub(crate) fn delete(
    set: &mut PropSet,
    tags: &[PropTag],
    is_computed: impl Fn(u16) -> bool,
    problems: &mut Vec<PropProblem>,
) -> bool {
    let mut any = false;
    for (index, tag) in tags.iter().enumerate() {
        if is_computed(tag.id()) {
            problems.push(PropProblem { index, tag: *tag, code: ErrorCode::COMPUTED });
        } else if set.remove(tag.id()) {
            any = true;
        } else {
            problems.push(PropProblem { index, tag: *tag, code: ErrorCode::NOT_FOUND });
        }
    }
    any
}

fn refusal(prop: &Prop, is_computed: &impl Fn(u16) -> bool) -> Option<ErrorCode> {
    if is_computed(prop.tag.id()) {
        return Some(ErrorCode::COMPUTED);
    }
    // 0x0000 and 0xFFFF are identifiers of nothing; an object is opened, not set.
    if matches!(prop.tag.id(), 0 | 0xFFFF) || matches!(prop.value, PropValue::Object) {
        return Some(ErrorCode::INVALID_TYPE);
    }
    let (tag, value) = (prop.tag.ptype(), prop.value.ptype());
    let agrees = tag == PropType::UNSPECIFIED || tag.unicode() == value.unicode();
    (!agrees).then_some(ErrorCode::UNEXPECTED_TYPE)
}

/// Names of identifiers.
pub(crate) fn names(logon: &Logon, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
    logon.engine("MapiProp::names")?.names(ids)
}

/// Identifiers of names, made where asked for.
pub(crate) fn ids(logon: &Logon, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
    const CALL: &str = "MapiProp::ids";
    let engine = logon.engine(CALL)?;
    let known = engine.named_ids(names)?;
    if !create || known.iter().all(Option::is_some) {
        return Ok(known);
    }
    logon.check_write(CALL)?;
    match engine.commit(Change::Name(names.to_vec()))? {
        Done::Names(ids) => Ok(ids),
        _ => Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the engine answered something else")),
    }
}

fn narrow(value: PropValue) -> PropValue {
    match value {
        PropValue::Unicode(text) => PropValue::String8(text),
        PropValue::MvUnicode(texts) => PropValue::MvString8(texts),
        other => other,
    }
}
