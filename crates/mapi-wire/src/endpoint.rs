//! `Endpoint`: where a server is and how it is reached; `Security`: when what is said there is encrypted.

use crate::fault::Fault;
use crate::tls::Tls;
use crate::wire::{Stream, TimedStream, Wire};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

/// When a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Security {
    /// From its first byte.
    #[default]
    Implicit,
    /// By STARTTLS, or not at all.
    StartTls,
    /// By STARTTLS where it is offered.
    Opportunistic,
    /// Never. Nobody can log on then.
    Plain,
}

/// Where a server is, and how it is reached.
#[derive(Clone)]
pub struct Endpoint {
    /// A name or IP address; the certificate must be made out to it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When the connection is encrypted.
    pub security: Security,
    /// Which certificates are trusted; `None` where nothing is ever encrypted.
    pub tls: Option<Tls>,
}

impl Endpoint {
    /// Connects to the first address that answers, each within `patience`. Nothing is encrypted yet.
    ///
    /// # Errors
    /// [`Fault::Unreachable`].
    pub fn connect(&self, patience: Duration) -> Result<Wire, Fault> {
        let unreachable = |error: io::Error| Fault::Unreachable(error.to_string());
        let addresses: Vec<SocketAddr> =
            (self.host.as_str(), self.port).to_socket_addrs().map_err(unreachable)?.collect();
        let mut last = Fault::Unreachable("the host has no address".to_owned());
        for address in addresses {
            match TimedStream::connect(&address, patience) {
                Ok(stream) => return Ok(Wire::plain(stream)),
                Err(error) => last = unreachable(error),
            }
        }
        Err(last)
    }

    /// Encrypts a connection, at the latest until `deadline`.
    ///
    /// # Errors
    /// [`Fault::Tls`], [`Fault::Timeout`]: the connection is over.
    pub fn encrypt(&self, wire: Wire, deadline: Instant) -> Result<Wire, Fault> {
        let Stream::Plain(mut stream) = wire.into_stream() else {
            return Err(Fault::Tls("the connection is encrypted already".to_owned()));
        };
        let tls = self.tls.as_ref().ok_or_else(|| Fault::Tls("no certificates are trusted".to_owned()))?;
        stream.set_deadline(deadline);
        Ok(Wire::tls(tls.connect(&self.host, stream)?))
    }
}
