//! Reading and writing .msg files: IMessage on structured storage.
//!
//! After [MS-OXMSG] on top of [MS-CFB], and after what real files do. [`MsgFile`] opens a file,
//! [`Message`] reads a message in it piece by piece, and [`Message::to_object`] makes the plain tree
//! of values that every consumer understands. [`write_message`] writes such a tree as a file.
//!
//! ```
//! use mapi_defs::prop::tags::{PR_ATTACH_LONG_FILENAME, PR_SUBJECT};
//! use mapi_msg::MsgFile;
//!
//! # fn main() -> mapi_defs::Result<()> {
//! let message = MsgFile::open("../../samples/welcome.msg")?.message()?;
//! assert_eq!(message.properties().text(PR_SUBJECT), Some("Welcome to OpenMAPI"));
//! for attachment in message.attachments() {
//!     if let Some(mut data) = attachment.data()? {
//!         let name = attachment.properties().text(PR_ATTACH_LONG_FILENAME);
//!         println!("{} of {} bytes", name.unwrap_or("unnamed"), data.len());
//!         std::io::copy(&mut data, &mut std::io::sink()).expect("memory can be read");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A message that is to be changed, or made step by step, is opened on a storage: [`open_on_storage`],
//! or a [`MsgSession`] where several end together. [`DocStorage`] is a file, memory or a stream as such
//! a storage; a client may bring its own.
//!
//! ```
//! use mapi_defs::flags::SaveFlags;
//! use mapi_defs::prop::Prop;
//! use mapi_defs::prop::tags::PR_SUBJECT;
//! use mapi_msg::{DocStorage, OnStorage, OnStorageFlags, SectorSize, open_on_storage};
//! use mapi_spi::prop::MapiProp;
//! use std::sync::Arc;
//!
//! # fn main() -> mapi_defs::Result<()> {
//! let storage = DocStorage::in_memory(SectorSize::Bytes512);
//! let with = OnStorage { flags: OnStorageFlags::UNICODE, ..OnStorage::default() };
//! let message = open_on_storage(Arc::new(storage.clone()), with)?;
//! message.set_props(&[Prop::new(PR_SUBJECT, "Lunch")])?;
//! message.save_changes(SaveFlags::NONE)?;
//! drop(message);
//! assert!(storage.to_bytes()?.starts_with(b"\xD0\xCF\x11\xE0"));
//! # Ok(())
//! # }
//! ```
//!
//! Files are untrusted: nothing here panics on any byte, every claimed length is checked against
//! what is there, and the figures in [`limits`] bound the work. What was tolerated is told by notes.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects))]

mod attachment;
mod check;
mod codepage;
pub mod container;
mod docfile;
mod imessage;
mod imsg;
mod layout;
pub mod limits;
mod little_endian;
mod message;
mod named_map;
mod note;
mod object;
mod properties;
mod property_stream;
mod property_value;
mod recipient;
mod rtf_sync;
mod scode;
mod session;
mod storage;
mod tree;
mod write;

pub use attachment::Attachment;
pub use check::Checked;
pub use container::Container;
pub use docfile::SectorSize;
pub use imsg::{
    OnStorage, OnStorageFlags, PROPATTR_MANDATORY, PROPATTR_NOT_PRESENT, PROPATTR_READABLE,
    PROPATTR_WRITEABLE, ReleaseCallback, StorageAttachment, StorageMessage, attributes_on_storage,
    open_on_storage, set_attributes_on_storage,
};
pub use message::{Message, MsgFile};
pub use note::{Note, Reason};
pub use object::ObjectLimits;
pub use properties::LargeValue;
pub use recipient::Recipient;
pub use rtf_sync::{SyncedBodies, rtf_sync, synchronize_bodies};
pub use scode::map_storage_scode;
pub use session::{MsgSession, MsgSessionEnd};
pub use storage::{DocStorage, storage_from_stream};
pub use tree::ValueStream;
pub use write::{
    CLSID_MAIL_MESSAGE, CLSID_TEMPLATE, TextWidth, WriteOptions, write_message, write_message_to,
};
