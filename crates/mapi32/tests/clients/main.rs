//! The library as C and C++ programs meet it: what it shows, how its headers lay things out, and programs
//! that call it.

mod compile;
mod exports;
mod foreign_headers;
mod headers;
mod programs;
mod python;
mod sweep;
mod verify;
