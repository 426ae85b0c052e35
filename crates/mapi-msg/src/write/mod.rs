//! `write_message`: a .msg file out of a whole message ([MS-OXMSG] 2.2), written in one go.
//!
//! The tree of storages is laid out here; names are in `names.rs`, values in `value.rs`, and what
//! Outlook wants to find beside what the message has is in `complete.rs`. The bytes of the container
//! are `docfile.rs`'s. A file that exists is never changed: it is read and written anew.

pub(crate) mod complete;
pub(crate) mod names;
pub(crate) mod value;

use crate::codepage::{Clues, Pages};
use crate::docfile::{DocFile, Place, SectorSize};
use crate::layout::{ATTACHMENT, PROPERTIES, RECIPIENT, VALUE};
use crate::limits::{ATTACHMENTS_MAX, NESTING_MAX, OUTLOOK_ROWS_MAX, RECIPIENTS_MAX};
use crate::property_stream::{
    Counts, EMBEDDED_HEADER, Entry, ROW_HEADER, TOP_HEADER, write_entry, write_header,
};
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject, find};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_OBJ, PR_INTERNET_CPID, PR_MESSAGE_CODEPAGE, PR_MESSAGE_LOCALE_ID,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use names::Names;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use value::Stored;

/// The class id of a mail message's root storage (CLSID_MailMessage).
pub const CLSID_MAIL_MESSAGE: Guid = Guid::from_fields(0x0002_0D0B, 0, 0, *b"\xC0\0\0\0\0\0\0\x46");
/// The class id of an Outlook template's root storage (.oft).
pub const CLSID_TEMPLATE: Guid = Guid::from_fields(0x0006_F046, 0, 0, *b"\xC0\0\0\0\0\0\0\x46");

const CALL: &str = "write_message";

/// How wide the text of a written file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TextWidth {
    /// Every property keeps its type; 8-bit text is in the code page that the message states.
    #[default]
    Keep,
    /// All text is PT_UNICODE.
    Unicode,
    /// All text is PT_STRING8 in this code page, which the message then states
    /// (PR_MESSAGE_CODEPAGE). Characters that it lacks become similar ones or `?`.
    String8(u32),
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteOptions {
    /// The width of text.
    pub text: TextWidth,
    /// The sector size of the container.
    pub sector: SectorSize,
    /// The class id of the root storage.
    pub class_id: Guid,
    /// Adds what Outlook wants to find and the message does not have: message class and flags,
    /// display lists, row numbers, addresses' search keys, attachment methods and the like.
    pub complete: bool,
    /// With [`WriteOptions::complete`]: when the message counts as made where it does not say so.
    pub now: Option<FileTime>,
    /// Refuses more than [`OUTLOOK_ROWS_MAX`] recipients or attachments, which Outlook does not open.
    pub outlook_limits: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            text: TextWidth::default(),
            sector: SectorSize::default(),
            class_id: CLSID_MAIL_MESSAGE,
            complete: true,
            now: None,
            outlook_limits: true,
        }
    }
}

/// Writes a message as a .msg file into memory.
///
/// The same message and options give the same bytes. Empty text is left out, as Outlook refuses to
/// open files that have it.
///
/// # Errors
/// - `MAPI_E_TABLE_TOO_BIG`: more recipients or attachments than Outlook, or a reader here, takes.
/// - `MAPI_E_TOO_COMPLEX`: messages are embedded deeper than 64.
/// - `MAPI_E_TOO_BIG`: the file would be longer than 2 GiB, or has more than 32,767 names.
/// - `MAPI_E_UNKNOWN_CPID`: the code page of 8-bit text is not known.
/// - `MAPI_E_INVALID_PARAMETER`, `MAPI_E_COLLISION`: an OLE object has impossible or equal names.
pub fn write_message(message: &MessageObject, options: &WriteOptions) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_message_to(message, options, &mut bytes)?;
    Ok(bytes)
}

/// Writes a message as a .msg file to `out`, front to back, without seeking.
///
/// # Errors
/// As [`write_message`]; `MAPI_E_DISK_ERROR`: `out` cannot be written.
pub fn write_message_to(message: &MessageObject, options: &WriteOptions, out: &mut dyn Write) -> Result<()> {
    let names = Names::gather(message)?;
    let file = DocFile::new(options.sector, options.class_id);
    let mut writer = Writer { file, names: &names, options };
    names.write(&mut writer.file)?;
    let mut waiting = vec![Task { message, place: DocFile::ROOT, nesting: 0, page: None }];
    while let Some(task) = waiting.pop() {
        writer.message(&task, &mut waiting)?;
    }
    writer.file.write(out)
}

/// A message still to be written.
struct Task<'a> {
    message: &'a MessageObject,
    place: Place,
    nesting: u32,
    /// The code page of the message around it.
    page: Option<u32>,
}

struct Writer<'a, 'n> {
    file: DocFile<'a>,
    names: &'n Names<'a>,
    options: &'n WriteOptions,
}

/// An object's storage, what its property stream begins with, and how its text is written.
struct Target {
    place: Place,
    header: Vec<u8>,
    kind: complete::Kind,
    pages: Pages,
    /// What the object is there for instead of PR_ATTACH_DATA_BIN.
    object: Option<ObjectData>,
}

#[derive(Clone, Copy)]
enum ObjectData {
    Message,
    Storage,
}

impl<'a> Writer<'a, '_> {
    /// Writes one message; those embedded in it are put off.
    fn message(&mut self, task: &Task<'a>, waiting: &mut Vec<Task<'a>>) -> Result<()> {
        let message = task.message;
        self.check(task)?;
        let pages = self.pages(message, task.page);
        let numbers = numbers(&message.attachments);
        let recipients = u32::try_from(message.recipients.len()).unwrap_or(u32::MAX);
        let counts = Counts {
            next_recipient: recipients,
            next_attachment: numbers.iter().max().map_or(0, |last| last.saturating_add(1)),
            recipients,
            attachments: u32::try_from(message.attachments.len()).unwrap_or(u32::MAX),
        };
        let header = if task.nesting == 0 { TOP_HEADER } else { EMBEDDED_HEADER };
        let target = Target {
            place: task.place,
            header: write_header(counts, header),
            kind: complete::Kind::Message,
            pages,
            object: None,
        };
        let added = complete::message(message, self.options, pages);
        self.properties(&target, &message.properties, added)?;
        for (row, number) in message.recipients.iter().zip(0_u32..) {
            let place = self.file.add_storage(task.place, &format!("{RECIPIENT}{number:08X}"), Guid::NULL)?;
            let kind = complete::Kind::Recipient;
            let target = Target { place, header: vec![0; ROW_HEADER], kind, pages, object: None };
            let added = complete::recipient(row, number, self.options);
            self.properties(&target, row, added)?;
        }
        for (attachment, number) in message.attachments.iter().zip(numbers) {
            let outer = Task { page: Some(pages.text), ..*task };
            self.attachment(attachment, number, pages, &outer, waiting)?;
        }
        Ok(())
    }

    fn attachment(
        &mut self,
        attachment: &'a AttachmentObject,
        number: u32,
        pages: Pages,
        outer: &Task<'a>,
        waiting: &mut Vec<Task<'a>>,
    ) -> Result<()> {
        let place = self.file.add_storage(outer.place, &format!("{ATTACHMENT}{number:08X}"), Guid::NULL)?;
        let object = match (&attachment.message, &attachment.storage) {
            (Some(_), _) => Some(ObjectData::Message),
            (None, Some(_)) => Some(ObjectData::Storage),
            (None, None) => None,
        };
        let kind = complete::Kind::Attachment;
        let target = Target { place, header: vec![0; ROW_HEADER], kind, pages, object };
        let added = complete::attachment(attachment, number, self.options);
        self.properties(&target, &attachment.properties, added)?;
        let name = value_name(PR_ATTACH_DATA_OBJ);
        if let Some(message) = attachment.message.as_deref() {
            let place = self.file.add_storage(place, &name, Guid::NULL)?;
            let nesting = outer.nesting.saturating_add(1);
            waiting.push(Task { message, place, nesting, page: outer.page });
        } else if let Some(storage) = &attachment.storage {
            self.storage(place, &name, storage)?;
        }
        Ok(())
    }

    /// Writes a storage that only its application understands.
    fn storage(&mut self, parent: Place, name: &str, storage: &'a StorageObject) -> Result<()> {
        let mut waiting = vec![(parent, name, storage)];
        while let Some((parent, name, storage)) = waiting.pop() {
            let place = self.file.add_storage(parent, name, storage.class_id)?;
            for (name, bytes) in &storage.streams {
                self.file.add_stream(place, name, bytes.as_slice())?;
            }
            waiting.extend(storage.storages.iter().map(|(name, inner)| (place, name.as_str(), inner)));
        }
        Ok(())
    }

    /// Writes an object's properties: its own, and those added that it does not have.
    fn properties(&mut self, target: &Target, own: &'a [Property], added: complete::Added) -> Result<()> {
        let mut stream = target.header.clone();
        let mut written = BTreeSet::new();
        let mut entries = Vec::new();
        if let Some(object) = target.object {
            let tag = PR_ATTACH_DATA_OBJ;
            let kind: u8 = match object {
                ObjectData::Message => 1,
                ObjectData::Storage => 4,
            };
            written.insert(tag.id());
            let attributes = complete::attributes(target.kind, tag.id());
            entries.push(Entry { tag, attributes, value: [0xFF, 0xFF, 0xFF, 0xFF, kind, 0, 0, 0] });
        }
        let replaced = added.instead.into_iter().map(|property| (property.tag, Cow::Owned(property.value)));
        let own = own.iter().filter_map(|own| Some((self.names.tag_of(own)?, Cow::Borrowed(&own.value))));
        let missing = added.beside.into_iter().map(|property| (property.tag, Cow::Owned(property.value)));
        for (tag, value) in replaced.chain(own).chain(missing) {
            if !written.contains(&tag.id())
                && let Some(entry) = self.value(target, tag, value)?
            {
                written.insert(tag.id());
                entries.push(entry);
            }
        }
        entries.sort_by_key(|entry| entry.tag);
        entries.into_iter().for_each(|entry| write_entry(&mut stream, entry));
        self.file.add_stream(target.place, PROPERTIES, stream)?;
        Ok(())
    }

    /// Writes a value's streams; `None` for what is not written at all.
    fn value(&mut self, target: &Target, tag: PropTag, value: Cow<'a, PropValue>) -> Result<Option<Entry>> {
        let width = self.options.text;
        let stored = match value {
            Cow::Borrowed(value) => value::store(tag.id(), value, width, target.pages)?,
            Cow::Owned(value) => value::store(tag.id(), &value, width, target.pages)?
                .map(|(ptype, stored)| (ptype, stored.into_owned())),
        };
        let Some((ptype, stored)) = stored else { return Ok(None) };
        let tag = tag.with_type(ptype);
        let size = |len: usize| {
            let mut value = [0; 8];
            let (size, _) = value.split_at_mut(4);
            size.copy_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
            value
        };
        let value = match stored {
            Stored::Inside(value) => value,
            Stored::Stream { bytes, terminator } => {
                let value = size(bytes.len().saturating_add(terminator));
                self.file.add_stream(target.place, &value_name(tag), bytes)?;
                value
            }
            Stored::Parts { lengths, parts } => {
                let value = size(lengths.len());
                let name = value_name(tag);
                self.file.add_stream(target.place, &name, lengths)?;
                for (part, index) in parts.into_iter().zip(0_u32..) {
                    self.file.add_stream(target.place, &format!("{name}-{index:08X}"), part)?;
                }
                value
            }
        };
        Ok(Some(Entry { tag, attributes: complete::attributes(target.kind, tag.id()), value }))
    }

    fn check(&self, task: &Task<'_>) -> Result<()> {
        let rows = task.message.recipients.len().max(task.message.attachments.len());
        let limit = match self.options.outlook_limits {
            true => OUTLOOK_ROWS_MAX,
            false => RECIPIENTS_MAX.min(ATTACHMENTS_MAX),
        };
        if rows > limit {
            let detail = format!("{rows} recipients or attachments, {limit} are allowed");
            return Err(Error::new(ErrorCode::TABLE_TOO_BIG, CALL, detail));
        }
        if task.nesting > NESTING_MAX {
            return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, "messages are embedded more than 64 deep"));
        }
        Ok(())
    }

    /// The code pages that a reader of the written message will find.
    fn pages(&self, message: &MessageObject, outer: Option<u32>) -> Pages {
        let number = |tag| find(&message.properties, tag).and_then(PropValue::as_long);
        let stated = |tag| number(tag).map(i32::cast_unsigned);
        let message_page = match self.options.text {
            TextWidth::String8(page) => Some(page),
            TextWidth::Keep | TextWidth::Unicode => stated(PR_MESSAGE_CODEPAGE),
        };
        let locale = stated(PR_MESSAGE_LOCALE_ID);
        Pages::of_message(Clues { message: message_page, locale, internet: stated(PR_INTERNET_CPID) }, outer)
    }
}

/// The name of the stream or storage of a property's value.
pub(crate) fn value_name(tag: PropTag) -> String {
    format!("{VALUE}{:08X}", tag.0)
}

/// The attachments' numbers; one that is taken becomes the next free one.
fn numbers(attachments: &[AttachmentObject]) -> Vec<u32> {
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    let mut next_free = 0_u32;
    let mut numbers = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let mut number = attachment.number;
        while !taken.insert(number) {
            number = next_free;
            next_free = next_free.saturating_add(1);
        }
        numbers.push(number);
    }
    numbers
}
