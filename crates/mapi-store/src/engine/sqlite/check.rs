//! Recounts and compares everything that a sound store keeps together.

use super::fault::Sql;
use super::in_use::InUse;
use super::open::{check_version, verify_schema};
use super::read::{ATTACH_BITS, CHUNK_BITS, CHUNK_BYTES};
use super::readers::Readers;
use crate::check::Report;
use crate::engine::pack::{Reader, unpack_recipients};
use crate::prop_set::PropSet;
use mapi_defs::Result;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Faults named one by one; of more only the number is told.
const NAMED: usize = 100;

/// Checks a store file; changes nothing.
///
/// # Errors
/// - Those of opening it for reading.
pub(crate) fn check(path: &Path) -> Result<Report> {
    let _in_use = InUse::begin(path, false)?;
    let readers = Readers::new(path, Duration::from_secs(10), false);
    let report = readers.read("check", |connection| {
        check_version(connection)?;
        verify_schema(connection)?;
        // One transaction, so that everything is of one moment.
        connection.execute_batch("BEGIN")?;
        let mut found = Found::default();
        found.pages(connection)?;
        found.counters(connection)?;
        found.belongings(connection)?;
        found.queue(connection)?;
        found.packed(connection)?;
        connection.execute_batch("COMMIT")?;
        Ok(found.report)
    });
    readers.close();
    report
}

#[derive(Default)]
struct Found {
    report: Report,
    /// How often each stream is named.
    streams: BTreeMap<i64, u32>,
}

impl Found {
    fn fault(&mut self, words: String) {
        match self.report.faults.len() {
            count if count < NAMED => self.report.faults.push(words),
            NAMED => self.report.faults.push("there are more faults".to_owned()),
            _ => {}
        }
    }

    fn pages(&mut self, connection: &Connection) -> Sql<()> {
        let mut check = connection.prepare("PRAGMA integrity_check")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let words: String = row.get(0)?;
            if words != "ok" {
                self.fault(format!("the file's pages: {words}"));
            }
        }
        Ok(())
    }

    fn counters(&mut self, connection: &Connection) -> Sql<()> {
        let mut all = connection.prepare(
            "SELECT f.id, coalesce(s.total, -1), coalesce(s.unread, -1), coalesce(s.assoc, -1), coalesce(s.size, -1),
                    coalesce(m.total, 0), coalesce(m.unread, 0), coalesce(m.assoc, 0), coalesce(m.size, 0)
             FROM folder f LEFT JOIN folderstat s ON s.folder = f.id
             LEFT JOIN (SELECT folder, sum(view = 0) AS total, sum(view = 0 AND flags & 1 = 0) AS unread,
                               sum(view = 1) AS assoc, sum(size) AS size
                        FROM message WHERE view < 2 GROUP BY folder) m ON m.folder = f.id ORDER BY f.id",
        )?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            self.report.folders += 1;
            let id: i64 = row.get(0)?;
            let mut numbers = [0_i64; 8];
            for (index, number) in numbers.iter_mut().enumerate() {
                *number = row.get(index + 1)?;
            }
            if numbers[..4] != numbers[4..] {
                let (kept, counted) = (&numbers[..4], &numbers[4..]);
                self.fault(format!("folder {id}: the counters say {kept:?}, there are {counted:?}"));
            }
        }
        let sql = "SELECT count(*) FROM message WHERE view < 4";
        self.report.messages = connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        Ok(())
    }

    fn belongings(&mut self, connection: &Connection) -> Sql<()> {
        let lost = [
            (
                "messages in no folder",
                "SELECT id FROM message m WHERE view < 4 AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = m.folder)",
            ),
            (
                "embedded messages of no attachment",
                "SELECT id FROM message m WHERE view = 4 AND NOT EXISTS (SELECT 1 FROM attach a WHERE a.id = m.folder AND a.embedded = m.id)",
            ),
            (
                "attachments of no message",
                "SELECT id FROM attach a WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id = a.id >> 20)",
            ),
            (
                "attachments whose embedded message is missing",
                "SELECT id FROM attach a WHERE embedded <> 0 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = a.embedded)",
            ),
            (
                "messages whose attachment flag is wrong",
                "SELECT id FROM message m WHERE (flags & 16 <> 0) <> EXISTS (SELECT 1 FROM attach a WHERE a.id BETWEEN m.id << 20 AND (m.id << 20) + 1048575)",
            ),
            (
                "folders of no folder",
                "SELECT id FROM folder f WHERE parent <> 0 AND NOT EXISTS (SELECT 1 FROM folder p WHERE p.id = f.parent)",
            ),
            (
                "folders that lie within themselves",
                "WITH RECURSIVE reached(id) AS (SELECT id FROM folder WHERE parent = 0 UNION SELECT f.id FROM folder f JOIN reached r ON f.parent = r.id) SELECT id FROM folder WHERE id NOT IN reached AND EXISTS (SELECT 1 FROM folder p WHERE p.id = folder.parent)",
            ),
            (
                "special folders that are missing",
                "SELECT role FROM special s WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = s.folder)",
            ),
            (
                "chunks of no stream",
                "SELECT DISTINCT id >> 24 FROM chunk c WHERE NOT EXISTS (SELECT 1 FROM stream s WHERE s.id = c.id >> 24)",
            ),
            (
                "receive folders that are missing",
                "SELECT folder FROM receive r WHERE NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = r.folder)",
            ),
        ];
        for (words, sql) in lost {
            self.each(connection, words, sql)?;
        }
        Ok(())
    }

    fn queue(&mut self, connection: &Connection) -> Sql<()> {
        self.report.queued =
            connection.query_row("SELECT count(*) FROM outq", [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        self.each(
            connection,
            "queued messages that are missing or not marked as submitted",
            "SELECT message FROM outq q WHERE NOT EXISTS
             (SELECT 1 FROM message m WHERE m.id = q.message AND m.view < 2 AND m.flags & 4 <> 0)",
        )?;
        self.each(
            connection,
            "messages marked as submitted that are not queued",
            "SELECT id FROM message m WHERE view < 4 AND flags & 4 <> 0
             AND NOT EXISTS (SELECT 1 FROM outq q WHERE q.message = m.id)",
        )
    }

    fn each(&mut self, connection: &Connection, words: &str, sql: &str) -> Sql<()> {
        let mut all = connection.prepare(sql)?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            self.fault(format!("{words}: {id}"));
        }
        Ok(())
    }

    /// Unpacks everything and follows every stream.
    fn packed(&mut self, connection: &Connection) -> Sql<()> {
        for (table, blobs) in [
            ("store", "props"),
            ("folder", "props"),
            ("attach", "props"),
            ("message", "props, rest, recipients"),
        ] {
            let mut all = connection.prepare(&format!("SELECT id, {blobs} FROM {table} ORDER BY id"))?;
            let columns = all.column_count();
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                for column in 1..columns {
                    let bytes: Vec<u8> = row.get(column)?;
                    if !self.is_whole(&bytes, column == 3) {
                        let owner = if table == "attach" { id >> ATTACH_BITS } else { id };
                        self.fault(format!("{table} {owner}: packed properties are not whole"));
                    }
                }
            }
        }
        self.follow(connection)
    }

    fn is_whole(&mut self, bytes: &[u8], recipients: bool) -> bool {
        if recipients {
            return unpack_recipients(bytes).is_ok();
        }
        let read = Reader::new(bytes).and_then(|reader| {
            reader.unpack(&mut PropSet::default())?;
            reader.streams()
        });
        let Ok(streams) = read else { return false };
        for stream in streams {
            *self.streams.entry(stream).or_default() += 1;
        }
        true
    }

    fn follow(&mut self, connection: &Connection) -> Sql<()> {
        let mut all = connection.prepare("SELECT id, bytes FROM stream ORDER BY id")?;
        let mut length = connection.prepare(
            "SELECT count(*), coalesce(sum(length(data)), 0) FROM chunk WHERE id BETWEEN ?1 AND ?2",
        )?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let (id, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
            match self.streams.remove(&id) {
                Some(1) => {}
                Some(count) => self.fault(format!("stream {id} belongs to {count} values")),
                None => self.fault(format!("stream {id} belongs to nothing")),
            }
            let range = [id << CHUNK_BITS, (id << CHUNK_BITS) + (1 << CHUNK_BITS) - 1];
            let (chunks, held): (i64, i64) = length.query_row(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
            if held != bytes || chunks.unsigned_abs() != bytes.unsigned_abs().div_ceil(CHUNK_BYTES) {
                self.fault(format!("stream {id}: {bytes} bytes were written, {held} are there"));
            }
        }
        let missing: Vec<i64> = self.streams.keys().copied().collect();
        for stream in missing {
            self.fault(format!("stream {stream} is named and missing"));
        }
        Ok(())
    }
}
