//! Copying a message on a storage, and deleting its attachments, with the dialogs that a support object shows
//! (IMAPIProp::CopyTo, IMessage::DeleteAttach).
//!
//! How anything is copied is `mapi_spi::copy`'s.

use super::message::StorageMessage;
use super::props::Keeper;
use mapi_defs::prop::{PropProblem, PropTag};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::copy::copy_message_with;
use mapi_spi::message::Message as IMessage;
use mapi_spi::progress::{NoProgress, Progress, step};
use std::sync::Arc;

impl StorageMessage {
    /// Copies the message into another one, unsaved, and returns the properties that one did not take.
    ///
    /// `exclude` names what stays behind. With `dialog` the support object shows how far it has come;
    /// without a support object nothing is shown.
    ///
    /// # Errors
    /// - `MAPI_E_INVALID_PARAMETER`: an empty list of what stays behind, or PR_NULL in it.
    /// - `MAPI_E_NO_ACCESS`: both are the same message, or the other one is open for reading.
    /// - `MAPI_E_USER_CANCEL`: whoever watches asked to stop.
    /// - Whatever the other message answers.
    ///
    /// # Source
    /// IMAPIProp::CopyTo.
    pub fn copy_to(
        &self,
        exclude: Option<&[PropTag]>,
        to: &dyn IMessage,
        dialog: bool,
    ) -> Result<Vec<PropProblem>> {
        if exclude.is_some_and(|tags| tags.is_empty() || tags.iter().any(|tag| tag.id() == 0)) {
            let detail = "an empty list of what stays behind, or PR_NULL in it";
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "IMAPIProp::CopyTo", detail));
        }
        let exclude: Vec<u16> = exclude.unwrap_or_default().iter().map(|tag| tag.id()).collect();
        copy_message_with(self, to, &exclude, &*self.watcher(dialog))
    }

    /// Deletes an attachment as [`IMessage::delete_attach`] does; `dialog` as for
    /// [`StorageMessage::copy_to`].
    ///
    /// # Errors
    /// - As [`IMessage::delete_attach`].
    /// - `MAPI_E_USER_CANCEL`: whoever watches asked to stop; nothing is deleted.
    ///
    /// # Source
    /// IMessage::DeleteAttach.
    pub fn delete_attach_with(&self, number: u32, dialog: bool) -> Result<()> {
        let watcher = self.watcher(dialog);
        step(&*watcher, "IMessage::DeleteAttach", 0, 1)?;
        self.delete_attach(number)?;
        // Done is done, whatever is answered to it.
        watcher.progress(1, 1);
        Ok(())
    }

    fn watcher(&self, dialog: bool) -> Arc<dyn Progress> {
        let support = self.shared().support.as_ref().filter(|_| dialog);
        support.and_then(|support| support.progress()).unwrap_or_else(|| Arc::new(NoProgress))
    }
}
