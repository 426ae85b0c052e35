//! A password that was planted is found nowhere but in the vault and on the encrypted wire.
//!
//! It goes in by standard input, is used against a server that takes it and against one that refuses it and
//! repeats it in its answer, with everything logged. Then every file, everything printed, and the arguments
//! and environments of the processes while they ran are searched in all its forms. That the search would
//! find it is shown with leaks that the test makes itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use encodify::base64::STANDARD;
use mapi_testkit::certificates::Authority;
use mapi_testkit::smtp_server::{Act, Heard, Script, Server};
use memchr::memmem;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// With letters that are written otherwise in addresses, and long enough to be met by chance nowhere.
const PASSWORD: &str = "pl4nted/Canary+7f3a9c %=word";
const USER: &str = "ann";

/// A form in which the password could stand somewhere.
struct Form {
    name: &'static str,
    bytes: Vec<u8>,
}

/// Every form: as it is, in the words of AUTH, and encoded in each way in which files and logs are.
fn forms() -> Vec<Form> {
    let plain = format!("\0{USER}\0{PASSWORD}");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let escaped = |upper: bool| -> String {
        let escape = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        PASSWORD.bytes().map(escape).collect()
    };
    let wide: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide_big: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut forms = vec![
        ("plain", PASSWORD.into()),
        ("reversed", PASSWORD.bytes().rev().collect()),
        ("UTF-16", wide.clone()),
        ("UTF-16 of the other order", wide_big),
        ("hex", hex(PASSWORD.as_bytes()).into()),
        ("hex in capitals", hex(PASSWORD.as_bytes()).to_uppercase().into()),
        ("hex of UTF-16", hex(&wide).into()),
        ("URL-encoded", escaped(true).into()),
        ("URL-encoded in small letters", escaped(false).into()),
        ("URL-encoded with plus", escaped(true).replace("%20", "+").into()),
        ("JSON with escaped slash", PASSWORD.replace('/', "\\/").into()),
        ("quoted-printable", PASSWORD.replace('=', "=3D").into()),
    ];
    for (name, text) in [
        ("base64", PASSWORD.as_bytes()),
        ("base64 of AUTH PLAIN", plain.as_bytes()),
        ("base64 of UTF-16", &wide),
    ] {
        forms.extend(base64_of(text).into_iter().map(|bytes| (name, bytes)));
    }
    forms.into_iter().map(|(name, bytes)| Form { name, bytes }).collect()
}

/// What stands in base64 wherever the text begins in what is encoded: the digits that the text alone decides.
fn base64_of(text: &[u8]) -> Vec<Vec<u8>> {
    let shifted = |before: usize| {
        let whole = STANDARD.encode([vec![0; before], text.to_vec()].concat());
        let digits = whole.trim_end_matches('=');
        let (first, spare) =
            ((before * 8).div_ceil(6), usize::from(!(before + text.len()).is_multiple_of(3)));
        digits[first..digits.len() - spare].to_owned()
    };
    let url = |digits: String| digits.replace('+', "-").replace('/', "_");
    (0..3).map(shifted).flat_map(|digits| [digits.clone(), url(digits)]).map(String::into_bytes).collect()
}

/// The names of the forms that are somewhere in there.
fn found_in(bytes: &[u8], forms: &[Form]) -> Vec<&'static str> {
    let is_in = |form: &&Form| memmem::find(bytes, &form.bytes).is_some();
    forms.iter().filter(is_in).map(|form| form.name).collect()
}

/// Where the password is: each place with its forms. Names of files count as well.
fn found_below(folder: &Path, forms: &[Form]) -> Vec<(String, Vec<&'static str>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.path().display().to_string();
            let kind = entry.file_type().unwrap();
            let content = if kind.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            let forms = [found_in(name.as_bytes(), forms), found_in(&content, forms)].concat();
            if !forms.is_empty() {
                found.push((name, forms));
            }
            if kind.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found
}

/// What processes show of themselves to others, looked at for as long as this lives.
struct Watch {
    is_over: Arc<AtomicBool>,
    thread: thread::JoinHandle<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Every text that was read of them, once.
    texts: BTreeSet<Vec<u8>>,
    /// How often one was read.
    reads: usize,
}

impl Watch {
    /// The thread belongs to this value, ends when it is told to, and is joined there.
    fn begin(folder: &Path) -> Self {
        let folder = folder.to_str().unwrap().to_owned();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let look = move || {
            let mut seen = Seen::default();
            while !over.load(Ordering::Acquire) {
                look_once(&folder, &mut seen);
                // Not to take all of a processor from the processes that it watches.
                thread::park_timeout(Duration::from_millis(1));
            }
            seen
        };
        Self { is_over, thread: thread::spawn(look) }
    }

    fn end(self) -> Seen {
        self.is_over.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

/// Looks at every process that has this folder among its arguments, as all of the test's own have.
fn look_once(folder: &str, seen: &mut Seen) {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        // A process may end at any moment, and others' environments are not for us.
        let Ok(arguments) = fs::read(entry.path().join("cmdline")) else { continue };
        if memmem::find(&arguments, folder.as_bytes()).is_none() {
            continue;
        }
        seen.reads += 1;
        seen.texts.insert(arguments);
        seen.texts.insert(fs::read(entry.path().join("environ")).unwrap_or_default());
    }
}

struct World {
    folder: tempfile::TempDir,
    authorities: PathBuf,
    config: Arc<rustls::ServerConfig>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "temp", "out"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let authority = Authority::new("test");
        let (authorities, config) = (authority.save(folder.path()), authority.server(&["localhost"]));
        Self { folder, authorities, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command with everything logged, and keeps what it prints.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapi"));
        command.arg("--home").arg(self.path("home")).args(arguments).current_dir(self.path("out"));
        command.env("MAPI_LOG", "trace").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("TMPDIR", self.path("temp")).env("MAPI_KEY_KEEPER", "file");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let printed = [output.stdout.as_slice(), &output.stderr].concat();
        let count = fs::read_dir(self.path("out")).unwrap().count();
        fs::write(self.path("out").join(format!("printed-{count}")), printed).unwrap();
        output
    }

    fn ok(&self, arguments: &[&str], input: &str) -> Output {
        let output = self.run(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output
    }

    fn add_account(&self, port: u16) {
        self.ok(&["profile", "create", "Default"], "");
        self.ok(&["profile", "default", "Default"], "");
        let (port, authorities) =
            (format!("port={port}"), format!("authorities={}", self.authorities.display()));
        let settings =
            ["host=localhost", &port, "user=ann", "address=ann@example.org", &authorities, "password"];
        self.ok(&[&["service", "add", "SMTP"], &settings[..]].concat(), &format!("{PASSWORD}\n"));
    }

    fn send(&self, wait: &str) -> (Value, Option<i32>) {
        let arguments = [
            "--json",
            "send",
            "--to",
            "bob@example.com",
            "--subject",
            "Hello",
            "--body",
            "Text",
            "--wait",
            wait,
        ];
        let output = self.run(&arguments, "");
        (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
    }

    /// The password is said by a command, which has it from a file that nobody could read it from.
    fn sends_with_a_command(&self) {
        let turned: String = PASSWORD.chars().map(turned).collect();
        let file = self.path("turned");
        fs::write(&file, turned).unwrap();
        let script = format!("tr 'A-Za-z' 'N-ZA-Mn-za-m' < {}", file.display());
        let words = serde_json::json!(["/bin/sh", "-c", script]).to_string();
        let server = Server::start(Script::default().implicit(&self.config).offering("AUTH PLAIN"));
        let settings = [format!("password.command={words}"), format!("port={}", server.port)];
        self.ok(&["service", "configure", "SMTP", &settings[0], &settings[1]], "");
        let (answer, code) = self.send("30s");
        assert_eq!(code, Some(0), "{answer}");
        assert!(says_password(&server.end()), "the command was asked");
    }

    /// What prints and writes most of what a profile holds.
    fn look_everywhere(&self) {
        for arguments in [
            &["doctor"][..],
            &["--json", "doctor"],
            &["service", "configure", "SMTP"],
            &["--json", "service", "configure", "SMTP"],
            &["profile", "show"],
            &["--json", "profile", "show"],
            &["profile", "export", "-o", "profile.json"],
            &["export", "/", "-o", "mail", "--to", "json"],
            &["queue", "list"],
            &["profile", "copy", "Default", "Copy"],
            &["service", "configure", "SMTP", "password=wrong"],
            &["service", "configure", "SMTP", "port=none", "password"],
        ] {
            self.run(arguments, "");
        }
    }
}

/// ROT13.
fn turned(letter: char) -> char {
    let turn = |first: u8| char::from((letter as u8 - first + 13) % 26 + first);
    match letter {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

/// Everything that others could see of the password.
fn leaks(world: &World, seen: &Seen, forms: &[Form]) -> Vec<(String, Vec<&'static str>)> {
    let mut found = found_below(world.folder.path(), forms);
    let shown = seen.texts.iter().map(|text| found_in(text, forms)).filter(|forms| !forms.is_empty());
    found.extend(shown.map(|forms| ("arguments or environment of a process".to_owned(), forms)));
    found
}

fn says_password(heard: &Heard) -> bool {
    let plain = format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{USER}\0{PASSWORD}").as_bytes()));
    heard.commands.contains(&plain)
}

#[test]
fn a_planted_password_is_nowhere_but_in_the_vault() {
    let (world, forms) = (World::new(), forms());
    let watch = Watch::begin(world.folder.path());
    let accepts = Server::start(Script::default().implicit(&world.config).offering("AUTH PLAIN"));
    world.add_account(accepts.port);
    let (answer, code) = world.send("30s");
    assert_eq!(
        (code, answer["submitted"][0]["recipients"][0]["state"].as_str()),
        (Some(0), Some("sent")),
        "{answer}"
    );
    let heard = accepts.end();
    assert!(says_password(&heard) && heard.messages.len() == 1, "it was used");

    let coded = STANDARD.encode(format!("\0{USER}\0{PASSWORD}").as_bytes());
    let refuses = Script::default().implicit(&world.config).offering("AUTH PLAIN");
    let refuses =
        Server::start(refuses.on("AUTH", Act::say(&format!("535 5.7.8 not {PASSWORD} nor {coded}"))));
    world.ok(&["service", "configure", "SMTP", &format!("port={}", refuses.port)], "");
    let (answer, code) = world.send("2s");
    assert_eq!(code, Some(75), "{answer}");
    let recipient = &answer["submitted"][0]["recipients"][0];
    assert_eq!(recipient["state"], "queued", "{answer}");
    assert!(recipient["reply"].as_str().unwrap().contains("535 5.7.8"), "{answer}");
    world.look_everywhere();
    world.sends_with_a_command();
    let heard = refuses.end();
    assert!(says_password(&heard) && heard.messages.is_empty(), "it was used and refused");
    let logins = heard.verbs().iter().filter(|verb| **verb == "AUTH").count();
    assert!(logins <= 3, "a server that refuses is not asked again and again: {logins}");

    let seen = watch.end();
    assert!(seen.reads > 20, "processes were looked at while they ran: {}", seen.reads);
    let printed = fs::read(world.path("out").join("printed-3")).unwrap();
    assert!(memmem::find(&printed, b"DEBUG mapi_smtp::connection").is_some(), "everything is logged");
    assert!(
        world.path("out/profile.json").is_file() && world.path("out/mail").is_dir(),
        "exports were written"
    );
    assert_eq!(leaks(&world, &seen, &forms), [], "the password is somewhere");
    println!("figure: forms = {}", forms.len());
    println!("figure: process reads = {}", seen.reads);
}

#[test]
fn the_search_finds_what_leaks() {
    let (world, forms) = (World::new(), forms());
    let none = Seen::default();
    assert_eq!(leaks(&world, &none, &forms), []);
    // Every form, in the middle of a file.
    for form in &forms {
        let file = world.path("temp/leak");
        fs::write(&file, [b"before ", form.bytes.as_slice(), b" after"].concat()).unwrap();
        let found = leaks(&world, &none, &forms);
        assert!(found.len() == 1 && found[0].1.contains(&form.name), "{}: {found:?}", form.name);
        fs::remove_file(&file).unwrap();
    }
    // Base64 of a text that begins somewhere in what is encoded.
    for before in 0..7 {
        let text = STANDARD.encode(format!("{}{PASSWORD} and more", "x".repeat(before)).as_bytes());
        assert!(found_in(text.as_bytes(), &forms).contains(&"base64"), "{before}: {text}");
    }
    // As an argument, and in the environment of a process.
    let folder = world.folder.path().to_str().unwrap();
    for (argument, variable) in [(PASSWORD, "x"), ("x", PASSWORD)] {
        let mut child = Command::new("/bin/sh")
            .args(["-c", "echo runs; read line", folder, argument])
            .env("LEAK", variable)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut runs = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut runs).unwrap();
        let mut seen = Seen::default();
        look_once(folder, &mut seen);
        drop(child.stdin.take());
        child.wait().unwrap();
        let found = leaks(&world, &seen, &forms);
        assert!(found.len() == 1 && found[0].1.contains(&"plain"), "{argument}: {found:?}");
    }
    // Through the command itself: a log that prints what it is given.
    world.run(&["lookup", PASSWORD], "");
    let found = leaks(&world, &none, &forms);
    assert!(found.iter().any(|(place, _)| place.contains("printed-")), "{found:?}");
}
