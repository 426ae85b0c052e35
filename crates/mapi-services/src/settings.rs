//! The settings of the built-in services by name, for people who do not speak in property tags.
//!
//! What a setting means, and which values make sense, is the service's own business; it says so where
//! it is configured.

use mapi_defs::prop::PropTag;
use mapi_defs::prop::tags::PR_DISPLAY_NAME;
#[cfg(feature = "smtp")]
use mapi_defs::prop::tags::PR_SMTP_ADDRESS;
#[cfg(feature = "imap")]
use mapi_imap::settings as inbox;
#[cfg(feature = "ldap")]
use mapi_ldap::settings as ldap;
#[cfg(feature = "smtp")]
use mapi_smtp::settings as smtp;
use mapi_spi::spooler::section::{FILE, IN_DOUBT, READ_REPORTS};

/// Properties that are secrets: passwords and tokens (PROP_ID_SECURE_MIN to PROP_ID_SECURE_MAX).
const SECURE: std::ops::RangeInclusive<u16> = 0x67F0..=0x67FF;

/// Properties at which MAPI looks for a command that says the secret of the same last digit.
const COMMANDS: std::ops::RangeInclusive<u16> = 0x67E0..=0x67EF;

/// How far a setting reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// It changes how the profile works and nothing else.
    Profile,
    /// It names a file anywhere on the computer.
    File,
    /// It names a program that is run.
    Program,
}

/// One setting of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// What people call it.
    pub name: &'static str,
    /// The property of the service's section.
    pub tag: PropTag,
    /// How far it reaches.
    pub reach: Reach,
    /// What it is, in a few words.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, tag: PropTag, reach: Reach, meaning: &'static str) -> Setting {
    Setting { name, tag, reach, meaning }
}

const NAME: Setting =
    setting("name", PR_DISPLAY_NAME, Reach::Profile, "what the service is called in the profile");
const STORE_SETTINGS: [Setting; 4] = [
    NAME,
    setting("file", FILE, Reach::File, "the store file, with its whole path"),
    setting("in-doubt", IN_DOUBT, Reach::Profile, "resend or hold, what nobody knows to have arrived"),
    setting("read-reports", READ_REPORTS, Reach::Profile, "asked or never, of mail that is marked read"),
];
const BOOK_SETTINGS: [Setting; 2] =
    [NAME, setting("file", FILE, Reach::File, "the address book's file, with its whole path")];
#[cfg(feature = "smtp")]
const SMTP_SETTINGS: [Setting; 15] = [
    NAME,
    setting("address", PR_SMTP_ADDRESS, Reach::Profile, "the sender's mail address"),
    setting("addresses", smtp::ADDRESSES, Reach::Profile, "further addresses of this account"),
    setting("host", smtp::HOST, Reach::Profile, "the mail server"),
    setting("port", smtp::PORT, Reach::Profile, "its port; else 465, 587 or 25, by the security"),
    setting("security", smtp::SECURITY, Reach::Profile, "tls, starttls, opportunistic or plain"),
    setting("user", smtp::USER, Reach::Profile, "the user's name at the server"),
    setting("password", smtp::PASSWORD, Reach::Profile, "the password, from standard input"),
    setting("password.command", smtp::PASSWORD_COMMAND, Reach::Program, "a program that says the password"),
    setting("token.command", smtp::TOKEN_COMMAND, Reach::Program, "a program that says an access token"),
    setting("mechanism", smtp::MECHANISM, Reach::Profile, "auto, plain, login or xoauth2"),
    setting("protocol", smtp::PROTOCOL, Reach::Profile, "smtp, or lmtp: a reply for each recipient"),
    setting("hello", smtp::HELLO, Reach::Profile, "what EHLO says"),
    setting("authorities", smtp::AUTHORITIES, Reach::File, "a PEM file of authorities to trust"),
    setting("other-senders", smtp::OTHER_SENDERS, Reach::Profile, "whether it sends for others too"),
];
#[cfg(feature = "imap")]
const INBOX_SETTINGS: [Setting; 12] = [
    NAME,
    setting("file", FILE, Reach::File, "the file of the account's own store, with its whole path"),
    setting("host", inbox::HOST, Reach::Profile, "the mail server"),
    setting("port", inbox::PORT, Reach::Profile, "its port; else the usual one, by the security"),
    setting("security", inbox::SECURITY, Reach::Profile, "tls, starttls, opportunistic or plain"),
    setting("user", inbox::USER, Reach::Profile, "the user's name at the server"),
    setting("password", inbox::PASSWORD, Reach::Profile, "the password, from standard input"),
    setting("password.command", inbox::PASSWORD_COMMAND, Reach::Program, "a program that says the password"),
    setting("token.command", inbox::TOKEN_COMMAND, Reach::Program, "a program that says an access token"),
    setting("mechanism", inbox::MECHANISM, Reach::Profile, "auto, plain, login or xoauth2"),
    setting("authorities", inbox::AUTHORITIES, Reach::File, "a PEM file of authorities to trust"),
    setting("mailbox", inbox::MAILBOX, Reach::Profile, "the mailbox of an IMAP account; else INBOX"),
];
#[cfg(feature = "ldap")]
const LDAP_SETTINGS: [Setting; 11] = [
    NAME,
    setting("host", ldap::HOST, Reach::Profile, "the directory's server"),
    setting("port", ldap::PORT, Reach::Profile, "its port; else 389, or 636 with tls"),
    setting("security", ldap::SECURITY, Reach::Profile, "starttls, tls, opportunistic or plain"),
    setting("base", ldap::BASE, Reach::Profile, "the name below which everything is"),
    setting("schema", ldap::SCHEMA, Reach::Profile, "auto, inetorgperson or ad"),
    setting(
        "referrals",
        ldap::REFERRALS,
        Reach::Profile,
        "whether servers it refers to are asked, as nobody",
    ),
    setting("user", ldap::USER, Reach::Profile, "the user's name in the directory; else nobody logs on"),
    setting("password", ldap::PASSWORD, Reach::Profile, "the password, from standard input"),
    setting("password.command", ldap::PASSWORD_COMMAND, Reach::Program, "a program that says the password"),
    setting("authorities", ldap::AUTHORITIES, Reach::File, "a PEM file of authorities to trust"),
];
const OTHER_SETTINGS: [Setting; 1] = [NAME];

/// The settings of a service by its name; of one that is not built in, the name alone.
pub fn settings(service: &str) -> &'static [Setting] {
    match service.to_ascii_uppercase().as_str() {
        "STORE" => &STORE_SETTINGS,
        "PAB" => &BOOK_SETTINGS,
        #[cfg(feature = "smtp")]
        "SMTP" => &SMTP_SETTINGS,
        #[cfg(feature = "ldap")]
        "LDAP" => &LDAP_SETTINGS,
        #[cfg(feature = "imap")]
        "IMAP" | "POP3" => &INBOX_SETTINGS,
        _ => &OTHER_SETTINGS,
    }
}

/// How far a property of a service reaches, as far as that is known here.
pub fn reach(service: &str, tag: PropTag) -> Reach {
    if COMMANDS.contains(&tag.id()) {
        return Reach::Program;
    }
    let known = settings(service).iter().find(|setting| setting.tag.id() == tag.id());
    known.map_or(Reach::Profile, |setting| setting.reach)
}

/// True for a property that holds a secret.
pub fn is_secret(tag: PropTag) -> bool {
    SECURE.contains(&tag.id())
}
