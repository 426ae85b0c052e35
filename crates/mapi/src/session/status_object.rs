//! The objects behind the rows of the status table (OpenEntry of a row's identifier): MAPI's own three,
//! and those of providers that have one.
//!
//! The rows are `status.rs`; what a client holds is `object/status.rs`.

use super::logons::AddressBookLogon;
use super::status::{Own, key_of};
use super::{Core, Session, lock};
use crate::object::{Open, StatusObject};
use crate::profile::ProviderKind;
use mapi_defs::flags::{FlushFlags, ValidateFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::handle::Handle;
use mapi_spi::prop::MapiProp;
use mapi_spi::spooler::RunningSpooler;
use mapi_spi::status::StatusObject as Provided;
use std::any::Any;
use std::sync::{Arc, Weak};

const VALIDATE: &str = "StatusObject::validate_state";
const FLUSH: &str = "StatusObject::flush_queues";

impl Session {
    /// Opens the object behind a row of the status table, by its PR_ENTRYID (OpenEntry). It is read-only.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`: no identifier of the status table.
    /// - `MAPI_E_NOT_FOUND`: its row has gone.
    /// - `MAPI_E_NO_SUPPORT`: its provider has no such object.
    #[track_caller]
    pub fn open_status_object(&self, id: &EntryId) -> Result<StatusObject> {
        const CALL: &str = "Session::open_status_object";
        let core = self.core();
        let _pass = core.enter()?;
        let unknown = || {
            let detail = format!("entry {} is none of the status table", id.short());
            Error::new(ErrorCode::UNKNOWN_ENTRYID, CALL, detail)
        };
        open(core, id).unwrap_or_else(|| Err(unknown()))
    }

    /// The spooler's own status object, of whose methods FlushQueues sends what waits.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_OBJECT`: the session has ended.
    #[track_caller]
    pub fn spooler_status(&self) -> Result<StatusObject> {
        let core = self.core();
        let _pass = core.enter()?;
        Ok(own(core, Own::Spooler))
    }
}

/// Opens the object behind a row; `None` where the identifier is of another table.
#[track_caller]
pub(super) fn open(core: &Arc<Core>, id: &EntryId) -> Option<Result<StatusObject>> {
    let key = key_of(id)?;
    if core.status.row(key).is_none() {
        let detail = "the row has gone from the status table";
        return Some(Err(Error::new(ErrorCode::NOT_FOUND, "Session::open_entry", detail)));
    }
    Some(match Own::ALL.into_iter().find(|own| own.key() == key) {
        Some(row) => Ok(own(core, row)),
        None => of_provider(core, key),
    })
}

#[track_caller]
fn own(core: &Arc<Core>, own: Own) -> StatusObject {
    let object: Arc<dyn Provided> = Arc::new(OwnStatus { core: Arc::downgrade(core), own });
    let open = Open::of_session(core, &core.gate, object, "IMAPIStatus", format!("{own:?}"));
    StatusObject::new(open, own == Own::Spooler)
}

#[track_caller]
fn of_provider(core: &Arc<Core>, provider: MapiUid) -> Result<StatusObject> {
    const KIND: &str = "IMAPIStatus";
    let logons = core.logons.table();
    let store = logons.stores.iter().find(|known| known.row.uid == provider);
    let anchor = store.and_then(|known| lock(&known.anchor).upgrade());
    let book = logons.address_books.iter().find(|known| known.row.uid == provider).cloned();
    let transport = logons.transports.iter().find(|known| known.provider == provider).cloned();
    drop(logons);
    if let Some(anchor) = anchor {
        let gate = anchor.logon.gate.clone();
        let object = {
            let _pass = gate.enter()?;
            anchor.logon.logon.get()?.open_status_entry()?
        };
        let handle = Handle::new(object, gate, &core.book, KIND, anchor.logon.name.clone());
        return Ok(StatusObject::new(Open::new(handle, anchor), false));
    }
    if let Some(book) = book {
        let object = of_address_book(&book)?;
        let open = Open::of_session(core, &book.gate, object, KIND, book.name.clone());
        return Ok(StatusObject::new(open, false));
    }
    let transport = transport.ok_or_else(|| {
        Error::new(ErrorCode::NOT_FOUND, "Session::open_entry", "the row's provider is not logged on")
    })?;
    let object = transport.logon.open_status_entry()?;
    let object: Arc<dyn Provided> =
        Arc::new(TransportStatus { core: Arc::downgrade(core), provider: transport.provider, object });
    let open = Open::of_session(core, &core.gate, object, KIND, transport.name.clone());
    Ok(StatusObject::new(open, false))
}

fn of_address_book(book: &AddressBookLogon) -> Result<Arc<dyn Provided>> {
    let _pass = book.gate.enter()?;
    book.logon.get()?.open_status_entry()
}

/// One of MAPI's own status objects.
struct OwnStatus {
    core: Weak<Core>,
    own: Own,
}

impl OwnStatus {
    fn core(&self, call: &'static str) -> Result<Arc<Core>> {
        let ended = || Error::new(ErrorCode::INVALID_OBJECT, call, "the session has ended");
        self.core.upgrade().filter(|core| !core.is_dead()).ok_or_else(ended)
    }

    fn row(&self, call: &'static str) -> Result<PropList> {
        let gone = || Error::new(ErrorCode::INVALID_OBJECT, call, "the session has ended");
        self.core(call)?.status.row(self.own.key()).ok_or_else(gone)
    }
}

impl MapiProp for OwnStatus {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let row = self.row("StatusObject::props")?;
        let Some(asked) = asked else { return Ok(row.into_iter().collect()) };
        let one = |tag: &PropTag| {
            let missing = || Prop::new(*tag, PropValue::Error(ErrorCode::NOT_FOUND));
            row.prop(*tag).cloned().unwrap_or_else(missing)
        };
        Ok(asked.iter().map(one).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.row("StatusObject::prop_list")?.into_iter().map(|prop| prop.tag).collect())
    }
}

impl Provided for OwnStatus {
    /// The subsystem checks everything, the spooler its transports, the address book its sections.
    fn validate_state(&self, flags: u32) -> Result<()> {
        if ValidateFlags(flags).has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, VALIDATE, "an undefined flag is set"));
        }
        let core = self.core(VALIDATE)?;
        match self.own {
            Own::Subsystem => validate_address_book(&core).and_then(|()| validate_transports(&core, flags)),
            Own::Spooler => validate_transports(&core, flags),
            Own::AddressBook => validate_address_book(&core),
        }
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        let flags = FlushFlags(flags);
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, FLUSH, "an undefined flag is set"));
        }
        let core = self.core(FLUSH)?;
        let spooler = core.spool.running().filter(|_| self.own == Own::Spooler);
        let Some(spooler) = spooler else {
            return Err(Error::new(ErrorCode::NO_SUPPORT, FLUSH, "there is no queue here"));
        };
        flush(&core, &*spooler, flags, None)
    }

    fn flush_queues_of(&self, transport: &EntryId, flags: u32) -> Result<()> {
        let flags = FlushFlags(flags);
        if flags.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, FLUSH, "an undefined flag is set"));
        }
        let core = self.core(FLUSH)?;
        let spooler = core.spool.running().filter(|_| self.own == Own::Spooler);
        let Some(spooler) = spooler else {
            return Err(Error::new(ErrorCode::NO_SUPPORT, FLUSH, "there is no queue here"));
        };
        let place = key_of(transport).and_then(|key| core.logons.transport_place(key));
        let unknown = || {
            let detail = format!("{} is of no transport that is logged on", transport.short());
            Error::new(ErrorCode::NOT_FOUND, FLUSH, detail)
        };
        flush(&core, &*spooler, flags, Some(place.ok_or_else(unknown)?))
    }
}

/// Every transport is asked how it is; one that has nothing to check is well.
fn validate_transports(core: &Core, flags: u32) -> Result<()> {
    let transports = core.logons.table().transports.clone();
    for transport in transports {
        match transport.logon.validate_state(flags) {
            Err(error) if error.code() != ErrorCode::NO_SUPPORT => {
                tracing::warn!(session = core.id, name = transport.name, %error, "a transport is not well");
                return Err(error);
            }
            _ => {}
        }
    }
    if ValidateFlags(flags).contains(ValidateFlags::CONFIG_CHANGED)
        && let Some(spooler) = core.spool.running()
    {
        // It asks for the address types again.
        spooler.wake();
    }
    Ok(())
}

/// Every address book of the profile has its section, or none was ever needed.
fn validate_address_book(core: &Core) -> Result<()> {
    core.profile.look(|data| {
        let books = data.providers(ProviderKind::AddressBook);
        let orphan = books.iter().find(|row| data.service_of(row.uid).is_none());
        orphan.map_or(Ok(()), |row| {
            let detail = format!("the address book {} has no service", row.uid);
            Err(Error::new(ErrorCode::UNCONFIGURED, VALIDATE, detail))
        })
    })
}

/// Fetches, then sends everything that can be sent, for as long as something leaves the queue: by all transports
/// or by one.
fn flush(core: &Core, spooler: &dyn RunningSpooler, flags: FlushFlags, through: Option<usize>) -> Result<()> {
    if flags.contains(FlushFlags::DOWNLOAD) {
        let fetched = match through {
            None => spooler.download(core.patience),
            Some(place) => spooler.download_from(&[place], core.patience),
        };
        match fetched {
            Err(error) if error.code() == ErrorCode::NO_SUPPORT && flags.contains(FlushFlags::UPLOAD) => {}
            other => drop(other?),
        }
    }
    if !flags.contains(FlushFlags::UPLOAD) {
        return Ok(());
    }
    if flags.contains(FlushFlags::ASYNC_OK) {
        through.map_or_else(|| spooler.start_flush(), |place| spooler.start_flush_through(place));
        return Ok(());
    }
    loop {
        let before = spooler.queue();
        let is_done = match through {
            None => spooler.flush(core.patience)?,
            Some(place) => spooler.flush_through(place, core.patience)?,
        };
        if is_done {
            return Ok(());
        }
        let now = spooler.queue();
        if (now.sent, now.refused) == (before.sent, before.refused) {
            break;
        }
    }
    if spooler.is_sending() {
        return Err(Error::new(ErrorCode::BUSY, FLUSH, "a transport is still at a message"));
    }
    Ok(())
}

/// A transport's status object, whose flush the spooler carries out, in its own time.
struct TransportStatus {
    core: Weak<Core>,
    provider: MapiUid,
    object: Arc<dyn Provided>,
}

impl MapiProp for TransportStatus {
    fn as_any(&self) -> &dyn Any {
        self.object.as_any()
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.object.props(asked)
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.object.prop_list()
    }
}

impl Provided for TransportStatus {
    fn validate_state(&self, flags: u32) -> Result<()> {
        self.object.validate_state(flags)
    }

    fn settings_dialog(&self, flags: u32) -> Result<()> {
        self.object.settings_dialog(flags)
    }

    fn change_password(&self, old: &str, new: &str) -> Result<()> {
        self.object.change_password(old, new)
    }

    /// The transport sets the bits of its row, and the spooler does the rest: of its messages alone.
    fn flush_queues(&self, flags: u32) -> Result<()> {
        self.object.flush_queues(flags)?;
        let Some(core) = self.core.upgrade() else { return Ok(()) };
        let place = core.logons.transport_place(self.provider);
        if let (Some(spooler), Some(place)) = (core.spool.running(), place) {
            if FlushFlags(flags).contains(FlushFlags::UPLOAD) {
                spooler.start_flush_through(place);
            }
            if FlushFlags(flags).contains(FlushFlags::DOWNLOAD) {
                spooler.new_mail(place);
            }
        }
        Ok(())
    }
}
