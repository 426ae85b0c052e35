//! Which properties the conversion carries, and which mean nothing outside the store they are in.
//!
//! What is in neither list and may be transmitted is a loss; `loss.rs` notes it.

use crate::internet_headers::field_of;
use mapi_defs::lookup::KnownName;
use mapi_defs::names::PID_NAME_KEYWORDS;
use mapi_defs::object::Property;
use mapi_defs::prop::Name;
use mapi_defs::{Guid, guids};

/// The properties of one kind of object, by identifier in ascending order.
pub(crate) struct Carried {
    /// Written, or noted as a loss where they could not be.
    written: &'static [u16],
    /// Computed, or about the store alone: never a loss.
    local: &'static [u16],
}

impl Carried {
    /// Whether nothing in the MIME stands for a property that means something elsewhere.
    pub(crate) fn loses(&self, property: &Property) -> bool {
        if property.named.is_some() {
            return !is_known_name(property);
        }
        property.tag.is_transmittable()
            && !self.written(property)
            && self.local.binary_search(&property.tag.id()).is_err()
    }

    /// Whether the MIME would carry the property if its value were there.
    pub(crate) fn expects(&self, property: &Property) -> bool {
        if property.named.is_some() { is_known_name(property) } else { self.written(property) }
    }

    fn written(&self, property: &Property) -> bool {
        self.written.binary_search(&property.tag.id()).is_ok()
    }
}

/// Named properties that are written, or that are the bookkeeping of one program.
fn is_known_name(property: &Property) -> bool {
    if field_of(property).is_some() {
        return true;
    }
    let Some(named) = &property.named else { return false };
    if KnownName::is(&PID_NAME_KEYWORDS, named) {
        return true;
    }
    match &named.name {
        Name::Id(id) => named.set == guids::PSETID_COMMON && BOOKKEEPING.contains(id),
        // The set's own names are numbers; texts in it are written by servers.
        Name::Text(_) => named.set == guids::PSETID_COMMON || SERVER_SETS.contains(&named.set),
    }
}

/// Remote entry, side effects, "no attachments shown", form storage, version of the writing program, sending
/// account, TNEF, proof that a flag is one's own.
const BOOKKEEPING: [u32; 11] =
    [0x8502, 0x8510, 0x8514, 0x851B, 0x8552, 0x8554, 0x8580, 0x8581, 0x8582, 0x8596, 0x85BF];

/// Sets in which servers keep what they found out about a message: threads, importance to its reader,
/// indexing, thumbnails, the charset of the body.
const SERVER_SETS: [Guid; 6] = [
    Guid::from_fields(0x33EB_A41F, 0x7AA8, 0x422E, *b"\xBE\x7B\x79\xE1\xA9\x8E\x54\xB3"),
    Guid::from_fields(0x2323_9608, 0x685D, 0x4732, *b"\x9C\x55\x4C\x95\xCB\x4E\x8E\x33"),
    Guid::from_fields(0x0B63_E350, 0x9CCC, 0x11D0, *b"\xBC\xDB\x00\x80\x5F\xCC\xCE\x04"),
    Guid::from_fields(0x41F2_8F13, 0x83F4, 0x4114, *b"\xA5\x84\xEE\xDB\x5A\x6B\x0B\xFF"),
    Guid::from_fields(0x9635_7F7F, 0x59E1, 0x47D0, *b"\x99\xA7\x46\x51\x5C\x18\x3B\x54"),
    Guid::from_fields(0x4E3A_7680, 0xB77A, 0x11D0, *b"\x9D\xA5\x00\xC0\x4F\xD6\x56\x85"),
];

/// A message.
pub(crate) const MESSAGE: Carried = Carried {
    written: &[
        0x0015, // PR_EXPIRY_TIME
        0x0017, // PR_IMPORTANCE
        0x0019, // PR_LATEST_DELIVERY_TIME
        0x001A, // PR_MESSAGE_CLASS
        0x0023, // PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED
        0x0026, // PR_PRIORITY
        0x0029, // PR_READ_RECEIPT_REQUESTED
        0x0030, // PR_REPLY_TIME
        0x0036, // PR_SENSITIVITY
        0x0037, // PR_SUBJECT
        0x0039, // PR_CLIENT_SUBMIT_TIME
        0x003D, // PR_SUBJECT_PREFIX
        0x0041, // PR_SENT_REPRESENTING_ENTRYID
        0x0042, // PR_SENT_REPRESENTING_NAME
        0x0046, // PR_READ_RECEIPT_ENTRYID
        0x004F, // PR_REPLY_RECIPIENT_ENTRIES
        0x0050, // PR_REPLY_RECIPIENT_NAMES
        0x0064, // PR_SENT_REPRESENTING_ADDRTYPE
        0x0065, // PR_SENT_REPRESENTING_EMAIL_ADDRESS
        0x0070, // PR_CONVERSATION_TOPIC
        0x0071, // PR_CONVERSATION_INDEX
        0x007D, // PR_TRANSPORT_MESSAGE_HEADERS
        0x0C19, // PR_SENDER_ENTRYID
        0x0C1A, // PR_SENDER_NAME
        0x0C1E, // PR_SENDER_ADDRTYPE
        0x0C1F, // PR_SENDER_EMAIL_ADDRESS
        0x1000, // PR_BODY
        0x1009, // PR_RTF_COMPRESSED
        0x1013, // PR_HTML
        0x1035, // PR_INTERNET_MESSAGE_ID
        0x1037, // PR_INTERNET_ORGANIZATION
        0x1039, // PR_INTERNET_REFERENCES
        0x1042, // PR_IN_REPLY_TO_ID
        0x1043, // PR_LIST_HELP
        0x1044, // PR_LIST_SUBSCRIBE
        0x1045, // PR_LIST_UNSUBSCRIBE
        0x3FDF, // PR_AUTO_RESPONSE_SUPPRESS
        0x5D01, // PR_SENDER_SMTP_ADDRESS
        0x5D02, // PR_SENT_REPRESENTING_SMTP_ADDRESS
    ],
    local: &[
        0x0002, // PR_ALTERNATE_RECIPIENT_ALLOWED: true unless said otherwise
        0x0016, // PR_IMPLICIT_CONVERSION_PROHIBITED
        0x003B, // PR_SENT_REPRESENTING_SEARCH_KEY
        0x003F, // PR_RECEIVED_BY_ENTRYID
        0x0040, // PR_RECEIVED_BY_NAME
        0x0043, // PR_RCVD_REPRESENTING_ENTRYID
        0x0044, // PR_RCVD_REPRESENTING_NAME
        0x0047, // PR_MESSAGE_SUBMISSION_ID
        0x0048, // PR_PROVIDER_SUBMIT_TIME
        0x0051, // PR_RECEIVED_BY_SEARCH_KEY
        0x0052, // PR_RCVD_REPRESENTING_SEARCH_KEY
        0x0053, // PR_READ_RECEIPT_SEARCH_KEY
        0x0057, // PR_MESSAGE_TO_ME
        0x0058, // PR_MESSAGE_CC_ME
        0x0059, // PR_MESSAGE_RECIP_ME
        0x0075, // PR_RECEIVED_BY_ADDRTYPE
        0x0076, // PR_RECEIVED_BY_EMAIL_ADDRESS
        0x0077, // PR_RCVD_REPRESENTING_ADDRTYPE
        0x0078, // PR_RCVD_REPRESENTING_EMAIL_ADDRESS
        0x007F, // PR_TNEF_CORRELATION_KEY
        0x0C1D, // PR_SENDER_SEARCH_KEY
        0x0C24, // identity of the sender in a directory
        0x0C25, // identity of the represented sender in a directory
        0x1006, // PR_RTF_SYNC_BODY_CRC
        0x1007, // PR_RTF_SYNC_BODY_COUNT
        0x1008, // PR_RTF_SYNC_BODY_TAG
        0x1010, // PR_RTF_SYNC_PREFIX_COUNT
        0x1011, // PR_RTF_SYNC_TRAILING_COUNT
        0x1016, // PR_NATIVE_BODY_INFO
        0x1046, // PR_INTERNET_RETURN_PATH: the envelope's
        0x1080, // PR_ICON_INDEX
        0x10F0, // PR_IMAP_CACHED_MSGSIZE
        0x10F1, // PR_OWA_URL
        0x10F2, // PR_DISABLE_FULL_FIDELITY
        0x10F3, // PR_URL_COMP_NAME
        0x10F4, // PR_ATTR_HIDDEN
        0x10F5, // PR_ATTR_SYSTEM
        0x10F6, // PR_ATTR_READONLY
        0x3000, // PR_ROWID
        0x3001, // PR_DISPLAY_NAME
        0x3007, // PR_CREATION_TIME
        0x3008, // PR_LAST_MODIFICATION_TIME
        0x300B, // PR_SEARCH_KEY
        0x3010, // key of the last change
        0x3013, // PR_CONVERSATION_ID
        0x3014, // family of the conversation
        0x3016, // conversation index tracking
        0x340D, // PR_STORE_SUPPORT_MASK
        0x340F, // PR_STORE_STATE, in some files
        0x3A40, // PR_SEND_RICH_INFO: TNEF wanted
        0x3FD9, // PR_PREVIEW
        0x3FDE, // PR_INTERNET_CPID: the charset of the HTML part
        0x3FF1, // PR_MESSAGE_LOCALE_ID
        0x3FF8, // PR_CREATOR_NAME
        0x3FF9, // PR_CREATOR_ENTRYID
        0x3FFA, // PR_LAST_MODIFIER_NAME
        0x3FFB, // PR_LAST_MODIFIER_ENTRYID
        0x3FFD, // PR_MESSAGE_CODEPAGE
        0x4019, // PR_SENDER_FLAGS
        0x401A, // PR_SENT_REPRESENTING_FLAGS
        0x401B, // PR_RCVD_BY_FLAGS
        0x401C, // PR_RCVD_REPRESENTING_FLAGS
        0x4022, // creator's address type
        0x4023, // creator's address
        0x4024, // last modifier's address type
        0x4025, // last modifier's address
        0x4030, // sender's simple display name
        0x4031, // represented sender's simple display name
        0x4034, // received-by simple display name
        0x4035, // received-representing simple display name
        0x4038, // creator's simple display name
        0x4039, // last modifier's simple display name
        0x403D, // address type of the sender in his organisation
        0x403E, // address of the sender in his organisation
        0x4059, // PR_CREATOR_FLAGS
        0x405A, // PR_MODIFIER_FLAGS
        0x4076, // PR_CONTENT_FILTER_SCL: what one server thinks of spam
        0x5902, // PR_INETMAIL_OVERRIDE_FORMAT
        0x5909, // PR_MSG_EDITOR_FORMAT
        0x5D05, // SMTP address for read receipts, the sender's own
        0x5D07, // PR_RECEIVED_BY_SMTP_ADDRESS
        0x5D08, // PR_RCVD_REPRESENTING_SMTP_ADDRESS
        0x5D0A, // creator's SMTP address
        0x5D0B, // last modifier's SMTP address
        0x5FE5, // address for instant messages
    ],
};

/// A row of the recipient table.
pub(crate) const RECIPIENT: Carried = Carried {
    written: &[
        0x0C15, // PR_RECIPIENT_TYPE
        0x3001, // PR_DISPLAY_NAME
        0x3002, // PR_ADDRTYPE
        0x3003, // PR_EMAIL_ADDRESS
        0x39FE, // PR_SMTP_ADDRESS
    ],
    local: &[
        0x0C24, // identity in a directory
        0x0C25, // identity in a directory
        0x3000, // PR_ROWID
        0x300B, // PR_SEARCH_KEY
        0x340D, // PR_STORE_SUPPORT_MASK
        0x3900, // PR_DISPLAY_TYPE
        0x3902, // PR_TEMPLATEID
        0x3904, // PR_PRIMARY_CAPABILITY
        0x3905, // PR_DISPLAY_TYPE_EX
        0x39FF, // PR_7BIT_DISPLAY_NAME
        0x3A20, // PR_TRANSMITABLE_DISPLAY_NAME
        0x3A40, // PR_SEND_RICH_INFO
        0x3A71, // PR_SEND_INTERNET_ENCODING
        0x3D01, // PR_AB_PROVIDERS
        0x403D, // address type in the organisation
        0x403E, // address in the organisation
        0x5FDE, // kind of resource
        0x5FDF, // place in the list
        0x5FE5, // address for instant messages
        0x5FF6, // PR_RECIPIENT_DISPLAY_NAME: PR_DISPLAY_NAME again
        0x5FF7, // PR_RECIPIENT_ENTRYID: PR_ENTRYID again
        0x5FFD, // PR_RECIPIENT_FLAGS
    ],
};

/// An attachment.
pub(crate) const ATTACHMENT: Carried = Carried {
    written: &[
        0x3001, // PR_DISPLAY_NAME
        0x3007, // PR_CREATION_TIME
        0x3008, // PR_LAST_MODIFICATION_TIME
        0x3701, // PR_ATTACH_DATA_BIN and _OBJ
        0x3704, // PR_ATTACH_FILENAME
        0x3705, // PR_ATTACH_METHOD
        0x3707, // PR_ATTACH_LONG_FILENAME
        0x370E, // PR_ATTACH_MIME_TAG
        0x3712, // PR_ATTACH_CONTENT_ID
        0x3713, // PR_ATTACH_CONTENT_LOCATION
        0x371B, // PR_TEXT_ATTACHMENT_CHARSET
    ],
    local: &[
        0x3000, // PR_ROWID
        0x300B, // PR_SEARCH_KEY
        0x340D, // PR_STORE_SUPPORT_MASK
        0x3703, // PR_ATTACH_EXTENSION: the end of the name
        0x3709, // PR_ATTACH_RENDERING: a picture of the icon
        0x370A, // PR_ATTACH_TAG
        0x370B, // PR_RENDERING_POSITION
        0x3710, // PR_ATTACH_MIME_SEQUENCE
        0x3714, // PR_ATTACH_FLAGS
        0x3FF1, // PR_MESSAGE_LOCALE_ID
        0x3FFD, // PR_MESSAGE_CODEPAGE
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order() {
        for carried in [MESSAGE, RECIPIENT, ATTACHMENT] {
            assert!(carried.written.is_sorted() && carried.local.is_sorted());
            assert!(carried.written.iter().all(|id| !carried.local.contains(id)));
        }
    }
}
