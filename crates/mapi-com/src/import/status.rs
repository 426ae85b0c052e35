//! A status object of a provider in a library (IMAPIStatus).

use super::prop::{Foreign, PropFace};
use super::told;
use crate::interfaces::{IMAPIProp, IMAPIStatus};
use crate::marshal::text::{MAPI_UNICODE, encode16};
use mapi_defs::Result;
use mapi_spi::status::StatusObject;
use std::ptr::null_mut;

impl PropFace for IMAPIStatus {
    fn prop(&self) -> &IMAPIProp {
        self
    }
}

impl StatusObject for Foreign<IMAPIStatus> {
    fn validate_state(&self, flags: u32) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.ValidateState(0, flags) }, "IMAPIStatus::ValidateState")
    }

    fn settings_dialog(&self, flags: u32) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.SettingsDialog(0, flags) }, "IMAPIStatus::SettingsDialog")
    }

    fn change_password(&self, old: &str, new: &str) -> Result<()> {
        let (mut old, mut new) = (encode16(old), encode16(new));
        // SAFETY: the object is held by `self`; the texts are ours and end with a zero unit.
        let answer =
            unsafe { self.0.ChangePassword(old.as_mut_ptr().cast(), new.as_mut_ptr().cast(), MAPI_UNICODE) };
        told(answer, "IMAPIStatus::ChangePassword")
    }

    fn flush_queues(&self, flags: u32) -> Result<()> {
        // SAFETY: the object is held by `self`.
        told(unsafe { self.0.FlushQueues(0, 0, null_mut(), flags) }, "IMAPIStatus::FlushQueues")
    }
}
