//! `Session`: one IMAP dialogue as a state machine, from the greeting to an open mailbox, its list, its
//! messages and its news.
//!
//! The mailbox is opened by EXAMINE and read with PEEK: nothing changes at the server. Everything that comes is
//! a stranger's; whatever does not fit ends the dialogue.

mod framing;
mod login;
mod mailbox_name;
mod phase;
mod response;
mod sequence;

pub use response::{Fetched, Listed};

use crate::dialogue::{MAX_MESSAGES, Opening};
use crate::exchange::{Exchange, Talk, Turn};
use crate::fault::{Fault, Stage};
use framing::{Framing, Unfit};
use mapi_wire::Security;
use phase::Phase;
use response::{Said, Untagged, Word, read};
use sequence::sequence;
use std::collections::VecDeque;
use std::time::Instant;

/// What a server offers, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Offers {
    pub(crate) starttls: bool,
    pub(crate) login_disabled: bool,
    pub(crate) plain: bool,
    pub(crate) login: bool,
    pub(crate) xoauth2: bool,
    pub(crate) idle: bool,
}

/// One dialogue.
pub struct Session {
    exchange: Exchange<Phase>,
    mailbox: String,
    offers: Offers,
    framing: Framing,
    /// The number of the last command, which is its tag.
    commands: u32,
    uid_validity: Option<u32>,
    exists: u32,
    has_news: bool,
    listed: Vec<Listed>,
    least_uid: u32,
    fetched: VecDeque<Fetched>,
}

impl Session {
    /// A session on a connection that was made (and is encrypted where security is implicit) just now.
    pub fn new(opening: Opening, mailbox: &str, now: Instant) -> Self {
        Self {
            exchange: Exchange::new(opening, Phase::Greeting, now),
            mailbox: mailbox_name::quoted(mailbox),
            offers: Offers::default(),
            framing: Framing::default(),
            commands: 0,
            uid_validity: None,
            exists: 0,
            has_news: false,
            listed: Vec::new(),
            least_uid: 0,
            fetched: VecDeque::new(),
        }
    }

    /// UIDVALIDITY of the open mailbox: with it a UID names one message for ever.
    pub fn uid_validity(&self) -> Option<u32> {
        self.uid_validity
    }

    /// True where the server offers IDLE.
    pub fn can_idle(&self) -> bool {
        self.offers.idle
    }

    /// Asks for the messages from this UID on; [`Session::take_list`] has them once the session is ready.
    pub fn list(&mut self, from: u32, now: Instant) {
        self.least_uid = from.max(1);
        self.listed.clear();
        if self.exists == 0 {
            return;
        }
        let command = format!("UID FETCH {}:* (UID FLAGS RFC822.SIZE)", self.least_uid);
        self.say(&command, Phase::List, now);
    }

    /// The list that was asked for, in ascending order of UIDs.
    pub fn take_list(&mut self) -> Vec<Listed> {
        let mut listed = std::mem::take(&mut self.listed);
        listed.sort_by_key(|one| one.uid);
        listed.dedup_by_key(|one| one.uid);
        listed
    }

    /// Asks for the texts of messages; [`Session::take_fetched`] has them as they come. Those that are gone do
    /// not come.
    pub fn fetch(&mut self, uids: &[u32], now: Instant) {
        if uids.is_empty() {
            return;
        }
        let command = format!("UID FETCH {} (UID FLAGS INTERNALDATE BODY.PEEK[])", sequence(uids));
        self.say(&command, Phase::Fetch, now);
    }

    /// The next message that came.
    pub fn take_fetched(&mut self) -> Option<Fetched> {
        self.fetched.pop_front()
    }

    /// True where messages came that nobody has taken.
    pub(crate) fn has_fetched(&self) -> bool {
        !self.fetched.is_empty()
    }

    /// Waits for new mail; the session is ready again once there is some, or after the time that IDLE may
    /// stand. Whether there is, [`Session::take_news`] says.
    pub fn idle(&mut self, now: Instant) {
        self.say("IDLE", Phase::BeginIdle, now);
    }

    /// True where messages came since this was last asked.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    fn handle(&mut self, response: &[u8], now: Instant) {
        self.exchange.patience.progress(now);
        match read(response) {
            Said::Untagged(untagged) => self.handle_untagged(untagged, now),
            Said::Continue => self.handle_continue(now),
            Said::Tagged(tag, word, text) if tag == self.tag() => self.handle_tagged(word, text, now),
            Said::Tagged(..) => self.break_off("an answer to a command that was not given"),
            Said::Unreadable if self.phase() == Phase::Fetch && response.len() > 1024 => {
                self.break_off("a message cannot be read");
            }
            // What nobody asked for need not be understood.
            Said::Unreadable => {}
        }
    }

    fn handle_untagged(&mut self, untagged: Untagged<'_>, now: Instant) {
        match untagged {
            Untagged::Status(Word::Bye, text) => self.exchange.refused(text),
            Untagged::Status(word, text) if self.phase() == Phase::Greeting => self.greeted(word, text, now),
            Untagged::UidValidity(number) => self.uid_validity = Some(number),
            Untagged::Exists(count) => {
                self.has_news |= count > self.exists;
                self.exists = count;
                if self.has_news && self.phase() == Phase::Idle {
                    self.done(now);
                }
            }
            Untagged::Expunge => self.exists = self.exists.saturating_sub(1),
            Untagged::Offers(offers) => self.offers = offers,
            Untagged::Listed(listed) if self.phase() == Phase::List => {
                if listed.uid >= self.least_uid {
                    self.listed.push(listed);
                }
                if self.listed.len() > MAX_MESSAGES {
                    self.break_off("the mailbox has too many messages");
                }
            }
            Untagged::Fetched(fetched) if self.phase() == Phase::Fetch => self.fetched.push_back(fetched),
            Untagged::Status(..) | Untagged::Listed(_) | Untagged::Fetched(_) | Untagged::Other => {}
        }
    }

    fn greeted(&mut self, word: Word, text: &str, now: Instant) {
        match word {
            Word::Ok => self.say("CAPABILITY", Phase::Offers, now),
            // Somebody else has logged on already, and STARTTLS is not possible any more.
            Word::PreAuth
                if self.exchange.is_encrypted || self.exchange.opening.security == Security::Plain =>
            {
                self.say("CAPABILITY", Phase::OwnOffers, now);
            }
            Word::PreAuth => self.fail(Fault::TlsNotOffered),
            _ => self.exchange.refused(text),
        }
    }

    fn handle_continue(&mut self, now: Instant) {
        match self.phase() {
            Phase::Login => match self.exchange.answers.pop() {
                Some(answer) => self.exchange.say_line(&[&answer]),
                None => self.break_off("a question too many"),
            },
            Phase::BeginIdle => {
                self.exchange.phase = Phase::Idle;
                self.exchange.patience.begin_idle(now);
                if self.has_news {
                    self.done(now);
                }
            }
            _ => self.break_off("a question that does not fit"),
        }
    }

    fn handle_tagged(&mut self, word: Word, text: &str, now: Instant) {
        let is_ok = word == Word::Ok;
        match self.phase() {
            Phase::Offers => self.after_offers(now),
            Phase::StartTls if is_ok && self.framing.is_empty() => self.exchange.phase = Phase::Handshake,
            Phase::StartTls if is_ok => self.fail(Fault::BytesBehindStartTls),
            Phase::StartTls if self.exchange.opening.security == Security::Opportunistic => self.log_on(now),
            Phase::Login if is_ok => {
                self.exchange.logged_on();
                self.say("CAPABILITY", Phase::OwnOffers, now);
            }
            Phase::Login => self.fail(Fault::LoginRefused),
            Phase::OwnOffers => {
                let command = format!("EXAMINE {}", self.mailbox);
                self.say(&command, Phase::Examine, now);
            }
            Phase::Examine if is_ok && self.uid_validity.is_none() => {
                self.break_off("the mailbox has no UIDVALIDITY");
            }
            Phase::Examine if is_ok => {
                // What was there before is no news.
                self.has_news = false;
                self.exchange.phase = Phase::Ready;
            }
            Phase::List | Phase::Fetch | Phase::EndIdle if is_ok => self.exchange.phase = Phase::Ready,
            Phase::Idle | Phase::BeginIdle if is_ok => self.exchange.phase = Phase::Ready,
            _ if is_ok => self.break_off("an answer that does not fit"),
            _ => self.exchange.refused(text),
        }
    }

    fn after_offers(&mut self, now: Instant) {
        match self.exchange.turn(self.offers.starttls) {
            Ok(Turn::Encrypt) => self.say("STARTTLS", Phase::StartTls, now),
            Ok(Turn::LogOn) => self.log_on(now),
            Err(fault) => self.fail(fault),
        }
    }

    fn log_on(&mut self, now: Instant) {
        match self.exchange.login().and_then(|login| login::lines(login, &self.offers)) {
            Ok(lines) => {
                self.exchange.answers = lines.answers;
                self.say(&lines.command, Phase::Login, now);
            }
            Err(fault) => self.fail(fault),
        }
    }

    fn done(&mut self, now: Instant) {
        self.exchange.enter(Phase::EndIdle, now);
        self.exchange.say_line(&["DONE"]);
    }

    fn tag(&self) -> String {
        format!("m{}", self.commands)
    }

    fn say(&mut self, command: &str, phase: Phase, now: Instant) {
        self.commands = self.commands.wrapping_add(1);
        self.exchange.enter(phase, now);
        self.exchange.say_line(&[&self.tag(), " ", command]);
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

impl Talk for Session {
    type Phase = Phase;
    const FAREWELL: &'static [u8] = b"m0 LOGOUT\r\n";

    fn exchange(&self) -> &Exchange<Phase> {
        &self.exchange
    }

    fn exchange_mut(&mut self) -> &mut Exchange<Phase> {
        &mut self.exchange
    }

    fn hear(&mut self, bytes: &[u8], now: Instant) {
        self.framing.push(bytes);
        while self.exchange.is_open() {
            match self.framing.next() {
                Ok(None) => return,
                Ok(Some(response)) => self.handle(&response, now),
                Err(Unfit::Bad(how)) => self.break_off(how),
                Err(Unfit::TooBig) => self.fail(Fault::TooBig),
            }
        }
    }

    fn begin_anew(&mut self, now: Instant) {
        self.framing = Framing::default();
        self.offers = Offers::default();
        self.say("CAPABILITY", Phase::Offers, now);
    }

    /// IDLE that has stood as long as it may is ended, and no fault.
    fn give_up(&mut self, fault: Fault) {
        if self.phase() == Phase::Idle && fault == Fault::Timeout(Stage::Idle) {
            return self.done(self.exchange.patience.end());
        }
        self.fail(fault);
    }
}
