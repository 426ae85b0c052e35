//! IABContainer and IDistList over containers of an address book, and IMailUser over its entries.
//! The address book as a whole is `address_book.rs`.

use super::container::{HasContents, entry_ids};
use super::held::{Class, Context, Held};
use super::message::recipient;
use super::opened::{MAPI_DISTLIST, MAPI_MAILUSER, asked, entry_id};
use super::prop::only;
use crate::abi::{ADRLIST, ENTRYID, FlagList, SBinaryArray, SPropTagArray};
use crate::guard::{Guarded, slot};
use crate::interfaces::{
    IABContainer, IABContainer_Impl, IDistList, IDistList_Impl, IMAPIContainer, IMAPIProgress, IMAPIProp,
    IMAPITable, IMailUser, IMailUser_Impl, IUnknown,
};
use crate::marshal::block::Allocator;
use crate::marshal::prop::{c_guid, put_props, tags};
use crate::marshal::row::rows;
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{In, OutInterface, invalid};
use crate::memory;
use mapi::object::{AbContainer, AbEntry, AnyObject};
use mapi::{AddressBook, Object};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{PR_OBJECT_TYPE, PR_SEARCH};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result};
use mapi_spi::address_book::Resolution;
use mapi_spi::container::SearchCriteria;
use std::ptr::addr_of_mut;
use windows_core::{HRESULT, Interface, implement};

const CREATE_CHECK_DUP_STRICT: u32 = 1;
const CREATE_CHECK_DUP_LOOSE: u32 = 2;
const CREATE_REPLACE: u32 = 4;
const CREATE_MERGE: u32 = 8;
const AB_NO_DIALOG: u32 = 1;
const EMS_AB_ADDRESS_LOOKUP: u32 = 0x10;
const MAPI_UNRESOLVED: u32 = 0;
const MAPI_AMBIGUOUS: u32 = 1;
const MAPI_RESOLVED: u32 = 2;

/// Makes the COM object of a container; what it opens is opened through its address book.
pub(super) fn ab_container(container: AbContainer, book: AddressBook, context: &Context) -> IABContainer {
    Container { held: Held::new(container, context), book }.into()
}

/// Makes the COM object of an entry.
pub(super) fn mail_user(entry: AnyObject, context: &Context) -> IMailUser {
    MailUser(Held::new(entry, context)).into()
}

#[implement(IMailUser)]
struct MailUser(Held<AbEntry>);

impl Class for MailUser {
    type Object = AbEntry;

    fn held(&self) -> &Held<AbEntry> {
        &self.0
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        asked_table(iid, flags)?;
        Ok(self.0.table(self.0.object().open_table(tag)?, flags)?.into())
    }
}

/// Checks that a property is asked for as a table.
fn asked_table(iid: Guid, flags: u32) -> Result<()> {
    const CALL: &str = "IMAPIProp::OpenProperty";
    if c_guid(iid) != IMAPITable::IID {
        return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, "the property is a table"));
    }
    only(flags, MAPI_UNICODE | OpenFlags::ALL.0, CALL)
}

impl IMailUser_Impl for MailUser_Impl {}

#[implement(IABContainer)]
struct Container {
    held: Held<AbContainer>,
    book: AddressBook,
}

impl Class for Container {
    type Object = AbContainer;

    fn held(&self) -> &Held<AbContainer> {
        &self.held
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        const CALL: &str = "IMAPIProp::OpenProperty";
        if tag.id() != PR_SEARCH.id() {
            asked_table(iid, flags)?;
            return Ok(self.held.table(self.held.object().open_table(tag)?, flags)?.into());
        }
        if c_guid(iid) != IMAPIContainer::IID && c_guid(iid) != IABContainer::IID {
            return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, "the property is a container"));
        }
        only(flags, MAPI_UNICODE | OpenFlags::ALL.0, CALL)?;
        let search = self.held.object().open_search()?;
        Ok(ab_container(search, self.book.clone(), self.held.context()).into())
    }
}

impl Entries for Container {
    fn book(&self) -> &AddressBook {
        &self.book
    }
}

#[implement(IDistList)]
struct List {
    held: Held<AbContainer>,
    book: AddressBook,
}

impl Class for List {
    type Object = AbContainer;

    fn held(&self) -> &Held<AbContainer> {
        &self.held
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        asked_table(iid, flags)?;
        Ok(self.held.table(self.held.object().open_table(tag)?, flags)?.into())
    }
}

impl Entries for List {
    fn book(&self) -> &AddressBook {
        &self.book
    }
}

/// A container of entries: a shelf of an address book, or a distribution list, which is an entry itself.
trait Entries: Class<Object = AbContainer> + Sized {
    /// What its entries are opened through.
    fn book(&self) -> &AddressBook;

    fn no<T>(&self, call: &'static str, why: &'static str) -> Result<T> {
        self.check()?;
        Err(Error::new(ErrorCode::NO_SUPPORT, call, why))
    }
}

impl<T: Entries> HasContents for T {
    fn contents_table(&self, flags: TableFlags) -> Result<IMAPITable> {
        self.held().table(self.held().object().contents_table(flags)?, flags.0)
    }

    fn hierarchy_table(&self, _flags: TableFlags) -> Result<IMAPITable> {
        self.no("IMAPIContainer::GetHierarchyTable", "no container is below")
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags, iid: Option<Guid>) -> Result<(IUnknown, u32)> {
        let (object, kind) = entry_object(self.book(), id, flags, self.held().context())?;
        Ok((asked(object, iid.map(c_guid), "IMAPIContainer::OpenEntry")?, kind))
    }

    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        self.held().object().set_search_criteria(criteria)
    }

    fn search_criteria(&self) -> Result<SearchCriteria> {
        self.held().object().search_criteria()
    }
}

/// Opens an entry of an address book: a distribution list or a mail user, with its kind.
///
/// # Errors
/// What the address book answers.
pub(super) fn entry_object(
    book: &AddressBook,
    id: &EntryId,
    flags: OpenFlags,
    context: &Context,
) -> Result<(IUnknown, u32)> {
    let entry = book.open_entry(id, flags)?;
    if is_list(&entry)? {
        let held = Held::new(book.open_container(id, flags)?, context);
        let list: IDistList = List { held, book: book.clone() }.into();
        return Ok((list.into(), MAPI_DISTLIST));
    }
    Ok((mail_user(entry, context).into(), MAPI_MAILUSER))
}

/// True for an entry that is a distribution list.
///
/// # Errors
/// What the entry answers.
pub(super) fn is_list(entry: &AbEntry) -> Result<bool> {
    let kind = entry.props(Some(&[PR_OBJECT_TYPE]))?;
    Ok(kind.first().is_some_and(|prop| prop.value == PropValue::Long(MAPI_DISTLIST.cast_signed())))
}

/// The four methods that both interfaces have beyond IMAPIContainer, in the same slots.
macro_rules! entries {
    ($implementation:ident, $class:ident, $interface:literal) => {
        impl $implementation for $class {
            unsafe fn CreateEntry(
                &self,
                id_bytes: u32,
                id: *mut ENTRYID,
                flags: u32,
                out: OutInterface<IMAPIProp>,
            ) -> HRESULT {
                const CALL: &str = concat!($interface, "::CreateEntry");
                // SAFETY: the caller's arguments, handed on.
                slot(&self.this, CALL, || unsafe {
                    create_entry(&self.this, (id_bytes, id), flags, out, CALL)
                })
            }

            unsafe fn CopyEntries(
                &self,
                list: *mut SBinaryArray,
                _ui_param: usize,
                _progress: In<IMAPIProgress>,
                flags: u32,
            ) -> HRESULT {
                const CALL: &str = concat!($interface, "::CopyEntries");
                slot(&self.this, CALL, || -> Result<()> {
                    // SAFETY: the caller's list.
                    let ids = unsafe { entry_ids(list, CALL) }?;
                    let ids = ids.ok_or_else(|| invalid(CALL, "the list is NULL"))?;
                    only(flags, AB_NO_DIALOG | CREATE_CHECK_DUP_LOOSE | CREATE_REPLACE, CALL)?;
                    self.held.object().copy_entries(&ids)
                })
            }

            unsafe fn DeleteEntries(&self, list: *mut SBinaryArray, flags: u32) -> HRESULT {
                const CALL: &str = concat!($interface, "::DeleteEntries");
                slot(&self.this, CALL, || {
                    // SAFETY: the caller's list.
                    let ids = unsafe { entry_ids(list, CALL) }?;
                    let ids = ids.ok_or_else(|| invalid(CALL, "the list is NULL"))?;
                    only(flags, 0, CALL)?;
                    self.held.object().delete_entries(&ids)
                })
            }

            unsafe fn ResolveNames(
                &self,
                columns: *mut SPropTagArray,
                flags: u32,
                list: *mut ADRLIST,
                found: *mut FlagList,
            ) -> HRESULT {
                const CALL: &str = concat!($interface, "::ResolveNames");
                // SAFETY: the caller's arguments, handed on.
                slot(&self.this, CALL, || unsafe {
                    resolve_names(&self.this, columns, flags, (list, found), CALL)
                })
            }
        }
    };
}

entries!(IABContainer_Impl, Container_Impl, "IABContainer");
entries!(IDistList_Impl, List_Impl, "IDistList");

/// # Safety
/// The caller's identifier and out parameter.
unsafe fn create_entry(
    this: &impl Entries,
    (id_bytes, id): (u32, *mut ENTRYID),
    flags: u32,
    out: OutInterface<IMAPIProp>,
    call: &'static str,
) -> Result<()> {
    // SAFETY: the promise is the caller's own.
    let (template, out) = unsafe { (entry_id(id_bytes, id, call)?, out.required(call)?) };
    let known = CREATE_CHECK_DUP_STRICT | CREATE_CHECK_DUP_LOOSE | CREATE_REPLACE | CREATE_MERGE;
    only(flags, known, call)?;
    let entry = this.held().object().create_entry(&template)?;
    out.give(mail_user(entry, this.held().context()));
    Ok(())
}

/// # Safety
/// The caller's columns, list and flags.
unsafe fn resolve_names(
    this: &impl Entries,
    columns: *mut SPropTagArray,
    flags: u32,
    (list, found): (*mut ADRLIST, *mut FlagList),
    call: &'static str,
) -> Result<()> {
    // SAFETY: the promise is the caller's own.
    let (_, mut recipients) = unsafe { (tags(columns, call)?, recipients(list, call)?) };
    only(flags, MAPI_UNICODE | EMS_AB_ADDRESS_LOOKUP, call)?;
    // SAFETY: as above.
    let mut answers = unsafe { resolutions(found, recipients.len(), call) }?;
    let before = answers.clone();
    this.held().object().resolve_names(&mut recipients, &mut answers)?;
    // SAFETY: as above.
    unsafe { write_resolved(list, &recipients, &before, &answers)? };
    // SAFETY: as above, and counted.
    unsafe { write_resolutions(found, &answers) };
    Ok(())
}

/// Reads an address list as recipients.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: NULL.
///
/// # Safety
/// The pointer leads to a list with as many entries as it says.
pub(super) unsafe fn recipients(list: *const ADRLIST, call: &'static str) -> Result<Vec<Recipient>> {
    // SAFETY: the promise is the caller's own; the list is laid out as a row set.
    let rows = unsafe { rows(list.cast(), call) }?.ok_or_else(|| invalid(call, "the list is NULL"))?;
    Ok(rows.into_iter().map(recipient).collect())
}

/// Puts what was found in the place of the entries that were not resolved before, whose values are freed.
///
/// # Safety
/// The list is the one that the recipients were read from; each entry's values are a buffer of MAPI's.
pub(super) unsafe fn write_resolved(
    list: *mut ADRLIST,
    recipients: &[Recipient],
    before: &[Resolution],
    answers: &[Resolution],
) -> Result<()> {
    // SAFETY: the promise is the caller's own.
    let entries = unsafe { addr_of_mut!((*list).aEntries).cast::<crate::abi::ADRENTRY>() };
    for (index, recipient) in recipients.iter().enumerate() {
        let was = before.get(index).copied();
        if answers.get(index) != Some(&Resolution::Resolved) || was == Some(Resolution::Resolved) {
            continue;
        }
        let props: Vec<Prop> = recipient.props.iter().cloned().collect();
        let values = Allocator::OURS.buffer(|writer| put_props(writer, &props))?;
        // SAFETY: the list has as many entries.
        let entry = unsafe { &mut *entries.add(index) };
        memory::free(entry.rgPropVals.cast());
        entry.rgPropVals = values;
        entry.cValues = props.len() as u32;
    }
    Ok(())
}

/// # Safety
/// The pointer leads to as many flags as it says.
unsafe fn resolutions(list: *mut FlagList, count: usize, call: &'static str) -> Result<Vec<Resolution>> {
    if list.is_null() || !list.is_aligned() {
        return Err(invalid(call, "the flag list is NULL or misaligned"));
    }
    // SAFETY: the promise is the caller's own.
    let flags = unsafe {
        let first = addr_of_mut!((*list).ulFlag).cast::<u32>();
        crate::marshal::array(first, (*list).cFlags, call)?
    };
    if flags.len() != count {
        return Err(invalid(call, "there are more or fewer flags than entries"));
    }
    let one = |flag: &u32| match *flag {
        MAPI_RESOLVED => Resolution::Resolved,
        MAPI_AMBIGUOUS => Resolution::Ambiguous,
        _ => Resolution::Unresolved,
    };
    Ok(flags.iter().map(one).collect())
}

/// # Safety
/// The list has as many flags.
unsafe fn write_resolutions(list: *mut FlagList, answers: &[Resolution]) {
    for (index, answer) in answers.iter().enumerate() {
        let flag = match answer {
            Resolution::Unresolved => MAPI_UNRESOLVED,
            Resolution::Ambiguous => MAPI_AMBIGUOUS,
            Resolution::Resolved => MAPI_RESOLVED,
        };
        // SAFETY: the promise is the caller's own.
        unsafe { addr_of_mut!((*list).ulFlag).cast::<u32>().add(index).write(flag) };
    }
}
