//! IMessage over a message of the safe API: of a store, in another message, or in a file.
//! Its properties are `prop.rs`'s, its attachments `attachment.rs`'s.

use super::attachment::{attachment, known_attachment};
use super::held::{Class, Context, Held};
use super::opened::{asked, interface_id};
use super::own::{self, Own};
use super::prop::only;
use crate::abi::ADRLIST;
use crate::guard::slot;
use crate::interfaces::{IAttach, IMAPIProgress, IMAPITable, IMessage, IMessage_Impl, IUnknown};
use crate::marshal::prop::c_guid;
use crate::marshal::row::rows;
use crate::marshal::text::MAPI_UNICODE;
use crate::marshal::{In, Out, OutInterface, invalid};
use mapi::Object;
use mapi_defs::flags::{OpenFlags, ReadFlags, TableFlags};
use mapi_defs::prop::tags::PR_ROWID;
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, Guid, Result};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::prop::MapiProp;
use std::ffi::c_void;
use std::sync::atomic::AtomicPtr;
use windows_core::{GUID, HRESULT, Interface, implement};

const MODRECIP_ADD: u32 = 2;
const MODRECIP_MODIFY: u32 = 4;
const MODRECIP_REMOVE: u32 = 8;
const FORCE_SUBMIT: u32 = 1;
const ATTACH_DIALOG: u32 = 1;
const PR_MESSAGE_RECIPIENTS: u16 = 0x0E12;
const PR_MESSAGE_ATTACHMENTS: u16 = 0x0E13;

/// Makes the COM object of a message.
pub fn message(message: mapi::Message, context: &Context) -> IMessage {
    own::export(Message(Held::new(message, context)))
}

/// The message of the safe API behind a program's pointer, if it is one of ours.
pub(super) fn known_message(object: &IUnknown) -> Option<mapi::Message> {
    own::known::<Message>(object).map(|known| known.0.object().clone())
}

/// The object of a message in a file, or of an attachment of one, behind a program's pointer.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: it is none; also what `call` answers.
pub fn in_file<R>(object: &IUnknown, call: impl FnOnce(&dyn MapiProp) -> Result<R>) -> Result<R> {
    if let Some(message) = known_message(object) {
        return message.with_props(call);
    }
    if let Some(attachment) = known_attachment(object) {
        return attachment.with_props(call);
    }
    Err(invalid("IMessage", "the object is no message of this library"))
}

#[implement(IMessage)]
struct Message(Held<mapi::Message>);

impl Own for Message {
    type Face = IMessage;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        &VTABLE
    }
}

impl Class for Message {
    type Object = mapi::Message;

    fn held(&self) -> &Held<mapi::Message> {
        &self.0
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        const CALL: &str = "IMAPIProp::OpenProperty";
        if c_guid(iid) != IMAPITable::IID {
            return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, "the property is a table"));
        }
        only(flags, MAPI_UNICODE | OpenFlags::ALL.0, CALL)?;
        let table = match tag.id() {
            PR_MESSAGE_RECIPIENTS => self.0.object().recipient_table(TableFlags::NONE)?,
            PR_MESSAGE_ATTACHMENTS => self.0.object().attachment_table(TableFlags::NONE)?,
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the message has no such table")),
        };
        Ok(self.0.table(table, flags)?.into())
    }

    fn copy_whole(&self, target: &IUnknown, exclude: &[u16]) -> Option<Result<()>> {
        let target = known_message(target)?;
        Some(self.0.object().copy_to(&target, exclude))
    }
}

impl IMessage_Impl for Message_Impl {
    unsafe fn GetAttachmentTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMessage::GetAttachmentTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, TableFlags::ALL.0, CALL)?;
            let table = self.0.object().attachment_table(TableFlags(flags))?;
            out.give(self.0.table(table, flags)?);
            Ok(())
        })
    }

    unsafe fn OpenAttach(
        &self,
        number: u32,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IAttach>,
    ) -> HRESULT {
        const CALL: &str = "IMessage::OpenAttach";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (iid, out) = unsafe { (interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, OpenFlags::ALL.0, CALL)?;
            let opened = self.0.object().open_attach(number, OpenFlags(flags))?;
            out.give(asked(attachment(opened, self.0.context()).into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn CreateAttach(
        &self,
        iid: *const GUID,
        flags: u32,
        number: *mut u32,
        out: OutInterface<IAttach>,
    ) -> HRESULT {
        const CALL: &str = "IMessage::CreateAttach";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameters.
            let (iid, number, out) =
                unsafe { (interface_id(iid, CALL)?, Out::required(number, CALL)?, out.required(CALL)?) };
            only(flags, OpenFlags::DEFERRED_ERRORS.0, CALL)?;
            let (made, opened) = self.0.object().create_attach()?;
            let object = asked(attachment(opened, self.0.context()).into(), iid, CALL)?;
            number.write(made);
            out.give(object);
            Ok(())
        })
    }

    unsafe fn DeleteAttach(
        &self,
        number: u32,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMessage::DeleteAttach";
        slot(&self.this, CALL, || {
            only(flags, ATTACH_DIALOG, CALL)?;
            self.0.object().delete_attach(number)
        })
    }

    unsafe fn GetRecipientTable(&self, flags: u32, out: OutInterface<IMAPITable>) -> HRESULT {
        const CALL: &str = "IMessage::GetRecipientTable";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's out parameter.
            let out = unsafe { out.required(CALL) }?;
            only(flags, TableFlags::ALL.0, CALL)?;
            let table = self.0.object().recipient_table(TableFlags(flags))?;
            out.give(self.0.table(table, flags)?);
            Ok(())
        })
    }

    unsafe fn ModifyRecipients(&self, flags: u32, list: *mut ADRLIST) -> HRESULT {
        const CALL: &str = "IMessage::ModifyRecipients";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's list, which is laid out as a row set.
            let rows =
                unsafe { rows(list.cast(), CALL) }?.ok_or_else(|| invalid(CALL, "the list is NULL"))?;
            let how = match flags {
                0 => ModifyRecipients::ReplaceAll,
                MODRECIP_ADD => ModifyRecipients::Add,
                MODRECIP_MODIFY => ModifyRecipients::Modify,
                MODRECIP_REMOVE => ModifyRecipients::Remove,
                _ => return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, CALL, "no one way of changing")),
            };
            self.0.object().modify_recipients(how, rows.into_iter().map(recipient).collect())
        })
    }

    unsafe fn SubmitMessage(&self, flags: u32) -> HRESULT {
        const CALL: &str = "IMessage::SubmitMessage";
        slot(&self.this, CALL, || {
            only(flags, FORCE_SUBMIT, CALL)?;
            self.0.object().submit()
        })
    }

    unsafe fn SetReadFlag(&self, flags: u32) -> HRESULT {
        const CALL: &str = "IMessage::SetReadFlag";
        slot(&self.this, CALL, || {
            only(flags, ReadFlags::ALL.0, CALL)?;
            self.0.object().set_read_flag(ReadFlags(flags))
        })
    }
}

/// A row of an address list as a recipient; PT_ERROR and PT_NULL say nothing.
pub(crate) fn recipient(row: Vec<Prop>) -> Recipient {
    let mut made = Recipient::default();
    let mut props = PropList::new();
    for prop in row {
        match prop.value {
            PropValue::Null | PropValue::Error(_) => {}
            _ if prop.tag.id() == PR_ROWID.id() => {
                made.row_id = prop.value.as_long().unwrap_or(0).cast_unsigned();
            }
            value => {
                props.set(prop.tag.unicode(), value.into_unicode());
            }
        }
    }
    made.props = props;
    made
}
