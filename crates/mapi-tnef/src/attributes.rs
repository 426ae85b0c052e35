//! The attributes of a stream: split where they are whole, and written. What they mean is `message.rs`'s.

use crate::SIGNATURE;
use crate::bytes::Bytes;
use crate::problem::Reason;

pub(crate) const VERSION: u32 = 0x0008_9006;
pub(crate) const OEM_CODE_PAGE: u32 = 0x0006_9007;
/// attMAPIProps, attRecipTable, attAttachment: lists of MAPI properties.
pub(crate) const MAPI_PROPS: u32 = 0x0006_9003;
pub(crate) const RECIPIENT_TABLE: u32 = 0x0006_9004;
pub(crate) const ATTACHMENT_PROPS: u32 = 0x0006_9005;
/// attAttachRenddata, which begins each attachment.
pub(crate) const RENDERING: u32 = 0x0006_9002;
/// A file, to be shown nowhere in the text.
pub(crate) const PLAIN_RENDERING: Attribute<'static> = Attribute {
    level: Level::Attachment,
    id: RENDERING,
    data: &[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Whose an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Message,
    Attachment,
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) level: Level,
    /// Type in the high half, number in the low one.
    pub(crate) id: u32,
    pub(crate) data: &'a [u8],
}

impl Attribute<'_> {
    /// Whether this is the attribute of an identifier; some programs leave its type out.
    pub(crate) const fn is(&self, id: u32) -> bool {
        self.id == id || self.id == id & 0xFFFF
    }
}

/// A stream's attributes, and what is wrong with how they stand there.
#[derive(Debug)]
pub(crate) struct Split<'a> {
    pub(crate) key: u16,
    pub(crate) attributes: Vec<Attribute<'a>>,
    pub(crate) problems: Vec<Reason>,
}

/// Splits a stream; `None` where the bytes are none.
pub(crate) fn split(bytes: &[u8]) -> Option<Split<'_>> {
    let mut bytes = Bytes(bytes.strip_prefix(&SIGNATURE)?);
    let key = bytes.u16()?;
    let (mut attributes, mut problems) = (Vec::new(), Vec::new());
    while !bytes.is_empty() {
        let left = bytes.0.len();
        let level = match bytes.u8() {
            Some(1) => Level::Message,
            Some(2) => Level::Attachment,
            // Line ends and zeros that came with the transport.
            Some(_) if left < 9 => {
                problems.push(Reason::BytesAfterEnd(left));
                break;
            }
            level => {
                problems.push(Reason::UnknownLevel(level.unwrap_or_default()));
                break;
            }
        };
        let id = bytes.u32().unwrap_or_default();
        let Some(data) = bytes.len().and_then(|len| bytes.take(len)) else {
            problems.push(Reason::CutShort(id));
            break;
        };
        let Some(told) = bytes.u16() else {
            problems.push(Reason::CutShort(id));
            break;
        };
        if told != check_value(data) {
            problems.push(Reason::CheckValue(id));
        }
        attributes.push(Attribute { level, id, data });
    }
    Some(Split { key, attributes, problems })
}

/// Writes an attribute with its check value.
pub(crate) fn write(out: &mut Vec<u8>, attribute: &Attribute<'_>) {
    out.push(match attribute.level {
        Level::Message => 1,
        Level::Attachment => 2,
    });
    out.extend(attribute.id.to_le_bytes());
    // A slice of a stream whose lengths have 32 bits.
    out.extend(u32::try_from(attribute.data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(attribute.data);
    out.extend(check_value(attribute.data).to_le_bytes());
}

/// The sum of the bytes.
fn check_value(data: &[u8]) -> u16 {
    data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)))
}
