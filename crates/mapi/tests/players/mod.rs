//! Processes that take part in shared sessions and do what a test tells them, a line at a time.
//!
//! | order | what is done | answer |
//! |---|---|---|
//! | `logon FLAGS [PROFILE]` | logs on without mail, with these flags more | `ok ID PROFILE` or `failed CODE` |
//! | `status` | counts the rows of the status table | `ok N` |
//! | `work` | calls its session and opens objects all the time, in a thread of its own | `ok` |
//! | `rest` | stops that | `ok CALLS WORST`: calls that were made, microseconds of the longest |
//! | `block` | advises a sink that never returns from an event, and another | `ok` |
//! | `logoff FLAGS` | logs off | `ok` or `failed CODE` |
//!
//! Whenever the session's sink is called with a critical error, it says `told CODE`.
#![allow(dead_code, reason = "each test file uses its own part")]

use mapi::{Home, LogonOptions, Mapi, Session};
use mapi_defs::flags::{LogoffFlags, LogonFlags};
use mapi_defs::notification::{EventMask, Notification};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const HOME: &str = "OPENMAPI_TEST_PLAYER";

/// One process.
pub(crate) struct Player {
    pub(crate) child: Child,
    orders: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Player {
    /// Starts a process that uses this home. The test file has a test `player` that calls [`play`].
    pub(crate) fn new(home: &Home) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "player", "--nocapture", "--test-threads=1"]);
        command.env(HOME, home.profiles().parent().unwrap()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, orders, lines }
    }

    /// Gives an order and returns the answer.
    pub(crate) fn say(&mut self, order: &str) -> String {
        self.order(order);
        let line = self.line();
        assert!(line.starts_with("ok"), "{order}: {line}");
        line
    }

    /// Gives an order.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    /// The next answer; what the test program says of itself is none.
    pub(crate) fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the process has ended");
            let line = line.trim_end();
            if ["ok", "failed ", "told "].iter().any(|word| line.starts_with(word)) {
                return line.to_owned();
            }
        }
    }

    /// SIGKILL, and wait until the process has ended.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGSTOP, and wait until the process has stopped.
    pub(crate) fn stop(&self) {
        self.signal(rustix::process::Signal::STOP);
        let stat = format!("/proc/{}/stat", self.child.id());
        let is_stopped = || std::fs::read_to_string(&stat).unwrap().contains(") T ");
        while !is_stopped() {
            std::thread::yield_now();
        }
    }

    /// SIGCONT.
    pub(crate) fn go_on(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It may have ended before.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// True in a process that a [`Player`] stands for.
pub(crate) fn is_player() -> bool {
    std::env::var_os(HOME).is_some()
}

/// Does as told until there are no more orders.
pub(crate) fn play() {
    let home = Home::at(Path::new(&std::env::var_os(HOME).unwrap())).unwrap();
    crate::doubles::file_service::file_service();
    let _mapi = Mapi::initialize().unwrap();
    let (mut session, mut worker) = (None, None);
    // What the test program prints before has no end of line.
    println!();
    for order in std::io::stdin().lines().map(Result::unwrap) {
        let words: Vec<&str> = order.split(' ').collect();
        let answer = match words[..] {
            ["logon", flags] => logon(&mut session, &home, flags, None),
            ["logon", flags, profile] => logon(&mut session, &home, flags, Some(profile)),
            ["status"] => session.as_ref().unwrap().status().map(|rows| rows.len().to_string()),
            ["work"] => {
                worker = Some(Worker::new(session.as_ref().unwrap()));
                Ok(String::new())
            }
            ["rest"] => worker.take().unwrap().rest(),
            ["block"] => block(session.as_ref().unwrap()),
            ["logoff", flags] => {
                let flags = LogoffFlags(flags.parse().unwrap());
                session.take().unwrap().logoff(flags).map(|_| String::new())
            }
            _ => panic!("{order}"),
        };
        match answer {
            Ok(answer) => println!("ok {answer}"),
            Err(error) => println!("failed {}", error.code()),
        }
    }
}

fn logon(
    session: &mut Option<Session>,
    home: &Home,
    flags: &str,
    profile: Option<&str>,
) -> mapi::Result<String> {
    let flags = LogonFlags(flags.parse().unwrap()) | LogonFlags::EXTENDED | LogonFlags::NO_MAIL;
    let options = LogonOptions::flags(flags).home(home);
    let logged_on = Session::logon(match profile {
        Some(name) => options.named(name),
        None => options,
    })?;
    logged_on.advise(EventMask(0), Arc::new(say_so))?;
    let answer = format!("{} {}", logged_on.id(), logged_on.profile_name()?);
    *session = Some(logged_on);
    Ok(answer)
}

fn say_so(events: &[Notification]) {
    for event in events {
        if let Notification::CriticalError { code, .. } = event {
            println!("told {}", code.name().unwrap());
        }
    }
}

/// A sink that holds its thread for ever once it is told something, and one behind it that says so.
fn block(session: &Session) -> mapi::Result<String> {
    let sink = |_: &[Notification]| {
        loop {
            std::thread::park();
        }
    };
    session.advise(EventMask(0), Arc::new(sink))?;
    session.advise(EventMask(0), Arc::new(say_so)).map(|_| String::new())
}

/// A thread that calls.
struct Worker {
    rests: Arc<AtomicBool>,
    thread: JoinHandle<mapi::Result<(u64, Duration)>>,
}

impl Worker {
    fn new(session: &Session) -> Self {
        let (session, rests) = (session.clone(), Arc::new(AtomicBool::new(false)));
        let until = rests.clone();
        let thread = std::thread::spawn(move || {
            let (mut calls, mut worst) = (0, Duration::ZERO);
            while !until.load(Ordering::Acquire) {
                let began = Instant::now();
                session.status_table()?.query_rows(10)?;
                session.stores()?;
                worst = worst.max(began.elapsed());
                calls += 2;
                // Many of them share two processors.
                std::thread::yield_now();
            }
            Ok((calls, worst))
        });
        Self { rests, thread }
    }

    fn rest(self) -> mapi::Result<String> {
        self.rests.store(true, Ordering::Release);
        let (calls, worst) = self.thread.join().unwrap()?;
        Ok(format!("{calls} {}", worst.as_micros()))
    }
}
