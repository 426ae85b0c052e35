//! IMAPIProp, written once for every class whose object has properties.
//! A class says what its object is ([`HasProps`]); its other interfaces are in its own file.

use super::last_error::last_error;
use super::stream::export_stream;
use crate::abi::{MAPIERROR, MAPINAMEID, SPropProblemArray, SPropTagArray, SPropValue};
use crate::guard::{Guarded, slot};
use crate::interfaces::{IMAPIProgress, IMAPIProp, IMAPIProp_Impl, IStream};
use crate::marshal::block::Allocator;
use crate::marshal::prop::{
    c_names, c_problems, guid, name, props, props_bound, put_props, put_tags, set_width, tags,
};
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{In, Out, OutInterface, array, invalid};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::{Name, NamedProp, Prop, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Guid, Result, Warning};
use mapi_spi::prop::MapiProp;
use std::ffi::c_void;
use std::ptr::null_mut;
use windows_core::{GUID, HRESULT, IUnknown, IUnknownImpl, Interface};

const MAPI_NO_STRINGS: u32 = 1;
const MAPI_NO_IDS: u32 = 2;
const MAPI_CREATE: u32 = 2;
const MAPI_MOVE: u32 = 1;
const MAPI_NOREPLACE: u32 = 2;
const MAPI_DEFERRED_ERRORS: u32 = 8;
const MAPI_DIALOG: u32 = 8;
const MAPI_DECLINE_OK: u32 = 4;

/// A class whose object has properties.
pub trait HasProps: Guarded {
    /// The object.
    fn object(&self) -> &dyn MapiProp;

    /// Who makes the buffers that the object hands out.
    fn allocator(&self) -> Allocator {
        Allocator::OURS
    }

    /// Opens a property that is an object, for anything but a stream.
    ///
    /// # Errors
    /// - `MAPI_E_INTERFACE_NOT_SUPPORTED`: the property does not open as that.
    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        let _ = (tag, iid, flags);
        let detail = "the property does not open as this interface";
        Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, "IMAPIProp::OpenProperty", detail))
    }

    /// Copies everything but the excluded properties to an object of this library, with what its kind has
    /// beyond properties; `None` where the target is of another kind.
    fn copy_whole(&self, target: &IUnknown, exclude: &[u16]) -> Option<Result<()>> {
        let _ = (target, exclude);
        None
    }
}

impl<T> IMAPIProp_Impl for T
where
    T: IUnknownImpl,
    T::Impl: HasProps,
{
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(self.get_impl(), "IMAPIProp::GetLastError", result, flags, out) }
    }

    unsafe fn SaveChanges(&self, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPIProp::SaveChanges";
        let this = self.get_impl();
        slot(this, CALL, || {
            if SaveFlags(flags).has_unknown() {
                return Err(unknown_flags(CALL));
            }
            this.object().save_changes(SaveFlags(flags))
        })
    }

    unsafe fn GetProps(
        &self,
        asked: *mut SPropTagArray,
        flags: u32,
        count: *mut u32,
        out: *mut *mut SPropValue,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::GetProps";
        let this = self.get_impl();
        slot(this, CALL, || {
            let (asked, count, out) =
                // SAFETY: the caller's tags and out parameters.
                unsafe { (tags(asked, CALL)?, Out::required(count, CALL)?, Out::required(out, CALL)?) };
            only(flags, MAPI_UNICODE, CALL)?;
            if asked.as_ref().is_some_and(Vec::is_empty) {
                return Err(invalid(CALL, "no property is asked for"));
            }
            let mut props = this.object().props(asked.as_deref())?;
            let mut failed = false;
            for (index, prop) in props.iter_mut().enumerate() {
                set_width(prop, asked.as_ref().and_then(|asked| asked.get(index).copied()), flags);
                failed |= matches!(prop.value, PropValue::Error(_));
            }
            let block = if props.is_empty() {
                null_mut()
            } else {
                let bound = props_bound(&props);
                this.allocator().buffer_within(bound, |writer| put_props(writer, &props))?
            };
            count.write(props.len() as u32);
            out.write(block);
            Ok(failed.then_some(Warning::ERRORS_RETURNED))
        })
    }

    unsafe fn GetPropList(&self, flags: u32, out: *mut *mut SPropTagArray) -> HRESULT {
        const CALL: &str = "IMAPIProp::GetPropList";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let tags: Vec<PropTag> =
                this.object().prop_list()?.into_iter().map(|tag| tag_in_width(tag, flags)).collect();
            out.write(this.allocator().buffer(|writer| put_tags(writer, &tags))?);
            Ok(())
        })
    }

    unsafe fn OpenProperty(
        &self,
        tag: u32,
        iid: *const GUID,
        _interface_options: u32,
        flags: u32,
        out: OutInterface<IUnknown>,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::OpenProperty";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (iid, out) = unsafe { (array(iid, 1, CALL)?[0], out.required(CALL)?) };
            let tag = PropTag(tag);
            if tag.ptype() == PropType::UNSPECIFIED {
                return Err(invalid(CALL, "the property has no type"));
            }
            if iid != IStream::IID {
                out.give(this.open_object(tag, guid(&iid), flags)?);
                return Ok(());
            }
            only(flags, StreamFlags::ALL.0 | MAPI_DEFERRED_ERRORS, CALL)?;
            let mut asked = StreamFlags(flags & StreamFlags::ALL.0);
            if flags & MAPI_CREATE != 0 {
                asked |= StreamFlags::MODIFY;
            }
            let stream = this.object().open_stream(tag, asked)?;
            out.give(export_stream(stream, tag.ptype(), asked.contains(StreamFlags::MODIFY)));
            Ok(())
        })
    }

    unsafe fn SetProps(
        &self,
        count: u32,
        values: *mut SPropValue,
        out: *mut *mut SPropProblemArray,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::SetProps";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's values and out parameter.
            let (values, out) = unsafe { (props(values, count, CALL)?, Out::optional(out, CALL)?) };
            if values.is_empty() {
                return Err(invalid(CALL, "no property is given"));
            }
            let mut problems = set_props(this.object(), &values)?;
            problems.sort_by_key(|problem| problem.index);
            write_problems(this.allocator(), out, &problems)
        })
    }

    unsafe fn DeleteProps(&self, asked: *mut SPropTagArray, out: *mut *mut SPropProblemArray) -> HRESULT {
        const CALL: &str = "IMAPIProp::DeleteProps";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's tags and out parameter.
            let (tags, out) = unsafe { (tags(asked, CALL)?, Out::optional(out, CALL)?) };
            let tags = tags.filter(|tags| !tags.is_empty());
            let tags = tags.ok_or_else(|| invalid(CALL, "no property is given"))?;
            write_problems(this.allocator(), out, &this.object().delete_props(&tags)?)
        })
    }

    unsafe fn CopyTo(
        &self,
        exclude_count: u32,
        exclude: *const GUID,
        exclude_props: *mut SPropTagArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _interface: *const GUID,
        target: *mut c_void,
        flags: u32,
        out: *mut *mut SPropProblemArray,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::CopyTo";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's arguments.
            let (excluded, out) = unsafe {
                array(exclude, exclude_count, CALL)?;
                (tags(exclude_props, CALL)?.unwrap_or_default(), Out::optional(out, CALL)?)
            };
            // SAFETY: the caller's object, NULL or with properties.
            let whole = unsafe { copy_whole(this, target, &excluded, flags) };
            if let Some(whole) = whole {
                whole?;
                return write_problems(this.allocator(), out, &[]);
            }
            let mut list = this.object().prop_list()?;
            list.retain(|tag| !excluded.iter().any(|excluded| excluded.id() == tag.id()));
            // SAFETY: the caller's object, NULL or with properties.
            let problems = unsafe { copy(this, &list, target, flags, CALL) }?;
            write_problems(this.allocator(), out, &problems)
        })
    }

    unsafe fn CopyProps(
        &self,
        include: *mut SPropTagArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _interface: *const GUID,
        target: *mut c_void,
        flags: u32,
        out: *mut *mut SPropProblemArray,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::CopyProps";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's arguments.
            let (list, out) = unsafe { (tags(include, CALL)?, Out::optional(out, CALL)?) };
            let list = list.filter(|list| !list.is_empty());
            let list = list.ok_or_else(|| invalid(CALL, "no property is given"))?;
            // SAFETY: the caller's object, NULL or with properties.
            let problems = unsafe { copy(this, &list, target, flags, CALL) }?;
            write_problems(this.allocator(), out, &problems)
        })
    }

    unsafe fn GetNamesFromIDs(
        &self,
        ids: *mut *mut SPropTagArray,
        set: *mut GUID,
        flags: u32,
        count: *mut u32,
        out: *mut *mut *mut MAPINAMEID,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::GetNamesFromIDs";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's arguments.
            let (ids, asked, set, count, out) = unsafe {
                let ids = Out::required(ids, CALL).map(|_| ids)?;
                let set = if set.is_null() { None } else { Some(guid(&array(set, 1, CALL)?[0])) };
                (ids, tags(*ids, CALL)?, set, Out::required(count, CALL)?, Out::required(out, CALL)?)
            };
            only(flags, MAPI_NO_STRINGS | MAPI_NO_IDS, CALL)?;
            let all = asked.is_none();
            let tags = match asked {
                Some(tags) => tags,
                None => this.object().prop_list()?.into_iter().filter(|tag| tag.is_named()).collect(),
            };
            let numbers: Vec<u16> = tags.iter().map(|tag| tag.id()).collect();
            let wanted = |name: &NamedProp| {
                let kind = match name.name {
                    Name::Id(_) => flags & MAPI_NO_IDS == 0,
                    Name::Text(_) => flags & MAPI_NO_STRINGS == 0,
                };
                kind && set.is_none_or(|set| set == name.set)
            };
            let names = this.object().names(&numbers)?;
            let (tags, names): (Vec<PropTag>, Vec<Option<NamedProp>>) = tags
                .into_iter()
                .zip(names)
                .map(|(tag, name)| (tag, name.filter(wanted)))
                .filter(|(_, name)| !all || name.is_some())
                .unzip();
            let block = c_names(this.allocator(), &names)?;
            if all {
                let list = this.allocator().buffer(|writer| put_tags(writer, &tags));
                // SAFETY: checked above, and the caller's in and out parameter.
                unsafe { *ids = list.inspect_err(|_| this.allocator().free(block.cast()))? };
            }
            count.write(names.len() as u32);
            out.write(block);
            Ok(names.iter().any(Option::is_none).then_some(Warning::ERRORS_RETURNED))
        })
    }

    unsafe fn GetIDsFromNames(
        &self,
        count: u32,
        names: *mut *mut MAPINAMEID,
        flags: u32,
        out: *mut *mut SPropTagArray,
    ) -> HRESULT {
        const CALL: &str = "IMAPIProp::GetIDsFromNames";
        let this = self.get_impl();
        slot(this, CALL, || {
            // SAFETY: the caller's arguments.
            let (names, out) = unsafe {
                let each = array(names, count, CALL)?;
                let names: Vec<NamedProp> = each.iter().map(|one| name(*one, CALL)).collect::<Result<_>>()?;
                (names, Out::required(out, CALL)?)
            };
            only(flags, MAPI_CREATE, CALL)?;
            if names.is_empty() {
                return Err(Error::new(ErrorCode::TOO_BIG, CALL, "all names at once are not handed out"));
            }
            let ids = this.object().ids(&names, flags & MAPI_CREATE != 0)?;
            let missing = PropTag::new(0, PropType::ERROR);
            let tags: Vec<PropTag> = ids
                .iter()
                .map(|id| id.map_or(missing, |id| PropTag::new(id, PropType::UNSPECIFIED)))
                .collect();
            out.write(this.allocator().buffer(|writer| put_tags(writer, &tags))?);
            Ok(ids.iter().any(Option::is_none).then_some(Warning::ERRORS_RETURNED))
        })
    }
}

/// Sets properties; PR_NULL and PT_ERROR say nothing and are left out, and no object is made this way.
fn set_props(object: &dyn MapiProp, values: &[Prop]) -> Result<Vec<PropProblem>> {
    let (mut places, mut given, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for (index, prop) in values.iter().enumerate() {
        match prop.value {
            PropValue::Null | PropValue::Error(_) => {}
            PropValue::Object => {
                problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::INVALID_TYPE });
            }
            _ => {
                places.push(index);
                given.push(prop.clone());
            }
        }
    }
    if !given.is_empty() {
        let told = object.set_props(&given)?;
        let placed = |problem: PropProblem| PropProblem {
            index: places.get(problem.index).copied().unwrap_or(problem.index),
            ..problem
        };
        problems.extend(told.into_iter().map(placed));
    }
    Ok(problems)
}

/// Copies between two objects of this library, where nothing asks for more than that.
///
/// # Safety
/// The target is NULL or a live COM object.
unsafe fn copy_whole(
    this: &impl HasProps,
    target: *mut c_void,
    excluded: &[PropTag],
    flags: u32,
) -> Option<Result<()>> {
    if flags & !MAPI_DIALOG != 0 {
        return None;
    }
    let target = In::<IUnknown>::from_raw(target);
    let ids: Vec<u16> = excluded.iter().map(|tag| tag.id()).collect();
    // SAFETY: the promise is the caller's own.
    this.copy_whole(unsafe { target.as_ref() }?, &ids)
}

/// Copies properties to an object of C by its own SetProps.
///
/// Objects within (PT_OBJECT) and values that must be streamed are problems of the answer.
///
/// # Safety
/// The target is NULL or a live COM object.
unsafe fn copy(
    this: &impl HasProps,
    list: &[PropTag],
    target: *mut c_void,
    flags: u32,
    call: &'static str,
) -> Result<Vec<PropProblem>> {
    only(flags, MAPI_MOVE | MAPI_NOREPLACE | MAPI_DIALOG | MAPI_DECLINE_OK, call)?;
    let unknown = In::<IUnknown>::from_raw(target);
    // SAFETY: the promise is the caller's own.
    let target: IMAPIProp = unsafe { unknown.required(call) }?.cast().map_err(|_| {
        Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, call, "the destination has no properties")
    })?;
    let held = this.object().props(Some(list))?;
    let present = if flags & MAPI_NOREPLACE == 0 { Vec::new() } else { ids_of(&target, call)? };
    let mut problems = Vec::new();
    for (index, (prop, tag)) in held.iter().zip(list).enumerate() {
        let mut problem = |code| problems.push(PropProblem { index, tag: *tag, code });
        match &prop.value {
            _ if present.contains(&tag.id()) => problem(ErrorCode::COLLISION),
            PropValue::Error(code) => problem(*code),
            PropValue::Object => problem(ErrorCode::NO_SUPPORT),
            _ => {
                let value = Allocator::OURS.buffer(|writer| put_props(writer, std::slice::from_ref(prop)))?;
                let mut told: *mut SPropProblemArray = null_mut();
                // SAFETY: the value was just made; the problems are ours to free.
                let answer = unsafe { target.SetProps(1, value, &raw mut told) };
                crate::memory::free(value.cast());
                if let Some(code) = ErrorCode::from_u32(answer.0 as u32) {
                    problem(code);
                } else if !told.is_null() {
                    // SAFETY: the target answered a problem array.
                    let code = unsafe { ((*told).cProblem > 0).then(|| (*told).aProblem[0].scode) };
                    crate::memory::free(told.cast());
                    code.and_then(|code| ErrorCode::from_u32(code as u32)).into_iter().for_each(problem);
                }
            }
        }
    }
    if flags & MAPI_MOVE != 0 {
        let stayed: Vec<PropTag> = problems.iter().map(|problem| problem.tag).collect();
        let moved: Vec<PropTag> = list.iter().copied().filter(|tag| !stayed.contains(tag)).collect();
        if !moved.is_empty() {
            this.object().delete_props(&moved)?;
        }
    }
    Ok(problems)
}

fn ids_of(target: &IMAPIProp, call: &'static str) -> Result<Vec<u16>> {
    let mut list = null_mut();
    // SAFETY: a live object; the list is ours to free.
    let answer = unsafe { target.GetPropList(0, &raw mut list) };
    if let Some(code) = ErrorCode::from_u32(answer.0 as u32) {
        return Err(Error::new(code, call, "the destination's properties cannot be listed"));
    }
    // SAFETY: the target answered a tag array.
    let tags = unsafe { tags(list, call) };
    crate::memory::free(list.cast());
    Ok(tags?.unwrap_or_default().iter().map(|tag| tag.id()).collect())
}

pub(super) fn write_problems(
    allocator: Allocator,
    out: Option<Out<*mut SPropProblemArray>>,
    problems: &[PropProblem],
) -> Result<()> {
    if let Some(out) = out {
        out.write(c_problems(allocator, problems)?);
    }
    Ok(())
}

pub(super) fn tag_in_width(tag: PropTag, flags: u32) -> PropTag {
    match tag.ptype() {
        PropType::UNICODE if flags & MAPI_UNICODE == 0 => tag.with_type(PropType::STRING8),
        PropType::MV_UNICODE if flags & MAPI_UNICODE == 0 => tag.with_type(PropType::MV_STRING8),
        _ if flags & MAPI_UNICODE != 0 => tag.unicode(),
        _ => tag,
    }
}

/// Refuses every flag but these.
pub(super) fn only(flags: u32, allowed: u32, call: &'static str) -> Result<()> {
    if flags & !allowed == 0 { Ok(()) } else { Err(unknown_flags(call)) }
}

fn unknown_flags(call: &'static str) -> Error {
    Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag")
}
