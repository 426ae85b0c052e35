//! `Settings`: what the provider's section of the profile says of one account. How sections are kept is
//! `mapi`'s; what is said of the server is read by `mapi-wire`.

use mapi_defs::prop::{Prop, PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
pub(crate) use mapi_wire::section::SettingFault;
pub use mapi_wire::section::{
    AUTHORITIES, HOST, MECHANISM, PASSWORD, PASSWORD_COMMAND, PORT, SECURITY, TOKEN_COMMAND, USER,
};
use mapi_wire::section::{Section, Server, TAGS};

/// The mailbox of an IMAP account; absent is `INBOX`.
pub const MAILBOX: PropTag = PropTag::new(0x679B, PropType::UNICODE);

/// How a server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// IMAP4rev1.
    Imap,
    /// POP3.
    Pop3,
}

impl Protocol {
    /// The word for it in delivery keys.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
        }
    }

    /// The ports: encrypted from the first byte, by STARTTLS, where it is offered, and never.
    fn ports(self) -> [u16; 4] {
        match self {
            Self::Imap => [993, 143, 143, 143],
            Self::Pop3 => [995, 110, 110, 110],
        }
    }
}

/// One account.
pub(crate) struct Settings {
    pub(crate) protocol: Protocol,
    pub(crate) server: Server,
    pub(crate) mailbox: String,
}

impl Settings {
    /// Reads the provider's section.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
    pub(crate) fn read(protocol: Protocol, section: &dyn MapiProp) -> Result<Self> {
        const CALL: &str = "InboxTransport::logon";
        let unspecified = |tag: PropTag| tag.with_type(PropType::UNSPECIFIED);
        let tags: Vec<PropTag> = TAGS.into_iter().chain([MAILBOX]).map(unspecified).collect();
        let mut held = Section::new(section.props(Some(&tags))?);
        if !held.has_command() {
            held.add(section.props(Some(&[unspecified(PASSWORD)]))?);
        }
        settings(protocol, &held).map_err(|fault| {
            let error = fault.into_error(CALL);
            Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
        })
    }

    /// Reads properties that came another way.
    pub(crate) fn of(protocol: Protocol, props: Vec<Prop>) -> Result<Self, SettingFault> {
        settings(protocol, &Section::new(props))
    }

    /// Checks what is there.
    pub(crate) fn check(
        protocol: Protocol,
        props: impl IntoIterator<Item = Prop>,
    ) -> Result<(), SettingFault> {
        settings(protocol, &Section::new(props.into_iter().collect())).map(drop)
    }
}

fn settings(protocol: Protocol, section: &Section) -> Result<Settings, SettingFault> {
    let server = section.server(protocol.ports())?;
    if server.user.is_none() {
        return Err(SettingFault::Missing(USER, "the user's name"));
    }
    let mailbox = section.text(MAILBOX)?.unwrap_or("INBOX").to_owned();
    Ok(Settings { protocol, server, mailbox })
}
