//! The properties of a message on a storage that follow from others: display lists, flags, masks.
//!
//! What they are is `write/complete.rs`'s; here it is decided when they are made anew, and what is
//! answered for them before a save has made them.

use super::held::{Held, of_width};
use super::state::{AttachmentState, MessageState, Object};
use crate::write::complete::{self, Added, Kind};
use crate::write::{TextWidth, WriteOptions};
use mapi_defs::object::{AttachmentObject, MessageObject, Property, StorageObject};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropType, PropValue};

/// MAPI_MESSAGE.
const MESSAGE: i32 = 5;

/// A property that follows from the others.
pub(super) fn computed(state: &MessageState, tag: PropTag) -> Option<PropValue> {
    const ASKED: [PropTag; 8] = [
        PR_STORE_SUPPORT_MASK,
        PR_ACCESS,
        PR_ACCESS_LEVEL,
        PR_HASATTACH,
        PR_DISPLAY_TO,
        PR_DISPLAY_CC,
        PR_DISPLAY_BCC,
        PR_NORMALIZED_SUBJECT,
    ];
    if tag.id() == PR_OBJECT_TYPE.id() {
        return Some(PropValue::Long(MESSAGE));
    }
    if !ASKED.iter().any(|asked| asked.id() == tag.id()) {
        return None;
    }
    let text = if state.unicode { TextWidth::Unicode } else { TextWidth::String8(state.pages.text) };
    let options = WriteOptions { text, ..WriteOptions::default() };
    let added = complete::message(&outline(state), &options, state.pages);
    let found = added.instead.into_iter().chain(added.beside).find(|one| one.tag.id() == tag.id())?;
    Some(crate::imessage::in_width(found.value, tag.ptype()))
}

/// Takes what is missing, and what is made anew, into an object's properties.
pub(super) fn take_over(props: &mut Held, kind: Kind, added: &mut Added, anew: &[PropTag], unicode: bool) {
    let instead = added.instead.drain(..).map(|one| (one, true));
    let beside: Vec<(Property, bool)> = added
        .beside
        .drain(..)
        .map(|one| {
            let forced = anew.iter().any(|tag| tag.id() == one.tag.id());
            (one, forced)
        })
        .collect();
    for (one, forced) in instead.chain(beside) {
        if !forced && props.values.contains_key(&one.tag.id()) {
            continue;
        }
        if one.value.as_text() == Some("") {
            props.values.remove(&one.tag.id());
            continue;
        }
        let value = of_width(one.value, unicode);
        if props.here(one.tag.with_type(PropType::UNSPECIFIED)) != Some(&value) {
            props.set(kind, one.tag, value);
        }
    }
}

/// As much of a message as its computed properties are made of.
pub(super) fn outline(state: &MessageState) -> MessageObject {
    let asked = [PR_STORE_SUPPORT_MASK, PR_SUBJECT, PR_SUBJECT_PREFIX, PR_MESSAGE_CLASS];
    let of = |held: &Held, asked: &[PropTag]| -> Vec<Property> {
        asked.iter().filter_map(|tag| Some(Property::new(*tag, held.here(*tag)?.clone()))).collect()
    };
    let shown = [PR_RECIPIENT_TYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS];
    MessageObject {
        properties: of(&state.props, &asked),
        recipients: state.recipients.values().map(|row| of(row, &shown)).collect(),
        attachments: state.attachments.keys().map(|number| attachment_of(*number)).collect(),
    }
}

/// As much of an attachment.
pub(super) fn outline_of(state: &AttachmentState, number: u32) -> AttachmentObject {
    let mut object = attachment_of(number);
    let mask = state.props.here(PR_STORE_SUPPORT_MASK);
    object.properties.extend(mask.map(|mask| Property::new(PR_STORE_SUPPORT_MASK, mask.clone())));
    match &state.object {
        Object::None => {}
        Object::Message(_) | Object::MessageInFile(..) => object.message = Some(Box::default()),
        Object::Storage { .. } | Object::StorageInFile(_) => object.storage = Some(StorageObject::default()),
    }
    object
}

fn attachment_of(number: u32) -> AttachmentObject {
    AttachmentObject { number, ..AttachmentObject::default() }
}

/// The properties of a row, all of which are here.
pub(super) fn all(held: &Held) -> Vec<Property> {
    held.list(&[]).into_iter().map(|prop| Property::new(prop.tag, prop.value)).collect()
}
