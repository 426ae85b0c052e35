//! `Letter`: a message that was handed over, as the spooler takes it from a transport (IXPLogon::StartMessage).

use super::Incoming;
use crate::address::Address;
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_mime::{FromOptions, arrive};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, XpLogon};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};

/// A message that waits to be handed in once.
pub struct Letter {
    incoming: Incoming,
    now: FileTime,
    was_taken: AtomicBool,
}

impl Letter {
    /// A message that came at this moment.
    pub fn new(incoming: Incoming, now: FileTime) -> Self {
        Self { incoming, now, was_taken: AtomicBool::new(false) }
    }

    /// A message that a server has taken before bears that server's stamp with its moment and number: no two
    /// are alike, and the same one again is a repetition after an answer that got lost. One without may be
    /// handed over twice on purpose.
    fn key(&self) -> Option<Vec<u8>> {
        let text = &self.incoming.text;
        let header_end = memchr::memmem::find(text, b"\r\n\r\n").unwrap_or(text.len());
        let header = text.get(..header_end).unwrap_or_default();
        let is_stamp =
            |line: &[u8]| line.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"received:"));
        if !header.split(|byte| *byte == b'\n').any(is_stamp) {
            return None;
        }
        let mut digest = Sha256::new();
        for recipient in &self.incoming.recipients {
            digest.update(recipient.to_lowercase());
            digest.update([0]);
        }
        digest.update(text);
        Some([b"receive\0", digest.finalize().as_slice()].concat())
    }

    /// The text as the last server leaves it, with the sender of the envelope (RFC 5321 4.4).
    fn text(&self) -> Vec<u8> {
        let sender = Some(self.incoming.sender.as_str()).filter(|text| Address::parse(text).is_ok());
        let line = format!("Return-Path: <{}>\r\n", sender.unwrap_or_default());
        [line.as_bytes(), &self.incoming.text].concat()
    }
}

impl XpLogon for Letter {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes::default())
    }

    fn submit_message(&self, _message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        Err(Error::new(ErrorCode::NOT_ME, "XpLogon::submit_message", "nothing is sent here"))
    }

    fn poll(&self) -> Result<u32> {
        Ok(u32::from(!self.was_taken.load(Ordering::Acquire)))
    }

    fn start_message(&self, message: &dyn Message, _reference: &mut u32) -> Result<()> {
        let mut options = FromOptions::new(self.now);
        options.delivered = Some(self.now);
        arrive(&self.text(), &options, self.key().as_deref(), false, message)?;
        self.was_taken.store(true, Ordering::Release);
        Ok(())
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}
