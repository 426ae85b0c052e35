//! `Described`: what the header of an entity says about its body (RFC 2045, 2046, 2183).

use crate::from_mime::fields::{Field, fields};
use crate::from_mime::values;
use mail_parser::ContentType;
use mapi_rtf::codepage::WINDOWS_1252;

/// The fields that describe a body.
#[derive(Default)]
pub(crate) struct Described<'x> {
    media: Option<ContentType<'static>>,
    disposition: Option<ContentType<'static>>,
    encoding: &'x [u8],
    pub(crate) id: &'x [u8],
    pub(crate) location: &'x [u8],
    pub(crate) description: &'x [u8],
    in_digest: bool,
}

impl<'x> Described<'x> {
    /// Reads a header; the first field of a name counts.
    pub(crate) fn read(header: &'x [u8], in_digest: bool) -> Self {
        let mut described = Self { in_digest, ..Self::default() };
        let about_body = |field: &Field<'_>| {
            field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
        };
        for field in fields(header).filter(about_body) {
            described.take(&field);
        }
        described
    }

    fn take(&mut self, field: &Field<'x>) {
        let once = |slot: &mut &'x [u8]| {
            if slot.is_empty() {
                *slot = field.value.trim_ascii();
            }
        };
        match field.name.to_ascii_lowercase().as_str() {
            "content-type" if self.media.is_none() => {
                self.media = values::content_type(field.value, WINDOWS_1252);
            }
            "content-disposition" if self.disposition.is_none() => {
                self.disposition = values::content_type(field.value, WINDOWS_1252);
            }
            "content-transfer-encoding" => once(&mut self.encoding),
            "content-id" => once(&mut self.id),
            "content-location" => once(&mut self.location),
            "content-description" => once(&mut self.description),
            _ => {}
        }
    }

    /// Type and subtype in lower case; what is none is text, in a digest a message.
    pub(crate) fn media_type(&self) -> String {
        let named = self.media.as_ref().and_then(|media| Some((media.ctype(), media.subtype()?)));
        match named {
            Some((kind, subtype)) => {
                let media_type = format!("{kind}/{subtype}").to_ascii_lowercase();
                crate::media_type::parsed(&media_type).unwrap_or_else(|| crate::media_type::OCTETS.to_owned())
            }
            None if self.in_digest => "message/rfc822".to_owned(),
            None => "text/plain".to_owned(),
        }
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.media_type().split_once('/').is_some_and(|found| found == (kind, subtype))
    }

    /// A parameter of the media type; its name in lower case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        parameter(self.media.as_ref(), name)
    }

    /// A parameter of the disposition; its name in lower case.
    pub(crate) fn disposition_parameter(&self, name: &str) -> Option<&str> {
        parameter(self.disposition.as_ref(), name)
    }

    /// What parts the children, of a multipart.
    pub(crate) fn boundary(&self) -> Option<&str> {
        let is_multipart = self.media.as_ref()?.ctype().eq_ignore_ascii_case("multipart");
        let boundary = self.parameter("boundary").filter(|_| is_multipart)?.trim_end();
        (!boundary.is_empty()).then_some(boundary)
    }

    pub(crate) fn is_digest(&self) -> bool {
        self.is("multipart", "digest")
    }

    /// Whether the body is a message.
    pub(crate) fn is_message(&self) -> bool {
        self.is("message", "rfc822") || self.is("message", "global")
    }

    /// Whether the body is the header of a message, as delivery reports return it (RFC 6522).
    pub(crate) fn is_header(&self) -> bool {
        self.is("text", "rfc822-headers") || self.is("message", "global-headers")
    }

    /// Whether the body is a message that stands in the bytes as it is.
    pub(crate) fn is_plain_message(&self) -> bool {
        self.is_message() && self.transfer() == Transfer::Identity
    }

    pub(crate) fn is_attachment(&self) -> bool {
        self.disposition.as_ref().is_some_and(ContentType::is_attachment)
    }

    /// The name of the file: that of the disposition, then that of the type.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.disposition_parameter("filename").or_else(|| self.parameter("name"))
    }

    pub(crate) fn transfer(&self) -> Transfer {
        if self.encoding.eq_ignore_ascii_case(b"base64") {
            Transfer::Base64
        } else if self.encoding.eq_ignore_ascii_case(b"quoted-printable") {
            Transfer::QuotedPrintable
        } else {
            Transfer::Identity
        }
    }
}

fn parameter<'a>(value: Option<&'a ContentType<'static>>, name: &str) -> Option<&'a str> {
    value?.attribute(name).filter(|text| !text.trim().is_empty())
}

/// How a body is encoded; every other encoding than these is taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    Identity,
    Base64,
    QuotedPrintable,
}
