//! From the records of what happened to what sinks are told.
//!
//! What the tables of messages tell is `contents/events.rs`.

use crate::contents::row_props;
use crate::engine::Engine;
use crate::engine::record::{ANNOUNCED, ChangeRecord};
use crate::entry_id::Kind;
use crate::logon::Logon;
use mapi_defs::EntryId;
use mapi_defs::notification::{EventMask, Notification, ObjectEvent};
use mapi_defs::prop::tags;
use std::cell::RefCell;
use std::collections::HashMap;

/// A look at the store, for what changes do not say themselves.
pub(super) struct Reading<'a> {
    logon: &'a Logon,
    engine: &'a dyn Engine,
    /// Identifiers of folders, each looked up once.
    folders: RefCell<HashMap<i64, EntryId>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(logon: &'a Logon, engine: &'a dyn Engine) -> Self {
        Self { logon, engine, folders: RefCell::default() }
    }

    /// The notifications of one change, each with the object whose sinks hear it beside the store's.
    pub(super) fn of_change(&self, change: &ChangeRecord) -> Vec<(Kind, i64, Notification)> {
        let kind = kind(change);
        let id = self.logon.entry_id(kind, change.object, change.guard);
        if change.event == ANNOUNCED {
            let parent = self.folder(change.folder);
            return vec![(Kind::Folder, change.folder, self.new_mail(change, id, parent))];
        }
        let is_new_mail = change.event == EventMask::NEW_MAIL.0;
        let event = if is_new_mail { EventMask::OBJECT_CREATED } else { EventMask(change.event) };
        let moved = change.old_folder != 0;
        let object = ObjectEvent {
            object_type: kind as u32,
            entry_id: id.clone(),
            parent_id: self.folder(change.folder),
            old_id: moved.then(|| id.clone()),
            old_parent_id: moved.then(|| self.folder(change.old_folder)),
            tags: Vec::new(),
        };
        let mut told = Vec::new();
        if is_new_mail {
            // Who listens to the folder in which mail arrives is told of it, too.
            told.push((Kind::Folder, change.folder, self.new_mail(change, id, object.parent_id.clone())));
        }
        told.push((kind, change.object, Notification::Object { event, object }));
        told
    }

    /// Folders whose counters changed were modified, each once, in the order of what changed them last.
    pub(super) fn of_counters(&self, changes: &[ChangeRecord]) -> Vec<(i64, Notification)> {
        let mut folders: Vec<i64> = Vec::new();
        for folder in changes.iter().filter(|one| one.counted).flat_map(|one| [one.old_folder, one.folder]) {
            folders.retain(|known| *known != folder);
            folders.push(folder);
        }
        let event = |number: i64| {
            let record = self.engine.folder(number).ok().flatten().filter(|record| !record.deleted)?;
            let object = ObjectEvent {
                object_type: Kind::Folder as u32,
                entry_id: self.folder(number),
                parent_id: self.folder(record.parent),
                ..ObjectEvent::default()
            };
            Some((number, Notification::Object { event: EventMask::OBJECT_MODIFIED, object }))
        };
        folders.into_iter().filter_map(event).collect()
    }

    /// What is told of the store, or of one object, to who missed what happened.
    pub(super) fn missed(&self, kind: Kind, number: i64) -> Notification {
        let entry_id = match kind {
            Kind::Folder => self.folder(number),
            Kind::Store => self.logon.store_entry_id(),
            Kind::Message => {
                let rows = self.engine.rows_by_id(&[number]).unwrap_or_default();
                self.logon.entry_id(kind, number, rows.first().map_or(0, |row| row.guard))
            }
        };
        let object = ObjectEvent { object_type: kind as u32, entry_id, ..ObjectEvent::default() };
        Notification::Object { event: EventMask::OBJECT_MODIFIED, object }
    }

    fn new_mail(&self, change: &ChangeRecord, entry_id: EntryId, parent_id: EntryId) -> Notification {
        let rows = self.engine.rows_by_id(&[change.object]).unwrap_or_default();
        let asked = [tags::PR_MESSAGE_CLASS, tags::PR_MESSAGE_FLAGS];
        let props = rows.first().and_then(|row| row_props(self.logon, row, &asked).ok()).unwrap_or_default();
        Notification::NewMail {
            entry_id,
            parent_id,
            message_class: props.text(tags::PR_MESSAGE_CLASS).unwrap_or("IPM.Note").to_owned(),
            message_flags: props.long(tags::PR_MESSAGE_FLAGS).unwrap_or(0) as u32,
        }
    }

    fn folder(&self, number: i64) -> EntryId {
        let find = || {
            let guard = self.engine.folder(number).ok().flatten().map_or(0, |folder| folder.guard);
            if number == 0 { EntryId::default() } else { self.logon.entry_id(Kind::Folder, number, guard) }
        };
        self.folders.borrow_mut().entry(number).or_insert_with(find).clone()
    }
}

pub(super) fn kind(change: &ChangeRecord) -> Kind {
    match change.kind {
        3 => Kind::Folder,
        5 => Kind::Message,
        _ => Kind::Store,
    }
}
