//! The MAPI subsystem: profiles, sessions, objects, and the orderly end.
#![forbid(unsafe_code)]
