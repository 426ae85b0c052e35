//! The attachments of a message as parts: pictures that the HTML shows, files, and embedded messages.
//!
//! Attachments by reference are never followed: the path in them comes from whoever wrote the message.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.1.3.4, RFC 2183, RFC 2231.

use crate::carried;
use crate::date::date_text;
use crate::encoding::{Encoding, is_sendable};
use crate::entity::{Body, Entity};
use crate::fields::{Fields, LONGEST_WORD, is_field_name, without_controls};
use crate::loss::{Losses, Place, Reason, Step};
use crate::media_type::{OCTETS, guessed, is_container, is_token, parsed};
use crate::related::content_ids;
use crate::reports::Report;
use crate::to_mime::{Scope, message_entity};
use mail_builder::headers::content_type::ContentType;
use mapi_defs::Result;
use mapi_defs::object::{AttachmentObject, MessageObject};
use mapi_defs::prop::{PropTag, PropValue, tags};
use mapi_spi::attachment::method;
use std::borrow::Cow;
use std::collections::HashSet;

/// PR_ATTACH_FLAGS: the HTML shows it (ATT_MHTML_REF).
const SHOWN_BY_HTML: i32 = 4;
/// File names are cut here; no file system takes longer ones.
const MAX_NAME_LETTERS: usize = 255;

/// The parts made of attachments.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    /// What the HTML shows.
    pub(crate) related: Vec<Entity<'a>>,
    /// All others.
    pub(crate) mixed: Vec<Entity<'a>>,
    /// Of a report that came as mail: its part for programs.
    pub(crate) status: Option<Entity<'a>>,
}

/// Makes a part of every attachment that can be one; `html` is the HTML that may refer to them.
pub(crate) fn parts<'a>(scope: &Scope<'a>, html: Option<&[u8]>, losses: &mut Losses) -> Result<Parts<'a>> {
    let has_id = |attachment: &AttachmentObject| attachment.property(tags::PR_ATTACH_CONTENT_ID).is_some();
    // Without an attachment to refer to, the HTML need not be searched.
    let shown = html.filter(|_| scope.message.attachments.iter().any(has_id)).map(content_ids);
    let report = Report::of(scope);
    let mut parts = Parts::default();
    for attachment in &scope.message.attachments {
        let place = scope.place.down(Step::Attachment(attachment.number));
        let file = File { attachment, place: &place };
        if let Some(message) = &attachment.message {
            parts.mixed.push(file.embedded(scope, message, losses)?);
        } else if let Some(octets) = file.octets(losses) {
            let is_related = shown.as_ref().is_some_and(|shown| file.is_shown(shown));
            let media_type = file.text(tags::PR_ATTACH_MIME_TAG).unwrap_or_default();
            if parts.status.is_none()
                && let Some(encoded) = report.and_then(|report| report.status_type(media_type))
            {
                parts.status = Some(match fits(media_type, octets) {
                    true => file.entity(octets, false, losses),
                    false => file.encoded(encoded, octets),
                });
                losses.note_rest(&place, &attachment.properties, &carried::ATTACHMENT);
                continue;
            }
            let list = if is_related { &mut parts.related } else { &mut parts.mixed };
            list.push(file.entity(octets, is_related, losses));
        }
        losses.note_rest(&place, &attachment.properties, &carried::ATTACHMENT);
    }
    Ok(parts)
}

/// One attachment and where it is.
struct File<'a, 'p> {
    attachment: &'a AttachmentObject,
    place: &'p Place,
}

impl<'a> File<'a, '_> {
    fn text(&self, tag: PropTag) -> Option<&'a str> {
        let text = self.attachment.property(tag).and_then(PropValue::as_text)?;
        Some(text.trim_matches('\0')).filter(|text| !text.is_empty())
    }

    fn long(&self, tag: PropTag) -> Option<i32> {
        self.attachment.property(tag).and_then(PropValue::as_long)
    }

    /// The octets of a file; `None`, with a loss, where the attachment is none.
    fn octets(&self, losses: &mut Losses) -> Option<&'a [u8]> {
        let held = self.attachment.property(tags::PR_ATTACH_DATA_BIN).and_then(PropValue::as_binary);
        if held.is_some() {
            return held;
        }
        let (tag, reason) = match self.long(tags::PR_ATTACH_METHOD).unwrap_or(method::NONE) {
            method::BY_REFERENCE
            | method::BY_REF_RESOLVE
            | method::BY_REF_ONLY
            | method::BY_WEB_REFERENCE => (tags::PR_ATTACH_METHOD, Reason::ByReference),
            method::OLE => (tags::PR_ATTACH_DATA_OBJ, Reason::OleObject),
            _ if self.attachment.storage.is_some() => (tags::PR_ATTACH_DATA_OBJ, Reason::OleObject),
            method::EMBEDDED_MSG => (tags::PR_ATTACH_DATA_OBJ, Reason::HeldBack),
            // A file of no octets is written without data by some.
            _ => return Some(&[]),
        };
        losses.note(self.place, tag, reason);
        None
    }

    /// Whether the HTML shows this attachment itself.
    fn is_shown(&self, shown: &HashSet<Vec<u8>>) -> bool {
        let Some(id) = self.content_id() else { return false };
        let is_flagged = self.long(tags::PR_ATTACH_FLAGS).unwrap_or(0) & SHOWN_BY_HTML != 0;
        is_flagged || shown.contains(id.as_bytes())
    }

    fn content_id(&self) -> Option<&'a str> {
        let id = self.text(tags::PR_ATTACH_CONTENT_ID)?.trim();
        Some(id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id))
    }

    /// The file name without folders: long name, short name, display name.
    fn name(&self) -> Option<String> {
        [tags::PR_ATTACH_LONG_FILENAME, tags::PR_ATTACH_FILENAME, tags::PR_DISPLAY_NAME]
            .into_iter()
            .filter_map(|tag| self.text(tag))
            .map(file_name)
            .find(|name| !name.is_empty())
    }

    fn entity(&self, octets: &'a [u8], is_related: bool, losses: &mut Losses) -> Entity<'a> {
        let name = self.name();
        let named = self.text(tags::PR_ATTACH_MIME_TAG).map(parsed);
        let guess = || guessed(name.as_deref().unwrap_or_default()).to_owned();
        let (media_type, refused) = match named {
            None => (guess(), None),
            Some(None) => (guess(), Some(Reason::Malformed)),
            Some(Some(media_type)) if !fits(&media_type, octets) => {
                (OCTETS.to_owned(), Some(Reason::MediaType))
            }
            Some(Some(media_type)) => (media_type, None),
        };
        if let Some(reason) = refused {
            losses.note(self.place, tags::PR_ATTACH_MIME_TAG, reason);
        }
        let is_unchanged = is_container(&media_type);
        let mut fields = Fields::default();
        self.write_type(Cow::Owned(media_type), name.as_deref(), &mut fields);
        self.write_disposition(name.as_deref(), octets.len(), is_related, &mut fields);
        self.write_description(name.as_deref(), &mut fields, losses);
        self.write_content_id(&mut fields, losses);
        self.write_location(&mut fields, losses);
        if is_unchanged {
            fields.line("Content-Transfer-Encoding", "7bit");
            return Entity { fields, body: Body::Unchanged(Cow::Borrowed(octets)) };
        }
        Entity { fields, body: Body::Octets(Cow::Borrowed(octets), Encoding::Base64) }
    }

    /// A part that is encoded, whatever it is.
    fn encoded(&self, media_type: &'static str, octets: &'a [u8]) -> Entity<'a> {
        let name = self.name();
        let mut fields = Fields::default();
        self.write_type(Cow::Borrowed(media_type), name.as_deref(), &mut fields);
        self.write_disposition(name.as_deref(), octets.len(), false, &mut fields);
        Entity { fields, body: Body::Octets(Cow::Borrowed(octets), Encoding::Base64) }
    }

    fn write_type(&self, media_type: Cow<'_, str>, name: Option<&str>, fields: &mut Fields) {
        let charset = self.text(tags::PID_TAG_TEXT_ATTACHMENT_CHARSET).filter(|charset| is_token(charset));
        let charset = charset.filter(|_| media_type.starts_with("text/"));
        let mut value = ContentType::new(media_type);
        if let Some(charset) = charset {
            value = value.attribute("charset", charset);
        }
        if let Some(name) = name {
            value = value.attribute("name", name);
        }
        fields.parameters("Content-Type", value);
    }

    fn write_disposition(&self, name: Option<&str>, size: usize, is_related: bool, fields: &mut Fields) {
        let mut value = ContentType::new(if is_related { "inline" } else { "attachment" });
        if let Some(name) = name {
            value = value.attribute("filename", name);
        }
        value = value.attribute("size", size.to_string());
        for (tag, key) in [
            (tags::PR_CREATION_TIME, "creation-date"),
            (tags::PR_LAST_MODIFICATION_TIME, "modification-date"),
        ] {
            let date = self.attachment.property(tag).and_then(PropValue::as_time).and_then(date_text);
            if let Some(date) = date {
                value = value.attribute(key, date);
            }
        }
        fields.parameters("Content-Disposition", value);
    }

    fn write_description(&self, name: Option<&str>, fields: &mut Fields, losses: &mut Losses) {
        let description = self.text(tags::PR_DISPLAY_NAME).filter(|text| Some(*text) != name);
        if description.is_some_and(|text| fields.text("Content-Description", text)) {
            losses.note(self.place, tags::PR_DISPLAY_NAME, Reason::ControlCharacters);
        }
    }

    fn write_content_id(&self, fields: &mut Fields, losses: &mut Losses) {
        let Some(id) = self.content_id() else { return };
        let is_id =
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte));
        if !is_id {
            losses.note(self.place, tags::PR_ATTACH_CONTENT_ID, Reason::Malformed);
        } else if id.len() > LONGEST_WORD {
            losses.note(self.place, tags::PR_ATTACH_CONTENT_ID, Reason::TooLong);
        } else {
            fields.tokens("Content-ID", &[format!("<{id}>").into()]);
        }
    }

    fn write_location(&self, fields: &mut Fields, losses: &mut Losses) {
        let location = self.text(tags::PR_ATTACH_CONTENT_LOCATION);
        if let Some(Err(reason)) = location.map(|location| fields.structured("Content-Location", location)) {
            losses.note(self.place, tags::PR_ATTACH_CONTENT_LOCATION, reason);
        }
    }

    fn embedded(
        &self,
        scope: &Scope<'a>,
        message: &'a MessageObject,
        losses: &mut Losses,
    ) -> Result<Entity<'a>> {
        let inner = message_entity(message, self.place.clone(), scope.options, losses)?;
        let name = self.name().or_else(|| message.text(tags::PR_SUBJECT).map(file_name));
        let name = name.filter(|name| !name.is_empty()).map(|name| {
            match name.to_ascii_lowercase().ends_with(".eml") {
                true => name,
                false => format!("{name}.eml"),
            }
        });
        let mut fields = Fields::default();
        fields.line("Content-Type", "message/rfc822");
        let mut disposition = ContentType::new("attachment");
        if let Some(name) = &name {
            disposition = disposition.attribute("filename", name.as_str());
        }
        fields.parameters("Content-Disposition", disposition);
        self.write_content_id(&mut fields, losses);
        fields.line("Content-Transfer-Encoding", "7bit");
        Ok(Entity { fields, body: Body::Message(Box::new(inner)) })
    }
}

/// Whether octets may stand as a part of their type. Parts that contain parts allow no encoding, and a
/// message begins with a header field.
fn fits(media_type: &str, octets: &[u8]) -> bool {
    match media_type {
        "message/delivery-status" | "message/disposition-notification" | "message/feedback-report" => {
            is_sendable(octets)
        }
        "message/rfc822" => begins_with_field(octets) && is_sendable(octets),
        _ => !is_container(media_type),
    }
}

fn begins_with_field(octets: &[u8]) -> bool {
    let name = octets.split(|byte| *byte == b':').next().and_then(|name| str::from_utf8(name).ok());
    name.is_some_and(is_field_name) && octets.contains(&b':')
}

/// The last part of a path, without control characters; folders of the writer's machine concern nobody.
pub(crate) fn file_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    without_controls(name).0.trim().chars().take(MAX_NAME_LETTERS).collect()
}
