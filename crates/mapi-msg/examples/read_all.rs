//! Reads every message file of a folder, from memory, with all bodies decoded, and prints the seconds
//! of each round: the side of ours in `xtask/oracles/poi`.
//!
//! `cargo run --release -p mapi-msg --example read_all -- FOLDER ROUNDS`

use mapi_defs::object::MessageObject;
use mapi_defs::prop::PropValue;
use mapi_defs::prop::tags::PR_RTF_COMPRESSED;
use mapi_msg::{MsgFile, ObjectLimits};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "samples".to_owned());
    let rounds: u32 = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "msg") {
            files.push(std::fs::read(path)?);
        }
    }
    for round in 0..rounds {
        let began = Instant::now();
        let (mut read, mut refused, mut seen) = (0, 0, 0);
        for bytes in &files {
            match whole(bytes.clone()) {
                Ok(message) => {
                    seen += walk(&message);
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        println!("openmapi round {round}: {read} read, {refused} refused, {seen} seen, {seconds:.4} s");
    }
    Ok(())
}

fn whole(bytes: Vec<u8>) -> mapi_defs::Result<MessageObject> {
    MsgFile::from_source(bytes)?.message()?.to_object(&ObjectLimits::default())
}

/// Counts what is there, and the characters of every body.
fn walk(message: &MessageObject) -> usize {
    let rtf = message.property(PR_RTF_COMPRESSED).and_then(PropValue::as_binary);
    let body = rtf.and_then(|bytes| mapi_rtf::extract(&mapi_rtf::decompress(bytes).ok()?.rtf).ok());
    let mut seen = message.properties.len() + body.map_or(0, |body| body.into_string().len());
    seen += message.recipients.iter().map(Vec::len).sum::<usize>();
    for attachment in &message.attachments {
        seen += attachment.properties.len() + attachment.message.as_deref().map_or(0, walk);
    }
    seen
}
