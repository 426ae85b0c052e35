//! A mail server at the end of a wire that may be cut, and the transport that speaks to it.

use super::Chance;
use super::mortal::Fuse;
use crate::perform::Around;
use mapi_defs::prop::tags::{PR_CLIENT_SUBMIT_TIME, PR_INTERNET_MESSAGE_ID, PR_SUBJECT};
use mapi_defs::recipient::Recipient;
use mapi_defs::{Error, ErrorCode, FileTime, Result};
use mapi_spi::message::Message;
use mapi_spi::provider::transport::{AddressTypes, RecipientOutcome, RecipientState, XpLogon};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CALL: &str = "XpLogon::submit_message";

/// The first rest of the usual policy, a tenth less.
const SHORTEST_REST: Duration = Duration::from_secs(54);

/// A recipient of a message: subject and address.
pub(super) type Whom = (String, String);

/// What the server has seen and done.
pub(super) struct Server {
    pub(super) chance: Chance,
    /// True once it takes whatever it is given.
    pub(super) is_kind: bool,
    pub(super) now: FileTime,
    /// What was taken for each: Message-ID and date, as often as it was.
    pub(super) taken: BTreeMap<Whom, Vec<(String, u64)>>,
    /// How often nobody on the other side could know that it was taken.
    pub(super) windows: BTreeMap<Whom, u64>,
    /// Those who were refused, or left to a transport that is not there.
    pub(super) refused: BTreeSet<Whom>,
    /// To which moment the last answer puts off a message with one recipient.
    pub(super) put_off: BTreeMap<String, FileTime>,
    /// Before which moment a message must not come again.
    pub(super) not_before: BTreeMap<String, FileTime>,
    /// The order of the first attempts.
    pub(super) firsts: Vec<String>,
}

impl Server {
    pub(super) fn new(seed: u64) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            chance: Chance(seed),
            is_kind: false,
            now: FileTime(0),
            taken: BTreeMap::new(),
            windows: BTreeMap::new(),
            refused: BTreeSet::new(),
            put_off: BTreeMap::new(),
            not_before: BTreeMap::new(),
            firsts: Vec::new(),
        }))
    }

    /// What becomes of a recipient before the text is sent; `None` where it would be taken.
    fn verdict(&mut self, whom: &Whom) -> Option<RecipientState> {
        match self.chance.below(100) {
            _ if self.is_kind => None,
            0..15 => Some(RecipientState::RetryAfter(Duration::from_secs(self.chance.below(400)))),
            15..22 => {
                self.refused.insert(whom.clone());
                Some(RecipientState::Refused(ErrorCode::INVALID_PARAMETER))
            }
            22..25 => Some(RecipientState::ResendNow),
            _ => None,
        }
    }
}

/// The transport of one process.
pub(super) struct Wire {
    pub(super) server: Arc<Mutex<Server>>,
    pub(super) around: Around,
    pub(super) fuse: Arc<Fuse>,
    pub(super) at_once: usize,
}

fn failed<T>(code: ErrorCode) -> Result<T> {
    Err(Error::new(code, CALL, "the wire is cut"))
}

impl XpLogon for Wire {
    fn address_types(&self) -> Result<AddressTypes> {
        Ok(AddressTypes { types: vec!["SMTP".to_owned()], ..AddressTypes::default() })
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn submit_message(&self, message: &dyn Message, _reference: u32) -> Result<Vec<RecipientOutcome>> {
        self.fuse.burn()?;
        let text = |tag| -> Result<String> {
            Ok(message.props(Some(&[tag]))?.remove(0).value.as_text().unwrap_or_default().to_owned())
        };
        let (subject, name) = (text(PR_SUBJECT)?, text(PR_INTERNET_MESSAGE_ID)?);
        let date = message.props(Some(&[PR_CLIENT_SUBMIT_TIME]))?.remove(0).value.as_time().unwrap().0;
        let rows: Vec<Recipient> = message.recipients()?.into_iter().filter(|row| !row.is_taken()).collect();
        self.greet(&subject)?;
        let whom = |row: &Recipient| (subject.clone(), row.address().unwrap_or_default().to_owned());
        let mut outcomes = Vec::new();
        let mut willing = Vec::new();
        for row in &rows {
            match self.server.lock().unwrap().verdict(&whom(row)) {
                None => willing.push(row),
                Some(state) => outcomes.push(said(row.row_id, state)),
            }
        }
        if let [RecipientOutcome { state: RecipientState::RetryAfter(_), .. }] = &outcomes[..]
            && message.recipients()?.len() == 1
        {
            let mut server = self.server.lock().unwrap();
            let moment = server.now.plus(SHORTEST_REST);
            server.put_off.insert(subject, moment);
            return Ok(outcomes);
        }
        if willing.is_empty() {
            return Ok(outcomes);
        }
        let marked: Vec<u32> = willing.iter().map(|row| row.row_id).collect();
        if self.around.handed.mark_in_doubt(message, &marked).is_err() {
            outcomes.extend(marked.iter().map(|row| said(*row, RecipientState::RetryAfter(Duration::ZERO))));
            return Ok(outcomes);
        }
        self.fuse.burn()?;
        let mut server = self.server.lock().unwrap();
        let is_cut = !server.is_kind && server.chance.percent(8);
        let arrives = !is_cut || server.chance.percent(50);
        for row in &willing {
            if arrives {
                server.taken.entry(whom(row)).or_default().push((name.clone(), date));
            }
            if arrives && is_cut {
                *server.windows.entry(whom(row)).or_default() += 1;
            }
        }
        drop(server);
        // The answer is under way.
        self.fuse.burn()?;
        let state = if is_cut { RecipientState::InDoubt } else { RecipientState::Sent };
        outcomes.extend(marked.into_iter().map(|row| said(row, state.clone())));
        Ok(outcomes)
    }

    fn logoff(&self) -> Result<()> {
        Ok(())
    }
}

impl Wire {
    /// The beginning of a dialogue, which may not come about.
    fn greet(&self, subject: &str) -> Result<()> {
        let mut server = self.server.lock().unwrap();
        if !server.firsts.iter().any(|first| first == subject) {
            server.firsts.push(subject.to_owned());
        }
        let (now, not_before) = (server.now, server.not_before.remove(subject));
        server.put_off.remove(subject);
        assert!(not_before.is_none_or(|moment| now >= moment), "{subject} is tried before its moment");
        match server.chance.below(100) {
            _ if server.is_kind => Ok(()),
            0..8 => failed(ErrorCode::NETWORK_ERROR),
            8..11 => failed(ErrorCode::BUSY),
            11..13 => failed(ErrorCode::CALL_FAILED),
            _ => Ok(()),
        }
    }
}

fn said(row_id: u32, state: RecipientState) -> RecipientOutcome {
    RecipientOutcome { row_id, state, reply: "said".to_owned() }
}
