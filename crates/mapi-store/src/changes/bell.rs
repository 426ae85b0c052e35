//! How one program wakes another: a datagram to each socket of those who watch a store.
//!
//! The sockets lie in a folder of the run folder, for the user alone. A datagram says nothing but "look";
//! what happened is read from the store, so that a datagram lost, late or forged costs a look. Where there is
//! no run folder, changes of other programs are found by looking (`watch.rs` of the engine).

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a bell is silent before its owner looks for himself.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// Bytes of a socket's name that the system takes, its end included.
const NAME_BYTES: usize = 108;
/// A folder whose time is younger than this may change again without showing it.
const COARSE_CLOCK: Duration = Duration::from_millis(50);

/// Tells this program's sockets from those of others: it wakes itself without them.
static OURS: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().simple().to_string()[..8].to_owned());

/// Where somebody waits for changes.
#[derive(Debug)]
pub(super) struct Bell {
    socket: UnixDatagram,
    wake: Arc<Wake>,
}

/// Rings a bell of this program.
#[derive(Debug)]
pub(crate) struct Wake {
    socket: UnixDatagram,
    /// The bell's name, to be taken down with it.
    path: Option<PathBuf>,
    is_over: AtomicBool,
}

/// Why a bell's owner wakes up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rung {
    /// Somebody changed something.
    Changed,
    /// Nobody has said anything for [`LOOK`].
    Silence,
    /// It is over.
    Over,
}

impl Bell {
    /// A bell, in a folder that other programs ring where there is one.
    pub(super) fn new(folder: Option<&Path>) -> io::Result<Self> {
        let hung = folder.and_then(|folder| {
            let hung = hang(folder);
            // Changes of others are then found later, by looking.
            hung.inspect_err(|error| tracing::warn!(%error, "no other program can wake this one")).ok()
        });
        let (socket, path, ringer) = match hung {
            Some((socket, path)) => {
                let ringer = UnixDatagram::unbound()?;
                with_short_name(&path, |name| ringer.connect(name))?;
                (socket, Some(path), ringer)
            }
            None => {
                let (socket, ringer) = UnixDatagram::pair()?;
                (socket, None, ringer)
            }
        };
        socket.set_read_timeout(Some(LOOK))?;
        ringer.set_nonblocking(true)?;
        let wake = Arc::new(Wake { socket: ringer, path, is_over: AtomicBool::new(false) });
        Ok(Self { socket, wake })
    }

    pub(super) fn wake(&self) -> &Arc<Wake> {
        &self.wake
    }

    /// Waits until it is rung, or has been silent for long.
    pub(super) fn wait(&self) -> Rung {
        let rung = self.socket.recv(&mut [0; 8]).is_ok();
        match (self.wake.is_over.load(Ordering::Acquire), rung) {
            (true, _) => Rung::Over,
            (false, true) => Rung::Changed,
            (false, false) => Rung::Silence,
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.wake.take_down();
    }
}

impl Wake {
    /// Something happened. A bell that is full of calls rings anyway.
    pub(crate) fn up(&self) {
        drop(self.socket.send(&[1]));
    }

    /// Nobody needs to wait any more. The name goes at once: the program may end before the waiter wakes.
    pub(super) fn over(&self) {
        self.is_over.store(true, Ordering::Release);
        self.up();
        self.take_down();
    }

    fn take_down(&self) {
        if let Some(path) = &self.path {
            drop(fs::remove_file(path));
        }
    }
}

/// The bells of other programs that watch one store.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    folders: Mutex<Vec<Folder>>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Its bells at a time, if that is long enough ago to be the last word.
    known: Option<(SystemTime, Vec<PathBuf>)>,
}

impl Bells {
    /// Rings those in this folder, too, from now on.
    pub(crate) fn add(&self, path: PathBuf) {
        let mut folders = self.lock();
        if folders.iter().all(|known| known.path != path) {
            folders.push(Folder { path, known: None });
        }
    }

    /// Rings the bells of all other programs.
    pub(crate) fn ring(&self) {
        let mut folders = self.lock();
        let mut socket = None;
        for folder in &mut *folders {
            for path in folder.bells() {
                let Some(socket) = socket.get_or_insert_with(ringer) else { return };
                let rung = with_short_name(path, |name| socket.send_to(&[1], name));
                // Whoever hung it is gone, killed perhaps; names are never used twice.
                if rung.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                    drop(fs::remove_file(path));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Folder>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder {
    fn bells(&mut self) -> &[PathBuf] {
        // Most stores are watched by nobody, and then there is no folder.
        let Ok(changed) = fs::metadata(&self.path).and_then(|meta| meta.modified()) else {
            self.known = None;
            return &[];
        };
        if self.known.as_ref().is_none_or(|(known, _)| *known != changed) {
            let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
            let others = entries.filter(|entry| !entry.file_name().as_bytes().starts_with(OURS.as_bytes()));
            let bells = others.map(|entry| entry.path()).collect();
            self.known = Some((changed, bells));
        }
        let (known, bells) = self.known.get_or_insert_with(|| (changed, Vec::new()));
        if changed.elapsed().is_ok_and(|age| age < COARSE_CLOCK) {
            // Good for now, but not to be known by this time.
            *known = SystemTime::UNIX_EPOCH;
        }
        bells
    }
}

/// The folder of a store's bells.
pub(crate) fn folder_of(run: &Path, store: &[u8; 16]) -> PathBuf {
    let number = store[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    run.join(format!("changes-{number}"))
}

fn hang(folder: &Path) -> io::Result<(UnixDatagram, PathBuf)> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let path = folder.join(format!("{}-{}", *OURS, &uuid::Uuid::new_v4().simple().to_string()[..8]));
    let socket = with_short_name(&path, |name| UnixDatagram::bind(name))?;
    Ok((socket, path))
}

fn ringer() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

/// Does something with a socket's name, through its open folder where the name is too long for the system.
fn with_short_name<T>(path: &Path, work: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return work(path) };
    if path.as_os_str().len() < NAME_BYTES {
        return work(path);
    }
    let folder = File::open(folder)?;
    work(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring_from_elsewhere(folder: &Path) -> Bells {
        let bells = Bells::default();
        bells.add(folder.to_owned());
        // As another program would: this one leaves its own bells out.
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            fs::rename(entry.path(), folder.join(format!("x{name}"))).unwrap();
        }
        bells.ring();
        bells
    }

    #[test]
    fn a_bell_is_rung_by_its_name_however_long_that_is() {
        let run = tempfile::tempdir().unwrap();
        let long = run.path().join("l".repeat(120));
        fs::create_dir(&long).unwrap();
        for folder in [run.path().join("short"), long.join("bells")] {
            let bell = Bell::new(Some(&folder)).unwrap();
            assert_eq!(bell.wait(), Rung::Silence);
            bell.wake().up();
            assert_eq!(bell.wait(), Rung::Changed, "by this program");
            ring_from_elsewhere(&folder);
            assert_eq!(bell.wait(), Rung::Changed, "by another");
            let other = Bell::new(Some(&folder)).unwrap();
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
            other.wake().over();
            assert_eq!(other.wait(), Rung::Over);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "it is taken down");
        }
    }

    #[test]
    fn a_bell_whose_owner_was_killed_is_taken_down() {
        let run = tempfile::tempdir().unwrap();
        let folder = run.path().join("bells");
        drop(Bell::new(Some(&folder)).unwrap());
        // A name without anybody behind it, as a killed program leaves one.
        drop(UnixDatagram::bind(folder.join("left")).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "it was left behind");
        ring_from_elsewhere(&folder);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn a_bell_without_a_folder_is_rung_by_this_program() {
        let bell = Bell::new(None).unwrap();
        (0..10_000).for_each(|_| bell.wake().up());
        assert_eq!(bell.wait(), Rung::Changed, "and ringing never waits");
        Bells::default().ring();
    }
}
