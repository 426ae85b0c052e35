//! Attaching: files of the disk become attachments by value.

use crate::failure::{Code, Failure, Result};
use crate::message::AttachedFile;
use mapi::object::Object;
use mapi::{Attachment, Message, SaveFlags, StreamFlags};
use mapi_defs::prop::tags::{
    PR_ATTACH_DATA_BIN, PR_ATTACH_ENCODING, PR_ATTACH_FILENAME, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD,
    PR_ATTACH_TAG, PR_RENDERING_POSITION,
};
use mapi_spi::attachment::method;
use std::fs::File;
use std::io::{self, ErrorKind};

/// PR_RENDERING_POSITION of what is shown nowhere in the text.
pub(crate) const NOWHERE: i32 = -1;

/// Attaches one file by value. The bytes go through a buffer of fixed size.
pub(crate) fn attach(message: &Message, file: &AttachedFile) -> Result<()> {
    if file.flags != 0 {
        return Err(Failure::new(Code::NotSupported, "an OLE object cannot be made of a file"));
    }
    let mut content = open(file)?;
    let (_, attachment) = message.create_attach()?;
    describe(&attachment, file)?;
    let flags = StreamFlags::CREATE | StreamFlags::MODIFY;
    let mut stream = attachment.open_stream(PR_ATTACH_DATA_BIN, flags)?;
    io::copy(&mut content, &mut stream).map_err(|error| cannot_read(file, &error))?;
    stream.commit()?;
    attachment.save(SaveFlags::NONE)?;
    Ok(())
}

/// Opens the file of an attachment.
pub(crate) fn open(file: &AttachedFile) -> Result<File> {
    let opened = File::open(&file.path).map_err(|error| cannot_read(file, &error))?;
    let known = opened.metadata().map_err(|error| cannot_read(file, &error))?;
    if known.is_file() {
        return Ok(opened);
    }
    let detail = format!("{} is not a file", file.path.display());
    Err(Failure::new(Code::AttachmentOpenFailure, detail))
}

fn describe(attachment: &Attachment, file: &AttachedFile) -> Result<()> {
    let of_path =
        || file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if file.name.is_empty() { of_path() } else { file.name.clone() };
    attachment.set(PR_ATTACH_METHOD, method::BY_VALUE)?;
    attachment.set(PR_ATTACH_FILENAME, name.as_str())?;
    attachment.set(PR_ATTACH_LONG_FILENAME, name.as_str())?;
    let position = file.position.and_then(|position| i32::try_from(position).ok()).unwrap_or(NOWHERE);
    attachment.set(PR_RENDERING_POSITION, position)?;
    if let Some(kind) = &file.kind {
        attachment.set(PR_ATTACH_TAG, kind.tag.clone())?;
        attachment.set(PR_ATTACH_ENCODING, kind.encoding.clone())?;
    }
    Ok(())
}

fn cannot_read(file: &AttachedFile, error: &io::Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::NotFound => Code::AttachmentNotFound,
        _ => Code::AttachmentOpenFailure,
    };
    Failure::new(code, format!("{}: {error}", file.path.display()))
}
