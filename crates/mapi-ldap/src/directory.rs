//! `Directory`: the directory of one logon: its connections, who is logged on there, and searches with all of
//! their pages. A connection that was lost meanwhile is replaced by another, once.

use crate::connection::Connection;
use crate::deadlines::Deadlines;
use crate::fault::{Fault, result};
use crate::filter::Filter;
use crate::message::{Entry, Outcome, Page, Scope, Search};
use crate::referral::Referral;
use crate::schema::Schema;
use mapi_defs::guid::MapiUid;
use mapi_defs::{Error, Result};
use mapi_wire::{Endpoint, Interrupter, User};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many connections wait at most.
const MOST_IDLE: usize = 2;
/// How many entries a page has.
const PAGE_ENTRIES: u32 = 500;
/// How many entries a table has at most.
const MOST_ENTRIES: usize = 50_000;
/// How many pages may follow each other without an entry.
const EMPTY_PAGES: u32 = 8;
/// How many other servers are asked for one answer.
const MOST_SERVERS: usize = 8;
/// How many objects are asked for at once.
const BATCH: usize = 50;

/// Where a directory is and who logs on there.
pub(crate) struct Access {
    pub(crate) endpoint: Endpoint,
    pub(crate) user: Option<User>,
    pub(crate) deadlines: Deadlines,
}

/// The directory of one logon.
pub(crate) struct Directory {
    pub(crate) access: Access,
    /// What the profile calls it.
    pub(crate) name: String,
    /// Everything is below this name.
    pub(crate) base: String,
    pub(crate) schema: &'static Schema,
    pub(crate) uid: MapiUid,
    /// True where other servers are asked that this one refers to.
    pub(crate) follows: bool,
    pub(crate) connections: Connections,
}

/// What a search with a limit found.
pub(crate) struct Found {
    pub(crate) entries: Vec<Entry>,
    /// False where there is more.
    pub(crate) is_all: bool,
}

impl Directory {
    /// Finds at most `most` entries below the base.
    pub(crate) fn find(
        &self,
        call: &'static str,
        filter: &Filter,
        attributes: &[&'static str],
        most: u32,
    ) -> Result<Found> {
        let search = self.search(filter, attributes, most);
        let (mut found, elsewhere) = self.connections.with(&self.access, call, |connection| {
            let mut found = Found { entries: Vec::new(), is_all: true };
            let elsewhere = self.find_at(connection, &search, &mut found)?;
            Ok((found, elsewhere))
        })?;
        self.follow(call, &search, elsewhere, |connection, search| {
            self.find_at(connection, search, &mut found)
        })?;
        Ok(found)
    }

    /// All entries below the base that meet a condition, page by page.
    pub(crate) fn list(
        &self,
        call: &'static str,
        filter: &Filter,
        attributes: &[&'static str],
    ) -> Result<Vec<Entry>> {
        let search = self.search(filter, attributes, 0);
        let (mut entries, elsewhere) = self.connections.with(&self.access, call, |connection| {
            let mut entries = Vec::new();
            let elsewhere = self.list_at(connection, &search, &mut entries)?;
            Ok((entries, elsewhere))
        })?;
        self.follow(call, &search, elsewhere, |connection, search| {
            self.list_at(connection, search, &mut entries)
        })?;
        Ok(entries)
    }

    /// One entry by its name, with these attributes.
    pub(crate) fn entry(
        &self,
        call: &'static str,
        name: &str,
        attributes: Vec<Cow<'static, str>>,
    ) -> Result<Entry> {
        let search = by_name(name, attributes);
        let (mut found, elsewhere) = self.connections.with(&self.access, call, |connection| {
            let mut found = None;
            let elsewhere = self.entry_at(connection, &search, &mut found)?;
            Ok((found, elsewhere))
        })?;
        self.follow(call, &search, elsewhere, |connection, search| {
            self.entry_at(connection, search, &mut found)
        })?;
        let missing = Outcome { code: result::NO_SUCH_OBJECT, ..Outcome::default() };
        found.ok_or_else(|| Fault::Refused(missing).into_error(call))
    }

    /// Finds entries at one server, and answers where there may be more.
    fn find_at(
        &self,
        connection: &mut Connection,
        search: &Search,
        found: &mut Found,
    ) -> Result<Vec<String>, Fault> {
        let Found { entries, is_all } = found;
        let most = entries.len().saturating_add(search.limit as usize);
        let outcome = connection.search(search, None, &mut |entry| {
            // A server that does not keep to the limit has not understood it.
            if entries.len() > most {
                return Err(Fault::TooBig);
            }
            entries.push(entry);
            Ok(())
        })?;
        *is_all &= !matches!(outcome.code, result::SIZE_LIMIT | result::ADMIN_LIMIT);
        if *is_all { self.elsewhere(outcome) } else { Ok(Vec::new()) }
    }

    /// Reads all pages at one server, and answers where there may be more.
    fn list_at(
        &self,
        connection: &mut Connection,
        search: &Search,
        entries: &mut Vec<Entry>,
    ) -> Result<Vec<String>, Fault> {
        let (mut elsewhere, mut cookie, mut empty) = (Vec::new(), Vec::new(), 0_u32);
        loop {
            let before = entries.len();
            let page = Page { entries: PAGE_ENTRIES, cookie: &cookie };
            let mut outcome = connection.search(search, Some(&page), &mut |entry| {
                if entries.len() >= MOST_ENTRIES {
                    return Err(Fault::TooBig);
                }
                entries.push(entry);
                Ok(())
            })?;
            cookie = std::mem::take(&mut outcome.cookie);
            elsewhere.extend(self.elsewhere(outcome)?);
            empty = if entries.len() == before { empty.saturating_add(1) } else { 0 };
            if cookie.is_empty() {
                return Ok(elsewhere);
            }
            if empty > EMPTY_PAGES {
                return Err(Fault::Malformed("pages without an end"));
            }
        }
    }

    /// Looks one entry up at one server, and answers where it may be.
    fn entry_at(
        &self,
        connection: &mut Connection,
        search: &Search,
        found: &mut Option<Entry>,
    ) -> Result<Vec<String>, Fault> {
        let Some((entry, outcome)) = connection.look_up(std::slice::from_ref(search))?.pop() else {
            return Ok(Vec::new());
        };
        let elsewhere = self.elsewhere(outcome)?;
        *found = found.take().or(entry);
        Ok(elsewhere)
    }

    /// Where there may be more, where the profile wants that to be known.
    fn elsewhere(&self, outcome: Outcome) -> Result<Vec<String>, Fault> {
        match outcome.code {
            result::SUCCESS if self.follows => Ok(outcome.elsewhere),
            result::SUCCESS => Ok(Vec::new()),
            // Any one of the URLs of a referral will do.
            result::REFERRAL if self.follows => Ok(outcome.elsewhere.into_iter().take(1).collect()),
            _ => Err(Fault::Refused(outcome)),
        }
    }

    /// Asks other servers, none of them twice, and those to which they refer.
    fn follow(
        &self,
        call: &'static str,
        search: &Search,
        mut waiting: Vec<String>,
        mut ask: impl FnMut(&mut Connection, &Search) -> Result<Vec<String>, Fault>,
    ) -> Result<()> {
        let mut known = BTreeSet::new();
        while let Some(url) = waiting.pop() {
            let Some(place) = Referral::read(&url) else { continue };
            if !known.insert(place.clone()) {
                continue;
            }
            if known.len() > MOST_SERVERS {
                return Err(Fault::TooBig.into_error(call));
            }
            let mut search = search.clone();
            if let Some(base) = &place.base {
                search.base.clone_from(base);
            }
            let more =
                self.connections.once(&place.access(&self.access), |connection| ask(connection, &search));
            waiting.extend(more.map_err(|fault| fault.into_error(call))?);
        }
        Ok(())
    }

    /// Entries by their names, many at once; those that are not there, not to be seen, or elsewhere are left
    /// out. Anything else that keeps one of them back is an error.
    pub(crate) fn entries(
        &self,
        call: &'static str,
        names: &[String],
        attributes: &[&'static str],
    ) -> Result<Vec<Entry>> {
        let attributes: Vec<Cow<'static, str>> = attributes.iter().map(|name| Cow::Borrowed(*name)).collect();
        let searches: Vec<Search> = names.iter().map(|name| by_name(name, attributes.clone())).collect();
        self.connections.with(&self.access, call, |connection| {
            let mut entries = Vec::new();
            for batch in searches.chunks(BATCH) {
                for (entry, outcome) in connection.look_up(batch)? {
                    match outcome.code {
                        result::SUCCESS => entries.extend(entry),
                        result::REFERRAL | result::NO_SUCH_OBJECT | result::INVALID_NAME => {}
                        _ => return Err(Fault::Refused(outcome)),
                    }
                }
            }
            Ok(entries)
        })
    }

    fn search(&self, filter: &Filter, attributes: &[&'static str], limit: u32) -> Search {
        let attributes = attributes.iter().map(|name| Cow::Borrowed(*name)).collect();
        Search { base: self.base.clone(), scope: Scope::Subtree, filter: filter.clone(), attributes, limit }
    }
}

/// The search for one object.
pub(crate) fn by_name(name: &str, attributes: Vec<Cow<'static, str>>) -> Search {
    let filter = Filter::Present("objectClass");
    Search { base: name.to_owned(), scope: Scope::Base, filter, attributes, limit: 1 }
}

/// The connections of a logon.
#[derive(Default)]
pub(crate) struct Connections(Mutex<State>);

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    busy: BTreeMap<u64, Interrupter>,
    next: u64,
    has_ended: bool,
}

impl Connections {
    /// Works on a connection: one that waits, or a new one where none does or that one was lost.
    pub(crate) fn with<T>(
        &self,
        access: &Access,
        call: &'static str,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        self.work(access, work).map_err(|fault| fault.into_error(call))
    }

    fn work<T>(
        &self,
        access: &Access,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        while let Some(connection) = self.take()? {
            match self.run(connection, access, &work) {
                Err(fault) if fault.is_lost() => {}
                answer => return answer,
            }
        }
        let fresh = self.open(access)?;
        self.run(fresh, access, &work)
    }

    /// Works on a connection that nobody uses afterwards.
    pub(crate) fn once<T>(
        &self,
        access: &Access,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut connection = self.open(access)?;
        let busy = self.busy(&mut connection)?;
        connection.begin(access.deadlines.search);
        let answer = work(&mut connection);
        drop(busy);
        connection.unbind();
        answer
    }

    fn open(&self, access: &Access) -> Result<Connection, Fault> {
        let mut fresh = Connection::connect(&access.endpoint, access.deadlines.connect)?;
        let _busy = self.busy(&mut fresh)?;
        fresh.open(&access.endpoint, access.user.as_ref(), &access.deadlines)
    }

    /// Ends all of them; whoever waits for an answer gets an error.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        let idle = std::mem::take(&mut state.idle);
        state.busy.values().for_each(Interrupter::interrupt);
        drop(state);
        idle.into_iter().for_each(Connection::unbind);
    }

    /// The connection used last that is still alive.
    fn take(&self) -> Result<Option<Connection>, Fault> {
        loop {
            let mut state = self.lock();
            if state.has_ended {
                return Err(Fault::Ended);
            }
            let Some(mut connection) = state.idle.pop() else { return Ok(None) };
            drop(state);
            if connection.is_alive() {
                return Ok(Some(connection));
            }
        }
    }

    fn run<T>(
        &self,
        mut connection: Connection,
        access: &Access,
        work: impl Fn(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let busy = self.busy(&mut connection)?;
        connection.begin(access.deadlines.search);
        let answer = work(&mut connection);
        drop(busy);
        // After a refusal the dialogue goes on; after anything else that failed, nobody knows where it is.
        if matches!(answer, Ok(_) | Err(Fault::Refused(_))) {
            self.put(connection);
        }
        match answer {
            Err(_) if self.lock().has_ended => Err(Fault::Ended),
            answer => answer,
        }
    }

    fn put(&self, connection: Connection) {
        let mut state = self.lock();
        let surplus = if state.has_ended || state.idle.len() >= MOST_IDLE {
            Some(connection)
        } else {
            state.idle.push(connection);
            None
        };
        drop(state);
        if let Some(connection) = surplus {
            connection.unbind();
        }
    }

    fn busy(&self, connection: &mut Connection) -> Result<Busy<'_>, Fault> {
        let interrupter = connection.interrupter();
        let mut state = self.lock();
        if state.has_ended {
            return Err(Fault::Ended);
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.busy.insert(number, interrupter);
        Ok(Busy { connections: self, number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that somebody works on.
struct Busy<'connections> {
    connections: &'connections Connections,
    number: u64,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.connections.lock().busy.remove(&self.number);
    }
}

/// What the directory says of itself and everybody may read (the root DSE).
pub(crate) struct RootEntry {
    /// The names of its trees; the first is the one that it holds to be usual.
    pub(crate) bases: Vec<String>,
    /// True for Microsoft's directory.
    pub(crate) is_active_directory: bool,
}

impl RootEntry {
    /// What LDAP_CAP_ACTIVE_DIRECTORY_OID says.
    const ACTIVE_DIRECTORY: &[u8] = b"1.2.840.113556.1.4.800";

    /// Asks for it. A server that does not show it says nothing of itself.
    pub(crate) fn read(
        connections: &Connections,
        access: &Access,
        call: &'static str,
    ) -> Result<Self, Error> {
        const ASKED: [&str; 3] = ["defaultNamingContext", "namingContexts", "supportedCapabilities"];
        let search = by_name("", ASKED.map(Cow::Borrowed).to_vec());
        let found =
            connections.with(access, call, |connection| connection.look_up(std::slice::from_ref(&search)))?;
        let entry = found.into_iter().find_map(|(entry, _)| entry);
        let mut answer = Self { bases: Vec::new(), is_active_directory: false };
        if let Some(entry) = entry {
            let names = ["defaultNamingContext", "namingContexts"].into_iter();
            answer.bases = names.flat_map(|name| entry.texts(name)).map(str::to_owned).collect();
            let mut capabilities = entry.values("supportedCapabilities");
            answer.is_active_directory = capabilities.any(|value| value == Self::ACTIVE_DIRECTORY);
        }
        Ok(answer)
    }
}
