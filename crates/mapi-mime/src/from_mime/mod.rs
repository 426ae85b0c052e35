//! `from_mime`: an Internet message as a MAPI message.
//!
//! Where the parts are is found in `entities.rs`, what a header says in `headers.rs` and `described.rs`, which
//! parts are bodies in `bodies.rs`; the rest are `attachments.rs`. The other direction is `crate::to_mime`.

mod attachments;
mod bodies;
mod charset;
mod described;
mod entities;
mod fields;
mod flowed;
mod headers;
mod limits;
mod options;
mod people;
mod reports;
mod secured;
mod transfer;
mod values;

pub use options::FromOptions;

use attachments::Attachments;
use bodies::{Sorted, write_bodies};
use entities::Entities;
use limits::Budget;
use mapi_defs::object::{MessageObject, Property};
use mapi_defs::prop::tags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_rtf::codepage;
use reports::Report;
use secured::Secured;
use std::borrow::Cow;

/// Code pages of 16-bit text, the low octet or the high one first.
const UTF_16: u32 = 1200;
const UTF_16_BIG: u32 = 1201;

/// Turns an Internet message into a MAPI message.
///
/// What the bytes hold is kept: bodies and files as they are, every header field in
/// PR_TRANSPORT_MESSAGE_HEADERS, and those that have properties there as well. Damaged messages give what can
/// be read of them. The properties that a store computes (PR_DISPLAY_TO, PR_HASATTACH, PR_MESSAGE_SIZE) are
/// left to it. Lines may end in CRLF, LF or CR.
///
/// Delivery reports and receipts (multipart/report) become reports of their class (Report.IPM.Note.NDR, .DR,
/// .IPNRN, .IPNNRN) with the recipients that they are about and the original attached; TNEF, calendars and
/// contacts stay the files they are in the bytes.
///
/// # Errors
/// - `MAPI_E_CORRUPT_DATA`: the bytes do not begin with a header, and are not text alone either.
/// - `MAPI_E_TOO_BIG`: multiparts are nested more than 100 deep or messages more than 64, there are more than
///   100,000 parts or recipients, a header is longer than 16 MiB, or the message would take more memory than
///   16 times the bytes and 16 MiB.
///
/// # Source
/// IConverterSession::MIMEToMAPI, `[MS-OXCMAIL]` 2.2.
pub fn from_mime(bytes: &[u8], options: &FromOptions) -> Result<MessageObject> {
    let bytes = with_line_feeds(without_mark(bytes));
    let mut conversion = Conversion { options, budget: Budget::new(bytes.len()) };
    match conversion.encoded(&bytes, 0)? {
        Some(message) => Ok(message),
        None if bytes.trim_ascii().is_empty() || memchr::memchr(0, &bytes).is_some() => {
            Err(Error::new(ErrorCode::CORRUPT_DATA, "from_mime", "neither a header nor text"))
        }
        None => conversion.text_alone(&bytes),
    }
}

/// The bytes as text in octets, without a mark of their order: files that were saved as UTF-16 are made UTF-8.
fn without_mark(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |code_page, octets: &[u8]| {
        codepage::decode(code_page, octets).map(|decoded| decoded.text.into_bytes())
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(rest),
        [0xFF, 0xFE, rest @ ..] => wide(UTF_16, rest).map_or(Cow::Borrowed(bytes), Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => wide(UTF_16_BIG, rest).map_or(Cow::Borrowed(bytes), Cow::Owned),
        // A header begins with letters; text without a mark shows by the zeros between them.
        [33..=126, 0, 33..=126, 0, ..] => wide(UTF_16, bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
        [0, 33..=126, 0, 33..=126, ..] => wide(UTF_16_BIG, bytes).map_or(Cow::Borrowed(bytes), Cow::Owned),
        _ => Cow::Borrowed(bytes),
    }
}

/// Lines that end in CR alone, where no line ends otherwise, end in LF.
fn with_line_feeds(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', &bytes).is_some() || memchr::memchr(b'\r', &bytes).is_none() {
        return bytes;
    }
    Cow::Owned(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// One call of `from_mime`.
struct Conversion<'o> {
    options: &'o FromOptions,
    budget: Budget,
}

impl Conversion<'_> {
    /// The message in octets of their own, itself in `depth` others; `None` where there is none.
    fn encoded(&mut self, octets: &[u8], depth: usize) -> Result<Option<MessageObject>> {
        if depth > 0 {
            self.budget.octets(octets.len())?;
        }
        let entities = Entities::split(octets, depth, &mut self.budget)?;
        self.message(&entities, 0, depth)
    }

    /// The message whose header is that of the entity `root`; `None` where that has no field.
    ///
    /// Goes down at most as deep as messages may be embedded, which `Entities` has checked.
    fn message(
        &mut self,
        entities: &Entities<'_>,
        root: usize,
        depth: usize,
    ) -> Result<Option<MessageObject>> {
        if fields::fields(entities.header(root)).next().is_none() {
            return Ok(None);
        }
        let mut message = MessageObject::default();
        headers::read_header(entities.header(root), self.options, &mut message, &mut self.budget)?;
        let sorted = Sorted::of(entities, root);
        let class = match Secured::of(entities, root) {
            Some(secured) => {
                if secured.is_readable {
                    write_bodies(entities, &sorted, self.options, &mut message, &mut self.budget)?;
                }
                self.budget.properties(&secured.attachment.properties)?;
                message.attachments.push(secured.attachment);
                secured.class
            }
            None => {
                let html = write_bodies(entities, &sorted, self.options, &mut message, &mut self.budget)?;
                let attachments = Attachments::new(self, entities, depth, html.as_deref());
                message.attachments = attachments.of(&sorted.files)?;
                match Report::of(entities, root, self.options) {
                    Some(report) => report.write(&mut message, &mut self.budget)?,
                    None => "IPM.Note",
                }
            }
        };
        message.properties.push(Property::new(tags::PR_MESSAGE_CLASS, class));
        message.properties.sort_by(Property::order);
        Ok(Some(message))
    }

    /// A note of text that has no header.
    fn text_alone(&mut self, octets: &[u8]) -> Result<MessageObject> {
        let mut message = MessageObject::default();
        headers::read_header(b"", self.options, &mut message, &mut self.budget)?;
        bodies::write_text(octets, None, self.options, &mut message, &mut self.budget)?;
        message.properties.push(Property::new(tags::PR_MESSAGE_CLASS, "IPM.Note"));
        message.properties.sort_by(Property::order);
        Ok(message)
    }
}
