//! Fetching mail: what a session asks of its spooler's incoming side, and what it says of it.
//!
//! A session with mail fetches by itself while its spooler has the queue; here somebody asks for it now.

use super::{Core, Session};
use crate::profile::ProviderKind;
use mapi_defs::guid::MapiUid;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::provider::transport::XpLogon;
use std::time::Duration;

/// One account that mail is fetched from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbox {
    /// PR_PROVIDER_UID of its transport.
    pub uid: MapiUid,
    /// The service's PR_DISPLAY_NAME, by which people know the account.
    pub account: String,
    /// PR_SERVICE_UID.
    pub service: MapiUid,
    /// PR_PROVIDER_UID of the store in which its mail arrives; `None` is the default store.
    pub store: Option<MapiUid>,
    /// Messages that arrived in this session.
    pub received: u64,
    /// Messages that the server said were still waiting when it was last asked.
    pub waiting: u64,
    /// Why mail could not be fetched when that was last tried.
    pub fault: Option<(ErrorCode, String)>,
}

impl Session {
    /// The accounts that mail is fetched from, in transport order, and what became of that so far.
    ///
    /// An account whose transport could not log on is not among them.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    pub fn inboxes(&self) -> Result<Vec<Inbox>> {
        let states = self.spooler("Session::inboxes")?.inbound();
        let core = self.core();
        let transports: Vec<MapiUid> =
            core.logons.table().transports.iter().map(|known| known.provider).collect();
        let receiving = transports.into_iter().zip(states).filter(|(_, state)| state.receives);
        Ok(receiving
            .map(|(uid, state)| {
                let (account, service, store) = account_of(core, uid);
                let (received, waiting, fault) = (state.received, state.waiting, state.fault);
                Inbox { uid, account, service, store, received, waiting, fault }
            })
            .collect())
    }

    /// Hands in one message that came from outside, at once and into the default store: `from` fills and saves
    /// it (StartMessage), then hooks and NotifyNewMail have their turn. True where a message arrived, false where
    /// nothing was saved, as where the same delivery was made before.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    /// - Those of `from` and of the store: nothing arrived.
    pub fn hand_in(&self, from: &dyn XpLogon) -> Result<bool> {
        self.spooler("Session::hand_in")?.hand_in(from)
    }

    /// Fetches what waits at the accounts of these transports (PR_PROVIDER_UID), or at all of them
    /// (FlushQueues with FLUSH_DOWNLOAD). True where nothing waits any more; why not, the accounts say
    /// ([`Session::inboxes`]).
    ///
    /// Returns after `patience` at the latest.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the session has no spooler.
    /// - `MAPI_E_NOT_FOUND`: no such transport is logged on.
    /// - `MAPI_E_END_OF_SESSION`: the session was logged off meanwhile.
    pub fn fetch(&self, from: Option<&[MapiUid]>, patience: Duration) -> Result<bool> {
        const CALL: &str = "Session::fetch";
        // The wait is outside the session's gate, so that a logoff can end it.
        let spooler = self.spooler(CALL)?;
        let Some(from) = from else { return spooler.download(patience) };
        let place = |uid: &MapiUid| {
            let unknown = || Error::new(ErrorCode::NOT_FOUND, CALL, "no such transport is logged on");
            self.core().logons.transport_place(*uid).ok_or_else(unknown)
        };
        let places = from.iter().map(place).collect::<Result<Vec<usize>>>()?;
        spooler.download_from(&places, patience)
    }
}

fn account_of(core: &Core, transport: MapiUid) -> (String, MapiUid, Option<MapiUid>) {
    core.profile.look(|data| {
        let Some(service) = data.service_of(transport) else { return Default::default() };
        let store = service.providers.iter().find(|row| row.kind == ProviderKind::Store);
        (service.display_name.clone(), service.uid, store.map(|row| row.uid))
    })
}
