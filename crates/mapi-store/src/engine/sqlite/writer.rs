//! The writer: one thread for each store file in a program, which does every change of it.
//!
//! The engine that starts the thread owns it; closing the queue of jobs stops it; closing the engine
//! joins it. Changes that wait are done in one transaction, each within a savepoint, so that they
//! share one wait for the disk and none spoils another.

use super::checkpoint::Checkpoints;
use super::fault::{Fault, Sql};
use super::file_system::{self, FileIdentity};
use super::open::{Reach, connect};
use super::reserve::Reserve;
use super::{apply, file_system::Journal};
use crate::changes::Bells;
use crate::engine::{Change, Done};
use mapi_defs::{Error, ErrorCode, Result};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// Changes that share one transaction, at most.
const BATCH: usize = 64;
/// About how many pages the log has when it is begun anew: 8 MiB.
const LOG_PAGES: u64 = 2048;
const CALL: &str = "Engine::commit";

/// A change and where its answer goes.
pub(super) struct Job {
    pub(super) change: Change,
    pub(super) answer: SyncSender<Result<Done>>,
}

/// What the writer works with.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) file: FileIdentity,
    pub(super) patience: Duration,
    pub(super) max_pages: Option<u32>,
    pub(super) reserve: Reserve,
    pub(super) checkpoints: Arc<Checkpoints>,
    /// Rung after each change.
    pub(super) bells: Arc<Bells>,
    /// About how many pages the log has.
    pub(super) log_pages: u64,
    /// True where its transactions wait for the disk, as they do on a fresh connection.
    pub(super) waits: bool,
    /// `None` after a fault that the connection's memory may not have survived.
    pub(super) connection: Option<Connection>,
}

impl Writer {
    /// Works until the queue of jobs is closed and empty.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match jobs.try_recv() {
                    Ok(job) => batch.push(job),
                    Err(_) => break,
                }
            }
            self.work(batch);
            if self.log_pages > LOG_PAGES {
                self.start_log_anew();
            }
        }
        if let Some(connection) = self.connection.take() {
            // The last connection to close writes the log back and removes it.
            drop(connection.close());
        }
    }

    /// Writes back what the checkpointer has left, so that the log begins at its start again.
    ///
    /// The checkpointer never catches up with a writer that goes on. A log that only grows costs the file
    /// system a change of the file's length at each save, which takes about twice as long.
    fn start_log_anew(&mut self) {
        let Some(connection) = &self.connection else { return };
        let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        // Where readers or the checkpointer are in the way there is another time.
        self.log_pages = if done.is_ok_and(|(log, back)| log == back) { 0 } else { LOG_PAGES / 2 };
    }

    fn work(&mut self, batch: Vec<Job>) {
        let changes: Vec<&Change> = batch.iter().map(|job| &job.change).collect();
        let answers = match self.transact(&changes) {
            Ok(answers) => answers,
            // Each by itself would wait as long again.
            Err(fault) if fault.is_busy() => changes.iter().map(|_| Err(fault.again())).collect(),
            Err(_) if changes.len() > 1 => {
                // The transaction is gone with everybody's work in it; each is tried by itself.
                changes.iter().map(|change| self.alone(change)).collect()
            }
            Err(fault) => vec![self.again(changes[0], fault)],
        };
        for (job, answer) in batch.iter().zip(answers) {
            // Whoever asked may have gone; the change is done all the same.
            drop(job.answer.send(answer.map_err(|fault| fault.into_mapi(CALL))));
        }
        self.bells.ring();
    }

    fn alone(&mut self, change: &Change) -> Sql<Done> {
        match self.transact(&[change]) {
            Ok(mut answers) => answers.pop().unwrap_or(Ok(Done::Nothing)),
            Err(fault) => self.again(change, fault),
        }
    }

    /// A second try where it may help: with the reserve given up, or on a fresh connection.
    fn again(&mut self, change: &Change, fault: Fault) -> Sql<Done> {
        let room = fault.is_disk_full() && apply::frees_or_records(change) && self.reserve.give_up();
        if !room && !fault.is_corrupt() {
            return Err(fault);
        }
        match self.transact(&[change]) {
            Ok(mut answers) => answers.pop().unwrap_or(Ok(Done::Nothing)),
            Err(second) => Err(second),
        }
    }

    /// Does changes in one transaction. An error is the end of the transaction with everything in it;
    /// an answer among the answers is that of one change alone.
    fn transact(&mut self, changes: &[&Change]) -> Sql<Vec<Sql<Done>>> {
        if !file_system::is_still(&self.path, self.file) {
            return Err(Fault::Mapi(Error::new(
                ErrorCode::OBJECT_DELETED,
                CALL,
                "the store file was moved, replaced or deleted",
            )));
        }
        let connection = self.open()?;
        self.wait_for_disk(&connection, !changes.iter().all(|change| apply::may_be_lost(change)))?;
        let result = in_transaction(&connection, changes);
        let keep = match &result {
            Err(fault) => !fault.is_io() && !fault.is_corrupt() && !fault.is_disk_full(),
            Ok(_) => true,
        };
        if keep && connection.is_autocommit() {
            self.connection = Some(connection);
        }
        if result.is_ok() {
            let pages = changes.iter().map(|change| apply::pages(change)).sum();
            self.checkpoints.written(pages);
            self.log_pages += pages;
        }
        result
    }

    fn open(&mut self) -> Sql<Connection> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        self.waits = true;
        writing(&self.path, self.patience, self.max_pages)
    }

    /// Has the next transaction wait for the disk, or not: then what comes next and waits takes it along. Another
    /// process sees it at once, and a process that ends loses none of it. A connection that cannot is not kept.
    fn wait_for_disk(&mut self, connection: &Connection, waits: bool) -> Sql<()> {
        if self.waits != waits {
            connection.pragma_update(None, "synchronous", if waits { "FULL" } else { "NORMAL" })?;
            self.waits = waits;
        }
        Ok(())
    }
}

/// A connection that writes.
pub(super) fn writing(path: &std::path::Path, patience: Duration, max_pages: Option<u32>) -> Sql<Connection> {
    let connection = connect(path, Reach::Write, patience)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    if file_system::journal_for(path.parent().unwrap_or(std::path::Path::new("."))) == Journal::Rollback {
        connection.pragma_update(None, "journal_mode", "TRUNCATE")?;
    }
    if let Some(pages) = max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
}

fn in_transaction(connection: &Connection, changes: &[&Change]) -> Sql<Vec<Sql<Done>>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let result = all(connection, changes);
    if result.is_err() && !connection.is_autocommit() {
        // A connection that cannot even roll back is not kept.
        drop(connection.execute_batch("ROLLBACK"));
    }
    result
}

fn all(connection: &Connection, changes: &[&Change]) -> Sql<Vec<Sql<Done>>> {
    let mut answers = Vec::with_capacity(changes.len());
    // A change that is alone is undone with its transaction; a savepoint would copy each page it writes.
    let alone = changes.len() == 1;
    for change in changes {
        if !alone {
            connection.prepare_cached("SAVEPOINT one")?.execute([])?;
        }
        let answer = apply::apply(connection, change);
        if let Err(fault) = &answer {
            // Where SQLite itself is in trouble nothing in this transaction is worth keeping.
            if alone || connection.is_autocommit() || matches!(fault, Fault::Sql(_)) {
                return Err(answer.err().unwrap_or(Fault::Sql(rusqlite::Error::InvalidQuery)));
            }
            connection.prepare_cached("ROLLBACK TO one")?.execute([])?;
        }
        if !alone {
            connection.prepare_cached("RELEASE one")?.execute([])?;
        }
        answers.push(answer);
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(answers)
}
