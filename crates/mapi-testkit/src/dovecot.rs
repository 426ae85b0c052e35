//! A real Dovecot on loopback ports of its own, with its own configuration in a folder of its own, ended with
//! the test: IMAP and POP3, encrypted from the first byte or by STARTTLS, over one Maildir;
//! LMTP into it, for any recipient.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Who has mail there.
pub const USER: &str = "ann";
/// The password.
pub const PASSWORD: &str = "s3cret-pass";

/// Where Debian and others put it.
const PLACES: [&str; 3] = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/sbin/dovecot"];

/// Where Debian and others put its part that takes mail by LMTP.
const LMTP: [&str; 2] = ["/usr/lib/dovecot/lmtp", "/usr/libexec/dovecot/lmtp"];

/// The program; `None` where it is not installed, which a test has to say.
pub fn program() -> Option<&'static Path> {
    PLACES.iter().map(Path::new).find(|place| place.exists())
}

/// A server that runs.
pub struct Dovecot {
    /// IMAP with STARTTLS, on 127.0.0.1.
    pub imap: u16,
    /// IMAP, encrypted from the first byte.
    pub imaps: u16,
    /// POP3 with STLS.
    pub pop3: u16,
    /// POP3, encrypted from the first byte.
    pub pop3s: u16,
    /// LMTP, where dovecot-lmtpd is installed.
    pub lmtp: Option<u16>,
    folder: tempfile::TempDir,
    child: Child,
}

/// Whose mail it is: nobody special where the test is root's, since no mail is root's to Dovecot.
fn owner() -> (u32, u32, String) {
    let line = |name: &str| {
        let all = fs::read_to_string("/etc/passwd").unwrap();
        all.lines().find(|line| line.starts_with(&format!("{name}:"))).map(str::to_owned)
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let uid: u32 = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let fields = |line: String| {
        let parts: Vec<&str> = line.split(':').collect();
        (parts[2].parse().unwrap(), parts[3].parse().unwrap(), parts[0].to_owned())
    };
    if uid == 0 {
        return fields(line("dovecot").unwrap());
    }
    let all = fs::read_to_string("/etc/passwd").unwrap();
    let own = all.lines().find(|line| line.split(':').nth(2) == Some(&uid.to_string())).unwrap();
    fields(own.to_owned())
}

fn group_name(gid: u32) -> String {
    let all = fs::read_to_string("/etc/group").unwrap();
    let own = all.lines().find(|line| line.split(':').nth(2) == Some(&gid.to_string())).unwrap();
    own.split(':').next().unwrap().to_owned()
}

impl Dovecot {
    /// Starts it, or says why not.
    pub fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// Starts it with further settings, each a line; `None` as there.
    pub fn start_with(more: &str) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        let (uid, gid, user) = owner();
        for name in ["mail/new", "mail/cur", "mail/tmp", "home", "run", "state"] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        for name in ["mail", "mail/new", "mail/cur", "mail/tmp", "home"] {
            chown(path.join(name), Some(uid), Some(gid)).unwrap();
        }
        certificates(path);
        let [imap, imaps, pop3, pop3s, lmtp] = ports();
        let lmtp = LMTP.iter().any(|place| Path::new(place).exists()).then_some(lmtp);
        let group = group_name(gid);
        let ports = ([imap, imaps, pop3, pop3s], lmtp);
        let configuration = configuration(path, &user, &group, ports, (uid, gid)) + more;
        fs::write(path.join("dovecot.conf"), configuration).unwrap();
        let child = Command::new(program)
            .arg("-F")
            .arg("-c")
            .arg(path.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(path.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut this = Self { imap, imaps, pop3, pop3s, lmtp, folder, child };
        this.await_ports();
        Some(this)
    }

    fn await_ports(&mut self) {
        let until = Instant::now() + Duration::from_secs(20);
        for port in [self.imap, self.imaps, self.pop3, self.pop3s].into_iter().chain(self.lmtp) {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                let ended = self.child.try_wait().unwrap();
                assert!(
                    ended.is_none() && Instant::now() < until,
                    "dovecot does not come up: {}",
                    self.log()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// The authority that its certificate is signed by.
    pub fn authorities(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Where its mail is.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// What it wrote down.
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        format!("{}\n{}", read("stderr"), read("dovecot.log"))
    }

    /// Puts a message into the mailbox, as a delivery agent does; its lines end in LF there.
    pub fn deliver(&self, number: usize, text: &[u8]) {
        let (uid, gid, _) = owner();
        let bare: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\r').collect();
        let name = format!("{}.M{number}P1.test", 1_700_000_000 + number);
        let (tmp, new) = (
            self.folder.path().join("mail/tmp").join(&name),
            self.folder.path().join("mail/new").join(&name),
        );
        fs::write(&tmp, bare).unwrap();
        chown(&tmp, Some(uid), Some(gid)).unwrap();
        fs::rename(tmp, new).unwrap();
    }

    /// How many messages there are.
    pub fn count(&self) -> usize {
        ["mail/new", "mail/cur"]
            .iter()
            .map(|name| fs::read_dir(self.folder.path().join(name)).unwrap().count())
            .sum()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // Its processes end with the master, which ends in order.
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status();
        let until = Instant::now() + Duration::from_secs(10);
        while stopped.is_ok() && Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Ports that are free at this moment.
fn ports() -> [u16; 5] {
    let held = [0; 5].map(|_: u16| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn certificates(folder: &Path) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "an authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    fs::write(folder.join("authority.pem"), authority.pem()).unwrap();
    fs::write(folder.join("server.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}

fn configuration(
    folder: &Path,
    user: &str,
    group: &str,
    (ports, lmtp): ([u16; 4], Option<u16>),
    (uid, gid): (u32, u32),
) -> String {
    let folder = folder.display();
    let [imap, imaps, pop3, pop3s] = ports;
    let (also, listener) = match lmtp {
        Some(port) => {
            (" lmtp", format!("service lmtp {{\n  inet_listener lmtp {{\n    port = {port}\n  }}\n}}\n"))
        }
        None => ("", String::new()),
    };
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap pop3{also}
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
mail_location = maildir:{folder}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain login
auth_username_format = %Ln
hostname = dovecot.example.org
postmaster_address = postmaster@example.org
mail_fsync = never
mail_max_userip_connections = 50
passdb {{
  driver = static
  args = user={USER} password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home allow_all_users=yes
}}
{listener}service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"
    )
}

/// A message of many kinds by its number, with CRLF: plain, 8-bit, dots, long lines, files.
pub fn message(number: usize) -> Vec<u8> {
    let head = format!(
        "From: Bob <bob@example.org>\r\nTo: ann@example.org\r\nSubject: message {number}\r\n\
         Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n"
    );
    let lines =
        |count: usize| (0..count).map(|line| format!("line {line} of {number}\r\n")).collect::<String>();
    let rest = match number % 5 {
        0 => format!("\r\n{}", lines(number % 70 + 1)),
        1 => "\r\n.\r\n..\r\n.a dot\r\n\r\n.\r\n".to_owned(),
        2 => "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße, 你好\r\n".to_owned(),
        3 => format!("\r\n{}\r\n{}", "x".repeat(number % 2000 + 1), lines(3)),
        _ => format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee the file\r\n--b\r\nContent-Type: \
             application/octet-stream; name=f\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: \
             attachment; filename=f{number}.bin\r\n\r\n{}--b--\r\n",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n".repeat(number % 300)
        ),
    };
    [head.as_bytes(), rest.as_bytes()].concat()
}
