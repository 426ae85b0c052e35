//! `Settings`: what the provider's section of the profile says of one directory. How sections are kept is
//! `mapi`'s; what is said of the server is read by `mapi-wire`.

use crate::schema::Schema;
use mapi_defs::prop::tags::PR_DISPLAY_NAME;
use mapi_defs::prop::{Prop, PropTag, PropType, PropValue};
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::prop::MapiProp;
use mapi_wire::Mechanism;
pub(crate) use mapi_wire::section::SettingFault;
pub use mapi_wire::section::{AUTHORITIES, HOST, PASSWORD, PASSWORD_COMMAND, PORT, SECURITY, USER};
use mapi_wire::section::{Section, Server, TAGS};

/// The ports of directories: encrypted from the first byte, by STARTTLS, where it is offered, and never.
const PORTS: [u16; 4] = [636, 389, 389, 389];
/// What [`SECURITY`] is where the section does not say.
const USUAL_SECURITY: &str = "starttls";

/// The name below which everything is; absent is the tree that the server holds to be the usual one.
pub const BASE: PropTag = PropTag::new(0x67B0, PropType::UNICODE);
/// `inetorgperson`, `ad`, or `auto` (also where absent): what the server says it is.
pub const SCHEMA: PropTag = PropTag::new(0x67B1, PropType::UNICODE);
/// True where other servers are asked that this one refers to, which is not so where it is absent.
pub const REFERRALS: PropTag = PropTag::new(0x67B2, PropType::BOOLEAN);

/// One directory.
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) base: Option<String>,
    pub(crate) schema: Option<&'static Schema>,
    pub(crate) name: Option<String>,
    pub(crate) follows: bool,
}

const OWN_TAGS: [PropTag; 4] = [BASE, SCHEMA, REFERRALS, PR_DISPLAY_NAME];

impl Settings {
    /// Reads the provider's section.
    ///
    /// # Errors
    /// - `MAPI_E_UNCONFIGURED`: something is missing, or of no use.
    pub(crate) fn read(section: &dyn MapiProp) -> Result<Self> {
        const CALL: &str = "LdapProvider::logon";
        let unspecified = |tag: PropTag| tag.with_type(PropType::UNSPECIFIED);
        let tags: Vec<PropTag> = TAGS.into_iter().chain(OWN_TAGS).map(unspecified).collect();
        let mut held = Section::new(section.props(Some(&tags))?);
        if !held.has_command() {
            held.add(section.props(Some(&[unspecified(PASSWORD)]))?);
        }
        settings(held).map_err(|fault| {
            let error = fault.into_error(CALL);
            Error::new(ErrorCode::UNCONFIGURED, CALL, error.detail().to_owned())
        })
    }

    /// Reads a list of properties, the password among them.
    pub(crate) fn of(props: Vec<Prop>) -> Result<Self, SettingFault> {
        settings(Section::new(props))
    }

    /// Checks what is there.
    pub(crate) fn check(props: impl IntoIterator<Item = Prop>) -> Result<(), SettingFault> {
        Self::of(props.into_iter().collect()).map(drop)
    }
}

fn settings(mut section: Section) -> Result<Settings, SettingFault> {
    if section.value(SECURITY).is_none() {
        section.add(vec![Prop::new(SECURITY, USUAL_SECURITY)]);
    }
    let server = section.server(PORTS)?;
    if server.user.as_ref().is_some_and(|user| user.mechanism == Mechanism::XOAuth2) {
        let tag = mapi_wire::section::MECHANISM;
        return Err(SettingFault::BadValue(tag, "a directory is logged on to with a password"));
    }
    let schema = match section.text(SCHEMA)?.map(str::to_ascii_lowercase).as_deref() {
        None | Some("auto") => None,
        Some(name) => match Schema::named(name) {
            None => return Err(SettingFault::BadValue(SCHEMA, "known are auto, inetorgperson and ad")),
            known => known,
        },
    };
    let base = section.text(BASE)?.map(|base| base.trim().to_owned());
    if base.as_deref().is_some_and(|base| !base.contains('=') || base.len() > crate::entry_id::MAX_NAME_BYTES)
    {
        return Err(SettingFault::BadValue(
            BASE,
            "this is no name in a directory, such as dc=example,dc=org",
        ));
    }
    let name = section.text(PR_DISPLAY_NAME)?.map(str::to_owned);
    let follows = match section.value(REFERRALS) {
        None => false,
        Some(PropValue::Boolean(truth)) => *truth,
        Some(_) => return Err(SettingFault::WrongType(REFERRALS)),
    };
    Ok(Settings { server, base, schema, name, follows })
}
