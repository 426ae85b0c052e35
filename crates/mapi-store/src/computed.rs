//! Properties that the store computes: the fixed table of docs/store-schema.md.
//!
//! None of them is a named property, a property of a recipient or of an attachment, except the numbers
//! by which rows are told apart.

use crate::engine::record::{RowRecord, View};
use crate::entry_id::{Kind, ObjectId, PROVIDER};
use crate::logon::Logon;
use mapi_defs::FileTime;
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue, tags};
use mapi_defs::recipient::{Recipient, RecipientType};

/// PR_STORE_SUPPORT_MASK: STORE_ENTRYID_UNIQUE, SEARCH_OK left out, MODIFY_OK, CREATE_OK, ATTACH_OK,
/// OLE_OK, SUBMIT_OK, MV_PROPS_OK, UNICODE_OK, ITEMPROC left out.
const SUPPORT: i32 = 0x1 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x200 | 0x0004_0000;
/// What a store that is open for reading has not: MODIFY_OK, CREATE_OK and SUBMIT_OK.
const SUPPORT_WRITING: i32 = 0x8 | 0x10 | 0x80;
/// MAPI_ACCESS_MODIFY, READ and DELETE, of a message.
const ACCESS_MESSAGE: i32 = 0x1 | 0x2 | 0x4;
/// MAPI_ACCESS_READ.
pub(crate) const ACCESS_READ: i32 = 0x2;

/// Identifiers that a message computes and nobody sets.
pub(crate) const MESSAGE: [PropTag; 20] = [
    tags::PR_DISPLAY_BCC,
    tags::PR_DISPLAY_CC,
    tags::PR_DISPLAY_TO,
    tags::PR_MESSAGE_SIZE,
    tags::PR_PARENT_ENTRYID,
    tags::PR_MESSAGE_RECIPIENTS,
    tags::PR_MESSAGE_ATTACHMENTS,
    tags::PR_SUBMIT_FLAGS,
    tags::PR_MSG_STATUS,
    tags::PR_HASATTACH,
    tags::PR_ACCESS,
    tags::PR_INSTANCE_KEY,
    tags::PR_ACCESS_LEVEL,
    tags::PR_MAPPING_SIGNATURE,
    tags::PR_RECORD_KEY,
    tags::PR_STORE_RECORD_KEY,
    tags::PR_STORE_ENTRYID,
    tags::PR_OBJECT_TYPE,
    tags::PR_ENTRYID,
    tags::PR_STORE_SUPPORT_MASK,
];

/// True for what a message computes and nobody sets. PR_MESSAGE_FLAGS is between: see `message/`.
pub(crate) fn is_of_message(id: u16) -> bool {
    MESSAGE.iter().any(|tag| tag.id() == id)
}

/// What the computed properties of a message are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Number and guard; `None` before the first save.
    pub(crate) object: Option<(i64, u32)>,
    /// Number and guard of the folder; `None` of an embedded message.
    pub(crate) folder: Option<(i64, u32)>,
    /// PR_MESSAGE_FLAGS.
    pub(crate) flags: u32,
    /// PR_MSG_STATUS.
    pub(crate) status: u32,
    /// PR_MESSAGE_SIZE.
    pub(crate) size: u64,
    /// True where the object may be changed.
    pub(crate) can_write: bool,
}

impl Facts {
    /// The facts of a row.
    pub(crate) fn of(row: &RowRecord, can_write: bool) -> Self {
        Self {
            object: Some((row.id, row.guard)),
            folder: (row.view != View::Embedded).then_some((row.folder, row.folder_guard)),
            flags: row.flags | if row.view.is_associated() { MessageFlags::ASSOCIATED.0 } else { 0 },
            status: row.status,
            size: row.size,
            can_write,
        }
    }

    /// The computed value with this tag; `None` where it is not computed from facts.
    pub(crate) fn value(&self, tag: PropTag, logon: &Logon) -> Option<PropValue> {
        let message = |(number, guard)| ObjectId { kind: Kind::Message, number, guard };
        let store = logon.store_uid();
        let binary = |bytes: &[u8]| Some(PropValue::Binary(bytes.to_vec()));
        Some(match tag.id() {
            0x0E07 => PropValue::Long(self.flags as i32),
            0x0E08 if tag.ptype() == PropType::I8 => {
                PropValue::I8(i64::try_from(self.size).unwrap_or(i64::MAX))
            }
            0x0E08 => PropValue::Long(i32::try_from(self.size).unwrap_or(i32::MAX)),
            0x0E09 => {
                let (number, guard) = self.folder?;
                return binary(logon.entry_id(Kind::Folder, number, guard).as_bytes());
            }
            0x0E17 => PropValue::Long(self.status as i32),
            0x0E1B => PropValue::Boolean(self.flags & MessageFlags::HASATTACH.0 != 0),
            0x0FF4 => PropValue::Long(if self.can_write { ACCESS_MESSAGE } else { ACCESS_READ }),
            0x0FF6 | 0x0FF9 => return binary(&message(self.object?).key()),
            0x0FF7 => PropValue::Long(i32::from(self.can_write)),
            0x0FF8 | 0x0FFA => return binary(&store.0),
            0x0FFB => return binary(logon.store_entry_id().as_bytes()),
            0x0FFE => PropValue::Long(Kind::Message as i32),
            0x0FFF => {
                self.folder?;
                return binary(message(self.object?).entry_id(store).as_bytes());
            }
            0x340D => PropValue::Long(support(logon)),
            _ => return None,
        })
    }

    /// Every computed property.
    pub(crate) fn all(&self, logon: &Logon) -> PropList {
        let mut list = PropList::new();
        for tag in MESSAGE.iter().chain([&tags::PR_MESSAGE_FLAGS]) {
            if let Some(value) = self.value(*tag, logon) {
                list.set(*tag, value);
            }
        }
        list
    }
}

/// The times, which what was set goes before.
pub(crate) fn time(id: u16, created: FileTime, modified: FileTime) -> Option<PropValue> {
    match id {
        0x3007 if created.0 != 0 => Some(PropValue::SysTime(created)),
        0x3008 if modified.0 != 0 => Some(PropValue::SysTime(modified)),
        _ => None,
    }
}

/// PR_SUBJECT_PREFIX and PR_NORMALIZED_SUBJECT where they were not set: the subject is split behind
/// a first colon that at most three letters stand before.
pub(crate) fn subject_part(id: u16, subject: Option<&str>) -> Option<PropValue> {
    let subject = subject?;
    let (prefix, rest) = split_subject(subject);
    match id {
        0x003D => Some(PropValue::Unicode(prefix.to_owned())),
        0x0E1D => Some(PropValue::Unicode(rest.to_owned())),
        _ => None,
    }
}

/// Prefix with its colon and space, and the rest.
pub(crate) fn split_subject(subject: &str) -> (&str, &str) {
    let Some((before, after)) = subject.split_once(':') else { return ("", subject) };
    let letters = before.chars().count();
    if !(1..=3).contains(&letters) || !before.chars().all(char::is_alphabetic) || !after.starts_with(' ') {
        return ("", subject);
    }
    subject.split_at(before.len() + 2)
}

/// PR_DISPLAY_TO, PR_DISPLAY_CC and PR_DISPLAY_BCC.
pub(crate) fn display(recipients: &[Recipient], kind: RecipientType) -> String {
    let of_kind = recipients.iter().filter(|row| row.kind() == kind);
    of_kind.filter_map(Recipient::display_name).collect::<Vec<_>>().join("; ")
}

/// PR_STORE_SUPPORT_MASK by the way in which the store is open.
fn support(logon: &Logon) -> i32 {
    if logon.can_write() { SUPPORT } else { SUPPORT & !SUPPORT_WRITING }
}

/// Properties that every object of the store has.
pub(crate) fn of_every_object(list: &mut PropList, logon: &Logon, object: ObjectId) {
    let id = object.entry_id(logon.store_uid());
    list.set(tags::PR_ENTRYID, id.as_bytes().to_vec());
    list.set(tags::PR_OBJECT_TYPE, object.kind as i32);
    list.set(tags::PR_STORE_ENTRYID, logon.store_entry_id().as_bytes().to_vec());
    list.set(tags::PR_STORE_RECORD_KEY, logon.store_uid().0.to_vec());
    list.set(tags::PR_MAPPING_SIGNATURE, logon.store_uid().0.to_vec());
    list.set(tags::PR_STORE_SUPPORT_MASK, support(logon));
    list.set(tags::PR_MDB_PROVIDER, PROVIDER.0.to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_split_behind_a_short_prefix_only() {
        for (subject, prefix, rest) in [
            ("Re: a", "Re: ", "a"),
            ("AW: Re: a", "AW: ", "Re: a"),
            ("Later: a", "", "Later: a"),
            ("10: a", "", "10: a"),
            ("Re:a", "", "Re:a"),
            (": a", "", ": a"),
            ("", "", ""),
        ] {
            assert_eq!(split_subject(subject), (prefix, rest), "{subject}");
        }
    }
}
