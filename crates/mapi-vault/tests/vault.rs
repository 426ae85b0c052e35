//! Sealed values open in their place with their key, and in no other way. What profiles do with them is
//! tested in `mapi`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::prop::PropTag;
use mapi_defs::{ErrorCode, Guid};
use mapi_vault::{KeptBy, KeyFile, KeyKeeper, Place, Secret, Vault};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const PASSWORD: &str = "correct horse battery staple";
const PLACE: Place = Place { profile: Guid([1; 16]), section: Guid([2; 16]), tag: PropTag(0x67F1_001F) };

struct Fixture {
    _root: tempfile::TempDir,
    folder: PathBuf,
    vault: Vault,
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("keys");
    Fixture { vault: Vault::with_key_file(&folder), folder, _root: root }
}

impl Fixture {
    fn key_file(&self) -> PathBuf {
        self.folder.join("vault.key")
    }

    fn sealed(&self) -> Vec<u8> {
        self.vault.seal(&PLACE, &Secret::from(PASSWORD.to_owned())).unwrap()
    }

    fn refusal(&self, place: &Place, sealed: &[u8]) -> ErrorCode {
        self.vault.open(place, sealed).map(drop).unwrap_err().code()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_sealed_secret_opens_in_its_place() {
    let fixture = fixture();
    let (one, other) = (fixture.sealed(), fixture.sealed());
    assert_ne!(one, other, "each value has a nonce of its own");
    for sealed in [&one, &other] {
        assert_eq!(fixture.vault.open(&PLACE, sealed).unwrap().expose_text(), Some(PASSWORD));
        assert!(!sealed.windows(7).any(|part| part == b"battery"));
    }
    let empty = fixture.vault.seal(&PLACE, &Secret::from(Vec::new())).unwrap();
    assert!(fixture.vault.open(&PLACE, &empty).unwrap().is_empty());
    let longest = Secret::from(vec![7; 64 * 1024]);
    let sealed = fixture.vault.seal(&PLACE, &longest).unwrap();
    assert!(fixture.vault.open(&PLACE, &sealed).unwrap().expose() == longest.expose());
    let longer = fixture.vault.seal(&PLACE, &Secret::from(vec![7; 64 * 1024 + 1]));
    assert_eq!(longer.unwrap_err().code(), ErrorCode::TOO_BIG);
}

#[test]
fn a_value_moved_to_another_place_does_not_open() {
    let fixture = fixture();
    let sealed = fixture.sealed();
    let elsewhere = [
        Place { profile: Guid([9; 16]), ..PLACE },
        Place { section: Guid([9; 16]), ..PLACE },
        Place { profile: PLACE.section, section: PLACE.profile, ..PLACE },
        Place { tag: PropTag(0x67F2_001F), ..PLACE },
        Place { tag: PropTag(0x67F1_001E), ..PLACE },
    ];
    for place in elsewhere {
        assert_eq!(fixture.refusal(&place, &sealed), ErrorCode::CORRUPT_DATA, "{place:?}");
    }
}

#[test]
fn a_value_that_was_changed_does_not_open() {
    let fixture = fixture();
    let sealed = fixture.sealed();
    for length in 0..sealed.len() {
        assert!(fixture.vault.open(&PLACE, &sealed[..length]).is_err(), "cut to {length}");
    }
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(fixture.vault.open(&PLACE, &changed).is_err(), "bit {bit}");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(fixture.refusal(&PLACE, &longer), ErrorCode::CORRUPT_DATA);
}

#[test]
fn without_its_key_a_value_stays_shut() {
    let fixture = fixture();
    let sealed = fixture.sealed();
    let aside = fixture.folder.with_extension("aside");
    fs::rename(&fixture.folder, &aside).unwrap();
    assert_eq!(fixture.refusal(&PLACE, &sealed), ErrorCode::NO_ACCESS, "no folder");
    assert!(!fixture.folder.exists(), "opening makes nothing");

    let renewed = fixture.sealed();
    assert_eq!(fixture.refusal(&PLACE, &sealed), ErrorCode::NO_ACCESS, "another key is there");
    fs::remove_dir_all(&fixture.folder).unwrap();
    fs::rename(&aside, &fixture.folder).unwrap();
    assert_eq!(fixture.vault.open(&PLACE, &sealed).unwrap().expose_text(), Some(PASSWORD));
    assert_eq!(fixture.refusal(&PLACE, &renewed), ErrorCode::NO_ACCESS);

    let nobody = Vault::new([]);
    assert_eq!(nobody.kept_by(), None);
    assert_eq!(nobody.open(&PLACE, &sealed).map(drop).unwrap_err().code(), ErrorCode::NO_ACCESS);
    let unsealed = nobody.seal(&PLACE, &Secret::from(PASSWORD.to_owned()));
    assert_eq!(unsealed.unwrap_err().code(), ErrorCode::NO_ACCESS);
}

#[test]
fn the_key_file_is_its_owners_alone_and_the_vault_says_what_that_means() {
    let fixture = fixture();
    assert_eq!(fixture.vault.kept_by(), Some(KeptBy::File));
    assert!(!fixture.folder.exists(), "asking makes nothing");
    fixture.sealed();
    assert_eq!((mode(&fixture.folder), mode(&fixture.key_file())), (0o700, 0o600));
    let names: Vec<_> =
        fs::read_dir(&fixture.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["vault.key"]);
    assert!(KeptBy::File.in_plain_words().contains("who can read your files can read your passwords"));
}

#[test]
fn of_many_who_need_a_first_key_one_makes_it() {
    let fixture = fixture();
    let sealed: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| fixture.sealed())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for value in sealed {
        assert_eq!(fixture.vault.open(&PLACE, &value).unwrap().expose_text(), Some(PASSWORD));
    }
}

/// Whatever stands where the key file should be, and could have been put there by somebody else.
fn plant(shape: &str, fixture: &Fixture, victim: &Path) {
    let (folder, file) = (&fixture.folder, fixture.key_file());
    let key = fs::read(&file).unwrap();
    match shape {
        "link to a key" => {
            fs::rename(&file, victim).unwrap();
            symlink(victim, &file).unwrap();
        }
        "link to nothing" => {
            fs::remove_file(&file).unwrap();
            symlink(victim, &file).unwrap();
        }
        "second name" => fs::hard_link(&file, victim).unwrap(),
        "folder" => {
            fs::remove_file(&file).unwrap();
            fs::create_dir(&file).unwrap();
        }
        "pipe" => {
            fs::remove_file(&file).unwrap();
            let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&file).status();
            assert!(made.unwrap().success());
        }
        "readable by the group" => fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap(),
        "writable by all" => fs::set_permissions(&file, Permissions::from_mode(0o602)).unwrap(),
        "short" => fs::write(&file, &key[..47]).unwrap(),
        "long" => fs::write(&file, [key.as_slice(), &[0]].concat()).unwrap(),
        "empty" => fs::write(&file, []).unwrap(),
        "something else" => fs::write(&file, [b'x'; 48]).unwrap(),
        "open folder" => fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap(),
        "link to the folder" => {
            fs::rename(folder, victim).unwrap();
            symlink(victim, folder).unwrap();
        }
        "file for a folder" => {
            fs::remove_dir_all(folder).unwrap();
            fs::write(folder, "").unwrap();
        }
        _ => panic!("unknown shape {shape}"),
    }
}

#[test]
fn a_key_that_another_could_have_planted_or_read_is_refused() {
    let shapes = [
        "link to a key",
        "link to nothing",
        "second name",
        "folder",
        "pipe",
        "readable by the group",
        "writable by all",
        "short",
        "long",
        "empty",
        "something else",
        "open folder",
        "link to the folder",
        "file for a folder",
    ];
    for shape in shapes {
        let fixture = fixture();
        let sealed = fixture.sealed();
        let victim = fixture.folder.with_extension("victim");
        plant(shape, &fixture, &victim);
        let before = fs::symlink_metadata(&victim).map(|meta| (meta.ino(), meta.size(), meta.mode())).ok();
        assert_eq!(fixture.refusal(&PLACE, &sealed), ErrorCode::NO_ACCESS, "{shape}");
        let resealed = fixture.vault.seal(&PLACE, &Secret::from(PASSWORD.to_owned()));
        assert_eq!(resealed.unwrap_err().code(), ErrorCode::NO_ACCESS, "{shape}");
        let after = fs::symlink_metadata(&victim).map(|meta| (meta.ino(), meta.size(), meta.mode())).ok();
        assert_eq!(before, after, "{shape}: what the name leads to was touched");
    }
}

#[test]
fn a_key_of_another_user_is_refused() {
    let fixture = fixture();
    let sealed = fixture.sealed();
    // Only root can give a file away; for everybody else such a file cannot come from this test.
    if std::os::unix::fs::chown(fixture.key_file(), Some(12_345), None).is_err() {
        return mapi_testkit::skipped("a key of another user: only root can give a file away");
    }
    assert_eq!(fixture.refusal(&PLACE, &sealed), ErrorCode::NO_ACCESS, "file");
    std::os::unix::fs::chown(fixture.key_file(), Some(0), None).unwrap();
    std::os::unix::fs::chown(&fixture.folder, Some(12_345), None).unwrap();
    assert_eq!(fixture.refusal(&PLACE, &sealed), ErrorCode::NO_ACCESS, "folder");
}

#[test]
fn a_new_key_that_was_cut_off_is_made_again() {
    let fixture = fixture();
    fixture.sealed();
    fs::remove_file(fixture.key_file()).unwrap();
    fs::write(fixture.folder.join(".vault.key.new"), "half").unwrap();
    let keeper = KeyFile::new(&fixture.folder);
    let made = keeper.key_or_new().unwrap();
    assert_eq!(*keeper.key(made.id).unwrap().unwrap().bytes, *made.bytes);
    assert!(keeper.key([0; 8]).unwrap().is_none());
    assert_eq!(format!("{made:?}"), "Key { .. }");
}
