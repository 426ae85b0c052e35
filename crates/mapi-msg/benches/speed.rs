//! What messages in files cost beside the least that any design has to do: a long attachment beside reading
//! its file, writing beside the `cfb` crate with the same streams, 2,000 recipients beside 100, and the end
//! of a session with 10,000 open messages.
//!
//! What is compared is done by turns in the same run. Memory is measured in a process of its own.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

use mapi_defs::flags::SaveFlags;
use mapi_defs::object::{AttachmentObject, MessageObject, Property};
use mapi_defs::prop::tags::*;
use mapi_defs::recipient::Recipient;
use mapi_msg::container::ContainerStorage;
use mapi_msg::{
    Container, DocStorage, MsgFile, MsgSession, ObjectLimits, OnStorage, OnStorageFlags, SectorSize,
    WriteOptions, open_on_storage, write_message,
};
use mapi_spi::message::{Message, ModifyRecipients};
use mapi_spi::prop::MapiProp;
use mapi_spi::storage::{ElementKind, Storage};
use mapi_spi::stream::StreamCursor;
use std::hint::black_box;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ATTACHMENT_BYTES: usize = 50 * 1024 * 1024;
const OPEN: usize = 10_000;
/// In a process of its own: write this file's attachment out and say how much memory that took.
const CHILD: &str = "MAPI_BENCH_ATTACHMENT";

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        let before = peak_bytes();
        attachment_out(Path::new(&path));
        println!("{}", peak_bytes() - before);
        return;
    }
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    attachment();
    close();
    recipients();
    writing();
}

/// The best of `rounds` turns of each: what the machine did for others meanwhile is in neither.
fn by_turns(rounds: usize, ours: impl Fn(), beside: impl Fn()) -> (Duration, Duration) {
    let took = |work: &dyn Fn()| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    let (mut mine, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        theirs = theirs.min(took(&beside));
        mine = mine.min(took(&ours));
    }
    (mine, theirs)
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn ratio(ours: Duration, beside: Duration) -> f64 {
    ours.as_secs_f64() / beside.as_secs_f64()
}

fn attachment() {
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<u8> = (0..ATTACHMENT_BYTES).map(|at| ((at * 31) >> 3) as u8).collect();
    let attachment = AttachmentObject {
        properties: vec![Property::new(PR_ATTACH_DATA_BIN, data)],
        ..AttachmentObject::default()
    };
    let message = MessageObject { attachments: vec![attachment], ..MessageObject::default() };
    for sector in [SectorSize::Bytes512, SectorSize::Bytes4096] {
        let path = folder.path().join("long.msg");
        let options = WriteOptions { sector, ..WriteOptions::default() };
        std::fs::write(&path, write_message(&message, &options).unwrap()).unwrap();
        let (ours, beside) = by_turns(15, || attachment_out(&path), || read_out(&path));
        let child = Command::new(std::env::current_exe().unwrap()).env(CHILD, &path).output().unwrap();
        let grown: u64 = String::from_utf8(child.stdout).unwrap().trim().parse().unwrap();
        println!(
            "figure: 50 MB attachment out, {sector:?}, times reading the file = {:.2} ({} ms beside {} ms), memory {:.1} MB",
            ratio(ours, beside),
            ours.as_millis(),
            beside.as_millis(),
            grown as f64 / 1e6
        );
    }
}

fn attachment_out(path: &Path) {
    let message = MsgFile::open(path).unwrap().message().unwrap();
    let mut data = message.attachment(0).unwrap().data().unwrap().unwrap();
    assert_eq!(pump(&mut data), ATTACHMENT_BYTES);
}

fn read_out(path: &Path) {
    assert!(pump(&mut std::fs::File::open(path).unwrap()) > ATTACHMENT_BYTES);
}

/// Reads to the end in pieces of 64 KiB.
fn pump(source: &mut dyn Read) -> usize {
    let mut buffer = vec![0; 64 * 1024];
    let mut all = 0;
    while let count @ 1.. = source.read(&mut buffer).unwrap() {
        black_box(&buffer[..count]);
        all += count;
    }
    all
}

/// The most memory that the process has had.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn close() {
    let mut rounds = Vec::new();
    for _ in 0..7 {
        let session = MsgSession::open();
        let handles: Vec<_> = (0..OPEN)
            .map(|_| {
                let storage = Arc::new(DocStorage::in_memory(SectorSize::Bytes512));
                let with = OnStorage { flags: OnStorageFlags::UNICODE, ..OnStorage::default() };
                session.open_on_storage(storage, with).unwrap()
            })
            .collect();
        let began = Instant::now();
        let end = session.close();
        rounds.push(began.elapsed());
        assert_eq!(end.opened, OPEN as u64);
        drop(handles);
    }
    let each = median(rounds).as_nanos() as f64 / OPEN as f64 / 1000.0;
    println!("figure: CloseIMsgSession over 10,000 open messages = {each:.2} us each");
}

fn recipients() {
    let row = |number: usize| {
        let props = [
            mapi_defs::prop::Prop::new(PR_DISPLAY_NAME, format!("Recipient {number}")),
            mapi_defs::prop::Prop::new(PR_ADDRTYPE, "SMTP"),
            mapi_defs::prop::Prop::new(PR_EMAIL_ADDRESS, format!("r{number}@example.org")),
            mapi_defs::prop::Prop::new(PR_RECIPIENT_TYPE, 1),
        ];
        Recipient { row_id: 0, props: props.into_iter().collect() }
    };
    let saved = |count: usize| -> Vec<u8> {
        let root = DocStorage::in_memory(SectorSize::Bytes512);
        let with = OnStorage { flags: OnStorageFlags::UNICODE, ..OnStorage::default() };
        let message = open_on_storage(Arc::new(root.clone()), with).unwrap();
        message.modify_recipients(ModifyRecipients::Add, (0..count).map(row).collect()).unwrap();
        message.save_changes(SaveFlags::NONE).unwrap();
        root.to_bytes().unwrap()
    };
    let (many, few) = by_turns(25, || drop(black_box(saved(2_000))), || drop(black_box(saved(100))));
    println!("figure: 2,000 recipients added and saved, times 100 = {:.1}", ratio(many, few));
    let (many, few) = (saved(2_000), saved(100));
    let read = |bytes: &Vec<u8>| {
        let message = MsgFile::from_source(bytes.clone()).unwrap().message().unwrap();
        black_box(message.to_object(&ObjectLimits::default()).unwrap());
    };
    let (many, few) = by_turns(41, || read(&many), || read(&few));
    println!("figure: 2,000 recipients read, times 100 = {:.1}", ratio(many, few));
}

/// A storage's elements by their names: a stream's bytes, or the elements of another.
enum Node {
    Stream(String, Vec<u8>),
    Storage(String, Vec<Node>),
}

fn tree(storage: &dyn Storage) -> Vec<Node> {
    let mut nodes = Vec::new();
    for element in storage.elements().unwrap() {
        nodes.push(match element.kind {
            ElementKind::Storage => {
                Node::Storage(element.name.clone(), tree(&*storage.open_storage(&element.name).unwrap()))
            }
            ElementKind::Stream => {
                let mut bytes = Vec::new();
                StreamCursor::new(storage.open_stream(&element.name).unwrap())
                    .read_to_end(&mut bytes)
                    .unwrap();
                Node::Stream(element.name, bytes)
            }
        });
    }
    nodes
}

fn writing() {
    let Some(corpus) = std::env::var_os("MAPI_CORPUS") else {
        eprintln!("SKIPPED (MAPI_CORPUS is not set): writing .msg files");
        return;
    };
    let mut objects = Vec::new();
    for entry in std::fs::read_dir(Path::new(&corpus).join("msg")).unwrap() {
        let message = MsgFile::open(entry.unwrap().path()).and_then(|file| file.message());
        objects.extend(message.and_then(|message| message.to_object(&ObjectLimits::default())));
    }
    let options = WriteOptions { complete: false, outlook_limits: false, ..WriteOptions::default() };
    // The same streams: those that are written here.
    let trees: Vec<Vec<Node>> = objects
        .iter()
        .map(|object| {
            let container = Container::from_source(write_message(object, &options).unwrap()).unwrap();
            tree(&ContainerStorage::root(Arc::new(container)))
        })
        .collect();
    let ours = || objects.iter().for_each(|object| drop(black_box(write_message(object, &options).unwrap())));
    let bare = || trees.iter().for_each(|nodes| drop(black_box(with_cfb(nodes))));
    let (ours, bare) = by_turns(7, ours, bare);
    println!(
        "figure: writing {} files, speed beside the cfb crate with the same streams = {:.2} ({} ms beside {} ms)",
        objects.len(),
        ratio(bare, ours),
        ours.as_millis(),
        bare.as_millis()
    );
}

fn with_cfb(nodes: &[Node]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
    let mut waiting = vec![(String::new(), nodes)];
    while let Some((place, nodes)) = waiting.pop() {
        for node in nodes {
            match node {
                Node::Stream(name, bytes) => {
                    file.create_stream(format!("{place}/{name}")).unwrap().write_all(bytes).unwrap();
                }
                Node::Storage(name, inner) => {
                    let place = format!("{place}/{name}");
                    file.create_storage(&place).unwrap();
                    waiting.push((place, inner));
                }
            }
        }
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}
