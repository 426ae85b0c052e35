//! The dialogs of what address books hold. Which of the fields can be changed says whoever has the object.

use super::{ControlFlags, Dialog, Page};
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_ASSISTANT, PR_BUSINESS_FAX_NUMBER, PR_BUSINESS_TELEPHONE_NUMBER, PR_COMMENT,
    PR_COMPANY_NAME, PR_CONTAINER_CONTENTS, PR_COUNTRY, PR_DEPARTMENT_NAME, PR_DISPLAY_NAME,
    PR_EMAIL_ADDRESS, PR_GIVEN_NAME, PR_HOME_TELEPHONE_NUMBER, PR_LOCALITY, PR_MANAGER_NAME,
    PR_MOBILE_TELEPHONE_NUMBER, PR_OFFICE_LOCATION, PR_PAGER_TELEPHONE_NUMBER, PR_POSTAL_CODE,
    PR_SMTP_ADDRESS, PR_STATE_OR_PROVINCE, PR_STREET_ADDRESS, PR_SURNAME, PR_TITLE,
};

/// Lines of a list of members, and of notes.
const TALL: i32 = 6;

fn flags(is_editable: bool) -> ControlFlags {
    if is_editable { ControlFlags::EDITABLE } else { ControlFlags::NONE }
}

/// The details of a person.
pub fn mail_user(is_editable: bool) -> Dialog {
    let flags = flags(is_editable);
    let needed = if is_editable { flags | ControlFlags::REQUIRED } else { flags };
    Dialog::new(vec![
        Page::new("General")
            .edit("Name:", PR_DISPLAY_NAME, needed)
            .edit("Given name:", PR_GIVEN_NAME, flags)
            .edit("Surname:", PR_SURNAME, flags)
            .edit("Address type:", PR_ADDRTYPE, ControlFlags::NONE)
            .edit("Address:", PR_EMAIL_ADDRESS, flags)
            .edit("Title:", PR_TITLE, flags)
            .edit("Company:", PR_COMPANY_NAME, flags)
            .edit("Department:", PR_DEPARTMENT_NAME, flags)
            .edit("Office:", PR_OFFICE_LOCATION, flags)
            .edit("Manager:", PR_MANAGER_NAME, flags)
            .edit("Assistant:", PR_ASSISTANT, flags),
        Page::new("Phone and address")
            .edit("Business:", PR_BUSINESS_TELEPHONE_NUMBER, flags)
            .edit("Mobile:", PR_MOBILE_TELEPHONE_NUMBER, flags)
            .edit("Home:", PR_HOME_TELEPHONE_NUMBER, flags)
            .edit("Fax:", PR_BUSINESS_FAX_NUMBER, flags)
            .edit("Pager:", PR_PAGER_TELEPHONE_NUMBER, flags)
            .lines("Street:", PR_STREET_ADDRESS, flags, 2)
            .edit("City:", PR_LOCALITY, flags)
            .edit("State:", PR_STATE_OR_PROVINCE, flags)
            .edit("Postal code:", PR_POSTAL_CODE, flags)
            .edit("Country:", PR_COUNTRY, flags),
        Page::new("Notes").lines("Notes:", PR_COMMENT, flags, TALL),
    ])
}

/// The details of a distribution list.
pub fn dist_list(is_editable: bool) -> Dialog {
    let flags = flags(is_editable);
    let needed = if is_editable { flags | ControlFlags::REQUIRED } else { flags };
    Dialog::new(vec![
        Page::new("General")
            .edit("Name:", PR_DISPLAY_NAME, needed)
            .edit("Address type:", PR_ADDRTYPE, ControlFlags::NONE)
            .edit("Address:", PR_EMAIL_ADDRESS, ControlFlags::NONE)
            .list(PR_CONTAINER_CONTENTS, TALL),
        Page::new("Notes").lines("Notes:", PR_COMMENT, flags, TALL),
    ])
}

/// The dialog that asks what to search a container for; see [`SearchDialog`](super::SearchDialog).
pub fn search() -> Dialog {
    let page = super::search::SEARCHED
        .iter()
        .fold(Page::new("Search"), |page, (label, tag)| page.edit(label, *tag, ControlFlags::EDITABLE));
    Dialog::new(vec![page])
}

pub(super) const OF_SEARCH: [(&str, mapi_defs::prop::PropTag); 8] = [
    ("Name:", PR_DISPLAY_NAME),
    ("Given name:", PR_GIVEN_NAME),
    ("Surname:", PR_SURNAME),
    ("Address:", PR_SMTP_ADDRESS),
    ("Title:", PR_TITLE),
    ("Company:", PR_COMPANY_NAME),
    ("Department:", PR_DEPARTMENT_NAME),
    ("City:", PR_LOCALITY),
];
