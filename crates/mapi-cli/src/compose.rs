//! A message made of the command line: `mapi send --to A --subject S …`.

use crate::cli::Send;
use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use mapi_defs::guids::PS_INTERNET_HEADERS;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_ATTACH_DATA_BIN, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD, PR_BODY, PR_DISPLAY_NAME,
    PR_EMAIL_ADDRESS, PR_HTML, PR_INTERNET_CPID, PR_MESSAGE_CLASS, PR_RECIPIENT_TYPE, PR_RENDERING_POSITION,
    PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS, PR_SENDER_NAME, PR_SENT_REPRESENTING_ADDRTYPE,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_NAME, PR_SMTP_ADDRESS, PR_SUBJECT,
};
use mapi_defs::prop::{NamedProp, PropValue};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_spi::attachment::method;
use std::io::Read;
use std::path::Path;

/// The code page of UTF-8.
const UTF_8: i32 = 65_001;
/// PR_RENDERING_POSITION of an attachment that is not shown in the text.
const NOT_RENDERED: i32 = -1;

/// True where the command line makes a message of its own.
pub(crate) fn is_composed(send: &Send) -> bool {
    !(send.to.is_empty() && send.cc.is_empty() && send.bcc.is_empty())
}

/// The entry of a name that is no address.
pub(crate) type Resolve<'a> = &'a dyn Fn(&str) -> Outcome<Recipient>;

/// Makes the message that the command line describes; who is named without an address is looked up.
pub(crate) fn compose(send: &Send, resolve: Resolve<'_>) -> Outcome<MessageObject> {
    let mut properties = vec![
        Property::new(PR_MESSAGE_CLASS, "IPM.Note"),
        Property::new(PR_SUBJECT, send.subject.as_deref().unwrap_or_default()),
        Property::new(PR_BODY, body(send)?),
    ];
    if let Some(path) = &send.html {
        let html = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
        properties.push(Property::new(PR_HTML, html));
        properties.push(Property::new(PR_INTERNET_CPID, UTF_8));
    }
    if let Some(from) = &send.from {
        properties.extend(sender(&Mailbox::parse(from)?));
    }
    properties.extend(send.header.iter().map(|line| header(line)).collect::<Outcome<Vec<_>>>()?);
    properties.sort_by(Property::order);
    let kinds =
        [(&send.to, RecipientType::To), (&send.cc, RecipientType::Cc), (&send.bcc, RecipientType::Bcc)];
    let addressed =
        kinds.into_iter().flat_map(|(addresses, kind)| addresses.iter().map(move |one| (one, kind)));
    let recipients = addressed.map(|(one, kind)| addressed_to(one, kind, resolve)).collect::<Outcome<_>>()?;
    let numbered = send.attach.iter().zip(0..);
    let attachments = numbered.map(|(path, number)| attachment(path, number)).collect::<Outcome<_>>()?;
    Ok(MessageObject { properties, recipients, attachments })
}

fn body(send: &Send) -> Outcome<String> {
    match send.body.as_deref() {
        Some("-") => {
            let mut text = String::new();
            let read = std::io::stdin().lock().read_to_string(&mut text);
            read.map_err(|error| match error.kind() {
                std::io::ErrorKind::InvalidData => {
                    Failure::new(ErrorCode::CORRUPT_DATA, "standard input: the body is not UTF-8 text")
                }
                _ => Failure::file(Path::new("standard input"), &error),
            })?;
            Ok(text)
        }
        text => Ok(text.unwrap_or_default().to_owned()),
    }
}

/// `Name <address>` or `address`.
struct Mailbox {
    name: String,
    address: String,
}

impl Mailbox {
    fn parse(text: &str) -> Outcome<Self> {
        let (name, address) = match text.rsplit_once('<') {
            Some((name, rest)) => (name.trim().trim_matches('"'), rest.strip_suffix('>').unwrap_or_default()),
            None => ("", text),
        };
        let address = address.trim();
        let is_address =
            address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if !is_address || text.chars().any(char::is_control) || address.contains([' ', '<', '>']) {
            return Err(Failure::usage(format!(
                "{text:?} is no address; write kim@example.org or \"Kim <kim@example.org>\""
            )));
        }
        let name = if name.is_empty() { address } else { name };
        Ok(Self { name: name.to_owned(), address: address.to_owned() })
    }
}

fn sender(from: &Mailbox) -> Vec<Property> {
    vec![
        Property::new(PR_SENDER_NAME, from.name.as_str()),
        Property::new(PR_SENDER_ADDRTYPE, "SMTP"),
        Property::new(PR_SENDER_EMAIL_ADDRESS, from.address.as_str()),
        Property::new(PR_SENT_REPRESENTING_NAME, from.name.as_str()),
        Property::new(PR_SENT_REPRESENTING_ADDRTYPE, "SMTP"),
        Property::new(PR_SENT_REPRESENTING_EMAIL_ADDRESS, from.address.as_str()),
    ]
}

fn addressed_to(text: &str, kind: RecipientType, resolve: Resolve<'_>) -> Outcome<Vec<Property>> {
    let is_name =
        !text.trim().is_empty() && !text.contains(['@', '<', '>']) && !text.chars().any(char::is_control);
    if !is_name {
        return Ok(recipient(&Mailbox::parse(text)?, kind));
    }
    let mut props = resolve(text)?.props;
    props.set(PR_RECIPIENT_TYPE, kind.value());
    Ok(props.into_iter().map(|prop| Property::new(prop.tag, prop.value)).collect())
}

fn recipient(to: &Mailbox, kind: RecipientType) -> Vec<Property> {
    vec![
        Property::new(PR_RECIPIENT_TYPE, kind.value()),
        Property::new(PR_DISPLAY_NAME, to.name.as_str()),
        Property::new(PR_ADDRTYPE, "SMTP"),
        Property::new(PR_EMAIL_ADDRESS, to.address.as_str()),
        Property::new(PR_SMTP_ADDRESS, to.address.as_str()),
    ]
}

/// A header is a named property of the set of internet headers, as Exchange keeps it.
fn header(line: &str) -> Outcome<Property> {
    let wrong = || Failure::usage(format!("{line:?} is no header; write \"X-Name: value\""));
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name || line.chars().any(char::is_control) {
        return Err(wrong());
    }
    Ok(Property::named(NamedProp::text(PS_INTERNET_HEADERS, name.to_ascii_lowercase()), value.trim()))
}

fn attachment(path: &Path, number: u32) -> Outcome<AttachmentObject> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let name = path.file_name().map_or_else(|| "attachment".into(), |name| name.to_string_lossy());
    let mut properties = vec![
        Property::new(PR_ATTACH_METHOD, method::BY_VALUE),
        Property::new(PR_RENDERING_POSITION, NOT_RENDERED),
        Property::new(PR_ATTACH_LONG_FILENAME, name.as_ref()),
        Property::new(PR_DISPLAY_NAME, name.as_ref()),
        Property::new(PR_ATTACH_DATA_BIN, PropValue::Binary(bytes)),
    ];
    properties.sort_by(Property::order);
    Ok(AttachmentObject { number, properties, ..AttachmentObject::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_with_or_without_a_name() {
        for (text, name, address) in [
            ("kim@example.org", "kim@example.org", "kim@example.org"),
            ("Kim Lee <kim@example.org>", "Kim Lee", "kim@example.org"),
            ("\"Lee, Kim\" <kim@example.org>", "Lee, Kim", "kim@example.org"),
        ] {
            let mailbox = Mailbox::parse(text).unwrap();
            assert_eq!((mailbox.name.as_str(), mailbox.address.as_str()), (name, address));
        }
        for bad in ["", "kim", "kim@", "@x", "a <b>", "a@b\r\nBcc: c@d", "a b@c", "Kim <kim@example.org> x"] {
            assert!(Mailbox::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_header_cannot_bring_another_with_it() {
        assert_eq!(header("X-Tag: a b").unwrap().value, "a b".into());
        for bad in ["X-Tag", ": x", "X Tag: x", "X-Tag: a\r\nBcc: x@y"] {
            assert!(header(bad).is_err(), "{bad:?}");
        }
    }
}
