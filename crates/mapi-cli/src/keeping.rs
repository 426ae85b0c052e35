//! The process of `mapi session start`: logs on so that others may join, stays, and ends in order when
//! somebody asks, when another member asks all to log off, or at a signal.
//!
//! What the verbs say to a person is `commands/session.rs`.

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::logged_on::{Ready, no_profile};
use crate::output::Output;
use mapi::session::shared_session::{EndRequest, Keeper, QueueEnd, Requested};
use mapi::{Account, LogonOptions, Session};
use mapi_defs::ErrorCode;
use mapi_defs::flags::{LogoffFlags, LogonFlags, StoreLogoffFlags};
use mapi_defs::notification::{EventMask, Notification};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::fs::OpenOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How a session ends where nobody says how: mail that waits stays for the next session.
const QUIETLY: EndRequest = EndRequest { shared: false, queue: QueueEnd::Leave };

/// Logs on, says so, and stays until the end.
pub(crate) fn keep(no_mail: bool, is_detached: bool, global: &Global, output: Output) -> Outcome {
    let ready = Ready::new(global)?;
    let options = options(no_mail, global).home(&ready.home);
    let session = Session::logon(options).map_err(|error| no_profile(error, global))?;
    let keeper = Arc::new(Keeper::of(&session)?);
    let interrupted = Interrupted::listen(keeper.waker())?;
    let told = listen(&session, keeper.waker())?;
    say_started(&session, global, output)?;
    if is_detached {
        detach()?;
    }
    let asked = await_end(&keeper, &interrupted, &told);
    let request = asked.as_ref().map_or(QUIETLY, |asked| asked.request);
    let account = end(&session, request, no_mail)?;
    drop(session);
    match asked {
        Some(asked) => asked.answer(&account.to_json().to_string()),
        None => output.session_end(&account.to_json()),
    }
    // The name of the socket goes before the process does.
    drop(keeper);
    drop(ready);
    if interrupted.is_set() { Err(Failure::new(ErrorCode::USER_CANCEL, "interrupted")) } else { Ok(()) }
}

fn options(no_mail: bool, global: &Global) -> LogonOptions {
    let flags = LogonFlags::EXTENDED | LogonFlags::ALLOW_OTHERS;
    let options = match &global.profile {
        Some(name) => LogonOptions::flags(flags).named(name),
        None => LogonOptions::flags(flags | LogonFlags::USE_DEFAULT),
    };
    if no_mail { options.no_mail() } else { options }
}

fn say_started(session: &Session, global: &Global, output: Output) -> Outcome {
    let profile = session.profile_name()?;
    if global.profile.as_ref().is_some_and(|asked| *asked != profile) {
        output.say(&format!("joined the shared session that is there already, of the profile {profile:?}"));
    }
    if output.is_machine() {
        return output.document(&started(session.id(), &profile, std::process::id()));
    }
    output.text(&format!("{}\n", session.id()))
}

/// The answer of `session start --json`.
fn started(id: &str, profile: &str, pid: u32) -> Value {
    json!({ "id": id, "profile": profile, "pid": pid })
}

/// Lets go of the terminal and of whoever waits for the answer.
pub(crate) fn detach() -> Outcome {
    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
    let detached = null.and_then(|null| {
        rustix::stdio::dup2_stdin(&null)?;
        rustix::stdio::dup2_stderr(&null)?;
        rustix::stdio::dup2_stdout(&null)?;
        // The folder it was started in may be removed.
        std::env::set_current_dir("/")
    });
    detached.map_err(|error| Failure::new(ErrorCode::CALL_FAILED, format!("detaching: {error}")))
}

/// Hears of it when another member asks all to log off.
pub(crate) fn listen(session: &Session, wake: impl Fn() + Send + Sync + 'static) -> Outcome<Arc<AtomicBool>> {
    let told = Arc::new(AtomicBool::new(false));
    let tell = told.clone();
    let sink = move |events: &[Notification]| {
        if events.iter().any(|event| matches!(event, Notification::CriticalError { .. })) {
            tell.store(true, Ordering::Release);
            wake();
        }
    };
    session.advise(EventMask::CRITICAL_ERROR, Arc::new(sink))?;
    Ok(told)
}

fn await_end(keeper: &Keeper, interrupted: &Interrupted, told: &AtomicBool) -> Option<Requested> {
    loop {
        if let Some(asked) = keeper.wait() {
            return Some(asked);
        }
        if interrupted.is_set() || told.load(Ordering::Acquire) {
            return None;
        }
    }
}

/// Ends the session in the way that was asked for.
fn end(session: &Session, request: EndRequest, no_mail: bool) -> Outcome<Account> {
    if !no_mail {
        take_leave_of_store(session, request.queue)?;
    }
    let flags = if request.shared { LogoffFlags::SHARED } else { LogoffFlags::NONE };
    Ok(session.logoff(flags)?)
}

fn take_leave_of_store(session: &Session, queue: QueueEnd) -> Outcome {
    let way = match queue {
        QueueEnd::Wait(milliseconds) => {
            match session.flush_queues(Duration::from_millis(milliseconds)) {
                // Nothing is sent in a session without a spooler.
                Err(error) if error.code() == ErrorCode::NO_SUPPORT => StoreLogoffFlags::ABORT,
                Err(error) => return Err(error.into()),
                Ok(true) => StoreLogoffFlags::PURGE,
                // Its time is up, and another wait for the same would be too long.
                Ok(false) => StoreLogoffFlags::ORDERLY,
            }
        }
        QueueEnd::Background => StoreLogoffFlags::NO_WAIT,
        QueueEnd::Leave => StoreLogoffFlags::ABORT,
    };
    match session.open_default_store() {
        Ok(store) => drop(store.store_logoff(way)?),
        // A profile without a store has nothing to take leave of.
        Err(error) if error.code() == ErrorCode::NOT_FOUND => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// SIGINT, SIGTERM and SIGHUP: the first ends the session in order, the second the process at once.
pub(crate) struct Interrupted {
    asked: Arc<AtomicBool>,
    signals: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Interrupted {
    pub(crate) fn listen(wake: impl Fn() + Send + 'static) -> Outcome<Self> {
        let failed =
            |error: std::io::Error| Failure::new(ErrorCode::CALL_FAILED, format!("signals: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
        let (asked, handle) = (Arc::new(AtomicBool::new(false)), signals.handle());
        let ask = asked.clone();
        let work = move || {
            for _ in signals.forever() {
                if ask.swap(true, Ordering::AcqRel) {
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
                wake();
            }
        };
        let thread = Builder::new().name("mapi-signals".into()).spawn(work).map_err(failed)?;
        Ok(Self { asked, signals: handle, thread: Some(thread) })
    }

    pub(crate) fn is_set(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }
}

impl Drop for Interrupted {
    fn drop(&mut self) {
        self.signals.close();
        // It has nothing that could panic.
        drop(self.thread.take().map(JoinHandle::join));
    }
}
