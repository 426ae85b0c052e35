//! A transport provider in a library (IXPProvider, IXPLogon).

use super::{logged_on, started};
use crate::abi::{MAPIUID, SBinary};
use crate::export::provider::message::{Outgoing, lent_message};
use crate::export::provider::support::support;
use crate::import::prop::Foreign;
use crate::import::{Block, given, told};
use crate::interfaces::{IMAPIStatus, IXPLogon, IXPProvider};
use crate::lent::lend_message;
use crate::marshal::text::{MAPI_UNICODE, encode16, text};
use crate::marshal::{array, invalid};
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, ErrorCode, Guid, Result};
use mapi_spi::gate::Gate;
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{
    AddressTypes, RecipientOutcome, RecipientState, TransportLogonFlags, TransportNotify, XpLogon, XpProvider,
};
use mapi_spi::status::StatusObject;
use mapi_spi::support::Support;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;

const LOGON_NO_DIALOG: u32 = 1;
const LOGON_SP_IDLE: u32 = 0x0001_0000;
const LOGON_SP_POLL: u32 = 0x0002_0000;
const LOGOFF_NORMAL: u32 = 1;
const BEGIN_DEFERRED: u32 = 1;
const END_RESEND_NOW: u32 = 0x0001_0000;
const END_RESEND_LATER: u32 = 0x0002_0000;
const END_DONT_RESEND: u32 = 0x0004_0000;
const NOTIFY_ABORT_DEFERRED: u32 = 0x4000_0000;
const NOTIFY_CANCEL_MESSAGE: u32 = 0x8000_0000;
/// How long a message rests that a transport wants again later, where it does not say when.
const RESEND_LATER: Duration = Duration::from_secs(60);
/// Most address types or UIDs of a transport.
const MOST_TYPES: u32 = 1_024;

/// Puts a provider behind the safe trait.
pub(crate) fn foreign_xp_provider(name: String, provider: Result<IXPProvider>) -> Arc<dyn XpProvider> {
    Arc::new(ForeignXpProvider { name, provider: provider.map(Foreign) })
}

struct ForeignXpProvider {
    name: String,
    provider: Result<Foreign<IXPProvider>>,
}

impl XpProvider for ForeignXpProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn logon(
        &self,
        provided: Arc<dyn Support>,
        how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)> {
        const CALL: &str = "IXPProvider::TransportLogon";
        let provider = &started(&self.provider)?.0;
        let gate = Arc::new(Gate::new(0));
        let (support, mut profile) = (support(provided, gate.clone()), encode16(""));
        let mut flags = how.0 | LOGON_NO_DIALOG | MAPI_UNICODE;
        let (mut error, mut logon): (_, Option<IXPLogon>) = (null_mut(), None);
        // SAFETY: the provider is held by `self`; what it is given is ours.
        let answer = unsafe {
            let profile = profile.as_mut_ptr().cast();
            let support = (&support).into();
            provider.TransportLogon(support, 0, profile, &raw mut flags, &raw mut error, (&mut logon).into())
        };
        logged_on(told(answer, CALL), error)?;
        let asked =
            TransportLogonFlags { idle: flags & LOGON_SP_IDLE != 0, poll: flags & LOGON_SP_POLL != 0 };
        Ok((Arc::new(ForeignXpLogon { logon: Foreign(given(logon, CALL)?), gate }), asked))
    }

    fn shutdown(&self) -> Result<()> {
        let Ok(provider) = &self.provider else { return Ok(()) };
        let mut flags = 0;
        // SAFETY: the provider is held by `self`; the place is ours.
        told(unsafe { provider.0.Shutdown(&raw mut flags) }, "IXPProvider::Shutdown")
    }
}

struct ForeignXpLogon {
    logon: Foreign<IXPLogon>,
    /// Ends what the logon was given.
    gate: Arc<Gate>,
}

impl ForeignXpLogon {
    fn logon(&self) -> &IXPLogon {
        &self.logon.0
    }

    fn transport_notify(&self, flags: u32, data: *mut c_void) -> Result<()> {
        let (mut flags, mut data) = (flags, data);
        // SAFETY: the logon is held by `self`; the places are ours.
        let answer = unsafe { self.logon().TransportNotify(&raw mut flags, &raw mut data) };
        told(answer, "IXPLogon::TransportNotify")
    }

    fn submit(&self, flags: u32, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        const CALL: &str = "IXPLogon::SubmitMessage";
        lend_message(message, |lent| {
            let outgoing = Arc::new(Outgoing::new(lent.clone())?);
            let before = outgoing.rows();
            let object = lent_message(outgoing.clone(), lent.gate());
            let (mut number, mut answer_of) = (reference as usize, 0usize);
            // SAFETY: the logon is held by `self`; what it is given is ours.
            let answer = unsafe {
                self.logon().SubmitMessage(flags, (&object).into(), &raw mut number, &raw mut answer_of)
            };
            told(answer, CALL)?;
            let mut end = 0;
            // SAFETY: the logon is held by `self`; the place is ours.
            told(unsafe { self.logon().EndMessage(number, &raw mut end) }, "IXPLogon::EndMessage")?;
            Ok(outcomes(&before, &outgoing.rows(), end))
        })
    }
}

/// What became of the recipients that were open before: those the transport marked are sent, of the others
/// its flags say what is to come; without one, they are not its.
fn outcomes(before: &[Recipient], after: &[Recipient], end: u32) -> Vec<RecipientOutcome> {
    let taken = |row: &Recipient| row.props.boolean(Recipient::RESPONSIBILITY) == Some(true);
    let rest = match end {
        _ if end & END_RESEND_NOW != 0 => Some(RecipientState::ResendNow),
        _ if end & END_DONT_RESEND != 0 => Some(RecipientState::Deferred),
        _ if end & END_RESEND_LATER != 0 => Some(RecipientState::RetryAfter(RESEND_LATER)),
        _ => None,
    };
    let open = before.iter().zip(after).filter(|(before, _)| !taken(before));
    let state = |row: &Recipient| if taken(row) { Some(RecipientState::Sent) } else { rest.clone() };
    open.filter_map(|(_, row)| {
        Some(RecipientOutcome { row_id: row.row_id, state: state(row)?, reply: String::new() })
    })
    .collect()
}

impl XpLogon for ForeignXpLogon {
    fn address_types(&self) -> Result<AddressTypes> {
        const CALL: &str = "IXPLogon::AddressTypes";
        let (mut flags, mut type_count, mut uid_count) = (MAPI_UNICODE, 0, 0);
        let (mut types, mut uids) = (Block::<*mut c_void>::empty(), Block::<*mut MAPIUID>::empty());
        // SAFETY: the logon is held by `self`; the places are ours.
        let answer = unsafe {
            let (types, uids) = (&raw mut types.0, &raw mut uids.0);
            self.logon().AddressTypes(&raw mut flags, &raw mut type_count, types, &raw mut uid_count, uids)
        };
        told(answer, CALL)?;
        if type_count > MOST_TYPES || uid_count > MOST_TYPES {
            return Err(invalid(CALL, "the transport names too many address types"));
        }
        let mut known = AddressTypes::default();
        // SAFETY: the transport answered as many texts, of the width its flags say, and as many UIDs.
        unsafe {
            for pointer in array(types.0, type_count, CALL)? {
                match text(*pointer, flags, CALL)?.unwrap_or_default() {
                    // A transport that takes whatever there is names the empty type.
                    any if any.is_empty() => known.any = true,
                    one => known.types.push(one),
                }
            }
            for pointer in array(uids.0, uid_count, CALL)? {
                known.uids.push(Guid(array(*pointer, 1, CALL)?[0].ab));
            }
        }
        Ok(known)
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        let flags = match what {
            TransportNotify::BeginInbound => 0x1,
            TransportNotify::BeginOutbound => 0x2,
            TransportNotify::BeginInboundFlush => 0x4,
            TransportNotify::BeginOutboundFlush => 0x8,
            TransportNotify::EndInbound => 0x1_0000,
            TransportNotify::EndOutbound => 0x2_0000,
            TransportNotify::EndInboundFlush => 0x4_0000,
            TransportNotify::EndOutboundFlush => 0x8_0000,
            TransportNotify::CancelMessage(reference) => {
                let mut reference = reference;
                return self.transport_notify(NOTIFY_CANCEL_MESSAGE, (&raw mut reference).cast());
            }
        };
        self.transport_notify(flags, null_mut())
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.submit(0, message, reference)
    }

    fn submit_deferred(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.submit(BEGIN_DEFERRED, message, reference)
    }

    fn abort_deferred(&self, id: &EntryId, is_cancelled: bool) -> Result<()> {
        let bytes = id.as_bytes();
        let mut binary = SBinary { cb: bytes.len() as u32, lpb: bytes.as_ptr().cast_mut() };
        let cancelled = if is_cancelled { NOTIFY_CANCEL_MESSAGE } else { 0 };
        self.transport_notify(NOTIFY_ABORT_DEFERRED | cancelled, (&raw mut binary).cast())
    }

    fn poll(&self) -> Result<u32> {
        let mut waiting = 0;
        // SAFETY: the logon is held by `self`; the place is ours.
        told(unsafe { self.logon().Poll(&raw mut waiting) }, "IXPLogon::Poll").map(|()| waiting)
    }

    fn start_message(&self, message: &dyn Message, reference: &mut u32) -> Result<()> {
        lend_message(message, |lent| {
            let object = lent_message(lent.clone(), lent.gate());
            let mut number = *reference as usize;
            // SAFETY: the logon is held by `self`; message and place are ours.
            let answer = unsafe { self.logon().StartMessage(0, (&object).into(), &raw mut number) };
            *reference = number as u32;
            told(answer, "IXPLogon::StartMessage")
        })
    }

    fn idle(&self) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        told(unsafe { self.logon().Idle(0) }, "IXPLogon::Idle")
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        told(unsafe { self.logon().FlushQueues(0, 0, null_mut(), flags) }, "IXPLogon::FlushQueues")
    }

    fn validate_state(&self, flags: u32) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        told(unsafe { self.logon().ValidateState(0, flags) }, "IXPLogon::ValidateState")
    }

    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        const CALL: &str = "IXPLogon::OpenStatusEntry";
        let (mut kind, mut status): (u32, Option<IMAPIStatus>) = (0, None);
        // SAFETY: the logon is held by `self`; the places are ours.
        let answer = unsafe { self.logon().OpenStatusEntry(null(), 0, &raw mut kind, (&mut status).into()) };
        told(answer, CALL)?;
        Ok(Arc::new(Foreign(given(status, CALL)?)))
    }

    fn logoff(&self) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        let answer = unsafe { self.logon().TransportLogoff(LOGOFF_NORMAL) };
        self.gate.close();
        match told(answer, "IXPLogon::TransportLogoff") {
            // A transport that was never connected has nothing to take leave of.
            Err(error) if error.code() == ErrorCode::NO_SUPPORT => Ok(()),
            ended => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row_id: u32, taken: bool) -> Recipient {
        let mut row = Recipient { row_id, ..Recipient::default() };
        row.props.set(Recipient::RESPONSIBILITY, taken);
        row
    }

    #[test]
    fn the_end_of_a_message_says_what_becomes_of_whom() {
        let before = [row(0, true), row(1, false), row(2, false)];
        let after = [row(0, true), row(1, true), row(2, false)];
        let of = |end| -> Vec<(u32, RecipientState)> {
            outcomes(&before, &after, end).into_iter().map(|one| (one.row_id, one.state)).collect()
        };
        assert_eq!(of(0), [(1, RecipientState::Sent)]);
        assert_eq!(of(END_RESEND_NOW), [(1, RecipientState::Sent), (2, RecipientState::ResendNow)]);
        let later = RecipientState::RetryAfter(RESEND_LATER);
        assert_eq!(of(END_RESEND_LATER), [(1, RecipientState::Sent), (2, later)]);
        assert_eq!(of(END_DONT_RESEND), [(1, RecipientState::Sent), (2, RecipientState::Deferred)]);
    }
}
