//! Adds so many recipients to a new message on a storage in memory and saves it; with a second number reads
//! the file that often instead of once less. For counting instructions: `valgrind --tool=callgrind`.

#![allow(clippy::unwrap_used, reason = "an example ends with what went wrong")]

use mapi_defs::flags::SaveFlags;
use mapi_defs::prop::Prop;
use mapi_defs::prop::tags::{PR_ADDRTYPE, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE};
use mapi_defs::recipient::Recipient;
use mapi_msg::{DocStorage, MsgFile, ObjectLimits, OnStorage, OnStorageFlags, SectorSize, open_on_storage};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use std::sync::Arc;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<usize>().unwrap());
    let count = numbers.next().unwrap();
    let bytes = saved(count);
    for _ in 0..numbers.next().unwrap_or_default() {
        let message = MsgFile::from_source(bytes.clone()).unwrap().message().unwrap();
        std::hint::black_box(message.to_object(&ObjectLimits::default()).unwrap());
    }
    println!("{} bytes", bytes.len());
}

fn saved(count: usize) -> Vec<u8> {
    let root = DocStorage::in_memory(SectorSize::Bytes512);
    let with = OnStorage { flags: OnStorageFlags::UNICODE, ..OnStorage::default() };
    let message = open_on_storage(Arc::new(root.clone()), with).unwrap();
    message.modify_recipients(ModifyRecipients::Add, (0..count).map(row).collect()).unwrap();
    message.save_changes(SaveFlags::NONE).unwrap();
    root.to_bytes().unwrap()
}

fn row(number: usize) -> Recipient {
    let props = [
        Prop::new(PR_DISPLAY_NAME, format!("Recipient {number}")),
        Prop::new(PR_ADDRTYPE, "SMTP"),
        Prop::new(PR_EMAIL_ADDRESS, format!("r{number}@example.org")),
        Prop::new(PR_RECIPIENT_TYPE, 1),
    ];
    Recipient { row_id: 0, props: props.into_iter().collect() }
}
