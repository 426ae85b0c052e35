//! `LogonSupport`: what MAPI does for one provider logon (IMAPISupport).
//!
//! It works until the session is dead, so that a provider can still save settings while it logs
//! off. It holds the session weakly: a provider never keeps a session alive.

use super::submission;
use crate::clock::Clock;
use crate::notify::{self, Subscriptions};
use crate::profile::{Profile, ProfileSection, new_uid};
use crate::session::{Core, StoreUse, do_sent_mail, long_term_entry_id};
use mapi_defs::flags::{SectionFlags, StoreLogoffFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::PropList;
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, FileTime, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::hook::Preprocessor;
use mapi_spi::message::Message;
use mapi_spi::msg_store::Delivered;
use mapi_spi::prop::MapiProp;
use mapi_spi::report::ReportKind;
use mapi_spi::spooler::RunningSpooler;
use mapi_spi::support::{SpoolerNotify, Support, Told};
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// What MAPI does for one logon.
pub(crate) struct LogonSupport {
    core: Weak<Core>,
    clock: Arc<dyn Clock>,
    profile: Arc<Profile>,
    provider: MapiUid,
    whose: Whose,
    subscriptions: Subscriptions,
}

/// What kind of logon it is for.
enum Whose {
    AddressBook,
    /// A client's store.
    Store(Arc<StoreUse>),
    SpoolerStore,
    Transport,
}

impl LogonSupport {
    /// For an address book.
    pub(crate) fn new(core: &Arc<Core>, provider: MapiUid) -> Self {
        Self {
            core: Arc::downgrade(core),
            clock: core.clock.clone(),
            profile: core.profile.clone(),
            provider,
            whose: Whose::AddressBook,
            subscriptions: Subscriptions::new(&core.advises),
        }
    }

    /// For a transport, which may also deliver.
    pub(crate) fn of_transport(core: &Arc<Core>, provider: MapiUid) -> Self {
        Self { whose: Whose::Transport, ..Self::new(core, provider) }
    }

    /// For a store that a client opens.
    pub(crate) fn of_store(core: &Arc<Core>, provider: MapiUid, usage: Arc<StoreUse>) -> Self {
        Self { whose: Whose::Store(usage), ..Self::new(core, provider) }
    }

    /// For the spooler's own store.
    pub(crate) fn of_spooler_store(core: &Arc<Core>, provider: MapiUid) -> Self {
        Self { whose: Whose::SpoolerStore, ..Self::new(core, provider) }
    }

    /// The spooler that this transport sends for.
    fn spooler_of_transport(&self, call: &'static str) -> Result<Arc<dyn RunningSpooler>> {
        let core = self.core(call)?;
        let recorder = core.spool.recorder().filter(|_| matches!(self.whose, Whose::Transport));
        recorder
            .ok_or_else(|| Error::new(ErrorCode::NO_SUPPORT, call, "this logon is no transport of a spooler"))
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
            Some(uid) => ProfileSection::for_provider(self.profile.clone(), uid, SectionFlags::NONE)?,
        };
        Ok(Arc::new(section))
    }

    fn long_term_entry_id(&self, entry_id: &EntryId) -> Result<EntryId> {
        long_term_entry_id(&*self.core("Support::long_term_entry_id")?, entry_id)
    }

    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        let core = self.core("Support::modify_status_row")?;
        core.status.modify(&core, self.provider, columns);
        Ok(())
    }

    fn update_status_row(&self, columns: PropList) -> Result<()> {
        let core = self.core("Support::update_status_row")?;
        core.status.update(&core, self.provider, columns);
        Ok(())
    }

    fn set_provider_uid(&self, uid: MapiUid) -> Result<()> {
        const CALL: &str = "Support::set_provider_uid";
        let core = self.core(CALL)?;
        match self.whose {
            Whose::AddressBook | Whose::Store(_) => core.logons.register(self.provider, uid),
            // The identifiers of a store are opened through its clients' logon.
            Whose::SpoolerStore => {}
            Whose::Transport => {
                return Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "a transport opens no entries"));
            }
        }
        Ok(())
    }

    fn store_logoff_transports(&self, flags: u32) -> Result<u32> {
        const CALL: &str = "Support::store_logoff_transports";
        let core = self.core(CALL)?;
        match &self.whose {
            Whose::Store(usage) => {
                usage.leave(&core, self.provider, StoreLogoffFlags(flags)).map(|answer| answer.0)
            }
            // The spooler itself lets go.
            Whose::SpoolerStore => StoreLogoffFlags(flags).way(CALL).map(|_| StoreLogoffFlags::COMPLETE.0),
            _ => Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "this logon is no store")),
        }
    }

    /// Stores say that something was submitted, transports everything else.
    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        const CALL: &str = "Support::spooler_notify";
        let core = self.core(CALL)?;
        let refused = |detail| Err(Error::new(ErrorCode::NO_SUPPORT, CALL, detail));
        let Some(spooler) = core.spool.running() else { return refused("this session has no spooler") };
        match (&self.whose, &what) {
            (Whose::AddressBook, _) => return refused("an address book has nothing to tell the spooler"),
            (Whose::Store(usage), SpoolerNotify::ReadyToSend) => {
                if !usage.sends_mail() {
                    return refused("the store is open without mail");
                }
                if let Some(spooler) = core.spool.running_for(self.provider) {
                    spooler.store_logon();
                }
            }
            (Whose::SpoolerStore, SpoolerNotify::ReadyToSend) => {}
            (Whose::Store(_) | Whose::SpoolerStore, _) => return refused("a store tells of submissions"),
            (Whose::Transport, _) => {
                if what == SpoolerNotify::CriticalError {
                    tracing::error!(session = core.id, "a transport reported a critical error");
                }
                // One that is not logged on yet is asked for everything once it is.
                if let Some(place) = core.logons.transport_place(self.provider) {
                    spooler.transport_notify(place, &what);
                }
                return Ok(());
            }
        }
        spooler.wake();
        Ok(())
    }

    fn prepare_submit(&self, message: &dyn Message) -> Result<()> {
        self.core("Support::prepare_submit")?;
        submission::prepare_submit(message)
    }

    fn expand_recips(&self, message: &dyn Message) -> Result<bool> {
        let core = self.core("Support::expand_recips")?;
        crate::address_book::expand_lists(&core, message)?;
        submission::expand_recips(message)?;
        Ok(core.spool.running().is_some_and(|spooler| spooler.needs_preprocessing()))
    }

    fn read_receipt(&self, message: &dyn Message, kind: ReportKind, report: &dyn Message) -> Result<()> {
        const CALL: &str = "Support::read_receipt";
        self.core(CALL)?;
        match self.whose {
            Whose::Store(_) | Whose::SpoolerStore => {
                submission::read_receipt(message, kind, report, self.clock.now())
            }
            _ => Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "this logon is no store")),
        }
    }

    fn do_sent_mail(&self, message: &dyn Message, folder: &EntryId) -> Result<()> {
        const CALL: &str = "Support::do_sent_mail";
        let core = self.core(CALL)?;
        match self.whose {
            Whose::SpoolerStore => do_sent_mail(&core, message, folder),
            _ => Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "this logon is not of the spooler's store")),
        }
    }

    fn register_preprocessor(&self, preprocessor: Arc<dyn Preprocessor>) -> Result<()> {
        self.spooler_of_transport("Support::register_preprocessor")?.register_preprocessor(preprocessor)
    }

    fn status_recips(&self, message: &dyn Message, rows: &[Recipient]) -> Result<()> {
        self.spooler_of_transport("Support::status_recips")?.status_recips(message, rows)
    }

    fn in_doubt(&self, message: &dyn Message, row_ids: &[u32]) -> Result<()> {
        self.spooler_of_transport("Support::in_doubt")?.in_doubt(message, row_ids)
    }

    fn has_delivered(&self, keys: &[Vec<u8>]) -> Result<Vec<bool>> {
        const CALL: &str = "Support::has_delivered";
        let core = self.core(CALL)?;
        let store = core.spool.store_of(self.provider).filter(|_| matches!(self.whose, Whose::Transport));
        let none = || Error::new(ErrorCode::NO_SUPPORT, CALL, "this logon is no transport that receives");
        store.ok_or_else(none)?.has_delivered(keys)
    }

    fn deliver(&self, message: &dyn Message, search_key: &[u8]) -> Result<Delivered> {
        let core = self.core("Support::deliver")?;
        let store =
            core.spool.store().filter(|_| matches!(self.whose, Whose::Transport)).ok_or_else(|| {
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
