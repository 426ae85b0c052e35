//! `Settings`: what the provider's section of the profile says of one account. How sections are kept is
//! `mapi`'s; what a password command answers is read in `credentials.rs`.

use crate::address::Address;
use crate::connection::is_hello_name;
use crate::session::{Mechanism, Security};
use mapi_defs::prop::tags::{PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
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
/// What EHLO names; absent is the own IP address.
pub const HELLO: PropTag = PropTag::new(0x6797, PropType::UNICODE);
/// A PEM file of the authorities that are trusted in place of the system's, absolute.
pub const AUTHORITIES: PropTag = PropTag::new(0x6798, PropType::UNICODE);
/// Further addresses of this account, beside PR_SMTP_ADDRESS or PR_EMAIL_ADDRESS of the section.
pub const ADDRESSES: PropTag = PropTag::new(0x6799, PropType::MV_UNICODE);
/// True where messages of other senders are sent too, which is so where it is absent. With several
/// accounts it is false for all but the last, so that each sends what is its own.
pub const OTHER_SENDERS: PropTag = PropTag::new(0x679A, PropType::BOOLEAN);
/// The password itself: a secure property, which the profile keeps sealed.
pub const PASSWORD: PropTag = PropTag::new(0x67F1, PropType::UNICODE);

/// The longest name and the longest single value, in octets.
const MAX_TEXT_BYTES: usize = 4096;

/// Where a password or token comes from.
pub(crate) enum Source {
    Kept(Secret),
    /// A program and its arguments; never empty.
    Command(Vec<String>),
}

/// Who logs on.
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) mechanism: Mechanism,
}

/// One account.
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) user: Option<User>,
    pub(crate) address: Address,
    /// In lower case, `address` among them.
    pub(crate) addresses: Vec<String>,
    pub(crate) other_senders: bool,
    pub(crate) hello: Option<String>,
    pub(crate) authorities: Option<PathBuf>,
}

/// What is wrong with a section. No value is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SettingFault {
    Missing(PropTag, &'static str),
    WrongType(PropTag),
    BadValue(PropTag, &'static str),
    /// It is there, sealed, and does not open.
    Shut(PropTag),
}

impl SettingFault {
    pub(crate) fn into_error(self, call: &'static str) -> Error {
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

/// The tags that a section is asked for; for the password only where no command says it.
const TAGS: [PropTag; 13] = [
    HOST,
    PORT,
    SECURITY,
    USER,
    PASSWORD_COMMAND,
    TOKEN_COMMAND,
    MECHANISM,
    HELLO,
    AUTHORITIES,
    ADDRESSES,
    OTHER_SENDERS,
    PR_SMTP_ADDRESS,
    PR_EMAIL_ADDRESS,
];

impl Settings {
    /// Reads the provider's section.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
    pub(crate) fn read(section: &dyn MapiProp) -> Result<Self> {
        const CALL: &str = "SmtpTransport::logon";
        let unspecified = |tag: PropTag| tag.with_type(PropType::UNSPECIFIED);
        let mut held = Held::new(section.props(Some(&TAGS.map(unspecified)))?);
        if held.value(PASSWORD_COMMAND).or(held.value(TOKEN_COMMAND)).is_none() {
            held.add(section.props(Some(&[unspecified(PASSWORD)]))?);
        }
        held.settings().map_err(|fault| {
            let error = fault.into_error(CALL);
            Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
        })
    }

    /// Checks what is there.
    pub(crate) fn check(props: impl IntoIterator<Item = Prop>) -> Result<(), SettingFault> {
        Held::new(props.into_iter().collect()).settings().map(drop)
    }

    /// True where a mail address is one of this account.
    pub(crate) fn owns(&self, address: &str) -> bool {
        self.addresses.contains(&address.trim().to_lowercase())
    }
}

/// The properties of a section.
struct Held(Vec<Prop>);

impl Held {
    fn new(props: Vec<Prop>) -> Self {
        let mut held = Self(Vec::with_capacity(props.len()));
        held.add(props);
        held
    }

    /// Takes what is there; of a password also that it is there and does not open.
    fn add(&mut self, props: Vec<Prop>) {
        let is_absent = |prop: &Prop| match prop.value {
            PropValue::Error(code) => prop.tag.id() != PASSWORD.id() || code == ErrorCode::NOT_FOUND,
            _ => false,
        };
        self.0.extend(props.into_iter().filter(|prop| !is_absent(prop)));
    }

    fn value(&self, tag: PropTag) -> Option<&PropValue> {
        self.0.iter().find(|prop| prop.tag.id() == tag.id()).map(|prop| &prop.value)
    }

    fn text(&self, tag: PropTag) -> Result<Option<&str>, SettingFault> {
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

    fn texts(&self, tag: PropTag) -> Result<Vec<String>, SettingFault> {
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

    fn settings(&self) -> Result<Settings, SettingFault> {
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
        let address = self.address()?;
        let mut addresses: Vec<String> =
            self.texts(ADDRESSES)?.iter().map(|text| text.trim().to_lowercase()).collect();
        addresses.push(address.as_str().to_lowercase());
        let hello = self.text(HELLO)?.map(str::to_owned);
        if hello.as_deref().is_some_and(|name| !is_hello_name(name)) {
            return Err(SettingFault::BadValue(HELLO, "this is no name of a computer"));
        }
        let other_senders = match self.value(OTHER_SENDERS) {
            None => true,
            Some(PropValue::Boolean(truth)) => *truth,
            Some(_) => return Err(SettingFault::WrongType(OTHER_SENDERS)),
        };
        let authorities = self.text(AUTHORITIES)?.map(PathBuf::from);
        if authorities.as_ref().is_some_and(|path| !path.is_absolute()) {
            return Err(SettingFault::BadValue(AUTHORITIES, "the path is not absolute"));
        }
        let (port, user) = (self.port(security)?, self.user(security)?);
        let host = host.to_owned();
        Ok(Settings { host, port, security, user, address, addresses, other_senders, hello, authorities })
    }

    fn address(&self) -> Result<Address, SettingFault> {
        let (tag, text) = match self.text(PR_SMTP_ADDRESS)? {
            Some(text) => (PR_SMTP_ADDRESS, Some(text)),
            None => (PR_EMAIL_ADDRESS, self.text(PR_EMAIL_ADDRESS)?),
        };
        let text = text.ok_or(SettingFault::Missing(PR_SMTP_ADDRESS, "the sender's address"))?;
        Address::parse(text).map_err(|_| SettingFault::BadValue(tag, "this is no mail address"))
    }

    fn port(&self, security: Security) -> Result<u16, SettingFault> {
        match self.value(PORT) {
            None => Ok(match security {
                Security::Implicit => 465,
                Security::StartTls => 587,
                Security::Opportunistic | Security::Plain => 25,
            }),
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

impl Drop for Held {
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
