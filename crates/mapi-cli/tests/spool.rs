//! `mapi spool` as a process: it sends for every profile what any program submits, is there once, outlives
//! its workers, and ends in order. A spooler that a failing test leaves behind is killed with its home.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;

use home::{Home, text};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing here takes that long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// A spooler in the foreground and the lines it says.
struct Spooler {
    child: Child,
    lines: Receiver<Value>,
}

impl Spooler {
    fn start(home: &Home, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = home.command(&[&["--json"], arguments, &["spool"]].concat());
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = channel();
        // Ends with the pipe, which ends with the process.
        std::thread::spawn(move || {
            let parsed =
                stdout.lines().map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap());
            parsed.map(|line: Value| tell.send(line)).all(|sent| sent.is_ok())
        });
        Self { child, lines }
    }

    /// The next line that says this.
    fn hear(&self, event: &str, profile: Option<&str>) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no {event} of {profile:?}"));
            if line["event"] == event && profile.is_none_or(|name| line["profile"] == name) {
                return line;
            }
        }
    }

    /// That one message has left the queue.
    fn hear_sent(&self, profile: &str) {
        while self.hear("queue", Some(profile))["sent"] != 1 {}
    }

    fn end(mut self, signal: Signal) -> Option<i32> {
        kill(self.child.id(), signal);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Spooler {
    fn drop(&mut self) {
        // It may have ended already, and its workers end with it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn submit(home: &Home, profile: &str, subject: &str, way: &str) -> Value {
    let to = ["--to", "kim@example.org", "--body", "x", "--subject", subject, way];
    let (answer, exit) = home.json(&[&["--profile", profile, "send"], &to[..]].concat());
    // A spooler that is there may have sent it before the command looks.
    let expected = if answer["submitted"][0]["state"] == "sent" { 0 } else { 75 };
    assert_eq!(exit, expected, "it is queued, or sent: {answer}");
    answer
}

#[test]
fn what_any_program_submits_goes_by_itself_for_every_profile() {
    let home = Home::with_profile();
    let mut spooler = Spooler::start(&home, &[], &[]);
    assert_eq!(spooler.hear("ready", None)["profiles"], serde_json::json!(["Default"]));
    submit(&home, "Default", "first", "--leave");
    spooler.hear_sent("Default");
    assert_eq!(home.subjects("/Inbox"), ["first"]);
    // A profile that is made later is looked after too.
    home.ok(&["profile", "create", "Later"]);
    spooler.hear("logged_on", Some("Later"));
    submit(&home, "Later", "second", "--leave");
    spooler.hear_sent("Later");
    // One is enough.
    let pid = spooler.child.id();
    let error = home.fails(&["spool"], 1, "MAPI_E_BUSY");
    assert!(error["message"].as_str().unwrap().contains(&format!("process {pid}")), "{error}");
    // The end is one in order.
    kill(pid, Signal::TERM);
    let ended = spooler.hear("ended", Some("Later"));
    assert_eq!(ended["session_end"]["left_open_count"], 0, "{ended}");
    assert_eq!(spooler.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_worker_that_is_killed_comes_again_and_none_outlives_the_spooler() {
    let home = Home::with_profile();
    let mut spooler = Spooler::start(&home, &["--profile", "Default"], &[]);
    let first = number(&spooler.hear("logged_on", Some("Default"))["pid"]);
    kill(first, Signal::KILL);
    spooler.hear("restarting", Some("Default"));
    let second = number(&spooler.hear("logged_on", Some("Default"))["pid"]);
    assert_ne!(first, second);
    submit(&home, "Default", "after the kill", "--leave");
    spooler.hear_sent("Default");
    spooler.child.kill().unwrap();
    spooler.child.wait().unwrap();
    wait_until("the worker ends with the spooler", || !is_running(second));
    // And the home is free for the next.
    let next = Spooler::start(&home, &[], &[]);
    next.hear("ready", None);
    assert_eq!(next.end(Signal::INT), Some(0));
}

#[test]
fn a_change_of_the_profile_binds_without_a_word() {
    let home = Home::with_profile();
    let spooler = Spooler::start(&home, &[], &[]);
    spooler.hear("ready", None);
    home.ok(&[
        "service",
        "add",
        "SMTP",
        "address=me@example.org",
        "host=127.0.0.1",
        "port=9",
        "security=plain",
    ]);
    spooler.hear("ended", Some("Default"));
    spooler.hear("logged_on", Some("Default"));
    home.ok(&["profile", "create", "Short"]);
    spooler.hear("logged_on", Some("Short"));
    home.ok(&["profile", "delete", "Short"]);
    spooler.hear("ended", Some("Short"));
    assert_eq!(spooler.end(Signal::TERM), Some(0));
}

#[test]
fn a_spooler_whose_home_is_removed_ends() {
    let home = Home::with_profile();
    let mut spooler = Spooler::start(&home, &[], &[]);
    spooler.hear("ready", None);
    std::fs::remove_dir_all(home.folder()).unwrap();
    assert_eq!(spooler.child.wait().unwrap().code(), Some(66));
}

#[test]
fn in_the_background_mail_is_handed_to_a_spooler_that_stays() {
    let home = Home::with_profile();
    let answer = submit(&home, "Default", "later", "--background");
    assert_eq!(answer["submitted"][0]["state"], "queued");
    wait_until("the mail arrives", || home.subjects("/Inbox") == ["later"]);
    // The one that runs takes what comes next.
    submit(&home, "Default", "later still", "--background");
    wait_until("the mail arrives", || home.subjects("/Inbox").len() == 2);
    home.end_spooler();
}

#[test]
fn the_service_manager_is_told() {
    let home = Home::with_profile();
    let path = home.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let spooler = Spooler::start(&home, &[], &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let told = || {
        let mut octets = [0; 512];
        let length = socket.recv(&mut octets).unwrap();
        text(&octets[..length])
    };
    assert_eq!(told(), "READY=1");
    assert_eq!(told(), "STATUS=1 profiles, 0 sent, 0 waiting");
    assert_eq!(spooler.end(Signal::TERM), Some(0));
    while told() != "STOPPING=1" {}
}

#[test]
fn a_unit_is_written_and_taken_away_without_a_service_manager() {
    let home = Home::new();
    let run = |arguments: &[&str]| {
        let mut command = home.command(&[&["--json"], arguments].concat());
        let output = command.env("XDG_CONFIG_HOME", home.path("config")).output().unwrap();
        (home::document(&output), output.status.code().unwrap())
    };
    let (installed, exit) = run(&["spool", "--install"]);
    assert_eq!(exit, 0, "{installed}");
    let unit = std::fs::read_to_string(installed["unit"].as_str().unwrap()).unwrap();
    let place = home.folder().display().to_string();
    assert!(unit.contains(&format!("\"--home\" \"{place}\" \"spool\"\n")), "{unit}");
    let wanted = home.path("config/systemd/user/default.target.wants/mapi-spool.service");
    assert_eq!(std::fs::read_to_string(&wanted).unwrap(), unit);
    assert_eq!(run(&["spool", "--install"]).1, 0, "the same again changes nothing");
    assert_eq!(run(&["--profile", "Work", "spool", "--install"]).1, 73);
    assert_eq!(run(&["--profile", "Work", "--force", "spool", "--install"]).1, 0);
    assert_eq!(run(&["spool", "--uninstall"]).1, 0);
    assert!(!wanted.exists());
    assert_eq!(run(&["spool", "--uninstall"]).1, 66);
}
