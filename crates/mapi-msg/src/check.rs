//! `MsgFile::check`: what is wrong with a file, be it tolerated by readers here or not, and its repair.
//!
//! What a reader tolerates is noted where it is met (`note.rs`); here is looked for what Outlook wants to
//! find beside. A repair is the message written anew (`write/`): the file itself is never changed.

use crate::layout::Layout;
use crate::limits::OUTLOOK_ROWS_MAX;
use crate::little_endian::u16_at;
use crate::message::MsgFile;
use crate::named_map::{ENTRY_STREAM, GUID_STREAM, STRING_STREAM};
use crate::note::{Note, Notes, Place, Reason};
use crate::object::ObjectLimits;
use crate::tree::Tree;
use crate::write::names::in_bucket;
use crate::write::{CLSID_MAIL_MESSAGE, TextWidth, WriteOptions};
use mapi_defs::object::{MessageObject, Property, find};
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_MESSAGE_CLASS, PR_RECIPIENT_TYPE, PR_RTF_COMPRESSED};
use mapi_defs::prop::{NamedProp, PropTag, PropType, PropValue};
use mapi_defs::{Guid, Result};

/// What a check found.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// What is wrong; nothing where the file is sound.
    pub problems: Vec<Note>,
    /// Everything that could be read.
    pub message: MessageObject,
}

impl MsgFile {
    /// Reads everything in the file and says what is wrong with it.
    ///
    /// # Errors
    /// Where the file cannot be read at all, as [`Message::to_object`](crate::Message::to_object).
    pub fn check(&self) -> Result<Checked> {
        let (message, notes) = self.message()?.to_object_with_notes(&ObjectLimits::default())?;
        let mut problems = Notes::default();
        problems.extend(self.notes());
        problems.extend(&notes);
        if self.class_id() == Guid::NULL {
            problems.container(Reason::NoClassId);
        }
        self.check_names(&mut problems);
        let mut waiting = vec![(&message, String::new())];
        while let Some((message, place)) = waiting.pop() {
            check_message(message, &place, &mut problems);
            let between = if place.is_empty() { "" } else { "/" };
            for one in &message.attachments {
                let place = format!("{place}{between}attachment {}/message", one.number);
                waiting.extend(one.message.as_deref().map(|inner| (inner, place)));
            }
        }
        Ok(Checked { problems: problems.into_vec(), message })
    }

    /// How the message is to be written where this file is to be repaired: as the same kind of file.
    pub fn repair_options(&self, checked: &Checked) -> WriteOptions {
        let class_id = if self.class_id() == Guid::NULL { CLSID_MAIL_MESSAGE } else { self.class_id() };
        let mixed = checked.problems.iter().any(|problem| problem.reason == Reason::TwoWidths);
        let text = if mixed { TextWidth::Unicode } else { TextWidth::Keep };
        WriteOptions { class_id, text, outlook_limits: false, ..WriteOptions::default() }
    }

    /// The map of names has its three streams, and each name can be looked up.
    fn check_names(&self, problems: &mut Notes) {
        let tree = &self.parts.tree;
        let Some(storage) = Layout::of(tree, Tree::ROOT).names else {
            return problems.container(Reason::NamesIncomplete);
        };
        let layout = Layout::of(tree, storage);
        if [GUID_STREAM, ENTRY_STREAM, STRING_STREAM].iter().any(|tag| layout.stream(*tag).is_none()) {
            problems.container(Reason::NamesIncomplete);
        }
        let bytes = |tag| layout.stream(tag).and_then(|node| tree.bytes(node).ok()).unwrap_or_default();
        let entries = bytes(ENTRY_STREAM);
        let is_found = |name: &NamedProp, kind: u16, index: u16| {
            let (bucket, wanted) = in_bucket(name, kind, index);
            let bucket = bytes(PropTag(bucket.wrapping_shl(16) | 0x0102));
            bucket.chunks_exact(wanted.len()).any(|entry| entry == wanted)
        };
        for ((entry, name), index) in entries.chunks_exact(8).zip(self.parts.names.all()).zip(0_u16..) {
            let kind = u16_at(entry, 4).unwrap_or_default();
            if name.as_ref().is_some_and(|name| !is_found(name, kind, index)) {
                // One that is lost tells enough: whoever leaves out buckets leaves out all.
                return problems.container(Reason::NameNotFound(index));
            }
        }
    }
}

fn check_message(message: &MessageObject, place: &str, problems: &mut Notes) {
    let own = Place { message: place, row: None };
    require(&message.properties, &[PR_MESSAGE_CLASS], own, problems);
    check_text(&message.properties, own, problems);
    let tables = [(message.recipients.len(), "recipients"), (message.attachments.len(), "attachments")];
    for (_, table) in tables.into_iter().filter(|(count, _)| *count > OUTLOOK_ROWS_MAX) {
        problems.add(own, Reason::TooManyRows(table));
    }
    let rtf = message.property(PR_RTF_COMPRESSED).and_then(PropValue::as_binary);
    let is_damaged = |rtf: &[u8]| mapi_rtf::decompress(rtf).map_or(true, |read| !read.defects.is_empty());
    if rtf.is_some_and(|rtf| !rtf.is_empty() && is_damaged(rtf)) {
        problems.add(own, Reason::DamagedRtf);
    }
    for (row, number) in message.recipients.iter().zip(0_u32..) {
        let place = Place { message: place, row: Some(("recipient", number)) };
        require(row, &[PR_RECIPIENT_TYPE, PR_DISPLAY_NAME], place, problems);
        check_text(row, place, problems);
    }
    for attachment in &message.attachments {
        let place = Place { message: place, row: Some(("attachment", attachment.number)) };
        check_text(&attachment.properties, place, problems);
    }
}

fn require(properties: &[Property], tags: &[PropTag], place: Place<'_>, problems: &mut Notes) {
    for tag in tags.iter().filter(|tag| find(properties, **tag).is_none()) {
        problems.add(place, Reason::Required(*tag));
    }
}

fn check_text(properties: &[Property], place: Place<'_>, problems: &mut Notes) {
    let has = |width: PropType| properties.iter().any(|one| one.tag.ptype().single() == width);
    if has(PropType::UNICODE) && has(PropType::STRING8) {
        problems.add(place, Reason::TwoWidths);
    }
}
