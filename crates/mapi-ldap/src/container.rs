//! `LdapContainer`: the directory as one container (IABContainer), and `LdapList`: a list as the container of its
//! members (IDistList). Both are read-only.

use crate::directory::Directory;
use crate::entry_id::{self, Meaning};
use crate::object::{Kind, LdapObject};
use crate::provider::open;
use crate::resolve::resolve;
use crate::table::{LdapTable, Source};
use mapi_defs::flags::{OpenFlags, TableFlags};
use mapi_defs::prop::tags::{
    PR_CONTAINER_FLAGS, PR_DEPTH, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_ENTRYID, PR_INSTANCE_KEY,
    PR_OBJECT_TYPE, PR_RECORD_KEY,
};
use mapi_defs::prop::{PropList, PropTag};
use mapi_defs::recipient::Recipient;
use mapi_defs::sort::{Direction, SortOrder};
use mapi_defs::{EntryId, Error, ErrorCode, Result};
use mapi_spi::address_book::{AbContainer, DistList, Resolution};
use mapi_spi::container::{Container, Opened};
use mapi_spi::display::{self, Dialog, SearchDialog};
use mapi_spi::prop::MapiProp;
use mapi_spi::table::{MapiTable, TableData};
use std::sync::Arc;

/// MAPI_ABCONT.
const CONTAINER: i32 = 4;
/// DT_GLOBAL.
const GLOBAL: i32 = 0x2_0000;
/// AB_RECIPIENTS and AB_UNMODIFIABLE.
const FLAGS: i32 = 0x1 | 0x8;

/// The kind of the directory as a container: the root of the logon, and the one container that its hierarchy
/// shows.
pub(crate) struct Tree {
    directory: Arc<Directory>,
    is_root: bool,
}

/// The directory as a container.
pub(crate) type LdapContainer = LdapObject<Tree>;

impl LdapContainer {
    pub(crate) fn new(directory: Arc<Directory>, is_root: bool) -> Self {
        let id = entry_id::make(directory.uid, &Meaning::Container).as_bytes().to_vec();
        let mut props = PropList::new();
        props.set(PR_DISPLAY_NAME, directory.name.as_str());
        props.set(PR_OBJECT_TYPE, CONTAINER);
        props.set(PR_DISPLAY_TYPE, GLOBAL);
        props.set(PR_CONTAINER_FLAGS, FLAGS);
        props.set(PR_ENTRYID, id.clone());
        props.set(PR_RECORD_KEY, id.clone());
        props.set(PR_INSTANCE_KEY, id);
        Self { props, kind: Tree { directory, is_root } }
    }
}

impl Kind for Tree {
    fn details(&self) -> Option<Dialog> {
        None
    }
}

impl Container for LdapContainer {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        check_flags(flags, "AbContainer::contents_table")?;
        Ok(Arc::new(LdapTable::new(self.kind.directory.clone(), Source::Everybody)?))
    }

    /// Of the root, the one container; nothing is below that.
    fn hierarchy_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        check_flags(flags, "AbContainer::hierarchy_table")?;
        let mut row = self.props.clone();
        row.set(PR_DEPTH, 0);
        let columns: Vec<PropTag> = row.tags().collect();
        let table = TableData::new(PR_INSTANCE_KEY, &columns);
        if self.kind.is_root {
            table.modify_row(row)?;
        }
        Ok(Arc::new(table.view(SortOrder::by(PR_DISPLAY_NAME, Direction::Ascending))?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open(&self.kind.directory, id, flags)
    }
}

impl AbContainer for LdapContainer {
    fn open_search(&self) -> Result<Arc<dyn AbContainer>> {
        let container = Self::new(self.kind.directory.clone(), self.kind.is_root);
        Ok(Arc::new(SearchDialog::new(Arc::new(container))))
    }

    fn resolve_names(&self, recipients: &mut [Recipient], flags: &mut [Resolution]) -> Result<()> {
        if recipients.len() != flags.len() {
            let detail = format!("{} recipients and {} flags", recipients.len(), flags.len());
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, "AbContainer::resolve_names", detail));
        }
        resolve(&self.kind.directory, recipients, flags)
    }

    fn create_entry(&self, _template: &EntryId, _flags: u32) -> Result<Arc<dyn MapiProp>> {
        Err(read_only("AbContainer::create_entry"))
    }

    fn delete_entries(&self, _ids: &[EntryId]) -> Result<()> {
        Err(read_only("AbContainer::delete_entries"))
    }
}

/// The kind of lists.
pub(crate) struct Members {
    directory: Arc<Directory>,
    /// The list's name in the directory.
    name: String,
}

/// A list.
pub(crate) type LdapList = LdapObject<Members>;

impl LdapList {
    pub(crate) fn new(directory: Arc<Directory>, name: String, props: PropList) -> Self {
        Self { props, kind: Members { directory, name } }
    }
}

impl Kind for Members {
    fn details(&self) -> Option<Dialog> {
        Some(display::dist_list(false))
    }
}

impl Container for LdapList {
    fn contents_table(&self, flags: TableFlags) -> Result<Arc<dyn MapiTable>> {
        check_flags(flags, "DistList::contents_table")?;
        let members = Source::Members(self.kind.name.clone());
        Ok(Arc::new(LdapTable::new(self.kind.directory.clone(), members)?))
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags) -> Result<Opened> {
        open(&self.kind.directory, id, flags)
    }
}

impl AbContainer for LdapList {
    fn create_entry(&self, _template: &EntryId, _flags: u32) -> Result<Arc<dyn MapiProp>> {
        Err(read_only("DistList::create_entry"))
    }

    fn delete_entries(&self, _ids: &[EntryId]) -> Result<()> {
        Err(read_only("DistList::delete_entries"))
    }
}

impl DistList for LdapList {}

fn check_flags(flags: TableFlags, call: &'static str) -> Result<()> {
    if !flags.has_unknown() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, format!("flags {:#010x} hold an undefined bit", flags.0)))
}

/// What a change answers.
pub(crate) fn read_only(call: &'static str) -> Error {
    Error::new(ErrorCode::NO_ACCESS, call, "the directory is read-only")
}
