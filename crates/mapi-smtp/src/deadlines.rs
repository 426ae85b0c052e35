//! `Deadlines`: how long each stage of a dialogue may take. Who keeps them is `session` for the
//! replies and `connection.rs` for everything before the greeting.

use std::time::Duration;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

/// How long each stage may take. The replies' are those of RFC 5321 4.5.3.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// Until one address of the server answers.
    pub connect: Duration,
    /// From the connection to the greeting, and for each reply of EHLO, STARTTLS and AUTH.
    pub greeting: Duration,
    /// For the reply to MAIL and to RSET.
    pub mail: Duration,
    /// For the reply to RCPT.
    pub rcpt: Duration,
    /// For the reply to DATA.
    pub data: Duration,
    /// For each block of the text to be taken by the network.
    pub block: Duration,
    /// For the reply to the final dot.
    pub finish: Duration,
    /// For everything before the first MAIL together.
    pub opening: Duration,
    /// For one message from MAIL to the reply to its final dot.
    pub message: Duration,
    /// For a command that names a password or token.
    pub command: Duration,
    /// For the polite end of a connection.
    pub quit: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: seconds(30),
            greeting: minutes(5),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            finish: minutes(10),
            opening: minutes(15),
            message: minutes(60),
            command: seconds(30),
            quit: seconds(2),
        }
    }
}

impl Deadlines {
    /// The same deadlines `divisor` times shorter; 0 counts as 1.
    #[must_use]
    pub fn scaled(self, divisor: u32) -> Self {
        let scale = |whole: Duration| whole.checked_div(divisor).unwrap_or(whole);
        Self {
            connect: scale(self.connect),
            greeting: scale(self.greeting),
            mail: scale(self.mail),
            rcpt: scale(self.rcpt),
            data: scale(self.data),
            block: scale(self.block),
            finish: scale(self.finish),
            opening: scale(self.opening),
            message: scale(self.message),
            command: scale(self.command),
            quit: scale(self.quit),
        }
    }
}
