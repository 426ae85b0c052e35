//! Logs on with the default profile, sends a message to oneself, reads the Inbox and logs off.
//!
//! `cargo run -p mapi-services --example session -- /tmp/some/home`

use mapi::{Home, LogoffFlags, LogonOptions, Mapi, Object, OpenFlags, RecipientType, Session};
use mapi_defs::prop::tags::{PR_BODY, PR_SUBJECT};
use std::path::PathBuf;
use std::time::Duration;

fn main() -> mapi::Result<()> {
    mapi_services::register();
    let _mapi = Mapi::initialize()?;
    let home = Home::locate(std::env::args_os().nth(1).map(PathBuf::from).as_deref())?;
    let (profile, is_new) = mapi_services::default_profile(&home)?;
    println!("profile {profile:?}{}", if is_new { ", made just now" } else { "" });

    let session = Session::logon(LogonOptions::profile(&profile).home(&home))?;
    let store = session.open_default_store()?;
    let message = store.compose()?;
    message.set(PR_SUBJECT, "Hello")?;
    message.set(PR_BODY, "How are you?")?;
    message.add_recipient(RecipientType::To, "Myself", "me@example.org")?;
    message.submit()?;
    let is_empty = session.flush_queues(Duration::from_secs(10))?;
    println!("the queue is {}", if is_empty { "empty" } else { "not empty yet" });

    for id in store.inbox()?.message_ids()? {
        let message = store.open_message(&id, OpenFlags::NONE)?;
        println!("- {}", message.text(PR_SUBJECT)?.unwrap_or_default());
    }
    // What is dropped before the end does not count as left open.
    drop((message, store));
    println!("{}", session.logoff(LogoffFlags::NONE)?);
    Ok(())
}
