//! A login without fetching: whether a server would let an account in (`try_logon`).

use crate::dialogue::Deadlines;
use crate::mailbox::Access;
use crate::settings::{Protocol, Settings};
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};

/// Connects, encrypts, logs on and opens the mailbox as a section of these properties says, the password
/// among them, and leaves again. Nothing in the mailbox is touched.
///
/// # Errors
/// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
/// - `MAPI_E_NO_ACCESS` and whatever else came of it.
pub fn try_logon(protocol: Protocol, section: &PropList) -> Result<()> {
    const CALL: &str = "AccountService::try_logon";
    let unconfigured = |why: String| Error::new(ErrorCode::UNCONFIGURED, CALL, why);
    let settings = Settings::of(protocol, section.iter().cloned().collect())
        .map_err(|fault| unconfigured(fault.into_error(CALL).detail().to_owned()))?;
    let endpoint = settings.server.endpoint().map_err(|fault| unconfigured(fault.to_string()))?;
    let access = Access { settings, endpoint, deadlines: Deadlines::default() };
    let mailbox =
        access.open(&|_| Ok(())).map_err(|fault| Error::new(fault.code(), CALL, fault.to_string()))?;
    mailbox.quit();
    Ok(())
}
