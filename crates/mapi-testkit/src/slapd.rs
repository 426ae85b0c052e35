//! `Slapd`: a real directory server (OpenLDAP's slapd) of a test's own, on loopback ports, with a database in a
//! folder of its own. It needs no right that a test has not, and ends with its owner.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Everything is below this name.
pub const BASE: &str = "dc=example,dc=org";
/// Who may do everything there.
pub const ADMIN: &str = "cn=admin,dc=example,dc=org";
/// The password of [`ADMIN`].
pub const PASSWORD: &str = "a-word of 8";

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub struct Slapd {
    server: Child,
    reader: Option<JoinHandle<()>>,
    folder: TempDir,
    /// The port of LDAP, with STARTTLS.
    pub port: u16,
    /// The port of LDAP over TLS.
    pub tls_port: u16,
}

impl Slapd {
    /// Starts a server with these entries (LDIF); [`BASE`] itself is there already. Where slapd is not
    /// installed this says that the test is skipped and answers `None`.
    ///
    /// # Panics
    /// - It is not installed, and skipping is forbidden (`MAPI_FORBID_SKIP=1`).
    /// - It does not start, or refuses the entries.
    #[track_caller]
    pub fn start(entries: &str) -> Option<Self> {
        let Some(program) = find("slapd") else {
            let forbidden = std::env::var_os("MAPI_FORBID_SKIP").is_some_and(|value| value == "1");
            assert!(!forbidden, "slapd is not installed, and skipping is forbidden");
            crate::skipped("slapd is not installed: no real directory is asked");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        write_certificates(folder.path());
        let config = write_config(folder.path());
        let base = format!(
            "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
        );
        let ldif = folder.path().join("entries.ldif");
        std::fs::write(&ldif, base + entries).expect("the entries are written");
        let mut loader = Command::new(find("slapadd").expect("slapadd comes with slapd"));
        loader.arg("-q").arg("-f").arg(&config).arg("-l").arg(&ldif);
        let Output { status, stderr, .. } = loader.output().expect("slapadd starts");
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        Some(Self::serve(&program, &config, folder))
    }

    /// Starts it on free ports; another program may take one between, and then others are tried.
    fn serve(program: &Path, config: &Path, folder: TempDir) -> Self {
        for _ in 0..5 {
            let (port, tls_port) = free_ports();
            let urls = format!("ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/");
            let mut command = Command::new(program);
            // Level 16384 is about replication, of which there is none: only the beginning and the end are said.
            command.args(["-d", "16384", "-h", &urls, "-f"]).arg(config);
            let mut server =
                command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("slapd starts");
            let mut said = BufReader::new(server.stderr.take().expect("it is a pipe"));
            let mut all = String::new();
            let mut line = String::new();
            while said.read_line(&mut line).is_ok_and(|count| count > 0) {
                if line.contains("slapd starting") {
                    // Somebody reads on, so that it never waits for a reader.
                    let reader = Some(std::thread::spawn(move || said.lines().for_each(drop)));
                    let started = Self { server, reader, folder, port, tls_port };
                    started.wait_until_it_listens();
                    return started;
                }
                all.push_str(&line);
                line.clear();
            }
            let status = server.wait();
            assert!(all.contains("bind("), "slapd does not start ({status:?}): {all}");
        }
        panic!("no free port was found");
    }

    /// It says that it starts a moment before it listens, to the second address last.
    fn wait_until_it_listens(&self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.tls_port)).is_err() {
            assert!(Instant::now() < deadline, "slapd does not listen");
            std::thread::yield_now();
        }
    }

    /// A PEM file of the authority that has signed the server's certificate, made out to `localhost`.
    pub fn authorities(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        // It may have ended by itself; either way it must not stay behind.
        drop(self.server.kill());
        drop(self.server.wait());
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
    }
}

/// People of a directory as LDIF, `count` of them below [`BASE`]: `Person 7 Family7`, `person7@example.org`.
pub fn people(count: usize) -> String {
    let mut ldif = String::new();
    for number in 0..count {
        let family = number % 1000;
        let person = format!(
            "dn: uid=person{number},{BASE}\nobjectClass: inetOrgPerson\nuid: person{number}\n\
             cn: Person {number} Family{family}\ndisplayName: Person {number} Family{family}\n\
             givenName: Person {number}\nsn: Family{family}\nmail: person{number}@example.org\n\
             telephoneNumber: +1 555 {number:06}\no: Example\nou: Department {}\n\n",
            number % 20
        );
        ldif.push_str(&person);
    }
    ldif
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn free_ports() -> (u16, u16) {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    let both = (listen(), listen());
    (port(&both.0), port(&both.1))
}

fn write_certificates(folder: &Path) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name.push(DnType::CommonName, "an authority of a test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("a file");
    write("authority.pem", authority.pem());
    write("server.pem", certificate.pem());
    write("server.key", key.serialize_pem());
}

fn write_config(folder: &Path) -> PathBuf {
    let database = folder.join("database");
    std::fs::create_dir(&database).expect("a folder for the database");
    let place = folder.display();
    let config = format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/misc.schema
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited
pidfile {place}/slapd.pid
argsfile {place}/slapd.args
TLSCACertificateFile {place}/authority.pem
TLSCertificateFile {place}/server.pem
TLSCertificateKeyFile {place}/server.key
database mdb
maxsize 268435456
suffix \"{BASE}\"
rootdn \"{ADMIN}\"
rootpw \"{PASSWORD}\"
directory {place}/database
index objectClass eq
index cn,sn,givenName,displayName,mail,uid pres,eq,sub
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=\"ou=closed,{BASE}\" by users read by * none
access to * by * read
"
    );
    let file = folder.join("slapd.conf");
    std::fs::write(&file, config).expect("the configuration is written");
    file
}
