//! `User` and `Login`: who logs on, with the secret at the moment it is needed; what PLAIN and XOAUTH2 say.
//!
//! When it is said is the dialogue's; nothing is said on a connection that is not encrypted. How a command is
//! asked for a secret is `mapi-vault`'s.

use crate::redactor::Redactor;
use mapi_vault::{Secret, command};
use std::time::Duration;
use zeroize::Zeroizing;

/// How to log on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mechanism {
    /// With a password, by PLAIN, or by LOGIN where the server has no PLAIN.
    #[default]
    Password,
    /// With a password, by PLAIN alone.
    Plain,
    /// With a password, by LOGIN alone.
    Login,
    /// With a token, by XOAUTH2.
    XOAuth2,
}

/// Where a password or token comes from.
pub enum Source {
    /// It is kept.
    Kept(Secret),
    /// A program and its arguments say it; never empty.
    Command(Vec<String>),
}

/// Who logs on.
pub struct User {
    /// The user's name at the server.
    pub name: String,
    /// Where the secret comes from.
    pub source: Source,
    /// How to log on.
    pub mechanism: Mechanism,
}

impl User {
    /// The user with the secret; a command is waited for no longer than `patience`.
    ///
    /// # Errors
    /// Why there is none: the command cannot be started, fails, takes too long or writes nothing of use.
    pub fn login(&self, patience: Duration) -> Result<Login, &'static str> {
        let secret = match &self.source {
            Source::Kept(kept) => Secret::from(kept.expose()),
            Source::Command(words) => command::ask(words, patience)?,
        };
        Ok(Login { user: self.name.clone(), secret, mechanism: self.mechanism })
    }
}

/// Who logs on, and how.
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password or token.
    pub secret: Secret,
    /// How to log on.
    pub mechanism: Mechanism,
}

impl Login {
    /// Makes what must never be shown known.
    pub fn hide(&self, redactor: &mut Redactor) {
        redactor.add(self.secret.expose());
        redactor.add(&self.plain());
        redactor.add(&self.xoauth2());
    }

    /// What PLAIN says (RFC 4616), before its base64.
    pub fn plain(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([b"\0", self.user.as_bytes(), b"\0", self.secret.expose()].concat())
    }

    /// What XOAUTH2 says, before its base64.
    pub fn xoauth2(&self) -> Zeroizing<Vec<u8>> {
        let user = self.user.as_bytes();
        Zeroizing::new([b"user=", user, b"\x01auth=Bearer ", self.secret.expose(), b"\x01\x01"].concat())
    }
}
