//! What became of messages that were sent: read back from the messages themselves, so that it does not
//! matter whose spooler has sent them.

use crate::exit::Exit;
use crate::failure::Outcome;
use mapi::object::{MsgStore, Object};
use mapi_defs::flags::{MessageFlags, OpenFlags};
use mapi_defs::prop::tags::{PR_INTERNET_MESSAGE_ID, PR_MESSAGE_FLAGS, PR_SUBJECT};
use mapi_defs::{EntryId, ErrorCode};
use mapi_spi::spooler::recipient_outcome::{ATTEMPTS, REPLY, STATE};
use serde_json::{Value, json};

/// How far a message has come, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    Sent,
    Local,
    Queued,
    InDoubt,
    Refused,
}

impl State {
    fn of_word(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "local" => Self::Local,
            "in_doubt" => Self::InDoubt,
            "refused" => Self::Refused,
            _ => Self::Queued,
        }
    }

    /// The word for a recipient.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Local => "local",
            Self::Queued => "queued",
            Self::InDoubt => "in_doubt",
            Self::Refused => "refused",
        }
    }

    /// Whatever arrived somewhere counts as sent for the message as a whole.
    const fn of_message(self) -> Self {
        match self {
            Self::Local => Self::Sent,
            other => other,
        }
    }

    /// What the command ends with.
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Sent | Self::Local => Exit::Done,
            Self::Queued | Self::InDoubt => Exit::Queued,
            Self::Refused => Exit::Failed,
        }
    }
}

/// One message that was submitted.
pub(crate) struct Outgoing {
    pub(crate) entry_id: EntryId,
    pub(crate) message_id: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) state: State,
    pub(crate) recipients: Vec<RecipientEnd>,
    /// False for a message that neither waits nor has an outcome: nobody has submitted it.
    pub(crate) was_submitted: bool,
}

/// One recipient of it.
pub(crate) struct RecipientEnd {
    pub(crate) address: String,
    pub(crate) state: State,
    pub(crate) reply: Option<String>,
    /// How often a transport was asked for it.
    pub(crate) attempts: u32,
}

impl Outgoing {
    /// The form of `send --json`.
    pub(crate) fn to_json(&self) -> Value {
        let recipients = self
            .recipients
            .iter()
            .map(|end| json!({ "address": end.address, "state": end.state.word(), "reply": end.reply }));
        json!({
            "entry_id": self.entry_id.to_string(),
            "message_id": self.message_id,
            "subject": self.subject,
            "state": self.state.word(),
            "recipients": recipients.collect::<Vec<_>>(),
        })
    }
}

/// Reads what became of a message.
pub(crate) fn outgoing(store: &MsgStore, id: &EntryId) -> Outcome<Outgoing> {
    let message = match store.open_message(id, OpenFlags::NONE) {
        // The spooler is at work on it just now.
        Err(error) if error.code() == ErrorCode::NO_ACCESS => return Ok(waiting(id)),
        other => other?,
    };
    let flags = MessageFlags(message.long(PR_MESSAGE_FLAGS)?.unwrap_or(0).cast_unsigned());
    let is_queued = flags.contains(MessageFlags::SUBMIT);
    let rows = message.recipients()?;
    let was_submitted = is_queued || rows.iter().any(|row| row.props.text(STATE).is_some());
    let recipients: Vec<RecipientEnd> = rows
        .iter()
        .map(|row| RecipientEnd {
            address: row.address().unwrap_or_default().to_owned(),
            state: row
                .props
                .text(STATE)
                .map_or(if is_queued { State::Queued } else { State::Sent }, State::of_word),
            reply: row.props.text(REPLY).map(str::to_owned),
            attempts: row.props.long(ATTEMPTS).unwrap_or(0).cast_unsigned(),
        })
        .collect();
    let worst = recipients.iter().map(|end| end.state.of_message()).max().unwrap_or(State::Sent);
    Ok(Outgoing {
        entry_id: id.clone(),
        message_id: message.text(PR_INTERNET_MESSAGE_ID)?,
        subject: message.text(PR_SUBJECT)?,
        state: if is_queued { worst.max(State::Queued) } else { worst },
        recipients,
        was_submitted,
    })
}

fn waiting(id: &EntryId) -> Outgoing {
    Outgoing {
        entry_id: id.clone(),
        message_id: None,
        subject: None,
        state: State::Queued,
        recipients: Vec::new(),
        was_submitted: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_recipient_decides_for_the_message() {
        assert_eq!([State::Local, State::Refused, State::Queued].into_iter().max(), Some(State::Refused));
        assert_eq!(State::Local.of_message(), State::Sent);
        for state in [State::Sent, State::Local, State::Queued, State::InDoubt, State::Refused] {
            assert_eq!(State::of_word(state.word()), state);
        }
        assert_eq!((State::Refused.exit(), State::InDoubt.exit()), (Exit::Failed, Exit::Queued));
    }
}
