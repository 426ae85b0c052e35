//! `Phase`: where a POP3 dialogue is.

use crate::exchange;
use crate::fault::Stage;

/// What was said last, or is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Greeting,
    Capa,
    Stls,
    Handshake,
    /// AUTH, USER or PASS was said.
    Login,
    Uidl,
    List,
    Ready,
    Retr,
    Closed,
}

impl exchange::Phase for Phase {
    const HANDSHAKE: Self = Self::Handshake;
    const READY: Self = Self::Ready;
    const CLOSED: Self = Self::Closed;

    fn stage(self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Capa => Stage::Capabilities,
            Self::Stls | Self::Handshake => Stage::StartTls,
            Self::Login => Stage::Login,
            Self::Uidl | Self::List => Stage::List,
            Self::Retr => Stage::Text,
            Self::Ready | Self::Closed => Stage::Rest,
        }
    }
}
