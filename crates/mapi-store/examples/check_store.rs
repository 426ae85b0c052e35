//! Checks a store file and ends with 1 where it is not sound; for `tests/full_disk.sh`.

use std::path::Path;

fn main() -> mapi_defs::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let report = mapi_store::check(Path::new(&path))?;
    println!("{report:?}");
    if !report.is_sound() {
        std::process::exit(1);
    }
    Ok(())
}
