//! What the mail server took, by message, and what the queue said it did not know. Messages are known by the
//! number in their recipients' addresses.

use mapi_testkit::smtp_sink::{Letter, Postmaster};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Books {
    pages: Mutex<Pages>,
    news: Condvar,
}

#[derive(Debug)]
struct Pages {
    disk: File,
    /// How often a recipient was accepted.
    accepted: BTreeMap<String, usize>,
    /// Message-ID and octets of the first acceptance.
    texts: BTreeMap<usize, Vec<u8>>,
    submitted: BTreeSet<String>,
    /// Messages that a client has named since the last kill, and ever.
    seen_now: BTreeSet<usize>,
    seen: BTreeSet<usize>,
    /// How often a message was left in doubt.
    doubts: BTreeMap<usize, usize>,
    faults: Vec<String>,
}

/// The address of a recipient of a message.
pub(crate) fn address(message: usize, recipient: usize) -> String {
    format!("m{message}-{recipient}@example.com")
}

fn message_of(address: &str) -> usize {
    let number = address.strip_prefix('m').and_then(|rest| rest.split('-').next());
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("nobody wrote to {address}"))
}

impl Books {
    pub(crate) fn new() -> Self {
        let pages = Pages {
            disk: tempfile::tempfile().unwrap(),
            accepted: BTreeMap::new(),
            texts: BTreeMap::new(),
            submitted: BTreeSet::new(),
            seen_now: BTreeSet::new(),
            seen: BTreeSet::new(),
            doubts: BTreeMap::new(),
            faults: Vec::new(),
        };
        Self { pages: Mutex::new(pages), news: Condvar::new() }
    }

    pub(crate) fn submitted(&self, address: String) {
        self.pages.lock().unwrap().submitted.insert(address);
    }

    /// Waits until a client names a recipient that it has not named since the last kill.
    pub(crate) fn await_news(&self, patience: Duration) {
        let pages = self.pages.lock().unwrap();
        drop(self.news.wait_timeout_while(pages, patience, |pages| pages.seen_now.is_empty()).unwrap());
    }

    /// The queue says after a kill that nobody knows of these; answers of how many that is new.
    pub(crate) fn doubt(&self, messages: &BTreeSet<usize>) -> usize {
        let mut pages = self.pages.lock().unwrap();
        let mut new = 0;
        for message in messages {
            if !pages.seen.contains(message) {
                pages.faults.push(format!("message {message} is in doubt, and the server never saw it"));
            }
            if pages.seen_now.contains(message) {
                *pages.doubts.entry(*message).or_default() += 1;
                new += 1;
            }
        }
        pages.seen_now.clear();
        new
    }

    /// How many acceptances were not the first.
    pub(crate) fn repeats(&self) -> usize {
        self.pages.lock().unwrap().accepted.values().map(|count| count - 1).sum()
    }

    /// What must not be, each as a sentence; for when the queue is empty.
    pub(crate) fn faults(&self) -> Vec<String> {
        let pages = self.pages.lock().unwrap();
        let mut faults = pages.faults.clone();
        for address in pages.submitted.union(&pages.accepted.keys().cloned().collect()) {
            let accepted = pages.accepted.get(address).copied().unwrap_or(0);
            let doubts = pages.doubts.get(&message_of(address)).copied().unwrap_or(0);
            if accepted == 0 {
                faults.push(format!("{address}: lost"));
            } else if accepted > 1 + doubts {
                faults.push(format!("{address}: accepted {accepted} times, in doubt {doubts} times"));
            } else if !pages.submitted.contains(address) {
                faults.push(format!("{address}: from nowhere"));
            }
        }
        faults
    }
}

impl Postmaster for Books {
    fn seen(&self, recipient: &str) {
        let mut pages = self.pages.lock().unwrap();
        let message = message_of(recipient);
        pages.seen.insert(message);
        pages.seen_now.insert(message);
        self.news.notify_all();
    }

    fn accept(&self, letter: Letter) {
        let mut pages = self.pages.lock().unwrap();
        let line = format!("{}\n", letter.recipients.join(" "));
        pages.disk.write_all(line.as_bytes()).and_then(|()| pages.disk.sync_data()).unwrap();
        let message = message_of(&letter.recipients[0]);
        let first = pages.texts.entry(message).or_insert_with(|| letter.text.clone());
        if *first != letter.text {
            let fault = format!("message {message} went again, and not the same");
            pages.faults.push(fault);
        }
        for recipient in letter.recipients {
            *pages.accepted.entry(recipient).or_default() += 1;
        }
    }
}
