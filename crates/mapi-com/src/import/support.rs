//! The support object that a host gives to a provider in Rust in a library (IMAPISupport).

use super::prop::{Foreign, PropFace};
use super::{Block, given, told};
use crate::abi::{ADRLIST, MAPIUID, NOTIFKEY, SBinary};
use crate::export::core_sink::core_sink;
use crate::export::provider::message::lent_message;
use crate::export::provider::support::{
    NOTIFY_CONFIG_CHANGE, NOTIFY_CRITICAL_ERROR, NOTIFY_CRITSEC, NOTIFY_NEWMAIL, NOTIFY_NONCRIT,
    NOTIFY_READYTOSEND, NOTIFY_SENTDEFERRED,
};
use crate::interfaces::{IMAPIProp, IMAPISupport, IProfSect};
use crate::lent::lend_message;
use crate::marshal::block::{Allocator, buffer};
use crate::marshal::notification::c_notifications;
use crate::marshal::prop::c_props;
use crate::marshal::row::{c_rows, free_rows};
use mapi::{Clock, SystemClock};
use mapi_defs::guid::MapiUid;
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::{Prop, PropList};
use mapi_defs::recipient::Recipient;
use mapi_defs::{FileTime, Guid, Result};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::message::Message;
use mapi_spi::prop::MapiProp;
use mapi_spi::support::{SpoolerNotify, Support, Told};
use std::mem::offset_of;
use std::ptr::null_mut;
use std::sync::Arc;

const MAPI_MODIFY: u32 = 1;
const STATUSROW_UPDATE: u32 = 0x1000_0000;
const NOTIFY_SYNC: u32 = 0x4000_0000;
const NOTIFY_CANCELED: u32 = 0x8000_0000;
const NEEDS_PREPROCESSING: u32 = 1;

impl PropFace for IProfSect {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl Foreign<IMAPISupport> {
    fn status_row(&self, columns: &PropList, flags: u32) -> Result<()> {
        let values: Vec<Prop> = columns.iter().cloned().collect();
        let block = Block(c_props(&values)?);
        // SAFETY: the object is held by `self`; the values are ours.
        let answer = unsafe { self.0.ModifyStatusRow(values.len() as u32, block.0, flags) };
        told(answer, "IMAPISupport::ModifyStatusRow")
    }
}

impl Support for Foreign<IMAPISupport> {
    fn now(&self) -> FileTime {
        SystemClock.now()
    }

    fn new_uid(&self) -> MapiUid {
        let mut uid = MAPIUID { ab: [0; 16] };
        // SAFETY: the object is held by `self`; the place is ours.
        let answer = unsafe { self.0.NewUID(&raw mut uid) };
        told(answer, "IMAPISupport::NewUID").map_or_else(|_| mapi::profile::new_uid(), |()| Guid(uid.ab))
    }

    fn profile_section(&self, uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        const CALL: &str = "IMAPISupport::OpenProfileSection";
        let mut uid = uid.map(|uid| MAPIUID { ab: uid.0 });
        let which = uid.as_mut().map_or(null_mut(), std::ptr::from_mut);
        let mut section: Option<IProfSect> = None;
        // SAFETY: the object is held by `self`; UID and place are ours.
        told(unsafe { self.0.OpenProfileSection(which, MAPI_MODIFY, (&mut section).into()) }, CALL)?;
        Ok(Arc::new(Foreign(given(section, CALL)?)))
    }

    fn set_provider_uid(&self, uid: MapiUid) -> Result<()> {
        let mut uid = MAPIUID { ab: uid.0 };
        // SAFETY: the object is held by `self`; the UID is ours.
        told(unsafe { self.0.SetProviderUID(&raw mut uid, 0) }, "IMAPISupport::SetProviderUID")
    }

    fn modify_status_row(&self, columns: PropList) -> Result<()> {
        self.status_row(&columns, 0)
    }

    fn update_status_row(&self, columns: PropList) -> Result<()> {
        self.status_row(&columns, STATUSROW_UPDATE)
    }

    fn store_logoff_transports(&self, flags: u32) -> Result<u32> {
        let mut flags = flags;
        // SAFETY: the object is held by `self`; the place is ours.
        let answer = unsafe { self.0.StoreLogoffTransports(&raw mut flags) };
        told(answer, "IMAPISupport::StoreLogoffTransports").map(|()| flags)
    }

    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        let mut binary = SBinary { cb: 0, lpb: null_mut() };
        let flags = match &what {
            SpoolerNotify::NewMail => NOTIFY_NEWMAIL,
            SpoolerNotify::ReadyToSend => NOTIFY_READYTOSEND,
            SpoolerNotify::SentDeferred(id) => {
                let bytes = id.as_bytes();
                binary = SBinary { cb: bytes.len() as u32, lpb: bytes.as_ptr().cast_mut() };
                NOTIFY_SENTDEFERRED
            }
            SpoolerNotify::CriticalSection => NOTIFY_CRITSEC,
            SpoolerNotify::NonCriticalSection => NOTIFY_NONCRIT,
            SpoolerNotify::ConfigChange => NOTIFY_CONFIG_CHANGE,
            SpoolerNotify::CriticalError => NOTIFY_CRITICAL_ERROR,
        };
        let data = if flags == NOTIFY_SENTDEFERRED { (&raw mut binary).cast() } else { null_mut() };
        // SAFETY: the object is held by `self`; the identifier is ours.
        told(unsafe { self.0.SpoolerNotify(flags, data) }, "IMAPISupport::SpoolerNotify")
    }

    fn prepare_submit(&self, message: &dyn Message) -> Result<()> {
        lend_message(message, |lent| {
            let (object, mut flags) = (lent_message(lent.clone(), lent.gate()), 0);
            // SAFETY: the object is held by `self`; message and place are ours.
            let answer = unsafe { self.0.PrepareSubmit((&object).into(), &raw mut flags) };
            told(answer, "IMAPISupport::PrepareSubmit")
        })
    }

    fn expand_recips(&self, message: &dyn Message) -> Result<bool> {
        lend_message(message, |lent| {
            let (object, mut flags) = (lent_message(lent.clone(), lent.gate()), 0);
            // SAFETY: the object is held by `self`; message and place are ours.
            let answer = unsafe { self.0.ExpandRecips((&object).into(), &raw mut flags) };
            told(answer, "IMAPISupport::ExpandRecips").map(|()| flags & NEEDS_PREPROCESSING != 0)
        })
    }

    fn status_recips(&self, message: &dyn Message, rows: &[Recipient]) -> Result<()> {
        let rows: Vec<Vec<Prop>> = rows.iter().map(|row| row.props.iter().cloned().collect()).collect();
        lend_message(message, |lent| {
            let object = lent_message(lent.clone(), lent.gate());
            let list = c_rows(Allocator::OURS, rows.iter().map(Vec::as_slice))?;
            // SAFETY: the object is held by `self`; message and list are ours.
            let answer = unsafe { self.0.StatusRecips((&object).into(), list.cast::<ADRLIST>()) };
            // SAFETY: the list was just made.
            unsafe { free_rows(list) };
            told(answer, "IMAPISupport::StatusRecips")
        })
    }

    fn subscribe(
        &self,
        key: &[u8],
        mask: EventMask,
        how: Told,
        sink: Arc<dyn AdviseSink>,
    ) -> Result<Connection> {
        let (key, sink, mut connection) = (c_key(key)?, core_sink(sink), 0);
        let flags = if how == Told::Within { NOTIFY_SYNC } else { 0 };
        // SAFETY: the object is held by `self`; key, sink and place are ours.
        let answer = unsafe {
            let sink = (&sink).into();
            self.0.Subscribe(key.0, mask.0, flags, sink, &raw mut connection)
        };
        told(answer, "IMAPISupport::Subscribe").map(|()| Connection(connection as u64))
    }

    fn unsubscribe(&self, connection: Connection) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.Unsubscribe(connection.0 as usize) }, "IMAPISupport::Unsubscribe")
    }

    fn notify(&self, key: &[u8], notifications: &[Notification]) -> Result<bool> {
        let (key, block, mut flags) = (c_key(key)?, Block(c_notifications(notifications)?), 0);
        let count = notifications.len() as u32;
        // SAFETY: the object is held by `self`; key, notifications and place are ours.
        let answer = unsafe { self.0.Notify(key.0, count, block.0, &raw mut flags) };
        told(answer, "IMAPISupport::Notify").map(|()| flags & NOTIFY_CANCELED != 0)
    }
}

fn c_key(key: &[u8]) -> Result<Block<NOTIFKEY>> {
    let bytes = (offset_of!(NOTIFKEY, ab) + key.len()).max(size_of::<NOTIFKEY>());
    let block = Block(buffer(|writer| Ok(writer.reserve::<u32>(bytes.div_ceil(4))?.cast::<NOTIFKEY>()))?);
    // SAFETY: the block has the head and room for every byte.
    unsafe {
        (*block.0).cb = key.len() as u32;
        let first = std::ptr::addr_of_mut!((*block.0).ab).cast::<u8>();
        key.as_ptr().copy_to_nonoverlapping(first, key.len());
    }
    Ok(block)
}
