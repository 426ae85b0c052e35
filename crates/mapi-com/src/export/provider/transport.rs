//! IXPProvider and IXPLogon over a transport provider in Rust, for a library of its own.

use crate::abi::{ENTRYID, MAPIERROR, MAPIUID, OPTIONDATA, SBinary};
use crate::export::prop::only;
use crate::guard::{Guarded, LastError, slot};
use crate::import::message::foreign_message;
use crate::import::prop::Foreign;
use crate::interfaces::{
    IMAPIStatus, IMAPISupport, IMessage, IXPLogon, IXPLogon_Impl, IXPProvider, IXPProvider_Impl,
};
use crate::marshal::block::{Writer, buffer};
use crate::marshal::prop::bytes;
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{In, Out, OutInterface, array, invalid};
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::prop::tags::PR_REPORT_TEXT;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::gate::Gate;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::support::Support;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::{GUID, HRESULT, implement};

const LOGON_SP_IDLE: u32 = 0x0001_0000;
const LOGON_SP_POLL: u32 = 0x0002_0000;
const BEGIN_DEFERRED: u32 = 1;
const END_RESEND_NOW: u32 = 0x0001_0000;
const END_RESEND_LATER: u32 = 0x0002_0000;
const END_DONT_RESEND: u32 = 0x0004_0000;
const NOTIFY_ABORT_DEFERRED: u32 = 0x4000_0000;
const NOTIFY_CANCEL_MESSAGE: u32 = 0x8000_0000;
const NOTHING_TO_SHOW: &str = "a transport in a library says how it is in its row of the status table";

/// Makes the COM object of a provider.
pub(crate) fn xp_provider(provider: Arc<dyn XpProvider>) -> IXPProvider {
    Provider { provider, last: LastError::new() }.into()
}

#[implement(IXPProvider)]
struct Provider {
    provider: Arc<dyn XpProvider>,
    last: LastError,
}

impl Guarded for Provider {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl IXPProvider_Impl for Provider_Impl {
    unsafe fn Shutdown(&self, _flags: *mut u32) -> HRESULT {
        slot(&self.this, "IXPProvider::Shutdown", || self.provider.shutdown())
    }

    unsafe fn TransportLogon(
        &self,
        support: In<IMAPISupport>,
        _ui_param: usize,
        _profile: *mut c_void,
        flags: *mut u32,
        _error: *mut *mut MAPIERROR,
        out: OutInterface<IXPLogon>,
    ) -> HRESULT {
        const CALL: &str = "IXPProvider::TransportLogon";
        slot(&self.this, CALL, || {
            // SAFETY: the flags are in and out; NULL is refused below.
            let asked = unsafe { flags.as_ref() }.copied().unwrap_or(0);
            // SAFETY: the host's support object and out parameters.
            let (support, flags, out) =
                unsafe { (support.required(CALL)?, Out::required(flags, CALL)?, out.required(CALL)?) };
            let support: Arc<dyn Support> = Arc::new(Foreign(support.clone()));
            let how = TransportLogonIn(asked & !MAPI_UNICODE);
            let (logon, asks) = self.provider.logon(support.clone(), how)?;
            let idle = if asks.idle { LOGON_SP_IDLE } else { 0 };
            flags.write(idle | if asks.poll { LOGON_SP_POLL } else { 0 });
            let logon = Logon { logon, support, ends: Mutex::default(), last: LastError::new() };
            out.give(IXPLogon::from(logon));
            Ok(())
        })
    }
}

#[implement(IXPLogon)]
struct Logon {
    logon: Arc<dyn XpLogon>,
    support: Arc<dyn Support>,
    /// What EndMessage will answer of the messages under way, by their reference.
    ends: Mutex<BTreeMap<usize, u32>>,
    last: LastError,
}

impl Guarded for Logon {
    fn life(&self) -> Option<&Gate> {
        None
    }
    fn last_error(&self) -> &LastError {
        &self.last
    }
}

impl Logon {
    /// Marks the recipients that are the transport's no more, reports those it has refused, and returns the
    /// flags of EndMessage for the others.
    fn settle(&self, message: &dyn Message, outcomes: &[RecipientOutcome]) -> Result<u32> {
        let (mut taken, mut refused, mut end) = (Vec::new(), Vec::new(), 0);
        let rows = message.recipients()?;
        for outcome in outcomes {
            let Some(row) = rows.iter().find(|row| row.row_id == outcome.row_id) else { continue };
            match outcome.state {
                RecipientState::RetryAfter(_) => end |= END_RESEND_LATER,
                RecipientState::ResendNow => end |= END_RESEND_NOW,
                RecipientState::Deferred => end |= END_DONT_RESEND,
                RecipientState::Sent | RecipientState::Local | RecipientState::InDoubt => {
                    taken.push(row.clone());
                }
                RecipientState::Refused(_) => {
                    taken.push(row.clone());
                    let mut row = row.clone();
                    row.props.set(PR_REPORT_TEXT, outcome.reply.as_str());
                    refused.push(row);
                }
            }
        }
        if !refused.is_empty() {
            self.support.status_recips(message, &refused)?;
        }
        for row in &mut taken {
            row.props.set(Recipient::RESPONSIBILITY, true);
        }
        if !taken.is_empty() {
            message.modify_recipients(ModifyRecipients::Modify, taken)?;
        }
        Ok(end)
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, u32>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IXPLogon_Impl for Logon_Impl {
    unsafe fn AddressTypes(
        &self,
        flags: *mut u32,
        type_count: *mut u32,
        types: *mut *mut *mut c_void,
        uid_count: *mut u32,
        uids: *mut *mut *mut MAPIUID,
    ) -> HRESULT {
        const CALL: &str = "IXPLogon::AddressTypes";
        slot(&self.this, CALL, || {
            // SAFETY: the host's out parameters.
            let (flags, type_count, types, uid_count, uids) = unsafe {
                (
                    Out::required(flags, CALL)?,
                    Out::required(type_count, CALL)?,
                    Out::required(types, CALL)?,
                    Out::required(uid_count, CALL)?,
                    Out::required(uids, CALL)?,
                )
            };
            let AddressTypes { types: mut named, any, uids: known } = self.logon.address_types()?;
            if any {
                named.push(String::new());
            }
            let text_block = buffer(|writer| {
                pointers(writer, &named, |writer, one| {
                    let units: Vec<u16> = one.encode_utf16().chain([0]).collect();
                    Ok(writer.put(&units)?.cast::<c_void>())
                })
            })?;
            let uid_block = buffer(|writer| {
                pointers(writer, &known, |writer, uid| writer.put(&[MAPIUID { ab: uid.0 }]))
            })?;
            flags.write(MAPI_UNICODE);
            type_count.write(named.len() as u32);
            types.write(text_block);
            uid_count.write(known.len() as u32);
            uids.write(uid_block);
            Ok(())
        })
    }

    unsafe fn RegisterOptions(
        &self,
        _flags: *mut u32,
        count: *mut u32,
        options: *mut *mut OPTIONDATA,
    ) -> HRESULT {
        const CALL: &str = "IXPLogon::RegisterOptions";
        slot(&self.this, CALL, || {
            // SAFETY: the host's out parameters.
            let (count, options) = unsafe { (Out::required(count, CALL)?, Out::required(options, CALL)?) };
            count.write(0);
            options.write(std::ptr::null_mut());
            Ok(())
        })
    }

    unsafe fn TransportNotify(&self, flags: *mut u32, data: *mut *mut c_void) -> HRESULT {
        const CALL: &str = "IXPLogon::TransportNotify";
        slot(&self.this, CALL, || {
            // SAFETY: the host's flags, and data where they ask for some.
            let (flags, data) = unsafe {
                let data = if data.is_null() { std::ptr::null_mut() } else { array(data, 1, CALL)?[0] };
                (array(flags, 1, CALL)?[0], data)
            };
            if flags & NOTIFY_ABORT_DEFERRED != 0 {
                // SAFETY: with this flag the data is an entry identifier.
                let id = unsafe { bytes(&array(data.cast::<SBinary>(), 1, CALL)?[0], CALL) }?;
                let cancelled = flags & NOTIFY_CANCEL_MESSAGE != 0;
                return self.logon.abort_deferred(&EntryId::from_bytes(id), cancelled);
            }
            if flags & NOTIFY_CANCEL_MESSAGE != 0 {
                // SAFETY: with this flag the data is the reference of a message.
                let reference = unsafe { array(data.cast::<u32>(), 1, CALL) }?[0];
                return self.logon.notify(TransportNotify::CancelMessage(reference));
            }
            let each = [
                (0x1, TransportNotify::BeginInbound),
                (0x2, TransportNotify::BeginOutbound),
                (0x4, TransportNotify::BeginInboundFlush),
                (0x8, TransportNotify::BeginOutboundFlush),
                (0x1_0000, TransportNotify::EndInbound),
                (0x2_0000, TransportNotify::EndOutbound),
                (0x4_0000, TransportNotify::EndInboundFlush),
                (0x8_0000, TransportNotify::EndOutboundFlush),
            ];
            each.iter().filter(|(bit, _)| flags & bit != 0).try_for_each(|(_, what)| self.logon.notify(*what))
        })
    }

    unsafe fn Idle(&self, _flags: u32) -> HRESULT {
        slot(&self.this, "IXPLogon::Idle", || self.logon.idle())
    }

    unsafe fn TransportLogoff(&self, _flags: u32) -> HRESULT {
        slot(&self.this, "IXPLogon::TransportLogoff", || self.logon.logoff())
    }

    unsafe fn SubmitMessage(
        &self,
        flags: u32,
        message: In<IMessage>,
        reference: *mut usize,
        _return_parm: *mut usize,
    ) -> HRESULT {
        const CALL: &str = "IXPLogon::SubmitMessage";
        slot(&self.this, CALL, || {
            // SAFETY: the host's message and reference.
            let (message, number) = unsafe { (message.required(CALL)?, array(reference, 1, CALL)?[0]) };
            only(flags, BEGIN_DEFERRED, CALL)?;
            let message = foreign_message(message);
            let outcomes = if flags & BEGIN_DEFERRED != 0 {
                self.logon.submit_deferred(&*message, number as u32)?
            } else {
                self.logon.submit_message(&*message, number as u32)?
            };
            let end = self.settle(&*message, &outcomes)?;
            self.ends().insert(number, end);
            Ok(())
        })
    }

    unsafe fn EndMessage(&self, number: usize, flags: *mut u32) -> HRESULT {
        const CALL: &str = "IXPLogon::EndMessage";
        slot(&self.this, CALL, || {
            // SAFETY: the host's out parameter.
            let flags = unsafe { Out::required(flags, CALL) }?;
            let end = self.ends().remove(&number);
            let end = end.ok_or_else(|| invalid(CALL, "no message of this reference is under way"))?;
            self.logon.end_message(number as u32)?;
            flags.write(end);
            Ok(())
        })
    }

    unsafe fn Poll(&self, waiting: *mut u32) -> HRESULT {
        const CALL: &str = "IXPLogon::Poll";
        slot(&self.this, CALL, || {
            // SAFETY: the host's out parameter.
            let waiting = unsafe { Out::required(waiting, CALL) }?;
            waiting.write(self.logon.poll()?);
            Ok(())
        })
    }

    unsafe fn StartMessage(&self, _flags: u32, message: In<IMessage>, reference: *mut usize) -> HRESULT {
        const CALL: &str = "IXPLogon::StartMessage";
        slot(&self.this, CALL, || {
            // SAFETY: the host's message and in and out parameter.
            let (message, out, number) = unsafe {
                let out = Out::required(reference, CALL)?;
                (message.required(CALL)?, out, *reference)
            };
            let mut number = number as u32;
            let answer = self.logon.start_message(&*foreign_message(message), &mut number);
            out.write(number as usize);
            answer
        })
    }

    unsafe fn OpenStatusEntry(
        &self,
        _iid: *const GUID,
        _flags: u32,
        _kind: *mut u32,
        _out: OutInterface<IMAPIStatus>,
    ) -> HRESULT {
        const CALL: &str = "IXPLogon::OpenStatusEntry";
        slot(&self.this, CALL, || -> Result<()> {
            Err(Error::new(ErrorCode::NO_SUPPORT, CALL, NOTHING_TO_SHOW))
        })
    }

    unsafe fn ValidateState(&self, _ui_param: usize, flags: u32) -> HRESULT {
        slot(&self.this, "IXPLogon::ValidateState", || self.logon.validate_state(flags))
    }

    unsafe fn FlushQueues(
        &self,
        _ui_param: usize,
        _target_bytes: u32,
        _target: *mut ENTRYID,
        flags: u32,
    ) -> HRESULT {
        slot(&self.this, "IXPLogon::FlushQueues", || self.logon.flush_queues(flags))
    }
}

/// Lays out an array of pointers, and what they lead to behind it.
fn pointers<T, P>(
    writer: &mut Writer,
    items: &[T],
    put: impl Fn(&mut Writer, &T) -> Result<*mut P>,
) -> Result<*mut *mut P> {
    // One more, so that no items have an address too.
    let first = writer.reserve::<*mut P>(items.len() + 1)?;
    for (at, item) in items.iter().enumerate() {
        let pointer = put(writer, item)?;
        // SAFETY: the room was reserved for each.
        unsafe { writer.set(first, at, pointer) };
    }
    // SAFETY: as above.
    unsafe { writer.set(first, items.len(), std::ptr::null_mut()) };
    Ok(first)
}
