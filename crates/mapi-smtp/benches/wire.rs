//! How fast messages go over the wire, beside a client that writes prepared bytes and does nothing else.
//!
//! Both speak to the same server in the same run: 7 KB messages, PIPELINING, one connection, in the clear.
#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mapi_smtp::address::Address;
use mapi_smtp::connection::{Connection, Delivery, Endpoint};
use mapi_smtp::deadlines::Deadlines;
use mapi_smtp::dot::Content;
use mapi_smtp::session::{Envelope, Security, Verdict};
use mapi_wire::Endpoint as Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A server that takes everything, and holds nothing up.
fn sink() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // They end with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

fn serve(stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut output = stream.try_clone().unwrap();
    let mut input = BufReader::with_capacity(64 * 1024, stream);
    output.write_all(b"220 sink\r\n").unwrap();
    let (mut line, mut replies, mut in_text) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return;
        }
        match &line[..] {
            b".\r\n" if in_text => {
                in_text = false;
                replies.extend_from_slice(b"250 2.0.0 queued\r\n");
            }
            _ if in_text => {}
            b"DATA\r\n" => {
                in_text = true;
                replies.extend_from_slice(b"354 go on\r\n");
            }
            line if line.starts_with(b"EHLO") => replies.extend_from_slice(b"250-sink\r\n250 PIPELINING\r\n"),
            _ => replies.extend_from_slice(b"250 2.1.0 ok\r\n"),
        }
        if input.buffer().is_empty() && !replies.is_empty() {
            if output.write_all(&replies).is_err() {
                return;
            }
            replies.clear();
        }
    }
}

fn text() -> Vec<u8> {
    let header = "From: ann@example.org\r\nTo: bob@example.com\r\nSubject: x\r\n\r\n";
    format!("{header}{}", "A line of text that is as long as many lines are.\r\n".repeat(135)).into_bytes()
}

/// The least that can be done: prepared bytes, and replies counted by their line ends.
struct Raw {
    stream: TcpStream,
    commands: Vec<u8>,
    text: Vec<u8>,
}

impl Raw {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let commands = b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n".to_vec();
        let mut raw = Self { stream, commands, text: [text(), b".\r\n".to_vec()].concat() };
        raw.await_lines(1);
        raw.stream.write_all(b"EHLO raw\r\n").unwrap();
        raw.await_lines(2);
        raw
    }

    fn await_lines(&mut self, mut count: usize) {
        let mut buffer = [0; 1024];
        while count > 0 {
            let read = self.stream.read(&mut buffer).unwrap();
            count -= buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        }
    }

    fn send(&mut self) {
        self.stream.write_all(&self.commands).unwrap();
        self.await_lines(3);
        self.stream.write_all(&self.text).unwrap();
        self.await_lines(1);
    }
}

fn ours(port: u16) -> Connection {
    let endpoint = Endpoint {
        protocol: mapi_smtp::session::Protocol::Smtp,
        server: Server { host: "127.0.0.1".to_owned(), port, security: Security::Plain, tls: None },
        hello: None,
        deadlines: Deadlines::default(),
    };
    Connection::open(&endpoint, None).unwrap()
}

fn delivery() -> Delivery {
    let address = |text| Address::parse(text).unwrap();
    let (sender, recipients) = (Some(address("ann@example.org")), vec![address("bob@example.com")]);
    Delivery { envelope: Envelope { sender, recipients, dsn: None }, content: Content::new(text()).unwrap() }
}

fn wire(criterion: &mut Criterion) {
    let port = sink();
    let mut group = criterion.benchmark_group("smtp_wire_7_kb");
    group.throughput(Throughput::Elements(1));
    let mut raw = Raw::new(port);
    group.bench_function("raw", |bench| bench.iter(|| raw.send()));
    let (mut connection, delivery) = (ours(port), delivery());
    group.bench_function("ours", |bench| {
        bench.iter(|| {
            let verdicts = connection.send(delivery.clone(), &mut |_| Ok(()));
            assert!(matches!(verdicts[..], [Verdict::Accepted(_)]));
        });
    });
    let mut raw = Raw::new(port);
    group.bench_function("raw again", |bench| bench.iter(|| raw.send()));
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
