//! Media types of attachments: the one a property names, checked, or one by the end of the file's name.

/// Media types by the end of a name, in lower case.
const BY_EXTENSION: [(&str, &str); 38] = [
    ("avi", "video/x-msvideo"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("emf", "image/emf"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("msg", "application/vnd.ms-outlook"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("wmf", "image/wmf"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "text/xml"),
    ("zip", "application/zip"),
];

/// Octets of which nothing is known.
pub(crate) const OCTETS: &str = "application/octet-stream";
/// Longer names of media types are none (RFC 6838 4.2: 127 for each half).
const MAX_BYTES: usize = 255;

/// Type and subtype of a Content-Type, without parameters, in lower case; `None` for what is none.
pub(crate) fn parsed(text: &str) -> Option<String> {
    let essence = text.split(';').next()?.trim();
    let (kind, subtype) = essence.split_once('/')?;
    let fits = essence.len() <= MAX_BYTES && is_token(kind) && is_token(subtype);
    fits.then(|| essence.to_ascii_lowercase())
}

/// The media type that a file of this name usually has.
pub(crate) fn guessed(name: &str) -> &'static str {
    let Some((_, extension)) = name.rsplit_once('.') else { return OCTETS };
    let found = BY_EXTENSION.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    found.map_or(OCTETS, |(_, media_type)| media_type)
}

/// The end of names that files of this type usually have, with its dot.
pub(crate) fn extension_of(media_type: &str) -> Option<&'static str> {
    match media_type {
        "text/plain" => Some(".txt"),
        "text/html" => Some(".htm"),
        "text/calendar" => Some(".ics"),
        "image/jpeg" => Some(".jpg"),
        "image/png" => Some(".png"),
        "image/gif" => Some(".gif"),
        "image/tiff" => Some(".tif"),
        "image/svg+xml" => Some(".svg"),
        "application/pdf" => Some(".pdf"),
        "application/zip" => Some(".zip"),
        "message/rfc822" => Some(".eml"),
        kind if kind.starts_with("text/") || kind.starts_with("message/") => Some(".txt"),
        _ => None,
    }
}

/// Whether parts of this type contain other parts, so that their octets may not be encoded.
pub(crate) fn is_container(media_type: &str) -> bool {
    media_type.starts_with("multipart/") || media_type.starts_with("message/")
}

/// RFC 2045 5.1.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_make_a_media_type() {
        assert_eq!(parsed("Image/PNG; name=\"x\"").as_deref(), Some("image/png"));
        for bad in ["", "png", "image/", "a/b/c", "image/p ng", "image/png\r\nBcc: x", "\u{e9}/x"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
        assert_eq!((guessed("a.PDF"), guessed("a"), guessed("a.zzz")), ("application/pdf", OCTETS, OCTETS));
    }
}
