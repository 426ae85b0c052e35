//! The files of a message as attachments, and the messages in it as embedded ones.
//!
//! # Source
//! `[MS-OXCMAIL]` 2.2.3.4 (attachments).
//!
//! # Differs
//! TNEF (`winmail.dat`) and calendars stay files: nothing is taken out of them. Of delivery reports `reports.rs`
//! reads the part for programs, which stays a file as well.

use crate::attachments::file_name;
use crate::from_mime::Conversion;
use crate::from_mime::bodies::{File, Place};
use crate::from_mime::described::Described;
use crate::from_mime::entities::{Entities, Kind};
use crate::from_mime::transfer::decoded;
use crate::from_mime::values;
use crate::media_type::extension_of;
use crate::related::content_ids;
use mapi_defs::Result;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::{PropTag, PropType, PropValue, tags};
use mapi_spi::attachment::method;
use std::borrow::Cow;
use std::collections::HashSet;

/// PR_ATTACH_FLAGS: the HTML shows it (ATT_MHTML_REF).
const SHOWN_BY_HTML: i32 = 4;
/// PR_RENDERING_POSITION of what has no place in the text.
const NOWHERE: i32 = -1;
/// The longest name in a folder of eight and three letters.
const SHORT_STEM: usize = 8;
const SHORT_EXTENSION: usize = 3;

/// The attachments made of files, and what they are made with.
pub(crate) struct Attachments<'c, 'o, 'e, 'x> {
    pub(crate) conversion: &'c mut Conversion<'o>,
    pub(crate) entities: &'e Entities<'x>,
    /// In how many messages this one is.
    pub(crate) depth: usize,
    /// What the HTML refers to.
    shown: HashSet<Vec<u8>>,
    made: Vec<AttachmentObject>,
}

impl<'c, 'o, 'e, 'x> Attachments<'c, 'o, 'e, 'x> {
    pub(crate) fn new(
        conversion: &'c mut Conversion<'o>,
        entities: &'e Entities<'x>,
        depth: usize,
        html: Option<&[u8]>,
    ) -> Self {
        let shown = html.map(content_ids).unwrap_or_default();
        Self { conversion, entities, depth, shown, made: Vec::new() }
    }

    /// Makes an attachment of each file.
    pub(crate) fn of(mut self, files: &[File]) -> Result<Vec<AttachmentObject>> {
        for file in files {
            self.add(file)?;
        }
        Ok(self.made)
    }

    fn add(&mut self, file: &File) -> Result<()> {
        let Some(entity) = self.entities.get(file.entity) else { return Ok(()) };
        let described = Described::read(self.entities.header(file.entity), entity.in_digest);
        let octets = decoded(self.entities.body(file.entity), described.transfer());
        let message = match entity.kind {
            Kind::Message => entity.children.first().map_or(Ok(None), |root| {
                self.conversion.message(self.entities, *root, self.depth.saturating_add(1))
            })?,
            _ if described.is_message() => self.conversion.encoded(&octets, self.depth.saturating_add(1))?,
            _ if described.is_header() => {
                let header = [&octets, &b"\r\n\r\n"[..]].concat();
                self.conversion.encoded(&header, self.depth.saturating_add(1))?
            }
            _ => None,
        };
        let made = match message {
            Some(message) => self.embedded(&described, message),
            None => self.file(file.place, &described, octets),
        };
        self.conversion.budget.properties(&made.properties)?;
        self.made.push(made);
        Ok(())
    }

    fn number(&self) -> u32 {
        u32::try_from(self.made.len()).unwrap_or(u32::MAX)
    }

    fn text(&self, value: &[u8]) -> String {
        values::text(value, self.conversion.options.code_page)
    }

    fn file(&self, place: Place, described: &Described<'_>, octets: Cow<'_, [u8]>) -> AttachmentObject {
        let media_type = described.media_type();
        let name = self.name(described, &media_type);
        let id = values::identifier(described.id, self.conversion.options.code_page);
        let location = values::line(described.location, self.conversion.options.code_page);
        let is_shown = self.shown.contains(id.as_bytes()) && !id.is_empty();
        // A file to be kept is listed even where the HTML shows it.
        let is_hidden = (is_shown && (place == Place::Related || !described.is_attachment()))
            || (place == Place::Alternative && media_type.starts_with("text/"));
        let mut properties = vec![
            Property::new(tags::PR_ATTACH_METHOD, method::BY_VALUE),
            Property::new(tags::PR_ATTACH_DATA_BIN, octets.into_owned()),
            Property::new(tags::PR_RENDERING_POSITION, NOWHERE),
            Property::new(tags::PR_ATTACH_FLAGS, if is_shown { SHOWN_BY_HTML } else { 0 }),
            Property::new(tags::PR_ATTACHMENT_HIDDEN, is_hidden),
        ];
        let charset = described.parameter("charset").filter(|_| media_type.starts_with("text/"));
        push(&mut properties, tags::PID_TAG_TEXT_ATTACHMENT_CHARSET, charset.unwrap_or_default());
        push(&mut properties, tags::PR_ATTACH_MIME_TAG, &media_type);
        push(&mut properties, tags::PR_ATTACH_CONTENT_ID, &id);
        push(&mut properties, tags::PR_ATTACH_CONTENT_LOCATION, &location);
        self.write_names(&mut properties, described, &name);
        finished(self.number(), properties)
    }

    fn write_names(&self, properties: &mut Vec<Property>, described: &Described<'_>, name: &str) {
        let description = self.text(described.description);
        push(properties, tags::PR_ATTACH_LONG_FILENAME, name);
        push(properties, tags::PR_ATTACH_FILENAME, &short_name(name));
        push(properties, tags::PR_DISPLAY_NAME, if description.is_empty() { name } else { &description });
        if let Some((_, extension)) = name.rsplit_once('.').filter(|(_, extension)| !extension.is_empty()) {
            push(properties, tags::PR_ATTACH_EXTENSION, &format!(".{extension}"));
        }
        for (tag, key) in [
            (tags::PR_CREATION_TIME, "creation-date"),
            (tags::PR_LAST_MODIFICATION_TIME, "modification-date"),
        ] {
            let date = described.disposition_parameter(key).and_then(|date| values::moment(date.as_bytes()));
            properties.extend(date.map(|date| Property::new(tag, date)));
        }
    }

    /// The name that is given, in one of four places, else a number with the usual ending.
    fn name(&self, described: &Described<'_>, media_type: &str) -> String {
        let given = described.file_name().map(|name| decoded_name(name, self.conversion.options.code_page));
        let location = values::line(described.location, self.conversion.options.code_page);
        let location = location.split(['?', '#']).next().unwrap_or_default();
        let description = self.text(described.description);
        // A description is a name only where it looks like one.
        let described = Some(description)
            .filter(|text| text.rsplit_once('.').is_some_and(|(_, end)| (1..=4).contains(&end.len())));
        let names = [given, Some(location.to_owned()), described];
        let name = names.into_iter().flatten().map(|name| file_name(&name)).find(|name| !name.is_empty());
        name.unwrap_or_else(|| {
            let number = self.made.len().saturating_add(1);
            format!("ATT{number:05}{}", extension_of(media_type).unwrap_or(".dat"))
        })
    }

    fn embedded(&self, described: &Described<'_>, message: MessageObject) -> AttachmentObject {
        let name = described.file_name().map(|name| decoded_name(name, self.conversion.options.code_page));
        let name = name.map(|name| file_name(&name)).unwrap_or_default();
        let shown = message.text(tags::PR_SUBJECT).unwrap_or("Untitled").to_owned();
        let data = tags::PR_ATTACH_DATA_OBJ.with_type(PropType::OBJECT);
        let mut properties = vec![
            Property { tag: data, named: None, value: PropValue::Object, lossy: false },
            Property::new(tags::PR_ATTACH_METHOD, method::EMBEDDED_MSG),
            Property::new(tags::PR_RENDERING_POSITION, NOWHERE),
            Property::new(tags::PR_DISPLAY_NAME, shown),
            Property::new(tags::PR_ATTACH_MIME_TAG, "message/rfc822"),
        ];
        push(&mut properties, tags::PR_ATTACH_LONG_FILENAME, &name);
        let id = values::identifier(described.id, self.conversion.options.code_page);
        push(&mut properties, tags::PR_ATTACH_CONTENT_ID, &id);
        AttachmentObject { message: Some(Box::new(message)), ..finished(self.number(), properties) }
    }
}

/// An attachment by value that stands for the whole message.
pub(crate) fn whole(name: &str, media_type: &str, octets: Vec<u8>) -> AttachmentObject {
    let extension = name.rsplit_once('.').map(|(_, extension)| format!(".{extension}")).unwrap_or_default();
    let properties = vec![
        Property::new(tags::PR_ATTACH_METHOD, method::BY_VALUE),
        Property::new(tags::PR_ATTACH_DATA_BIN, octets),
        Property::new(tags::PR_RENDERING_POSITION, NOWHERE),
        Property::new(tags::PR_ATTACH_MIME_TAG, media_type),
        Property::new(tags::PR_ATTACH_LONG_FILENAME, name),
        Property::new(tags::PR_ATTACH_FILENAME, name),
        Property::new(tags::PR_ATTACH_EXTENSION, extension),
        Property::new(tags::PR_DISPLAY_NAME, name),
    ];
    finished(0, properties)
}

fn finished(number: u32, mut properties: Vec<Property>) -> AttachmentObject {
    properties.push(Property::new(tags::PR_ATTACH_NUM, i32::try_from(number).unwrap_or(i32::MAX)));
    properties.sort_by(Property::order);
    AttachmentObject { number, properties, ..AttachmentObject::default() }
}

fn push(properties: &mut Vec<Property>, tag: PropTag, text: &str) {
    let text = text.trim_matches('\0');
    if !text.is_empty() {
        properties.push(Property::new(tag, text));
    }
}

/// A name with encoded words, which have no place in a parameter and are in use there.
fn decoded_name(name: &str, code_page: u32) -> String {
    if name.contains("=?") { values::text(name.as_bytes(), code_page) } else { name.to_owned() }
}

/// A name of eight and three letters, for programs that look for no other.
fn short_name(name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let plain = |text: &str, count: usize| -> String {
        text.chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "_-~".contains(*letter))
            .take(count)
            .collect()
    };
    let (whole, end) = (plain(stem, usize::MAX), plain(extension, SHORT_EXTENSION));
    let stem =
        if whole == stem && whole.len() <= SHORT_STEM { whole } else { format!("{}~1", plain(stem, 6)) };
    if end.is_empty() { stem } else { format!("{stem}.{end}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_have_eight_and_three_letters() {
        for (name, expect) in [
            ("a.txt", "a.txt"),
            ("Long name.docx", "Longna~1.doc"),
            ("\u{65e5}.pdf", "~1.pdf"),
            ("README", "README"),
        ] {
            assert_eq!(short_name(name), expect);
        }
    }
}
