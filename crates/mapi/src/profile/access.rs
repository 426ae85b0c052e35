//! Who may open which section of a profile (OpenProfileSection).

use super::ProfileData;
use mapi_defs::flags::SectionFlags;
use mapi_defs::guid::MapiUid;
use mapi_defs::guids::MUID_PROFILE_INSTANCE;
use mapi_defs::{Error, ErrorCode, Guid, Result};

/// The root of the profile's accounts (`accounts/`); clients read it at most.
pub(super) const ACCOUNTS: MapiUid =
    Guid(*b"\x93\x75\xCF\xF0\x41\x31\x11\xD3\xB8\x8A\x00\x10\x4B\x2A\x66\x76");

/// Who opens a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Caller {
    /// A program that administers profiles, or a session's client.
    Client,
    /// The entry of this service.
    Entry(MapiUid),
    /// A provider, through its support object, that opens another section than its own.
    Provider,
}

/// Checks that a section may be opened this way.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_NO_ACCESS`: the section belongs to somebody else, or to MAPI.
pub(super) fn check(
    data: &ProfileData,
    uid: MapiUid,
    flags: SectionFlags,
    caller: Caller,
    call: &'static str,
) -> Result<()> {
    if flags.has_unknown() {
        let detail = format!("flags {:#010x} hold an undefined bit", flags.0);
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, call, detail));
    }
    let forced = flags.contains(SectionFlags::FORCE_ACCESS);
    let may = match (caller, kind(data, uid)) {
        (_, Kind::Instance) => !flags.contains(SectionFlags::MODIFY),
        (Caller::Client, Kind::Accounts) => forced && !flags.contains(SectionFlags::MODIFY),
        (_, Kind::Accounts) => !flags.contains(SectionFlags::MODIFY),
        (_, Kind::Clients) => true,
        (Caller::Client, Kind::Service(_)) => forced,
        (Caller::Entry(own), Kind::Service(owner)) => own == owner,
        (Caller::Provider, Kind::Service(_)) => !flags.contains(SectionFlags::MODIFY),
    };
    if may {
        return Ok(());
    }
    Err(Error::new(ErrorCode::NO_ACCESS, call, format!("section {uid} belongs to somebody else")))
}

/// Whose section it is.
enum Kind {
    /// MUID_PROFILE_INSTANCE.
    Instance,
    /// The root of accounts, or an account's.
    Accounts,
    /// A service's own, or one of its providers'.
    Service(MapiUid),
    /// A client's, one that came with a service for everybody, or nobody's yet.
    Clients,
}

fn kind(data: &ProfileData, uid: MapiUid) -> Kind {
    match uid {
        MUID_PROFILE_INSTANCE => Kind::Instance,
        _ if data.is_of_accounts(uid) => Kind::Accounts,
        _ => data.owner_of(uid).map_or(Kind::Clients, Kind::Service),
    }
}
