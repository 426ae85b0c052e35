//! A mail server that takes everything, as fast as it can, and tells of each message before it says yes.
//!
//! It knows no TLS and no faults: one with a script is `smtp_server.rs`. Used by proofs that
//! count, and by measurements.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// No client of a test is silent for longer.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest text that is taken: 64 MiB.
const TEXT_MAX_BYTES: usize = 64 << 20;

/// A message in the hands of the server, or on its way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Letter {
    /// MAIL FROM, without its brackets.
    pub sender: String,
    /// RCPT TO, in order.
    pub recipients: Vec<String>,
    /// The text as it came, without the final dot, dots still doubled.
    pub text: Vec<u8>,
}

/// What a sink tells.
pub trait Postmaster: Send + Sync {
    /// A client has begun to say whom a message is for.
    fn seen(&self, recipient: &str) {
        let _ = recipient;
    }

    /// A message is whole. When this has returned the server says that it has it.
    fn accept(&self, letter: Letter);
}

impl<F: Fn(Letter) + Send + Sync> Postmaster for F {
    fn accept(&self, letter: Letter) {
        self(letter);
    }
}

/// The server, for as long as it is held.
#[derive(Debug)]
pub struct SmtpSink {
    port: u16,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SmtpSink {
    /// Starts one on a port of its own on loopback.
    ///
    /// # Errors
    /// Those of the socket and of the thread.
    pub fn start(postmaster: Arc<dyn Postmaster>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        // Owned by the sink, and joined when that is dropped.
        let thread = Builder::new().name("smtp-sink".into()).spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let postmaster = postmaster.clone();
                // Ends with its connection; a client that breaks off is none of the sink's business.
                let served = Builder::new()
                    .name("smtp-sink-client".into())
                    .spawn(move || drop(serve(stream, &*postmaster)));
                drop(served);
            }
        })?;
        Ok(Self { port, is_over, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn serve(stream: TcpStream, postmaster: &dyn Postmaster) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    let mut client = Client {
        from: BufReader::with_capacity(1 << 16, stream.try_clone()?),
        to: stream,
        answer: Vec::new(),
    };
    client.say("220 sink ready");
    let (mut letter, mut line) = (Letter::default(), Vec::new());
    while client.line(&mut line)? {
        let text = String::from_utf8_lossy(&line).into_owned();
        let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                client.say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 67108864")
            }
            "MAIL" => {
                letter = Letter { sender: path(&text), ..Letter::default() };
                client.say("250 2.1.0 ok");
            }
            "RCPT" => {
                letter.recipients.push(path(&text));
                postmaster.seen(letter.recipients.last().map_or("", String::as_str));
                client.say("250 2.1.5 ok");
            }
            "DATA" => {
                client.say("354 go on");
                letter.text = client.text()?;
                postmaster.accept(std::mem::take(&mut letter));
                client.say("250 2.0.0 taken");
            }
            "QUIT" => {
                client.say("221 2.0.0 bye");
                return client.flush();
            }
            "RSET" | "NOOP" => client.say("250 2.0.0 ok"),
            _ => client.say("502 5.5.1 not known"),
        }
    }
    Ok(())
}

/// What stands in the angle brackets.
fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path).to_owned()
}

struct Client {
    from: BufReader<TcpStream>,
    to: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    fn say(&mut self, line: &str) {
        self.answer.extend_from_slice(line.as_bytes());
        self.answer.extend_from_slice(b"\r\n");
    }

    /// Answers a pipeline at once, when all of it is read.
    fn flush(&mut self) -> io::Result<()> {
        let answer = std::mem::take(&mut self.answer);
        self.to.write_all(&answer)
    }

    /// Reads a line without its end; false at the end of the connection.
    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        if self.from.buffer().is_empty() {
            self.flush()?;
        }
        line.clear();
        let count = self.from.read_until(b'\n', line)?;
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        Ok(count > 0)
    }

    fn text(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        let mut text = Vec::new();
        loop {
            let begin = text.len();
            if self.from.read_until(b'\n', &mut text)? == 0 || text.len() > TEXT_MAX_BYTES {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if text.get(begin..) == Some(b".\r\n") {
                text.truncate(begin);
                return Ok(text);
            }
        }
    }
}
