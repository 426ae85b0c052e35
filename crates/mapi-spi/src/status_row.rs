//! `StatusRow`: how a transport is, as it tells the status table (IMAPISupport::ModifyStatusRow).
//!
//! Not the row that clients read: that is the session's, which adds what it knows of the provider.

use crate::support::Support;
use mapi_defs::flags::StatusCode;
use mapi_defs::prop::PropList;
use mapi_defs::prop::tags::{PR_DISPLAY_NAME, PR_RESOURCE_METHODS, PR_STATUS_CODE, PR_STATUS_STRING};
use mapi_defs::{ErrorCode, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The row of one logon.
pub struct StatusRow {
    support: Arc<dyn Support>,
    name: String,
    told: Mutex<Told>,
}

#[derive(Clone)]
struct Told {
    code: StatusCode,
    text: String,
}

impl StatusRow {
    /// Tells of a transport that has just logged on: STATUS_AVAILABLE.
    ///
    /// # Errors
    /// Those of ModifyStatusRow. A host without a status table is none.
    pub fn new(support: Arc<dyn Support>, name: impl Into<String>) -> Result<Self> {
        let told = Told { code: StatusCode::AVAILABLE, text: "Available".to_owned() };
        let row = Self { support, name: name.into(), told: Mutex::new(told.clone()) };
        row.tell(told)?;
        Ok(row)
    }

    /// What was told last.
    pub fn code(&self) -> StatusCode {
        self.lock().code
    }

    /// Sets bits and clears others.
    ///
    /// # Errors
    /// Those of ModifyStatusRow.
    pub fn change(&self, set: StatusCode, clear: StatusCode) -> Result<()> {
        self.update(|told| told.code = told.code.without(clear) | set)
    }

    /// Tells of a failure, in words for people: STATUS_FAILURE in place of STATUS_AVAILABLE.
    ///
    /// What the call that failed answers does not depend on the row, so this has no error.
    pub fn fail(&self, why: &str) {
        drop(self.update(|told| {
            told.code = told.code.without(StatusCode::AVAILABLE) | StatusCode::FAILURE;
            why.clone_into(&mut told.text);
        }));
    }

    /// Tells that it works again, where a failure was told.
    ///
    /// # Errors
    /// Those of ModifyStatusRow.
    pub fn recover(&self) -> Result<()> {
        if !self.code().contains(StatusCode::FAILURE) {
            return Ok(());
        }
        self.update(|told| {
            told.code = told.code.without(StatusCode::FAILURE) | StatusCode::AVAILABLE;
            "Available".clone_into(&mut told.text);
        })
    }

    /// Tells that the logon has ended: STATUS_OFFLINE alone.
    ///
    /// # Errors
    /// Those of ModifyStatusRow.
    pub fn end(&self) -> Result<()> {
        self.update(|told| *told = Told { code: StatusCode::OFFLINE, text: "Offline".to_owned() })
    }

    fn update(&self, change: impl FnOnce(&mut Told)) -> Result<()> {
        let told = {
            let mut held = self.lock();
            change(&mut held);
            held.clone()
        };
        self.tell(told)
    }

    /// Nothing is locked meanwhile: it is a call into the host.
    fn tell(&self, told: Told) -> Result<()> {
        let mut columns = PropList::new();
        columns.set(PR_DISPLAY_NAME, self.name.as_str());
        columns.set(PR_RESOURCE_METHODS, 0);
        columns.set(PR_STATUS_CODE, told.code.0.cast_signed());
        columns.set(PR_STATUS_STRING, told.text);
        match self.support.modify_status_row(columns) {
            Err(error) if error.code() != ErrorCode::NO_SUPPORT => Err(error),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
