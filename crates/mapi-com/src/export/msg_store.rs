//! IMsgStore over an open store of the safe API. What only the spooler may call answers
//! `MAPI_E_NO_SUPPORT` to a client.

use super::folder::required_id;
use super::held::{Class, Context, Held};
use super::last_error::put_text;
use super::opened::{entry_id, interface_id, wrap, write_entry_id};
use super::prop::only;
use super::session::write_connection;
use crate::abi::{ENTRYID, NOTIFICATION};
use crate::guard::{Guarded, slot};
use crate::import::advise_sink::foreign_sink;
use crate::interfaces::{IMAPIAdviseSink, IMAPITable, IMessage, IMsgStore, IMsgStore_Impl, IUnknown};
use crate::marshal::block::buffer;
use crate::marshal::text::{MAPI_UNICODE, text};
use crate::marshal::{In, Out, OutInterface, invalid};
use mapi_defs::flags::{OpenFlags, StoreLogoffFlags};
use mapi_defs::notification::EventMask;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::advise::Connection;
use std::ffi::c_void;
use windows_core::{GUID, HRESULT, implement};

/// Makes the COM object of a store.
pub(super) fn msg_store(store: mapi::MsgStore, context: &Context) -> IMsgStore {
    MsgStore(Held::new(store, context)).into()
}

#[implement(IMsgStore)]
struct MsgStore(Held<mapi::MsgStore>);

impl Class for MsgStore {
    type Object = mapi::MsgStore;

    fn held(&self) -> &Held<mapi::MsgStore> {
        &self.0
    }
}

impl MsgStore {
    fn spooler_only(&self, call: &'static str) -> Result<()> {
        self.check()?;
        Err(Error::new(ErrorCode::NO_SUPPORT, call, "only the spooler calls this"))
    }
}

impl IMsgStore_Impl for MsgStore_Impl {
    unsafe fn Advise(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        mask: u32,
        sink: In<IMAPIAdviseSink>,
        connection: *mut usize,
    ) -> HRESULT {
        const CALL: &str = "IMsgStore::Advise";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier, sink and out parameter.
            let (id, sink, out) = unsafe {
                let id = entry_id(id_bytes, id, CALL)?;
                (id, sink.required(CALL)?, Out::required(connection.cast::<u32>(), CALL)?)
            };
            let sink = foreign_sink(sink.clone());
            write_connection(self.0.object().advise(&id, EventMask(mask), sink)?, out, CALL)
        })
    }

    unsafe fn Unadvise(&self, connection: usize) -> HRESULT {
        slot(&self.this, "IMsgStore::Unadvise", || {
            self.0.object().unadvise(Connection(u64::from(connection as u32)))
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
        const CALL: &str = "IMsgStore::CompareEntryIDs";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameter.
            let (one, other, result) = unsafe {
                let one = entry_id(one_bytes, one, CALL)?;
                (one, entry_id(other_bytes, other, CALL)?, Out::required(result, CALL)?)
            };
            only(flags, 0, CALL)?;
            result.write(u32::from(self.0.object().compare_entry_ids(&one, &other)?));
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
        const CALL: &str = "IMsgStore::OpenEntry";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifiers and out parameters.
            let (id, iid, kind, out) = unsafe {
                let id = entry_id(id_bytes, id, CALL)?;
                (id, interface_id(iid, CALL)?, Out::required(kind, CALL)?, out.required(CALL)?)
            };
            only(flags, OpenFlags::ALL.0, CALL)?;
            let opened = self.0.object().open_entry(&id, OpenFlags(flags))?;
            let (object, found) = wrap(opened, self.0.context(), iid, CALL)?;
            kind.write(found);
            out.give(object);
            Ok(())
        })
    }

    unsafe fn SetReceiveFolder(
        &self,
        class: *mut c_void,
        flags: u32,
        id_bytes: u32,
        id: *mut ENTRYID,
    ) -> HRESULT {
        const CALL: &str = "IMsgStore::SetReceiveFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text and identifier.
            let (class, id) = unsafe { (text(class, flags, CALL)?, entry_id(id_bytes, id, CALL)?) };
            only(flags, MAPI_UNICODE, CALL)?;
            let folder = Some(&id).filter(|id| !id.is_empty());
            self.0.object().set_receive_folder(&class.unwrap_or_default(), folder)
        })
    }

    unsafe fn GetReceiveFolder(
        &self,
        class: *mut c_void,
        flags: u32,
        bytes: *mut u32,
        out: *mut *mut ENTRYID,
        explicit: *mut *mut c_void,
    ) -> HRESULT {
        const CALL: &str = "IMsgStore::GetReceiveFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's text and out parameters, of which the last may be NULL.
            let (class, bytes, out, explicit) = unsafe {
                (
                    text(class, flags, CALL)?,
                    Out::required(bytes, CALL)?,
                    Out::required(out, CALL)?,
                    Out::optional(explicit, CALL)?,
                )
            };
            only(flags, MAPI_UNICODE, CALL)?;
            let found = self.0.object().receive_folder(&class.unwrap_or_default())?;
            if let Some(explicit) = explicit {
                let wide = flags & MAPI_UNICODE != 0;
                explicit.write(buffer(|writer| put_text(writer, &found.message_class, wide))?);
            }
            write_entry_id(&found.folder, bytes, out)
        })
    }

    unsafe fn GetReceiveFolderTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMsgStore::GetReceiveFolderTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE | OpenFlags::DEFERRED_ERRORS.0, CALL)?;
            out.give(self.0.table(self.0.object().receive_folder_table()?, flags)?);
            Ok(())
        })
    }

    unsafe fn StoreLogoff(&self, flags: *mut u32) -> HRESULT {
        const CALL: &str = "IMsgStore::StoreLogoff";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's in and out parameter.
            let out = unsafe { Out::required(flags, CALL) }?;
            // SAFETY: checked to be there and aligned.
            let asked = StoreLogoffFlags(unsafe { *flags });
            out.write(self.0.object().store_logoff(asked)?.0);
            Ok(())
        })
    }

    unsafe fn AbortSubmit(&self, id_bytes: u32, id: *mut ENTRYID, flags: u32) -> HRESULT {
        const CALL: &str = "IMsgStore::AbortSubmit";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            let id = unsafe { required_id(id_bytes, id, CALL) }?;
            only(flags, 0, CALL)?;
            self.0.object().abort_submit(&id)
        })
    }

    unsafe fn GetOutgoingQueue(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMsgStore::GetOutgoingQueue";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, MAPI_UNICODE, CALL)?;
            out.give(self.0.table(self.0.object().outgoing_queue()?, flags)?);
            Ok(())
        })
    }

    unsafe fn SetLockState(&self, message: In<IMessage>, _state: u32) -> HRESULT {
        const CALL: &str = "IMsgStore::SetLockState";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's message.
            unsafe { message.required(CALL) }?;
            self.spooler_only(CALL)
        })
    }

    unsafe fn FinishedMsg(&self, _flags: u32, id_bytes: u32, id: *mut ENTRYID) -> HRESULT {
        const CALL: &str = "IMsgStore::FinishedMsg";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            unsafe { required_id(id_bytes, id, CALL) }?;
            self.spooler_only(CALL)
        })
    }

    unsafe fn NotifyNewMail(&self, notification: *mut NOTIFICATION) -> HRESULT {
        const CALL: &str = "IMsgStore::NotifyNewMail";
        slot(&self.this, CALL, || {
            if notification.is_null() {
                return Err(invalid(CALL, "the notification is NULL"));
            }
            self.spooler_only(CALL)
        })
    }
}
