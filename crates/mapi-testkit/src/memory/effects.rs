//! `Effects`: what follows from a change of the store: rows of tables and events. Gathered under the
//! lock of the store, told without it.

use super::content::{Content, FOLDER, Id, MESSAGE};
use super::rows;
use mapi_defs::notification::{EventMask, Notification, ObjectEvent};
use mapi_defs::prop::PropValue;
use mapi_defs::{EntryId, Result};
use mapi_spi::advise::AdviseSink;
use mapi_spi::table::{Pending, TableData, TableRow};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Effects {
    pending: Vec<Pending>,
    told: Vec<(Arc<dyn AdviseSink>, Notification)>,
}

impl Effects {
    /// Tells everybody; the store's lock is not held here.
    pub(super) fn tell(self) {
        drop(self.pending);
        for (sink, notification) in self.told {
            sink.on_notify(&[notification]);
        }
    }

    /// Puts the row of a message where it belongs, and takes it out of where it does not.
    pub(super) fn message_row(&mut self, content: &Content, id: Id) -> Result<()> {
        let Some(message) = content.messages.get(&id) else { return Ok(()) };
        let Some(folder) = content.folders.get(&message.folder) else { return Ok(()) };
        let home = match (message.soft_deleted, message.associated) {
            (true, _) => &folder.deleted,
            (false, true) => &folder.associated,
            (false, false) => &folder.contents,
        };
        let row = rows::message_row(content, id, message);
        for table in [&folder.contents, &folder.associated, &folder.deleted] {
            if Arc::ptr_eq(table, home) {
                self.pending.push(table.modify_rows_later(vec![row.clone()])?);
            } else {
                self.remove(table, &content.entry_id(MESSAGE, id));
            }
        }
        if let Some(queued) = content.queued(id) {
            let row = rows::queue_row(content, queued, message);
            self.pending.push(content.queue_table.modify_rows_later(vec![row])?);
        }
        self.folder_row(content, message.folder)
    }

    /// Takes the row of a message out of the tables of a folder that it has left.
    pub(super) fn message_left(&mut self, content: &Content, id: Id, from: Id) -> Result<()> {
        let entry_id = content.entry_id(MESSAGE, id);
        if let Some(folder) = content.folders.get(&from) {
            for table in [&folder.contents, &folder.associated, &folder.deleted] {
                self.remove(table, &entry_id);
            }
        }
        self.folder_row(content, from)
    }

    pub(super) fn queue_left(&mut self, content: &Content, id: Id) {
        self.remove(&content.queue_table, &content.entry_id(MESSAGE, id));
    }

    /// Puts the row of a folder into the hierarchy table above it.
    pub(super) fn folder_row(&mut self, content: &Content, id: Id) -> Result<()> {
        let Some(folder) = content.folders.get(&id) else { return Ok(()) };
        let Some(parent) = folder.parent.and_then(|parent| content.folders.get(&parent)) else {
            return Ok(());
        };
        let row = TableRow::from(rows::folder_props(content, id, folder));
        self.pending.push(parent.hierarchy.modify_rows_later(vec![row])?);
        Ok(())
    }

    pub(super) fn folder_left(&mut self, content: &Content, id: Id, from: Id) -> Result<()> {
        if let Some(parent) = content.folders.get(&from) {
            self.remove(&parent.hierarchy, &content.entry_id(FOLDER, id));
        }
        self.folder_row(content, from)
    }

    /// A receive folder was set; `old` is the class as it was spelt before.
    pub(super) fn receive_row(
        &mut self,
        content: &Content,
        set: Option<(&str, Id)>,
        old: Option<&str>,
    ) -> Result<()> {
        let gone: Vec<PropValue> = old.into_iter().map(PropValue::from).collect();
        self.pending.push(content.receive_table.delete_rows_later(&gone));
        let rows = set.map(|(class, folder)| rows::receive_row(content, class, folder));
        self.pending.push(content.receive_table.modify_rows_later(rows.into_iter().collect())?);
        Ok(())
    }

    /// An event of an object, to the sinks of the object and of the store.
    pub(super) fn event(
        &mut self,
        content: &Content,
        event: EventMask,
        kind: u8,
        id: Id,
        parent: Option<Id>,
    ) {
        self.object_event(
            content,
            event,
            ObjectEvent {
                object_type: u32::from(kind),
                entry_id: content.entry_id(kind, id),
                parent_id: parent.map(|parent| content.entry_id(FOLDER, parent)).unwrap_or_default(),
                ..ObjectEvent::default()
            },
        );
    }

    /// An object was moved or copied.
    pub(super) fn came_from(
        &mut self,
        content: &Content,
        event: EventMask,
        kind: u8,
        (id, parent): (Id, Id),
        (old, old_parent): (Id, Id),
    ) {
        self.object_event(
            content,
            event,
            ObjectEvent {
                object_type: u32::from(kind),
                entry_id: content.entry_id(kind, id),
                parent_id: content.entry_id(FOLDER, parent),
                old_id: Some(content.entry_id(kind, old)),
                old_parent_id: Some(content.entry_id(FOLDER, old_parent)),
                tags: Vec::new(),
            },
        );
    }

    /// An event, to the sinks of the object that it is of (empty: of the store) and of the store.
    pub(super) fn notify(&mut self, content: &Content, notification: &Notification, object: &EntryId) {
        let sinks = content.subscriptions.sinks(notification, object);
        self.told.extend(sinks.into_iter().map(|sink| (sink, notification.clone())));
    }

    fn object_event(&mut self, content: &Content, event: EventMask, object: ObjectEvent) {
        let of = object.entry_id.clone();
        self.notify(content, &Notification::Object { event, object }, &of);
    }

    fn remove(&mut self, table: &Arc<TableData>, entry_id: &EntryId) {
        let index = [PropValue::Binary(entry_id.as_bytes().to_vec())];
        self.pending.push(table.delete_rows_later(&index));
    }
}
