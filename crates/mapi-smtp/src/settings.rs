//! `Settings`: what the provider's section of the profile says of one account. How sections are kept is
//! `mapi`'s; what is said of the server is read by `mapi-wire`.

use crate::address::Address;
use crate::connection::is_hello_name;
use crate::session::Protocol;
use mapi_defs::prop::tags::{PR_EMAIL_ADDRESS, PR_SMTP_ADDRESS};
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
pub(crate) use mapi_wire::section::SettingFault;
pub use mapi_wire::section::{
    AUTHORITIES, HOST, MECHANISM, PASSWORD, PASSWORD_COMMAND, PORT, SECURITY, TOKEN_COMMAND, USER,
};
use mapi_wire::section::{Section, Server, TAGS};

/// The ports of submission: encrypted from the first byte, by STARTTLS, where it is offered, and never.
const PORTS: [u16; 4] = [465, 587, 25, 25];
/// LMTP has no port but must never be 25 (RFC 2033 5); Dovecot and Cyrus show this one.
const LMTP_PORT: u16 = 24;

/// What EHLO names; absent is the own IP address.
pub const HELLO: PropTag = PropTag::new(0x6797, PropType::UNICODE);
/// Further addresses of this account, beside PR_SMTP_ADDRESS or PR_EMAIL_ADDRESS of the section.
pub const ADDRESSES: PropTag = PropTag::new(0x6799, PropType::MV_UNICODE);
/// True where messages of other senders are sent too, which is so where it is absent. With several
/// accounts it is false for all but the last, so that each sends what is its own.
pub const OTHER_SENDERS: PropTag = PropTag::new(0x679A, PropType::BOOLEAN);

/// `smtp` (also where absent) or `lmtp`: how the server is spoken to.
pub const PROTOCOL: PropTag = PropTag::new(0x679C, PropType::UNICODE);

/// One account.
pub(crate) struct Settings {
    pub(crate) protocol: Protocol,
    pub(crate) server: Server,
    pub(crate) address: Address,
    /// In lower case, `address` among them.
    pub(crate) addresses: Vec<String>,
    pub(crate) other_senders: bool,
    pub(crate) hello: Option<String>,
}

/// The tags that a section is asked for beside those of its server; for the password only where no command
/// says it.
const OWN_TAGS: [PropTag; 6] = [PROTOCOL, HELLO, ADDRESSES, OTHER_SENDERS, PR_SMTP_ADDRESS, PR_EMAIL_ADDRESS];

impl Settings {
    /// Reads the provider's section.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
    pub(crate) fn read(section: &dyn MapiProp) -> Result<Self> {
        const CALL: &str = "SmtpTransport::logon";
        let unspecified = |tag: PropTag| tag.with_type(PropType::UNSPECIFIED);
        let tags: Vec<PropTag> = TAGS.into_iter().chain(OWN_TAGS).map(unspecified).collect();
        let mut held = Section::new(section.props(Some(&tags))?);
        if !held.has_command() {
            held.add(section.props(Some(&[unspecified(PASSWORD)]))?);
        }
        settings(&held).map_err(|fault| {
            let error = fault.into_error(CALL);
            Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
        })
    }

    /// Reads properties that came another way.
    pub(crate) fn of(props: Vec<Prop>) -> Result<Self, SettingFault> {
        settings(&Section::new(props))
    }

    /// Checks what is there.
    pub(crate) fn check(props: impl IntoIterator<Item = Prop>) -> Result<(), SettingFault> {
        settings(&Section::new(props.into_iter().collect())).map(drop)
    }

    /// True where a mail address is one of this account.
    pub(crate) fn owns(&self, address: &str) -> bool {
        self.addresses.contains(&address.trim().to_lowercase())
    }
}

fn settings(section: &Section) -> Result<Settings, SettingFault> {
    let protocol = match section.text(PROTOCOL)? {
        None | Some("smtp") => Protocol::Smtp,
        Some("lmtp") => Protocol::Lmtp,
        Some(_) => return Err(SettingFault::BadValue(PROTOCOL, "this is neither smtp nor lmtp")),
    };
    let server = section.server(match protocol {
        Protocol::Smtp => PORTS,
        Protocol::Lmtp => [LMTP_PORT; 4],
    })?;
    let address = address(section)?;
    let mut addresses: Vec<String> =
        section.texts(ADDRESSES)?.iter().map(|text| text.trim().to_lowercase()).collect();
    addresses.push(address.as_str().to_lowercase());
    let hello = section.text(HELLO)?.map(str::to_owned);
    if hello.as_deref().is_some_and(|name| !is_hello_name(name)) {
        return Err(SettingFault::BadValue(HELLO, "this is no name of a computer"));
    }
    let other_senders = match section.value(OTHER_SENDERS) {
        None => true,
        Some(PropValue::Boolean(truth)) => *truth,
        Some(_) => return Err(SettingFault::WrongType(OTHER_SENDERS)),
    };
    Ok(Settings { protocol, server, address, addresses, other_senders, hello })
}

fn address(section: &Section) -> Result<Address, SettingFault> {
    let (tag, text) = match section.text(PR_SMTP_ADDRESS)? {
        Some(text) => (PR_SMTP_ADDRESS, Some(text)),
        None => (PR_EMAIL_ADDRESS, section.text(PR_EMAIL_ADDRESS)?),
    };
    let text = text.ok_or(SettingFault::Missing(PR_SMTP_ADDRESS, "the sender's address"))?;
    Address::parse(text).map_err(|_| SettingFault::BadValue(tag, "this is no mail address"))
}
