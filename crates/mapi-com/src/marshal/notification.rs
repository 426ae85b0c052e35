//! Notifications outwards, as an advise sink of C gets them, and copying them as they are
//! (ScCountNotifications, ScCopyNotifications, ScRelocNotifications).
#![allow(non_snake_case, reason = "values for members of C structures carry the members' names")]

use super::block::{Writer, buffer};
use super::copy::{Move, put_payload, put_text, relocate_payload};
use super::prop::{put_each, put_prop, put_props, put_tags};
use super::text::MAPI_UNICODE;
use super::{array, invalid, prop::counted};
use crate::abi::{
    __UPV, CY, ENTRYID, ERROR_NOTIFICATION, EXTENDED_NOTIFICATION, MAPIERROR, NEWMAIL_NOTIFICATION,
    NOTIFICATION, NOTIFICATION_info, OBJECT_NOTIFICATION, SPropTagArray, SPropValue, SRow,
    TABLE_NOTIFICATION,
};
use mapi_defs::notification::{EventMask, Notification, ObjectEvent, TableEvent};
use mapi_defs::prop::tags::PR_INSTANCE_KEY;
use mapi_defs::prop::{Prop, PropValue};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, Result};
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr::null_mut;

const TABLE_ROW_ADDED: u32 = 3;
const TABLE_ROW_DELETED: u32 = 4;
const TABLE_ROW_MODIFIED: u32 = 5;
const TABLE_RELOAD: u32 = 9;

/// Makes an array of notifications in one buffer. Texts are UTF-16 and say so in their flags.
///
/// # Errors
/// - `MAPI_E_NOT_ENOUGH_MEMORY`, `MAPI_E_TOO_BIG`.
pub fn c_notifications(notifications: &[Notification]) -> Result<*mut NOTIFICATION> {
    buffer(|writer| put_each(writer, notifications, put_notification))
}

fn put_notification(writer: &mut Writer, notification: &Notification) -> Result<NOTIFICATION> {
    let mut info = empty();
    match notification {
        Notification::CriticalError { entry_id, code, message } => {
            let (cbEntryID, lpEntryID) = put_id(writer, entry_id)?;
            // Clients read the pointer without asking whether it is NULL.
            let lpszError = writer.put_text16(message)?.cast();
            let lpszComponent = writer.put_text16("OpenMAPI")?.cast();
            let words =
                MAPIERROR { ulVersion: 0, lpszError, lpszComponent, ulLowLevelError: 0, ulContext: 0 };
            let lpMAPIError = writer.put(&[words])?;
            let scode = code.as_u32() as i32;
            info.err = ERROR_NOTIFICATION { cbEntryID, lpEntryID, scode, ulFlags: MAPI_UNICODE, lpMAPIError };
        }
        Notification::NewMail { entry_id, parent_id, message_class, message_flags } => {
            let (cbEntryID, lpEntryID) = put_id(writer, entry_id)?;
            let (cbParentID, lpParentID) = put_id(writer, parent_id)?;
            info.newmail = NEWMAIL_NOTIFICATION {
                cbEntryID,
                lpEntryID,
                cbParentID,
                lpParentID,
                ulFlags: MAPI_UNICODE,
                lpszMessageClass: writer.put_text16(message_class)?.cast(),
                ulMessageFlags: *message_flags,
            };
        }
        Notification::Object { object, .. } => info.obj = put_object(writer, object)?,
        Notification::Table(event) => info.tab = put_table(writer, event)?,
        Notification::Extended { event, parameters } => {
            let pbEventParameters = writer.put(parameters)?;
            info.ext =
                EXTENDED_NOTIFICATION { ulEvent: *event, cb: parameters.len() as u32, pbEventParameters };
        }
    }
    Ok(NOTIFICATION { ulEventType: notification.event().0, ulAlignPad: 0, info })
}

fn put_object(writer: &mut Writer, object: &ObjectEvent) -> Result<OBJECT_NOTIFICATION> {
    let none = EntryId::default();
    let (cbEntryID, lpEntryID) = put_id(writer, &object.entry_id)?;
    let (cbParentID, lpParentID) = put_id(writer, &object.parent_id)?;
    let (cbOldID, lpOldID) = put_id(writer, object.old_id.as_ref().unwrap_or(&none))?;
    let (cbOldParentID, lpOldParentID) = put_id(writer, object.old_parent_id.as_ref().unwrap_or(&none))?;
    let lpPropTagArray = if object.tags.is_empty() { null_mut() } else { put_tags(writer, &object.tags)? };
    Ok(OBJECT_NOTIFICATION {
        cbEntryID,
        lpEntryID,
        ulObjType: object.object_type,
        cbParentID,
        lpParentID,
        cbOldID,
        lpOldID,
        cbOldParentID,
        lpOldParentID,
        lpPropTagArray,
    })
}

fn put_table(writer: &mut Writer, event: &TableEvent) -> Result<TABLE_NOTIFICATION> {
    let mut tab = TABLE_NOTIFICATION {
        ulTableEvent: TABLE_RELOAD,
        hResult: 0,
        propIndex: null_prop(),
        propPrior: null_prop(),
        row: SRow { ulAdrEntryPad: 0, cValues: 0, lpProps: null_mut() },
        ulPad: 0,
    };
    match event {
        TableEvent::Reload => {}
        TableEvent::RowAdded { index, prior, row } => {
            tab.ulTableEvent = TABLE_ROW_ADDED;
            tab.propIndex = put_key(writer, index)?;
            put_row(writer, &mut tab, prior.as_deref(), row)?;
        }
        TableEvent::RowModified { index, prior, row } => {
            tab.ulTableEvent = TABLE_ROW_MODIFIED;
            tab.propIndex = put_key(writer, index)?;
            put_row(writer, &mut tab, prior.as_deref(), row)?;
        }
        TableEvent::RowDeleted { index } => {
            tab.ulTableEvent = TABLE_ROW_DELETED;
            tab.propIndex = put_key(writer, index)?;
        }
    }
    Ok(tab)
}

fn put_row(writer: &mut Writer, tab: &mut TABLE_NOTIFICATION, prior: Option<&[u8]>, row: &Row) -> Result<()> {
    if let Some(prior) = prior {
        tab.propPrior = put_key(writer, prior)?;
    }
    tab.row.cValues = row.props.len() as u32;
    tab.row.lpProps = put_props(writer, &row.props)?;
    Ok(())
}

fn put_key(writer: &mut Writer, key: &[u8]) -> Result<SPropValue> {
    put_prop(writer, &Prop { tag: PR_INSTANCE_KEY, value: PropValue::Binary(key.to_vec()) })
}

fn put_id(writer: &mut Writer, id: &EntryId) -> Result<(u32, *mut ENTRYID)> {
    Ok((id.as_bytes().len() as u32, writer.put(id.as_bytes())?.cast()))
}

/// A property of PR_NULL: no row before, or none known.
fn null_prop() -> SPropValue {
    SPropValue { ulPropTag: 1, dwAlignPad: 0, Value: __UPV { cur: CY { int64: 0 } } }
}

fn empty() -> NOTIFICATION_info {
    // The largest member, all zero: C programs copy whole notifications.
    NOTIFICATION_info {
        tab: TABLE_NOTIFICATION {
            ulTableEvent: 0,
            hResult: 0,
            propIndex: SPropValue { ulPropTag: 0, ..null_prop() },
            propPrior: SPropValue { ulPropTag: 0, ..null_prop() },
            row: SRow { ulAdrEntryPad: 0, cValues: 0, lpProps: null_mut() },
            ulPad: 0,
        },
    }
}

/// Lays notifications of C out with everything they lead to.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an event is none that can be copied, or a pointer cannot be used.
/// - `MAPI_E_TOO_BIG`: the block is full.
///
/// # Safety
/// Each notification leads to what its event says.
pub unsafe fn put_c_notifications(
    writer: &mut Writer,
    notifications: &[NOTIFICATION],
    call: &'static str,
) -> Result<*mut NOTIFICATION> {
    put_each(writer, notifications, |writer, notification| {
        let mut copy = *notification;
        let mut put = |pointer: *mut *mut c_void, piece: Piece| {
            // SAFETY: `pieces` names the pointers of this copy and what they lead to.
            unsafe { copy_piece(writer, pointer, piece, call) }
        };
        // SAFETY: the promise is the caller's own.
        unsafe { pieces(&mut copy, call, &mut put) }?;
        Ok(copy)
    })
}

/// What a pointer in a notification leads to.
#[derive(Clone, Copy)]
enum Piece {
    /// So many bytes.
    Bytes(u32),
    /// A text of 8-bit units, or of 16-bit units.
    Text { wide: bool },
    /// An extended error with texts of that width.
    Error { wide: bool },
    /// A tag array.
    Tags,
    /// So many property values.
    Props(u32),
    /// The payload of the property value that the pointer itself is the start of.
    Payload,
}

/// Names every pointer in a notification.
///
/// # Safety
/// The notification's member is that of its event.
unsafe fn pieces(
    notification: &mut NOTIFICATION,
    call: &'static str,
    put: &mut impl FnMut(*mut *mut c_void, Piece) -> Result<()>,
) -> Result<()> {
    let event = EventMask(notification.ulEventType);
    let objects = EventMask(0xFC);
    let info = &raw mut notification.info;
    // SAFETY: the event says which member counts; its fields are only pointed at here.
    unsafe {
        if event == EventMask::CRITICAL_ERROR {
            let err = &raw mut (*info).err;
            let wide = (*err).ulFlags & MAPI_UNICODE != 0;
            put((&raw mut (*err).lpEntryID).cast(), Piece::Bytes((*err).cbEntryID))?;
            put((&raw mut (*err).lpMAPIError).cast(), Piece::Error { wide })
        } else if event == EventMask::NEW_MAIL {
            let new = &raw mut (*info).newmail;
            let wide = (*new).ulFlags & MAPI_UNICODE != 0;
            put((&raw mut (*new).lpEntryID).cast(), Piece::Bytes((*new).cbEntryID))?;
            put((&raw mut (*new).lpParentID).cast(), Piece::Bytes((*new).cbParentID))?;
            put((&raw mut (*new).lpszMessageClass).cast(), Piece::Text { wide })
        } else if event.0 != 0 && event.0 & !objects.0 == 0 {
            let obj = &raw mut (*info).obj;
            put((&raw mut (*obj).lpEntryID).cast(), Piece::Bytes((*obj).cbEntryID))?;
            put((&raw mut (*obj).lpParentID).cast(), Piece::Bytes((*obj).cbParentID))?;
            put((&raw mut (*obj).lpOldID).cast(), Piece::Bytes((*obj).cbOldID))?;
            put((&raw mut (*obj).lpOldParentID).cast(), Piece::Bytes((*obj).cbOldParentID))?;
            put((&raw mut (*obj).lpPropTagArray).cast(), Piece::Tags)
        } else if event == EventMask::TABLE_MODIFIED {
            let tab = &raw mut (*info).tab;
            put((&raw mut (*tab).propIndex).cast(), Piece::Payload)?;
            put((&raw mut (*tab).propPrior).cast(), Piece::Payload)?;
            put((&raw mut (*tab).row.lpProps).cast(), Piece::Props((*tab).row.cValues))
        } else if event == EventMask::EXTENDED {
            let ext = &raw mut (*info).ext;
            put((&raw mut (*ext).pbEventParameters).cast(), Piece::Bytes((*ext).cb))
        } else if event == EventMask::STATUS_OBJECT_MODIFIED {
            let stat = &raw mut (*info).statobj;
            put((&raw mut (*stat).lpEntryID).cast(), Piece::Bytes((*stat).cbEntryID))?;
            put((&raw mut (*stat).lpPropVals).cast(), Piece::Props((*stat).cValues))
        } else {
            Err(invalid(call, "an event is none that can be copied"))
        }
    }
}

/// # Safety
/// The pointer can be written and leads to such a piece.
unsafe fn copy_piece(
    writer: &mut Writer,
    pointer: *mut *mut c_void,
    piece: Piece,
    call: &'static str,
) -> Result<()> {
    // SAFETY: the promises are the caller's own.
    unsafe {
        if let Piece::Payload = piece {
            let value = pointer.cast::<SPropValue>();
            *value = put_payload(writer, &*value, call)?;
            return Ok(());
        }
        let from = *pointer;
        *pointer = match piece {
            Piece::Bytes(count) => writer.put(counted(from.cast(), count, call)?)?.cast(),
            _ if from.is_null() => null_mut(),
            Piece::Text { wide } => put_c_text(writer, from, wide, call)?,
            Piece::Error { wide } => {
                let mut words = array(from.cast::<MAPIERROR>(), 1, call)?[0];
                for text in [&mut words.lpszError, &mut words.lpszComponent] {
                    if !text.is_null() {
                        *text = put_c_text(writer, *text, wide, call)?;
                    }
                }
                writer.put(&[words])?.cast()
            }
            Piece::Tags => {
                let count = array(from.cast::<u32>(), 1, call)?[0];
                let words = from.wrapping_byte_add(offset_of!(SPropTagArray, aulPropTag)).cast::<u32>();
                let head = writer.put(&[count])?;
                writer.put(array(words, count, call)?)?;
                head.cast()
            }
            Piece::Props(count) => {
                super::copy::put_c_props(writer, array(from.cast(), count, call)?, call)?.cast()
            }
            Piece::Payload => from,
        };
    }
    Ok(())
}

/// Moves the pointers of notifications that [`put_c_notifications`] laid out from one base to another, and
/// returns the bytes that they take in all. As [`super::copy::relocate`].
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: an event is none that can be copied, or a pointer cannot be used.
///
/// # Safety
/// The notifications were laid out by [`put_c_notifications`] at `old`; the whole block can be read and
/// written where they are now.
pub unsafe fn relocate_notifications(
    notifications: &mut [NOTIFICATION],
    old: usize,
    new: usize,
    call: &'static str,
) -> Result<usize> {
    let by = Move { old, new, here: notifications.as_ptr() as usize };
    let mut counted = Writer::counting();
    counted.reserve::<NOTIFICATION>(notifications.len())?;
    for notification in notifications {
        let mut put = |pointer: *mut *mut c_void, piece: Piece| {
            // SAFETY: `pieces` names the pointers of this notification and what they lead to.
            unsafe { relocate_piece(&mut counted, pointer, piece, by, call) }
        };
        // SAFETY: the promise is the caller's own.
        unsafe { pieces(notification, call, &mut put) }?;
    }
    Ok(counted.used())
}

/// # Safety
/// The pointer can be written, and leads to such a piece where `by` says that it can be read.
unsafe fn relocate_piece(
    counted: &mut Writer,
    pointer: *mut *mut c_void,
    piece: Piece,
    by: Move,
    call: &'static str,
) -> Result<()> {
    // SAFETY: the promises are the caller's own.
    unsafe {
        if let Piece::Payload = piece {
            return relocate_payload(&mut *pointer.cast::<SPropValue>(), counted, by, call);
        }
        if (*pointer).is_null() {
            return Ok(());
        }
        let at = by.readable(*pointer);
        *pointer = by.moved(*pointer);
        match piece {
            Piece::Error { wide } => {
                counted.reserve::<MAPIERROR>(1)?;
                let words = at.cast::<MAPIERROR>();
                for text in [&raw mut (*words).lpszError, &raw mut (*words).lpszComponent] {
                    if !(*text).is_null() {
                        put_c_text(counted, by.readable(*text), wide, call)?;
                        *text = by.moved(*text);
                    }
                }
            }
            Piece::Props(count) => {
                counted.reserve::<SPropValue>(count as usize)?;
                let first = at.cast::<SPropValue>();
                for index in 0..array(first, count, call)?.len() {
                    relocate_payload(&mut *first.add(index), counted, by, call)?;
                }
            }
            _ => {
                // What has no pointers within is copied for its size alone.
                let mut copy = at;
                copy_piece(counted, &raw mut copy, piece, call)?;
            }
        }
    }
    Ok(())
}

/// # Safety
/// The pointer leads to a text of that width.
unsafe fn put_c_text(
    writer: &mut Writer,
    from: *mut c_void,
    wide: bool,
    call: &'static str,
) -> Result<*mut c_void> {
    // SAFETY: the promise is the caller's own.
    unsafe {
        if wide {
            Ok(put_text(writer, from.cast::<u16>(), call)?.cast())
        } else {
            Ok(put_text(writer, from.cast::<u8>(), call)?.cast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;
    use crate::memory;
    use mapi_defs::ErrorCode;
    use mapi_defs::prop::tags::PR_SUBJECT;

    fn samples() -> Vec<Notification> {
        let id = |byte: u8| EntryId::from_bytes(vec![byte; 5]);
        vec![
            Notification::CriticalError {
                entry_id: EntryId::default(),
                code: ErrorCode::CALL_FAILED,
                message: "Schluß".into(),
            },
            Notification::NewMail {
                entry_id: id(1),
                parent_id: id(2),
                message_class: "IPM.Note".into(),
                message_flags: 8,
            },
            Notification::Object {
                event: EventMask::OBJECT_MOVED,
                object: ObjectEvent {
                    object_type: 5,
                    entry_id: id(3),
                    parent_id: id(4),
                    old_id: None,
                    old_parent_id: Some(id(6)),
                    tags: vec![PR_SUBJECT],
                },
            },
            Notification::Table(TableEvent::RowAdded {
                index: vec![9],
                prior: Some(vec![7, 7]),
                row: Row { props: vec![Prop::new(PR_SUBJECT, "x"), Prop::new(PR_INSTANCE_KEY, vec![9u8])] },
            }),
            Notification::Table(TableEvent::RowDeleted { index: vec![1] }),
            Notification::Table(TableEvent::Reload),
            Notification::Extended { event: 1, parameters: vec![1, 2] },
        ]
    }

    #[test]
    fn a_copy_holds_what_the_original_held_after_that_is_gone() {
        let samples = samples();
        let original = c_notifications(&samples).unwrap();
        // SAFETY: the block holds as many notifications.
        let array = unsafe { array(original, samples.len() as u32, "t") }.unwrap();
        // SAFETY: they were just laid out.
        let copy = buffer(|writer| unsafe { put_c_notifications(writer, array, "t") }).unwrap();
        let bytes = memory::size_of_buffer(copy.cast()).unwrap();
        assert_eq!(memory::size_of_buffer(original.cast()), Some(bytes));
        memory::free(original.cast());
        // Moved to a block of its own, and its pointers after it.
        let moved = memory::allocate(bytes).unwrap().cast::<NOTIFICATION>().as_ptr();
        // SAFETY: both blocks have as many bytes, and the moved one holds the notifications.
        unsafe {
            moved.cast::<u8>().copy_from_nonoverlapping(copy.cast(), bytes);
            memory::free(copy.cast());
            let all = std::slice::from_raw_parts_mut(moved, samples.len());
            let counted = relocate_notifications(all, copy as usize, moved as usize, "t").unwrap();
            assert_eq!(counted, bytes);
        }
        let copy = moved;
        // SAFETY: the copy holds as many, each with the member of its event.
        unsafe {
            let err = &(*copy).info.err;
            assert_eq!(text::utf16((*err.lpMAPIError).lpszError.cast(), "t").unwrap().unwrap(), "Schluß");
            let new = &(*copy.add(1)).info.newmail;
            assert_eq!(text::utf16(new.lpszMessageClass.cast(), "t").unwrap().unwrap(), "IPM.Note");
            assert_eq!(counted(new.lpEntryID.cast(), new.cbEntryID, "t").unwrap(), [1; 5]);
            let obj = &(*copy.add(2)).info.obj;
            assert_eq!((obj.cbOldID, obj.lpOldID.is_null(), obj.cbOldParentID), (0, true, 5));
            assert_eq!(super::super::prop::tags(obj.lpPropTagArray, "t").unwrap().unwrap(), [PR_SUBJECT]);
            let tab = &(*copy.add(3)).info.tab;
            assert_eq!((tab.ulTableEvent, tab.row.cValues), (3, 2));
            let row = super::super::prop::props(tab.row.lpProps, 2, "t").unwrap();
            assert_eq!(row[0].value, "x".into());
            assert_eq!(super::super::prop::prop(&tab.propPrior, "t").unwrap().value, vec![7u8, 7].into());
            assert_eq!((*copy.add(6)).info.ext.cb, 2);
        }
        memory::free(copy.cast());
    }

    #[test]
    fn an_event_that_is_none_is_not_copied() {
        let odd = NOTIFICATION { ulEventType: 3, ulAlignPad: 0, info: empty() };
        // SAFETY: the event is refused before the union is read.
        assert!(unsafe { put_c_notifications(&mut Writer::counting(), &[odd], "t") }.is_err());
    }
}
