//! The members of a list: entries of the directory by their names, and mail addresses. Lists among them are
//! members like others; whoever expands those sees each of them once by its entry identifier.

use crate::directory::Directory;
use crate::distinguished_name::{key, without_bits};
use crate::entry::{self, is_address};
use crate::message::Entry;
use crate::schema::{CLASS, Naming};
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many members a list has at most.
const MOST: usize = 10_000;
/// In how many ranges they come at most; servers have 1,000 or more in each.
const MOST_RANGES: usize = 64;

/// The properties of every member, in the order of the list. Members that are not there any more, or not to be
/// seen, are left out.
///
/// # Errors
/// - `MAPI_E_NOT_FOUND`: there is no such list.
/// - `MAPI_E_TABLE_TOO_BIG`: it has more than 10,000 members.
pub(crate) fn members(directory: &Directory, list: &str) -> Result<Vec<PropList>> {
    const CALL: &str = "AbLogon::expand_list";
    let schema = directory.schema;
    let mut attributes = vec![Cow::Borrowed(CLASS)];
    attributes.extend(schema.members.iter().map(|(name, _)| Cow::Borrowed(*name)));
    let entry = directory.entry(CALL, list, attributes)?;
    if !entry.is_list(schema) {
        return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the entry is no list"));
    }
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    // A list is no member of itself.
    let mut known = BTreeSet::from([key(list)]);
    for (attribute, naming) in schema.members {
        for text in values(directory, CALL, &entry, list, attribute)? {
            let text = if *naming == Naming::NameAndBits { without_bits(&text).to_owned() } else { text };
            let kept = match naming {
                Naming::Address if !is_address(&text) => continue,
                Naming::Address => &mut addresses,
                Naming::Name | Naming::NameAndBits => &mut names,
            };
            if known.insert(key(&text)) {
                kept.push(text);
            }
        }
    }
    let found = directory.entries(CALL, &names, &schema.attributes())?;
    let gone = names.len().saturating_sub(found.len());
    if gone > 0 {
        tracing::warn!(gone, "members of a list are not in the directory");
    }
    let mut rows: Vec<PropList> =
        found.iter().filter_map(|entry| entry::props(directory.uid, schema, entry)).collect();
    rows.extend(addresses.iter().map(|address| entry::address_props(address)));
    Ok(rows)
}

/// All values of an attribute. A server may answer them in ranges (`member;range=0-1499`), each asked for by
/// where the one before ended.
fn values(
    directory: &Directory,
    call: &'static str,
    entry: &Entry,
    list: &str,
    attribute: &'static str,
) -> Result<Vec<String>> {
    let mut all: Vec<String> = entry.texts(attribute).map(str::to_owned).collect();
    let mut next = next_range(entry, attribute);
    for _ in 0..MOST_RANGES {
        check(call, all.len())?;
        let Some(first) = next else { return Ok(all) };
        let asked = Cow::Owned(format!("{attribute};range={first}-*"));
        let part = directory.entry(call, list, vec![asked])?;
        let before = all.len();
        all.extend(part.texts(attribute).map(str::to_owned));
        if first != before || all.len() == before {
            break;
        }
        next = next_range(&part, attribute);
    }
    Err(Error::new(ErrorCode::CORRUPT_DATA, call, "the ranges of members do not follow each other"))
}

fn check(call: &'static str, count: usize) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    Err(Error::new(ErrorCode::TABLE_TOO_BIG, call, format!("the list has more than {MOST} members")))
}

/// Where the range behind the one in this answer begins.
fn next_range(entry: &Entry, attribute: &str) -> Option<usize> {
    let range = |held: &str| {
        let (base, option) = held.split_once(';')?;
        let (_, last) = option.strip_prefix("range=")?.split_once('-')?;
        let last: usize = last.parse().ok()?;
        base.eq_ignore_ascii_case(attribute).then(|| last.saturating_add(1))
    };
    entry.attributes.iter().find_map(|(held, _)| range(held))
}
