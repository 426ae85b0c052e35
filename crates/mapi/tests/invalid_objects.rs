//! Objects left open at the end of a session: every method of every kind answers MAPI_E_INVALID_OBJECT.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod doubles;

use doubles::{RecordingStore, World};
use mapi::object::copy_between;
use mapi::session::FormToken;
use mapi::{
    AbContainer, AddressBook, Attachment, ErrorCode, Folder, FolderFlags, FormFlags, LogoffFlags, Message,
    MsgStore, Object, OpenFlags, ReadFlags, RecipientType, Result, SaveFlags, SectionFlags, Session,
    StoreRole, Stream, StreamFlags, Table, TableFlags,
};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ATTACH_DATA_BIN, PR_BODY, PR_SUBJECT};
use mapi_defs::recipient::Recipient;
use mapi_defs::restriction::Restriction;
use mapi_defs::sort::SortOrder;
use mapi_defs::{EntryId, Guid};
use mapi_spi::advise::{AdviseSink, Connection};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::progress::NoProgress;
use mapi_spi::table::Bookmark;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::Duration;

const SECTION: Guid = Guid([7; 16]);
const CONNECTION: Connection = Connection(1);
/// The calls below. One that is lost on the way shows as a smaller count.
const CALLS: usize = 229;

fn id() -> EntryId {
    RecordingStore::folder_id()
}

fn sink() -> Arc<dyn AdviseSink> {
    Arc::new(|_: &[Notification]| {})
}

/// Counts the calls that were refused, and panics at one that was not.
#[derive(Default)]
struct Invalid {
    checked: usize,
}

impl Invalid {
    fn check(&mut self, name: &str, answer: Result<()>) {
        match answer {
            Ok(()) => panic!("{name} succeeded"),
            Err(error) => assert_eq!(error.code(), ErrorCode::INVALID_OBJECT, "{name}"),
        }
        self.checked += 1;
    }
}

#[test]
fn lc_34_every_method_of_every_object_left_open_is_invalid_after_logoff() {
    let world = World::new();
    let session = Session::logon(world.options()).unwrap();
    let store = session.open_default_store().unwrap();
    let folder = store.ipm_subtree().unwrap();
    let message = folder.create_message().unwrap();
    let attachment = message.open_attach(0, OpenFlags::NONE).unwrap();
    let table = folder.contents_table(TableFlags::NONE).unwrap();
    let mut stream = message.open_stream(PR_BODY, StreamFlags::NONE).unwrap();
    let section = session.open_profile_section(SECTION, SectionFlags::MODIFY).unwrap();
    let book = session.open_address_book().unwrap();
    let container = book.containers().unwrap().remove(0);
    let entry = container.create_entry(&EntryId::default()).unwrap();
    assert_eq!(store.advise(&EntryId::default(), EventMask::NEW_MAIL, sink()).unwrap(), CONNECTION);

    let account = session.logoff(LogoffFlags::NONE).unwrap();
    assert_eq!((account.opened, account.closed, account.left_open_count), (10, 0, 10));
    assert_eq!(account.advises_cancelled, 1);

    let mut invalid = Invalid::default();
    session_calls(&mut invalid, &session);
    session_method_calls(&mut invalid, &session, &message);
    store_calls(&mut invalid, &store);
    folder_calls(&mut invalid, &folder);
    message_calls(&mut invalid, &message);
    attachment_calls(&mut invalid, &attachment);
    table_calls(&mut invalid, &table);
    stream_calls(&mut invalid, &mut stream);
    address_book_calls(&mut invalid, &book, &container);
    property_calls(&mut invalid, &store);
    property_calls(&mut invalid, &folder);
    property_calls(&mut invalid, &message);
    property_calls(&mut invalid, &attachment);
    property_calls(&mut invalid, &section);
    property_calls(&mut invalid, &container);
    property_calls(&mut invalid, &entry);
    assert_eq!(invalid.checked, CALLS);
}

fn session_calls(invalid: &mut Invalid, session: &Session) {
    invalid.check("logoff", session.logoff(LogoffFlags::NONE).map(drop));
    invalid.check("profile_name", session.profile_name().map(drop));
    invalid.check("admin_services", session.admin_services().map(drop));
    invalid
        .check("open_profile_section", session.open_profile_section(SECTION, SectionFlags::NONE).map(drop));
    invalid.check("session advise", session.advise(EventMask::EXTENDED, sink()).map(drop));
    invalid.check("session advise_entry", session.advise_entry(&id(), EventMask::EXTENDED, sink()).map(drop));
    invalid.check("session unadvise", session.unadvise(CONNECTION));
    invalid.check("stores", session.stores().map(drop));
    invalid.check("status", session.status().map(drop));
    invalid.check("query_identity", session.query_identity().map(drop));
    invalid.check("open_default_store", session.open_default_store().map(drop));
    invalid.check("open_msg_store", session.open_msg_store(&id(), OpenFlags::NONE).map(drop));
    invalid.check("open_entry", session.open_entry(&id(), OpenFlags::NONE).map(drop));
    invalid.check("compare_entry_ids", session.compare_entry_ids(&id(), &id()).map(drop));
    invalid.check("open_address_book", session.open_address_book().map(drop));
    invalid.check("flush_queues", session.flush_queues(Duration::from_secs(60)).map(drop));
    invalid.check("queue", session.queue().map(drop));
    invalid.check("waiting", session.waiting().map(drop));
}

fn session_method_calls(invalid: &mut Invalid, session: &Session, message: &Message) {
    invalid.check("msg_stores_table", session.msg_stores_table().map(drop));
    invalid.check("status_table", session.status_table().map(drop));
    invalid.check("enum_adr_types", session.enum_adr_types().map(drop));
    invalid.check("message_options", session.message_options("SMTP", message));
    invalid.check("query_default_message_opt", session.query_default_message_opt("SMTP").map(drop));
    invalid.check("last_error", session.last_error(0).map(drop));
    invalid.check("set_default_store", session.set_default_store(StoreRole::Default, None));
    invalid.check("prepare_form", session.prepare_form(message).map(drop));
    invalid.check("show_form", session.show_form(FormToken(1), FormFlags::NONE));
}

fn store_calls(invalid: &mut Invalid, store: &MsgStore) {
    invalid.check("store open_entry", store.open_entry(&id(), OpenFlags::NONE).map(drop));
    invalid.check("store open_folder", store.open_folder(&id(), OpenFlags::NONE).map(drop));
    invalid.check("store open_message", store.open_message(&id(), OpenFlags::NONE).map(drop));
    for (name, folder) in [
        ("root_folder", store.root_folder()),
        ("ipm_subtree", store.ipm_subtree()),
        ("inbox", store.inbox()),
        ("outbox", store.outbox()),
        ("sent_items", store.sent_items()),
        ("deleted_items", store.deleted_items()),
        ("drafts", store.drafts()),
        ("folder", store.folder("/Inbox")),
    ] {
        invalid.check(name, folder.map(drop));
    }
    invalid.check("receive_folder", store.receive_folder("").map(drop));
    invalid.check("set_receive_folder", store.set_receive_folder("IPM", None));
    invalid.check("receive_folder_table", store.receive_folder_table().map(drop));
    invalid.check("store compare", store.compare_entry_ids(&id(), &id()).map(drop));
    invalid.check("store advise", store.advise(&EntryId::default(), EventMask::NEW_MAIL, sink()).map(drop));
    invalid.check("store unadvise", store.unadvise(CONNECTION));
    invalid.check("compose", store.compose().map(drop));
    invalid.check("abort_submit", store.abort_submit(&id()));
    invalid.check("outgoing_queue", store.outgoing_queue().map(drop));
    invalid.check("store_logoff", store.store_logoff(mapi::StoreLogoffFlags::NONE).map(drop));
}

fn folder_calls(invalid: &mut Invalid, folder: &Folder) {
    invalid.check("contents_table", folder.contents_table(TableFlags::NONE).map(drop));
    invalid.check("hierarchy_table", folder.hierarchy_table(TableFlags::NONE).map(drop));
    invalid.check("message_ids", folder.message_ids().map(drop));
    invalid.check("counts", folder.counts().map(drop));
    invalid.check("folder open_entry", folder.open_entry(&id(), OpenFlags::NONE).map(drop));
    invalid.check("folder open_message", folder.open_message(&id(), OpenFlags::NONE).map(drop));
    invalid.check("folder folder", folder.folder("x").map(drop));
    invalid.check("walk", folder.walk().map(drop));
    invalid.check("create_message", folder.create_message().map(drop));
    invalid.check("create_associated_message", folder.create_associated_message().map(drop));
    invalid.check("create_folder", folder.create_folder("x", FolderFlags::NONE).map(drop));
    invalid.check("create_search_folder", folder.create_search_folder("x", FolderFlags::NONE).map(drop));
    invalid.check(
        "copy_messages",
        folder.copy_messages(&[id()], folder, FolderFlags::NONE, &NoProgress).map(drop),
    );
    invalid.check(
        "copy_folder",
        folder.copy_folder(&id(), folder, None, FolderFlags::NONE, &NoProgress).map(drop),
    );
    invalid.check("delete_messages", folder.delete_messages(&[id()], FolderFlags::NONE).map(drop));
    invalid.check("delete_folder", folder.delete_folder(&id(), FolderFlags::NONE).map(drop));
    invalid.check("empty", folder.empty(FolderFlags::NONE, &NoProgress).map(drop));
    invalid.check("restore_messages", folder.restore_messages(&[id()]).map(drop));
    invalid.check("set_read_flags", folder.set_read_flags(None, ReadFlags::NONE).map(drop));
    invalid.check("message_status", folder.message_status(&id()).map(drop));
    invalid.check("set_message_status", folder.set_message_status(&id(), 0, 0).map(drop));
    invalid.check("search_criteria", folder.search_criteria().map(drop));
}

fn message_calls(invalid: &mut Invalid, message: &Message) {
    invalid.check("recipients", message.recipients().map(drop));
    invalid.check("add_recipient", message.add_recipient(RecipientType::To, "", "a@b"));
    invalid.check("modify_recipients", message.modify_recipients(ModifyRecipients::Add, Vec::new()));
    invalid.check("recipient_table", message.recipient_table(TableFlags::NONE).map(drop));
    invalid.check("attachments", message.attachments().map(drop));
    invalid.check("attachment_table", message.attachment_table(TableFlags::NONE).map(drop));
    invalid.check("open_attach", message.open_attach(0, OpenFlags::NONE).map(drop));
    invalid.check("create_attach", message.create_attach().map(drop));
    invalid.check("delete_attach", message.delete_attach(0));
    invalid.check("message open_stream", message.open_stream(PR_BODY, StreamFlags::NONE).map(drop));
    invalid.check("submit", message.submit());
    invalid.check("set_read_flag", message.set_read_flag(ReadFlags::NONE));
    invalid.check("object", message.object().map(drop));
    invalid.check("fill", message.fill(&mapi_defs::object::MessageObject::default(), &[]));
    invalid.check("copy_to", message.copy_to(message, &[]));
    invalid.check("copy_between", copy_between(message, message, &[]));
}

fn attachment_calls(invalid: &mut Invalid, attachment: &Attachment) {
    invalid.check("attach open_message", attachment.open_message(false).map(drop));
    invalid
        .check("attach open_stream", attachment.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).map(drop));
}

fn table_calls(invalid: &mut Invalid, table: &Table) {
    invalid.check("columns", table.columns().map(drop));
    invalid.check("all_columns", table.all_columns().map(drop));
    invalid.check("set_columns", table.set_columns(&[PR_SUBJECT]));
    invalid.check("restrict", table.restrict(None));
    invalid.check("sort", table.sort(SortOrder::default()));
    invalid.check("sort_order", table.sort_order().map(drop));
    invalid.check("row_count", table.row_count().map(drop));
    invalid.check("position", table.position().map(drop));
    invalid.check("seek_row", table.seek_row(Bookmark::Beginning, 0).map(drop));
    invalid.check("seek_row_approx", table.seek_row_approx(0, 1));
    invalid.check("find_row", table.find_row(&Restriction::Exist(PR_SUBJECT), Bookmark::Beginning, false));
    invalid.check("query_rows", table.query_rows(1).map(drop));
    invalid.check("query_all_rows", table.query_all_rows(&[PR_SUBJECT]).map(drop));
    invalid.check("rows", table.rows().next().unwrap().map(drop));
    invalid.check("create_bookmark", table.create_bookmark().map(drop));
    invalid.check("free_bookmark", table.free_bookmark(Bookmark::Kept(1)));
    invalid.check("expand_row", table.expand_row(&vec![1], 1).map(drop));
    invalid.check("collapse_row", table.collapse_row(&vec![1]).map(drop));
    invalid.check("table advise", table.advise(EventMask::TABLE_MODIFIED, sink()).map(drop));
    invalid.check("table unadvise", table.unadvise(CONNECTION));
}

fn stream_calls(invalid: &mut Invalid, stream: &mut Stream) {
    let inner = |error: std::io::Error| error.downcast::<mapi::Error>().unwrap();
    invalid.check("stream len", stream.len().map(drop));
    invalid.check("stream set_len", stream.set_len(0));
    invalid.check("stream commit", stream.commit());
    invalid.check("stream read", stream.read(&mut [0]).map(drop).map_err(inner));
    invalid.check("stream write", stream.write(&[0]).map(drop).map_err(inner));
    invalid.check("stream seek", stream.seek(SeekFrom::End(0)).map(drop).map_err(inner));
}

fn address_book_calls(invalid: &mut Invalid, book: &AddressBook, container: &AbContainer) {
    invalid.check("warning", book.warning().map(drop));
    invalid.check("containers", book.containers().map(drop));
    invalid.check("book open_entry", book.open_entry(&id(), OpenFlags::NONE).map(drop));
    invalid.check("book advise", book.advise(&id(), EventMask::CRITICAL_ERROR, sink()).map(drop));
    invalid.check("book unadvise", book.unadvise(CONNECTION));
    invalid.check("resolve", book.resolve(&mut [Recipient::default()]).map(drop));
    invalid.check("ab contents_table", container.contents_table(TableFlags::NONE).map(drop));
    invalid.check("resolve_names", container.resolve_names(&mut [], &mut []));
    invalid.check("create_entry", container.create_entry(&EntryId::default()).map(drop));
    invalid.check("delete_entries", container.delete_entries(&[]));
}

fn property_calls(invalid: &mut Invalid, object: &impl Object) {
    let tag = PR_SUBJECT;
    invalid.check("props", object.props(None).map(drop));
    invalid.check("properties", object.properties().map(drop));
    invalid.check("value", object.value(tag).map(drop));
    invalid.check("text", object.text(tag).map(drop));
    invalid.check("binary", object.binary(tag).map(drop));
    invalid.check("long", object.long(tag).map(drop));
    invalid.check("boolean", object.boolean(tag).map(drop));
    invalid.check("time", object.time(tag).map(drop));
    invalid.check("set", object.set(tag, "x"));
    invalid.check("set_props", object.set_props(&[Prop::new(tag, "x")]).map(drop));
    invalid.check("delete_props", object.delete_props(&[tag]).map(drop));
    invalid.check("prop_list", object.prop_list().map(drop));
    invalid.check("ids", object.ids(&[], false).map(drop));
    invalid.check("names", object.names(&[]).map(drop));
    invalid.check("save", object.save(SaveFlags::NONE));
}
