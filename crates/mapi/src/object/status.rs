//! `StatusObject`: what says how a part of the session is, and takes orders (IMAPIStatus).

use super::{Object, Open};
use mapi_defs::flags::{FlushFlags, ValidateFlags};
use mapi_defs::{EntryId, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::status::StatusObject as Provided;

/// A status object. What its PR_RESOURCE_METHODS does not name answers `MAPI_E_NO_SUPPORT`.
#[derive(Clone, Debug)]
pub struct StatusObject {
    open: Open<dyn Provided>,
    /// True where a call may wait for the spooler; a logoff then has to be able to end it.
    waits: bool,
}

impl StatusObject {
    pub(crate) fn new(open: Open<dyn Provided>, waits: bool) -> Self {
        Self { open, waits }
    }

    /// Checks the state; every transport's and address book's where the object is the subsystem's
    /// (ValidateState).
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_BUSY`: something is under way.
    /// - What was found to be wrong.
    pub fn validate_state(&self, flags: ValidateFlags) -> Result<()> {
        self.open.live()?.validate_state(flags.0)
    }

    /// Shows the settings to somebody (SettingsDialog); `flags` are 0 or UI_READONLY.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is nothing to show, or nobody to show it to.
    pub fn settings_dialog(&self, flags: u32) -> Result<()> {
        self.open.live()?.settings_dialog(flags)
    }

    /// Changes the password (ChangePassword).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the old password is wrong.
    /// - `MAPI_E_NO_SUPPORT`: there is none.
    pub fn change_password(&self, old: &str, new: &str) -> Result<()> {
        self.open.live()?.change_password(old, new)
    }

    /// Sends and fetches what waits (FlushQueues). The spooler's object returns when nothing more can be
    /// sent, at once with ASYNC_OK; a transport's object at once, and the spooler does the work later.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_BUSY`: a message is still with a transport.
    /// - `MAPI_E_END_OF_SESSION`: the session was logged off meanwhile.
    /// - `MAPI_E_NO_SUPPORT`: there is no queue here.
    pub fn flush_queues(&self, flags: FlushFlags) -> Result<()> {
        let live = self.open.live()?;
        if !self.waits {
            return live.flush_queues(flags.0);
        }
        // Outside the gate, so that a logoff need not wait for the wait.
        let object = live.object().clone();
        drop(live);
        object.flush_queues(flags.0)
    }
}

impl StatusObject {
    /// As [`StatusObject::flush_queues`], of what waits for one transport alone, by the PR_ENTRYID of its row in
    /// the status table; of the spooler's object (FlushQueues with a target).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: no such transport is logged on.
    /// - `MAPI_E_NO_SUPPORT`: the object is not the spooler's.
    /// - Those of [`StatusObject::flush_queues`].
    pub fn flush_queues_of(&self, transport: &EntryId, flags: FlushFlags) -> Result<()> {
        let live = self.open.live()?;
        // Outside the gate, as a flush of everything.
        let object = live.object().clone();
        drop(live);
        object.flush_queues_of(transport, flags.0)
    }
}

impl Object for StatusObject {
    fn with_props<R>(&self, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
        call(&*self.open.live()?)
    }
}
