//! The properties of accounts: which there are, which can be set, and how a tag is judged.
//!
//! The tags themselves are generated (`mapi_defs::prop::tags`, PROP_*), but for the two passwords, whose
//! type has the bit SECURE_FLAG.

use mapi_defs::Guid;
use mapi_defs::guids::{CLSID_OLK_IMAP4_ACCOUNT, CLSID_OLK_POP3_ACCOUNT};
use mapi_defs::prop::tags as t;
use mapi_defs::prop::{PropTag, PropType};
use mapi_defs::{Error, ErrorCode, Result};

/// The bit of a type that makes a property a secret.
pub const SECURE_FLAG: u16 = 0x8000;
/// PROP_INET_PASSWORD: the password of the incoming server.
pub const PROP_INET_PASSWORD: PropTag = PropTag(0x0102_801F);
/// PROP_SMTP_PASSWORD: the password of the outgoing server.
pub const PROP_SMTP_PASSWORD: PropTag = PropTag(0x0205_801F);
/// MAPIACCT_SEND_ONLY, the first bit of PROP_MAPI_TRANSPORT_FLAGS, four octets with the lowest first.
pub const MAPIACCT_SEND_ONLY: u32 = 1;

/// Values of PROP_SMTP_SECURE_CONNECTION.
pub mod connection {
    /// ENCRYPT_CONN_NO_SECURITY.
    pub const NO_SECURITY: u32 = 0;
    /// ENCRYPT_CONN_SSL: TLS from the first octet.
    pub const SSL: u32 = 1;
    /// ENCRYPT_CONN_TLS: STARTTLS.
    pub const TLS: u32 = 2;
    /// ENCRYPT_CONN_AUTO: whatever the server offers.
    pub const AUTO: u32 = 3;
}

/// Values of PROP_SMTP_AUTH_METHOD.
pub mod smtp_auth {
    /// SMTP_AUTH_SAME_AS_POP: user and password of the incoming server.
    pub const SAME_AS_POP: u32 = 0;
    /// SMTP_AUTH_USER_PASS: a user and password of its own.
    pub const USER_PASS: u32 = 1;
    /// SMTP_AUTH_RECEIVE_BEFORE_SEND: being logged on to the incoming server is enough.
    pub const RECEIVE_BEFORE_SEND: u32 = 2;
}

/// Settings that the reference has no property for; they are kept in the account as the others are.
pub mod extension {
    use mapi_defs::prop::{PropTag, PropType};

    /// A PEM file of the authorities that are trusted in place of the system's, absolute.
    pub const AUTHORITIES: PropTag = PropTag::new(0x6610, PropType::UNICODE);
    /// `auto`, `plain`, `login` or `xoauth2`, for the outgoing server.
    pub const MECHANISM: PropTag = PropTag::new(0x6611, PropType::UNICODE);
    /// The name below which everything is, of a directory.
    pub const BASE: PropTag = PropTag::new(0x6613, PropType::UNICODE);
    /// True where the outgoing server is handed messages of other senders too.
    pub const OTHER_SENDERS: PropTag = PropTag::new(0x6612, PropType::BOOLEAN);
    /// A program with its arguments that says the password of the incoming server.
    pub const INCOMING_PASSWORD_COMMAND: PropTag = PropTag::new(0x67E0, PropType::MV_UNICODE);
    /// A program with its arguments that says the password of the outgoing server.
    pub const OUTGOING_PASSWORD_COMMAND: PropTag = PropTag::new(0x67E1, PropType::MV_UNICODE);
    /// A program with its arguments that says an access token.
    pub const TOKEN_COMMAND: PropTag = PropTag::new(0x67E2, PropType::MV_UNICODE);
    /// The password of the incoming server, a secure property.
    pub const INCOMING_PASSWORD: PropTag = crate::profile::INCOMING_PASSWORD;
    /// The password of the outgoing server, a secure property.
    pub const OUTGOING_PASSWORD: PropTag = crate::profile::OUTGOING_PASSWORD;
}

/// Characters of a text, and octets of a binary value, at most.
const VALUE_LENGTH: usize = 32 * 1024;

/// Those that a client may set.
const WRITABLE: [PropTag; 7] = [
    t::PROP_ACCT_NAME,
    t::PROP_ACCT_USER_DISPLAY_NAME,
    t::PROP_ACCT_USER_EMAIL_ADDR,
    t::PROP_ACCT_DELIVERY_STORE,
    t::PROP_ACCT_DELIVERY_FOLDER,
    t::PROP_MAPI_IDENTITY_ENTRYID,
    t::PROP_MAPI_TRANSPORT_FLAGS,
];

/// Those that a client may only read.
const READ_ONLY: [PropTag; 24] = [
    t::PROP_ACCT_ID,
    t::PROP_ACCT_MINI_UID,
    t::PROP_ACCT_STAMP,
    t::PROP_ACCT_SEND_STAMP,
    t::PROP_ACCT_IS_EXCH,
    t::PROP_ACCT_SENTITEMS_EID,
    t::PROP_ACCT_PREFERENCES_UID,
    t::PROP_INET_SERVER,
    t::PROP_INET_USER,
    t::PROP_INET_PASSWORD,
    t::PROP_INET_PORT,
    t::PROP_INET_SSL,
    t::PROP_INET_USE_SPA,
    t::PROP_SMTP_SERVER,
    t::PROP_SMTP_PORT,
    t::PROP_SMTP_SSL,
    t::PROP_SMTP_USE_AUTH,
    t::PROP_SMTP_USER,
    t::PROP_SMTP_PASSWORD,
    t::PROP_SMTP_USE_SPA,
    t::PROP_SMTP_AUTH_METHOD,
    t::PROP_SMTP_SECURE_CONNECTION,
    t::PROP_POP_LEAVE_ON_SERVER,
    t::PROP_MAPI_EMSMDB_UID,
];

/// The type of a well-formed tag, without SECURE_FLAG.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: it is no tag of PT_LONG, PT_UNICODE or PT_BINARY.
pub(super) fn well_formed(tag: PropTag, call: &'static str) -> Result<PropType> {
    let ptype = PropType(tag.ptype().0 & !SECURE_FLAG);
    let is_known = [PropType::LONG, PropType::UNICODE, PropType::BINARY].contains(&ptype);
    if tag.id() == 0 || !is_known {
        return Err(Error::new(
            ErrorCode::INVALID_PARAMETER,
            call,
            format!("{tag} is no property of accounts"),
        ));
    }
    Ok(ptype)
}

/// Checks that a client may set a property of an account to a value of this type.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`: the tag is none that accounts have, or the value is not of its type.
/// - `E_ACCT_NOT_FOUND`: the folder of sent items, of an account whose server says it.
/// - `E_OLK_PROP_READ_ONLY`: it can only be read.
pub(super) fn check_set(tag: PropTag, ptype: PropType, account_type: Guid) -> Result<()> {
    const CALL: &str = "Account::set_prop";
    let refused = |code, detail: String| Err(Error::new(code, CALL, detail));
    well_formed(tag, CALL)?;
    let is_servers = [CLSID_OLK_POP3_ACCOUNT, CLSID_OLK_IMAP4_ACCOUNT].contains(&account_type);
    if tag.id() == t::PROP_ACCT_SENTITEMS_EID.id() && is_servers {
        return refused(ErrorCode::E_ACCT_NOT_FOUND, format!("{tag} is not kept for accounts of this type"));
    }
    if READ_ONLY.iter().any(|known| known.id() == tag.id()) {
        return refused(ErrorCode::E_OLK_PROP_READ_ONLY, format!("{tag} can only be read"));
    }
    if ptype != tag.ptype() || !WRITABLE.contains(&tag) {
        return refused(ErrorCode::INVALID_PARAMETER, format!("{tag} cannot be set to this"));
    }
    Ok(())
}

/// Checks a value a client sets: no control characters in texts, nothing without bound.
///
/// # Errors
/// - `MAPI_E_INVALID_PARAMETER`.
pub(super) fn check_value(value: &super::AccountValue) -> Result<()> {
    let refused = |detail| Err(Error::new(ErrorCode::INVALID_PARAMETER, "Account::set_prop", detail));
    match (value.as_text(), value.as_binary()) {
        (Some(text), _) if text.chars().any(char::is_control) => {
            refused("the text holds a control character")
        }
        (Some(text), _) if text.len() > VALUE_LENGTH => refused("the text is too long"),
        (_, Some(bytes)) if bytes.len() > VALUE_LENGTH => refused("the value is too long"),
        _ => Ok(()),
    }
}
