//! `Fault`, `Stage` and `Lack`: why a dialogue, or a message in it, came to nothing.

use crate::reply::{Reply, ReplyFault};
use std::fmt;

/// Where in a dialogue something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The connection itself.
    Connect,
    /// The greeting.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS and the TLS handshake.
    StartTls,
    /// AUTH.
    Login,
    /// No command is under way.
    Idle,
    /// RSET.
    Reset,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The text of the message.
    Text,
    /// The final dot was sent.
    Finish,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::Greeting => "the greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login => "AUTH",
            Self::Idle => "rest",
            Self::Reset => "RSET",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Text => "the text",
            Self::Finish => "the final dot",
        })
    }
}

/// Why a dialogue ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The host has no address, or none of them answers.
    Unreachable(String),
    /// The other side ended the connection, or the network did.
    Closed(Stage),
    /// Nothing came in time.
    Timeout(Stage),
    /// What came is no reply.
    NoReply(Stage, ReplyFault),
    /// A reply came to a command that was not sent.
    Unsolicited(Stage),
    /// A reply came that does not fit its command.
    Unexpected(Stage, Reply),
    /// The server will not go on.
    Refused(Stage, Reply),
    /// TLS is required and the server does not offer it.
    TlsNotOffered,
    /// Bytes came behind the reply to STARTTLS, before the handshake.
    BytesBehindStartTls,
    /// TLS did not come about: the certificate, the protocol, or the configuration of it.
    Tls(String),
    /// A login is configured and the connection is not encrypted.
    LoginNeedsTls,
    /// The server offers no login that is configured.
    NoMechanism,
    /// The server refused the login; the codes of its reply. The text may repeat the password.
    LoginRefused(String),
    /// The password or token cannot be had.
    NoSecret(&'static str),
    /// The moment before the final dot could not be recorded.
    NotRecorded(String),
    /// The message was cancelled, or the logon ended.
    Cancelled,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::Closed(stage) => write!(f, "the connection ended at {stage}"),
            Self::Timeout(stage) => write!(f, "the server did not answer in time at {stage}"),
            Self::NoReply(stage, fault) => write!(f, "at {stage} the server broke the protocol: {fault}"),
            Self::Unsolicited(stage) => write!(f, "at {stage} the server spoke without being asked"),
            Self::Unexpected(stage, reply) => {
                write!(f, "at {stage} the server gave a reply that does not fit: {reply}")
            }
            Self::Refused(stage, reply) => write!(f, "the server refused at {stage}: {reply}"),
            Self::TlsNotOffered => f.write_str("TLS is required, and the server does not offer STARTTLS"),
            Self::BytesBehindStartTls => f.write_str(
                "the server sent bytes between STARTTLS and the handshake, which nobody vouches for",
            ),
            Self::Tls(why) => write!(f, "TLS did not come about: {why}"),
            Self::LoginNeedsTls => {
                f.write_str("the login was not sent, because the connection is not encrypted")
            }
            Self::NoMechanism => f.write_str("the server offers no way to log on that is configured"),
            Self::LoginRefused(codes) => write!(f, "the server refused the login: {codes}"),
            Self::NoSecret(why) => write!(f, "there is no password or token: {why}"),
            Self::NotRecorded(why) => {
                write!(f, "the moment before the final dot could not be recorded: {why}")
            }
            Self::Cancelled => f.write_str("the message was cancelled"),
        }
    }
}

impl From<mapi_wire::Fault> for Fault {
    fn from(fault: mapi_wire::Fault) -> Self {
        match fault {
            mapi_wire::Fault::Unreachable(why) => Self::Unreachable(why),
            mapi_wire::Fault::Tls(why) => Self::Tls(why),
            mapi_wire::Fault::Timeout => Self::Timeout(Stage::StartTls),
        }
    }
}

/// What a message needs and a server does not offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lack {
    /// The message has more octets than the server takes.
    Size {
        /// Octets of the message.
        bytes: u64,
        /// The most that the server takes.
        limit: u64,
    },
    /// 8BITMIME.
    EightBit,
    /// SMTPUTF8.
    Utf8,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { bytes, limit } => {
                write!(f, "the message has {bytes} octets and the server takes {limit}")
            }
            Self::EightBit => {
                f.write_str("the message holds octets above 127 and the server has no 8BITMIME")
            }
            Self::Utf8 => {
                f.write_str("an address holds letters outside ASCII and the server has no SMTPUTF8")
            }
        }
    }
}

/// What became of one recipient of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The server took charge, with this reply to the final dot.
    Accepted(Reply),
    /// The server refused, for now or for good.
    Refused(Stage, Reply),
    /// The server cannot carry it; nothing was sent.
    Lacking(Lack),
    /// The dialogue ended before the final dot: the server has nothing.
    Interrupted(Fault),
    /// The dialogue ended between the final dot and its reply: nobody knows.
    InDoubt(Fault),
}
