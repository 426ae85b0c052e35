//! IAttach over an attachment of the safe API.
//! Its properties and streams are `prop.rs`'s.

use super::held::{Class, Context, Held};
use super::message::message;
use super::own::{self, Own};
use super::prop::only;
use crate::interfaces::{IAttach, IAttach_Impl, IMessage, IUnknown};
use crate::marshal::prop::c_guid;
use mapi::Object;
use mapi_defs::prop::PropTag;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use std::ffi::c_void;
use std::sync::atomic::AtomicPtr;
use windows_core::{Interface, implement};

const PR_ATTACH_DATA_OBJ: u16 = 0x3701;
const MAPI_MODIFY: u32 = 1;
const MAPI_CREATE: u32 = 2;
const MAPI_DEFERRED_ERRORS: u32 = 8;

/// Makes the COM object of an attachment.
pub(super) fn attachment(attachment: mapi::Attachment, context: &Context) -> IAttach {
    own::export(Attachment(Held::new(attachment, context)))
}

/// The attachment of the safe API behind a program's pointer, if it is one of ours.
pub(super) fn known_attachment(object: &IUnknown) -> Option<mapi::Attachment> {
    own::known::<Attachment>(object).map(|known| known.0.object().clone())
}

#[implement(IAttach)]
struct Attachment(Held<mapi::Attachment>);

impl Own for Attachment {
    type Face = IAttach;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        &VTABLE
    }
}

impl Class for Attachment {
    type Object = mapi::Attachment;

    fn held(&self) -> &Held<mapi::Attachment> {
        &self.0
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        const CALL: &str = "IMAPIProp::OpenProperty";
        if tag.id() != PR_ATTACH_DATA_OBJ || c_guid(iid) != IMessage::IID {
            // A dead object says that it is dead before it says what it cannot do.
            self.0.object().with_props(|_| Ok(()))?;
            let detail = "only the data of an attachment opens as an object, as a message";
            return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, detail));
        }
        only(flags, MAPI_MODIFY | MAPI_CREATE | MAPI_DEFERRED_ERRORS, CALL)?;
        let embedded = self.0.object().open_message(flags & MAPI_CREATE != 0)?;
        Ok(message(embedded, self.0.context()).into())
    }
}

impl IAttach_Impl for Attachment_Impl {}
