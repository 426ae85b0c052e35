//! `mapi spool`: sends and fetches mail of every profile, until it is ended; one for each home.
//!
//! This process looks after others, one for each profile (`spool_worker.rs`): it starts them, tells what
//! they tell, starts again what ended by itself or whose profile has changed, and ends them in order. It
//! logs on to nothing itself, so that no provider can take it down. The unit of the service manager is
//! `spool_unit.rs`.

use super::spool_unit;
use crate::cli::{Global, Spool};
use crate::detached::{again, leave_terminal, start_detached};
use crate::failure::{Failure, Outcome};
use crate::keeping::{Interrupted, detach};
use crate::logged_on::{Ready, refuse_when_read_only};
use crate::output::Output;
use crate::sender::{locker, sender};
use crate::service_manager::ServiceManager;
use crate::spool_worker::work;
use mapi::{Home, ProfAdmin};
use mapi_defs::ErrorCode;
use mapi_files::{FileStamp, Lock, Locked, PrivateFolder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The file whose lock the one spooler of a home has.
const LOCK: &str = "spool.lock";
/// How often profiles are looked for that are new, changed or gone.
const LOOK: Duration = Duration::from_secs(1);
/// How long all workers together may take for their end.
const END: Duration = Duration::from_secs(60);
/// How long the first logons may take before the spooler says that it is ready nevertheless.
const BEGINNING: Duration = Duration::from_secs(15);
/// The rest after a worker that ended by itself; it doubles up to [`LONGEST_REST`].
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How long whoever hands mail over waits for somebody to take it.
const TAKEN: Duration = Duration::from_secs(10);

/// Runs the verb.
pub(crate) fn spool(options: &Spool, global: &Global, output: Output) -> Outcome {
    refuse_when_read_only(global)?;
    // A service talks in lines.
    let lines = Output { json: false, jsonl: output.is_machine(), ..output };
    match options {
        Spool { worker: Some(parent), .. } => work(*parent, global, Output { jsonl: true, ..lines }),
        Spool { install: true, .. } => spool_unit::install(global, output),
        Spool { uninstall: true, .. } => spool_unit::uninstall(output),
        Spool { detached: true, .. } => {
            leave_terminal()?;
            run(global, Output { quiet: true, ..output }, true)
        }
        _ => run(global, lines, false),
    }
}

/// Sees that the spooler of this home runs and that somebody may send from this store; returns the process
/// that does.
///
/// # Errors
/// `MAPI_E_TIMEOUT` where the spooler that runs does not look after this store.
pub(crate) fn hand_over(global: &Global, store: &Path) -> Outcome<u32> {
    let everybody = Global { profile: None, quiet: true, home: global.home.clone(), ..Global::default() };
    match start_detached(&everybody, &["spool", "--detached"]) {
        // One is there.
        Err(failure) if failure.code == ErrorCode::BUSY => {}
        other => drop(other?),
    }
    let until = Instant::now() + TAKEN;
    while Instant::now() < until {
        if let Some(process) = sender(store) {
            return Ok(process);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new(ErrorCode::TIMEOUT, "`mapi spool` runs and does not send for this profile")
        .with_hint("see `mapi doctor`; it may have been started for another profile alone"))
}

fn run(global: &Global, output: Output, is_detached: bool) -> Outcome {
    let ready = Ready::new(global)?;
    let place = only_one(&ready.home)?;
    let admin = ready.profiles()?;
    if let Some(name) = &global.profile {
        admin.services(name)?;
    }
    let (tell, hear) = channel();
    let signal = tell.clone();
    let interrupted = Interrupted::listen(move || {
        // The end has begun where nobody hears it.
        drop(signal.send(Heard::Signal));
    })?;
    let manager = ServiceManager::of_environment();
    let mut host = Host {
        global,
        output,
        admin,
        tell,
        manager,
        place,
        posts: BTreeMap::new(),
        is_ready: false,
        is_detached,
    };
    host.begin(&hear, &interrupted)?;
    let looked = host.look_after(&hear, &interrupted);
    host.end(&hear);
    looked
}

/// The place of the one spooler of a home: the lock that others find taken.
struct Place {
    run: PrivateFolder,
    lock: Locked,
}

impl Place {
    /// True while others find it taken; not any more where the home was removed.
    fn is_taken(&self) -> bool {
        self.lock.is_current(&self.run, LOCK)
    }
}

fn only_one(home: &Home) -> Outcome<Place> {
    let run = PrivateFolder::make(home.run())?;
    let lock = run.lock(LOCK, Lock::Alone, Duration::ZERO)?.ok_or_else(|| {
        let who = locker(&home.run().join(LOCK)).map_or_else(String::new, |pid| format!(" (process {pid})"));
        Failure::new(ErrorCode::BUSY, format!("a spooler runs for this home already{who}"))
            .with_hint("one is enough: it sends for every profile")
    })?;
    Ok(Place { run, lock })
}

/// What a worker or the system says.
enum Heard {
    /// A line of a profile's worker.
    Line(String, Value),
    /// A profile's worker has ended.
    Ended(String),
    /// Somebody wants this process to end.
    Signal,
}

struct Host<'a> {
    global: &'a Global,
    output: Output,
    admin: ProfAdmin,
    tell: Sender<Heard>,
    manager: ServiceManager,
    /// Given up last.
    place: Place,
    posts: BTreeMap<String, Post>,
    is_ready: bool,
    is_detached: bool,
}

/// What is known of the worker of one profile.
struct Post {
    stamp: Option<FileStamp>,
    worker: Worker,
    /// Ends by itself in a row.
    failures: u32,
    /// True once a worker has logged on, or could not.
    has_answered: bool,
    queue: Value,
}

enum Worker {
    Running { child: Child, since: Instant, is_asked: bool },
    Resting { until: Instant },
}

impl Host<'_> {
    /// Starts the workers and says so once each has logged on, or could not.
    fn begin(&mut self, hear: &Receiver<Heard>, interrupted: &Interrupted) -> Outcome {
        let until = Instant::now() + BEGINNING;
        self.look()?;
        while !interrupted.is_set()
            && Instant::now() < until
            && !self.posts.values().all(|post| post.has_answered)
        {
            self.hear(hear, LOOK)?;
        }
        self.is_ready = true;
        self.manager.ready();
        self.tell_status();
        let names: Vec<&String> = self.posts.keys().collect();
        let ready = json!({ "event": "ready", "pid": std::process::id(), "profiles": names });
        if self.is_detached {
            self.output.document(&ready)?;
            detach()?;
            // From here on nobody reads.
            self.output = Output { json: false, jsonl: false, quiet: true };
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        self.say(
            &ready,
            &format!("ready: {}", if names.is_empty() { "no profile yet".into() } else { names.join(", ") }),
        )
    }

    fn look_after(&mut self, hear: &Receiver<Heard>, interrupted: &Interrupted) -> Outcome {
        while !interrupted.is_set() {
            if !self.place.is_taken() {
                return Err(Failure::new(ErrorCode::NOT_FOUND, "the home is gone"));
            }
            self.look()?;
            self.hear(hear, LOOK)?;
        }
        Ok(())
    }

    /// Starts and ends workers as profiles come, change and go.
    fn look(&mut self) -> Outcome {
        let names: Vec<String> = match &self.global.profile {
            Some(name) => vec![name.clone()],
            None => self.admin.profiles()?.into_iter().map(|row| row.name).collect(),
        };
        for name in &names {
            let stamp = self.admin.stamp(name);
            match self.posts.get_mut(name) {
                None => self.start(name, stamp, 0)?,
                Some(post) if post.stamp != stamp => {
                    let failures = 0;
                    post.stamp = stamp;
                    match &mut post.worker {
                        Worker::Running { child, is_asked, .. } => ask(child, is_asked),
                        Worker::Resting { .. } => self.start(name, stamp, failures)?,
                    }
                }
                Some(Post { worker: Worker::Resting { until }, failures, .. })
                    if *until <= Instant::now() =>
                {
                    let failures = *failures;
                    self.start(name, stamp, failures)?;
                }
                Some(_) => {}
            }
        }
        self.posts.retain(|name, post| match &mut post.worker {
            _ if names.contains(name) => true,
            Worker::Resting { .. } => false,
            Worker::Running { child, is_asked, .. } => {
                ask(child, is_asked);
                true
            }
        });
        Ok(())
    }

    fn start(&mut self, name: &str, stamp: Option<FileStamp>, failures: u32) -> Outcome {
        let failed = |error: std::io::Error| {
            Failure::new(ErrorCode::CALL_FAILED, format!("{name}: the worker cannot be started: {error}"))
        };
        let mut command = again(self.global).map_err(failed)?;
        let parent = std::process::id().to_string();
        command.args(["--jsonl", "--profile", name, "spool", "--worker", &parent]);
        // A signal from the terminal is for this process, which passes it on.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        if self.is_detached {
            // Whoever waits for the end of its own output must not wait for a worker.
            command.stderr(Stdio::null());
        }
        let mut child = command.spawn().map_err(failed)?;
        if let Some(stdout) = child.stdout.take() {
            let (tell, name) = (self.tell.clone(), name.to_owned());
            // Ends with the pipe, which ends with the worker.
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    let line = serde_json::from_str(&line).unwrap_or(Value::Null);
                    drop(tell.send(Heard::Line(name.clone(), line)));
                }
                drop(tell.send(Heard::Ended(name)));
            });
        }
        let worker = Worker::Running { child, since: Instant::now(), is_asked: false };
        let has_answered = self.posts.get(name).is_some_and(|post| post.has_answered);
        let post = Post { stamp, worker, failures, has_answered, queue: Value::Null };
        self.posts.insert(name.to_owned(), post);
        Ok(())
    }

    /// Hears one thing, or nothing for so long.
    fn hear(&mut self, hear: &Receiver<Heard>, patience: Duration) -> Outcome {
        match hear.recv_timeout(patience) {
            Ok(Heard::Line(name, line)) => self.line(&name, &line),
            Ok(Heard::Ended(name)) => self.ended(&name),
            Ok(Heard::Signal) | Err(_) => Ok(()),
        }
    }

    fn line(&mut self, name: &str, line: &Value) -> Outcome {
        // The first logon writes into the profile itself.
        let stamp = self.admin.stamp(name).filter(|_| line["event"] == "logged_on");
        if let Some(post) = self.posts.get_mut(name) {
            post.has_answered = true;
            post.stamp = stamp.or(post.stamp);
            if line["event"] == "queue" {
                post.queue = line.clone();
            }
        }
        let event = if line["error"].is_null() {
            line.clone()
        } else {
            json!({ "event": "failed", "profile": name, "error": line["error"] })
        };
        self.tell_status();
        self.say(&event, &words(name, &event))
    }

    /// A worker that was not asked to end is started again after a rest.
    fn ended(&mut self, name: &str) -> Outcome {
        let Some(post) = self.posts.get_mut(name) else { return Ok(()) };
        post.has_answered = true;
        let Worker::Running { child, since, is_asked } = &mut post.worker else { return Ok(()) };
        let in_order = child.wait().is_ok_and(|status| status.success());
        let was_asked = *is_asked;
        let lasted = since.elapsed() > LONGEST_REST;
        post.failures = if in_order || lasted { 0 } else { post.failures + 1 };
        let rest = if was_asked { Duration::ZERO } else { rest(post.failures) };
        post.worker = Worker::Resting { until: Instant::now() + rest };
        if was_asked {
            return Ok(());
        }
        let event = json!({ "event": "restarting", "profile": name, "after_ms": rest.as_millis() as u64 });
        let text = format!("{name}: ended by itself; again after {} s", rest.as_secs());
        self.say(&event, &text)
    }

    /// Ends every worker in order, and those that do not end, at once.
    fn end(&mut self, hear: &Receiver<Heard>) {
        self.manager.stopping();
        let until = Instant::now() + END;
        for post in self.posts.values_mut() {
            if let Worker::Running { child, is_asked, .. } = &mut post.worker {
                ask(child, is_asked);
            }
        }
        let is_running = |post: &Post| matches!(post.worker, Worker::Running { .. });
        while self.posts.values().any(is_running) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.kill();
                return;
            }
            // Where nobody reads what is told any more the end goes on.
            drop(self.hear(hear, left));
        }
    }

    fn kill(&mut self) {
        for (name, post) in &mut self.posts {
            if let Worker::Running { child, .. } = &mut post.worker {
                self.output.say(&format!("{name}: does not end, and is ended"));
                drop(child.kill().and_then(|()| child.wait()));
            }
        }
    }

    fn say(&self, event: &Value, text: &str) -> Outcome {
        tracing::info!(%event, "spool");
        if self.output.jsonl {
            return self.output.line(event);
        }
        self.output.say(text);
        Ok(())
    }

    fn tell_status(&self) {
        let sum = |name: &str| self.posts.values().filter_map(|post| post.queue[name].as_u64()).sum::<u64>();
        if self.is_ready {
            let (sent, queued) = (sum("sent"), sum("queued"));
            self.manager.status(&format!("{} profiles, {sent} sent, {queued} waiting", self.posts.len()));
        }
    }
}

fn ask(child: &Child, is_asked: &mut bool) {
    let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(Err(error)) = process.map(|process| kill_process(process, Signal::TERM)) {
        tracing::debug!(%error, "a worker has ended meanwhile");
    }
    *is_asked = true;
}

fn rest(failures: u32) -> Duration {
    REST.saturating_mul(1 << failures.saturating_sub(1).min(6)).min(LONGEST_REST)
}

fn words(name: &str, event: &Value) -> String {
    match event["event"].as_str().unwrap_or_default() {
        "logged_on" => format!("{name}: logged on"),
        "queue" => format!(
            "{name}: {} sent, {} waiting, {} in doubt, {} refused",
            event["sent"], event["queued"], event["in_doubt"], event["refused"]
        ),
        "ended" => format!("{name}: {}", crate::output::end_line(&event["session_end"])),
        "failed" => format!("{name}: {}", event["error"]["message"].as_str().unwrap_or_default()),
        other => format!("{name}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_a_minute() {
        let rests: Vec<u64> = (0..9).map(|failures| rest(failures).as_secs()).collect();
        assert_eq!(rests, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
