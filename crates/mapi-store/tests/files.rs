//! Files that are not stores, or not any more: each has its code, and none is written.
#![allow(clippy::unwrap_used, reason = "what has to work and does not fails the test")]

mod world;

use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::{PropList, tags};
use mapi_defs::{ErrorCode, FileTime};
use mapi_spi::provider::service::ServiceContext;
use mapi_spi::spooler::section::FILE;
use mapi_store::StoreProvider;
use mapi_store::service::StoreService;
use mapi_testkit::service::service_entry;
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use world::{START, World, entry_id, logon, message_in, set, text};

/// The code that opening a file answers; for writing and for reading alike.
fn refused(path: &Path) -> ErrorCode {
    let provider = StoreProvider::new().with_patience(Duration::from_millis(50));
    let write = logon(&provider, path, OpenFlags::MODIFY, false).map(drop).unwrap_err().code();
    let read = logon(&provider, path, OpenFlags::NONE, false).map(drop).unwrap_err().code();
    assert_eq!(write, read, "{}", path.display());
    write
}

/// Everything in a folder with its bytes.
fn bytes_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut all: Vec<(String, Vec<u8>)> = entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_no_store_is_refused_and_not_touched() {
    let world = World::empty();
    let folder = world.folder.path();
    let at = |name: &str| folder.join(name);
    fs::write(at("empty"), b"").unwrap();
    fs::write(at("text"), "not a database, but longer than a header is\n".repeat(100)).unwrap();
    fs::write(at("short"), b"SQLite format 3\0").unwrap();
    let foreign = Connection::open(at("foreign")).unwrap();
    foreign
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE message (id INTEGER PRIMARY KEY); PRAGMA user_version = 1;")
        .unwrap();
    foreign.close().unwrap();
    for (name, version) in [("newer", 1_000), ("unknown", 0), ("negative", -1)] {
        mapi_store::create(&at(name), "x", FileTime::from_unix_seconds(START)).unwrap();
        Connection::open(at(name)).unwrap().pragma_update(None, "user_version", version).unwrap();
    }
    fs::create_dir(at("directory")).unwrap();
    let before = bytes_in(folder);
    for (name, code) in [
        ("missing", ErrorCode::NOT_FOUND),
        ("empty", ErrorCode::CORRUPT_STORE),
        ("text", ErrorCode::CORRUPT_STORE),
        ("short", ErrorCode::CORRUPT_STORE),
        ("foreign", ErrorCode::CORRUPT_STORE),
        ("newer", ErrorCode::VERSION),
        ("unknown", ErrorCode::VERSION),
        ("negative", ErrorCode::VERSION),
        ("directory", ErrorCode::NO_ACCESS),
    ] {
        assert_eq!(refused(&at(name)), code, "{name}");
        assert_eq!(mapi_store::check(&at(name)).unwrap_err().code(), code, "{name}");
        if name != "missing" {
            let created = mapi_store::create(&at(name), "x", FileTime::from_unix_seconds(START));
            assert_eq!(created.unwrap_err().code(), ErrorCode::COLLISION, "create over {name}");
            let mut section = PropList::new();
            section.set(FILE, at(name).to_str().unwrap());
            let service = StoreService::new(Arc::new(|| FileTime::from_unix_seconds(START)));
            let kept = service_entry(&service, ServiceContext::Create, &mut section);
            assert_eq!(kept.unwrap_err().code(), code, "a service for {name}");
        }
    }
    assert!(bytes_in(folder) == before, "a file that was refused was written, or one was made beside it");
}

/// Makes a store of the first schema of one of the present: the same rows, fewer columns.
fn make_old(path: &Path, old: &Path) {
    let file = Connection::open(old).unwrap();
    file.execute_batch(include_str!("../src/engine/sqlite/migrations/001_init.sql")).unwrap();
    file.execute("ATTACH ?1 AS present", [path.to_str().unwrap()]).unwrap();
    let tables = "SELECT t.name, group_concat(c.name) FROM main.sqlite_schema AS t, pragma_table_info(t.name, 'main') AS c
        WHERE t.type = 'table' GROUP BY t.name";
    let mut all = file.prepare(tables).unwrap();
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for (table, columns) in rows.map(Result::<(String, String), _>::unwrap) {
        file.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table}"
        ))
        .unwrap();
    }
    drop(all);
    file.execute_batch("DETACH present; PRAGMA user_version = 1; PRAGMA application_id = 0x4D415049;")
        .unwrap();
    file.close().unwrap();
}

#[test]
fn a_store_of_the_first_schema_is_brought_up_to_date_by_who_may_write() {
    let world = World::new();
    let id = {
        let open = world.logon();
        let message = message_in(&*open.inbox(), "old");
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let id = entry_id(&*message);
        drop(message);
        open.logon.logoff().unwrap();
        id
    };
    let path = world.folder.path().join("old.store");
    make_old(&world.path, &path);
    let provider = StoreProvider::new();
    let read = logon(&provider, &path, OpenFlags::NONE, false).map(drop).unwrap_err();
    assert_eq!(read.code(), ErrorCode::VERSION, "who only reads does not change it");
    let open = logon(&provider, &path, OpenFlags::MODIFY, false).unwrap();
    assert_eq!(text(&*open.message(&id), tags::PR_SUBJECT), "old");
    message_in(&*open.inbox(), "new").save_changes(SaveFlags::NONE).unwrap();
    open.logon.logoff().unwrap();
    assert_eq!(mapi_store::check(&path).unwrap().faults, Vec::<String>::new());
    let read = logon(&provider, &path, OpenFlags::NONE, false).unwrap();
    assert_eq!(read.inbox_to_read().contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 2);
    read.logon.logoff().unwrap();
}

#[test]
fn a_schema_that_somebody_changed_is_refused() {
    for sql in [
        "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM folder; END",
        "CREATE VIEW v AS SELECT * FROM message",
        "CREATE TABLE more (id INTEGER PRIMARY KEY)",
        "DROP INDEX message_by_delivery",
        "CREATE INDEX i ON message (length(hex(props)))",
    ] {
        let world = World::new();
        Connection::open(&world.path).unwrap().execute_batch(sql).unwrap();
        assert_eq!(refused(&world.path), ErrorCode::CORRUPT_STORE, "{sql}");
    }
}

#[test]
fn folders_in_a_circle_end_every_walk() {
    let world = World::new();
    let file = Connection::open(&world.path).unwrap();
    // The Inbox within itself, and two folders within each other.
    file.execute_batch(
        "INSERT INTO folder SELECT 100, 1, 101, 1, 'a', 'a', 0, 1, 1, 1, x'';
         INSERT INTO folder SELECT 101, 1, 100, 1, 'b', 'b', 0, 1, 1, 1, x'';
         INSERT INTO folderstat VALUES (100, 0, 0, 0, 0, 0), (101, 0, 0, 0, 0, 0);
         UPDATE folder SET parent = id WHERE id = (SELECT folder FROM special WHERE role = 3);",
    )
    .unwrap();
    file.close().unwrap();
    let open = world.logon();
    let everywhere = TableFlags::CONVENIENT_DEPTH;
    for folder in [open.root(), open.inbox()] {
        folder.hierarchy_table(everywhere).unwrap().row_count().unwrap();
    }
    let made = open.inbox().create_folder(
        mapi_spi::folder::FolderType::Generic,
        "c",
        "",
        mapi_defs::flags::FolderFlags::NONE,
    );
    drop(made);
    open.logon.logoff().unwrap();
    let report = mapi_store::check(&world.path).unwrap();
    assert!(report.faults.iter().any(|fault| fault.contains("within themselves")), "{:?}", report.faults);
}

#[test]
fn a_damaged_row_is_told_and_its_neighbours_are_read() {
    let world = World::new();
    let open = world.logon();
    let inbox = open.inbox();
    let (good, bad) = (message_in(&*inbox, "good"), message_in(&*inbox, "bad"));
    let (good, bad) = (entry_id(&*good), entry_id(&*bad));
    open.logon.logoff().unwrap();
    let file = Connection::open(&world.path).unwrap();
    file.execute("UPDATE message SET props = x'FFFFFFFFFFFFFFFF00' WHERE id = 2", []).unwrap();
    file.execute("UPDATE folderstat SET total = 7 WHERE total = 2", []).unwrap();
    file.close().unwrap();
    let open = world.logon();
    let damaged = open.try_message(&bad, OpenFlags::NONE).map(drop).unwrap_err();
    assert_eq!(damaged.code(), ErrorCode::CORRUPT_DATA);
    assert_eq!(text(&*open.message(&good), tags::PR_SUBJECT), "good");
    open.logon.logoff().unwrap();
    let faults = mapi_store::check(&world.path).unwrap().faults;
    assert!(faults.iter().any(|fault| fault.contains("counters say [7, ")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault == "message 2: packed properties are not whole"), "{faults:?}");
}

#[test]
fn a_file_that_goes_away_while_open_is_noticed() {
    let world = World::new();
    let open = world.logon();
    message_in(&*open.inbox(), "before");
    let draft = open.inbox().create_message(false).unwrap();
    set(&*draft, tags::PR_SUBJECT, "after");
    fs::rename(&world.path, world.folder.path().join("moved")).unwrap();
    let error = draft.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OBJECT_DELETED);
    // A file of the same name is not the same file.
    fs::write(&world.path, b"something else").unwrap();
    let error = draft.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap_err();
    assert_eq!(error.code(), ErrorCode::OBJECT_DELETED);
    fs::rename(world.folder.path().join("moved"), &world.path).unwrap();
    draft.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    open.logon.logoff().unwrap();
    assert_eq!(world.check().messages, 2);
}

#[test]
fn a_file_with_two_names_is_read_but_not_written() {
    let world = World::new();
    fs::hard_link(&world.path, world.folder.path().join("second")).unwrap();
    let write = world.logon_as(OpenFlags::MODIFY, false).map(drop).unwrap_err();
    assert_eq!(write.code(), ErrorCode::NO_ACCESS);
    let best = world.logon_as(OpenFlags::BEST_ACCESS, false).unwrap();
    assert_eq!(world::long(&*best.store, tags::PR_ACCESS_LEVEL), 0);
}

#[test]
fn a_reader_makes_no_file_and_sees_what_is_written_meanwhile() {
    let world = World::new();
    let reader = world.logon_as(OpenFlags::NONE, false).unwrap();
    let before = bytes_in(world.folder.path());
    assert_eq!(world::long(&*reader.inbox_to_read(), tags::PR_CONTENT_COUNT), 0);
    let inbox = reader.inbox_to_read();
    assert_eq!(inbox.create_message(false).map(drop).unwrap_err().code(), ErrorCode::NO_ACCESS);
    assert!(bytes_in(world.folder.path()) == before, "a reader wrote");
    let writer = world.logon();
    message_in(&*writer.inbox(), "new");
    assert_eq!(world::long(&*reader.inbox_to_read(), tags::PR_CONTENT_COUNT), 1, "beside an open writer");
    writer.logon.logoff().unwrap();
    assert_eq!(world::long(&*reader.inbox_to_read(), tags::PR_CONTENT_COUNT), 1, "after it");
    world.check();
}

#[test]
fn a_lock_of_somebody_else_is_waited_for_and_no_longer() {
    let world = World::new();
    let open = world.logon();
    let message = message_in(&*open.inbox(), "first");
    let other = Connection::open(&world.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    set(&*message, tags::PR_SUBJECT, "second");
    let error = message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TIMEOUT);
    assert!(error.is_transient());
    assert_eq!(text(&*open.message(&entry_id(&*message)), tags::PR_SUBJECT), "first", "readers go on");
    other.execute_batch("ROLLBACK").unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    assert_eq!(text(&*open.message(&entry_id(&*message)), tags::PR_SUBJECT), "second");
    drop(other);
    open.logon.logoff().unwrap();
    world.check();
}

#[test]
fn a_full_disk_spoils_nothing_and_lets_mail_be_deleted() {
    let world = World::new();
    let provider = StoreProvider::new().with_max_pages(400);
    let open = logon(&provider, &world.path, OpenFlags::MODIFY, false).unwrap();
    let inbox = open.inbox();
    let mut saved = Vec::new();
    let full = loop {
        let message = inbox.create_message(false).unwrap();
        set(&*message, tags::PR_SUBJECT, format!("number {}", saved.len()));
        set(&*message, tags::PR_BODY, "b".repeat(40_000));
        match message.save_changes(SaveFlags::KEEP_OPEN_READWRITE) {
            Ok(()) => saved.push(entry_id(&*message)),
            Err(error) => break (message, error),
        }
    };
    assert_eq!(full.1.code(), ErrorCode::NOT_ENOUGH_DISK);
    assert!(saved.len() > 10, "{}", saved.len());
    assert_eq!(text(&*full.0, tags::PR_SUBJECT), format!("number {}", saved.len()), "open and intact");
    let hard = mapi_defs::flags::FolderFlags::HARD_DELETE;
    inbox.delete_messages(&saved[..5], hard, &mapi_spi::progress::NoProgress).unwrap();
    full.0.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    open.logon.logoff().unwrap();
    assert_eq!(world.check().messages as usize, saved.len() - 4);
}

#[test]
fn stores_created_at_once_are_one() {
    let world = World::empty();
    let now = FileTime::from_unix_seconds(START);
    let made = std::thread::scope(|scope| {
        let make = || mapi_store::create(&world.path, "Personal Folders", now);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(
        made.iter().flat_map(|made| made.as_ref().err()).all(|error| error.code() == ErrorCode::COLLISION)
    );
    let left = bytes_in(world.folder.path());
    assert_eq!(left.len(), 1, "{:?}", left.iter().map(|(name, _)| name).collect::<Vec<_>>());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&world.path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(world.check().folders, 10);
}
