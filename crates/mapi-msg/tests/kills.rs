//! A process that is killed while it saves a message leaves the old file or the new one.
//!
//! The test starts itself again as the process that saves, under `strace`, which sends SIGKILL at the
//! n-th system call of a kind; n goes up until the save comes through.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::SaveFlags;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_SUBJECT};
use mapi_msg::{DocStorage, MsgFile, ObjectLimits, open_on_storage};
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::StorageMode;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use storages::*;

/// Names the file that the started process saves.
const SAVES: &str = "MAPI_MSG_TEST_SAVES";
/// What is read and written on the way of a save, by system call.
const CALLS: [&str; 7] = [
    "openat",
    "write",
    "fsync",
    "?chmod,?fchmodat,?fchmod",
    "?rename,?renameat,?renameat2",
    "?statx",
    "close",
];

#[test]
fn a_save_that_is_killed_leaves_the_old_file_or_the_new_one() {
    if let Some(path) = std::env::var_os(SAVES) {
        return save(Path::new(&path));
    }
    let mut probe = Command::new("strace");
    probe.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        mapi_testkit::skipped("(strace cannot trace here): saves are not killed");
        assert_ne!(std::env::var("MAPI_FORBID_SKIP").as_deref(), Ok("1"), "skipping is forbidden");
        return;
    }
    let sample = files::samples().into_iter().find(|path| path.ends_with("welcome.msg")).unwrap();
    let old = std::fs::read(sample).unwrap();
    let (mut kills, mut new_after_kill) = (0, 0);
    for calls in CALLS {
        for nth in 1.. {
            assert!(nth < 1000, "{calls}: no save came through");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("m.msg");
            std::fs::write(&path, &old).unwrap();
            let came_through = start(&path, calls, nth);
            let is_new = check(&path, &old);
            if came_through {
                assert!(is_new, "{calls} {nth}");
                break;
            }
            kills += 1;
            new_after_kill += u32::from(is_new);
            // What the killed process left behind is in nobody's way.
            save(&path);
            assert!(check(&path, &old));
        }
    }
    eprintln!("{kills} saves were killed, {new_after_kill} of them after the new file had its name");
    assert!(kills > 40, "{kills}");
    assert!(new_after_kill > 0, "a kill after the new file has its name");
}

/// Saves the file in a process that is killed at its n-th call; true where it was not.
fn start(path: &Path, calls: &str, nth: u32) -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    strace.args(["-e", &format!("inject={calls}:signal=KILL:when={nth}")]);
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "a_save_that_is_killed_leaves_the_old_file_or_the_new_one", "--test-threads=1"]);
    strace.env(SAVES, path).stdout(Stdio::null()).stderr(Stdio::null());
    strace.status().unwrap().success()
}

fn save(path: &Path) {
    let root = DocStorage::open_file(path, StorageMode::ReadWrite).unwrap();
    let message = open_on_storage(Arc::new(root), unicode()).unwrap();
    set(&*message, PR_SUBJECT, "the new one");
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, vec![5; 200_000]);
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
}

/// True where the file is the new one; anything between the two fails.
fn check(path: &Path, old: &[u8]) -> bool {
    if std::fs::read(path).unwrap() == old {
        return false;
    }
    let file = MsgFile::open(path).unwrap();
    assert_eq!(file.notes(), []);
    let (object, notes) = file.message().unwrap().to_object_with_notes(&ObjectLimits::default()).unwrap();
    assert_eq!(notes, []);
    assert_eq!(object.text(PR_SUBJECT), Some("the new one"));
    let data = object.attachments.last().unwrap().property(PR_ATTACH_DATA_BIN).unwrap();
    assert_eq!(data.as_binary().unwrap(), vec![5; 200_000]);
    true
}
