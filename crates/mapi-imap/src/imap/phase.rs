//! `Phase`: where a IMAP dialogue is.

use crate::exchange;
use crate::fault::Stage;

/// What was said last, or is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Greeting,
    Offers,
    StartTls,
    Handshake,
    Login,
    /// What the server offers to those who have logged on.
    OwnOffers,
    Examine,
    Ready,
    List,
    Fetch,
    /// IDLE was said, and not heard of yet.
    BeginIdle,
    Idle,
    /// DONE was said.
    EndIdle,
    Closed,
}

impl exchange::Phase for Phase {
    const HANDSHAKE: Self = Self::Handshake;
    const READY: Self = Self::Ready;
    const CLOSED: Self = Self::Closed;

    fn stage(self) -> Stage {
        match self {
            Self::Greeting => Stage::Greeting,
            Self::Offers | Self::OwnOffers => Stage::Capabilities,
            Self::StartTls | Self::Handshake => Stage::StartTls,
            Self::Login => Stage::Login,
            Self::Examine => Stage::Mailbox,
            Self::List => Stage::List,
            Self::Fetch => Stage::Text,
            Self::BeginIdle | Self::Idle | Self::EndIdle => Stage::Idle,
            Self::Ready | Self::Closed => Stage::Rest,
        }
    }
}
