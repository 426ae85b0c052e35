//! `mapi receive`: takes messages that a mail server hands over, by LMTP or SMTP on this computer, or one on
//! standard input. The dialogue is `mapi_services::reception`; here are sockets and threads.
//!
//! A server is answered once the store has the message on its medium, and not before.

use crate::cli::{Global, Receive};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::logged_on::{FirstUse, LoggedOn, Mail, refuse_when_read_only};
use crate::output::Output;
use crate::reception_socket::{Listener, Peer};
use mapi::Session;
use mapi_defs::ErrorCode;
use mapi_services::reception::{Incoming, Letter, MAX_MESSAGE_BYTES, Manner, Next, Reception, Settled};
use serde_json::json;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// How many connections are served at once; others wait.
const CONNECTIONS: usize = 16;

/// What happened so far.
#[derive(Default)]
struct Tally {
    received: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
}

/// Runs the verb.
pub(crate) fn receive(options: &Receive, global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    let listener = match (&options.lmtp, &options.smtp) {
        (Some(place), _) => Some((Manner::Lmtp, Listener::bind(place)?)),
        (None, Some(place)) => Some((Manner::Smtp, Listener::bind(place)?)),
        (None, None) => None,
    };
    let input = match &listener {
        None => Some(standard_input()?),
        Some(_) => None,
    };
    let logged_on = LoggedOn::new(global, Mail::Yes, FirstUse::CreatesProfile, output)?;
    let tally = Tally::default();
    let done = match (&listener, input) {
        (Some((manner, listener)), _) => serve(options, *manner, listener, &logged_on, &tally, output),
        (None, text) => one(options, text.unwrap_or_default(), &logged_on, &tally),
    };
    let end = logged_on.end()?.to_json();
    let [received, repeated, refused] =
        [&tally.received, &tally.repeated, &tally.refused].map(|count| count.load(Ordering::Relaxed));
    if output.is_machine() && done.is_ok() {
        let document =
            json!({ "received": received, "repeated": repeated, "refused": refused, "session_end": end });
        if output.jsonl { output.line(&document)? } else { output.document(&document)? }
    } else {
        output.session_end(&end);
    }
    done
}

/// The one message on standard input. A server that cannot be rid of it now keeps it (EX_TEMPFAIL).
fn standard_input() -> Outcome<Vec<u8>> {
    let mut text = Vec::new();
    let most = MAX_MESSAGE_BYTES as u64 + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut text).map_err(|error| {
        Failure::new(ErrorCode::DISK_ERROR, format!("standard input: {error}")).with_exit(Exit::Queued)
    })?;
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(Failure::new(ErrorCode::TOO_BIG, "the message is too large").with_exit(Exit::BadData));
    }
    if text.trim_ascii().is_empty() {
        return Err(Failure::new(ErrorCode::CORRUPT_DATA, "there is no message on standard input")
            .with_hint("`mapi receive --lmtp 127.0.0.1:2424` waits for a mail server instead"));
    }
    // What mailbox files put before a message is none of it.
    if text.starts_with(b"From ") {
        let end = memchr::memchr(b'\n', &text).map_or(text.len(), |end| end + 1);
        text.drain(..end);
    }
    Ok(text)
}

fn one(options: &Receive, text: Vec<u8>, logged_on: &LoggedOn, tally: &Tally) -> Outcome {
    let incoming = Incoming {
        sender: options.from.clone().unwrap_or_default(),
        recipients: options.recipients.clone(),
        text,
    };
    match keep(&logged_on.session, incoming, tally) {
        Settled::Kept => Ok(()),
        Settled::Later(why) => Err(Failure::new(ErrorCode::CALL_FAILED, why).with_exit(Exit::Queued)),
        Settled::Refused(why) => Err(Failure::new(ErrorCode::CORRUPT_DATA, why)),
    }
}

fn serve(
    options: &Receive,
    manner: Manner,
    listener: &Listener,
    logged_on: &LoggedOn,
    tally: &Tally,
    output: Output,
) -> Outcome {
    if output.jsonl {
        output.line(&json!({ "event": "listening", "address": listener.name() }))?;
    } else {
        output.say(&format!("listening at {}", listener.name()));
    }
    let enough = || {
        let done = tally.received.load(Ordering::Relaxed) + tally.repeated.load(Ordering::Relaxed);
        logged_on.interrupt.is_asked() || options.count.is_some_and(|count| done >= count)
    };
    // Each thread serves one connection after the other, and ends once there is enough; the scope joins them.
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                while let Some(peer) = listener.accept(&enough) {
                    let reception = Reception::new(manner, &host(), &options.recipients);
                    if let Err(error) = talk(peer, reception, &logged_on.session, tally, &enough) {
                        tracing::debug!(%error, "a connection ended");
                    }
                }
            });
        }
    });
    Ok(())
}

/// One dialogue, to its end.
fn talk(
    mut peer: Peer,
    mut reception: Reception,
    session: &Session,
    tally: &Tally,
    enough: &dyn Fn() -> bool,
) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let next = reception.step();
        peer.write_all(&reception.take_output())?;
        match next {
            Next::Keep(incoming) => reception.settle(&keep(session, incoming, tally)),
            Next::End => return Ok(()),
            Next::Read => match peer.read(&mut buffer, enough)? {
                0 => return Ok(()),
                count => reception.receive(&buffer[..count]),
            },
        }
    }
}

/// Keeps a message: once this returns `Kept`, it is on its medium.
fn keep(session: &Session, incoming: Incoming, tally: &Tally) -> Settled {
    match session.hand_in(&Letter::new(incoming, session.now())) {
        Ok(is_new) => {
            let count = if is_new { &tally.received } else { &tally.repeated };
            count.fetch_add(1, Ordering::Relaxed);
            Settled::Kept
        }
        Err(error) => {
            tracing::warn!(%error, "a message was not taken");
            tally.refused.fetch_add(1, Ordering::Relaxed);
            match error.code() {
                ErrorCode::TOO_BIG | ErrorCode::CORRUPT_DATA => Settled::Refused(error.detail().to_owned()),
                _ => Settled::Later(error.detail().to_owned()),
            }
        }
    }
}

/// The name of this computer, as a greeting says it.
fn host() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if is_name { name.into_owned() } else { "localhost".to_owned() }
}
