//! `Opening`, `Protocol` and `Step`: what a session is told before it begins, and what it asks of its
//! caller. What it does in between is in `mod.rs`.

use crate::deadlines::Deadlines;
use mapi_wire::{Login, Security};

/// Which dialogue is held.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Protocol {
    /// SMTP: one reply to the text, for all whom the server takes it for.
    #[default]
    Smtp,
    /// LMTP (RFC 2033): a reply to the text for each whom the server takes it for, in their order.
    Lmtp,
}

impl Protocol {
    /// The command that begins the dialogue.
    pub(super) fn hello(self) -> &'static str {
        match self {
            Self::Smtp => "EHLO",
            Self::Lmtp => "LHLO",
        }
    }
}

/// What a session needs to know before it begins.
pub struct Opening {
    /// Which dialogue is held.
    pub protocol: Protocol,
    /// What EHLO names: a domain or an address literal.
    pub hello: String,
    /// When the connection is encrypted.
    pub security: Security,
    /// Who logs on.
    pub login: Option<Login>,
    /// How long each stage may take.
    pub deadlines: Deadlines,
}

/// What is to be done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Write [`Session::output`](super::Session::output), then call [`Session::written`](super::Session::written).
    Write,
    /// Read until [`Session::deadline`](super::Session::deadline); call [`Session::receive`](super::Session::receive), [`Session::expire`](super::Session::expire) or
    /// [`Session::lose`](super::Session::lose).
    Read,
    /// Shake hands, then call [`Session::encrypted`](super::Session::encrypted) or [`Session::lose`](super::Session::lose).
    Handshake,
    /// Nothing: a message may be sent.
    Ready,
    /// Record that the message may soon be with the server, for these recipients of the envelope; then
    /// call [`Session::send_dot`](super::Session::send_dot) or [`Session::lose`](super::Session::lose).
    Confirm(Vec<usize>),
    /// Nothing more: the dialogue is over.
    Closed,
}
