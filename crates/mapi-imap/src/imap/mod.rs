//! `Session`: one IMAP dialogue as a state machine, from the greeting to an open mailbox, its list, its
//! messages and its news.
//!
//! The mailbox is opened by EXAMINE and read with PEEK: nothing changes at the server. Everything that comes is
//! a stranger's; whatever does not fit ends the dialogue.

mod framing;
mod login;
mod mailbox_name;
mod response;

pub use response::{Fetched, Listed};

use crate::dialogue::{Dialogue, MAX_MESSAGES, Opening, Patience, Step};
use crate::fault::{Fault, Stage};
use framing::{Framing, Unfit};
use mapi_wire::{Redactor, Security};
use response::{Said, Untagged, Word, read};
use std::collections::VecDeque;
use std::time::Instant;
use zeroize::{Zeroize, Zeroizing};

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

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Greeting,
    Offers,
    StartTls,
    Handshake,
    Login,
    /// What the server offers to those who have logged on.
    OwnOffers,
    Examine,
    Ready,
    List,
    Fetch,
    /// IDLE was said, and not heard of yet.
    BeginIdle,
    Idle,
    /// DONE was said.
    EndIdle,
    Closed,
}

/// One dialogue.
pub struct Session {
    opening: Opening,
    mailbox: String,
    phase: Phase,
    is_encrypted: bool,
    offers: Offers,
    framing: Framing,
    redactor: Redactor,
    output: Zeroizing<Vec<u8>>,
    answers: Vec<Zeroizing<String>>,
    /// The number of the last command, which is its tag.
    commands: u32,
    patience: Patience,
    fault: Option<Fault>,
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
        let mut redactor = Redactor::default();
        if let Some(login) = &opening.login {
            login.hide(&mut redactor);
        }
        Self {
            is_encrypted: opening.security == Security::Implicit,
            patience: Patience::new(opening.deadlines, now),
            opening,
            mailbox: mailbox_name::quoted(mailbox),
            phase: Phase::Greeting,
            offers: Offers::default(),
            framing: Framing::default(),
            redactor,
            output: Zeroizing::new(Vec::new()),
            answers: Vec::new(),
            commands: 0,
            fault: None,
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
        self.patience.progress(now);
        match read(response) {
            Said::Untagged(untagged) => self.handle_untagged(untagged, now),
            Said::Continue => self.handle_continue(now),
            Said::Tagged(tag, word, text) if tag == self.tag() => self.handle_tagged(word, text, now),
            Said::Tagged(..) => self.break_off("an answer to a command that was not given"),
            Said::Unreadable if self.phase == Phase::Fetch && response.len() > 1024 => {
                self.break_off("a message cannot be read");
            }
            // What nobody asked for need not be understood.
            Said::Unreadable => {}
        }
    }

    fn handle_untagged(&mut self, untagged: Untagged<'_>, now: Instant) {
        match untagged {
            Untagged::Status(Word::Bye, text) => self.fail(Fault::refused(self.stage(), &self.shown(text))),
            Untagged::Status(word, text) if self.phase == Phase::Greeting => self.greeted(word, text, now),
            Untagged::UidValidity(number) => self.uid_validity = Some(number),
            Untagged::Exists(count) => {
                self.has_news |= count > self.exists;
                self.exists = count;
                if self.has_news && self.phase == Phase::Idle {
                    self.done(now);
                }
            }
            Untagged::Expunge => self.exists = self.exists.saturating_sub(1),
            Untagged::Offers(offers) => self.offers = offers,
            Untagged::Listed(listed) if self.phase == Phase::List => {
                if listed.uid >= self.least_uid {
                    self.listed.push(listed);
                }
                if self.listed.len() > MAX_MESSAGES {
                    self.break_off("the mailbox has too many messages");
                }
            }
            Untagged::Fetched(fetched) if self.phase == Phase::Fetch => self.fetched.push_back(fetched),
            Untagged::Status(..) | Untagged::Listed(_) | Untagged::Fetched(_) | Untagged::Other => {}
        }
    }

    fn greeted(&mut self, word: Word, text: &str, now: Instant) {
        match word {
            Word::Ok => self.say("CAPABILITY", Phase::Offers, now),
            // Somebody else has logged on already, and STARTTLS is not possible any more.
            Word::PreAuth if self.is_encrypted || self.opening.security == Security::Plain => {
                self.say("CAPABILITY", Phase::OwnOffers, now);
            }
            Word::PreAuth => self.fail(Fault::TlsNotOffered),
            _ => self.fail(Fault::refused(Stage::Greeting, &self.shown(text))),
        }
    }

    fn handle_continue(&mut self, now: Instant) {
        match self.phase {
            Phase::Login => match self.answers.pop() {
                Some(answer) => self.say_line(&answer),
                None => self.break_off("a question too many"),
            },
            Phase::BeginIdle => {
                self.phase = Phase::Idle;
                self.patience.begin_idle(now);
                if self.has_news {
                    self.done(now);
                }
            }
            _ => self.break_off("a question that does not fit"),
        }
    }

    fn handle_tagged(&mut self, word: Word, text: &str, now: Instant) {
        let is_ok = word == Word::Ok;
        match self.phase {
            Phase::Offers => self.after_offers(now),
            Phase::StartTls if is_ok && self.framing.is_empty() => self.phase = Phase::Handshake,
            Phase::StartTls if is_ok => self.fail(Fault::BytesBehindStartTls),
            Phase::StartTls if self.opening.security == Security::Opportunistic => self.log_on(now),
            Phase::Login if is_ok => {
                // What the secret is needed for is done; what hides it stays.
                self.opening.login = None;
                self.answers.clear();
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
                self.phase = Phase::Ready;
            }
            Phase::List | Phase::Fetch | Phase::EndIdle if is_ok => self.phase = Phase::Ready,
            Phase::Idle | Phase::BeginIdle if is_ok => self.phase = Phase::Ready,
            _ if is_ok => self.break_off("an answer that does not fit"),
            _ => self.fail(Fault::refused(self.stage(), &self.shown(text))),
        }
    }

    fn after_offers(&mut self, now: Instant) {
        let wants_tls = matches!(self.opening.security, Security::StartTls | Security::Opportunistic);
        if self.is_encrypted || !wants_tls {
            return self.log_on(now);
        }
        if self.offers.starttls {
            return self.say("STARTTLS", Phase::StartTls, now);
        }
        match self.opening.security {
            Security::Opportunistic => self.log_on(now),
            _ => self.fail(Fault::TlsNotOffered),
        }
    }

    fn log_on(&mut self, now: Instant) {
        let Some(login) = &self.opening.login else {
            return self.fail(Fault::NoMechanism);
        };
        if !self.is_encrypted {
            return self.fail(Fault::LoginNeedsTls);
        }
        match login::lines(login, &self.offers) {
            Ok(lines) => {
                self.answers = lines.answers;
                self.say(&lines.command, Phase::Login, now);
            }
            Err(fault) => self.fail(fault),
        }
    }

    fn done(&mut self, now: Instant) {
        self.phase = Phase::EndIdle;
        self.patience.begin(now);
        self.say_line("DONE");
    }

    fn tag(&self) -> String {
        format!("m{}", self.commands)
    }

    fn say(&mut self, command: &str, phase: Phase, now: Instant) {
        self.commands = self.commands.wrapping_add(1);
        self.phase = phase;
        self.patience.begin(now);
        let tag = self.tag();
        // Exactly as large as needed, so that no copy of a secret is left behind by growing.
        let size = tag.len().saturating_add(command.len()).saturating_add(3);
        self.output.zeroize();
        *self.output = Vec::with_capacity(size);
        for part in [tag.as_bytes(), b" ", command.as_bytes(), b"\r\n"] {
            self.output.extend_from_slice(part);
        }
    }

    fn say_line(&mut self, line: &str) {
        *self.output = Vec::with_capacity(line.len().saturating_add(2));
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    fn shown(&self, text: &str) -> String {
        self.redactor.scrub(text.to_owned())
    }

    fn break_off(&mut self, how: &'static str) {
        self.fail(Fault::Broken(self.stage(), how));
    }

    fn fail(&mut self, fault: Fault) {
        if self.phase != Phase::Closed {
            self.output.zeroize();
            self.answers.clear();
            self.phase = Phase::Closed;
            self.opening.login = None;
            self.fault = Some(fault);
        }
    }
}

impl Dialogue for Session {
    fn step(&self) -> Step {
        match self.phase {
            Phase::Closed => Step::Closed,
            _ if !self.output.is_empty() => Step::Write,
            Phase::Handshake => Step::Handshake,
            Phase::Ready => Step::Ready,
            _ => Step::Read,
        }
    }

    fn output(&self) -> &[u8] {
        &self.output
    }

    fn written(&mut self) {
        // It may have been a password.
        self.output.zeroize();
    }

    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.framing.push(bytes);
        while self.phase != Phase::Closed && self.phase != Phase::Handshake {
            match self.framing.next() {
                Ok(None) => return,
                Ok(Some(response)) => self.handle(&response, now),
                Err(Unfit::Bad(how)) => self.break_off(how),
                Err(Unfit::TooBig) => self.fail(Fault::TooBig),
            }
        }
    }

    fn encrypted(&mut self, now: Instant) {
        self.is_encrypted = true;
        // What was said in the clear is not to be believed.
        self.framing = Framing::default();
        self.offers = Offers::default();
        self.say("CAPABILITY", Phase::Offers, now);
    }

    fn lose(&mut self, fault: Fault) {
        if self.phase == Phase::Idle && fault == Fault::Timeout(Stage::Idle) {
            return self.done(self.patience.end());
        }
        self.fail(fault);
    }

    fn deadline(&self) -> Instant {
        self.patience.end()
    }

    fn stage(&self) -> Stage {
        match self.phase {
            Phase::Greeting => Stage::Greeting,
            Phase::Offers | Phase::OwnOffers => Stage::Capabilities,
            Phase::StartTls | Phase::Handshake => Stage::StartTls,
            Phase::Login => Stage::Login,
            Phase::Examine => Stage::Mailbox,
            Phase::List => Stage::List,
            Phase::Fetch => Stage::Text,
            Phase::BeginIdle | Phase::Idle | Phase::EndIdle => Stage::Idle,
            Phase::Ready | Phase::Closed => Stage::Rest,
        }
    }

    fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    fn farewell(&self) -> &'static [u8] {
        b"m0 LOGOUT\r\n"
    }
}

/// UIDs as a command names them, neighbours joined.
fn sequence(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}:{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn neighbours_are_joined() {
        assert_eq!(super::sequence(&[1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(super::sequence(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }
}
