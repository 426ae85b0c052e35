//! The engine on SQLite: one file, one writer thread for each program, any number of readers.
//!
//! `open.rs` and `create.rs` know the file, `writer.rs` and `apply/` write, `readers.rs` and `read.rs`
//! read, `check.rs` recounts. SQL stands nowhere else.

mod apply;
mod check;
mod checkpoint;
mod create;
mod engine;
mod fault;
mod file_system;
mod in_use;
mod open;
mod read;
mod readers;
mod reserve;
mod writer;

pub(crate) use check::check;
pub(crate) use create::{create, create_or_keep};

use super::record::Identity;
use crate::changes::{Bells, Wake};
use checkpoint::Checkpoints;
use file_system::{FileIdentity, Journal};
use in_use::InUse;
use mapi_defs::prop::NamedProp;
use mapi_defs::{Error, ErrorCode, Result};
use readers::{Readers, closed};
use reserve::Reserve;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, Weak};
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
    work: Mutex<Working>,
    names: RwLock<Names>,
    is_read_only: bool,
    in_use: InUse,
    users: Mutex<usize>,
    /// Those who are told that something was changed here.
    wakes: Mutex<Vec<Weak<Wake>>>,
    /// Other programs that are told.
    bells: Arc<Bells>,
}

/// The writing half, which most sessions never need.
enum Working {
    /// Nothing has been written yet.
    NotYet(Seed),
    /// The threads are at work.
    Started(Work),
    /// The engine is closed, or only reads.
    Closed,
}

/// What the writing half is started with.
struct Seed {
    path: PathBuf,
    settings: Settings,
    reserve: Reserve,
    bells: Arc<Bells>,
}

/// The threads that write.
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
        let in_use = InUse::begin(path, true)?;
        let file = in_use.file();
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = open.get(&file) {
            *engine.users.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            return Ok(engine.clone());
        }
        let engine = Arc::new(Self::start(path, in_use, settings)?);
        open.insert(file, engine.clone());
        Ok(engine)
    }

    /// Opens a store for reading; nothing is ever written, no file is made beside it.
    ///
    /// # Errors
    /// - As [`SqliteEngine::open`].
    pub(crate) fn open_read_only(path: &Path, settings: Settings) -> Result<Arc<Self>> {
        let in_use = InUse::begin(path, false)?;
        if in_use.version() < open::VERSION {
            return Err(Error::new(
                ErrorCode::VERSION,
                "MsProvider::logon",
                "a store of an older schema has to be opened for writing once",
            ));
        }
        let readers = Readers::new(path, settings.patience, false);
        let identity = readers.read("MsProvider::logon", |connection| {
            open::check_version(connection)?;
            open::verify_schema(connection)?;
            read::identity(connection)
        })?;
        Ok(Arc::new(Self {
            identity,
            readers,
            work: Mutex::new(Working::Closed),
            names: RwLock::default(),
            is_read_only: true,
            in_use,
            users: Mutex::new(1),
            wakes: Mutex::default(),
            bells: Arc::default(),
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
            open.remove(&self.in_use.file());
        }
        // Still under the lock: who opens the file now must find it closed.
        self.close();
    }

    fn start(path: &Path, in_use: InUse, settings: Settings) -> Result<Self> {
        const CALL: &str = "MsProvider::logon";
        let reserve = Reserve::beside(path);
        let opening = || {
            let journal = file_system::journal_for(path.parent().unwrap_or(Path::new(".")));
            if journal == Journal::Rollback {
                open::settle_journal(path, settings.patience)?;
            }
            let mut connection = match in_use.version() < open::VERSION {
                true => writing(path, settings.patience, settings.max_pages)?,
                false => open::connect(path, open::Reach::Write, settings.patience)?,
            };
            if connection.is_readonly("main")? {
                return Err(refused_write());
            }
            if journal == Journal::SharedLog && !in_use.has_log() {
                open::settle_shared_log(&connection)?;
            }
            open::check_version(&connection)?;
            open::migrate(&mut connection, in_use.version())?;
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
        // The connection that looked at the file is the first to read it; another one writes.
        readers.begin_with(connection).map_err(|fault| fault.into_mapi(CALL))?;
        let bells = Arc::<Bells>::default();
        let seed = Seed { path: path.to_owned(), settings, reserve, bells: bells.clone() };
        Ok(Self {
            identity,
            readers,
            work: Mutex::new(Working::NotYet(seed)),
            names: RwLock::default(),
            is_read_only: false,
            in_use,
            users: Mutex::new(1),
            wakes: Mutex::default(),
            bells,
        })
    }

    /// Hands a change to the writer, which is started by the first one.
    fn hand_over(&self, call: &'static str, job: Job) -> Result<()> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Working::NotYet(_) = *work {
            let Working::NotYet(seed) = std::mem::replace(&mut *work, Working::Closed) else {
                return Err(closed(call));
            };
            *work = Working::Started(start_work(seed, self.in_use.file())?);
        }
        match &*work {
            Working::Started(work) => work.jobs.send(job).map_err(|_| closed(call)),
            _ => Err(closed(call)),
        }
    }

    fn close(&self) {
        self.readers.close();
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let work = std::mem::replace(&mut *work, Working::Closed);
        if let Working::Started(work) = work {
            drop(work.jobs);
            work.checkpoints.close();
            // A thread that panicked has nothing left to close.
            drop(work.checkpointer.join());
            drop(work.writer.join());
        }
    }
}

fn refused_write() -> fault::Fault {
    fault::Fault::Mapi(Error::new(ErrorCode::NO_ACCESS, "MsProvider::logon", "the store file is read-only"))
}

fn start_work(seed: Seed, file: FileIdentity) -> Result<Work> {
    let Seed { path, settings, reserve, bells } = seed;
    let no_thread = |error: std::io::Error| {
        Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "MsProvider::logon", "no thread can be started")
            .with_source(error)
    };
    let (signal, signalled) = sync_channel(1);
    let checkpoints = Arc::new(Checkpoints::new(signal));
    let checkpointer = std::thread::Builder::new().name("store-checkpoint".into());
    let of = path.clone();
    let checkpointer = checkpointer.spawn(move || checkpoint::work(&of, &signalled)).map_err(no_thread)?;
    let writer = Writer {
        path,
        file,
        patience: settings.patience,
        max_pages: settings.max_pages,
        reserve,
        checkpoints: checkpoints.clone(),
        bells,
        log_pages: 0,
        waits: true,
        connection: None,
    };
    let (jobs, queue) = channel();
    let writer = std::thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.run(&queue))
        .map_err(no_thread)?;
    Ok(Work { jobs, writer, checkpoints, checkpointer })
}

impl std::fmt::Debug for SqliteEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteEngine({})", self.identity.uid)
    }
}
