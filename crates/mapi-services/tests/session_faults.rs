//! Faults of reliability.md 6.2 against real sessions over a real store: a program that is killed with things
//! open and a save under way (S1), and hosts that change what a process stands on (S9).
//!
//! The other programs are this test program, started again with `MAPI_FAULT` set to the part that they play.
//! `MAPI_KILLS` says how many programs are killed (20).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi::{
    ErrorCode, Home, LogoffFlags, LogonOptions, Mapi, MsgStore, Object, OpenFlags, RecipientType, Session,
    TableFlags,
};
use mapi_defs::EntryId;
use mapi_defs::flags::{FolderFlags, SaveFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::{PR_BODY, PR_SUBJECT};
use mapi_spi::advise::Connection;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const PART: &str = "MAPI_FAULT";
const HOME: &str = "MAPI_FAULT_HOME";
/// Nobody waits longer for a program that was killed.
const WAITS: Duration = Duration::from_secs(1);

/// What the other programs do; in the tests themselves nothing.
#[test]
fn part() {
    let Some(part) = std::env::var_os(PART) else { return };
    let root = std::env::var_os(HOME).unwrap();
    mapi_services::register();
    let mapi = Mapi::initialize().unwrap();
    let home = Home::at(Path::new(&root)).unwrap();
    match part.to_str().unwrap() {
        "killed" => save_until_killed(&home),
        shape => stand_on(shape, &home, mapi),
    }
}

struct World {
    home: Home,
    // Dropped before the folder.
    _mapi: Mapi,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        mapi_services::default_profile(&home).unwrap();
        Self { home, _mapi: mapi, folder }
    }

    fn session(&self) -> Session {
        Session::logon(LogonOptions::default_profile().home(&self.home).no_mail()).unwrap()
    }

    /// This program again, in another part.
    fn program(&self, part: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "part", "--nocapture", "--test-threads=1"]);
        command.env(PART, part).env(HOME, self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Opens one of everything, then saves one message after the other and says which were.
fn save_until_killed(home: &Home) {
    let session = Session::logon(LogonOptions::default_profile().home(home).no_mail()).unwrap();
    let store = session.open_default_store().unwrap();
    let inbox = store.inbox().unwrap();
    let table = inbox.contents_table(TableFlags::NONE).unwrap();
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(|_: &[Notification]| {})).unwrap();
    let unsaved = inbox.create_message().unwrap();
    unsaved.set(PR_SUBJECT, "never saved").unwrap();
    println!();
    for number in 0.. {
        let message = inbox.create_message().unwrap();
        message.set(PR_SUBJECT, format!("{} {number}", std::process::id())).unwrap();
        message.set(PR_BODY, "b".repeat(20_000)).unwrap();
        message.save(SaveFlags::NONE).unwrap();
        println!("saved {number}");
    }
}

/// Reads a killed program to its end: how many saves were acknowledged.
fn acknowledged(child: &mut Child) -> usize {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter(|line| line.starts_with("saved ")).count()
}

fn of(store: &MsgStore, program: u32) -> usize {
    let inbox = store.inbox().unwrap();
    let subject = |id: &EntryId| {
        let message = store.open_message(id, OpenFlags::NONE).unwrap();
        let (subject, body) = (message.text(PR_SUBJECT).unwrap(), message.text(PR_BODY).unwrap());
        let subject = subject.expect("a message without a subject was never saved");
        assert_ne!(subject, "never saved");
        assert_eq!(body.map(|body| body.len()), Some(20_000), "half a message: {subject}");
        subject
    };
    let name = format!("{program} ");
    inbox.message_ids().unwrap().iter().map(subject).filter(|subject| subject.starts_with(&name)).count()
}

#[test]
fn a_program_that_is_killed_holds_nobody_up_and_leaves_nothing_half_done() {
    let kills: u64 = std::env::var("MAPI_KILLS").map_or(20, |count| count.parse().unwrap());
    let world = World::new();
    let session = world.session();
    let store = session.open_default_store().unwrap();
    let inbox = store.inbox().unwrap();
    let mut worst = Duration::ZERO;
    for kill in 0..kills {
        let mut child = world.program("killed").spawn().unwrap();
        // It is at its first save, or in the midst of one of those behind it.
        let before = inbox.counts().unwrap().0;
        while inbox.counts().unwrap().0 == before {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(kill * 937 % 10_000));
        child.kill().unwrap();
        let began = Instant::now();
        let message = inbox.create_message().unwrap();
        message.set(PR_SUBJECT, "of the one who lives").unwrap();
        message.set(PR_BODY, "b".repeat(20_000)).unwrap();
        message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        worst = worst.max(began.elapsed());
        let (said, is_there) = (acknowledged(&mut child), of(&store, child.id()));
        child.wait().unwrap();
        // The last save may have been done and not said.
        assert!(said <= is_there && is_there <= said + 1, "{said} were acknowledged, {is_there} are there");
        let ids = inbox.message_ids().unwrap();
        inbox.delete_messages(&ids, FolderFlags::NONE).unwrap();
    }
    println!("\nfigure: programs killed while they saved = {kills}");
    println!("figure: longest save of another after a kill = {} ms", worst.as_millis());
    assert!(worst < WAITS, "a save took {worst:?}");
}

/// What a host does to its process, before a session or in the midst of one.
const SHAPES: [&str; 10] = [
    "standard files closed",
    "signals blocked",
    "SIGPIPE as it was",
    "another locale",
    "a working folder that is gone",
    "another working folder",
    "umask 0",
    "umask 0777",
    "a small stack",
    "no descriptor left",
];

#[test]
fn whatever_a_host_does_to_its_process_a_session_works_or_says_why_not() {
    for shape in SHAPES {
        let world = World::new();
        let mut command = world.program(shape);
        let program = std::env::current_exe().unwrap();
        let wrapper: &[&str] = match shape {
            "standard files closed" => &["sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"],
            "signals blocked" => &["env", "--block-signal"],
            "SIGPIPE as it was" => &["env", "--default-signal=PIPE"],
            "another locale" => &["env", "LC_ALL=tr_TR.ISO-8859-9", "LANG=tr_TR"],
            _ => &[],
        };
        if let [first, rest @ ..] = wrapper {
            let mut wrapped = Command::new(first);
            wrapped.args(rest).arg(&program).args(command.get_args());
            wrapped.env(PART, shape).env(HOME, world.folder.path());
            command = wrapped;
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{shape}: {} {said}", output.status);
        open_to_nobody_else(world.folder.path());
        let session = world.session();
        let store = session.open_default_store().unwrap();
        let arrived = store.inbox().unwrap().counts().unwrap().0;
        let least = if shape == "umask 0777" { 0 } else { 1 };
        assert!(arrived >= least, "{shape}: {arrived} messages");
    }
    println!("\nfigure: things a host does to its process = {} of {}", SHAPES.len(), SHAPES.len());
}

/// Plays one shape; whatever is not as it has to be panics.
fn stand_on(shape: &str, home: &Home, mapi: Mapi) {
    use rustix::fs::Mode;
    use rustix::process::umask;
    match shape {
        "a working folder that is gone" => {
            let gone = tempfile::tempdir().unwrap();
            std::env::set_current_dir(gone.path()).unwrap();
            drop(gone);
            send_to_oneself(home).unwrap();
        }
        "another working folder" => {
            let root = home.profiles().parent().unwrap().to_owned();
            std::env::set_current_dir(root.parent().unwrap()).unwrap();
            let home = Home::at(Path::new(root.file_name().unwrap())).unwrap();
            let session = Session::logon(LogonOptions::default_profile().home(&home)).unwrap();
            std::env::set_current_dir("/").unwrap();
            send(&session).unwrap();
            session.logoff(LogoffFlags::NONE).unwrap();
        }
        "umask 0" => {
            umask(Mode::empty());
            send_to_oneself(home).unwrap();
        }
        // Who is root reads and writes what nobody may.
        "umask 0777" => {
            umask(Mode::from_raw_mode(0o777));
            if let Err(error) = send_to_oneself(home) {
                assert!([ErrorCode::NO_ACCESS, ErrorCode::LOGON_FAILED].contains(&error.code()), "{error}");
            }
        }
        "a small stack" => {
            let home = home.clone();
            let small = thread::Builder::new().stack_size(64 << 10);
            small.spawn(move || send_to_oneself(&home).unwrap()).unwrap().join().unwrap();
        }
        "no descriptor left" => without_descriptors(home),
        _ => send_to_oneself(home).unwrap(),
    }
    drop(mapi);
}

fn send_to_oneself(home: &Home) -> mapi::Result<()> {
    let session = Session::logon(LogonOptions::default_profile().home(home))?;
    send(&session)?;
    session.logoff(LogoffFlags::NONE).map(drop)
}

fn send(session: &Session) -> mapi::Result<()> {
    let message = session.open_default_store()?.compose()?;
    message.set(PR_SUBJECT, "of one who stands on shaky ground")?;
    message.add_recipient(RecipientType::To, "Ann", "ann@example.org")?;
    message.submit()?;
    assert!(session.flush_queues(Duration::from_secs(60))?, "it is sent");
    Ok(())
}

/// The session that is there goes on, another cannot begin, and both work once there is room again.
fn without_descriptors(home: &Home) {
    let options = LogonOptions::default_profile().home(home);
    let session = Session::logon(options.clone()).unwrap();
    send(&session).unwrap();
    let limit = |most| setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: Some(1_024) });
    limit(0).unwrap();
    let refused = Session::logon(options).map(drop);
    let counts = session.open_default_store().and_then(|store| store.inbox()?.counts());
    limit(1_024).unwrap();
    assert!(refused.is_err(), "a logon without a file");
    assert!(counts.is_ok(), "what is open needs none: {counts:?}");
    send(&session).unwrap();
    limit(0).unwrap();
    session.logoff(LogoffFlags::NONE).unwrap();
    limit(1_024).unwrap();
    send_to_oneself(home).unwrap();
}

/// Nothing in a home can be read or written by others, whatever the umask was.
fn open_to_nobody_else(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, about) = (entry.path(), entry.metadata().unwrap());
        assert_eq!(about.permissions().mode() & 0o077, 0, "{}", path.display());
        if about.is_dir() {
            open_to_nobody_else(&path);
        }
    }
}

/// Fault S10 of reliability.md: what a sink does beyond logging off and never returning.
#[test]
fn a_sink_may_unadvise_itself_submit_and_panic_and_the_others_are_told() {
    const LONG: Duration = Duration::from_secs(60);
    let world = World::new();
    let session = world.session();
    let store = session.open_default_store().unwrap();
    let (told, hear) = channel();
    let advise = |name: &'static str, sink: Box<dyn Fn() -> bool + Send + Sync>| {
        let told = told.clone();
        let sink = move |events: &[Notification]| {
            // Each says that it was called before it panics.
            let result = catch_unwind(AssertUnwindSafe(&sink));
            told.send((name, events.len(), result.as_ref().ok().copied())).unwrap_or(());
            result.unwrap_or_else(|panic| resume_unwind(panic));
        };
        store.advise(&EntryId::default(), EventMask::OBJECT_CREATED, Arc::new(sink)).unwrap()
    };
    let number = Arc::new(AtomicU64::new(0));
    let own = {
        let (session, number) = (session.clone(), number.clone());
        advise("own", Box::new(move || session.unadvise(Connection(number.load(Ordering::SeqCst))).is_ok()))
    };
    number.store(own.0, Ordering::SeqCst);
    {
        let (store, once) = (store.clone(), AtomicBool::new(true));
        advise(
            "submits",
            Box::new(move || {
                let submit = || {
                    let message = store.compose()?;
                    message.add_recipient(RecipientType::To, "Ann", "ann@example.org")?;
                    message.submit()
                };
                // What it submits is created, too.
                !once.swap(false, Ordering::SeqCst) || submit().is_ok()
            }),
        );
    }
    advise("panics", Box::new(|| panic!("expected by the test")));
    let message = store.inbox().unwrap().create_message().unwrap();
    message.save(SaveFlags::NONE).unwrap();
    // The message that was submitted is told of too, in a call of its own or in the same; the sink that
    // unadvises itself is called once.
    let (mut own, mut submits, mut panics) = (0, 0, 0);
    while (submits, panics) != (2, 2) || own == 0 {
        match hear.recv_timeout(LONG).unwrap() {
            ("own", events, Some(true)) => own += events,
            ("submits", events, Some(true)) => submits += events,
            ("panics", events, None) => panics += events,
            other => panic!("{other:?}"),
        }
    }
    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert!(account.providers.iter().all(|end| end.result.is_ok()), "{account}");
    assert_eq!(account.advises_cancelled, 2, "{account}");
}
