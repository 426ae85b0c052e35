//! The MAPI spooler: a durable queue as a pure machine with a driver.
#![forbid(unsafe_code)]
