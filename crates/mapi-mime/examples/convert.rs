//! Writes a `.msg` file as MIME to standard output, and what is lost to standard error.
//!
//! `cargo run -p mapi-mime --example convert -- FILE.msg >FILE.eml`

use mapi_defs::FileTime;
use mapi_mime::{Options, to_mime};
use mapi_msg::{MsgFile, ObjectLimits};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a .msg file")?;
    let changed = std::fs::metadata(&path)?.modified()?;
    let message = MsgFile::open(path)?.message()?.to_object(&ObjectLimits::default())?;
    let options =
        Options { keep_transport_headers: true, ..Options::new(FileTime::from_system(changed), "localhost") };
    let mime = to_mime(&message, &options)?;
    for loss in &mime.losses {
        eprintln!("{loss}");
    }
    std::io::stdout().write_all(&mime.bytes)?;
    Ok(())
}
