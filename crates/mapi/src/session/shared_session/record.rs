//! `Sessions` and `Record`: what is on disk of shared sessions, in the run folder.
//!
//! ```text
//!  run/sessions/ID/record       the profile; written once
//!  run/sessions/ID/closing      who asked all to log off; from then on nobody joins
//!  run/sessions/ID/M.member     one for each member, locked as long as its process has it
//!  run/sessions/ID/N.host       the lease of epoch N, locked by the host of that epoch
//!  run/sessions/ID/N.socket     where that host answers
//!  run/sessions/ID/M.keeper     where a member that is kept by a process can be asked to end
//! ```
//!
//! Everything is written once or only ever grows, so nothing can be written back by who was stopped
//! meanwhile. Who lives is said by the kernel's locks alone. Who talks to whom is `host.rs` and
//! `client.rs`.

use super::protocol::is_id;
use crate::Home;
use mapi_defs::Result;
use mapi_files::{PrivateFolder, disk_error};
use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes of a file here, at most.
const FILE_BYTES: u64 = 4_096;
/// A path that is longer does not fit the address of a Unix socket (108 bytes with the last one 0).
const SOCKET_PATH: usize = 100;
const CALL: &str = "Session::logon";

/// The shared sessions of a home.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    folder: PathBuf,
}

impl Sessions {
    pub(super) fn of(home: &Home) -> Self {
        Self { folder: home.run().join("sessions") }
    }

    /// Those with a living member, the oldest identity first.
    pub(super) fn all(&self) -> Vec<Record> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut ids: Vec<String> = names.filter(|name| is_id(name)).collect();
        ids.sort();
        let records = ids.iter().filter_map(|id| Record::open(&self.folder, id));
        records.filter(|record| record.has_members() || !record.sweep()).collect()
    }

    /// The one that can be joined.
    pub(super) fn joinable(&self) -> Option<Record> {
        self.all().into_iter().find(|record| record.closed_by().is_none())
    }

    /// Begins a record; others do not see it yet. Only for who has the turn to log on: what else is
    /// under construction here was left by processes that ended over it.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`: it cannot be written.
    pub(super) fn draft(&self, id: &str, profile: &str) -> Result<Draft> {
        let sessions = PrivateFolder::make(&self.folder)?;
        self.tidy();
        let name = format!(".new-{id}");
        let folder = self.folder.join(&name);
        let failed = |error| disk_error(CALL, &folder, error);
        sessions.make_folder(&name)?;
        let record = Record { folder: folder.clone(), id: id.to_owned(), profile: profile.to_owned() };
        record.write_aside("record", &json!({ "version": 1, "profile": profile })).map_err(failed)?;
        Ok(Draft { place: self.folder.join(id), record })
    }

    /// Removes what is left of processes that ended while they made or removed a record.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.filter_map(io::Result::ok) {
            let name = entry.file_name();
            let is_left =
                name.to_str().is_some_and(|name| name.starts_with(".new-") || name.starts_with(".gone-"));
            if is_left && let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::debug!(%error, "what is left of a shared session cannot be removed");
            }
        }
    }
}

/// A record that is complete but not in its place.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) record: Record,
    place: PathBuf,
}

impl Draft {
    /// Puts the record into its place with its first member: from here on it can be joined.
    pub(super) fn publish(self, member: &mut Lock) -> io::Result<Record> {
        fs::rename(&self.record.folder, &self.place)?;
        let record = Record { folder: self.place, ..self.record };
        member.path = Some(record.member(&record.id));
        Ok(record)
    }
}

/// One shared session.
#[derive(Clone, Debug)]
pub(super) struct Record {
    folder: PathBuf,
    pub(super) id: String,
    pub(super) profile: String,
}

impl Record {
    fn open(sessions: &Path, id: &str) -> Option<Self> {
        let folder = sessions.join(id);
        let profile = read_json(&folder.join("record"))?.get("profile")?.as_str()?.to_owned();
        Some(Self { folder, id: id.to_owned(), profile })
    }

    /// The folder, for who wants to hear of changes.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Who closed the session to joiners.
    pub(super) fn closed_by(&self) -> Option<String> {
        let by = read_json(&self.folder.join("closing"))?.get("by")?.as_str()?.to_owned();
        Some(by).filter(|by| is_id(by))
    }

    /// Closes the session to joiners, for ever; who did so first stays the one who did.
    pub(super) fn close(&self, by: &str) -> io::Result<()> {
        match self.write_aside("closing", &json!({ "by": by })) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    /// The newest epoch that somebody has begun; `None` where there is no record any more.
    pub(super) fn epoch(&self) -> Option<u64> {
        if !self.folder.join("record").exists() {
            return None;
        }
        self.epochs().max().or(Some(0))
    }

    /// Takes the lease of an epoch; `None` where somebody has it or a newer one was begun.
    pub(super) fn lead(&self, epoch: u64) -> io::Result<Option<Lock>> {
        let Some(lease) = Lock::take(&self.folder.join(format!("{epoch}.host")))? else { return Ok(None) };
        // It stays, so that no epoch comes twice; the next host removes it.
        let lease = lease.kept();
        Ok((self.epoch() == Some(epoch)).then_some(lease))
    }

    /// True where nobody holds the lease of this epoch.
    pub(super) fn is_leaderless(&self, epoch: u64) -> bool {
        !Lock::is_held(&self.folder.join(format!("{epoch}.host")))
    }

    /// Where the host of an epoch answers.
    pub(super) fn socket(&self, epoch: u64) -> io::Result<SocketPath> {
        SocketPath::new(&self.folder, &format!("{epoch}.socket"))
    }

    /// Removes what earlier hosts have left.
    pub(super) fn forget_before(&self, epoch: u64) {
        for old in self.epochs().filter(|old| *old < epoch) {
            for ending in ["socket", "host"] {
                remove(&self.folder.join(format!("{old}.{ending}")));
            }
        }
    }

    fn epochs(&self) -> impl Iterator<Item = u64> {
        self.names(".host").filter_map(|name| name.parse().ok())
    }

    /// Enters a member: the record has it until the value is dropped or the process ends.
    pub(super) fn enter(&self, id: &str, no_mail: bool) -> io::Result<Lock> {
        let path = self.folder.join(format!("{id}.member"));
        let lock = Lock::take(&path)?.ok_or(io::ErrorKind::AlreadyExists)?;
        let what = json!({ "pid": std::process::id(), "no_mail": no_mail });
        lock.write(what.to_string().as_bytes())?;
        Ok(lock)
    }

    /// The living members by their files: identity, process, whether without mail.
    pub(super) fn members(&self) -> Vec<(String, u32, bool)> {
        let ids = self.names(".member").filter(|id| is_id(id));
        let alive = ids.filter(|id| Lock::is_held(&self.member(id)));
        let mut members: Vec<_> = alive
            .filter_map(|id| {
                let what = read_json(&self.member(&id))?;
                let pid = u32::try_from(what.get("pid")?.as_u64()?).ok()?;
                Some((id, pid, what.get("no_mail")?.as_bool()?))
            })
            .collect();
        members.sort();
        members
    }

    /// True while a process holds a membership.
    pub(super) fn has_members(&self) -> bool {
        self.names(".member").any(|id| Lock::is_held(&self.member(&id)))
    }

    /// Removes a member's file, unless a living process holds it.
    pub(super) fn forget(&self, id: &str) {
        // Taken, so that nobody else has it, and removed as it is dropped.
        drop(Lock::take(&self.member(id)));
    }

    /// Where a member that is kept by a process can be asked to end.
    pub(super) fn keeper(&self, id: &str) -> io::Result<SocketPath> {
        SocketPath::new(&self.folder, &format!("{id}.keeper"))
    }

    /// Removes the record of a session without a member; true where it is gone.
    pub(super) fn sweep(&self) -> bool {
        if self.has_members() {
            return false;
        }
        let (Some(sessions), unique) = (self.folder.parent(), uuid::Uuid::new_v4().simple()) else {
            return false;
        };
        let gone = sessions.join(format!(".gone-{}-{unique}", self.id));
        // In one step, so that a joiner finds the whole record or none.
        if fs::rename(&self.folder, &gone).is_ok()
            && let Err(error) = fs::remove_dir_all(&gone)
        {
            tracing::debug!(%error, "the record of a shared session cannot be removed");
        }
        true
    }

    fn member(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.member"))
    }

    /// Names of files with this ending, without it.
    fn names(&self, ending: &'static str) -> impl Iterator<Item = String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().filter_map(io::Result::ok);
        entries.filter_map(move |entry| Some(entry.file_name().to_str()?.strip_suffix(ending)?.to_owned()))
    }

    /// Puts a file into its place whole, where there is none of its name.
    fn write_aside(&self, name: &str, content: &Value) -> io::Result<()> {
        let aside = self.folder.join(format!(".{name}-{}", uuid::Uuid::new_v4().simple()));
        let placed = private(&aside, |options| options.create_new(true))
            .and_then(|mut file| file.write_all(content.to_string().as_bytes()))
            .and_then(|()| {
                match renameat_with(CWD, &aside, CWD, self.folder.join(name), RenameFlags::NOREPLACE) {
                    // Not every file system knows the flag; a link fails the same way where one is there.
                    Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                        fs::hard_link(&aside, self.folder.join(name))
                    }
                    other => other.map_err(io::Error::from),
                }
            });
        remove(&aside);
        placed
    }
}

/// The lock of a file, held until it is dropped or its process ends; the file goes with it.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// What to remove in the end.
    path: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock of a file that is made where there is none; `None` where somebody has it.
    fn take(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = private(path, |options| options.read(true).create(true).truncate(false))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => return Ok(None),
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            // Whoever had it may have removed it meanwhile; that lock would be worth nothing.
            if is_same_file(&file, path) {
                return Ok(Some(Self { file, path: Some(path.to_owned()) }));
            }
        }
    }

    /// The lock of a file that stays.
    fn kept(self) -> Self {
        let mut kept = self;
        kept.path = None;
        kept
    }

    /// True where a process holds the lock. Those who ask do not get into one another's way.
    fn is_held(path: &Path) -> bool {
        let Ok(file) = private(path, |options| options.read(true)) else { return false };
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).write_all(bytes)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // First, while nobody else can have the lock.
        if let Some(path) = self.path.take().filter(|path| is_same_file(&self.file, path)) {
            remove(&path);
        }
        // Closing alone would leave the lock with a child that was forked meanwhile.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "a lock of a shared session could not be given up");
        }
    }
}

/// The path of a socket, short enough for its address.
#[derive(Debug)]
pub(super) struct SocketPath {
    path: PathBuf,
    place: PathBuf,
    /// The folder, which a short path leads through.
    _folder: Option<File>,
}

impl SocketPath {
    fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let place = folder.join(name);
        if place.as_os_str().len() <= SOCKET_PATH {
            return Ok(Self { path: place.clone(), place, _folder: None });
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
        // The kernel's flag bits fit an i32 as open(2) takes them.
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(folder)?;
        let path = Path::new("/proc/self/fd").join(opened.as_raw_fd().to_string()).join(name);
        Ok(Self { path, place, _folder: Some(opened) })
    }

    /// Where to connect.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True where there is something of that name.
    pub(super) fn exists(&self) -> bool {
        self.place.exists()
    }

    /// Listens there. The name appears once connections are taken, never before.
    pub(super) fn listen(&self) -> io::Result<std::os::unix::net::UnixListener> {
        let name = |path: &Path| path.with_extension("new");
        remove(&name(&self.place));
        let listener = std::os::unix::net::UnixListener::bind(name(&self.path))?;
        listener.set_nonblocking(true)?;
        fs::rename(name(&self.place), &self.place)?;
        Ok(listener)
    }

    /// Takes the name away.
    pub(super) fn remove(&self) {
        remove(&self.place);
    }
}

/// Opens a file for its owner alone, and no link.
fn private(path: &Path, how: impl FnOnce(&mut OpenOptions) -> &mut OpenOptions) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // The kernel's flag bits fit an i32 as open(2) takes them.
    options.write(true).mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    how(&mut options).open(path)
}

fn read_json(path: &Path) -> Option<Value> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn is_same_file(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(%error, "a file of a shared session cannot be removed");
        }
        _ => {}
    }
}
