//! `Session`: one POP3 dialogue as a state machine, from the greeting to the list of messages and their texts.
//!
//! No message is deleted. Everything that comes is a stranger's; whatever does not fit ends the dialogue.

mod phase;
mod reader;

use crate::dialogue::{MAX_MESSAGES, Opening};
use crate::exchange::{Exchange, Talk, Turn};
use crate::fault::Fault;
use encodify::base64::STANDARD;
use mapi_wire::{Login, Mechanism, Security};
use phase::Phase;
use reader::{Line, Reader};
use std::collections::HashMap;
use std::time::Instant;
use zeroize::Zeroizing;

/// The longest unique identifier (RFC 1939: 70 octets), with room for those who do not count.
const MAX_UIDL_BYTES: usize = 1024;

/// A message of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its number, in this dialogue alone.
    pub number: u32,
    /// What names it for ever.
    pub uidl: String,
    /// Its size in octets, as far as the server says.
    pub size: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Offers {
    stls: bool,
    plain: bool,
    login: bool,
    xoauth2: bool,
}

/// One dialogue.
pub struct Session {
    exchange: Exchange<Phase>,
    offers: Offers,
    reader: Reader,
    uidls: Vec<(u32, String)>,
    sizes: HashMap<u32, u64>,
    text: Option<Vec<u8>>,
    /// The server does not have the message that was asked for.
    is_gone: bool,
}

impl Session {
    /// A session on a connection that was made (and is encrypted where security is implicit) just now.
    pub fn new(opening: Opening, now: Instant) -> Self {
        Self {
            exchange: Exchange::new(opening, Phase::Greeting, now),
            offers: Offers::default(),
            reader: Reader::default(),
            uidls: Vec::new(),
            sizes: HashMap::new(),
            text: None,
            is_gone: false,
        }
    }

    /// The messages that were there at the login, in their order.
    pub fn take_list(&mut self) -> Vec<Listed> {
        let sizes = std::mem::take(&mut self.sizes);
        let uidls = std::mem::take(&mut self.uidls).into_iter();
        uidls
            .map(|(number, uidl)| Listed { number, uidl, size: sizes.get(&number).copied().unwrap_or(0) })
            .collect()
    }

    /// Asks for the text of a message; [`Session::take_text`] has it once the session is ready.
    pub fn fetch(&mut self, number: u32, now: Instant) {
        self.text = None;
        self.is_gone = false;
        self.say(&format!("RETR {number}"), Phase::Retr, now);
    }

    /// The text that was asked for; `None` where the server does not have it any more.
    pub fn take_text(&mut self) -> Option<Vec<u8>> {
        self.text.take()
    }

    fn handle(&mut self, line: Line, now: Instant) {
        self.exchange.patience.progress(now);
        match line {
            Line::Ok(text) => self.handle_ok(&text, now),
            Line::Err(text) => self.handle_err(&text, now),
            Line::Question => match (self.phase(), self.exchange.answers.pop()) {
                (Phase::Login, Some(answer)) => self.exchange.say_line(&[&answer]),
                _ => self.break_off("a question that does not fit"),
            },
            Line::Item(item) => self.handle_item(&item),
            Line::End(text) => self.handle_end(text, now),
        }
    }

    fn handle_ok(&mut self, _text: &str, now: Instant) {
        match self.phase() {
            Phase::Greeting => self.say("CAPA", Phase::Capa, now),
            Phase::Capa | Phase::Uidl | Phase::List => self.reader.expect_list(),
            Phase::Retr => self.reader.expect_text(),
            Phase::Stls if self.reader.is_empty() => self.exchange.phase = Phase::Handshake,
            Phase::Stls => self.fail(Fault::BytesBehindStartTls),
            Phase::Login => match self.exchange.answers.pop() {
                // USER was taken, and PASS is to come.
                Some(answer) => self.exchange.say_line(&[&answer]),
                None => {
                    self.exchange.logged_on();
                    self.say("UIDL", Phase::Uidl, now);
                }
            },
            Phase::Handshake | Phase::Ready | Phase::Closed => self.break_off("an answer that does not fit"),
        }
    }

    fn handle_err(&mut self, text: &str, now: Instant) {
        match self.phase() {
            // A server without CAPA offers what every server does.
            Phase::Capa => self.after_capa(now),
            Phase::Stls if self.exchange.opening.security == Security::Opportunistic => self.log_on(now),
            Phase::Login => self.fail(Fault::LoginRefused),
            Phase::Uidl => self.fail(Fault::NoUidl),
            Phase::Retr => {
                self.is_gone = true;
                self.exchange.phase = Phase::Ready;
            }
            _ => self.exchange.refused(text),
        }
    }

    fn handle_item(&mut self, item: &str) {
        let mut words = item.split_ascii_whitespace();
        match self.phase() {
            Phase::Capa => self.offer(&mut words),
            Phase::Uidl | Phase::List => {
                let number =
                    words.next().and_then(|word| word.parse::<u32>().ok()).filter(|number| *number != 0);
                let (Some(number), Some(word)) = (number, words.next()) else {
                    return self.break_off("a line of a list is none");
                };
                if self.phase() == Phase::List {
                    if self.sizes.len() <= MAX_MESSAGES {
                        self.sizes.insert(number, word.parse().unwrap_or(0));
                    }
                } else if word.len() > MAX_UIDL_BYTES || self.uidls.len() >= MAX_MESSAGES {
                    self.break_off("the list of messages is too large");
                } else {
                    self.uidls.push((number, word.to_owned()));
                }
            }
            _ => {}
        }
    }

    fn offer<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) {
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("STLS") => self.offers.stls = true,
            Some("SASL") => {
                for word in words {
                    self.offers.plain |= word.eq_ignore_ascii_case("PLAIN");
                    self.offers.login |= word.eq_ignore_ascii_case("LOGIN");
                    self.offers.xoauth2 |= word.eq_ignore_ascii_case("XOAUTH2");
                }
            }
            _ => {}
        }
    }

    fn handle_end(&mut self, text: Vec<u8>, now: Instant) {
        match self.phase() {
            Phase::Capa => self.after_capa(now),
            Phase::Uidl => self.say("LIST", Phase::List, now),
            Phase::List => self.exchange.phase = Phase::Ready,
            Phase::Retr => {
                self.text = Some(text);
                self.exchange.phase = Phase::Ready;
            }
            _ => self.break_off("an end that does not fit"),
        }
    }

    fn after_capa(&mut self, now: Instant) {
        match self.exchange.turn(self.offers.stls) {
            Ok(Turn::Encrypt) => self.say("STLS", Phase::Stls, now),
            Ok(Turn::LogOn) => self.log_on(now),
            Err(fault) => self.fail(fault),
        }
    }

    fn log_on(&mut self, now: Instant) {
        match self.exchange.login().and_then(|login| login_lines(login, self.offers)) {
            Ok((command, answers)) => {
                self.exchange.answers = answers;
                self.say(&command, Phase::Login, now);
            }
            Err(fault) => self.fail(fault),
        }
    }

    fn say(&mut self, command: &str, phase: Phase, now: Instant) {
        self.exchange.enter(phase, now);
        self.exchange.say_line(&[command]);
    }

    fn phase(&self) -> Phase {
        self.exchange.phase
    }

    fn break_off(&mut self, how: &'static str) {
        self.exchange.break_off(how);
    }

    fn fail(&mut self, fault: Fault) {
        self.exchange.fail(fault);
    }
}

type LoginLines = (Zeroizing<String>, Vec<Zeroizing<String>>);

/// The command of a login, and what is said after it, the next one last.
fn login_lines(login: &Login, offers: Offers) -> Result<LoginLines, Fault> {
    let coded = |octets: &[u8]| Zeroizing::new(STANDARD.encode(octets));
    let command = |text: &str| Zeroizing::new(text.to_owned());
    match login.mechanism {
        Mechanism::Password | Mechanism::Plain if offers.plain => {
            Ok((command("AUTH PLAIN"), vec![coded(&login.plain())]))
        }
        Mechanism::Password | Mechanism::Login if offers.login => {
            Ok((command("AUTH LOGIN"), vec![coded(login.secret.expose()), coded(login.user.as_bytes())]))
        }
        Mechanism::Password | Mechanism::Login => {
            let secret = login.secret.expose_text().ok_or(Fault::NoMechanism)?;
            if [login.user.as_str(), secret].iter().any(|text| text.chars().any(char::is_control)) {
                return Err(Fault::NoMechanism);
            }
            let secret = Zeroizing::new(["PASS ", secret].concat());
            Ok((Zeroizing::new(["USER ", &login.user].concat()), vec![secret]))
        }
        Mechanism::XOAuth2 if offers.xoauth2 => {
            Ok((command("AUTH XOAUTH2"), vec![command(""), coded(&login.xoauth2())]))
        }
        _ => Err(Fault::NoMechanism),
    }
}

impl Talk for Session {
    type Phase = Phase;
    const FAREWELL: &'static [u8] = b"QUIT\r\n";

    fn exchange(&self) -> &Exchange<Phase> {
        &self.exchange
    }

    fn exchange_mut(&mut self) -> &mut Exchange<Phase> {
        &mut self.exchange
    }

    fn hear(&mut self, bytes: &[u8], now: Instant) {
        self.reader.push(bytes);
        while self.exchange.is_open() {
            match self.reader.next() {
                Ok(None) => return,
                Ok(Some(line)) => self.handle(line, now),
                Err(Some(how)) => self.break_off(how),
                Err(None) => self.fail(Fault::TooBig),
            }
        }
    }

    fn begin_anew(&mut self, now: Instant) {
        self.reader = Reader::default();
        self.offers = Offers::default();
        self.say("CAPA", Phase::Capa, now);
    }
}
