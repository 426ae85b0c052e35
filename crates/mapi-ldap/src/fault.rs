//! `Fault`: why the directory does not answer, or not what was asked, and MAPI's word for it.

use crate::message::Outcome;
use mapi_defs::{Error, ErrorCode};

/// Result codes of RFC 4511 that mean something of their own here.
pub(crate) mod result {
    pub(crate) const SUCCESS: i64 = 0;
    pub(crate) const SIZE_LIMIT: i64 = 4;
    pub(crate) const REFERRAL: i64 = 10;
    pub(crate) const ADMIN_LIMIT: i64 = 11;
    pub(crate) const NO_SUCH_OBJECT: i64 = 32;
    pub(crate) const INVALID_NAME: i64 = 34;
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is no connection, or none that is encrypted.
    Wire(mapi_wire::Fault),
    /// The connection ended.
    Lost(String),
    /// The server did not answer in time.
    Timeout,
    /// What the server says is no LDAP.
    Malformed(&'static str),
    /// The answer has more than may come.
    TooBig,
    /// The server refuses TLS, without which nothing more is said.
    NoTls(String),
    /// There is no password.
    NoPassword(&'static str),
    /// The server refuses who logs on.
    NotBound(Outcome),
    /// The server refuses a search.
    Refused(Outcome),
    /// The logon has ended meanwhile.
    Ended,
}

impl Fault {
    /// True where another connection may do what this one did not.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }

    /// MAPI's word for it. What a server says is repeated without controls and in part.
    pub(crate) fn into_error(self, call: &'static str) -> Error {
        let (code, detail) = match self {
            Self::Wire(mapi_wire::Fault::Timeout) => {
                (ErrorCode::TIMEOUT, mapi_wire::Fault::Timeout.to_string())
            }
            Self::Wire(fault) => (ErrorCode::NETWORK_ERROR, fault.to_string()),
            Self::Lost(why) => (ErrorCode::NETWORK_ERROR, format!("the connection has ended: {why}")),
            Self::Timeout => (ErrorCode::TIMEOUT, "the server did not answer in time".to_owned()),
            Self::Malformed(what) => {
                (ErrorCode::CORRUPT_DATA, format!("what the server says is no LDAP: {what}"))
            }
            Self::TooBig => (ErrorCode::TABLE_TOO_BIG, "the answer has more than is read at once".to_owned()),
            Self::NoTls(said) => (ErrorCode::LOGON_FAILED, format!("the server refuses TLS: {said}")),
            Self::NoPassword(why) => (ErrorCode::LOGON_FAILED, why.to_owned()),
            Self::NotBound(outcome) => (login_code(outcome.code), shown(&outcome)),
            Self::Refused(outcome) => (search_code(outcome.code), shown(&outcome)),
            Self::Ended => (ErrorCode::INVALID_OBJECT, "the logon has ended".to_owned()),
        };
        Error::new(code, call, detail)
    }
}

/// What a login that did not succeed answers.
fn login_code(code: i64) -> ErrorCode {
    match code {
        51 => ErrorCode::BUSY,
        3 => ErrorCode::TIMEOUT,
        52 => ErrorCode::NETWORK_ERROR,
        _ => ErrorCode::LOGON_FAILED,
    }
}

/// What a search that did not succeed answers.
fn search_code(code: i64) -> ErrorCode {
    match code {
        3 => ErrorCode::TIMEOUT,
        result::SIZE_LIMIT | result::ADMIN_LIMIT => ErrorCode::TABLE_TOO_BIG,
        // Anonymous reading forbidden, confidentiality or more of a login required.
        8 | 13 | 48 | 50 => ErrorCode::NO_ACCESS,
        // A referral that is not followed, and what is not there.
        result::REFERRAL | result::NO_SUCH_OBJECT => ErrorCode::NOT_FOUND,
        12 | 53 => ErrorCode::NO_SUPPORT,
        16..=18 | 21 => ErrorCode::TOO_COMPLEX,
        result::INVALID_NAME => ErrorCode::INVALID_ENTRYID,
        51 => ErrorCode::BUSY,
        52 => ErrorCode::NETWORK_ERROR,
        _ => ErrorCode::CALL_FAILED,
    }
}

fn shown(outcome: &Outcome) -> String {
    if outcome.code == result::REFERRAL {
        return "the server refers to another one, where nobody is asked".to_owned();
    }
    let said = said(&outcome.text);
    if said.is_empty() {
        format!("result {}", outcome.code)
    } else {
        format!("result {}: {said}", outcome.code)
    }
}

/// What a server says, for people: one line of at most 200 characters.
pub(crate) fn said(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(200).collect()
}
