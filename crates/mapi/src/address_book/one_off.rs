//! One-off entry identifiers: an address with a name, belonging to no address book (CreateOneOff), and the
//! mail user that MAPI itself makes of one (OpenEntry).

use crate::object::{AnyObject, Open};
use crate::profile::section::found;
use crate::session::Core;
use mapi_defs::flags::OpenFlags;
use mapi_defs::guids::MAPI_ONE_OFF_UID;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE,
    PR_RECORD_KEY, PR_SEARCH_KEY, PR_SEND_RICH_INFO,
};
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::MailUser;
use mapi_spi::prop::MapiProp;
use std::any::Any;
use std::sync::Arc;

/// The identifier's strings are UTF-16.
const UNICODE: u16 = 0x8000;
/// The recipient reads no formatted text.
const NO_RICH_INFO: u16 = 0x0001;
/// MAPI_MAILUSER, and DT_MAILUSER.
const OBJECT_TYPE: i32 = 6;
const DISPLAY_TYPE: i32 = 0;

/// Makes the identifier of a name, an address type and an address.
///
/// # Source
/// `[MS-OXCDATA]` 2.2.5.1: version 0, flags, then three strings that end with a zero unit. A zero
/// within one of them would end it early and is left out.
pub fn one_off(name: &str, address_type: &str, address: &str) -> EntryId {
    let mut body = Vec::new();
    body.extend_from_slice(&0_u16.to_le_bytes());
    body.extend_from_slice(&UNICODE.to_le_bytes());
    for text in [name, address_type, address] {
        let units = text.encode_utf16().filter(|unit| *unit != 0).chain([0]);
        units.for_each(|unit| body.extend_from_slice(&unit.to_le_bytes()));
    }
    EntryId::new(MAPI_ONE_OFF_UID, &body)
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
        let (_, [_, address_type, address]) =
            read(id.body()).filter(|_| id.provider() == Some(MAPI_ONE_OFF_UID))?;
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
        let (flags, [name, address_type, address]) = read(id.body()).ok_or_else(invalid)?;
        let mut props = PropList::new();
        props.set(PR_OBJECT_TYPE, OBJECT_TYPE);
        props.set(PR_DISPLAY_TYPE, DISPLAY_TYPE);
        props.set(PR_ENTRYID, id.as_bytes().to_vec());
        props.set(PR_RECORD_KEY, id.as_bytes().to_vec());
        let key = format!("{address_type}:{address}\0").to_uppercase();
        props.set(PR_SEARCH_KEY, key.into_bytes());
        props.set(PR_SEND_RICH_INFO, flags & NO_RICH_INFO == 0);
        props.set(PR_DISPLAY_NAME, name);
        props.set(PR_ADDRTYPE, address_type);
        props.set(PR_EMAIL_ADDRESS, address);
        Ok(Self { props })
    }
}

/// The flags and the three strings; `None` where one of them does not end.
fn read(body: &[u8]) -> Option<(u16, [String; 3])> {
    let ([_, _, low, high], strings) = body.split_first_chunk::<4>()?;
    let flags = u16::from_le_bytes([*low, *high]);
    let mut rest = strings;
    let mut next = || {
        let (text, behind) = if flags & UNICODE == 0 { narrow(rest) } else { wide(rest) }?;
        rest = behind;
        Some(text)
    };
    Some((flags, [next()?, next()?, next()?]))
}

/// A string of UTF-16, and what is behind it.
fn wide(bytes: &[u8]) -> Option<(String, &[u8])> {
    let units = bytes.as_chunks::<2>().0;
    let end = units.iter().position(|unit| *unit == [0, 0])?;
    let text: Vec<u16> = units[..end].iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Some((String::from_utf16_lossy(&text), &bytes[2 * end + 2..]))
}

/// A string of a code page that is not told, and what is behind it: UTF-8 where it is, else Western European.
fn narrow(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, behind) = (&bytes[..end], &bytes[end + 1..]);
    let western = || text.iter().map(|byte| char::from(*byte)).collect();
    Some((str::from_utf8(text).map_or_else(|_| western(), str::to_owned), behind))
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
}

impl MailUser for OneOffUser {}

fn read_only() -> Error {
    Error::new(ErrorCode::NO_ACCESS, "IMailUser", "a one-off address can only be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_header_version_flags_and_three_strings() {
        let id = one_off("A", "SMTP", "a@b");
        let expected = [
            "00000000812b1fa4bea310199d6e00dd010f5402",
            "00000080",
            "41000000",
            "53004d0054005000",
            "0000",
            "610040006200",
            "0000",
        ];
        assert_eq!(id.to_string(), expected.concat());
        assert_eq!(one_off("a\0b", "", ""), one_off("ab", "", ""));
    }
    #[test]
    fn both_widths_are_read_back_and_what_is_cut_is_refused() {
        let strings = ["Änn", "SMTP", "ann@example.org"];
        let wide = one_off(strings[0], strings[1], strings[2]);
        let narrow: Vec<u8> = strings.iter().flat_map(|text| [text.as_bytes(), &[0]].concat()).collect();
        let narrow = EntryId::new(MAPI_ONE_OFF_UID, &[&[0, 0, 1, 0], &narrow[..]].concat());
        for (id, rich) in [(&wide, true), (&narrow, false)] {
            let user = OneOffUser::open(id, OpenFlags::BEST_ACCESS).unwrap();
            let texts = [PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS].map(|tag| user.props.text(tag));
            assert_eq!(texts, strings.map(Some));
            assert_eq!(user.props.boolean(PR_SEND_RICH_INFO), Some(rich));
            assert_eq!(user.props.binary(PR_SEARCH_KEY), Some(&b"SMTP:ANN@EXAMPLE.ORG\0"[..]));
            for cut in 0..id.body().len() {
                assert!(read(&id.body()[..cut]).is_none(), "{cut}");
            }
        }
        assert_eq!(super::narrow(b"\xC4\0"), Some(("Ä".to_owned(), &b""[..])), "not UTF-8");
    }
}
