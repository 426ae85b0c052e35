//! A mail server that does what a script says, on a port of its own, for as long as it is held.
//!
//! One thread takes connections, and one serves each; they belong to the [`Server`], end when that is
//! dropped and its clients are gone, and are joined there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the server does at one point.
#[derive(Clone)]
pub enum Act {
    /// It says this.
    Say(Vec<u8>),
    /// It says this and ends the connection.
    Last(Vec<u8>),
    /// It says nothing more, and listens until the client goes.
    Silence,
    /// It says this one octet at a time, a while apart, again and again.
    Drip(Vec<u8>),
    /// It says this again and again.
    Flood(Vec<u8>),
    /// It says this, and does more, and ends the connection.
    Both(Vec<u8>, Box<Act>),
}

impl Act {
    /// It says this line.
    pub fn say(text: &str) -> Self {
        Self::Say(format!("{text}\r\n").into_bytes())
    }

    /// It says this line and ends the connection.
    pub fn last(text: &str) -> Self {
        Self::Last(format!("{text}\r\n").into_bytes())
    }
}

type Answer = dyn Fn(&str) -> Option<Act> + Send + Sync;

/// What a server does. Without more it is a server in order.
#[derive(Clone)]
pub struct Script {
    /// At the beginning of a connection.
    pub greeting: Act,
    /// What EHLO or LHLO offers.
    pub offers: Vec<String>,
    /// The answer to a command, or to `.` for the end of a text; `None` is the usual one.
    pub answer: Arc<Answer>,
    /// STARTTLS and the certificate.
    pub tls: Option<Arc<ServerConfig>>,
    /// Encrypted from the first byte.
    pub is_implicit: bool,
    /// The connection ends after so many octets of a text.
    pub cut_after: Option<usize>,
}

impl Default for Script {
    fn default() -> Self {
        let offers = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000", "DSN", "ENHANCEDSTATUSCODES"];
        Self {
            greeting: Act::say("220 mx.example.org ready"),
            offers: offers.map(str::to_owned).to_vec(),
            answer: Arc::new(|_| None),
            tls: None,
            is_implicit: false,
            cut_after: None,
        }
    }
}

impl Script {
    /// Answers commands that begin with `start` so.
    pub fn on(self, start: &'static str, act: Act) -> Self {
        let answer = move |line: &str| line.starts_with(start).then(|| act.clone());
        Self { answer: Arc::new(answer), ..self }
    }

    /// Without the offers that begin so.
    pub fn without(mut self, offer: &str) -> Self {
        self.offers.retain(|held| !held.starts_with(offer));
        self
    }

    /// With one offer more.
    pub fn offering(mut self, offer: &str) -> Self {
        self.offers.push(offer.to_owned());
        self
    }

    /// With STARTTLS.
    pub fn starttls(self, config: &Arc<ServerConfig>) -> Self {
        Self { tls: Some(config.clone()), ..self }.offering("STARTTLS")
    }

    /// Encrypted from the first byte.
    pub fn implicit(self, config: &Arc<ServerConfig>) -> Self {
        Self { tls: Some(config.clone()), is_implicit: true, ..self }
    }
}

/// What the server heard.
#[derive(Clone, Default, Debug)]
pub struct Heard {
    /// How many connections were made.
    pub connections: usize,
    /// Every command, without its line end.
    pub commands: Vec<String>,
    /// Texts with their final dot, as they came.
    pub messages: Vec<Vec<u8>>,
    /// Texts that ended without it.
    pub pieces: Vec<Vec<u8>>,
}

impl Heard {
    /// The first word of each command.
    pub fn verbs(&self) -> Vec<&str> {
        self.commands.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect()
    }
}

/// A server that runs.
pub struct Server {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, is_over) = (Arc::<Mutex<Heard>>::default(), Arc::new(AtomicBool::new(false)));
        let (told, over) = (heard.clone(), is_over.clone());
        let serve = move || {
            let mut threads = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    break;
                }
                told.lock().unwrap().connections += 1;
                let (script, told) = (script.clone(), told.clone());
                threads.push(std::thread::spawn(move || {
                    // A client that goes away ends its connection and nothing else.
                    drop(Wire::new(stream.unwrap(), &script).and_then(|wire| serve(wire, &script, &told)));
                }));
            }
            for thread in threads {
                thread.join().unwrap();
            }
        };
        Self { port, heard, is_over, thread: Some(std::thread::spawn(serve)) }
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until the connections so far were served to their end.
    pub fn end(mut self) -> Heard {
        self.join();
        self.heard()
    }

    fn join(&mut self) {
        self.is_over.store(true, Ordering::Release);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.join();
    }
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn new(stream: TcpStream, script: &Script) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        // No test needs longer; a fault in one must not hang all.
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        match &script.tls {
            Some(config) if script.is_implicit => Self::Plain(stream).encrypted(config),
            _ => Ok(Self::Plain(stream)),
        }
    }

    fn encrypted(self, config: &Arc<ServerConfig>) -> io::Result<Self> {
        let Self::Plain(mut stream) = self else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    fn octet(&mut self) -> io::Result<u8> {
        let mut octet = [0];
        match self {
            Self::Plain(stream) => stream.read_exact(&mut octet)?,
            Self::Tls(stream) => stream.read_exact(&mut octet)?,
        }
        Ok(octet[0])
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.push(self.octet()?);
        }
        let text = line.strip_suffix(b"\r\n").expect("every command ends in CR and LF");
        Ok(String::from_utf8(text.to_vec()).unwrap())
    }

    /// True where the conversation goes on.
    fn act(&mut self, act: &Act) -> io::Result<bool> {
        match act {
            Act::Say(bytes) => self.say(bytes).map(|()| true),
            Act::Last(bytes) => self.say(bytes).map(|()| false),
            Act::Both(bytes, more) => {
                self.say(bytes)?;
                self.act(more).map(|_| false)
            }
            Act::Flood(bytes) => loop {
                self.say(bytes)?;
            },
            Act::Drip(bytes) => {
                self.socket().set_read_timeout(Some(Duration::from_millis(5)))?;
                for byte in bytes.iter().cycle() {
                    self.say(&[*byte])?;
                    // This is a pause, whatever the client says, or its end.
                    match self.octet() {
                        Ok(_) => {}
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(_) => return Ok(false),
                    }
                }
                Ok(false)
            }
            Act::Silence => {
                while self.octet().is_ok() {}
                Ok(false)
            }
        }
    }
}

fn serve(mut wire: Wire, script: &Script, heard: &Mutex<Heard>) -> io::Result<()> {
    let mut goes_on = wire.act(&script.greeting)?;
    let mut turns: Vec<&str> = Vec::new();
    while goes_on {
        let line = wire.line()?;
        heard.lock().unwrap().commands.push(line.clone());
        let ordered = (script.answer)(&line);
        let act = match turns.pop() {
            Some(turn) => ordered.unwrap_or_else(|| Act::say(turn)),
            None => ordered.unwrap_or_else(|| usual(&line, script)),
        };
        if line == "AUTH LOGIN" && matches!(&act, Act::Say(said) if said.starts_with(b"334")) {
            turns = vec!["235 2.7.0 welcome", "334 UGFzc3dvcmQ6"];
        }
        goes_on = wire.act(&act)?;
        match (&act, line.as_str()) {
            (Act::Say(said), "DATA") if said.starts_with(b"354") => {
                goes_on = goes_on && take_text(&mut wire, script, heard)?;
            }
            (Act::Say(said), "STARTTLS") if said == b"220 2.0.0 go on\r\n" => {
                wire = wire.encrypted(script.tls.as_ref().unwrap())?;
            }
            (_, "QUIT") => goes_on = false,
            _ => {}
        }
    }
    Ok(())
}

fn usual(line: &str, script: &Script) -> Act {
    let verb = line.split(' ').next().unwrap();
    match verb {
        "EHLO" | "LHLO" => {
            let mut lines = vec!["250-mx.example.org".to_owned()];
            lines.extend(script.offers.iter().map(|offer| format!("250-{offer}")));
            lines.push("250 HELP".to_owned());
            Act::say(&lines.join("\r\n"))
        }
        "AUTH" if line == "AUTH LOGIN" => Act::say("334 VXNlcm5hbWU6"),
        "AUTH" => Act::say("235 2.7.0 welcome"),
        "STARTTLS" => Act::say("220 2.0.0 go on"),
        "DATA" => Act::say("354 go on"),
        "RCPT" => Act::say("250 2.1.5 recipient ok"),
        "QUIT" => Act::last("221 bye"),
        _ => Act::say("250 2.0.0 ok"),
    }
}

fn take_text(wire: &mut Wire, script: &Script, heard: &Mutex<Heard>) -> io::Result<bool> {
    let mut text = Vec::new();
    loop {
        if script.cut_after == Some(text.len()) {
            heard.lock().unwrap().pieces.push(text);
            return Ok(false);
        }
        match wire.octet() {
            Ok(octet) => text.push(octet),
            Err(error) => {
                heard.lock().unwrap().pieces.push(text);
                return Err(error);
            }
        }
        if text.ends_with(b"\r\n.\r\n") || text == b".\r\n" {
            break;
        }
    }
    heard.lock().unwrap().messages.push(text);
    let act = (script.answer)(".").unwrap_or_else(|| Act::say("250 2.0.0 queued as 1"));
    wire.act(&act)
}
