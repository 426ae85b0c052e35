//! `Deadline`: calls a provider and waits for it only so long.
//!
//! The call runs on a thread of its own, named `mapi-logoff`. A call that never returns keeps its
//! thread, and nobody waits for it. Threads that are done wait for the next end of a session, a few of
//! them, and stop with the last uninitialise.

use super::lock;
use mapi_defs::{Error, ErrorCode, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that wait for work at most.
const MOST_IDLE: usize = 4;

static IDLE: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

/// Calls one provider after the other, each with the same patience.
pub(super) struct Deadline {
    patience: Duration,
    worker: Option<Worker>,
}

/// Owned by its `Deadline` or idle; stopped by dropping the sender; joined by [`stop_idle`].
struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Deadline {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, worker: None }
    }

    /// Runs `call` and returns its answer and how long it took.
    ///
    /// A call that is late answers `MAPI_E_TIMEOUT`, one that panics `MAPI_E_CALL_FAILED`.
    pub(super) fn call<T: Send + 'static>(
        &mut self,
        call: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> (Result<T>, Duration) {
        let began = Instant::now();
        let (answer, wait) = channel();
        let job: Job = Box::new(move || {
            // Nobody listens any more where the call was late.
            drop(answer.send(unpanicked(call)));
        });
        let result = self.start(job).and_then(|()| {
            wait.recv_timeout(self.patience).unwrap_or_else(|failed| {
                // The thread is in the provider's hands; the next call gets another.
                self.worker = None;
                Err(match failed {
                    RecvTimeoutError::Timeout => late(self.patience),
                    RecvTimeoutError::Disconnected => panicked(),
                })
            })
        });
        (result, began.elapsed())
    }

    fn start(&mut self, job: Job) -> Result<()> {
        let worker = match self.worker.take().or_else(|| lock(&IDLE).pop()) {
            Some(worker) => worker,
            None => Worker::new()?,
        };
        let sent = worker.jobs.send(job).map_err(|_| panicked());
        self.worker = Some(worker);
        sent
    }
}

impl Worker {
    fn new() -> Result<Self> {
        let (jobs, wait) = channel::<Job>();
        let work = move || wait.into_iter().for_each(|job| job());
        let thread = Builder::new().name("mapi-logoff".into()).spawn(work).map_err(|error| {
            Error::new(ErrorCode::NOT_ENOUGH_RESOURCES, "Session::logoff", "no thread can be started")
                .with_source(error)
        })?;
        Ok(Self { jobs, thread })
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let mut idle = lock(&IDLE);
        if idle.len() < MOST_IDLE {
            idle.extend(self.worker.take());
        }
    }
}

/// Stops the threads that wait for work, and waits until they have ended.
pub(crate) fn stop_idle() {
    let idle = std::mem::take(&mut *lock(&IDLE));
    for Worker { jobs, thread } in idle {
        drop(jobs);
        // Panics are caught within each job.
        drop(thread.join());
    }
}

/// Calls a provider and turns a panic into an answer.
pub(crate) fn unpanicked<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(panicked()))
}

fn late(patience: Duration) -> Error {
    let detail = format!("the provider had not returned after {patience:?}");
    Error::new(ErrorCode::TIMEOUT, "Session::logoff", detail)
}

fn panicked() -> Error {
    Error::new(ErrorCode::CALL_FAILED, "Session::logoff", "the provider panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_call_and_a_panic_are_answers_and_the_next_call_runs() {
        let (release, wait) = channel::<()>();
        let mut deadline = Deadline::new(Duration::from_millis(20));
        let (answer, took) = deadline.call(move || {
            wait.recv().ok();
            Ok(())
        });
        assert_eq!(answer.unwrap_err().code(), ErrorCode::TIMEOUT);
        assert!(took >= Duration::from_millis(20));
        drop(release);
        let mut deadline = Deadline::new(Duration::from_secs(60));
        let (answer, _) = deadline.call(|| -> Result<()> { panic!("expected by the test") });
        assert_eq!(answer.unwrap_err().code(), ErrorCode::CALL_FAILED);
        assert_eq!(deadline.call(|| Ok(7)).0.unwrap(), 7);
    }
}
