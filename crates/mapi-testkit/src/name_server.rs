//! `NameServer`: a name server of a test's own on loopback, by UDP and TCP on one port, and what it answers.
//! Messages are written here octet by octet, so that a reader is not tried with its own writer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// It answers.
    Answers,
    /// By UDP it says that there is more than a datagram holds.
    CutsShort,
    /// It says nothing.
    IsSilent,
    /// It says that it failed.
    Fails,
    /// It says what is no answer first: another number, another question, garbage.
    LiesFirst,
    /// It sends octets without an end that are no answer.
    Babbles,
    /// By TCP it begins an answer and never ends it.
    Stalls,
}

/// A running name server.
pub struct NameServer {
    port: u16,
    asked: Arc<AtomicUsize>,
    has_ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl NameServer {
    /// Starts one with these records of [`record`].
    ///
    /// # Panics
    /// There is no free port.
    pub fn start(manner: Manner, records: &[Vec<u8>]) -> Self {
        let (udp, tcp) = sockets();
        let port = udp.local_addr().expect("an address").port();
        let (asked, has_ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let records = Arc::new(records.to_vec());
        let by_udp = {
            let (asked, ended, records) = (asked.clone(), has_ended.clone(), records.clone());
            std::thread::spawn(move || datagrams(&udp, manner, &records, &asked, &ended))
        };
        let by_tcp = {
            let ended = has_ended.clone();
            std::thread::spawn(move || streams(&tcp, manner, &records, &ended))
        };
        Self { port, asked, has_ended, threads: vec![by_udp, by_tcp] }
    }

    /// Its address with its port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How many questions came by UDP.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// A record of a service: its name, priority, weight, port and host. A host of no letters is the root.
pub fn record(name: &str, priority: u16, weight: u16, port: u16, host: &str) -> Vec<u8> {
    let mut data: Vec<u8> = [priority, weight, port].iter().flat_map(|number| number.to_be_bytes()).collect();
    data.extend(wire_name(host));
    whole_record(name, 33, &data)
}

/// A record by which a name stands for another.
pub fn alias(name: &str, other: &str) -> Vec<u8> {
    whole_record(name, 5, &wire_name(other))
}

/// The answer to a query with these records and this code.
pub fn answer(query: &[u8], records: &[Vec<u8>], code: u8) -> Vec<u8> {
    let mut bytes = query.to_vec();
    if let Some(flags) = bytes.get_mut(2..4) {
        flags.copy_from_slice(&[0x81, 0x80 | code]);
    }
    if let Some(count) = bytes.get_mut(6..8) {
        count.copy_from_slice(&u16::try_from(records.len()).unwrap_or(u16::MAX).to_be_bytes());
    }
    bytes.extend(records.iter().flatten());
    bytes
}

fn whole_record(name: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = wire_name(name);
    bytes.extend(kind.to_be_bytes());
    // Of the Internet, for a minute.
    bytes.extend([0, 1, 0, 0, 0, 60]);
    bytes.extend(u16::try_from(data.len()).unwrap_or(0).to_be_bytes());
    bytes.extend(data);
    bytes
}

fn wire_name(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let label = |label: &str| [&[u8::try_from(label.len()).unwrap_or(0)], label.as_bytes()].concat();
    labels.flat_map(label).chain([0]).collect()
}

/// The name that a query asks for, as it is on the wire.
fn asked_name(query: &[u8]) -> &[u8] {
    let rest = query.get(12..).unwrap_or_default();
    let end = rest.iter().position(|octet| *octet == 0).map_or(rest.len(), |end| end + 1);
    rest.get(..end).unwrap_or_default()
}

/// The records that answer a query; what an alias leads to is among them.
fn matching(query: &[u8], records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let name = asked_name(query).to_ascii_lowercase();
    let is_of = |record: &&Vec<u8>| record.to_ascii_lowercase().starts_with(&name);
    let mut found: Vec<Vec<u8>> = records.iter().filter(is_of).cloned().collect();
    let leads = found.iter().any(|record| record.get(name.len() + 1) == Some(&5));
    if leads {
        found.extend(records.iter().filter(|record| !is_of(record)).cloned());
    }
    found
}

fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..20 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = udp.local_addr().expect("an address").port();
        if let Ok(tcp) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both UDP and TCP");
}

fn datagrams(
    socket: &UdpSocket,
    manner: Manner,
    records: &[Vec<u8>],
    asked: &AtomicUsize,
    ended: &AtomicBool,
) {
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a deadline");
    let mut bytes = [0; 4096];
    while !ended.load(Ordering::SeqCst) {
        let Ok((count, client)) = socket.recv_from(&mut bytes) else { continue };
        asked.fetch_add(1, Ordering::SeqCst);
        let query = bytes.get(..count).unwrap_or_default();
        let right = answer(query, &matching(query, records), 0);
        let changed = |place: usize, by: u8| {
            let mut other = right.clone();
            if let Some(octet) = other.get_mut(place) {
                *octet ^= by;
            }
            other
        };
        let said: Vec<Vec<u8>> = match manner {
            Manner::Answers => vec![right],
            Manner::CutsShort | Manner::Stalls => vec![changed(2, 2)],
            Manner::IsSilent => Vec::new(),
            Manner::Fails => vec![answer(query, &[], 2)],
            Manner::LiesFirst => {
                vec![changed(0, 1), changed(13, 1), b"garbage".to_vec(), Vec::new(), right]
            }
            Manner::Babbles => vec![vec![0xc0; 512]; 50],
        };
        for bytes in said {
            // Whoever asked may have gone.
            drop(socket.send_to(&bytes, client));
        }
    }
}

fn streams(listener: &TcpListener, manner: Manner, records: &[Vec<u8>], ended: &AtomicBool) {
    // Those that wait for an end stay open until the server's own.
    let mut open = Vec::new();
    for stream in listener.incoming() {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut stream) = stream else { continue };
        drop(stream.set_read_timeout(Some(Duration::from_secs(5))));
        let mut length = [0; 2];
        let read = stream.read_exact(&mut length).and_then(|()| {
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut query).map(|()| query)
        });
        let Ok(query) = read else { continue };
        let whole = answer(&query, &matching(&query, records), 0);
        let length = u16::try_from(whole.len()).unwrap_or(0).to_be_bytes();
        let said = match manner {
            Manner::Stalls => stream.write_all(&length),
            _ => stream.write_all(&[&length[..], &whole].concat()),
        };
        if said.is_ok() {
            open.push(stream);
        }
    }
}
