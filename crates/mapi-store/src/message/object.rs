//! The face of a message as `MapiProp` and `Message`.

use super::data::{AttachData, Slot};
use super::image::{FIRST_FLAGS, subject_of};
use super::{Changed, Home, State, StoreMessage, recipients};
use crate::answer;
use crate::attachment::Attach;
use crate::computed::{is_of_message, time};
use crate::logon::Logon;
use crate::prop_set::PropSet;
use crate::receipt;
use crate::row_events::Concern;
use crate::rows::MemoryTable;
use crate::stream::{Owner, open_stream};
use mapi_defs::flags::{MessageFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, PropValue, tags};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;

/// No message has more attachments: their numbers have 20 bits.
const MOST_ATTACHMENTS: u32 = 1 << 20;

impl StoreMessage {
    fn value(&self, state: &State, tag: PropTag) -> Option<Prop> {
        let id = tag.id();
        if let Some(value) = self.facts(state).value(tag, &self.logon) {
            return Some(Prop::new(tag, value));
        }
        if let Some(held) = answer::held_as(&state.data.props, tag) {
            return Some(held);
        }
        let row = state.data.row.as_ref();
        let times = row.and_then(|row| time(id, row.created, row.modified));
        times.or_else(|| subject_of(&state.data, id)).map(|value| Prop::new(tag, value))
    }

    fn computed(&self, state: &State) -> PropList {
        let mut list = self.facts(state).all(&self.logon);
        let times = [tags::PR_CREATION_TIME, tags::PR_LAST_MODIFICATION_TIME];
        let parts = [tags::PR_SUBJECT_PREFIX, tags::PR_NORMALIZED_SUBJECT];
        for tag in times.into_iter().chain(parts) {
            if !state.data.props.contains(tag.id())
                && let Some(prop) = self.value(state, tag)
            {
                list.set(tag, prop.value);
            }
        }
        list
    }

    fn set_flags(&self, state: &mut State, value: &PropValue) -> Option<ErrorCode> {
        match value {
            PropValue::Long(_) if state.data.row.is_some() => Some(ErrorCode::COMPUTED),
            PropValue::Long(flags) => {
                state.data.flags = state.data.flags & !FIRST_FLAGS | *flags as u32 & FIRST_FLAGS;
                None
            }
            _ => Some(ErrorCode::UNEXPECTED_TYPE),
        }
    }
}

impl Owner for StoreMessage {
    fn with_props(&self, call: &'static str, write: bool, work: &mut dyn FnMut(&mut PropSet)) -> Result<()> {
        let mut state = if write { self.writable(call)? } else { self.live(call)? };
        work(&mut state.data.props);
        Ok(())
    }

    fn logon(&self) -> &Arc<Logon> {
        &self.logon
    }
}

impl MapiProp for StoreMessage {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let state = self.live("Message::props")?;
        Ok(match asked {
            Some(asked) => asked.iter().map(|tag| answer::pick(*tag, self.value(&state, *tag))).collect(),
            None => answer::all(&state.data.props, self.computed(&state)),
        })
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        let state = self.live("Message::prop_list")?;
        Ok(answer::tags(&state.data.props, &self.computed(&state)))
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut state = self.writable("Message::set_props")?;
        let mut problems = Vec::new();
        let flags = tags::PR_MESSAGE_FLAGS.id();
        for (index, prop) in props.iter().enumerate().filter(|(_, prop)| prop.tag.id() == flags) {
            if let Some(code) = self.set_flags(&mut state, &prop.value) {
                problems.push(PropProblem { index, tag: prop.tag, code });
            }
        }
        let State { data, .. } = &mut *state;
        answer::set(&mut data.props, props, |id| is_of_message(id) || id == flags, &mut problems);
        problems.retain(|problem| {
            problem.tag.id() != flags || problem.code != ErrorCode::COMPUTED || data.row.is_some()
        });
        problems.sort_by_key(|problem| problem.index);
        problems.dedup_by_key(|problem| problem.index);
        data.times_set
            .extend(props.iter().map(|prop| prop.tag.id()).filter(|id| matches!(id, 0x3007 | 0x3008)));
        Ok(problems)
    }

    fn delete_props(&self, deleted: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut state = self.writable("Message::delete_props")?;
        let mut problems = Vec::new();
        let flags = tags::PR_MESSAGE_FLAGS.id();
        answer::delete(&mut state.data.props, deleted, |id| is_of_message(id) || id == flags, &mut problems);
        Ok(problems)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let this = self.this.upgrade().ok_or_else(|| {
            Error::new(ErrorCode::INVALID_OBJECT, "Message::open_stream", "the message is being closed")
        })?;
        if is_of_message(tag.id()) && flags != StreamFlags::NONE {
            return Err(Error::new(ErrorCode::NO_ACCESS, "Message::open_stream", "the property is computed"));
        }
        open_stream(this, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.save(flags)
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        answer::names(&self.logon, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        answer::ids(&self.logon, names, create)
    }
}

impl Message for StoreMessage {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        Ok(self.live("Message::recipients")?.data.recipients.clone())
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        let mut state = self.writable_for(Changed::Recipients, "Message::modify_recipients")?;
        recipients::modify(&mut state.data, how, rows)
    }

    fn recipient_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let this = self.this.clone();
        let rows = move || {
            let message = this.upgrade().ok_or_else(|| {
                Error::new(ErrorCode::INVALID_OBJECT, "MapiTable", "the message was closed")
            })?;
            let row = |recipient: Recipient| {
                let mut props = recipient.props;
                props.set(tags::PR_ROWID, recipient.row_id as i32);
                props.set(tags::PR_INSTANCE_KEY, recipient.row_id.to_le_bytes().to_vec());
                props
            };
            Ok(message.recipients()?.into_iter().map(row).collect())
        };
        let columns = [
            tags::PR_ROWID,
            Recipient::DISPLAY_NAME,
            Recipient::TYPE,
            Recipient::ADDRTYPE,
            Recipient::EMAIL_ADDRESS,
            Recipient::SMTP_ADDRESS,
            Recipient::RESPONSIBILITY,
        ];
        Ok(MemoryTable::new(self.logon.clone(), &columns, Concern::Nothing, Box::new(rows)))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        Ok(self.live("Message::attachments")?.data.attachments.keys().copied().collect())
    }

    fn attachment_table(&self, _flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        let this = self.this.clone();
        let rows = move || {
            let message = this.upgrade().ok_or_else(|| {
                Error::new(ErrorCode::INVALID_OBJECT, "MapiTable", "the message was closed")
            })?;
            let numbers = message.attachments()?;
            numbers.into_iter().map(|number| Ok(message.attach(number, false)?.row())).collect()
        };
        let columns = [
            tags::PR_ATTACH_NUM,
            tags::PR_ATTACH_METHOD,
            tags::PR_ATTACH_SIZE,
            tags::PR_ATTACH_LONG_FILENAME,
            tags::PR_ATTACH_FILENAME,
            tags::PR_ATTACH_MIME_TAG,
            tags::PR_RENDERING_POSITION,
        ];
        Ok(MemoryTable::new(self.logon.clone(), &columns, Concern::Nothing, Box::new(rows)))
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        const CALL: &str = "Message::open_attach";
        let can_write = self.live(CALL)?.can_write;
        if flags.contains(OpenFlags::MODIFY) && !can_write {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the message is open for reading only"));
        }
        let wants = flags.intersects(OpenFlags::MODIFY | OpenFlags::BEST_ACCESS);
        Ok(self.attach(number, can_write && wants)?)
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        const CALL: &str = "Message::create_attach";
        let mut state = self.writable(CALL)?;
        let number = state.data.next_number;
        if number >= MOST_ATTACHMENTS {
            return Err(Error::new(ErrorCode::TOO_BIG, CALL, "no number is left for an attachment"));
        }
        state.data.next_number += 1;
        drop(state);
        let attach = Attach::open(self.shared(CALL)?, number, AttachData::default(), true);
        Ok((number, attach))
    }

    fn delete_attach(&self, number: u32) -> Result<()> {
        let mut state = self.writable("Message::delete_attach")?;
        let in_store = state.data.row.is_some();
        match state.data.attachments.remove(&number) {
            Some(slot) => {
                if matches!(slot, Slot::Stored) || in_store {
                    state.data.removed.push(number);
                }
                Ok(())
            }
            None => Err(Error::new(
                ErrorCode::NOT_FOUND,
                "Message::delete_attach",
                format!("there is no attachment {number}"),
            )),
        }
    }

    fn submit(&self) -> Result<()> {
        self.submit_now()
    }

    fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        const CALL: &str = "Message::set_read_flag";
        let (mut set, mut clear) = read_flags(flags, CALL)?;
        self.logon.check_write(CALL)?;
        let row = self.live(CALL)?.data.row.as_ref().map(|row| (row.id, row.folder));
        // No lock is held here: a report that is owed is made by MAPI.
        if let (Some(place), Home::Folder { .. }) = (row, &self.home) {
            (set, clear) = receipt::mark(&self.logon, place, flags, CALL)?;
        }
        let mut state = self.live(CALL)?;
        state.data.flags = state.data.flags & !clear | set;
        Ok(())
    }
}

impl StoreMessage {
    fn shared(&self, call: &'static str) -> Result<Arc<Self>> {
        self.this
            .upgrade()
            .ok_or_else(|| Error::new(ErrorCode::INVALID_OBJECT, call, "the message is being closed"))
    }

    fn attach(&self, number: u32, can_write: bool) -> Result<Arc<Attach>> {
        const CALL: &str = "Message::open_attach";
        let engine = self.logon.engine(CALL)?;
        let data = self.live(CALL)?.data.attachment(number, &*engine)?;
        Ok(Attach::open(self.shared(CALL)?, number, (*data).clone(), can_write))
    }
}

/// The bits of PR_MESSAGE_FLAGS that a call sets and clears.
///
/// Whether a report is sent of it is `receipt.rs`.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_INVALID_PARAMETER`: CLEAR with SUPPRESS_RECEIPT or GENERATE_RECEIPT_ONLY.
pub(crate) fn read_flags(flags: ReadFlags, call: &'static str) -> Result<(u32, u32)> {
    if flags.has_unknown() {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag is set"));
    }
    let of_reports = ReadFlags::SUPPRESS_RECEIPT | ReadFlags::GENERATE_RECEIPT_ONLY;
    if flags.contains(ReadFlags::CLEAR) && flags.intersects(of_reports) {
        let detail = "what is marked unread has no report to be sent or suppressed";
        return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, detail));
    }
    let (mut set, mut clear) = (0, 0);
    if flags.contains(ReadFlags::CLEAR) {
        clear |= MessageFlags::READ.0;
    } else if !flags.intersects(
        ReadFlags::GENERATE_RECEIPT_ONLY | ReadFlags::CLEAR_RN_PENDING | ReadFlags::CLEAR_NRN_PENDING,
    ) {
        set |= MessageFlags::READ.0;
    }
    if flags.intersects(ReadFlags::SUPPRESS_RECEIPT | ReadFlags::CLEAR_RN_PENDING) {
        clear |= MessageFlags::RN_PENDING.0;
    }
    if flags.contains(ReadFlags::CLEAR_NRN_PENDING) {
        clear |= MessageFlags::NRN_PENDING.0;
    }
    Ok((set, clear))
}
