//! Reading and writing .msg files: IMessage on structured storage.
//!
//! After [MS-OXMSG] on top of [MS-CFB], and after what real files do. [`MsgFile`] opens a file,
//! [`Message`] reads a message in it piece by piece, and [`Message::to_object`] makes the plain tree
//! of values that every consumer understands. [`write_message`] writes such a tree as a file.
//!
//! Files are untrusted: nothing here panics on any byte, every claimed length is checked against
//! what is there, and the figures in [`limits`] bound the work. What was tolerated is told by notes.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects))]

mod attachment;
mod codepage;
pub mod container;
mod docfile;
mod imessage;
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
mod session;
mod tree;
mod write;

pub use attachment::Attachment;
pub use container::Container;
pub use docfile::SectorSize;
pub use message::{Message, MsgFile};
pub use note::{Note, Reason};
pub use object::ObjectLimits;
pub use properties::LargeValue;
pub use recipient::Recipient;
pub use session::{MsgSession, MsgSessionEnd};
pub use tree::ValueStream;
pub use write::{
    CLSID_MAIL_MESSAGE, CLSID_TEMPLATE, TextWidth, WriteOptions, write_message, write_message_to,
};
