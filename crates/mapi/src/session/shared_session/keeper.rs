//! `Keeper`: a process that keeps a shared session alive, and can be asked by others to end it.
//!
//! The process logs off itself, as it was asked, and answers with the closing account. A member that
//! no process keeps cannot be ended from outside: it can only be told
//! ([`LogoffFlags::SHARED`](mapi_defs::flags::LogoffFlags::SHARED)).

use super::protocol::{EndRequest, Frame, PIECE_CHARACTERS};
use super::record::{Sessions, SocketPath};
use super::wire::{Broken, Waker, Wire, accepted, wait};
use crate::{Home, Session};
use mapi_defs::{Error, ErrorCode, Result};
use rustix::event::{PollFd, PollFlags};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

/// Within this long whoever connects says what it wants, and takes the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Characters of an account, at most.
const ACCOUNT_CHARACTERS: usize = 1 << 20;

/// Hears what others ask of a kept session.
#[derive(Debug)]
pub struct Keeper {
    listener: UnixListener,
    socket: SocketPath,
    waker: Waker,
}

impl Keeper {
    /// Lets others ask for the end of this session.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session is private.
    /// - `MAPI_E_NO_ACCESS`: the socket cannot be made.
    pub fn of(session: &Session) -> Result<Self> {
        const CALL: &str = "Keeper::of";
        let no_support = || Error::new(ErrorCode::NO_SUPPORT, CALL, "the session is private");
        let record = session.core().shared.record().ok_or_else(no_support)?;
        let failed = |error: std::io::Error| {
            Error::new(ErrorCode::NO_ACCESS, CALL, format!("the socket cannot be made: {error}"))
                .with_source(error)
        };
        let socket = record.keeper(session.id()).map_err(failed)?;
        let listener = socket.listen().map_err(failed)?;
        Ok(Self { listener, socket, waker: Waker::new()? })
    }

    /// Waits until somebody asks for the end; `None` once [`Keeper::waker`] was called.
    pub fn wait(&self) -> Option<Requested> {
        loop {
            let mut on =
                [PollFd::new(&self.waker, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
            wait(&mut on, None);
            if on.first().is_some_and(|fd| !fd.revents().is_empty()) {
                self.waker.clear();
                return None;
            }
            let Ok((stream, _)) = self.listener.accept() else { continue };
            let Some((mut wire, _)) = accepted(stream) else { continue };
            if let Ok(Some(Frame::End(request))) = wire.await_next(Instant::now() + PATIENCE) {
                return Some(Requested { request, wire });
            }
        }
    }

    /// Ends a [`Keeper::wait`], the one under way or the next, from whatever thread.
    pub fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let waker = self.waker.clone();
        move || waker.wake()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.socket.remove();
    }
}

/// Somebody who asked for the end and waits for the account.
#[derive(Debug)]
pub struct Requested {
    /// How the session shall end.
    pub request: EndRequest,
    wire: Wire,
}

impl Requested {
    /// Answers with the closing account, and returns once the other side has it, or takes nothing.
    pub fn answer(mut self, account: &str) {
        let until = Instant::now() + PATIENCE;
        let characters: Vec<char> = account.chars().take(ACCOUNT_CHARACTERS).collect();
        for piece in characters.chunks(PIECE_CHARACTERS) {
            let mut sent = self.wire.send(&Frame::Account { piece: piece.iter().collect() });
            while sent.is_ok() && self.wire.interest().contains(PollFlags::OUT) && Instant::now() < until {
                wait(&mut [PollFd::new(&self.wire, PollFlags::OUT)], Some(PATIENCE));
                sent = self.wire.flush();
            }
            if let Err(error) = sent {
                tracing::debug!(%error, "whoever asked for the end has gone");
                return;
            }
        }
    }
}

/// Asks the process that keeps a session to end it; returns its closing account, as JSON.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: no living session has this identity.
/// - `MAPI_E_NO_SUPPORT`: no process keeps it.
/// - `MAPI_E_TIMEOUT`: the process has not answered within `patience`.
/// - `MAPI_E_CALL_FAILED`: it ended without an account.
pub fn end(home: &Home, id: &str, request: EndRequest, patience: Duration) -> Result<String> {
    const CALL: &str = "session::end";
    let failed = |code, detail: String| Error::new(code, CALL, detail);
    let has_member = |record: &super::Record| record.members().iter().any(|(known, ..)| known == id);
    let record = Sessions::of(home).all().into_iter().find(has_member);
    let record = record.ok_or_else(|| failed(ErrorCode::NOT_FOUND, format!("there is no session {id:?}")))?;
    let connected = record.keeper(id).and_then(|socket| Wire::connect(socket.path()));
    let no_support = |error: std::io::Error| {
        failed(ErrorCode::NO_SUPPORT, format!("no process keeps the session {id}")).with_source(error)
    };
    let mut wire = connected.map_err(no_support)?;
    if !wire.peer().is_ok_and(|peer| peer.is_own_user) {
        return Err(failed(ErrorCode::NO_ACCESS, "another user's process answers".into()));
    }
    let ended = || failed(ErrorCode::CALL_FAILED, format!("the session {id} ended without an account"));
    wire.send(&Frame::End(request)).map_err(|_| ended())?;
    let until = Instant::now() + patience;
    let mut account = String::new();
    loop {
        match wire.await_next(until) {
            Ok(Some(Frame::Account { piece })) if account.len() <= 4 * ACCOUNT_CHARACTERS => {
                account.push_str(&piece);
            }
            Err(Broken::Ended) if !account.is_empty() => return Ok(account),
            Ok(None) => {
                return Err(failed(ErrorCode::TIMEOUT, format!("the session {id} has not ended in time")));
            }
            _ => return Err(ended()),
        }
    }
}
