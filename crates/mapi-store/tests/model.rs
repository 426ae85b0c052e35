//! Random work on a store against a model of maps: after each run folders, counters, entry identifiers and
//! contents agree, and the check finds nothing.
#![allow(clippy::unwrap_used, reason = "what has to work and does not fails the test")]

mod world;

use mapi_defs::EntryId;
use mapi_defs::flags::{FolderFlags, OpenFlags, ReadFlags, SaveFlags, StreamFlags, TableFlags};
use mapi_defs::prop::{PropValue, tags};
use mapi_spi::folder::{Folder, FolderType};
use mapi_spi::message::ModifyRecipients;
use mapi_spi::progress::NoProgress;
use mapi_spi::stream::StreamCursor;
use mapi_spi::table::query_all_rows;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use world::{Open, World, entry_id, long, recipient, set, text, value};

const FOLDERS: usize = 3;

/// One step. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Create { folder: usize, body: usize, attached: usize, recipients: usize },
    Change { message: usize, body: usize, attached: Option<usize>, drop_attachment: bool },
    Abandon { message: usize, body: usize },
    Read { message: usize, read: bool },
    Move { message: usize, to: usize },
    Copy { message: usize, to: usize },
    Delete { message: usize, hard: bool },
    Restore { message: usize },
    Status { message: usize, status: u32 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let body =
        prop_oneof![Just(0_usize), 1..2_000_usize, Just(1_024), Just(16_384), Just(16_385), Just(70_000)];
    let attached = prop_oneof![Just(0_usize), 1..100_usize, Just(65_536), Just(65_537), Just(131_072)];
    let message = any::<prop::sample::Index>().prop_map(|index| index.index(1_000));
    let folder = 0..FOLDERS;
    prop_oneof![
        4 => (folder.clone(), body.clone(), attached.clone(), 0..4_usize)
            .prop_map(|(folder, body, attached, recipients)| Step::Create { folder, body, attached, recipients }),
        3 => (message.clone(), body.clone(), proptest::option::of(attached), any::<bool>())
            .prop_map(|(message, body, attached, drop_attachment)| Step::Change { message, body, attached, drop_attachment }),
        1 => (message.clone(), body).prop_map(|(message, body)| Step::Abandon { message, body }),
        2 => (message.clone(), any::<bool>()).prop_map(|(message, read)| Step::Read { message, read }),
        2 => (message.clone(), folder.clone()).prop_map(|(message, to)| Step::Move { message, to }),
        2 => (message.clone(), folder).prop_map(|(message, to)| Step::Copy { message, to }),
        2 => (message.clone(), any::<bool>()).prop_map(|(message, hard)| Step::Delete { message, hard }),
        1 => message.clone().prop_map(|message| Step::Restore { message }),
        1 => (message, 0..8_u32).prop_map(|(message, status)| Step::Status { message, status }),
        1 => Just(Step::Reopen),
    ]
}

/// What a message is in the model.
#[derive(Clone, PartialEq, Debug)]
struct Held {
    folder: usize,
    body: usize,
    attachments: Vec<usize>,
    recipients: usize,
    is_read: bool,
    is_deleted: bool,
    status: u32,
}

struct Run {
    world: World,
    open: Open,
    folders: Vec<EntryId>,
    model: BTreeMap<EntryId, Held>,
}

impl Run {
    fn new() -> Self {
        let world = World::new();
        let open = world.logon();
        let tree = open.subtree();
        let make = |n: usize| {
            let name = format!("Folder {n}");
            entry_id(&*tree.create_folder(FolderType::Generic, &name, "", FolderFlags::NONE).unwrap())
        };
        let folders = (0..FOLDERS).map(make).collect();
        drop(tree);
        Self { world, open, folders, model: BTreeMap::new() }
    }

    fn folder(&self, index: usize) -> Arc<dyn Folder> {
        self.open.folder(&self.folders[index])
    }

    /// A message that is not soft-deleted.
    fn pick(&self, index: usize) -> Option<(EntryId, Held)> {
        let live: Vec<_> = self.model.iter().filter(|(_, held)| !held.is_deleted).collect();
        let (id, held) = live.get(index.checked_rem(live.len())?)?;
        Some(((*id).clone(), (*held).clone()))
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Create { folder, body, attached, recipients } => {
                self.create(folder, body, attached, recipients)
            }
            Step::Reopen => {
                self.open.logon.logoff().unwrap();
                self.open = self.world.logon();
            }
            Step::Restore { message } => self.restore(message),
            Step::Change { message, .. }
            | Step::Abandon { message, .. }
            | Step::Read { message, .. }
            | Step::Move { message, .. }
            | Step::Copy { message, .. }
            | Step::Delete { message, .. }
            | Step::Status { message, .. } => {
                if let Some((id, held)) = self.pick(message) {
                    self.work_on(step, id, held);
                }
            }
        }
    }

    fn create(&mut self, folder: usize, body: usize, attached: usize, recipients: usize) {
        let message = self.folder(folder).create_message(false).unwrap();
        set(&*message, tags::PR_BODY, "b".repeat(body));
        let rows = (0..recipients).map(|n| recipient(&format!("r{n}"), 1)).collect();
        message.modify_recipients(ModifyRecipients::ReplaceAll, rows).unwrap();
        attach(&*message, attached);
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
        let attachments = vec![attached];
        let held =
            Held { folder, body, attachments, recipients, is_read: true, is_deleted: false, status: 0 };
        assert_eq!(self.model.insert(entry_id(&*message), held), None, "an identifier was given twice");
    }

    fn restore(&mut self, index: usize) {
        let gone: Vec<EntryId> =
            self.model.iter().filter(|(_, held)| held.is_deleted).map(|(id, _)| id.clone()).collect();
        let Some(id) = index.checked_rem(gone.len()).and_then(|index| gone.get(index)) else { return };
        let folder = self.model[id].folder;
        assert_eq!(self.folder(folder).restore_messages(std::slice::from_ref(id)).unwrap().done, 1);
        self.model.get_mut(id).unwrap().is_deleted = false;
    }

    fn work_on(&mut self, step: &Step, id: EntryId, mut held: Held) {
        let ids = std::slice::from_ref(&id);
        let from = self.folder(held.folder);
        match *step {
            Step::Change { body, attached, drop_attachment, .. } => {
                let message = self.open.message(&id);
                set(&*message, tags::PR_BODY, "b".repeat(body));
                held.body = body;
                if let Some(attached) = attached {
                    attach(&*message, attached);
                    held.attachments.push(attached);
                }
                if drop_attachment && !held.attachments.is_empty() {
                    message.delete_attach(message.attachments().unwrap()[0]).unwrap();
                    held.attachments.remove(0);
                }
                message.save_changes(SaveFlags::KEEP_OPEN_READONLY).unwrap();
            }
            Step::Abandon { body, .. } => {
                let message = self.open.message(&id);
                set(&*message, tags::PR_BODY, "x".repeat(body));
                attach(&*message, body);
            }
            Step::Read { read, .. } => {
                let flags = if read { ReadFlags::NONE } else { ReadFlags::CLEAR };
                from.set_read_flags(Some(ids), flags, &NoProgress).unwrap();
                held.is_read = read;
            }
            Step::Move { to, .. } => {
                let (done, moved) =
                    from.copy_messages(ids, &*self.folder(to), FolderFlags::MOVE, &NoProgress).unwrap();
                assert_eq!((done.done, &moved[..]), (1, ids));
                held.folder = to;
            }
            Step::Copy { to, .. } => {
                let (_, copies) =
                    from.copy_messages(ids, &*self.folder(to), FolderFlags::NONE, &NoProgress).unwrap();
                let copy = Held { folder: to, status: 0, ..held.clone() };
                assert_eq!(self.model.insert(copies[0].clone(), copy), None);
            }
            Step::Delete { hard, .. } => {
                let flags = if hard { FolderFlags::HARD_DELETE } else { FolderFlags::NONE };
                assert_eq!(from.delete_messages(ids, flags, &NoProgress).unwrap().done, 1);
                if hard {
                    self.model.remove(&id);
                    return;
                }
                held.is_deleted = true;
            }
            Step::Status { status, .. } => {
                assert_eq!(from.set_message_status(&id, status, 7).unwrap(), held.status);
                held.status = status;
            }
            Step::Create { .. } | Step::Restore { .. } | Step::Reopen => {}
        }
        self.model.insert(id, held);
    }

    fn compare(&self) {
        for index in 0..FOLDERS {
            let folder = self.folder(index);
            let here = |held: &&Held| held.folder == index && !held.is_deleted;
            let all = self.model.values().filter(here).count();
            let unread = self.model.values().filter(here).filter(|held| !held.is_read).count();
            let counts = (long(&*folder, tags::PR_CONTENT_COUNT), long(&*folder, tags::PR_CONTENT_UNREAD));
            assert_eq!(counts, (all as i32, unread as i32), "folder {index}");
            for (flags, deleted) in [(TableFlags::NONE, false), (TableFlags::SHOW_SOFT_DELETES, true)] {
                let table = folder.contents_table(flags).unwrap();
                let rows = query_all_rows(&*table, &[tags::PR_ENTRYID]).unwrap();
                let mut shown: Vec<&[u8]> =
                    rows.iter().map(|row| row.binary(tags::PR_ENTRYID).unwrap()).collect();
                shown.sort_unstable();
                let wanted =
                    self.model.iter().filter(|(_, held)| held.folder == index && held.is_deleted == deleted);
                let wanted: Vec<&[u8]> = wanted.map(|(id, _)| id.as_bytes()).collect();
                assert_eq!(shown, wanted, "folder {index}, soft-deleted {deleted}");
            }
        }
        for (id, held) in self.model.iter().filter(|(_, held)| !held.is_deleted) {
            assert_eq!(&self.read(id, held), held);
        }
    }

    fn read(&self, id: &EntryId, expected: &Held) -> Held {
        let message = self.open.try_message(id, OpenFlags::NONE).unwrap();
        let stream = message.open_stream(tags::PR_BODY, StreamFlags::NONE).unwrap();
        let mut body = String::new();
        StreamCursor::new(stream).read_to_string(&mut body).unwrap();
        assert_eq!(body, "b".repeat(expected.body));
        let mut attachments = Vec::new();
        for number in message.attachments().unwrap() {
            let attachment = message.open_attach(number, OpenFlags::NONE).unwrap();
            let stream = attachment.open_stream(tags::PR_ATTACH_DATA_BIN, StreamFlags::NONE).unwrap();
            let mut bytes = Vec::new();
            StreamCursor::new(stream).read_to_end(&mut bytes).unwrap();
            assert!(bytes.iter().all(|byte| *byte == 7));
            attachments.push(bytes.len());
        }
        let is_attached = value(&*message, tags::PR_HASATTACH) == PropValue::Boolean(true);
        assert_eq!(is_attached, !attachments.is_empty());
        let shown = text(&*message, tags::PR_DISPLAY_TO);
        assert_eq!(shown, (0..expected.recipients).map(|n| format!("r{n}")).collect::<Vec<_>>().join("; "));
        Held {
            folder: expected.folder,
            body: body.len(),
            attachments,
            recipients: message.recipients().unwrap().len(),
            is_read: long(&*message, tags::PR_MESSAGE_FLAGS) & 1 != 0,
            is_deleted: false,
            status: long(&*message, tags::PR_MSG_STATUS) as u32,
        }
    }
}

fn attach(message: &dyn mapi_spi::message::Message, bytes: usize) {
    let (_, attachment) = message.create_attach().unwrap();
    set(&*attachment, tags::PR_ATTACH_DATA_BIN, vec![7; bytes]);
    attachment.save_changes(SaveFlags::NONE).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_is_what_was_done_to_it(steps in proptest::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in &steps {
            run.apply(step);
        }
        run.compare();
        run.open.logon.logoff().unwrap();
        run.open = run.world.logon();
        run.compare();
        run.open.logon.logoff().unwrap();
        run.world.check();
    }
}
