//! What goes in and out: messages, recipients and files as Simple MAPI has them (MapiMessage,
//! MapiRecipDesc, MapiFileDesc).

use mapi::RecipientType;
use std::path::PathBuf;

/// A message (MapiMessage).
#[derive(Clone, Default, PartialEq, Debug)]
pub struct SimpleMessage {
    /// The subject.
    pub subject: String,
    /// The text; paragraphs end with CR LF.
    pub text: String,
    /// The message class; empty for IPM.Note.
    pub message_type: String,
    /// When it was received, in local time: `YYYY/MM/DD HH:MM`. Not looked at where a message is sent.
    pub date_received: String,
    /// The conversation it belongs to; empty for none.
    pub conversation: String,
    /// What else is known of it.
    pub flags: MessageFlags,
    /// Who sent it. Not looked at where a message is sent: the sender is the user of the session.
    pub originator: Option<Party>,
    /// To whom it goes or went.
    pub recipients: Vec<Party>,
    /// Its files.
    pub files: Vec<AttachedFile>,
}

/// flFlags of a message.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct MessageFlags(pub u32);

impl MessageFlags {
    /// MAPI_UNREAD.
    pub const UNREAD: u32 = 1;
    /// MAPI_RECEIPT_REQUESTED: a read report is asked for.
    pub const RECEIPT_REQUESTED: u32 = 2;
    /// MAPI_SENT.
    pub const SENT: u32 = 4;

    /// True where the bit is set.
    pub fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// A sender or recipient (MapiRecipDesc).
#[derive(Clone, PartialEq, Debug)]
pub struct Party {
    /// Sender (MAPI_ORIG), To, Cc or Bcc.
    pub class: RecipientType,
    /// The name to show, or to look up where there is neither address nor identifier.
    pub name: String,
    /// The address, with its type as in `SMTP:ann@example.org`; without one it is an SMTP address.
    pub address: String,
    /// The entry identifier; empty where there is none.
    pub entry_id: Vec<u8>,
}

/// An attached file (MapiFileDesc).
#[derive(Clone, Default, PartialEq, Debug)]
pub struct AttachedFile {
    /// MAPI_OLE and MAPI_OLE_STATIC.
    pub flags: u32,
    /// Where in the text it is shown, in characters; `None` for no place.
    pub position: Option<u32>,
    /// Where it is on the disk; empty where it was not written there.
    pub path: PathBuf,
    /// The name to show; the last part of the path where it is empty.
    pub name: String,
    /// What kind of file it is, where somebody said.
    pub kind: Option<FileKind>,
}

/// The kind of a file as two identifiers (MapiFileTagExt).
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct FileKind {
    /// PR_ATTACH_TAG.
    pub tag: Vec<u8>,
    /// PR_ATTACH_ENCODING.
    pub encoding: Vec<u8>,
}
