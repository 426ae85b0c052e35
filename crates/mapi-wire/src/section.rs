//! What a provider's section of the profile says of the server of one account: [`Section`] reads it.
//!
//! How sections are kept is `mapi`'s; what an account has beside its server is the transport's.

use crate::endpoint::{Endpoint, Security};
use crate::fault::Fault;
use crate::login::{Mechanism, Source, User};
use crate::tls::Tls;
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode};
use mapi_vault::Secret;
use std::path::PathBuf;

/// The server: a name or an IP address, to which its certificate must be made out.
pub const HOST: PropTag = PropTag::new(0x6790, PropType::UNICODE);
/// The port; absent is 465, 587 or 25, as [`SECURITY`] says.
pub const PORT: PropTag = PropTag::new(0x6791, PropType::LONG);
/// `tls` (from the first byte; also where absent), `starttls` (required), `opportunistic` (STARTTLS where
/// it is offered) or `plain` (never; nobody can log on).
pub const SECURITY: PropTag = PropTag::new(0x6792, PropType::UNICODE);
/// The user's name at the server; absent logs nobody on.
pub const USER: PropTag = PropTag::new(0x6793, PropType::UNICODE);
/// A program with its arguments that writes the password on its first line. No shell is used. The
/// identifier is the one at which MAPI itself looks for the command of [`PASSWORD`]; here it is asked at
/// each login and not once for the session.
pub const PASSWORD_COMMAND: PropTag = PropTag::new(0x67E1, PropType::MV_UNICODE);
/// A program with its arguments that writes an access token on its first line, for XOAUTH2.
pub const TOKEN_COMMAND: PropTag = PropTag::new(0x67E2, PropType::MV_UNICODE);
/// `auto` (also where absent), `plain`, `login` or `xoauth2`.
pub const MECHANISM: PropTag = PropTag::new(0x6796, PropType::UNICODE);
/// A PEM file of the authorities that are trusted in place of the system's, absolute.
pub const AUTHORITIES: PropTag = PropTag::new(0x6798, PropType::UNICODE);
/// The password itself: a secure property, which the profile keeps sealed.
pub const PASSWORD: PropTag = PropTag::new(0x67F1, PropType::UNICODE);

/// The longest name and the longest single value, in octets.
const MAX_TEXT_BYTES: usize = 4096;

/// What is wrong with a section. No value is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingFault {
    /// It is not there, and what it is.
    Missing(PropTag, &'static str),
    /// It is of the wrong type.
    WrongType(PropTag),
    /// It makes no sense, and why.
    BadValue(PropTag, &'static str),
    /// It is there, sealed, and does not open.
    Shut(PropTag),
}

impl SettingFault {
    /// MAPI's word for it.
    pub fn into_error(self, call: &'static str) -> Error {
        match self {
            Self::Missing(tag, what) => {
                Error::new(ErrorCode::UNCONFIGURED, call, format!("the section lacks {what} ({tag})"))
            }
            Self::Shut(tag) => {
                let detail = format!("{tag} is kept sealed, and its key is not at hand: see `mapi doctor`");
                Error::new(ErrorCode::NO_ACCESS, call, detail)
            }
            Self::WrongType(tag) => {
                Error::new(ErrorCode::INVALID_PARAMETER, call, format!("{tag} is of the wrong type"))
            }
            Self::BadValue(tag, why) => {
                Error::new(ErrorCode::INVALID_PARAMETER, call, format!("{tag}: {why}"))
            }
        }
    }
}

/// The tags that every account's section is asked for, beside those of its own kind.
pub const TAGS: [PropTag; 8] =
    [HOST, PORT, SECURITY, USER, PASSWORD_COMMAND, TOKEN_COMMAND, MECHANISM, AUTHORITIES];

/// Who is spoken to, and who logs on there.
pub struct Server {
    /// A name or IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When the connection is encrypted.
    pub security: Security,
    /// Who logs on; nobody where it is `None`.
    pub user: Option<User>,
    /// A PEM file of the authorities that are trusted in place of the system's.
    pub authorities: Option<PathBuf>,
}

impl Server {
    /// Where it is, with the certificates that are trusted.
    ///
    /// # Errors
    /// [`Fault::Tls`]: there is nobody to trust, or the file cannot be read.
    pub fn endpoint(&self) -> Result<Endpoint, Fault> {
        let tls = match self.security {
            Security::Plain => None,
            _ => Some(Tls::new(self.authorities.as_deref())?),
        };
        Ok(Endpoint { host: self.host.clone(), port: self.port, security: self.security, tls })
    }
}

/// The properties of a section.
pub struct Section(Vec<Prop>);

impl Section {
    /// These properties.
    pub fn new(props: Vec<Prop>) -> Self {
        let mut held = Self(Vec::with_capacity(props.len()));
        held.add(props);
        held
    }

    /// Takes what is there; of a password also that it is there and does not open.
    pub fn add(&mut self, props: Vec<Prop>) {
        let is_absent = |prop: &Prop| match prop.value {
            PropValue::Error(code) => prop.tag.id() != PASSWORD.id() || code == ErrorCode::NOT_FOUND,
            _ => false,
        };
        self.0.extend(props.into_iter().filter(|prop| !is_absent(prop)));
    }

    /// A value of any type.
    pub fn value(&self, tag: PropTag) -> Option<&PropValue> {
        self.0.iter().find(|prop| prop.tag.id() == tag.id()).map(|prop| &prop.value)
    }

    /// A text without controls; `None` where it is absent or empty.
    ///
    /// # Errors
    /// It is no such text.
    pub fn text(&self, tag: PropTag) -> Result<Option<&str>, SettingFault> {
        let text = match self.value(tag) {
            None => return Ok(None),
            Some(PropValue::Unicode(text) | PropValue::String8(text)) => text.as_str(),
            Some(PropValue::Error(_)) => return Err(SettingFault::Shut(tag)),
            Some(_) => return Err(SettingFault::WrongType(tag)),
        };
        if text.len() > MAX_TEXT_BYTES {
            return Err(SettingFault::BadValue(tag, "the text is too long"));
        }
        if text.chars().any(char::is_control) {
            return Err(SettingFault::BadValue(tag, "the text holds a control character"));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Several texts; one alone is parted by its spaces.
    ///
    /// # Errors
    /// It is of the wrong type.
    pub fn texts(&self, tag: PropTag) -> Result<Vec<String>, SettingFault> {
        match self.value(tag) {
            None => Ok(Vec::new()),
            Some(PropValue::MvUnicode(texts) | PropValue::MvString8(texts)) => Ok(texts.clone()),
            // One text is the program and its arguments, parted by spaces.
            Some(PropValue::Unicode(text) | PropValue::String8(text)) => {
                Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
            }
            Some(_) => Err(SettingFault::WrongType(tag)),
        }
    }

    /// Who is spoken to; `ports` are those of each [`Security`], in its order.
    ///
    /// # Errors
    /// What is missing or makes no sense.
    pub fn server(&self, ports: [u16; 4]) -> Result<Server, SettingFault> {
        let host = self.text(HOST)?.ok_or(SettingFault::Missing(HOST, "the server"))?;
        if host.chars().any(|letter| letter.is_whitespace() || "/@<>[]".contains(letter)) {
            return Err(SettingFault::BadValue(HOST, "this is neither a name nor an IP address"));
        }
        let security = match self.text(SECURITY)?.map(str::to_ascii_lowercase).as_deref() {
            None | Some("tls") => Security::Implicit,
            Some("starttls") => Security::StartTls,
            Some("opportunistic") => Security::Opportunistic,
            Some("plain") => Security::Plain,
            Some(_) => {
                let known = "known are tls, starttls, opportunistic and plain";
                return Err(SettingFault::BadValue(SECURITY, known));
            }
        };
        let authorities = self.text(AUTHORITIES)?.map(PathBuf::from);
        if authorities.as_ref().is_some_and(|path| !path.is_absolute()) {
            return Err(SettingFault::BadValue(AUTHORITIES, "the path is not absolute"));
        }
        let [implicit, starttls, opportunistic, plain] = ports;
        let usual = match security {
            Security::Implicit => implicit,
            Security::StartTls => starttls,
            Security::Opportunistic => opportunistic,
            Security::Plain => plain,
        };
        let (port, user) = (self.port(usual)?, self.user(security)?);
        Ok(Server { host: host.to_owned(), port, security, user, authorities })
    }

    /// True where a command says the secret, so that a kept one is not to be asked for.
    pub fn has_command(&self) -> bool {
        self.value(PASSWORD_COMMAND).or(self.value(TOKEN_COMMAND)).is_some()
    }

    fn port(&self, usual: u16) -> Result<u16, SettingFault> {
        match self.value(PORT) {
            None => Ok(usual),
            Some(PropValue::Long(number)) => u16::try_from(*number)
                .ok()
                .filter(|port| *port != 0)
                .ok_or(SettingFault::BadValue(PORT, "a port is from 1 to 65535")),
            Some(_) => Err(SettingFault::WrongType(PORT)),
        }
    }

    fn user(&self, security: Security) -> Result<Option<User>, SettingFault> {
        let (password, token) = (self.texts(PASSWORD_COMMAND)?, self.texts(TOKEN_COMMAND)?);
        let mechanism = match self.text(MECHANISM)?.map(str::to_ascii_lowercase).as_deref() {
            None | Some("auto") if !token.is_empty() => Mechanism::XOAuth2,
            None | Some("auto") => Mechanism::Password,
            Some("plain") => Mechanism::Plain,
            Some("login") => Mechanism::Login,
            Some("xoauth2") => Mechanism::XOAuth2,
            Some(_) => {
                return Err(SettingFault::BadValue(MECHANISM, "known are auto, plain, login and xoauth2"));
            }
        };
        let kept = self.text(PASSWORD)?;
        let Some(name) = self.text(USER)?.map(str::to_owned) else {
            let has_secret = kept.is_some() || !password.is_empty() || !token.is_empty();
            return if has_secret { Err(SettingFault::Missing(USER, "the user's name")) } else { Ok(None) };
        };
        if security == Security::Plain {
            return Err(SettingFault::BadValue(SECURITY, "nobody can log on without TLS"));
        }
        let source = match mechanism {
            Mechanism::XOAuth2 if token.is_empty() => {
                return Err(SettingFault::Missing(TOKEN_COMMAND, "the command for a token"));
            }
            Mechanism::XOAuth2 => Source::Command(token),
            _ if !password.is_empty() => Source::Command(password),
            _ => match kept {
                Some(kept) => Source::Kept(Secret::from(kept.to_owned())),
                None => {
                    return Err(SettingFault::Missing(PASSWORD_COMMAND, "a password or a command for it"));
                }
            },
        };
        Ok(Some(User { name, source, mechanism }))
    }
}

impl Drop for Section {
    /// The password among the properties goes with them.
    fn drop(&mut self) {
        for prop in &mut self.0 {
            if prop.tag.id() == PASSWORD.id()
                && let PropValue::Unicode(text) | PropValue::String8(text) = &mut prop.value
            {
                zeroize::Zeroize::zeroize(text);
            }
        }
    }
}
