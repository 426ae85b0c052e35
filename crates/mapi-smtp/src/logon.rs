//! `SmtpLogon`: one logon of the transport (IXPLogon): takes messages from the spooler and answers for
//! each recipient. The dialogue is `connection.rs`'s, the message's text `submission.rs`'s.

use crate::connection::{Connection, Delivery, Endpoint};
use crate::outcome::{attempt_code, outcome};
use crate::pool::{MOST, Pool, Seat};
use crate::provider::PROVIDER_NAME;
use crate::session::{Fault, Verdict};
use crate::settings::Settings;
use crate::submission::{ADDRESS_TYPE, Submission, submission};
use mapi_defs::flags::{FlushFlags, StatusCode};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, TransportNotify, XpLogon};
use mapi_spi::status_row::StatusRow;
use mapi_spi::support::Support;
use mapi_wire::Interrupter;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

const SUBMIT: &str = "XpLogon::submit_message";

/// One logon of the SMTP transport.
pub(crate) struct SmtpLogon {
    support: Arc<dyn Support>,
    settings: Settings,
    endpoint: Endpoint,
    pool: Pool,
    /// The messages under way, by the spooler's reference.
    active: Mutex<HashMap<u32, Active>>,
    status: StatusRow,
    ended: AtomicBool,
}

#[derive(Default)]
struct Active {
    is_cancelled: bool,
    interrupter: Option<Interrupter>,
}

impl SmtpLogon {
    /// A logon that has told the status table of itself. No connection is made before there is a message.
    pub(crate) fn new(support: Arc<dyn Support>, settings: Settings, endpoint: Endpoint) -> Result<Self> {
        let status = StatusRow::new(support.clone(), PROVIDER_NAME)?;
        let (pool, active, ended) = (Pool::default(), Mutex::default(), AtomicBool::new(false));
        Ok(Self { support, settings, endpoint, pool, active, status, ended })
    }

    fn send(
        &self,
        message: &dyn Message,
        reference: u32,
        submission: Submission,
    ) -> Result<Vec<RecipientOutcome>> {
        let Submission { rows, delivery, mut refused } = submission;
        let Some(delivery) = delivery else { return Ok(refused) };
        let attempt = self.attempt(message, reference, &rows, delivery);
        let is_cancelled = self.lock().get(&reference).is_some_and(|active| active.is_cancelled);
        let verdicts = match attempt {
            Ok(verdicts) => verdicts,
            Err(fault) => vec![Verdict::Interrupted(fault); rows.len()],
        };
        let nothing_sent = verdicts.iter().all(|verdict| matches!(verdict, Verdict::Interrupted(_)));
        if nothing_sent && is_cancelled {
            return Err(Error::new(ErrorCode::CANCEL, SUBMIT, "cancelled before the server had the message"));
        }
        if let (true, true, Some(Verdict::Interrupted(fault))) =
            (nothing_sent, refused.is_empty(), verdicts.first())
        {
            self.note_failure(fault);
            return Err(Error::new(attempt_code(fault), SUBMIT, fault.to_string()));
        }
        if !nothing_sent {
            self.status.recover()?;
        }
        let answers = rows.into_iter().zip(&verdicts).map(|(row_id, verdict)| {
            let (state, reply) = outcome(verdict);
            RecipientOutcome { row_id, state, reply }
        });
        refused.extend(answers);
        refused.sort_by_key(|answer| answer.row_id);
        Ok(refused)
    }

    /// Sends over a connection that waits, and over a fresh one where that turned out to be gone before
    /// the server could have had anything.
    fn attempt(
        &self,
        message: &dyn Message,
        reference: u32,
        rows: &[u32],
        delivery: Delivery,
    ) -> Result<Vec<Verdict>, Fault> {
        loop {
            let taken = self.pool.take(&|| self.is_over(reference));
            let Some((mut seat, kept)) = taken else {
                self.watch(reference, None)?;
                return Err(Fault::Cancelled);
            };
            if let Some(mut kept) = kept {
                self.watch(reference, kept.interrupter())?;
                let (verdicts, was_confirmed) = self.deliver(&mut kept, message, rows, delivery.clone());
                let is_gone = |verdict: &Verdict| matches!(verdict, Verdict::Interrupted(Fault::Closed(_)));
                if was_confirmed || !verdicts.iter().all(is_gone) {
                    self.keep(seat, kept);
                    return Ok(verdicts);
                }
                seat.lost();
            }
            let mut fresh = match self.open(reference) {
                Ok(fresh) => fresh,
                Err(fault) if self.is_over(reference) || !seat.refused() => return Err(fault),
                // The server takes fewer at once: one of those that are open comes free.
                Err(_) => continue,
            };
            seat.opened();
            let (verdicts, _) = self.deliver(&mut fresh, message, rows, delivery);
            self.keep(seat, fresh);
            return Ok(verdicts);
        }
    }

    fn keep(&self, seat: Seat<'_>, connection: Connection) {
        seat.leave(connection);
        if self.ended.load(Ordering::Acquire) {
            // The logon ended meanwhile, and nobody else would.
            self.pool.end();
        }
    }

    /// True where a message is not to be sent any more.
    fn is_over(&self, reference: u32) -> bool {
        let is_cancelled = self.lock().get(&reference).is_some_and(|active| active.is_cancelled);
        is_cancelled || self.ended.load(Ordering::Acquire)
    }

    fn deliver(
        &self,
        connection: &mut Connection,
        message: &dyn Message,
        rows: &[u32],
        delivery: Delivery,
    ) -> (Vec<Verdict>, bool) {
        let mut was_confirmed = false;
        let verdicts = connection.send(delivery, &mut |taken| {
            was_confirmed = true;
            let taken: Vec<u32> = taken.iter().filter_map(|index| rows.get(*index).copied()).collect();
            let recorded = self.support.in_doubt(message, &taken);
            recorded.map_err(|error| Fault::NotRecorded(error.to_string()))
        });
        (verdicts, was_confirmed)
    }

    fn open(&self, reference: u32) -> Result<Connection, Fault> {
        let user = self.settings.server.user.as_ref();
        let login = user.map(|user| user.login(self.endpoint.deadlines.command)).transpose();
        let login = login.map_err(Fault::NoSecret)?;
        Connection::open_watched(&self.endpoint, login, &|socket| self.watch(reference, Some(socket)))
    }

    /// Lets CancelMessage and the end of the logon reach the socket.
    fn watch(&self, reference: u32, interrupter: Option<Interrupter>) -> Result<(), Fault> {
        let mut active = self.lock();
        let active = active.entry(reference).or_default();
        if active.is_cancelled {
            return Err(Fault::Cancelled);
        }
        if self.ended.load(Ordering::Acquire) {
            return Err(Fault::Closed(crate::session::Stage::Idle));
        }
        active.interrupter = interrupter;
        Ok(())
    }

    fn cancel(&self, reference: u32) {
        if let Some(active) = self.lock().get_mut(&reference) {
            active.is_cancelled = true;
            if let Some(interrupter) = &active.interrupter {
                interrupter.interrupt();
            }
        }
    }

    fn note_failure(&self, fault: &Fault) {
        tracing::warn!(host = %self.endpoint.server.host, %fault, "message not sent");
        self.status.fail(&fault.to_string());
    }

    fn check_alive(&self, call: &'static str) -> Result<()> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::INVALID_OBJECT, call, "the transport has logged off"));
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl XpLogon for SmtpLogon {
    fn address_types(&self) -> Result<AddressTypes> {
        self.check_alive("XpLogon::address_types")?;
        Ok(AddressTypes { types: vec![ADDRESS_TYPE.to_owned()], ..AddressTypes::default() })
    }

    fn notify(&self, what: TransportNotify) -> Result<()> {
        self.check_alive("XpLogon::notify")?;
        match what {
            TransportNotify::BeginOutbound => {
                self.status.change(StatusCode::OUTBOUND_ENABLED, StatusCode::NONE)
            }
            TransportNotify::EndOutbound => self
                .status
                .change(StatusCode::NONE, StatusCode::OUTBOUND_ENABLED | StatusCode::OUTBOUND_FLUSH),
            TransportNotify::BeginOutboundFlush => {
                self.status.change(StatusCode::OUTBOUND_FLUSH, StatusCode::NONE)
            }
            TransportNotify::EndOutboundFlush => {
                self.status.change(StatusCode::NONE, StatusCode::OUTBOUND_FLUSH)
            }
            TransportNotify::CancelMessage(reference) => {
                self.cancel(reference);
                Ok(())
            }
            TransportNotify::BeginInbound
            | TransportNotify::EndInbound
            | TransportNotify::BeginInboundFlush
            | TransportNotify::EndInboundFlush => {
                Err(Error::new(ErrorCode::NO_SUPPORT, "XpLogon::notify", "SMTP receives nothing by itself"))
            }
        }
    }

    /// As many connections, as far as the server grants them.
    fn at_once(&self) -> usize {
        MOST
    }

    fn submit_message(&self, message: &dyn Message, reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.check_alive(SUBMIT)?;
        let submission = submission(message, &self.settings, self.support.now())?;
        self.lock().insert(reference, Active::default());
        let answer = self.send(message, reference, submission);
        self.lock().remove(&reference);
        answer
    }

    fn idle(&self) -> Result<()> {
        self.pool.prune(Instant::now());
        Ok(())
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.check_alive("XpLogon::flush_queues")?;
        match FlushFlags(flags).contains(FlushFlags::UPLOAD) {
            true => self.status.change(StatusCode::OUTBOUND_FLUSH, StatusCode::NONE),
            false => Ok(()),
        }
    }

    /// A message under way is stopped: where the server may have it already, it is in doubt.
    fn logoff(&self) -> Result<()> {
        if self.ended.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        for interrupter in self.lock().values().filter_map(|active| active.interrupter.as_ref()) {
            interrupter.interrupt();
        }
        self.pool.end();
        self.status.end()
    }
}
