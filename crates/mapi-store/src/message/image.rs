//! An open message as the rows it will be: what lies in which blob, and what the save computes.

use super::data::{AttachData, Embedded, MessageData, Slot};
use crate::computed::{display, subject_part};
use crate::engine::pack::{pack, pack_recipients};
use crate::engine::{AttachImage, EmbeddedImage, MessageImage};
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::{Prop, PropTag, PropValue, tags};
use mapi_defs::recipient::RecipientType;
use mapi_defs::{FileTime, Result};

/// Values up to this many bytes lie where tables read them.
const ROW_VALUE_BYTES: usize = 1024;
/// Values of a message up to this many bytes lie in its row; larger ones are streams.
const ROW_INLINE_BYTES: u64 = 16 * 1024;
/// The same of an attachment, which no table of messages reads.
const ATTACH_INLINE_BYTES: u64 = 64 * 1024;
/// The sort key of a message without a delivery time: before every time.
pub(crate) const NO_DELIVERY: i64 = i64::MIN;

/// The bits of PR_MESSAGE_FLAGS that a client sets until the first save.
pub(crate) const FIRST_FLAGS: u32 = MessageFlags::READ.0
    | MessageFlags::UNMODIFIED.0
    | MessageFlags::UNSENT.0
    | MessageFlags::FROMME.0
    | MessageFlags::RESEND.0
    | MessageFlags::RN_PENDING.0
    | MessageFlags::NRN_PENDING.0;

/// The image of a message.
///
/// # Errors
/// - `MAPI_E_TOO_BIG`: more than fits a row.
pub(crate) fn message_image(data: &MessageData, now: FileTime) -> Result<MessageImage> {
    let shown = shown(data);
    let kept = |prop: &&Prop| !computed_at_save(data, prop.tag.id());
    let (small, middle): (Vec<&Prop>, Vec<&Prop>) =
        data.props.small().iter().filter(kept).partition(|prop| prop.value.size_bytes() <= ROW_VALUE_BYTES);
    let elsewhere: Vec<PropTag> = middle
        .iter()
        .map(|prop| prop.tag)
        .chain(data.props.large().map(|(id, large)| PropTag::new(id, large.ptype)))
        .collect();
    let (shown_small, shown_rest): (Vec<&Prop>, Vec<&Prop>) =
        shown.iter().partition(|prop| prop.value.size_bytes() <= ROW_VALUE_BYTES);
    let elsewhere: Vec<PropTag> =
        elsewhere.into_iter().chain(shown_rest.iter().map(|prop| prop.tag)).collect();
    let props = pack(small.into_iter().chain(shown_small), std::iter::empty(), &elsewhere, 0)?;
    let rest = pack(middle.into_iter().chain(shown_rest), data.props.large(), &[], ROW_INLINE_BYTES)?;
    let mut attachments = Vec::new();
    for (number, slot) in &data.attachments {
        if let Slot::Pending(attachment) = slot {
            attachments.push((*number, attach_image(attachment, now)?));
        }
    }
    Ok(MessageImage {
        delivered: delivered(data),
        flags: data.flags,
        flags_mask: data.flags_set,
        status: 0,
        now,
        props,
        recipients: pack_recipients(&data.recipients)?,
        rest,
        attachments,
        removed: data.removed.clone(),
    })
}

impl MessageData {
    /// True where the lists of names that a save makes of the recipients are those of the last one.
    pub(crate) fn shows_the_same(&self) -> bool {
        let same =
            |prop: &Prop| self.props.small().prop(prop.tag).is_some_and(|held| held.value == prop.value);
        shown(self).iter().all(same)
    }

    /// Takes over what a save has made of the state.
    pub(crate) fn settle(&mut self) {
        for prop in shown(self) {
            self.props.put(prop);
        }
        if !self.times_set.contains(&tags::PR_LAST_MODIFICATION_TIME.id()) {
            self.props.remove(tags::PR_LAST_MODIFICATION_TIME.id());
        }
        self.times_set.clear();
        self.removed.clear();
        self.flags_set = 0;
        for slot in self.attachments.values_mut() {
            *slot = Slot::Stored;
        }
    }
}

fn attach_image(data: &AttachData, now: FileTime) -> Result<AttachImage> {
    let embedded = match &data.embedded {
        Embedded::None => EmbeddedImage::None,
        Embedded::Stored(_) => EmbeddedImage::Keep,
        Embedded::Pending { row: Some(_), data } => {
            EmbeddedImage::Update(Box::new(message_image(data, now)?))
        }
        Embedded::Pending { row: None, data } => EmbeddedImage::New(Box::new(message_image(data, now)?)),
    };
    let props = pack(data.props.small().iter(), data.props.large(), &[], ATTACH_INLINE_BYTES)?;
    Ok(AttachImage { props, embedded })
}

/// Properties that each save makes of the recipients.
fn shown(data: &MessageData) -> Vec<Prop> {
    let kinds = [
        (tags::PR_DISPLAY_BCC, RecipientType::Bcc),
        (tags::PR_DISPLAY_CC, RecipientType::Cc),
        (tags::PR_DISPLAY_TO, RecipientType::To),
    ];
    kinds.into_iter().map(|(tag, kind)| Prop::new(tag, display(&data.recipients, kind))).collect()
}

/// True for what the save replaces: the lists of names, and times that were not set anew.
fn computed_at_save(data: &MessageData, id: u16) -> bool {
    matches!(id, 0x0E02..=0x0E04)
        || id == tags::PR_LAST_MODIFICATION_TIME.id() && !data.times_set.contains(&id)
}

fn delivered(data: &MessageData) -> i64 {
    let time = data.props.small().time(tags::PR_MESSAGE_DELIVERY_TIME);
    time.map_or(NO_DELIVERY, |time| i64::try_from(time.0).unwrap_or(i64::MAX))
}

/// The subject's parts for rows and messages that have none of their own.
pub(crate) fn subject_of(data: &MessageData, id: u16) -> Option<PropValue> {
    subject_part(id, data.text(tags::PR_SUBJECT))
}
