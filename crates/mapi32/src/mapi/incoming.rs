//! A caller's messages, recipients and files, in Rust's words.

use super::bad;
use mapi::RecipientType;
use mapi_com::abi::{MapiFileDesc, MapiFileTagExt, MapiMessage, MapiRecipDesc};
use mapi_com::marshal::prop::counted;
use mapi_com::marshal::text::{MAPI_UNICODE, bytes8, text};
use mapi_com::marshal::{array, invalid};
use mapi_simple::{AttachedFile, Code, Failure, FileKind, MessageFlags, Party, Result, SimpleMessage};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// No place in the text.
const NOWHERE: u32 = u32::MAX;

/// A message whose texts are in the process's character set.
///
/// # Safety
/// NULL, or a message as MAPI.H has it.
pub(super) unsafe fn message(pointer: *const MapiMessage, call: &'static str) -> Result<SimpleMessage> {
    // SAFETY: as the caller promises.
    unsafe { Reader { flags: 0, call }.message(pointer) }
}

/// A message whose texts are UTF-16.
///
/// # Safety
/// NULL, or a message as MAPI.H has it for wide characters.
pub(super) unsafe fn message_w(pointer: *const MapiMessage, call: &'static str) -> Result<SimpleMessage> {
    // SAFETY: as the caller promises.
    unsafe { Reader { flags: MAPI_UNICODE, call }.message(pointer) }
}

/// One recipient.
///
/// # Safety
/// NULL, or a recipient as MAPI.H has it.
pub(super) unsafe fn party(pointer: *const MapiRecipDesc, call: &'static str) -> Result<Party> {
    // SAFETY: as the caller promises.
    unsafe { Reader { flags: 0, call }.party(&array(pointer, 1, call).map_err(bad)?[0]) }
}

/// Recipients.
///
/// # Safety
/// As many recipients as counted; NULL for none.
pub(super) unsafe fn parties(
    pointer: *const MapiRecipDesc,
    count: u32,
    call: &'static str,
) -> Result<Vec<Party>> {
    // SAFETY: as the caller promises.
    unsafe { Reader { flags: 0, call }.parties(pointer, count) }
}

/// Reads structures whose texts have the width of the flag.
struct Reader {
    flags: u32,
    call: &'static str,
}

impl Reader {
    unsafe fn message(&self, pointer: *const MapiMessage) -> Result<SimpleMessage> {
        // SAFETY: the caller's structure, and what it points to; so everywhere here.
        let mail = unsafe { array(pointer, 1, self.call) }.map_err(bad)?[0];
        // SAFETY: as above.
        unsafe {
            Ok(SimpleMessage {
                subject: self.text(mail.lpszSubject)?,
                text: self.text(mail.lpszNoteText)?,
                message_type: self.text(mail.lpszMessageType)?,
                date_received: String::new(),
                conversation: self.text(mail.lpszConversationID)?,
                flags: MessageFlags(mail.flFlags),
                originator: None,
                recipients: self.parties(mail.lpRecips, mail.nRecipCount)?,
                files: self.files(mail.lpFiles, mail.nFileCount)?,
            })
        }
    }

    unsafe fn parties(&self, pointer: *const MapiRecipDesc, count: u32) -> Result<Vec<Party>> {
        // SAFETY: the caller's array.
        let recipients = unsafe { array(pointer, count, self.call) }
            .map_err(|error| Failure::new(Code::InvalidRecips, error.to_string()))?;
        // SAFETY: what its members point to.
        recipients.iter().map(|recipient| unsafe { self.party(recipient) }).collect()
    }

    unsafe fn party(&self, recipient: &MapiRecipDesc) -> Result<Party> {
        let class = match recipient.ulRecipClass {
            0 => RecipientType::Originator,
            1 => RecipientType::To,
            2 => RecipientType::Cc,
            3 => RecipientType::Bcc,
            other => {
                return Err(Failure::new(Code::BadRecipType, format!("{other} is no kind of recipient")));
            }
        };
        // SAFETY: the caller's texts and identifier.
        unsafe {
            let id = counted(recipient.lpEntryID.cast(), recipient.ulEIDSize, self.call).map_err(bad)?;
            Ok(Party {
                class,
                name: self.text(recipient.lpszName)?,
                address: self.text(recipient.lpszAddress)?,
                entry_id: id.to_vec(),
            })
        }
    }

    unsafe fn files(&self, pointer: *const MapiFileDesc, count: u32) -> Result<Vec<AttachedFile>> {
        // SAFETY: the caller's array.
        let files = unsafe { array(pointer, count, self.call) }
            .map_err(|error| Failure::new(Code::AttachmentNotFound, error.to_string()))?;
        // SAFETY: what its members point to.
        files.iter().map(|file| unsafe { self.file(file) }).collect()
    }

    unsafe fn file(&self, file: &MapiFileDesc) -> Result<AttachedFile> {
        // SAFETY: the caller's texts and kind.
        unsafe {
            Ok(AttachedFile {
                flags: file.flFlags,
                position: Some(file.nPosition).filter(|position| *position != NOWHERE),
                path: self.path(file.lpszPathName)?,
                name: self.text(file.lpszFileName)?,
                kind: self.kind(file.lpFileType.cast())?,
            })
        }
    }

    /// A narrow path is taken byte by byte: file names here have no character set.
    unsafe fn path(&self, pointer: *const u8) -> Result<PathBuf> {
        if self.flags == 0 {
            // SAFETY: the caller's text.
            let bytes = unsafe { bytes8(pointer, self.call) }.map_err(bad)?;
            let bytes = bytes.ok_or_else(|| bad(invalid(self.call, "a file has no path")))?;
            return Ok(PathBuf::from(OsString::from_vec(bytes.to_vec())));
        }
        // SAFETY: the caller's text.
        Ok(PathBuf::from(unsafe { self.text(pointer) }?))
    }

    unsafe fn kind(&self, pointer: *const MapiFileTagExt) -> Result<Option<FileKind>> {
        if pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's structure and its bytes.
        unsafe {
            let kind = array(pointer, 1, self.call).map_err(bad)?[0];
            Ok(Some(FileKind {
                tag: counted(kind.lpTag, kind.cbTag, self.call).map_err(bad)?.to_vec(),
                encoding: counted(kind.lpEncoding, kind.cbEncoding, self.call).map_err(bad)?.to_vec(),
            }))
        }
    }

    unsafe fn text(&self, pointer: *const u8) -> Result<String> {
        // SAFETY: the caller's text.
        Ok(unsafe { text(pointer.cast(), self.flags, self.call) }.map_err(bad)?.unwrap_or_default())
    }
}
