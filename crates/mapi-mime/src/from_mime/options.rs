//! `FromOptions`: what the caller of a conversion out of MIME decides.

use mapi_defs::FileTime;
use mapi_rtf::codepage::WINDOWS_1252;

/// What the bytes themselves do not say.
#[derive(Clone, Debug)]
pub struct FromOptions {
    /// The submit time of a message without a valid `Date`, in UTC.
    pub now: FileTime,
    /// When the message was delivered, in UTC; without it the moment of the topmost `Received`, if any.
    pub delivered: Option<FileTime>,
    /// The Windows code page of octets that neither are UTF-8 nor name their charset.
    pub code_page: u32,
}

impl FromOptions {
    /// Options for Western European text, and a delivery time out of the message.
    pub fn new(now: FileTime) -> Self {
        Self { now, delivered: None, code_page: WINDOWS_1252 }
    }
}
