//! `Tls`: which certificates are trusted, and the encrypted stream. Cryptography is ring's, by rustls;
//! when a connection is encrypted is the dialogue's to decide.

use crate::fault::Fault;
use crate::wire::TimedStream;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientConfig, ClientConnection, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{RootCertStore, StreamOwned};
use rustls_platform_verifier::Verifier;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The encrypted stream.
pub(crate) type TlsStream = StreamOwned<ClientConnection, TimedStream>;

/// Makes encrypted connections, always to a server whose certificate is checked.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts what the system trusts, or the authorities in a PEM file and nobody else.
    ///
    /// # Errors
    /// [`Fault::Tls`]: there is nobody to trust, or the file cannot be read.
    pub fn new(authorities: Option<&Path>) -> Result<Self, Fault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match authorities {
            None => Arc::new(Verifier::new(provider.clone()).map_err(failed)?),
            Some(path) => {
                let roots = Arc::new(read_authorities(path)?);
                WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
                    .build()
                    .map_err(failed)?
            }
        };
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(failed)?;
        // The name stands for the interface that takes a verifier of one's own; this one checks everything.
        let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// Shakes hands with the server of this name or IP address.
    pub(crate) fn connect(&self, host: &str, stream: TimedStream) -> Result<TlsStream, Fault> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Fault::Tls("the host is neither a name nor an IP address".to_owned()))?;
        let connection = ClientConnection::new(self.0.clone(), name).map_err(failed)?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            match stream.conn.complete_io(&mut stream.sock) {
                Ok((0, 0)) => return Err(Fault::Tls("the server ended the connection".to_owned())),
                Ok(_) => {}
                Err(error) => return Err(handshake_fault(&error)),
            }
        }
        Ok(stream)
    }
}

fn read_authorities(path: &Path) -> Result<RootCertStore, Fault> {
    let unreadable =
        |error: &dyn Display| Fault::Tls(format!("the file of authorities cannot be read: {error}"));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(Fault::Tls("the file of authorities holds no certificate".to_owned()));
    }
    Ok(roots)
}

fn handshake_fault(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Fault::Timeout,
        io::ErrorKind::UnexpectedEof => Fault::Tls("the server ended the connection".to_owned()),
        _ => failed(error),
    }
}

fn failed(error: impl Display) -> Fault {
    Fault::Tls(error.to_string())
}
