//! Whether a directory would do: a login, and a look at the tree that is meant (`try_logon`).

use crate::deadlines::Deadlines;
use crate::directory::by_name;
use crate::provider::connect;
use crate::settings::Settings;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};

/// Connects, encrypts and logs on as a section of these properties says, the password among them, looks whether
/// the tree is there, and leaves again.
///
/// # Errors
/// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
/// - `MAPI_E_NO_ACCESS`: the server refuses the user or TLS, or there is no secret, or it shows the tree to
///   others.
/// - `MAPI_E_NOT_FOUND`: there is no such tree.
/// - `MAPI_E_NETWORK_ERROR`, `MAPI_E_TIMEOUT`: the server cannot be reached, or its certificate is not trusted.
/// - `MAPI_E_CORRUPT_DATA`: what it says is no LDAP.
pub fn try_logon(section: &PropList, deadlines: Deadlines) -> Result<()> {
    const CALL: &str = "AccountService::try_logon";
    let settings = Settings::of(section.iter().cloned().collect()).map_err(|fault| {
        let error = fault.into_error(CALL);
        Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
    })?;
    let as_trial = |error: Error| match error.code() {
        ErrorCode::LOGON_FAILED => Error::new(ErrorCode::NO_ACCESS, CALL, error.detail().to_owned()),
        _ => error,
    };
    let directory = connect(settings, deadlines, CALL).map_err(as_trial)?;
    let tree = by_name(&directory.base, vec!["objectClass".into()]);
    let found = directory.entry(CALL, &tree.base, tree.attributes).map(drop).map_err(|error| {
        let detail = format!("{}: {}", directory.base, error.detail());
        Error::new(error.code(), CALL, detail)
    });
    directory.connections.end();
    found
}
