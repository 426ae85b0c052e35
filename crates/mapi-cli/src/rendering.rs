//! A message written as another format, with what could not be carried.

use crate::cli::Format;
use crate::failure::{Failure, Outcome};
use crate::property_json::Shape;
use crate::readable::readable;
use crate::vcard_file;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::tags::PR_MESSAGE_CLASS;
use mapi_defs::{ErrorCode, FileTime};
use serde_json::{Value, json};

/// The domain of Message-IDs that have to be made up, from the names reserved for such use.
const DOMAIN: &str = "openmapi.invalid";

/// A message in another format.
pub(crate) struct Rendering {
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// What could not be carried, in the form of `--json`.
    pub(crate) losses: Vec<Value>,
}

/// Writes a message in a format.
pub(crate) fn render(message: &MessageObject, format: Format, now: FileTime) -> Outcome<Rendering> {
    match format {
        Format::Eml => eml(message, now),
        Format::Msg => {
            let options = mapi_msg::WriteOptions { now: Some(now), ..mapi_msg::WriteOptions::default() };
            Ok(whole(mapi_msg::write_message(message, &options)?))
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(&Shape::default().message(message));
            Ok(whole(
                text.map_err(|error| Failure::new(ErrorCode::CALL_FAILED, error.to_string()))?.into_bytes(),
            ))
        }
        Format::Html => body(readable(message).html, "the message has no HTML body"),
        Format::Txt => body(readable(message).text, "the message has no body"),
        Format::Vcf => vcf(message),
        Format::Tnef | Format::Ics => {
            let failure = Failure::new(
                ErrorCode::NO_SUPPORT,
                format!("no service writes .{} files yet", format.extension()),
            );
            Err(failure
                .with_hint("docs/matrix.md says what is supported; eml and msg carry most of a message"))
        }
    }
}

fn whole(bytes: Vec<u8>) -> Rendering {
    Rendering { bytes, losses: Vec::new() }
}

fn eml(message: &MessageObject, now: FileTime) -> Outcome<Rendering> {
    // An export keeps what the owner of the message can see, blind copies included.
    let mut options = mapi_mime::Options::new(now, DOMAIN);
    options.include_bcc = true;
    options.keep_transport_headers = true;
    let mime = mapi_mime::to_mime(message, &options)?;
    let losses = mime.losses.iter().map(|loss| {
        json!({
            "property": loss.tag.to_string(),
            "name": loss.name(),
            "place": loss.place.to_string(),
            "reason": loss.reason.to_string(),
        })
    });
    Ok(Rendering { losses: losses.collect(), bytes: mime.bytes })
}

fn vcf(message: &MessageObject) -> Outcome<Rendering> {
    let class = message.text(PR_MESSAGE_CLASS).unwrap_or_default().to_ascii_lowercase();
    if !["ipm.contact", "ipm.distlist", "ipm.abchperson"].iter().any(|known| class.starts_with(known)) {
        return Err(Failure::new(ErrorCode::NOT_FOUND, "the message is no contact and no distribution list")
            .with_hint("eml and msg carry any message"));
    }
    let (card, lost) = mapi_vcard::to_card(message, mapi_vcard::Version::V3);
    let losses = lost.iter().map(vcard_file::loss).collect();
    Ok(Rendering { bytes: mapi_vcard::write(&card).into_bytes(), losses })
}

fn body(body: Option<String>, missing: &str) -> Outcome<Rendering> {
    match body {
        Some(text) => Ok(whole(text.into_bytes())),
        None => {
            Err(Failure::new(ErrorCode::NOT_FOUND, missing)
                .with_hint("convert to json shows everything it has"))
        }
    }
}
