//! IMessage on a file: `Message` and `Attachment` as the objects that every MAPI client knows.
//!
//! For reading; whatever would change the file answers `MAPI_E_NO_ACCESS`, and what makes no sense
//! without a store `MAPI_E_NO_SUPPORT`. Sessions over such messages are `session.rs`.

use crate::attachment::Attachment;
use crate::message::Message;
use crate::properties::LargeValue;
use crate::recipient::Recipient;
use crate::tree::ValueStream;
use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags};
use mapi_defs::prop::tags::{PR_ATTACH_DATA_OBJ, PR_ROWID};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result, recipient};
use mapi_spi::attachment::Attachment as IAttach;
use mapi_spi::message::{Message as IMessage, ModifyRecipients};
use mapi_spi::prop::{MapiProp, SMALL_VALUE_BYTES};
use mapi_spi::storage::Storage;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// What IMAPIProp needs of an object in a file.
trait Held {
    fn list(&self) -> &PropList;
    fn large(&self) -> &[LargeValue];
    fn whole(&self, tag: PropTag) -> Result<Cow<'_, PropValue>>;
    fn raw(&self, tag: PropTag) -> Result<ValueStream>;
    fn name(&self, id: u16) -> Option<&NamedProp>;
    fn id(&self, name: &NamedProp) -> Option<u16>;
    /// True where PR_ATTACH_DATA_OBJ can be opened.
    fn has_object(&self) -> bool;
}

impl Held for Message {
    fn list(&self) -> &PropList {
        self.properties()
    }

    fn large(&self) -> &[LargeValue] {
        self.large_values()
    }

    fn whole(&self, tag: PropTag) -> Result<Cow<'_, PropValue>> {
        self.value(tag)
    }

    fn raw(&self, tag: PropTag) -> Result<ValueStream> {
        self.stream(tag)
    }

    fn name(&self, id: u16) -> Option<&NamedProp> {
        self.parts.names.name(id)
    }

    fn id(&self, name: &NamedProp) -> Option<u16> {
        self.parts.names.id(name)
    }

    fn has_object(&self) -> bool {
        false
    }
}

impl Held for Attachment {
    fn list(&self) -> &PropList {
        self.properties()
    }

    fn large(&self) -> &[LargeValue] {
        self.large_values()
    }

    fn whole(&self, tag: PropTag) -> Result<Cow<'_, PropValue>> {
        self.value(tag)
    }

    fn raw(&self, tag: PropTag) -> Result<ValueStream> {
        self.stream(tag)
    }

    fn name(&self, id: u16) -> Option<&NamedProp> {
        self.parts.names.name(id)
    }

    fn id(&self, name: &NamedProp) -> Option<u16> {
        self.parts.names.id(name)
    }

    fn has_object(&self) -> bool {
        self.layout.storage(PR_ATTACH_DATA_OBJ).is_some()
    }
}

macro_rules! prop_methods {
    () => {
        fn as_any(&self) -> &dyn Any {
            self
        }

        fn props(&self, tags: Option<&[PropTag]>) -> Result<Vec<Prop>> {
            Ok(props(self, tags))
        }

        fn prop_list(&self) -> Result<Vec<PropTag>> {
            Ok(prop_list(self))
        }

        fn set_props(&self, _props: &[Prop]) -> Result<Vec<PropProblem>> {
            read_only("IMAPIProp::SetProps")
        }

        fn delete_props(&self, _tags: &[PropTag]) -> Result<Vec<PropProblem>> {
            read_only("IMAPIProp::DeleteProps")
        }

        fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
            open_stream(self, tag, flags)
        }

        fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
            read_only("IMAPIProp::SaveChanges")
        }

        fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
            Ok(ids.iter().map(|id| self.name(*id).cloned()).collect())
        }

        fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
            let ids: Vec<Option<u16>> = names.iter().map(|name| self.id(name)).collect();
            if create && ids.contains(&None) { read_only("IMAPIProp::GetIDsFromNames") } else { Ok(ids) }
        }
    };
}

impl MapiProp for Message {
    prop_methods!();
}

impl MapiProp for Attachment {
    prop_methods!();
}

impl IMessage for Message {
    fn recipients(&self) -> Result<Vec<recipient::Recipient>> {
        Ok(Self::recipients(self).map(|row| row_of(&row)).collect())
    }

    fn modify_recipients(&self, _how: ModifyRecipients, _rows: Vec<recipient::Recipient>) -> Result<()> {
        read_only("IMessage::ModifyRecipients")
    }

    fn attachments(&self) -> Result<Vec<u32>> {
        Ok(self.layout.attachments.iter().map(|(number, _)| *number).collect())
    }

    fn open_attach(&self, number: u32, flags: OpenFlags) -> Result<Arc<dyn IAttach>> {
        const CALL: &str = "IMessage::OpenAttach";
        if flags.contains(OpenFlags::MODIFY) && !flags.contains(OpenFlags::BEST_ACCESS) {
            return read_only(CALL);
        }
        let position = self.layout.attachments.iter().position(|(held, _)| *held == number);
        let attachment = position.and_then(|position| self.attachment(position));
        let missing = || Error::new(ErrorCode::NOT_FOUND, CALL, format!("there is no attachment {number}"));
        Ok(Arc::new(attachment.ok_or_else(missing)?))
    }

    fn create_attach(&self) -> Result<(u32, Arc<dyn IAttach>)> {
        read_only("IMessage::CreateAttach")
    }

    fn delete_attach(&self, _number: u32) -> Result<()> {
        read_only("IMessage::DeleteAttach")
    }
}

impl IAttach for Attachment {
    fn open_message(&self, create: bool) -> Result<Arc<dyn IMessage>> {
        const CALL: &str = "IAttach::OpenProperty";
        match self.message()? {
            Some(message) => Ok(Arc::new(message)),
            None if create => read_only(CALL),
            None => Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment holds no message")),
        }
    }

    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        const CALL: &str = "IAttach::OpenProperty";
        match self.storage()? {
            Some(storage) => Ok(storage),
            None if create => read_only(CALL),
            None => Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the attachment holds no storage")),
        }
    }
}

fn read_only<T>(call: &'static str) -> Result<T> {
    Err(Error::new(ErrorCode::NO_ACCESS, call, "the file is open for reading"))
}

fn row_of(row: &Recipient) -> recipient::Recipient {
    let mut props = row.properties().clone();
    props.remove(PR_ROWID.id());
    recipient::Recipient { row_id: row.number(), props }
}

fn prop_list(object: &dyn Held) -> Vec<PropTag> {
    let mut tags: Vec<PropTag> = object.list().tags().collect();
    tags.extend(object.large().iter().map(|large| large.tag));
    tags.extend(object.has_object().then_some(PR_ATTACH_DATA_OBJ));
    tags.sort_unstable();
    tags.dedup_by_key(|tag| tag.id());
    tags
}

fn props(object: &dyn Held, tags: Option<&[PropTag]>) -> Vec<Prop> {
    match tags {
        Some(tags) => tags.iter().map(|tag| prop(object, *tag)).collect(),
        None => prop_list(object).into_iter().map(|tag| prop(object, tag)).collect(),
    }
}

/// One property in the width asked for, `PT_ERROR` where there is none or it is too large.
fn prop(object: &dyn Held, tag: PropTag) -> Prop {
    let error = |code| Prop { tag: tag.with_type(PropType::ERROR), value: PropValue::Error(code) };
    if tag.id() == PR_ATTACH_DATA_OBJ.id() && object.has_object() {
        return Prop { tag: PR_ATTACH_DATA_OBJ, value: PropValue::Object };
    }
    match object.whole_if_small(tag) {
        Ok(Some(value)) => Prop::new(tag, in_width(value, tag.ptype())),
        Ok(None) => error(ErrorCode::NOT_ENOUGH_MEMORY),
        Err(fault) => error(fault.code()),
    }
}

/// Text in the width asked for; anything else, and text asked for as any type, as it is.
pub(crate) fn in_width(value: PropValue, asked: PropType) -> PropValue {
    match (value, asked) {
        (PropValue::String8(text), PropType::UNICODE) => PropValue::Unicode(text),
        (PropValue::Unicode(text), PropType::STRING8) => PropValue::String8(text),
        (PropValue::MvString8(texts), PropType::MV_UNICODE) => PropValue::MvUnicode(texts),
        (PropValue::MvUnicode(texts), PropType::MV_STRING8) => PropValue::MvString8(texts),
        (value, _) => value,
    }
}

impl dyn Held + '_ {
    /// The value, or `None` where it is too large to be returned with the others.
    fn whole_if_small(&self, tag: PropTag) -> Result<Option<PropValue>> {
        let is_large =
            |large: &&LargeValue| large.tag.id() == tag.id() && large.len > SMALL_VALUE_BYTES as u64;
        if self.large().iter().any(|large| is_large(&large) && is_streamed(large.tag)) {
            return Ok(None);
        }
        let value = self.whole(tag)?;
        let is_held_back =
            is_streamed(tag.with_type(value.ptype())) && value.size_bytes() > SMALL_VALUE_BYTES;
        Ok(if is_held_back { None } else { Some(value.into_owned()) })
    }
}

/// Only text and bytes have streams; many values are returned however long.
pub(crate) fn is_streamed(tag: PropTag) -> bool {
    matches!(tag.ptype(), PropType::STRING8 | PropType::UNICODE | PropType::BINARY)
}

fn open_stream(object: &dyn Held, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
    const CALL: &str = "IMAPIProp::OpenProperty";
    if flags.intersects(StreamFlags::CREATE | StreamFlags::MODIFY) {
        return read_only(CALL);
    }
    match tag.ptype() {
        PropType::UNSPECIFIED => Err(Error::new(ErrorCode::INVALID_PARAMETER, CALL, "a tag without a type")),
        PropType::BINARY => {
            Ok(Arc::new(FileStream { len: object.raw(tag)?.len(), bytes: Mutex::new(object.raw(tag)?) }))
        }
        PropType::STRING8 | PropType::UNICODE => match object.whole(tag)?.into_owned() {
            PropValue::String8(text) | PropValue::Unicode(text) => Ok(Arc::new(text.into_bytes())),
            _ => Err(Error::new(ErrorCode::NOT_FOUND, CALL, "there is no text of this tag")),
        },
        _ => Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, format!("{tag} is no stream"))),
    }
}

/// A binary value, read piece by piece.
struct FileStream {
    len: u64,
    bytes: Mutex<ValueStream>,
}

impl PropStream for FileStream {
    fn len(&self) -> Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let mut stream = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let read = stream.seek(SeekFrom::Start(offset)).and_then(|_| stream.read(bytes));
        read.map_err(|fault| {
            Error::new(ErrorCode::CORRUPT_DATA, "IStream::Read", "the value cannot be read")
                .with_source(fault)
        })
    }

    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> Result<usize> {
        read_only("IStream::Write")
    }

    fn set_len(&self, _len: u64) -> Result<()> {
        read_only("IStream::SetSize")
    }

    fn commit(&self) -> Result<()> {
        read_only("IStream::Commit")
    }
}
