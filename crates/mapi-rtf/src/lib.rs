//! Compressed RTF, and the HTML or text inside it.
#![forbid(unsafe_code)]
