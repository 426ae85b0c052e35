//! What the store in memory computes: the properties of its objects, and their rows in tables.

use super::content::{
    AttachedObject, AttachmentBody, Content, FOLDER, FolderData, Id, MESSAGE, MessageBody, MessageData,
    Queued,
};
use mapi_defs::flags::MessageFlags;
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{PropList, PropTag, PropType, PropValue};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_spi::prop::SMALL_VALUE_BYTES;
use mapi_spi::table::TableRow;

/// Properties of messages that are computed.
const MESSAGE_COMPUTED: [PropTag; 19] = [
    PR_ENTRYID,
    PR_RECORD_KEY,
    PR_PARENT_ENTRYID,
    PR_STORE_ENTRYID,
    PR_STORE_RECORD_KEY,
    PR_OBJECT_TYPE,
    PR_ACCESS,
    PR_ACCESS_LEVEL,
    PR_MESSAGE_SIZE,
    PR_HASATTACH,
    PR_DISPLAY_TO,
    PR_DISPLAY_CC,
    PR_DISPLAY_BCC,
    PR_CREATION_TIME,
    PR_LAST_MODIFICATION_TIME,
    PR_MSG_STATUS,
    PR_SUBMIT_FLAGS,
    PR_MESSAGE_RECIPIENTS,
    PR_MESSAGE_ATTACHMENTS,
];

/// Properties of folders that are computed.
const FOLDER_COMPUTED: [PropTag; 15] = [
    PR_ENTRYID,
    PR_RECORD_KEY,
    PR_PARENT_ENTRYID,
    PR_STORE_ENTRYID,
    PR_STORE_RECORD_KEY,
    PR_OBJECT_TYPE,
    PR_ACCESS,
    PR_FOLDER_TYPE,
    PR_SUBFOLDERS,
    PR_FOLDER_CHILD_COUNT,
    PR_CONTENT_COUNT,
    PR_CONTENT_UNREAD,
    PR_ASSOC_CONTENT_COUNT,
    PR_DELETED_MSG_COUNT,
    PR_CREATION_TIME,
];

pub(super) fn is_computed_of_message(tag: PropTag) -> bool {
    MESSAGE_COMPUTED.iter().any(|computed| computed.id() == tag.id())
}

pub(super) fn is_computed_of_folder(tag: PropTag) -> bool {
    FOLDER_COMPUTED.iter().any(|computed| computed.id() == tag.id())
}

pub(super) fn is_computed_of_attachment(tag: PropTag) -> bool {
    let computed = [PR_ATTACH_NUM, PR_ATTACH_SIZE, PR_OBJECT_TYPE, PR_RECORD_KEY, PR_ACCESS_LEVEL];
    computed.iter().any(|computed| computed.id() == tag.id())
}

/// PR_DISPLAY_NAME alone can be set, and what a client keeps there for itself.
pub(super) fn is_computed_of_store(content: &Content, tag: PropTag) -> bool {
    let computed = [
        PR_ENTRYID,
        PR_RECORD_KEY,
        PR_STORE_ENTRYID,
        PR_STORE_RECORD_KEY,
        PR_OBJECT_TYPE,
        PR_MDB_PROVIDER,
        PR_STORE_SUPPORT_MASK,
        PR_VALID_FOLDER_MASK,
    ];
    let is_folder = content.store_props.binary(tag).is_some_and(|held| {
        content.parse_id(&mapi_defs::EntryId::from_bytes(held), "MapiProp::set_props").is_ok()
    });
    is_folder || computed.iter().any(|computed| computed.id() == tag.id())
}

pub(super) fn store_props(content: &Content) -> PropList {
    // STORE_SUBMIT_OK, STORE_NOTIFY_OK, STORE_CREATE_OK, STORE_MODIFY_OK, STORE_ATTACH_OK, STORE_SORT_OK,
    // STORE_RESTRICTION_OK, STORE_CATEGORIZE_OK, STORE_UNICODE_OK, STORE_ENTRYID_UNIQUE.
    const SUPPORTED: i32 = 0x10 | 0x100 | 0x8 | 0x20 | 0x200 | 0x1000 | 0x800 | 0x400 | 0x4_0000 | 0x1;
    let mut props = content.store_props.clone();
    set_identity(&mut props, content, content.store_entry_id().as_bytes());
    props.set(PR_OBJECT_TYPE, 1);
    props.set(PR_MDB_PROVIDER, content.uid.0.to_vec());
    props.set(PR_STORE_SUPPORT_MASK, SUPPORTED);
    props
}

pub(super) fn folder_props(content: &Content, id: Id, folder: &FolderData) -> PropList {
    let mut props = folder.props.clone();
    set_identity(&mut props, content, content.entry_id(FOLDER, id).as_bytes());
    let above = content.entry_id(FOLDER, folder.parent.unwrap_or(id));
    props.set(PR_PARENT_ENTRYID, above.as_bytes().to_vec());
    props.set(PR_OBJECT_TYPE, i32::from(FOLDER));
    props.set(PR_ACCESS, 0x3F);
    props.set(PR_FOLDER_TYPE, i32::from(folder.parent.is_some()));
    props.set(PR_DEPTH, 1);
    let below = content.children(id).len();
    props.set(PR_SUBFOLDERS, below > 0);
    props.set(PR_FOLDER_CHILD_COUNT, count(below));
    let held = || folder.messages.iter().filter_map(|id| content.messages.get(id));
    let shown = || held().filter(|message| !message.soft_deleted);
    props.set(PR_CONTENT_COUNT, count(shown().filter(|message| !message.associated).count()));
    props.set(PR_ASSOC_CONTENT_COUNT, count(shown().filter(|message| message.associated).count()));
    props.set(PR_DELETED_MSG_COUNT, count(held().filter(|message| message.soft_deleted).count()));
    let is_unread = |message: &&MessageData| !message.associated && message.flags & MessageFlags::READ.0 == 0;
    props.set(PR_CONTENT_UNREAD, count(shown().filter(is_unread).count()));
    props
}

/// The properties of a saved message.
pub(super) fn message_props(content: &Content, id: Id, message: &MessageData) -> PropList {
    let mut props = body_props(&message.body, message.flags);
    set_identity(&mut props, content, content.entry_id(MESSAGE, id).as_bytes());
    props.set(PR_PARENT_ENTRYID, content.entry_id(FOLDER, message.folder).as_bytes().to_vec());
    props.set(PR_ACCESS, 0x7);
    props.set(PR_CREATION_TIME, message.created);
    props.set(PR_LAST_MODIFICATION_TIME, message.modified);
    props.set(PR_MSG_STATUS, message.status.cast_signed());
    if let Some(queued) = content.queued(id) {
        props.set(PR_SUBMIT_FLAGS, queued.submit_flags.cast_signed());
    }
    props
}

/// The properties of any message, saved or not, in a folder or in an attachment.
pub(super) fn body_props(body: &MessageBody, flags: u32) -> PropList {
    let mut props = body.props.clone();
    let has_attachments = !body.attachments.is_empty();
    let attached = if has_attachments { MessageFlags::HASATTACH.0 } else { 0 };
    props.set(PR_MESSAGE_FLAGS, (flags & !MessageFlags::HASATTACH.0 | attached).cast_signed());
    props.set(PR_HASATTACH, has_attachments);
    props.set(PR_OBJECT_TYPE, i32::from(MESSAGE));
    props.set(PR_MESSAGE_SIZE, count(body_size(body)));
    for (tag, kind) in [
        (PR_DISPLAY_TO, RecipientType::To),
        (PR_DISPLAY_CC, RecipientType::Cc),
        (PR_DISPLAY_BCC, RecipientType::Bcc),
    ] {
        let of_kind = body.recipients.iter().filter(|recipient| recipient.kind() == kind);
        let names: Vec<&str> = of_kind.filter_map(Recipient::display_name).collect();
        props.set(tag, names.join("; "));
    }
    props
}

pub(super) fn attachment_props(number: u32, body: &AttachmentBody) -> PropList {
    let mut props = body.props.clone();
    props.set(PR_ATTACH_NUM, number.cast_signed());
    props.set(PR_OBJECT_TYPE, 7);
    props.set(PR_RECORD_KEY, number.to_be_bytes().to_vec());
    props.set(PR_ATTACH_SIZE, count(attachment_size(body)));
    if !matches!(body.object, AttachedObject::None) {
        props.set(PR_ATTACH_DATA_BIN.with_type(PropType::OBJECT), PropValue::Object);
    }
    props
}

pub(super) fn recipient_row(recipient: &Recipient) -> PropList {
    let mut props = recipient.props.clone();
    props.set(PR_ROWID, recipient.row_id.cast_signed());
    props.set(PR_OBJECT_TYPE, 6);
    props
}

pub(super) fn message_row(content: &Content, id: Id, message: &MessageData) -> TableRow {
    let mut props = message_props(content, id, message);
    props.retain(|prop| prop.value.size_bytes() <= SMALL_VALUE_BYTES);
    let recipients = message.body.recipients.iter().map(recipient_row).collect();
    let attached = message.body.attachments.iter();
    let attachments = attached.map(|(number, body)| attachment_props(*number, body)).collect();
    let below = vec![(PR_MESSAGE_RECIPIENTS, recipients), (PR_MESSAGE_ATTACHMENTS, attachments)];
    TableRow { props, below }
}

pub(super) fn queue_row(content: &Content, queued: &Queued, message: &MessageData) -> TableRow {
    let mut props = message_row(content, queued.message, message).props;
    props.set(PR_SUBMIT_FLAGS, queued.submit_flags.cast_signed());
    queued.notes.write(&mut props);
    TableRow::from(props)
}

pub(super) fn receive_row(content: &Content, class: &str, folder: Id) -> TableRow {
    let mut props = PropList::new();
    props.set(PR_MESSAGE_CLASS, class);
    props.set(PR_ENTRYID, content.entry_id(FOLDER, folder).as_bytes().to_vec());
    props.set(PR_RECORD_KEY, content.entry_id(FOLDER, folder).as_bytes().to_vec());
    TableRow::from(props)
}

fn set_identity(props: &mut PropList, content: &Content, entry_id: &[u8]) {
    props.set(PR_ENTRYID, entry_id.to_vec());
    props.set(PR_RECORD_KEY, entry_id.to_vec());
    props.set(PR_STORE_ENTRYID, content.store_entry_id().as_bytes().to_vec());
    props.set(PR_STORE_RECORD_KEY, content.uid.0.to_vec());
}

fn body_size(body: &MessageBody) -> usize {
    let props = size(&body.props);
    let recipients: usize = body.recipients.iter().map(|recipient| size(&recipient.props)).sum();
    props + recipients + body.attachments.values().map(attachment_size).sum::<usize>()
}

fn attachment_size(body: &AttachmentBody) -> usize {
    let object = match &body.object {
        AttachedObject::Message(message) => body_size(message),
        _ => 0,
    };
    size(&body.props) + object
}

fn size(props: &PropList) -> usize {
    props.iter().map(|prop| prop.value.size_bytes()).sum()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
