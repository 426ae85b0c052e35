//! Streams that a program makes long by one number: what is not written takes no memory. A process of its own,
//! because its memory is looked at.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapi_defs::ErrorCode;
use mapi_defs::flags::StreamFlags;
use mapi_defs::prop::tags::PR_ATTACH_DATA_BIN;
use mapi_msg::{DocStorage, OnStorage, SectorSize, open_on_storage};
use mapi_spi::message::Message;
use mapi_spi::storage::Storage;
use std::sync::Arc;

const LONGEST: u64 = 0x7FFF_FFFF;
const MEMORY_MAX_KIB: u64 = 256 * 1024;

#[test]
fn a_length_alone_takes_no_memory() {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let of_storage = root.create_stream("long").unwrap();
    let message = open_on_storage(Arc::new(root.clone()), OnStorage::default()).unwrap();
    let (_, attachment) = message.create_attach().unwrap();
    let flags = StreamFlags::CREATE | StreamFlags::MODIFY;
    let of_property = attachment.open_stream(PR_ATTACH_DATA_BIN, flags).unwrap();
    for stream in [of_storage, of_property] {
        for round in 0..50 {
            stream.set_len(LONGEST - round).unwrap();
            stream.write_at(LONGEST - round - 1, b"x").unwrap();
            stream.write_at(LONGEST / 2, b"y").unwrap();
            let mut two = [1; 2];
            assert_eq!(stream.read_at(LONGEST - round - 2, &mut two).unwrap(), 2);
            assert_eq!(&two, b"\0x");
            stream.set_len(round).unwrap();
            assert_eq!(stream.len().unwrap(), round);
        }
        let too_long = stream.set_len(LONGEST + 1).unwrap_err();
        assert_eq!(too_long.code(), ErrorCode::TOO_BIG);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < MEMORY_MAX_KIB, "{kib} KiB");
}
