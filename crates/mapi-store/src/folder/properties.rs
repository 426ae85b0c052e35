//! The properties of a folder.
//!
//! A folder is not transacted for its clients: what is set is saved at once, in one change.

use super::{StoreFolder, check_name};
use crate::answer;
use crate::computed::{ACCESS_READ, of_every_object};
use crate::engine::Change;
use crate::engine::pack::{Reader, pack};
use crate::engine::record::FolderRecord;
use crate::entry_id::{Kind, ObjectId};
use crate::logon::Logon;
use crate::prop_set::PropSet;
use crate::special_folders::Role;
use crate::stream::{Owner, open_stream};
use mapi_defs::flags::{SaveFlags, StreamFlags};
use mapi_defs::prop::{NamedProp, Prop, PropList, PropProblem, PropTag, tags};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_spi::stream::PropStream;
use std::any::Any;
use std::sync::Arc;

/// MAPI_ACCESS_MODIFY, READ, DELETE, CREATE_HIERARCHY, CREATE_CONTENTS, CREATE_ASSOCIATED.
const ACCESS_FOLDER: i32 = 0x3F;
/// PR_FOLDER_TYPE of the root.
const FOLDER_ROOT: i32 = 0;

/// What a folder computes and nobody sets.
const COMPUTED: [PropTag; 18] = [
    tags::PR_ENTRYID,
    tags::PR_OBJECT_TYPE,
    tags::PR_STORE_ENTRYID,
    tags::PR_STORE_RECORD_KEY,
    tags::PR_MAPPING_SIGNATURE,
    tags::PR_STORE_SUPPORT_MASK,
    tags::PR_MDB_PROVIDER,
    tags::PR_RECORD_KEY,
    tags::PR_INSTANCE_KEY,
    tags::PR_PARENT_ENTRYID,
    tags::PR_FOLDER_TYPE,
    tags::PR_CONTENT_COUNT,
    tags::PR_CONTENT_UNREAD,
    tags::PR_ASSOC_CONTENT_COUNT,
    tags::PR_SUBFOLDERS,
    tags::PR_MESSAGE_SIZE,
    tags::PR_ACCESS,
    tags::PR_ACCESS_LEVEL,
];

/// The computed properties of a folder.
pub(crate) fn computed(record: &FolderRecord, logon: &Logon, can_write: bool) -> PropList {
    let object = ObjectId { kind: Kind::Folder, number: record.id, guard: record.guard };
    let count = |number: i64| i32::try_from(number.max(0)).unwrap_or(i32::MAX);
    let mut list = PropList::new();
    of_every_object(&mut list, logon, object);
    list.set(tags::PR_RECORD_KEY, object.key());
    list.set(tags::PR_INSTANCE_KEY, object.key());
    list.set(tags::PR_DISPLAY_NAME, record.name.as_str());
    // The root is its own parent.
    let parent =
        if record.parent == 0 { (record.id, record.guard) } else { (record.parent, record.parent_guard) };
    list.set(tags::PR_PARENT_ENTRYID, logon.entry_id(Kind::Folder, parent.0, parent.1).as_bytes().to_vec());
    list.set(tags::PR_FOLDER_TYPE, if record.parent == 0 { FOLDER_ROOT } else { record.kind as i32 });
    list.set(tags::PR_CONTENT_COUNT, count(record.counts.total));
    list.set(tags::PR_CONTENT_UNREAD, count(record.counts.unread));
    list.set(tags::PR_ASSOC_CONTENT_COUNT, count(record.counts.assoc));
    list.set(tags::PR_MESSAGE_SIZE, count(record.counts.size));
    list.set(tags::PR_SUBFOLDERS, record.has_subfolders);
    list.set(tags::PR_CREATION_TIME, record.created);
    list.set(tags::PR_LAST_MODIFICATION_TIME, record.modified);
    list.set(tags::PR_ACCESS, if can_write { ACCESS_FOLDER } else { ACCESS_READ });
    list.set(tags::PR_ACCESS_LEVEL, i32::from(can_write));
    list
}

/// True for what nobody sets.
fn is_computed(id: u16) -> bool {
    COMPUTED.iter().any(|tag| tag.id() == id)
        || id == tags::PR_CREATION_TIME.id()
        || id == tags::PR_LAST_MODIFICATION_TIME.id()
}

/// The properties that a record holds beside the computed ones.
pub(crate) fn held(record: &FolderRecord) -> Result<PropSet> {
    let mut set = PropSet::default();
    Reader::new(&record.props)?.unpack(&mut set)?;
    Ok(set)
}

impl StoreFolder {
    /// The computed properties, the way to the drafts only where it is asked for: it is read.
    fn computed(
        &self,
        record: &FolderRecord,
        asked: Option<&[PropTag]>,
        call: &'static str,
    ) -> Result<PropList> {
        const DRAFTS: PropTag = tags::PR_IPM_DRAFTS_ENTRYID;
        let mut list = computed(record, &self.logon, self.can_write);
        if asked.is_none_or(|asked| asked.iter().any(|tag| tag.id() == DRAFTS.id())) {
            let specials = self.logon.engine(call)?.specials()?;
            let plays = |role: Role| specials.iter().find(|(plays, ..)| *plays == role as i64);
            // Programs look for the drafts at the Inbox and the root.
            let looks =
                [Role::Inbox, Role::Root].into_iter().filter_map(plays).any(|(_, id, _)| *id == record.id);
            if let Some((_, id, guard)) = plays(Role::Drafts).filter(|_| looks) {
                list.set(DRAFTS, self.logon.entry_id(Kind::Folder, *id, *guard).as_bytes().to_vec());
            }
        }
        Ok(list)
    }

    /// Changes the properties and saves them; a folder that somebody else saved meanwhile is read again.
    fn change(
        &self,
        call: &'static str,
        work: &mut dyn FnMut(&mut PropSet, &mut String) -> Result<bool>,
    ) -> Result<()> {
        const TRIES: usize = 8;
        self.check_write(call)?;
        let _one_at_a_time = self.changing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let engine = self.logon.engine(call)?;
        for attempt in 1.. {
            let record = self.record(call)?;
            let (mut set, mut name) = (held(&record)?, record.name.clone());
            if !work(&mut set, &mut name)? {
                return Ok(());
            }
            let props = pack(set.small().iter(), set.large(), &[], mapi_spi::prop::SMALL_VALUE_BYTES as u64)?;
            let expected = Some(record.change);
            let change = Change::Folder { id: self.id, expected, name, now: self.logon.now(), props };
            match engine.commit(change) {
                Err(error) if error.code() == ErrorCode::OBJECT_CHANGED && attempt < TRIES => {}
                other => return other.map(drop),
            }
        }
        Ok(())
    }
}

impl Owner for StoreFolder {
    fn with_props(&self, call: &'static str, write: bool, work: &mut dyn FnMut(&mut PropSet)) -> Result<()> {
        if !write {
            work(&mut held(&self.record(call)?)?);
            return Ok(());
        }
        self.change(call, &mut |set, _| {
            work(set);
            Ok(true)
        })
    }

    fn logon(&self) -> &Arc<Logon> {
        &self.logon
    }
}

impl MapiProp for StoreFolder {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn props(&self, asked: Option<&[PropTag]>) -> Result<Vec<Prop>> {
        const CALL: &str = "Folder::props";
        let record = self.record(CALL)?;
        let (computed, set) = (self.computed(&record, asked, CALL)?, held(&record)?);
        let Some(asked) = asked else { return Ok(answer::all(&set, computed)) };
        let one = |tag: &PropTag| {
            let found = computed.prop(*tag).cloned().or_else(|| answer::held_as(&set, *tag));
            answer::pick(*tag, found)
        };
        Ok(asked.iter().map(one).collect())
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        const CALL: &str = "Folder::prop_list";
        let record = self.record(CALL)?;
        Ok(answer::tags(&held(&record)?, &self.computed(&record, None, CALL)?))
    }

    fn set_props(&self, props: &[Prop]) -> Result<Vec<PropProblem>> {
        const CALL: &str = "Folder::set_props";
        let mut problems = Vec::new();
        self.change(CALL, &mut |set, name| {
            problems.clear();
            let display_name = tags::PR_DISPLAY_NAME.id();
            for (index, prop) in props.iter().enumerate().filter(|(_, prop)| prop.tag.id() == display_name) {
                match prop.value.as_text() {
                    Some(text) if check_name(text, CALL).is_ok() => text.clone_into(name),
                    _ => problems.push(PropProblem { index, tag: prop.tag, code: ErrorCode::BAD_VALUE }),
                }
            }
            let mut others = Vec::new();
            answer::set(set, props, |id| is_computed(id) || id == display_name, &mut others);
            problems.extend(others.into_iter().filter(|problem| problem.tag.id() != display_name));
            problems.sort_by_key(|problem| problem.index);
            Ok(problems.len() < props.len())
        })?;
        Ok(problems)
    }

    fn delete_props(&self, deleted: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut problems = Vec::new();
        let display_name = tags::PR_DISPLAY_NAME.id();
        self.change("Folder::delete_props", &mut |set, _| {
            problems.clear();
            Ok(answer::delete(set, deleted, |id| is_computed(id) || id == display_name, &mut problems))
        })?;
        Ok(problems)
    }

    fn open_stream(&self, tag: PropTag, flags: StreamFlags) -> Result<Arc<dyn PropStream>> {
        let this = self.this.upgrade().ok_or_else(|| {
            Error::new(ErrorCode::INVALID_OBJECT, "Folder::open_stream", "the folder is being closed")
        })?;
        if is_computed(tag.id()) {
            let detail = "a computed property has no stream";
            return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, "Folder::open_stream", detail));
        }
        open_stream(this, tag, flags)
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        if flags.has_unknown() {
            let detail = "an undefined flag is set";
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "Folder::save_changes", detail));
        }
        self.record("Folder::save_changes")?;
        self.check_write("Folder::save_changes")
    }

    fn names(&self, ids: &[u16]) -> Result<Vec<Option<NamedProp>>> {
        answer::names(&self.logon, ids)
    }

    fn ids(&self, names: &[NamedProp], create: bool) -> Result<Vec<Option<u16>>> {
        answer::ids(&self.logon, names, create)
    }
}
