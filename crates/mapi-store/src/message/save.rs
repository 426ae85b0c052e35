//! Saving and submitting a message.

use super::data::{Embedded, MessageData};
use super::image::message_image;
use super::{Changed, Home, State, StoreMessage};
use crate::answer;
use crate::engine::pack::pack_recipients;
use crate::engine::record::RowRecord;
use crate::engine::{Change, Done, Marks, MessageChange, Once, Saved, Target};
use mapi_defs::flags::{MessageFlags, SaveFlags, SubmitFlags};
use mapi_defs::prop::{Prop, PropValue, tags};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::message::Message;
use mapi_spi::report::is_report;
use mapi_spi::spooler::DELIVERY_KEY;
use mapi_spi::support::SpoolerNotify;
use std::sync::Arc;

/// Right of the `@` of a Message-ID, from the names reserved for such use: it says nothing of the sender.
const MESSAGE_ID_DOMAIN: &str = "openmapi.invalid";

impl StoreMessage {
    /// Saves: into the store, or into the attachment.
    ///
    /// # Errors
    /// Those of `MapiProp::save_changes`.
    pub(super) fn save(&self, flags: SaveFlags) -> Result<()> {
        const CALL: &str = "Message::save_changes";
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "an undefined flag is set"));
        }
        let mut state = self.writable_for(Changed::Nothing, CALL)?;
        match &self.home {
            Home::Folder { .. } => {
                // A message that arrives is nothing that has to be written down on a full disk.
                let by_spooler = self.logon.is_spooler() && state.data.row.is_some();
                let once = self.delivery(&state);
                if once.is_some() {
                    // It arrives here: what its sender asked of whoever reads it is owed.
                    let owed = arriving(&state.data);
                    state.data.flags |= owed;
                }
                self.save_row(&mut state, flags.contains(SaveFlags::FORCE_SAVE), None, once, by_spooler)?;
            }
            Home::Attachment(attach) => {
                let row = state.data.row.as_ref().map(|row| row.id);
                attach.embed(Embedded::Pending { row, data: Arc::new(state.data.clone()) })?;
            }
        }
        if flags.contains(SaveFlags::KEEP_OPEN_READONLY) && !flags.contains(SaveFlags::KEEP_OPEN_READWRITE) {
            state.can_write = false;
        }
        Ok(())
    }

    /// Which delivery a new message is, where a transport said so to the spooler.
    fn delivery(&self, state: &State) -> Option<Once> {
        let is_new = state.data.row.is_none() && self.logon.is_spooler();
        let key = answer::held_as(&state.data.props, DELIVERY_KEY).filter(|_| is_new)?;
        let key = key.value.as_binary().filter(|key| !key.is_empty())?.to_vec();
        Some(Once { key, is_announced: false })
    }

    /// Saves what waits, for the spooler that locks the message; answers the number of its last change.
    ///
    /// # Errors
    /// Those of `MapiProp::save_changes`.
    pub(crate) fn save_pending(&self, call: &'static str) -> Result<Option<i64>> {
        let mut state = self.live(call)?;
        if state.can_write && state.changed != Changed::Nothing {
            self.save_row(&mut state, false, None, None, true)?;
        }
        Ok(state.data.row.as_ref().map(|row| row.change))
    }

    /// Saves what waits together with a change that ends the message, for the spooler; the object is closed.
    ///
    /// # Errors
    /// Those of `MapiProp::save_changes` and of the change.
    pub(crate) fn end_with(&self, end: Change, call: &'static str) -> Result<()> {
        let mut state = self.live(call)?;
        let mut changes = Vec::with_capacity(2);
        if state.can_write && state.changed != Changed::Nothing {
            let now = self.logon.now();
            changes.push(self.change(&state, (false, None, None, true), now)?);
        }
        changes.push(end);
        self.logon.engine(call)?.commit(Change::All(changes))?;
        state.ended = true;
        Ok(())
    }

    /// Saves into the store in one transaction; the queue's row and the record of a delivery with it.
    pub(crate) fn save_row(
        &self,
        state: &mut State,
        force: bool,
        submit: Option<u32>,
        once: Option<Once>,
        by_spooler: bool,
    ) -> Result<(i64, u32, bool)> {
        const CALL: &str = "Message::save_changes";
        let engine = self.logon.engine(CALL)?;
        let now = self.logon.now();
        let change = self.change(state, (force, submit, once, by_spooler), now);
        state.marks = None;
        let change = change?;
        let Done::Message(saved) = engine.commit(change)? else {
            return Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the engine answered something else"));
        };
        if saved.is_new {
            self.settle(state, saved, now);
        }
        Ok((saved.id, saved.guard, saved.is_new))
    }

    /// What is to be saved: whether by force, whether to be queued, which delivery it is, and whether the spooler
    /// saves it.
    fn change(
        &self,
        state: &State,
        (force, submit, once, by_spooler): (bool, Option<u32>, Option<Once>, bool),
        now: FileTime,
    ) -> Result<Change> {
        const CALL: &str = "Message::save_changes";
        let is_plain = by_spooler && !force && submit.is_none() && once.is_none();
        if let Some(row) = state.data.row.as_ref().filter(|_| is_plain)
            && state.changed == Changed::Recipients
            && state.data.shows_the_same()
        {
            let recipients = pack_recipients(&state.data.recipients)?;
            return Ok(Change::Recipients { id: row.id, expected: Some(row.change), recipients, now });
        }
        let image = message_image(&state.data, now)?;
        let target = match (&state.data.row, &self.home) {
            (Some(row), _) => Target::Existing { id: row.id, expected: (!force).then_some(row.change) },
            (None, Home::Folder { folder, .. }) => Target::New { folder: *folder, view: self.view() },
            (None, Home::Attachment(_)) => {
                return Err(Error::new(
                    ErrorCode::NO_SUPPORT,
                    CALL,
                    "an embedded message has no row of its own",
                ));
            }
        };
        let marks = state.marks;
        Ok(Change::Message(Box::new(MessageChange { target, image, submit, once, by_spooler, marks })))
    }

    /// Makes the state what the store holds now, so that it needs no reading.
    fn settle(&self, state: &mut State, saved: Saved, now: FileTime) {
        let view = self.view();
        state.changed = Changed::Nothing;
        let (folder, folder_guard) = match &self.home {
            Home::Folder { folder, guard, .. } => (*folder, *guard),
            Home::Attachment(_) => (0, 0),
        };
        let data = &mut state.data;
        data.settle();
        // Large values are read from the store again, so that their copies here need no room.
        state.stale = data.props.large().next().is_some();
        let row = data.row.get_or_insert_with(|| RowRecord {
            id: saved.id,
            guard: saved.guard,
            folder,
            folder_guard,
            view,
            delivered: 0,
            flags: 0,
            status: 0,
            size: 0,
            created: now,
            modified: now,
            change: 0,
            props: Vec::new(),
        });
        (row.change, row.flags, row.size, row.modified) = (saved.change, saved.flags, saved.size, now);
        data.flags = saved.flags;
    }

    /// Submits, and marks another message in the same step.
    ///
    /// # Errors
    /// Those of `Message::submit`: nothing is marked.
    pub(crate) fn submit_with(&self, marks: Marks) -> Result<()> {
        self.lock().marks = Some(marks);
        self.submit_now()
    }

    /// Submits: checks, lets MAPI prepare the recipients, then saves and queues in one transaction.
    ///
    /// # Errors
    /// Those of `Message::submit`.
    pub(super) fn submit_now(&self) -> Result<()> {
        const CALL: &str = "Message::submit";
        if matches!(self.home, Home::Attachment(_)) {
            return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "an embedded message cannot be submitted"));
        }
        let by_spooler = self.logon.is_spooler();
        {
            let mut state = self.writable(CALL)?;
            if state.data.recipients.is_empty() {
                return Err(Error::new(ErrorCode::NO_RECIPIENTS, CALL, "the message has no recipients"));
            }
            for row in &mut state.data.recipients {
                row.props.set(Recipient::RESPONSIBILITY, false);
            }
        }
        // No lock is held here: what MAPI does with the message comes back through its methods.
        let support = self.logon.support();
        support.prepare_submit(self)?;
        let preprocess = support.expand_recips(self)? && !by_spooler;
        let mut state = self.writable(CALL)?;
        if self.recipients_of(&state).is_empty() {
            return Err(Error::new(ErrorCode::NO_RECIPIENTS, CALL, "no recipient is left"));
        }
        let (flags, flags_set) = (state.data.flags, state.data.flags_set);
        let submitted = MessageFlags::SUBMIT.0 | MessageFlags::UNSENT.0;
        state.data.flags |= submitted;
        state.data.flags_set |= submitted;
        let time = state.data.props.small().time(tags::PR_CLIENT_SUBMIT_TIME);
        let once = self.delivery(&state);
        // What the spooler has prepared keeps its time; what it sends of its own has none yet.
        if !by_spooler || time.is_none() {
            let now = Prop::new(tags::PR_CLIENT_SUBMIT_TIME, PropValue::SysTime(self.logon.now()));
            state.data.props.put(now);
        }
        let is_named_now = self.name_once(&mut state.data);
        let submit_flags = if preprocess { SubmitFlags::PREPROCESS.0 } else { 0 };
        if let Err(error) = self.save_row(&mut state, false, Some(submit_flags), once, by_spooler) {
            // The message stays open as it was before the call.
            (state.data.flags, state.data.flags_set) = (flags, flags_set);
            match time {
                Some(time) => {
                    state.data.props.put(Prop::new(tags::PR_CLIENT_SUBMIT_TIME, PropValue::SysTime(time)));
                }
                None => drop(state.data.props.remove(tags::PR_CLIENT_SUBMIT_TIME.id())),
            }
            if is_named_now {
                state.data.props.remove(tags::PR_INTERNET_MESSAGE_ID.id());
            }
            return Err(error);
        }
        state.ended = true;
        drop(state);
        // A session without a spooler leaves the message to the next one that has one.
        drop(self.logon.support().spooler_notify(SpoolerNotify::ReadyToSend));
        Ok(())
    }

    /// Gives a message without one its Message-ID, so that however often and by whatever transport it is
    /// sent, it is the same message. Its date is PR_CLIENT_SUBMIT_TIME.
    ///
    /// Not made of PR_SEARCH_KEY: a copy of a draft has that too, and is another message once it is sent.
    fn name_once(&self, data: &mut MessageData) -> bool {
        let held = data.props.small().text(tags::PR_INTERNET_MESSAGE_ID);
        if held.is_some_and(|id| !id.trim().is_empty()) {
            return false;
        }
        let unique = self.logon.support().new_uid().0;
        let left: String = unique.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("<{left}@{MESSAGE_ID_DOMAIN}>");
        data.props.put(Prop::new(tags::PR_INTERNET_MESSAGE_ID, id));
        true
    }

    fn recipients_of<'a>(&self, state: &'a State) -> &'a [Recipient] {
        &state.data.recipients
    }
}

/// The bits of PR_MESSAGE_FLAGS for the reports that the sender of a message that arrives has asked for.
pub(crate) fn arriving(data: &MessageData) -> u32 {
    let held = data.props.small();
    if held.text(tags::PR_MESSAGE_CLASS).is_some_and(is_report) {
        return 0;
    }
    let asked = |tag, bit: MessageFlags| if held.boolean(tag) == Some(true) { bit.0 } else { 0 };
    asked(tags::PR_READ_RECEIPT_REQUESTED, MessageFlags::RN_PENDING)
        | asked(tags::PR_NON_RECEIPT_NOTIFICATION_REQUESTED, MessageFlags::NRN_PENDING)
}

/// A message of this store behind any face of one.
pub(crate) fn ours(message: &dyn Message) -> Option<&StoreMessage> {
    message.as_any().downcast_ref::<StoreMessage>()
}
