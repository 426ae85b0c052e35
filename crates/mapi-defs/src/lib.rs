//! The values of MAPI: property tags, types and values, codes, restrictions, rows.
#![forbid(unsafe_code)]
