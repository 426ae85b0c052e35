//! `Text`: a text up to its dot, as strict as can be: it ends by CRLF, dot, CRLF and by nothing else, and a CR or
//! LF that stands alone is refused, so that nobody else may see an end where none is.

use super::MAX_MESSAGE_BYTES;

/// Why a text is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TextFault {
    TooBig,
    BareLineEnd,
}

/// Where in a line the next octet stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum At {
    /// At its beginning.
    #[default]
    Start,
    /// Behind a dot at its beginning.
    Dot,
    /// Behind a dot and a CR.
    DotCr,
    Within,
    /// Behind a CR.
    Cr,
}

/// A text that comes.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Text {
    octets: Vec<u8>,
    at: At,
    is_whole: bool,
    fault: Option<TextFault>,
}

impl Text {
    /// Takes what is of the text; answers how many octets these are.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        for (count, byte) in (1..).zip(bytes) {
            self.push(*byte);
            if self.is_whole {
                return count;
            }
        }
        bytes.len()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn into_octets(self) -> Result<Vec<u8>, TextFault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.octets),
        }
    }

    fn push(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            (At::Start, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            (At::DotCr, b'\n') => {
                self.is_whole = true;
                return;
            }
            (At::Cr, b'\n') => {
                self.keep(b"\r\n");
                At::Start
            }
            (At::Cr | At::DotCr, _) | (_, b'\n') => {
                self.fail(TextFault::BareLineEnd);
                // A lone LF is no line end: what follows is within the line.
                if byte == b'\r' { At::Cr } else { At::Within }
            }
            (_, b'\r') => At::Cr,
            // The dot before it was the dialogue's.
            (_, byte) => {
                self.keep(&[byte]);
                At::Within
            }
        };
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.fault.is_none() {
            self.octets.extend_from_slice(bytes);
            if self.octets.len() > MAX_MESSAGE_BYTES {
                self.fail(TextFault::TooBig);
            }
        }
    }

    /// The text goes on to its end, and is not kept.
    fn fail(&mut self, fault: TextFault) {
        self.fault.get_or_insert(fault);
        self.octets = Vec::new();
    }
}
