//! What a server said, as MAPI's word for a recipient: sent, to be tried again, or refused with a code.

use crate::reply::Reply;
use crate::session::{Fault, Lack, Stage, Verdict};
use mapi_defs::ErrorCode;
use mapi_spi::provider::transport::RecipientState;
use std::time::Duration;

/// What stands before the reply of a recipient of whom nobody knows whether the server took the message.
pub const IN_DOUBT: &str = "in doubt: ";

/// After 4xx; the spooler's own rests are longer from the second attempt on.
const LATER: Duration = Duration::from_secs(60);

/// MAPI's word for a verdict, and what is recorded with it.
pub fn outcome(verdict: &Verdict) -> (RecipientState, String) {
    match verdict {
        Verdict::Accepted(reply) => (RecipientState::Sent, reply.to_string()),
        // It is the account that is refused, which a person can mend; nothing is said against the message.
        Verdict::Refused(Stage::Mail, reply) if matches!(reply.code, 530 | 534 | 535 | 538) => {
            (RecipientState::RetryAfter(LATER), reply.to_string())
        }
        Verdict::Refused(_, reply) if !reply.is_permanent() => {
            (RecipientState::RetryAfter(LATER), reply.to_string())
        }
        Verdict::Refused(stage, reply) => {
            (RecipientState::Refused(refusal_code(*stage, reply)), reply.to_string())
        }
        Verdict::Lacking(lack) => {
            let code = match lack {
                Lack::Size { .. } => ErrorCode::TOO_BIG,
                Lack::EightBit | Lack::Utf8 => ErrorCode::BAD_CHARWIDTH,
            };
            (RecipientState::Refused(code), lack.to_string())
        }
        Verdict::Interrupted(fault) => (RecipientState::RetryAfter(LATER), fault.to_string()),
        Verdict::InDoubt(fault) => (RecipientState::InDoubt, format!("{IN_DOUBT}{fault}")),
    }
}

/// The code of a reply that is final.
pub fn refusal_code(stage: Stage, reply: &Reply) -> ErrorCode {
    match (reply.code, reply.enhanced()) {
        (552 | 523, None) | (_, Some((_, 2, 3) | (_, 3, 4))) => ErrorCode::TOO_BIG,
        (_, Some((_, 7, _))) | (530 | 534 | 535 | 538, _) => ErrorCode::NO_ACCESS,
        (_, Some((_, 1, _) | (_, 2, 1))) => ErrorCode::NOT_FOUND,
        (550 | 551 | 553, None) if stage == Stage::Rcpt => ErrorCode::NOT_FOUND,
        _ => ErrorCode::CALL_FAILED,
    }
}

/// The code of a whole attempt that came to nothing: the message stays, and is tried again.
pub fn attempt_code(fault: &Fault) -> ErrorCode {
    match fault {
        Fault::Cancelled => ErrorCode::CANCEL,
        Fault::Refused(..)
        | Fault::LoginRefused(_)
        | Fault::NoMechanism
        | Fault::NoSecret(_)
        | Fault::NotRecorded(_) => ErrorCode::WAIT,
        _ => ErrorCode::NETWORK_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply { code, lines: vec![text.to_owned()] }
    }

    #[test]
    fn final_replies_have_a_code_of_their_kind() {
        for (stage, code, text, expected) in [
            (Stage::Rcpt, 550, "5.1.1 no such user", ErrorCode::NOT_FOUND),
            (Stage::Rcpt, 550, "no such user", ErrorCode::NOT_FOUND),
            (Stage::Rcpt, 554, "5.7.1 relay denied", ErrorCode::NO_ACCESS),
            (Stage::Mail, 530, "log on first", ErrorCode::NO_ACCESS),
            (Stage::Mail, 552, "too big", ErrorCode::TOO_BIG),
            (Stage::Finish, 552, "5.3.4 too big", ErrorCode::TOO_BIG),
            (Stage::Finish, 554, "no", ErrorCode::CALL_FAILED),
            (Stage::Data, 550, "no", ErrorCode::CALL_FAILED),
        ] {
            assert_eq!(refusal_code(stage, &reply(code, text)), expected, "{code} {text}");
        }
    }

    #[test]
    fn a_login_that_is_asked_for_says_nothing_against_the_message() {
        let (state, _) = outcome(&Verdict::Refused(Stage::Mail, reply(530, "5.7.0 log on first")));
        assert_eq!(state, RecipientState::RetryAfter(LATER));
        let (state, _) = outcome(&Verdict::Refused(Stage::Mail, reply(550, "5.7.1 no")));
        assert_eq!(state, RecipientState::Refused(ErrorCode::NO_ACCESS));
    }

    #[test]
    fn a_doubt_is_neither_sent_nor_refused() {
        let (state, said) = outcome(&Verdict::InDoubt(Fault::Closed(Stage::Finish)));
        assert_eq!(state, RecipientState::InDoubt);
        assert_eq!(said, "in doubt: the connection ended at the final dot");
    }
}
