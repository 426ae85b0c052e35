//! The engine on SQLite: one file, one writer thread for each program, any number of readers.
//!
//! `open.rs` and `create.rs` know the file, `writer.rs` and `apply/` write, `readers.rs` and `read.rs`
//! read, `check.rs` recounts. SQL stands nowhere else.

mod apply;
mod check;
mod checkpoint;
mod create;
mod fault;
mod file_system;
mod open;
mod read;
mod readers;
mod reserve;
mod writer;

pub(crate) use check::check;
pub(crate) use create::create;

use super::record::{
    Cursor, FolderRecord, Identity, Key, MessageRecord, QueueRecord, ReceiveRecord, RowRecord, View,
};
use super::{Change, Done, Engine};
use checkpoint::Checkpoints;
use file_system::{FileIdentity, Journal};
use mapi_defs::prop::NamedProp;
use mapi_defs::{Error, ErrorCode, Result};
use readers::{Readers, closed};
use reserve::Reserve;
use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use writer::{Job, Writer, writing};

/// How a store file is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How long another program's lock is waited for.
    pub(crate) patience: Duration,
    /// The file's size is kept to this many pages of 4 KiB; for tests of a full disk.
    pub(crate) max_pages: Option<u32>,
}

/// A store file that is open.
pub(crate) struct SqliteEngine {
    identity: Identity,
    readers: Readers,
    work: Mutex<Option<Work>>,
    names: RwLock<Names>,
    is_read_only: bool,
    file: FileIdentity,
    users: Mutex<usize>,
}

/// The writing half.
struct Work {
    jobs: Sender<Job>,
    writer: JoinHandle<()>,
    checkpoints: Arc<Checkpoints>,
    checkpointer: JoinHandle<()>,
}

/// Names met so far; a name never changes its identifier.
#[derive(Default)]
struct Names {
    ids: HashMap<NamedProp, u16>,
    names: HashMap<u16, NamedProp>,
}

/// The stores that this program has open for writing, by file.
static OPEN: LazyLock<Mutex<HashMap<FileIdentity, Arc<SqliteEngine>>>> = LazyLock::new(Mutex::default);

impl SqliteEngine {
    /// Opens a store for writing; logons of one program to one file share the engine.
    ///
    /// # Errors
    /// - Those of `file_system.rs` and `open.rs`; `MAPI_E_NO_ACCESS` where it cannot be written.
    pub(crate) fn open(path: &Path, settings: Settings) -> Result<Arc<Self>> {
        let file = file_system::identity(path, true)?;
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = open.get(&file) {
            *engine.users.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            return Ok(engine.clone());
        }
        let engine = Arc::new(Self::start(path, file, settings)?);
        open.insert(file, engine.clone());
        Ok(engine)
    }

    /// Opens a store for reading; nothing is ever written, no file is made beside it.
    ///
    /// # Errors
    /// - As [`SqliteEngine::open`].
    pub(crate) fn open_read_only(path: &Path, settings: Settings) -> Result<Arc<Self>> {
        let file = file_system::identity(path, false)?;
        let version = open::look(path)?;
        if version < open::VERSION {
            return Err(Error::new(
                ErrorCode::VERSION,
                "MsProvider::logon",
                "a store of an older schema has to be opened for writing once",
            ));
        }
        let readers = Readers::new(path, settings.patience, false);
        let identity = readers.read("MsProvider::logon", |connection| {
            open::verify_schema(connection)?;
            read::identity(connection)
        })?;
        Ok(Arc::new(Self {
            identity,
            readers,
            work: Mutex::new(None),
            names: RwLock::default(),
            is_read_only: true,
            file,
            users: Mutex::new(1),
        }))
    }

    /// Ends one logon's use. The last one closes every connection and ends the threads.
    pub(crate) fn release(&self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            *users = users.saturating_sub(1);
            if *users > 0 {
                return;
            }
        }
        if !self.is_read_only {
            open.remove(&self.file);
        }
        // Still under the lock: who opens the file now must find it closed.
        self.close();
    }

    fn start(path: &Path, file: FileIdentity, settings: Settings) -> Result<Self> {
        const CALL: &str = "MsProvider::logon";
        let version = open::look(path)?;
        let reserve = Reserve::beside(path);
        let opening = || {
            if file_system::journal_for(path.parent().unwrap_or(Path::new("."))) == Journal::Rollback {
                open::settle_journal(path, settings.patience)?;
            }
            let mut connection = writing(path, settings.patience, settings.max_pages)?;
            if connection.is_readonly("main")? {
                return Err(refused_write());
            }
            open::settle_shared_log(&connection, path)?;
            open::migrate(&mut connection, version)?;
            open::verify_schema(&connection)?;
            let identity = read::identity(&connection)?;
            Ok((connection, identity))
        };
        let opened = match opening() {
            // A full disk cannot even hold the log's index; the reserve can.
            Err(fault) if fault.is_disk_full() && reserve.give_up() => opening(),
            Err(fault) if fault.is_corrupt() => opening(),
            other => other,
        };
        let (connection, identity) = opened.map_err(|fault| fault.into_mapi(CALL))?;
        reserve.fill();
        let readers = Readers::new(path, settings.patience, true);
        let work = start_work(path, file, settings, reserve, connection)?;
        Ok(Self {
            identity,
            readers,
            work: Mutex::new(Some(work)),
            names: RwLock::default(),
            is_read_only: false,
            file,
            users: Mutex::new(1),
        })
    }

    fn close(&self) {
        self.readers.close();
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(work) = work {
            drop(work.jobs);
            work.checkpoints.close();
            // A thread that panicked has nothing left to close.
            drop(work.checkpointer.join());
            drop(work.writer.join());
        }
    }

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

fn refused_write() -> fault::Fault {
    fault::Fault::Mapi(Error::new(ErrorCode::NO_ACCESS, "MsProvider::logon", "the store file is read-only"))
}

fn start_work(
    path: &Path,
    file: FileIdentity,
    settings: Settings,
    reserve: Reserve,
    connection: rusqlite::Connection,
) -> Result<Work> {
    let no_thread = |error: std::io::Error| {
        Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MsProvider::logon", "no thread can be started")
            .with_source(error)
    };
    let (signal, signalled) = sync_channel(1);
    let checkpoints = Arc::new(Checkpoints::new(signal));
    let checkpointer = std::thread::Builder::new().name("store-checkpoint".into());
    let of = path.to_owned();
    let checkpointer = checkpointer.spawn(move || checkpoint::work(&of, &signalled)).map_err(no_thread)?;
    let writer = Writer {
        path: path.to_owned(),
        file,
        patience: settings.patience,
        max_pages: settings.max_pages,
        reserve,
        checkpoints: checkpoints.clone(),
        connection: Some(connection),
    };
    let (jobs, queue) = channel();
    let writer = std::thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.run(&queue))
        .map_err(no_thread)?;
    Ok(Work { jobs, writer, checkpoints, checkpointer })
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

    fn special(&self, role: i64) -> Result<Option<(i64, u32)>> {
        self.readers.read("MsgStore::props", |connection| read::special(connection, role))
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
        // In pages, so that no read transaction is held while the rows are looked at.
        const PAGE_ROWS: usize = 512;
        let mut from = Cursor::Start;
        loop {
            let page = self.rows(folder, view, &from, false, PAGE_ROWS)?;
            let Some(last) = page.last() else { return Ok(()) };
            from = Cursor::After(Key { delivered: last.delivered, id: last.id });
            for row in page {
                if !each(row)? {
                    return Ok(());
                }
            }
        }
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

    fn queue(&self) -> Result<Vec<QueueRecord>> {
        self.readers.read("MsgStore::outgoing_queue", read::queue)
    }

    fn queued(&self, message: i64) -> Result<Option<QueueRecord>> {
        self.readers.read("MsgStore::open_entry", |connection| read::queued(connection, message))
    }

    fn commit(&self, change: Change) -> Result<Done> {
        const CALL: &str = "Engine::commit";
        if self.is_read_only {
            return Err(Error::new(ErrorCode::NO_ACCESS, CALL, "the store is open for reading only"));
        }
        let (answer, answered) = sync_channel(1);
        {
            let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(work) = work.as_ref() else { return Err(closed(CALL)) };
            work.jobs.send(Job { change, answer }).map_err(|_| closed(CALL))?;
        }
        answered
            .recv()
            .unwrap_or_else(|_| Err(Error::new(ErrorCode::CALL_FAILED, CALL, "the writer has ended")))
    }
}

impl std::fmt::Debug for SqliteEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteEngine({})", self.identity.uid)
    }
}
