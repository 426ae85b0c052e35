//! Messages, recipients and files for a caller, each answer in one block.

use super::bad;
use mapi_com::abi::{MapiFileDesc, MapiFileTagExt, MapiMessage, MapiRecipDesc};
use mapi_com::marshal::block::{Writer, buffer};
use mapi_com::marshal::text::encode8z;
use mapi_defs::Result;
use mapi_simple::{AttachedFile, FileKind, IdWidth, Party, SimpleMessage};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

/// No place in the text.
const NOWHERE: u32 = u32::MAX;

/// A message in one block.
pub(super) fn c_message(message: &SimpleMessage) -> mapi_simple::Result<*mut MapiMessage> {
    buffer(|writer| put_message(writer, message)).map_err(bad)
}

/// A recipient in one block.
pub(super) fn c_party(party: &Party) -> mapi_simple::Result<*mut MapiRecipDesc> {
    buffer(|writer| put_parties(writer, std::slice::from_ref(party))).map_err(bad)
}

/// Writes the name of a message into a caller's buffer.
///
/// # Safety
/// The buffer has as many bytes as the width says.
pub(super) unsafe fn write_name(out: *mut u8, name: &str, width: IdWidth) -> mapi_simple::Result<()> {
    debug_assert!(name.len() < width.bytes(), "names are made to fit");
    // SAFETY: the name fits the buffer, and so does its NUL.
    unsafe {
        ptr::copy_nonoverlapping(name.as_ptr(), out, name.len());
        out.add(name.len()).write(0);
    }
    Ok(())
}

fn put_message(writer: &mut Writer, message: &SimpleMessage) -> Result<*mut MapiMessage> {
    let place = writer.reserve::<MapiMessage>(1)?;
    let value = MapiMessage {
        ulReserved: 0,
        lpszSubject: put_text(writer, &message.subject)?,
        lpszNoteText: put_text(writer, &message.text)?,
        lpszMessageType: put_text(writer, &message.message_type)?,
        lpszDateReceived: put_text(writer, &message.date_received)?,
        lpszConversationID: put_text(writer, &message.conversation)?,
        flFlags: message.flags.0,
        lpOriginator: put_parties(writer, message.originator.as_slice())?,
        nRecipCount: message.recipients.len() as u32,
        lpRecips: put_parties(writer, &message.recipients)?,
        nFileCount: message.files.len() as u32,
        lpFiles: put_files(writer, &message.files)?,
    };
    // SAFETY: the place was reserved for one.
    unsafe { writer.set(place, 0, value) };
    Ok(place)
}

fn put_parties(writer: &mut Writer, parties: &[Party]) -> Result<*mut MapiRecipDesc> {
    let place = writer.reserve::<MapiRecipDesc>(parties.len())?;
    for (index, party) in parties.iter().enumerate() {
        let value = MapiRecipDesc {
            ulReserved: 0,
            ulRecipClass: party.class.value() as u32,
            lpszName: put_text(writer, &party.name)?,
            lpszAddress: put_text(writer, &party.address)?,
            ulEIDSize: party.entry_id.len() as u32,
            lpEntryID: put_aligned(writer, &party.entry_id)?.cast(),
        };
        // SAFETY: the place was reserved for as many.
        unsafe { writer.set(place, index, value) };
    }
    Ok(place)
}

fn put_files(writer: &mut Writer, files: &[AttachedFile]) -> Result<*mut MapiFileDesc> {
    let place = writer.reserve::<MapiFileDesc>(files.len())?;
    for (index, file) in files.iter().enumerate() {
        let value = MapiFileDesc {
            ulReserved: 0,
            flFlags: file.flags,
            nPosition: file.position.unwrap_or(NOWHERE),
            lpszPathName: put_path(writer, &file.path)?,
            lpszFileName: put_text(writer, &file.name)?,
            lpFileType: put_kind(writer, file.kind.as_ref())?.cast(),
        };
        // SAFETY: the place was reserved for as many.
        unsafe { writer.set(place, index, value) };
    }
    Ok(place)
}

fn put_kind(writer: &mut Writer, kind: Option<&FileKind>) -> Result<*mut MapiFileTagExt> {
    let Some(kind) = kind else { return Ok(ptr::null_mut()) };
    let place = writer.reserve::<MapiFileTagExt>(1)?;
    let value = MapiFileTagExt {
        ulReserved: 0,
        cbTag: kind.tag.len() as u32,
        lpTag: writer.put(&kind.tag)?,
        cbEncoding: kind.encoding.len() as u32,
        lpEncoding: writer.put(&kind.encoding)?,
    };
    // SAFETY: the place was reserved for one.
    unsafe { writer.set(place, 0, value) };
    Ok(place)
}

fn put_text(writer: &mut Writer, text: &str) -> Result<*mut u8> {
    writer.put(&encode8z(text))
}

/// Nothing for a file that was not written.
fn put_path(writer: &mut Writer, path: &Path) -> Result<*mut u8> {
    let mut bytes = path.as_os_str().as_bytes().to_vec();
    bytes.push(0);
    writer.put(&bytes)
}

/// Identifiers begin where any structure may.
fn put_aligned(writer: &mut Writer, bytes: &[u8]) -> Result<*mut u8> {
    let words = bytes.len().div_ceil(size_of::<u64>());
    let place = writer.reserve::<u64>(words)?.cast::<u8>();
    for (index, byte) in bytes.iter().enumerate() {
        // SAFETY: the words that were reserved hold as many bytes.
        unsafe { writer.set(place, index, *byte) };
    }
    Ok(place)
}
