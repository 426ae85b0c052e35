//! IMAPISupport: what MAPI does for a provider in a library, over the safe support object.
//!
//! What shows a window, and what no provider here can ask for (templates of details, preprocessors named by
//! a library), answers `MAPI_E_NO_SUPPORT`; docs/matrix.md has the reasons.

use super::{optional_uid, section};
use crate::abi::{
    ADRLIST, ADRPARM, AllocateBuffer, AllocateMore, ButtonCallback, DismissModeless, ENTRYID, FreeBuffer,
    MAPIERROR, MAPIUID, NOTIFICATION, NOTIFKEY, SBinary, SBinaryArray, SPropProblemArray, SPropTagArray,
    SPropValue,
};
use crate::export::last_error::last_error;
use crate::export::message::recipient;
use crate::export::opened::{entry_id, write_entry_id};
use crate::export::prof_admin::required_text;
use crate::export::prof_sect::uid;
use crate::export::session::write_connection;
use crate::guard::{Guarded, LastError, slot};
use crate::import::advise_sink::foreign_sink;
use crate::import::message::foreign_message;
use crate::interfaces::{
    IAddrBook, IMAPIAdviseSink, IMAPIProgress, IMAPIProp, IMAPISupport, IMAPISupport_Impl, IMAPITable,
    IMessage, IProfSect, IStorage, IUnknown,
};
use crate::invalid::make_invalid;
use crate::load::{allocate_buffer, allocate_more, free_buffer};
use crate::marshal::notified::notifications;
use crate::marshal::prop::{bytes, counted, props};
use crate::marshal::row::rows;
use crate::marshal::{In, Out, OutInterface, array, invalid};
use mapi_defs::notification::EventMask;
use mapi_defs::prop::PropList;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::advise::Connection;
use mapi_spi::gate::Gate;
use mapi_spi::support::{SpoolerNotify, Support as Provided, Told};
use std::ffi::c_void;
use std::sync::Arc;
use windows_core::{GUID, HRESULT, implement};

const STATUSROW_UPDATE: u32 = 0x1000_0000;
const NOTIFY_SYNC: u32 = 0x4000_0000;
const NOTIFY_CANCELED: u32 = 0x8000_0000;
const NEEDS_PREPROCESSING: u32 = 1;
/// What tells the spooler what, in the order of their bits (NOTIFY_*).
pub(crate) const NOTIFY_NEWMAIL: u32 = 0x1;
pub(crate) const NOTIFY_READYTOSEND: u32 = 0x2;
pub(crate) const NOTIFY_SENTDEFERRED: u32 = 0x4;
pub(crate) const NOTIFY_CRITSEC: u32 = 0x1000;
pub(crate) const NOTIFY_NONCRIT: u32 = 0x2000;
pub(crate) const NOTIFY_CONFIG_CHANGE: u32 = 0x4000;
pub(crate) const NOTIFY_CRITICAL_ERROR: u32 = 0x1000_0000;

/// Makes the support object of a logon; it answers `MAPI_E_INVALID_OBJECT` once the gate is closed.
pub(crate) fn support(provided: Arc<dyn Provided>, gate: Arc<Gate>) -> IMAPISupport {
    Support { provided, gate, last: LastError::new() }.into()
}

#[implement(IMAPISupport)]
struct Support {
    provided: Arc<dyn Provided>,
    gate: Arc<Gate>,
    last: LastError,
}

impl Guarded for Support {
    fn life(&self) -> Option<&Gate> {
        // The safe support object asks whether its session lives; and it calls sinks of the provider's own,
        // which may end what this gate is for.
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
    fn check(&self) -> Result<()> {
        self.gate.enter().map(drop)
    }
}

impl Support {
    fn get(&self) -> Result<&dyn Provided> {
        self.check()?;
        Ok(&*self.provided)
    }

    fn refused(&self, call: &'static str, why: &'static str) -> HRESULT {
        slot(self, call, || -> Result<()> { Err(Error::new(ErrorCode::NO_SUPPORT, call, why)) })
    }
}

const NO_DIALOGS: &str = "nobody is here to be asked: a provider in a library has no window";
const BY_CONTENTS: &str = "copy by what the objects have: properties, recipients, attachments";
const NOT_ASKED: &str = "no provider is given this by the spooler here";

impl IMAPISupport_Impl for Support_Impl {
    unsafe fn GetLastError(&self, result: i32, flags: u32, out: *mut *mut MAPIERROR) -> HRESULT {
        // SAFETY: the caller's out parameter.
        unsafe { last_error(&self.this, "IMAPISupport::GetLastError", result, flags, out) }
    }

    unsafe fn GetMemAllocRoutines(
        &self,
        allocate: *mut AllocateBuffer,
        more: *mut AllocateMore,
        free: *mut FreeBuffer,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::GetMemAllocRoutines";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameters.
            let (allocate, more, free) = unsafe {
                let allocate = Out::required(allocate, CALL)?;
                (allocate, Out::required(more, CALL)?, Out::required(free, CALL)?)
            };
            allocate.write(Some(allocate_buffer));
            more.write(Some(allocate_more));
            free.write(Some(free_buffer));
            Ok(())
        })
    }

    unsafe fn Subscribe(
        &self,
        key: *mut NOTIFKEY,
        mask: u32,
        flags: u32,
        sink: In<IMAPIAdviseSink>,
        out: *mut usize,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::Subscribe";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's key, sink and out parameter, of which the low four bytes are written.
            let (key, sink, out) = unsafe {
                (notif_key(key, CALL)?, sink.required(CALL)?, Out::required(out.cast::<u32>(), CALL)?)
            };
            let told = match flags {
                0 => Told::Later,
                NOTIFY_SYNC => Told::Within,
                _ => return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag")),
            };
            let connection = self.get()?.subscribe(key, EventMask(mask), told, foreign_sink(sink.clone()))?;
            write_connection(connection, out, CALL)
        })
    }

    unsafe fn Unsubscribe(&self, connection: usize) -> HRESULT {
        slot(&self.this, "IMAPISupport::Unsubscribe", || {
            self.get()?.unsubscribe(Connection(u64::from(connection as u32)))
        })
    }

    unsafe fn Notify(
        &self,
        key: *mut NOTIFKEY,
        count: u32,
        pointer: *mut NOTIFICATION,
        flags: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::Notify";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's key, notifications and in and out parameter.
            let (key, told, out) = unsafe {
                (notif_key(key, CALL)?, notifications(pointer, count, CALL)?, Out::required(flags, CALL)?)
            };
            let cancelled = self.get()?.notify(key, &told)?;
            out.write(if cancelled { NOTIFY_CANCELED } else { 0 });
            Ok(())
        })
    }

    unsafe fn ModifyStatusRow(&self, count: u32, values: *mut SPropValue, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPISupport::ModifyStatusRow";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's values.
            let values = unsafe { props(values, count, CALL) }?;
            let columns: PropList = values.into_iter().collect();
            match flags {
                0 => self.get()?.modify_status_row(columns),
                STATUSROW_UPDATE => self.get()?.update_status_row(columns),
                _ => Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag")),
            }
        })
    }

    unsafe fn OpenProfileSection(
        &self,
        which: *mut MAPIUID,
        _flags: u32,
        out: OutInterface<IProfSect>,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::OpenProfileSection";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID, or NULL for its own section, and out parameter.
            let (which, out) = unsafe { (optional_uid(which, CALL)?, out.required(CALL)?) };
            let opened = self.get()?.profile_section(which)?;
            out.give(section(opened, &self.gate, None, CALL)?);
            Ok(())
        })
    }

    unsafe fn RegisterPreprocessor(
        &self,
        _muid: *mut MAPIUID,
        _adr_type: *mut c_void,
        _dll_name: *mut c_void,
        _preprocess: *mut u8,
        _remove: *mut u8,
        _flags: u32,
    ) -> HRESULT {
        self.refused("IMAPISupport::RegisterPreprocessor", "preprocessors come as objects, not as names")
    }

    unsafe fn NewUID(&self, out: *mut MAPIUID) -> HRESULT {
        const CALL: &str = "IMAPISupport::NewUID";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { Out::required(out, CALL) }?;
            out.write(MAPIUID { ab: self.get()?.new_uid().0 });
            Ok(())
        })
    }

    unsafe fn MakeInvalid(&self, _flags: u32, object: *mut c_void, references: u32, methods: u32) -> HRESULT {
        slot(&self.this, "IMAPISupport::MakeInvalid", || {
            // SAFETY: the provider's own object, which nobody is inside.
            unsafe { make_invalid(object, references, methods) }
        })
    }

    unsafe fn SpoolerYield(&self, _flags: u32) -> HRESULT {
        // The spooler has a thread of its own.
        slot(&self.this, "IMAPISupport::SpoolerYield", || self.check())
    }

    unsafe fn SpoolerNotify(&self, flags: u32, data: *mut c_void) -> HRESULT {
        const CALL: &str = "IMAPISupport::SpoolerNotify";
        slot(&self.this, CALL, || {
            let what = match flags {
                NOTIFY_NEWMAIL => SpoolerNotify::NewMail,
                NOTIFY_READYTOSEND => SpoolerNotify::ReadyToSend,
                NOTIFY_SENTDEFERRED => {
                    // SAFETY: with this flag the data is an entry identifier.
                    let id = unsafe { bytes(&array(data.cast::<SBinary>(), 1, CALL)?[0], CALL) }?;
                    SpoolerNotify::SentDeferred(EntryId::from_bytes(id))
                }
                NOTIFY_CRITSEC => SpoolerNotify::CriticalSection,
                NOTIFY_NONCRIT => SpoolerNotify::NonCriticalSection,
                NOTIFY_CONFIG_CHANGE => SpoolerNotify::ConfigChange,
                NOTIFY_CRITICAL_ERROR => SpoolerNotify::CriticalError,
                _ => return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "not one thing to tell")),
            };
            self.get()?.spooler_notify(what)
        })
    }

    unsafe fn CreateOneOff(
        &self,
        name: *mut c_void,
        adr_type: *mut c_void,
        address: *mut c_void,
        flags: u32,
        size: *mut u32,
        out: *mut *mut ENTRYID,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::CreateOneOff";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts and out parameters.
            let (name, adr_type, address, size, out) = unsafe {
                (
                    required_text(name, flags, CALL)?,
                    required_text(adr_type, flags, CALL)?,
                    required_text(address, flags, CALL)?,
                    Out::required(size, CALL)?,
                    Out::required(out, CALL)?,
                )
            };
            self.check()?;
            write_entry_id(&mapi::address_book::one_off(&name, &adr_type, &address), size, out)
        })
    }

    unsafe fn SetProviderUID(&self, which: *mut MAPIUID, _flags: u32) -> HRESULT {
        const CALL: &str = "IMAPISupport::SetProviderUID";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's UID.
            let which = unsafe { uid(which, CALL) }?;
            self.get()?.set_provider_uid(which)
        })
    }

    unsafe fn CompareEntryIDs(
        &self,
        one_bytes: u32,
        one: *mut ENTRYID,
        other_bytes: u32,
        other: *mut ENTRYID,
        _flags: u32,
        out: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPISupport::CompareEntryIDs";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (one, other, out) = unsafe {
                let one = entry_id(one_bytes, one, CALL)?;
                (one, entry_id(other_bytes, other, CALL)?, Out::required(out, CALL)?)
            };
            self.check()?;
            if one != other && one.provider() == other.provider() {
                let why = "only the identifiers' own provider knows whether they are of one object";
                return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, why));
            }
            out.write(u32::from(one == other));
            Ok(())
        })
    }

    unsafe fn OpenTemplateID(
        &self,
        _template_bytes: u32,
        _template: *mut ENTRYID,
        _flags: u32,
        _data: In<IMAPIProp>,
        _interface: *const GUID,
        _new: OutInterface<IMAPIProp>,
        _sibling: In<IMAPIProp>,
    ) -> HRESULT {
        self.refused("IMAPISupport::OpenTemplateID", "entries have no templates here")
    }

    unsafe fn OpenEntry(
        &self,
        _id_bytes: u32,
        _id: *mut ENTRYID,
        _interface: *const GUID,
        _flags: u32,
        _kind: *mut u32,
        _out: OutInterface<IUnknown>,
    ) -> HRESULT {
        self.refused("IMAPISupport::OpenEntry", "a provider sees its own objects, not those of others")
    }

    unsafe fn GetOneOffTable(&self, _flags: u32, _table: OutInterface<IMAPITable>) -> HRESULT {
        self.refused("IMAPISupport::GetOneOffTable", "entries have no templates here")
    }

    unsafe fn Address(
        &self,
        _ui_param: *mut usize,
        _parameters: *mut ADRPARM,
        _list: *mut *mut ADRLIST,
    ) -> HRESULT {
        self.refused("IMAPISupport::Address", NO_DIALOGS)
    }

    unsafe fn Details(
        &self,
        _ui_param: *mut usize,
        _dismiss: DismissModeless,
        _dismiss_context: *mut c_void,
        _id_bytes: u32,
        _id: *mut ENTRYID,
        _callback: ButtonCallback,
        _context: *mut c_void,
        _text: *mut c_void,
        _flags: u32,
    ) -> HRESULT {
        self.refused("IMAPISupport::Details", NO_DIALOGS)
    }

    unsafe fn NewEntry(
        &self,
        _ui_param: usize,
        _flags: u32,
        _container_bytes: u32,
        _container: *mut ENTRYID,
        _template_bytes: u32,
        _template: *mut ENTRYID,
        _new_bytes: *mut u32,
        _new: *mut *mut ENTRYID,
    ) -> HRESULT {
        self.refused("IMAPISupport::NewEntry", NO_DIALOGS)
    }

    unsafe fn DoConfigPropsheet(
        &self,
        _ui_param: usize,
        _flags: u32,
        _title: *mut c_void,
        _display: In<IMAPITable>,
        _data: In<IMAPIProp>,
        _top_page: u32,
    ) -> HRESULT {
        self.refused("IMAPISupport::DoConfigPropsheet", NO_DIALOGS)
    }

    unsafe fn CopyMessages(
        &self,
        _src_interface: *const GUID,
        _src: *mut c_void,
        _list: *mut SBinaryArray,
        _dest_interface: *const GUID,
        _dest: *mut c_void,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _flags: u32,
    ) -> HRESULT {
        self.refused("IMAPISupport::CopyMessages", BY_CONTENTS)
    }

    unsafe fn CopyFolder(
        &self,
        _src_interface: *const GUID,
        _src: *mut c_void,
        _id_bytes: u32,
        _id: *mut ENTRYID,
        _dest_interface: *const GUID,
        _dest: *mut c_void,
        _name: *mut c_void,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _flags: u32,
    ) -> HRESULT {
        self.refused("IMAPISupport::CopyFolder", BY_CONTENTS)
    }

    unsafe fn DoCopyTo(
        &self,
        _src_interface: *const GUID,
        _src: *mut c_void,
        _exclude_count: u32,
        _exclude: *const GUID,
        _exclude_props: *mut SPropTagArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _dest_interface: *const GUID,
        _dest: *mut c_void,
        _flags: u32,
        _problems: *mut *mut SPropProblemArray,
    ) -> HRESULT {
        self.refused("IMAPISupport::DoCopyTo", BY_CONTENTS)
    }

    unsafe fn DoCopyProps(
        &self,
        _src_interface: *const GUID,
        _src: *mut c_void,
        _include: *mut SPropTagArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        _dest_interface: *const GUID,
        _dest: *mut c_void,
        _flags: u32,
        _problems: *mut *mut SPropProblemArray,
    ) -> HRESULT {
        self.refused("IMAPISupport::DoCopyProps", BY_CONTENTS)
    }

    unsafe fn DoProgressDialog(
        &self,
        _ui_param: usize,
        _flags: u32,
        _progress: OutInterface<IMAPIProgress>,
    ) -> HRESULT {
        self.refused("IMAPISupport::DoProgressDialog", NO_DIALOGS)
    }

    unsafe fn ReadReceipt(
        &self,
        _flags: u32,
        _read: In<IMessage>,
        _empty: OutInterface<IMessage>,
    ) -> HRESULT {
        self.refused("IMAPISupport::ReadReceipt", "a store makes its receipts itself")
    }

    unsafe fn PrepareSubmit(&self, message: In<IMessage>, flags: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPISupport::PrepareSubmit";
        slot(&self.this, CALL, || {
            // SAFETY: the provider's message and out parameter.
            let (message, flags) = unsafe { (message.required(CALL)?, Out::optional(flags, CALL)?) };
            self.get()?.prepare_submit(&*foreign_message(message))?;
            flags.into_iter().for_each(|out| out.write(0));
            Ok(())
        })
    }

    unsafe fn ExpandRecips(&self, message: In<IMessage>, flags: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPISupport::ExpandRecips";
        slot(&self.this, CALL, || {
            // SAFETY: the provider's message and out parameter.
            let (message, flags) = unsafe { (message.required(CALL)?, Out::required(flags, CALL)?) };
            let seen = self.get()?.expand_recips(&*foreign_message(message))?;
            flags.write(if seen { NEEDS_PREPROCESSING } else { 0 });
            Ok(())
        })
    }

    unsafe fn UpdatePAB(&self, _flags: u32, _message: In<IMessage>) -> HRESULT {
        self.refused("IMAPISupport::UpdatePAB", "recipients are not put into the address book unasked")
    }

    unsafe fn DoSentMail(&self, _flags: u32, _message: In<IMessage>) -> HRESULT {
        self.refused("IMAPISupport::DoSentMail", NOT_ASKED)
    }

    unsafe fn OpenAddressBook(
        &self,
        _interface: *const GUID,
        _flags: u32,
        _out: OutInterface<IAddrBook>,
    ) -> HRESULT {
        self.refused("IMAPISupport::OpenAddressBook", "a provider sees its own objects, not those of others")
    }

    unsafe fn Preprocess(&self, _flags: u32, _id_bytes: u32, _id: *mut ENTRYID) -> HRESULT {
        self.refused("IMAPISupport::Preprocess", NOT_ASKED)
    }

    unsafe fn CompleteMsg(&self, _flags: u32, _id_bytes: u32, _id: *mut ENTRYID) -> HRESULT {
        self.refused("IMAPISupport::CompleteMsg", NOT_ASKED)
    }

    unsafe fn StoreLogoffTransports(&self, flags: *mut u32) -> HRESULT {
        const CALL: &str = "IMAPISupport::StoreLogoffTransports";
        slot(&self.this, CALL, || {
            // SAFETY: the provider's in and out parameter.
            let (out, asked) = unsafe { (Out::required(flags, CALL)?, *flags) };
            out.write(self.get()?.store_logoff_transports(asked)?);
            Ok(())
        })
    }

    unsafe fn StatusRecips(&self, message: In<IMessage>, list: *mut ADRLIST) -> HRESULT {
        const CALL: &str = "IMAPISupport::StatusRecips";
        slot(&self.this, CALL, || {
            // SAFETY: the provider's message and list, which is laid out as a row set.
            let (message, list) = unsafe { (message.required(CALL)?, rows(list.cast(), CALL)?) };
            let list = list.ok_or_else(|| invalid(CALL, "the list is NULL"))?;
            let told: Vec<_> = list.into_iter().map(recipient).collect();
            self.get()?.status_recips(&*foreign_message(message), &told)
        })
    }

    unsafe fn WrapStoreEntryID(
        &self,
        _bytes: u32,
        _id: *mut ENTRYID,
        _out_bytes: *mut u32,
        _out: *mut *mut ENTRYID,
    ) -> HRESULT {
        self.refused("IMAPISupport::WrapStoreEntryID", "the identifier of a store is wrapped by MAPI itself")
    }

    unsafe fn ModifyProfile(&self, _flags: u32) -> HRESULT {
        // A provider's section is kept at once.
        slot(&self.this, "IMAPISupport::ModifyProfile", || self.check())
    }

    unsafe fn IStorageFromStream(
        &self,
        _from: In<IUnknown>,
        _interface: *const GUID,
        _flags: u32,
        _out: OutInterface<IStorage>,
    ) -> HRESULT {
        self.refused("IMAPISupport::IStorageFromStream", "open the storage of the attachment itself")
    }

    unsafe fn GetSvcConfigSupportObj(&self, flags: u32, out: OutInterface<IMAPISupport>) -> HRESULT {
        const CALL: &str = "IMAPISupport::GetSvcConfigSupportObj";
        slot(&self.this, CALL, || {
            // SAFETY: the provider's out parameter.
            let out = unsafe { out.required(CALL) }?;
            crate::export::prop::only(flags, 0, CALL)?;
            self.check()?;
            out.give(support(self.provided.clone(), self.gate.clone()));
            Ok(())
        })
    }
}

/// The bytes of a subscription's key.
///
/// # Safety
/// The pointer is NULL or leads to a key of as many bytes as it says.
unsafe fn notif_key<'a>(key: *const NOTIFKEY, call: &'static str) -> Result<&'a [u8]> {
    // SAFETY: the promise is the caller's own; the bytes go on behind the first.
    unsafe {
        let head = array(key, 1, call)?;
        let bytes = counted(std::ptr::addr_of!((*key).ab).cast(), head[0].cb, call)?;
        if bytes.is_empty() { Err(invalid(call, "the key is empty")) } else { Ok(bytes) }
    }
}
