//! A directory server that answers as a test tells it, and need not keep to any rule.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "every test uses a part of it, and fails by panicking"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use yasna::{DERWriter, Tag};

/// What a client said.
#[derive(Clone, Debug)]
pub struct Request {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// The message's number.
    pub id: u32,
    /// The tag of the operation: 0 bind, 2 unbind, 3 search, 23 extended.
    pub operation: u64,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl Request {
    pub fn says(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// What becomes of a request.
pub enum Reply {
    /// These octets.
    Say(Vec<u8>),
    /// One octet after the other, with a pause behind each.
    Drip(Vec<u8>),
    /// These octets again and again.
    Forever(Vec<u8>),
    /// Nothing.
    Silence,
    /// The end of the connection, after these octets.
    End(Vec<u8>),
}

/// A running server.
pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<Request>>>,
    has_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, has_ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (notes, ended, answer) = (heard.clone(), has_ended.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            let mut running: Vec<(TcpStream, JoinHandle<()>)> = Vec::new();
            for (number, stream) in listener.incoming().enumerate() {
                let stream = stream.unwrap();
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (notes, answer, mine) = (notes.clone(), answer.clone(), stream.try_clone().unwrap());
                let serve = move || serve(mine, number, &notes, &*answer);
                running.push((stream, std::thread::spawn(serve)));
            }
            for (stream, thread) in running {
                drop(stream.shutdown(std::net::Shutdown::Both));
                thread.join().unwrap();
            }
        });
        Self { port, heard, has_ended, thread: Some(thread) }
    }

    /// What was said so far.
    pub fn heard(&self) -> Vec<Request> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    notes: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request) -> Reply,
) {
    let mut received = Vec::new();
    let mut block = [0; 4096];
    loop {
        if received.first().is_some_and(|first| *first != 0x30) {
            // TLS begins: it is waited for, and nobody answers.
            drop(std::io::copy(&mut stream, &mut std::io::sink()));
            return;
        }
        while let Some(length) = length(&received).filter(|length| *length <= received.len()) {
            let bytes: Vec<u8> = received.drain(..length).collect();
            let request = read(connection, bytes);
            notes.lock().unwrap().push(request.clone());
            let said = match answer(&request) {
                Reply::Say(bytes) => stream.write_all(&bytes),
                Reply::Drip(bytes) => bytes.iter().try_for_each(|byte| {
                    // The pace of the other side is what is tried.
                    std::thread::sleep(std::time::Duration::from_millis(60));
                    stream.write_all(&[*byte])
                }),
                Reply::Forever(bytes) => loop {
                    if let Err(error) = stream.write_all(&bytes) {
                        break Err(error);
                    }
                },
                Reply::Silence => Ok(()),
                Reply::End(bytes) => {
                    drop(stream.write_all(&bytes));
                    drop(stream.shutdown(std::net::Shutdown::Both));
                    return;
                }
            };
            if said.is_err() {
                return;
            }
        }
        match stream.read(&mut block) {
            Ok(0) | Err(_) => return,
            Ok(count) => received.extend_from_slice(&block[..count]),
        }
    }
}

/// The length of a message of a client of ours, which writes the shortest lengths.
fn length(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(1)? {
        short @ 0..0x80 => Some(2 + usize::from(short)),
        long => {
            let digits = bytes.get(2..2 + usize::from(long & 0x7f))?;
            Some(2 + digits.len() + digits.iter().fold(0, |length, digit| length * 256 + usize::from(*digit)))
        }
    }
}

fn read(connection: usize, bytes: Vec<u8>) -> Request {
    let (id, operation) = yasna::parse_ber(&bytes, |reader| {
        reader.read_sequence(|reader| {
            let id = reader.next().read_u32()?;
            let operation = reader.next();
            let tag = operation.lookahead_tag()?.tag_number;
            operation.read_tagged_der()?;
            reader.read_optional(|reader| reader.read_tagged_der())?;
            Ok((id, tag))
        })
    })
    .unwrap();
    Request { connection, id, operation, bytes }
}

fn message(id: u32, operation: u64, content: impl FnOnce(&mut yasna::DERWriterSeq<'_>)) -> Vec<u8> {
    message_with(id, operation, content, |_| ())
}

fn message_with(
    id: u32,
    operation: u64,
    content: impl FnOnce(&mut yasna::DERWriterSeq<'_>),
    controls: impl FnOnce(&mut yasna::DERWriterSeq<'_>),
) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u32(id);
            writer
                .next()
                .write_tagged_implicit(Tag::application(operation), |writer| writer.write_sequence(content));
            controls(writer);
        });
    })
}

/// A result with any code: 1 bind, 5 search, 24 extended.
pub fn result(id: u32, operation: u64, code: i64, text: &str) -> Vec<u8> {
    message(id, operation, |writer| {
        writer.next().write_enum(code);
        writer.next().write_bytes(b"");
        writer.next().write_bytes(text.as_bytes());
    })
}

/// The end of a search.
pub fn done(id: u32) -> Vec<u8> {
    result(id, 5, 0, "")
}

/// The end of a page with a cookie.
pub fn page(id: u32, cookie: &[u8]) -> Vec<u8> {
    let value = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u32(0);
            writer.next().write_bytes(cookie);
        });
    });
    let content = |writer: &mut yasna::DERWriterSeq<'_>| {
        writer.next().write_enum(0);
        writer.next().write_bytes(b"");
        writer.next().write_bytes(b"");
    };
    message_with(id, 5, content, |writer| {
        writer.next().write_tagged_implicit(Tag::context(0), |writer| {
            writer.write_sequence(|writer| {
                writer.next().write_sequence(|writer| {
                    writer.next().write_bytes(b"1.2.840.113556.1.4.319");
                    writer.next().write_bytes(&value);
                });
            });
        });
    })
}

/// One entry.
pub fn entry(id: u32, name: &[u8], attributes: &[(&str, &[&str])]) -> Vec<u8> {
    message(id, 4, |writer| {
        writer.next().write_bytes(name);
        writer.next().write_sequence(|writer| {
            for (attribute, values) in attributes {
                writer.next().write_sequence(|writer| {
                    writer.next().write_bytes(attribute.as_bytes());
                    writer.next().write_set(|writer| {
                        values.iter().for_each(|value| writer.next().write_bytes(value.as_bytes()));
                    });
                });
            }
        });
    })
}

/// A reference to another server.
pub fn reference(id: u32, url: &str) -> Vec<u8> {
    message(id, 19, |writer| writer.next().write_bytes(url.as_bytes()))
}

/// A result that is a referral.
pub fn referral(id: u32, url: &str) -> Vec<u8> {
    message(id, 5, |writer| {
        writer.next().write_enum(10);
        writer.next().write_bytes(b"");
        writer.next().write_bytes(b"");
        let urls =
            |writer: DERWriter<'_>| writer.write_sequence(|writer| writer.next().write_bytes(url.as_bytes()));
        writer.next().write_tagged_implicit(Tag::context(3), urls);
    })
}
