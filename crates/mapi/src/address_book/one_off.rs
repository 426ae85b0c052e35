//! One-off entry identifiers: an address with a name, belonging to no address book (CreateOneOff), and the
//! mail user that MAPI itself makes of one (OpenEntry).

use crate::object::{AnyObject, Open};
use crate::profile::section::found;
use crate::session::Core;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guids::MAPI_ONE_OFF_UID;
use mapi_defs::one_off::OneOff;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DETAILS_TABLE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID,
    PR_OBJECT_TYPE, PR_RECORD_KEY, PR_SEARCH_KEY, PR_SEND_RICH_INFO,
};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::MailUser;
use mapi_spi::display;
use mapi_spi::prop::MapiProp;
use mapi_spi::table::MapiTable;
use std::any::Any;
use std::sync::Arc;

/// MAPI_MAILUSER, and DT_MAILUSER.
const OBJECT_TYPE: i32 = 6;
const DISPLAY_TYPE: i32 = 0;

/// Makes the identifier of a name, an address type and an address; see [`OneOff`].
pub fn one_off(name: &str, address_type: &str, address: &str) -> EntryId {
    OneOff::new(name, address_type, address).entry_id()
}

/// Gives a recipient that is named by a one-off identifier and nothing else its name and address. True where it
/// had none.
pub(crate) fn name_address(row: &mut Recipient) -> bool {
    if row.address().is_some_and(|address| !address.is_empty()) {
        return false;
    }
    let id = row.props.binary(PR_ENTRYID).map(EntryId::from_bytes).unwrap_or_default();
    let Some(OneOff { name, address_type, address, .. }) = OneOff::read(&id) else { return false };
    if address.is_empty() {
        return false;
    }
    if row.display_name().is_none_or(str::is_empty) {
        row.props.set(PR_DISPLAY_NAME, if name.is_empty() { address.clone() } else { name });
    }
    row.props.set(PR_ADDRTYPE, address_type);
    row.props.set(PR_EMAIL_ADDRESS, address);
    true
}

/// Opens the mail user that a one-off identifier holds; `None` for every other identifier.
#[track_caller]
pub(crate) fn open(core: &Arc<Core>, id: &EntryId, flags: OpenFlags) -> Option<Result<AnyObject>> {
    let is_one_off = id.provider() == Some(MAPI_ONE_OFF_UID);
    let user = is_one_off.then(|| OneOffUser::open(id, flags))?;
    Some(user.map(|user| {
        let user: Arc<dyn MapiProp> = Arc::new(user);
        AnyObject::of(Open::of_session(core, &core.gate, user, "IMailUser", id.short()))
    }))
}

/// True where two one-off identifiers are of one address, whatever its name is; `None` for others.
pub(crate) fn compare(one: &EntryId, other: &EntryId) -> Option<bool> {
    let address = |id: &EntryId| {
        let OneOff { address_type, address, .. } = OneOff::read(id)?;
        Some((address_type.to_uppercase(), address))
    };
    Some(address(one)? == address(other)?)
}

/// Somebody of whom the identifier says everything. Open for reading: a change would have no place.
struct OneOffUser {
    props: PropList,
}

impl OneOffUser {
    fn open(id: &EntryId, flags: OpenFlags) -> Result<Self> {
        if flags.contains(OpenFlags::MODIFY) {
            return Err(read_only());
        }
        let detail = || format!("{} is cut short", id.short());
        let invalid = || Error::new(ErrorCode::INVALID_ENTRYID, "Session::open_entry", detail());
        let OneOff { reads_rich_text, name, address_type, address } = OneOff::read(id).ok_or_else(invalid)?;
        let mut props = PropList::new();
        props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
        props.set(PR_DISPLAY_TYPE, DISPLAY_TYPE);
        props.set(PR_ENTRYID, id.as_bytes().to_vec());
        props.set(PR_RECORD_KEY, id.as_bytes().to_vec());
        let key = format!("{address_type}:{address}\0").to_uppercase();
        props.set(PR_SEARCH_KEY, key.into_bytes());
        props.set(PR_SEND_RICH_INFO, reads_rich_text);
        props.set(PR_DISPLAY_NAME, name);
        props.set(PR_ADDRTYPE, address_type);
        props.set(PR_EMAIL_ADDRESS, address);
        Ok(Self { props })
    }
}

impl MapiProp for OneOffUser {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let Some(tags) = tags else { return Ok(self.props.iter().cloned().collect()) };
        Ok(tags.iter().map(|tag| found(&self.props, *tag)).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.props.tags().collect())
    }

    fn set_props(&self, _: &[Prop]) -> Result<Vec<PropProblem>> {
        Err(read_only())
    }

    fn delete_props(&self, _: &[PropTag]) -> Result<Vec<PropProblem>> {
        Err(read_only())
    }

    fn open_table(&self, tag: PropTag) -> Result<Arc<dyn MapiTable>> {
        if tag.id() == PR_DETAILS_TABLE.id() {
            return display::mail_user(false).table();
        }
        Err(Error::new(ErrorCode::NOT_FOUND, "IMailUser", "a one-off address has no such table"))
    }
}

impl MailUser for OneOffUser {}

fn read_only() -> Error {
    Error::new(ErrorCode::NO_ACCESS, "IMailUser", "a one-off address can only be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_off_is_a_mail_user_that_says_what_its_identifier_does() {
        let wide = OneOff::new("Änn", "SMTP", "ann@example.org");
        for (rich, id) in
            [(true, wide.entry_id()), (false, OneOff { reads_rich_text: false, ..wide.clone() }.entry_id())]
        {
            let user = OneOffUser::open(&id, OpenFlags::BEST_ACCESS).unwrap();
            let texts = [PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS].map(|tag| user.props.text(tag));
            assert_eq!(texts, ["Änn", "SMTP", "ann@example.org"].map(Some));
            assert_eq!(user.props.boolean(PR_SEND_RICH_INFO), Some(rich));
            assert_eq!(user.props.binary(PR_SEARCH_KEY), Some(&b"SMTP:ANN@EXAMPLE.ORG\0"[..]));
            let cut = EntryId::from_bytes(&id.as_bytes()[..id.as_bytes().len() - 1]);
            let error = OneOffUser::open(&cut, OpenFlags::NONE).err().unwrap();
            assert_eq!(error.code(), ErrorCode::INVALID_ENTRYID);
        }
    }
}
