//! `Account`: how a session ended — what was opened and closed, what was left open, what the queue
//! holds and how each provider took its leave.

use mapi_defs::{ErrorCode, Result};
use mapi_spi::handle::OpenObject;
use mapi_spi::spooler::QueueState;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Objects left open that an account names; the count goes on.
pub const LEFT_OPEN_NAMED: usize = 100;

/// The closing account of a session.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Account {
    /// Objects opened in the session; always `closed` and `left_open_count` together.
    pub opened: u64,
    /// Objects closed before the end began.
    pub closed: u64,
    /// Objects that were open when the end began.
    pub left_open_count: u64,
    /// The oldest of them, at most [`LEFT_OPEN_NAMED`].
    pub left_open: Vec<OpenObject>,
    /// Advises that nobody had ended.
    pub advises_cancelled: u64,
    /// The outgoing queue as this session's spooler saw it; without a spooler it saw nothing.
    pub queue: QueueState,
    /// The provider logons, in the order in which they ended, and behind them sinks that had not returned.
    pub providers: Vec<ProviderEnd>,
    /// How long the end took.
    pub took: Duration,
}

/// How one provider logon ended; or a provider, where its shutdown failed or was late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderEnd {
    /// `store`, `address_book`, `transport`, `spooler` or `sink`.
    pub kind: &'static str,
    /// The provider's name.
    pub name: String,
    /// What it answered; `MAPI_E_TIMEOUT` where it had not returned in time.
    pub result: Result<(), ErrorCode>,
    /// How long it took.
    pub took: Duration,
}

impl Account {
    /// The account as `session_end` of the command's answers.
    pub fn to_json(&self) -> Value {
        json!({
            "opened": self.opened,
            "closed": self.closed,
            "left_open_count": self.left_open_count,
            "left_open": self.left_open.iter().map(|object| json!({
                "kind": object.kind, "name": object.name, "where": object.place,
            })).collect::<Vec<_>>(),
            "advises_cancelled": self.advises_cancelled,
            "queue": {
                "sent": self.queue.sent,
                "queued": self.queue.queued,
                "in_doubt": self.queue.in_doubt,
                "refused": self.queue.refused,
            },
            "providers": self.providers.iter().map(|end| json!({
                "kind": end.kind, "name": end.name, "result": end.word(), "ms": milliseconds(end.took),
            })).collect::<Vec<_>>(),
            "ms": milliseconds(self.took),
        })
    }

    /// Tells the log.
    pub(super) fn trace(&self, session: &str) {
        for object in &self.left_open {
            tracing::warn!(session, kind = object.kind, place = object.place, "an object was left open");
        }
        for end in self.providers.iter().filter(|end| end.result.is_err()) {
            tracing::warn!(
                session,
                kind = end.kind,
                name = end.name,
                result = end.word(),
                "a provider failed to end"
            );
        }
        tracing::info!(
            session,
            opened = self.opened,
            left_open = self.left_open_count,
            advises_cancelled = self.advises_cancelled,
            queued = self.queue.queued,
            ms = milliseconds(self.took),
            "logged off"
        );
    }
}

impl ProviderEnd {
    /// The name of the answer, such as `S_OK`.
    pub fn word(&self) -> String {
        match self.result {
            Ok(()) => "S_OK".to_owned(),
            Err(code) => code.name().map_or_else(|| format!("0x{:08X}", code.as_u32()), str::to_owned),
        }
    }
}

/// Milliseconds with one place.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

/// One line; with objects left open or late providers, a line more for each.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "session ended in {:.1} ms: {} opened, {} closed, {} left open, {} advises cancelled",
            milliseconds(self.took),
            self.opened,
            self.closed,
            self.left_open_count,
            self.advises_cancelled
        )?;
        let queue = &self.queue;
        write!(
            f,
            "; queue: {} sent, {} queued, {} in doubt, {} refused",
            queue.sent, queue.queued, queue.in_doubt, queue.refused
        )?;
        for end in self.providers.iter().filter(|end| end.result.is_err()) {
            write!(
                f,
                "\n  {} {}: {} after {:.1} ms",
                end.kind,
                end.name,
                end.word(),
                milliseconds(end.took)
            )?;
        }
        for object in &self.left_open {
            write!(f, "\n  left open: {} {} ({})", object.kind, object.name, object.place)?;
        }
        let unnamed = self.left_open_count.saturating_sub(self.left_open.len() as u64);
        if unnamed > 0 {
            write!(f, "\n  left open: {unnamed} more")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Account {
        Account {
            opened: 9,
            closed: 8,
            left_open_count: 1,
            left_open: vec![OpenObject { kind: "IMessage", name: "a1".into(), place: "src/x.rs:7".into() }],
            advises_cancelled: 2,
            queue: QueueState { sent: 1, queued: 2, in_doubt: 3, refused: 4 },
            providers: vec![
                ProviderEnd {
                    kind: "store",
                    name: "S".into(),
                    result: Ok(()),
                    took: Duration::from_micros(440),
                },
                ProviderEnd {
                    kind: "transport",
                    name: "T".into(),
                    result: Err(ErrorCode::TIMEOUT),
                    took: Duration::from_secs(10),
                },
            ],
            took: Duration::from_micros(1_940),
        }
    }

    #[test]
    fn the_json_has_the_members_of_session_end() {
        let expected = concat!(
            r#"{"opened":9,"closed":8,"left_open_count":1,"#,
            r#""left_open":[{"kind":"IMessage","name":"a1","where":"src/x.rs:7"}],"advises_cancelled":2,"#,
            r#""queue":{"sent":1,"queued":2,"in_doubt":3,"refused":4},"#,
            r#""providers":[{"kind":"store","name":"S","result":"S_OK","ms":0.4},"#,
            r#"{"kind":"transport","name":"T","result":"MAPI_E_TIMEOUT","ms":10000.0}],"ms":1.9}"#
        );
        assert_eq!(sample().to_json().to_string(), expected);
    }

    #[test]
    fn the_text_names_what_went_wrong() {
        let mut account = sample();
        account.left_open_count = 3;
        let text = account.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("session ended in 1.9 ms: 9 opened, 8 closed, 3 left open"), "{text}");
        assert!(lines[0].ends_with("queue: 1 sent, 2 queued, 3 in doubt, 4 refused"), "{text}");
        assert_eq!(lines[1], "  transport T: MAPI_E_TIMEOUT after 10000.0 ms");
        assert_eq!(lines[2], "  left open: IMessage a1 (src/x.rs:7)");
        assert_eq!(lines[3], "  left open: 2 more");
    }
}
