//! `storage_from_stream`: a storage that lies in a stream (HrIStorageFromStream).
//!
//! What a storage over a stream does is `DocStorage::on_stream`'s; here is what its flags mean.

use super::DocStorage;
use mapi_defs::flags::StreamStorageFlags;
use mapi_defs::{Error, ErrorCode, Result};
use mapi_spi::storage::StorageMode;
use mapi_spi::stream::PropStream;
use std::sync::Arc;

/// Makes a storage of a stream; `position` is where the stream stands, which counts with CURRENT alone.
///
/// Without flags the storage is for reading and begins with the stream. With MODIFY or CREATE it is
/// transacted: its commit writes the stream and commits that. The storage holds the stream until it is
/// let go of itself.
///
/// # Errors
/// - `MAPI_E_UNKNOWN_FLAGS`: an undefined flag.
/// - `MAPI_E_CORRUPT_DATA`, `MAPI_E_TOO_COMPLEX`: the stream holds no storage that can be read.
/// - What the stream answers.
///
/// # Source
/// HrIStorageFromStream.
pub fn storage_from_stream(
    stream: Arc<dyn PropStream>,
    flags: StreamStorageFlags,
    position: u64,
) -> Result<DocStorage> {
    if flags.has_unknown() {
        return Err(Error::new(ErrorCode::UNKNOWN_FLAGS, "HrIStorageFromStream", "an undefined flag"));
    }
    let create = flags.contains(StreamStorageFlags::CREATE);
    let writes = create || flags.contains(StreamStorageFlags::MODIFY);
    let mode = if writes { StorageMode::ReadWrite } else { StorageMode::Read };
    let offset = if flags.contains(StreamStorageFlags::CURRENT) { position } else { 0 };
    DocStorage::on_stream(stream, offset, mode, create)
}
