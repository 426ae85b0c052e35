//! `Fault`: why there is no connection, or none that is encrypted.

use std::fmt;

/// Why there is no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The host has no address, or none of them answers.
    Unreachable(String),
    /// TLS did not come about: the certificate, the protocol, or the configuration of it.
    Tls(String),
    /// The handshake did not end in time.
    Timeout,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "TLS did not come about: {why}"),
            Self::Timeout => f.write_str("the server did not shake hands in time"),
        }
    }
}

impl std::error::Error for Fault {}
