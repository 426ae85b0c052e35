//! `Receiver`: the body of the thread: when the transports are asked, and in which order.

use super::InboundPolicy;
use super::arrival::{Arrival, receive};
use super::state::{Desk, Download, Notes};
use crate::lease::Lease;
use crate::perform::{Around, guarded};
use crate::running::Shared;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::transport::TransportNotify;
use mapi_spi::spooler::{SpoolerTransport, SpoolerWork};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked who has the queue, and whether another process has stopped fetching.
const TICK: Duration = Duration::from_millis(200);
/// FLUSH_DOWNLOAD: what is incoming.
const FLUSH_DOWNLOAD: u32 = 0x4;

/// What is to be done next.
enum Round {
    /// The transports that want it are polled.
    Poll(BTreeSet<usize>),
    /// These have mail.
    Mail(BTreeSet<usize>),
    /// Somebody waits for this.
    Download(Download),
}

pub(super) struct Receiver {
    work: SpoolerWork,
    policy: InboundPolicy,
    around: Around,
    desk: Arc<Desk>,
    /// Whether this spooler has the queue.
    queue: Arc<Shared>,
    turn: PathBuf,
    next_poll: Instant,
}

impl Receiver {
    pub(super) fn new(
        work: SpoolerWork,
        policy: InboundPolicy,
        around: Around,
        desk: Arc<Desk>,
        queue: Arc<Shared>,
    ) -> Self {
        let mut turn = work.lease.clone().into_os_string();
        turn.push(".inbound");
        let next_poll = after(policy.first);
        Self { work, policy, around, desk, queue, turn: turn.into(), next_poll }
    }

    /// Works until it is stopped.
    pub(super) fn run(mut self) {
        let desk = self.desk.clone();
        let _ended = Ended(desk.clone());
        while !desk.notes().is_stopping {
            let is_owner = self.queue.state().is_owner;
            if !is_owner {
                desk.end(&self.work.transports);
            } else if desk.notes().begun.is_empty() {
                self.begin(&self.receiving());
            }
            let Some(round) = self.next(is_owner) else {
                self.rest(|notes| {
                    notes.is_stopping || !notes.has_mail.is_empty() || !notes.downloads.is_empty()
                });
                continue;
            };
            if !self.carry_out(round) {
                self.rest(|notes| notes.is_stopping);
            }
        }
        desk.end(&self.work.transports);
    }

    fn rest(&self, is_over: impl Fn(&Notes) -> bool) {
        self.desk.wait(TICK, is_over);
    }

    fn next(&mut self, is_owner: bool) -> Option<Round> {
        let mut notes = self.desk.notes();
        let now = Instant::now();
        notes.downloads.retain(|download| download.until.is_none_or(|until| until > now));
        if let Some(download) = notes.downloads.first() {
            return Some(Round::Download(download.clone()));
        }
        if !is_owner {
            return None;
        }
        if !notes.has_mail.is_empty() {
            return Some(Round::Mail(std::mem::take(&mut notes.has_mail)));
        }
        if now < self.next_poll {
            return None;
        }
        let polled = self.work.transports.iter().enumerate().filter(|(_, transport)| transport.flags.poll);
        Some(Round::Poll(polled.map(|(index, _)| index).collect()))
    }

    /// False where another process fetches at this moment.
    fn carry_out(&mut self, round: Round) -> bool {
        let turn = match Lease::acquire(&self.turn) {
            Ok(Some(turn)) => turn,
            Ok(None) => {
                self.put_back(round);
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, "mail cannot be fetched: the lock of those who do cannot be taken");
                self.fail(round);
                return false;
            }
        };
        match round {
            Round::Mail(transports) => self.fetch(&transports),
            Round::Poll(transports) => {
                self.next_poll = after(self.policy.rest);
                self.fetch(&transports);
            }
            Round::Download(download) => self.download(&download),
        }
        drop(turn);
        true
    }

    fn put_back(&self, round: Round) {
        if let Round::Mail(transports) = round {
            self.desk.change(|notes| notes.has_mail.extend(transports));
        }
    }

    fn fail(&mut self, round: Round) {
        self.next_poll = after(self.policy.rest);
        if let Round::Download(download) = round {
            self.finish(&download, false);
        }
    }

    fn download(&mut self, download: &Download) {
        let begun = self.desk.notes().begun.clone();
        let wanted: BTreeSet<usize> = self.receiving().intersection(&download.transports).copied().collect();
        self.begin(&wanted.difference(&begun).copied().collect());
        for transport in wanted.iter().filter_map(|index| self.work.transports.get(*index)) {
            let flush = || transport.logon.flush_queues(FLUSH_DOWNLOAD);
            report(transport, guarded("XpLogon::flush_queues", flush));
        }
        self.fetch(&wanted);
        for transport in wanted.iter().filter_map(|index| self.work.transports.get(*index)) {
            let end = || transport.logon.notify(TransportNotify::EndInboundFlush);
            report(transport, guarded("XpLogon::notify", end));
        }
        let is_done = {
            let notes = self.desk.notes();
            let states = wanted.iter().filter_map(|index| notes.states.get(*index));
            states.into_iter().all(|state| state.fault.is_none())
        };
        self.next_poll = self.next_poll.max(after(self.policy.rest.min(self.policy.first)));
        self.finish(download, is_done);
    }

    fn finish(&self, download: &Download, is_done: bool) {
        self.desk.change(|notes| {
            notes.downloads.retain(|waiting| waiting.ticket != download.ticket);
            notes.done.insert(download.ticket, is_done);
        });
    }

    fn fetch(&self, transports: &BTreeSet<usize>) {
        for index in transports {
            if self.desk.notes().is_stopping {
                return;
            }
            let answer = self.fetch_from(*index);
            self.desk.change(|notes| {
                let Some(state) = notes.states.get_mut(*index) else { return };
                match answer {
                    Ok(()) => state.fault = None,
                    Err(error) if error.code() == ErrorCode::NO_SUPPORT => {
                        state.receives = false;
                        notes.deaf.insert(*index);
                    }
                    Err(error) => {
                        tracing::warn!(transport = index, %error, "mail was not fetched");
                        state.fault = Some((error.code(), error.detail().to_owned()));
                    }
                }
            });
        }
    }

    /// Takes what a transport has, until it has nothing more.
    ///
    /// # Errors
    /// The first of its errors, or of the store.
    fn fetch_from(&self, index: usize) -> Result<()> {
        let Some(transport) = self.work.transports.get(index) else { return Ok(()) };
        // One that cannot go on is not called; nor is any while one must not be disturbed.
        if self.around.signals.is_broken(index) || !self.around.signals.may_disturb() {
            return Ok(());
        }
        let store = self.store_of(transport);
        loop {
            let waiting = match transport.flags.poll {
                true => u64::from(guarded("XpLogon::poll", || transport.logon.poll())?),
                false => 1,
            };
            self.desk.change(|notes| {
                notes.states.iter_mut().skip(index).take(1).for_each(|state| state.waiting = waiting);
            });
            let arrived = self.take(index, transport, store, waiting)?;
            // Whoever says that mail waits and hands in none is asked again at the next poll.
            if waiting == 0 || arrived == 0 || self.desk.notes().is_stopping {
                return Ok(());
            }
        }
    }

    /// Takes `waiting` messages, or fewer; answers how many arrived.
    fn take(
        &self,
        index: usize,
        transport: &SpoolerTransport,
        store: &dyn MsgStore,
        waiting: u64,
    ) -> Result<u64> {
        let mut arrived = 0;
        for _ in 0..waiting {
            if self.desk.notes().is_stopping {
                return Err(Error::new(
                    ErrorCode::USER_CANCEL,
                    "RunningSpooler::download",
                    "the spooler stops",
                ));
            }
            let (logon, hooks, now) = (&*transport.logon, &self.around.hooks, (self.work.now)());
            let arrival = self.desk.handing_in(|| receive(store, logon, hooks, now));
            let has_arrived = arrival? == Arrival::Arrived;
            arrived += u64::from(has_arrived);
            self.desk.change(|notes| {
                let Some(state) = notes.states.get_mut(index) else { return };
                state.received += u64::from(has_arrived);
                state.waiting = state.waiting.saturating_sub(1);
            });
        }
        Ok(arrived)
    }

    fn store_of<'a>(&'a self, transport: &'a SpoolerTransport) -> &'a dyn MsgStore {
        transport.store.as_deref().unwrap_or(&*self.work.store)
    }

    /// The transports that receive, as far as is known.
    fn receiving(&self) -> BTreeSet<usize> {
        let deaf = &self.desk.notes().deaf;
        (0..self.work.transports.len()).filter(|index| !deaf.contains(index)).collect()
    }

    fn begin(&self, transports: &BTreeSet<usize>) {
        for index in transports {
            let Some(transport) = self.work.transports.get(*index) else { continue };
            // It may tell of mail at once, and is to be heard.
            self.desk.change(|notes| {
                notes.begun.insert(*index);
            });
            let begin = || transport.logon.notify(TransportNotify::BeginInbound);
            let answer = guarded("XpLogon::notify", begin);
            self.desk.change(|notes| {
                let Some(state) = notes.states.get_mut(*index) else { return };
                match &answer {
                    Ok(()) => state.receives = true,
                    Err(error) => {
                        notes.begun.remove(index);
                        if error.code() == ErrorCode::NO_SUPPORT {
                            state.receives = false;
                            notes.deaf.insert(*index);
                        }
                    }
                }
            });
            report(transport, answer);
        }
    }
}

/// However the thread ends, whoever waits for it learns so.
struct Ended(Arc<Desk>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.change(|notes| notes.has_ended = true);
    }
}

fn report<T>(transport: &SpoolerTransport, answer: Result<T>) {
    if let Err(error) = answer
        && error.code() != ErrorCode::NO_SUPPORT
    {
        tracing::warn!(transport = transport.name, %error, "a transport failed at incoming mail");
    }
}

/// A moment too far away to be reckoned never comes; a day is as good.
fn after(rest: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(rest).or_else(|| now.checked_add(Duration::from_secs(86_400))).unwrap_or(now)
}
