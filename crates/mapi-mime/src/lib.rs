//! MAPI messages as MIME.
#![forbid(unsafe_code)]
