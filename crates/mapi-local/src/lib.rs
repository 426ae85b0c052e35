//! The LOCAL transport provider: delivers to the local Inbox.
#![forbid(unsafe_code)]
