//! The contract of store providers, as tests over any of them.
//!
//! Each test is a public function that takes a maker of fixtures and panics where the provider breaks
//! its contract; [`run_all`] runs them all, and [`ALL`] names them, so that a provider can have a test
//! of its own for each. What the reference leaves to the provider is not asked.
//!
//! Files are named after what they ask about; the asking itself is in the files, the handling of
//! fixtures here.

#![allow(clippy::unwrap_used, reason = "a suite panics where a provider breaks its contract")]

pub mod attachments;
pub mod conflicts;
pub mod delivery;
pub mod ending;
pub mod events;
pub mod folders;
pub mod messages;
pub mod named_properties;
pub mod properties;
pub mod read_state;
pub mod receive_folders;
pub mod recipients;
pub mod submission;
pub mod tables;

use crate::clock::FakeClock;
use crate::support::RecordingSupport;
use mapi_defs::flags::{OpenFlags, SaveFlags, TableFlags};
use mapi_defs::prop::tags::*;
use mapi_defs::prop::{Prop, PropList, PropTag, PropValue};
use mapi_defs::recipient::{Recipient, RecipientType};
use mapi_defs::row::Row;
use mapi_defs::{EntryId, ErrorCode, Result};
use mapi_spi::container::Opened;
use mapi_spi::folder::Folder;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::table::query_all_rows;
use std::any::Any;
use std::sync::Arc;

/// Makes a provider over an empty store that nobody else has.
pub type Make<'make> = &'make dyn Fn() -> Fixture;

/// One test of the contract.
pub type Test = fn(Make<'_>);

/// Every test, with the name of its file and its own.
pub const ALL: &[(&str, &[(&str, Test)])] = &[
    ("properties", properties::ALL),
    ("named_properties", named_properties::ALL),
    ("recipients", recipients::ALL),
    ("attachments", attachments::ALL),
    ("messages", messages::ALL),
    ("folders", folders::ALL),
    ("tables", tables::ALL),
    ("read_state", read_state::ALL),
    ("receive_folders", receive_folders::ALL),
    ("submission", submission::ALL),
    ("delivery", delivery::ALL),
    ("conflicts", conflicts::ALL),
    ("events", events::ALL),
    ("ending", ending::ALL),
];

/// Runs every test, each over a fixture of its own, and says on standard error which one runs.
///
/// # Panics
/// - The provider breaks its contract.
pub fn run_all(make: Make<'_>) {
    for (file, tests) in ALL {
        for (name, test) in *tests {
            eprintln!("{file}::{name}");
            test(make);
        }
    }
}

/// A provider over an empty store, and what its logons are given.
pub struct Fixture {
    /// The provider.
    pub provider: Arc<dyn MsProvider>,
    /// What its section of the profile holds.
    pub section: PropList,
    /// The clock of all its logons.
    pub clock: FakeClock,
    kept: Vec<Box<dyn Any>>,
}

impl Fixture {
    /// A provider that needs nothing in its section.
    pub fn new(provider: Arc<dyn MsProvider>) -> Self {
        Self { provider, section: PropList::new(), clock: FakeClock::default(), kept: Vec::new() }
    }

    /// Gives the provider's section a property.
    #[must_use]
    pub fn with(mut self, tag: PropTag, value: impl Into<PropValue>) -> Self {
        self.section.set(tag, value);
        self
    }

    /// Keeps something as long as the fixture, such as the folder that the store's file is in.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    /// Logs on as a client that writes.
    pub fn open(&self) -> Open {
        self.try_open(OpenFlags::MODIFY, false).unwrap()
    }

    /// Logs on as the spooler does.
    pub fn open_as_spooler(&self) -> Open {
        self.try_open(OpenFlags::MODIFY, true).unwrap()
    }

    /// Logs on.
    ///
    /// # Errors
    /// What the provider answers.
    pub fn try_open(&self, flags: OpenFlags, is_spooler: bool) -> Result<Open> {
        let support = RecordingSupport::new(self.clock.clone(), self.section.clone());
        let entry_id = EntryId::default();
        let how = StoreLogon { support: support.clone(), entry_id, flags, is_spooler };
        let (logon, store) = self.provider.logon(how)?;
        Ok(Open { logon, store, support })
    }
}

/// A logon; it logs off when it is dropped.
pub struct Open {
    /// The logon.
    pub logon: Arc<dyn MsLogon>,
    /// The store.
    pub store: Arc<dyn MsgStore>,
    /// What the provider was given.
    pub support: Arc<RecordingSupport>,
}

impl Drop for Open {
    fn drop(&mut self) {
        // A test of endings may have logged off before.
        self.logon.logoff().ok();
    }
}

impl Open {
    /// The folder that a property of the store leads to, open for writing.
    pub fn folder_by(&self, tag: PropTag) -> Arc<dyn Folder> {
        self.folder(&EntryId::from_bytes(binary(&*self.store, tag)))
    }

    /// The Inbox, open for writing.
    pub fn inbox(&self) -> Arc<dyn Folder> {
        self.folder(&self.store.receive_folder("").unwrap().folder)
    }

    /// The Outbox, open for writing.
    pub fn outbox(&self) -> Arc<dyn Folder> {
        self.folder_by(PR_IPM_OUTBOX_ENTRYID)
    }

    /// A new folder below the folder of all mail.
    pub fn new_folder(&self, name: &str) -> Arc<dyn Folder> {
        create_folder(&*self.folder_by(PR_IPM_SUBTREE_ENTRYID), name)
    }

    /// A folder, open for writing.
    pub fn folder(&self, id: &EntryId) -> Arc<dyn Folder> {
        match self.store.open_entry(id, OpenFlags::MODIFY).unwrap() {
            Opened::Folder(folder) => folder,
            other => panic!("{other:?} in place of a folder"),
        }
    }

    /// A message, open for writing.
    pub fn message(&self, id: &EntryId) -> Arc<dyn Message> {
        self.try_message(id, OpenFlags::MODIFY).unwrap()
    }

    /// A message.
    ///
    /// # Errors
    /// What the provider answers.
    pub fn try_message(&self, id: &EntryId, flags: OpenFlags) -> Result<Arc<dyn Message>> {
        match self.store.open_entry(id, flags)? {
            Opened::Message(message) => Ok(message),
            other => panic!("{other:?} in place of a message"),
        }
    }

    /// True where nothing of this identifier can be opened.
    pub fn is_gone(&self, id: &EntryId) -> bool {
        let opened = self.store.open_entry(id, OpenFlags::NONE);
        opened.is_err_and(|error| error.code() == ErrorCode::NOT_FOUND)
    }
}

/// Creates a folder below another.
pub(crate) fn create_folder(above: &dyn Folder, name: &str) -> Arc<dyn Folder> {
    use mapi_defs::flags::FolderFlags;
    use mapi_spi::folder::FolderType;
    above.create_folder(FolderType::Generic, name, "", FolderFlags::NONE).unwrap()
}

/// Creates and saves a message, and returns its identifier.
pub(crate) fn create_message(folder: &dyn Folder, subject: &str) -> EntryId {
    let message = folder.create_message(false).unwrap();
    set(&*message, PR_SUBJECT, subject);
    save(&*message);
    entry_id(&*message)
}

/// Creates and saves an unsent message to one recipient in the Outbox, ready to be submitted.
pub(crate) fn create_mail(open: &Open, subject: &str) -> (Arc<dyn Message>, EntryId) {
    let message = open.outbox().create_message(false).unwrap();
    set(&*message, PR_SUBJECT, subject);
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("Ann", RecipientType::To)]).unwrap();
    save(&*message);
    let id = entry_id(&*message);
    (message, id)
}

/// A recipient at example.org.
pub(crate) fn recipient(name: &str, kind: RecipientType) -> Recipient {
    let mut row = Recipient::default();
    row.props.set(PR_DISPLAY_NAME, name);
    row.props.set(PR_ADDRTYPE, "SMTP");
    row.props.set(PR_EMAIL_ADDRESS, format!("{}@example.org", name.to_lowercase()));
    row.props.set(PR_RECIPIENT_TYPE, kind.value());
    row
}

/// Sets one property, which the object must take.
pub(crate) fn set(object: &dyn MapiProp, tag: PropTag, value: impl Into<PropValue>) {
    assert_eq!(object.set_props(&[Prop::new(tag, value)]).unwrap(), [], "{tag}");
}

/// Saves and keeps open for writing.
pub(crate) fn save(object: &dyn MapiProp) {
    object.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
}

/// One property, or PT_ERROR in its place.
pub(crate) fn value(object: &dyn MapiProp, tag: PropTag) -> PropValue {
    let mut props = object.props(Some(&[tag])).unwrap();
    assert_eq!(props.len(), 1, "one answer for one tag");
    props.remove(0).value
}

/// A text property, which has to be there.
pub(crate) fn text(object: &dyn MapiProp, tag: PropTag) -> String {
    value(object, tag).as_text().unwrap_or_else(|| panic!("no text in {tag}")).to_owned()
}

/// A number, which has to be there.
pub(crate) fn long(object: &dyn MapiProp, tag: PropTag) -> i32 {
    value(object, tag).as_long().unwrap_or_else(|| panic!("no number in {tag}"))
}

/// Bytes, which have to be there.
pub(crate) fn binary(object: &dyn MapiProp, tag: PropTag) -> Vec<u8> {
    value(object, tag).as_binary().unwrap_or_else(|| panic!("no bytes in {tag}")).to_vec()
}

/// PR_ENTRYID.
pub(crate) fn entry_id(object: &dyn MapiProp) -> EntryId {
    EntryId::from_bytes(binary(object, PR_ENTRYID))
}

/// The rows of a folder's table.
pub(crate) fn contents(folder: &dyn Folder, flags: TableFlags, columns: &[PropTag]) -> Vec<Row> {
    query_all_rows(&*folder.contents_table(flags).unwrap(), columns).unwrap()
}

/// The subjects in a folder, in alphabetical order.
pub(crate) fn subjects(folder: &dyn Folder) -> Vec<String> {
    let rows = contents(folder, TableFlags::NONE, &[PR_SUBJECT]);
    let mut subjects: Vec<String> =
        rows.iter().map(|row| row.text(PR_SUBJECT).unwrap_or_default().to_owned()).collect();
    subjects.sort();
    subjects
}

/// The code of a failing call.
#[track_caller]
pub(crate) fn code<T>(answer: Result<T>) -> ErrorCode {
    match answer {
        Ok(_) => panic!("the call succeeded where it has to fail"),
        Err(error) => error.code(),
    }
}
