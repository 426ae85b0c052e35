//! `Connection`: one dialogue with a directory: encrypted, logged on, and every answer with an end.
//!
//! What is said is `message.rs`, who opens connections and when is `directory.rs`.

use crate::deadlines::Deadlines;
use crate::fault::{Fault, result, said};
use crate::message::{self, Answer, Entry, Outcome, Page, Search};
use mapi_wire::{Endpoint, Interrupter, Security, User, Wire, is_timeout};
use std::io;
use std::time::{Duration, Instant};

/// The longest single message, in octets: a list of very many members is one.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// How much one call reads at most, in octets.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// How much is read at once, in octets.
const BLOCK_BYTES: usize = 32 * 1024;
/// The highest message number before counting begins again.
const LAST_ID: u32 = 0x7fff_ffff;

/// An open connection.
pub(crate) struct Connection {
    wire: Wire,
    received: Vec<u8>,
    /// How much of `received` has been read.
    read: usize,
    last_id: u32,
    deadline: Instant,
    /// How much may still be read until the end of this call, in octets.
    budget: usize,
}

impl Connection {
    /// Connects; nothing is encrypted and nobody logged on yet.
    pub(crate) fn connect(endpoint: &Endpoint, patience: Duration) -> Result<Self, Fault> {
        let wire = endpoint.connect(patience).map_err(Fault::Wire)?;
        Ok(Self { wire, received: Vec::new(), read: 0, last_id: 0, deadline: Instant::now(), budget: 0 })
    }

    /// What another thread ends it by.
    pub(crate) fn interrupter(&mut self) -> Interrupter {
        self.wire.interrupter()
    }

    /// Encrypts and logs on, as far as that is asked for.
    pub(crate) fn open(
        mut self,
        endpoint: &Endpoint,
        user: Option<&User>,
        deadlines: &Deadlines,
    ) -> Result<Self, Fault> {
        self.begin(deadlines.login);
        let is_encrypted = match endpoint.security {
            Security::Plain => false,
            Security::Implicit => true,
            Security::StartTls | Security::Opportunistic => {
                let outcome = self.start_tls()?;
                if outcome.code != result::SUCCESS
                    && (endpoint.security == Security::StartTls || user.is_some())
                {
                    return Err(Fault::NoTls(said(&outcome.text)));
                }
                outcome.code == result::SUCCESS
            }
        };
        if is_encrypted {
            self.wire = endpoint.encrypt(self.wire, self.deadline).map_err(Fault::Wire)?;
            self.wire.set_deadline(self.deadline);
        }
        if let Some(user) = user {
            self.log_on(user, deadlines)?;
        }
        Ok(self)
    }

    /// True where it can be used again: the server has said nothing since.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.received.is_empty() && self.wire.is_silent()
    }

    /// Takes leave.
    pub(crate) fn unbind(mut self) {
        self.begin(Duration::from_millis(500));
        let farewell = message::unbind(self.next_id());
        self.wire.end(&farewell);
    }

    /// The time of one call begins.
    pub(crate) fn begin(&mut self, patience: Duration) {
        let now = Instant::now();
        self.deadline = now.checked_add(patience).unwrap_or(now);
        self.budget = MAX_ANSWER_BYTES;
        self.wire.set_deadline(self.deadline);
    }

    /// Searches, handing over each entry, and answers how it ended.
    pub(crate) fn search(
        &mut self,
        search: &Search,
        page: Option<&Page<'_>>,
        take: &mut dyn FnMut(Entry) -> Result<(), Fault>,
    ) -> Result<Outcome, Fault> {
        let id = self.next_id();
        self.say(&message::search(id, search, self.seconds_left(), page))?;
        let mut elsewhere = Vec::new();
        loop {
            match self.hear()? {
                (heard, Answer::Entry(entry)) if heard == id => take(entry)?,
                (heard, Answer::Searched(mut outcome)) if heard == id => {
                    outcome.elsewhere.extend(elsewhere);
                    return Ok(outcome);
                }
                // Any one of the URLs of a reference will do.
                (heard, Answer::Reference(urls)) if heard == id => elsewhere.extend(urls.into_iter().next()),
                (heard, Answer::Other) if heard == id => {}
                _ => return Err(Fault::Malformed("an answer to nothing that was asked")),
            }
        }
    }

    /// Asks for several objects at once: the answers are in the order of the searches, each the entry, where
    /// there is one, and how it ended.
    pub(crate) fn look_up(&mut self, searches: &[Search]) -> Result<Vec<(Option<Entry>, Outcome)>, Fault> {
        let first = self.last_id;
        let seconds = self.seconds_left();
        let mut said = Vec::new();
        let mut places = Vec::with_capacity(searches.len());
        for search in searches {
            let id = self.next_id();
            places.push(id);
            said.extend_from_slice(&message::search(id, search, seconds, None));
        }
        self.say(&said)?;
        let mut found: Vec<(Option<Entry>, Option<Outcome>)> = vec![(None, None); searches.len()];
        let mut open = searches.len();
        while open > 0 {
            let (id, answer) = self.hear()?;
            let place = places.iter().position(|known| *known == id).and_then(|place| found.get_mut(place));
            let Some((held, ended)) = place.filter(|(_, ended)| ended.is_none()) else {
                return Err(Fault::Malformed("an answer to nothing that was asked"));
            };
            match answer {
                Answer::Entry(entry) if held.is_none() => *held = Some(entry),
                Answer::Searched(outcome) => {
                    *ended = Some(outcome);
                    open = open.saturating_sub(1);
                }
                Answer::Reference(_) | Answer::Other => {}
                _ => return Err(Fault::Malformed("an answer of another kind")),
            }
        }
        tracing::trace!(first, count = searches.len(), "objects looked up");
        Ok(found.into_iter().map(|(entry, ended)| (entry, ended.unwrap_or_default())).collect())
    }

    fn start_tls(&mut self) -> Result<Outcome, Fault> {
        let id = self.next_id();
        self.say(&message::start_tls(id))?;
        let outcome = match self.hear()? {
            (heard, Answer::Extended(outcome)) if heard == id => outcome,
            _ => return Err(Fault::Malformed("no answer to STARTTLS")),
        };
        if self.received.is_empty() {
            Ok(outcome)
        } else {
            // Whoever stands between could have said it before the server is known.
            Err(Fault::Malformed("something is said before TLS begins"))
        }
    }

    fn log_on(&mut self, user: &User, deadlines: &Deadlines) -> Result<(), Fault> {
        let login = user.login(deadlines.command).map_err(Fault::NoPassword)?;
        // A name without a password is anonymous, and servers answer success (RFC 4513 5.1.2).
        if login.secret.expose().is_empty() {
            return Err(Fault::NoPassword("the password is empty"));
        }
        self.begin(deadlines.login);
        let id = self.next_id();
        self.say(&message::bind(id, &login.user, login.secret.expose()))?;
        match self.hear()? {
            (heard, Answer::Bound(outcome)) if heard == id && outcome.code == result::SUCCESS => Ok(()),
            (heard, Answer::Bound(mut outcome)) if heard == id => {
                let mut redactor = mapi_wire::Redactor::default();
                login.hide(&mut redactor);
                outcome.text = redactor.scrub(outcome.text);
                Err(Fault::NotBound(outcome))
            }
            _ => Err(Fault::Malformed("no answer to the login")),
        }
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = if self.last_id < LAST_ID { self.last_id.saturating_add(1) } else { 1 };
        self.last_id
    }

    fn seconds_left(&self) -> u32 {
        let left = self.deadline.saturating_duration_since(Instant::now()).as_secs();
        u32::try_from(left).unwrap_or(LAST_ID).max(1)
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.wire.write_all(bytes).map_err(|error| network(&error))
    }

    /// The next message that is not about the connection itself.
    fn hear(&mut self) -> Result<(u32, Answer), Fault> {
        let length = loop {
            if let Some(length) = message_length(self.waiting())? {
                break length;
            }
            self.receive()?;
        };
        let bytes = self.waiting().get(..length).ok_or(Fault::Malformed("a length"))?;
        let (id, answer) = message::read(bytes).map_err(|_| Fault::Malformed("a message"))?;
        self.read = self.read.saturating_add(length);
        if self.read >= self.received.len() {
            self.received.clear();
            self.read = 0;
        }
        match (id, answer) {
            (0, Answer::Extended(outcome)) => Err(Fault::Lost(said(&outcome.text))),
            (0, _) => Err(Fault::Malformed("a message without a number")),
            heard => Ok(heard),
        }
    }

    fn waiting(&self) -> &[u8] {
        self.received.get(self.read..).unwrap_or_default()
    }

    fn receive(&mut self) -> Result<(), Fault> {
        if self.read > 0 {
            self.received.drain(..self.read);
            self.read = 0;
        }
        let mut block = [0; BLOCK_BYTES];
        let count = self.wire.read(&mut block).map_err(|error| network(&error))?;
        if count == 0 {
            return Err(Fault::Lost("by the server".to_owned()));
        }
        self.budget = self.budget.checked_sub(count).ok_or(Fault::TooBig)?;
        self.received.extend_from_slice(block.get(..count).unwrap_or_default());
        Ok(())
    }
}

fn network(error: &io::Error) -> Fault {
    if is_timeout(error) { Fault::Timeout } else { Fault::Lost(error.to_string()) }
}

/// The length of the message at the beginning of these octets once it is there as a whole.
fn message_length(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    const SEQUENCE: u8 = 0x30;
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    if *first != SEQUENCE {
        return Err(Fault::Malformed("a message of another kind"));
    }
    let Some((length, rest)) = rest.split_first() else { return Ok(None) };
    let (header, length) = match *length {
        short @ 0..0x80 => (2_usize, usize::from(short)),
        0x80 => return Err(Fault::Malformed("a message without a length")),
        long => {
            let count = usize::from(long & 0x7f);
            let digits = rest.get(..count.min(rest.len())).unwrap_or_default();
            let fold = |length: usize, digit: &u8| length.checked_mul(256)?.checked_add(usize::from(*digit));
            let length = digits.iter().try_fold(0, fold).filter(|length| *length <= MAX_MESSAGE_BYTES);
            let length = length.ok_or(Fault::Malformed("a message of more than 16 MiB"))?;
            if digits.len() < count {
                return Ok(None);
            }
            (count.saturating_add(2), length)
        }
    };
    let whole = header.saturating_add(length);
    Ok((bytes.len() >= whole).then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_once_it_is_whole_and_never_by_its_claim() {
        let length = |bytes: &[u8]| message_length(bytes).map_err(|fault| format!("{fault:?}"));
        assert_eq!(length(&[]), Ok(None));
        assert_eq!(length(&[0x30]), Ok(None));
        assert_eq!(length(&[0x30, 2, 1]), Ok(None));
        assert_eq!(length(&[0x30, 2, 1, 1, 9]), Ok(Some(4)));
        assert_eq!(length(&[0x30, 0x84, 0, 0, 0, 1, 7]), Ok(Some(7)));
        assert_eq!(length(&[0x30, 0x84, 0, 0]), Ok(None));
        for bad in
            [&[0x31, 0][..], &[0x30, 0x80], &[0x30, 0x84, 0x7f, 0, 0, 0], &[0x30, 0xff, 255, 255, 255, 255]]
        {
            assert!(length(bad).is_err(), "{bad:x?}");
        }
    }
}
