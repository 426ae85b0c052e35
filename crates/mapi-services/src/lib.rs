//! The built-in message services, registered by name.
#![forbid(unsafe_code)]
