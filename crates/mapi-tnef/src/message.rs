//! A message out of the attributes of its stream. Properties of MAPI's lists count before the attributes that
//! say the same in the old form.

use crate::attributes::{
    ATTACHMENT_PROPS, Attribute, Level, MAPI_PROPS, OEM_CODE_PAGE, RECIPIENT_TABLE, RENDERING, Split,
    VERSION, split,
};
use crate::bytes::Bytes;
use crate::legacy;
use crate::problem::{Problems, Reason};
use crate::properties::{List, Reading, list};
use crate::{NESTING_MAX, ROWS_MAX};
use mapi_defs::Guid;
use mapi_defs::object::{AttachmentObject, MessageObject, Property, find};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropType, PropValue};

const FROM: u32 = 0x0000_8000;
/// What stands where the code page is not said.
const OEM_US: u32 = 437;
const IID_IMESSAGE: Guid = mapi_defs::guids::IID_IMESSAGE;
const BY_VALUE: i32 = 1;
const EMBEDDED: i32 = 5;
const NO_PLACE: i32 = -1;

/// Makes the message of a stream that stands at `place`.
pub(crate) fn message(split: &Split<'_>, place: &str, depth: u32, problems: &mut Problems) -> MessageObject {
    split.problems.iter().for_each(|reason| problems.add(place, *reason));
    let version = split.attributes.iter().find(|attribute| attribute.is(VERSION));
    if version.is_none_or(|version| version.data != [0, 0, 1, 0]) {
        problems.add(place, Reason::Version);
    }
    let page = split.attributes.iter().find(|attribute| attribute.is(OEM_CODE_PAGE));
    let code_page = page.and_then(|page| Bytes(page.data).u32());
    if code_page.is_none() {
        problems.add(place, Reason::NoCodePage);
    }
    let code_page = code_page.unwrap_or(OEM_US);
    let mut making =
        Making { code_page, place, depth, problems, message: MessageObject::default(), old: vec![] };
    let mut attachments: Vec<Attachment<'_>> = Vec::new();
    for attribute in &split.attributes {
        match attribute.level {
            Level::Message => making.of_message(attribute, !attachments.is_empty()),
            Level::Attachment => making.of_attachment(attribute, &mut attachments),
        }
    }
    making.finish(attachments)
}

struct Making<'p> {
    code_page: u32,
    place: &'p str,
    depth: u32,
    problems: &'p mut Problems,
    message: MessageObject,
    /// Properties of the old form.
    old: Vec<Property>,
}

#[derive(Default)]
struct Attachment<'a> {
    list: List<'a>,
    old: Vec<Property>,
}

impl Making<'_> {
    fn of_message(&mut self, attribute: &Attribute<'_>, is_late: bool) {
        if is_late {
            self.problems.add(self.place, Reason::OutOfOrder(attribute.id));
        }
        let mut reading = Reading { code_page: self.code_page, place: self.place, problems: self.problems };
        match attribute {
            it if it.is(MAPI_PROPS) => {
                let (read, _) = list(&mut Bytes(attribute.data), &mut reading);
                self.message.properties.extend(read.properties);
            }
            it if it.is(RECIPIENT_TABLE) => self.recipients(attribute.data),
            it if it.is(FROM) => match legacy::sender(attribute.data, &mut reading) {
                Some(sender) => self.old.extend(sender),
                None => reading.told(Reason::BadAttribute(FROM)),
            },
            _ => self.old.extend(legacy::property(attribute, &mut reading)),
        }
    }

    fn recipients(&mut self, data: &[u8]) {
        let mut bytes = Bytes(data);
        let count = bytes.len();
        if count.is_none() {
            self.problems.add(self.place, Reason::BadAttribute(RECIPIENT_TABLE));
        }
        for number in 0..count.unwrap_or_default() {
            if self.message.recipients.len() >= ROWS_MAX {
                return self.problems.add(self.place, Reason::TooMany("recipients"));
            }
            let place = format!("{}recipient {number}", self.before());
            let mut reading = Reading { code_page: self.code_page, place: &place, problems: self.problems };
            let (row, is_whole) = list(&mut bytes, &mut reading);
            if !row.properties.is_empty() {
                self.message.recipients.push(row.properties);
            }
            if !is_whole {
                return;
            }
        }
    }

    fn of_attachment<'a>(&mut self, attribute: &Attribute<'a>, attachments: &mut Vec<Attachment<'a>>) {
        if attribute.is(RENDERING) || attachments.is_empty() {
            if !attribute.is(RENDERING) {
                self.problems.add(self.place, Reason::NoRendering);
            }
            if attachments.len() >= ROWS_MAX {
                return self.problems.add(self.place, Reason::TooMany("attachments"));
            }
            attachments.push(Attachment::default());
        }
        let place = format!("{}attachment {}", self.before(), attachments.len().saturating_sub(1));
        let Some(attachment) = attachments.last_mut() else { return };
        let mut reading = Reading { code_page: self.code_page, place: &place, problems: self.problems };
        match attribute {
            it if it.is(ATTACHMENT_PROPS) => {
                let (mut read, _) = list(&mut Bytes(attribute.data), &mut reading);
                attachment.list.properties.append(&mut read.properties);
                attachment.list.object = attachment.list.object.or(read.object);
            }
            it if it.is(RENDERING) => {
                let mut data = Bytes(attribute.data);
                if let (Some(_), Some(position)) = (data.u16(), data.u32()) {
                    attachment.old.push(Property::new(PR_RENDERING_POSITION, position.cast_signed()));
                }
            }
            _ => attachment.old.extend(legacy::property(attribute, &mut reading)),
        }
    }

    fn before(&self) -> String {
        if self.place.is_empty() { String::new() } else { format!("{}/", self.place) }
    }

    fn finish(mut self, attachments: Vec<Attachment<'_>>) -> MessageObject {
        let old = std::mem::take(&mut self.old);
        add_missing(&mut self.message.properties, old);
        for (number, attachment) in (0_u32..).zip(attachments) {
            let made = self.attachment(number, attachment);
            self.message.attachments.push(made);
        }
        let message = &mut self.message;
        message.properties.sort_by(Property::order);
        message.recipients.iter_mut().for_each(|row| row.sort_by(Property::order));
        let rtf = message.property(PR_RTF_COMPRESSED).and_then(PropValue::as_binary);
        let is_damaged = |rtf: &[u8]| mapi_rtf::decompress(rtf).map_or(true, |read| !read.defects.is_empty());
        if rtf.is_some_and(|rtf| !rtf.is_empty() && is_damaged(rtf)) {
            self.problems.add(self.place, Reason::DamagedRtf);
        }
        self.message
    }

    fn attachment(&mut self, number: u32, attachment: Attachment<'_>) -> AttachmentObject {
        let mut properties = attachment.list.properties;
        add_missing(&mut properties, attachment.old);
        let mut made = AttachmentObject { number, ..AttachmentObject::default() };
        let mut method = BY_VALUE;
        if let Some((interface, bytes)) = attachment.list.object {
            let place = format!("{}attachment {number}/message", self.before());
            made.message = self.embedded(interface, bytes, &place).map(Box::new);
            if made.message.is_some() {
                method = EMBEDDED;
                // What is there beside is a stand-in for readers that know of no messages in messages.
                properties.retain(|one| one.tag.id() != PR_ATTACH_DATA_BIN.id());
            } else if find(&properties, PR_ATTACH_DATA_BIN).is_none() {
                properties.push(Property::new(PR_ATTACH_DATA_BIN, bytes.to_vec()));
            }
        }
        let is_odd = |held: i32| (held == EMBEDDED) != (method == EMBEDDED) || held == 6;
        let held = find(&properties, PR_ATTACH_METHOD).and_then(PropValue::as_long);
        if held.is_none_or(is_odd) {
            properties.retain(|one| one.tag.id() != PR_ATTACH_METHOD.id());
            properties.push(Property::new(PR_ATTACH_METHOD, method));
        }
        let number = Property::new(PR_ATTACH_NUM, made.number.cast_signed());
        properties.retain(|one| one.tag.id() != PR_ATTACH_NUM.id());
        properties.push(number);
        add_missing(&mut properties, vec![Property::new(PR_RENDERING_POSITION, NO_PLACE)]);
        properties.sort_by(Property::order);
        made.properties = properties;
        made
    }

    /// The message that an attachment is.
    fn embedded(&mut self, interface: Guid, bytes: &[u8], place: &str) -> Option<MessageObject> {
        if interface != IID_IMESSAGE {
            return None;
        }
        let inner = split(bytes).filter(|_| self.depth < NESTING_MAX);
        if inner.is_none() {
            self.problems.add(place, Reason::Embedded);
        }
        Some(message(&inner?, place, self.depth.saturating_add(1), self.problems))
    }
}

/// Adds those of which there is none yet.
fn add_missing(properties: &mut Vec<Property>, more: Vec<Property>) {
    for one in more {
        let any = PropTag::new(one.tag.id(), PropType::UNSPECIFIED);
        if find(properties, any).is_none() {
            properties.push(one);
        }
    }
}
