//! Notifications inwards: what a provider in a library tells its sinks, or says by IMAPISupport::Notify.
//! Outwards they go in `notification.rs`.

use super::array;
use super::prop::{counted, prop, props, tags};
use super::text::text;
use crate::abi::{MAPIERROR, NOTIFICATION, OBJECT_NOTIFICATION, SPropValue, TABLE_NOTIFICATION};
use mapi_defs::notification::{EventMask, Notification, ObjectEvent, TableEvent};
use mapi_defs::prop::PropValue;
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, Result};

const TABLE_ROW_ADDED: u32 = 3;
const TABLE_ROW_DELETED: u32 = 4;
const TABLE_ROW_MODIFIED: u32 = 5;
/// Most notifications of one call.
const MOST_NOTIFICATIONS: u32 = 1 << 16;

/// Reads notifications. An event that MAPI has no name for is left out.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: a pointer or count cannot be used.
///
/// # Safety
/// The pointer leads to as many notifications, each with the member of its event.
pub(crate) unsafe fn notifications(
    pointer: *const NOTIFICATION,
    count: u32,
    call: &'static str,
) -> Result<Vec<Notification>> {
    if count > MOST_NOTIFICATIONS {
        return Err(super::invalid(call, "too many notifications at once"));
    }
    let mut read = Vec::new();
    // SAFETY: the promise is the caller's own.
    for notification in unsafe { array(pointer, count, call) }? {
        // SAFETY: as above.
        read.extend(unsafe { one(notification, call) }?);
    }
    Ok(read)
}

/// # Safety
/// The event says which member of the union is there.
unsafe fn one(notification: &NOTIFICATION, call: &'static str) -> Result<Option<Notification>> {
    let event = EventMask(notification.ulEventType);
    let objects = EventMask::OBJECT_CREATED
        | EventMask::OBJECT_DELETED
        | EventMask::OBJECT_MODIFIED
        | EventMask::OBJECT_MOVED
        | EventMask::OBJECT_COPIED
        | EventMask::SEARCH_COMPLETE;
    // SAFETY: the event says which member it is; the rest is the caller's promise.
    unsafe {
        let info = &notification.info;
        Ok(Some(match event {
            EventMask::CRITICAL_ERROR => Notification::CriticalError {
                entry_id: id(info.err.cbEntryID, info.err.lpEntryID.cast(), call)?,
                code: ErrorCode::from_u32(info.err.scode as u32).unwrap_or(ErrorCode::CALL_FAILED),
                message: words(info.err.lpMAPIError, info.err.ulFlags, call)?,
            },
            EventMask::NEW_MAIL => Notification::NewMail {
                entry_id: id(info.newmail.cbEntryID, info.newmail.lpEntryID.cast(), call)?,
                parent_id: id(info.newmail.cbParentID, info.newmail.lpParentID.cast(), call)?,
                message_class: text(info.newmail.lpszMessageClass, info.newmail.ulFlags, call)?
                    .unwrap_or_default(),
                message_flags: info.newmail.ulMessageFlags,
            },
            EventMask::TABLE_MODIFIED => Notification::Table(table(&info.tab, call)?),
            EventMask::EXTENDED => Notification::Extended {
                event: info.ext.ulEvent,
                parameters: counted(info.ext.pbEventParameters, info.ext.cb, call)?.to_vec(),
            },
            _ if event.intersects(objects) && event.0.is_power_of_two() => {
                Notification::Object { event, object: object(&info.obj, call)? }
            }
            _ => return Ok(None),
        }))
    }
}

/// # Safety
/// NULL, or an error with texts of the width in `flags`.
unsafe fn words(error: *const MAPIERROR, flags: u32, call: &'static str) -> Result<String> {
    if error.is_null() {
        return Ok(String::new());
    }
    // SAFETY: the promise is the caller's own.
    unsafe { Ok(text(array(error, 1, call)?[0].lpszError, flags, call)?.unwrap_or_default()) }
}

/// # Safety
/// The pointer leads to as many bytes.
unsafe fn id(bytes: u32, pointer: *const u8, call: &'static str) -> Result<EntryId> {
    // SAFETY: the promise is the caller's own.
    Ok(EntryId::from_bytes(unsafe { counted(pointer, bytes, call) }?))
}

/// # Safety
/// The members are what the structure says.
unsafe fn object(from: &OBJECT_NOTIFICATION, call: &'static str) -> Result<ObjectEvent> {
    let known = |id: EntryId| Some(id).filter(|id| !id.is_empty());
    // SAFETY: the promise is the caller's own.
    unsafe {
        Ok(ObjectEvent {
            object_type: from.ulObjType,
            entry_id: id(from.cbEntryID, from.lpEntryID.cast(), call)?,
            parent_id: id(from.cbParentID, from.lpParentID.cast(), call)?,
            old_id: known(id(from.cbOldID, from.lpOldID.cast(), call)?),
            old_parent_id: known(id(from.cbOldParentID, from.lpOldParentID.cast(), call)?),
            tags: tags(from.lpPropTagArray, call)?.unwrap_or_default(),
        })
    }
}

/// # Safety
/// The members are what the structure says.
unsafe fn table(from: &TABLE_NOTIFICATION, call: &'static str) -> Result<TableEvent> {
    // SAFETY: the promise is the caller's own.
    unsafe {
        let row = || -> Result<Row> { Ok(Row { props: props(from.row.lpProps, from.row.cValues, call)? }) };
        Ok(match (from.ulTableEvent, key(&from.propIndex, call)?) {
            (TABLE_ROW_ADDED, Some(index)) => {
                TableEvent::RowAdded { index, prior: key(&from.propPrior, call)?, row: row()? }
            }
            (TABLE_ROW_MODIFIED, Some(index)) => {
                TableEvent::RowModified { index, prior: key(&from.propPrior, call)?, row: row()? }
            }
            (TABLE_ROW_DELETED, Some(index)) => TableEvent::RowDeleted { index },
            // Whatever else happened, reading the table again is right after it.
            _ => TableEvent::Reload,
        })
    }
}

/// The instance key that a row is named by; none where it is named by something else.
///
/// # Safety
/// The value's member is the one of its tag.
unsafe fn key(value: &SPropValue, call: &'static str) -> Result<Option<Vec<u8>>> {
    // SAFETY: the promise is the caller's own.
    Ok(match unsafe { prop(value, call) }?.value {
        PropValue::Binary(key) if !key.is_empty() => Some(key),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marshal::notification::c_notifications;
    use mapi_defs::prop::Prop;
    use mapi_defs::prop::tags::PR_SUBJECT;

    #[test]
    fn what_goes_out_comes_in_again() {
        let object = ObjectEvent {
            object_type: 5,
            entry_id: EntryId::from_bytes(b"one".as_slice()),
            parent_id: EntryId::from_bytes(b"two".as_slice()),
            old_id: None,
            old_parent_id: Some(EntryId::from_bytes(b"three".as_slice())),
            tags: vec![PR_SUBJECT],
        };
        let row = Row { props: vec![Prop::new(PR_SUBJECT, "Grüße")] };
        let told = vec![
            Notification::Object { event: EventMask::OBJECT_MOVED, object },
            Notification::NewMail {
                entry_id: EntryId::from_bytes(b"mail".as_slice()),
                parent_id: EntryId::from_bytes(b"in".as_slice()),
                message_class: "IPM.Note".to_owned(),
                message_flags: 2,
            },
            Notification::Table(TableEvent::RowAdded { index: b"k".to_vec(), prior: None, row: row.clone() }),
            Notification::Table(TableEvent::RowModified {
                index: b"k".to_vec(),
                prior: Some(b"p".to_vec()),
                row,
            }),
            Notification::Table(TableEvent::RowDeleted { index: b"k".to_vec() }),
            Notification::Table(TableEvent::Reload),
            Notification::Extended { event: 7, parameters: b"abc".to_vec() },
            Notification::CriticalError {
                entry_id: EntryId::default(),
                code: ErrorCode::NETWORK_ERROR,
                message: "gone".to_owned(),
            },
        ];
        let block = c_notifications(&told).unwrap();
        // SAFETY: the block was just made with as many.
        let read = unsafe { notifications(block, told.len() as u32, "t") }.unwrap();
        crate::memory::free(block.cast());
        assert_eq!(read, told);
    }
}
