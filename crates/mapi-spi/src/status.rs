//! `StatusObject`: a provider's row in the status table as an object (IMAPIStatus).

use crate::no_support;
use crate::prop::MapiProp;
use mapi_defs::{EntryId, Result};

/// An object that says how a provider is, and takes orders.
pub trait StatusObject: MapiProp {
    /// Checks the provider's state (ValidateState).
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: something is under way.
    fn validate_state(&self, flags: u32) -> Result<()> {
        let _ = flags;
        no_support("StatusObject::validate_state")
    }

    /// Shows the settings to somebody (SettingsDialog).
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: there is nothing to show, or nobody to show it to.
    fn settings_dialog(&self, flags: u32) -> Result<()> {
        let _ = flags;
        no_support("StatusObject::settings_dialog")
    }

    /// Changes the password (ChangePassword).
    ///
    /// # Errors
    /// - `MAPI_E_NO_ACCESS`: the old password is wrong.
    fn change_password(&self, old: &str, new: &str) -> Result<()> {
        let _ = (old, new);
        no_support("StatusObject::change_password")
    }

    /// Sends or fetches what waits for one transport, by the identifier of its row (FlushQueues with a target);
    /// the spooler's object alone takes one.
    ///
    /// # Errors
    /// - `MAPI_E_NO_SUPPORT`: the object is no spooler's.
    /// - `MAPI_E_NOT_FOUND`: no such transport is logged on.
    /// - Those of [`StatusObject::flush_queues`].
    fn flush_queues_of(&self, transport: &EntryId, flags: u32) -> Result<()> {
        let _ = (transport, flags);
        no_support("StatusObject::flush_queues_of")
    }

    /// Sends or fetches what waits (FlushQueues); `flags` are FLUSH_*.
    ///
    /// # Errors
    /// - `MAPI_E_BUSY`: a flush is under way.
    fn flush_queues(&self, flags: u32) -> Result<()> {
        let _ = flags;
        no_support("StatusObject::flush_queues")
    }
}
