//! IMAPIFolder over a folder of the safe API.
//! Its tables and searches are `container.rs`'s, its properties `prop.rs`'s.

use super::container::{HasContents, entry_ids};
use super::held::{Class, Context, Held};
use super::message::message;
use super::opened::{asked, entry_id, interface_id, wrap};
use super::own::{self, Own};
use super::prop::only;
use crate::abi::{ENTRYID, SBinaryArray, SSortOrderSet};
use crate::guard::slot;
use crate::import::progress::foreign_progress;
use crate::interfaces::{IMAPIFolder, IMAPIFolder_Impl, IMAPIProgress, IMAPITable, IMessage, IUnknown};
use crate::marshal::prop::c_guid;
use crate::marshal::restriction::sort_order;
use crate::marshal::text::{MAPI_UNICODE, text};
use crate::marshal::{In, Out, OutInterface, invalid};
use mapi::Object;
use mapi_defs::flags::{FolderFlags, OpenFlags, ReadFlags, TableFlags};
use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::PR_COMMENT;
use mapi_defs::{EntryId, Error, ErrorCode, Guid, Result, Warning};
use mapi_spi::container::SearchCriteria;
use mapi_spi::folder::Completion;
use std::ffi::c_void;
use std::sync::atomic::AtomicPtr;
use windows_core::{GUID, HRESULT, Interface, implement};

const MAPI_ASSOCIATED: u32 = 0x40;
const ITEMPROC_FORCE: u32 = 0x800;
const MAPI_DEFERRED_ERRORS: u32 = 8;
const MESSAGE_MOVE: u32 = 1;
const MESSAGE_DIALOG: u32 = 2;
const MAPI_DECLINE_OK: u32 = 4;
const DELETE_HARD_DELETE: u32 = 0x10;
const OPEN_IF_EXISTS: u32 = 1;
const FOLDER_GENERIC: u32 = 1;
const FOLDER_SEARCH: u32 = 2;
const FOLDER_MOVE: u32 = 1;
const FOLDER_DIALOG: u32 = 2;
const COPY_SUBFOLDERS: u32 = 0x10;
const DEL_MESSAGES: u32 = 1;
const DEL_FOLDERS: u32 = 4;
const DEL_ASSOCIATED: u32 = 8;
const PR_CONTAINER_HIERARCHY: u16 = 0x360E;
const PR_CONTAINER_CONTENTS: u16 = 0x360F;
const PR_FOLDER_ASSOCIATED_CONTENTS: u16 = 0x3610;

/// Makes the COM object of a folder.
pub fn folder(folder: mapi::Folder, context: &Context) -> IMAPIFolder {
    own::export(Folder(Held::new(folder, context)))
}

#[implement(IMAPIFolder)]
struct Folder(Held<mapi::Folder>);

impl Own for Folder {
    type Face = IMAPIFolder;

    fn vtable() -> &'static AtomicPtr<c_void> {
        static VTABLE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        &VTABLE
    }
}

impl Class for Folder {
    type Object = mapi::Folder;

    fn held(&self) -> &Held<mapi::Folder> {
        &self.0
    }

    fn open_object(&self, tag: PropTag, iid: Guid, flags: u32) -> Result<IUnknown> {
        const CALL: &str = "IMAPIProp::OpenProperty";
        if c_guid(iid) != IMAPITable::IID {
            return Err(Error::new(ErrorCode::INTERFACE_NOT_SUPPORTED, CALL, "the property is a table"));
        }
        only(flags, MAPI_UNICODE | OpenFlags::ALL.0, CALL)?;
        let folder = self.0.object();
        let table = match tag.id() {
            PR_CONTAINER_HIERARCHY => folder.hierarchy_table(TableFlags::NONE)?,
            PR_CONTAINER_CONTENTS => folder.contents_table(TableFlags::NONE)?,
            PR_FOLDER_ASSOCIATED_CONTENTS => folder.contents_table(TableFlags::ASSOCIATED)?,
            _ => return Err(Error::new(ErrorCode::NOT_FOUND, CALL, "the folder has no such table")),
        };
        Ok(self.0.table(table, flags)?.into())
    }
}

impl HasContents for Folder {
    fn contents_table(&self, flags: TableFlags) -> Result<IMAPITable> {
        self.0.table(self.0.object().contents_table(flags)?, flags.0)
    }

    fn hierarchy_table(&self, flags: TableFlags) -> Result<IMAPITable> {
        self.0.table(self.0.object().hierarchy_table(flags)?, flags.0)
    }

    fn open_entry(&self, id: &EntryId, flags: OpenFlags, iid: Option<Guid>) -> Result<(IUnknown, u32)> {
        let opened = self.0.object().open_entry(id, flags)?;
        wrap(opened, self.0.context(), iid.map(c_guid), "IMAPIContainer::OpenEntry")
    }

    fn set_search_criteria(&self, criteria: &SearchCriteria) -> Result<()> {
        self.0.object().set_search_criteria(criteria)
    }

    fn search_criteria(&self) -> Result<SearchCriteria> {
        self.0.object().search_criteria()
    }
}

impl IMAPIFolder_Impl for Folder_Impl {
    unsafe fn CreateMessage(&self, iid: *const GUID, flags: u32, out: OutInterface<IMessage>) -> HRESULT {
        const CALL: &str = "IMAPIFolder::CreateMessage";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (iid, out) = unsafe { (interface_id(iid, CALL)?, out.required(CALL)?) };
            only(flags, MAPI_ASSOCIATED | MAPI_DEFERRED_ERRORS | ITEMPROC_FORCE, CALL)?;
            let folder = self.0.object();
            let made = if flags & MAPI_ASSOCIATED != 0 {
                folder.create_associated_message()?
            } else {
                folder.create_message()?
            };
            out.give(asked(message(made, self.0.context()).into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn CopyMessages(
        &self,
        list: *mut SBinaryArray,
        _iid: *const GUID,
        target: *mut c_void,
        _ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::CopyMessages";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's list, folder and progress object.
            let (ids, target, progress) = unsafe {
                (required_ids(list, CALL)?, destination(target, CALL)?, foreign_progress(progress.as_ref()))
            };
            only(flags, MESSAGE_MOVE | MESSAGE_DIALOG | MAPI_DECLINE_OK, CALL)?;
            let way = if flags & MESSAGE_MOVE != 0 { FolderFlags::MOVE } else { FolderFlags::NONE };
            let (done, _) = self.0.object().copy_messages(&ids, &target, way, &*progress)?;
            Ok(partial(done))
        })
    }

    unsafe fn DeleteMessages(
        &self,
        list: *mut SBinaryArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::DeleteMessages";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's list.
            let ids = unsafe { required_ids(list, CALL) }?;
            only(flags, MESSAGE_DIALOG | DELETE_HARD_DELETE, CALL)?;
            let hard = flags & DELETE_HARD_DELETE != 0;
            let way = if hard { FolderFlags::HARD_DELETE } else { FolderFlags::NONE };
            Ok(partial(self.0.object().delete_messages(&ids, way)?))
        })
    }

    unsafe fn CreateFolder(
        &self,
        kind: u32,
        name: *mut c_void,
        comment: *mut c_void,
        iid: *const GUID,
        flags: u32,
        out: OutInterface<IMAPIFolder>,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::CreateFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's texts, identifier and out parameter.
            let (name, comment, iid, out) = unsafe {
                (
                    text(name, flags, CALL)?.ok_or_else(|| invalid(CALL, "the name is NULL"))?,
                    text(comment, flags, CALL)?,
                    interface_id(iid, CALL)?,
                    out.required(CALL)?,
                )
            };
            only(flags, OPEN_IF_EXISTS | MAPI_DEFERRED_ERRORS | MAPI_UNICODE, CALL)?;
            let exists = flags & OPEN_IF_EXISTS != 0;
            let way = if exists { FolderFlags::OPEN_IF_EXISTS } else { FolderFlags::NONE };
            let made = match kind {
                FOLDER_GENERIC => self.0.object().create_folder(&name, way)?,
                FOLDER_SEARCH => self.0.object().create_search_folder(&name, way)?,
                _ => return Err(invalid(CALL, "no such type of folder")),
            };
            if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
                made.set(PR_COMMENT, comment)?;
            }
            out.give(asked(folder(made, self.0.context()).into(), iid, CALL)?);
            Ok(())
        })
    }

    unsafe fn CopyFolder(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        _iid: *const GUID,
        target: *mut c_void,
        new_name: *mut c_void,
        _ui_param: usize,
        progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::CopyFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier, folder, name and progress object.
            let (id, target, name, progress) = unsafe {
                let id = required_id(id_bytes, id, CALL)?;
                (
                    id,
                    destination(target, CALL)?,
                    text(new_name, flags, CALL)?,
                    foreign_progress(progress.as_ref()),
                )
            };
            let known = FOLDER_MOVE | FOLDER_DIALOG | COPY_SUBFOLDERS | MAPI_DECLINE_OK | MAPI_UNICODE;
            only(flags, known, CALL)?;
            let mut way = FolderFlags::NONE;
            if flags & FOLDER_MOVE != 0 {
                way |= FolderFlags::MOVE;
            }
            if flags & COPY_SUBFOLDERS != 0 {
                way |= FolderFlags::COPY_SUBFOLDERS;
            }
            let done = self.0.object().copy_folder(&id, &target, name.as_deref(), way, &*progress)?;
            Ok(partial(done))
        })
    }

    unsafe fn DeleteFolder(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::DeleteFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier.
            let id = unsafe { required_id(id_bytes, id, CALL) }?;
            only(flags, FOLDER_DIALOG | DEL_MESSAGES | DEL_FOLDERS | DELETE_HARD_DELETE, CALL)?;
            Ok(partial(self.0.object().delete_folder(&id, deletion(flags))?))
        })
    }

    unsafe fn SetReadFlags(
        &self,
        list: *mut SBinaryArray,
        _ui_param: usize,
        _progress: In<IMAPIProgress>,
        flags: u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::SetReadFlags";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's list, or NULL for all messages.
            let ids = unsafe { entry_ids(list, CALL) }?;
            only(flags, ReadFlags::ALL.0 | MESSAGE_DIALOG, CALL)?;
            let way = ReadFlags(flags & ReadFlags::ALL.0);
            Ok(partial(self.0.object().set_read_flags(ids.as_deref(), way)?))
        })
    }

    unsafe fn GetMessageStatus(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        flags: u32,
        status: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::GetMessageStatus";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (id, status) = unsafe { (required_id(id_bytes, id, CALL)?, Out::required(status, CALL)?) };
            only(flags, 0, CALL)?;
            status.write(self.0.object().message_status(&id)?);
            Ok(())
        })
    }

    unsafe fn SetMessageStatus(
        &self,
        id_bytes: u32,
        id: *mut ENTRYID,
        new_status: u32,
        mask: u32,
        old_status: *mut u32,
    ) -> HRESULT {
        const CALL: &str = "IMAPIFolder::SetMessageStatus";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's identifier and out parameter.
            let (id, old) = unsafe { (required_id(id_bytes, id, CALL)?, Out::optional(old_status, CALL)?) };
            let before = self.0.object().set_message_status(&id, new_status, mask)?;
            old.into_iter().for_each(|old| old.write(before));
            Ok(())
        })
    }

    unsafe fn SaveContentsSort(&self, order: *mut SSortOrderSet, _flags: u32) -> HRESULT {
        const CALL: &str = "IMAPIFolder::SaveContentsSort";
        slot(&self.this, CALL, || -> Result<()> {
            // SAFETY: the caller's sort order.
            unsafe { sort_order(order, CALL) }?.ok_or_else(|| invalid(CALL, "the order is NULL"))?;
            crate::guard::Guarded::check(&self.this)?;
            Err(Error::new(ErrorCode::NO_SUPPORT, CALL, "a folder keeps no order of its own"))
        })
    }

    unsafe fn EmptyFolder(&self, _ui_param: usize, progress: In<IMAPIProgress>, flags: u32) -> HRESULT {
        const CALL: &str = "IMAPIFolder::EmptyFolder";
        slot(&self.this, CALL, || {
            // SAFETY: the caller's progress object.
            let progress = unsafe { foreign_progress(progress.as_ref()) };
            only(flags, FOLDER_DIALOG | DEL_ASSOCIATED | DELETE_HARD_DELETE, CALL)?;
            Ok(partial(self.0.object().empty(deletion(flags), &*progress)?))
        })
    }
}

fn deletion(flags: u32) -> FolderFlags {
    let pairs = [
        (DEL_MESSAGES, FolderFlags::DEL_MESSAGES),
        (DEL_FOLDERS, FolderFlags::DEL_FOLDERS),
        (DEL_ASSOCIATED, FolderFlags::DEL_ASSOCIATED),
        (DELETE_HARD_DELETE, FolderFlags::HARD_DELETE),
    ];
    let mut way = FolderFlags::NONE;
    pairs.into_iter().filter(|(bit, _)| flags & bit != 0).for_each(|(_, flag)| way |= flag);
    way
}

fn partial(done: Completion) -> Option<Warning> {
    done.is_partial().then_some(Warning::PARTIAL_COMPLETION)
}

/// The folder of this library that a program's pointer leads to.
///
/// # Safety
/// The pointer is NULL or a live COM object.
unsafe fn destination(target: *mut c_void, call: &'static str) -> Result<mapi::Folder> {
    let target = In::<IUnknown>::from_raw(target);
    // SAFETY: the promise is the caller's own.
    let target = unsafe { target.required(call) }?;
    let known = own::known::<Folder>(target).ok_or_else(|| {
        Error::new(ErrorCode::NO_SUPPORT, call, "the destination is no folder of this library")
    })?;
    Ok(known.0.object().clone())
}

/// # Safety
/// As for `entry_ids`.
unsafe fn required_ids(list: *const SBinaryArray, call: &'static str) -> Result<Vec<EntryId>> {
    // SAFETY: the promise is the caller's own.
    unsafe { entry_ids(list, call) }?.ok_or_else(|| invalid(call, "the list is NULL"))
}

/// # Safety
/// As for `entry_id`.
pub(super) unsafe fn required_id(bytes: u32, id: *const ENTRYID, call: &'static str) -> Result<EntryId> {
    // SAFETY: the promise is the caller's own.
    let id = unsafe { entry_id(bytes, id, call) }?;
    if id.is_empty() { Err(invalid(call, "the entry identifier is empty")) } else { Ok(id) }
}
