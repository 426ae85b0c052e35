//! `Options`: what the caller of a conversion decides.

use mapi_defs::{Error, ErrorCode, FileTime, Result};

/// The longest domain that is taken, in octets: the limit of the domain name system.
const MAX_DOMAIN_BYTES: usize = 253;

/// What the message itself does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The `Date` of a message that carries none, in UTC.
    pub now: FileTime,
    /// What stands right of the `@` of a generated `Message-ID` and of an address that is not an Internet one.
    pub domain: String,
    /// Goes into the boundaries of multiparts; two seeds give two sets of boundaries.
    pub seed: u64,
    /// Writes a `Bcc` field. Without it no blind copy is in the bytes, of embedded messages neither.
    pub include_bcc: bool,
    /// Repeats those fields of `PR_TRANSPORT_MESSAGE_HEADERS` that the conversion does not write itself
    /// (`Received`, `DKIM-Signature` and the like): for an export of received mail, not for sending.
    pub keep_transport_headers: bool,
}

impl Options {
    /// The options for sending: no blind copies, no headers of an earlier transport.
    pub fn new(now: FileTime, domain: impl Into<String>) -> Self {
        Self { now, domain: domain.into(), seed: 0, include_bcc: false, keep_transport_headers: false }
    }

    /// Refuses a domain that could not stand in a header.
    pub(crate) fn check(&self) -> Result<()> {
        let labels_fit = self.domain.split('.').all(|label| !label.is_empty());
        let octets_fit =
            self.domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if labels_fit && octets_fit && self.domain.len() <= MAX_DOMAIN_BYTES {
            return Ok(());
        }
        let detail =
            format!("the domain of {} octets is not made of letters, digits and dots", self.domain.len());
        Err(Error::new(ErrorCode::INVALID_PARAMETER, "to_mime", detail))
    }
}
