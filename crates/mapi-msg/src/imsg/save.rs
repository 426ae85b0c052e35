//! `Saver`: writes a message's state into its storage, once, at the save of the top message.
//!
//! Only what the storage does not have yet is written: attachments that nobody touched, long values that
//! nobody replaced and elements that are not the message's stay as they are. Every storage below the
//! root is committed here; whether the root is, is the message's matter.

use super::computed::{all, outline, outline_of, take_over};
use super::held::{Held, of_width};
use super::places::{Place, Places, copy_storage};
use super::state::{AttachmentState, MessageState, Object, Slot};
use super::whole::{Shared, lock};
use super::written::{Target, properties};
use crate::codepage::Pages;
use crate::layout::{ATTACHMENT, NAMES, RECIPIENT};
use crate::limits::{ATTACHMENTS_MAX, NESTING_MAX, OUTLOOK_ROWS_MAX, RECIPIENTS_MAX};
use crate::property_stream::{Counts, EMBEDDED_HEADER, ROW_HEADER, TOP_HEADER, write_header};
use crate::rtf_sync::text_of_rtf;
use crate::storage::DocStorage;
use crate::write::complete::{self, Kind};
use crate::write::names::NameStreams;
use crate::write::{CLSID_MAIL_MESSAGE, TextWidth, WriteOptions, value_name};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::storage::Storage;
use std::sync::Arc;

const CALL: &str = "IMAPIProp::SaveChanges";
/// What `complete` makes anew at every save.
const COMPUTED: [PropTag; 1] = [PR_HASATTACH];
/// What it makes anew where the recipients changed.
const OF_RECIPIENTS: [PropTag; 3] = [PR_DISPLAY_TO, PR_DISPLAY_CC, PR_DISPLAY_BCC];

/// One save.
pub(super) struct Saver<'a> {
    pub(super) shared: &'a Shared,
    pub(super) places: &'a mut Places,
    pub(super) now: Option<FileTime>,
}

impl Saver<'_> {
    /// Writes the whole message; `state` then says that all of it is stored.
    ///
    /// # Errors
    /// What the storage answers; `MAPI_E_TABLE_TOO_BIG`, `MAPI_E_UNKNOWN_CPID`.
    pub(super) fn save(&mut self, state: &mut MessageState) -> Result<()> {
        let root = self.places.root()?;
        self.names(&root)?;
        if state.fresh && root.storage.stat()?.class_id == Guid::NULL {
            root.storage.set_class_id(CLSID_MAIL_MESSAGE)?;
        }
        self.message(state, &root, 0)?;
        state.mark_stored();
        Ok(())
    }

    fn message(&mut self, state: &mut MessageState, place: &Place, nesting: u32) -> Result<()> {
        self.check(state, nesting)?;
        let pages = state.written_pages();
        if pages != state.pages {
            self.write_text_anew(state)?;
            state.pages = pages;
        }
        take_text_of_rtf(state);
        let is_new = |tag: PropTag| state.props.values.get(&tag.id()).is_none_or(|value| !value.stored);
        let subject_changed = is_new(PR_SUBJECT) || is_new(PR_SUBJECT_PREFIX);
        if is_new(PR_SUBJECT) && !is_new(PR_SUBJECT_PREFIX) {
            // The prefix is that of the subject before.
            state.props.values.remove(&PR_SUBJECT_PREFIX.id());
        }
        let mut added = complete::message(&outline(state), &self.options(state, pages), pages);
        let mut anew = COMPUTED.to_vec();
        if !state.recipients_stored {
            anew.extend(OF_RECIPIENTS);
        }
        if subject_changed {
            anew.push(PR_NORMALIZED_SUBJECT);
        }
        if state.dirty {
            anew.push(PR_LAST_MODIFICATION_TIME);
        }
        take_over(&mut state.props, Kind::Message, &mut added, &anew, state.unicode);
        if !state.recipients_stored {
            self.recipients(state, place, pages)?;
        }
        self.attachments(state, place, nesting)?;
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let counts = Counts {
            next_recipient: state.next_recipient,
            next_attachment: state.next_attachment,
            recipients: count(state.recipients.len()),
            attachments: count(state.attachments.len()),
        };
        let header = write_header(counts, if nesting == 0 { TOP_HEADER } else { EMBEDDED_HEADER });
        properties(&Target { place, header, kind: Kind::Message, pages, object: None }, &state.props)
    }

    /// 8-bit text is in another code page from now on: none of it can stay as it is.
    fn write_text_anew(&self, state: &mut MessageState) -> Result<()> {
        let parts = self.shared.parts();
        let parts = parts.as_deref();
        state.props.unstore_text(parts)?;
        if state.recipients.values().any(Held::has_narrow_text) {
            state.recipients_stored = false;
        }
        let Some(shared_parts) = self.shared.parts() else { return Ok(()) };
        let numbers: Vec<u32> = state.attachments.keys().copied().collect();
        for number in numbers {
            let mut attachment = match state.attachments.get(&number) {
                Some(Slot::Held(attachment)) => (**attachment).clone(),
                Some(Slot::InFile(node)) => AttachmentState::read(&shared_parts, state, number, *node),
                None => continue,
            };
            if attachment.props.has_narrow_text() {
                attachment.props.unstore_text(parts)?;
                attachment.dirty = true;
                state.attachments.insert(number, Slot::Held(Arc::new(attachment)));
            }
        }
        Ok(())
    }

    fn recipients(&mut self, state: &mut MessageState, place: &Place, pages: Pages) -> Result<()> {
        self.remove_numbered(place, RECIPIENT, |_| false)?;
        let options = self.options(state, pages);
        for (number, row) in &mut state.recipients {
            let inner = self.places.make(place, &format!("{RECIPIENT}{number:08X}"))?;
            row.values.values_mut().for_each(|value| value.stored = false);
            let mut added = complete::recipient(&all(row), *number, &options);
            take_over(row, Kind::Recipient, &mut added, &[PR_ROWID], state.unicode);
            row.set(Kind::Recipient, PR_ROWID, PropValue::Long(number.cast_signed()));
            let target = Target {
                place: &inner,
                header: vec![0; ROW_HEADER],
                kind: Kind::Recipient,
                pages,
                object: None,
            };
            properties(&target, row)?;
            inner.storage.commit()?;
        }
        Ok(())
    }

    fn attachments(&mut self, state: &mut MessageState, place: &Place, nesting: u32) -> Result<()> {
        let kept = &state.attachments;
        self.remove_numbered(place, ATTACHMENT, |number| kept.contains_key(&number))?;
        let options = self.options(state, state.pages);
        let (pages, unicode, fresh) = (state.pages, state.unicode, state.fresh);
        for (number, slot) in &mut state.attachments {
            if let Slot::Held(attachment) = slot
                && (attachment.dirty || fresh)
            {
                let name = format!("{ATTACHMENT}{number:08X}");
                let inner = self.places.enter(place, &name)?;
                let attachment = Arc::make_mut(attachment);
                let mut added = complete::attachment(&outline_of(attachment, *number), *number, &options);
                take_over(&mut attachment.props, Kind::Attachment, &mut added, &[PR_ATTACH_NUM], unicode);
                self.object(attachment, &inner, nesting)?;
                let object = match &attachment.object {
                    Object::None => None,
                    Object::Message(_) | Object::MessageInFile(..) => Some(1),
                    Object::Storage { .. } | Object::StorageInFile(_) => Some(4),
                };
                let header = vec![0; ROW_HEADER];
                properties(
                    &Target { place: &inner, header, kind: Kind::Attachment, pages, object },
                    &attachment.props,
                )?;
                inner.storage.commit()?;
            }
        }
        Ok(())
    }

    /// Writes what an attachment holds as an object.
    fn object(&mut self, attachment: &mut AttachmentState, place: &Place, nesting: u32) -> Result<()> {
        let name = value_name(PR_ATTACH_DATA_OBJ);
        match &mut attachment.object {
            Object::None => self.places.remove(place, &name),
            Object::MessageInFile(..) | Object::StorageInFile(_) | Object::Storage { stored: true, .. } => {
                Ok(())
            }
            Object::Message(message) => {
                if !message.dirty && !message.fresh {
                    return Ok(());
                }
                let inner = match message.fresh {
                    true => self.places.make(place, &name)?,
                    false => self.places.enter(place, &name)?,
                };
                let message = Arc::make_mut(message);
                self.message(message, &inner, nesting.saturating_add(1))?;
                inner.storage.commit()
            }
            Object::Storage { folder, .. } => {
                let inner = self.places.make(place, &name)?;
                let from: Arc<dyn Storage> = Arc::new(DocStorage::reading(Arc::clone(folder)));
                copy_storage(&from, &inner.storage)?;
                inner.storage.commit()
            }
        }
    }

    /// Removes the numbered storages of one kind, except those whose number is kept.
    fn remove_numbered(&mut self, place: &Place, start: &str, keep: impl Fn(u32) -> bool) -> Result<()> {
        let start = start.to_uppercase();
        for element in place.elements()? {
            let Some(digits) = element.name.strip_prefix(&start) else { continue };
            if !u32::from_str_radix(digits, 16).is_ok_and(&keep) {
                self.places.remove(place, &element.name)?;
            }
        }
        Ok(())
    }

    /// Writes the names that the storage does not have yet.
    fn names(&mut self, root: &Place) -> Result<()> {
        let (new, len) = {
            let names = lock(&self.shared.names);
            (names.unstored(), names.len())
        };
        let Some(new) = new else { return Ok(()) };
        let place = self.places.enter(root, NAMES)?;
        let mut streams = NameStreams::continuing(|name| place.read(name))?;
        new.iter().for_each(|(index, name)| streams.push(name, *index));
        for (name, bytes) in streams.into_streams() {
            place.write(&name, &bytes)?;
        }
        place.storage.commit()?;
        lock(&self.shared.names).mark_stored(len);
        Ok(())
    }

    fn options(&self, state: &MessageState, pages: Pages) -> WriteOptions {
        let text = if state.unicode { TextWidth::Unicode } else { TextWidth::String8(pages.text) };
        WriteOptions { text, now: self.now, ..WriteOptions::default() }
    }

    fn check(&self, state: &MessageState, nesting: u32) -> Result<()> {
        let rows = state.recipients.len().max(state.attachments.len());
        let limit = match self.shared.outlook_limits {
            true => OUTLOOK_ROWS_MAX,
            false => RECIPIENTS_MAX.min(ATTACHMENTS_MAX),
        };
        if rows > limit {
            let detail = format!("{rows} recipients or attachments, {limit} are allowed");
            return Err(Error::new(ErrorCode::TABLE_TOO_BIG, CALL, detail));
        }
        if nesting > NESTING_MAX {
            return Err(Error::new(ErrorCode::TOO_COMPLEX, CALL, "messages are embedded more than 64 deep"));
        }
        Ok(())
    }
}

/// A message that understands RTF makes its text of it: whoever set the RTF anew may have left the text out.
/// RTF that cannot be read gives none.
fn take_text_of_rtf(state: &mut MessageState) {
    let is_new = state.props.values.get(&PR_RTF_COMPRESSED.id()).is_some_and(|value| !value.stored);
    if !is_new || state.props.values.contains_key(&PR_BODY.id()) {
        return;
    }
    let rtf = state.props.here(PR_RTF_COMPRESSED).and_then(PropValue::as_binary);
    let Some(text) = rtf.and_then(|rtf| text_of_rtf(rtf).ok()).filter(|text| !text.is_empty()) else {
        return;
    };
    state.props.set(Kind::Message, PR_BODY, of_width(PropValue::Unicode(text), state.unicode));
    state.props.set(Kind::Message, PR_RTF_IN_SYNC, PropValue::Boolean(true));
}
