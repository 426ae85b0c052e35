//! Which servers a domain names in the DNS (SRV, RFC 2782), asked of the system's name servers or of one that
//! was named. Which of them is taken is `service_records.rs`.
//!
//! Anybody on the way can forge an answer, and whoever runs the domain writes it: it is bounded here, and
//! believed nowhere. Nothing waits longer than [`PATIENCE`], whatever the name servers do.

use crate::failure::{Failure, Outcome};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// How long all questions of one call take at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long one name server has for one answer.
const ONE_TRY: Duration = Duration::from_millis(1_200);
/// How many name servers are asked, as resolvers of the C library do.
const SERVERS: usize = 3;
/// How often each of them is asked.
const ROUNDS: usize = 2;
/// How many records an answer has at most.
const RECORDS: u16 = 100;
/// How many other names one name may lead to.
const ALIASES: usize = 8;
/// The port of name servers.
const PORT: u16 = 53;
/// The longest answer in one datagram, in octets; longer ones are asked for by TCP.
const DATAGRAM: usize = 4_096;
/// Where the system says which name servers it has.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// One server of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Service {
    /// The lowest comes first.
    pub(crate) priority: u16,
    /// Among those of one priority the highest comes first.
    pub(crate) weight: u16,
    pub(crate) port: u16,
    /// In lower case, without a dot at its end.
    pub(crate) host: String,
}

/// Name servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NameServers(Vec<SocketAddr>);

impl NameServers {
    /// Those that the system asks; none where it says none.
    pub(crate) fn of_system() -> Self {
        Self(addresses(&std::fs::read_to_string(RESOLV_CONF).unwrap_or_default()))
    }

    /// One that a person named.
    ///
    /// # Errors
    /// Usage: it is no address.
    pub(crate) fn named(text: &str) -> Outcome<Self> {
        let address =
            text.parse::<SocketAddr>().or_else(|_| text.parse().map(|ip| SocketAddr::new(ip, PORT)));
        let wrong = |_| Failure::usage(format!("{text:?} is neither an IP address nor one with a port"));
        address.map(|address| Self(vec![address])).map_err(wrong)
    }

    /// The servers of several services, asked for at once; `None` for one of which nobody says anything.
    pub(crate) fn services(&self, names: &[String]) -> Vec<Option<Vec<Service>>> {
        let deadline = Instant::now() + PATIENCE;
        // Each thread is this call's, ends by the deadline, and is joined by the scope.
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                names.iter().map(|name| scope.spawn(move || self.service(name, deadline))).collect();
            threads.into_iter().map(|thread| thread.join().ok().flatten()).collect()
        })
    }

    fn service(&self, name: &str, deadline: Instant) -> Option<Vec<Service>> {
        for server in self.0.iter().cycle().take(self.0.len() * ROUNDS) {
            let until = deadline.min(Instant::now() + ONE_TRY);
            match ask(*server, name, until) {
                Ok(Some(services)) => return Some(services),
                Ok(None) => tracing::debug!(%server, name, "the name server cannot say"),
                Err(error) => tracing::debug!(%server, name, %error, "the name server does not answer"),
            }
        }
        None
    }
}

/// The name servers of a resolv.conf.
fn addresses(text: &str) -> Vec<SocketAddr> {
    let words = text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let address = |words: Vec<&str>| match words[..] {
        ["nameserver", address, ..] => address.parse::<IpAddr>().ok(),
        _ => None,
    };
    words.filter_map(address).take(SERVERS).map(|ip| SocketAddr::new(ip, PORT)).collect()
}

/// Asks one name server; `Ok(None)` where it cannot say.
fn ask(server: SocketAddr, name: &str, until: Instant) -> io::Result<Option<Vec<Service>>> {
    let (id, query) = query(name)?;
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // A port of its own that nobody can guess, and answers of this server alone.
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    socket.send(&query)?;
    let mut datagram = [0; DATAGRAM];
    loop {
        socket.set_read_timeout(Some(left(until)?))?;
        let count = socket.recv(&mut datagram)?;
        match read(datagram.get(..count).unwrap_or_default(), id, name) {
            Reply::Services(services) => return Ok(Some(services)),
            Reply::Failed => return Ok(None),
            Reply::Cut => break,
            // Somebody else may have sent it: the answer may still come.
            Reply::None => {}
        }
    }
    match read(&by_tcp(server, &query, until)?, id, name) {
        Reply::Services(services) => Ok(Some(services)),
        _ => Ok(None),
    }
}

/// The longer answer.
fn by_tcp(server: SocketAddr, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, left(until)?)?;
    stream.set_write_timeout(Some(left(until)?))?;
    let length = u16::try_from(query.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query].concat())?;
    let (mut answer, mut block) = (Vec::new(), [0; DATAGRAM]);
    loop {
        if let Some((length, rest)) = answer.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            if let Some(whole) = rest.get(..length) {
                return Ok(whole.to_vec());
            }
        }
        stream.set_read_timeout(Some(left(until)?))?;
        match stream.read(&mut block)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(block.get(..count).unwrap_or_default()),
        }
    }
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// A question under a number that nobody can guess.
fn query(name: &str) -> io::Result<(u16, Vec<u8>)> {
    let [first, second, ..] = *uuid::Uuid::new_v4().as_bytes();
    let id = u16::from_be_bytes([first, second]);
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(|_| io::ErrorKind::InvalidInput)?;
    let (qtype, class) = (QTYPE::TYPE(TYPE::SRV), QCLASS::CLASS(CLASS::IN));
    packet.questions.push(Question::new(name, qtype, class, false));
    let query = packet.build_bytes_vec().map_err(|_| io::ErrorKind::InvalidInput)?;
    Ok((id, query))
}

/// What a name server says.
#[derive(PartialEq, Eq, Debug)]
enum Reply {
    /// The servers; none where there is no such service.
    Services(Vec<Service>),
    /// There is more than one datagram holds.
    Cut,
    /// It cannot say.
    Failed,
    /// No answer to what was asked.
    None,
}

fn read(bytes: &[u8], id: u16, name: &str) -> Reply {
    // Room is made by what the head claims, which is looked at first: 4 counts behind number and flags.
    let counts = bytes.get(4..12).unwrap_or_default();
    let claimed = counts.chunks_exact(2).map(|count| u16::from_be_bytes([count[0], count[1]]));
    if counts.is_empty() || claimed.max() > Some(RECORDS) {
        return Reply::None;
    }
    let Ok(packet) = Packet::parse(bytes) else { return Reply::None };
    let Ok(asked) = Name::new(name) else { return Reply::None };
    let is_answer = packet.has_flags(PacketFlag::RESPONSE) && packet.id() == id;
    let is_ours =
        |question: &Question<'_>| question.qname == asked && matches!(question.qtype, QTYPE::TYPE(TYPE::SRV));
    if !is_answer || packet.questions.len() != 1 || !packet.questions.iter().all(is_ours) {
        return Reply::None;
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Reply::Cut;
    }
    match packet.rcode() {
        RCODE::NoError => Reply::Services(services(&packet, &asked)),
        RCODE::NameError => Reply::Services(Vec::new()),
        _ => Reply::Failed,
    }
}

/// The records of a name, or of the name that it stands for.
fn services(packet: &Packet<'_>, asked: &Name<'_>) -> Vec<Service> {
    let mut name = asked;
    for _ in 0..ALIASES {
        let alias = packet.answers.iter().find_map(|record| match &record.rdata {
            RData::CNAME(alias) if record.name == *name => Some(&alias.0),
            _ => None,
        });
        match alias {
            Some(alias) => name = alias,
            None => break,
        }
    }
    let records = packet.answers.iter().filter(|record| record.name == *name);
    let service = |record: &simple_dns::ResourceRecord<'_>| match &record.rdata {
        RData::SRV(server) => {
            let host = host(&server.target)?;
            let (priority, weight) = (server.priority, server.weight);
            (server.port != 0).then_some(Service { priority, weight, port: server.port, host })
        }
        _ => None,
    };
    records.filter_map(service).collect()
}

/// A name as the host of a connection; `None` where it is none. The root says that there is no such service.
fn host(name: &Name<'_>) -> Option<String> {
    let label = |label: &simple_dns::Label<'_>| {
        let text = str::from_utf8(label.as_ref()).ok()?;
        let is_known = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        (!text.is_empty() && text.chars().all(is_known)).then(|| text.to_ascii_lowercase())
    };
    let labels: Vec<String> = name.get_labels().iter().map(label).collect::<Option<_>>()?;
    let host = labels.join(".");
    (!host.is_empty() && host.parse::<IpAddr>().is_err()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi_testkit::name_server::{self, answer};

    const NAME: &str = "_imaps._tcp.example.org";

    fn record(target: &str) -> Vec<u8> {
        answer(&query(NAME).unwrap().1, &[name_server::record(NAME, 1, 2, 993, target)], 0)
    }

    fn id(bytes: &[u8]) -> u16 {
        u16::from_be_bytes([bytes[0], bytes[1]])
    }

    #[test]
    fn name_servers_are_those_of_the_system() {
        let text = "# x\nsearch example.org\nnameserver 192.0.2.1 # one\n nameserver 2001:db8::1\nnameserver x\n\
                    nameserver fe80::1%eth0\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n";
        let shown: Vec<String> = addresses(text).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.3:53"]);
        assert_eq!(NameServers::named("[::1]:5353").unwrap().0[0].port(), 5353);
        assert_eq!(NameServers::named("192.0.2.1").unwrap().0[0].port(), 53);
        assert!(NameServers::named("ns.example.org").is_err());
    }

    #[test]
    fn hosts_are_names_and_nothing_else() {
        let read_host = |target: &str| match read(&record(target), id(&record(target)), NAME) {
            // The number is another one in each question.
            Reply::None => {
                let bytes = record(target);
                read(&bytes, id(&bytes), NAME)
            }
            reply => reply,
        };
        let service = |host: &str| vec![Service { priority: 1, weight: 2, port: 993, host: host.to_owned() }];
        assert_eq!(read_host("Mail.Example.ORG"), Reply::Services(service("mail.example.org")));
        for none in ["", "127.0.0.1", "a b.example.org", "a/b.example.org", "ä.example.org", "a\u{1b}.b"] {
            assert_eq!(read_host(none), Reply::Services(Vec::new()), "{none:?}");
        }
    }

    #[test]
    fn answers_to_other_questions_are_none() {
        let bytes = record("mail.example.org");
        let number = id(&bytes);
        assert_eq!(read(&bytes, number.wrapping_add(1), NAME), Reply::None);
        assert_eq!(read(&bytes, number, "_imap._tcp.example.org"), Reply::None);
        let mut query = bytes.clone();
        query[2] &= 0x7f;
        assert_eq!(read(&query, number, NAME), Reply::None, "a question");
        let mut many = bytes.clone();
        many[6..8].copy_from_slice(&[0xff, 0xff]);
        assert_eq!(read(&many, number, NAME), Reply::None, "more records than there are");
        let mut cut = bytes.clone();
        cut[2] |= 2;
        assert_eq!(read(&cut, number, NAME), Reply::Cut);
        let failed = |code| {
            let mut bytes = bytes.clone();
            bytes[3] = (bytes[3] & 0xf0) | code;
            read(&bytes, number, NAME)
        };
        assert_eq!((failed(2), failed(5)), (Reply::Failed, Reply::Failed));
        assert_eq!(failed(3), Reply::Services(Vec::new()));
    }

    #[test]
    fn no_damage_makes_the_reader_panic_or_go_on() {
        let whole = record("mail.example.org");
        let number = id(&whole);
        for place in 0..whole.len() {
            drop(read(&whole[..place], number, NAME));
            for value in 0..=255 {
                let mut damaged = whole.clone();
                damaged[place] = value;
                drop(read(&damaged, number, NAME));
            }
        }
    }
}
