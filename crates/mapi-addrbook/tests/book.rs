//! The personal address book through the provider's face.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use mapi_addrbook::{PabProvider, PabService};
use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::notification::{EventMask, Notification};
use mapi_defs::prop::tags::{
    PR_COMMENT, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE, PR_SEARCH_KEY, PR_SMTP_ADDRESS,
};
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, ErrorCode, Result};
use mapi_spi::address_book::{AbContainer, Resolution};
use mapi_spi::container::Opened;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::address_book::{AbLogon, AbProvider};
use mapi_spi::provider::service::ServiceContext;
use mapi_spi::spooler::section::{DATA_FOLDER, FILE};
use mapi_spi::table::query_all_rows;
use mapi_testkit::clock::FakeClock;
use mapi_testkit::service::service_entry;
use mapi_testkit::support::RecordingSupport;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn code<T>(result: Result<T>) -> ErrorCode {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

fn logon(folder: &Path) -> Result<Arc<dyn AbLogon>> {
    let mut section = PropList::new();
    section.set(DATA_FOLDER, folder.to_str().unwrap());
    service_entry(&PabService, ServiceContext::Create, &mut section).unwrap();
    PabProvider.logon(RecordingSupport::new(FakeClock::default(), section))
}

fn container(logon: &dyn AbLogon) -> Arc<dyn AbContainer> {
    logon.open_container(&EntryId::default(), OpenFlags::NONE).unwrap()
}

fn add(container: &dyn AbContainer, name: &str, address: &str) -> EntryId {
    let entry = container.create_entry(&EntryId::default(), 0).unwrap();
    let props = [Prop::new(PR_DISPLAY_NAME, name), Prop::new(PR_SMTP_ADDRESS, address)];
    assert!(entry.set_props(&props).unwrap().is_empty());
    entry.save_changes(SaveFlags::NONE).unwrap();
    EntryId::from_bytes(entry.props(Some(&[PR_ENTRYID])).unwrap()[0].value.as_binary().unwrap())
}

fn names(container: &dyn AbContainer) -> Vec<String> {
    let table = container.contents_table(TableFlags::NONE).unwrap();
    let rows = query_all_rows(&*table, &[PR_DISPLAY_NAME]).unwrap();
    rows.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap().to_owned()).collect()
}

fn open(logon: &dyn AbLogon, id: &EntryId, flags: OpenFlags) -> Arc<dyn MapiProp> {
    match logon.open_entry(id, flags).unwrap() {
        Opened::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

#[test]
fn entries_are_created_found_changed_and_deleted_and_stay_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let first = logon(folder.path()).unwrap();
    let book = container(&*first);
    let ann = add(&*book, "Ann", "ann@example.org");
    let bob = add(&*book, "Bob", "bob@example.org");
    assert_eq!(names(&*book), ["Ann", "Bob"]);
    let mode = std::fs::metadata(folder.path().join("contacts.db")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);

    let entry = open(&*first, &ann, OpenFlags::MODIFY);
    let kept = [
        Prop::new(PR_COMMENT, "a friend"),
        Prop::new(PropTag(0x3A1B_001E), PropValue::String8("acht".into())),
        Prop::new(PropTag(0x3A42_0040), mapi_defs::FileTime(7)),
        Prop::new(PropTag(0x3A70_0102), vec![1_u8, 2]),
        Prop::new(PropTag(0x3A71_000B), true),
    ];
    assert!(entry.set_props(&kept).unwrap().is_empty());
    let refused = [Prop::new(PR_OBJECT_TYPE, 1), Prop::new(PropTag(0x3A72_0005), PropValue::Double(1.0))];
    let problems: Vec<_> = entry.set_props(&refused).unwrap().iter().map(|problem| problem.code).collect();
    assert_eq!(problems, [ErrorCode::COMPUTED, ErrorCode::INVALID_TYPE]);
    entry.save_changes(SaveFlags::NONE).unwrap();
    first.logoff().unwrap();
    assert_eq!(code(entry.save_changes(SaveFlags::NONE)), ErrorCode::INVALID_OBJECT);

    let second = logon(folder.path()).unwrap();
    assert_eq!(second.uids(), first.uids(), "the identity is the file's");
    let entry = open(&*second, &ann, OpenFlags::NONE);
    let tags: Vec<_> = kept.iter().map(|prop| prop.tag).collect();
    assert_eq!(entry.props(Some(&tags)).unwrap(), kept);
    let computed = entry.props(Some(&[PR_SEARCH_KEY, PR_EMAIL_ADDRESS, PR_OBJECT_TYPE])).unwrap();
    assert_eq!(computed[0].value.as_binary(), Some(b"SMTP:ANN@EXAMPLE.ORG\0".as_slice()));
    assert_eq!(
        (computed[1].value.as_text(), computed[2].value.as_long()),
        (Some("ann@example.org"), Some(6))
    );
    assert_eq!(code(entry.set_props(&kept)), ErrorCode::NO_ACCESS, "open for reading");

    let book = container(&*second);
    book.delete_entries(std::slice::from_ref(&bob)).unwrap();
    assert_eq!(names(&*book), ["Ann"]);
    assert_eq!(code(second.open_entry(&bob, OpenFlags::NONE)), ErrorCode::NOT_FOUND);
    let foreign = EntryId::new(mapi_defs::Guid([7; 16]), b"x");
    assert_eq!(code(second.open_entry(&foreign, OpenFlags::NONE)), ErrorCode::INVALID_ENTRYID);
    assert_ne!(add(&*book, "Eve", "eve@example.org"), bob, "no identifier is given twice");
}

#[test]
fn two_who_save_one_entry_do_not_overwrite_each_other_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (logon(folder.path()).unwrap(), logon(folder.path()).unwrap());
    let ann = add(&*container(&*mine), "Ann", "ann@example.org");
    let one = open(&*mine, &ann, OpenFlags::MODIFY);
    let other = open(&*theirs, &ann, OpenFlags::MODIFY);
    one.set_props(&[Prop::new(PR_COMMENT, "one")]).unwrap();
    other.set_props(&[Prop::new(PR_COMMENT, "other")]).unwrap();
    one.save_changes(SaveFlags::NONE).unwrap();
    assert_eq!(code(other.save_changes(SaveFlags::NONE)), ErrorCode::OBJECT_CHANGED);
    other.save_changes(SaveFlags::FORCE_SAVE).unwrap();
    let comment = open(&*mine, &ann, OpenFlags::NONE).props(Some(&[PR_COMMENT])).unwrap();
    assert_eq!(comment[0].value.as_text(), Some("other"));
    container(&*theirs).delete_entries(&[ann]).unwrap();
    assert_eq!(code(one.save_changes(SaveFlags::FORCE_SAVE)), ErrorCode::OBJECT_DELETED);
}

#[test]
fn names_are_resolved_or_ambiguous_or_left() {
    let folder = tempfile::tempdir().unwrap();
    let logon = logon(folder.path()).unwrap();
    let book = container(&*logon);
    let ann = add(&*book, "Ann Smith", "ann@example.org");
    add(&*book, "Bob Jones", "bob@example.org");
    add(&*book, "Bob Smithers", "bs@example.org");
    let recipient = |name: &str| {
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, name);
        Recipient { row_id: 0, props }
    };
    let mut recipients = ["ann", "bob", "nobody", "bob"].map(recipient);
    let mut flags = [Resolution::Unresolved; 4];
    flags[3] = Resolution::Resolved;
    book.resolve_names(&mut recipients, &mut flags).unwrap();
    let expected =
        [Resolution::Resolved, Resolution::Ambiguous, Resolution::Unresolved, Resolution::Resolved];
    assert_eq!(flags, expected);
    assert_eq!(recipients[0].address(), Some("ann@example.org"));
    assert_eq!(recipients[0].display_name(), Some("Ann Smith"));
    assert_eq!(recipients[0].props.binary(PR_ENTRYID), Some(ann.as_bytes()));
    assert_eq!(recipients[3], recipient("bob"), "what was resolved before is left alone");
    assert_eq!(code(book.resolve_names(&mut recipients, &mut flags[..1])), ErrorCode::INVALID_PARAMETER);
}

#[test]
fn the_contents_table_tells_of_changes() {
    let folder = tempfile::tempdir().unwrap();
    let logon = logon(folder.path()).unwrap();
    let book = container(&*logon);
    let table = book.contents_table(TableFlags::NONE).unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    let sink = move |events: &[Notification]| {
        count.fetch_add(events.len(), Ordering::SeqCst);
    };
    table.advise(EventMask::TABLE_MODIFIED, Arc::new(sink)).unwrap();
    let ann = add(&*book, "Ann", "ann@example.org");
    assert_eq!(told.load(Ordering::SeqCst), 1);
    book.delete_entries(&[ann]).unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 2);
    assert_eq!(code(book.contents_table(TableFlags(0x1000))), ErrorCode::UNKNOWN_FLAGS);
}

#[test]
fn what_is_no_address_book_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contacts.db");
    std::fs::write(&file, vec![0x55; 8192]).unwrap();
    assert_eq!(code(logon(folder.path())), ErrorCode::CORRUPT_DATA);
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &file).unwrap();
    assert_eq!(code(logon(folder.path())), ErrorCode::NO_ACCESS);
    assert!(!folder.path().join("elsewhere").exists());

    let unconfigured = PabProvider.logon(RecordingSupport::new(FakeClock::default(), PropList::new()));
    assert_eq!(code(unconfigured), ErrorCode::UNCONFIGURED);
    let mut props = PropList::new();
    assert_eq!(
        code(service_entry(&PabService, ServiceContext::Configure, &mut props)),
        ErrorCode::UNCONFIGURED
    );
    props.set(FILE, "relative.db");
    assert_eq!(
        code(service_entry(&PabService, ServiceContext::Configure, &mut props)),
        ErrorCode::UNCONFIGURED
    );
}
