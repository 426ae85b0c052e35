//! Passwords and tokens at the moment they are needed: kept ones, and those that a command writes. How a
//! command is asked is `mapi-vault`'s.

use crate::session::{Fault, Login};
use crate::settings::{Source, User};
use mapi_vault::{Secret, command};
use std::time::Duration;

/// Fetches the secret of a user.
///
/// # Errors
/// [`Fault::NoSecret`]: the command cannot be started, fails, takes too long or writes nothing of use.
pub(crate) fn login(user: &User, patience: Duration) -> Result<Login, Fault> {
    let secret = match &user.source {
        Source::Kept(kept) => Secret::from(kept.expose()),
        Source::Command(words) => command::ask(words, patience).map_err(Fault::NoSecret)?,
    };
    Ok(Login { user: user.name.clone(), secret, mechanism: user.mechanism })
}
