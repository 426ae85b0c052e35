//! `Authority`: certificates for servers of tests: a good one, and twelve that must not be believed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An authority of a test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

/// What a server in order presents.
fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

impl Authority {
    /// One of this name.
    pub fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes the file that a section names.
    pub fn save(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authorities.pem");
        std::fs::write(&path, self.0.pem()).unwrap();
        path
    }

    /// A server whose certificate is in order.
    pub fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.sign(server_params(names))
    }

    fn sign(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        config(vec![leaf.der().clone()], &key)
    }

    fn sign_below(
        &self,
        below: CertificateParams,
        leaf: CertificateParams,
        whole: bool,
    ) -> Arc<ServerConfig> {
        let middle = CertifiedIssuer::signed_by(below, KeyPair::generate().unwrap(), &self.0).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&key, &middle).unwrap();
        let mut chain = vec![leaf.der().clone()];
        if whole {
            chain.push(middle.der().clone());
        }
        config(chain, &key)
    }

    /// A server below an authority in between, in order.
    pub fn server_below(&self) -> Arc<ServerConfig> {
        self.sign_below(authority_params("between"), server_params(&["localhost"]), true)
    }

    /// What is wrong, the host that is asked for, and the server.
    pub fn wrong(&self) -> Vec<(&'static str, &'static str, Arc<ServerConfig>)> {
        let localhost = || server_params(&["localhost"]);
        let (mut expired, mut early, mut client) = (localhost(), localhost(), localhost());
        expired.not_after = date_time_ymd(2020, 1, 1);
        early.not_before = date_time_ymd(2999, 1, 1);
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let own_key = KeyPair::generate().unwrap();
        let own = localhost().self_signed(&own_key).unwrap();
        let mut no_authority = authority_params("no authority");
        no_authority.is_ca = IsCa::ExplicitNoCa;
        let mut elsewhere = authority_params("elsewhere");
        let permitted_subtrees = vec![GeneralSubtree::DnsName("example.org".to_owned())];
        elsewhere.name_constraints =
            Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        vec![
            ("another host", "localhost", self.server(&["mx.example.org"])),
            ("expired", "localhost", self.sign(expired)),
            ("not valid yet", "localhost", self.sign(early)),
            ("signed by itself", "localhost", config(vec![own.der().clone()], &own_key)),
            ("another authority", "localhost", Self::new("another").server(&["localhost"])),
            ("an address for a name", "localhost", self.server(&["127.0.0.1"])),
            ("a name for an address", "127.0.0.1", self.server(&["localhost"])),
            ("a wildcard of one label", "localhost", self.server(&["*"])),
            ("a wildcard below", "localhost", self.server(&["*.localhost"])),
            ("the common name alone", "localhost", self.server(&[])),
            ("for clients", "localhost", self.sign(client)),
            ("signed by no authority", "localhost", self.sign_below(no_authority, localhost(), true)),
            ("an authority for other names", "localhost", self.sign_below(elsewhere, localhost(), true)),
            ("a gap in the chain", "localhost", self.sign_below(authority_params("gap"), localhost(), false)),
        ]
    }
}

fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
}
