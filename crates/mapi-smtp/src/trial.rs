//! A login without a message: whether a server would take an account (`try_logon`).

use crate::connection::{Connection, Endpoint};
use crate::deadlines::Deadlines;
use crate::outcome::attempt_code;
use crate::session::Fault;
use crate::settings::Settings;
use mapi_defs::prop::PropList;
use mapi_defs::{Error, ErrorCode, Result};

/// Connects, encrypts and logs on as a section of these properties says, the password among them, and leaves
/// again.
///
/// # Errors
/// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
/// - `MAPI_E_NO_ACCESS`: the server refuses the user, or there is no secret or way to log on.
/// - `MAPI_E_NETWORK_ERROR`: the server cannot be reached, its certificate is not trusted, or it breaks off.
pub fn try_logon(section: &PropList, deadlines: Deadlines) -> Result<()> {
    const CALL: &str = "AccountService::try_logon";
    let settings = Settings::of(section.iter().cloned().collect()).map_err(|fault| {
        let error = fault.into_error(CALL);
        Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
    })?;
    let unconfigured = |why: String| Error::new(ErrorCode::UNCONFIGURED, CALL, why);
    let server = settings.server.endpoint().map_err(|fault| unconfigured(fault.to_string()))?;
    let endpoint = Endpoint { server, protocol: settings.protocol, hello: settings.hello, deadlines };
    let login = settings.server.user.as_ref().map(|user| user.login(deadlines.command)).transpose();
    let login = login.map_err(|why| Error::new(ErrorCode::NO_ACCESS, CALL, why))?;
    let connection = Connection::open(&endpoint, login).map_err(|fault| {
        let code = match fault {
            Fault::LoginRefused(_) | Fault::NoMechanism | Fault::NoSecret(_) => ErrorCode::NO_ACCESS,
            _ => attempt_code(&fault),
        };
        Error::new(code, CALL, fault.to_string())
    })?;
    connection.quit();
    Ok(())
}
