//! AUTH PLAIN, LOGIN and XOAUTH2: what is said, and what the server may answer.
//!
//! Nothing is said on a connection that is not encrypted, and of the server's answers only the codes
//! are repeated.

use super::fault::{Fault, Stage};
use crate::capabilities::Capabilities;
use crate::reply::Reply;
use encodify::base64::STANDARD;
use mapi_wire::{Login, Mechanism};
use zeroize::Zeroizing;

/// What the server is expected to answer next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The end of it.
    End,
    /// LOGIN: a question for the name.
    User,
    /// LOGIN: a question for the password.
    Password,
    /// XOAUTH2: a question that is a refusal, to which an empty line is the answer; the end of it.
    EndOrProblem,
}

/// What follows from a reply.
pub(super) enum LoginStep {
    Say(Zeroizing<Vec<u8>>, Turn),
    LoggedOn,
    Fail(Fault),
}

pub(super) fn begin(login: &Login, offers: &Capabilities) -> LoginStep {
    match login.mechanism {
        Mechanism::Password | Mechanism::Plain if offers.plain => {
            let blob = Zeroizing::new(STANDARD.encode(&*login.plain()));
            say(&[b"AUTH PLAIN ", blob.as_bytes()], Turn::End)
        }
        Mechanism::Password | Mechanism::Login if offers.login => say(&[b"AUTH LOGIN"], Turn::User),
        Mechanism::XOAuth2 if offers.xoauth2 => {
            let blob = Zeroizing::new(STANDARD.encode(&*login.xoauth2()));
            say(&[b"AUTH XOAUTH2 ", blob.as_bytes()], Turn::EndOrProblem)
        }
        _ => LoginStep::Fail(Fault::NoMechanism),
    }
}

pub(super) fn handle_reply(login: &Login, turn: Turn, reply: &Reply) -> LoginStep {
    let coded = |octets: &[u8]| Zeroizing::new(STANDARD.encode(octets));
    match turn {
        _ if reply.is_transient() || reply.is_permanent() => {
            LoginStep::Fail(Fault::LoginRefused(reply.codes()))
        }
        Turn::End | Turn::EndOrProblem if reply.is_positive() => LoginStep::LoggedOn,
        Turn::User if reply.code == 334 => say(&[coded(login.user.as_bytes()).as_bytes()], Turn::Password),
        Turn::Password if reply.code == 334 => say(&[coded(login.secret.expose()).as_bytes()], Turn::End),
        Turn::EndOrProblem if reply.code == 334 => say(&[b""], Turn::End),
        // The text is left out: it may repeat the password.
        _ => {
            let bare = Reply { code: reply.code, lines: Vec::new() };
            LoginStep::Fail(Fault::Unexpected(Stage::Login, bare))
        }
    }
}

fn say(parts: &[&[u8]], turn: Turn) -> LoginStep {
    let size = parts.iter().map(|part| part.len()).sum::<usize>().saturating_add(2);
    // Exactly as large as needed, so that no copy is left behind by growing.
    let mut line = Zeroizing::new(Vec::with_capacity(size));
    for part in parts {
        line.extend_from_slice(part);
    }
    line.extend_from_slice(b"\r\n");
    LoginStep::Say(line, turn)
}
