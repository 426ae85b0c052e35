//! Files that hold a TNEF stream (winmail.dat), told by how they begin. The form is `mapi-tnef`'s.

use crate::failure::{Failure, Outcome};
use crate::input::unreadable;
use mapi_tnef::Read;
use std::path::Path;

/// The message of a stream, and what is wrong with it.
pub(crate) fn read(bytes: &[u8], path: &Path) -> Outcome<Read> {
    mapi_tnef::read(bytes).map_err(|error| unreadable(path, Failure::from(error)))
}

/// The stream written anew of what is whole in it.
pub(crate) fn mended(bytes: &[u8], path: &Path) -> Outcome<Vec<u8>> {
    mapi_tnef::mended(bytes).map_err(|error| unreadable(path, Failure::from(error)))
}
