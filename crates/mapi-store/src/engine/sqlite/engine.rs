//! The engine's face: every call as one read, or as one job for the writer.

use super::writer::Job;
use super::{SqliteEngine, fault, read};
use crate::changes::Wake;
use crate::engine::record::{
    ChangeRecord, Cursor, FolderRecord, Identity, Key, MessageRecord, QueueRecord, ReceiveRecord, RowRecord,
    View,
};
use crate::engine::{Change, Done, Engine};
use mapi_defs::prop::NamedProp;
use mapi_defs::{Error, ErrorCode, Result};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{PoisonError, Weak};

impl SqliteEngine {
    fn remember(&self, connection: &rusqlite::Connection) -> fault::Sql<()> {
        let all = read::named(connection)?;
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        for (id, name) in all {
            names.ids.insert(name.clone(), id);
            names.names.insert(id, name);
        }
        Ok(())
    }
}

impl Engine for SqliteEngine {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    fn store(&self) -> Result<(String, i64, Vec<u8>)> {
        self.readers.read("MsgStore::props", read::store)
    }

    fn folder(&self, id: i64) -> Result<Option<FolderRecord>> {
        self.readers.read("Folder::props", |connection| read::folder(connection, id))
    }

    fn subfolders(&self, parent: i64, deleted: bool) -> Result<Vec<FolderRecord>> {
        self.readers
            .read("Container::hierarchy_table", |connection| read::subfolders(connection, parent, deleted))
    }

    fn specials(&self) -> Result<Vec<(i64, i64, u32)>> {
        self.readers.read("MsgStore::props", read::specials)
    }

    fn message(&self, id: i64) -> Result<Option<MessageRecord>> {
        self.readers.read("MsgStore::open_entry", |connection| read::message(connection, id))
    }

    fn attachment(&self, message: i64, number: u32) -> Result<Option<(Vec<u8>, u64, i64)>> {
        self.readers.read("Message::open_attach", |connection| read::attachment(connection, message, number))
    }

    fn read_stream(&self, stream: i64, offset: u64, into: &mut [u8]) -> Result<usize> {
        self.readers.read("PropStream::read_at", |connection| read::stream(connection, stream, offset, into))
    }

    fn rows(
        &self,
        folder: i64,
        view: View,
        from: &Cursor,
        backwards: bool,
        count: usize,
    ) -> Result<Vec<RowRecord>> {
        self.readers.read("MapiTable::query_rows", |connection| {
            read::rows(connection, folder, view, from, backwards, count)
        })
    }

    fn keys(
        &self,
        folder: i64,
        view: View,
        from: &Cursor,
        backwards: bool,
        count: usize,
    ) -> Result<Vec<Key>> {
        self.readers.read("MapiTable::seek_row", |connection| {
            read::keys(connection, folder, view, from, backwards, count)
        })
    }

    fn scan(&self, folder: i64, view: View, each: &mut dyn FnMut(RowRecord) -> Result<bool>) -> Result<()> {
        // In pages, so that no read transaction is held while the rows are looked at, and in the order
        // of the file, so that each of its pages is read once.
        const PAGE_ROWS: usize = 512;
        let mut ids: Vec<i64> = self
            .keys(folder, view, &Cursor::Start, false, usize::MAX >> 1)?
            .iter()
            .map(|key| key.id)
            .collect();
        ids.sort_unstable();
        for part in ids.chunks(PAGE_ROWS) {
            for row in self.rows_by_id(part)? {
                // Somebody may have moved it meanwhile.
                if row.folder == folder && row.view == view && !each(row)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn rows_by_id(&self, ids: &[i64]) -> Result<Vec<RowRecord>> {
        self.readers.read("MapiTable::query_rows", |connection| read::rows_by_id(connection, ids))
    }

    fn rank(&self, folder: i64, view: View, at: &Cursor) -> Result<u64> {
        self.readers.read("MapiTable::position", |connection| read::rank(connection, folder, view, at))
    }

    fn folder_changed(&self, folder: i64) -> Result<i64> {
        self.readers.read("MapiTable::query_rows", |connection| read::folder_changed(connection, folder))
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        let known = || {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            ids.iter().map(|id| names.names.get(id).cloned()).collect::<Vec<_>>()
        };
        let first = known();
        if first.iter().all(Option::is_some) {
            return Ok(first);
        }
        self.readers.read("MapiProp::names", |connection| self.remember(connection))?;
        Ok(known())
    }

    fn named_ids(&self, names: &[NamedProp]) -> Result<Vec<Option<u16>>> {
        let known = || {
            let held = self.names.read().unwrap_or_else(PoisonError::into_inner);
            names.iter().map(|name| held.ids.get(name).copied()).collect::<Vec<_>>()
        };
        let first = known();
        if first.iter().all(Option::is_some) {
            return Ok(first);
        }
        self.readers.read("MapiProp::ids", |connection| self.remember(connection))?;
        Ok(known())
    }

    fn receive_folders(&self) -> Result<Vec<ReceiveRecord>> {
        self.readers.read("MsgStore::receive_folder", read::receive_folders)
    }

    fn queue_page(&self, after: i64, most: usize) -> Result<Vec<QueueRecord>> {
        self.readers.read("MsgStore::outgoing_queue", |connection| read::queue_page(connection, after, most))
    }

    fn queue_rank(&self, up_to: i64) -> Result<u64> {
        self.readers.read("MsgStore::outgoing_queue", |connection| read::queue_rank(connection, up_to))
    }

    fn queue_at(&self, before: u64) -> Result<Option<i64>> {
        self.readers.read("MsgStore::outgoing_queue", |connection| read::queue_at(connection, before))
    }

    fn queued(&self, message: i64) -> Result<Option<QueueRecord>> {
        self.readers.read("MsgStore::open_entry", |connection| read::queued(connection, message))
    }

    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        self.readers.read("MsgStore::has_delivered", |connection| read::has_delivered(connection, keys))
    }

    fn changes_since(&self, seq: i64, most: usize) -> Result<Vec<ChangeRecord>> {
        self.readers.read("MsgStore::advise", |connection| read::changes_since(connection, seq, most))
    }

    fn last_change(&self) -> Result<i64> {
        self.readers.read("MsgStore::advise", read::last_change)
    }

    fn wake_at_changes(&self, wake: Weak<Wake>) {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner).push(wake);
    }

    fn ring_in(&self, folder: PathBuf) {
        self.bells.add(folder);
    }

    fn watch(&self) -> Box<dyn FnMut() -> bool + Send> {
        self.readers.watch()
    }

    fn commit(&self, change: Change) -> Result<Done> {
        const CALL: &str = "Engine::commit";
        if self.is_read_only {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the store is open for reading only"));
        }
        let (answer, answered) = sync_channel(1);
        self.hand_over(CALL, Job { change, answer })?;
        let ended = |_| Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the writer has ended"));
        let done = answered.recv().unwrap_or_else(ended);
        if done.is_ok() {
            let mut wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
            wakes.retain(|wake| wake.upgrade().inspect(|wake| wake.up()).is_some());
        }
        done
    }
}
