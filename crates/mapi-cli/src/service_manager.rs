//! What a service tells whoever started it, where that wants to be told (sd_notify): that it is ready, what
//! it does, that it ends. The unit that has it started is `commands/spool_unit.rs`.
//!
//! # Source
//! sd_notify(3): one datagram of lines `NAME=value` to the socket that NOTIFY_SOCKET names.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Whoever started this process as a service, if somebody did.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    to: Option<(UnixDatagram, SocketAddr)>,
}

impl ServiceManager {
    /// The one that the environment names.
    pub(crate) fn of_environment() -> Self {
        let to = std::env::var_os("NOTIFY_SOCKET")
            .and_then(|name| Some((UnixDatagram::unbound().ok()?, address(name)?)));
        Self { to }
    }

    /// Says that the service works.
    pub(crate) fn ready(&self) {
        self.tell("READY=1");
    }

    /// Says in one line what the service does.
    pub(crate) fn status(&self, status: &str) {
        let line: String = status.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.tell(&format!("STATUS={line}"));
    }

    /// Says that the service is about to end.
    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, text: &str) {
        if let Some((socket, to)) = &self.to
            && let Err(error) = socket.send_to_addr(text.as_bytes(), to)
        {
            tracing::debug!(%error, "the service manager was not told");
        }
    }
}

/// A path, or an abstract name behind `@`.
fn address(name: OsString) -> Option<SocketAddr> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(&name),
        _ => return None,
    };
    address.inspect_err(|error| tracing::debug!(%error, "NOTIFY_SOCKET names no socket")).ok()
}
