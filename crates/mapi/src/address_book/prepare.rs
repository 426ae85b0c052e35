//! Recipients completed from the entries they were resolved to (PrepareRecips).

use super::AddressBook;
use crate::object::Object;
use mapi_defs::flags::OpenFlags;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SEARCH_KEY,
};
use mapi_defs::prop::{PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Result};

/// What every recipient has to have.
const NEEDED: [PropTag; 6] =
    [PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SEARCH_KEY, PR_OBJECT_TYPE];

impl AddressBook {
    /// Completes recipients with what every message needs of them and with these properties, from the
    /// entries they were resolved to (PrepareRecips). What a recipient has already stays; one without an
    /// entry identifier is left as it is.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_ENTRYID`, `MAPI_E_NOT_FOUND`: an entry is not there any more.
    pub fn prepare_recipients(&self, recipients: &mut [Recipient], more: &[PropTag]) -> Result<()> {
        for recipient in recipients {
            let Some(id) = recipient.props.binary(PR_ENTRYID).map(EntryId::from_bytes) else { continue };
            let tags = NEEDED.iter().chain(more).copied();
            let missing: Vec<PropTag> = tags.filter(|tag| !recipient.props.contains_id(tag.id())).collect();
            if missing.is_empty() {
                continue;
            }
            let entry = self.open_entry(&id, OpenFlags::NONE)?;
            for prop in entry.props(Some(&missing))? {
                if !matches!(prop.value, PropValue::Error(_)) {
                    recipient.props.set(prop.tag, prop.value);
                }
            }
        }
        Ok(())
    }
}
