//! `Mailbox`: what both protocols offer: the messages that are there, and their texts one after the other.

use crate::connection::Connection;
use crate::dialogue::{Deadlines, Dialogue, Opening, Step};
use crate::fault::Fault;
use crate::settings::{Protocol, Settings};
use crate::{imap, pop3};
use mapi_defs::FileTime;
use mapi_wire::{Endpoint, Interrupter};
use std::collections::VecDeque;
use std::time::Instant;

/// How many messages are asked for at once, at most, and how many octets of them.
const BATCH: usize = 200;
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// A message that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// The number by which it is asked for.
    pub(crate) number: u32,
    /// What names this delivery for ever.
    pub(crate) key: Vec<u8>,
    /// Its size in octets, as far as the server says.
    pub(crate) size: u64,
}

/// A message that was fetched.
pub(crate) struct Letter {
    pub(crate) number: u32,
    pub(crate) text: Vec<u8>,
    pub(crate) is_read: bool,
    pub(crate) received: Option<FileTime>,
}

/// An open mailbox of a server.
pub(crate) enum Mailbox {
    Imap(Connection<imap::Session>),
    Pop3(Connection<pop3::Session>, VecDeque<u32>),
}

/// What a mailbox is opened with.
pub(crate) struct Access {
    pub(crate) settings: Settings,
    pub(crate) endpoint: Endpoint,
    pub(crate) deadlines: Deadlines,
}

impl Access {
    /// Connects and logs on. `watch` is told of the socket as soon as there is one.
    pub(crate) fn open(&self, watch: &dyn Fn(Interrupter) -> Result<(), Fault>) -> Result<Mailbox, Fault> {
        Ok(match self.settings.protocol {
            Protocol::Imap => Mailbox::Imap(self.open_imap(watch)?),
            Protocol::Pop3 => {
                let opening = self.opening()?;
                let session = |now| pop3::Session::new(opening, now);
                let connect = self.deadlines.connect;
                Mailbox::Pop3(Connection::open(&self.endpoint, connect, session, watch)?, VecDeque::new())
            }
        })
    }

    pub(crate) fn open_imap(
        &self,
        watch: &dyn Fn(Interrupter) -> Result<(), Fault>,
    ) -> Result<Connection<imap::Session>, Fault> {
        let opening = self.opening()?;
        let session = |now| imap::Session::new(opening, &self.settings.mailbox, now);
        Connection::open(&self.endpoint, self.deadlines.connect, session, watch)
    }

    fn opening(&self) -> Result<Opening, Fault> {
        let user = self.settings.server.user.as_ref();
        let login = user.map(|user| user.login(self.deadlines.secret)).transpose();
        let login = login.map_err(Fault::NoSecret)?;
        Ok(Opening { security: self.endpoint.security, login, deadlines: self.deadlines })
    }

    /// What names a delivery of this account: the server, the user, the mailbox, and within it `parts`.
    fn key(&self, parts: &[&[u8]]) -> Vec<u8> {
        let user = self.settings.server.user.as_ref().map_or("", |user| user.name.as_str());
        let host = self.settings.server.host.to_ascii_lowercase();
        let word = self.settings.protocol.word();
        let head = [word, &host, user, &self.settings.mailbox].map(str::as_bytes);
        head.iter().chain(parts).copied().collect::<Vec<_>>().join(&0)
    }
}

impl Mailbox {
    /// The messages from a number on that are there now, and the first number that is not among them. A POP3
    /// server counts anew at each login, so that all are listed.
    pub(crate) fn list(&mut self, access: &Access, from: u32) -> Result<(Vec<Item>, u32), Fault> {
        match self {
            Self::Imap(connection) => {
                connection.dialogue().list(from, Instant::now());
                while connection.advance()? {}
                let validity = connection.dialogue().uid_validity().unwrap_or_default().to_string();
                let listed = connection.dialogue().take_list();
                let next = listed.last().map_or(from, |last| last.uid.saturating_add(1));
                let items = listed.iter().filter(|one| !one.is_deleted).map(|one| Item {
                    number: one.uid,
                    key: access.key(&[validity.as_bytes(), one.uid.to_string().as_bytes()]),
                    size: one.size,
                });
                Ok((items.collect(), next))
            }
            Self::Pop3(connection, _) => {
                let items = connection.dialogue().take_list().into_iter().map(|one| Item {
                    number: one.number,
                    key: access.key(&[one.uidl.as_bytes()]),
                    size: one.size,
                });
                Ok((items.collect(), 1))
            }
        }
    }

    /// UIDVALIDITY, of a server that has it.
    pub(crate) fn uid_validity(&mut self) -> Option<u32> {
        match self {
            Self::Imap(connection) => connection.dialogue().uid_validity(),
            Self::Pop3(..) => None,
        }
    }

    /// True where the server tells of new mail by itself.
    pub(crate) fn can_idle(&mut self) -> bool {
        match self {
            Self::Imap(connection) => connection.dialogue().can_idle(),
            Self::Pop3(..) => false,
        }
    }

    /// Asks for the texts of the first of these; answers of how many.
    pub(crate) fn ask(&mut self, items: &VecDeque<Item>) -> usize {
        let mut bytes = 0_u64;
        let fits = |item: &&Item| {
            let is_first = bytes == 0;
            bytes = bytes.saturating_add(item.size.max(1));
            is_first || bytes <= BATCH_BYTES
        };
        let numbers: Vec<u32> = items.iter().take(BATCH).take_while(fits).map(|item| item.number).collect();
        match self {
            Self::Imap(connection) => connection.dialogue().fetch(&numbers, Instant::now()),
            Self::Pop3(_, asked) => asked.extend(&numbers),
        }
        numbers.len()
    }

    /// The next of what was asked for; `None` where no more of it comes.
    pub(crate) fn next(&mut self) -> Result<Option<Letter>, Fault> {
        match self {
            Self::Imap(connection) => loop {
                if let Some(fetched) = connection.dialogue().take_fetched() {
                    let imap::Fetched { uid, text, is_seen, received } = fetched;
                    return Ok(Some(Letter { number: uid, text, is_read: is_seen, received }));
                }
                if !connection.advance()? {
                    return Ok(None);
                }
            },
            Self::Pop3(connection, asked) => {
                while let Some(number) = asked.pop_front() {
                    connection.dialogue().fetch(number, Instant::now());
                    while connection.advance()? {}
                    if let Some(text) = connection.dialogue().take_text() {
                        return Ok(Some(Letter { number, text, is_read: false, received: None }));
                    }
                }
                Ok(None)
            }
        }
    }

    /// True where nothing that was asked for is still to come.
    pub(crate) fn is_at_rest(&mut self) -> bool {
        match self {
            Self::Imap(connection) => {
                let dialogue = connection.dialogue();
                dialogue.step() == Step::Ready && !dialogue.has_fetched()
            }
            Self::Pop3(connection, asked) => asked.is_empty() && connection.dialogue().step() == Step::Ready,
        }
    }

    pub(crate) fn quit(self) {
        match self {
            Self::Imap(connection) => connection.quit(),
            Self::Pop3(connection, _) => connection.quit(),
        }
    }
}
