//! IPropData: properties in memory with access levels (CreateIProp).
//! The methods of IMAPIProp come from `prop.rs`.

use super::prop::{HasProps, only, write_problems};
use crate::abi::{SPropProblemArray, SPropTagArray};
use crate::guard::{Guarded, LastError, slot};
use crate::interfaces::{IPropData, IPropData_Impl};
use crate::marshal::block::Allocator;
use crate::marshal::prop::{put_tags, tags};
use crate::marshal::{Out, array, invalid};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::prop::MapiProp;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows_core::{HRESULT, implement};

const READONLY: u32 = 1;
const READWRITE: u32 = 2;
const CLEAN: u32 = 0x0001_0000;
const DIRTY: u32 = 0x0002_0000;

/// Makes an empty property object that can be written.
pub fn prop_data(allocator: Allocator) -> IPropData {
    PropData { held: Held::default(), allocator, last: LastError::new() }.into()
}

#[implement(IPropData)]
struct PropData {
    held: Held,
    allocator: Allocator,
    last: LastError,
}

impl Guarded for PropData {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl HasProps for PropData {
    fn object(&self) -> &dyn MapiProp {
        &self.held
    }
    fn allocator(&self) -> Allocator {
        self.allocator
    }
}

/// The properties, and who may change them.
#[derive(Default)]
struct Held(Mutex<State>);

#[derive(Default)]
struct State {
    props: PropList,
    read_only: bool,
    /// By identifier: the tag, and its access and status flags; a deleted property stays here as dirty.
    access: BTreeMap<u16, (PropTag, u32)>,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refuses(&self, tag: PropTag) -> bool {
        self.access.get(&tag.id()).is_some_and(|(_, flags)| flags & READONLY != 0)
    }

    fn writable(&self, call: &'static str) -> Result<()> {
        if self.read_only {
            return Err(Error::new(ErrorCode::NO_ACCESS, call, "the object is read-only"));
        }
        Ok(())
    }

    fn touched(&mut self, tag: PropTag) {
        let access = self.access.get(&tag.id()).map_or(READWRITE, |(_, flags)| flags & 0xFFFF);
        self.access.insert(tag.id(), (tag, access | DIRTY));
    }
}

impl MapiProp for Held {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let state = self.lock();
        let Some(asked) = asked else { return Ok(state.props.iter().cloned().collect()) };
        let missing = |tag: PropTag| Prop::new(tag, PropValue::Error(ErrorCode::NOT_FOUND));
        Ok(asked.iter().map(|tag| state.props.prop(*tag).cloned().unwrap_or_else(|| missing(*tag))).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.lock().props.tags().collect())
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut state = self.lock();
        state.writable("IPropData::SetProps")?;
        let mut problems = Vec::new();
        for (index, prop) in props.iter().enumerate() {
            if state.refuses(prop.tag) {
                problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::NO_ACCESS });
                continue;
            }
            state.props.set(prop.tag, prop.value.clone());
            state.touched(prop.tag);
        }
        Ok(problems)
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut state = self.lock();
        state.writable("IPropData::DeleteProps")?;
        let mut problems = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            let code = if state.refuses(*tag) {
                ErrorCode::NO_ACCESS
            } else if state.props.remove(tag.id()).is_some() {
                state.touched(*tag);
                continue;
            } else {
                ErrorCode::NOT_FOUND
            };
            problems.push(PropProblem { index, tag: *tag, code });
        }
        Ok(problems)
    }
}

impl IPropData_Impl for PropData_Impl {
    unsafe fn HrSetObjAccess(&self, access: u32) -> HRESULT {
        const CALL: &str = "IPropData::HrSetObjAccess";
        slot(&self.this, CALL, || {
            only(access, READONLY | READWRITE, CALL)?;
            if !matches!(access, READONLY | READWRITE) {
                return Err(invalid(CALL, "the access level is none"));
            }
            self.held.lock().read_only = access == READONLY;
            Ok(())
        })
    }

    unsafe fn HrSetPropAccess(&self, asked: *mut SPropTagArray, access: *mut u32) -> HRESULT {
        const CALL: &str = "IPropData::HrSetPropAccess";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's tags and as many flags.
            let (tags, access) = unsafe {
                let tags = tags(asked, CALL)?.ok_or_else(|| invalid(CALL, "the tags are NULL"))?;
                let access = array(access, tags.len() as u32, CALL)?;
                (tags, access)
            };
            let odd = |flags: &u32| {
                flags & !(READONLY | READWRITE | CLEAN | DIRTY) != 0
                    || flags & (READONLY | READWRITE) == READONLY | READWRITE
                    || flags & (CLEAN | DIRTY) == CLEAN | DIRTY
            };
            if access.iter().any(odd) {
                return Err(invalid(CALL, "an access level contradicts itself"));
            }
            let mut state = self.held.lock();
            state.writable(CALL)?;
            for (tag, flags) in tags.iter().zip(access) {
                let before = state.access.get(&tag.id()).map_or(READWRITE | CLEAN, |(_, flags)| *flags);
                let level = if flags & 0xFFFF == 0 { before & 0xFFFF } else { flags & 0xFFFF };
                let status =
                    if flags & 0xFFFF_0000 == 0 { before & 0xFFFF_0000 } else { flags & 0xFFFF_0000 };
                state.access.insert(tag.id(), (*tag, level | status));
            }
            Ok(())
        })
    }

    unsafe fn HrGetPropAccess(&self, asked: *mut *mut SPropTagArray, out: *mut *mut u32) -> HRESULT {
        const CALL: &str = "IPropData::HrGetPropAccess";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's in and out parameters.
            let (given, out) = unsafe {
                Out::required(asked, CALL)?;
                (tags(*asked, CALL)?, Out::required(out, CALL)?)
            };
            let state = self.held.lock();
            let flags_of = |tag: &PropTag| match state.access.get(&tag.id()) {
                Some((_, flags)) if flags & DIRTY != 0 => DIRTY,
                Some((_, flags)) => flags & (READONLY | READWRITE),
                None if state.props.contains_id(tag.id()) => READWRITE,
                None => 0,
            };
            let all = given.is_none();
            let known = || state.access.values().map(|(tag, _)| *tag).collect::<Vec<_>>();
            let tags = given.unwrap_or_else(known);
            let flags: Vec<u32> = tags.iter().map(flags_of).collect();
            drop(state);
            let block = self.allocator.buffer(|writer| writer.put(&flags))?;
            if all {
                let list = self.allocator.buffer(|writer| put_tags(writer, &tags));
                // SAFETY: checked above, and the caller's in and out parameter.
                unsafe { *asked = list.inspect_err(|_| self.allocator.free(block.cast()))? };
            }
            out.write(block);
            Ok(())
        })
    }

    unsafe fn HrAddObjProps(&self, asked: *mut SPropTagArray, out: *mut *mut SPropProblemArray) -> HRESULT {
        const CALL: &str = "IPropData::HrAddObjProps";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's tags and out parameter.
            let (tags, out) = unsafe { (tags(asked, CALL)?, Out::optional(out, CALL)?) };
            let tags = tags.ok_or_else(|| invalid(CALL, "the tags are NULL"))?;
            if tags.iter().any(|tag| tag.ptype() != PropType::OBJECT) {
                return Err(Error::new(ErrorCode::INVALID_TYPE, CALL, "a property is no object"));
            }
            let mut state = self.held.lock();
            state.writable(CALL)?;
            for tag in tags {
                state.props.set(tag, PropValue::Object);
                state.touched(tag);
            }
            drop(state);
            write_problems(self.allocator, out, &[])
        })
    }
}
