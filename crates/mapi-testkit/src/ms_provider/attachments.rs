//! Attachments, embedded messages and OLE storages.

use super::*;
use mapi_defs::Guid;
use mapi_defs::flags::StreamFlags;
use mapi_spi::attachment::{Attachment, method};
use mapi_spi::copy::{copy_message, fill_message, message_object};
use mapi_spi::stream::StreamCursor;
use std::io::Read;

/// The tests of this file.
pub const ALL: &[(&str, Test)] = &[
    ("an_attachment_is_there_once_both_are_saved", an_attachment_is_there_once_both_are_saved),
    ("attachments_keep_large_data", attachments_keep_large_data),
    ("deleted_attachments_leave_gaps", deleted_attachments_leave_gaps),
    ("attachments_change_by_their_own_save", attachments_change_by_their_own_save),
    ("messages_are_embedded_at_any_depth", messages_are_embedded_at_any_depth),
    ("embedded_messages_cannot_be_sent", embedded_messages_cannot_be_sent),
    ("storages_are_kept_whole", storages_are_kept_whole),
    ("the_attachment_table_shows_the_rows", the_attachment_table_shows_the_rows),
    ("copied_messages_are_the_same", copied_messages_are_the_same),
];

fn attach(message: &dyn Message, name: &str, data: &[u8]) -> u32 {
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_METHOD, method::BY_VALUE);
    set(&*attachment, PR_ATTACH_LONG_FILENAME, name);
    set(&*attachment, PR_ATTACH_DATA_BIN, data.to_vec());
    save(&*attachment);
    number
}

fn file_name(message: &dyn Message, number: u32) -> String {
    text(&*message.open_attach(number, OpenFlags::NONE).unwrap(), PR_ATTACH_LONG_FILENAME)
}

fn embed(message: &dyn Message, fill: impl FnOnce(&dyn Message)) -> u32 {
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_METHOD, method::EMBEDDED_MSG);
    let inner = attachment.open_message(true).unwrap();
    fill(&*inner);
    save(&*inner);
    save(&*attachment);
    number
}

fn embedded(message: &dyn Message, number: u32) -> Arc<dyn Message> {
    message.open_attach(number, OpenFlags::NONE).unwrap().open_message(false).unwrap()
}

/// Created is not yet attached; attached is not yet saved.
pub fn an_attachment_is_there_once_both_are_saved(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let id = create_message(&*open.inbox(), "x");
    let message = open.message(&id);
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_LONG_FILENAME, "plan.txt");
    assert!(message.attachments().unwrap().is_empty(), "the attachment is not saved");
    save(&*attachment);
    assert_eq!(message.attachments().unwrap(), [number]);
    assert!(open.message(&id).attachments().unwrap().is_empty(), "the message is not saved");
    assert_eq!(value(&*open.message(&id), PR_HASATTACH), PropValue::Boolean(false));
    save(&*message);
    drop((attachment, message, open));
    let open = fixture.open();
    let message = open.message(&id);
    assert_eq!(message.attachments().unwrap(), [number]);
    assert_eq!(value(&*message, PR_HASATTACH), PropValue::Boolean(true));
    assert_ne!(long(&*message, PR_MESSAGE_FLAGS) & 0x10, 0, "MSGFLAG_HASATTACH");
    let attachment = message.open_attach(number, OpenFlags::NONE).unwrap();
    assert_eq!(text(&*attachment, PR_ATTACH_LONG_FILENAME), "plan.txt");
    assert_eq!(long(&*attachment, PR_ATTACH_NUM), number.cast_signed());
}

/// Data of any size goes in by property or stream and comes out as a stream.
pub fn attachments_keep_large_data(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let message = open.inbox().create_message(false).unwrap();
    let data: Vec<u8> = (0..300_000_u32).map(|at| (at % 253) as u8).collect();
    let first = attach(&*message, "a", &data);
    let (second, attachment) = message.create_attach().unwrap();
    let stream =
        attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::CREATE | StreamFlags::MODIFY).unwrap();
    stream.write_at(0, &data).unwrap();
    stream.commit().unwrap();
    save(&*attachment);
    save(&*message);
    let id = entry_id(&*message);
    drop((stream, attachment, message, open));
    let open = fixture.open();
    let message = open.message(&id);
    for number in [first, second] {
        let attachment = message.open_attach(number, OpenFlags::NONE).unwrap();
        assert!(long(&*attachment, PR_ATTACH_SIZE) >= 300_000);
        let stream = attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
        let mut read = Vec::new();
        StreamCursor::new(stream).read_to_end(&mut read).unwrap();
        assert!(read == data, "attachment {number}");
    }
}

/// Numbers stay with their attachments.
pub fn deleted_attachments_leave_gaps(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let numbers: Vec<u32> = ["a", "b", "c"].iter().map(|name| attach(&*message, name, b"x")).collect();
    save(&*message);
    message.delete_attach(numbers[1]).unwrap();
    assert_eq!(code(message.delete_attach(numbers[1])), ErrorCode::NOT_FOUND);
    assert_eq!(code(message.open_attach(numbers[1], OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    let id = entry_id(&*message);
    assert_eq!(open.message(&id).attachments().unwrap(), numbers, "not saved yet");
    save(&*message);
    let message = open.message(&id);
    assert_eq!(message.attachments().unwrap(), [numbers[0], numbers[2]]);
    assert_eq!(file_name(&*message, numbers[2]), "c");
    let new = attach(&*message, "d", b"x");
    save(&*message);
    assert_eq!(open.message(&id).attachments().unwrap().len(), 3);
    assert_eq!(file_name(&*open.message(&id), new), "d");
    assert_eq!(file_name(&*open.message(&id), numbers[0]), "a");
}

/// What is changed in an attachment counts once it is saved, and is dropped otherwise.
pub fn attachments_change_by_their_own_save(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let number = attach(&*message, "old", b"x");
    save(&*message);
    let id = entry_id(&*message);
    let dropped = message.open_attach(number, OpenFlags::MODIFY).unwrap();
    set(&*dropped, PR_ATTACH_LONG_FILENAME, "dropped");
    drop(dropped);
    save(&*message);
    assert_eq!(file_name(&*open.message(&id), number), "old");
    let saved = message.open_attach(number, OpenFlags::MODIFY).unwrap();
    set(&*saved, PR_ATTACH_LONG_FILENAME, "new");
    save(&*saved);
    assert_eq!(file_name(&*open.message(&id), number), "old", "the message is not saved");
    save(&*message);
    assert_eq!(file_name(&*open.message(&id), number), "new");
    let reading = open.message(&id).open_attach(number, OpenFlags::NONE).unwrap();
    assert_eq!(code(reading.set_props(&[Prop::new(PR_ATTACH_LONG_FILENAME, "x")])), ErrorCode::NO_ACCESS);
}

/// A message in a message in a message keeps its subject, recipients and attachments.
pub fn messages_are_embedded_at_any_depth(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let outer = open.inbox().create_message(false).unwrap();
    set(&*outer, PR_SUBJECT, "outer");
    let number = embed(&*outer, |middle| {
        set(middle, PR_SUBJECT, "middle");
        middle.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
        embed(middle, |inner| {
            set(inner, PR_SUBJECT, "inner");
            attach(inner, "deep.txt", b"deep");
        });
    });
    save(&*outer);
    let id = entry_id(&*outer);
    drop((outer, open));
    let open = fixture.open();
    let outer = open.message(&id);
    let attachment = outer.open_attach(number, OpenFlags::NONE).unwrap();
    assert_eq!(code(attachment.open_storage(false)), ErrorCode::NOT_FOUND, "a message, no storage");
    let middle = embedded(&*outer, number);
    assert_eq!(text(&*middle, PR_SUBJECT), "middle");
    assert_eq!(middle.recipients().unwrap()[0].display_name(), Some("Ann"));
    let inner = embedded(&*middle, middle.attachments().unwrap()[0]);
    assert_eq!(text(&*inner, PR_SUBJECT), "inner");
    assert_eq!(file_name(&*inner, inner.attachments().unwrap()[0]), "deep.txt");
    let plain = outer.create_attach().unwrap().1;
    assert_eq!(code(plain.open_message(false)), ErrorCode::NOT_FOUND);
}

/// Submit and read state belong to messages of folders.
pub fn embedded_messages_cannot_be_sent(make: Make<'_>) {
    let open = make().open();
    let outer = open.inbox().create_message(false).unwrap();
    let number = embed(&*outer, |inner| {
        inner.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    });
    save(&*outer);
    let inner = outer.open_attach(number, OpenFlags::MODIFY).unwrap().open_message(false).unwrap();
    assert_eq!(code(inner.submit()), ErrorCode::NO_SUPPORT);
}

fn ole(message: &dyn Message) -> (u32, Arc<dyn Attachment>) {
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_METHOD, method::OLE);
    let storage = attachment.open_storage(true).unwrap();
    storage.set_class_id(Guid::PS_MAPI).unwrap();
    let stream = storage.create_stream("Contents").unwrap();
    stream.write_at(0, b"drawing").unwrap();
    stream.commit().unwrap();
    let below = storage.create_storage("Pool").unwrap();
    let stream = below.create_stream("\u{1}Ole").unwrap();
    stream.write_at(0, &[7; 5_000]).unwrap();
    stream.commit().unwrap();
    below.commit().unwrap();
    storage.commit().unwrap();
    save(&*attachment);
    (number, attachment)
}

/// An OLE storage comes back with its class, streams and storages.
pub fn storages_are_kept_whole(make: Make<'_>) {
    let fixture = make();
    let open = fixture.open();
    let message = open.inbox().create_message(false).unwrap();
    let (number, attachment) = ole(&*message);
    save(&*message);
    let id = entry_id(&*message);
    drop((attachment, message, open));
    let open = fixture.open();
    let attachment = open.message(&id).open_attach(number, OpenFlags::NONE).unwrap();
    let storage = attachment.open_storage(false).unwrap();
    assert_eq!(storage.stat().unwrap().class_id, Guid::PS_MAPI);
    let names: Vec<String> = storage.elements().unwrap().into_iter().map(|element| element.name).collect();
    assert!(names.contains(&"Contents".to_owned()) && names.contains(&"Pool".to_owned()), "{names:?}");
    assert_eq!(storage.open_stream("contents").unwrap().len().unwrap(), 7, "names without regard to case");
    let below = storage.open_storage("Pool").unwrap();
    assert_eq!(below.open_stream("\u{1}Ole").unwrap().len().unwrap(), 5_000);
    assert_eq!(code(storage.open_stream("nothing")), ErrorCode::NOT_FOUND);
    assert_eq!(code(storage.create_stream("x")), ErrorCode::NO_ACCESS, "open for reading");
    assert_eq!(code(attachment.open_message(false)), ErrorCode::NOT_FOUND);
}

/// The table has a row for each attachment of the open message.
pub fn the_attachment_table_shows_the_rows(make: Make<'_>) {
    let open = make().open();
    let message = open.inbox().create_message(false).unwrap();
    let numbers: Vec<u32> = ["a", "b"].iter().map(|name| attach(&*message, name, b"x")).collect();
    let table = message.attachment_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_ATTACH_NUM, PR_ATTACH_LONG_FILENAME, PR_ATTACH_METHOD]).unwrap();
    let shown: Vec<u32> = rows.iter().map(|row| row.long(PR_ATTACH_NUM).unwrap().cast_unsigned()).collect();
    assert_eq!(shown, numbers);
    assert_eq!(rows[1].text(PR_ATTACH_LONG_FILENAME), Some("b"));
    assert_eq!(rows[1].long(PR_ATTACH_METHOD), Some(method::BY_VALUE));
}

/// Copying by contents, and writing down and filling in again, lose nothing.
pub fn copied_messages_are_the_same(make: Make<'_>) {
    let open = make().open();
    let source = open.inbox().create_message(false).unwrap();
    set(&*source, PR_SUBJECT, "whole");
    set(&*source, PR_BODY, "b".repeat(50_000));
    source.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::Cc)]).unwrap();
    attach(&*source, "large", &[3; 100_000]);
    embed(&*source, |inner| set(inner, PR_SUBJECT, "inner"));
    ole(&*source);
    save(&*source);
    let copy = open.inbox().create_message(false).unwrap();
    copy_message(&*source, &*copy, &[]).unwrap();
    save(&*copy);
    let filled = open.inbox().create_message(false).unwrap();
    fill_message(&message_object(&*source).unwrap(), &*filled, &[]).unwrap();
    save(&*filled);
    for copy in [&copy, &filled] {
        let copy = open.message(&entry_id(&**copy));
        assert_eq!(text(&*copy, PR_SUBJECT), "whole");
        assert_eq!(value(&*copy, PR_BODY), PropValue::Error(ErrorCode::NOT_ENOUGH_MEMORY));
        assert_eq!(copy.recipients().unwrap()[0].kind(), RecipientType::Cc);
        let (one, other) = (message_object(&*source).unwrap(), message_object(&*copy).unwrap());
        assert_eq!(one.attachments.len(), other.attachments.len());
        for (one, other) in one.attachments.iter().zip(&other.attachments) {
            assert_eq!(one.property(PR_ATTACH_DATA_BIN), other.property(PR_ATTACH_DATA_BIN));
            assert_eq!(one.storage, other.storage);
            let subject = |message: &Option<Box<mapi_defs::object::MessageObject>>| {
                message.as_ref().and_then(|inner| inner.text(PR_SUBJECT).map(str::to_owned))
            };
            assert_eq!(subject(&one.message), subject(&other.message));
        }
    }
}
