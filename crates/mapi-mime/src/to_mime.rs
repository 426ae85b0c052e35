//! `to_mime`: a message as MIME.
//!
//! How the parts of a message are put together is here; what is in them comes from `headers.rs`,
//! `body.rs`, `attachments.rs` and `smime.rs`, and `entity.rs` writes the tree.

use crate::attachments::{Parts, parts};
use crate::body::{Text, Texts, texts};
use crate::carried;
use crate::encoding::Encoding;
use crate::entity::{Body, Entity, Kind};
use crate::fields::{Fields, without_controls};
use crate::headers::message_fields;
use crate::loss::{Loss, Losses, Place, Reason, Step};
use crate::options::Options;
use crate::reports::Report;
use crate::smime::secured;
use crate::transport_headers::TransportHeaders;
use mail_builder::IoWriter;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::{PropTag, tags};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::copy::EMBEDDED_DEPTH;
use std::borrow::Cow;
use std::io;

/// A message as MIME, and what it does not carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mime {
    /// The bytes: 7-bit clean, every line ending in CRLF.
    ///
    /// # Differs
    /// A clear-signed message keeps the lines of its signed content as they are.
    pub bytes: Vec<u8>,
    /// What is not carried, message by message from the top, in the order it was met.
    pub losses: Vec<Loss>,
}

/// Turns a message into MIME.
///
/// A text that does not end in a line end gets one. Dates are in UTC. Nothing is read from anywhere but
/// the message: attachments by reference are losses.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the domain of the options could not stand in a header.
/// - `MAPI_E_TOO_BIG`: messages are embedded more than [`EMBEDDED_DEPTH`] deep.
///
/// # Source
/// IConverterSession::MAPIToMIMEStm, `[MS-OXCMAIL]` 2.1.
pub fn to_mime(message: &MessageObject, options: &Options) -> Result<Mime> {
    let (entity, losses) = composed(message, options)?;
    let mut bytes = Vec::with_capacity(entity.estimate());
    entity.write(options.seed, &mut bytes);
    Ok(Mime { bytes, losses })
}

/// Writes a message as MIME; like [`to_mime`] without holding the bytes.
///
/// # Errors
/// - Those of [`to_mime`].
/// - `MAPI_E_DISK_ERROR`: `out` refused bytes; what it got before is undefined.
pub fn write_mime(message: &MessageObject, options: &Options, out: &mut dyn io::Write) -> Result<Vec<Loss>> {
    let (entity, losses) = composed(message, options)?;
    let mut writer = IoWriter::new(out);
    entity.write(options.seed, &mut writer);
    let failed = |error| {
        Error::new(ErrorCode::DISK_ERROR, "write_mime", "the bytes cannot be written").with_source(error)
    };
    writer.into_result().map_err(failed)?;
    Ok(losses)
}

fn composed<'a>(message: &'a MessageObject, options: &'a Options) -> Result<(Entity<'a>, Vec<Loss>)> {
    options.check()?;
    let mut losses = Losses::default();
    let entity = message_entity(message, Place::default(), options, &mut losses)?;
    Ok((entity, losses.into_vec()))
}

/// A message that is being converted.
pub(crate) struct Scope<'a> {
    pub(crate) message: &'a MessageObject,
    pub(crate) place: Place,
    pub(crate) options: &'a Options,
    pub(crate) transport: TransportHeaders<'a>,
}

impl Scope<'_> {
    /// Notes that a name loses its control characters.
    pub(crate) fn note_controls(&self, text: &str, tag: PropTag, losses: &mut Losses) {
        if without_controls(text).1 {
            losses.note(&self.place, tag, Reason::ControlCharacters);
        }
    }
}

/// Makes an entity of a message, whether at the top or embedded.
pub(crate) fn message_entity<'a>(
    message: &'a MessageObject,
    place: Place,
    options: &'a Options,
    losses: &mut Losses,
) -> Result<Entity<'a>> {
    let depth = place.0.iter().filter(|step| matches!(step, Step::Attachment(_))).count();
    if depth > EMBEDDED_DEPTH {
        let detail = format!("messages are embedded more than {EMBEDDED_DEPTH} deep");
        return Err(Error::new(ErrorCode::TOO_BIG, "to_mime", detail));
    }
    let transport = TransportHeaders::new(message.text(tags::PR_TRANSPORT_MESSAGE_HEADERS));
    let scope = Scope { message, place, options, transport };
    let mut fields = message_fields(&scope, losses);
    let content = match secured(&scope, losses) {
        Some(content) => content,
        None => content(&scope, losses)?,
    };
    note_class(&scope, losses);
    losses.note_rest(&scope.place, &message.properties, &carried::MESSAGE);
    fields.append(content.fields);
    Ok(Entity { fields, body: content.body })
}

/// Bodies and attachments: mixed(alternative(text, related(HTML, pictures)), files), without the levels
/// that would have one member.
fn content<'a>(scope: &Scope<'a>, losses: &mut Losses) -> Result<Entity<'a>> {
    let texts = texts(scope, losses);
    let html = texts.html.as_ref().map(|html| html.octets.as_ref());
    let parts = parts(scope, html, losses)?;
    if let Some(report) = Report::of(scope) {
        return Ok(report.entity(scope, texts, parts));
    }
    let Texts { plain, html } = texts;
    let Parts { related, mixed, .. } = parts;
    Ok(shown(plain, html, related, mixed))
}

/// The text, and everything with it.
pub(crate) fn shown<'a>(
    plain: Option<Text<'a>>,
    html: Option<Text<'a>>,
    related: Vec<Entity<'a>>,
    mixed: Vec<Entity<'a>>,
) -> Entity<'a> {
    let html = html.map(|html| {
        let mut shown = vec![html.entity("text/html")];
        shown.extend(related);
        Entity::multipart(Kind::Related, shown)
    });
    let bodies: Vec<Entity<'a>> =
        plain.map(|plain| plain.entity("text/plain")).into_iter().chain(html).collect();
    if bodies.is_empty() && mixed.is_empty() {
        return empty();
    }
    if mixed.is_empty() {
        return Entity::multipart(Kind::Alternative, bodies);
    }
    let mut all = Vec::with_capacity(mixed.len().saturating_add(1));
    // Files alone still make a multipart, so that none of them is taken for the text.
    all.push(if bodies.is_empty() { empty() } else { Entity::multipart(Kind::Alternative, bodies) });
    all.extend(mixed);
    Entity::multipart(Kind::Mixed, all)
}

/// A text of nothing.
pub(crate) fn empty<'a>() -> Entity<'a> {
    let mut fields = Fields::default();
    fields.line("Content-Type", "text/plain; charset=\"utf-8\"");
    Entity { fields, body: Body::Octets(Cow::Borrowed(&[]), Encoding::SevenBit) }
}

/// Notes message classes that mean more than mail.
fn note_class(scope: &Scope<'_>, losses: &mut Losses) {
    const ITEMS: [&str; 11] = [
        "IPM.ACTIVITY",
        "IPM.APPOINTMENT",
        "IPM.CONTACT",
        "IPM.DISTLIST",
        "IPM.OLE.CLASS",
        "IPM.SCHEDULE",
        "IPM.STICKYNOTE",
        "IPM.TASK",
        "IPM.TASKREQUEST",
        "IPM.SHARING",
        "IPM.ABCHPERSON",
    ];
    const PLAIN: [&str; 2] = ["", "IPM.NOTE"];
    let class = scope.message.text(tags::PR_MESSAGE_CLASS).unwrap_or_default().trim().to_ascii_uppercase();
    let is_item = ITEMS.iter().any(|item| class == *item || class.starts_with(&format!("{item}.")));
    let reason = if let Some(report) = Report::of(scope) {
        if class == report.class() {
            return;
        }
        Reason::Report
    } else if is_item {
        Reason::ItemClass
    } else if PLAIN.contains(&class.as_str()) || class.starts_with("IPM.NOTE.SMIME") {
        return;
    } else {
        Reason::NoField
    };
    losses.note(&scope.place, tags::PR_MESSAGE_CLASS, reason);
}
