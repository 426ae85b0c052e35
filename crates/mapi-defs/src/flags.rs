//! Typed bit flags, one type per family of calls (the `ulFlags` of the reference).
//!
//! Undefined bits are refused where a call documents it, with `MAPI_E_UNKNOWN_FLAGS`.

use crate::{Error, ErrorCode, Result};

/// Declares one family of flags: a table of names and bits.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// No flag.
            pub const NONE: Self = Self(0);
            $($(#[$bit_doc])* pub const $bit: Self = Self($value);)*
            /// Every defined flag.
            pub const ALL: Self = Self(0 $(| $value)*);

            /// True where every bit of `other` is set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// True where any bit of `other` is set.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// True where a bit is set that the family does not define.
            pub const fn has_unknown(self) -> bool {
                self.0 & !Self::ALL.0 != 0
            }

            /// These flags without those of `other`.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl std::ops::BitAnd for $name {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl std::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }
    };
}

flags! {
    /// How an object is opened (OpenEntry, OpenMsgStore, OpenAttach).
    OpenFlags {
        /// MAPI_MODIFY: read and write, or `MAPI_E_NO_ACCESS`.
        MODIFY = 0x1;
        /// MAPI_DEFERRED_ERRORS: the call may succeed before the object is reached.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_BEST_ACCESS: read and write where possible, else read.
        BEST_ACCESS = 0x10;
        /// MDB_NO_MAIL (stores): not used for sending or receiving.
        NO_MAIL = 0x80;
        /// SHOW_SOFT_DELETES: what was soft-deleted can be opened.
        SHOW_SOFT_DELETES = 0x2;
        /// MAPI_NO_CACHE: from the server itself. There is no cache here, so it always is.
        NO_CACHE = 0x200;
        /// MAPI_CACHE_ONLY: without asking a server. What is here is all there is.
        CACHE_ONLY = 0x4000;
    }
}

flags! {
    /// How a store is opened through a session (OpenMsgStore).
    MdbFlags {
        /// MDB_NO_DIALOG: nobody is asked; what is missing is `MAPI_E_LOGON_FAILED`.
        NO_DIALOG = 0x1;
        /// MDB_WRITE: read and write, or `MAPI_E_NO_ACCESS`.
        WRITE = 0x4;
        /// MAPI_DEFERRED_ERRORS: the call may succeed before the store is reached.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_BEST_ACCESS: read and write where possible, else read.
        BEST_ACCESS = 0x10;
        /// MDB_TEMPORARY: the stores table does not change with what this opening learns.
        TEMPORARY = 0x20;
        /// MDB_NO_MAIL: not used for sending or receiving.
        NO_MAIL = 0x80;
        /// MDB_ONLINE: without a cache. There is none here.
        ONLINE = 0x100;
    }
}

/// OpenEntry of a store's identifier: MAPI_MODIFY means MDB_WRITE; other undefined bits stay undefined.
impl From<OpenFlags> for MdbFlags {
    fn from(flags: OpenFlags) -> Self {
        // These have the same bit in both families.
        const SAME: MdbFlags = MdbFlags(
            MdbFlags::DEFERRED_ERRORS.0
                | MdbFlags::BEST_ACCESS.0
                | MdbFlags::TEMPORARY.0
                | MdbFlags::NO_MAIL.0,
        );
        if flags.has_unknown() {
            return Self(!Self::ALL.0);
        }
        let same = Self(flags.0 & SAME.0);
        if flags.contains(OpenFlags::MODIFY) { same | Self::WRITE } else { same }
    }
}

flags! {
    /// How a form is shown (ShowForm).
    FormFlags {
        /// MAPI_POST_MESSAGE: the message is posted into a folder.
        POST_MESSAGE = 0x1;
        /// MAPI_NEW_MESSAGE: the message is a new one.
        NEW_MESSAGE = 0x2;
    }
}

flags! {
    /// What SaveChanges does with the object afterwards.
    SaveFlags {
        /// KEEP_OPEN_READONLY: stay open for reading.
        KEEP_OPEN_READONLY = 0x1;
        /// KEEP_OPEN_READWRITE: stay open for writing.
        KEEP_OPEN_READWRITE = 0x2;
        /// FORCE_SAVE: overwrite what somebody else saved meanwhile.
        FORCE_SAVE = 0x4;
        /// MAPI_DEFERRED_ERRORS.
        DEFERRED_ERRORS = 0x8;
    }
}

flags! {
    /// IMAPISession::Logoff.
    LogoffFlags {
        /// MAPI_LOGOFF_SHARED: tell every other member of the shared session.
        SHARED = 0x1;
        /// MAPI_LOGOFF_UI: a confirmation may be asked.
        UI = 0x2;
    }
}

flags! {
    /// MAPILogonEx.
    LogonFlags {
        /// MAPI_LOGON_UI: a logon dialog may be shown.
        UI = 0x1;
        /// MAPI_NEW_SESSION: never join a shared session.
        NEW_SESSION = 0x2;
        /// MAPI_APP_PROFILE: profiles of programs may be chosen as well; there are none.
        APP_PROFILE = 0x4;
        /// MAPI_ALLOW_OTHERS: others may join this session.
        ALLOW_OTHERS = 0x8;
        /// MAPI_EXPLICIT_PROFILE: the profile named, never the default.
        EXPLICIT_PROFILE = 0x10;
        /// MAPI_EXTENDED: always set by MAPILogonEx's callers.
        EXTENDED = 0x20;
        /// MAPI_FORCE_DOWNLOAD: new mail is fetched before the call returns.
        FORCE_DOWNLOAD = 0x1000;
        /// MAPI_SERVICE_UI_ALWAYS.
        SERVICE_UI_ALWAYS = 0x2000;
        /// MAPI_NO_MAIL: no transport, no spooler.
        NO_MAIL = 0x8000;
        /// MAPI_NT_SERVICE.
        NT_SERVICE = 0x1_0000;
        /// MAPI_PASSWORD_UI.
        PASSWORD_UI = 0x2_0000;
        /// MAPI_USE_DEFAULT: the default profile.
        USE_DEFAULT = 0x40;
        /// MAPI_TIMEOUT_SHORT: give up soon where another logon is running.
        TIMEOUT_SHORT = 0x10_0000;
        /// MAPI_BG_SESSION.
        BG_SESSION = 0x20_0000;
        /// MAPI_UNICODE: accepted, text is Unicode here.
        UNICODE = 0x8000_0000;
    }
}

flags! {
    /// How profiles are administered (CreateProfile, CopyProfile, DeleteProfile and their like).
    ProfileFlags {
        /// MAPI_DEFAULT_SERVICES: a new profile has the services of [Default Services].
        DEFAULT_SERVICES = 0x1;
        /// MAPI_APP_PROFILE: a profile of one program, which lists do not show.
        APP_PROFILE = 0x4;
        /// MAPI_DIALOG: what is missing may be asked for.
        DIALOG = 0x8;
        /// MAPI_UNICODE: accepted, text is Unicode here.
        UNICODE = 0x8000_0000;
    }
}

flags! {
    /// What a message service may show when it is called (SERVICE_*, MSG_SERVICE_UI_READ_ONLY).
    ServiceFlags {
        /// SERVICE_UI_ALWAYS: the service shows its settings.
        UI_ALWAYS = 0x2;
        /// UI_CURRENT_PROVIDER_FIRST: the settings of the provider at hand come first.
        UI_CURRENT_PROVIDER_FIRST = 0x4;
        /// MSG_SERVICE_UI_READ_ONLY: settings are shown, not changed.
        UI_READ_ONLY = 0x8;
        /// SERVICE_UI_ALLOWED: the service may ask for what is missing.
        UI_ALLOWED = 0x10;
        /// SERVICE_LOGON_FAILED: a provider's logon has failed.
        LOGON_FAILED = 0x20;
        /// SERVICE_NO_RESTART_WARNING.
        NO_RESTART_WARNING = 0x80;
        /// MAPI_UNICODE: accepted, text is Unicode here.
        UNICODE = 0x8000_0000;
    }
}

flags! {
    /// How a section of a profile is opened (OpenProfileSection).
    SectionFlags {
        /// MAPI_MODIFY: read and write; a missing section is made.
        MODIFY = 0x1;
        /// MAPI_DEFERRED_ERRORS: accepted, sections are opened at once.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_FORCE_ACCESS: sections of services and providers as well.
        FORCE_ACCESS = 0x8_0000;
    }
}

flags! {
    /// Deleting, copying and moving messages and folders.
    FolderFlags {
        /// MESSAGE_MOVE / FOLDER_MOVE: the source goes.
        MOVE = 0x1;
        /// DEL_MESSAGES: messages of a deleted folder go too.
        DEL_MESSAGES = 0x2;
        /// DEL_FOLDERS: subfolders of a deleted folder go too.
        DEL_FOLDERS = 0x4;
        /// COPY_SUBFOLDERS: subfolders are copied too.
        COPY_SUBFOLDERS = 0x10;
        /// DELETE_HARD_DELETE: gone at once, not kept as soft-deleted.
        HARD_DELETE = 0x20;
        /// OPEN_IF_EXISTS: CreateFolder opens a folder of that name.
        OPEN_IF_EXISTS = 0x40;
        /// DEL_ASSOCIATED: EmptyFolder takes the associated messages too.
        DEL_ASSOCIATED = 0x8;
    }
}

flags! {
    /// Which table of a container is asked for.
    TableFlags {
        /// MAPI_ASSOCIATED: hidden messages.
        ASSOCIATED = 0x40;
        /// CONVENIENT_DEPTH: the whole tree below, with PR_DEPTH.
        CONVENIENT_DEPTH = 0x1;
        /// SHOW_SOFT_DELETES: soft-deleted rows.
        SHOW_SOFT_DELETES = 0x2;
        /// MAPI_DEFERRED_ERRORS.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_UNICODE: accepted, text is Unicode here.
        UNICODE = 0x8000_0000;
    }
}

flags! {
    /// IMessage::SetReadFlag and IMAPIFolder::SetReadFlags.
    ReadFlags {
        /// SUPPRESS_RECEIPT: marked read, no read report.
        SUPPRESS_RECEIPT = 0x1;
        /// CLEAR_READ_FLAG: marked unread.
        CLEAR = 0x4;
        /// MAPI_DEFERRED_ERRORS.
        DEFERRED_ERRORS = 0x8;
        /// GENERATE_RECEIPT_ONLY: sends a pending report, changes nothing.
        GENERATE_RECEIPT_ONLY = 0x10;
        /// CLEAR_RN_PENDING.
        CLEAR_RN_PENDING = 0x20;
        /// CLEAR_NRN_PENDING.
        CLEAR_NRN_PENDING = 0x40;
    }
}

flags! {
    /// PR_MESSAGE_FLAGS (MSGFLAG_*).
    MessageFlags {
        /// MSGFLAG_READ.
        READ = 0x1;
        /// MSGFLAG_UNMODIFIED: not changed since delivery.
        UNMODIFIED = 0x2;
        /// MSGFLAG_SUBMIT: in the outgoing queue.
        SUBMIT = 0x4;
        /// MSGFLAG_UNSENT: being composed.
        UNSENT = 0x8;
        /// MSGFLAG_HASATTACH.
        HASATTACH = 0x10;
        /// MSGFLAG_FROMME.
        FROMME = 0x20;
        /// MSGFLAG_ASSOCIATED: hidden.
        ASSOCIATED = 0x40;
        /// MSGFLAG_RESEND.
        RESEND = 0x80;
        /// MSGFLAG_RN_PENDING: a read report is owed.
        RN_PENDING = 0x100;
        /// MSGFLAG_NRN_PENDING: a non-read report is owed.
        NRN_PENDING = 0x200;
    }
}

flags! {
    /// PR_SUBMIT_FLAGS.
    SubmitFlags {
        /// SUBMITFLAG_LOCKED: the spooler is at work on it.
        LOCKED = 0x1;
        /// SUBMITFLAG_PREPROCESS: preprocessors have to run first.
        PREPROCESS = 0x2;
    }
}

flags! {
    /// How a stream over a property is opened (OpenProperty).
    StreamFlags {
        /// MAPI_CREATE: an empty value where there is none; an existing one is emptied.
        CREATE = 0x2;
        /// MAPI_MODIFY: for writing.
        MODIFY = 0x1;
    }
}

flags! {
    /// RTFSync: which of the bodies was changed.
    RtfSyncFlags {
        /// RTF_SYNC_RTF_CHANGED.
        RTF_CHANGED = 0x1;
        /// RTF_SYNC_BODY_CHANGED.
        BODY_CHANGED = 0x2;
    }
}

flags! {
    /// HrIStorageFromStream. No flag is STGSTRM_RESET: a storage for reading over the whole stream.
    StreamStorageFlags {
        /// STGSTRM_MODIFY: for writing.
        MODIFY = 0x2;
        /// STGSTRM_CREATE: a new storage, whatever the stream holds.
        CREATE = 0x1000;
        /// STGSTRM_CURRENT: the storage begins at the stream's position.
        CURRENT = 0x1000_0000;
    }
}

flags! {
    /// How the use of a store ends (StoreLogoff, StoreLogoffTransports): one way in, what is going on out.
    StoreLogoffFlags {
        /// LOGOFF_NO_WAIT: what is ready to go goes without anybody waiting for it.
        NO_WAIT = 0x1;
        /// LOGOFF_ORDERLY: what is being sent is sent, and nothing more is begun.
        ORDERLY = 0x2;
        /// LOGOFF_PURGE: everything that can be sent is sent first.
        PURGE = 0x4;
        /// LOGOFF_ABORT: what is being sent is cancelled and stays in the queue.
        ABORT = 0x8;
        /// LOGOFF_QUIET: only where nothing is being sent or received.
        QUIET = 0x10;
        /// LOGOFF_COMPLETE, out: the store is given up.
        COMPLETE = 0x1_0000;
        /// LOGOFF_INBOUND, out: mail is being received.
        INBOUND = 0x2_0000;
        /// LOGOFF_OUTBOUND, out: mail is being sent.
        OUTBOUND = 0x4_0000;
        /// LOGOFF_OUTBOUND_QUEUE, out: mail waits.
        OUTBOUND_QUEUE = 0x8_0000;
    }
}

impl StoreLogoffFlags {
    /// The one way that is asked for, or none; what goes out is ignored on the way in.
    ///
    /// # Errors
    /// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
    /// - `MAPI_E_INVALID_PARAMETER`: more than one way.
    pub fn way(self, call: &'static str) -> Result<Self> {
        if self.has_unknown() {
            return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, "an undefined flag is set"));
        }
        let way = Self(self.0 & 0x1F);
        if way.0.count_ones() > 1 {
            return Err(Error::new(ErrorCode::INVALID_PARAMETER, call, "more than one way to log off"));
        }
        Ok(way)
    }
}

flags! {
    /// IXPProvider::TransportLogon, in.
    TransportLogonIn {
        /// LOGON_NO_DIALOG: nobody may be asked.
        NO_DIALOG = 0x1;
        /// LOGON_NO_CONNECT: the work is done offline; whoever cannot without a connection refuses.
        NO_CONNECT = 0x4;
        /// LOGON_NO_INBOUND: nothing is received before NOTIFY_BEGIN_INBOUND.
        NO_INBOUND = 0x8;
        /// LOGON_NO_OUTBOUND: nothing is sent before NOTIFY_BEGIN_OUTBOUND.
        NO_OUTBOUND = 0x10;
    }
}

flags! {
    /// IMAPIStatus::FlushQueues and IXPLogon::FlushQueues.
    FlushFlags {
        /// FLUSH_UPLOAD: what is outgoing.
        UPLOAD = 0x2;
        /// FLUSH_DOWNLOAD: what is incoming.
        DOWNLOAD = 0x4;
        /// FLUSH_FORCE: even where it costs.
        FORCE = 0x8;
        /// FLUSH_NO_UI: nobody may be asked.
        NO_UI = 0x10;
        /// FLUSH_ASYNC_OK: the call need not wait for the end.
        ASYNC_OK = 0x20;
    }
}

flags! {
    /// What PR_STATUS_CODE says of a transport.
    StatusCode {
        /// STATUS_AVAILABLE: it works.
        AVAILABLE = 0x1;
        /// STATUS_OFFLINE: it has ended, or works only with what is here.
        OFFLINE = 0x2;
        /// STATUS_FAILURE: something is wrong.
        FAILURE = 0x4;
        /// STATUS_INBOUND_ENABLED: mail may come in.
        INBOUND_ENABLED = 0x1_0000;
        /// STATUS_INBOUND_ACTIVE: mail is coming in.
        INBOUND_ACTIVE = 0x2_0000;
        /// STATUS_INBOUND_FLUSH: all that waits at the server is being fetched.
        INBOUND_FLUSH = 0x4_0000;
        /// STATUS_OUTBOUND_ENABLED: mail may go out.
        OUTBOUND_ENABLED = 0x10_0000;
        /// STATUS_OUTBOUND_ACTIVE: mail is going out.
        OUTBOUND_ACTIVE = 0x20_0000;
        /// STATUS_OUTBOUND_FLUSH: all that waits here is being sent.
        OUTBOUND_FLUSH = 0x40_0000;
    }
}

flags! {
    /// IMAPIStatus::ValidateState.
    ValidateFlags {
        /// SUPPRESS_UI: nobody may be asked.
        SUPPRESS_UI = 0x1;
        /// REFRESH_XP_HEADER_CACHE.
        REFRESH_XP_HEADER_CACHE = 0x1_0000;
        /// PROCESS_XP_HEADER_CACHE.
        PROCESS_XP_HEADER_CACHE = 0x2_0000;
        /// FORCE_XP_CONNECT.
        FORCE_XP_CONNECT = 0x4_0000;
        /// FORCE_XP_DISCONNECT.
        FORCE_XP_DISCONNECT = 0x8_0000;
        /// CONFIG_CHANGED: the settings of transports have changed.
        CONFIG_CHANGED = 0x10_0000;
        /// ABORT_XP_HEADER_OPERATION.
        ABORT_XP_HEADER_OPERATION = 0x20_0000;
        /// SHOW_XP_SESSION_UI.
        SHOW_XP_SESSION_UI = 0x40_0000;
    }
}

flags! {
    /// How an account manager begins (IOlkAccountManager::Init). Undefined bits are ignored.
    AccountInitFlags {
        /// ACCT_INIT_NOSYNCH_MAPI_ACCTS: services and accounts are not brought together.
        NOSYNCH_MAPI_ACCTS = 0x1;
        /// ACCT_INIT_NO_STORES_CHECK: accounts are not brought together with their stores.
        NO_STORES_CHECK = 0x2;
        /// ACCT_INIT_NO_NOTIFICATIONS: nothing is told of what other programs change.
        NO_NOTIFICATIONS = 0x4;
    }
}

flags! {
    /// What the dialog of accounts shows (IOlkAccountManager::DisplayAccountList).
    AccountUiFlags {
        /// ACCTUI_NO_WARNING: no warning where the program is not the mail program.
        NO_WARNING = 0x100;
        /// ACCTUI_SHOW_DATA_TAB: the page of data files first.
        SHOW_DATA_TAB = 0x200;
        /// ACCTUI_SHOW_ACCTWIZARD: the wizard for a new account; it wins over SHOW_DATA_TAB.
        SHOW_ACCTWIZARD = 0x400;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_bits_are_seen() {
        assert!(LogoffFlags(0x4).has_unknown() && !LogoffFlags::ALL.has_unknown());
        let both = LogoffFlags::SHARED | LogoffFlags::UI;
        assert!(both.contains(LogoffFlags::UI) && both.intersects(LogoffFlags::UI));
        assert_eq!(both.without(LogoffFlags::UI), LogoffFlags::SHARED);
        assert!(!LogoffFlags::SHARED.contains(both));
    }

    #[test]
    fn a_store_is_opened_by_its_own_flags_or_by_those_of_an_entry() {
        let best = OpenFlags::BEST_ACCESS | OpenFlags::NO_MAIL | OpenFlags::NO_CACHE;
        assert_eq!(MdbFlags::from(best), MdbFlags::BEST_ACCESS | MdbFlags::NO_MAIL);
        assert_eq!(MdbFlags::from(OpenFlags::MODIFY), MdbFlags::WRITE);
        for undefined in [0x4, 0x100, 0x4000_0000] {
            assert!(MdbFlags::from(OpenFlags(undefined)).has_unknown(), "{undefined:#x}");
        }
    }

    #[test]
    fn a_store_is_given_up_in_one_way() {
        let way = |flags| StoreLogoffFlags(flags).way("test").map_err(|error| error.code());
        assert_eq!(way(0), Ok(StoreLogoffFlags::NONE));
        assert_eq!(way(0xF_0004), Ok(StoreLogoffFlags::PURGE), "what goes out is ignored");
        assert_eq!(way(0x18), Err(ErrorCode::INVALID_PARAMETER));
        assert_eq!(way(0x20), Err(ErrorCode::UNKNOWN_FLAGS));
    }
}
