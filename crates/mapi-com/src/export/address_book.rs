//! IAddrBook over the address book of a session. It has no dialogs: what asks a person answers
//! `MAPI_E_NO_SUPPORT`.

use super::ab_container::{ab_container, entry_object, recipients, write_resolved};
use super::held::Context;
use super::opened::{MAPI_ABCONT, asked, entry_id, interface_id, write_entry_id};
use super::prof_admin::required_text;
use super::prop::{HasProps, only};
use super::session::write_connection;
use crate::abi::{
    ADRENTRY, ADRLIST, ADRPARM, ButtonCallback, DismissModeless, ENTRYID, SPropTagArray, SPropValue, SRowSet,
};
use crate::guard::{Guarded, LastError, slot};
use crate::import::advise_sink::foreign_sink;
use crate::interfaces::{IAddrBook, IAddrBook_Impl, IMAPIAdviseSink, IUnknown};
use crate::marshal::block::Allocator;
use crate::marshal::prop::tags;
use crate::marshal::row::c_rows;
use crate::marshal::text::{MAPI_UNICODE, text};
use crate::marshal::{In, Out, OutInterface, array, invalid};
use mapi::object::AbContainer;
use mapi::{AddressBook, Object, Session};
use mapi_defs::flags::OpenFlags;
use mapi_defs::notification::EventMask;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_ENTRYID};
use mapi_defs::prop::{Prop, PropTag, PropValue};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::Resolution;
use mapi_spi::advise::Connection;
use mapi_spi::gate::Gate;
use mapi_spi::prop::MapiProp;
use std::any::Any;
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, implement};

const MAPI_SEND_NO_RICH_INFO: u32 = 0x0001_0000;
const MAPI_DIALOG: u32 = 8;

/// Makes the COM object of a session's address book.
pub(super) fn address_book(book: AddressBook, session: &Session) -> IAddrBook {
    Book { book: Bare(book), session: session.clone(), last: LastError::new() }.into()
}

#[implement(IAddrBook)]
struct Book {
    book: Bare,
    session: Session,
    last: LastError,
}

/// The address book as an object with properties, of which it has none.
struct Bare(AddressBook);

impl MapiProp for Bare {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.0.warning()?;
        let missing = |tag: &PropTag| Prop { tag: *tag, value: PropValue::Error(ErrorCode::NOT_FOUND) };
        Ok(tags.unwrap_or_default().iter().map(missing).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.0.warning()?;
        Ok(Vec::new())
    }
}

impl Guarded for Book {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
    fn check(&self) -> Result<()> {
        self.book.0.warning().map(drop)
    }
}

impl HasProps for Book {
    fn object(&self) -> &dyn MapiProp {
        &self.book
    }
}

impl Book {
    fn no(&self, call: &'static str, why: &'static str) -> Result<()> {
        self.check()?;
        Err(Error::new(ErrorCode::NO_SUPPORT, call, why))
    }

    /// The containers with their identifiers.
    fn containers(&self) -> Result<Vec<(EntryId, AbContainer)>> {
        let mut found = Vec::new();
        for container in self.book.0.containers()? {
            let id = container.binary(PR_ENTRYID)?.unwrap_or_default();
            found.push((EntryId::from_bytes(id), container));
        }
        Ok(found)
    }

    /// The identifier of the first container, which is where entries are made and looked for.
    fn first(&self, call: &'static str) -> Result<EntryId> {
        let none = || Error::new(ErrorCode::NOT_FOUND, call, "the profile has no address book");
        self.containers()?.into_iter().next().map(|(id, _)| id).ok_or_else(none)
    }
}

impl IAddrBook_Impl for Book_Impl {
    unsafe fn OpenEntry(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        iid: *const GUID,
        flags: u32,
        kind: *mut u32,
        out: OutInterface<IUnknown>,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::OpenEntry";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameters.
            let (id, iid, kind, out) = unsafe {
                let id = entry_id(id_bytes, id, CALL)?;
                (id, interface_id(iid, CALL)?, Out::required(kind, CALL)?, out.required(CALL)?)
            };
            only(flags, OpenFlags::ALL.0, CALL)?;
            // No identifier is the first container: there is no root above the address books.
            let mut containers = self.containers()?.into_iter();
            let is_it = |known: &(EntryId, AbContainer)| id.is_empty() || known.0 == id;
            let (object, found) = if let Some((_, container)) = containers.find(is_it) {
                let object = ab_container(container, self.book.0.clone(), &Context::of(&self.session));
                (asked(object.into(), iid, CALL)?, MAPI_ABCONT)
            } else {
                let context = Context::of(&self.session);
                let (object, kind) = entry_object(&self.book.0, &id, OpenFlags(flags), &context)?;
                (asked(object, iid, CALL)?, kind)
            };
            kind.write(found);
            out.give(object);
            Ok(())
        })
    }

    unsafe fn CompareEntryIDs(
        &self,
        one_bytes: u32,
        one: *mut ENTRYID,
        other_bytes: u32,
        other: *mut ENTRYID,
        flags: u32,
        result: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::CompareEntryIDs";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (one, other, result) = unsafe {
                let one = entry_id(one_bytes, one, CALL)?;
                (one, entry_id(other_bytes, other, CALL)?, Out::required(result, CALL)?)
            };
            only(flags, 0, CALL)?;
            result.write(u32::from(self.session.compare_entry_ids(&one, &other)?));
            Ok(())
        })
    }

    unsafe fn Advise(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        mask: u32,
        sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::Advise";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier, sink and out parameter.
            let (id, sink, out) = unsafe {
                let id = entry_id(id_bytes, id, CALL)?;
                (id, sink.required(CALL)?, Out::required(connection.cast::<u32>(), CALL)?)
            };
            let sink = foreign_sink(sink.clone());
            write_connection(self.book.0.advise(&id, EventMask(mask), sink)?, out, CALL)
        })
    }

    unsafe fn Unadvise(&self, connection: usize) -> HRESULT {
        slot(&self.this, "IAddrBook::Unadvise", || {
            self.book.0.unadvise(Connection(u64::from(connection as u32)))
        })
    }

    unsafe fn CreateOneOff(
        &self,
        name: *mut c_void,
        address_type: *mut c_void,
        address: *mut c_void,
        flags: u32,
        bytes: *mut u32,
        out: *mut *mut ENTRYID,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::CreateOneOff";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts, of which the name may be NULL, and out parameters.
            let (name, kind, address, bytes, out) = unsafe {
                (
                    text(name, flags, CALL)?,
                    required_text(address_type, flags, CALL)?,
                    required_text(address, flags, CALL)?,
                    Out::required(bytes, CALL)?,
                    Out::required(out, CALL)?,
                )
            };
            only(flags, MAPI_UNICODE | MAPI_SEND_NO_RICH_INFO, CALL)?;
            self.check()?;
            let name = name.unwrap_or_else(|| address.clone());
            write_entry_id(&mapi::address_book::one_off(&name, &kind, &address), bytes, out)
        })
    }

    unsafe fn NewEntry(
        &self,
        _ui_param: usize,
        _flags: u32,
        _container_bytes: u32,
        _container: *mut ENTRYID,
        _template_bytes: u32,
        _template: *mut ENTRYID,
        bytes: *mut u32,
        out: *mut *mut ENTRYID,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::NewEntry";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            unsafe { (Out::required(bytes, CALL)?, Out::required(out, CALL)?) };
            self.no(CALL, "there is no dialog for a new entry")
        })
    }

    unsafe fn ResolveName(
        &self,
        _ui_param: usize,
        flags: u32,
        _title: *mut c_void,
        list: *mut ADRLIST,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::ResolveName";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's list.
            let mut recipients = unsafe { recipients(list, CALL) }?;
            only(flags, MAPI_UNICODE | MAPI_DIALOG, CALL)?;
            let resolved = |held: bool| if held { Resolution::Resolved } else { Resolution::Unresolved };
            let before: Vec<Resolution> =
                recipients.iter().map(|one| resolved(one.props.contains_id(PR_ENTRYID.id()))).collect();
            let mut answers = before.clone();
            let open = || (0..before.len()).filter(|at| before[*at] != Resolution::Resolved);
            let mut asked: Vec<_> = open().map(|at| recipients[at].clone()).collect();
            let told = self.book.0.resolve_partly(&mut asked)?;
            for ((at, recipient), answer) in open().zip(asked).zip(told.flags) {
                recipients[at] = recipient;
                answers[at] = answer;
            }
            // SAFETY: the list that was read above.
            unsafe { write_resolved(list, &recipients, &before, &answers)? };
            if answers.contains(&Resolution::Ambiguous) {
                return Err(Error::new(ErrorCode::AMBIGUOUS_RECIP, CALL, "a name is several people's"));
            }
            if answers.contains(&Resolution::Unresolved) {
                // Who is in no container that answered may be in one that did not.
                if let Some(error) = told.errors.into_iter().next() {
                    return Err(error);
                }
                return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "a name is nobody's"));
            }
            Ok(())
        })
    }

    unsafe fn Address(
        &self,
        ui_param: *mut usize,
        parameters: *mut ADRPARM,
        list: *mut *mut ADRLIST,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::Address";
        slot(&self.this, CALL, || {
            if ui_param.is_null() || parameters.is_null() || list.is_null() {
                return Err(invalid(CALL, "an argument is NULL"));
            }
            self.no(CALL, "there is no dialog to choose people in")
        })
    }

    unsafe fn Details(
        &self,
        ui_param: *mut usize,
        _dismiss: DismissModeless,
        _dismiss_context: *mut c_void,
        _id_bytes: u32,
        id: *mut ENTRYID,
        _button: ButtonCallback,
        _button_context: *mut c_void,
        _button_text: *mut c_void,
        _flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::Details";
        slot(&self.this, CALL, || {
            if ui_param.is_null() || id.is_null() {
                return Err(invalid(CALL, "an argument is NULL"));
            }
            self.no(CALL, "there is no dialog to show an entry in")
        })
    }

    unsafe fn RecipOptions(&self, _ui_param: usize, _flags: u32, recipient: *mut ADRENTRY) -> HRESULT {
        const CALL: &str = "IAddrBook::RecipOptions";
        slot(&self.this, CALL, || {
            if recipient.is_null() {
                return Err(invalid(CALL, "the recipient is NULL"));
            }
            self.no(CALL, "no transport has options for recipients")
        })
    }

    unsafe fn QueryDefaultRecipOpt(
        &self,
        address_type: *mut c_void,
        flags: u32,
        count: *mut u32,
        out: *mut *mut SPropValue,
    ) -> HRESULT {
        const CALL: &str = "IAddrBook::QueryDefaultRecipOpt";
        slot(&self.this, CALL, || -> Result<()> {
            // SAFETY: the caller's text and out parameters.
            unsafe {
                required_text(address_type, flags, CALL)?;
                (Out::required(count, CALL)?, Out::required(out, CALL)?)
            };
            only(flags, MAPI_UNICODE, CALL)?;
            self.check()?;
            Err(Error::new(ErrorCode::NOT_FOUND, CALL, "no transport has options for recipients"))
        })
    }

    unsafe fn GetPAB(&self, bytes: *mut u32, out: *mut *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IAddrBook::GetPAB";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (bytes, out) = unsafe { (Out::required(bytes, CALL)?, Out::required(out, CALL)?) };
            write_entry_id(&self.first(CALL)?, bytes, out)
        })
    }

    unsafe fn SetPAB(&self, id_bytes: u32, id: *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IAddrBook::SetPAB";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            unsafe { super::folder::required_id(id_bytes, id, CALL) }?;
            self.no(CALL, "the personal address book is the first of the profile")
        })
    }

    unsafe fn GetDefaultDir(&self, bytes: *mut u32, out: *mut *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IAddrBook::GetDefaultDir";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (bytes, out) = unsafe { (Out::required(bytes, CALL)?, Out::required(out, CALL)?) };
            write_entry_id(&self.first(CALL)?, bytes, out)
        })
    }

    unsafe fn SetDefaultDir(&self, id_bytes: u32, id: *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IAddrBook::SetDefaultDir";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            unsafe { super::folder::required_id(id_bytes, id, CALL) }?;
            self.no(CALL, "the default directory is the first of the profile")
        })
    }

    unsafe fn GetSearchPath(&self, flags: u32, out: *mut *mut SRowSet) -> HRESULT {
        const CALL: &str = "IAddrBook::GetSearchPath";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let mut rows = Vec::new();
            for (id, container) in self.containers()? {
                let name = container.text(PR_DISPLAY_NAME)?.unwrap_or_default();
                let name = if flags & MAPI_UNICODE != 0 {
                    Prop::new(PR_DISPLAY_NAME, name)
                } else {
                    let tag = super::prop::tag_in_width(PR_DISPLAY_NAME, flags);
                    Prop { tag, value: PropValue::String8(name) }
                };
                rows.push(vec![Prop::new(PR_ENTRYID, id.as_bytes().to_vec()), name]);
            }
            out.write(c_rows(Allocator::OURS, rows.iter().map(Vec::as_slice))?);
            Ok(())
        })
    }

    unsafe fn SetSearchPath(&self, flags: u32, path: *mut SRowSet) -> HRESULT {
        const CALL: &str = "IAddrBook::SetSearchPath";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's rows.
            unsafe { array(path, 1, CALL) }?;
            only(flags, 0, CALL)?;
            self.no(CALL, "address books are searched in the order of the profile")
        })
    }

    unsafe fn PrepareRecips(&self, flags: u32, columns: *mut SPropTagArray, list: *mut ADRLIST) -> HRESULT {
        const CALL: &str = "IAddrBook::PrepareRecips";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's columns and list.
            let (columns, list) = unsafe { (tags(columns, CALL)?, recipients(list, CALL)?) };
            only(flags, 0, CALL)?;
            self.check()?;
            let has = |tag: &PropTag| list.iter().all(|one| one.props.contains_id(tag.id()));
            if columns.unwrap_or_default().iter().all(has) {
                return Ok(());
            }
            self.no(CALL, "missing properties of recipients are not looked up")
        })
    }
}
