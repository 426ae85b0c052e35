//! Copying between any two objects (IMAPIProp::CopyTo, IMAPISupport::DoCopyTo).
//!
//! Named properties are translated by name, since each store and file numbers them for itself; large
//! values go from stream to stream. `read.rs` makes a plain tree of a message, `fill.rs` a message
//! of a plain tree.

mod fill;
mod names;
mod read;

pub use fill::fill_message;
pub use read::{message_object, properties};

use crate::attachment::Attachment;
use crate::message::{Message, ModifyRecipients};
use crate::progress::{NoProgress, Progress, step};
use crate::prop::MapiProp;
use crate::storage::Storage;
use crate::stream::{PropStream, StreamCursor};
use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags};
use mapi_defs::prop::{Prop, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Result};
use names::Translation;
use std::io::{Read, Write};
use std::sync::Arc;

/// How deep messages may be embedded in one another.
pub const EMBEDDED_DEPTH: usize = 64;

/// PR_ATTACH_METHOD.
const ATTACH_METHOD: PropTag = PropTag::new(0x3705, PropType::LONG);
/// PR_ATTACH_DATA_BIN and PR_ATTACH_DATA_OBJ share this identifier.
const ATTACH_DATA: u16 = 0x3701;
/// PR_ROWID: a recipient row's place in its own table.
const ROW_ID: u16 = 0x3000;

/// Copies a message with its recipients, attachments and embedded messages into another, unsaved.
///
/// Properties whose identifier is in `exclude` are left out at the top level. Properties that the
/// destination computes for itself are left to it. The recipients and attachments of the destination
/// stay and the copied ones are added to them.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: both are the same object, or the destination is read-only.
/// - `MAPI_E_TOO_BIG`: embedded more than [`EMBEDDED_DEPTH`] deep.
/// - Whatever reading or writing answers.
pub fn copy_message(from: &dyn Message, to: &dyn Message, exclude: &[u16]) -> Result<()> {
    copy_message_with(from, to, exclude, &NoProgress).map(drop)
}

/// As [`copy_message`], told how far it has come: the properties and recipients are one step, and each
/// attachment is. Returns the properties of the message itself that the destination did not take.
///
/// # Errors
/// - As [`copy_message`].
/// - `MAPI_E_USER_CANCEL`: `progress` asked to stop; what was copied until then stays in the destination,
///   unsaved.
pub fn copy_message_with(
    from: &dyn Message,
    to: &dyn Message,
    exclude: &[u16],
    progress: &dyn Progress,
) -> Result<Vec<PropProblem>> {
    if std::ptr::addr_eq(from.as_any(), to.as_any()) {
        return Err(Error::new(
            ErrorCode::NO_ACCESS,
            "copy_message",
            "source and destination are one object",
        ));
    }
    copy_at_depth(from, to, exclude, (0, progress))
}

/// How deep, and who watches.
type At<'a> = (usize, &'a dyn Progress);

fn copy_at_depth(
    from: &dyn Message,
    to: &dyn Message,
    exclude: &[u16],
    (depth, progress): At<'_>,
) -> Result<Vec<PropProblem>> {
    if depth > EMBEDDED_DEPTH {
        return Err(too_deep());
    }
    let problems = copy_properties(from, to, exclude)?;
    copy_recipients(from, to)?;
    let numbers = from.attachments()?;
    let all = numbers.len() as u64 + 1;
    for (number, done) in numbers.into_iter().zip(1..) {
        step(progress, "CopyTo", done, all)?;
        let source = from.open_attach(number, OpenFlags::NONE)?;
        let (_, target) = to.create_attach()?;
        copy_attachment(&*source, &*target, depth)?;
    }
    step(progress, "CopyTo", all, all)?;
    Ok(problems)
}

/// Copies the properties of one object into another, unsaved; see [`copy_message`] for the rules.
///
/// # Errors
/// - Whatever reading or writing answers.
pub fn copy_props(from: &dyn MapiProp, to: &dyn MapiProp, exclude: &[u16]) -> Result<()> {
    copy_properties(from, to, exclude).map(drop)
}

/// Returns the properties that the destination computes or refuses: CopyTo goes on past them.
fn copy_properties(from: &dyn MapiProp, to: &dyn MapiProp, exclude: &[u16]) -> Result<Vec<PropProblem>> {
    let held = from.props(None)?;
    let wanted: Vec<Prop> = held.into_iter().filter(|prop| !exclude.contains(&prop.tag.id())).collect();
    let large = large_tags(from, &wanted)?;
    let translation = Translation::between(from, to, wanted.iter().map(|prop| prop.tag.id()))?;
    let small =
        wanted.into_iter().filter(|prop| !matches!(prop.value, PropValue::Error(_) | PropValue::Object));
    let translated: Vec<Prop> = small.filter_map(|prop| translation.prop(prop)).collect();
    let problems = to.set_props(&translated)?;
    for tag in large {
        if let Some(to_tag) = translation.tag(tag) {
            copy_stream(from, tag, to, to_tag)?;
        }
    }
    Ok(problems)
}

/// The tags, with their real types, of values that [`MapiProp::props`] held back for their size.
fn large_tags(from: &dyn MapiProp, props: &[Prop]) -> Result<Vec<PropTag>> {
    let held_back: Vec<u16> =
        props.iter().filter(|prop| is_held_back(&prop.value)).map(|prop| prop.tag.id()).collect();
    if held_back.is_empty() {
        return Ok(Vec::new());
    }
    Ok(from.prop_list()?.into_iter().filter(|tag| held_back.contains(&tag.id())).collect())
}

fn is_held_back(value: &PropValue) -> bool {
    matches!(value, PropValue::Error(code) if *code == ErrorCode::NOT_ENOUGH_MEMORY)
}

fn copy_stream(from: &dyn MapiProp, tag: PropTag, to: &dyn MapiProp, to_tag: PropTag) -> Result<()> {
    let source = from.open_stream(tag, StreamFlags::NONE)?;
    let target = to.open_stream(to_tag.unicode(), StreamFlags::CREATE | StreamFlags::MODIFY)?;
    copy_bytes(source, &target)
}

fn copy_bytes(source: Arc<dyn PropStream>, target: &Arc<dyn PropStream>) -> Result<()> {
    let mut read = StreamCursor::new(source);
    let mut write = StreamCursor::new(target.clone());
    pump(&mut read, &mut write)?;
    target.commit()
}

/// Copies with one buffer of 64 KiB, whatever the length.
fn pump(read: &mut dyn Read, write: &mut dyn Write) -> Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = read.read(&mut buffer).map_err(stream_failed)?;
        if count == 0 {
            return Ok(());
        }
        write.write_all(&buffer[..count]).map_err(stream_failed)?;
    }
}

fn stream_failed(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(inner) => inner,
        Err(other) => {
            Error::new(ErrorCode::DISK_ERROR, "copy_stream", "the bytes cannot be copied").with_source(other)
        }
    }
}

fn copy_recipients(from: &dyn Message, to: &dyn Message) -> Result<()> {
    let rows = from.recipients()?;
    let ids = rows.iter().flat_map(|row| row.props.tags()).map(PropTag::id);
    let translation = Translation::between(from, to, ids)?;
    let rows = rows.into_iter().map(|row| Recipient {
        row_id: row.row_id,
        props: row
            .props
            .into_iter()
            .filter(|prop| prop.tag.id() != ROW_ID)
            .filter_map(|prop| translation.prop(prop))
            .collect(),
    });
    let rows: Vec<Recipient> = rows.collect();
    if rows.is_empty() { Ok(()) } else { to.modify_recipients(ModifyRecipients::Add, rows) }
}

fn copy_attachment(from: &dyn Attachment, to: &dyn Attachment, depth: usize) -> Result<()> {
    copy_props(from, to, &[])?;
    let held =
        from.prop_list()?.into_iter().any(|tag| tag.id() == ATTACH_DATA && tag.ptype() == PropType::OBJECT);
    let method = from.props(Some(&[ATTACH_METHOD]))?.first().and_then(|prop| prop.value.as_long());
    if held
        || matches!(method, Some(crate::attachment::method::EMBEDDED_MSG | crate::attachment::method::OLE))
    {
        copy_object(from, to, depth)?;
    }
    to.save_changes(SaveFlags::KEEP_OPEN_READONLY)
}

/// Copies the embedded message or the OLE storage; an attachment that has neither stays without.
fn copy_object(from: &dyn Attachment, to: &dyn Attachment, depth: usize) -> Result<()> {
    match from.open_message(false) {
        Ok(message) => {
            let target = to.open_message(true)?;
            copy_at_depth(&*message, &*target, &[], (depth + 1, &NoProgress))?;
            return target.save_changes(SaveFlags::KEEP_OPEN_READONLY);
        }
        Err(error) if is_absent(&error) => {}
        Err(error) => return Err(error),
    }
    match from.open_storage(false) {
        Ok(storage) => copy_storage(&*storage, &*to.open_storage(true)?, 0),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::NOT_FOUND | ErrorCode::NO_SUPPORT | ErrorCode::INTERFACE_NOT_SUPPORTED)
}

fn copy_storage(from: &dyn Storage, to: &dyn Storage, depth: usize) -> Result<()> {
    fill::storage(&read::storage(from, depth)?, to, depth)
}

fn too_deep() -> Error {
    let detail = format!("messages are embedded more than {EMBEDDED_DEPTH} deep");
    Error::new(ErrorCode::TOO_BIG, "copy_message", detail)
}
