//! Writes into a store until its disk is full, then deletes and finishes what it can: one of several such
//! programs at once, for `tests/full_disk.sh`.
//!
//! Ends with 0 where every call answered as documented, and says what it saw.
#![allow(clippy::unwrap_used, reason = "a call that has to work and does not ends the program")]

#[path = "../tests/world/mod.rs"]
mod world;

use mapi_defs::flags::{FolderFlags, OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::tags;
use mapi_defs::{EntryId, ErrorCode, Result};
use mapi_spi::folder::Folder;
use mapi_spi::progress::NoProgress;
use mapi_store::StoreProvider;
use std::path::Path;
use world::{Open, logon, set};

/// Failures in a row after which the disk counts as full.
const ENOUGH: usize = 20;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let path = Path::new(&path);
    let open = match logon(&StoreProvider::new(), path, OpenFlags::BEST_ACCESS, false) {
        Ok(open) => open,
        Err(error) => {
            assert!(expected(error.code()), "logon: {error}");
            println!("logon: {error}");
            return;
        }
    };
    let can_write = world::long(&*open.store, tags::PR_ACCESS_LEVEL) != 0;
    let rows = read(&open);
    let mut saved = Vec::new();
    if can_write {
        saved = fill(&*open.inbox());
        let gone = saved.len().min(5);
        let deleted = open.inbox().delete_messages(&saved[..gone], FolderFlags::HARD_DELETE, &NoProgress);
        if let Err(error) = &deleted {
            assert!(expected(error.code()), "delete: {error}");
        }
        println!("deleting {gone}: {:?}", deleted.map(|completion| completion.done));
    }
    read(&open);
    open.logon.logoff().unwrap();
    println!("writable {can_write}, {rows} rows before, {} saved", saved.len());
}

fn fill(inbox: &dyn Folder) -> Vec<EntryId> {
    let (mut saved, mut failures) = (Vec::new(), 0);
    while failures < ENOUGH {
        match one(inbox) {
            Ok(id) => {
                saved.push(id);
                failures = 0;
            }
            Err(error) => {
                assert!(expected(error.code()), "save: {error}");
                failures += 1;
            }
        }
    }
    saved
}

fn one(inbox: &dyn Folder) -> Result<EntryId> {
    let message = inbox.create_message(false)?;
    set(&*message, tags::PR_SUBJECT, "until the disk is full");
    set(&*message, tags::PR_BODY, "b".repeat(3_000));
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    Ok(world::entry_id(&*message))
}

fn read(open: &Open) -> usize {
    let table = open.inbox_to_read().contents_table(TableFlags::NONE).unwrap();
    mapi_spi::table::query_all_rows(&*table, &[tags::PR_SUBJECT]).unwrap().len()
}

/// The answers of a full disk.
fn expected(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NOT_ENOUGH_DISK | ErrorCode::TIMEOUT | ErrorCode::BUSY)
}
