//! `reply_matrix`: every class of reply at every stage of a message, and every mixture of recipients, as scripts for
//! a [`Server`](crate::smtp_server::Server). What each has to come to is said by the tests, at the face that they test.

use crate::smtp_server::{Act, Script};
use std::sync::Arc;

/// What a reply says of what it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// Yes.
    Yes,
    /// Not now.
    Later,
    /// Never.
    No,
}

/// The stages that replies are tried at; `.` is the final dot.
pub const STAGES: [&str; 6] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."];

const REPLIES: [(&str, Says); 6] = [
    ("421 4.3.2 going down", Says::Later),
    ("450 4.2.1 busy", Says::Later),
    ("451 4.3.0 fault", Says::Later),
    ("550 5.7.1 no", Says::No),
    ("554 5.0.0 no", Says::No),
    ("250 2.0.0 fine", Says::Yes),
];

/// One reply at one stage.
pub struct Case {
    /// One of [`STAGES`].
    pub stage: &'static str,
    /// The reply that is given there, whatever the command.
    pub reply: &'static str,
    /// What it says.
    pub says: Says,
    /// The server that gives it.
    pub script: Script,
}

/// With PIPELINING, and without.
fn scripts() -> [Script; 2] {
    [Script::default(), Script::default().without("PIPELINING")]
}

/// 72 of them: each reply at each stage, with PIPELINING and without.
pub fn replies_at_stages() -> Vec<Case> {
    let mut cases = Vec::new();
    for script in scripts() {
        for stage in STAGES {
            for (reply, says) in REPLIES {
                let script = match stage {
                    "greeting" => Script { greeting: Act::say(reply), ..script.clone() },
                    // The reply to the final dot is given for nothing else.
                    stage => script.clone().on(stage, Act::say(reply)),
                };
                cases.push(Case { stage, reply, says, script });
            }
        }
    }
    cases
}

/// Whom the mixtures are for, in order.
pub const THREE: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];

/// One mixture.
pub struct Mixture {
    /// The reply to RCPT for each of [`THREE`], and what it says.
    pub replies: [(&'static str, Says); 3],
    /// The server that gives them.
    pub script: Script,
}

/// 54 of them: each reply of three for each of three recipients, with PIPELINING and without.
pub fn mixtures() -> Vec<Mixture> {
    const OF_RECIPIENTS: [(&str, Says); 3] =
        [("250 2.1.5 ok", Says::Yes), ("451 4.2.0 later", Says::Later), ("550 5.1.1 nobody", Says::No)];
    let mut mixtures = Vec::new();
    for script in scripts() {
        for number in 0..27 {
            let replies = [number % 3, number / 3 % 3, number / 9].map(|index| OF_RECIPIENTS[index]);
            let answer = move |line: &str| {
                let recipient = line.strip_prefix("RCPT TO:<")?;
                let index = THREE.iter().position(|one| recipient.starts_with(one))?;
                Some(Act::say(replies[index].0))
            };
            mixtures.push(Mixture { replies, script: Script { answer: Arc::new(answer), ..script.clone() } });
        }
    }
    mixtures
}
