//! SIGINT and SIGTERM: the first asks the verb to stop, so that the session ends in order; the second
//! ends the command at once. The store is whole in either case.

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use mapi_defs::ErrorCode;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody asked the command to stop.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens to the signals from now on.
    pub(crate) fn listen() -> Outcome<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the shutdown sees what an earlier signal has set.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                i32::from(Exit::Interrupted.code()),
                asked.clone(),
            )
            .and_then(|_| signal_hook::flag::register(signal, asked.clone()))
            .map_err(|error| Failure::new(ErrorCode::CALL_FAILED, format!("signals: {error}")))?;
        }
        Ok(Self { asked })
    }

    /// Listens, unless standard input is read: a read that waits for a person cannot be stopped in order.
    pub(crate) fn listen_unless(reads_stdin: bool) -> Outcome<Self> {
        if reads_stdin { Ok(Self { asked: Arc::default() }) } else { Self::listen() }
    }

    /// True once somebody asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Stops long work between two items.
    pub(crate) fn check(&self) -> Outcome {
        if self.is_asked() { Err(Failure::new(ErrorCode::USER_CANCEL, "interrupted")) } else { Ok(()) }
    }
}

/// Long MAPI calls ask between two items.
impl mapi_spi::progress::Progress for Interrupt {
    fn progress(&self, _done: u64, _total: u64) -> bool {
        !self.is_asked()
    }
}
