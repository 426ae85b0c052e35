//! A key in the key ring of a desktop session: a real GNOME Keyring on a bus of its own.
#![cfg(feature = "secret-service")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::prop::PropTag;
use mapi_defs::{ErrorCode, Guid};
use mapi_vault::{KeptBy, KeyKeeper, Place, Secret, SecretService, Vault};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PLACE: Place = Place { profile: Guid([1; 16]), section: Guid([2; 16]), tag: PropTag(0x67F0_001F) };
/// Set in the process that is inside the session; what it has to do there.
const INSIDE: &str = "MAPI_TEST_INSIDE_SESSION";

/// A bus with a key ring, ended with this value.
struct Desktop {
    home: tempfile::TempDir,
    address: String,
    children: Vec<Child>,
}

impl Desktop {
    /// Starts one; `None` where its programs are not installed.
    fn start(unlock: bool) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:dir={}", home.path().display()))
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut bus) = bus else {
            mapi_testkit::skipped("dbus-daemon is not installed");
            return None;
        };
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let mut desktop = Self { home, address: address.trim().to_owned(), children: vec![bus] };
        desktop.start_key_ring(unlock).then_some(desktop)
    }

    fn start_key_ring(&mut self, unlock: bool) -> bool {
        let mut command = self.command(Path::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--components=secrets"]);
        if unlock {
            command.arg("--unlock");
        }
        let key_ring = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut key_ring) = key_ring else {
            mapi_testkit::skipped("gnome-keyring-daemon is not installed");
            return false;
        };
        key_ring.stdin.take().unwrap().write_all(b"login password").unwrap();
        // It says where its control socket is once it is there; its name on the bus follows.
        let mut line = String::new();
        BufReader::new(key_ring.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.children.push(key_ring);
        true
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env_remove("XDG_DATA_HOME")
            .env_remove("MAPI_KEY_KEEPER");
        command
    }

    /// Runs the test of this name again as a process of this session.
    fn run(&self, test: &str, part: &str) {
        let mut command = self.command(&std::env::current_exe().unwrap());
        let output = command.args(["--exact", test, "--nocapture"]).env(INSIDE, part).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn folder(&self) -> std::path::PathBuf {
        self.home.path().join("keys")
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// The session's home, in a process that is inside; `None` in the test itself.
fn inside() -> Option<(String, std::path::PathBuf)> {
    let part = std::env::var(INSIDE).ok()?;
    Some((part, Path::new(&std::env::var_os("HOME").unwrap()).join("keys")))
}

#[test]
fn the_key_ring_keeps_the_key_and_no_file_does() {
    if let Some((part, folder)) = inside() {
        let vault = Vault::of_user(&folder);
        assert_eq!(vault.kept_by(), Some(KeptBy::SecretService));
        let sealed = folder.with_file_name("sealed");
        if part == "seal" {
            let secret = Secret::from("hunter2".to_owned());
            std::fs::write(&sealed, vault.seal(&PLACE, &secret).unwrap()).unwrap();
        }
        let opened = vault.open(&PLACE, &std::fs::read(&sealed).unwrap()).unwrap();
        assert_eq!(opened.expose_text(), Some("hunter2"));
        let (one, two) = (SecretService.key_or_new().unwrap(), SecretService.key_or_new().unwrap());
        assert!(one.id == two.id && *one.bytes == *two.bytes, "one key for all");
        assert!(SecretService.key([9; 8]).unwrap().is_none());
        return;
    }
    let Some(desktop) = Desktop::start(true) else { return };
    desktop.run("the_key_ring_keeps_the_key_and_no_file_does", "seal");
    assert!(!desktop.folder().exists(), "no key file was made");
    // Another process has the same key.
    desktop.run("the_key_ring_keeps_the_key_and_no_file_does", "open");
    // Without the desktop session the key is out of reach, and no other is put in its place.
    let vault = Vault::with_key_file(&desktop.folder());
    let sealed = std::fs::read(desktop.home.path().join("sealed")).unwrap();
    let refused = vault.open(&PLACE, &sealed).map(drop).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_ACCESS);
}

#[test]
fn a_session_without_a_key_ring_of_its_own_uses_the_key_file() {
    if let Some((_, folder)) = inside() {
        let vault = Vault::of_user(&folder);
        assert_eq!(vault.kept_by(), Some(KeptBy::File));
        vault.seal(&PLACE, &Secret::from("hunter2".to_owned())).unwrap();
        return;
    }
    // A key ring that nobody has unlocked once has no default collection.
    let Some(desktop) = Desktop::start(false) else { return };
    desktop.run("a_session_without_a_key_ring_of_its_own_uses_the_key_file", "seal");
    assert!(desktop.folder().join("vault.key").exists());
}

#[test]
fn a_word_in_the_environment_leaves_the_key_ring_out() {
    if let Some((_, folder)) = inside() {
        assert_eq!(Vault::of_user(&folder).kept_by(), Some(KeptBy::File));
        return;
    }
    let Some(desktop) = Desktop::start(true) else { return };
    let mut command = desktop.command(&std::env::current_exe().unwrap());
    let test = "a_word_in_the_environment_leaves_the_key_ring_out";
    command.args(["--exact", test]).env(INSIDE, "look").env(mapi_vault::KEY_KEEPER, "file");
    assert!(command.output().unwrap().status.success());
}
