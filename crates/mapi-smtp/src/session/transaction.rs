//! `Transaction`: one message on its way through MAIL, RCPT, DATA, its text and the final dot.
//!
//! It knows which replies are outstanding and what is decided of whom; the session that it is part of
//! reads the bytes and keeps the time.

use super::fault::{Fault, Lack, Stage, Verdict};
use super::opening::Protocol;
use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::deadlines::Deadlines;
use crate::dot::{Content, DotStuffer};
use crate::reply::Reply;
use std::time::Duration;

/// How many commands may be under way at once: their replies fit any socket's buffer, so that the two
/// sides never wait for each other.
const WINDOW: usize = 64;

/// Who sends a message to whom, as the server is told.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// MAIL FROM; `None` is the empty path.
    pub sender: Option<Address>,
    /// RCPT TO, each.
    pub recipients: Vec<Address>,
    /// Which reports the sender wants; `None` leaves it to the server.
    pub dsn: Option<Dsn>,
}

/// What is asked of a server that offers DSN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dsn {
    /// NOTIFY, such as `SUCCESS,FAILURE,DELAY` or `NEVER`.
    pub notify: &'static str,
    /// ENVID, of letters and digits.
    pub envelope_id: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Reset,
    Mail,
    Rcpt(usize),
    Data,
}

/// What follows from a reply.
pub(super) enum Next {
    /// Further replies or commands.
    More,
    /// The text may be sent.
    Text,
    /// Everything is decided. `true`: the connection is in order once RSET was sent.
    Over(bool),
    /// The dialogue cannot go on.
    Fail(Fault),
}

pub(super) struct Transaction {
    protocol: Protocol,
    envelope: Envelope,
    content: Content,
    stuffer: DotStuffer,
    commands: Vec<Command>,
    /// How many commands were written.
    written: usize,
    /// How many were answered.
    answered: usize,
    is_open: bool,
    is_dot_sent: bool,
    /// The server has said that it ends the connection.
    is_last: bool,
    taken: Vec<bool>,
    verdicts: Vec<Option<Verdict>>,
}

impl Transaction {
    pub(super) fn new(
        protocol: Protocol,
        envelope: Envelope,
        content: Content,
        offers: &Capabilities,
        reset: bool,
    ) -> Self {
        let count = envelope.recipients.len();
        let mut this = Self {
            protocol,
            commands: Vec::with_capacity(count.saturating_add(3)),
            stuffer: DotStuffer::default(),
            written: 0,
            answered: 0,
            is_open: false,
            is_dot_sent: false,
            is_last: false,
            taken: vec![false; count],
            verdicts: vec![None; count],
            envelope,
            content,
        };
        this.find_lacks(offers);
        if reset {
            this.commands.push(Command::Reset);
        }
        this.commands.push(Command::Mail);
        let open = this.verdicts.iter().enumerate().filter(|(_, verdict)| verdict.is_none());
        this.commands.extend(open.map(|(index, _)| Command::Rcpt(index)));
        this.commands.push(Command::Data);
        this
    }

    fn find_lacks(&mut self, offers: &Capabilities) {
        let bytes = self.content.wire_bytes();
        let sender_needs_utf8 = self.envelope.sender.as_ref().is_some_and(Address::needs_utf8);
        let general = match offers.max_bytes {
            Some(limit) if bytes > limit => Some(Lack::Size { bytes, limit }),
            _ if !offers.utf8 && (sender_needs_utf8 || self.content.header_needs_utf8()) => Some(Lack::Utf8),
            _ if !offers.eight_bit && self.content.is_eight_bit() => Some(Lack::EightBit),
            _ => None,
        };
        for (recipient, verdict) in self.envelope.recipients.iter().zip(&mut self.verdicts) {
            let own = (!offers.utf8 && recipient.needs_utf8()).then_some(Lack::Utf8);
            *verdict = general.or(own).map(Verdict::Lacking);
        }
    }

    /// True where nobody is left to send to.
    pub(super) fn is_decided(&self) -> bool {
        self.verdicts.iter().all(Option::is_some)
    }

    /// Writes the commands that can go out now.
    pub(super) fn write_commands(&mut self, offers: &Capabilities, out: &mut Vec<u8>) {
        let window = if offers.pipelining { WINDOW } else { 1 };
        while self.written.saturating_sub(self.answered) < window {
            let Some(command) = self.commands.get(self.written).copied() else { return };
            self.write_command(command, offers, out);
            self.written = self.written.saturating_add(1);
        }
    }

    fn write_command(&self, command: Command, offers: &Capabilities, out: &mut Vec<u8>) {
        match command {
            Command::Reset => out.extend_from_slice(b"RSET\r\n"),
            Command::Data => out.extend_from_slice(b"DATA\r\n"),
            Command::Mail => {
                let sender = self.envelope.sender.as_ref().map_or("", Address::as_str);
                let mut line = format!("MAIL FROM:<{sender}>");
                if offers.size {
                    line.push_str(&format!(" SIZE={}", self.content.wire_bytes()));
                }
                if self.content.is_eight_bit() {
                    line.push_str(" BODY=8BITMIME");
                }
                let everybody = self.envelope.sender.iter().chain(&self.envelope.recipients);
                let is_utf8 = everybody.clone().any(Address::needs_utf8) || self.content.header_needs_utf8();
                if offers.utf8 && is_utf8 {
                    line.push_str(" SMTPUTF8");
                }
                if let Some(dsn) = self.envelope.dsn.as_ref().filter(|_| offers.dsn) {
                    line.push_str(&format!(" RET=HDRS ENVID={}", dsn.envelope_id));
                }
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            Command::Rcpt(index) => {
                let Some(recipient) = self.envelope.recipients.get(index) else { return };
                let mut line = format!("RCPT TO:<{}>", recipient.as_str());
                if let Some(dsn) = self.envelope.dsn.as_ref().filter(|_| offers.dsn) {
                    line.push_str(&format!(" NOTIFY={}", dsn.notify));
                    if recipient.as_str().is_ascii() {
                        line.push_str(&format!(" ORCPT=rfc822;{}", recipient.xtext()));
                    }
                }
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
    }

    /// True where a command was written that is not answered.
    pub(super) fn is_waiting(&self) -> bool {
        self.answered < self.written
    }

    /// The stage of the reply that is next, and how long it may take.
    pub(super) fn stage(&self, deadlines: &Deadlines) -> (Stage, Duration) {
        match self.commands.get(self.answered) {
            Some(Command::Reset) => (Stage::Reset, deadlines.mail),
            Some(Command::Mail) => (Stage::Mail, deadlines.mail),
            Some(Command::Rcpt(_)) => (Stage::Rcpt, deadlines.rcpt),
            Some(Command::Data) => (Stage::Data, deadlines.data),
            None if self.is_dot_sent => (Stage::Finish, deadlines.finish),
            None => (Stage::Text, deadlines.block),
        }
    }

    /// Takes the reply to the oldest command that is not answered.
    pub(super) fn handle_reply(&mut self, reply: Reply) -> Next {
        let Some(command) = self.commands.get(self.answered).copied() else {
            return Next::Fail(Fault::Unsolicited(Stage::Text));
        };
        self.answered = self.answered.saturating_add(1);
        let says_no = reply.is_transient() || reply.is_permanent();
        let stage = match command {
            Command::Reset => Stage::Reset,
            Command::Mail => Stage::Mail,
            Command::Rcpt(_) => Stage::Rcpt,
            Command::Data => Stage::Data,
        };
        if reply.code == 421 {
            // The server goes away: whoever is not decided is told so.
            self.decide_open(&Verdict::Refused(stage, reply));
            return Next::Over(false);
        }
        match command {
            Command::Reset if reply.is_positive() => Next::More,
            Command::Reset => Next::Fail(Fault::Unexpected(stage, reply)),
            Command::Mail if reply.is_positive() => {
                self.is_open = true;
                Next::More
            }
            Command::Mail if says_no => {
                self.decide_open(&Verdict::Refused(stage, reply));
                self.after_refusal()
            }
            Command::Rcpt(index) if self.is_open && reply.is_positive() => {
                if let Some(taken) = self.taken.get_mut(index) {
                    *taken = true;
                }
                self.after_recipient()
            }
            Command::Rcpt(index) if self.is_open && says_no => {
                if let Some(verdict) = self.verdicts.get_mut(index) {
                    *verdict = Some(Verdict::Refused(stage, reply));
                }
                self.after_recipient()
            }
            // MAIL was refused: what becomes of the rest of its group does not matter.
            Command::Rcpt(_) if !self.is_open => self.after_refusal(),
            Command::Data if reply.code == 354 && self.taken.contains(&true) => Next::Text,
            // The server waits for a text for nobody: the connection ends without a dot.
            Command::Data if reply.code == 354 => Next::Over(false),
            Command::Data if says_no => {
                self.decide_open(&Verdict::Refused(stage, reply));
                Next::Over(true)
            }
            _ => Next::Fail(Fault::Unexpected(stage, reply)),
        }
    }

    /// Nobody is left; what was written already is still waited for.
    fn after_refusal(&self) -> Next {
        if self.is_waiting() { Next::More } else { Next::Over(true) }
    }

    fn after_recipient(&self) -> Next {
        let is_last = matches!(self.commands.get(self.answered), Some(Command::Data));
        if is_last && !self.is_waiting() && !self.taken.contains(&true) {
            return Next::Over(true);
        }
        Next::More
    }

    /// The recipients whom the server would take, by their place in the envelope.
    pub(super) fn taken(&self) -> Vec<usize> {
        self.taken.iter().enumerate().filter(|(_, taken)| **taken).map(|(index, _)| index).collect()
    }

    /// Adds a block of the text; true where it was the last.
    pub(super) fn fill(&mut self, room: usize, out: &mut Vec<u8>) -> bool {
        self.stuffer.fill(&self.content, room, out)
    }

    /// From here on the message may have been taken.
    pub(super) fn send_dot(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b".\r\n");
        self.is_dot_sent = true;
    }

    /// Takes a reply that came before the final dot was sent: it can only be a refusal.
    pub(super) fn handle_early(&mut self, reply: Reply) -> Next {
        if reply.is_transient() || reply.is_permanent() {
            self.decide_open(&Verdict::Refused(Stage::Text, reply));
            return Next::Over(false);
        }
        Next::Fail(Fault::Unsolicited(Stage::Text))
    }

    /// Takes a reply to the final dot: of SMTP it is everybody's, of LMTP the next one's whom the server takes
    /// the message for. Whoever's does not come is in doubt, whatever was said of others.
    pub(super) fn handle_final(&mut self, reply: Reply) -> Next {
        let verdict = match &reply {
            reply if reply.is_positive() => Verdict::Accepted(reply.clone()),
            reply if reply.is_transient() || reply.is_permanent() => {
                Verdict::Refused(Stage::Finish, reply.clone())
            }
            _ => return Next::Fail(Fault::Unexpected(Stage::Finish, reply)),
        };
        self.is_last |= reply.code == 421;
        match self.protocol {
            Protocol::Smtp => self.decide_open(&verdict),
            Protocol::Lmtp => {
                if let Some(open) = self.verdicts.iter_mut().find(|verdict| verdict.is_none()) {
                    *open = Some(verdict);
                }
            }
        }
        if self.is_decided() { Next::Over(!self.is_last) } else { Next::More }
    }

    /// The dialogue ended over this.
    pub(super) fn interrupt(&mut self, fault: &Fault) {
        let verdict = if self.is_dot_sent {
            Verdict::InDoubt(fault.clone())
        } else {
            Verdict::Interrupted(fault.clone())
        };
        self.decide_open(&verdict);
    }

    /// What became of everybody; whoever is not decided has not been sent anything.
    pub(super) fn into_verdicts(self) -> Vec<Verdict> {
        let undecided = || Verdict::Interrupted(Fault::Closed(Stage::Data));
        self.verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(undecided)).collect()
    }

    fn decide_open(&mut self, verdict: &Verdict) {
        for open in self.verdicts.iter_mut().filter(|verdict| verdict.is_none()) {
            *open = Some(verdict.clone());
        }
    }
}
