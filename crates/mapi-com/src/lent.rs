//! `Lent`: an object of the safe core that a foreign library may use during one call of ours, and not after.
//!
//! The library may keep its reference for as long as it likes, and use it from any thread: the object behind
//! it answers `MAPI_E_INVALID_OBJECT` once the call has returned, which waits for whoever is inside.

use mapi_defs::flags::{
    OpenFlags, ReadFlags, SaveFlags, SectionFlags, ServiceFlags, StreamFlags, TableFlags,
};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{NamedProp, Prop, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, Result};
use mapi_spi::attachment::Attachment;
use mapi_spi::gate::Gate;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::service::ProviderAdmin;
use mapi_spi::stream::PropStream;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

/// An object that ends with the call it is lent for.
pub(crate) struct Lent<T: ?Sized> {
    object: NonNull<T>,
    gate: Arc<Gate>,
}

// SAFETY: the object may be called from any thread, which the bounds say; it is reached through the gate
// alone, which is closed and empty before the borrow ends.
unsafe impl<T: ?Sized + Sync> Send for Lent<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for Lent<T> {}

impl<T: ?Sized> Lent<T> {
    /// Calls the object while it is lent.
    fn with<R>(&self, call: impl FnOnce(&T) -> Result<R>) -> Result<R> {
        let _pass = self.gate.enter()?;
        // SAFETY: the gate was open, so the call it is lent for has not returned, and waits for this one.
        call(unsafe { self.object.as_ref() })
    }

    /// The gate that closes when the lending ends.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }
}

/// Ends a lending, however the call ends.
struct Ending(Arc<Gate>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.close();
        // A call that is still inside uses what is borrowed: there is no end without it.
        while !self.0.wait_idle(Duration::MAX) {}
    }
}

/// Lends an object for the length of `call`.
///
/// # Safety
/// `object` lives until this function returns.
unsafe fn lend<T: ?Sized, R>(object: NonNull<T>, call: impl FnOnce(&Arc<Lent<T>>) -> R) -> R {
    let lent = Arc::new(Lent { object, gate: Arc::new(Gate::new(0)) });
    let _ending = Ending(lent.gate.clone());
    call(&lent)
}

/// Lends a message.
pub(crate) fn lend_message<R>(message: &dyn Message, call: impl FnOnce(&Arc<Lent<dyn Message>>) -> R) -> R {
    // SAFETY: only the lifetime changes, which `Lent` guards.
    let object: NonNull<dyn Message> = unsafe { std::mem::transmute(NonNull::from(message)) };
    // SAFETY: the reference outlives this function.
    unsafe { lend(object, call) }
}

/// Lends an administration of providers.
pub(crate) fn lend_admin<R>(
    admin: &dyn ProviderAdmin,
    call: impl FnOnce(&Arc<Lent<dyn ProviderAdmin>>) -> R,
) -> R {
    // SAFETY: only the lifetime changes, which `Lent` guards.
    let object: NonNull<dyn ProviderAdmin> = unsafe { std::mem::transmute(NonNull::from(admin)) };
    // SAFETY: the reference outlives this function.
    unsafe { lend(object, call) }
}

impl MapiProp for Lent<dyn Message> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        self.with(|message| message.props(tags))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.with(|message| message.prop_list())
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        self.with(|message| message.set_props(props))
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.with(|message| message.delete_props(tags))
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        self.with(|message| message.open_stream(tag, flags))
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.with(|message| message.save_changes(flags))
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        self.with(|message| message.names(ids))
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        self.with(|message| message.ids(names, create))
    }

    fn last_error(&self) -> Option<Error> {
        self.with(|message| Ok(message.last_error())).ok().flatten()
    }
}

impl Message for Lent<dyn Message> {
    fn recipients(&self) -> Result<Vec<Recipient>> {
        self.with(|message| message.recipients())
    }

    fn modify_recipients(&self, how: ModifyRecipients, rows: Vec<Recipient>) -> Result<()> {
        self.with(|message| message.modify_recipients(how, rows))
    }

    fn recipient_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        self.with(|message| message.recipient_table(flags))
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        self.with(|message| message.attachments())
    }

    fn attachment_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        self.with(|message| message.attachment_table(flags))
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn Attachment>> {
        self.with(|message| message.open_attach(number, flags))
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn Attachment>)> {
        self.with(|message| message.create_attach())
    }

    fn delete_attach(&self, number: u32) -> Result<()> {
        self.with(|message| message.delete_attach(number))
    }

    fn submit(&self) -> Result<()> {
        self.with(|message| message.submit())
    }

    fn set_read_flag(&self, flags: ReadFlags) -> Result<()> {
        self.with(|message| message.set_read_flag(flags))
    }
}

impl ProviderAdmin for Lent<dyn ProviderAdmin> {
    fn provider_table(&self) -> Result<Arc<dyn MapiTable>> {
        self.with(|admin| admin.provider_table())
    }

    fn create_provider(&self, name: &str, props: &[Prop], flags: ServiceFlags) -> Result<MapiUid> {
        self.with(|admin| admin.create_provider(name, props, flags))
    }

    fn delete_provider(&self, uid: MapiUid) -> Result<()> {
        self.with(|admin| admin.delete_provider(uid))
    }

    fn open_profile_section(&self, uid: Option<MapiUid>, flags: SectionFlags) -> Result<Arc<dyn MapiProp>> {
        self.with(|admin| admin.open_profile_section(uid, flags))
    }

    fn files_of_others(&self) -> Result<Vec<PathBuf>> {
        self.with(|admin| admin.files_of_others())
    }
}
