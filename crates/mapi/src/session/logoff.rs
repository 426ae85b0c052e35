//! Logoff: what happens, in which order, when a session ends (IMAPISession::Logoff).
//!
//! The steps are numbered 0 to 14; each has a function of its own below, in their order, but for 1, the wait
//! for the spooler's start, which is part of 3. Each wait is bounded by the session's patience: a provider
//! that is late is named in the account and the order goes on. The account itself is `account.rs`, bounded
//! calls are `deadline.rs`.

use super::account::{Account, LEFT_OPEN_NAMED, ProviderEnd};
use super::deadline::Deadline;
use super::logons::{Provider, StoreLogon, Table};
use super::{Core, lock, spool};
use crate::profile;
use mapi_defs::flags::LogoffFlags;
use mapi_defs::notification::Notification;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::gate::{self, Gate};
use mapi_spi::provider::transport::TransportNotify;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const CALL: &str = "Session::logoff";

/// Ends a session. Exactly one call does; every later one is refused.
pub(super) fn logoff(core: &Arc<Core>, flags: LogoffFlags) -> Result<Account> {
    validate_arguments(core, flags)?;
    ask(core, flags)?;
    let mut end = refuse_new_calls(core)?;
    tell_other_members(core, flags);
    tell_own_sinks(&mut end);
    quiesce_spooler(&mut end);
    end_spooler_store(&mut end);
    let mut logons = core.logons.seal();
    end_address_books(&mut end, &logons);
    end_stores(&mut end, &logons);
    end_transports(&mut end, &mut logons);
    let providers = release_logons(&mut end, logons);
    shut_providers_down(&mut end, providers);
    drop_rows_and_advises(&mut end);
    release_profile(core);
    Ok(dead(end))
}

/// An end under way.
struct End {
    core: Arc<Core>,
    began: Instant,
    deadline: Deadline,
    /// What is left of the patience with sinks, all together.
    sinks_patience: Duration,
    account: Account,
    /// Kinds and names of providers with a logon that has not returned from its logoff.
    late: Vec<(&'static str, String)>,
}

impl End {
    /// Calls a provider for the last time and enters its answer into the account.
    fn call(&mut self, kind: &'static str, name: &str, call: impl FnOnce() -> Result<()> + Send + 'static) {
        let (result, took) = self.deadline.call(call);
        if matches!(&result, Err(error) if error.code() == ErrorCode::TIMEOUT) {
            self.late.push((kind, name.to_owned()));
        }
        if let Err(error) = &result {
            tracing::warn!(session = self.core.id, kind, name, %error, "a provider failed at logoff");
        }
        let result = result.map_err(|error| error.code());
        self.account.providers.push(ProviderEnd { kind, name: name.to_owned(), result, took });
    }
}

/// Step 0: a call that cannot be done changes nothing.
fn validate_arguments(core: &Core, flags: LogoffFlags) -> Result<()> {
    if flags.has_unknown() {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, detail));
    }
    if core.gate.is_closed() {
        return Err(ended());
    }
    if Gate::entered_by_this_thread(core.number) {
        // The end would wait for this very call to leave.
        return Err(Error::new(ErrorCode::BUSY, CALL, "called from inside a call of the same session"));
    }
    Ok(())
}

/// Step 2: a person confirms it, where one may be asked.
fn ask(core: &Core, flags: LogoffFlags) -> Result<()> {
    let Some(dialogs) = core.dialogs.as_ref().filter(|_| flags.contains(LogoffFlags::UI)) else {
        return Ok(());
    };
    let queue = core.spool.running().map(|spooler| spooler.queue()).unwrap_or_default();
    match dialogs.confirm_logoff(&queue) {
        true => Ok(()),
        false => Err(Error::new(ErrorCode::USER_CANCEL, CALL, "the question was answered with no")),
    }
}

/// Step 3: LOGGING_OFF. Calls from now on are refused; those under way finish, in bounded time.
fn refuse_new_calls(core: &Arc<Core>) -> Result<End> {
    let began = Instant::now();
    if !core.gate.close() {
        return Err(ended());
    }
    core.logons.wake();
    for gate in core.logons.gates() {
        gate.close();
    }
    // Closed is read before opened, so that what is closed was opened.
    let closed = core.book.closed();
    let opened = core.book.opened();
    let left_open_count = opened - closed;
    let named = usize::try_from(left_open_count).unwrap_or(usize::MAX).min(LEFT_OPEN_NAMED);
    let left_open = core.book.oldest(named);
    let account = Account { opened, closed, left_open_count, left_open, ..Account::default() };
    drain(core, began + core.patience);
    let (core, deadline, sinks_patience) = (core.clone(), Deadline::new(core.patience), core.patience);
    Ok(End { core, began, deadline, sinks_patience, account, late: Vec::new() })
}

/// Waits until the calls under way have left. Those within the session may still add a logon, whose
/// gate is closed from its beginning. This is step 1 as well: the spooler starts within such a call.
fn drain(core: &Core, until: Instant) {
    let left = || until.saturating_duration_since(Instant::now());
    let mut is_idle = core.gate.wait_idle(left());
    for gate in core.logons.gates() {
        is_idle &= gate.wait_idle(left());
    }
    if !is_idle {
        tracing::warn!(session = core.id, "a call is still running; the session ends without waiting for it");
    }
}

/// Step 4: the other members of a shared session are told, and nobody joins it any more.
fn tell_other_members(core: &Core, flags: LogoffFlags) {
    if flags.contains(LogoffFlags::SHARED) && !core.shared.close(core.patience) {
        tracing::debug!(session = core.id, "the session is private; there is nobody to tell");
    }
}

/// Step 5: sinks of the session that asked for it learn of its end.
fn tell_own_sinks(end: &mut End) {
    let began = Instant::now();
    end.core.advises.tell_session(&Notification::Extended { event: 0, parameters: Vec::new() });
    if !end.core.advises.flush(end.sinks_patience) {
        tracing::warn!(session = end.core.id, "a sink does not return; the session ends without it");
    }
    end.sinks_patience = end.sinks_patience.saturating_sub(began.elapsed());
}

/// Step 6: the spooler finishes the message it is at or gives it up, as the store's pending logoff has it,
/// tells the transports that work ends, and stops.
fn quiesce_spooler(end: &mut End) {
    end.core.spool.forget_parts();
    let Some(spooler) = end.core.spool.take_running() else { return };
    let (patience, stopping) = (end.core.patience, spooler.clone());
    let way = spool::pending_way(&end.core);
    end.call("spooler", "MAPI Spooler", move || spool::quiesce(&*stopping, way, patience));
    if end.late.iter().any(|(kind, _)| *kind == "spooler") {
        tell_transports(end);
    }
    end.account.queue = spooler.queue();
    end.core.status.spooler_is(false);
}

/// In place of a spooler that is late, so that no transport is logged off without a word.
fn tell_transports(end: &mut End) {
    let transports = end.core.logons.table().transports.clone();
    for transport in transports {
        let logon = transport.logon.clone();
        if let (Err(error), _) = end.deadline.call(move || logon.notify(TransportNotify::EndOutbound)) {
            tracing::debug!(session = end.core.id, name = transport.name, %error, "not told of the end");
        }
    }
}

/// Step 6b: the spooler gives up its own store logons.
fn end_spooler_store(end: &mut End) {
    let own_stores = end.core.spool.take_own_stores();
    for own in end.core.spool.take_store().into_iter().chain(own_stores) {
        let name = own.name.clone();
        end.call("store", &name, move || own.logon.logoff());
    }
}

/// Step 7: IABLogon::Logoff and Release.
fn end_address_books(end: &mut End, logons: &Table) {
    end.account.providers.splice(0..0, logons.ended.iter().cloned());
    for known in &logons.address_books {
        let logon = known.clone();
        end.call("address_book", &known.name, move || {
            let result = logon.logon.get()?.logoff();
            logon.logon.release();
            result
        });
    }
}

/// Step 8: IMSLogon::Logoff and Release, of stores that were not closed before.
fn end_stores(end: &mut End, logons: &Table) {
    for known in logons.stores.iter().filter(|known| StoreLogon::end_once(known)) {
        let logon = known.clone();
        end.call("store", &known.name, move || {
            let result = logon.logon.get()?.logoff();
            logon.release();
            result
        });
    }
}

/// Step 9: IXPLogon::TransportLogoff and Release.
fn end_transports(end: &mut End, logons: &mut Table) {
    for known in std::mem::take(&mut logons.transports) {
        let name = known.name.clone();
        // The last to hold it is the call itself.
        end.call("transport", &name, move || known.logon.logoff());
    }
}

/// Step 10: whatever is left of the logons' objects is behind a closed gate.
fn release_logons(end: &mut End, logons: Table) -> Vec<Provider> {
    for known in &logons.stores {
        end.core.advises.cancel_behind(&known.gate);
    }
    logons.providers.into_iter().map(|known| known.provider).collect()
}

/// Step 11: Shutdown of each provider all of whose logons have returned.
fn shut_providers_down(end: &mut End, providers: Vec<Provider>) {
    for provider in providers.into_iter().filter(Provider::has_shutdown) {
        let (kind, name) = (provider.kind().word(), provider.name().to_owned());
        if end.late.iter().any(|(late_kind, late)| *late_kind == kind && *late == name) {
            continue;
        }
        let (result, took) = end.deadline.call(move || provider.shutdown());
        if let Err(error) = result {
            tracing::warn!(session = end.core.id, kind, name, %error, "a provider failed to shut down");
            end.account.providers.push(ProviderEnd { kind, name, result: Err(error.code()), took });
        }
    }
}

/// Step 12: the status rows go, advises are cancelled, and no sink is called from here on.
fn drop_rows_and_advises(end: &mut End) {
    end.core.forms.clear();
    end.core.status.clear();
    let began = Instant::now();
    let (cancelled, late) = end.core.advises.cancel_all(end.sinks_patience);
    end.account.advises_cancelled = cancelled;
    let took = began.elapsed();
    end.account.providers.extend(late.into_iter().map(|name| {
        tracing::warn!(session = end.core.id, name, "a sink does not return; the session ends without it");
        ProviderEnd { kind: "sink", name, result: Err(ErrorCode::TIMEOUT), took }
    }));
}

/// Step 13: the shared session is left and the profile is free; what was put off until then is done.
fn release_profile(core: &Core) {
    core.shared.leave();
    drop(lock(&core.in_use).take());
    if core.profile.has_nothing_put_off() {
        return;
    }
    let name = core.profile.look(|data| data.name.clone());
    if let Err(error) = profile::run_deferred(core.profile.folder(), &name) {
        tracing::warn!(session = core.id, %error, "the profile cannot be deleted or renamed now");
    }
}

/// Step 14: DEAD.
fn dead(end: End) -> Account {
    let End { core, began, deadline, mut account, .. } = end;
    drop(deadline);
    core.dead.store(true, Ordering::Release);
    account.took = Duration::max(began.elapsed(), Duration::from_nanos(1));
    account.trace(&core.id);
    account
}

fn ended() -> Error {
    if gate::process_has_ended() {
        return Error::new(ErrorCode::END_OF_SESSION, CALL, "MAPI has ended in this process");
    }
    Error::new(ErrorCode::INVALID_OBJECT, CALL, "the session has ended")
}
