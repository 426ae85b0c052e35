//! Contract suites for providers, as plain functions.
#![forbid(unsafe_code)]
