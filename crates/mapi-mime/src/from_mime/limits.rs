//! What reading MIME may cost: named limits, and `Budget`, which counts against them.
//!
//! Bytes from outside decide how much work there is; nothing is allocated by a length that they claim, and
//! what would cost more than a multiple of the input is refused before it is made.

use mapi_defs::object::Property;
use mapi_defs::{Error, ErrorCode, Result};

/// Multiparts within multiparts, through all embedded messages that stand in the bytes as they are.
pub(crate) const MULTIPART_DEPTH: usize = 100;
/// Entities in one input, embedded messages and their parts included.
pub(crate) const MAX_PARTS: usize = 100_000;
/// Octets of one header.
pub(crate) const MAX_HEADER_BYTES: usize = 16 << 20;
/// Rows of one recipient table, and people in one field.
pub(crate) const MAX_RECIPIENTS: usize = 100_000;
/// Octets of a field that are read for a media type and its parameters; what is behind them is not.
pub(crate) const MAX_PARAMETER_BYTES: usize = 64 << 10;
/// What somebody named in a field takes at least, in octets.
const PERSON_BYTES: usize = 512;
/// Header fields that become named properties of one message; further ones stay in the transport headers.
pub(crate) const MAX_NAMED_FIELDS: usize = 1_000;
/// What is made of an input holds at most this many octets for each of its own …
pub(crate) const MEMORY_FACTOR: usize = 16;
/// … and these.
pub(crate) const MEMORY_BASE_BYTES: usize = 16 << 20;

/// What may still be made of one input.
pub(crate) struct Budget {
    bytes: usize,
    parts: usize,
}

impl Budget {
    pub(crate) fn new(input_bytes: usize) -> Self {
        let bytes = input_bytes.saturating_mul(MEMORY_FACTOR).saturating_add(MEMORY_BASE_BYTES);
        Self { bytes, parts: MAX_PARTS }
    }

    /// Counts one more entity.
    pub(crate) fn part(&mut self) -> Result<()> {
        let left = self.parts.checked_sub(1);
        self.parts = left.ok_or_else(|| too_big(format!("more than {MAX_PARTS} parts")))?;
        Ok(())
    }

    /// Counts octets that are about to be kept.
    pub(crate) fn octets(&mut self, count: usize) -> Result<()> {
        let left = self.bytes.checked_sub(count);
        self.bytes = left.ok_or_else(|| {
            let detail = format!(
                "the message would take more than {MEMORY_FACTOR} times its octets and \
                 {MEMORY_BASE_BYTES} beside them"
            );
            too_big(detail)
        })?;
        Ok(())
    }

    /// Refuses people that there would be no room for.
    pub(crate) fn people(&self, count: usize) -> Result<()> {
        if count > MAX_RECIPIENTS || count.saturating_mul(PERSON_BYTES) > self.bytes {
            return Err(too_big(format!("{count} people in one field")));
        }
        Ok(())
    }

    /// Counts properties that have been made, with their values and names.
    pub(crate) fn properties(&mut self, properties: &[Property]) -> Result<()> {
        let each = |property: &Property| property.value.size_bytes().saturating_add(size_of::<Property>());
        self.octets(properties.iter().map(each).fold(0, usize::saturating_add))
    }
}

/// The error of an input that is beyond a limit.
pub(crate) fn too_big(detail: String) -> Error {
    Error::new(ErrorCode::TOO_BIG, "from_mime", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends() {
        let mut budget = Budget::new(10);
        assert!(budget.octets(MEMORY_BASE_BYTES).is_ok() && budget.octets(160).is_ok());
        assert_eq!(budget.octets(1).unwrap_err().code(), ErrorCode::TOO_BIG);
        assert!((0..MAX_PARTS).all(|_| budget.part().is_ok()));
        assert_eq!(budget.part().unwrap_err().code(), ErrorCode::TOO_BIG);
    }
}
