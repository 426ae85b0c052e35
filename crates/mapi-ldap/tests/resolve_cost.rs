//! What ResolveName costs in a large directory, beside the raw query: the very octets of the search over a bare
//! socket, and the answer read to its end without being understood.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod host;
mod server;

use host::{logon, plain, resolve};
use mapi_spi::address_book::Resolution;
use mapi_testkit::slapd::{self, Slapd};
use server::{Reply, Server, done};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// The octets with which the provider asks for a name.
fn question(name: &str) -> Vec<u8> {
    let server = Server::start(|request| Reply::Say(done(request.id)));
    assert_eq!(resolve(&*logon(plain(server.port)).unwrap(), name).unwrap().0, Resolution::Unresolved);
    const SEARCH: u64 = 3;
    server.heard().into_iter().rfind(|request| request.operation == SEARCH).unwrap().bytes
}

/// Asks and reads until the search is over; answers the number of entries.
fn ask(stream: &mut TcpStream, question: &[u8], buffer: &mut Vec<u8>) -> usize {
    const ENTRY: u8 = 0x64;
    const DONE: u8 = 0x65;
    stream.write_all(question).unwrap();
    buffer.clear();
    let (mut at, mut entries) = (0, 0);
    let mut block = [0; 32 * 1024];
    loop {
        while let Some((header, length)) = extent(&buffer[at..]) {
            // The message's number is one octet here, behind its tag and length.
            match buffer[at + header + 3] {
                ENTRY => entries += 1,
                DONE => return entries,
                other => panic!("{other:x}"),
            }
            at += header + length;
        }
        let count = stream.read(&mut block).unwrap();
        assert!(count > 0);
        buffer.extend_from_slice(&block[..count]);
    }
}

/// The lengths of a message's header and content, once all of it is there.
fn extent(bytes: &[u8]) -> Option<(usize, usize)> {
    let (header, length) = match *bytes.get(1)? {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let digits = bytes.get(2..2 + usize::from(long & 0x7f))?;
            (2 + digits.len(), digits.iter().fold(0, |length, digit| length * 256 + usize::from(*digit)))
        }
    };
    (bytes.len() >= header + length).then_some((header, length))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn resolving_a_name_costs_at_most_three_raw_queries() {
    let people: usize = std::env::var("MAPI_LDAP_PEOPLE").map_or(10_000, |count| count.parse().unwrap());
    const PAIRS: usize = 40;
    let Some(server) = Slapd::start(&slapd::people(people)) else { return };
    let logon = logon(plain(server.port)).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    for (kind, name, flag) in [
        ("an address", "person471@example.org", Resolution::Resolved),
        ("an account", "person4711", Resolution::Resolved),
        ("a beginning of ten", "Family471", Resolution::Ambiguous),
        ("a beginning of more than are looked at", "Person 47", Resolution::Ambiguous),
        ("nobody", "nobody at all", Resolution::Unresolved),
    ] {
        let question = question(name);
        let mut pairs = || {
            let (mut raw, mut whole) = (Vec::new(), Vec::new());
            for _ in 0..PAIRS {
                let began = Instant::now();
                ask(&mut stream, &question, &mut buffer);
                raw.push(began.elapsed());
                let began = Instant::now();
                let (found, _) = resolve(&*logon, name).unwrap();
                whole.push(began.elapsed());
                assert_eq!(found, flag, "{kind}");
            }
            let (raw, whole) = (median(raw), median(whole));
            (raw, whole, whole.as_secs_f64() / raw.as_secs_f64())
        };
        // The quietest of three, since others may use the computer meanwhile.
        let rounds = [pairs(), pairs(), pairs()];
        let (raw, whole, times) = rounds.into_iter().min_by(|one, other| one.2.total_cmp(&other.2)).unwrap();
        println!("figure: {kind} among {people}: {whole:?} beside {raw:?}, {times:.2} times");
        assert!(times <= 3.0, "{kind}: {times:.2} times the raw query");
    }
}
