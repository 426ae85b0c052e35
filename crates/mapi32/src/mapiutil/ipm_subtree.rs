//! HrValidateIPMSubtree: the folders that every store of messages should have, made where they are missing.
//! What our own stores have from the beginning is `mapi-store`'s; this works on any IMsgStore.

use super::property::{HrGetOneProp, HrSetOneProp, succeeded};
use mapi_com::abi::{ENTRYID, MAPIERROR, SPropValue};
use mapi_com::guard::entry;
use mapi_com::interfaces::{IMAPIFolder, IMAPIProp, IMsgStore, IUnknown};
use mapi_com::marshal::prop::{c_props, prop};
use mapi_com::marshal::text::MAPI_UNICODE;
use mapi_com::marshal::{In, Out, invalid};
use mapi_com::{Interface, memory};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue, tags};
use mapi_defs::{Error, ErrorCode, Result};
use std::ptr::{null, null_mut};

const CALL: &str = "HrValidateIPMSubtree";
const FORCE_CREATE: u32 = 1;
const FULL_IPM_TREE: u32 = 2;
const MAPI_MODIFY: u32 = 1;
const FOLDER_GENERIC: u32 = 1;
const OPEN_IF_EXISTS: u32 = 1;
/// FOLDER_IPM_INBOX_VALID; the Inbox has no property of the store, and this tag in the answer.
const INBOX_VALID: i32 = 0x02;
const INBOX: PropTag = PropTag::new(0, PropType::BINARY);

/// A folder: the store's property that leads to it, its bit in PR_VALID_FOLDER_MASK, its name.
struct Wanted {
    tag: PropTag,
    bit: i32,
    name: &'static str,
    /// Below the IPM subtree, or below the root.
    in_subtree: bool,
    /// Made even where the whole tree is not asked for.
    least: bool,
}

const WANTED: [Wanted; 7] = [
    wanted(tags::PR_IPM_SUBTREE_ENTRYID, 0x01, "Top of Personal Folders", false, true),
    wanted(tags::PR_FINDER_ENTRYID, 0x80, "Finder", false, true),
    wanted(tags::PR_IPM_WASTEBASKET_ENTRYID, 0x08, "Deleted Items", true, true),
    wanted(tags::PR_IPM_OUTBOX_ENTRYID, 0x04, "Outbox", true, false),
    wanted(tags::PR_IPM_SENTMAIL_ENTRYID, 0x10, "Sent Items", true, false),
    wanted(tags::PR_VIEWS_ENTRYID, 0x20, "Views", false, false),
    wanted(tags::PR_COMMON_VIEWS_ENTRYID, 0x40, "Common Views", false, false),
];

const fn wanted(tag: PropTag, bit: i32, name: &'static str, in_subtree: bool, least: bool) -> Wanted {
    Wanted { tag, bit, name, in_subtree, least }
}

/// Sees to it that a store has its standard folders, and tells their identifiers.
///
/// Without MAPI_FULL_IPM_TREE those are the IPM subtree, the root of searches and Deleted Items; with it the Inbox,
/// Outbox, Sent Items and both folders of views too. With MAPI_FORCE_CREATE a folder is opened before its identifier
/// is believed. Either both of `count` and `values` are given or none.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the store is NULL, or one of `count` and `values` alone.
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - what the store answers.
///
/// # Source
/// HrValidateIPMSubtree.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HrValidateIPMSubtree(
    store: In<IMsgStore>,
    flags: u32,
    count: *mut u32,
    values: *mut *mut SPropValue,
    error: *mut *mut MAPIERROR,
) -> i32 {
    entry(CALL, || {
        // SAFETY: the caller's store and out parameters.
        let (store, count, values, error) = unsafe {
            (
                store.required(CALL)?,
                Out::optional(count, CALL)?,
                Out::optional(values, CALL)?,
                Out::optional(error, CALL)?,
            )
        };
        if flags & !(FORCE_CREATE | FULL_IPM_TREE) != 0 {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag"));
        }
        if count.is_some() != values.is_some() {
            return Err(invalid(CALL, "the values and their count are given together"));
        }
        // SAFETY: the caller's store.
        let found = unsafe { validated(store, flags) }?;
        if let (Some(count), Some(values)) = (count, values) {
            values.write(c_props(&found)?);
            count.write(found.len() as u32);
        }
        error.into_iter().for_each(|out| out.write(null_mut()));
        Ok(())
    })
    .0
}

/// # Safety
/// The store lives.
unsafe fn validated(store: &IMsgStore, flags: u32) -> Result<Vec<Prop>> {
    let prop: IMAPIProp = store.cast().map_err(|_| invalid(CALL, "the store has no properties"))?;
    let known = match binary_or_long(&prop, tags::PR_VALID_FOLDER_MASK) {
        Some(PropValue::Long(mask)) => mask,
        _ => 0,
    };
    let force = flags & FORCE_CREATE != 0;
    let (mut mask, mut found) = (known, Vec::new());
    let mut subtree: Option<Vec<u8>> = None;
    for wanted in WANTED.iter().filter(|wanted| wanted.least || flags & FULL_IPM_TREE != 0) {
        let id = match binary_or_long(&prop, wanted.tag) {
            Some(PropValue::Binary(id)) if known & wanted.bit != 0 => Some(id.to_vec()),
            _ => None,
        };
        // SAFETY: the promise is the caller's own.
        let id = id.filter(|id| !force || unsafe { folder(store, id) }.is_ok());
        let id = match id {
            Some(id) => id,
            None => {
                let below = subtree.as_deref().filter(|_| wanted.in_subtree).unwrap_or_default();
                // SAFETY: the promise is the caller's own.
                let id = unsafe { folder(store, below).and_then(|parent| made(&parent, wanted.name)) }?;
                set(&prop, Prop::new(wanted.tag, PropValue::from(id.clone())))?;
                id
            }
        };
        mask |= wanted.bit;
        if wanted.tag == tags::PR_IPM_SUBTREE_ENTRYID {
            subtree = Some(id.clone());
        }
        found.push(Prop::new(wanted.tag, PropValue::from(id)));
    }
    if flags & FULL_IPM_TREE != 0 {
        // SAFETY: the promise is the caller's own.
        let new = unsafe { inbox(store, subtree.as_deref().unwrap_or_default(), force) }?;
        mask |= INBOX_VALID;
        found.extend(new.map(|id| Prop::new(INBOX, PropValue::from(id))));
    }
    if mask != known {
        set(&prop, Prop::new(tags::PR_VALID_FOLDER_MASK, PropValue::Long(mask)))?;
    }
    found.insert(0, Prop::new(tags::PR_VALID_FOLDER_MASK, PropValue::Long(mask)));
    Ok(found)
}

/// The Inbox's identifier, where one had to be made.
///
/// # Safety
/// The store lives.
unsafe fn inbox(store: &IMsgStore, subtree: &[u8], force: bool) -> Result<Option<Vec<u8>>> {
    let (mut bytes, mut id) = (0, null_mut::<ENTRYID>());
    // SAFETY: the promise is the caller's own; the identifier is ours to free.
    let answer = unsafe { store.GetReceiveFolder(null_mut(), 0, &raw mut bytes, &raw mut id, null_mut()) };
    if succeeded(answer, CALL).is_ok() && !id.is_null() {
        // SAFETY: the store answered as many bytes.
        let there = unsafe { std::slice::from_raw_parts(id.cast::<u8>(), bytes as usize) }.to_vec();
        memory::free(id.cast());
        // SAFETY: the promise is the caller's own.
        if !force || unsafe { folder(store, &there) }.is_ok() {
            return Ok(None);
        }
    }
    // SAFETY: the promise is the caller's own.
    let id = unsafe { folder(store, subtree).and_then(|parent| made(&parent, "Inbox")) }?;
    let bytes = u32::try_from(id.len()).map_err(|_| invalid(CALL, "the identifier is too long"))?;
    let mut own = id.clone();
    for class in [c"".as_ptr(), c"IPM".as_ptr()] {
        // SAFETY: a living store; class and identifier are not written.
        let answer =
            unsafe { store.SetReceiveFolder(class.cast_mut().cast(), 0, bytes, own.as_mut_ptr().cast()) };
        succeeded(answer, CALL)?;
    }
    Ok(Some(id))
}

/// Opens a folder of the store; the root by no bytes.
///
/// # Safety
/// The store lives.
unsafe fn folder(store: &IMsgStore, id: &[u8]) -> Result<IMAPIFolder> {
    let mut kind = 0;
    let mut found: Option<IUnknown> = None;
    let mut own = id.to_vec();
    let bytes = u32::try_from(id.len()).map_err(|_| invalid(CALL, "the identifier is too long"))?;
    let place = if own.is_empty() { null_mut() } else { own.as_mut_ptr().cast() };
    // SAFETY: the promise is the caller's own; the identifier is not written.
    let answer =
        unsafe { store.OpenEntry(bytes, place, null(), MAPI_MODIFY, &raw mut kind, (&mut found).into()) };
    succeeded(answer, CALL)?;
    let none = || Error::new(ErrorCode::INVALID_ENTRYID, CALL, "the identifier is none of a folder");
    found.and_then(|object| object.cast().ok()).ok_or_else(none)
}

/// The identifier of a folder of this name, made where it is not there.
///
/// # Safety
/// The parent lives.
unsafe fn made(parent: &IMAPIFolder, name: &str) -> Result<Vec<u8>> {
    let mut new: Option<IMAPIFolder> = None;
    let mut wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: the promise is the caller's own; the name is not written.
    let answer = unsafe {
        parent.CreateFolder(
            FOLDER_GENERIC,
            wide.as_mut_ptr().cast(),
            null_mut(),
            null(),
            OPEN_IF_EXISTS | MAPI_UNICODE,
            (&mut new).into(),
        )
    };
    succeeded(answer, CALL)?;
    let none = || Error::new(ErrorCode::CALL_FAILED, CALL, "the new folder has no identifier");
    let new: IMAPIProp = new.and_then(|folder| folder.cast().ok()).ok_or_else(none)?;
    match binary_or_long(&new, tags::PR_ENTRYID) {
        Some(PropValue::Binary(id)) => Ok(id.to_vec()),
        _ => Err(none()),
    }
}

fn binary_or_long(object: &IMAPIProp, tag: PropTag) -> Option<PropValue> {
    let mut value = null_mut();
    // SAFETY: a living object, and a place of ours.
    let answer = unsafe { HrGetOneProp(object.into(), tag.0, &raw mut value) };
    if answer != 0 || value.is_null() {
        return None;
    }
    // SAFETY: the value was just read, and is ours to free.
    let read = unsafe { prop(&*value, CALL) };
    memory::free(value.cast());
    read.ok().map(|prop| prop.value)
}

fn set(object: &IMAPIProp, value: Prop) -> Result<()> {
    let block = c_props(&[value])?;
    // SAFETY: a living object, and a value that was just made.
    let answer = unsafe { HrSetOneProp(object.into(), block) };
    memory::free(block.cast());
    let code = ErrorCode::from_u32(answer.cast_unsigned());
    code.map_or(Ok(()), |code| Err(Error::new(code, CALL, "the store refused a property")))
}
