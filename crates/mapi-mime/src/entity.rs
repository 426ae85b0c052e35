//! `Entity`: a part of a message, with its header and its body; the tree that is written at the end.
//!
//! Octets are borrowed from the message until they are written. Boundaries begin with `=_`, which neither
//! encoding of `encoding.rs` can write at the beginning of a line, and are checked against the octets that
//! are sent unchanged.

use crate::encoding::Encoding;
use crate::fields::Fields;
use crate::message_id::boundary_stem;
use mail_builder::Writer;
use std::borrow::Cow;

/// A header and a body.
pub(crate) struct Entity<'a> {
    pub(crate) fields: Fields,
    pub(crate) body: Body<'a>,
}

/// The body of an entity.
pub(crate) enum Body<'a> {
    /// Octets, encoded when written.
    Octets(Cow<'a, [u8]>, Encoding),
    /// Octets sent unchanged; their header is complete.
    Unchanged(Cow<'a, [u8]>),
    /// Several entities.
    Multipart(Kind, Vec<Entity<'a>>),
    /// A message.
    Message(Box<Entity<'a>>),
}

/// The kinds of multipart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mixed,
    Alternative,
    /// HTML first, then what it shows.
    Related,
    /// Text, delivery status, and perhaps the original.
    DeliveryReport,
    /// Text and disposition.
    DispositionReport,
}

impl Kind {
    fn content_type(self) -> &'static str {
        match self {
            Self::Mixed => "multipart/mixed;\r\n",
            Self::Alternative => "multipart/alternative;\r\n",
            Self::Related => "multipart/related; type=\"text/html\";\r\n",
            Self::DeliveryReport => "multipart/report; report-type=delivery-status;\r\n",
            Self::DispositionReport => "multipart/report;\r\n\treport-type=disposition-notification;\r\n",
        }
    }
}

impl<'a> Entity<'a> {
    /// Several entities as one; a single one as itself.
    pub(crate) fn multipart(kind: Kind, mut parts: Vec<Self>) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Self { fields: Fields::default(), body: Body::Multipart(kind, parts) }
            }
        }
    }

    /// Octets at least needed for the whole.
    pub(crate) fn estimate(&self) -> usize {
        let body = match &self.body {
            Body::Octets(octets, encoding) => encoding.estimate(octets.len()),
            Body::Unchanged(octets) => octets.len(),
            Body::Multipart(_, parts) => parts.iter().map(Self::estimate).fold(0, usize::saturating_add),
            Body::Message(inner) => inner.estimate(),
        };
        const OVERHEAD: usize = 200;
        self.fields.as_bytes().len().saturating_add(body).saturating_add(OVERHEAD)
    }

    /// Writes a whole message; `self` is its top.
    pub(crate) fn write(&self, seed: u64, out: &mut impl Writer) {
        let mut attempt = 0_u32;
        let mut boundaries = Boundaries { stem: boundary_stem(&self.fields, seed, attempt), count: 0 };
        while self.contains(boundaries.stem.as_bytes()) {
            attempt = attempt.wrapping_add(1);
            boundaries.stem = boundary_stem(&self.fields, seed, attempt);
        }
        self.write_part(&mut boundaries, out);
        if !self.ends_in_crlf() {
            out.write(b"\r\n");
        }
    }

    fn write_part(&self, boundaries: &mut Boundaries, out: &mut impl Writer) {
        out.write(self.fields.as_bytes());
        match &self.body {
            Body::Octets(octets, encoding) => {
                out.write(b"Content-Transfer-Encoding: ");
                out.write(encoding.name().as_bytes());
                out.write(b"\r\n\r\n");
                encoding.write(octets, out);
            }
            Body::Unchanged(octets) => {
                out.write(b"\r\n");
                out.write(octets);
            }
            Body::Multipart(kind, parts) => write_multipart(*kind, parts, boundaries, out),
            Body::Message(inner) => {
                out.write(b"\r\n");
                inner.write_part(boundaries, out);
            }
        }
    }

    /// Whether octets that are sent unchanged contain what the boundaries are made of.
    fn contains(&self, stem: &[u8]) -> bool {
        match &self.body {
            Body::Octets(..) => false,
            Body::Unchanged(octets) => octets.windows(stem.len()).any(|window| window == stem),
            Body::Multipart(_, parts) => parts.iter().any(|part| part.contains(stem)),
            Body::Message(inner) => inner.contains(stem),
        }
    }

    fn ends_in_crlf(&self) -> bool {
        match &self.body {
            Body::Octets(_, Encoding::Base64) => true,
            // An empty body leaves the empty line behind the header.
            Body::Octets(octets, _) => octets.is_empty() || octets.ends_with(b"\r\n"),
            Body::Unchanged(octets) => octets.is_empty() || octets.ends_with(b"\r\n"),
            Body::Multipart(..) => true,
            Body::Message(inner) => inner.ends_in_crlf(),
        }
    }
}

fn write_multipart(kind: Kind, parts: &[Entity<'_>], boundaries: &mut Boundaries, out: &mut impl Writer) {
    let boundary = boundaries.next();
    for piece in ["Content-Type: ", kind.content_type(), " boundary=\"", &boundary, "\"\r\n\r\n"] {
        out.write(piece.as_bytes());
    }
    for (place, part) in parts.iter().enumerate() {
        // The line end before a boundary belongs to the boundary.
        let opening = if place == 0 { "--" } else { "\r\n--" };
        for piece in [opening, &boundary, "\r\n"] {
            out.write(piece.as_bytes());
        }
        part.write_part(boundaries, out);
    }
    for piece in ["\r\n--", &boundary, "--\r\n"] {
        out.write(piece.as_bytes());
    }
}

/// Gives boundaries of one length, each once.
struct Boundaries {
    stem: String,
    count: u32,
}

impl Boundaries {
    fn next(&mut self) -> String {
        self.count = self.count.wrapping_add(1);
        format!("=_{}_{:08x}", self.stem, self.count)
    }
}
