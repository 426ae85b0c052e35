//! Signed and encrypted messages, whose content stays byte for byte in one attachment.
//!
//! No cryptography is done: neither is a signature checked nor anything opened.
//!
//! # Source
//! `[MS-OXOSMIME]` 2.1.3.

use crate::from_mime::attachments::whole;
use crate::from_mime::described::Described;
use crate::from_mime::entities::{Entities, Kind};
use crate::from_mime::fields::fields;
use crate::from_mime::transfer::decoded;
use mapi_defs::object::AttachmentObject;

/// What the attachment is called.
const NAME: &str = "smime.p7m";

/// The content of a secured message.
pub(crate) struct Secured {
    pub(crate) class: &'static str,
    pub(crate) attachment: AttachmentObject,
    /// The text can be read without opening anything.
    pub(crate) is_readable: bool,
}

impl Secured {
    /// The content of the message at `root`, where it is secured.
    pub(crate) fn of(entities: &Entities<'_>, root: usize) -> Option<Self> {
        let described = Described::read(entities.header(root), false);
        if is_clear_signed(&described) && entities.get(root)?.kind == Kind::Multipart {
            let attachment = whole(NAME, "multipart/signed", with_its_fields(entities, root));
            let class = "IPM.Note.SMIME.MultipartSigned";
            return Some(Self { class, attachment, is_readable: true });
        }
        if is_opaque(&described) {
            let octets = decoded(entities.body(root), described.transfer()).into_owned();
            let attachment = whole(NAME, "application/pkcs7-mime", octets);
            return Some(Self { class: "IPM.Note.SMIME", attachment, is_readable: false });
        }
        None
    }
}

/// Signatures of other kinds (PGP) are files beside the text.
fn is_clear_signed(described: &Described<'_>) -> bool {
    let is_protocol = |protocol: &str| {
        let protocol = protocol.to_ascii_lowercase();
        protocol == "application/pkcs7-signature" || protocol == "application/x-pkcs7-signature"
    };
    described.is("multipart", "signed") && described.parameter("protocol").is_some_and(is_protocol)
}

fn is_opaque(described: &Described<'_>) -> bool {
    let ends = |name: &str| name.to_ascii_lowercase().ends_with(".p7m");
    described.is("application", "pkcs7-mime")
        || described.is("application", "x-pkcs7-mime")
        || (described.is("application", "octet-stream") && described.file_name().is_some_and(ends))
}

/// The fields that describe the body, an empty line, and the body, all as they are.
fn with_its_fields(entities: &Entities<'_>, root: usize) -> Vec<u8> {
    let body = entities.body(root);
    let mut octets = Vec::with_capacity(body.len());
    for field in fields(entities.header(root)) {
        if field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-")) {
            octets.extend_from_slice(field.lines);
        }
    }
    let line_end: &[u8] = if octets.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    octets.extend_from_slice(line_end);
    octets.extend_from_slice(body);
    octets
}
