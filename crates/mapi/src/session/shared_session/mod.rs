//! Shared sessions: which session a logon joins, and who else is in it (MAPI_ALLOW_OTHERS,
//! MAPI_LOGOFF_SHARED).
//!
//! Members share the profile, the membership and the word that it is time to log off; each has its own
//! providers, stores and objects. `record.rs` is what is on disk, `protocol.rs` what is said and
//! `wire.rs` how, `host.rs` the thread that knows the members, `client.rs` and `member.rs` a member's
//! side, `keeper.rs` how a process that keeps a session is asked to end it.

mod client;
mod host;
mod keeper;
mod member;
mod protocol;
mod record;
mod wire;

pub use keeper::{Keeper, Requested, end};
pub use protocol::{EndRequest, QueueEnd};

use super::{Core, lock};
use crate::Home;
use client::{NoLink, observe};
use mapi_defs::flags::LogonFlags;
use mapi_defs::{Error, ErrorCode, Result};
use member::{Member, Seat, Who};
use protocol::Frame;
use record::{Record, Sessions};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a logon tries to get to a host.
const JOIN: Duration = Duration::from_millis(1_800);
/// How long a logoff tries to have the other members told.
const CLOSE: Duration = Duration::from_secs(2);
/// How long whoever asks for the members waits for a host.
const LIST: Duration = Duration::from_secs(1);
const CALL: &str = "Session::logon";

/// A member of a shared session, as others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SharedSession {
    /// The member's own identity, as [`Session::id`](crate::Session::id).
    pub id: String,
    /// The identity of the shared session: that of its first member.
    pub shared_id: String,
    /// The profile.
    pub profile: String,
    /// The process.
    pub pid: u32,
    /// How many members the shared session has.
    pub members: usize,
    /// Whether others can join; false once a member has asked all to log off.
    pub is_open: bool,
    /// Whether the member works without mail (MAPI_NO_MAIL).
    pub no_mail: bool,
    /// Whether a process keeps it and can be asked to end it ([`end`]).
    pub is_kept: bool,
    /// Objects that it has open; `None` where it does not answer, because it was stopped.
    pub open_objects: Option<u64>,
}

/// Lists the members of the shared sessions of a home, without logging on.
pub fn shared_sessions(home: &Home) -> Vec<SharedSession> {
    Sessions::of(home).all().iter().flat_map(members).collect()
}

/// How a logon gets into a session, as NEW_SESSION and ALLOW_OTHERS say.
pub(super) struct Entrance(Way);

enum Way {
    /// By a session of its own that nobody joins.
    Private,
    /// By a session of its own that others may join, once its profile is known.
    Publish { sessions: Sessions, who: Who },
    /// By one that is there.
    Join(Box<Seat>),
}

impl Entrance {
    /// Chooses; where the choice is to join, the place is taken. Whoever calls has the turn to log on.
    ///
    /// # Errors
    /// - `MAPI_E_TIMEOUT`: the shared session does not answer.
    /// - `MAPI_E_VERSION`: the shared session is another version's.
    pub(super) fn find(flags: LogonFlags, home: &Home, id: &str) -> Result<Self> {
        let is_new = flags.contains(LogonFlags::NEW_SESSION);
        let allows_others = flags.contains(LogonFlags::ALLOW_OTHERS);
        if is_new && !allows_others {
            return Ok(Self(Way::Private));
        }
        let sessions = Sessions::of(home);
        let who = Who { id: id.to_owned(), no_mail: flags.contains(LogonFlags::NO_MAIL) };
        if !is_new && let Some(seat) = join(&sessions, &who)? {
            return Ok(Self(Way::Join(Box::new(seat))));
        }
        // The session that was published first stays the one that is.
        let publishes = allows_others && sessions.joinable().is_none();
        Ok(Self(if publishes { Way::Publish { sessions, who } } else { Way::Private }))
    }

    /// The profile of the session that was joined.
    pub(super) fn profile(&self) -> Option<&str> {
        match &self.0 {
            Way::Join(seat) => Some(&seat.connector.record.profile),
            _ => None,
        }
    }

    /// Goes in.
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`, `MAPI_E_NOT_ENOUGH_DISK`: the record cannot be written.
    /// - `MAPI_E_NOT_ENOUGH_RESOURCES`: no thread can be started.
    pub(super) fn enter(self, core: &Arc<Core>) -> Result<()> {
        let seat = match self.0 {
            Way::Private => return Ok(()),
            Way::Join(seat) => *seat,
            Way::Publish { sessions, who } => {
                let profile = core.profile.look(|data| data.name.clone());
                publish(&sessions, &who, &profile)?
            }
        };
        *lock(&core.shared.0) = Some(Member::start(seat, core)?);
        Ok(())
    }
}

/// A session's part in a shared session, if it has one.
#[derive(Default)]
pub(crate) struct Membership(Mutex<Option<Member>>);

impl Membership {
    /// Closes the session to joiners and has every other member told. True where there is somebody
    /// to tell, or could be.
    pub(super) fn close(&self, patience: Duration) -> bool {
        // Out of the lock meanwhile: the thread's answer may take as long as the patience.
        let Some(member) = lock(&self.0).take() else { return false };
        if !member.close(patience.min(CLOSE)) {
            tracing::warn!(session = member.record.id, "the other members could not be told in time");
        }
        *lock(&self.0) = Some(member);
        true
    }

    /// Leaves the shared session.
    pub(super) fn leave(&self) {
        let member = lock(&self.0).take();
        drop(member);
    }

    /// The record, while the session is a member.
    fn record(&self) -> Option<Record> {
        lock(&self.0).as_ref().map(|member| member.record.clone())
    }
}

fn join(sessions: &Sessions, who: &Who) -> Result<Option<Seat>> {
    let until = Instant::now() + JOIN;
    while let Some(record) = sessions.joinable() {
        match Seat::join(record, who, until) {
            Ok(seat) => return Ok(Some(seat)),
            // It was closed or ended between two looks; there may be another.
            Err(NoLink::Closed | NoLink::Gone) if Instant::now() < until => {}
            Err(why) => return Err(cannot_join(why)),
        }
    }
    Ok(None)
}

fn publish(sessions: &Sessions, who: &Who, profile: &str) -> Result<Seat> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorCode::NO_ACCESS, CALL, format!("the session cannot be published: {error}"))
            .with_source(error)
    };
    let draft = sessions.draft(&who.id, profile)?;
    let mut lock = draft.record.enter(&who.id, who.no_mail).map_err(failed)?;
    let record = draft.publish(&mut lock).map_err(failed)?;
    Seat::take(record, lock, who, Instant::now() + JOIN).map_err(cannot_join)
}

fn cannot_join(why: NoLink) -> Error {
    let (code, detail) = match why {
        NoLink::OtherVersion => (ErrorCode::VERSION, "the shared session is another version's"),
        NoLink::Closed | NoLink::Gone | NoLink::Late => {
            (ErrorCode::TIMEOUT, "the shared session does not answer")
        }
    };
    Error::new(code, CALL, detail)
}

/// The members of one session: from its host, or from the record alone where none answers.
fn members(record: &Record) -> Vec<SharedSession> {
    let is_open = record.closed_by().is_none();
    let rows = ask_host(record).unwrap_or_else(|| {
        let row = |(id, pid, no_mail)| protocol::MemberRow { id, pid, no_mail, objects: None };
        record.members().into_iter().map(row).collect()
    });
    let count = rows.len();
    let row = |row: protocol::MemberRow| SharedSession {
        is_kept: record.keeper(&row.id).is_ok_and(|socket| socket.exists()),
        id: row.id,
        shared_id: record.id.clone(),
        profile: record.profile.clone(),
        pid: row.pid,
        members: count,
        is_open,
        no_mail: row.no_mail,
        open_objects: row.objects,
    };
    rows.into_iter().map(row).collect()
}

fn ask_host(record: &Record) -> Option<Vec<protocol::MemberRow>> {
    let until = Instant::now() + LIST;
    let mut wire = observe(record, until)?;
    wire.send(&Frame::List).ok()?;
    let mut rows = Vec::new();
    loop {
        match wire.await_next(until).ok()?? {
            Frame::Member(row) => rows.push(row),
            Frame::Listed => return Some(rows),
            _ => return None,
        }
    }
}
