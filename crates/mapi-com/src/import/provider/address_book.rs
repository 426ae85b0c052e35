//! An address book provider in a library (IABProvider, IABLogon).

use super::{logged_on, started};
use crate::export::core_sink::core_sink;
use crate::export::message::recipient;
use crate::export::provider::support::support;
use crate::import::container::{c_id, opened};
use crate::import::prop::Foreign;
use crate::import::{face, given, told};
use crate::interfaces::{IABContainer, IABLogon, IABProvider, IDistList, IMAPIStatus, IUnknown};
use crate::marshal::text::{MAPI_UNICODE, encode16};
use crate::memory;
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::EventMask;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Result};
use mapi_spi::address_book::AbContainer;
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::container::{Container, Opened};
use mapi_spi::gate::Gate;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::status::StatusObject;
use mapi_spi::support::Support;
use mapi_spi::table::query_all_rows;
use std::ptr::{null, null_mut};
use std::sync::Arc;

const AB_NO_DIALOG: u32 = 1;

/// Puts a provider behind the safe trait.
pub(crate) fn foreign_ab_provider(name: String, provider: Result<IABProvider>) -> Arc<dyn AbProvider> {
    Arc::new(ForeignAbProvider { name, provider: provider.map(Foreign) })
}

struct ForeignAbProvider {
    name: String,
    provider: Result<Foreign<IABProvider>>,
}

impl AbProvider for ForeignAbProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn logon(&self, provided: Arc<dyn Support>) -> Result<Arc<dyn AbLogon>> {
        const CALL: &str = "IABProvider::Logon";
        let provider = &started(&self.provider)?.0;
        let gate = Arc::new(Gate::new(0));
        let (support, mut profile) = (support(provided, gate.clone()), encode16(""));
        let (mut len, mut security, mut error) = (0, null_mut(), null_mut());
        let mut logon: Option<IABLogon> = None;
        // SAFETY: the provider is held by `self`; what it is given is ours.
        let answer = unsafe {
            let (support, profile) = ((&support).into(), profile.as_mut_ptr().cast());
            let (flags, out) = (AB_NO_DIALOG | MAPI_UNICODE, (&mut logon).into());
            provider.Logon(support, 0, profile, flags, &raw mut len, &raw mut security, &raw mut error, out)
        };
        memory::free_quietly(security.cast());
        logged_on(told(answer, CALL), error)?;
        Ok(Arc::new(ForeignAbLogon { logon: Foreign(given(logon, CALL)?), gate }))
    }

    fn shutdown(&self) -> Result<()> {
        let Ok(provider) = &self.provider else { return Ok(()) };
        let mut flags = 0;
        // SAFETY: the provider is held by `self`; the place is ours.
        told(unsafe { provider.0.Shutdown(&raw mut flags) }, "IABProvider::Shutdown")
    }
}

struct ForeignAbLogon {
    logon: Foreign<IABLogon>,
    /// Ends what the logon was given.
    gate: Arc<Gate>,
}

impl ForeignAbLogon {
    fn open(&self, id: &EntryId, flags: OpenFlags) -> Result<(Option<IUnknown>, u32)> {
        let ((bytes, id), mut kind, mut object) = (c_id(id), 0, None);
        let id = if bytes == 0 { null_mut() } else { id };
        // SAFETY: the logon is held by `self`; identifier and places are ours.
        let answer = unsafe {
            self.logon.0.OpenEntry(bytes, id, null(), flags.0, &raw mut kind, (&mut object).into())
        };
        told(answer, "IABLogon::OpenEntry").map(|()| (object, kind))
    }
}

impl AbLogon for ForeignAbLogon {
    /// Those it has told its support object already (SetProviderUID).
    fn uids(&self) -> Vec<MapiUid> {
        Vec::new()
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        let (object, kind) = self.open(id, flags)?;
        opened(object, kind, "IABLogon::OpenEntry")
    }

    fn open_container(&self, id: &EntryId, flags: OpenFlags) -> Result<Arc<dyn AbContainer>> {
        const CALL: &str = "IABLogon::OpenEntry";
        let (object, _) = self.open(id, flags)?;
        Ok(Arc::new(Foreign(face::<IABContainer>(&given(object, CALL)?, CALL)?)))
    }

    fn expand_list(&self, id: &EntryId) -> Result<Vec<Recipient>> {
        const CALL: &str = "IABLogon::OpenEntry";
        let (object, _) = self.open(id, OpenFlags::NONE)?;
        let list = Foreign(face::<IDistList>(&given(object, CALL)?, CALL)?);
        let table = list.contents_table(TableFlags::NONE)?;
        let columns = table.all_columns()?;
        let rows = query_all_rows(&*table, &columns)?;
        Ok(rows.into_iter().map(|row| recipient(row.props)).collect())
    }

    fn compare_entry_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        let ((one_bytes, one), (other_bytes, other), mut result) = (c_id(one), c_id(other), 0);
        // SAFETY: the logon is held by `self`; identifiers and place are ours.
        let answer =
            unsafe { self.logon.0.CompareEntryIDs(one_bytes, one, other_bytes, other, 0, &raw mut result) };
        told(answer, "IABLogon::CompareEntryIDs").map(|()| result != 0)
    }

    fn advise(&self, id: &EntryId, mask: EventMask, sink: Arc<dyn AdviseSink>) -> Result<Connection> {
        let (sink, (bytes, id), mut connection) = (core_sink(sink), c_id(id), 0);
        let id = if bytes == 0 { null_mut() } else { id };
        // SAFETY: the logon is held by `self`; identifier, sink and place are ours.
        let answer = unsafe { self.logon.0.Advise(bytes, id, mask.0, (&sink).into(), &raw mut connection) };
        told(answer, "IABLogon::Advise").map(|()| Connection(connection as u64))
    }

    fn unadvise(&self, connection: Connection) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        told(unsafe { self.logon.0.Unadvise(connection.0 as usize) }, "IABLogon::Unadvise")
    }

    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        const CALL: &str = "IABLogon::OpenStatusEntry";
        let (mut kind, mut status): (u32, Option<IMAPIStatus>) = (0, None);
        // SAFETY: the logon is held by `self`; the places are ours.
        let answer = unsafe { self.logon.0.OpenStatusEntry(null(), 0, &raw mut kind, (&mut status).into()) };
        told(answer, CALL)?;
        Ok(Arc::new(Foreign(given(status, CALL)?)))
    }

    fn logoff(&self) -> Result<()> {
        // SAFETY: the logon is held by `self`.
        let answer = unsafe { self.logon.0.Logoff(0) };
        self.gate.close();
        told(answer, "IABLogon::Logoff")
    }
}
