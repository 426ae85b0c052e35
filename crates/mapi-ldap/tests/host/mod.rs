//! A logon of the provider as MAPI makes it, and what tests ask of it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "every test uses a part of it, and fails by panicking"
)]

use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{PR_ANR, PR_DISPLAY_NAME};
use mapi_defs::prop::{PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::restriction::{RelOp, Restriction};
use mapi_defs::{EntryId, ErrorCode, Result};
use mapi_ldap::LdapProvider;
use mapi_ldap::deadlines::Deadlines;
use mapi_ldap::settings::{BASE, HOST, PORT, SECURITY};
use mapi_spi::address_book::{AbContainer, Resolution};
use mapi_spi::container::Opened;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::table::{MapiTable, query_all_rows};
use mapi_testkit::clock::FakeClock;
use mapi_testkit::support::RecordingSupport;
use std::sync::Arc;
use std::time::Duration;

/// The section of a directory in the clear, which nobody can log on to.
pub fn plain(port: u16) -> PropList {
    let mut section = PropList::new();
    section.set(HOST, "localhost");
    section.set(PORT, i32::from(port));
    section.set(SECURITY, "plain");
    section.set(BASE, "dc=example,dc=org");
    section
}

pub fn logon(section: PropList) -> Result<Arc<dyn AbLogon>> {
    logon_within(section, Deadlines::default())
}

pub fn logon_within(section: PropList, deadlines: Deadlines) -> Result<Arc<dyn AbLogon>> {
    LdapProvider { deadlines }.logon(RecordingSupport::new(FakeClock::default(), section))
}

/// Deadlines of a test that waits for them.
pub fn short() -> Deadlines {
    let short = Duration::from_millis(300);
    Deadlines { connect: short, login: short, command: short, search: short }
}

pub fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

pub fn root(logon: &dyn AbLogon) -> Arc<dyn AbContainer> {
    logon.open_container(&EntryId::default(), OpenFlags::NONE).unwrap()
}

pub fn named(name: &str) -> Recipient {
    let mut props = PropList::new();
    props.set(PR_DISPLAY_NAME, name);
    Recipient { row_id: 0, props }
}

/// What becomes of one name, and the recipient.
pub fn resolve(logon: &dyn AbLogon, name: &str) -> Result<(Resolution, Recipient)> {
    let (mut recipients, mut flags) = ([named(name)], [Resolution::Unresolved]);
    root(logon).resolve_names(&mut recipients, &mut flags)?;
    let [recipient] = recipients;
    Ok((flags[0], recipient))
}

pub fn contents(logon: &dyn AbLogon) -> Arc<dyn MapiTable> {
    root(logon).contents_table(TableFlags::NONE).unwrap()
}

pub fn equal(tag: PropTag, value: impl Into<PropValue>) -> Restriction {
    Restriction::Property { op: RelOp::Equal, tag, value: value.into() }
}

pub fn typed(name: &str) -> Restriction {
    equal(PR_ANR, name)
}

/// The names in a table.
pub fn names(table: &dyn MapiTable) -> Result<Vec<String>> {
    let rows = query_all_rows(table, &[PR_DISPLAY_NAME])?;
    Ok(rows.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap().to_owned()).collect())
}

pub fn open(logon: &dyn AbLogon, id: &EntryId) -> Result<Arc<dyn MapiProp>> {
    match logon.open_entry(id, OpenFlags::BEST_ACCESS)? {
        Opened::Object(object) => Ok(object),
        other => panic!("{other:?}"),
    }
}
