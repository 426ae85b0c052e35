//! Real mail servers on loopback, each with its own configuration in a folder of its own, ended with the
//! test: Postfix, and Exim out of a folder where two of them cannot be installed side by side.
//!
//! Mail for example.com goes to a Maildir, or on to another server. No name is looked up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No server takes longer to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// Where Exim may be: installed, or unpacked for tests (`.ci/run`).
const EXIM: [&str; 2] = ["/usr/sbin/exim4", "/opt/mapi-peers/usr/sbin/exim4"];
/// The user that Exim was built to work as.
const EXIM_USER: &str = "Debian-exim";
const NOBODY: u32 = 65_534;

/// Where the server leaves mail.
#[derive(Clone, Copy, Debug)]
pub enum Delivery {
    /// In its Maildir.
    Maildir,
    /// At the server on this port of loopback, by SMTP.
    To(u16),
    /// At the server on this port of loopback, by LMTP.
    ByLmtp(u16),
}

/// A server that runs.
pub struct Mta {
    /// Where it takes mail by SMTP, on 127.0.0.1.
    pub port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

impl Mta {
    /// Postfix; `None` where it is not there or the test is not root's, as Postfix wants it.
    pub fn postfix(delivery: Delivery) -> Option<Self> {
        Self::postfix_with(|root| match delivery {
            Delivery::Maildir => format!(
                "virtual_mailbox_domains = example.com\nvirtual_mailbox_base = {root}/mail\n\
                 virtual_mailbox_maps = static:inbox/\nvirtual_uid_maps = static:{NOBODY}\n\
                 virtual_gid_maps = static:{NOBODY}\nvirtual_mailbox_limit = 0\n"
            ),
            Delivery::To(port) => format!("relayhost = [127.0.0.1]:{port}\nsmtp_line_length_limit = 0\n"),
            Delivery::ByLmtp(port) => {
                format!("default_transport = lmtp:inet:[127.0.0.1]:{port}\nlmtp_line_length_limit = 0\n")
            }
        })
    }

    /// Postfix that leaves what is for one address in another server's Maildir, as that Maildir's owner; mail
    /// for others of example.com is in its own. `None` as there.
    pub fn postfix_into(address: &str, maildir: &Path) -> Option<Self> {
        let owner = fs::metadata(maildir).unwrap();
        let maildir = maildir.strip_prefix("/").unwrap().display();
        let map = |own: &str, others: &str| format!("inline:{{{address}={own}}}, static:{others}");
        let id = |own: u32| map(&own.to_string(), &NOBODY.to_string());
        let (uid, gid) = (id(owner.uid()), id(owner.gid()));
        Self::postfix_with(|root| {
            let own = format!("{}/mail/inbox/", root.trim_start_matches('/'));
            let mailboxes = map(&format!("{maildir}/"), &own);
            format!(
                "virtual_mailbox_domains = example.com\nvirtual_mailbox_base = /\n\
                 virtual_mailbox_maps = {mailboxes}\nvirtual_minimum_uid = 1\nvirtual_uid_maps = {uid}\n\
                 virtual_gid_maps = {gid}\nvirtual_mailbox_limit = 0\n"
            )
        })
    }

    /// `deliver` says, of the server's folder, where mail is left; a setting that is there twice holds it up.
    fn postfix_with(deliver: impl Fn(&str) -> String) -> Option<Self> {
        if !Path::new("/usr/sbin/postfix").exists() || !is_root() {
            return None;
        }
        let (folder, port) = (place(), free_port());
        let at = |name: &str| folder.path().join(name);
        for name in ["conf", "queue", "data", "mail"] {
            fs::create_dir(at(name)).unwrap();
        }
        give(&at("data"), "postfix");
        std::os::unix::fs::chown(at("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let root = folder.path().display();
        let to = deliver(&root.to_string());
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n\
             myhostname = postfix.example.org\nmydestination =\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nsmtpd_peername_lookup = no\n\
             disable_dns_lookups = yes\nsmtpd_relay_restrictions = permit_mynetworks, reject\n\
             smtpd_client_connection_count_limit = 0\nmaillog_file = /dev/stdout\nmaillog_file_prefixes = /dev\n{to}"
        );
        fs::write(at("conf/main.cf"), main).unwrap();
        fs::write(at("conf/master.cf"), master(port)).unwrap();
        let mut command = Command::new("postfix");
        command.arg("-c").arg(at("conf")).arg("start-fg");
        Some(Self::start(command, port, folder))
    }

    /// Exim; `None` where it is not there, its user is not, or the test is not root's.
    pub fn exim(delivery: Delivery) -> Option<Self> {
        let program = EXIM.iter().map(Path::new).find(|path| path.exists())?;
        let has_user = Command::new("id").arg(EXIM_USER).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !is_root() || !has_user.is_ok_and(|status| status.success()) {
            return None;
        }
        let (folder, port) = (place(), free_port());
        let at = |name: &str| folder.path().join(name);
        for name in ["spool", "mail"] {
            fs::create_dir(at(name)).unwrap();
            give(&at(name), EXIM_USER);
        }
        let to = |protocol: &str, port: u16| {
            format!(
                "begin routers\nall:\n  driver = manualroute\n  route_list = * 127.0.0.1\n  self = send\n  \
                 transport = onward\nbegin transports\nonward:\n  driver = smtp\n  port = {port}\n  \
                 protocol = {protocol}\n  allow_localhost\n  hosts_try_fastopen =\n  \
                 message_linelength_limit = 100000\n"
            )
        };
        let delivers = match delivery {
            Delivery::Maildir => format!(
                "begin routers\nall:\n  driver = accept\n  transport = maildir\n\
                 begin transports\nmaildir:\n  driver = appendfile\n  directory = {}/mail/inbox\n  \
                 create_directory\n  maildir_format\n  user = {EXIM_USER}\n  group = {EXIM_USER}\n",
                folder.path().display()
            ),
            Delivery::To(port) => to("smtp", port),
            Delivery::ByLmtp(port) => to("lmtp", port),
        };
        let (root, program_path) = (folder.path().display(), program.display());
        let config = format!(
            "exim_path = {program_path}\nkeep_environment =\ndeliver_drop_privilege = true\n\
             primary_hostname = exim.example.org\nexim_user = {EXIM_USER}\nexim_group = {EXIM_USER}\n\
             spool_directory = {root}/spool\nlog_file_path = {root}/spool/log-%s\n\
             daemon_smtp_ports = {port}\nlocal_interfaces = 127.0.0.1\ndomainlist here = example.com\n\
             acl_smtp_rcpt = accept\nhost_lookup =\nrfc1413_query_timeout = 0s\ntls_advertise_hosts =\n\
             smtp_accept_max = 0\nsmtp_accept_queue_per_connection = 0\nqueue_run_max = 2\n\
             begin acl\naccept:\n  accept domains = +here\n  deny\n\
             {delivers}"
        );
        fs::write(at("conf"), config).unwrap();
        let mut command = Command::new(program);
        command.arg("-C").arg(at("conf")).args(["-bdf", "-q5s"]);
        Some(Self::start(command, port, folder))
    }

    fn start(mut command: Command, port: u16, folder: tempfile::TempDir) -> Self {
        let log = fs::File::create(folder.path().join("said")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mta = Self { port, folder, child: command.spawn().unwrap() };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "{}", mta.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        mta
    }

    /// The messages in the Maildir, once there are so many.
    pub fn delivered(&self, count: usize, patience: Duration) -> Vec<Vec<u8>> {
        let inbox = self.folder.path().join("mail/inbox/new");
        let files = || -> Vec<PathBuf> {
            let entries = fs::read_dir(&inbox).into_iter().flatten();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let until = Instant::now() + patience;
        while files().len() < count && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        files().iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// Whom the messages in the Maildir are for, in order, once there are so many.
    pub fn delivered_to(&self, count: usize, patience: Duration) -> Vec<String> {
        let line = |file: Vec<u8>| {
            let text = String::from_utf8_lossy(&file).into_owned();
            text.lines().find_map(|line| line.strip_prefix("Delivered-To: ")).unwrap_or("nobody").to_owned()
        };
        let mut all: Vec<String> = self.delivered(count, patience).into_iter().map(line).collect();
        all.sort();
        all
    }

    /// What it said, for who has to find out why.
    pub fn said(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let said = read("said") + &read("spool/log-main");
        said.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Mta {
    fn drop(&mut self) {
        let conf = self.folder.path().join("conf");
        if conf.is_dir() {
            let mut stop = Command::new("postfix");
            stop.arg("-c").arg(conf).arg("stop").stdout(Stdio::null()).stderr(Stdio::null());
            stop.status().ok();
        } else {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    // Servers work as users of their own, who have to get in.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn give(path: &Path, user: &str) {
    assert!(Command::new("chown").arg(user).arg(path).status().unwrap().success(), "{user}");
}

fn master(port: u16) -> String {
    let services = [
        "pickup unix n - n 60 1 pickup",
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "verify unix - - n - 1 verify",
        "flush unix n - n 1000? 0 flush",
        "proxymap unix - - n - - proxymap",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "smtp unix - - n - - smtp",
        "relay unix - - n - - smtp",
        "lmtp unix - - n - - lmtp",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "virtual unix - n n - - virtual",
        "anvil unix - - n - 1 anvil",
        "scache unix - - n - 1 scache",
        "postlog unix-dgram n - n - 1 postlogd",
    ];
    format!("127.0.0.1:{port} inet n - n - - smtpd\n{}\n", services.join("\n"))
}
