//! The folders that every store has, and what they are for.
//!
//! Their entry identifiers are properties of the store (`store.rs`); where mail of a class arrives can
//! be changed later and is `receive_folder.rs`.

use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags;

/// A folder's part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    /// The root of the store, shown to nobody.
    Root = 1,
    /// The root of what people see.
    IpmSubtree = 2,
    /// Where mail arrives.
    Inbox = 3,
    /// Where mail waits to be sent.
    Outbox = 4,
    /// Where sent mail is kept.
    SentItems = 5,
    /// Where deleted mail is kept.
    DeletedItems = 6,
    /// Where mail is written.
    Drafts = 7,
    /// Views of everybody.
    CommonViews = 8,
    /// Views of one's own.
    Views = 9,
    /// Search folders.
    Finder = 10,
}

/// A folder of a new store.
pub(crate) struct Layout {
    pub(crate) role: Role,
    /// The part of the folder that it lies below.
    pub(crate) below: Option<Role>,
    /// PR_DISPLAY_NAME.
    pub(crate) name: &'static str,
    /// The store's property that leads to it, and its bit in PR_VALID_FOLDER_MASK.
    pub(crate) property: Option<(PropTag, i32)>,
}

/// The folders of a new store, parents first.
pub(crate) const LAYOUT: [Layout; 10] = [
    folder(Role::Root, None, "Root", None),
    folder(
        Role::IpmSubtree,
        Some(Role::Root),
        "Top of Personal Folders",
        Some((tags::PR_IPM_SUBTREE_ENTRYID, 0x01)),
    ),
    folder(Role::Inbox, Some(Role::IpmSubtree), "Inbox", None),
    folder(Role::Outbox, Some(Role::IpmSubtree), "Outbox", Some((tags::PR_IPM_OUTBOX_ENTRYID, 0x04))),
    folder(
        Role::SentItems,
        Some(Role::IpmSubtree),
        "Sent Items",
        Some((tags::PR_IPM_SENTMAIL_ENTRYID, 0x10)),
    ),
    folder(
        Role::DeletedItems,
        Some(Role::IpmSubtree),
        "Deleted Items",
        Some((tags::PR_IPM_WASTEBASKET_ENTRYID, 0x08)),
    ),
    folder(Role::Drafts, Some(Role::IpmSubtree), "Drafts", None),
    folder(Role::CommonViews, Some(Role::Root), "Common Views", Some((tags::PR_COMMON_VIEWS_ENTRYID, 0x40))),
    folder(Role::Views, Some(Role::Root), "Views", Some((tags::PR_VIEWS_ENTRYID, 0x20))),
    folder(Role::Finder, Some(Role::Root), "Finder", Some((tags::PR_FINDER_ENTRYID, 0x80))),
];

/// FOLDER_IPM_INBOX_VALID, which has no property: the Inbox is found by GetReceiveFolder.
pub(crate) const INBOX_VALID: i32 = 0x02;

/// Where a new store receives.
pub(crate) const DEFAULT_RECEIVE: [(&str, Role); 4] =
    [("", Role::Inbox), ("IPM", Role::Inbox), ("REPORT.IPM", Role::Inbox), ("IPC", Role::Root)];

const fn folder(
    role: Role,
    below: Option<Role>,
    name: &'static str,
    property: Option<(PropTag, i32)>,
) -> Layout {
    Layout { role, below, name, property }
}
