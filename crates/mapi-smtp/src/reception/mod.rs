//! `Reception`: the other side of a dialogue: what a mail server hands over by LMTP or SMTP, as a state machine
//! without sockets.
//!
//! It answers for a message only once its caller says that the message is safe ([`Reception::settle`]): by LMTP
//! for each recipient, by SMTP once. Where the octets are read and written is the caller's; how a message
//! arrives in a store is `letter.rs`'s.
//!
//! # Source
//! RFC 5321, 2033 (LMTP), 1870 (SIZE), 2920 (PIPELINING), 6152 (8BITMIME), 6531 (SMTPUTF8).

mod letter;
mod text;

pub use letter::Letter;

use crate::address::Address;
use smtp_proto::Request;
use text::{Text, TextFault};

/// The largest message, in octets.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024 * 1024;
/// The longest command, in octets.
const MAX_LINE_BYTES: usize = 4096;
/// The most recipients of one message.
const MAX_RECIPIENTS: usize = 1000;
/// The most commands that make no sense.
const MAX_FAULTS: u32 = 20;

/// What is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// LMTP: an answer for each recipient.
    Lmtp,
    /// SMTP: one answer.
    Smtp,
}

/// A message that was handed over whole, and is not answered for yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// Who sent it; empty for a report.
    pub sender: String,
    /// To whom it is.
    pub recipients: Vec<String>,
    /// Its text, without the dots of the dialogue.
    pub text: Vec<u8>,
}

/// What became of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It is safe.
    Kept,
    /// It may be handed over again later, and why not now.
    Later(String),
    /// It is not taken, and why.
    Refused(String),
}

/// What is to be done next.
#[derive(PartialEq, Eq, Debug)]
pub enum Next {
    /// Write what [`Reception::take_output`] has, if anything, and read on.
    Read,
    /// Keep this message, then call [`Reception::settle`].
    Keep(Incoming),
    /// Write what there is, and end the connection.
    End,
}

#[derive(PartialEq, Eq)]
enum Phase {
    Commands,
    Text(Text),
    /// A message waits for its verdict.
    Waiting,
    Over,
}

/// One dialogue.
pub struct Reception {
    manner: Manner,
    host: String,
    /// Whose mail is taken, in lower case; everybody's where it is empty.
    taken: Vec<String>,
    phase: Phase,
    input: Vec<u8>,
    output: Vec<u8>,
    is_greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
    faults: u32,
}

impl Reception {
    /// A dialogue of a connection that was made just now. `taken` are the addresses whose mail is taken.
    pub fn new(manner: Manner, host: &str, taken: &[String]) -> Self {
        let word = if manner == Manner::Lmtp { "LMTP" } else { "ESMTP" };
        Self {
            manner,
            host: host.to_owned(),
            taken: taken.iter().map(|address| address.to_lowercase()).collect(),
            phase: Phase::Commands,
            input: Vec::new(),
            output: format!("220 {host} {word}\r\n").into_bytes(),
            is_greeted: false,
            sender: None,
            recipients: Vec::new(),
            faults: 0,
        }
    }

    /// Takes what is to be written.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Is told what came.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.phase != Phase::Over {
            self.input.extend_from_slice(bytes);
        }
    }

    /// What is to be done next.
    pub fn step(&mut self) -> Next {
        loop {
            match &mut self.phase {
                Phase::Over => return Next::End,
                Phase::Waiting => return Next::Read,
                Phase::Text(text) => {
                    let taken = text.take(&self.input);
                    self.input.drain(..taken);
                    if !text.is_whole() {
                        return Next::Read;
                    }
                    let Phase::Text(text) = std::mem::replace(&mut self.phase, Phase::Waiting) else {
                        continue;
                    };
                    match text.into_octets() {
                        Ok(octets) => return Next::Keep(self.incoming(octets)),
                        Err(fault) => self.settle(&Settled::Refused(fault.to_string())),
                    }
                }
                Phase::Commands => match self.line() {
                    Some(line) => self.handle(&line),
                    None if self.input.len() > MAX_LINE_BYTES => self.leave("500 5.5.6 the line is too long"),
                    None => return Next::Read,
                },
            }
        }
    }

    /// Answers for the message that was handed over.
    pub fn settle(&mut self, settled: &Settled) {
        let line = match settled {
            Settled::Kept => "250 2.0.0 kept".to_owned(),
            Settled::Later(why) => format!("451 4.3.0 {}", safe(why)),
            Settled::Refused(why) => format!("554 5.6.0 {}", safe(why)),
        };
        let answers = if self.manner == Manner::Lmtp { self.recipients.len() } else { 1 };
        (0..answers).for_each(|_| self.say(&line));
        self.forget();
        self.phase = Phase::Commands;
    }

    /// A whole line without its end.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = memchr::memchr(b'\n', &self.input)?;
        let rest = self.input.split_off(end.saturating_add(1));
        Some(std::mem::replace(&mut self.input, rest))
    }

    fn handle(&mut self, line: &[u8]) {
        if line.len() > MAX_LINE_BYTES || memchr::memchr(0, line).is_some() || !line.ends_with(b"\r\n") {
            return self.fault("500 5.5.2 this is no command");
        }
        match Request::parse(&mut line.iter()) {
            Ok(Request::Lhlo { .. }) if self.manner == Manner::Lmtp => self.greet(true),
            Ok(Request::Ehlo { .. }) if self.manner == Manner::Smtp => self.greet(true),
            Ok(Request::Helo { .. }) if self.manner == Manner::Smtp => self.greet(false),
            Ok(Request::Mail { from }) => self.mail(&from.address, from.size),
            Ok(Request::Rcpt { to }) => self.rcpt(&to.address),
            Ok(Request::Data) => self.data(),
            Ok(Request::Rset) => {
                self.forget();
                self.say("250 2.0.0 forgotten");
            }
            Ok(Request::Noop { .. }) => self.say("250 2.0.0 nothing done"),
            Ok(Request::Vrfy { .. }) => self.say("252 2.1.5 try it"),
            Ok(Request::Quit) => self.leave("221 2.0.0 goodbye"),
            Ok(_) => self.fault("502 5.5.1 not done here"),
            Err(_) => self.fault("500 5.5.2 this is no command"),
        }
    }

    fn greet(&mut self, offers: bool) {
        self.forget();
        self.is_greeted = true;
        if !offers {
            return self.say(&format!("250 {}", self.host));
        }
        let lines = [
            self.host.as_str(),
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            &format!("SIZE {MAX_MESSAGE_BYTES}"),
        ];
        let last = lines.len().saturating_sub(1);
        let text: String = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}\r\n", if at == last { ' ' } else { '-' }))
            .collect();
        self.output.extend_from_slice(text.as_bytes());
    }

    fn mail(&mut self, from: &str, size: usize) {
        if !self.is_greeted || self.sender.is_some() {
            return self.fault("503 5.5.1 not now");
        }
        if size > MAX_MESSAGE_BYTES {
            return self.say("552 5.3.4 the message is too large");
        }
        if !from.is_empty() && Address::parse(from).is_err() {
            return self.fault("553 5.1.7 this is no address");
        }
        self.sender = Some(from.to_owned());
        self.say("250 2.1.0 sender ok");
    }

    fn rcpt(&mut self, to: &str) {
        if self.sender.is_none() {
            return self.fault("503 5.5.1 not now");
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return self.say("452 4.5.3 too many recipients");
        }
        if Address::parse(to).is_err() {
            return self.fault("553 5.1.3 this is no address");
        }
        if !self.taken.is_empty() && !self.taken.contains(&to.to_lowercase()) {
            return self.say("550 5.1.1 nobody of that name here");
        }
        self.recipients.push(to.to_owned());
        self.say("250 2.1.5 recipient ok");
    }

    fn data(&mut self) {
        if self.sender.is_none() || self.recipients.is_empty() {
            return self.fault("503 5.5.1 no recipients");
        }
        self.phase = Phase::Text(Text::default());
        self.say("354 go on, and end with a dot");
    }

    fn incoming(&self, text: Vec<u8>) -> Incoming {
        let sender = self.sender.clone().unwrap_or_default();
        Incoming { sender, recipients: self.recipients.clone(), text }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn fault(&mut self, line: &str) {
        self.faults = self.faults.saturating_add(1);
        if self.faults > MAX_FAULTS {
            return self.leave("421 4.7.0 too many faults");
        }
        self.say(line);
    }

    fn leave(&mut self, line: &str) {
        self.say(line);
        self.input = Vec::new();
        self.phase = Phase::Over;
    }

    fn say(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }
}

/// One line of ASCII, as a reply wants it.
fn safe(text: &str) -> String {
    text.chars().map(|letter| if (' '..='~').contains(&letter) { letter } else { ' ' }).take(200).collect()
}

impl std::fmt::Display for TextFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooBig => "the message is too large",
            Self::BareLineEnd => "a CR or LF stands alone",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything that was said and kept, the input in parts of this size.
    fn run(manner: Manner, taken: &[&str], input: &[u8], step: usize) -> (String, Vec<Incoming>) {
        let taken: Vec<String> = taken.iter().map(|one| (*one).to_owned()).collect();
        let mut reception = Reception::new(manner, "here", &taken);
        let (mut said, mut kept) = (Vec::new(), Vec::new());
        for part in input.chunks(step.max(1)) {
            reception.receive(part);
            loop {
                let next = reception.step();
                said.extend(reception.take_output());
                match next {
                    Next::Keep(incoming) => {
                        kept.push(incoming);
                        reception.settle(&Settled::Kept);
                    }
                    Next::Read => break,
                    Next::End => return (String::from_utf8(said).unwrap(), kept),
                }
            }
        }
        (String::from_utf8(said).unwrap(), kept)
    }

    fn codes(said: &str) -> Vec<&str> {
        said.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| &line[..3]).collect()
    }

    const LMTP: &[u8] =
        b"LHLO mx\r\nMAIL FROM:<a@b> SIZE=3\r\nRCPT TO:<ann@here>\r\nRCPT TO:<bob@here>\r\nDATA\r\n\
        Subject: x\r\n\r\n..a\r\n.b\r\n\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<ann@here>\r\nDATA\r\n.\r\nQUIT\r\n";

    #[test]
    fn a_dialogue_is_the_same_however_it_comes() {
        let whole = run(Manner::Lmtp, &[], LMTP, LMTP.len());
        assert_eq!(
            codes(&whole.0),
            ["220", "250", "250", "250", "250", "354", "250", "250", "250", "250", "354", "250", "221"]
        );
        assert_eq!(whole.1[0].text, b"Subject: x\r\n\r\n.a\r\nb\r\n\r\n");
        assert_eq!((whole.1[0].sender.as_str(), whole.1[0].recipients.len()), ("a@b", 2));
        assert_eq!((whole.1[1].sender.as_str(), whole.1[1].text.as_slice()), ("", &b""[..]));
        for step in 1..40 {
            assert_eq!(run(Manner::Lmtp, &[], LMTP, step), whole);
        }
    }

    #[test]
    fn order_size_and_names_are_kept_to() {
        let said = |manner, taken: &[&str], text: &str| {
            let (said, kept) = run(manner, taken, text.as_bytes(), 7);
            (codes(&said).join(" "), kept.len())
        };
        assert_eq!(said(Manner::Smtp, &[], "LHLO a\r\nMAIL FROM:<a@b>\r\n"), ("220 502 503".into(), 0));
        assert_eq!(
            said(Manner::Smtp, &[], "HELO a\r\nRCPT TO:<a@b>\r\nDATA\r\n"),
            ("220 250 503 503".into(), 0)
        );
        let begin = "EHLO a\r\nMAIL FROM:<a@b>\r\n";
        assert_eq!(
            said(Manner::Smtp, &["ann@h"], &format!("{begin}RCPT TO:<bob@h>\r\nRCPT TO:<ANN@h>\r\n")),
            ("220 250 250 550 250".into(), 0)
        );
        assert_eq!(said(Manner::Smtp, &[], &format!("{begin}RCPT TO:<a b>\r\n")).1, 0);
        assert_eq!(
            said(Manner::Smtp, &[], "EHLO a\r\nMAIL FROM:<a@b> SIZE=999999999999\r\n").0,
            "220 250 552"
        );
        assert_eq!(said(Manner::Smtp, &[], "AUTH PLAIN AGEAYQ==\r\nSTARTTLS\r\n").0, "220 502 502");
        assert_eq!(said(Manner::Smtp, &[], &"x\r\n".repeat(30)).0.split(' ').next_back(), Some("421"));
        assert_eq!(said(Manner::Smtp, &[], &"x".repeat(5000)).0, "220 500");
        assert_eq!(said(Manner::Smtp, &[], "NOOP\nNOOP\r\nNO\0OP\r\n").0, "220 500 250 500");
    }

    #[test]
    fn no_text_ends_but_by_a_dot_between_whole_line_ends() {
        for odd in ["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "a\nb", "a\rb"] {
            let text = format!(
                "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx{odd}MAIL FROM:<evil@b>\r\n.\r\nNOOP\r\n"
            );
            for step in [1, 3, text.len()] {
                let (said, kept) = run(Manner::Smtp, &[], text.as_bytes(), step);
                assert_eq!(
                    (codes(&said).join(" "), kept.len()),
                    ("220 250 250 250 354 554 250".into(), 0),
                    "{odd:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_safe_is_not_answered_for() {
        let mut reception = Reception::new(Manner::Lmtp, "here", &[]);
        reception.receive(
            b"LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@h>\r\nRCPT TO:<b@h>\r\nDATA\r\nx\r\n.\r\nNOOP\r\n",
        );
        assert!(matches!(reception.step(), Next::Keep(_)));
        assert!(String::from_utf8(reception.take_output()).unwrap().ends_with("dot\r\n"));
        assert_eq!(reception.step(), Next::Read, "the next command waits");
        reception.settle(&Settled::Later("no\r\n250 room \u{e4}".into()));
        assert_eq!(reception.step(), Next::Read);
        let said = String::from_utf8(reception.take_output()).unwrap();
        assert_eq!(said.lines().count(), 3, "{said}");
        assert!(said.starts_with("451 4.3.0 no  250 room  \r\n451 "), "{said}");
    }

    proptest! {
        #[test]
        fn no_input_is_fatal(input in proptest::collection::vec(any::<u8>(), 0..400), step in 1_usize..50) {
            run(Manner::Smtp, &[], &input, step);
        }

        #[test]
        fn no_dialogue_is_fatal(lines in proptest::collection::vec("(EHLO|LHLO|MAIL FROM:|RCPT TO:|DATA|RSET|QUIT|BDAT|\\.)[ <>a-z@=\\\\\"]{0,20}", 0..20)) {
            let input = lines.join("\r\n") + "\r\n";
            run(Manner::Lmtp, &[], input.as_bytes(), 5);
        }
    }
}
