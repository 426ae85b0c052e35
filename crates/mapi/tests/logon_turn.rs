//! The turn to log on: one logon of the user at a time, in one process and among processes.
//!
//! A file of its own: who holds the turn here keeps every other logon of the process waiting.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::World;
use mapi::{ErrorCode, Home, LogonFlags, LogonOptions, Mapi, Session};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// One test at a time.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn lc_15_a_short_timeout_does_not_wait_for_another_logon() {
    let _one = ONE.lock().unwrap();
    let world = World::new();
    world.script.fail("xp logon", ErrorCode::UNCONFIGURED);
    let (entered, go) = world.script.hold("service Configure");
    thread::scope(|scope| {
        let slow = scope.spawn(|| Session::logon(world.options()));
        entered.recv().unwrap();
        let short = world.options().no_mail().with(LogonFlags::TIMEOUT_SHORT);
        let began = Instant::now();
        assert_eq!(Session::logon(short.clone()).unwrap_err().code(), ErrorCode::TIMEOUT);
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(10), "{took:?}");
        go.send(()).unwrap();
        slow.join().unwrap().unwrap();
        Session::logon(short).unwrap();
    });
}

#[test]
fn a_stopped_process_in_its_logon_holds_nobody_who_is_in_a_hurry() {
    const HOLD: &str = "OPENMAPI_TEST_TURN";
    if let Some(root) = std::env::var_os(HOLD) {
        // This is the one that stops, with the turn in its hands.
        let file = File::options().write(true).open(Path::new(&root).join("run/logon.lock")).unwrap();
        file.lock().unwrap();
        println!("\nholding");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let _one = ONE.lock().unwrap();
    let world = World::new();
    // The first logon makes the file.
    Session::logon(world.options().no_mail()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_stopped_process_in_its_logon_holds_nobody_who_is_in_a_hurry", "--nocapture"])
        .env(HOLD, world.home.profiles().parent().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    lines.find(|line| line == "holding").unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    let short = world.options().no_mail().with(LogonFlags::TIMEOUT_SHORT);
    let began = Instant::now();
    let hurry = short.clone().short_timeout(Duration::from_millis(50));
    assert_eq!(Session::logon(hurry).unwrap_err().code(), ErrorCode::TIMEOUT);
    assert!(began.elapsed() >= Duration::from_millis(50));
    // Whoever has time waits; the death of the other hands the turn on.
    thread::scope(|scope| {
        let patient = scope.spawn(|| Session::logon(world.options().no_mail()));
        child.kill().unwrap();
        child.wait().unwrap();
        patient.join().unwrap().unwrap();
    });
    Session::logon(short).unwrap();
}

#[test]
fn homes_have_turns_of_their_own_among_processes() {
    let _one = ONE.lock().unwrap();
    let _mapi = Mapi::initialize().unwrap();
    let (one, other) = (World::new(), World::new());
    Session::logon(one.options().no_mail()).unwrap();
    let lock = |home: &Home| File::options().write(true).open(home.run().join("logon.lock")).unwrap();
    let held = lock(&one.home);
    held.lock().unwrap();
    let hurry = |world: &World| -> LogonOptions {
        let short = world.options().no_mail().with(LogonFlags::TIMEOUT_SHORT);
        short.short_timeout(Duration::from_millis(20))
    };
    assert_eq!(Session::logon(hurry(&one)).unwrap_err().code(), ErrorCode::TIMEOUT);
    Session::logon(hurry(&other)).unwrap();
    drop(held);
    Session::logon(hurry(&one)).unwrap();
}
