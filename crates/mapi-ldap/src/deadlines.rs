//! `Deadlines`: how long each stage of a dialogue may take.

use std::time::Duration;

/// How long each stage may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// Until one address of the server answers.
    pub connect: Duration,
    /// From the connection to the end of the login.
    pub login: Duration,
    /// For a command that says the password.
    pub command: Duration,
    /// For a search with all of its pages.
    pub search: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            login: Duration::from_secs(15),
            command: Duration::from_secs(30),
            search: Duration::from_secs(60),
        }
    }
}
