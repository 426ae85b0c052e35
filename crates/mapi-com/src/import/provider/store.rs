//! A message store provider in a library (IMSProvider, IMSLogon).

use super::{logged_on, started};
use crate::abi::MAPIUID;
use crate::export::provider::support::support;
use crate::import::container::{c_id, opened};
use crate::import::prop::Foreign;
use crate::import::{face, given, told};
use crate::interfaces::{IMAPIStatus, IMSLogon, IMSProvider, IMsgStore, IUnknown};
use crate::marshal::prop::counted;
use crate::marshal::text::{MAPI_UNICODE, encode16};
use crate::memory;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::gate::Gate;
use mapi_spi::msg_store::MsgStore;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::status::StatusObject;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, PoisonError};
use windows_core::Interface;

const MDB_NO_DIALOG: u32 = 1;
const MDB_WRITE: u32 = 4;
const MAPI_DEFERRED_ERRORS: u32 = 8;
const MAPI_BEST_ACCESS: u32 = 0x10;
const MDB_NO_MAIL: u32 = 0x80;
const LOGOFF_NORMAL: u32 = 1;
/// The most that a provider may hand on to its own logon of the spooler, in bytes.
const MOST_SECURITY_BYTES: u32 = 1 << 16;

const _: () = assert!(size_of::<MAPIUID>() == 16);

/// Puts a provider behind the safe trait.
pub(crate) fn foreign_ms_provider(name: String, provider: Result<IMSProvider>) -> Arc<dyn MsProvider> {
    Arc::new(ForeignMsProvider { name, provider: provider.map(Foreign), security: Mutex::default() })
}

struct ForeignMsProvider {
    name: String,
    provider: Result<Foreign<IMSProvider>>,
    /// What the last logon handed on to the spooler's.
    security: Mutex<Vec<u8>>,
}

/// The flags of a logon as IMSProvider::Logon has them.
fn logon_flags(flags: OpenFlags) -> u32 {
    [
        (OpenFlags::MODIFY, MDB_WRITE),
        (OpenFlags::DEFERRED_ERRORS, MAPI_DEFERRED_ERRORS),
        (OpenFlags::BEST_ACCESS, MAPI_BEST_ACCESS),
        (OpenFlags::NO_MAIL, MDB_NO_MAIL),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .fold(MDB_NO_DIALOG | MAPI_UNICODE, |all, (_, bit)| all | bit)
}

impl ForeignMsProvider {
    fn keep_security(&self, bytes: u32, pointer: *mut u8) {
        if bytes <= MOST_SECURITY_BYTES {
            // SAFETY: the provider answered as many bytes in one of our buffers.
            if let Ok(security) = unsafe { counted(pointer, bytes, "IMSProvider::Logon") } {
                *self.security.lock().unwrap_or_else(PoisonError::into_inner) = security.to_vec();
            }
        }
        memory::free_quietly(pointer.cast());
    }
}

impl MsProvider for ForeignMsProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn logon(&self, how: StoreLogon) -> Result<(Arc<dyn MsLogon>, Arc<dyn MsgStore>)> {
        const CALL: &str = "IMSProvider::Logon";
        let provider = &started(&self.provider)?.0;
        let gate = Arc::new(Gate::new(0));
        let (support, mut profile) = (support(how.support, gate.clone()), encode16(""));
        let (bytes, id) = c_id(&how.entry_id);
        let id = if bytes == 0 { null_mut() } else { id };
        let (profile, flags, iid) = (profile.as_mut_ptr().cast(), logon_flags(how.flags), IMsgStore::IID);
        let (mut error, mut logon, mut store) = (null_mut(), None::<IMSLogon>, None::<IMsgStore>);
        let answer = if how.is_spooler {
            let mut security = self.security.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // SAFETY: the provider is held by `self`; what it is given is ours.
            unsafe {
                let (len, bytes_of) = (security.len() as u32, security.as_mut_ptr());
                provider.SpoolerLogon(
                    (&support).into(),
                    0,
                    profile,
                    bytes,
                    id,
                    flags,
                    &raw const iid,
                    len,
                    bytes_of,
                    &raw mut error,
                    (&mut logon).into(),
                    (&mut store).into(),
                )
            }
        } else {
            let (mut len, mut security) = (0, null_mut());
            // SAFETY: the provider is held by `self`; what it is given is ours.
            let answer = unsafe {
                provider.Logon(
                    (&support).into(),
                    0,
                    profile,
                    bytes,
                    id,
                    flags,
                    &raw const iid,
                    &raw mut len,
                    &raw mut security,
                    &raw mut error,
                    (&mut logon).into(),
                    (&mut store).into(),
                )
            };
            self.keep_security(len, security);
            answer
        };
        logged_on(told(answer, CALL), error)?;
        let logon = ForeignMsLogon { logon: Foreign(given(logon, CALL)?), gate };
        Ok((Arc::new(logon), Arc::new(Foreign(given(store, CALL)?))))
    }

    fn compare_store_ids(&self, one: &EntryId, other: &EntryId) -> Result<bool> {
        let provider = &started(&self.provider)?.0;
        let ((one_bytes, one), (other_bytes, other), mut result) = (c_id(one), c_id(other), 0);
        // SAFETY: the provider is held by `self`; identifiers and place are ours.
        let answer =
            unsafe { provider.CompareStoreIDs(one_bytes, one, other_bytes, other, 0, &raw mut result) };
        told(answer, "IMSProvider::CompareStoreIDs").map(|()| result != 0)
    }

    fn shutdown(&self) -> Result<()> {
        let Ok(provider) = &self.provider else { return Ok(()) };
        let mut flags = 0;
        // SAFETY: the provider is held by `self`; the place is ours.
        told(unsafe { provider.0.Shutdown(&raw mut flags) }, "IMSProvider::Shutdown")
    }
}

struct ForeignMsLogon {
    logon: Foreign<IMSLogon>,
    /// Ends what the logon was given.
    gate: Arc<Gate>,
}

impl MsLogon for ForeignMsLogon {
    /// Those it has told its support object already (SetProviderUID).
    fn uids(&self) -> Vec<MapiUid> {
        Vec::new()
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        const CALL: &str = "IMSLogon::OpenEntry";
        let ((bytes, id), mut kind, mut object) = (c_id(id), 0, None);
        // SAFETY: the logon is held by `self`; identifier and places are ours.
        let answer = unsafe {
            self.logon.0.OpenEntry(bytes, id, null(), flags.0, &raw mut kind, (&mut object).into())
        };
        told(answer, CALL)?;
        opened(object, kind, CALL)
    }

    fn open_status_entry(&self) -> Result<Arc<dyn StatusObject>> {
        const CALL: &str = "IMSLogon::OpenStatusEntry";
        let (mut kind, mut object): (u32, *mut c_void) = (0, null_mut());
        // SAFETY: the logon is held by `self`; the places are ours.
        let answer = unsafe { self.logon.0.OpenStatusEntry(null(), 0, &raw mut kind, &raw mut object) };
        told(answer, CALL)?;
        if object.is_null() {
            return Err(Error::new(ErrorCode::CALL_FAILED, CALL, "it answered success and no object"));
        }
        // SAFETY: a success hands out one reference.
        let object = unsafe { IUnknown::from_raw(object) };
        Ok(Arc::new(Foreign(face::<IMAPIStatus>(&object, CALL)?)))
    }

    fn logoff(&self) -> Result<()> {
        let mut flags = LOGOFF_NORMAL;
        // SAFETY: the logon is held by `self`; the place is ours.
        let answer = unsafe { self.logon.0.Logoff(&raw mut flags) };
        self.gate.close();
        told(answer, "IMSLogon::Logoff")
    }
}
