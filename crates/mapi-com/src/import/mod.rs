//! COM objects of C programs behind the safe traits: the other way round than `export/`.

pub mod advise_sink;
pub mod progress;
pub mod storage;
