//! Distribution lists of the personal address book through a session: nested, holding one another, damaged.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi::object::{AbContainer, Object};
use mapi::{
    AddressBook, EntryId, ErrorCode, Home, LogonOptions, Mapi, NewService, OpenFlags, ProfAdmin, Session,
};
use mapi_defs::flags::{SaveFlags, TableFlags};
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::{
    PR_ADDRTYPE, PR_DEF_CREATE_DL, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_OBJECT_TYPE,
    PR_SMTP_ADDRESS,
};
use mapi_defs::recipient::Recipient;
use mapi_spi::address_book::Resolution;
use mapi_spi::spooler::section::FILE;

struct Desk {
    session: Session,
    book: AddressBook,
    home: Home,
    _mapi: Mapi,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self::with_books(1)
    }

    fn with_books(count: usize) -> Self {
        mapi_services::register();
        let mapi = Mapi::initialize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path()).unwrap();
        let admin = ProfAdmin::new(&home).unwrap();
        let books = (0..count).map(|number| {
            let mut service = NewService::named(mapi_services::PAB);
            service.props.set(FILE, folder.path().join(format!("{number}.db")).to_str().unwrap());
            service
        });
        let services = [NewService::named(mapi_services::STORE)].into_iter().chain(books);
        admin.create_profile("P", &services.collect::<Vec<_>>()).unwrap();
        let session = Session::logon(LogonOptions::profile("P").home(&home).no_mail()).unwrap();
        let book = session.open_address_book().unwrap();
        Self { session, book, home, _mapi: mapi, _folder: folder }
    }

    fn container(&self) -> AbContainer {
        self.book.containers().unwrap().remove(0)
    }

    fn add(&self, template: &EntryId, name: &str, address: Option<&str>) -> EntryId {
        let entry = self.container().create_entry(template).unwrap();
        entry.set(PR_DISPLAY_NAME, name).unwrap();
        if let Some(address) = address {
            entry.set(PR_SMTP_ADDRESS, address).unwrap();
        }
        entry.save(SaveFlags::NONE).unwrap();
        EntryId::from_bytes(entry.binary(PR_ENTRYID).unwrap().unwrap())
    }

    fn person(&self, name: &str) -> EntryId {
        self.add(&EntryId::default(), name, Some(&format!("{name}@example.org")))
    }

    fn list(&self, name: &str) -> EntryId {
        let template = self.container().binary(PR_DEF_CREATE_DL).unwrap().unwrap();
        self.add(&EntryId::from_bytes(template), name, None)
    }

    fn put(&self, list: &EntryId, member: &EntryId) {
        let open = self.book.open_container(list, OpenFlags::MODIFY).unwrap();
        open.create_entry(member).unwrap().save(SaveFlags::NONE).unwrap();
    }

    fn people(&self, list: &EntryId) -> Vec<String> {
        let people = self.book.expand_list(list).unwrap();
        let mut names: Vec<String> =
            people.iter().map(|one| one.display_name().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

#[test]
fn lists_that_hold_one_another_are_looked_into_once() {
    let desk = Desk::new();
    let (ann, ben) = (desk.person("ann"), desk.person("ben"));
    let (one, two) = (desk.list("one"), desk.list("two"));
    for (list, member) in [(&one, &ann), (&one, &two), (&two, &one), (&two, &ben), (&two, &ann), (&one, &one)]
    {
        desk.put(list, member);
    }
    assert_eq!(desk.people(&one), ["ann", "ben"]);
    assert_eq!(desk.people(&two), ["ann", "ben"]);
    let open = desk.book.open_container(&one, OpenFlags::MODIFY).unwrap();
    assert_eq!(open.contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 3, "members as they are");
    assert_eq!(open.long(PR_OBJECT_TYPE).unwrap(), Some(8));
    open.delete_entries(&[two.clone(), ann.clone()]).unwrap();
    assert!(desk.people(&one).is_empty(), "nobody but itself");
    desk.put(&one, &ben);
    desk.container().delete_entries(&[ben]).unwrap();
    assert!(desk.people(&one).is_empty(), "who has left the book is in no list");
}

#[test]
fn what_is_no_list_is_told_apart() {
    let desk = Desk::new();
    let ann = desk.person("ann");
    let list = desk.list("list");
    assert_eq!(desk.book.expand_list(&ann).unwrap_err().code(), ErrorCode::NOT_FOUND);
    let nobodys = mapi::address_book::one_off("x", "SMTP", "x@example.org");
    assert_eq!(desk.book.expand_list(&nobodys).unwrap_err().code(), ErrorCode::UNKNOWN_ENTRYID);
    assert!(desk.book.open_container(&ann, OpenFlags::NONE).is_err());
    let open = desk.book.open_container(&list, OpenFlags::NONE).unwrap();
    let refused = open.create_entry(&ann).unwrap().save(SaveFlags::NONE).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NO_ACCESS, "it is open for reading");
    let open = desk.book.open_container(&list, OpenFlags::MODIFY).unwrap();
    assert!(open.create_entry(&EntryId::default()).is_err());
}

#[test]
fn recipients_are_completed_from_their_entries() {
    let desk = Desk::new();
    let ann = desk.person("ann");
    let mut rows = [Recipient::default(), Recipient::default()];
    rows[0].props.set(PR_ENTRYID, ann.as_bytes().to_vec());
    rows[0].props.set(PR_DISPLAY_NAME, "kept");
    rows[1].props.set(PR_DISPLAY_NAME, "unresolved");
    desk.book.prepare_recipients(&mut rows, &[PR_SMTP_ADDRESS]).unwrap();
    let text = |tag| rows[0].props.text(tag);
    assert_eq!((text(PR_DISPLAY_NAME), text(PR_ADDRTYPE)), (Some("kept"), Some("SMTP")));
    assert_eq!(
        (text(PR_EMAIL_ADDRESS), text(PR_SMTP_ADDRESS)),
        (Some("ann@example.org"), Some("ann@example.org"))
    );
    assert_eq!(rows[1].props.len(), 1, "without an entry it stays as it is");
    let mut gone = [Recipient::default()];
    gone[0].props.set(PR_ENTRYID, ann.as_bytes().to_vec());
    desk.container().delete_entries(&[ann]).unwrap();
    assert_eq!(desk.book.prepare_recipients(&mut gone, &[]).unwrap_err().code(), ErrorCode::NOT_FOUND);
    desk.session.logoff(mapi::LogoffFlags::NONE).unwrap();
}

#[test]
fn names_are_looked_for_where_the_profile_says() {
    let (desk, other) = (Desk::with_books(2), Desk::new());
    let book = &desk.book;
    let path = book.search_path().unwrap();
    assert_eq!(path.len(), 2);
    assert_eq!(book.pab().unwrap(), path[0]);
    assert_eq!(book.default_directory().unwrap(), path[0]);
    desk.person("ann");
    let found = || {
        let mut rows = [Recipient::default()];
        rows[0].props.set(PR_DISPLAY_NAME, "ann");
        book.resolve(&mut rows).unwrap()[0]
    };
    assert_eq!(found(), Resolution::Resolved);
    book.set_search_path(&path[1..]).unwrap();
    book.set_pab(&path[1]).unwrap();
    book.set_default_directory(&path[1]).unwrap();
    assert_eq!(found(), Resolution::Unresolved, "the second book does not know her");
    // A new session of the profile has it so, too.
    let again = Session::logon(LogonOptions::profile("P").home(&desk.home).no_mail()).unwrap();
    let again = again.open_address_book().unwrap();
    assert_eq!(again.search_path().unwrap(), path[1..]);
    assert_eq!(
        (again.pab().unwrap(), again.default_directory().unwrap()),
        (path[1].clone(), path[1].clone())
    );
    let code = |answer: mapi::Result<()>| answer.unwrap_err().code();
    let twice = [path[0].clone(), path[0].clone()];
    assert_eq!(code(book.set_search_path(&twice)), ErrorCode::INVALID_PARAMETER);
    let strange = other.book.search_path().unwrap();
    assert_eq!(code(book.set_search_path(&strange)), ErrorCode::UNKNOWN_ENTRYID);
    assert_eq!(code(book.set_pab(&desk.person("ben"))), ErrorCode::NOT_FOUND, "a person holds nobody");
    book.set_search_path(&[]).unwrap();
    assert_eq!(book.search_path().unwrap(), path);
    assert_eq!(found(), Resolution::Resolved);
}

#[test]
fn mail_goes_to_a_list_that_has_an_address_and_to_the_people_of_one_that_has_none() {
    let desk = Desk::new();
    let (ann, team) = (desk.person("ann"), desk.list("team"));
    desk.put(&team, &ann);
    let row = |name: &str, kind: &str, address: Option<&str>, id: &EntryId| {
        let mut row = Recipient::default();
        row.props.set(Recipient::TYPE, mapi::RecipientType::To.value());
        row.props.set(PR_DISPLAY_NAME, name);
        row.props.set(PR_OBJECT_TYPE, 8);
        row.props.set(PR_ADDRTYPE, kind);
        row.props.set(PR_ENTRYID, id.as_bytes().to_vec());
        if let Some(address) = address {
            row.props.set(PR_EMAIL_ADDRESS, address);
        }
        row
    };
    let nobodys = mapi::address_book::one_off("All", "SMTP", "all@example.org");
    let rows =
        vec![row("team", "MAPIPDL", None, &team), row("All", "SMTP", Some("all@example.org"), &nobodys)];
    let store = desk.session.open_default_store().unwrap();
    let message = store.compose().unwrap();
    message.modify_recipients(mapi_spi::message::ModifyRecipients::Add, rows).unwrap();
    message.save(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    let id = EntryId::from_bytes(message.binary(PR_ENTRYID).unwrap().unwrap());
    message.submit().unwrap();
    let message = store.open_message(&id, OpenFlags::NONE).unwrap();
    let mut names: Vec<String> =
        message.recipients().unwrap().iter().map(|row| row.address().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["all@example.org", "ann@example.org"]);
}

#[test]
fn details_say_what_a_dialog_shows_and_a_search_finds_by_what_was_typed() {
    use mapi_defs::prop::tags::*;
    use mapi_spi::display::{COLUMNS, Control, ControlFlags};
    let desk = Desk::new();
    let (ann, list) = (desk.person("ann"), desk.list("list"));
    desk.person("ben");
    let controls = |id: &EntryId, flags| {
        let entry = desk.book.open_entry(id, flags).unwrap();
        let rows = entry.open_table(PR_DETAILS_TABLE).unwrap().query_all_rows(&COLUMNS).unwrap();
        let control = |row: &mapi_defs::row::Row| {
            let long = |tag| row.value(tag).unwrap().as_long().unwrap().cast_unsigned();
            let control = Control::read(long(PR_CONTROL_TYPE), row.binary(PR_CONTROL_STRUCTURE).unwrap());
            (control.unwrap(), long(PR_CONTROL_FLAGS))
        };
        rows.iter().map(control).collect::<Vec<_>>()
    };
    let of_ann = controls(&ann, OpenFlags::NONE);
    assert_eq!(of_ann[0].0, Control::Page { label: "General".to_owned() });
    assert!(of_ann.contains(&(Control::edit(PR_DISPLAY_NAME), 0)), "open for reading");
    let editable = (ControlFlags::EDITABLE | ControlFlags::REQUIRED).0;
    assert!(controls(&ann, OpenFlags::MODIFY).contains(&(Control::edit(PR_DISPLAY_NAME), editable)));
    let members = Control::ListBox { set: PropTag(0), table: PR_CONTAINER_CONTENTS };
    assert!(controls(&list, OpenFlags::NONE).contains(&(members, 0)));
    let nobodys = mapi::address_book::one_off("x", "SMTP", "x@example.org");
    assert!(controls(&nobodys, OpenFlags::NONE).contains(&(Control::edit(PR_EMAIL_ADDRESS), 0)));
    let entry = desk.book.open_entry(&ann, OpenFlags::NONE).unwrap();
    assert_eq!(entry.open_table(PR_CREATE_TEMPLATES).unwrap_err().code(), ErrorCode::NOT_FOUND);

    let search = desk.container().open_search().unwrap();
    assert_eq!(search.search_criteria().unwrap_err().code(), ErrorCode::NOT_INITIALIZED);
    let asked = search.open_table(PR_DETAILS_TABLE).unwrap().row_count().unwrap();
    assert_eq!(asked, 1 + 2 * 8, "a page, and a label with a field for each that can be asked for");
    assert_eq!(search.contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 3);
    search.set(PR_SMTP_ADDRESS, "NN@example").unwrap();
    assert!(search.set(PR_COMMENT, "x").is_err(), "it is not of the dialog");
    let found = search.contents_table(TableFlags::NONE).unwrap().query_all_rows(&[PR_DISPLAY_NAME]).unwrap();
    assert_eq!(found.iter().map(|row| row.text(PR_DISPLAY_NAME).unwrap()).collect::<Vec<_>>(), ["ann"]);
    let criteria = search.search_criteria().unwrap();
    search.set(PR_SMTP_ADDRESS, "nobody").unwrap();
    assert_eq!(search.contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 0);
    search.set_search_criteria(&criteria).unwrap();
    assert_eq!(search.contents_table(TableFlags::NONE).unwrap().row_count().unwrap(), 1);
    assert!(desk.container().search_criteria().is_err(), "a container is no search");
}
