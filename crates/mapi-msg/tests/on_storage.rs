//! Messages on storages: how they are opened, and which call reaches what at which save.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod storages;

use mapi_defs::flags::{OpenFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, FileTime, Guid, Result};
use mapi_msg::{
    CLSID_MAIL_MESSAGE, CLSID_TEMPLATE, DocStorage, OnStorage, OnStorageFlags, SectorSize, StorageMessage,
    open_on_storage,
};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{Element, Storage, StorageMode, StorageStat};
use mapi_spi::stream::PropStream;
use mapi_testkit::clock::FakeClock;
use mapi_testkit::support::RecordingSupport;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use storages::*;

const READWRITE: SaveFlags = SaveFlags::KEEP_OPEN_READWRITE;

/// A client's own storage: another one behind it, of which it says what it likes and which fails when told.
struct ClientStorage {
    inner: Arc<dyn Storage>,
    stat: Option<(StorageMode, bool)>,
    /// How many changes still succeed; negative for all.
    left: Arc<AtomicI32>,
}

impl ClientStorage {
    fn over(root: &DocStorage, stat: Option<(StorageMode, bool)>, left: i32) -> (Arc<Self>, Arc<AtomicI32>) {
        let left = Arc::new(AtomicI32::new(left));
        (Arc::new(Self { inner: Arc::new(root.clone()), stat, left: Arc::clone(&left) }), left)
    }

    fn change(&self) -> Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            0 => {
                self.left.store(0, Ordering::SeqCst);
                Err(Error::new(ErrorCode::NOT_ENOUGH_DISK, "ClientStorage", "full"))
            }
            _ => Ok(()),
        }
    }

    fn wrap(&self, inner: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(Self { inner, stat: self.stat, left: Arc::clone(&self.left) })
    }
}

impl Storage for ClientStorage {
    fn stat(&self) -> Result<StorageStat> {
        let mut stat = self.inner.stat()?;
        if let Some((mode, transacted)) = self.stat {
            (stat.mode, stat.transacted) = (mode, transacted);
        }
        Ok(stat)
    }

    fn elements(&self) -> Result<Vec<Element>> {
        self.inner.elements()
    }

    fn open_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        self.inner.open_stream(name)
    }

    fn create_stream(&self, name: &str) -> Result<Arc<dyn PropStream>> {
        self.change()?;
        self.inner.create_stream(name)
    }

    fn open_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        Ok(self.wrap(self.inner.open_storage(name)?))
    }

    fn create_storage(&self, name: &str) -> Result<Arc<dyn Storage>> {
        self.change()?;
        Ok(self.wrap(self.inner.create_storage(name)?))
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.change()?;
        self.inner.remove(name)
    }

    fn set_class_id(&self, class_id: Guid) -> Result<()> {
        self.change()?;
        self.inner.set_class_id(class_id)
    }

    fn commit(&self) -> Result<()> {
        self.change()?;
        self.inner.commit()
    }

    fn revert(&self) -> Result<()> {
        self.inner.revert()
    }
}

fn attach(message: &dyn Message, name: &str, data: &[u8]) -> u32 {
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_LONG_FILENAME, name);
    set(&*attachment, PR_ATTACH_DATA_BIN, data.to_vec());
    attachment.save_changes(SaveFlags::NONE).unwrap();
    number
}

#[test]
fn the_mode_of_the_storage_decides() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let open = |stat, flags| {
        let (storage, _) = ClientStorage::over(&root, stat, -1);
        code(open_on_storage(storage, OnStorage { flags: OnStorageFlags(flags), ..OnStorage::default() }))
    };
    assert_eq!(open(Some((StorageMode::Write, true)), 0), Some(ErrorCode::NO_ACCESS));
    assert_eq!(open(Some((StorageMode::ReadWrite, false)), 0), Some(ErrorCode::INVALID_PARAMETER));
    assert_eq!(open(Some((StorageMode::ReadWrite, true)), 0), None);
    assert_eq!(open(Some((StorageMode::Read, false)), 0), None);
    assert_eq!(open(None, 0x8000_0001), None);
    for flags in [2, 4, 0x1000_0000] {
        assert_eq!(open(None, flags), Some(ErrorCode::UNKNOWN_FLAGS));
    }
    root.create_stream("__properties_version1.0").unwrap();
    root.create_storage("__nameid_version1.0").unwrap();
    assert_eq!(open(None, 0), None, "a short property stream is tolerated");
}

#[test]
fn an_empty_storage_gives_an_empty_message() {
    let (root, message) = new_message();
    assert_eq!(message.prop_list().unwrap(), []);
    assert_eq!((message.recipients().unwrap(), message.attachments().unwrap()), (vec![], vec![]));
    assert_eq!(value(&*message, PR_STORE_SUPPORT_MASK), PropValue::Long(0x0004_0E79));
    assert_eq!(names(&root), [""; 0], "nothing is written before the save");
    message.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(root.stat().unwrap().class_id, CLSID_MAIL_MESSAGE);
    let written = names(&*root.open_storage("__nameid_version1.0").unwrap());
    assert_eq!(written, ["__substg1.0_00020102", "__substg1.0_00030102", "__substg1.0_00040102"]);
    assert_eq!(object(&root).text(PR_MESSAGE_CLASS), Some("IPM.Note"));
}

#[test]
fn a_class_that_the_caller_wrote_stays() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    root.set_class_id(CLSID_TEMPLATE).unwrap();
    let message = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(file(&root).class_id(), CLSID_TEMPLATE);
}

#[test]
fn the_flag_decides_the_width_of_a_new_message_and_the_file_that_of_its_own() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let message = open_on_storage(Arc::new(root.clone()), OnStorage::default()).unwrap();
    set(&*message, PR_SUBJECT, "Gr\u{fc}\u{df}e");
    assert_eq!(message.prop_list().unwrap(), [PR_SUBJECT.with_type(PropType::STRING8)]);
    assert_eq!(value(&*message, PR_STORE_SUPPORT_MASK), PropValue::Long(0xE79));
    message.save_changes(READWRITE).unwrap();
    assert!(names(&root).contains(&"__substg1.0_0037001E".to_owned()));
    let read = file(&root).message().unwrap();
    assert!(!read.is_unicode());
    assert_eq!(read.code_page(), 1252);
    assert_eq!(read.properties().text(PR_SUBJECT), Some("Gr\u{fc}\u{df}e"));
    // Opened again with MAPI_UNICODE it is still what it says of itself.
    let again = again(&root);
    set(&*again, PR_BODY, PropValue::Unicode("wide".into()));
    assert!(again.prop_list().unwrap().contains(&PR_BODY.with_type(PropType::STRING8)));
    assert_eq!(text(&*again, PR_BODY), "wide", "and text is returned in either width");
}

#[test]
fn text_is_written_again_where_the_code_page_changes() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let message = open_on_storage(Arc::new(root.clone()), OnStorage::default()).unwrap();
    let long = "\u{e4}\u{f6}\u{fc} ".repeat(40_000);
    set(&*message, PR_SUBJECT, "\u{e4}");
    set(&*message, PR_BODY, long.clone());
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("J\u{f6}rg")]).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_DISPLAY_NAME, "\u{fc}");
    attachment.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(READWRITE).unwrap();
    let again = again(&root);
    set(&*again, PR_MESSAGE_CODEPAGE, 65001);
    again.save_changes(READWRITE).unwrap();
    let target = DocStorage::in_memory(SectorSize::Bytes512);
    let copy = open_on_storage(Arc::new(target.clone()), unicode()).unwrap();
    mapi_spi::copy::copy_message(&*again, &*copy, &[]).unwrap();
    copy.save_changes(READWRITE).unwrap();
    let written = object(&target);
    assert_eq!((written.text(PR_SUBJECT), written.text(PR_BODY)), (Some("\u{e4}"), Some(long.as_str())));
    assert_eq!(
        mapi_defs::object::find(&written.recipients[0], PR_DISPLAY_NAME).unwrap().as_text(),
        Some("J\u{f6}rg")
    );
    assert_eq!(written.attachments[0].property(PR_DISPLAY_NAME).unwrap().as_text(), Some("\u{fc}"));
}

#[test]
fn nothing_can_be_changed_on_a_storage_open_for_reading() {
    let (_, message) = sample("welcome.msg", StorageMode::Read);
    let attachment = message.open_attach(1, OpenFlags::BEST_ACCESS).unwrap();
    let embedded = attachment.open_message(false).unwrap();
    let refused = [
        code(message.set_props(&[Prop::new(PR_SUBJECT, "x")])),
        code(message.delete_props(&[PR_SUBJECT])),
        code(message.open_stream(PR_BODY, StreamFlags::MODIFY)),
        code(message.create_attach()),
        code(message.delete_attach(0)),
        code(message.open_attach(0, OpenFlags::MODIFY)),
        code(message.modify_recipients(ModifyRecipients::ReplaceAll, Vec::new())),
        code(message.save_changes(SaveFlags::NONE)),
        code(attachment.set_props(&[Prop::new(PR_DISPLAY_NAME, "x")])),
        code(attachment.open_message(true).map(drop).and(attachment.open_storage(true).map(drop))),
        code(attachment.save_changes(SaveFlags::NONE)),
        code(embedded.set_props(&[Prop::new(PR_SUBJECT, "x")])),
        code(embedded.save_changes(SaveFlags::NONE)),
    ];
    assert_eq!(refused[..9], [Some(ErrorCode::NO_ACCESS); 9]);
    assert_eq!(refused[10..], [Some(ErrorCode::NO_ACCESS); 3]);
    assert_eq!(text(&*message, PR_SUBJECT), "Welcome to OpenMAPI");
    assert_eq!(message.recipient_table(TableFlags::NONE).unwrap().row_count().unwrap(), 3);
}

#[test]
fn calls_that_make_no_sense_in_a_file_answer_no_support() {
    let (_, message) = new_message();
    assert_eq!(code(message.submit()), Some(ErrorCode::NO_SUPPORT));
    assert_eq!(code(message.set_read_flag(mapi_defs::flags::ReadFlags::NONE)), Some(ErrorCode::NO_SUPPORT));
    for tag in [PR_ENTRYID, PR_PARENT_ENTRYID, PR_STORE_ENTRYID, PR_STORE_RECORD_KEY] {
        assert_eq!(value(&*message, tag), PropValue::Error(ErrorCode::NOT_FOUND), "{tag}");
    }
    set(&*message, PR_ENTRYID, vec![1, 2]);
    assert_eq!(value(&*message, PR_ENTRYID), PropValue::Binary(vec![1, 2]), "unless somebody stored one");
}

#[test]
fn without_a_commit_the_file_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.msg");
    let sample = files::samples().into_iter().find(|path| path.ends_with("plain.msg")).unwrap();
    std::fs::copy(sample, &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let root = DocStorage::open_file(&path, StorageMode::ReadWrite).unwrap();
    let flags = OnStorageFlags::NO_COMMIT | OnStorageFlags::UNICODE;
    let message =
        open_on_storage(Arc::new(root.clone()), OnStorage { flags, ..OnStorage::default() }).unwrap();
    set(&*message, PR_SUBJECT, "changed");
    let number = attach(&*message, "a.txt", b"abc");
    message.save_changes(READWRITE).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    root.commit().unwrap();
    let read = mapi_msg::MsgFile::open(&path).unwrap().message().unwrap();
    assert_eq!(read.properties().text(PR_SUBJECT), Some("changed"));
    let position = read.attachment_count() - 1;
    assert_eq!(read.attachment(position).unwrap().number(), number);
    // Without the flag the save is the commit, and another one is harmless.
    drop(message);
    let message = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    set(&*message, PR_SUBJECT, "again");
    message.save_changes(READWRITE).unwrap();
    root.commit().unwrap();
    let read = mapi_msg::MsgFile::open(&path).unwrap().message().unwrap();
    assert_eq!(read.properties().text(PR_SUBJECT), Some("again"));
}

#[test]
fn an_attachment_is_in_the_message_after_its_save_and_in_the_table_after_both() {
    let (root, message) = new_message();
    let table = message.attachment_table(TableFlags::NONE).unwrap();
    let (number, attachment) = message.create_attach().unwrap();
    set(&*attachment, PR_ATTACH_DATA_BIN, b"data".to_vec());
    assert_eq!((number, message.attachments().unwrap()), (0, vec![]));
    let (_, dropped) = message.create_attach().unwrap();
    set(&*dropped, PR_DISPLAY_NAME, "never saved");
    attachment.save_changes(READWRITE).unwrap();
    assert_eq!(message.attachments().unwrap(), [0]);
    assert_eq!(table.row_count().unwrap(), 0);
    set(&*attachment, PR_DISPLAY_NAME, "not saved either");
    message.save_changes(READWRITE).unwrap();
    assert_eq!(table.row_count().unwrap(), 1);
    let written = object(&root);
    assert_eq!(written.attachments.len(), 1);
    assert_eq!(written.attachments[0].property(PR_DISPLAY_NAME), None);
    assert_eq!(
        written.attachments[0].property(PR_ATTACH_DATA_BIN),
        Some(&PropValue::Binary(b"data".to_vec()))
    );
    // What was dropped from that save can still be saved into a later one.
    dropped.save_changes(SaveFlags::NONE).unwrap();
    message.save_changes(READWRITE).unwrap();
    assert_eq!(again(&root).attachments().unwrap(), [0, 1]);
}

#[test]
fn an_embedded_message_reaches_the_file_level_by_level() {
    let (root, message) = new_message();
    let (number, attachment) = message.create_attach().unwrap();
    let embedded = attachment.open_message(true).unwrap();
    assert_eq!(embedded.prop_list().unwrap(), [], "which is how a client sees that it is new");
    set(&*embedded, PR_SUBJECT, "inner");
    embedded.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann")]).unwrap();
    attach(&*embedded, "deep.txt", b"deep");
    let written = || object(&root).attachments.first().and_then(|one| one.message.clone());
    embedded.save_changes(READWRITE).unwrap();
    message.save_changes(READWRITE).unwrap();
    assert_eq!(written(), None, "the attachment was not saved");
    attachment.save_changes(READWRITE).unwrap();
    assert_eq!(written(), None, "the message was not saved");
    message.save_changes(READWRITE).unwrap();
    let inner = written().unwrap();
    assert_eq!(inner.text(PR_SUBJECT), Some("inner"));
    assert_eq!((inner.recipients.len(), inner.attachments.len()), (1, 1));
    // A change of the embedded message, in a message that was read from the file.
    let again = again(&root);
    let attachment = again.open_attach(number, OpenFlags::MODIFY).unwrap();
    assert_eq!(value(&*attachment, PR_ATTACH_METHOD), PropValue::Long(5));
    let embedded = attachment.open_message(false).unwrap();
    set(&*embedded, PR_SUBJECT, "changed");
    let deep = embedded.open_attach(0, OpenFlags::NONE).unwrap();
    assert_eq!(bytes(deep.open_stream(PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap()), b"deep");
    embedded.save_changes(SaveFlags::NONE).unwrap();
    attachment.save_changes(SaveFlags::NONE).unwrap();
    again.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(code(embedded.set_props(&[])), Some(ErrorCode::NO_ACCESS));
    let root = {
        drop((deep, embedded, attachment));
        again
    };
    let inner = root.open_attach(number, OpenFlags::NONE).unwrap().open_message(false).unwrap();
    assert_eq!((text(&*inner, PR_SUBJECT).as_str(), inner.attachments().unwrap().len()), ("changed", 1));
}

#[test]
fn a_new_embedded_message_takes_the_place_of_the_old_one() {
    let (root, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let attachment = message.open_attach(1, OpenFlags::MODIFY).unwrap();
    let embedded = attachment.open_message(true).unwrap();
    assert_eq!((embedded.prop_list().unwrap(), embedded.attachments().unwrap()), (vec![], vec![]));
    set(&*embedded, PR_SUBJECT, "another");
    embedded.save_changes(READWRITE).unwrap();
    attachment.save_changes(READWRITE).unwrap();
    message.save_changes(READWRITE).unwrap();
    let inner = object(&root).attachments[1].message.clone().unwrap();
    assert_eq!((inner.text(PR_SUBJECT), inner.attachments.len()), (Some("another"), 0));
    set(&*embedded, PR_BODY, "later");
    embedded.save_changes(READWRITE).unwrap();
    attachment.save_changes(READWRITE).unwrap();
    message.save_changes(READWRITE).unwrap();
    let inner = object(&root).attachments[1].message.clone().unwrap();
    assert_eq!((inner.text(PR_SUBJECT), inner.text(PR_BODY)), (Some("another"), Some("later")));
}

#[test]
fn messages_are_embedded_sixty_four_deep_and_no_deeper() {
    let (root, message) = new_message();
    let mut way: Vec<(Arc<dyn mapi_spi::attachment::Attachment>, Arc<dyn Message>)> = Vec::new();
    let mut inner: Arc<dyn Message> = message.clone();
    for _ in 0..64 {
        let (_, attachment) = inner.create_attach().unwrap();
        inner = attachment.open_message(true).unwrap();
        way.push((attachment, Arc::clone(&inner)));
    }
    let (_, beyond) = inner.create_attach().unwrap();
    assert_eq!(code(beyond.open_message(true)), Some(ErrorCode::TOO_COMPLEX));
    for (attachment, message) in way.iter().rev() {
        message.save_changes(SaveFlags::NONE).unwrap();
        attachment.save_changes(SaveFlags::NONE).unwrap();
    }
    message.save_changes(SaveFlags::NONE).unwrap();
    let mut depth = 0;
    let written = object(&root);
    let mut inner = &written;
    while let Some(next) = inner.attachments.first().and_then(|one| one.message.as_deref()) {
        (inner, depth) = (next, depth + 1);
    }
    assert_eq!(depth, 64);
}

#[test]
fn the_flags_of_a_save_decide_what_stays_open() {
    let (_, message) = new_message();
    set(&*message, PR_SUBJECT, "1");
    for unknown in [0x10, 0x8000_0000] {
        assert_eq!(code(message.save_changes(SaveFlags(unknown))), Some(ErrorCode::UNKNOWN_FLAGS));
    }
    message.save_changes(READWRITE | SaveFlags::FORCE_SAVE | SaveFlags::DEFERRED_ERRORS).unwrap();
    set(&*message, PR_SUBJECT, "2");
    message.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(code(message.set_props(&[Prop::new(PR_SUBJECT, "3")])), Some(ErrorCode::NO_ACCESS));
    assert_eq!(text(&*message, PR_SUBJECT), "2", "and it is read as before");
    let (_, other) = new_message();
    other.save_changes(SaveFlags::KEEP_OPEN_READONLY).unwrap();
    assert_eq!(code(other.create_attach()), Some(ErrorCode::NO_ACCESS));
}

#[test]
fn a_save_that_fails_anywhere_leaves_the_message_usable() {
    let mut failures = 0;
    for left in 0.. {
        let (root, _) = sample("welcome.msg", StorageMode::ReadWrite);
        let (storage, tap) = ClientStorage::over(&root, None, -1);
        let message = open_on_storage(storage, unicode()).unwrap();
        set(&*message, PR_SUBJECT, "after");
        message.modify_recipients(ModifyRecipients::Add, vec![recipient("Dan")]).unwrap();
        message.delete_attach(0).unwrap();
        let number = attach(&*message, "new.txt", b"new");
        tap.store(left, Ordering::SeqCst);
        let saved = message.save_changes(SaveFlags::KEEP_OPEN_READONLY);
        if let Err(error) = &saved {
            failures += 1;
            assert_eq!(error.code(), ErrorCode::NOT_ENOUGH_DISK);
            assert_eq!(object(&root).text(PR_SUBJECT), Some("Welcome to OpenMAPI"), "nothing was committed");
            assert_eq!(text(&*message, PR_SUBJECT), "after");
            set(&*message, PR_BODY, "still open for writing");
            tap.store(-1, Ordering::SeqCst);
            message.save_changes(SaveFlags::NONE).unwrap();
        }
        let written = object(&root);
        assert_eq!((written.text(PR_SUBJECT), written.recipients.len()), (Some("after"), 4), "{left}");
        assert_eq!(written.attachments.iter().map(|one| one.number).collect::<Vec<_>>(), [1, number]);
        assert!(written.attachments[0].message.is_some());
        if saved.is_ok() {
            break;
        }
    }
    assert!(failures > 20, "{failures}");
}

#[test]
fn the_same_sub_object_opened_twice_is_one() {
    let (_, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let read = message.open_attach(1, OpenFlags::NONE).unwrap();
    let write = message.open_attach(1, OpenFlags::MODIFY).unwrap();
    assert!(std::ptr::addr_eq(Arc::as_ptr(&read), Arc::as_ptr(&write)));
    assert_eq!(code(write.set_props(&[])), Some(ErrorCode::NO_ACCESS), "with the access of the first");
    drop((read, write));
    let attachment = message.open_attach(1, OpenFlags::MODIFY).unwrap();
    assert_eq!(code(attachment.set_props(&[])), None, "closed and opened again");
    let (one, two) = (attachment.open_message(false).unwrap(), attachment.open_message(true).unwrap());
    assert!(std::ptr::addr_eq(Arc::as_ptr(&one), Arc::as_ptr(&two)));
    let modify = StreamFlags::MODIFY;
    let (one, two) =
        (message.open_stream(PR_BODY, modify).unwrap(), message.open_stream(PR_BODY, modify).unwrap());
    assert!(std::ptr::addr_eq(Arc::as_ptr(&one), Arc::as_ptr(&two)));
    let (_, ole) = message.create_attach().unwrap();
    let (one, two) = (ole.open_storage(true).unwrap(), ole.open_storage(false).unwrap());
    one.create_stream("seen").unwrap();
    assert_eq!(names(&*two), ["seen"]);
}

#[test]
fn a_deleted_attachment_ends_and_its_number_is_not_given_again() {
    let (root, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let table = message.attachment_table(TableFlags::NONE).unwrap();
    let attachment = message.open_attach(1, OpenFlags::MODIFY).unwrap();
    let embedded = attachment.open_message(false).unwrap();
    message.delete_attach(1).unwrap();
    for gone in
        [code(attachment.prop_list()), code(embedded.prop_list()), code(attachment.save_changes(READWRITE))]
    {
        assert_eq!(gone, Some(ErrorCode::INVALID_OBJECT));
    }
    assert_eq!(code(message.delete_attach(1)), Some(ErrorCode::NOT_FOUND));
    assert_eq!(code(message.open_attach(1, OpenFlags::NONE)), Some(ErrorCode::NOT_FOUND));
    assert_eq!((table.row_count().unwrap(), object(&root).attachments.len()), (2, 2), "not saved yet");
    message.save_changes(READWRITE).unwrap();
    assert_eq!((table.row_count().unwrap(), object(&root).attachments.len()), (1, 1));
    assert_eq!(attach(&*message, "later.txt", b""), 2);
    message.save_changes(READWRITE).unwrap();
    assert_eq!(again(&root).attachments().unwrap(), [0, 2]);
}

#[test]
fn what_is_not_the_messages_survives_its_saves() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    for name in ["Olk10SideProps_0001", "\u{5}SummaryInformation", "\u{1}Sh33tJ5"] {
        root.create_stream(name).unwrap().write_at(0, name.as_bytes()).unwrap();
    }
    let theirs = root.create_storage("MsoDataStore").unwrap();
    theirs.create_stream("item").unwrap().write_at(0, b"kept").unwrap();
    theirs.commit().unwrap();
    let message = open_on_storage(Arc::new(root.clone()), unicode()).unwrap();
    for subject in ["first", "second"] {
        set(&*message, PR_SUBJECT, subject);
        attach(&*message, "a", b"a");
        message.modify_recipients(ModifyRecipients::ReplaceAll, vec![recipient("Ann")]).unwrap();
        message.save_changes(READWRITE).unwrap();
    }
    let kept = DocStorage::open_bytes(root.to_bytes().unwrap(), StorageMode::Read).unwrap();
    for name in ["Olk10SideProps_0001", "\u{5}SummaryInformation", "\u{1}Sh33tJ5"] {
        assert_eq!(bytes(kept.open_stream(name).unwrap()), name.as_bytes());
    }
    assert_eq!(bytes(kept.open_storage("MsoDataStore").unwrap().open_stream("item").unwrap()), b"kept");
    assert_eq!(object(&root).text(PR_SUBJECT), Some("second"));
}

#[test]
fn the_support_object_tells_the_time() {
    let at = |seconds| FileTime::from_unix_seconds(seconds);
    let clock = FakeClock::at(at(1_000_000));
    let support = RecordingSupport::new(clock.clone(), mapi_defs::prop::PropList::new());
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let message =
        open_on_storage(Arc::new(root.clone()), OnStorage { support: Some(support), ..unicode() }).unwrap();
    message.save_changes(READWRITE).unwrap();
    clock.set(at(2_000_000));
    set(&*message, PR_SUBJECT, "x");
    message.save_changes(READWRITE).unwrap();
    let written = object(&root);
    assert_eq!(written.property(PR_CREATION_TIME), Some(&PropValue::SysTime(at(1_000_000))));
    assert_eq!(written.property(PR_LAST_MODIFICATION_TIME), Some(&PropValue::SysTime(at(2_000_000))));
}

#[test]
fn two_thousand_and_forty_eight_rows_are_the_most_that_outlook_opens() {
    let fill = |with: OnStorage| -> Arc<StorageMessage> {
        let message = open_on_storage(Arc::new(DocStorage::in_memory(SectorSize::Bytes512)), with).unwrap();
        let rows = (0..2049).map(|_| recipient("Ann")).collect();
        message.modify_recipients(ModifyRecipients::Add, rows).unwrap();
        message
    };
    let message = fill(unicode());
    assert_eq!(code(message.save_changes(READWRITE)), Some(ErrorCode::TABLE_TOO_BIG));
    let last = message.recipients().unwrap().pop().unwrap();
    message.modify_recipients(ModifyRecipients::Remove, vec![last]).unwrap();
    message.save_changes(READWRITE).unwrap();
    fill(OnStorage { beyond_outlook: true, ..unicode() }).save_changes(READWRITE).unwrap();
}

/// What nobody changed is in the file as it was: streams byte for byte, and their sizes as another writer
/// counted them.
#[test]
fn what_was_not_changed_is_not_written_again() {
    let (root, message) = sample("welcome.msg", StorageMode::ReadWrite);
    let stream = |root: &DocStorage, name: &str| bytes(root.open_stream(name).unwrap());
    let entry = |root: &DocStorage, tag: mapi_defs::prop::PropTag| {
        let all = stream(root, "__properties_version1.0");
        let found = all[32..].chunks(16).find(|entry| entry[..4] == tag.0.to_le_bytes());
        found.unwrap().to_vec()
    };
    drop(message);
    // A writer that keeps the terminator in the stream and counts it once.
    let body = "body\0".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let held = root.open_stream("__substg1.0_1000001F").unwrap();
    held.set_len(body.len() as u64).unwrap();
    held.write_at(0, &body).unwrap();
    let mut listed = stream(&root, "__properties_version1.0");
    let place =
        (0..).map(|nth| 32 + nth * 16).find(|at| listed[*at..at + 4] == PR_BODY.0.to_le_bytes()).unwrap();
    listed[place + 8..place + 12].copy_from_slice(&10_u32.to_le_bytes());
    root.open_stream("__properties_version1.0").unwrap().write_at(0, &listed).unwrap();
    let before = entry(&root, PR_BODY);
    let (storage, changes) = ClientStorage::over(&root, None, i32::MAX);
    let message = open_on_storage(storage, unicode()).unwrap();
    assert_eq!(text(&*message, PR_BODY), "body");
    set(&*message, PR_SUBJECT, "changed");
    message.save_changes(READWRITE).unwrap();
    assert_eq!((stream(&root, "__substg1.0_1000001F"), entry(&root, PR_BODY)), (body, before));
    let made = i32::MAX - changes.load(Ordering::SeqCst);
    assert!(made <= 12, "{made} changes of the storage for one of the message");
}
