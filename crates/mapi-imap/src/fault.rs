//! `Fault` and `Stage`: why a dialogue came to nothing, and where.

use mapi_defs::ErrorCode;
use std::fmt;

/// The longest text of a server that is repeated, in characters.
const SHOWN_CHARS: usize = 200;

/// Where in a dialogue something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The greeting.
    Greeting,
    /// What the server offers.
    Capabilities,
    /// STARTTLS or STLS, and the TLS handshake.
    StartTls,
    /// Logging on.
    Login,
    /// Opening the mailbox.
    Mailbox,
    /// The list of messages.
    List,
    /// A message's text.
    Text,
    /// Waiting for new mail.
    Idle,
    /// No command is under way.
    Rest,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Capabilities => "what it offers",
            Self::StartTls => "STARTTLS",
            Self::Login => "the login",
            Self::Mailbox => "the mailbox",
            Self::List => "the list of messages",
            Self::Text => "a message",
            Self::Idle => "waiting for mail",
            Self::Rest => "rest",
        })
    }
}

/// Why a dialogue ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// There is no connection, or none that is encrypted.
    Wire(mapi_wire::Fault),
    /// The other side ended the connection, or the network did.
    Closed(Stage),
    /// Nothing came in time.
    Timeout(Stage),
    /// What came breaks the protocol, and how.
    Broken(Stage, &'static str),
    /// The server says no; its words, made safe to show.
    Refused(Stage, String),
    /// TLS is required and the server does not offer it.
    TlsNotOffered,
    /// Bytes came behind the reply to STARTTLS, before the handshake.
    BytesBehindStartTls,
    /// A login is configured and the connection is not encrypted.
    LoginNeedsTls,
    /// The server offers no login that is configured.
    NoMechanism,
    /// The server refused the login. Its text may repeat the password and is left out.
    LoginRefused,
    /// The password or token cannot be had.
    NoSecret(&'static str),
    /// The server cannot tell its messages apart.
    NoUidl,
    /// A message is larger than what is taken.
    TooBig,
    /// Somebody ended it.
    Stopped,
}

impl Fault {
    /// A refusal with the server's words.
    pub(crate) fn refused(stage: Stage, said: &str) -> Self {
        let shown = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        Self::Refused(stage, shown.take(SHOWN_CHARS).collect::<String>().trim().to_owned())
    }

    /// MAPI's word for it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::LoginRefused | Self::LoginNeedsTls | Self::NoMechanism | Self::NoSecret(_) => {
                ErrorCode::NO_ACCESS
            }
            Self::Refused(Stage::Mailbox, _) => ErrorCode::NOT_FOUND,
            Self::NoUidl => ErrorCode::NO_SUPPORT,
            Self::TooBig => ErrorCode::TOO_BIG,
            Self::Stopped => ErrorCode::USER_CANCEL,
            _ => ErrorCode::NETWORK_ERROR,
        }
    }
}

impl From<mapi_wire::Fault> for Fault {
    fn from(fault: mapi_wire::Fault) -> Self {
        Self::Wire(fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(fault) => fault.fmt(f),
            Self::Closed(stage) => write!(f, "the connection ended at {stage}"),
            Self::Timeout(stage) => write!(f, "the server did not answer in time at {stage}"),
            Self::Broken(stage, how) => write!(f, "at {stage} the server broke the protocol: {how}"),
            Self::Refused(Stage::Mailbox, said) => {
                write!(f, "the server does not open the mailbox (setting mailbox): {said}")
            }
            Self::Refused(stage, said) => write!(f, "the server refused at {stage}: {said}"),
            Self::TlsNotOffered => f.write_str(
                "TLS is required, and the server does not offer STARTTLS: try the setting security=tls",
            ),
            Self::BytesBehindStartTls => f.write_str(
                "the server sent bytes between STARTTLS and the handshake, which nobody vouches for",
            ),
            Self::LoginNeedsTls => {
                f.write_str("the login was not sent, because the connection is not encrypted")
            }
            Self::NoMechanism => {
                f.write_str("the server offers no way to log on that is configured (setting mechanism)")
            }
            Self::LoginRefused => {
                f.write_str("the server refused the login: see the settings user, password and mechanism")
            }
            Self::NoSecret(why) => write!(f, "there is no password or token: {why}"),
            Self::NoUidl => f.write_str(
                "the server has no UIDL, so its messages cannot be told apart: use its IMAP, if it has that",
            ),
            Self::TooBig => f.write_str("a message is too large to be fetched; it stays at the server"),
            Self::Stopped => f.write_str("fetching was stopped"),
        }
    }
}

impl std::error::Error for Fault {}
