//! Copying between any two objects (CopyTo). What is copied how is `mapi_spi::copy`.

use super::{Message, Object};
use mapi_defs::Result;

/// Copies the properties of one object into another, unsaved; those in `exclude` are left out.
///
/// # Errors
/// - `MAPI_E_NO_ACCESS`: the destination is open for reading.
/// - `MAPI_E_INVALID_OBJECT`: one of them has ended.
pub fn copy_between(from: &impl Object, to: &impl Object, exclude: &[u16]) -> Result<()> {
    from.with_props(|from| to.with_props(|to| mapi_spi::copy::copy_props(from, to, exclude)))
}

pub(super) fn copy_message(from: &Message, to: &Message, exclude: &[u16]) -> Result<()> {
    let (from, to) = (from.open().live()?, to.open().live()?);
    mapi_spi::copy::copy_message(&*from, &*to, exclude)
}
