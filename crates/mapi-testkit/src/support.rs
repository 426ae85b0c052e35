//! `RecordingSupport`: MAPI's side of a provider (IMAPISupport), which writes down what it is asked.
//!
//! Time is a [`FakeClock`], identities are counted, profile sections are in memory. Deliveries go to a
//! store where one was given, and are written down in any case.

use crate::clock::FakeClock;
use crate::memory::section::Section;
use mapi_defs::flags::StoreLogoffFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_spi::copy::message_object;
use mapi_spi::message::Message;
use mapi_spi::msg_store::{Delivered, MsgStore};
use mapi_spi::prop::MapiProp;
use mapi_spi::support::{SpoolerNotify, Support};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The support object of one provider, which remembers.
pub struct RecordingSupport {
    clock: FakeClock,
    uids: AtomicU64,
    own: Arc<Section>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sections: HashMap<MapiUid, Arc<Section>>,
    asked: Vec<Asked>,
    deliver_to: Option<Arc<dyn MsgStore>>,
    refusal: Option<ErrorCode>,
    needs_preprocessing: bool,
}

/// What a provider asked of MAPI.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// ModifyStatusRow with these columns.
    StatusRow(PropList),
    /// SpoolerNotify.
    Spooler(SpoolerNotify),
    /// ModifyStatusRow with STATUSROW_UPDATE and these columns.
    StatusRowUpdate(PropList),
    /// SetProviderUID.
    ProviderUid(MapiUid),
    /// StoreLogoffTransports with these flags.
    StoreLogoffTransports(u32),
    /// PrepareSubmit.
    PrepareSubmit,
    /// ExpandRecips.
    ExpandRecips,
    /// A delivery of this message by this search key.
    Deliver(MessageObject, Vec<u8>),
}

impl RecordingSupport {
    /// The support object of a provider whose own profile section holds these properties.
    pub fn new(clock: FakeClock, section: PropList) -> Arc<Self> {
        let (own, state) = (Arc::new(Section::new(section)), Mutex::default());
        Arc::new(Self { clock, uids: AtomicU64::new(1), own, state })
    }

    /// Makes a section that the provider opens by its identity.
    pub fn add_section(&self, uid: MapiUid, props: PropList) {
        self.lock().sections.insert(uid, Arc::new(Section::new(props)));
    }

    /// The clock that the provider is told the time by.
    pub fn clock(&self) -> &FakeClock {
        &self.clock
    }

    /// What the provider asked so far, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// Hands deliveries on to a store from now on.
    pub fn deliver_to(&self, store: Arc<dyn MsgStore>) {
        self.lock().deliver_to = Some(store);
    }

    /// Lets PrepareSubmit fail with this code from now on, or succeed again.
    pub fn refuse_submits(&self, code: Option<ErrorCode>) {
        self.lock().refusal = code;
    }

    /// Lets ExpandRecips answer that a preprocessor has to see messages, or not.
    pub fn want_preprocessing(&self, needed: bool) {
        self.lock().needs_preprocessing = needed;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Support for RecordingSupport {
    fn now(&self) -> FileTime {
        self.clock.now()
    }

    fn new_uid(&self) -> MapiUid {
        // Different for every support object as well, because its address takes part.
        let count = self.uids.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        let own = (std::ptr::from_ref(self).addr() as u64).to_le_bytes();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&count);
        bytes[8..].copy_from_slice(&own);
        Guid(bytes)
    }

    fn profile_section(&self, uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        let Some(uid) = uid else { return Ok(self.own.clone()) };
        let found = self.lock().sections.get(&uid).cloned();
        let missing = || {
            let detail = format!("there is no section {uid}");
            Error::new(ErrorCode::NOT_FOUND, "Support::profile_section", detail)
        };
        found.map(|section| section as Arc<dyn MapiProp>).ok_or_else(missing)
    }

    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        self.lock().asked.push(Asked::StatusRow(columns));
        Ok(())
    }

    fn set_provider_uid(&self, uid: MapiUid) -> Result<()> {
        self.lock().asked.push(Asked::ProviderUid(uid));
        Ok(())
    }

    fn update_status_row(&self, columns: PropList) -> Result<()> {
        self.lock().asked.push(Asked::StatusRowUpdate(columns));
        Ok(())
    }

    /// Nothing is ever sent here, so every store is given up.
    fn store_logoff_transports(&self, flags: u32) -> Result<u32> {
        let way = StoreLogoffFlags(flags).way("Support::store_logoff_transports")?;
        self.lock().asked.push(Asked::StoreLogoffTransports(way.0));
        Ok(StoreLogoffFlags::COMPLETE.0)
    }

    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        self.lock().asked.push(Asked::Spooler(what));
        Ok(())
    }

    fn prepare_submit(&self, _message: &dyn Message) -> Result<()> {
        let mut state = self.lock();
        state.asked.push(Asked::PrepareSubmit);
        let refuse = |code| Error::new(code, "Support::prepare_submit", "refused by the test");
        state.refusal.map_or(Ok(()), |code| Err(refuse(code)))
    }

    fn expand_recips(&self, _message: &dyn Message) -> Result<bool> {
        let mut state = self.lock();
        state.asked.push(Asked::ExpandRecips);
        Ok(state.needs_preprocessing)
    }

    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        let store = self.lock().deliver_to.clone();
        let none = || Error::new(ErrorCode::NO_SUPPORT, "Support::has_delivered", "no store was given");
        store.ok_or_else(none)?.has_delivered(keys)
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let object = message_object(message)?;
        let store = {
            let mut state = self.lock();
            state.asked.push(Asked::Deliver(object, search_key.to_vec()));
            state.deliver_to.clone()
        };
        let none =
            || Error::new(ErrorCode::NO_SUPPORT, "Support::deliver", "no store was given to deliver to");
        store.ok_or_else(none)?.deliver(message, search_key)
    }
}

impl std::fmt::Debug for RecordingSupport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingSupport").field("asked", &self.asked()).finish_non_exhaustive()
    }
}
