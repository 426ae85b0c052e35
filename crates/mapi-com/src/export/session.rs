//! IMAPISession, and IMAPIClientShutdown beside it on the same object.
//! What the calls mean is in `mapi::session`; how a session begins is MAPILogonEx of `mapi32`.

use super::ab_container::{entry_object, is_list};
use super::address_book::address_book;
use super::folder::required_id;
use super::held::{Context, session_table};
use super::last_error::{put_text, write_error};
use super::message::known_message;
use super::msg_service_admin::msg_service_admin;
use super::msg_store::msg_store;
use super::opened::{asked, entry_id, interface_id, wrap, write_entry_id};
use super::prof_sect::{prof_sect, uid};
use super::prop::only;
use crate::abi::{ENTRYID, MAPIERROR, MAPIUID, SPropValue};
use crate::guard::{self, Guarded, LastError, slot};
use crate::import::advise_sink::foreign_sink;
use crate::interfaces::{
    IAddrBook, IMAPIAdviseSink, IMAPIClientShutdown, IMAPIClientShutdown_Impl, IMAPIFolder, IMAPISession,
    IMAPISession_Impl, IMAPITable, IMessage, IMsgServiceAdmin, IMsgStore, IProfSect, IUnknown,
};
use crate::marshal::block::buffer;
use crate::marshal::prop::c_props;
use crate::marshal::text::{MAPI_UNICODE, text};
use crate::marshal::{In, Out, OutInterface, invalid};
use crate::verify;
use mapi::session::FormToken;
use mapi::{EntryId, Opened, StoreRole};
use mapi_defs::flags::{FormFlags, LogoffFlags, MdbFlags, OpenFlags, SectionFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, Result, Warning};
use mapi_spi::advise::Connection;
use mapi_spi::gate::Gate;
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, Interface, implement};

const AB_NO_DIALOG: u32 = 1;

/// Makes the COM object of a session. Its last release, and that of every object opened through it, is a
/// logoff where none was before.
pub fn session(session: mapi::Session) -> IMAPISession {
    Session { session: Some(session), last: LastError::new() }.into()
}

#[implement(IMAPISession, IMAPIClientShutdown)]
struct Session {
    /// There until the object is dropped.
    session: Option<mapi::Session>,
    last: LastError,
}

impl Session {
    fn get(&self) -> Result<&mapi::Session> {
        let gone = || Error::new(ErrorCode::INVALID_OBJECT, "IMAPISession", "the session is gone");
        self.session.as_ref().ok_or_else(gone)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let session = self.session.take();
        // The last reference logs off, which nothing of may leave through Release.
        guard::value("IMAPISession::Release", (), move || {
            drop(session);
            Ok(())
        });
    }
}

impl Guarded for Session {
    fn life(&self) -> Option<&Gate> {
        // Each call enters the session by itself; Logoff must not be inside.
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

/// Writes an advise connection, of which the variable may be a ULONG: only its low four bytes.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_RESOURCES`: the number is wider.
pub(super) fn write_connection(connection: Connection, out: Out<u32>, call: &'static str) -> Result<()> {
    let number = u32::try_from(connection.0).ok().filter(|number| *number != 0);
    let too_many = || Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, call, "no connection number is left");
    out.write(number.ok_or_else(too_many)?);
    Ok(())
}

impl IMAPISession_Impl for Session_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        const CALL: &str = "IMAPISession::GetLastError";
        let words = self.last.words(result);
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let ours = words.map(|error| mapi::session::MapiError {
                error,
                component: "OpenMAPI".to_owned(),
                low_level_error: 0,
                context: 0,
            });
            let known = self.get()?.last_error(result as u32)?.or(ours);
            write_error(known.as_ref(), flags, out)
        })
    }

    unsafe fn GetMsgStoresTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMAPISession::GetMsgStoresTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let session = self.get()?;
            out.give(session_table(session.msg_stores_table()?, &Context::of(session), flags)?);
            Ok(())
        })
    }

    unsafe fn OpenMsgStore(
        &self,
        _ui_param: usize,
        id_bytes: u32,
        id: *mut ENTRYID,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IMsgStore>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::OpenMsgStore";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (id, iid, out) =
                unsafe { (required_id(id_bytes, id, CALL)?, interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, MdbFlags::ALL.0, CALL)?;
            let session = self.get()?;
            let opened = session.open_msg_store(&id, MdbFlags(flags))?;
            out.give(asked(msg_store(opened, &Context::of(session)).into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn OpenAddressBook(
        &self,
        _ui_param: usize,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IAddrBook>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::OpenAddressBook";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (iid, out) = unsafe { (interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, AB_NO_DIALOG, CALL)?;
            let session = self.get()?;
            let book = session.open_address_book()?;
            let warning = book.warning()?;
            out.give(asked(address_book(book, session).into(), iid, CALL)?);
            Ok(warning)
        })
    }

    unsafe fn OpenProfileSection(
        &self,
        section: *mut MAPIUID,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IProfSect>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::OpenProfileSection";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (section, iid, out) =
                unsafe { (uid(section, CALL)?, interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, SectionFlags::ALL.0, CALL)?;
            let session = self.get()?;
            let opened = session.open_profile_section(section, SectionFlags(flags))?;
            out.give(asked(prof_sect(opened, &Context::of(session)).into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn GetStatusTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMAPISession::GetStatusTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let session = self.get()?;
            out.give(session_table(session.status_table()?, &Context::of(session), flags)?);
            Ok(())
        })
    }

    unsafe fn OpenEntry(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        iid: *const GUID,
        flags: u32,
        kind: *mut u32,
        out: OutInterface<IUnknown>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::OpenEntry";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameters.
            let (id, iid, kind, out) = unsafe {
                let id = required_id(id_bytes, id, CALL)?;
                (id, interface_id(iid, CALL)?, Out::required(kind, CALL)?, out.required(CALL)?)
            };
            only(flags, OpenFlags::ALL.0, CALL)?;
            let session = self.get()?;
            let context = Context::of(session);
            let (object, found) = match session.open_entry(&id, OpenFlags(flags))? {
                Opened::Object(entry) if is_list(&entry)? => {
                    let (list, kind) =
                        entry_object(&session.open_address_book()?, &id, OpenFlags(flags), &context)?;
                    (asked(list, iid, CALL)?, kind)
                }
                opened => wrap(opened, &context, iid, CALL)?,
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
        const CALL: &str = "IMAPISession::CompareEntryIDs";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (one, other, result) = unsafe {
                let one = entry_id(one_bytes, one, CALL)?;
                (one, entry_id(other_bytes, other, CALL)?, Out::required(result, CALL)?)
            };
            only(flags, 0, CALL)?;
            result.write(u32::from(self.get()?.compare_entry_ids(&one, &other)?));
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
        const CALL: &str = "IMAPISession::Advise";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier, sink and out parameter.
            let (id, sink, out) = unsafe {
                let id = entry_id(id_bytes, id, CALL)?;
                (id, sink.required(CALL)?, Out::required(connection.cast::<u32>(), CALL)?)
            };
            let sink = foreign_sink(sink.clone());
            write_connection(self.get()?.advise_entry(&id, EventMask(mask), sink)?, out, CALL)
        })
    }

    unsafe fn Unadvise(&self, connection: usize) -> HRESULT {
        slot(&self.this, "IMAPISession::Unadvise", || {
            self.get()?.unadvise(Connection(u64::from(connection as u32)))
        })
    }

    unsafe fn MessageOptions(
        &self,
        _ui_param: usize,
        flags: u32,
        address_type: *mut c_void,
        message: In<IMessage>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::MessageOptions";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text and message.
            let (address_type, message) = unsafe {
                let address_type = text(address_type, flags, CALL)?;
                (
                    address_type.ok_or_else(|| invalid(CALL, "the address type is NULL"))?,
                    message.required(CALL)?,
                )
            };
            only(flags, MAPI_UNICODE, CALL)?;
            let foreign = || Error::new(ErrorCode::NO_SUPPORT, CALL, "a message of another library");
            let known = known_message(message).ok_or_else(foreign)?;
            self.get()?.message_options(&address_type, &known)
        })
    }

    unsafe fn QueryDefaultMessageOpt(
        &self,
        address_type: *mut c_void,
        flags: u32,
        count: *mut u32,
        out: *mut *mut SPropValue,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::QueryDefaultMessageOpt";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text and out parameters.
            let (address_type, count, out) = unsafe {
                let address_type = text(address_type, flags, CALL)?;
                let address_type = address_type.ok_or_else(|| invalid(CALL, "the address type is NULL"))?;
                (address_type, Out::required(count, CALL)?, Out::required(out, CALL)?)
            };
            only(flags, MAPI_UNICODE, CALL)?;
            let options = self.get()?.query_default_message_opt(&address_type)?;
            let block = c_props(&options)?;
            count.write(options.len() as u32);
            out.write(block);
            Ok(())
        })
    }

    unsafe fn EnumAdrTypes(&self, flags: u32, count: *mut u32, out: *mut *mut *mut c_void) -> HRESULT {
        const CALL: &str = "IMAPISession::EnumAdrTypes";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (count, out) = unsafe { (Out::required(count, CALL)?, Out::required(out, CALL)?) };
            only(flags, MAPI_UNICODE, CALL)?;
            let types = self.get()?.enum_adr_types()?;
            let block = buffer(|writer| {
                let place = writer.reserve::<*mut c_void>(types.len())?;
                for (index, one) in types.iter().enumerate() {
                    let one = put_text(writer, one, flags & MAPI_UNICODE != 0)?;
                    // SAFETY: the room was reserved for as many.
                    unsafe { writer.set(place, index, one) };
                }
                Ok(place)
            })?;
            count.write(types.len() as u32);
            out.write(block);
            Ok(())
        })
    }

    unsafe fn QueryIdentity(&self, bytes: *mut u32, out: *mut *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IMAPISession::QueryIdentity";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (bytes, out) = unsafe { (Out::required(bytes, CALL)?, Out::required(out, CALL)?) };
            let identity = self.get()?.query_identity()?;
            write_entry_id(&identity.entry_id, bytes, out)?;
            Ok((!identity.is_known).then_some(Warning::NO_SERVICE))
        })
    }

    unsafe fn Logoff(&self, _ui_param: usize, flags: u32, reserved: u32) -> HRESULT {
        const CALL: &str = "IMAPISession::Logoff";
        slot(&self.this, CALL, || {
            only(flags, LogoffFlags::ALL.0, CALL)?;
            if reserved != 0 {
                return Err(invalid(CALL, "the reserved argument is not 0"));
            }
            let account = self.get()?.logoff(LogoffFlags(flags))?;
            tracing::info!(target: "mapi::call", %account, "logged off");
            verify::object::list_ended_by_logoff();
            Ok(())
        })
    }

    unsafe fn SetDefaultStore(&self, flags: u32, id_bytes: u32, id: *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IMAPISession::SetDefaultStore";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            let id = unsafe { entry_id(id_bytes, id, CALL) }?;
            let role = StoreRole::try_from(flags)?;
            self.get()?.set_default_store(role, Some(&id).filter(|id: &&EntryId| !id.is_empty()))
        })
    }

    unsafe fn AdminServices(&self, flags: u32, out: OutInterface<IMsgServiceAdmin>) -> HRESULT {
        const CALL: &str = "IMAPISession::AdminServices";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            let session = self.get()?;
            out.give(msg_service_admin(session.admin_services()?, &Context::of(session)));
            Ok(())
        })
    }

    unsafe fn ShowForm(
        &self,
        _ui_param: usize,
        store: In<IMsgStore>,
        folder: In<IMAPIFolder>,
        iid: *const GUID,
        token: usize,
        _sent: In<IMessage>,
        flags: u32,
        _status: u32,
        _message_flags: u32,
        _access: u32,
        class: *mut u8,
    ) -> HRESULT {
        const CALL: &str = "IMAPISession::ShowForm";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's objects, identifier and text.
            unsafe {
                store.required(CALL)?;
                folder.required(CALL)?;
                interface_id(iid, CALL)?;
                text(class.cast(), 0, CALL)?.ok_or_else(|| invalid(CALL, "the message class is NULL"))?;
            }
            self.get()?.show_form(FormToken(u64::from(token as u32)), FormFlags(flags))
        })
    }

    unsafe fn PrepareForm(&self, iid: *const GUID, message: In<IMessage>, token: *mut usize) -> HRESULT {
        const CALL: &str = "IMAPISession::PrepareForm";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier, message and out parameter, of which only the low four bytes
            // are written.
            let (iid, message, token) = unsafe {
                let token = Out::required(token.cast::<u32>(), CALL)?;
                (interface_id(iid, CALL)?, message.required(CALL)?, token)
            };
            if iid.is_some_and(|iid| iid != IMessage::IID) {
                let detail = "forms are for messages";
                return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, detail));
            }
            let foreign = || Error::new(ErrorCode::NO_SUPPORT, CALL, "a message of another library");
            let known = known_message(message).ok_or_else(foreign)?;
            let made = self.get()?.prepare_form(&known)?;
            write_connection(Connection(made.0), token, CALL)
        })
    }
}

impl IMAPIClientShutdown_Impl for Session_Impl {
    unsafe fn QueryFastShutdown(&self) -> HRESULT {
        slot(&self.this, "IMAPIClientShutdown::QueryFastShutdown", || {
            self.get()?.client_shutdown()?.query_fast_shutdown()
        })
    }

    unsafe fn NotifyProcessShutdown(&self) -> HRESULT {
        slot(&self.this, "IMAPIClientShutdown::NotifyProcessShutdown", || {
            self.get()?.client_shutdown()?.notify_process_shutdown()
        })
    }

    unsafe fn DoFastShutdown(&self) -> HRESULT {
        slot(&self.this, "IMAPIClientShutdown::DoFastShutdown", || {
            self.get()?.client_shutdown()?.do_fast_shutdown()
        })
    }
}
