//! The library's part of `docs/guides/ending-a-session.md`: its snippets stand here word for word and run.
//!
//! One test, since the last step ends MAPI in the whole process.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{ErrorCode, Home, LogoffFlags, LogonFlags, LogonOptions, Mapi, Object, Result, Session};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::PR_SUBJECT;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

const GUIDE: &str = include_str!("../../../docs/guides/ending-a-session.md");
const TESTED: &str = include_str!("ending_a_session.rs");

#[test]
fn every_step_and_what_forgetting_it_does() {
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path()).unwrap();
    let (profile, _) = mapi_services::default_profile(&home).unwrap();
    let options = || LogonOptions::profile(&profile).home(&home);
    all_eight(&Session::logon(options()).unwrap()).unwrap();
    advises_forgotten(&Session::logon(options()).unwrap()).unwrap();
    objects_forgotten(&Session::logon(options()).unwrap()).unwrap();
    memory(&Session::logon(options()).unwrap()).unwrap();
    logoff_forgotten(Session::logon(options()).unwrap()).unwrap();
    logoff_twice(&Session::logon(options()).unwrap()).unwrap();
    shared(&home, &profile).unwrap();
    uninitialize(mapi, Session::logon(options()).unwrap(), options()).unwrap();
}

fn all_eight(session: &Session) -> Result<()> {
    let sink = Arc::new(|_: &[Notification]| {});
    let connection = session.advise(EventMask::NEW_MAIL, sink)?;
    let store = session.open_default_store()?;
    let inbox = store.inbox()?;

    session.unadvise(connection)?; // 1
    drop((inbox, store)); // 2, and 3: values free themselves
    let account = session.logoff(LogoffFlags::NONE)?; // 4
    assert_eq!((account.left_open_count, account.advises_cancelled), (0, 0));
    assert_eq!(account.opened, account.closed);
    Ok(())
}

fn advises_forgotten(session: &Session) -> Result<()> {
    let sink = Arc::new(|_: &[Notification]| {});
    session.advise(EventMask::NEW_MAIL, sink.clone())?;
    let account = session.logoff(LogoffFlags::NONE)?;
    assert_eq!(account.advises_cancelled, 1);
    assert_eq!(Arc::strong_count(&sink), 1); // nobody holds the sink any more
    Ok(())
}

fn objects_forgotten(session: &Session) -> Result<()> {
    let store = session.open_default_store()?;
    let inbox = store.inbox()?;
    let account = session.logoff(LogoffFlags::NONE)?;
    assert_eq!(account.left_open_count, 2);
    assert_eq!(account.left_open[0].kind, "IMsgStore");
    assert!(account.left_open[0].place.contains(".rs:")); // where it was opened
    let error = inbox.message_ids().unwrap_err();
    assert_eq!(error.code(), ErrorCode::INVALID_OBJECT);
    Ok(())
}

fn memory(session: &Session) -> Result<()> {
    let message = session.open_default_store()?.compose()?;
    message.set(PR_SUBJECT, "Hello")?;
    let subject = message.text(PR_SUBJECT)?;
    drop(message);
    session.logoff(LogoffFlags::NONE)?;
    assert_eq!(subject.as_deref(), Some("Hello"));
    Ok(())
}

fn logoff_forgotten(session: Session) -> Result<()> {
    let store = session.open_default_store()?;
    drop(session); // the last handle
    let error = store.inbox().unwrap_err();
    assert_eq!(error.code(), ErrorCode::INVALID_OBJECT);
    Ok(())
}

fn logoff_twice(session: &Session) -> Result<()> {
    session.logoff(LogoffFlags::NONE)?;
    let again = session.logoff(LogoffFlags::NONE).unwrap_err();
    assert_eq!(again.code(), ErrorCode::INVALID_OBJECT);
    let status = session.status_table().unwrap_err();
    assert_eq!(status.code(), ErrorCode::INVALID_OBJECT);
    Ok(())
}

fn shared(home: &Home, profile: &str) -> Result<()> {
    let publish = LogonFlags::EXTENDED | LogonFlags::ALLOW_OTHERS;
    let ours = Session::logon(LogonOptions::flags(publish).named(profile).home(home))?;
    let theirs = Session::logon(LogonOptions::flags(LogonFlags::EXTENDED).home(home))?;
    let (tell, told) = channel();
    let sink = move |events: &[Notification]| drop(tell.send(events[0].clone()));
    ours.advise(EventMask(0), Arc::new(sink))?; // critical errors come whatever the mask says

    theirs.logoff(LogoffFlags::SHARED)?;
    let Ok(Notification::CriticalError { code, .. }) = told.recv_timeout(Duration::from_secs(10)) else {
        panic!("nobody told this member");
    };
    assert_eq!(code, ErrorCode::END_OF_SESSION);
    ours.status_table()?; // it still works: nobody is forced out
    ours.logoff(LogoffFlags::NONE)?;
    Ok(())
}

fn uninitialize(mapi: Mapi, session: Session, options: LogonOptions) -> Result<()> {
    let store = session.open_default_store()?;
    drop(mapi); // the last one: the session is logged off first
    assert_eq!(store.inbox().unwrap_err().code(), ErrorCode::INVALID_OBJECT);
    let error = Session::logon(options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NOT_INITIALIZED);
    Ok(())
}

/// The lines of a text without their indentation, so that a snippet is found inside a function.
fn flat(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn every_snippet_of_the_guide_is_one_that_runs_here() {
    let snippets: Vec<&str> =
        GUIDE.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(snippets.len() >= 8, "{}", snippets.len());
    for snippet in snippets {
        assert!(flat(TESTED).contains(&flat(snippet)), "not tested:\n{snippet}");
    }
}
