//! The contracts of MAPI: what providers implement, and the gate that ends their objects.
#![forbid(unsafe_code)]
