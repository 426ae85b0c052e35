//! How a running spooler takes its leave of a store (StoreLogoffTransports): each way to log off, and
//! what is going on.
//!
//! What it means for the queue is the machine's (`machine/leave.rs`). All of this runs on the caller's
//! thread: the driver may be inside a transport for as long as that likes.

use crate::driver::Event;
use crate::machine::{Attempt, Machine};
use crate::outgoing;
use crate::perform::{guarded, message_reference};
use crate::running::{Running, State};
use mapi_defs::flags::StoreLogoffFlags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::transport::TransportNotify;
use std::time::Duration;

const CALL: &str = "RunningSpooler::store_logoff";

/// Takes leave of the store in one way.
///
/// # Errors
/// - `MAPI_E_END_OF_SESSION`: the spooler was stopped meanwhile.
pub(crate) fn store_logoff(
    running: &Running,
    way: StoreLogoffFlags,
    patience: Duration,
) -> Result<StoreLogoffFlags> {
    let was_sending = activity(running);
    let complete = match way {
        StoreLogoffFlags::NO_WAIT => {
            leave(running, Machine::handle_leave_when_done);
            return Ok(StoreLogoffFlags::COMPLETE | was_sending | queue(running));
        }
        StoreLogoffFlags::QUIET => leave_quietly(running),
        StoreLogoffFlags::ORDERLY => leave_at_once(running, patience),
        StoreLogoffFlags::PURGE => purge(running, patience)? && leave_at_once(running, patience),
        _ => abort(running, patience),
    };
    if !complete {
        return Ok(activity(running) | queue(running));
    }
    Ok(StoreLogoffFlags::COMPLETE | queue(running))
}

/// Begins nothing more and waits for what is in process. Where that does not end, nothing changes.
fn leave_at_once(running: &Running, patience: Duration) -> bool {
    leave(running, Machine::handle_leave);
    // The driver's own thread would wait for itself.
    let has_left = !running.is_driver() && running.shared.wait(patience, has_let_go);
    if !has_left {
        running.shared.state().machine.handle_use();
    }
    has_left
}

/// Leaves where nothing is being sent or received, in one look at what is sent.
fn leave_quietly(running: &Running) -> bool {
    let is_receiving = running.inbound.is_receiving();
    let mut state = running.shared.state();
    let is_quiet = state.machine.is_idle() && !is_receiving;
    if is_quiet {
        state.machine.handle_leave();
    }
    drop(state);
    running.post(Event::Leave);
    is_quiet
}

/// Asks for what is in process to be given up, and leaves.
fn abort(running: &Running, patience: Duration) -> bool {
    let attempts = {
        let mut state = running.shared.state();
        // In one look with the cancel, so that the message is not begun again in between.
        state.machine.handle_leave();
        state.machine.handle_cancel()
    };
    for Attempt { reference, transport } in attempts {
        let Some(called) = running.transports.get(transport) else { continue };
        let cancel = TransportNotify::CancelMessage(message_reference(reference));
        if let Err(error) = guarded("XpLogon::notify", || called.logon.notify(cancel)) {
            tracing::debug!(transport = called.name, %error, "a message was not cancelled");
        }
    }
    leave_at_once(running, patience)
}

/// Sends everything that can be sent, for as long as something leaves the queue. False where a message
/// is still being sent.
fn purge(running: &Running, patience: Duration) -> Result<bool> {
    loop {
        let before = running.shared.state().machine.finished();
        let is_empty = match running.flush_queue(None, patience) {
            Err(error) if error.code() == ErrorCode::BUSY => return Ok(false),
            other => other?,
        };
        let state = running.shared.state();
        if is_empty || state.machine.finished() == before {
            return Ok(state.machine.is_idle());
        }
        if state.is_stopping {
            return Err(Error::new(ErrorCode::END_OF_SESSION, CALL, "the spooler was stopped"));
        }
    }
}

fn leave(running: &Running, how: impl FnOnce(&mut Machine)) {
    how(&mut running.shared.state().machine);
    running.post(Event::Leave);
}

fn has_let_go(state: &State) -> bool {
    state.machine.is_idle() || state.has_ended
}

/// LOGOFF_OUTBOUND while a message is with a transport, LOGOFF_INBOUND while one comes from a transport.
fn activity(running: &Running) -> StoreLogoffFlags {
    let sends = !running.shared.state().machine.is_idle();
    let receives = running.inbound.is_receiving();
    let either = [(sends, StoreLogoffFlags::OUTBOUND), (receives, StoreLogoffFlags::INBOUND)];
    either.into_iter().filter(|(is_so, _)| *is_so).fold(StoreLogoffFlags::NONE, |all, (_, flag)| all | flag)
}

/// LOGOFF_OUTBOUND_QUEUE while mail waits; the store is asked, since the spooler may not have looked yet.
fn queue(running: &Running) -> StoreLogoffFlags {
    let counted = guarded("MsgStore::outgoing_queue", || outgoing::count(&*running.store));
    match counted.unwrap_or_else(|_| running.shared.state().machine.queued()) {
        0 => StoreLogoffFlags::NONE,
        _ => StoreLogoffFlags::OUTBOUND_QUEUE,
    }
}
