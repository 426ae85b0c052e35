//! `Directory`: the directory of one logon, and searches in it with all of their pages and other servers. Its
//! connections are `connections.rs`.

use crate::connection::Connection;
use crate::connections::{Access, Connections};
use crate::fault::{Fault, result};
use crate::filter::Filter;
use crate::message::{Entry, Outcome, Page, Scope, Search};
use crate::referral::Referral;
use crate::schema::Schema;
use mapi_defs::Result;
use mapi_defs::guid::MapiUid;
use std::borrow::Cow;
use std::collections::BTreeSet;

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
