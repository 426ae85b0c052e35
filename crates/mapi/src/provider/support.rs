//! `LogonSupport`: what MAPI does for one provider logon (IMAPISupport).
//!
//! It works until the session is dead, so that a provider can still save settings while it logs
//! off. It holds the session weakly: a provider never keeps a session alive.

use crate::clock::Clock;
use crate::notify::{self, Subscriptions};
use crate::profile::{Profile, ProfileSection, new_uid};
use crate::session::Core;
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::message::Message;
use mapi_spi::msg_store::Delivered;
use mapi_spi::prop::MapiProp;
use mapi_spi::support::{SpoolerNotify, Support, Told};
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// What MAPI does for one logon.
pub(crate) struct LogonSupport {
    core: Weak<Core>,
    clock: Arc<dyn Clock>,
    profile: Arc<Profile>,
    provider: MapiUid,
    delivers: bool,
    subscriptions: Subscriptions,
}

impl LogonSupport {
    /// For a store or address book.
    pub(crate) fn new(core: &Arc<Core>, provider: MapiUid) -> Self {
        Self {
            core: Arc::downgrade(core),
            clock: core.clock.clone(),
            profile: core.profile.clone(),
            provider,
            delivers: false,
            subscriptions: Subscriptions::new(&core.advises),
        }
    }

    /// For a transport, which may also deliver.
    pub(crate) fn of_transport(core: &Arc<Core>, provider: MapiUid) -> Self {
        Self { delivers: true, ..Self::new(core, provider) }
    }

    fn core(&self, call: &'static str) -> Result<Arc<Core>> {
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, call, "the session has ended");
        self.core.upgrade().filter(|core| !core.is_dead()).ok_or_else(ended)
    }
}

impl Support for LogonSupport {
    fn now(&self) -> FileTime {
        self.clock.now()
    }

    fn new_uid(&self) -> MapiUid {
        new_uid()
    }

    fn profile_section(&self, uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        self.core("Support::profile_section")?;
        let section = match uid {
            None => ProfileSection::of_provider(self.profile.clone(), self.provider),
            Some(uid) => ProfileSection::of_profile(self.profile.clone(), uid, false)?,
        };
        Ok(Arc::new(section))
    }

    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        let core = self.core("Support::modify_status_row")?;
        core.status.modify(&core, self.provider, columns);
        Ok(())
    }

    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        let core = self.core("Support::spooler_notify")?;
        let spooler = core.spool.running().ok_or_else(|| {
            Error::new(ErrorCode::NO_SUPPORT, "Support::spooler_notify", "this session has no spooler")
        })?;
        if what == SpoolerNotify::CriticalError {
            tracing::error!(session = core.id, "a provider reported a critical error");
        }
        spooler.wake();
        Ok(())
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let core = self.core("Support::deliver")?;
        let store = core.spool.store().filter(|_| self.delivers).ok_or_else(|| {
            let detail = "this logon is no transport of a session that receives";
            Error::new(ErrorCode::NO_SUPPORT, "Support::deliver", detail)
        })?;
        store.deliver(message, search_key)
    }

    fn subscribe(
        &self,
        key: &[u8],
        mask: EventMask,
        told: Told,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        self.core("Support::subscribe")?;
        self.subscriptions.subscribe(key, mask, told, sink)
    }

    fn unsubscribe(&self, connection: Connection) -> Result<()> {
        self.core("Support::unsubscribe")?;
        self.subscriptions.unsubscribe(connection)
    }

    fn notify(&self, key: &[u8], notifications: &[Notification]) -> Result<bool> {
        self.core("Support::notify")?;
        notify::notify(key, notifications)
    }

    fn run_folder(&self) -> Option<PathBuf> {
        self.core.upgrade().map(|core| core.run_folder.clone())
    }
}
