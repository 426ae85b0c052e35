//! `XpProvider` and `XpLogon`: a transport provider (IXPProvider, IXPLogon).

use crate::message::Message;
use crate::no_support;
use crate::provider::shutdown::ProviderShutdown;
use crate::status::StatusObject;
use crate::support::Support;
use mapi_defs::flags::TransportLogonIn;
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, ErrorCode, Result};
use std::sync::Arc;
use std::time::Duration;

/// Which recipients a transport takes (AddressTypes).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressTypes {
    /// PR_ADDRTYPE values, compared without regard to case.
    pub types: Vec<String>,
    /// True where any address type is taken.
    pub any: bool,
    /// UIDs of entry identifiers that are taken.
    pub uids: Vec<MapiUid>,
}

/// What the spooler tells a transport (TransportNotify).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransportNotify {
    /// NOTIFY_BEGIN_INBOUND.
    BeginInbound,
    /// NOTIFY_END_INBOUND.
    EndInbound,
    /// NOTIFY_BEGIN_OUTBOUND.
    BeginOutbound,
    /// NOTIFY_END_OUTBOUND.
    EndOutbound,
    /// NOTIFY_BEGIN_INBOUND_FLUSH.
    BeginInboundFlush,
    /// NOTIFY_END_INBOUND_FLUSH.
    EndInboundFlush,
    /// NOTIFY_BEGIN_OUTBOUND_FLUSH.
    BeginOutboundFlush,
    /// NOTIFY_END_OUTBOUND_FLUSH.
    EndOutboundFlush,
    /// NOTIFY_CANCEL_MESSAGE: stop the message with this reference.
    CancelMessage(u32),
}

/// What became of one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecipientState {
    /// A server took charge of it, and said so.
    Sent,
    /// It was kept in this profile's own Inbox.
    Local,
    /// It may be tried again, not before this long has passed.
    RetryAfter(Duration),
    /// It is to be handed over once more at once (END_RESEND_NOW).
    ResendNow,
    /// The transport will ask for it by NOTIFY_SENTDEFERRED; until then it is handed to nobody
    /// (END_DONT_RESEND).
    Deferred,
    /// The server may have it, and nobody on this side knows: nothing was heard after the last step.
    InDoubt,
    /// It will never work.
    Refused(ErrorCode),
}

/// One recipient's outcome.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientOutcome {
    /// PR_ROWID of the recipient.
    pub row_id: u32,
    /// What became of it.
    pub state: RecipientState,
    /// What the other side said, such as `250 2.0.0 Ok`.
    pub reply: String,
}

/// How often a transport wants to be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TransportLogonFlags {
    /// LOGON_SP_IDLE: call Idle when there is nothing else to do.
    pub idle: bool,
    /// LOGON_SP_POLL: call Poll regularly.
    pub poll: bool,
}

/// A transport provider.
pub trait XpProvider: Send + Sync {
    /// The provider's name in messages and accounts.
    fn name(&self) -> &str;

    /// Logs on (TransportLogon). Transports log on before stores, so that none begins to send or to receive by
    /// itself: NO_INBOUND and NO_OUTBOUND are set, and [`XpLogon::notify`] says when.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: the section lacks something.
    fn logon(
        &self,
        support: Arc<dyn Support>,
        how: TransportLogonIn,
    ) -> Result<(Arc<dyn XpLogon>, TransportLogonFlags)>;

    /// What the provider does at a fast shutdown; `None` where it does not take part (QueryInterface for
    /// IMAPIProviderShutdown).
    fn provider_shutdown(&self) -> Option<&dyn ProviderShutdown> {
        None
    }

    /// Ends the provider; every logon has ended before.
    ///
    /// # Errors
    /// Any error is reported and changes nothing.
    fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

/// One logon of a transport.
pub trait XpLogon: Send + Sync {
    /// Which recipients this transport takes.
    ///
    /// # Errors
    /// Any error leaves the transport without recipients.
    fn address_types(&self) -> Result<AddressTypes>;

    /// Is told that work begins or ends. May come from any thread.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: this direction does not work here.
    fn notify(&self, what: TransportNotify) -> Result<()> {
        let _ = what;
        Ok(())
    }

    /// Sends a message to those of its recipients whose PR_RESPONSIBILITY is false, and returns what
    /// became of each it took (SubmitMessage, EndMessage). Recipients it does not mention are not its.
    ///
    /// # Errors
    /// - `MAPI_E_NOT_ME`: none of the recipients is for this transport.
    /// - `MAPI_E_WAIT`, `MAPI_E_NETWORK_ERROR`, `MAPI_E_BUSY`: nothing was sent; try later.
    /// - `MAPI_E_CANCEL`: nothing was sent and nothing shall be.
    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>>;

    /// How many messages it takes at once: [`XpLogon::submit_message`] is called by as many threads, for a message
    /// each. The calls begin in the order of submission. A spooler may ask for fewer.
    fn at_once(&self) -> usize {
        1
    }

    /// Sends a message that the transport had deferred and has asked for (SubmitMessage with BEGIN_DEFERRED).
    ///
    /// # Errors
    /// Those of [`XpLogon::submit_message`].
    fn submit_deferred(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.submit_message(message, reference)
    }

    /// Is told that a message it has deferred is not to be asked for any more (TransportNotify with
    /// NOTIFY_ABORT_DEFERRED): somebody took it back (NOTIFY_CANCEL_MESSAGE too), or the spooler ends.
    ///
    /// # Errors
    /// Any error is reported.
    fn abort_deferred(&self, id: &EntryId, is_cancelled: bool) -> Result<()> {
        let _ = (id, is_cancelled);
        Ok(())
    }

    /// Is told that the spooler has finished with the message of this reference (EndMessage).
    ///
    /// # Errors
    /// Any error is reported.
    fn end_message(&self, reference: u32) -> Result<()> {
        let _ = reference;
        Ok(())
    }

    /// Number of messages that wait to be handed in (Poll).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the transport receives nothing.
    fn poll(&self) -> Result<u32> {
        no_support("XpLogon::poll")
    }

    /// Fills a new message with one that waits and saves it (StartMessage). Without a save there is no
    /// message. `reference`, 1 at the beginning, is set to what [`TransportNotify::CancelMessage`] shall name.
    ///
    /// A [`DELIVERY_KEY`](crate::spooler::DELIVERY_KEY) on the message makes it arrive once.
    ///
    /// # Errors
    /// Any error discards the message.
    fn start_message(&self, message: &dyn Message, reference: &mut u32) -> Result<()> {
        let _ = (message, reference);
        no_support("XpLogon::start_message")
    }

    /// Does what can wait (Idle).
    ///
    /// # Errors
    /// Any error is reported.
    fn idle(&self) -> Result<()> {
        Ok(())
    }

    /// Begins to send or fetch everything that waits; `flags` are FLUSH_* (FlushQueues).
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: a flush is under way.
    fn flush_queues(&self, flags: u32) -> Result<()> {
        let _ = flags;
        Ok(())
    }

    /// Checks the transport's state; `flags` are those of ValidateState (IXPLogon::ValidateState).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is nothing to check.
    /// - `MAPI_E_BUSY`: something is under way.
    fn validate_state(&self, flags: u32) -> Result<()> {
        let _ = flags;
        no_support("XpLogon::validate_state")
    }

    /// Opens the status object (OpenStatusEntry).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        no_support("XpLogon::open_status_entry")
    }

    /// Ends the logon, a message in process included (TransportLogoff).
    ///
    /// # Errors
    /// Any error is reported and the logon counts as ended.
    fn logoff(&self) -> Result<()>;
}
