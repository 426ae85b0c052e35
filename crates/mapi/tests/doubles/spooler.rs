//! A spooler that sends nothing and writes down what it is told.

use super::Script;
use mapi::Result;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime};
use mapi_spi::provider::transport::TransportNotify;
use mapi_spi::spooler::{QueueState, RunningSpooler, Spooler, SpoolerWork};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub(crate) struct RecordingSpooler {
    script: Arc<Script>,
    work: Mutex<Option<SpoolerWork>>,
    stopped: Mutex<bool>,
    stops: Condvar,
    queue: Mutex<QueueState>,
    this: std::sync::Weak<RecordingSpooler>,
}

impl RecordingSpooler {
    pub(crate) fn new(script: &Arc<Script>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            script: script.clone(),
            work: Mutex::new(None),
            stopped: Mutex::new(false),
            stops: Condvar::new(),
            queue: Mutex::default(),
            this: this.clone(),
        })
    }

    /// What it was started with.
    pub(crate) fn work(&self) -> SpoolerWork {
        self.work.lock().unwrap().clone().expect("started")
    }

    /// What it says of its queue.
    pub(crate) fn set_queue(&self, queue: QueueState) {
        *self.queue.lock().unwrap() = queue;
    }
}

impl Spooler for RecordingSpooler {
    fn start(&self, work: SpoolerWork) -> Result<Arc<dyn RunningSpooler>> {
        self.script.call("spooler start")?;
        *self.work.lock().unwrap() = Some(work);
        *self.stopped.lock().unwrap() = false;
        Ok(self.this.upgrade().unwrap())
    }
}

impl RunningSpooler for RecordingSpooler {
    fn wake(&self) {
        self.script.call("spooler wake").unwrap();
    }

    /// Waits as if the queue never got empty.
    fn flush(&self, patience: Duration) -> Result<bool> {
        self.script.call("spooler flush")?;
        let stopped = self.stopped.lock().unwrap();
        let (stopped, _) = self.stops.wait_timeout_while(stopped, patience, |stopped| !*stopped).unwrap();
        if *stopped {
            return Err(Error::new(ErrorCode::END_OF_SESSION, "test", "stopped meanwhile"));
        }
        Ok(false)
    }

    fn download(&self, _patience: Duration) -> Result<bool> {
        self.script.call("spooler download")?;
        Ok(true)
    }

    fn queue(&self) -> QueueState {
        *self.queue.lock().unwrap()
    }

    fn waiting(&self) -> Result<Vec<(EntryId, Option<FileTime>)>> {
        Ok(Vec::new())
    }

    fn stop(&self, _patience: Duration) -> bool {
        let in_time = self.script.call("spooler stop").is_ok();
        let work = self.work.lock().unwrap().take();
        for transport in work.iter().flat_map(|work| &work.transports).filter(|_| in_time) {
            transport.logon.notify(TransportNotify::EndOutbound).ok();
        }
        *self.stopped.lock().unwrap() = true;
        self.stops.notify_all();
        in_time
    }
}
