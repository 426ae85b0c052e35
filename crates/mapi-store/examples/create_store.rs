//! Creates a store file; for `tests/full_disk.sh`.

use mapi_defs::FileTime;
use std::path::Path;

fn main() -> mapi_defs::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    mapi_store::create(Path::new(&path), "Personal Folders", FileTime::from_unix_seconds(1_795_132_800))
}
