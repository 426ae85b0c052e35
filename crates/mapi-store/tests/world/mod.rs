//! What the tests of the store stand on: a store in a folder of its own, and a support object.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part of the world"
)]

use mapi_defs::flags::{OpenFlags, SaveFlags};
use mapi_defs::guid::MapiUid;
use mapi_defs::prop::{Prop, PropList, PropProblem, PropTag, PropType, PropValue, tags};
use mapi_defs::recipient::Recipient;
use mapi_defs::{EntryId, FileTime, Guid, Result};
use mapi_spi::container::Opened;
use mapi_spi::folder::Folder;
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::msg_store::MsgStore;
use mapi_spi::prop::MapiProp;
use mapi_spi::provider::store::{MsLogon, MsProvider, StoreLogon};
use mapi_spi::spooler::section;
use mapi_spi::support::{SpoolerNotify, Support};
use mapi_store::StoreProvider;
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// 2026-11-20 00:00:00 UTC.
pub const START: i64 = 1_795_132_800;

/// A support object that is told everything.
pub struct TestSupport {
    pub section: Arc<Section>,
    clock: AtomicU64,
    pub notified: Mutex<Vec<SpoolerNotify>>,
    run: PathBuf,
}

impl Support for TestSupport {
    fn now(&self) -> FileTime {
        let seconds = self.clock.fetch_add(1, Ordering::Relaxed);
        FileTime::from_unix_seconds(START + seconds as i64)
    }

    fn new_uid(&self) -> MapiUid {
        Guid(*uuid::Uuid::new_v4().as_bytes())
    }

    fn profile_section(&self, _uid: Option<MapiUid>) -> Result<Arc<dyn MapiProp>> {
        Ok(self.section.clone())
    }

    /// The folder `run` beside the store, where a test has made one.
    fn run_folder(&self) -> Option<PathBuf> {
        Some(self.run.clone()).filter(|run| run.is_dir())
    }

    fn spooler_notify(&self, what: SpoolerNotify) -> Result<()> {
        self.notified.lock().unwrap().push(what);
        Ok(())
    }
}

/// A section of a profile.
#[derive(Default)]
pub struct Section {
    props: Mutex<PropList>,
}

impl MapiProp for Section {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        let props = self.props.lock().unwrap();
        let missing = |tag: &PropTag| Prop {
            tag: tag.with_type(PropType::ERROR),
            value: PropValue::Error(mapi_defs::ErrorCode::NOT_FOUND),
        };
        Ok(match asked {
            None => props.iter().cloned().collect(),
            Some(asked) => {
                asked.iter().map(|tag| props.prop(*tag).cloned().unwrap_or_else(|| missing(tag))).collect()
            }
        })
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        Ok(self.props.lock().unwrap().tags().collect())
    }

    fn set_props(&self, set: &[Prop]) -> Result<Vec<PropProblem>> {
        let mut props = self.props.lock().unwrap();
        for prop in set {
            props.set(prop.tag, prop.value.clone());
        }
        Ok(Vec::new())
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        Ok(())
    }
}

/// A folder with a store in it.
pub struct World {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl World {
    /// A new store.
    pub fn new() -> Self {
        let world = Self::empty();
        mapi_store::create(&world.path, "Personal Folders", FileTime::from_unix_seconds(START)).unwrap();
        world
    }

    /// No store yet.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.store");
        Self { folder, path }
    }

    /// A logon for reading and writing.
    pub fn logon(&self) -> Open {
        self.logon_as(OpenFlags::MODIFY, false).unwrap()
    }

    /// A logon of the spooler.
    pub fn spooler(&self) -> Open {
        self.logon_as(OpenFlags::MODIFY, true).unwrap()
    }

    /// A logon of a kind.
    pub fn logon_as(&self, flags: OpenFlags, is_spooler: bool) -> Result<Open> {
        logon(
            &StoreProvider::new().with_patience(std::time::Duration::from_millis(300)),
            &self.path,
            flags,
            is_spooler,
        )
    }

    /// The check, which has to find nothing.
    pub fn check(&self) -> mapi_store::Report {
        let report = mapi_store::check(&self.path).unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        report
    }
}

/// A logon through a provider.
pub fn logon(provider: &StoreProvider, path: &Path, flags: OpenFlags, is_spooler: bool) -> Result<Open> {
    let section = Arc::new(Section::default());
    section.set_props(&[Prop::new(section::FILE, path.to_str().unwrap())])?;
    let run = path.with_file_name("run");
    let (clock, notified) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let support = Arc::new(TestSupport { section, clock, notified, run });
    let how = StoreLogon { support: support.clone(), entry_id: EntryId::default(), flags, is_spooler };
    let (logon, store) = provider.logon(how)?;
    Ok(Open { logon, store, support })
}

/// An open store.
pub struct Open {
    pub logon: Arc<dyn MsLogon>,
    pub store: Arc<dyn MsgStore>,
    pub support: Arc<TestSupport>,
}

impl Open {
    pub fn folder(&self, id: &EntryId) -> Arc<dyn Folder> {
        match self.store.open_entry(id, OpenFlags::MODIFY).unwrap() {
            Opened::Folder(folder) => folder,
            other => panic!("{other:?} is no folder"),
        }
    }

    pub fn root(&self) -> Arc<dyn Folder> {
        self.folder(&EntryId::default())
    }

    pub fn inbox(&self) -> Arc<dyn Folder> {
        self.folder(&self.store.receive_folder("IPM.Note").unwrap().folder)
    }

    /// The Inbox of a logon that reads.
    pub fn inbox_to_read(&self) -> Arc<dyn Folder> {
        let id = self.store.receive_folder("").unwrap().folder;
        match self.store.open_entry(&id, OpenFlags::NONE).unwrap() {
            Opened::Folder(folder) => folder,
            other => panic!("{other:?} is no folder"),
        }
    }

    pub fn special(&self, tag: PropTag) -> Arc<dyn Folder> {
        self.folder(&EntryId::from_bytes(binary(&*self.store, tag)))
    }

    pub fn subtree(&self) -> Arc<dyn Folder> {
        self.special(tags::PR_IPM_SUBTREE_ENTRYID)
    }

    pub fn outbox(&self) -> Arc<dyn Folder> {
        self.special(tags::PR_IPM_OUTBOX_ENTRYID)
    }

    pub fn message(&self, id: &EntryId) -> Arc<dyn Message> {
        self.try_message(id, OpenFlags::MODIFY).unwrap()
    }

    pub fn try_message(&self, id: &EntryId, flags: OpenFlags) -> Result<Arc<dyn Message>> {
        match self.store.open_entry(id, flags)? {
            Opened::Message(message) => Ok(message),
            other => panic!("{other:?} is no message"),
        }
    }
}

/// One property.
pub fn value(object: &dyn MapiProp, tag: PropTag) -> PropValue {
    object.props(Some(&[tag])).unwrap().remove(0).value
}

pub fn text(object: &dyn MapiProp, tag: PropTag) -> String {
    value(object, tag).as_text().unwrap_or_else(|| panic!("{tag} is no text")).to_owned()
}

pub fn long(object: &dyn MapiProp, tag: PropTag) -> i32 {
    value(object, tag).as_long().unwrap_or_else(|| panic!("{tag} is no number"))
}

pub fn binary(object: &dyn MapiProp, tag: PropTag) -> Vec<u8> {
    value(object, tag).as_binary().unwrap_or_else(|| panic!("{tag} is no bytes")).to_vec()
}

pub fn entry_id(object: &dyn MapiProp) -> EntryId {
    EntryId::from_bytes(binary(object, tags::PR_ENTRYID))
}

pub fn set(object: &dyn MapiProp, tag: PropTag, value: impl Into<PropValue>) {
    assert_eq!(object.set_props(&[Prop::new(tag, value)]).unwrap(), Vec::new());
}

pub fn recipient(name: &str, kind: i32) -> Recipient {
    let mut row = Recipient::default();
    row.props.set(Recipient::DISPLAY_NAME, name);
    row.props.set(Recipient::ADDRTYPE, "SMTP");
    row.props.set(Recipient::EMAIL_ADDRESS, format!("{name}@example.org"));
    row.props.set(Recipient::TYPE, kind);
    row
}

/// A saved message with a subject.
pub fn message_in(folder: &dyn Folder, subject: &str) -> Arc<dyn Message> {
    let message = folder.create_message(false).unwrap();
    set(&*message, tags::PR_SUBJECT, subject);
    set(&*message, tags::PR_MESSAGE_CLASS, "IPM.Note");
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    message
}

/// A message with a recipient, saved in the Outbox.
pub fn draft(open: &Open, subject: &str) -> Arc<dyn Message> {
    let message = open.outbox().create_message(false).unwrap();
    set(&*message, tags::PR_SUBJECT, subject);
    message.modify_recipients(ModifyRecipients::Add, vec![recipient("ann", 1)]).unwrap();
    message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    message
}
