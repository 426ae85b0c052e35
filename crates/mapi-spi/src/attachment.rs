//! `Attachment`: what is attached to a message (IAttach).

use crate::message::Message;
use crate::no_support;
use crate::prop::MapiProp;
use crate::storage::Storage;
use crate::stream::PropStream;
use mapi_defs::Result;
use std::sync::Arc;

/// PR_ATTACH_METHOD values.
pub mod method {
    /// NO_ATTACHMENT: nothing yet.
    pub const NONE: i32 = 0;
    /// ATTACH_BY_VALUE: PR_ATTACH_DATA_BIN.
    pub const BY_VALUE: i32 = 1;
    /// ATTACH_BY_REFERENCE: a path, never followed here.
    pub const BY_REFERENCE: i32 = 2;
    /// ATTACH_BY_REF_RESOLVE.
    pub const BY_REF_RESOLVE: i32 = 3;
    /// ATTACH_BY_REF_ONLY.
    pub const BY_REF_ONLY: i32 = 4;
    /// ATTACH_EMBEDDED_MSG: a message.
    pub const EMBEDDED_MSG: i32 = 5;
    /// ATTACH_OLE: a structured storage.
    pub const OLE: i32 = 6;
    /// Attached by a link to the web.
    pub const BY_WEB_REFERENCE: i32 = 7;
}

/// An attachment. Its save makes it part of the message's pending state, the message's save permanent.
///
/// # Source
/// IAttach : IMAPIProp.
pub trait Attachment: MapiProp {
    /// Opens the embedded message; `create` makes an empty one (OpenProperty of PR_ATTACH_DATA_OBJ as IMessage).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and `create` is not set.
    /// - `MAPI_E_NO_ACCESS`: `create` on an attachment open for reading.
    fn open_message(&self, create: bool) -> Result<Arc<dyn Message>> {
        let _ = create;
        no_support("Attachment::open_message")
    }

    /// Opens the OLE storage; `create` makes an empty one (OpenProperty of PR_ATTACH_DATA_OBJ as IStorage).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and `create` is not set.
    fn open_storage(&self, create: bool) -> Result<Arc<dyn Storage>> {
        let _ = create;
        no_support("Attachment::open_storage")
    }

    /// Opens the OLE storage as the bytes of a compound file; what is written into them takes its place
    /// at their commit (OpenProperty of PR_ATTACH_DATA_OBJ as IStreamDocfile).
    ///
    /// # Errors
    /// - `MAPI_E_NOT_FOUND`: there is none, and `create` is not set.
    fn open_docfile(&self, create: bool) -> Result<Arc<dyn PropStream>> {
        let _ = create;
        no_support("Attachment::open_docfile")
    }
}
